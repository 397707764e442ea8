//! Members: a user together with the membership in one organization. Every finder is pinned to an organization; an id
//! of another one is found as little as an unknown id.

use std::collections::HashMap;

use super::{
    Result, StoreError, Tx,
    guards::json_list,
    query::{execute, fetch_all, fetch_optional, scalar_all},
};
use crate::{
    domain::{
        ids::{OrganizationId, UserId},
        roles::{AccountRole, RoleSet},
        text,
        time::Timestamp,
        users::{MembershipKind, MembershipState},
    },
    policy::Person,
};

/// A user as the organization knows them.
#[derive(Debug, Clone)]
pub struct Member {
    /// The organization.
    pub organization: OrganizationId,
    /// The user.
    pub user: UserId,
    /// Human, robot or support.
    pub kind: MembershipKind,
    /// Login address as typed.
    pub email: String,
    /// Display name; empty until there is one.
    pub display_name: String,
    /// Given name, once told.
    pub first_name: Option<String>,
    /// Family name, once told.
    pub last_name: Option<String>,
    /// The user's own account role.
    pub own_role: AccountRole,
    /// The override of this membership, if any.
    pub role_override: Option<AccountRole>,
    /// The effective account role.
    pub account_role: AccountRole,
    /// Ids of application and custom roles.
    pub roles: Vec<String>,
    /// The organization's switch.
    pub enabled: bool,
    /// When the activation link was used.
    pub validated_at: Option<Timestamp>,
    /// What it comes to.
    pub state: MembershipState,
    /// End of the open invitation while invited, else zero.
    pub invited_until: Timestamp,
    /// Whether the last mail could not be delivered.
    pub mail_failed: bool,
    /// Since when the user is disabled everywhere.
    pub disabled_at: Option<Timestamp>,
    /// Whether the user ever chose or was given a password.
    pub has_password: bool,
    /// When the user first activated anywhere.
    pub activated_at: Option<Timestamp>,
    /// Last login here; zero means never.
    pub last_login_at: Timestamp,
    /// End of the running or last lock of the address.
    pub locked_until: Timestamp,
    /// Whether an authenticator is set up.
    pub has_authenticator: bool,
    /// Whether there is a membership in another organization.
    pub is_shared: bool,
    /// Raised by every saved change.
    pub version: i64,
    /// When the membership began.
    pub created_at: Timestamp,
    /// Who made it.
    pub created_by: String,
    /// The support request it was granted for.
    pub support_request: Option<String>,
    /// From then on it does not work any more.
    pub ends_at: Option<Timestamp>,
    /// When it was last changed.
    pub changed_at: Timestamp,
    /// Who changed it.
    pub changed_by: String,
}

impl Member {
    /// Name, or address while there is none.
    pub fn shown_name(&self) -> &str {
        text::shown_name(Some(&self.display_name), &self.email)
    }

    /// What the policy needs to know of them.
    pub fn person(&self, roles: RoleSet) -> Person {
        Person {
            organization: self.organization,
            user: self.user,
            name: self.shown_name().to_owned(),
            kind: self.kind,
            server_administrator: self.own_role == AccountRole::ServerAdministrator,
            account_role: self.account_role,
            roles,
            enabled: self.enabled,
            validated: self.validated_at.is_some(),
            disabled_everywhere: self.disabled_at.is_some(),
            shared: self.is_shared,
            has_authenticator: self.has_authenticator,
        }
    }

    /// Whether its end has come.
    pub fn has_ended(&self, now: Timestamp) -> bool {
        self.ends_at.is_some_and(|end| end <= now)
    }

    /// Whether a lock is running.
    pub fn is_locked(&self, now: Timestamp) -> bool {
        self.locked_until > now
    }

    /// Whether the link ran out unused.
    pub fn is_expired(&self, now: Timestamp) -> bool {
        self.state == MembershipState::Invited && self.invited_until <= now
    }
}

