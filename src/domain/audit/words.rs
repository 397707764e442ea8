//! The log as sentences: "Hannah Becker changed the roles of Priya Raman". The names stand in the event; here is what stands
//! between them, and of which kind the event is.

use super::AuditAction;

/// What an event looks like at a glance.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AuditKind {
    /// Logging in and out.
    Login,
    /// An attempt that failed.
    Failure,
    /// A lock.
    Lock,
    /// Sessions that ended.
    Session,
    /// Somebody's account or membership.
    Person,
    /// A membership or account began.
    Arrival,
    /// An invitation.
    Invitation,
    /// Access taken away.
    Block,
    /// Gone for good.
    Removal,
    /// Roles, of a person or of the organization.
    Roles,
    /// Second factor.
    Mfa,
    /// Secrets were shown or used.
    Codes,
    /// A password.
    Password,
    /// An organization.
    Organization,
    /// An API token.
    Token,
    /// Data left as a file.
    Export,
    /// The program itself.
    Upkeep,
}

impl AuditAction {
    /// What stands between who did it and what it is about; for what people did to themselves, the whole rest of the
    /// sentence.
    pub const fn phrase(self, is_own: bool) -> &'static str {
        let (other, own) = self.phrases();
        if is_own { own } else { other }
    }

    const fn phrases(self) -> (&'static str, &'static str) {
        match self {
            Self::LoginSucceeded => ("logged in as", "logged in"),
            Self::LoginFailed => ("failed to log in as", "failed to log in"),
            Self::LoginLocked => ("locked the login of", "locked their login"),
            Self::LoginRefusedLocked => {
                ("was refused at the locked login of", "was refused while their login was locked")
            }
            Self::Logout => ("logged out", "logged out"),
            Self::SessionIdleEnded => ("ended, after 15 minutes without activity, a session of", "was logged out idle"),
            Self::SessionEnded => ("ended sessions of", "ended sessions of their own"),
            Self::AccountActivated => ("activated the account of", "activated their account"),
            Self::AccountEmailChanged => ("changed the email of", "changed their email"),
            Self::AccountPasswordChanged => ("changed the password of", "changed their password"),
            Self::AccountPasswordReset => ("reset the password of", "chose a new password by a mailed link"),
            Self::AccountNameChanged => ("changed the name of", "changed their name"),
            Self::MfaEnrolled => ("turned on multi-factor authentication for", "turned on multi-factor authentication"),
            Self::MfaReplaced => ("replaced the authenticator of", "replaced their authenticator"),
            Self::MfaResetByAdmin => ("reset the authenticator of", "reset their authenticator"),
            Self::MfaRecoveryCodeUsed => ("used a recovery code of", "logged in with a recovery code"),
            Self::MfaRecoveryCodesShown => ("viewed the recovery codes of", "viewed their recovery codes"),
            Self::MfaRecoveryCodesRegenerated => ("made new recovery codes for", "made new recovery codes"),
            Self::UserInvited => ("invited", "invited themselves"),
            Self::UserInvitationResent => ("sent again the invitation of", "sent their own invitation again"),
            Self::UserInvitationCancelled => ("cancelled the invitation of", "cancelled their own invitation"),
            Self::UserEdited => ("edited", "edited themselves"),
            Self::UserRolesChanged => ("changed the roles of", "changed their own roles"),
            Self::UserDisabled => ("disabled", "disabled themselves"),
            Self::UserEnabled => ("enabled", "enabled themselves"),
            Self::UserDeleted => ("deleted", "deleted themselves"),
            Self::RoleCreated => ("added the role", "added the role"),
            Self::RoleChanged => ("changed the role", "changed the role"),
            Self::RoleDeleted => ("deleted the role", "deleted the role"),
            Self::OrganizationCreated => ("added the organization", "added the organization"),
            Self::OrganizationChanged => ("changed the organization", "changed the organization"),
            Self::OrganizationMfaChanged => {
                ("changed the multi-factor rule of", "changed the multi-factor rule of the organization")
            }
            Self::TokenCreated => ("created the API token", "created an API token"),
            Self::TokenRevoked => ("revoked the API token", "revoked itself"),
            Self::UsersExported => ("exported the users of", "exported users"),
            Self::AuditExported => ("exported the audit log of", "exported the audit log"),
            Self::AccountCreated => ("created the account of", "created their account"),
            Self::AccountDisabled => ("disabled everywhere", "disabled themselves everywhere"),
            Self::AccountEnabled => ("enabled everywhere", "enabled themselves everywhere"),
            Self::AccountServiceAccountChanged => {
                ("changed the service account of", "changed their own service account")
            }
            Self::UserAssigned => ("assigned", "assigned themselves"),
            Self::UserRemoved => ("removed", "removed themselves"),
            Self::OrganizationDeleted => ("deleted the organization", "deleted the organization"),
            Self::TokenChanged => ("changed the API token", "changed itself"),
            Self::KeyRotated => ("rotated the encryption key of", "rotated the encryption key"),
            Self::BackupMade => ("made a backup of", "made a backup"),
            Self::BackupRestored => ("restored a backup of", "restored a backup"),
        }
    }

    /// Of which kind it is.
    pub const fn kind(self) -> AuditKind {
        match self {
            Self::LoginSucceeded | Self::Logout => AuditKind::Login,
            Self::LoginFailed => AuditKind::Failure,
            Self::LoginLocked | Self::LoginRefusedLocked => AuditKind::Lock,
            Self::SessionIdleEnded | Self::SessionEnded => AuditKind::Session,
            Self::AccountActivated
            | Self::AccountCreated
            | Self::UserAssigned
            | Self::UserEnabled
            | Self::AccountEnabled => AuditKind::Arrival,
            Self::AccountEmailChanged
            | Self::AccountNameChanged
            | Self::UserEdited
            | Self::AccountServiceAccountChanged => AuditKind::Person,
            Self::AccountPasswordChanged | Self::AccountPasswordReset => AuditKind::Password,
            Self::MfaEnrolled | Self::MfaReplaced | Self::MfaResetByAdmin => AuditKind::Mfa,
            Self::MfaRecoveryCodeUsed | Self::MfaRecoveryCodesShown | Self::MfaRecoveryCodesRegenerated => {
                AuditKind::Codes
            }
            Self::UserInvited | Self::UserInvitationResent => AuditKind::Invitation,
            Self::UserRolesChanged | Self::RoleCreated | Self::RoleChanged => AuditKind::Roles,
            Self::UserDisabled | Self::AccountDisabled => AuditKind::Block,
            Self::UserInvitationCancelled
            | Self::UserDeleted
            | Self::UserRemoved
            | Self::RoleDeleted
            | Self::OrganizationDeleted => AuditKind::Removal,
            Self::OrganizationCreated | Self::OrganizationChanged | Self::OrganizationMfaChanged => {
                AuditKind::Organization
            }
            Self::TokenCreated | Self::TokenChanged | Self::TokenRevoked => AuditKind::Token,
            Self::UsersExported | Self::AuditExported => AuditKind::Export,
            Self::KeyRotated | Self::BackupMade | Self::BackupRestored => AuditKind::Upkeep,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_action_goes_on_after_a_name() {
        for action in AuditAction::ALL {
            for is_own in [true, false] {
                let phrase = action.phrase(is_own);
                assert!(phrase.chars().next().is_some_and(|letter| letter.is_ascii_lowercase()), "{action}");
                assert_eq!(phrase.trim(), phrase, "{action}");
            }
        }
    }
}
