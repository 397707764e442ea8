//! Logging in and out: the password step, the second step, and the page that logs out without script.

use askama::Template;

use super::parts::{Field, Problem, When};
use super::problems::gather;
use super::shell::Outside;

/// `/login` (portal contract 1.2). Posts `email` and `password`, with `form` and `next`.
#[derive(Clone, Debug, Default, Template)]
#[template(path = "sign_in/log_in.html")]
pub struct LogIn {
    /// The frame; its status message explains how somebody came here.
    pub outside: Outside,
    /// One-time value of this form, against double submits (portal contract 3.2 rule 8).
    pub form: String,
    /// Local path to go to afterwards; empty for the usual one.
    pub next: String,
    /// Address as typed, with the message about an empty one.
    pub email: Field,
    /// Messages about an empty or overlong password.
    pub password_errors: Vec<String>,
    /// "The email or password is incorrect.": says nothing about which, so both fields are marked.
    pub mismatch: Option<String>,
    /// The password was right but the account cannot be used: not activated, disabled, temporary password expired.
    pub refusal: Option<String>,
    /// A lock was caused or is running.
    pub lock: Option<Lock>,
}

impl LogIn {
    /// The summary, from the messages of the fields.
    pub fn problems(&self) -> Vec<Problem> {
        gather(&[
            ("email", &self.email.errors),
            ("password", &self.password_errors),
            ("email", self.mismatch.as_slice()),
            ("email", self.refusal.as_slice()),
        ])
    }
}

/// A running lock of a login address, which may or may not have an account.
#[derive(Clone, Debug, Default)]
pub struct Lock {
    /// "This account is locked. You can try again in 23 minutes."
    pub message: String,
    /// When attempts are open again.
    pub until: When,
    /// Part of the lock still ahead, in percent, for the ring.
    pub left: u8,
}

/// `/login/mfa` (portal contract 1.3). Posts `code`, with `form`; "Start again" posts `restart=yes` instead.
#[derive(Clone, Debug, Default, Template)]
#[template(path = "sign_in/second_step.html")]
pub struct SecondStep {
    /// The frame.
    pub outside: Outside,
    /// One-time value of this form, against double submits.
    pub form: String,
    /// Ask for a recovery code; posts to `/login/mfa?method=recovery`.
    pub recovery: bool,
    /// Messages about the code, which is always emptied.
    pub code_errors: Vec<String>,
}

impl SecondStep {
    /// The summary, from the messages of the field.
    pub fn problems(&self) -> Vec<Problem> {
        gather(&[("code", &self.code_errors)])
    }
}

/// `GET /logout`: a page with the button, for links and browsers without script.
#[derive(Clone, Debug, Default, Template)]
#[template(path = "sign_in/log_out.html")]
pub struct LogOut {
    /// The frame.
    pub outside: Outside,
}

#[cfg(test)]
mod tests {
    use crate::web::pages::samples::{page, signed_out};

    #[test]
    fn the_login_page_has_its_fields_and_no_way_to_reveal_the_password() {
        let html = page("log-in", &signed_out::all());
        assert!(html.contains("<h1>Log in</h1>"));
        assert!(html.contains("autocomplete=\"username\""));
        assert!(html.contains("autocomplete=\"current-password\""));
        assert!(html.contains("name=\"form\" value=\"once\""));
        assert!(html.contains("href=\"/password/forgot\">Forgot password?</a>"));
        assert!(html.contains(">Log in</button>"));
        assert!(!html.contains("data-show"));
    }

    #[test]
    fn a_wrong_password_marks_both_fields_with_one_message() {
        let html = page("log-in-failed", &signed_out::all());
        assert!(html.contains("<title>Error: Log in - Rollcall</title>"));
        assert!(html.contains("There is a problem"));
        assert_eq!(html.matches("The email or password is incorrect.").count(), 1);
        assert_eq!(html.matches("aria-invalid=\"true\" aria-describedby=\"mismatch\"").count(), 2);
    }

    #[test]
    fn a_lock_says_how_long_and_that_nobody_lifts_it() {
        let html = page("log-in-locked", &signed_out::all());
        assert!(html.contains("This account is locked. You can try again in 23 minutes."));
        assert!(html.contains("<time datetime=\"2025-11-20T14:52:00Z\">2025-11-20 14:52 UTC</time>"));
        assert!(html.contains("cannot be shortened, not even by an administrator"));
        assert_eq!(html.matches("role=\"alert\"").count(), 1);
    }

    #[test]
    fn the_second_step_asks_for_one_kind_of_code() {
        let code = page("second-step", &signed_out::all());
        assert!(code.contains("<h1>Enter your code</h1>"));
        assert!(code.contains("Enter the 6-digit code from your authenticator app."));
        assert!(code.contains("inputmode=\"numeric\""));
        assert!(code.contains("autocomplete=\"one-time-code\""));
        assert!(code.contains("href=\"/login/mfa?method=recovery\">Use a recovery code</a>"));
        assert!(code.contains(">Start again</button>"));

        let recovery = page("second-step-recovery", &signed_out::all());
        assert!(recovery.contains("Enter one of your recovery codes. Each code works once."));
        assert!(recovery.contains("autocomplete=\"off\""));
        assert!(recovery.contains("href=\"/login/mfa\">Use your authenticator app</a>"));
        assert!(!recovery.contains("inputmode=\"numeric\""));

        let failed = page("second-step-failed", &signed_out::all());
        assert!(failed.contains("<a href=\"#code\">That code is incorrect.</a>"));
    }

    #[test]
    fn logging_out_by_link_is_a_button() {
        let html = page("log-out", &signed_out::all());
        assert!(html.contains("action=\"/logout\" method=\"post\""));
        assert_eq!(html.matches(">Log out</button>").count(), 1);
    }
}
