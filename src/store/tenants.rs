//! Organizations as the tenant API shows and changes them.

use serde::Deserialize;
use serde_json::json;

use super::{
    Result, Tx, dialect,
    guards::json_list,
    query::{execute, scalar_all, scalar_optional},
    statement::Statement,
};
use crate::domain::{
    audit::{AuditAction, AuditScope, AuditTarget, Author, Occasion},
    ids::{OrganizationId, UserId},
    pages::Application,
    tenants::{NewTenant, TenantFacts},
    text,
    time::Timestamp,
};

/// An organization with all its facts.
#[derive(Debug, Clone, Deserialize)]
pub struct Tenant {
    /// Its id.
    pub id: OrganizationId,
    /// The name the tenant API calls it by.
    pub slug: String,
    /// The name people call it by.
    pub name: String,
    /// What it is for.
    pub description: String,
    /// IANA name of a time zone.
    pub time_zone: String,
    /// Seats, if limited.
    pub user_limit: Option<i64>,
    /// Analyst seats, if limited.
    pub analyst_limit: Option<i64>,
    /// Kept for the platform.
    pub case_limit: Option<i64>,
    /// Kept for the platform.
    pub expires_at: Option<Timestamp>,
    /// Since when nobody signs in there.
    pub disabled_at: Option<Timestamp>,
    /// When it was made.
    pub created_at: Timestamp,
    /// Seats in use.
    pub users: i64,
    /// Analyst seats in use.
    pub analysts: i64,
}

impl Tenant {
    /// What may be changed of it.
    pub fn facts(&self) -> TenantFacts {
        TenantFacts {
            display_name: self.name.clone(),
            description: self.description.clone(),
            time_zone: self.time_zone.clone(),
            user_limit: self.user_limit,
            analyst_limit: self.analyst_limit,
            case_limit: self.case_limit,
            expires_at: self.expires_at,
            disabled: self.disabled_at.is_some(),
        }
    }
}

