//! Organizations and what is provisioned for them.

use serde_json::{Map, Value, json};

use super::{
    Result, Tx,
    guards::json_list,
    query::{execute, fetch_all, fetch_one, fetch_optional, scalar_all, scalar_optional},
};
use crate::{
    domain::{
        audit::{AuditAction, AuditScope, AuditTarget, Author, Occasion},
        ids::{OrganizationId, UserId},
        organizations::NewOrganization,
        pages::Application,
        text,
        time::Timestamp,
    },
    policy::{EditOrganization, Permit},
};

/// An organization as it stands.
#[derive(Debug, Clone, sqlx::FromRow)]
pub struct Organization {
    /// Its id.
    pub id: OrganizationId,
    /// The name the tenant API calls it by.
    pub slug: String,
    /// The name people call it by.
    pub name: String,
    /// Whether its members must use multi-factor authentication.
    pub mfa_required: bool,
    /// Whether its Administrators may not invite.
    pub government: bool,
    /// Seats, if limited.
    pub user_limit: Option<i64>,
    /// Analyst seats, if limited.
    pub analyst_limit: Option<i64>,
    /// Since when nobody can log in to it.
    pub disabled_at: Option<Timestamp>,
    /// Raised by every saved change.
    pub version: i64,
}

/// An organization in a list of choices.
#[derive(Debug, Clone, sqlx::FromRow)]
pub struct OrganizationChoice {
    /// Its id.
    pub id: OrganizationId,
    /// Its name.
    pub name: String,
    /// Seats in use.
    pub people: i64,
    /// Seats, if limited.
    pub user_limit: Option<i64>,
    /// Whether MFA is required.
    pub mfa_required: bool,
    /// Whether it is a government organization.
    pub government: bool,
}

impl Tx {
    /// The organization, if there is one of this id.
    pub async fn organization(&mut self, id: OrganizationId) -> Result<Option<Organization>> {
        let found = fetch_optional!(
            self,
            Organization,
            "SELECT id, slug, name, mfa_required, government, user_limit, analyst_limit, disabled_at, version
             FROM organizations WHERE id = $1",
            id
        )?;
        Ok(found)
    }

    /// The audit scope of an organization.
    pub async fn scope(&mut self, id: Option<OrganizationId>) -> Result<Option<AuditScope>> {
        let Some(id) = id else { return Ok(None) };
        Ok(self.organization(id).await?.map(|found| AuditScope { id, name: found.name }))
    }

