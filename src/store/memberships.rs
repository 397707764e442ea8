//! Changes to memberships. Each takes the permit that allowed it, locks the organization, raises the version and writes
//! its audit event; the guards of the commit keep the last Administrator and the limits.

mod removal;
mod switches;

pub use removal::Removal;

use serde_json::{Value, json};

use super::{
    Member, Result, Tx,
    authors::AuthorColumns,
    query::{execute, scalar_optional},
};
use crate::{
    domain::{
        audit::{AuditAction, AuditTarget, Author, Occasion},
        ids::{CustomRoleId, OrganizationId, UserId},
        roles::{AccountRole, RoleKey},
        session::EndReason,
        text::{self, DisplayName, Email},
        time::Timestamp,
        users::MembershipKind,
    },
    policy::{EditUser, EndSessions, Permit, ResetAuthenticator},
};

/// A membership about to be made.
#[derive(Debug, Clone)]
pub(crate) struct NewMembership<'a> {
    pub(crate) organization: OrganizationId,
    pub(crate) user: UserId,
    pub(crate) kind: MembershipKind,
    /// The account role chosen; an override only where it is not the user's own.
    pub(crate) account_role: AccountRole,
    pub(crate) roles: &'a [RoleKey],
    /// Activated from the start: made at set-up or by the command line.
    pub(crate) validated: bool,
}

