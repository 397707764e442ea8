//! Users as the whole installation knows them: one address, one password, one authenticator.

use super::{
    Result, Tx,
    members::word,
    query::{execute, fetch_optional, scalar_one, scalar_optional},
};
use crate::domain::{
    audit::Occasion,
    ids::{OrganizationId, UserId},
    roles::AccountRole,
    text::{self, DisplayName, Email},
    time::Timestamp,
};

/// A user beyond any one organization.
#[derive(Debug, Clone)]
pub struct User {
    /// The id, the same everywhere.
    pub id: UserId,
    /// Whether this is the robot user of an API token.
    pub is_token: bool,
    /// Login address as typed.
    pub email: String,
    /// Display name; empty until there is one.
    pub display_name: String,
    /// The user's own account role.
    pub account_role: AccountRole,
    /// Since when the user is disabled everywhere.
    pub disabled_at: Option<Timestamp>,
    /// When the user first activated anywhere.
    pub activated_at: Option<Timestamp>,
    /// The password as stored; none until there is one.
    pub password_hash: Option<String>,
    /// End of the temporary password in force; none when the password is the user's own.
    pub password_expires_at: Option<Timestamp>,
    /// Whether the user ever chose a password of their own.
    pub has_chosen_password: bool,
    /// Raised to end all sessions.
    pub session_epoch: i64,
    /// Chosen theme; none follows the system.
    pub theme: Option<String>,
    /// Rows a page of User Management, as last chosen.
    pub rows_per_page: Option<i64>,
}

impl User {
    /// Name, or address while there is none.
    pub fn shown_name(&self) -> &str {
        text::shown_name(Some(&self.display_name), &self.email)
    }

    /// Whether the password in force is a temporary one.
    pub fn has_temporary_password(&self) -> bool {
        self.password_expires_at.is_some()
    }

    /// Whether this is a Server Administrator.
    pub fn is_server_administrator(&self) -> bool {
        self.account_role == AccountRole::ServerAdministrator
    }
}

#[derive(sqlx::FromRow)]
struct UserRow {
    id: UserId,
    kind: String,
    email: String,
    display_name: String,
    account_role: String,
    disabled_at: Option<Timestamp>,
    activated_at: Option<Timestamp>,
    password_hash: Option<String>,
    password_expires_at: Option<Timestamp>,
    has_chosen_password: bool,
    session_epoch: i64,
    theme: Option<String>,
    rows_per_page: Option<i64>,
}

impl UserRow {
    fn read(self) -> Result<User> {
        Ok(User {
            id: self.id,
            is_token: self.kind == "token",
            email: self.email,
            display_name: self.display_name,
            account_role: word(&self.account_role)?,
            disabled_at: self.disabled_at,
            activated_at: self.activated_at,
            password_hash: self.password_hash,
            password_expires_at: self.password_expires_at,
            has_chosen_password: self.has_chosen_password,
            session_epoch: self.session_epoch,
            theme: self.theme,
            rows_per_page: self.rows_per_page,
        })
    }
}

/// A user about to be made. Nobody is told: letters are the flow's business.
#[derive(Debug, Clone)]
pub(crate) struct NewUser<'a> {
    pub(crate) email: &'a Email,
    pub(crate) name: Option<&'a DisplayName>,
    pub(crate) account_role: AccountRole,
    pub(crate) password: NewPassword<'a>,
    /// Already activated: made at set-up or by the command line.
    pub(crate) activated: bool,
}

/// The password a user begins with.
#[derive(Debug, Clone)]
pub(crate) enum NewPassword<'a> {
    /// None yet.
    None,
    /// Their own, hashed.
    Own(&'a str),
    /// A temporary one, hashed, with its end.
    Temporary(&'a str, Timestamp),
}

impl NewPassword<'_> {
    fn columns(&self) -> (Option<&str>, Option<Timestamp>) {
        match self {
            Self::None => (None, None),
            Self::Own(hash) => (Some(hash), None),
            Self::Temporary(hash, until) => (Some(hash), Some(*until)),
        }
    }
}