    /// Adds an organization with the applications, limits and switches given.
    ///
    /// # Errors
    /// [`super::StoreError::Taken`] when the name is in use.
    pub(crate) async fn add_organization(
        &mut self,
        new: &NewOrganization,
        author: &Author,
        occasion: &Occasion,
    ) -> Result<OrganizationId> {
        let id = OrganizationId::new(occasion.now, occasion.entropy.as_ref());
        let slug = self.free_slug(&new.slug()).await?;
        execute!(
            self,
            "INSERT INTO organizations (id, slug, name, name_key, mfa_required, government, user_limit,
                 analyst_limit, created_at)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
            id,
            &slug,
            new.name.as_str(),
            new.name.key(),
            new.mfa_required,
            new.government,
            new.user_limit,
            new.analyst_limit,
            occasion.now
        )?;
        self.write_applications(id, &new.applications).await?;
        let scope = Some(AuditScope { id, name: new.name.as_str().to_owned() });
        let author = Author { actor: author.actor.clone(), scope };
        let event = author
            .event(AuditAction::OrganizationCreated, AuditTarget::organization(id, new.name.as_str()))
            .after(json!({
                "name": new.name.as_str(),
                "require_mfa": new.mfa_required,
                "government": new.government,
                "user_limit": new.user_limit,
                "analyst_limit": new.analyst_limit,
            }));
        self.record(event, occasion).await?;
        Ok(id)
    }

    /// What is provisioned for an organization beside Workspace, in the order of the contract.
    pub async fn applications_of(&mut self, id: OrganizationId) -> Result<Vec<Application>> {
        let keys = scalar_all!(
            self,
            String,
            "SELECT application FROM organization_applications WHERE organization_id = $1",
            id
        )?;
        let is_there = |application: &Application| keys.iter().any(|key| key == application.key());
        Ok(Application::PROVISIONABLE.into_iter().filter(is_there).collect())
    }

    /// How many of those who can log in to the organization have set up an authenticator, and how many they are.
    pub async fn mfa_progress(&mut self, id: OrganizationId) -> Result<(i64, i64)> {
        let found = fetch_one!(
            self,
            (i64, i64),
            "SELECT count(*), count(t.user_id) FROM memberships m
             LEFT JOIN authenticators t ON t.user_id = m.user_id AND t.state = 'active'
             WHERE m.organization_id = $1 AND m.kind <> 'token' AND m.state = 'active'",
            id
        )?;
        Ok((found.1, found.0))
    }

    /// Who changed the organization last, and when, as the audit log tells it.
    pub async fn last_organization_change(&mut self, id: OrganizationId) -> Result<Option<(String, Timestamp)>> {
        let found = fetch_optional!(
            self,
            (String, Timestamp),
            "SELECT actor_name, at FROM audit_events
             WHERE chain = $1 AND target_id = $1
               AND action IN ('organization.created', 'organization.changed', 'organization.mfa_changed')
             ORDER BY number DESC LIMIT 1",
            id.to_string()
        )?;
        Ok(found)
    }

    /// Saves an edit; `stored` was read in this transaction and its version compared.
    ///
    /// # Errors
    /// [`super::StoreError::Taken`] when the name is in use.
    pub(crate) async fn edit_organization(
        &mut self,
        permit: Permit<EditOrganization>,
        stored: &Organization,
        wanted: &NewOrganization,
        occasion: &Occasion,
    ) -> Result<()> {
        let (author, _, id) = permit.into_parts();
        self.guard(id).await?;
        let applications = self.applications_of(id).await?;
        execute!(
            self,
            "UPDATE organizations SET name = $2, name_key = $3, mfa_required = $4, government = $5, user_limit = $6,
                 analyst_limit = $7, version = version + 1
             WHERE id = $1",
            id,
            wanted.name.as_str(),
            wanted.name.key(),
            wanted.mfa_required,
            wanted.government,
            wanted.user_limit,
            wanted.analyst_limit
        )?;
        if applications != wanted.applications {
            self.write_applications(id, &wanted.applications).await?;
        }
        let target = || AuditTarget::organization(id, wanted.name.as_str());
        let (before, after) = difference(stored, &applications, wanted);
        if !before.is_empty() {
            let event = author.event(AuditAction::OrganizationChanged, target());
            self.record(event.before(Value::Object(before)).after(Value::Object(after)), occasion).await?;
        }
        if stored.mfa_required != wanted.mfa_required {
            let event = author
                .event(AuditAction::OrganizationMfaChanged, target())
                .before(json!({ "require_mfa": stored.mfa_required }))
                .after(json!({ "require_mfa": wanted.mfa_required }));
            self.record(event, occasion).await?;
        }
        Ok(())
    }

    pub(super) async fn write_applications(&mut self, id: OrganizationId, applications: &[Application]) -> Result<()> {
        let applications = json_list(applications.iter().map(|application| application.key()));
        execute!(self, "DELETE FROM organization_applications WHERE organization_id = $1", id)?;
        execute!(
            self,
            "INSERT INTO organization_applications (organization_id, application)
             SELECT $1, value FROM json_each($2)",
            id,
            &applications
        )?;
        Ok(())
    }

    /// The slug, or the same with the first free number behind it.
    async fn free_slug(&mut self, wish: &str) -> Result<String> {
        let mut slug = wish.to_owned();
        for number in 2.. {
            let taken = scalar_optional!(self, String, "SELECT id FROM organizations WHERE slug = $1", &slug)?;
            if taken.is_none() {
                break;
            }
            slug = format!("{wish}-{number}");
        }
        Ok(slug)
    }

    /// All organizations by name, for Server Administrators.
    pub async fn all_organizations(&mut self) -> Result<Vec<OrganizationChoice>> {
        let rows = fetch_all!(
            self,
            OrganizationChoice,
            "SELECT o.id, o.name, o.user_limit, o.mfa_required, o.government,
                    CAST(coalesce((SELECT sum(n.people) FROM membership_counts n WHERE n.organization_id = o.id
                        AND n.kind = 'person' AND n.state <> 'disabled'), 0) AS BIGINT) AS people
             FROM organizations o ORDER BY o.name_key, o.id"
        )?;
        Ok(rows)
    }

    /// The organizations a user can work in now: enabled and activated there, and the organization not disabled.
    pub async fn organizations_of(&mut self, user: UserId) -> Result<Vec<OrganizationChoice>> {
        let rows = fetch_all!(
            self,
            OrganizationChoice,
            "SELECT o.id, o.name, o.user_limit, o.mfa_required, o.government,
                    CAST(coalesce((SELECT sum(n.people) FROM membership_counts n WHERE n.organization_id = o.id
                        AND n.kind = 'person' AND n.state <> 'disabled'), 0) AS BIGINT) AS people
             FROM memberships m JOIN organizations o ON o.id = m.organization_id
             WHERE m.user_id = $1 AND m.state = 'active' AND o.disabled_at IS NULL
             ORDER BY o.name_key, o.id",
            user
        )?;
        Ok(rows)
    }

    /// Whether an organization of this name exists, ignoring case.
    pub async fn organization_name_taken(&mut self, name: &str) -> Result<bool> {
        let found =
            scalar_optional!(self, String, "SELECT id FROM organizations WHERE name_key = $1", text::fold(name))?;
        Ok(found.is_some())
    }

    /// Whether the organization requires multi-factor authentication.
    pub async fn mfa_required_in(&mut self, id: OrganizationId) -> Result<bool> {
        Ok(self.organization(id).await?.is_some_and(|found| found.mfa_required))
    }

    /// Notes that the user works in the organization from now on: the next login leads there.
    pub(crate) async fn enter_organization(
        &mut self,
        user: UserId,
        organization: OrganizationId,
        now: Timestamp,
    ) -> Result<()> {
        execute!(
            self,
            "UPDATE memberships SET last_login_at = $3 WHERE organization_id = $1 AND user_id = $2",
            organization,
            user,
            now
        )?;
        Ok(())
    }
}

/// The changed fields by name, as they were and as they will be; the MFA switch has its own event.
fn difference(
    stored: &Organization,
    applications: &[Application],
    wanted: &NewOrganization,
) -> (Map<String, Value>, Map<String, Value>) {
    let (mut before, mut after) = (Map::new(), Map::new());
    let mut put = |field: &str, old: Value, new: Value| {
        if old != new {
            before.insert(field.to_owned(), old);
            after.insert(field.to_owned(), new);
        }
    };
    put("name", json!(stored.name), json!(wanted.name.as_str()));
    put("government", json!(stored.government), json!(wanted.government));
    put("user_limit", json!(stored.user_limit), json!(wanted.user_limit));
    put("analyst_limit", json!(stored.analyst_limit), json!(wanted.analyst_limit));
    put("applications", json!(applications), json!(wanted.applications));
    (before, after)
}