#[derive(sqlx::FromRow)]
struct MemberRow {
    organization_id: OrganizationId,
    user_id: UserId,
    kind: String,
    email: String,
    display_name: String,
    first_name: Option<String>,
    last_name: Option<String>,
    own_role: String,
    role_override: Option<String>,
    account_role: String,
    roles: Option<String>,
    enabled: bool,
    validated_at: Option<Timestamp>,
    state: String,
    invited_until: Timestamp,
    mail_failed: bool,
    disabled_at: Option<Timestamp>,
    has_password: bool,
    activated_at: Option<Timestamp>,
    last_login_at: Timestamp,
    locked_until: Timestamp,
    has_authenticator: bool,
    is_shared: bool,
    version: i64,
    created_at: Timestamp,
    created_by_name: String,
    support_request: Option<String>,
    ends_at: Option<Timestamp>,
    changed_at: Timestamp,
    changed_by_name: String,
}

/// Reads a stored word.
pub(super) fn word<T>(text: &str) -> Result<T>
where
    T: std::str::FromStr,
    T::Err: std::error::Error + Send + Sync + 'static,
{
    text.parse().map_err(|error| StoreError::Broken(Box::new(error)))
}

impl MemberRow {
    fn read(self) -> Result<Member> {
        Ok(Member {
            organization: self.organization_id,
            user: self.user_id,
            kind: word(&self.kind)?,
            email: self.email,
            display_name: self.display_name,
            first_name: self.first_name,
            last_name: self.last_name,
            own_role: word(&self.own_role)?,
            role_override: self.role_override.as_deref().map(word).transpose()?,
            account_role: word(&self.account_role)?,
            roles: split_ids(self.roles.as_deref()),
            enabled: self.enabled,
            validated_at: self.validated_at,
            state: word(&self.state)?,
            invited_until: self.invited_until,
            mail_failed: self.mail_failed,
            disabled_at: self.disabled_at,
            has_password: self.has_password,
            activated_at: self.activated_at,
            last_login_at: self.last_login_at,
            locked_until: self.locked_until,
            has_authenticator: self.has_authenticator,
            is_shared: self.is_shared,
            version: self.version,
            created_at: self.created_at,
            created_by: self.created_by_name,
            support_request: self.support_request,
            ends_at: self.ends_at,
            changed_at: self.changed_at,
            changed_by: self.changed_by_name,
        })
    }
}

/// The role ids of a comma-separated column, in a stable order.
pub(super) fn split_ids(joined: Option<&str>) -> Vec<String> {
    let mut ids: Vec<String> =
        joined.unwrap_or_default().split(',').filter(|id| !id.is_empty()).map(str::to_owned).collect();
    ids.sort();
    ids
}

macro_rules! member_columns {
    ($rest:literal) => {
        concat!(
            "SELECT m.organization_id, m.user_id, m.kind, u.email, u.display_name, u.first_name, u.last_name,
                 u.account_role AS own_role, m.role_override, m.account_role, m.enabled, m.validated_at, m.state,
                 m.invited_until, m.mail_failed, u.disabled_at, u.password_hash IS NOT NULL AS has_password,
                 u.activated_at, m.last_login_at, m.version, m.created_at, m.created_by_name, m.support_request,
                 m.ends_at, m.changed_at, m.changed_by_name,
                 coalesce((SELECT a.locked_until FROM sign_in_attempts a
                           WHERE a.address_hash = u.address_hash), 0) AS locked_until,
                 (SELECT string_agg(r.role_id, ',') FROM membership_roles r
                  WHERE r.organization_id = m.organization_id AND r.user_id = m.user_id) AS roles,
                 EXISTS (SELECT 1 FROM authenticators t
                         WHERE t.user_id = u.id AND t.state = 'active') AS has_authenticator,
                 EXISTS (SELECT 1 FROM memberships o
                         WHERE o.user_id = u.id AND o.organization_id <> m.organization_id) AS is_shared
             FROM memberships m JOIN users u ON u.id = m.user_id ",
            $rest
        )
    };
}

