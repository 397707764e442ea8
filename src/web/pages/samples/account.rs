//! Samples of Your Account and the pages behind it.

use super::signed_out::{field, list, outside};
use super::{html, shell, users, when};
use crate::web::pages::account::{
    ChangeEmail, ConfirmEmail, ConfirmPassword, Enroll, Index, Mfa, OwnSession, Preferences, QrCode, RecoveryCode,
    RecoveryCodes, ReplaceAuthenticator,
};
use crate::web::pages::parts::{Avatar, RoleChip};
use crate::web::pages::shell::Shell;
use crate::web::pages::users::{Login, Session};

/// Every page of this file by name.
pub fn all() -> Vec<(&'static str, String)> {
    vec![
        ("account", html(&index())),
        ("account-failed", html(&index_failed())),
        ("account-few-codes", html(&with_codes(Some(1)))),
        ("account-off", html(&off())),
        ("change-email", html(&change_email())),
        ("change-email-failed", html(&change_email_failed())),
        ("confirm-email", html(&confirm_email())),
        ("show-codes", html(&confirm_password(shell(""), false, &[]))),
        ("show-codes-failed", html(&confirm_password(failed(), false, &["The password is incorrect."]))),
        ("renew-codes", html(&confirm_password(shell(""), true, &[]))),
        ("recovery-codes", html(&recovery_codes())),
        ("enroll", html(&enroll())),
        ("enroll-failed", html(&enroll_failed())),
        ("enroll-again", html(&Enroll { replaces: true, ..enroll() })),
        ("replace-authenticator", html(&ReplaceAuthenticator { shell: shell(""), ..ReplaceAuthenticator::default() })),
        ("replace-authenticator-failed", html(&replace_failed())),
    ]
}

fn failed() -> Shell {
    Shell { failed: true, ..shell("") }
}

fn index() -> Index {
    let role = |name: &str, level| RoleChip { name: name.into(), level, custom: false };
    let session = |id: &str, device: &str, icon, address: &str, began: &str, active: &str| OwnSession {
        id: id.into(),
        session: Session {
            device: device.into(),
            icon,
            address: address.into(),
            logged_in: when("2025-11-20", began),
            last_active: when("2025-11-20", active),
        },
        current: id == "1",
    };
    let login = |date: &str, time: &str, address: &str, result: &str, good| Login {
        time: when(date, time),
        address: address.into(),
        result: result.into(),
        good,
    };
    Index {
        shell: Shell { flash: Some("Your changes were saved.".into()), ..shell("") },
        avatar: Avatar::new("0198c0de-0000-7000-8000-00000000000a", "Hannah Becker"),
        email: "hannah.becker@brightwater.example".into(),
        pending_email: Some("h.becker@brightwater.example".into()),
        name: field("Hannah Becker", &[]),
        mfa: Mfa { on: true, codes_left: Some(8) },
        roles: vec![role("Administrator", 3), role("Platform Management Administrator", 3), role("Callback Viewer", 1)],
        access: users::access(),
        sessions: vec![
            session("1", "Chrome on macOS", "laptop", "203.0.113.24", "12:21", "14:05"),
            session("2", "Safari on iPhone", "phone", "198.51.100.7", "12:50", "13:58"),
            session("3", "Edge on Windows", "other", "2001:db8:85a3::8a2e:370:7334", "11:34", "13:53"),
        ],
        logins: vec![
            login("2025-11-20", "12:50", "198.51.100.7", "Logged in", true),
            login("2025-11-20", "12:21", "203.0.113.24", "Logged in", true),
            login("2025-11-20", "08:01", "198.51.100.7", "Wrong password", false),
        ],
        preferences: Preferences { theme: None, shortcuts: Some(true) },
    }
}

fn index_failed() -> Index {
    Index { shell: failed(), name: field("", &["Enter a name."]), ..index() }
}

fn with_codes(codes_left: Option<u8>) -> Index {
    Index { mfa: Mfa { on: true, codes_left }, ..index() }
}

fn off() -> Index {
    let mut page = index();
    page.shell.flash = None;
    page.mfa = Mfa::default();
    page.pending_email = None;
    page.sessions.truncate(1);
    page.roles.clear();
    page.access.groups.clear();
    page.logins.clear();
    page.preferences = Preferences { theme: Some("dark".into()), shortcuts: None };
    page
}

fn change_email() -> ChangeEmail {
    ChangeEmail { shell: shell(""), current: "hannah.becker@brightwater.example".into(), ..ChangeEmail::default() }
}

fn change_email_failed() -> ChangeEmail {
    ChangeEmail {
        shell: failed(),
        email: field("hannah@", &["Enter a valid email address."]),
        password_errors: list(&["The password is incorrect."]),
        ..change_email()
    }
}

fn confirm_email() -> ConfirmEmail {
    ConfirmEmail {
        outside: outside(),
        action: "/account/email/confirm/abc".into(),
        email: "h.becker@brightwater.example".into(),
    }
}

fn confirm_password(shell: Shell, renew: bool, errors: &[&str]) -> ConfirmPassword {
    ConfirmPassword { shell, renew, password_errors: list(errors) }
}

fn recovery_codes() -> RecoveryCodes {
    let code = |code: &str, used: Option<&str>| RecoveryCode { code: code.into(), used: used.map(str::to_owned) };
    RecoveryCodes {
        shell: shell(""),
        email: "hannah.becker@brightwater.example".into(),
        shown_at: when("2025-11-20", "14:05"),
        codes: vec![
            code("7KQM3-2XVRT", None),
            code("H4TD8-9WNPA", None),
            code("BX6J4-R3FCP", Some("2025-09-12")),
            code("M8YE2-5GZKQ", None),
            code("3PWC9-KT7HD", Some("2025-11-03")),
            code("QF2N7-6DVJX", None),
            code("W9RKA-B4XMC", None),
            code("E5GK3-T8YQH", None),
            code("Z6HJP-N3CPW", None),
            code("D7VX9-4MRWE", None),
        ],
    }
}

fn enroll() -> Enroll {
    // Not a readable code: it only has to look like one.
    let is_dark = |column: usize, row: usize| {
        let in_corner = |at: usize| !(7..30).contains(&at);
        let edge = |at: usize| matches!(at % 30, 0 | 6);
        if in_corner(column) && in_corner(row) && !(column >= 30 && row >= 30) {
            let inner = |at: usize| matches!(at % 30, 2..=4);
            return edge(column) || edge(row) || inner(column) && inner(row);
        }
        (column * 7 + row * 13 + column * row) % 5 < 2
    };
    Enroll {
        shell: shell(""),
        organization: "Brightwater Energy".into(),
        qr: QrCode::new(37, is_dark),
        uri: "otpauth://totp/Rollcall:hannah.becker%40brightwater.example?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=Rollcall&algorithm=SHA1&digits=6&period=30".into(),
        secret: "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ".into(),
        ..Enroll::default()
    }
}

fn enroll_failed() -> Enroll {
    Enroll {
        shell: failed(),
        code_errors: list(&[
            "That code is incorrect. Check that the time on your device is right, then enter the next code.",
        ]),
        ..enroll()
    }
}

fn replace_failed() -> ReplaceAuthenticator {
    ReplaceAuthenticator {
        shell: failed(),
        code_errors: list(&["That code is incorrect."]),
        ..ReplaceAuthenticator::default()
    }
}