/// The text the substring search looks in: name and address, folded, a line each.
pub(super) fn search_text(name: &str, email: &Email) -> String {
    format!("{}\n{}", text::fold(name), email.key())
}

/// The key people are sorted by: name, or address while there is none.
pub(super) fn name_key(name: &str, email: &str) -> String {
    text::fold(text::shown_name(Some(name), email))
}

macro_rules! user_columns {
    ($rest:literal) => {
        concat!(
            "SELECT id, kind, email, display_name, account_role, disabled_at, activated_at, password_hash,
                 password_expires_at, password_changed_at IS NOT NULL AS has_chosen_password, session_epoch, theme,
                 rows_per_page FROM users ",
            $rest
        )
    };
}

impl Tx {
    /// The user with this id.
    pub async fn user(&mut self, id: UserId) -> Result<Option<User>> {
        let row = fetch_optional!(self, UserRow, user_columns!("WHERE id = $1"), id)?;
        row.map(UserRow::read).transpose()
    }

    /// The user with this login address in its canonical form.
    pub async fn user_by_email(&mut self, email_key: &str) -> Result<Option<User>> {
        let row = fetch_optional!(self, UserRow, user_columns!("WHERE email_key = $1"), email_key)?;
        row.map(UserRow::read).transpose()
    }

    /// The home of a service account; none for anybody else.
    pub async fn home_of(&mut self, user: UserId) -> Result<Option<OrganizationId>> {
        let home = scalar_optional!(
            self,
            Option<OrganizationId>,
            "SELECT home_organization_id FROM users WHERE id = $1",
            user
        )?;
        Ok(home.flatten())
    }

    /// Whether there is a Server Administrator, disabled or not.
    pub async fn is_set_up(&mut self) -> Result<bool> {
        let found =
            scalar_optional!(self, String, "SELECT id FROM users WHERE account_role = 'server_administrator' LIMIT 1")?;
        Ok(found.is_some())
    }

