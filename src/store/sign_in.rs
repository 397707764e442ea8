//! Failed attempts per login address, and the record of sign-ins.

use super::{
    Result, Tx, User,
    backend::Backend,
    query::{execute, fetch_all, fetch_optional, scalar_optional},
};
use crate::domain::{
    audit::Occasion,
    ids::{EventId, OrganizationId, UserId},
    sign_in::AttemptState,
    time::Timestamp,
};

/// The attempts of one login address, held by this transaction: nobody else decides about it until the end.
#[derive(Debug, Clone)]
pub(crate) struct HeldAttempts {
    hash: Vec<u8>,
    /// What the rule of the portal contract (3.2) looks at.
    pub(crate) state: AttemptState,
    /// The login form whose refusal was last.
    pub(crate) last_form: Option<Vec<u8>>,
}

/// Where a login would lead.
#[derive(Debug, Clone)]
pub struct Entry {
    /// The organization entered: the one last worked in among those the user can work in now.
    pub organization: Option<OrganizationId>,
    /// Whether an activation link is waiting somewhere.
    pub has_invitation: bool,
    /// Whether the authenticator's code is due.
    pub needs_code: bool,
    /// Whether an authenticator is required and none is set up.
    pub must_enroll: bool,
    any: Option<OrganizationId>,
}

impl Entry {
    /// The organization whose audit log tells of the attempt.
    pub fn home(&self) -> Option<OrganizationId> {
        self.organization.or(self.any)
    }
}

/// One line of "Recent logins".
#[derive(Debug, Clone, sqlx::FromRow)]
pub struct SignInRow {
    /// When.
    pub at: Timestamp,
    /// Client address.
    pub address: String,
    /// Browser and system.
    pub device: String,
    /// How it ended, as a word: `succeeded`, `failed`, `locked`.
    pub result: String,
}

impl Tx {
    /// Reads the attempts of an address and holds them. An address without an account has a row like any other.
    pub(crate) async fn hold_attempts(&mut self, address_key: &str) -> Result<HeldAttempts> {
        let hash = self.keys.address_hash(address_key).to_vec();
        // On PostgreSQL the upsert locks the row, so that parallel attempts take turns; SQLite has one writer anyway.
        if self.backend() == Backend::Postgres {
            execute!(
                self,
                "INSERT INTO sign_in_attempts (address_hash) VALUES ($1)
                 ON CONFLICT (address_hash) DO UPDATE SET failures = sign_in_attempts.failures",
                &hash
            )?;
        }
        let row = fetch_optional!(
            self,
            (i64, Option<Timestamp>, Timestamp, Option<Vec<u8>>),
            "SELECT failures, last_failure_at, locked_until, last_form FROM sign_in_attempts WHERE address_hash = $1",
            &hash
        )?;
        let (failures, last_failure, locked_until, last_form) = row.unwrap_or((0, None, Timestamp::default(), None));
        Ok(HeldAttempts { hash, state: read_state(failures, last_failure, locked_until), last_form })
    }

    /// The attempts of an address as they are, holding nothing, and the login form whose refusal was last.
    pub(crate) async fn attempts_of(&mut self, address_key: &str) -> Result<(AttemptState, Option<Vec<u8>>)> {
        let hash = self.keys.address_hash(address_key).to_vec();
        let state = self.attempts(&hash).await?.unwrap_or_default();
        let form = scalar_optional!(
            self,
            Option<Vec<u8>>,
            "SELECT last_form FROM sign_in_attempts WHERE address_hash = $1",
            &hash
        )?;
        Ok((state, form.flatten()))
    }

    /// What a right password of this user would lead to.
    pub(crate) async fn entry(&mut self, user: &User, now: Timestamp) -> Result<Entry> {
        let memberships = fetch_all!(
            self,
            (OrganizationId, String, bool),
            "SELECT m.organization_id, m.state,
                    o.disabled_at IS NULL AND (m.ends_at IS NULL OR m.ends_at > $2) AS is_open
             FROM memberships m JOIN organizations o ON o.id = m.organization_id
             WHERE m.user_id = $1 ORDER BY m.last_login_at DESC, o.name_key",
            user.id,
            now
        )?;
        let is_required = self.mfa_required_by(user.id).await?.is_some();
        let is_set_up = self.has_authenticator(user.id).await?;
        let is_invited = self.has_account_invitation(user.id).await?;
        let open = |state: &str| {
            memberships.iter().find(|(_, is, open)| is == state && *open).map(|(organization, ..)| *organization)
        };
        Ok(Entry {
            organization: open("active"),
            has_invitation: is_invited || open("invited").is_some(),
            any: memberships.first().map(|(organization, ..)| *organization),
            needs_code: is_required && is_set_up,
            must_enroll: is_required && !is_set_up,
        })
    }

