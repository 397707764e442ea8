//! What no commit may break, whichever door the change came through: an organization keeps an Administrator, the
//! installation a Server Administrator, and no organization holds more people than its limits. Measured before the
//! first change of a transaction and again at its commit, so a new kind of change cannot forget to ask.

use super::{
    Result, StoreError, Tx,
    backend::Backend,
    error::Guard,
    query::{execute, fetch_optional, scalar_optional},
    statement::without_nul,
};
use crate::domain::{
    ids::{OrganizationId, UserId},
    pages::Level,
    pages::Page,
    roles,
};

/// An organization this transaction changes, as it was before.
pub(super) struct Guarded {
    organization: OrganizationId,
    had_administrator: bool,
    seats: Seats,
}

/// Seats in use and the limits on them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Seats {
    /// Enabled memberships of people who are not disabled; robots and support take none.
    pub used: i64,
    /// Those among them whose effective account role is Analyst.
    pub analysts: i64,
    /// The user limit, if any.
    pub user_limit: Option<i64>,
    /// The analyst limit, if any.
    pub analyst_limit: Option<i64>,
}

impl Seats {
    /// How many more people fit; none means without limit.
    pub fn free(&self) -> Option<i64> {
        self.user_limit.map(|limit| (limit - self.used).max(0))
    }

    /// How many more analysts fit; none means without limit.
    pub fn free_analysts(&self) -> Option<i64> {
        self.analyst_limit.map(|limit| (limit - self.analysts).max(0))
    }
}

impl Tx {
    /// Takes the organization for this transaction: other writers of it wait, and its guards hold at commit. Every
    /// mutation of memberships, roles or limits calls this first.
    pub async fn guard(&mut self, organization: OrganizationId) -> Result<()> {
        if self.guarded.iter().any(|guarded| guarded.organization == organization) {
            return Ok(());
        }
        if self.backend() == Backend::Postgres {
            // SQLite has one writer; here the row lock makes writers of one organization take turns.
            execute!(self, "SELECT 1 FROM organizations WHERE id = $1 FOR UPDATE", organization)?;
        }
        let had_administrator = self.has_administrator(organization).await?;
        let seats = self.seats(organization).await?;
        self.guarded.push(Guarded { organization, had_administrator, seats });
        Ok(())
    }

    /// As [`Self::guard`], for changes that may cost the installation its last Server Administrator.
    pub async fn guard_installation(&mut self) -> Result<()> {
        if !self.guards_installation && self.backend() == Backend::Postgres {
            execute!(self, "SELECT pg_advisory_xact_lock(7205759403792793601)")?;
        }
        self.guards_installation = true;
        Ok(())
    }

    /// Whether what this transaction has done so far keeps the Administrators; the commit asks again.
    ///
    /// # Errors
    /// [`StoreError::Kept`] with the one who would be missed.
    pub(crate) async fn check_administrators(&mut self) -> Result<()> {
        if self.guards_installation && !self.has_server_administrator().await? {
            return Err(StoreError::Kept(Guard::LastServerAdministrator));
        }
        let had_one = self.guarded.iter().filter(|guarded| guarded.had_administrator);
        let organizations: Vec<OrganizationId> = had_one.map(|guarded| guarded.organization).collect();
        for organization in organizations {
            if !self.has_administrator(organization).await? {
                return Err(StoreError::Kept(Guard::LastAdministrator));
            }
        }
        Ok(())
    }

    /// What the contracts tell last is judged last: seats after Administrators.
    pub(super) async fn check_guards(&mut self) -> Result<()> {
        self.check_administrators().await?;
        for guarded in std::mem::take(&mut self.guarded) {
            let seats = self.seats(guarded.organization).await?;
            if seats.used > guarded.seats.used && seats.user_limit.is_some_and(|limit| seats.used > limit) {
                return Err(StoreError::Kept(Guard::UserLimit));
            }
            if seats.analysts > guarded.seats.analysts
                && seats.analyst_limit.is_some_and(|limit| seats.analysts > limit)
            {
                return Err(StoreError::Kept(Guard::AnalystLimit));
            }
        }
        Ok(())
    }

    /// Whether anybody in the organization counts as its Administrator: active, a person, and
    /// `platform.user_management` = all (portal contract 2.5).
    pub async fn has_administrator(&mut self, organization: OrganizationId) -> Result<bool> {
        self.has_administrator_but(organization, None).await
    }

    /// Whether the organization would be left without an Administrator if this one went.
    pub async fn is_last_administrator(&mut self, organization: OrganizationId, user: UserId) -> Result<bool> {
        Ok(self.has_administrator(organization).await? && !self.has_administrator_but(organization, Some(user)).await?)
    }

    async fn has_administrator_but(&mut self, organization: OrganizationId, but: Option<UserId>) -> Result<bool> {
        let opening = roles::giving(Page::UserManagement, Level::All);
        let account_roles = json_list(opening.account_roles.iter().map(|role| role.key()));
        let application_roles = json_list(opening.application_roles.iter().map(|role| role.key()));
        let found = scalar_optional!(
            self,
            String,
            "SELECT m.user_id FROM (
                 SELECT user_id FROM memberships
                 WHERE organization_id = $1 AND account_role IN (SELECT value FROM json_each($2))
                 UNION ALL
                 SELECT user_id FROM membership_roles
                 WHERE organization_id = $1 AND role_id IN (
                     SELECT value FROM json_each($3)
                     UNION ALL
                     SELECT role_id FROM custom_role_levels
                     WHERE organization_id = $1 AND page = $4 AND level = 'all')
             ) able
             JOIN memberships m ON m.organization_id = $1 AND m.user_id = able.user_id
             WHERE m.state = 'active' AND m.kind = 'person' AND m.user_id <> $5 LIMIT 1",
            organization,
            &account_roles,
            &application_roles,
            Page::UserManagement.key(),
            but.map(|user| user.to_string()).unwrap_or_default()
        )?;
        Ok(found.is_some())
    }

    /// Whether an activated, not disabled Server Administrator is left.
    pub async fn has_server_administrator(&mut self) -> Result<bool> {
        let found = scalar_optional!(
            self,
            String,
            "SELECT id FROM users
             WHERE account_role = 'server_administrator' AND disabled_at IS NULL AND activated_at IS NOT NULL
             LIMIT 1"
        )?;
        Ok(found.is_some())
    }

    /// Seats in use and limits, from the counters the database keeps.
    pub async fn seats(&mut self, organization: OrganizationId) -> Result<Seats> {
        let row = fetch_optional!(
            self,
            (Option<i64>, Option<i64>, i64, i64),
            "SELECT o.user_limit, o.analyst_limit,
                    CAST(coalesce(sum(n.people), 0) AS BIGINT),
                    CAST(coalesce(sum(CASE WHEN n.account_role = 'analyst' THEN n.people ELSE 0 END), 0) AS BIGINT)
             FROM organizations o
             LEFT JOIN membership_counts n
               ON n.organization_id = o.id AND n.kind = 'person' AND n.state <> 'disabled'
             WHERE o.id = $1 GROUP BY o.id, o.user_limit, o.analyst_limit",
            organization
        )?;
        let (user_limit, analyst_limit, used, analysts) = row.unwrap_or_default();
        Ok(Seats { used, analysts, user_limit, analyst_limit })
    }
}

/// Text values as a JSON array: one bound parameter on both databases, however many there are.
pub(super) fn json_list<'a>(values: impl Iterator<Item = impl Into<std::borrow::Cow<'a, str>>>) -> String {
    values.map(|value| without_nul(value.into().into_owned())).collect::<serde_json::Value>().to_string()
}
