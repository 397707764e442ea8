//! Invitations: the one link per membership that turns it on, the one of a user who was made in no organization, and
//! what using them changes.

use serde_json::json;

use super::{
    Result, Tx,
    authors::AuthorColumns,
    query::{execute, fetch_optional, scalar_all, scalar_optional},
};
use crate::domain::{
    audit::{AuditAction, AuditActor, AuditEvent, AuditTarget, Author, Occasion},
    ids::{OrganizationId, UserId},
    time::{Timestamp, days},
};

/// An open invitation, found by its link.
#[derive(Debug, Clone, sqlx::FromRow)]
pub struct OpenInvitation {
    /// Into which organization; none for a user who was made in none.
    pub organization_id: Option<OrganizationId>,
    /// Its name.
    pub organization_name: Option<String>,
    /// Who is invited.
    pub user_id: UserId,
    /// Login address.
    pub email: String,
    /// Display name, once known.
    pub display_name: String,
    /// Last moment of the link.
    pub expires_at: Timestamp,
    /// Whether the password in force is a temporary one.
    pub has_temporary_password: bool,
}

impl Tx {
    /// Gives the membership a fresh link and kills every earlier one.
    pub(crate) async fn put_invitation(
        &mut self,
        organization: OrganizationId,
        user: UserId,
        token_hash: &[u8],
        author: &Author,
        occasion: &Occasion,
    ) -> Result<Timestamp> {
        let by = AuthorColumns::from(author);
        let expires_at = occasion.now.plus(days(7));
        execute!(
            self,
            "INSERT INTO invitations (organization_id, user_id, token_hash, email_key, sent_at, expires_at, sent_by_id,
                 sent_by_name)
             SELECT $1, u.id, $3, u.email_key, $4, $5, $6, $7 FROM users u WHERE u.id = $2
             ON CONFLICT (organization_id, user_id) DO UPDATE SET token_hash = excluded.token_hash,
                 email_key = excluded.email_key, sent_at = excluded.sent_at, expires_at = excluded.expires_at,
                 sent_by_id = excluded.sent_by_id, sent_by_name = excluded.sent_by_name",
            organization,
            user,
            token_hash,
            occasion.now,
            expires_at,
            &by.id,
            &by.name
        )?;
        self.forget_account_invitation(user).await?;
        self.settle_memberships(user).await?;
        Ok(expires_at)
    }

    /// Gives a user who was made in no organization a link.
    pub(crate) async fn put_account_invitation(
        &mut self,
        user: UserId,
        token_hash: &[u8],
        now: Timestamp,
    ) -> Result<Timestamp> {
        let expires_at = now.plus(days(7));
        execute!(
            self,
            "INSERT INTO account_invitations (user_id, token_hash, email_key, expires_at)
             SELECT u.id, $2, u.email_key, $3 FROM users u WHERE u.id = $1",
            user,
            token_hash,
            expires_at
        )?;
        Ok(expires_at)
    }

    /// Kills that link; says whether there was one.
    async fn forget_account_invitation(&mut self, user: UserId) -> Result<bool> {
        let forgotten = execute!(self, "DELETE FROM account_invitations WHERE user_id = $1", user)?;
        Ok(forgotten == 1)
    }

    /// Whether a user who was made in no organization has not used their link yet.
    pub(super) async fn has_account_invitation(&mut self, user: UserId) -> Result<bool> {
        let found = scalar_optional!(self, String, "SELECT user_id FROM account_invitations WHERE user_id = $1", user)?;
        Ok(found.is_some())
    }

    /// When the membership's link was sent last.
    pub(crate) async fn invitation_sent_at(
        &mut self,
        organization: OrganizationId,
        user: UserId,
    ) -> Result<Option<Timestamp>> {
        let sent = scalar_optional!(
            self,
            Timestamp,
            "SELECT sent_at FROM invitations WHERE organization_id = $1 AND user_id = $2",
            organization,
            user
        )?;
        Ok(sent)
    }

    /// The invitation a link leads to, if it still leads anywhere: not used, replaced or expired, the membership
    /// enabled, the address unchanged, the user and the organization not disabled.
    pub async fn open_invitation(&mut self, token_hash: &[u8], now: Timestamp) -> Result<Option<OpenInvitation>> {
        let found = fetch_optional!(
            self,
            OpenInvitation,
            "SELECT i.organization_id, o.name AS organization_name, i.user_id, u.email, u.display_name, i.expires_at,
                    u.password_expires_at IS NOT NULL AS has_temporary_password
             FROM invitations i
             JOIN memberships m ON m.organization_id = i.organization_id AND m.user_id = i.user_id
             JOIN users u ON u.id = i.user_id
             JOIN organizations o ON o.id = i.organization_id
             WHERE i.token_hash = $1 AND i.expires_at > $2 AND m.state = 'invited' AND u.email_key = i.email_key
               AND o.disabled_at IS NULL
             UNION ALL
             SELECT NULL, NULL, a.user_id, u.email, u.display_name, a.expires_at, u.password_expires_at IS NOT NULL
             FROM account_invitations a JOIN users u ON u.id = a.user_id
             WHERE a.token_hash = $1 AND a.expires_at > $2 AND u.disabled_at IS NULL AND u.email_key = a.email_key",
            token_hash,
            now
        )?;
        Ok(found)
    }

    /// Uses an invitation up: the membership works from now on. The link of a user who was made in no organization turns
    /// on the memberships they were assigned since, unless those have a link of their own. False when another request
    /// was faster.
    pub(crate) async fn accept_invitation(&mut self, open: &OpenInvitation, occasion: &Occasion) -> Result<bool> {
        let organizations = match open.organization_id {
            Some(organization) => vec![organization],
            None => self.assigned_without_link(open.user_id).await?,
        };
        for organization in &organizations {
            self.guard(*organization).await?;
        }
        if !self.use_up(open).await? {
            return Ok(false);
        }
        let actor = AuditActor::User {
            id: open.user_id,
            name: crate::domain::text::shown_name(Some(&open.display_name), &open.email).to_owned(),
            email: open.email.clone(),
        };
        let author = Author { actor, scope: self.scope(open.organization_id).await? };
        for organization in &organizations {
            execute!(
                self,
                "UPDATE memberships SET validated_at = $3 WHERE organization_id = $1 AND user_id = $2",
                *organization,
                open.user_id,
                occasion.now
            )?;
        }
        // A temporary password lives seven days from the mail or from the activation, whichever is later.
        execute!(
            self,
            "UPDATE users SET activated_at = coalesce(activated_at, $2),
                 password_expires_at = CASE WHEN password_expires_at < $3 THEN $3 ELSE password_expires_at END
             WHERE id = $1",
            open.user_id,
            occasion.now,
            occasion.now.plus(days(7))
        )?;
        self.settle_memberships(open.user_id).await?;
        for organization in &organizations {
            self.bump_membership(*organization, open.user_id, &(&author).into(), occasion.now).await?;
        }
        let event = AuditEvent::new(
            AuditAction::AccountActivated,
            author.actor,
            AuditTarget::user(open.user_id, &open.display_name, &open.email),
            author.scope,
        );
        self.record(event.before(json!({ "validated": false })).after(json!({ "validated": true })), occasion).await?;
        Ok(true)
    }

    async fn use_up(&mut self, open: &OpenInvitation) -> Result<bool> {
        let Some(organization) = open.organization_id else {
            return self.forget_account_invitation(open.user_id).await;
        };
        let used = execute!(
            self,
            "DELETE FROM invitations WHERE organization_id = $1 AND user_id = $2 AND expires_at = $3",
            organization,
            open.user_id,
            open.expires_at
        )?;
        Ok(used == 1)
    }

    /// Organizations a user was assigned to without being mailed, and has not activated in.
    async fn assigned_without_link(&mut self, user: UserId) -> Result<Vec<OrganizationId>> {
        let found = scalar_all!(
            self,
            OrganizationId,
            "SELECT m.organization_id FROM memberships m WHERE m.user_id = $1 AND m.state = 'invited'
             AND NOT EXISTS (SELECT 1 FROM invitations i
                             WHERE i.organization_id = m.organization_id AND i.user_id = m.user_id)
             ORDER BY m.organization_id",
            user
        )?;
        Ok(found)
    }

    /// Kills the membership's link.
    pub(super) async fn forget_invitation(&mut self, organization: OrganizationId, user: UserId) -> Result<()> {
        execute!(self, "DELETE FROM invitations WHERE organization_id = $1 AND user_id = $2", organization, user)?;
        Ok(())
    }

    /// Kills every link by which the user could activate.
    pub(super) async fn forget_invitations(&mut self, user: UserId) -> Result<()> {
        execute!(self, "DELETE FROM invitations WHERE user_id = $1", user)?;
        self.forget_account_invitation(user).await.map(drop)
    }

    /// Kills every mailed link of a user but open invitations, which a change of address invalidates by themselves.
    pub(crate) async fn forget_links(&mut self, user: UserId) -> Result<()> {
        execute!(self, "DELETE FROM password_resets WHERE user_id = $1", user)?;
        execute!(self, "DELETE FROM email_changes WHERE user_id = $1", user)?;
        Ok(())
    }

    /// Deletes links nobody can use any more; an expired invitation stays, for its state is shown.
    pub async fn forget_expired_links(&mut self, now: Timestamp) -> Result<()> {
        execute!(self, "DELETE FROM password_resets WHERE expires_at < $1", now)?;
        execute!(self, "DELETE FROM email_changes WHERE expires_at < $1", now)?;
        Ok(())
    }
}
