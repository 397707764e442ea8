//! People as the tenant API shows them: across the installation or in one tenant, never the robot users of tokens.

use serde::Deserialize;
use serde_json::{Value, json};

use super::{
    Result, Tx,
    authors::AuthorColumns,
    dialect,
    memberships::{note, target},
    query::execute,
    statement::Statement,
};
use crate::domain::{
    audit::{AuditAction, AuditTarget, Author, Occasion},
    ids::{OrganizationId, UserId},
    roles::{AccountRole, TenantRole},
    session::EndReason,
    tenants::ServiceAccount,
    text::{self, DisplayName},
    time::Timestamp,
};

/// A person with what the tenant API tells of them.
#[derive(Debug, Clone, Deserialize)]
pub struct TenantUser {
    /// The user.
    pub id: UserId,
    /// Login address as typed.
    pub email: String,
    /// Shown name; empty until there is one.
    pub display_name: String,
    /// Given name.
    pub first_name: Option<String>,
    /// Family name.
    pub last_name: Option<String>,
    /// The user's own account role.
    pub own_role: AccountRole,
    /// The effective one in the tenant asked about; the own one beyond any.
    pub role: AccountRole,
    /// Disabled everywhere.
    disabled: u8,
    service_account: u8,
    /// Home of a service account.
    pub home: Option<OrganizationId>,
    /// Its display name.
    pub home_name: Option<String>,
    /// Last login anywhere; zero means never.
    pub last_login_at: Timestamp,
    /// Last login into the tenant asked about, or anywhere beyond any; zero means never.
    pub last_login_here: Timestamp,
    /// When the user was made.
    pub created_at: Timestamp,
    /// First activation anywhere, if there was one.
    pub activated_at: Option<Timestamp>,
    assignments: String,
}

/// A membership as the tenant API shows it.
#[derive(Debug, Clone, Deserialize)]
pub struct Assignment {
    /// The tenant.
    pub tenant: OrganizationId,
    /// Its slug.
    pub slug: String,
    /// Its display name.
    pub name: String,
    /// The override, if any.
    pub role_override: Option<AccountRole>,
    /// When it began.
    pub created_at: Timestamp,
}

impl TenantUser {
    /// Disabled everywhere.
    pub fn is_disabled(&self) -> bool {
        self.disabled == 1
    }

    /// A person who works in several tenants from one home.
    pub fn is_service_account(&self) -> bool {
        self.service_account == 1
    }

    /// Every membership, by slug.
    pub fn assignments(&self) -> Vec<Assignment> {
        let mut assignments: Vec<Assignment> = serde_json::from_str(&self.assignments).unwrap_or_default();
        assignments.sort_by(|one, other| one.slug.cmp(&other.slug));
        assignments
    }
}

/// Which people are wanted.
#[derive(Debug, Clone, Default)]
pub struct TenantUserQuery {
    /// Only this one.
    pub user: Option<UserId>,
    /// Only the one with this address, in canonical form.
    pub email_key: Option<String>,
    /// Disabled ones, too.
    pub include_disabled: bool,
    /// Only this role: the effective one in a tenant, the own one beyond any.
    pub role: Option<TenantRole>,
    /// Part of address or name, folded; empty means none.
    pub search: String,
    /// Rows to leave out.
    pub offset: i64,
    /// Most rows.
    pub limit: i64,
}

impl TenantUserQuery {
    /// One person, disabled or not.
    pub fn one(user: UserId) -> Self {
        Self { user: Some(user), include_disabled: true, limit: 1, ..Self::default() }
    }

    /// The person with an address, disabled or not.
    pub fn by_email(email_key: &str) -> Self {
        Self { email_key: Some(email_key.to_owned()), include_disabled: true, limit: 1, ..Self::default() }
    }
}

impl Tx {
    /// People by address; with a tenant only those assigned there.
    pub async fn tenant_users(
        &mut self,
        tenant: Option<OrganizationId>,
        query: &TenantUserQuery,
    ) -> Result<Vec<TenantUser>> {
        let statement = self.tenant_users_statement(tenant, query);
        Ok(serde_json::from_str(&self.text(&statement).await?)?)
    }

