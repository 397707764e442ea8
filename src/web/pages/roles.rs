//! Application Roles: the list, a role's page, and the form of a custom role.

use askama::Template;

use super::parts::{Avatar, Field, Problem, RoleChip};
use super::shell::Shell;
use super::users::{Changed, Revert};

/// `/roles` (portal contract 1.12).
#[derive(Clone, Debug, Default, Template)]
#[template(path = "roles/index.html")]
pub struct Index {
    /// The frame.
    pub shell: Shell,
    /// Offer "Add Role".
    pub may_add: bool,
    /// Custom roles first, then the default roles by application.
    pub rows: Vec<Row>,
}

/// One role of the list.
#[derive(Clone, Debug, Default)]
pub struct Row {
    /// Its key, as in the path.
    pub id: String,
    /// Glyph and name.
    pub chip: RoleChip,
    /// Application, or all of those a custom role opens pages of.
    pub applications: String,
    /// How many memberships have it.
    pub users: i64,
    /// The people who have it; absent where User Management may not be opened.
    pub users_href: Option<String>,
    /// "11 of 35 pages".
    pub pages: String,
    /// Offer "Edit" in place of "View".
    pub may_edit: bool,
    /// Offer "Delete".
    pub may_delete: bool,
}

impl Row {
    /// "Custom" or "Default".
    pub fn kind(&self) -> &'static str {
        if self.chip.custom { "Custom" } else { "Default" }
    }
}

/// `/roles/{id}` of a default role, or for who may not change it (portal contract 1.13).
#[derive(Clone, Debug, Default, Template)]
#[template(path = "roles/show.html")]
pub struct Show {
    /// The frame.
    pub shell: Shell,
    /// Glyph and name.
    pub chip: RoleChip,
    /// Why something was refused.
    pub problems: Vec<Problem>,
    /// What it is for; may be empty.
    pub description: String,
    /// "7 people have this role."
    pub lead: String,
    /// The people who have it.
    pub users_href: Option<String>,
    /// "Duplicate", for who may add roles.
    pub duplicate_href: Option<String>,
    /// The role's own pages.
    pub pages: Vec<PageRow>,
}

/// One page a role is about.
#[derive(Clone, Debug, Default)]
pub struct PageRow {
    /// Label of the application.
    pub application: String,
    /// Label of the page.
    pub page: String,
    /// Bars of the glyph: 0 to 3.
    pub bars: u8,
    /// Label of the level on this page, with its qualifying note.
    pub level: String,
}

/// The form of a custom role: `/roles/new` and `/roles/{id}`.
#[derive(Clone, Debug, Default, Template)]
#[template(path = "roles/edit.html")]
pub struct Edit {
    /// The frame.
    pub shell: Shell,
    /// The role's id; empty for a new one.
    pub id: String,
    /// "Add Role", or the role's name.
    pub heading: String,
    /// "7 people. Last changed by Hannah Becker, 2025-11-20 10:14 UTC."; empty for a new one.
    pub lead: String,
    /// Version the form was made from.
    pub version: String,
    /// What was wrong, if anything.
    pub problems: Vec<Problem>,
    /// Somebody else was faster.
    pub conflict: Option<Conflict>,
    /// The form is filled with what was there before a change.
    pub revert: Option<Revert>,
    /// "Role name".
    pub name: Field,
    /// "Description".
    pub description: Field,
    /// One for each application the organization has.
    pub groups: Vec<LevelGroup>,
    /// "Duplicate", for who may add roles; absent for a new one.
    pub duplicate_href: Option<String>,
    /// Offer "Delete".
    pub may_delete: bool,
    /// Who gains and who loses; absent for a new role.
    pub effect: Option<Effect>,
}

/// The table "What changed".
#[derive(Clone, Debug, Default)]
pub struct Conflict {
    /// Who changed the role, and when.
    pub message: String,
    /// Only the fields that differ.
    pub fields: Vec<Changed>,
}

/// The pages of one application.
#[derive(Clone, Debug, Default)]
pub struct LevelGroup {
    /// Key of the application.
    pub key: String,
    /// Its label.
    pub label: String,
    /// Its pages.
    pub pages: Vec<LevelRow>,
}

impl LevelGroup {
    /// The columns whose level can be set for all pages at once: value and title.
    pub const fn all_levels(&self) -> [(&'static str, &'static str); 5] {
        [("none", "No access"), ("view", "View"), ("edit", "Edit"), ("most", "Most"), ("all", "All")]
    }
}

/// The radio group of one page.
#[derive(Clone, Debug, Default)]
pub struct LevelRow {
    /// Page key: the field's name.
    pub key: String,
    /// Page label.
    pub label: String,
    /// Where a level means something special, such as "Most: All except Audit reports".
    pub note: String,
    /// What the role gives now, in words.
    pub was: String,
    /// The form has another level than what the role gives now.
    pub changed: bool,
    /// One for each of the five columns; absent where the page does not offer the level.
    pub levels: Vec<Option<LevelChoice>>,
    /// Messages about the choice.
    pub errors: Vec<String>,
}

/// One radio of a page.
#[derive(Clone, Debug, Default)]
pub struct LevelChoice {
    /// What the form sends.
    pub value: &'static str,
    /// Its name: the label of the level on this page.
    pub label: &'static str,
    /// Bars of the glyph: 0 to 3.
    pub bars: u8,
    /// Chosen now.
    pub checked: bool,
}

impl LevelRow {
    /// Id of the group, for labels and messages.
    pub fn id(&self) -> String {
        format!("level-{}", self.key.replace('.', "-"))
    }
}

/// "If you save": who gains and who loses.
#[derive(Clone, Debug, Default, Template)]
#[template(path = "roles/_effect.html")]
pub struct Effect {
    /// How many gain something.
    pub gain: u64,
    /// How many lose something.
    pub lose: u64,
    /// How many of those who have the role keep exactly what they can do.
    pub unchanged: u64,
    /// How many of them gain or lose.
    pub affected: u64,
    /// In a sentence for each page: "3 people gain Smart Rules: All".
    pub lines: Vec<EffectLine>,
    /// The first people with what changes for them.
    pub people: Vec<EffectPerson>,
    /// How many gain or lose beyond those.
    pub more: u64,
    /// "All 7 people", and the list of everybody who has the role.
    pub everybody: Option<(String, String)>,
    /// Who keeps what the role gives no more, who has nothing now, or what to do first.
    pub notes: Vec<String>,
    /// What the form remembers of it; empty while nothing would change.
    pub seen: String,
}

impl askama::filters::HtmlSafe for Effect {}

/// One page of the preview.
#[derive(Clone, Debug, Default)]
pub struct EffectLine {
    /// More than before, or less.
    pub gain: bool,
    /// The sentence.
    pub text: String,
}

/// One person of the preview.
#[derive(Clone, Debug, Default)]
pub struct EffectPerson {
    /// Picture.
    pub avatar: Avatar,
    /// Name or address.
    pub person: String,
    /// What changes, page by page.
    pub lines: Vec<EffectLine>,
}