impl Tx {
    /// Adds a membership; the caller writes the event that tells how it came about.
    pub(crate) async fn add_membership(
        &mut self,
        new: &NewMembership<'_>,
        author: &Author,
        occasion: &Occasion,
    ) -> Result<()> {
        self.guard(new.organization).await?;
        let by = AuthorColumns::from(author);
        execute!(
            self,
            "INSERT INTO memberships (organization_id, user_id, kind, account_role, role_override, validated_at, state,
                 name_key, email_key, created_at, created_by_id, created_by_name, changed_at, changed_by_id,
                 changed_by_name)
             SELECT $1, u.id, $3, $4, CASE WHEN u.account_role = $4 THEN NULL ELSE $4 END, $5, 'invited',
                 '', u.email_key, $6, $7, $8, $6, $7, $8
             FROM users u WHERE u.id = $2",
            new.organization,
            new.user,
            new.kind.key(),
            new.account_role.key(),
            new.validated.then_some(occasion.now),
            occasion.now,
            &by.id,
            &by.name
        )?;
        self.write_roles(new.organization, new.user, new.roles).await?;
        self.copy_name_key(new.organization, new.user).await?;
        self.settle_memberships(new.user).await
    }

    async fn copy_name_key(&mut self, organization: OrganizationId, user: UserId) -> Result<()> {
        let Some(found) = self.user(user).await? else { return Ok(()) };
        execute!(
            self,
            "UPDATE memberships SET name_key = $3 WHERE organization_id = $1 AND user_id = $2",
            organization,
            user,
            text::fold(found.shown_name())
        )?;
        Ok(())
    }

    /// The membership's roles are exactly these from now on; a role of another organization is refused by the database.
    async fn write_roles(&mut self, organization: OrganizationId, user: UserId, roles: &[RoleKey]) -> Result<()> {
        execute!(self, "DELETE FROM membership_roles WHERE organization_id = $1 AND user_id = $2", organization, user)?;
        for role in roles {
            let custom: Option<CustomRoleId> = match role {
                RoleKey::Custom(id) => Some(*id),
                RoleKey::Application(_) => None,
                RoleKey::Account(_) => continue,
            };
            execute!(
                self,
                "INSERT INTO membership_roles (organization_id, user_id, role_id, custom_role_id)
                 VALUES ($1, $2, $3, $4)",
                organization,
                user,
                role.to_string(),
                custom
            )?;
        }
        Ok(())
    }

    /// Saves what the permit allows. The member is the one read in this transaction, whose version was compared already.
    ///
    /// # Errors
    /// [`super::StoreError::Taken`] when the new address is in use.
    pub(crate) async fn edit_member(
        &mut self,
        permit: Permit<EditUser>,
        member: &Member,
        occasion: &Occasion,
    ) -> Result<()> {
        let (author, change) = (permit.author(), permit.action());
        let by = AuthorColumns::from(author);
        let identity_changes = change.email.is_some() || change.name.is_some();
        self.guard_all(member, identity_changes).await?;
        let (before, after) = self.difference(member, change).await?;
        if let Some(name) = &change.name {
            let email = Email::parse(&member.email).map_err(|error| super::StoreError::damaged(error.to_string()))?;
            self.set_display_name(member.user, name, &email).await?;
        }
        let mut sessions_ended = 0;
        if let Some(email) = &change.email {
            let name = change.name.as_ref().map_or(member.display_name.as_str(), DisplayName::as_str);
            self.set_email(member.user, name, email).await?;
            self.forget_links(member.user).await?;
            sessions_ended = self.end_sessions(member.user, None, EndReason::Email, occasion.now).await?;
        }
        if let Some(role) = change.account_role {
            self.write_account_role(member, role).await?;
        }
        if let Some(roles) = &change.roles {
            let keys: Vec<RoleKey> = roles.keys().into_iter().collect();
            self.write_roles(member.organization, member.user, &keys).await?;
        }
        if identity_changes {
            self.bump_user(member.user, &by, occasion.now).await?;
        } else {
            self.bump_membership(member.organization, member.user, &by, occasion.now).await?;
        }
        let action = if identity_changes { AuditAction::UserEdited } else { AuditAction::UserRolesChanged };
        let mut after = after;
        note_sessions(&mut after, sessions_ended);
        let event = author.event(action, target(member)).before(before).after(after);
        self.record(event, occasion).await
    }

    /// Locks every organization an edit touches, in one order.
    async fn guard_all(&mut self, member: &Member, everywhere: bool) -> Result<()> {
        if everywhere {
            for organization in self.organization_ids_of(member.user).await? {
                self.guard(organization).await?;
            }
        }
        self.guard(member.organization).await
    }

    pub(super) async fn write_account_role(&mut self, member: &Member, role: AccountRole) -> Result<()> {
        execute!(
            self,
            "UPDATE memberships SET account_role = $3, role_override = $4
             WHERE organization_id = $1 AND user_id = $2",
            member.organization,
            member.user,
            role.key(),
            (role != member.own_role).then(|| role.key())
        )?;
        Ok(())
    }

    /// The changed fields by name, as they were and as they will be.
    async fn difference(&mut self, member: &Member, change: &EditUser) -> Result<(Value, Value)> {
        let (mut before, mut after) = (json!({}), json!({}));
        let mut put = |field: &str, old: Value, new: Value| {
            if let (Some(before), Some(after)) = (before.as_object_mut(), after.as_object_mut()) {
                before.insert(field.to_owned(), old);
                after.insert(field.to_owned(), new);
            }
        };
        if let Some(email) = &change.email {
            put("email", json!(member.email), json!(email.as_str()));
        }
        if let Some(name) = &change.name {
            put("name", json!(member.display_name), json!(name.as_str()));
        }
        if let Some(role) = change.account_role {
            put("account_role", json!(member.account_role.label()), json!(role.label()));
        }
        if let Some(roles) = &change.roles {
            let new: Vec<String> = roles.keys().iter().map(ToString::to_string).collect();
            let old_names = self.role_names(member.organization, &member.roles).await?;
            let new_names = self.role_names(member.organization, &new).await?;
            put("roles", json!(old_names), json!(new_names));
        }
        Ok((before, after))
    }

    /// Names of application and custom roles, sorted.
    pub(crate) async fn role_names(&mut self, organization: OrganizationId, ids: &[String]) -> Result<Vec<String>> {
        let (application, custom) = self.split_roles(organization, ids).await?;
        let mut names: Vec<String> = application.iter().map(|role| role.label().to_owned()).collect();
        names.extend(custom.into_iter().map(|role| role.name));
        names.sort();
        Ok(names)
    }

    /// Ends every session of the person at an administrator's wish.
    pub(crate) async fn end_member_sessions(
        &mut self,
        permit: Permit<EndSessions>,
        member: &Member,
        within: Option<OrganizationId>,
        occasion: &Occasion,
    ) -> Result<u64> {
        let ended = match within {
            Some(organization) => self.end_sessions_in(member.user, organization, occasion.now).await?,
            None => self.end_sessions(member.user, None, EndReason::Ended, occasion.now).await?,
        };
        let event =
            permit.author().event(AuditAction::SessionEnded, target(member)).after(json!({ "sessions_ended": ended }));
        self.record(event, occasion).await?;
        Ok(ended)
    }

    /// Erases authenticator and recovery codes of the person: they set up another at the next login. The failures and
    /// the lock of their address stay.
    pub(crate) async fn reset_authenticator(
        &mut self,
        permit: Permit<ResetAuthenticator>,
        member: &Member,
        occasion: &Occasion,
    ) -> Result<()> {
        self.erase_second_factor(member.user).await?;
        self.forget_links(member.user).await?;
        let ended = self.end_sessions(member.user, None, EndReason::Ended, occasion.now).await?;
        let event = permit.author().event(AuditAction::MfaResetByAdmin, target(member));
        self.record(event.after(json!({ "sessions_ended": ended })), occasion).await
    }

    /// After access to one organization is gone: sessions end when it was the last, else those that stood in it leave
    /// it.
    pub(super) async fn end_sessions_without_access(
        &mut self,
        user: UserId,
        organization: OrganizationId,
        now: Timestamp,
    ) -> Result<u64> {
        let left = scalar_optional!(
            self,
            String,
            "SELECT u.id FROM users u WHERE u.id = $1 AND (u.account_role = 'server_administrator'
                 OR EXISTS (SELECT 1 FROM memberships m JOIN organizations o ON o.id = m.organization_id
                            WHERE m.user_id = u.id AND m.state = 'active' AND o.disabled_at IS NULL))",
            user
        )?;
        if left.is_none() {
            return self.end_sessions(user, None, EndReason::Ended, now).await;
        }
        execute!(
            self,
            "UPDATE sessions SET organization_id = (
                 SELECT m.organization_id FROM memberships m JOIN organizations o ON o.id = m.organization_id
                 WHERE m.user_id = $1 AND m.state = 'active' AND o.disabled_at IS NULL
                 ORDER BY m.last_login_at DESC, o.name_key LIMIT 1)
             WHERE user_id = $1 AND organization_id = $2
               AND NOT EXISTS (SELECT 1 FROM users u WHERE u.id = $1 AND u.account_role = 'server_administrator')",
            user,
            organization
        )?;
        Ok(0)
    }
}

/// How audit events name a member.
pub(crate) fn target(member: &Member) -> AuditTarget {
    AuditTarget::user(member.user, &member.display_name, &member.email)
}

pub(super) fn note(values: &mut Value, field: &str, value: Value) {
    if let Some(object) = values.as_object_mut() {
        object.insert(field.to_owned(), value);
    }
}

fn note_sessions(after: &mut Value, ended: u64) {
    if ended > 0 {
        note(after, "sessions_ended", json!(ended));
    }
}
