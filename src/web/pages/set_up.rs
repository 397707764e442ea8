//! `/setup`: the first run, which makes the first super admin and the first organization.

use askama::Template;

use super::parts::{Field, Problem};
use super::passwords::StrengthHint;
use super::problems::gather;
use super::shell::Outside;

/// The page "Set up Rollcall" (portal contract 1.1). Posts `code`, `organization`, `name`, `email`, `password` and
/// `confirm` to `/setup`.
#[derive(Clone, Debug, Default, Template)]
#[template(path = "set_up/show.html")]
pub struct SetUp {
    /// The frame; the card is wide.
    pub outside: Outside,
    /// Setup code, filled in only by the link in the server log; emptied after a rejected form.
    pub code: Field,
    /// Name of the first organization.
    pub organization: Field,
    /// Name of the super admin.
    pub name: Field,
    /// Their address.
    pub email: Field,
    /// Messages about the password.
    pub password_errors: Vec<String>,
    /// Messages about its repetition.
    pub confirm_errors: Vec<String>,
    /// The rules under the password.
    pub hint: StrengthHint,
}

impl SetUp {
    /// The summary, from the messages of the fields.
    pub fn problems(&self) -> Vec<Problem> {
        gather(&[
            ("code", &self.code.errors),
            ("organization", &self.organization.errors),
            ("name", &self.name.errors),
            ("email", &self.email.errors),
            ("password", &self.password_errors),
            ("confirm", &self.confirm_errors),
        ])
    }
}

#[cfg(test)]
mod tests {
    use crate::web::pages::samples::{page, signed_out};

    #[test]
    fn the_form_has_the_names_of_the_contract() {
        let html = page("set-up", &signed_out::all());
        assert!(html.contains("<h1>Set up Rollcall</h1>"));
        for (id, label) in [
            ("code", "Setup code"),
            ("organization", "Organization name"),
            ("name", "Name"),
            ("email", "Email"),
            ("password", "Password"),
            ("confirm", "Confirm password"),
        ] {
            assert!(html.contains(&format!("<label class=\"label\" for=\"{id}\">{label}</label>")), "{label}");
            assert!(html.contains(&format!("id=\"{id}\" name=\"{id}\"")), "{id}");
        }
        assert!(html.contains(">Create super admin</button>"));
        assert_eq!(html.matches(" required").count(), 6);
    }

    #[test]
    fn a_rejected_form_keeps_what_was_typed_but_no_password() {
        let html = page("set-up-failed", &signed_out::all());
        assert!(html.contains("<a href=\"#code\">The setup code is incorrect.</a>"));
        assert!(html.contains("value=\"Brightwater Energy\""));
        for field in html.split("<input").filter(|field| field.contains("type=\"password\"")) {
            assert!(!field.split('>').next().unwrap().contains("value="));
        }
    }
}
