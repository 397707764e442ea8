//! Samples of the pages on the way in, and of new passwords everywhere.

use super::{html, shell, when};
use crate::web::pages::activation::{Activate, DeadLink};
use crate::web::pages::parts::Field;
use crate::web::pages::passwords::{Change, Choose, Forgot, Reset, StrengthHint};
use crate::web::pages::set_up::SetUp;
use crate::web::pages::shell::{Outside, Shell};
use crate::web::pages::sign_in::{Lock, LogIn, LogOut, SecondStep};

/// Every page of this file by name.
pub fn all() -> Vec<(&'static str, String)> {
    vec![
        ("set-up", html(&set_up())),
        ("set-up-failed", html(&set_up_failed())),
        ("log-in", html(&log_in(outside()))),
        ("log-in-idle", html(&log_in(status("You were logged out after 15 minutes of inactivity.")))),
        ("log-in-empty", html(&log_in_empty())),
        ("log-in-failed", html(&log_in_failed())),
        ("log-in-refused", html(&log_in_refused())),
        ("log-in-locked", html(&log_in_locked())),
        ("second-step", html(&second_step(outside(), false, &[]))),
        ("second-step-failed", html(&second_step(failed(), false, &["That code is incorrect."]))),
        ("second-step-recovery", html(&second_step(outside(), true, &[]))),
        ("log-out", html(&LogOut { outside: outside() })),
        ("forgot", html(&forgot(outside(), &[]))),
        ("forgot-sent", html(&forgot(status("If an account exists for that address, we sent a link to it."), &[]))),
        ("forgot-failed", html(&forgot(failed(), &["Enter your email address."]))),
        ("reset", html(&reset(outside()))),
        ("reset-failed", html(&Reset { confirm_errors: list(&["The passwords do not match."]), ..reset(failed()) })),
        ("change-password", html(&change(shell("")))),
        ("change-password-failed", html(&change_failed())),
        ("choose-password", html(&choose())),
        ("choose-password-known", html(&Choose { name: None, mfa_follows: false, ..choose() })),
        ("choose-password-failed", html(&choose_failed())),
        ("fragment-strength", html(&measured())),
        ("activate", html(&activate())),
        ("dead-link", html(&dead_link(false))),
        ("dead-link-reset", html(&dead_link(true))),
    ]
}

pub(super) fn outside() -> Outside {
    Outside { csrf: "token".into(), ..Outside::default() }
}

fn failed() -> Outside {
    Outside { failed: true, ..outside() }
}

fn status(message: &str) -> Outside {
    Outside { status: Some(message.into()), ..outside() }
}

pub(super) fn list(messages: &[&str]) -> Vec<String> {
    messages.iter().map(|message| (*message).to_owned()).collect()
}

pub(super) fn field(value: &str, errors: &[&str]) -> Field {
    Field { value: value.into(), errors: list(errors) }
}

fn set_up() -> SetUp {
    SetUp { outside: Outside { wide: true, ..outside() }, hint: StrengthHint::rules(12, false), ..SetUp::default() }
}

fn set_up_failed() -> SetUp {
    SetUp {
        outside: Outside { wide: true, ..failed() },
        code: field("", &["The setup code is incorrect."]),
        organization: field("Brightwater Energy", &[]),
        name: field("Hannah Becker", &[]),
        email: field("hannah.becker@brightwater", &["Enter a valid email address."]),
        password_errors: list(&[
            "Use at least 12 characters.",
            "Do not use your name, email or organization in the password.",
        ]),
        ..set_up()
    }
}

fn log_in(outside: Outside) -> LogIn {
    LogIn { outside, form: "once".into(), next: "/users?status=active".into(), ..LogIn::default() }
}

fn log_in_empty() -> LogIn {
    LogIn { email: field("", &["Enter your email address."]), ..log_in(failed()) }
}

fn log_in_failed() -> LogIn {
    LogIn {
        email: field("hannah.becker@brightwater.example", &[]),
        mismatch: Some("The email or password is incorrect.".into()),
        ..log_in(failed())
    }
}

fn log_in_refused() -> LogIn {
    LogIn {
        email: field("fatima.alsayed@brightwater.example", &[]),
        refusal: Some("Activate your account first. Use the link in the email we sent you.".into()),
        ..log_in(failed())
    }
}

fn log_in_locked() -> LogIn {
    LogIn {
        email: field("h.becker@brightwater.example", &[]),
        lock: Some(Lock {
            message: "This account is locked. You can try again in 23 minutes.".into(),
            until: when("2025-11-20", "14:52"),
            left: 77,
        }),
        ..log_in(failed())
    }
}

fn second_step(outside: Outside, recovery: bool, errors: &[&str]) -> SecondStep {
    SecondStep { outside, form: "once".into(), recovery, code_errors: list(errors) }
}

fn forgot(outside: Outside, errors: &[&str]) -> Forgot {
    Forgot { outside, email: field("", errors) }
}

fn reset(outside: Outside) -> Reset {
    Reset { outside, action: "/password/reset/abc".into(), hint: StrengthHint::rules(12, false), ..Reset::default() }
}

fn change(shell: Shell) -> Change {
    Change {
        shell,
        email: "hannah.becker@brightwater.example".into(),
        hint: StrengthHint::rules(12, true),
        ..Change::default()
    }
}

fn change_failed() -> Change {
    Change {
        password_errors: list(&["Use at least 12 characters.", "This password is too common."]),
        ..change(Shell { failed: true, ..shell("") })
    }
}

fn choose() -> Choose {
    Choose {
        shell: shell(""),
        email: "fatima.alsayed@brightwater.example".into(),
        name: Some(field("Fatima Al-Sayed", &[])),
        hint: StrengthHint::rules(12, true),
        mfa_follows: true,
        ..Choose::default()
    }
}

fn choose_failed() -> Choose {
    Choose {
        shell: Shell { failed: true, ..shell("") },
        name: Some(field(&"Fatima ".repeat(15), &["Use at most 100 characters."])),
        password_errors: list(&["Choose a password you are not using now."]),
        ..choose()
    }
}

fn measured() -> StrengthHint {
    StrengthHint::rules(12, false).measured(2, "Fair", &[true, false, true])
}

fn activate() -> Activate {
    Activate {
        outside: outside(),
        action: "/activate/abc".into(),
        email: "fatima.alsayed@brightwater.example".into(),
        organization: Some("Brightwater Energy".into()),
        until: when("2025-11-27", "12:58"),
    }
}

fn dead_link(reset: bool) -> DeadLink {
    DeadLink { outside: Outside::default(), reset }
}