    fn tenant_users_statement(&self, tenant: Option<OrganizationId>, query: &TenantUserQuery) -> Statement {
        let (from, to) = dialect::rows_as_json(self.backend());
        let mut statement = Statement::default();
        let (role, login, order) = match tenant {
            Some(_) => ("m.account_role", "m.last_login_at", "m.email_key, m.user_id"),
            None => ("u.account_role", "u.last_login_at", "u.email_key"),
        };
        statement.push(&format!(
            "SELECT {from} id, email, display_name, first_name, last_name, own_role, role, disabled, service_account,
                 home, home_name, last_login_at, last_login_here, created_at, activated_at, assignments {to} FROM (
             SELECT u.id, u.email, u.display_name, u.first_name, u.last_name, u.account_role AS own_role,
                 {role} AS role, CASE WHEN u.disabled_at IS NULL THEN 0 ELSE 1 END AS disabled,
                 CASE WHEN u.service_account THEN 1 ELSE 0 END AS service_account,
                 u.home_organization_id AS home,
                 (SELECT h.name FROM organizations h WHERE h.id = u.home_organization_id) AS home_name,
                 u.last_login_at, {login} AS last_login_here, u.created_at, u.activated_at,
                 (SELECT CAST({from} o.id, o.slug, o.name, a.role_override, a.created_at {to} AS TEXT)
                  FROM memberships a JOIN organizations o ON o.id = a.organization_id
                  WHERE a.user_id = u.id) AS assignments "
        ));
        self.push_people(&mut statement, tenant, query);
        let limit = statement.bind(query.limit);
        let offset = statement.bind(query.offset);
        statement.push(&format!(" ORDER BY {order} LIMIT {limit} OFFSET {offset}) page"));
        statement
    }

    /// How many there are.
    pub async fn count_tenant_users(&mut self, tenant: Option<OrganizationId>, query: &TenantUserQuery) -> Result<i64> {
        let statement = self.tenant_count_statement(tenant, query);
        self.number(&statement).await
    }

    /// Without a search the counters of the tenant tell, less those who are disabled everywhere.
    fn tenant_count_statement(&self, tenant: Option<OrganizationId>, query: &TenantUserQuery) -> Statement {
        let mut statement = Statement::default();
        let is_all = query.search.is_empty() && query.user.is_none() && query.email_key.is_none();
        let Some(tenant) = tenant.filter(|_| is_all) else {
            statement.push("SELECT count(*) ");
            self.push_people(&mut statement, tenant, query);
            return statement;
        };
        let tenant = statement.bind(tenant.to_string());
        let of_role = |column: &str| query.role.map(|role| role_condition(column, role)).unwrap_or_default();
        let (counted, role) = (of_role("c.account_role"), of_role("m.account_role"));
        statement.push(&format!(
            "SELECT (SELECT CAST(coalesce(sum(c.people), 0) AS BIGINT) FROM membership_counts c
                     WHERE c.organization_id = {tenant} AND c.kind <> 'token' {counted})"
        ));
        if !query.include_disabled {
            statement.push(&format!(
                " - (SELECT count(*) FROM users u CROSS JOIN memberships m
                     WHERE u.disabled_at IS NOT NULL AND m.organization_id = {tenant} AND m.user_id = u.id
                       AND m.kind <> 'token' {role})"
            ));
        }
        statement
    }

    /// The statements a list sends, with the plan the database makes for each; for the test that none reads a whole
    /// table.
    pub async fn explain_tenant_users(
        &mut self,
        tenant: Option<OrganizationId>,
        query: &TenantUserQuery,
    ) -> Result<Vec<(String, Vec<String>)>> {
        let mut plans = Vec::new();
        for statement in [self.tenant_users_statement(tenant, query), self.tenant_count_statement(tenant, query)] {
            plans.push((statement.sql().to_owned(), self.plan(&statement).await?));
        }
        Ok(plans)
    }

    fn push_people(&self, statement: &mut Statement, tenant: Option<OrganizationId>, query: &TenantUserQuery) {
        let (id, email, role) = match tenant {
            Some(tenant) => {
                let tenant = statement.bind(tenant.to_string());
                // CROSS JOIN keeps SQLite to the order of the list, unless a search finds less to sort; to PostgreSQL
                // both are the same.
                let join = if query.search.is_empty() { " CROSS JOIN" } else { "," };
                statement.push(&format!(
                    "FROM memberships m{join} users u
                     WHERE m.organization_id = {tenant} AND u.id = m.user_id AND m.kind <> 'token'"
                ));
                ("m.user_id", "m.email_key", "m.account_role")
            }
            None => {
                statement.push("FROM users u WHERE u.kind = 'person'");
                ("u.id", "u.email_key", "u.account_role")
            }
        };
        if let Some(user) = query.user {
            let user = statement.bind(user.to_string());
            statement.push(&format!(" AND {id} = {user}"));
        }
        if let Some(key) = &query.email_key {
            let key = statement.bind(key.as_str());
            statement.push(&format!(" AND {email} = {key}"));
        }
        if !query.include_disabled {
            statement.push(" AND u.disabled_at IS NULL");
        }
        if let Some(wanted) = query.role {
            statement.push(&role_condition(role, wanted));
        }
        if !query.search.is_empty() {
            let condition = dialect::user_contains(self.backend(), statement, &query.search);
            statement.push(" AND ").push(&condition);
        }
    }

    /// The person with this id, as seen from a tenant where one is named.
    pub async fn tenant_user(&mut self, tenant: Option<OrganizationId>, user: UserId) -> Result<Option<TenantUser>> {
        Ok(self.tenant_users(tenant, &TenantUserQuery::one(user)).await?.pop())
    }

    /// Locks every organization of a user, and the installation: their own role or switch is about to change.
    pub(crate) async fn guard_person(&mut self, user: UserId) -> Result<()> {
        self.guard_installation().await?;
        for organization in self.organization_ids_of(user).await? {
            self.guard(organization).await?;
        }
        Ok(())
    }

    /// Stores first and last name where they are told apart.
    pub(crate) async fn set_name_parts(&mut self, user: UserId, first: Option<&str>, last: Option<&str>) -> Result<()> {
        execute!(
            self,
            "UPDATE users SET first_name = $2, last_name = $3, first_key = $4, last_key = $5 WHERE id = $1",
            user,
            first,
            last,
            first.map(text::fold),
            last.map(text::fold)
        )?;
        Ok(())
    }

    /// Stores a user's own role; memberships without an override follow it.
    pub(crate) async fn set_own_role(&mut self, user: UserId, role: AccountRole) -> Result<()> {
        execute!(self, "UPDATE users SET account_role = $2 WHERE id = $1", user, role.key())?;
        execute!(
            self,
            "UPDATE memberships SET account_role = $2 WHERE user_id = $1 AND role_override IS NULL AND kind = 'person'",
            user,
            role.key()
        )?;
        Ok(())
    }

    /// Stores whether a user is a service account, and where its home is.
    pub(crate) async fn set_service_account(&mut self, user: UserId, account: ServiceAccount) -> Result<()> {
        execute!(
            self,
            "UPDATE users SET service_account = $2, home_organization_id = $3 WHERE id = $1",
            user,
            account.is_one,
            account.home
        )?;
        Ok(())
    }

    /// Switches a person off or on everywhere; gives the number of sessions that ended.
    pub(crate) async fn set_disabled(&mut self, user: UserId, disabled: bool, now: Timestamp) -> Result<u64> {
        execute!(self, "UPDATE users SET disabled_at = $2 WHERE id = $1", user, disabled.then_some(now))?;
        self.settle_memberships(user).await?;
        if !disabled {
            return Ok(0);
        }
        self.forget_links(user).await?;
        self.forget_invitations(user).await?;
        self.end_sessions(user, None, EndReason::Ended, now).await
    }

    /// Raises the version of every membership of a user and notes who changed them.
    pub(crate) async fn note_person_change(&mut self, user: UserId, author: &Author, now: Timestamp) -> Result<()> {
        self.bump_user(user, &AuthorColumns::from(author), now).await
    }

    /// Sets or clears the override of a membership. The member is the one read in this transaction.
    pub(crate) async fn set_override(
        &mut self,
        member: &super::Member,
        role: Option<AccountRole>,
        name: Option<&DisplayName>,
        author: &Author,
        occasion: &Occasion,
    ) -> Result<()> {
        self.guard(member.organization).await?;
        let (mut before, mut after) = (json!({}), json!({}));
        if let Some(role) = role {
            self.write_account_role(member, role).await?;
            note(&mut before, "account_role", json!(member.account_role.label()));
            note(&mut after, "account_role", json!(role.label()));
        }
        if let Some(name) = name {
            let email = text::Email::parse(&member.email);
            let email = email.map_err(|error| super::StoreError::damaged(error.to_string()))?;
            self.set_display_name(member.user, name, &email).await?;
            note(&mut before, "name", json!(member.display_name));
            note(&mut after, "name", json!(name.as_str()));
        }
        let by = AuthorColumns::from(author);
        if name.is_some() {
            self.bump_user(member.user, &by, occasion.now).await?;
        } else {
            self.bump_membership(member.organization, member.user, &by, occasion.now).await?;
        }
        let action = if name.is_some() { AuditAction::UserEdited } else { AuditAction::UserRolesChanged };
        let event = author.event(action, target(member)).before(before).after(after);
        self.record(event, occasion).await
    }

    /// Takes an assignment away; the user stays.
    pub(crate) async fn unassign(
        &mut self,
        member: &super::Member,
        author: &Author,
        occasion: &Occasion,
    ) -> Result<()> {
        self.guard(member.organization).await?;
        execute!(
            self,
            "DELETE FROM memberships WHERE organization_id = $1 AND user_id = $2",
            member.organization,
            member.user
        )?;
        let ended = self.end_sessions_without_access(member.user, member.organization, occasion.now).await?;
        let event = author
            .event(AuditAction::UserRemoved, target(member))
            .before(json!({ "account_role": member.account_role.label(), "enabled": member.enabled }))
            .after(json!({ "sessions_ended": ended }));
        self.record(event, occasion).await
    }

    /// Records something about a person that belongs to no one organization.
    pub(crate) async fn record_of_person(
        &mut self,
        author: &Author,
        action: AuditAction,
        user: &TenantUser,
        (before, after): (Value, Value),
        occasion: &Occasion,
    ) -> Result<()> {
        let target = AuditTarget::user(user.id, &user.display_name, &user.email);
        self.record(author.event(action, target).before(before).after(after), occasion).await
    }
}

/// Whether an account role reads as this one.
fn role_condition(column: &str, wanted: TenantRole) -> String {
    let roles = AccountRole::ALL.iter().filter(|known| known.tenant() == wanted);
    let keys: Vec<String> = roles.map(|known| format!("'{}'", known.key())).collect();
    format!(" AND {column} IN ({})", keys.join(", "))
}
