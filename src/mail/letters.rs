//! The words of every letter (portal contract section 6) and their two forms, plain text and HTML.
//! Both are made from the same [`Page`], so that they tell the same facts.

use askama::Template;

use super::inert::{header, inert};
use crate::domain::{
    mail::{Content, Invitation, Letter, Link},
    text::Email,
    time::Timestamp,
};

/// A letter in words, before it is a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rendered {
    /// The subject: one line, not yet encoded.
    pub subject: String,
    /// The text/plain part.
    pub text: String,
    /// The text/html part.
    pub html: String,
}

/// What both forms show, from top to bottom.
#[derive(Default)]
struct Page {
    subject: String,
    heading: String,
    opening: Vec<String>,
    steps: Vec<String>,
    action: Option<Action>,
    facts: Vec<Fact>,
    closing: Vec<String>,
    reason: String,
}

struct Action {
    label: &'static str,
    url: String,
}

struct Fact {
    name: &'static str,
    value: String,
    is_code: bool,
}

#[derive(Template)]
#[template(path = "mail/letter.txt", escape = "none")]
struct Text<'a> {
    page: &'a Page,
}

#[derive(Template)]
#[template(path = "mail/letter.html")]
struct Html<'a> {
    page: &'a Page,
}

/// Puts a letter about something that happened at `at` into words.
///
/// # Errors
/// A fault of the templates.
pub fn render(letter: &Letter, at: Timestamp) -> Result<Rendered, askama::Error> {
    let page = Page::of(letter, at);
    let text = Text { page: &page }.render()?;
    let html = Html { page: &page }.render()?;
    Ok(Rendered { subject: page.subject, text, html })
}

const NOT_YOU: &str = "If this was not you, tell your Administrator.";
const NEVER_ASKED: &str = "We never ask for your password or codes by email.";

impl Page {
    fn of(letter: &Letter, at: Timestamp) -> Self {
        let account = &letter.account;
        let to = &letter.to.email;
        let page = match &letter.content {
            Content::Invitation(invitation) => Self::invitation(invitation, account),
            Content::Reactivation { organization, link } => {
                Self::reactivation(organization, link, account)
            }
            Content::AuthenticatorOn { account_page } => {
                Self::authenticator_on(account, account_page)
            }
            Content::AuthenticatorReset { by } => Self::authenticator_reset(account, by),
            Content::AuthenticatorResetNotice { person, by, organization } => {
                Self::authenticator_reset_notice(account, person, by, organization)
            }
            Content::RecoveryCodeUsed { address, left, account_page } => {
                Self::recovery_code_used(account, *left, account_page).from(address.as_ref())
            }
            Content::RecoveryCodesMade { account_page } => {
                Self::recovery_codes_made(account, account_page)
            }
            Content::EmailChanged { old, new, by } => Self::email_changed(to, old, new, by),
            Content::EmailConfirmation { link } => Self::email_confirmation(account, to, link, at),
            Content::PasswordChanged { address } => {
                Self::password_changed(account).from(address.as_ref())
            }
            Content::PasswordReset { link } => Self::password_reset(account, link, at),
            Content::AccountLocked { until, address } => {
                Self::account_locked(account, *until).from(address.as_ref())
            }
            Content::Removed { organization } => Self::removed(account, organization),
        };
        page.fact("Time", at.to_string()).sent_to(to)
    }

    fn invitation(invitation: &Invitation, account: &Email) -> Self {
        let organization = inert(&invitation.organization);
        let inviter = inert(&invitation.inviter);
        let roles: Vec<String> = invitation.roles.iter().map(|role| inert(role)).collect();
        let page = Self::new(
            format!("You are invited to {}", invitation.organization),
            format!("{inviter} invited you to {organization}"),
        )
        .open(format!(
            "Rollcall is where {organization} manages who can use its tools. \
             Follow these steps to get started."
        ))
        .step("Open the link and choose \"Activate account\".");
        let page = match &invitation.temporary_password {
            Some(password) => page
                .step(format!("Log in as {account} with the temporary password."))
                .step("Choose a password of your own.")
                .fact("Log in as", account.to_string())
                .code("Temporary password", password.clone()),
            None => page
                .step(format!("Log in as {account} with the password you have already."))
                .fact("Log in as", account.to_string()),
        };
        let page = if invitation.requires_mfa {
            page.close(format!(
                "You also set up an authenticator app, because {organization} requires \
                 multi-factor authentication."
            ))
        } else {
            page
        };
        let unexpected = if invitation.temporary_password.is_some() {
            "Not expecting this? Ignore it, and no account is opened."
        } else {
            "Not expecting this? Ignore it, and nothing changes."
        };
        page.act("Accept the invitation", &invitation.link.url)
            .fact("Organization", organization.clone())
            .fact("Invited by", inviter)
            .fact("Your roles", roles.join(", "))
            .fact("Link works until", works_once(&invitation.link))
            .close(unexpected)
            .because(format!("for {organization}"))
    }