impl Tx {
    /// The member of this organization with this id.
    pub async fn member(&mut self, organization: OrganizationId, user: UserId) -> Result<Option<Member>> {
        let row = fetch_optional!(
            self,
            MemberRow,
            member_columns!("WHERE m.organization_id = $1 AND m.user_id = $2"),
            organization,
            user
        )?;
        row.map(MemberRow::read).transpose()
    }

    /// Which of these login addresses belong to members: activated or disabled (true), or still invited (false).
    pub(crate) async fn present_addresses<'a>(
        &mut self,
        organization: OrganizationId,
        keys: impl Iterator<Item = &'a str>,
    ) -> Result<HashMap<String, bool>> {
        let keys = json_list(keys);
        let rows = fetch_all!(
            self,
            (String, bool),
            "SELECT email_key, validated_at IS NOT NULL OR NOT enabled FROM memberships
             WHERE organization_id = $1 AND email_key IN (SELECT value FROM json_each($2))",
            organization,
            &keys
        )?;
        Ok(rows.into_iter().collect())
    }

    /// The member of this organization with this login address.
    pub async fn member_by_email(&mut self, organization: OrganizationId, email_key: &str) -> Result<Option<Member>> {
        let row = fetch_optional!(
            self,
            MemberRow,
            member_columns!("WHERE m.organization_id = $1 AND u.email_key = $2"),
            organization,
            email_key
        )?;
        row.map(MemberRow::read).transpose()
    }

    /// Brings `state` and `invited_until` of the user's memberships in line with the switches they follow from.
    pub(super) async fn settle_memberships(&mut self, user: UserId) -> Result<()> {
        execute!(
            self,
            "UPDATE memberships SET
                 state = CASE
                     WHEN NOT enabled OR (SELECT disabled_at FROM users WHERE id = user_id) IS NOT NULL THEN 'disabled'
                     WHEN validated_at IS NULL THEN 'invited'
                     ELSE 'active' END,
                 invited_until = CASE
                     WHEN enabled AND validated_at IS NULL
                          AND (SELECT disabled_at FROM users WHERE id = user_id) IS NULL
                     THEN coalesce((SELECT i.expires_at FROM invitations i
                                    WHERE i.organization_id = memberships.organization_id
                                      AND i.user_id = memberships.user_id), 9223372036854775807)
                     ELSE 0 END
             WHERE user_id = $1",
            user
        )?;
        Ok(())
    }

    /// Raises the version of one membership and notes who changed it.
    pub(super) async fn bump_membership(
        &mut self,
        organization: OrganizationId,
        user: UserId,
        by: &super::authors::AuthorColumns,
        now: Timestamp,
    ) -> Result<()> {
        execute!(
            self,
            "UPDATE memberships SET version = version + 1, changed_at = $3, changed_by_id = $4, changed_by_name = $5
             WHERE organization_id = $1 AND user_id = $2",
            organization,
            user,
            now,
            &by.id,
            &by.name
        )?;
        Ok(())
    }

    /// As [`Self::bump_membership`], in every organization of the user: what changed belongs to the person.
    pub(super) async fn bump_user(
        &mut self,
        user: UserId,
        by: &super::authors::AuthorColumns,
        now: Timestamp,
    ) -> Result<()> {
        execute!(
            self,
            "UPDATE memberships SET version = version + 1, changed_at = $2, changed_by_id = $3, changed_by_name = $4
             WHERE user_id = $1",
            user,
            now,
            &by.id,
            &by.name
        )?;
        Ok(())
    }

    /// Notes in every organization of the user that they changed themselves.
    pub(crate) async fn note_own_change(&mut self, user: UserId, name: &str, now: Timestamp) -> Result<()> {
        let by = super::authors::AuthorColumns { id: Some(user.to_string()), name: name.to_owned() };
        self.bump_user(user, &by, now).await
    }

    /// The organizations of a user, whatever their state there; the order in which they are locked.
    pub(super) async fn organization_ids_of(&mut self, user: UserId) -> Result<Vec<OrganizationId>> {
        let ids = scalar_all!(
            self,
            OrganizationId,
            "SELECT organization_id FROM memberships WHERE user_id = $1 ORDER BY organization_id",
            user
        )?;
        Ok(ids)
    }
}