impl Tx {
    /// Tenants by slug: a part of them, or the one with an id.
    pub async fn tenants(&mut self, only: Option<OrganizationId>, offset: i64, limit: i64) -> Result<Vec<Tenant>> {
        let (from, to) = dialect::rows_as_json(self.backend());
        let mut statement = Statement::default();
        statement.push(&format!(
            "SELECT {from} id, slug, name, description, time_zone, user_limit, analyst_limit, case_limit, expires_at,
                 disabled_at, created_at, users, analysts {to} FROM (
             SELECT o.*,
                 CAST(coalesce((SELECT sum(n.people) FROM membership_counts n WHERE n.organization_id = o.id
                     AND n.kind = 'person' AND n.state <> 'disabled'), 0) AS BIGINT) AS users,
                 CAST(coalesce((SELECT sum(n.people) FROM membership_counts n WHERE n.organization_id = o.id
                     AND n.kind = 'person' AND n.state <> 'disabled' AND n.account_role = 'analyst'), 0) AS BIGINT)
                     AS analysts
             FROM organizations o"
        ));
        if let Some(id) = only {
            let id = statement.bind(id.to_string());
            statement.push(&format!(" WHERE o.id = {id}"));
        }
        let limit = statement.bind(limit);
        let offset = statement.bind(offset);
        statement.push(&format!(" ORDER BY o.slug LIMIT {limit} OFFSET {offset}) page"));
        Ok(serde_json::from_str(&self.text(&statement).await?)?)
    }

    /// The tenant with this id.
    pub async fn tenant(&mut self, id: OrganizationId) -> Result<Option<Tenant>> {
        Ok(self.tenants(Some(id), 0, 1).await?.pop())
    }

    /// How many there are.
    pub async fn count_tenants(&mut self) -> Result<i64> {
        let mut statement = Statement::default();
        statement.push("SELECT count(*) FROM organizations");
        self.number(&statement).await
    }

    /// Makes a tenant with every application.
    ///
    /// # Errors
    /// [`super::StoreError::Taken`] when slug or name is in use.
    pub(crate) async fn add_tenant(
        &mut self,
        new: &NewTenant,
        author: &Author,
        occasion: &Occasion,
    ) -> Result<OrganizationId> {
        let id = OrganizationId::new(occasion.now, occasion.entropy.as_ref());
        let facts = &new.facts;
        execute!(
            self,
            "INSERT INTO organizations (id, slug, name, name_key, description, time_zone, user_limit, analyst_limit,
                 case_limit, expires_at, created_at)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)",
            id,
            &new.slug,
            &facts.display_name,
            text::fold(&facts.display_name),
            &facts.description,
            &facts.time_zone,
            facts.user_limit,
            facts.analyst_limit,
            facts.case_limit,
            facts.expires_at,
            occasion.now
        )?;
        self.write_applications(id, &Application::PROVISIONABLE).await?;
        let event = scoped(author, id, &facts.display_name)
            .event(AuditAction::OrganizationCreated, AuditTarget::organization(id, &facts.display_name))
            .after(json!({ "slug": new.slug, "facts": shown(facts) }));
        self.record(event, occasion).await?;
        Ok(id)
    }

    /// Writes the facts of a tenant.
    ///
    /// # Errors
    /// [`super::StoreError::Taken`] when the name is in use.
    pub(crate) async fn edit_tenant(
        &mut self,
        tenant: &Tenant,
        facts: &TenantFacts,
        author: &Author,
        occasion: &Occasion,
    ) -> Result<()> {
        self.guard(tenant.id).await?;
        let disabled_at = facts.disabled.then(|| tenant.disabled_at.unwrap_or(occasion.now));
        execute!(
            self,
            "UPDATE organizations SET name = $2, name_key = $3, description = $4, time_zone = $5, user_limit = $6,
                 analyst_limit = $7, case_limit = $8, expires_at = $9, disabled_at = $10, version = version + 1
             WHERE id = $1",
            tenant.id,
            &facts.display_name,
            text::fold(&facts.display_name),
            &facts.description,
            &facts.time_zone,
            facts.user_limit,
            facts.analyst_limit,
            facts.case_limit,
            facts.expires_at,
            disabled_at
        )?;
        let event = scoped(author, tenant.id, &facts.display_name)
            .event(AuditAction::OrganizationChanged, AuditTarget::organization(tenant.id, &facts.display_name))
            .before(shown(&tenant.facts()))
            .after(shown(facts));
        self.record(event, occasion).await
    }

    /// Whether somebody's home is there.
    pub async fn is_home(&mut self, tenant: OrganizationId) -> Result<bool> {
        let found =
            scalar_optional!(self, UserId, "SELECT id FROM users WHERE home_organization_id = $1 LIMIT 1", tenant)?;
        Ok(found.is_some())
    }

    /// Deletes a tenant with its memberships, roles and tokens; its people stay.
    pub(crate) async fn delete_tenant(&mut self, tenant: &Tenant, author: &Author, occasion: &Occasion) -> Result<()> {
        let event = scoped(author, tenant.id, &tenant.name)
            .event(AuditAction::OrganizationDeleted, AuditTarget::organization(tenant.id, &tenant.name))
            .before(json!({ "slug": tenant.slug, "facts": shown(&tenant.facts()), "users": tenant.users }));
        self.record(event, occasion).await?;
        let robots = scalar_all!(
            self,
            UserId,
            "DELETE FROM api_tokens WHERE organization_id = $1 RETURNING user_id",
            tenant.id
        )?;
        let robots = json_list(robots.iter().map(ToString::to_string));
        execute!(self, "DELETE FROM users WHERE id IN (SELECT value FROM json_each($1)) AND kind = 'token'", &robots)?;
        execute!(self, "DELETE FROM membership_roles WHERE organization_id = $1", tenant.id)?;
        execute!(self, "DELETE FROM memberships WHERE organization_id = $1", tenant.id)?;
        execute!(self, "DELETE FROM organizations WHERE id = $1", tenant.id)?;
        Ok(())
    }
}

fn scoped(author: &Author, id: OrganizationId, name: &str) -> Author {
    Author { actor: author.actor.clone(), scope: Some(AuditScope { id, name: name.to_owned() }) }
}

fn shown(facts: &TenantFacts) -> serde_json::Value {
    json!({
        "name": facts.display_name,
        "description": facts.description,
        "time_zone": facts.time_zone,
        "user_limit": facts.user_limit,
        "analyst_limit": facts.analyst_limit,
        "case_limit": facts.case_limit,
        "expires": facts.expires_at.map(Timestamp::rfc3339),
        "disabled": facts.disabled,
    })
}
