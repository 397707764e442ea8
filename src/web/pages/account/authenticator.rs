//! Setting up an authenticator app, the first one or another.

use std::fmt::Write as _;

use askama::Template;

use crate::web::pages::parts::Problem;
use crate::web::pages::problems::gather;
use crate::web::pages::shell::Shell;

/// `/mfa/enroll`: "Multi-Factor Authentication" (portal contract 4.2). Posts `code`. While it is due nothing else can be
/// opened, so the frame has no navigation.
#[derive(Clone, Debug, Default, Template)]
#[template(path = "account/enroll.html")]
pub struct Enroll {
    /// The frame; only the organization, the token and the idle limit are used.
    pub shell: Shell,
    /// The organization that requires it.
    pub organization: String,
    /// The `otpauth:` address as a picture.
    pub qr: QrCode,
    /// The `otpauth:` address, for an app on the same device.
    pub uri: String,
    /// The secret, in Base32 without gaps.
    pub secret: String,
    /// Messages about the code, which is always emptied.
    pub code_errors: Vec<String>,
    /// Another authenticator replaces the one in force, which works until then: there is a way back.
    pub replaces: bool,
}

impl Enroll {
    /// The secret in groups of four.
    pub fn groups(&self) -> Vec<String> {
        let letters: Vec<char> = self.secret.chars().collect();
        letters.chunks(4).map(|group| group.iter().collect()).collect()
    }

    /// The summary, from the messages of the field.
    pub fn problems(&self) -> Vec<Problem> {
        gather(&[("code", &self.code_errors)])
    }
}

/// A QR code, drawn without any image file.
#[derive(Clone, Debug, Default)]
pub struct QrCode {
    /// Modules on a side.
    size: usize,
    /// SVG path of the dark modules.
    path: String,
}

impl QrCode {
    /// Draws `size` by `size` modules; `is_dark` is asked for each column and row.
    pub fn new(size: usize, is_dark: impl Fn(usize, usize) -> bool) -> Self {
        let mut path = String::new();
        for row in 0..size {
            let mut column = 0;
            while column < size {
                let run = (column..size).take_while(|&at| is_dark(at, row)).count();
                if run > 0 {
                    // Writing into a String cannot fail.
                    let _ = write!(path, "M{column} {row}h{run}v1h-{run}z");
                }
                column += run.max(1);
            }
        }
        Self { size, path }
    }
}

/// `/account/authenticator`: "Replace authenticator" (portal contract 4.5). Posts `password` and `code`.
#[derive(Clone, Debug, Default, Template)]
#[template(path = "account/replace_authenticator.html")]
pub struct ReplaceAuthenticator {
    /// The frame.
    pub shell: Shell,
    /// Messages about the password; the text of a lock as well.
    pub password_errors: Vec<String>,
    /// Messages about the code.
    pub code_errors: Vec<String>,
}

impl ReplaceAuthenticator {
    /// The summary, from the messages of the fields.
    pub fn problems(&self) -> Vec<Problem> {
        gather(&[("password", &self.password_errors), ("code", &self.code_errors)])
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::web::pages::samples::{account, page};

    #[test]
    fn enrollment_has_three_steps_a_picture_and_a_secret() {
        let html = page("enroll", &account::all());
        assert!(html.contains("<h1>Multi-Factor Authentication</h1>"));
        assert!(html.contains("Brightwater Energy requires a code from an authenticator app at every login."));
        for step in ["Install an authenticator app.", "Scan the QR code.", "Enter the code the app shows."] {
            assert!(html.contains(&format!(">{step}</li>")), "{step}");
        }
        assert!(html.contains("role=\"img\" aria-label=\"QR code for your authenticator app\""));
        assert!(html.contains("Show secret code"));
        assert!(html.contains("data-copy-text=\"GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ\""));
        assert!(html.contains("inputmode=\"numeric\"") && html.contains("autocomplete=\"one-time-code\""));
        assert!(html.contains(">Log out</button>"));
        assert!(!html.contains(">Cancel</a>"));
        assert!(page("enroll-again", &account::all()).contains("href=\"/account\">Cancel</a>"));
    }

    #[test]
    fn dark_modules_are_drawn_in_runs() {
        let code = QrCode::new(3, |column, row| row == 1 || column == 2);
        assert_eq!(code.path, "M2 0h1v1h-1zM0 1h3v1h-3zM2 2h1v1h-1z");
    }

    #[test]
    fn secrets_are_shown_in_groups_of_four() {
        let page = Enroll { secret: "GEZDGNBVGY".to_owned(), ..Enroll::default() };
        assert_eq!(page.groups(), ["GEZD", "GNBV", "GY"]);
    }

    #[test]
    fn replacing_asks_for_both_factors() {
        let html = page("replace-authenticator", &account::all());
        assert!(html.contains("<h1>Replace authenticator</h1>"));
        assert!(html.contains(">Password</label>") && html.contains(">Verification code or recovery code</label>"));
        assert!(html.contains(">Continue</button>"));
    }
}
