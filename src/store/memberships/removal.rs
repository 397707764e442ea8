//! The ways a membership ends for good.

use serde_json::json;

use super::{note_sessions, target};
use crate::{
    domain::audit::{AuditAction, Author, Occasion},
    policy::{CancelInvitation, DeleteUser, Permit},
    store::{Member, Result, Tx, query::execute},
};

/// What became of a membership that was taken away.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Removal {
    /// Sessions that ended with it.
    pub sessions_ended: u64,
    /// Whether the user had nothing else and was erased.
    pub erased: bool,
}

impl Tx {
    /// Removes a membership for good.
    pub(crate) async fn delete_member(
        &mut self,
        permit: Permit<DeleteUser>,
        member: &Member,
        occasion: &Occasion,
    ) -> Result<Removal> {
        self.remove_member(permit.author(), AuditAction::UserDeleted, member, occasion).await
    }

    /// Takes an invitation back: the membership is gone as if it had never been.
    pub(crate) async fn cancel_member(
        &mut self,
        permit: Permit<CancelInvitation>,
        member: &Member,
        occasion: &Occasion,
    ) -> Result<Removal> {
        self.remove_member(permit.author(), AuditAction::UserInvitationCancelled, member, occasion).await
    }

    async fn remove_member(
        &mut self,
        author: &Author,
        action: AuditAction,
        member: &Member,
        occasion: &Occasion,
    ) -> Result<Removal> {
        self.guard(member.organization).await?;
        let roles = self.role_names(member.organization, &member.roles).await?;
        execute!(
            self,
            "DELETE FROM memberships WHERE organization_id = $1 AND user_id = $2",
            member.organization,
            member.user
        )?;
        let sessions_ended = self.end_sessions_without_access(member.user, member.organization, occasion.now).await?;
        let erased = self.erase_if_alone(member.user).await?;
        let before = json!({
            "email": member.email,
            "name": member.display_name,
            "account_role": member.account_role.label(),
            "roles": roles,
            "enabled": member.enabled,
        });
        let mut after = json!({});
        note_sessions(&mut after, sessions_ended);
        let event = author.event(action, target(member)).before(before).after(after);
        self.record(event, occasion).await?;
        Ok(Removal { sessions_ended, erased })
    }
}