    fn reactivation(organization: &str, link: &Link, account: &Email) -> Self {
        let organization = inert(organization);
        Self::titled("Activate your account again")
            .open(format!(
                "Your access to {organization} was enabled again. Before you can log in there, \
                 open the link and choose \"Activate account\". Your password has not changed."
            ))
            .act("Activate your account", &link.url)
            .fact("Log in as", account.to_string())
            .fact("Organization", organization.clone())
            .fact("Link works until", works_once(link))
            .close("Not expecting this? Ignore it, and nothing changes.")
            .because(format!("for {organization}"))
    }

    fn authenticator_on(account: &Email, account_page: &str) -> Self {
        Self::titled("Multi-factor authentication is on")
            .open(
                "Your Rollcall account now asks for a code from your authenticator app at every \
                 login.",
            )
            .fact("Account", account.to_string())
            .act("Open Your Account", account_page)
            .close(
                "Keep your recovery codes somewhere safe. You find them in Your Account: choose \
                 Show Recovery Code and enter your password.",
            )
            .notice()
    }

    fn authenticator_reset(account: &Email, by: &str) -> Self {
        Self::titled("Your authenticator was reset")
            .open(format!(
                "{} reset the authenticator of your Rollcall account. Its codes and your recovery \
                 codes no longer work, and you were logged out everywhere.",
                inert(by)
            ))
            .open(
                "At your next login you set up multi-factor authentication again, wherever it is \
                 required.",
            )
            .fact("Account", account.to_string())
            .fact("Reset by", inert(by))
            .notice()
    }

    fn authenticator_reset_notice(
        account: &Email,
        person: &str,
        by: &str,
        organization: &str,
    ) -> Self {
        let (name, organization) = (inert(person), inert(organization));
        Self::new(
            format!("The authenticator of {person} was reset"),
            format!("The authenticator of {name} was reset"),
        )
        .open(format!(
            "{} reset the authenticator of {name}. All their sessions ended; at the next login \
             they set up multi-factor authentication again, wherever it is required.",
            inert(by)
        ))
        .fact("Person", name)
        .fact("Account", account.to_string())
        .fact("Reset by", inert(by))
        .fact("Organization", organization.clone())
        .close("The audit log has the details.")
        .notice()
        .because(format!("to the Administrators of {organization}"))
    }

    fn recovery_code_used(account: &Email, left: usize, account_page: &str) -> Self {
        Self::titled("A recovery code was used")
            .open(
                "Somebody logged in to your Rollcall account with a recovery code instead of the \
                 authenticator app.",
            )
            .fact("Account", account.to_string())
            .fact("Codes left", format!("{left} of 10"))
            .act("Open Your Account", account_page)
            .close("Generate new recovery codes in Your Account before you run out.")
            .notice()
    }

    fn recovery_codes_made(account: &Email, account_page: &str) -> Self {
        Self::titled("New recovery codes were made")
            .open("Your Rollcall account has ten new recovery codes. The old ones no longer work.")
            .fact("Account", account.to_string())
            .act("Open Your Account", account_page)
            .close("You find them in Your Account: choose Show Recovery Code.")
            .notice()
    }

    fn email_changed(to: &Email, old: &Email, new: &Email, by: &str) -> Self {
        let shown_old = if to == new { old.masked() } else { old.to_string() };
        Self::titled("Your email address was changed")
            .open(format!(
                "Your Rollcall account has a new email address. From now on, log in with {new}. \
                 All sessions have ended."
            ))
            .fact("Old email", shown_old)
            .fact("New email", new.to_string())
            .fact("Changed by", inert(by))
            .notice()
    }

