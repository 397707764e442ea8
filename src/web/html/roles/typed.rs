//! The form of a custom role as it was typed, read back level by level.

use std::collections::HashMap;

use super::is_provisioned;
use crate::{
    domain::{
        pages::{Level, Page},
        roles::{Access, AccountRole, ApplicationRole},
        text::{self, RoleDescription, RoleName},
    },
    flows::roles::Wanted,
    policy::Actor,
    store::{RoleWords, StoredRole},
    web::pages::parts::Problem,
};

/// The fields of the form: pages under their keys.
pub(super) type Fields = Vec<(String, String)>;

/// The form as typed.
#[derive(Debug, Clone, Default)]
pub(super) struct Typed {
    pub(super) name: String,
    pub(super) description: String,
    pub(super) version: String,
    /// Level of each page on the form, as sent.
    pub(super) levels: HashMap<Page, String>,
    /// The preview that was looked at, as the form remembers it.
    pub(super) seen: String,
    /// Asks for a preview and saves nothing; "aside" asks for that part of the page alone.
    pub(super) preview: Option<String>,
}

impl Typed {
    pub(super) fn read(fields: Fields) -> Self {
        let mut typed = Self::default();
        for (field, value) in fields {
            match field.as_str() {
                "name" => typed.name = value,
                "description" => typed.description = value,
                "version" => typed.version = value,
                "seen" => typed.seen = value,
                "preview" => typed.preview = Some(value),
                other => {
                    if let Ok(page) = other.parse() {
                        typed.levels.insert(page, value);
                    }
                }
            }
        }
        typed
    }

    pub(super) fn of(stored: &StoredRole) -> Self {
        Self {
            name: stored.role.name.clone(),
            description: stored.description.clone(),
            version: stored.version.to_string(),
            ..Self::default()
        }
    }

    /// The level asked for: as sent, or as it is where the form says nothing.
    pub(super) fn level(&self, page: Page, now: &Access) -> Level {
        self.levels.get(&page).and_then(|level| level.parse().ok()).unwrap_or_else(|| now.level(page))
    }

    pub(super) fn access(&self, now: &Access) -> Access {
        Access::from_fn(|page| self.level(page, now))
    }

    /// A page whose level it does not offer, or a page the organization does not have.
    fn forged(&self, actor: &Actor, now: &Access) -> Vec<Page> {
        let is_wrong = |page: &Page| {
            let Some(sent) = self.levels.get(page) else { return false };
            let level = sent.parse::<Level>();
            let is_offered = level.as_ref().is_ok_and(|level| page.offered().contains(level));
            let is_same = level.is_ok_and(|level| level == now.level(*page));
            !is_offered || !is_same && !is_provisioned(actor, page.application())
        };
        Page::ALL.iter().copied().filter(is_wrong).collect()
    }

    /// What the form asks for, or what is wrong with it at which field.
    pub(super) fn wanted(&self, actor: &Actor, now: &Access) -> Result<Wanted, Vec<Problem>> {
        let mut problems = Vec::new();
        let name = RoleName::parse(&self.name).map_err(|error| problems.push(problem("name", &error.to_string())));
        if let Ok(name) = &name
            && is_default_name(name.as_str())
        {
            problems.push(taken());
        }
        let description = RoleDescription::parse(&self.description)
            .map_err(|error| problems.push(problem("description", &error.to_string())));
        for page in self.forged(actor, now) {
            problems.push(problem(&first_radio(page), "Choose one of the listed levels."));
        }
        let access = self.access(now);
        if problems.is_empty() && access.is_nothing() {
            problems.push(opens_nothing());
        }
        match (name, description) {
            (Ok(name), Ok(description)) if problems.is_empty() => {
                let words = RoleWords { name, description };
                // A version that cannot be read is older than any.
                let version = self.version.parse().unwrap_or(-1);
                Ok(Wanted { words, access, version, seen: self.seen.clone() })
            }
            _ => Err(problems),
        }
    }
}

/// Whether a role of this name comes with the product.
fn is_default_name(name: &str) -> bool {
    let name = text::fold(name);
    let labels = ApplicationRole::ALL.iter().map(|role| role.label());
    labels.chain(AccountRole::ALL.iter().map(|role| role.label())).any(|label| text::fold(label) == name)
}

pub(super) fn problem(field: &str, message: &str) -> Problem {
    Problem { field: field.to_owned(), message: message.to_owned() }
}

pub(super) fn taken() -> Problem {
    problem("name", "A role with this name already exists.")
}

pub(super) fn opens_nothing() -> Problem {
    problem("levels", "Give access to at least one page.")
}

/// Id of the control a message about a page leads to.
fn first_radio(page: Page) -> String {
    format!("level-{}", page.key().replace('.', "-"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_default_roles_are_taken_whatever_the_case() {
        for name in ["Callback Viewer", "callback VIEWER", "Administrator"] {
            assert!(is_default_name(name), "{name}");
        }
        assert!(!is_default_name("Night shift lead"));
    }

    #[test]
    fn a_form_says_levels_by_page_key_and_what_it_leaves_out_stays() {
        let fields = [("name", "X"), ("callback.exports", "most"), ("csrf", "t"), ("nonsense", "all")];
        let typed = Typed::read(fields.map(|(name, value)| (name.to_owned(), value.to_owned())).to_vec());
        let now = Access::from_levels([(Page::Alerts, Level::View)]);
        let access = typed.access(&now);
        assert_eq!(access.level(Page::Exports), Level::Most);
        assert_eq!(access.level(Page::Alerts), Level::View);
        assert_eq!(access.level(Page::Webhooks), Level::None);
    }
}
