//! The words of every letter (portal contract section 6). A letter is worded once, as a [`Page`];
//! its two forms are made from that.

use super::{
    inert::inert,
    page::{Page, Rendered},
};
use crate::domain::{
    mail::{Content, Invitation, Letter, Link},
    text::Email,
    time::Timestamp,
};

/// Stands where there is no organization to name.
const PRODUCT: &str = "Rollcall";

/// Puts a letter about something that happened at `at` into words.
///
/// # Errors
/// A fault of the templates.
pub fn render(letter: &Letter, at: Timestamp) -> Result<Rendered, askama::Error> {
    worded(letter, at).fact("Time", at.to_string()).rendered(&letter.to.email)
}

fn worded(letter: &Letter, at: Timestamp) -> Page {
    let account = &letter.account;
    let to = &letter.to.email;
    match &letter.content {
        Content::Invitation(facts) => invitation(facts, account),
        Content::Reactivation { organization, link } => reactivation(organization, link, account),
        Content::AuthenticatorOn { account_page } => authenticator_on(account, account_page),
        Content::AuthenticatorReset { by } => authenticator_reset(account, by),
        Content::AuthenticatorResetNotice { person, by, organization } => {
            authenticator_reset_notice(account, person, by, organization)
        }
        Content::RecoveryCodeUsed { address, left, account_page } => {
            recovery_code_used(account, address.as_deref(), *left, account_page)
        }
        Content::RecoveryCodesMade { account_page } => recovery_codes_made(account, account_page),
        Content::EmailChanged { old, new, by } => email_changed(to, old, new, by),
        Content::EmailConfirmation { link } => email_confirmation(account, to, link, at),
        Content::PasswordChanged { address } => password_changed(account, address.as_deref()),
        Content::PasswordReset { link } => password_reset(account, link, at),
        Content::AccountLocked { until, address } => account_locked(account, *until, address.as_deref()),
        Content::Removed { organization } => removed(account, organization),
    }
}

fn invitation(invitation: &Invitation, account: &Email) -> Page {
    let organization = invitation.organization.as_deref().map(inert);
    let inviter = inert(&invitation.inviter);
    let roles: Vec<String> = invitation.roles.iter().map(|role| inert(role)).collect();
    let page = Page::new(
        &format!("You are invited to {}", invitation.organization.as_deref().unwrap_or(PRODUCT)),
        format!("{inviter} invited you to {}", organization.as_deref().unwrap_or(PRODUCT)),
    )
    .open(match &organization {
        Some(organization) => format!(
            "Rollcall is where {organization} manages who can use its tools. \
             Follow these steps to get started."
        ),
        None => "Rollcall is where organizations manage who can use their tools. \
                 Follow these steps to get started."
            .to_owned(),
    })
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
    let page = match &organization {
        Some(organization) if invitation.requires_mfa => page.close(format!(
            "You also set up an authenticator app, because {organization} requires \
             multi-factor authentication."
        )),
        Some(_) => page,
        None => page.close(
            "You belong to no organization yet. You can work in Rollcall as soon as you are \
             assigned to one.",
        ),
    };
    let unexpected = if invitation.temporary_password.is_some() {
        "Not expecting this? Ignore it, and no account is opened."
    } else {
        "Not expecting this? Ignore it, and nothing changes."
    };
    page.act("Accept the invitation", &invitation.link.url)
        .fact("Organization", organization.clone().unwrap_or_else(|| "None yet".to_owned()))
        .fact("Invited by", inviter)
        .fact("Your roles", roles.join(", "))
        .fact("Link works until", works_once(&invitation.link))
        .close(unexpected)
        .sent(organization.map_or_else(String::new, |organization| format!("for {organization}")))
}

