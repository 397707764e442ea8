//! Recovery codes: shown and renewed only after the password, as the answer to its form.

use askama::Template;

use crate::web::pages::parts::{Problem, When};
use crate::web::pages::problems::gather;
use crate::web::pages::shell::Shell;

/// The password form before recovery codes are shown or renewed (portal contract 4.4). Posts `password`.
#[derive(Clone, Debug, Default, Template)]
#[template(path = "account/confirm_password.html")]
pub struct ConfirmPassword {
    /// The frame.
    pub shell: Shell,
    /// Renew the codes instead of showing them.
    pub renew: bool,
    /// Messages about the password; the text of a lock as well.
    pub password_errors: Vec<String>,
}

impl ConfirmPassword {
    /// The heading, and the last of the breadcrumbs.
    pub fn heading(&self) -> &'static str {
        if self.renew { "Generate new recovery codes" } else { "Show Recovery Code" }
    }

    /// The summary, from the messages of the field.
    pub fn problems(&self) -> Vec<Problem> {
        gather(&[("password", &self.password_errors)])
    }
}

/// "Recovery codes": the answer to [`ConfirmPassword`].
#[derive(Clone, Debug, Default, Template)]
#[template(path = "account/recovery_codes.html")]
pub struct RecoveryCodes {
    /// The frame.
    pub shell: Shell,
    /// Address of the account, for the printed sheet.
    pub email: String,
    /// When they are shown, for the printed sheet.
    pub shown_at: When,
    /// The ten codes, in a fixed order.
    pub codes: Vec<RecoveryCode>,
}

/// One recovery code.
#[derive(Clone, Debug, Default)]
pub struct RecoveryCode {
    /// `XXXXX-XXXXX`.
    pub code: String,
    /// Date it was used, as `2025-11-12`.
    pub used: Option<String>,
}

impl RecoveryCodes {
    /// Codes that still work.
    pub fn left(&self) -> usize {
        self.codes.iter().filter(|code| code.used.is_none()).count()
    }

    /// The codes that still work, one on each line, for the clipboard.
    pub fn unused(&self) -> String {
        let unused: Vec<&str> =
            self.codes.iter().filter(|code| code.used.is_none()).map(|code| code.code.as_str()).collect();
        unused.join("\n")
    }
}

#[cfg(test)]
mod tests {
    use crate::web::pages::samples::{account, page};

    #[test]
    fn the_password_comes_first() {
        let show = page("show-codes", &account::all());
        assert!(show.contains("<h1>Show Recovery Code</h1>"));
        assert!(show.contains(">Confirm</button>") && show.contains("href=\"/account\">Cancel</a>"));
        assert!(show.contains("action=\"/account/recovery-codes\""));
        let renew = page("renew-codes", &account::all());
        assert!(renew.contains("action=\"/account/recovery-codes/new\""));
        assert!(renew.contains(">Generate</button>"));
        let failed = page("show-codes-failed", &account::all());
        assert!(failed.contains("<a href=\"#password\">The password is incorrect.</a>"));
    }

    #[test]
    fn ten_codes_are_listed_and_used_ones_are_struck() {
        let html = page("recovery-codes", &account::all());
        assert!(html.contains("<h1 id=\"codes-title\">Recovery codes</h1>"));
        assert_eq!(html.matches("<li class=\"code").count(), 10);
        assert!(html.contains("<s>BX6J4-R3FCP</s> (used 2025-09-12)"));
        assert!(html.contains("Each code works once. Keep them where you keep your passwords."));
        assert!(html.contains("href=\"/account/recovery-codes/new\">"));
        let copied = html.split("data-copy-text=\"").nth(1).unwrap().split('"').next().unwrap();
        assert_eq!(copied.lines().count(), 8);
        assert!(!copied.contains("BX6J4"));
    }
}
