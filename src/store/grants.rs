//! Memberships the operator grants: Support with an end, and Client.

use serde_json::{Value, json};

use super::{
    Member, NewMembership, Result, Tx, User,
    memberships::target,
    query::{execute, fetch_all},
};
use crate::{
    domain::{
        audit::{AuditAction, AuditTarget, Occasion},
        ids::{OrganizationId, UserId},
        time::Timestamp,
    },
    policy::{GrantMembership, Permit},
};

impl Tx {
    /// Adds a granted membership. One that works at once is an assignment; one that waits for its link, an invitation.
    pub(crate) async fn add_grant(
        &mut self,
        permit: Permit<GrantMembership>,
        user: &User,
        validated: bool,
        occasion: &Occasion,
    ) -> Result<()> {
        let (author, grant, organization) = permit.into_parts();
        let membership = NewMembership {
            organization,
            user: user.id,
            kind: grant.kind(),
            account_role: grant.account_role(),
            roles: &[],
            validated,
        };
        self.add_membership(&membership, &author, occasion).await?;
        self.write_end(organization, user.id, &grant).await?;
        let action = if validated { AuditAction::UserAssigned } else { AuditAction::UserInvited };
        let mut after = json!({ "email": user.email, "account_role": grant.account_role().label() });
        note_end(&mut after, &grant);
        let target = AuditTarget::user(user.id, &user.display_name, &user.email);
        self.record(author.event(action, target).after(after), occasion).await
    }

    /// Gives a Support membership another request and end; one that has ended works again.
    pub(crate) async fn renew_grant(
        &mut self,
        permit: Permit<GrantMembership>,
        member: &Member,
        validated: bool,
        occasion: &Occasion,
    ) -> Result<()> {
        let (author, grant, organization) = permit.into_parts();
        self.guard(organization).await?;
        execute!(
            self,
            "UPDATE memberships SET enabled = $3, validated_at = $4 WHERE organization_id = $1 AND user_id = $2",
            organization,
            member.user,
            true,
            member.validated_at.or(validated.then_some(occasion.now))
        )?;
        self.write_end(organization, member.user, &grant).await?;
        self.settle_memberships(member.user).await?;
        self.bump_membership(organization, member.user, &(&author).into(), occasion.now).await?;
        let mut after = json!({ "enabled": true });
        note_end(&mut after, &grant);
        let before = json!({
            "enabled": member.enabled,
            "support_request": member.support_request,
            "ends": member.ends_at.map(Timestamp::rfc3339),
        });
        let action = if member.enabled { AuditAction::UserEdited } else { AuditAction::UserEnabled };
        self.record(author.event(action, target(member)).before(before).after(after), occasion).await
    }

    async fn write_end(&mut self, organization: OrganizationId, user: UserId, grant: &GrantMembership) -> Result<()> {
        let GrantMembership::Support { request, ends_at } = grant else { return Ok(()) };
        execute!(
            self,
            "UPDATE memberships SET support_request = $3, ends_at = $4 WHERE organization_id = $1 AND user_id = $2",
            organization,
            user,
            request.as_str(),
            *ends_at
        )?;
        Ok(())
    }

    /// Memberships whose end has come and whose switch is still on.
    pub(crate) async fn ended_grants(&mut self, now: Timestamp) -> Result<Vec<(OrganizationId, UserId)>> {
        let ended = fetch_all!(
            self,
            (OrganizationId, UserId),
            "SELECT organization_id, user_id FROM memberships
             WHERE ends_at IS NOT NULL AND ends_at <= $1 AND enabled ORDER BY ends_at",
            now
        )?;
        Ok(ended)
    }
}

fn note_end(after: &mut Value, grant: &GrantMembership) {
    if let (GrantMembership::Support { request, ends_at }, Some(object)) = (grant, after.as_object_mut()) {
        object.insert("support_request".to_owned(), json!(request.as_str()));
        object.insert("ends".to_owned(), json!(ends_at.rfc3339()));
    }
}
