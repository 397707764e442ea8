//! Who holds a role, for the preview of a change: people alike in all that decides their access are counted together in
//! the database, and only the first of each kind are named, so that a role of a hundred thousand people is no longer
//! list than one of ten.

use std::collections::HashMap;

use super::{Result, StoreError, Tx, guards::json_list, members::word, statement::Statement};
use crate::domain::{
    ids::{CustomRoleId, OrganizationId, UserId},
    roles::{AlikeHolders, ApplicationRole, PageChange, Role, RoleSet, Someone, decides},
    text,
    time::Timestamp,
};

#[derive(sqlx::FromRow)]
struct HolderRow {
    server_administrator: bool,
    account_role: String,
    works: bool,
    roles: Option<String>,
    people: i64,
    user_id: UserId,
    name_key: String,
    display_name: String,
    email: String,
}

/// The holders of a role, told apart by those roles that decide something, and the first `shown` of each kind.
fn statement(
    organization: OrganizationId,
    role: CustomRoleId,
    deciding: &str,
    now: Timestamp,
    shown: usize,
) -> Statement {
    let mut statement = Statement::default();
    let org = statement.bind(organization.to_string());
    let role = statement.bind(role.to_string());
    let deciding = statement.bind(deciding);
    let now = statement.bind(now);
    let shown = statement.bind(i64::try_from(shown).unwrap_or(i64::MAX));
    let alike = "PARTITION BY server_administrator, account_role, works, roles";
    statement.push(&format!(
        "SELECT g.server_administrator, g.account_role, g.works, g.roles, g.people, g.user_id, g.name_key,
                (SELECT u.display_name FROM users u WHERE u.id = g.user_id) AS display_name,
                (SELECT u.email FROM users u WHERE u.id = g.user_id) AS email
         FROM (
             SELECT h.*, count(*) OVER ({alike}) AS people,
                    row_number() OVER ({alike} ORDER BY name_key, user_id) AS place
             FROM (
                 SELECT m.user_id, m.name_key, m.account_role,
                        m.state = 'active' AND (m.ends_at IS NULL OR m.ends_at > {now}) AS works,
                        m.state = 'active' AND m.user_id IN (
                            SELECT id FROM users WHERE account_role = 'server_administrator') AS server_administrator,
                        (SELECT string_agg(r.role_id, ',' ORDER BY r.role_id) FROM membership_roles r
                         WHERE r.organization_id = m.organization_id AND r.user_id = m.user_id
                         AND r.role_id IN (SELECT value FROM json_each({deciding}))) AS roles
                 FROM membership_roles held
                 JOIN memberships m ON m.organization_id = held.organization_id AND m.user_id = held.user_id
                 WHERE held.organization_id = {org} AND held.role_id = {role}
             ) h
         ) g
         WHERE g.place <= {shown} ORDER BY g.name_key, g.user_id"
    ));
    statement
}

impl Tx {
    /// The holders of a role, as far as they differ in what decides these changes of it; the first `shown` of each kind
    /// by name.
    pub async fn alike_holders(
        &mut self,
        organization: OrganizationId,
        role: CustomRoleId,
        changes: &[PageChange],
        now: Timestamp,
        shown: usize,
    ) -> Result<Vec<AlikeHolders>> {
        let custom = self.custom_roles(organization, &[]).await?;
        let others = custom.iter().filter(|other| other.id != role).cloned().map(Role::Custom);
        let application = ApplicationRole::ALL.iter().copied().map(Role::Application);
        let deciding = application.chain(others).filter(|role| decides(role, changes));
        let deciding = json_list(deciding.map(|role| role.key().to_string()));
        let rows: Vec<HolderRow> = self.rows(&statement(organization, role, &deciding, now, shown)).await?;
        let mut groups: Vec<(HolderRow, Vec<Someone>)> = Vec::new();
        let mut places = HashMap::new();
        for row in rows {
            let key = (row.server_administrator, row.account_role.clone(), row.works, row.roles.clone());
            let name = text::shown_name(Some(&row.display_name), &row.email).to_owned();
            let someone = Someone { key: row.name_key.clone(), id: row.user_id, name };
            let place = *places.entry(key).or_insert(groups.len());
            match groups.get_mut(place) {
                Some((_, first)) => first.push(someone),
                None => groups.push((row, vec![someone])),
            }
        }
        let read = |(row, first): (HolderRow, Vec<Someone>)| {
            let ids = row.roles.iter().flat_map(|joined| joined.split(','));
            Ok(AlikeHolders {
                server_administrator: row.server_administrator,
                account_role: word(&row.account_role)?,
                roles: RoleSet::read(ids, &custom).map_err(|error| StoreError::Broken(Box::new(error)))?,
                works: row.works,
                people: u64::try_from(row.people).unwrap_or_default(),
                first,
            })
        };
        groups.into_iter().map(read).collect()
    }

    /// The plan of the statement behind [`Self::alike_holders`], for the test that no preview reads a whole table.
    pub async fn explain_alike_holders(
        &mut self,
        organization: OrganizationId,
        role: CustomRoleId,
        now: Timestamp,
    ) -> Result<Vec<String>> {
        let deciding = json_list(ApplicationRole::ALL.iter().map(|role| role.key()));
        self.plan(&statement(organization, role, &deciding, now, 3)).await
    }
}
