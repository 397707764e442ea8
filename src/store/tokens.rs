//! API tokens and the robot users behind them: one cannot be without the other, so they are made, renamed and removed
//! together. Of a secret only its keyed hash is here.

mod presented;

pub use presented::{PresentedToken, TokenUse};

use ipnet::IpNet;
use serde::Deserialize;
use serde_json::json;

use super::{
    NewMembership, Result, Tx,
    authors::AuthorColumns,
    conditions::{self, Place},
    dialect,
    guards::json_list,
    members::split_ids,
    query::execute,
    statement::Statement,
};
use crate::{
    domain::{
        audit::{AuditAction, AuditScope, AuditTarget, Occasion},
        ids::{OrganizationId, TokenId, UserId},
        query::{Condition, FieldKind, Paging, QueryField},
        roles::AccountRole,
        text::{self, ROBOTS, TokenName},
        time::Timestamp,
        tokens::{NewToken, Permission, SecretToken},
        users::MembershipKind,
    },
    policy::{CreateToken, EditToken, Permit, RevokeToken, TokenReach},
};

/// What may be asked of tokens, and sorted by (v1 contract section 4).
pub const TOKEN_FIELDS: [QueryField; 6] = [
    QueryField { name: "id", kind: FieldKind::Text },
    QueryField { name: "name", kind: FieldKind::Text },
    QueryField { name: "userId", kind: FieldKind::Text },
    QueryField { name: "expiry", kind: FieldKind::Moment },
    QueryField { name: "creationDate", kind: FieldKind::Moment },
    QueryField { name: "lastModifiedDate", kind: FieldKind::Moment },
];

fn place(field: &str) -> Place {
    match field {
        "name" => Place::Text { exact: "t.name", folded: "t.name_key" },
        "userId" => Place::Text { exact: "t.user_id", folded: "t.user_id" },
        "expiry" => Place::Moment("t.expires_at"),
        "creationDate" => Place::Moment("t.created_at"),
        "lastModifiedDate" => Place::Moment("t.changed_at"),
        _ => Place::Text { exact: "t.id", folded: "t.id" },
    }
}

/// A token as it is shown: everything but its secret.
#[derive(Debug, Clone, Deserialize)]
pub struct Token {
    /// Its public id.
    pub id: TokenId,
    /// Where it counts; none means everywhere.
    pub organization: Option<OrganizationId>,
    /// Its robot user.
    pub user: UserId,
    /// Its name.
    pub name: String,
    /// What may be shown of it.
    pub partial: String,
    /// End of its life.
    pub expires_at: Timestamp,
    /// Raised by every saved change.
    pub version: i64,
    /// Last use that was written down.
    pub last_used_at: Option<Timestamp>,
    /// Where that came from.
    pub last_used_address: Option<String>,
    /// When it was made.
    pub created_at: Timestamp,
    /// Who made it.
    pub created_by_id: Option<String>,
    /// What they were called.
    pub created_by_name: String,
    /// When it was last changed.
    pub changed_at: Timestamp,
    /// Who changed it.
    pub changed_by_id: Option<String>,
    /// What they were called.
    pub changed_by_name: String,
    permissions: Option<String>,
    networks: Option<String>,
    creator_left: u8,
}

impl Token {
    /// What it may do, sorted.
    pub fn permissions(&self) -> Vec<Permission> {
        split_ids(self.permissions.as_deref()).iter().filter_map(|name| name.parse().ok()).collect()
    }

    /// Where calls may come from, as told; empty means anywhere.
    pub fn networks(&self) -> Vec<String> {
        self.networks
            .as_deref()
            .unwrap_or_default()
            .split(',')
            .filter(|text| !text.is_empty())
            .map(str::to_owned)
            .collect()
    }

    /// Whether the person who made it is disabled or gone; the token goes on working.
    pub fn creator_left(&self) -> bool {
        self.creator_left == 1
    }
}

/// What a change leaves a token with.
#[derive(Debug, Clone)]
pub struct TokenChange {
    /// The name.
    pub name: TokenName,
    /// The permissions, sorted.
    pub permissions: Vec<Permission>,
    /// The networks.
    pub networks: Vec<IpNet>,
}

/// Whose tokens are looked at.
#[derive(Debug, Clone, Copy)]
pub enum TokenScope {
    /// Those of one organization.
    Organization(OrganizationId),
    /// Those of one organization, and the global ones.
    OrganizationAndGlobal(OrganizationId),
}

