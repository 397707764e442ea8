//! The list of organizations, and the choice of the one the portal shows.

use askama::Template;

use super::parts::{Field, Problem};
use super::problems::gather;
use super::shell::Shell;
use super::users::Changed;

/// `/organizations` (portal contract 1.14).
#[derive(Clone, Debug, Default, Template)]
#[template(path = "organizations/index.html")]
pub struct Index {
    /// The frame.
    pub shell: Shell,
    /// "6 organizations, 1,020 people."; may be empty.
    pub lead: String,
    /// Offer "Add Organization".
    pub may_add: bool,
    /// One row for each organization.
    pub rows: Vec<Row>,
}

/// One organization of the list.
#[derive(Clone, Debug, Default)]
pub struct Row {
    /// The organization's id.
    pub id: String,
    /// Name.
    pub name: String,
    /// One or two letters, see [`super::parts::initials`].
    pub initials: String,
    /// Second line, such as the slug; may be empty.
    pub note: String,
    /// Seats taken.
    pub users: u32,
    /// Seats there are; absent: no limit.
    pub limit: Option<u32>,
    /// Multi-factor authentication is required.
    pub mfa: bool,
    /// "236 of 248 set up"; may be empty.
    pub mfa_note: String,
    /// A government organization.
    pub government: bool,
    /// May be opened, read-only or to change it.
    pub opens: Option<Opens>,
    /// Offer to make it the current one.
    pub may_switch: bool,
    /// It is the current one.
    pub current: bool,
}

/// `/organizations/new` and `/organizations/{id}` (portal contract 1.14): a form for Server Administrators, the same facts
/// as text for an Administrator.
#[derive(Clone, Debug, Default, Template)]
#[template(path = "organizations/show.html")]
pub struct Show {
    /// The frame.
    pub shell: Shell,
    /// Its id; empty for a new one.
    pub id: String,
    /// "Add Organization", or the organization's name.
    pub heading: String,
    /// Show the facts, not the form.
    pub read_only: bool,
    /// Version the form was made from.
    pub version: String,
    /// What was wrong, if anything.
    pub problems: Vec<Problem>,
    /// Somebody else was faster.
    pub conflict: Option<Conflict>,
    /// "Name".
    pub name: Field,
    /// "Require multi-factor authentication".
    pub mfa: bool,
    /// What requiring it, or not, means for how many people; empty for a new one.
    pub mfa_note: String,
    /// "Government organization".
    pub government: bool,
    /// "User limit".
    pub user_limit: Field,
    /// "Analyst limit".
    pub analyst_limit: Field,
    /// Seats in use; absent for a new one.
    pub usage: Vec<Usage>,
    /// "Applications".
    pub applications: Vec<ApplicationChoice>,
}

/// One limit and what is used of it.
#[derive(Clone, Debug, Default)]
pub struct Usage {
    /// "Users" or "Analysts".
    pub label: &'static str,
    /// In use.
    pub used: u32,
    /// The limit, if there is one.
    pub limit: Option<u32>,
}

impl Usage {
    /// "12 of 50", or "12" without a limit.
    pub fn text(&self) -> String {
        self.row().seats()
    }

    /// A word beside it when few or none are left.
    pub fn note(&self) -> &'static str {
        self.row().seats_note()
    }

    /// Where the meter turns to a warning.
    pub fn low(&self) -> u32 {
        self.row().low()
    }

    fn row(&self) -> Row {
        Row { users: self.used, limit: self.limit, ..Row::default() }
    }
}

/// One application that can be provisioned.
#[derive(Clone, Debug, Default)]
pub struct ApplicationChoice {
    /// Its key.
    pub value: &'static str,
    /// Its label.
    pub label: &'static str,
    /// Provisioned.
    pub checked: bool,
    /// Every organization has it.
    pub fixed: bool,
}

/// The table "What changed".
#[derive(Clone, Debug, Default)]
pub struct Conflict {
    /// Who changed it, and when.
    pub message: String,
    /// Only the fields that differ.
    pub fields: Vec<Changed>,
}

/// What opening an organization allows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Opens {
    /// Its facts, as text.
    View,
    /// Its form.
    Edit,
}

impl Row {
    /// "12 of 50", or "12" without a limit.
    pub fn seats(&self) -> String {
        match self.limit {
            Some(limit) => format!("{} of {limit}", self.users),
            None => self.users.to_string(),
        }
    }

    /// A word beside the seats when few or none are left.
    pub fn seats_note(&self) -> &'static str {
        match self.limit {
            Some(limit) if self.users >= limit => "Full",
            Some(limit) if self.users > below(limit) => "Nearly full",
            _ => "",
        }
    }

    /// Where the meter turns to a warning: just below nine tenths of `limit`.
    pub fn low(&self) -> u32 {
        self.limit.map_or(0, below)
    }
}

fn below(limit: u32) -> u32 {
    limit.saturating_sub(limit / 10).saturating_sub(1)
}

/// `/organizations/switch`: "Change Organization" (portal contract 1.14). Posts `organization`.
#[derive(Clone, Debug, Default, Template)]
#[template(path = "organizations/switch.html")]
pub struct Switch {
    /// The frame.
    pub shell: Shell,
    /// Organizations that can be chosen.
    pub choices: Vec<SwitchChoice>,
    /// Messages about the choice.
    pub errors: Vec<String>,
}

/// One organization that can be chosen.
#[derive(Clone, Debug, Default)]
pub struct SwitchChoice {
    /// The organization's id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// One or two letters.
    pub initials: String,
    /// Chosen at first: the current one.
    pub current: bool,
}

impl Switch {
    /// The summary; leads to the first choice.
    pub fn problems(&self) -> Vec<Problem> {
        gather(&[("organization", &self.errors)])
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::web::pages::samples::{organizations, page};

    #[test]
    fn the_list_has_the_columns_and_values_of_the_contract() {
        let html = page("organizations", &organizations::all());
        for column in ["Name", "Users", "MFA", "Government", "Actions"] {
            assert!(html.contains(&format!("role=\"columnheader\">{column}</th>")), "{column}");
        }
        for value in ["248 of 300", ">On<", ">Off<", ">Yes<", ">No<", "Edit Alder &#38; Lowe Insurance"] {
            assert!(html.contains(value), "{value}");
        }
        assert!(html.contains("href=\"/organizations/new\""));
        let own = page("organizations-own", &organizations::all());
        assert!(!own.contains("/organizations/new") && !own.contains("Edit "));
    }

    #[test]
    fn seats_warn_from_nine_tenths() {
        let note = |users, limit| Row { users, limit, ..Row::default() }.seats_note();
        assert_eq!(note(269, Some(300)), "");
        assert_eq!(note(270, Some(300)), "Nearly full");
        assert_eq!(note(300, Some(300)), "Full");
        assert_eq!(note(310, Some(300)), "Full");
        assert_eq!(note(0, Some(1)), "");
        assert_eq!(note(310, None), "");
    }

    #[test]
    fn switching_is_a_radio_group() {
        let html = page("switch", &organizations::all());
        assert!(html.contains("<h1>Change Organization</h1>"));
        assert!(html.contains("role=\"radiogroup\" aria-labelledby=\"organization-label\""));
        assert!(html.contains(">Change Organization</button>"));
        let failed = page("switch-failed", &organizations::all());
        assert!(failed.contains("<a href=\"#organization\">Choose an organization.</a>"));
    }
}
