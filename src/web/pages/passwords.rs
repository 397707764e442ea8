//! Forgotten, reset, changed and first passwords, and the hint that goes with every new one.

use askama::Template;

use super::parts::{Field, Problem};
use super::problems::gather;
use super::shell::{Outside, Shell};

/// `/password/forgot` (portal contract 1.6). Posts `email`; the answer is a status message, the same for everybody.
#[derive(Clone, Debug, Default, Template)]
#[template(path = "passwords/forgot.html")]
pub struct Forgot {
    /// The frame.
    pub outside: Outside,
    /// Address, with the message about an empty one.
    pub email: Field,
}

impl Forgot {
    /// The summary, from the messages of the field.
    pub fn problems(&self) -> Vec<Problem> {
        gather(&[("email", &self.email.errors)])
    }
}

/// `/password/reset/{token}` (portal contract 1.6). Posts `password` and `confirm`.
#[derive(Clone, Debug, Default, Template)]
#[template(path = "passwords/reset.html")]
pub struct Reset {
    /// The frame.
    pub outside: Outside,
    /// Where the form goes: the address of this page.
    pub action: String,
    /// The secret of the link, by which the hint while typing knows whose password it is.
    pub link: String,
    /// Messages about the new password.
    pub password_errors: Vec<String>,
    /// Messages about its repetition.
    pub confirm_errors: Vec<String>,
    /// The rules under the password.
    pub hint: StrengthHint,
}

impl Reset {
    /// The summary, from the messages of the fields.
    pub fn problems(&self) -> Vec<Problem> {
        gather(&[("password", &self.password_errors), ("confirm", &self.confirm_errors)])
    }
}

/// `/account/password` as "Change Password" (portal contract 1.6). Posts `current`, `password` and `confirm`.
#[derive(Clone, Debug, Default, Template)]
#[template(path = "passwords/change.html")]
pub struct Change {
    /// The frame.
    pub shell: Shell,
    /// The person's address, for password keepers; it is not sent.
    pub email: String,
    /// Messages about the current password; the text of a lock as well.
    pub current_errors: Vec<String>,
    /// Messages about the new password.
    pub password_errors: Vec<String>,
    /// Messages about its repetition.
    pub confirm_errors: Vec<String>,
    /// The rules under the password.
    pub hint: StrengthHint,
}

impl Change {
    /// The summary, from the messages of the fields.
    pub fn problems(&self) -> Vec<Problem> {
        gather(&[
            ("current", &self.current_errors),
            ("password", &self.password_errors),
            ("confirm", &self.confirm_errors),
        ])
    }
}

/// `/account/password` while a change is due after a temporary password (portal contract 1.6, 3.6). Posts `password` and
/// `confirm`, and `name` when it asks for one. Nothing else can be opened, so the frame has no navigation.
#[derive(Clone, Debug, Default, Template)]
#[template(path = "passwords/choose.html")]
pub struct Choose {
    /// The frame; only the organization, the token and the idle limit are used.
    pub shell: Shell,
    /// The person's address, for password keepers; it is not sent.
    pub email: String,
    /// The field "Name", prefilled if known; absent for somebody who is not new.
    pub name: Option<Field>,
    /// Messages about the new password.
    pub password_errors: Vec<String>,
    /// Messages about its repetition.
    pub confirm_errors: Vec<String>,
    /// The rules under the password.
    pub hint: StrengthHint,
    /// Setting up multi-factor authentication follows.
    pub mfa_follows: bool,
}

impl Choose {
    /// The summary, from the messages of the fields.
    pub fn problems(&self) -> Vec<Problem> {
        let name = self.name.as_ref().map_or(&[][..], |name| &name.errors);
        gather(&[("name", name), ("password", &self.password_errors), ("confirm", &self.confirm_errors)])
    }
}