impl Tx {
    /// The tokens of a scope that meet a condition, a page of them.
    pub async fn tokens(&mut self, scope: TokenScope, condition: &Condition, paging: &Paging) -> Result<Vec<Token>> {
        let (from, to) = dialect::rows_as_json(self.backend());
        let mut statement = Statement::default();
        statement.push(&format!(
            "SELECT {from} id, organization_id, user_id, name, partial, expires_at, version, last_used_at,
                 last_used_address, created_at, created_by_id, created_by_name, changed_at, changed_by_id,
                 changed_by_name, permissions, networks, creator_left {to} FROM (
             SELECT t.*,
                 (SELECT string_agg(p.permission, ',') FROM api_token_permissions p
                  WHERE p.token_id = t.id) AS permissions,
                 (SELECT string_agg(a.network, ',' ORDER BY a.position) FROM api_token_addresses a
                  WHERE a.token_id = t.id) AS networks,
                 CASE WHEN t.created_by_id IS NULL THEN 0
                      WHEN EXISTS (SELECT 1 FROM users c WHERE c.id = t.created_by_id AND c.disabled_at IS NULL
                          AND (t.organization_id IS NULL OR c.account_role = 'server_administrator'
                               OR EXISTS (SELECT 1 FROM memberships m WHERE m.organization_id = t.organization_id
                                          AND m.user_id = c.id AND m.state = 'active'))) THEN 0
                      ELSE 1 END AS creator_left
             FROM api_tokens t WHERE "
        ));
        self.push_tokens(&mut statement, scope, condition);
        let page = conditions::page(&mut statement, place, paging, "t.id");
        statement.push(&page).push(") page");
        Ok(serde_json::from_str(&self.text(&statement).await?)?)
    }

    /// How many tokens of a scope meet a condition.
    pub async fn count_tokens(&mut self, scope: TokenScope, condition: &Condition) -> Result<i64> {
        let mut statement = Statement::default();
        statement.push("SELECT count(*) FROM api_tokens t WHERE ");
        self.push_tokens(&mut statement, scope, condition);
        self.number(&statement).await
    }

    fn push_tokens(&self, statement: &mut Statement, scope: TokenScope, condition: &Condition) {
        let within = match scope {
            TokenScope::Organization(id) => format!("t.organization_id = {}", statement.bind(id.to_string())),
            TokenScope::OrganizationAndGlobal(id) => {
                format!("(t.organization_id = {} OR t.organization_id IS NULL)", statement.bind(id.to_string()))
            }
        };
        let condition = conditions::sql(self.backend(), statement, place, condition);
        statement.push(&within).push(" AND ").push(&condition);
    }

    /// The token of this id in a scope.
    pub async fn token(&mut self, scope: TokenScope, id: TokenId) -> Result<Option<Token>> {
        let is_it = crate::domain::query::Test::In(vec![crate::domain::query::Operand::Text(id.to_string())]);
        let [field, ..] = TOKEN_FIELDS;
        let paging = Paging { page: 0, size: 1, sort: Vec::new() };
        Ok(self.tokens(scope, &Condition::Field(field, is_it), &paging).await?.pop())
    }

    /// Makes a token and its robot user.
    ///
    /// # Errors
    /// [`super::StoreError::Taken`] when the name is in use.
    pub(crate) async fn add_token(
        &mut self,
        permit: Permit<CreateToken>,
        new: &NewToken,
        secret: &SecretToken,
        secret_hash: &[u8],
        occasion: &Occasion,
    ) -> Result<()> {
        let (author, _, reach) = permit.into_parts();
        let by = AuthorColumns::from(&author);
        let organization = match reach {
            TokenReach::Organization(organization) => Some(organization),
            TokenReach::Global { .. } => None,
        };
        let user = self.add_robot(new, secret, occasion).await?;
        execute!(
            self,
            "INSERT INTO api_tokens (id, organization_id, user_id, name, name_key, secret_hash, partial, expires_at,
                 created_at, created_by_id, created_by_name, changed_at, changed_by_id, changed_by_name)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $9, $10, $11)",
            secret.id(),
            organization,
            user,
            new.name.as_str(),
            new.name.key(),
            secret_hash,
            secret.partial(),
            new.expires_at,
            occasion.now,
            &by.id,
            &by.name
        )?;
        self.write_token_rights(secret.id(), &new.permissions, &new.networks).await?;
        if let Some(organization) = organization {
            let account_role = AccountRole::Administrator;
            let kind = MembershipKind::Token;
            let membership = NewMembership { organization, user, kind, account_role, roles: &[], validated: true };
            self.add_membership(&membership, &author, occasion).await?;
        }
        let scope = author.scope.filter(|_| organization.is_some());
        let author = crate::domain::audit::Author { actor: author.actor, scope };
        let event =
            author.event(AuditAction::TokenCreated, AuditTarget::token(secret.id(), new.name.as_str())).after(json!({
                "name": new.name.as_str(),
                "global": organization.is_none(),
                "permissions": names(&new.permissions),
                "allowed_addresses": new.networks,
                "expires": new.expires_at.rfc3339(),
            }));
        self.record(event, occasion).await
    }

    async fn add_robot(&mut self, new: &NewToken, secret: &SecretToken, occasion: &Occasion) -> Result<UserId> {
        let id = UserId::new(occasion.now, occasion.entropy.as_ref());
        let email = format!("{}{ROBOTS}", secret.id());
        let address_hash = self.keys.address_hash(&email);
        execute!(
            self,
            "INSERT INTO users (id, kind, email, email_key, address_hash, display_name, first_name, first_key,
                 search_text, activated_at, created_at)
             VALUES ($1, 'token', $2, $2, $3, $4, $4, $5, $6, $7, $7)",
            id,
            &email,
            &address_hash[..],
            new.name.as_str(),
            new.name.key(),
            format!("{}\n{email}", new.name.key()),
            occasion.now
        )?;
        Ok(id)
    }

    async fn write_token_rights(&mut self, id: TokenId, permissions: &[Permission], networks: &[IpNet]) -> Result<()> {
        let permissions = json_list(permissions.iter().map(|permission| permission.name()));
        execute!(self, "DELETE FROM api_token_permissions WHERE token_id = $1", id)?;
        execute!(self, "DELETE FROM api_token_addresses WHERE token_id = $1", id)?;
        execute!(
            self,
            "INSERT INTO api_token_permissions (token_id, permission) SELECT $1, value FROM json_each($2)",
            id,
            &permissions
        )?;
        for (position, network) in networks.iter().enumerate() {
            execute!(
                self,
                "INSERT INTO api_token_addresses (token_id, position, network) VALUES ($1, $2, $3)",
                id,
                i64::try_from(position).unwrap_or(i64::MAX),
                network.to_string()
            )?;
        }
        Ok(())
    }

    /// Changes a token; its robot user is renamed with it.
    ///
    /// # Errors
    /// [`super::StoreError::Taken`] when the name is in use.
    pub(crate) async fn edit_token(
        &mut self,
        permit: Permit<EditToken>,
        token: &Token,
        change: &TokenChange,
        occasion: &Occasion,
    ) -> Result<()> {
        let author = permit.author();
        let by = AuthorColumns::from(author);
        execute!(
            self,
            "UPDATE api_tokens SET name = $2, name_key = $3, version = version + 1, changed_at = $4,
                 changed_by_id = $5, changed_by_name = $6 WHERE id = $1",
            token.id,
            change.name.as_str(),
            change.name.key(),
            occasion.now,
            &by.id,
            &by.name
        )?;
        self.write_token_rights(token.id, &change.permissions, &change.networks).await?;
        if change.name.as_str() != token.name {
            self.rename_robot(token, &change.name, &by, occasion).await?;
        }
        let event = author
            .event(AuditAction::TokenChanged, AuditTarget::token(token.id, change.name.as_str()))
            .before(json!({
                "name": token.name,
                "permissions": names(&token.permissions()),
                "allowed_addresses": token.networks(),
            }))
            .after(json!({
                "name": change.name.as_str(),
                "permissions": names(&change.permissions),
                "allowed_addresses": change.networks,
            }));
        self.record(event, occasion).await
    }

    async fn rename_robot(
        &mut self,
        token: &Token,
        name: &TokenName,
        by: &AuthorColumns,
        occasion: &Occasion,
    ) -> Result<()> {
        let email = format!("{}{ROBOTS}", token.id);
        execute!(
            self,
            "UPDATE users SET display_name = $2, first_name = $2, first_key = $3, search_text = $4 WHERE id = $1",
            token.user,
            name.as_str(),
            name.key(),
            format!("{}\n{email}", name.key())
        )?;
        execute!(
            self,
            "UPDATE memberships SET name_key = $2 WHERE user_id = $1",
            token.user,
            text::fold(name.as_str())
        )?;
        self.bump_user(token.user, by, occasion.now).await
    }

    /// Ends a token: it and its robot user are gone with this transaction.
    pub(crate) async fn remove_token(
        &mut self,
        permit: Permit<RevokeToken>,
        token: &Token,
        occasion: &Occasion,
    ) -> Result<()> {
        let (author, ..) = permit.into_parts();
        let scope: Option<AuditScope> = author.scope.filter(|_| token.organization.is_some());
        let author = crate::domain::audit::Author { actor: author.actor, scope };
        execute!(self, "DELETE FROM api_tokens WHERE id = $1", token.id)?;
        execute!(self, "DELETE FROM users WHERE id = $1 AND kind = 'token'", token.user)?;
        let event = author
            .event(AuditAction::TokenRevoked, AuditTarget::token(token.id, &token.name))
            .before(json!({ "name": token.name, "permissions": names(&token.permissions()) }));
        self.record(event, occasion).await
    }
}

fn names(permissions: &[Permission]) -> Vec<&'static str> {
    permissions.iter().map(|permission| permission.name()).collect()
}