fn reactivation(organization: &str, link: &Link, account: &Email) -> Page {
    let organization = inert(organization);
    Page::titled("Activate your account again")
        .open(format!(
            "Your access to {organization} was enabled again. Before you can log in there, \
             open the link and choose \"Activate account\". Your password has not changed."
        ))
        .act("Activate your account", &link.url)
        .fact("Log in as", account.to_string())
        .fact("Organization", organization.clone())
        .fact("Link works until", works_once(link))
        .close("Not expecting this? Ignore it, and nothing changes.")
        .sent(format!("for {organization}"))
}

fn authenticator_on(account: &Email, account_page: &str) -> Page {
    Page::titled("Multi-factor authentication is on")
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

fn authenticator_reset(account: &Email, by: &str) -> Page {
    Page::titled("Your authenticator was reset")
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

fn authenticator_reset_notice(account: &Email, person: &str, by: &str, organization: &str) -> Page {
    let (name, organization) = (inert(person), inert(organization));
    Page::new(&format!("The authenticator of {person} was reset"), format!("The authenticator of {name} was reset"))
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
        .sent(format!("to the Administrators of {organization}"))
}

fn recovery_code_used(account: &Email, address: Option<&str>, left: usize, account_page: &str) -> Page {
    Page::titled("A recovery code was used")
        .open(
            "Somebody logged in to your Rollcall account with a recovery code instead of the \
             authenticator app.",
        )
        .fact("Account", account.to_string())
        .fact("Codes left", format!("{left} of 10"))
        .known("IP address", address)
        .act("Open Your Account", account_page)
        .close("Generate new recovery codes in Your Account before you run out.")
        .notice()
}

fn recovery_codes_made(account: &Email, account_page: &str) -> Page {
    Page::titled("New recovery codes were made")
        .open("Your Rollcall account has ten new recovery codes. The old ones no longer work.")
        .fact("Account", account.to_string())
        .act("Open Your Account", account_page)
        .close("You find them in Your Account: choose Show Recovery Code.")
        .notice()
}

fn email_changed(to: &Email, old: &Email, new: &Email, by: &str) -> Page {
    let shown_old = if to == new { old.masked() } else { old.to_string() };
    Page::titled("Your email address was changed")
        .open(format!(
            "Your Rollcall account has a new email address. From now on, log in with {new}. \
             All sessions have ended."
        ))
        .fact("Old email", shown_old)
        .fact("New email", new.to_string())
        .fact("Changed by", inert(by))
        .notice()
}

fn email_confirmation(account: &Email, to: &Email, link: &Link, at: Timestamp) -> Page {
    let account = if account == to { account.to_string() } else { account.masked() };
    Page::titled("Confirm your new email address")
        .open(format!(
            "You asked to log in to Rollcall with {to} from now on. Open the link and confirm \
             it; until then nothing changes."
        ))
        .act("Confirm the address", &link.url)
        .fact("Account", account)
        .fact("New email", to.to_string())
        .fact("Link works", works_for(link, at))
        .notice()
}

fn password_changed(account: &Email, address: Option<&str>) -> Page {
    Page::titled("Your password was changed")
        .open(
            "The password of your Rollcall account was changed. All other sessions have \
             ended.",
        )
        .fact("Account", account.to_string())
        .known("IP address", address)
        .notice()
}

fn password_reset(account: &Email, link: &Link, at: Timestamp) -> Page {
    Page::titled("Reset your password")
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

fn account_locked(account: &Email, until: Timestamp, address: Option<&str>) -> Page {
    Page::titled("Your account is locked")
        .open(
            "There were too many failed logins with your email address. Nobody can lift the \
             lock earlier, not even an Administrator. Sessions that are open go on.",
        )
        .fact("Account", account.to_string())
        .fact("Locked until", until.to_string())
        .known("Last attempt from", address)
        .notice()
}

fn removed(account: &Email, organization: &str) -> Page {
    let name = inert(organization);
    Page::new(&format!("You were removed from {organization}"), format!("You were removed from {name}"))
        .open(format!("You no longer have access to {name}. Ask its Administrator if you need it."))
        .fact("Account", account.to_string())
        .fact("Organization", name.clone())
        .sent(format!("for {name}"))
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

#[cfg(test)]
mod tests;
