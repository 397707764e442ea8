//! What Rollcall writes to people: the facts of every letter of the portal contract, section 6
//! (E1 to E13), how long a letter is worth delivering and when a failed delivery is tried again.
//! Wording, layout and transport are not known here.

use std::{fmt, time::Duration};

use super::{
    ids::{OrganizationId, UserId},
    text::Email,
    time::{Timestamp, days, minutes},
    users::words,
};

words! {
    /// Which letter it is.
    LetterKind {
        /// E1: invited, with a temporary password.
        Invitation = "invitation",
        /// E2: invited, has a password already.
        KnownInvitation = "known_invitation",
        /// E3: enabled again, has to activate again.
        Reactivation = "reactivation",
        /// E4: an authenticator was set up or replaced.
        AuthenticatorOn = "authenticator_on",
        /// E5, to its owner: an Administrator reset the authenticator.
        AuthenticatorReset = "authenticator_reset",
        /// E5, to the organization's Administrators.
        AuthenticatorResetNotice = "authenticator_reset_notice",
        /// E6: logged in with a recovery code.
        RecoveryCodeUsed = "recovery_code_used",
        /// E7: ten new recovery codes.
        RecoveryCodesMade = "recovery_codes_made",
        /// E8, to the old and to the new address.
        EmailChanged = "email_changed",
        /// E9: proves that the new address is read by its owner.
        EmailConfirmation = "email_confirmation",
        /// E10: the password was changed or reset.
        PasswordChanged = "password_changed",
        /// E11: the link for a forgotten password.
        PasswordReset = "password_reset",
        /// E12: too many failed logins.
        AccountLocked = "account_locked",
        /// E13: removed from an organization.
        Removed = "removed",
    }
}

impl LetterKind {
    /// The letters with an activation link: only the newest of them leads anywhere.
    pub const ACTIVATIONS: &[Self] = &[Self::Invitation, Self::KnownInvitation, Self::Reactivation];

    /// The letters with a link that proves who follows it; after a restore none of them works any more.
    pub const WITH_LINKS: &[Self] =
        &[Self::Invitation, Self::KnownInvitation, Self::Reactivation, Self::EmailConfirmation, Self::PasswordReset];

    /// Whether the letter carries an activation link.
    pub fn activates(self) -> bool {
        Self::ACTIVATIONS.contains(&self)
    }
}

words! {
    /// How far a mail has come.
    MailState {
        /// To be sent, or to be tried again.
        Queued = "queued",
        /// The mail server, or the folder, has it.
        Sent = "sent",
        /// Refused for good, or not deliverable in time.
        Failed = "failed",
        /// Restored from a backup; waits until somebody confirms that it was not sent before.
        Held = "held",
    }
}

/// How long a letter without a link is worth delivering: as long as the longest link works.
const WORTH_TELLING: Duration = days(7);

/// Whom a letter goes to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Addressee {
    /// The stored address.
    pub email: Email,
    /// The membership whose row shows "Email failed" when the letter is refused for good; none
    /// for what concerns no organization.
    pub member: Option<(OrganizationId, UserId)>,
}

/// A mailed link that stops working.
#[derive(Clone, PartialEq, Eq)]
pub struct Link {
    /// Absolute, from the configured public URL; holds a secret.
    pub url: String,
    /// The moment it stops working.
    pub expires_at: Timestamp,
}

impl fmt::Debug for Link {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Link").field("expires_at", &self.expires_at).finish_non_exhaustive()
    }
}

/// An invitation into an organization, E1 or E2.
#[derive(Clone, PartialEq, Eq)]
pub struct Invitation {
    /// Name of who invites.
    pub inviter: String,
    /// Name of the organization; none for somebody who is made in none, and will be assigned later.
    pub organization: Option<String>,
    /// Names of all roles of the new membership, in the order to show.
    pub roles: Vec<String>,
    /// With one the letter is E1; without, the person logs in with the present password: E2.
    pub temporary_password: Option<String>,
    /// The activation link.
    pub link: Link,
    /// Whether the organization requires multi-factor authentication.
    pub requires_mfa: bool,
}

impl fmt::Debug for Invitation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Invitation")
            .field("organization", &self.organization)
            .field("link", &self.link)
            .finish_non_exhaustive()
    }
}

/// What a letter tells.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Content {
    /// E1 and E2.
    Invitation(Invitation),
    /// E3.
    Reactivation {
        /// Name of the organization.
        organization: String,
        /// The activation link.
        link: Link,
    },
    /// E4.
    AuthenticatorOn {
        /// URL of Your Account, where the recovery codes are.
        account_page: String,
    },
    /// E5 to the owner.
    AuthenticatorReset {
        /// Name of the Administrator.
        by: String,
    },
    /// E5 to an Administrator.
    AuthenticatorResetNotice {
        /// Name of the owner of the authenticator.
        person: String,
        /// Name of the Administrator who reset it.
        by: String,
        /// Name of the organization.
        organization: String,
    },
    /// E6.
    RecoveryCodeUsed {
        /// Client address.
        address: Option<String>,
        /// How many codes are left.
        left: usize,
        /// URL of Your Account, where new codes are made.
        account_page: String,
    },
    /// E7.
    RecoveryCodesMade {
        /// URL of Your Account, where the codes are shown.
        account_page: String,
    },
    /// E8. The reader at the new address sees only first letter and domain of the old one.
    EmailChanged {
        /// The address until now.
        old: Email,
        /// The address from now on.
        new: Email,
        /// Name of who changed it.
        by: String,
    },
    /// E9, to the new address; the letter's `account` is the address until then.
    EmailConfirmation {
        /// The link that confirms.
        link: Link,
    },
    /// E10.
    PasswordChanged {
        /// Client address.
        address: Option<String>,
    },
    /// E11.
    PasswordReset {
        /// The link that leads to the new password.
        link: Link,
    },
    /// E12.
    AccountLocked {
        /// End of the lock.
        until: Timestamp,
        /// Client address of the last attempt.
        address: Option<String>,
    },
    /// E13.
    Removed {
        /// Name of the organization.
        organization: String,
    },
}