    /// Adds a user.
    ///
    /// # Errors
    /// [`super::StoreError::Taken`] when the address is in use.
    pub(crate) async fn add_user(&mut self, new: &NewUser<'_>, occasion: &Occasion) -> Result<UserId> {
        let id = UserId::new(occasion.now, occasion.entropy.as_ref());
        let name = new.name.map(DisplayName::as_str).unwrap_or_default();
        let (first, last) = split_name(new.name);
        let (hash, until) = new.password.columns();
        let address_hash = self.keys.address_hash(new.email.key());
        execute!(
            self,
            "INSERT INTO users (id, kind, email, email_key, address_hash, display_name, first_name, last_name,
                 search_text, account_role, password_hash, password_expires_at, activated_at, created_at, first_key,
                 last_key)
             VALUES ($1, 'person', $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)",
            id,
            new.email.as_str(),
            new.email.key(),
            &address_hash[..],
            name,
            &first,
            &last,
            search_text(name, new.email),
            new.account_role.key(),
            hash,
            until,
            new.activated.then_some(occasion.now),
            occasion.now,
            first.as_deref().map(text::fold),
            last.as_deref().map(text::fold)
        )?;
        Ok(id)
    }

    /// Stores a hashed password; only one of the user's own counts as chosen.
    pub(crate) async fn set_password(
        &mut self,
        user: UserId,
        password: &NewPassword<'_>,
        now: Timestamp,
    ) -> Result<()> {
        let (hash, until) = password.columns();
        execute!(
            self,
            "UPDATE users SET password_hash = $2, password_expires_at = $3,
                 password_changed_at = coalesce($4, password_changed_at) WHERE id = $1",
            user,
            hash,
            until,
            until.is_none().then_some(now)
        )?;
        Ok(())
    }

    /// Replaces a hash by one of stronger parameters, unless the password changed meanwhile.
    pub(crate) async fn upgrade_password(&mut self, user: UserId, old: &str, new: &str) -> Result<()> {
        execute!(self, "UPDATE users SET password_hash = $3 WHERE id = $1 AND password_hash = $2", user, old, new)?;
        Ok(())
    }

    /// Stores the display name; first and last name follow while both are empty.
    pub(crate) async fn set_display_name(&mut self, user: UserId, name: &DisplayName, email: &Email) -> Result<()> {
        let (first, last) = split_name(Some(name));
        execute!(
            self,
            "UPDATE users SET display_name = $2, search_text = $3,
                 first_name = CASE WHEN first_name IS NULL AND last_name IS NULL THEN $4 ELSE first_name END,
                 last_name = CASE WHEN first_name IS NULL AND last_name IS NULL THEN $5 ELSE last_name END,
                 first_key = CASE WHEN first_name IS NULL AND last_name IS NULL THEN $6 ELSE first_key END,
                 last_key = CASE WHEN first_name IS NULL AND last_name IS NULL THEN $7 ELSE last_key END
             WHERE id = $1",
            user,
            name.as_str(),
            search_text(name.as_str(), email),
            &first,
            &last,
            first.as_deref().map(text::fold),
            last.as_deref().map(text::fold)
        )?;
        self.copy_sort_keys(user, name.as_str(), email).await
    }

    /// Stores a new login address. The failures and the lock of both addresses come together (portal contract 3.2).
    ///
    /// # Errors
    /// [`super::StoreError::Taken`] when the address is in use.
    pub(crate) async fn set_email(&mut self, user: UserId, name: &str, email: &Email) -> Result<()> {
        let address_hash = self.keys.address_hash(email.key());
        let old_hash = scalar_one!(self, Vec<u8>, "SELECT address_hash FROM users WHERE id = $1", user)?;
        execute!(
            self,
            "UPDATE users SET email = $2, email_key = $3, address_hash = $4, search_text = $5 WHERE id = $1",
            user,
            email.as_str(),
            email.key(),
            &address_hash[..],
            search_text(name, email)
        )?;
        self.merge_attempts(&old_hash, &address_hash).await?;
        self.copy_sort_keys(user, name, email).await
    }

    async fn copy_sort_keys(&mut self, user: UserId, name: &str, email: &Email) -> Result<()> {
        execute!(
            self,
            "UPDATE memberships SET name_key = $2, email_key = $3 WHERE user_id = $1",
            user,
            name_key(name, email.as_str()),
            email.key()
        )?;
        Ok(())
    }

    /// Erases a user who has no membership left and is no Server Administrator; audit events keep their names.
    pub(crate) async fn erase_if_alone(&mut self, user: UserId) -> Result<bool> {
        let erased = execute!(
            self,
            "DELETE FROM users WHERE id = $1 AND account_role <> 'server_administrator'
             AND NOT EXISTS (SELECT 1 FROM memberships WHERE user_id = $1)",
            user
        )?;
        Ok(erased == 1)
    }

    /// Remembers how many rows a page the user wants to see.
    pub async fn remember_rows_per_page(&mut self, user: UserId, rows: u32) -> Result<()> {
        execute!(self, "UPDATE users SET rows_per_page = $2 WHERE id = $1", user, i64::from(rows))?;
        Ok(())
    }

    /// Remembers the chosen theme; none follows the system.
    pub async fn remember_theme(&mut self, user: UserId, theme: Option<&str>) -> Result<()> {
        execute!(self, "UPDATE users SET theme = $2 WHERE id = $1", user, theme)?;
        Ok(())
    }

    /// Whether any organization in which the user is enabled requires multi-factor authentication; gives its name.
    pub async fn mfa_required_by(&mut self, user: UserId) -> Result<Option<(OrganizationId, String)>> {
        let found = fetch_optional!(
            self,
            (OrganizationId, String),
            "SELECT o.id, o.name FROM memberships m JOIN organizations o ON o.id = m.organization_id
             WHERE m.user_id = $1 AND m.state = 'active' AND o.mfa_required ORDER BY o.name_key LIMIT 1",
            user
        )?;
        Ok(found)
    }
}

pub(super) fn split_name(name: Option<&DisplayName>) -> (Option<String>, Option<String>) {
    name.map_or((None, None), |name| {
        let (first, last) = name.split();
        (Some(first.as_str().to_owned()), last.map(|last| last.as_str().to_owned()))
    })
}
