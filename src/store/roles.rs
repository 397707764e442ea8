//! Custom roles: read with their history, made, changed and deleted. Each change takes the permit that allowed it and
//! the guards of the commit keep the last Administrator.

use std::collections::HashMap;

use serde_json::{Map, Value, json};

use super::{
    Result, Tx,
    authors::AuthorColumns,
    guards::json_list,
    query::{execute, fetch_all, fetch_optional, scalar_optional},
};
use crate::{
    domain::{
        audit::{AuditAction, AuditTarget, Occasion},
        ids::{CustomRoleId, OrganizationId},
        pages::Level,
        roles::{Access, CustomRole},
        text::{self, RoleDescription, RoleName},
        time::Timestamp,
    },
    policy::{CreateRole, DeleteRole, EditRole, Permit},
};

/// A custom role with what its page shows beside the levels.
#[derive(Debug, Clone)]
pub struct StoredRole {
    /// Id, name and levels.
    pub role: CustomRole,
    /// What it is for; may be empty.
    pub description: String,
    /// Raised by every saved change.
    pub version: i64,
    /// When it was changed last, or made.
    pub changed_at: Timestamp,
    /// By whom, as they were called then.
    pub changed_by: String,
}

/// Name and description of a custom role, as a form gives them.
#[derive(Debug, Clone)]
pub struct RoleWords {
    /// Its name.
    pub name: RoleName,
    /// What it is for.
    pub description: RoleDescription,
}

#[derive(sqlx::FromRow)]
struct RoleFacts {
    description: String,
    version: i64,
    changed_at: Timestamp,
    changed_by_name: String,
}

impl Tx {
    /// One custom role of the organization.
    pub async fn stored_role(&mut self, organization: OrganizationId, id: CustomRoleId) -> Result<Option<StoredRole>> {
        let facts = fetch_optional!(
            self,
            RoleFacts,
            "SELECT description, version, changed_at, changed_by_name FROM custom_roles
             WHERE organization_id = $1 AND id = $2",
            organization,
            id
        )?;
        let Some(facts) = facts else { return Ok(None) };
        let role = self.custom_roles(organization, &[id]).await?.into_iter().next();
        Ok(role.map(|role| StoredRole {
            role,
            description: facts.description,
            version: facts.version,
            changed_at: facts.changed_at,
            changed_by: facts.changed_by_name,
        }))
    }

    /// How many memberships have each role, by the role's key; roles that nobody has are absent.
    pub async fn role_counts(&mut self, organization: OrganizationId) -> Result<HashMap<String, i64>> {
        let rows = fetch_all!(
            self,
            (String, i64),
            "SELECT role_id, people FROM role_counts WHERE organization_id = $1 AND people > 0",
            organization
        )?;
        Ok(rows.into_iter().collect())
    }

