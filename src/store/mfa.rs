//! Authenticators and recovery codes: sealed at rest, bound to their person and field, and used up by one statement each
//! so that of two requests with the same code one wins.

use super::{
    Result, StoreError, Tx,
    query::{execute, fetch_all, scalar_one, scalar_optional},
};
use crate::{
    domain::{
        ids::{OrganizationId, SessionId, UserId},
        mfa::{RecoveryCode, SecondFactor, TotpCode, TotpSecret},
        pages::{Level, Page},
        roles,
        text::Email,
        time::Timestamp,
    },
    keys::{KeyError, same_bytes},
};

pub(super) const SECRET: &str = "authenticators.secret";
pub(super) const CODE: &str = "recovery_codes.code";

/// A sealed value that does not open: the request fails, whatever else is right (S50).
#[derive(Debug, thiserror::Error)]
#[error("{field} of user {user} cannot be opened: {source}")]
struct Unopened {
    field: &'static str,
    user: UserId,
    source: KeyError,
}

/// A recovery code as its owner sees it.
#[derive(Debug, Clone)]
pub struct StoredCode {
    /// The code.
    pub code: RecoveryCode,
    /// When it was used.
    pub used_at: Option<Timestamp>,
}

#[derive(sqlx::FromRow)]
struct CodeRow {
    position: i64,
    code: Vec<u8>,
    used_at: Option<Timestamp>,
}

impl Tx {
    /// Whether an authenticator is set up.
    pub async fn has_authenticator(&mut self, user: UserId) -> Result<bool> {
        let found = scalar_optional!(
            self,
            String,
            "SELECT user_id FROM authenticators WHERE user_id = $1 AND state = 'active'",
            user
        )?;
        Ok(found.is_some())
    }

    /// Uses a second factor up, if it is the right one: false when it is wrong, was used before, or another request with
    /// it was faster.
    pub(crate) async fn use_second_factor(
        &mut self,
        user: UserId,
        factor: &SecondFactor,
        now: Timestamp,
    ) -> Result<bool> {
        match factor {
            SecondFactor::Totp(code) => self.use_code(user, code, now).await,
            SecondFactor::Recovery(code) => self.use_recovery_code(user, code, now).await,
        }
    }

    /// A code counts for a step later than that of the last one (RFC 6238 5.2).
    async fn use_code(&mut self, user: UserId, code: &TotpCode, now: Timestamp) -> Result<bool> {
        let sealed = scalar_optional!(
            self,
            Vec<u8>,
            "SELECT secret FROM authenticators WHERE user_id = $1 AND state = 'active'",
            user
        )?;
        let Some(sealed) = sealed else { return Ok(false) };
        let Some(step) = self.open_secret(user, &sealed)?.check(code, now) else { return Ok(false) };
        let used = execute!(
            self,
            "UPDATE authenticators SET last_step = $2 WHERE user_id = $1 AND state = 'active' AND last_step < $2",
            user,
            step
        )?;
        Ok(used == 1)
    }

    async fn use_recovery_code(&mut self, user: UserId, typed: &RecoveryCode, now: Timestamp) -> Result<bool> {
        let mut position = None;
        // All are opened and compared, used ones too, so that the time tells nothing.
        for row in self.recovery_rows(user).await? {
            let code = self.open_code(user, row.position, &row.code)?;
            if same_bytes(code.as_bytes(), typed.as_bytes()) && row.used_at.is_none() {
                position = Some(row.position);
            }
        }
        let Some(position) = position else { return Ok(false) };
        let used = execute!(
            self,
            "UPDATE recovery_codes SET used_at = $3 WHERE user_id = $1 AND position = $2 AND used_at IS NULL",
            user,
            position,
            now
        )?;
        Ok(used == 1)
    }

    /// The secret this session is being shown, if it is enrolling.
    pub(crate) async fn pending_secret(&mut self, user: UserId, session: SessionId) -> Result<Option<TotpSecret>> {
        let sealed = scalar_optional!(
            self,
            Vec<u8>,
            "SELECT secret FROM authenticators WHERE user_id = $1 AND state = 'pending' AND session_id = $2",
            user,
            session
        )?;
        sealed.map(|sealed| self.open_secret(user, &sealed)).transpose()
    }

    /// Offers a secret to a session that is enrolling. The first one stays: reloading shows the same picture.
    pub(crate) async fn offer_secret(
        &mut self,
        user: UserId,
        session: SessionId,
        secret: &TotpSecret,
        now: Timestamp,
    ) -> Result<()> {
        let sealed = self.seal(SECRET, &user.to_string(), secret.as_bytes()).await?;
        execute!(
            self,
            "INSERT INTO authenticators (user_id, state, session_id, secret, created_at)
             VALUES ($1, 'pending', $2, $3, $4) ON CONFLICT (user_id, state, session_id) DO NOTHING",
            user,
            session,
            &sealed,
            now
        )?;
        Ok(())
    }

    /// Takes back what a session was offered.
    pub(crate) async fn withdraw_offer(&mut self, user: UserId, session: SessionId) -> Result<()> {
        execute!(
            self,
            "DELETE FROM authenticators WHERE user_id = $1 AND state = 'pending' AND session_id = $2",
            user,
            session
        )?;
        Ok(())
    }