    /// Writes what the rule came to.
    pub(crate) async fn keep_attempts(&mut self, held: &HeldAttempts) -> Result<()> {
        self.write_attempts(&held.hash, held.state, held.last_form.as_deref()).await
    }

    async fn write_attempts(&mut self, hash: &[u8], state: AttemptState, last_form: Option<&[u8]>) -> Result<()> {
        execute!(
            self,
            "INSERT INTO sign_in_attempts (address_hash, failures, last_failure_at, locked_until, last_form)
             VALUES ($1, $2, $3, $4, $5)
             ON CONFLICT (address_hash) DO UPDATE SET failures = excluded.failures,
                 last_failure_at = excluded.last_failure_at, locked_until = excluded.locked_until,
                 last_form = excluded.last_form",
            hash,
            i64::from(state.failures),
            state.last_failure,
            state.locked_until.unwrap_or_default(),
            last_form
        )?;
        Ok(())
    }

    /// The new address takes over the higher count and the later times of both; the old row stays (rule 3).
    pub(super) async fn merge_attempts(&mut self, old: &[u8], new: &[u8]) -> Result<()> {
        let (old_state, new_state) = (self.attempts(old).await?, self.attempts(new).await?);
        let Some(old_state) = old_state else { return Ok(()) };
        let merged = new_state.unwrap_or_default().merged(&old_state);
        self.write_attempts(new, merged, None).await
    }

    async fn attempts(&mut self, hash: &[u8]) -> Result<Option<AttemptState>> {
        let row = fetch_optional!(
            self,
            (i64, Option<Timestamp>, Timestamp),
            "SELECT failures, last_failure_at, locked_until FROM sign_in_attempts WHERE address_hash = $1",
            hash
        )?;
        Ok(row.map(|(failures, last, until)| read_state(failures, last, until)))
    }

    /// Notes a sign-in, in the organization it led to.
    pub(crate) async fn add_sign_in(
        &mut self,
        user: UserId,
        organization: Option<OrganizationId>,
        device: &str,
        result: &str,
        occasion: &Occasion,
    ) -> Result<()> {
        execute!(
            self,
            "INSERT INTO sign_ins (id, user_id, organization_id, at, address, device, result)
             VALUES ($1, $2, $3, $4, $5, $6, $7)",
            EventId::new(occasion.now, occasion.entropy.as_ref()),
            user,
            organization,
            occasion.now,
            occasion.address.as_deref().unwrap_or_default(),
            device,
            result
        )?;
        Ok(())
    }

    /// Notes the time of a completed sign-in on the user, and on the membership it led to.
    pub(crate) async fn note_login(
        &mut self,
        user: UserId,
        organization: Option<OrganizationId>,
        now: Timestamp,
    ) -> Result<()> {
        execute!(self, "UPDATE users SET last_login_at = $2 WHERE id = $1", user, now)?;
        match organization {
            Some(organization) => self.enter_organization(user, organization, now).await,
            None => Ok(()),
        }
    }

    /// The ten latest sign-ins of a user; with an organization, only those that led into it.
    pub async fn recent_sign_ins(
        &mut self,
        user: UserId,
        organization: Option<OrganizationId>,
    ) -> Result<Vec<SignInRow>> {
        let rows = match organization {
            Some(organization) => fetch_all!(
                self,
                SignInRow,
                "SELECT at, address, device, result FROM sign_ins
                 WHERE organization_id = $1 AND user_id = $2 ORDER BY at DESC, id DESC LIMIT 10",
                organization,
                user
            )?,
            None => fetch_all!(
                self,
                SignInRow,
                "SELECT at, address, device, result FROM sign_ins
                 WHERE user_id = $1 ORDER BY at DESC, id DESC LIMIT 10",
                user
            )?,
        };
        Ok(rows)
    }
}

fn read_state(failures: i64, last_failure: Option<Timestamp>, locked_until: Timestamp) -> AttemptState {
    AttemptState {
        failures: u32::try_from(failures).unwrap_or(u32::MAX),
        last_failure,
        locked_until: (locked_until.micros() > 0).then_some(locked_until),
    }
}
