//! The switches: of one membership, and of a person in every organization.

use serde_json::json;

use super::{note, note_sessions, target};
use crate::{
    domain::{
        audit::{AuditAction, AuditTarget, Author, Occasion},
        ids::UserId,
        time::Timestamp,
    },
    policy::{DisableEverywhere, DisableUser, EnableEverywhere, EnableUser, Permit, SaveMembership, SwitchAccount},
    store::{Member, Result, Tx, query::execute},
};

impl Tx {
    /// Takes the access to one organization away and keeps the membership.
    pub(crate) async fn disable_member(
        &mut self,
        permit: Permit<DisableUser>,
        member: &Member,
        occasion: &Occasion,
    ) -> Result<()> {
        let author = permit.author();
        self.guard(member.organization).await?;
        let ended = self.switch_membership(member, false, occasion.now).await?;
        self.bump_membership(member.organization, member.user, &author.into(), occasion.now).await?;
        let mut after = json!({ "enabled": false });
        note_sessions(&mut after, ended);
        if let Some(end) = member.ends_at.filter(|_| member.has_ended(occasion.now)) {
            note(&mut after, "ended", json!(end.rfc3339()));
        }
        let event =
            author.event(AuditAction::UserDisabled, target(member)).before(json!({ "enabled": true })).after(after);
        self.record(event, occasion).await
    }

    /// Gives the access back; it works again when a fresh activation link is used (product contract section 3).
    pub(crate) async fn enable_member(
        &mut self,
        permit: Permit<EnableUser>,
        member: &Member,
        occasion: &Occasion,
    ) -> Result<()> {
        let author = permit.author();
        self.guard(member.organization).await?;
        self.switch_membership(member, true, occasion.now).await?;
        self.bump_membership(member.organization, member.user, &author.into(), occasion.now).await?;
        let event = author
            .event(AuditAction::UserEnabled, target(member))
            .before(json!({ "enabled": false }))
            .after(json!({ "enabled": true, "validated": false }));
        self.record(event, occasion).await
    }

    /// Saves role and switch of a membership in one step; the version rises once, also when nothing was different
    /// (v1 contract section 1).
    pub(crate) async fn save_membership(
        &mut self,
        permit: Permit<SaveMembership>,
        member: &Member,
        occasion: &Occasion,
    ) -> Result<()> {
        let author = permit.author();
        let role = permit.action().new_role(permit.target());
        let enabled = permit.action().new_enabled(permit.target());
        self.guard(member.organization).await?;
        let (mut before, mut after) = (json!({}), json!({}));
        if let Some(role) = role {
            self.write_account_role(member, role).await?;
            before = json!({ "account_role": member.account_role.label() });
            after = json!({ "account_role": role.label() });
        }
        let mut sessions_ended = 0;
        if let Some(enabled) = enabled {
            note(&mut before, "enabled", json!(member.enabled));
            note(&mut after, "enabled", json!(enabled));
            if enabled {
                note(&mut after, "validated", json!(false));
            }
            sessions_ended = self.switch_membership(member, enabled, occasion.now).await?;
        }
        self.bump_membership(member.organization, member.user, &author.into(), occasion.now).await?;
        let action = match (enabled, role) {
            (Some(true), _) => AuditAction::UserEnabled,
            (Some(false), _) => AuditAction::UserDisabled,
            (None, Some(_)) => AuditAction::UserRolesChanged,
            (None, None) => return Ok(()),
        };
        note_sessions(&mut after, sessions_ended);
        let event = author.event(action, target(member)).before(before).after(after);
        self.record(event, occasion).await
    }

    /// Moves the switch of a membership; gives the number of sessions that ended with it.
    async fn switch_membership(&mut self, member: &Member, enabled: bool, now: Timestamp) -> Result<u64> {
        execute!(
            self,
            "UPDATE memberships SET enabled = $3, validated_at = CASE WHEN $3 THEN NULL ELSE validated_at END
             WHERE organization_id = $1 AND user_id = $2",
            member.organization,
            member.user,
            enabled
        )?;
        if !enabled {
            self.forget_invitation(member.organization, member.user).await?;
        }
        self.settle_memberships(member.user).await?;
        if enabled { Ok(0) } else { self.end_sessions_without_access(member.user, member.organization, now).await }
    }

    /// Switches the user off in every organization.
    pub(crate) async fn disable_everywhere(
        &mut self,
        permit: Permit<DisableEverywhere>,
        member: &Member,
        occasion: &Occasion,
    ) -> Result<()> {
        self.switch_everywhere(permit.author(), member.user, target(member), true, occasion).await
    }

    /// Switches the user on again; no activation is needed, but free seats are.
    pub(crate) async fn enable_everywhere(
        &mut self,
        permit: Permit<EnableEverywhere>,
        member: &Member,
        occasion: &Occasion,
    ) -> Result<()> {
        self.switch_everywhere(permit.author(), member.user, target(member), false, occasion).await
    }

    /// The same from the command line, for users of any organization or none.
    pub(crate) async fn switch_account(
        &mut self,
        permit: Permit<SwitchAccount>,
        name: AuditTarget,
        occasion: &Occasion,
    ) -> Result<()> {
        self.switch_everywhere(permit.author(), *permit.target(), name, permit.action().disabled, occasion).await
    }

    async fn switch_everywhere(
        &mut self,
        author: &Author,
        user: UserId,
        name: AuditTarget,
        disabled: bool,
        occasion: &Occasion,
    ) -> Result<()> {
        self.guard_person(user).await?;
        let ended = self.set_disabled(user, disabled, occasion.now).await?;
        self.bump_user(user, &author.into(), occasion.now).await?;
        let mut after = json!({ "disabled": disabled });
        note_sessions(&mut after, ended);
        let action = if disabled { AuditAction::AccountDisabled } else { AuditAction::AccountEnabled };
        let event = author.event(action, name).before(json!({ "disabled": !disabled })).after(after);
        self.record(event, occasion).await
    }
}