/// One letter to one person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Letter {
    /// Where it goes.
    pub to: Addressee,
    /// Login address of the account it is about.
    pub account: Email,
    /// What it tells.
    pub content: Content,
}

impl Letter {
    /// A letter to somebody about their own account.
    pub fn to_owner(to: Addressee, content: Content) -> Self {
        Self { account: to.email.clone(), to, content }
    }

    /// Which letter it is.
    pub fn kind(&self) -> LetterKind {
        match &self.content {
            Content::Invitation(Invitation { temporary_password: Some(_), .. }) => LetterKind::Invitation,
            Content::Invitation(_) => LetterKind::KnownInvitation,
            Content::Reactivation { .. } => LetterKind::Reactivation,
            Content::AuthenticatorOn { .. } => LetterKind::AuthenticatorOn,
            Content::AuthenticatorReset { .. } => LetterKind::AuthenticatorReset,
            Content::AuthenticatorResetNotice { .. } => LetterKind::AuthenticatorResetNotice,
            Content::RecoveryCodeUsed { .. } => LetterKind::RecoveryCodeUsed,
            Content::RecoveryCodesMade { .. } => LetterKind::RecoveryCodesMade,
            Content::EmailChanged { .. } => LetterKind::EmailChanged,
            Content::EmailConfirmation { .. } => LetterKind::EmailConfirmation,
            Content::PasswordChanged { .. } => LetterKind::PasswordChanged,
            Content::PasswordReset { .. } => LetterKind::PasswordReset,
            Content::AccountLocked { .. } => LetterKind::AccountLocked,
            Content::Removed { .. } => LetterKind::Removed,
        }
    }

    /// The membership whose row shows it when this letter is refused for good. The old address of
    /// a changed one may well be dead, and says nothing about the member.
    pub fn shows_on(&self) -> Option<(OrganizationId, UserId)> {
        match &self.content {
            Content::EmailChanged { old, new, .. } if self.to.email == *old && old != new => None,
            _ => self.to.member,
        }
    }

    /// When delivering stops making sense for a letter written at `at`: at the end of its link,
    /// or after seven days.
    pub fn expires_at(&self, at: Timestamp) -> Timestamp {
        match &self.content {
            Content::Invitation(Invitation { link, .. })
            | Content::Reactivation { link, .. }
            | Content::EmailConfirmation { link }
            | Content::PasswordReset { link } => link.expires_at,
            _ => at.plus(WORTH_TELLING),
        }
    }
}

/// How long to wait after the given number of failed deliveries (1 is the first): 1, 5, 15, 60
/// minutes, then hourly (product contract 8.24).
pub const fn retry_after(failures: i64) -> Duration {
    match failures {
        ..=1 => minutes(1),
        2 => minutes(5),
        3 => minutes(15),
        _ => minutes(60),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn letter(content: Content) -> Letter {
        let email = Email::parse("ann@people.example").expect("address");
        Letter::to_owner(Addressee { email, member: None }, content)
    }

    #[test]
    fn retries_come_after_1_5_15_60_minutes_then_hourly() {
        let waits: Vec<u64> = (1..=6).map(|n| retry_after(n).as_secs() / 60).collect();
        assert_eq!(waits, [1, 5, 15, 60, 60, 60]);
    }

    #[test]
    fn a_letter_is_worth_delivering_as_long_as_its_link_works() {
        let now = Timestamp::from_seconds(1_763_647_500);
        let link = Link { url: "https://p.example/x".into(), expires_at: now.plus(minutes(60)) };
        let reset = letter(Content::PasswordReset { link });
        assert_eq!(reset.expires_at(now), now.plus(minutes(60)));
        let notice = letter(Content::PasswordChanged { address: None });
        assert_eq!(notice.expires_at(now), now.plus(days(7)));
    }

    #[test]
    fn nothing_secret_is_debugged() {
        let invitation = letter(Content::Invitation(Invitation {
            inviter: "Amara".into(),
            organization: Some("Brightwater".into()),
            roles: vec![],
            temporary_password: Some("marker-password".into()),
            link: Link { url: "https://p.example/marker".into(), expires_at: Timestamp::default() },
            requires_mfa: false,
        }));
        let shown = format!("{invitation:?}");
        assert!(shown.contains("Brightwater") && !shown.contains("marker"), "{shown}");
        assert_eq!(invitation.kind(), LetterKind::Invitation);
        assert!(invitation.kind().activates());
    }
}
