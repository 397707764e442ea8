//! Changing one's own address, which holds once the new one is confirmed.

use askama::Template;

use crate::web::pages::parts::{Field, Problem};
use crate::web::pages::problems::gather;
use crate::web::pages::shell::{Outside, Shell};

/// `/account/email`: "Change Email" (portal contract 1.7). Posts `email` and `password`.
#[derive(Clone, Debug, Default, Template)]
#[template(path = "account/change_email.html")]
pub struct ChangeEmail {
    /// The frame.
    pub shell: Shell,
    /// Address in force.
    pub current: String,
    /// The new one.
    pub email: Field,
    /// Messages about the password; the text of a lock as well.
    pub password_errors: Vec<String>,
}

impl ChangeEmail {
    /// The summary, from the messages of the fields.
    pub fn problems(&self) -> Vec<Problem> {
        gather(&[("email", &self.email.errors), ("password", &self.password_errors)])
    }
}

/// `/account/email/confirm/{token}`: opening the link changes nothing, its button does.
#[derive(Clone, Debug, Default, Template)]
#[template(path = "account/confirm_email.html")]
pub struct ConfirmEmail {
    /// The frame.
    pub outside: Outside,
    /// Where the form goes: the address of this page.
    pub action: String,
    /// The new address.
    pub email: String,
}

#[cfg(test)]
mod tests {
    use crate::web::pages::samples::{account, page};

    #[test]
    fn a_new_address_needs_the_password() {
        let html = page("change-email", &account::all());
        assert!(html.contains("<h1>Change Email</h1>"));
        assert!(html.contains(">New email</label>") && html.contains(">Current password</label>"));
        assert!(html.contains(">Submit</button>"));
        let failed = page("change-email-failed", &account::all());
        assert!(failed.contains("<a href=\"#email\">Enter a valid email address.</a>"));
        assert!(failed.contains("<a href=\"#password\">The password is incorrect.</a>"));
        assert!(failed.contains("value=\"hannah@\""));
    }

    #[test]
    fn the_mailed_link_shows_a_button() {
        let html = page("confirm-email", &account::all());
        assert!(html.contains("h.becker@brightwater.example"));
        assert!(html.contains("method=\"post\""));
    }
}