    /// Puts a verified secret in force, in place of the one before it; `step` is that of the code it was verified with,
    /// which thereby is used. What other sessions were offered is void.
    pub(crate) async fn set_authenticator(
        &mut self,
        user: UserId,
        secret: &TotpSecret,
        step: i64,
        now: Timestamp,
    ) -> Result<()> {
        self.forget_authenticators(user).await?;
        let sealed = self.seal(SECRET, &user.to_string(), secret.as_bytes()).await?;
        execute!(
            self,
            "INSERT INTO authenticators (user_id, state, secret, last_step, created_at)
             VALUES ($1, 'active', $2, $3, $4)",
            user,
            &sealed,
            step,
            now
        )?;
        Ok(())
    }

    async fn forget_authenticators(&mut self, user: UserId) -> Result<()> {
        execute!(self, "DELETE FROM authenticators WHERE user_id = $1", user)?;
        Ok(())
    }

    /// Forgets what sessions that are over by now were offered.
    pub async fn forget_offers(&mut self, before: Timestamp) -> Result<()> {
        execute!(self, "DELETE FROM authenticators WHERE state = 'pending' AND created_at < $1", before)?;
        Ok(())
    }

    /// Erases the whole second factor; false when there was none.
    pub(crate) async fn erase_second_factor(&mut self, user: UserId) -> Result<bool> {
        let had = self.has_authenticator(user).await?;
        self.forget_authenticators(user).await?;
        execute!(self, "DELETE FROM recovery_codes WHERE user_id = $1", user)?;
        Ok(had)
    }

    /// Replaces the recovery codes as a set: the old ones are dead.
    pub(crate) async fn set_recovery_codes(&mut self, user: UserId, codes: &[RecoveryCode]) -> Result<()> {
        execute!(self, "DELETE FROM recovery_codes WHERE user_id = $1", user)?;
        for (position, code) in (1_i64..).zip(codes) {
            let sealed = self.seal(CODE, &code_row(user, position), code.as_bytes()).await?;
            execute!(
                self,
                "INSERT INTO recovery_codes (user_id, position, code) VALUES ($1, $2, $3)",
                user,
                position,
                &sealed
            )?;
        }
        Ok(())
    }

    /// The recovery codes in their order.
    pub async fn recovery_codes(&mut self, user: UserId) -> Result<Vec<StoredCode>> {
        let rows = self.recovery_rows(user).await?;
        rows.into_iter()
            .map(|row| Ok(StoredCode { code: self.open_code(user, row.position, &row.code)?, used_at: row.used_at }))
            .collect()
    }

    /// How many recovery codes still work.
    pub async fn recovery_codes_left(&mut self, user: UserId) -> Result<u8> {
        let left =
            scalar_one!(self, i64, "SELECT count(*) FROM recovery_codes WHERE user_id = $1 AND used_at IS NULL", user)?;
        Ok(u8::try_from(left).unwrap_or(u8::MAX))
    }

    async fn recovery_rows(&mut self, user: UserId) -> Result<Vec<CodeRow>> {
        let rows = fetch_all!(
            self,
            CodeRow,
            "SELECT position, code, used_at FROM recovery_codes WHERE user_id = $1 ORDER BY position",
            user
        )?;
        Ok(rows)
    }

    fn open_secret(&self, user: UserId, sealed: &[u8]) -> Result<TotpSecret> {
        let opened = self.keyring.open(SECRET, &user.to_string(), sealed);
        let secret = opened.and_then(|bytes| TotpSecret::from_bytes(&bytes).ok_or(KeyError::Damaged));
        secret.map_err(|source| unopened(SECRET, user, source))
    }

    fn open_code(&self, user: UserId, position: i64, sealed: &[u8]) -> Result<RecoveryCode> {
        let opened = self.keyring.open(CODE, &code_row(user, position), sealed);
        let code = opened
            .and_then(|bytes| std::str::from_utf8(&bytes).ok().and_then(RecoveryCode::parse).ok_or(KeyError::Damaged));
        code.map_err(|source| unopened(CODE, user, source))
    }

    /// The addresses of those who count as Administrators of an organization (portal contract 2.5), in the order of
    /// their addresses.
    pub(crate) async fn administrators_of(&mut self, organization: OrganizationId) -> Result<Vec<(UserId, Email)>> {
        let opening = roles::giving(Page::UserManagement, Level::All);
        let account_roles = super::guards::json_list(opening.account_roles.iter().map(|role| role.key()));
        let application_roles = super::guards::json_list(opening.application_roles.iter().map(|role| role.key()));
        let rows = fetch_all!(
            self,
            (UserId, String),
            "SELECT u.id, u.email FROM memberships m JOIN users u ON u.id = m.user_id
             WHERE m.organization_id = $1 AND m.state = 'active' AND m.kind = 'person'
               AND (m.account_role IN (SELECT value FROM json_each($2))
                    OR EXISTS (SELECT 1 FROM membership_roles r
                               WHERE r.organization_id = m.organization_id AND r.user_id = m.user_id
                                 AND r.role_id IN (SELECT value FROM json_each($3)
                                                   UNION ALL
                                                   SELECT role_id FROM custom_role_levels
                                                   WHERE organization_id = $1 AND page = $4 AND level = 'all')))
             ORDER BY u.email_key",
            organization,
            &account_roles,
            &application_roles,
            Page::UserManagement.key()
        )?;
        rows.into_iter()
            .map(|(user, email)| match Email::parse(&email) {
                Ok(email) => Ok((user, email)),
                Err(error) => Err(StoreError::damaged(error.to_string())),
            })
            .collect()
    }
}

/// What a recovery code is bound to: its person and its place in the set.
fn code_row(user: UserId, position: i64) -> String {
    format!("{user}/{position}")
}

fn unopened(field: &'static str, user: UserId, source: KeyError) -> StoreError {
    StoreError::Broken(Box::new(Unopened { field, user, source }))
}