    fn email_confirmation(account: &Email, to: &Email, link: &Link, at: Timestamp) -> Self {
        let account = if account == to { account.to_string() } else { account.masked() };
        Self::titled("Confirm your new email address")
            .open(format!(
                "You asked to log in to Rollcall with {to} from now on. Open the link and confirm \
                 it; until then nothing changes."
            ))
            .act("Confirm the address", &link.url)
            .fact("Account", account)
            .fact("New email", to.to_string())
            .fact("Link works", works_for(link, at))
            .close("Not expecting this? Ignore it, and nothing changes.")
            .notice()
    }

    fn password_changed(account: &Email) -> Self {
        Self::titled("Your password was changed")
            .open(
                "The password of your Rollcall account was changed. All other sessions have \
                 ended.",
            )
            .fact("Account", account.to_string())
            .notice()
    }

    fn password_reset(account: &Email, link: &Link, at: Timestamp) -> Self {
        Self::titled("Reset your password")
            .open(
                "Somebody asked for a new password for your Rollcall account. Open the link to \
                 choose one; until then your password stays as it is.",
            )
            .act("Choose a new password", &link.url)
            .fact("Account", account.to_string())
            .fact("Link works", works_for(link, at))
            .close("If your account is locked, the lock stays until it ends by itself.")
            .notice()
    }

    fn account_locked(account: &Email, until: Timestamp) -> Self {
        Self::titled("Your account is locked")
            .open(
                "There were too many failed logins with your email address. Nobody can lift the \
                 lock earlier, not even an Administrator. Sessions that are open go on.",
            )
            .fact("Account", account.to_string())
            .fact("Locked until", until.to_string())
            .notice()
    }

    fn removed(account: &Email, organization: &str) -> Self {
        let name = inert(organization);
        Self::new(
            format!("You were removed from {organization}"),
            format!("You were removed from {name}"),
        )
        .open(format!("You no longer have access to {name}. Ask its Administrator if you need it."))
        .fact("Account", account.to_string())
        .fact("Organization", name.clone())
        .because(format!("for {name}"))
    }
}

/// Until when a link works, and that it works once.
fn works_once(link: &Link) -> String {
    format!("{}. It works once.", link.expires_at)
}

/// How long a link works, until when, and that it works once.
fn works_for(link: &Link, at: Timestamp) -> String {
    let minutes = at.minutes_until(link.expires_at);
    let span = match minutes {
        ..120 => format!("{minutes} minutes"),
        _ => format!("{} hours", minutes / 60),
    };
    format!("for {span}, until {}. It works once.", link.expires_at)
}

impl Page {
    fn new(subject: String, heading: String) -> Self {
        Self { subject: header(&subject), heading, ..Self::default() }
    }

    fn titled(title: &'static str) -> Self {
        Self::new(title.to_owned(), title.to_owned())
    }

    fn open(mut self, paragraph: impl Into<String>) -> Self {
        self.opening.push(paragraph.into());
        self
    }

    fn step(mut self, step: impl Into<String>) -> Self {
        self.steps.push(step.into());
        self
    }

    fn act(mut self, label: &'static str, url: &str) -> Self {
        self.action = Some(Action { label, url: url.to_owned() });
        self
    }

    fn fact(mut self, name: &'static str, value: String) -> Self {
        self.facts.push(Fact { name, value, is_code: false });
        self
    }

    fn code(mut self, name: &'static str, value: String) -> Self {
        self.facts.push(Fact { name, value, is_code: true });
        self
    }

    fn from(self, address: Option<&String>) -> Self {
        match address {
            Some(address) => self.fact("IP address", inert(address)),
            None => self,
        }
    }

    fn close(mut self, paragraph: impl Into<String>) -> Self {
        self.closing.push(paragraph.into());
        self
    }

    /// Marks the letter as a security notice.
    fn notice(self) -> Self {
        let mut page = self.close(NOT_YOU);
        NEVER_ASKED.clone_into(&mut page.reason);
        page
    }

    fn because(mut self, reason: String) -> Self {
        self.reason = reason;
        self
    }

    /// The last line: to whom, by what product and why.
    fn sent_to(mut self, to: &Email) -> Self {
        self.reason = match self.reason.as_str() {
            NEVER_ASKED => format!("Sent to {to} by Rollcall. {NEVER_ASKED}"),
            reason => format!("Sent to {to} by Rollcall {reason}."),
        };
        self
    }
}

#[cfg(test)]
mod tests;