/// What stands under a new password: its rules, and once something is typed how well it does. On its own it is the answer
/// to `POST /password/strength`, which a password field sends with all fields of its form while somebody types.
#[derive(Clone, Debug, Default, Template)]
#[template(path = "passwords/strength.html")]
pub struct StrengthHint {
    /// Filled bars, 0 to 4.
    pub bars: u8,
    /// "Too short", "Weak", "Fair", "Strong" or "Very strong"; empty while nothing is typed.
    pub word: String,
    /// What the password must be.
    pub rules: Vec<Rule>,
}

/// One rule a new password has to meet.
#[derive(Clone, Debug, Default)]
pub struct Rule {
    /// "At least 12 characters".
    pub text: String,
    /// Absent while nothing is typed.
    pub met: Option<bool>,
    /// Fewest characters, for the one rule that script checks at once.
    pub shortest: Option<usize>,
}

impl StrengthHint {
    /// The rules alone. `shortest` is the installation's minimum in code points; `replaces` says that there is a password
    /// to differ from.
    pub fn rules(shortest: usize, replaces: bool) -> Self {
        let rule = |text: &str| Rule { text: text.to_owned(), ..Rule::default() };
        let mut rules = vec![
            Rule { text: format!("At least {shortest} characters"), met: None, shortest: Some(shortest) },
            rule("Not a common password"),
            rule("Without your name, email or organization"),
        ];
        if replaces {
            rules.push(rule("Not the password you are using now"));
        }
        Self { rules, ..Self::default() }
    }

    /// The rules with a verdict on each, in the order of [`StrengthHint::rules`].
    #[must_use]
    pub fn measured(mut self, bars: u8, word: &str, met: &[bool]) -> Self {
        self.bars = bars.min(4);
        word.clone_into(&mut self.word);
        for (rule, met) in self.rules.iter_mut().zip(met) {
            rule.met = Some(*met);
        }
        self
    }
}

#[cfg(test)]
mod tests {
    use crate::web::pages::samples::{page, signed_out};

    #[test]
    fn forgotten_passwords_ask_for_an_address() {
        let html = page("forgot", &signed_out::all());
        assert!(html.contains("<h1>Forgot your password?</h1>"));
        assert!(html.contains(">Send link</button>"));
        let sent = page("forgot-sent", &signed_out::all());
        assert!(sent.contains("If an account exists for that address, we sent a link to it."));
    }

    #[test]
    fn a_reset_and_a_due_change_do_not_ask_for_the_old_password() {
        for (name, button) in [("reset", "Save password"), ("choose-password", "Save")] {
            let html = page(name, &signed_out::all());
            assert!(html.contains("<h1>Choose a new password</h1>"), "{name}");
            assert!(html.contains(">New password</label>") && html.contains(">Confirm new password</label>"));
            assert!(!html.contains("Current password"));
            assert!(html.contains(&format!(">{button}</button>")), "{name}");
            assert_eq!(html.matches("autocomplete=\"new-password\"").count(), 2);
        }
    }

    #[test]
    fn a_due_change_asks_new_people_for_their_name() {
        let html = page("choose-password", &signed_out::all());
        assert!(html.contains("You logged in with a temporary password."));
        assert!(html.contains("for=\"name\">Name</label>"));
        assert!(html.contains(">Log out</button>"));
        let known = page("choose-password-known", &signed_out::all());
        assert!(!known.contains("id=\"name\""));
    }

    #[test]
    fn every_unmet_rule_is_listed() {
        let html = page("change-password-failed", &signed_out::all());
        assert!(html.contains("<title>Error: Change Password - Rollcall</title>"));
        assert!(html.contains("<a href=\"#password\">Use at least 12 characters.</a>"));
        assert!(html.contains("<a href=\"#password\">This password is too common.</a>"));
    }

    #[test]
    fn the_hint_shows_rules_first_and_verdicts_later() {
        let idle = page("change-password", &signed_out::all());
        assert!(idle.contains("Not the password you are using now"));
        assert!(!idle.contains("rule-met") && !idle.contains("rule-unmet"));
        let fragment = page("fragment-strength", &signed_out::all());
        assert!(fragment.contains("Fair"));
        assert_eq!(fragment.matches("rule-met").count(), 2);
        assert_eq!(fragment.matches("rule-unmet").count(), 1);
    }
}