    /// Adds a custom role.
    ///
    /// # Errors
    /// [`super::StoreError::Taken`] when the organization has a role of this name.
    pub(crate) async fn add_role(
        &mut self,
        permit: Permit<CreateRole>,
        words: &RoleWords,
        occasion: &Occasion,
    ) -> Result<CustomRoleId> {
        let (author, action, organization) = permit.into_parts();
        self.guard(organization).await?;
        let id = CustomRoleId::new(occasion.now, occasion.entropy.as_ref());
        let by = AuthorColumns::from(&author);
        execute!(
            self,
            "INSERT INTO custom_roles (organization_id, id, name, name_key, description, created_at, changed_at,
                 changed_by_id, changed_by_name)
             VALUES ($1, $2, $3, $4, $5, $6, $6, $7, $8)",
            organization,
            id,
            words.name.as_str(),
            words.name.key(),
            words.description.as_str(),
            occasion.now,
            &by.id,
            &by.name
        )?;
        self.write_levels(organization, id, &action.access).await?;
        let mut after = levels(&action.access);
        after.insert("name".to_owned(), json!(words.name.as_str()));
        after.insert("description".to_owned(), json!(words.description.as_str()));
        let event = author
            .event(AuditAction::RoleCreated, AuditTarget::role(id, words.name.as_str()))
            .after(Value::Object(after));
        self.record(event, occasion).await?;
        Ok(id)
    }

    /// Saves a changed role; `stored` was read in this transaction and its version compared.
    ///
    /// # Errors
    /// [`super::StoreError::Taken`] when another role has the name.
    pub(crate) async fn edit_role(
        &mut self,
        permit: Permit<EditRole>,
        stored: &StoredRole,
        words: &RoleWords,
        occasion: &Occasion,
    ) -> Result<()> {
        let (author, action, target) = permit.into_parts();
        let (organization, id) = (target.organization, stored.role.id);
        self.guard(organization).await?;
        let by = AuthorColumns::from(&author);
        execute!(
            self,
            "UPDATE custom_roles SET name = $3, name_key = $4, description = $5, version = version + 1,
                 changed_at = $6, changed_by_id = $7, changed_by_name = $8
             WHERE organization_id = $1 AND id = $2",
            organization,
            id,
            words.name.as_str(),
            words.name.key(),
            words.description.as_str(),
            occasion.now,
            &by.id,
            &by.name
        )?;
        self.write_levels(organization, id, &action.access).await?;
        let (before, after) = difference(stored, words, &action.access);
        let event = author
            .event(AuditAction::RoleChanged, AuditTarget::role(id, words.name.as_str()))
            .before(Value::Object(before))
            .after(Value::Object(after));
        self.record(event, occasion).await
    }

    /// Deletes a role and takes it from everybody who has it; gives how many that were.
    pub(crate) async fn delete_role(
        &mut self,
        permit: Permit<DeleteRole>,
        stored: &StoredRole,
        occasion: &Occasion,
    ) -> Result<u64> {
        let (author, _, target) = permit.into_parts();
        let (organization, id) = (target.organization, stored.role.id);
        self.guard(organization).await?;
        let by = AuthorColumns::from(&author);
        let holders = execute!(
            self,
            "UPDATE memberships SET version = version + 1, changed_at = $3, changed_by_id = $4, changed_by_name = $5
             WHERE organization_id = $1 AND user_id IN (
                 SELECT user_id FROM membership_roles WHERE organization_id = $1 AND role_id = $2)",
            organization,
            id,
            occasion.now,
            &by.id,
            &by.name
        )?;
        for sql in [
            "DELETE FROM membership_roles WHERE organization_id = $1 AND role_id = $2",
            "DELETE FROM custom_roles WHERE organization_id = $1 AND id = $2",
        ] {
            execute!(self, sql, organization, id)?;
        }
        let mut before = levels(&stored.role.access);
        before.insert("name".to_owned(), json!(stored.role.name));
        before.insert("description".to_owned(), json!(stored.description));
        let event = author
            .event(AuditAction::RoleDeleted, AuditTarget::role(id, &stored.role.name))
            .before(Value::Object(before))
            .after(json!({ "people": holders }));
        self.record(event, occasion).await?;
        Ok(holders)
    }

    /// The role gives exactly these levels from now on.
    async fn write_levels(&mut self, organization: OrganizationId, id: CustomRoleId, access: &Access) -> Result<()> {
        execute!(self, "DELETE FROM custom_role_levels WHERE organization_id = $1 AND role_id = $2", organization, id)?;
        for level in [Level::View, Level::Edit, Level::Most, Level::All] {
            let pages = access.levels().filter(|(_, has)| *has == level).map(|(page, _)| page.key());
            let pages = json_list(pages);
            execute!(
                self,
                "INSERT INTO custom_role_levels (organization_id, role_id, page, level)
                 SELECT $1, $2, value, $4 FROM json_each($3)",
                organization,
                id,
                &pages,
                level.key()
            )?;
        }
        Ok(())
    }

    /// Whether another custom role of the organization has this name, ignoring case.
    pub async fn role_name_taken(
        &mut self,
        organization: OrganizationId,
        name: &str,
        but: Option<CustomRoleId>,
    ) -> Result<bool> {
        let found = scalar_optional!(
            self,
            String,
            "SELECT id FROM custom_roles WHERE organization_id = $1 AND name_key = $2",
            organization,
            text::fold(name)
        )?;
        Ok(found.is_some_and(|id| but.is_none_or(|but| but.to_string() != id)))
    }
}

/// The levels of all pages it opens, by page key, as evidence tells them.
fn levels(access: &Access) -> Map<String, Value> {
    access
        .levels()
        .filter(|(_, level)| *level > Level::None)
        .map(|(page, level)| (page.key().to_owned(), json!(level.key())))
        .collect()
}

/// The changed fields by name, as they were and as they will be; pages under their keys.
fn difference(stored: &StoredRole, words: &RoleWords, access: &Access) -> (Map<String, Value>, Map<String, Value>) {
    let (mut before, mut after) = (Map::new(), Map::new());
    let mut put = |field: &str, old: &str, new: &str| {
        if old != new {
            before.insert(field.to_owned(), json!(old));
            after.insert(field.to_owned(), json!(new));
        }
    };
    put("name", &stored.role.name, words.name.as_str());
    put("description", &stored.description, words.description.as_str());
    for (page, level) in access.levels() {
        put(page.key(), stored.role.access.level(page).key(), level.key());
    }
    (before, after)
}
