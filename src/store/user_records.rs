//! Members as the v1 API shows them: read one by one or by query, always inside one organization.

use serde::Deserialize;

use super::{
    Result, Tx,
    conditions::{self, Place},
    dialect,
    members::split_ids,
    statement::Statement,
};
use crate::domain::{
    ids::{OrganizationId, UserId},
    query::{Condition, FieldKind, Operand, Paging, QueryField, Test},
    roles::{AccountRole, V1Role},
    time::Timestamp,
    users::MembershipKind,
};

const ROLES: &[&str] = &[
    V1Role::Admin.key(),
    V1Role::UserAdmin.key(),
    V1Role::OrganizationAdmin.key(),
    V1Role::User.key(),
    V1Role::Client.key(),
    V1Role::MindbridgeSupport.key(),
];

/// What may be asked of users, and sorted by (v1 contract section 3).
pub const USER_FIELDS: [QueryField; 10] = [
    QueryField { name: "id", kind: FieldKind::Text },
    QueryField { name: "email", kind: FieldKind::FoldedText },
    QueryField { name: "firstName", kind: FieldKind::Text },
    QueryField { name: "lastName", kind: FieldKind::Text },
    QueryField { name: "role", kind: FieldKind::Word(ROLES) },
    QueryField { name: "enabled", kind: FieldKind::Flag },
    QueryField { name: "validated", kind: FieldKind::Flag },
    QueryField { name: "serviceAccount", kind: FieldKind::Flag },
    QueryField { name: "creationDate", kind: FieldKind::Moment },
    QueryField { name: "lastModifiedDate", kind: FieldKind::Moment },
];

fn place(field: &str) -> Place {
    match field {
        "email" => Place::Text { exact: "m.email_key", folded: "m.email_key" },
        "firstName" => Place::Text { exact: "u.first_name", folded: "u.first_key" },
        "lastName" => Place::Text { exact: "u.last_name", folded: "u.last_key" },
        "role" => Place::Role("m.account_role"),
        "enabled" => Place::Flag("m.enabled"),
        "validated" => Place::Flag("m.validated_at IS NOT NULL"),
        "serviceAccount" => Place::Flag("m.kind = 'token'"),
        "creationDate" => Place::Moment("m.created_at"),
        "lastModifiedDate" => Place::Moment("m.changed_at"),
        _ => Place::Text { exact: "m.user_id", folded: "m.user_id" },
    }
}

/// Whether a field stands with the user, not with the membership.
fn is_name(field: QueryField) -> bool {
    matches!(field.name, "firstName" | "lastName")
}

fn asks_names(condition: &Condition) -> bool {
    match condition {
        Condition::All(parts) | Condition::Any(parts) => parts.iter().any(asks_names),
        Condition::Field(field, _) => is_name(*field),
    }
}

/// A member with what the v1 API tells of them.
#[derive(Debug, Clone, Deserialize)]
pub struct UserRecord {
    /// The user.
    pub id: UserId,
    /// Raised by every saved change.
    pub version: i64,
    /// When the membership began.
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
    /// Given name.
    pub first_name: Option<String>,
    /// Family name.
    pub last_name: Option<String>,
    /// Login address as typed.
    pub email: String,
    /// Effective account role.
    pub account_role: AccountRole,
    roles: Option<String>,
    enabled: u8,
    validated: u8,
    /// Human, robot or support.
    pub kind: MembershipKind,
    logins: String,
}

impl UserRecord {
    /// Keys of all roles, the account role first.
    pub fn role_keys(&self) -> Vec<String> {
        let mut keys = vec![self.account_role.key().to_owned()];
        keys.extend(split_ids(self.roles.as_deref()));
        keys
    }

    /// The membership's switch.
    pub fn is_enabled(&self) -> bool {
        self.enabled == 1
    }

    /// Whether the activation link was used.
    pub fn is_validated(&self) -> bool {
        self.validated == 1
    }

    /// Latest successful logins into this organization, or token uses: one for each address, newest first.
    pub fn logins(&self) -> Vec<(String, Timestamp)> {
        serde_json::from_str(&self.logins).unwrap_or_default()
    }
}

impl Tx {
    /// The members who meet a condition, a page of them.
    pub async fn user_records(
        &mut self,
        organization: OrganizationId,
        condition: &Condition,
        paging: &Paging,
    ) -> Result<Vec<UserRecord>> {
        let statement = self.records_statement(organization, condition, paging);
        Ok(serde_json::from_str(&self.text(&statement).await?)?)
    }

    fn records_statement(&self, organization: OrganizationId, condition: &Condition, paging: &Paging) -> Statement {
        let (from, to) = dialect::rows_as_json(self.backend());
        let mut statement = Statement::default();
        statement.push(&format!(
            "SELECT {from} user_id, version, created_at, created_by_id, created_by_name, changed_at, changed_by_id,
                 changed_by_name, first_name, last_name, email, account_role, roles, enabled, validated, kind, logins {to}
             FROM (
             SELECT m.user_id, m.version, m.created_at, m.created_by_id, m.created_by_name, m.changed_at,
                 m.changed_by_id, m.changed_by_name, u.first_name, u.last_name, u.email, m.account_role, m.kind,
                 (SELECT string_agg(r.role_id, ',') FROM membership_roles r
                  WHERE r.organization_id = m.organization_id AND r.user_id = m.user_id) AS roles,
                 CASE WHEN m.enabled THEN 1 ELSE 0 END AS enabled,
                 CASE WHEN m.validated_at IS NULL THEN 0 ELSE 1 END AS validated,
                 (SELECT CAST({from} seen.address, seen.latest {to} AS TEXT) FROM (
                     SELECT s.address, max(s.at) AS latest FROM sign_ins s
                     WHERE s.organization_id = m.organization_id AND s.user_id = m.user_id
                       AND s.result IN ('succeeded', 'token')
                     GROUP BY s.address ORDER BY max(s.at) DESC, s.address LIMIT 10) seen) AS logins
             "
        ));
        let asks_names = paging.sort.iter().any(|by| is_name(by.field)) || asks_names(condition);
        if !asks_names {
            // Whom the page is about the memberships alone tell, along an index; the rest is fetched for those.
            statement.push("FROM (SELECT m.* ");
        }
        self.push_members(&mut statement, organization, condition, asks_names);
        let page = conditions::page(&mut statement, place, paging, "m.user_id");
        statement.push(&page);
        if !asks_names {
            let order = conditions::order(place, paging, "m.user_id");
            statement.push(") m JOIN users u ON u.id = m.user_id").push(&order);
        }
        statement.push(") page");
        statement
    }

    /// The statement of a page, with the plan the database makes for it; for the test that reads plans, and for
    /// measuring against the same statement sent by less.
    pub async fn explain_user_records(
        &mut self,
        organization: OrganizationId,
        condition: &Condition,
        paging: &Paging,
    ) -> Result<(String, Vec<String>)> {
        let statement = self.records_statement(organization, condition, paging);
        Ok((statement.sql().to_owned(), self.plan(&statement).await?))
    }

    /// How many members meet a condition; without one the counters the database keeps tell.
    pub async fn count_user_records(&mut self, organization: OrganizationId, condition: &Condition) -> Result<i64> {
        let mut statement = Statement::default();
        if matches!(condition, Condition::All(parts) if parts.is_empty()) {
            let org = statement.bind(organization.to_string());
            statement.push(&format!(
                "SELECT CAST(coalesce(sum(people), 0) AS BIGINT) FROM membership_counts WHERE organization_id = {org}"
            ));
            return self.number(&statement).await;
        }
        statement.push("SELECT count(*) ");
        self.push_members(&mut statement, organization, condition, asks_names(condition));
        self.number(&statement).await
    }

    fn push_members(
        &self,
        statement: &mut Statement,
        organization: OrganizationId,
        condition: &Condition,
        asks_names: bool,
    ) {
        let users = if asks_names { "JOIN users u ON u.id = m.user_id" } else { "" };
        let org = statement.bind(organization.to_string());
        let condition = conditions::sql(self.backend(), statement, place, condition);
        statement.push(&format!("FROM memberships m {users} WHERE m.organization_id = {org} AND {condition}"));
    }

    /// The member with this id.
    pub async fn user_record(&mut self, organization: OrganizationId, user: UserId) -> Result<Option<UserRecord>> {
        let [field, ..] = USER_FIELDS;
        let is_it = Condition::Field(field, Test::In(vec![Operand::Text(user.to_string())]));
        let paging = Paging { page: 0, size: 1, sort: Vec::new() };
        Ok(self.user_records(organization, &is_it, &paging).await?.pop())
    }
}
