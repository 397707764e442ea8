//! The small things pages are made of, one struct for each macro of `templates/components`.

/// A picture of initials in one of eight hues.
#[derive(Clone, Debug, Default)]
pub struct Avatar {
    /// One or two letters.
    pub initials: String,
    /// 0 to 7.
    pub hue: u8,
    /// Invited and still without a name: an envelope in a dashed circle.
    pub invited: bool,
}

impl Avatar {
    /// The avatar of the user `id`: the hue depends on the id alone, so that a new name keeps it.
    pub fn new(id: &str, name: &str) -> Self {
        let hash = id.bytes().fold(0x811c_9dc5_u32, |hash, byte| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193));
        Self { initials: initials(name), hue: u8::try_from((hash ^ (hash >> 16)) % 8).unwrap_or(0), invited: false }
    }

    /// The avatar of somebody invited who has no name yet.
    pub fn invited() -> Self {
        Self { invited: true, ..Self::default() }
    }
}

/// First letters of the first and last word, in capitals; two letters of a single word.
pub fn initials(name: &str) -> String {
    let mut words = name.split_whitespace();
    let letters: String = match (words.next(), words.next_back()) {
        (Some(first), Some(last)) => first.chars().take(1).chain(last.chars().take(1)).collect(),
        (Some(only), None) => only.chars().take(2).collect(),
        _ => String::new(),
    };
    letters.to_uppercase()
}

/// A role in a list: level glyph (or the diamond of custom roles) and name.
#[derive(Clone, Debug, Default)]
pub struct RoleChip {
    /// Full name, such as "Callback Administrator".
    pub name: String,
    /// Bars of the glyph: 0 none, 1 view, 2 edit, 3 full.
    pub level: u8,
    /// Made by the organization.
    pub custom: bool,
}

/// A piece of a chip's text; a cut piece is there for assistive technology and copying, but not drawn.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChipPart<'a> {
    /// The text.
    pub text: &'a str,
    /// Not drawn.
    pub cut: bool,
}

impl RoleChip {
    /// The name in pieces: a chip leaves out the end of "Administrator" and the long part of an application's name.
    pub fn parts(&self) -> Vec<ChipPart<'_>> {
        let mut rest = self.name.as_str();
        if self.custom {
            return vec![ChipPart { text: rest, cut: false }];
        }
        let whole = |text| ChipPart { text, cut: false };
        let cut = |text| ChipPart { text, cut: true };
        let mut parts = Vec::with_capacity(4);
        if let Some(after) = rest.strip_prefix("Mindful API ") {
            parts.extend([cut("Mindful "), whole("API ")]);
            rest = after;
        } else if let Some(after) = rest.strip_prefix("Platform Management ") {
            parts.extend([whole("Platform "), cut("Management ")]);
            rest = after;
        }
        match rest.strip_suffix("istrator") {
            Some(before) if before.ends_with("Admin") => parts.extend([whole(before), cut("istrator")]),
            _ => parts.push(whole(rest)),
        }
        parts
    }

    /// Something of the name is not drawn.
    pub fn is_cut(&self) -> bool {
        self.parts().iter().any(|part| part.cut)
    }
}

/// A moment, in pieces for `<time>`: shown as `2025-11-20 14:05 UTC`.
#[derive(Clone, Debug, Default)]
pub struct When {
    /// For the `datetime` attribute: `2025-11-20T14:05:00Z`.
    pub iso: String,
    /// `2025-11-20`.
    pub date: String,
    /// `14:05`.
    pub time: String,
}

/// The content of a "Status" cell.
#[derive(Clone, Debug, Default)]
pub struct Status {
    /// `active`, `invited`, `expired` or `disabled`: shape and colour.
    pub kind: &'static str,
    /// "Active", "Invited", "Invitation expired" or "Disabled".
    pub label: String,
    /// End of a running sign-in lock.
    pub locked_until: Option<When>,
    /// The last mail could not be delivered to the mail server.
    pub email_failed: bool,
}

/// One option of a select.
#[derive(Clone, Debug, Default)]
pub struct Choice {
    /// What the form sends.
    pub value: String,
    /// What people read.
    pub label: String,
    /// Chosen now.
    pub selected: bool,
}

/// Options of a select under a common title; an empty title leaves them ungrouped.
#[derive(Clone, Debug, Default)]
pub struct ChoiceGroup {
    /// Title of the `optgroup`.
    pub label: String,
    /// Its options.
    pub choices: Vec<Choice>,
}

/// A text field of a form: what was typed, and what is wrong with it.
#[derive(Clone, Debug, Default)]
pub struct Field {
    /// Kept after a rejected form.
    pub value: String,
    /// Messages, in order.
    pub errors: Vec<String>,
}

/// One line of the summary over a rejected form.
#[derive(Clone, Debug, Default)]
pub struct Problem {
    /// Id of the control it leads to; empty for a refusal that no field caused.
    pub field: String,
    /// The message of the contract.
    pub message: String,
}

/// The group "Roles" of Invite Users and Edit User.
#[derive(Clone, Debug, Default)]
pub struct RolePicker {
    /// The radio group "Account role"; empty when the person filling in the form may not change it.
    pub account_roles: Vec<RoleOption>,
    /// One group of checkboxes per application, custom roles last.
    pub groups: Vec<RoleGroup>,
    /// Roles the person has that cannot be changed here.
    pub kept: Vec<KeptRole>,
    /// Why something cannot be changed, such as "You cannot change your own roles."; may be empty.
    pub note: String,
    /// Messages about the choice.
    pub errors: Vec<String>,
}

/// A role that stays as it is.
#[derive(Clone, Debug, Default)]
pub struct KeptRole {
    /// The role.
    pub chip: RoleChip,
    /// As [`RoleOption::grants`].
    pub grants: String,
}

/// The roles of one application, or the custom roles.
#[derive(Clone, Debug, Default)]
pub struct RoleGroup {
    /// The application's label, or "Custom roles".
    pub label: String,
    /// Its roles.
    pub options: Vec<RoleOption>,
}

/// One radio or checkbox of the role picker. Its accessible name is `prefix` and `label` together.
#[derive(Clone, Debug, Default)]
pub struct RoleOption {
    /// The role's id, sent as `account_role` or `role`.
    pub value: String,
    /// The part of the name that the group already says, such as "Callback"; may be empty.
    pub prefix: String,
    /// The drawn part of the name, such as "Manager".
    pub label: String,
    /// Bars of the glyph: 0 to 3.
    pub level: u8,
    /// Drawn with the diamond of custom roles.
    pub custom: bool,
    /// Chosen now.
    pub checked: bool,
    /// Pages the role opens, for the preview: `callback.exports=3 callback.alerts=1`, levels 0 to 4. May be empty.
    pub grants: String,
}

/// What somebody can do, page by page: the aside of the user pages.
#[derive(Clone, Debug, Default)]
pub struct Access {
    /// Title, such as "What Priya can do".
    pub title: String,
    /// Line under it, such as "And which role allows it".
    pub lead: String,
    /// Applications with their pages.
    pub groups: Vec<AccessGroup>,
    /// What the form remembers of this preview; empty when it shows what is in force.
    pub seen: String,
}

impl Access {
    /// The pages on which some role gives more, with their application.
    pub fn more(&self) -> Vec<(&str, &AccessPage)> {
        let all = self.groups.iter().flat_map(|group| group.pages.iter().map(|page| (group.label.as_str(), page)));
        all.filter(|(_, page)| !page.more.is_empty()).collect()
    }
}

/// The pages of one application.
#[derive(Clone, Debug, Default)]
pub struct AccessGroup {
    /// The application's label.
    pub label: String,
    /// "16 of 17 pages".
    pub count: String,
    /// Unfolded at first.
    pub open: bool,
    /// Its pages.
    pub pages: Vec<AccessPage>,
}

/// One page and the level somebody has on it.
#[derive(Clone, Debug, Default)]
pub struct AccessPage {
    /// Page key, such as `callback.exports`.
    pub key: String,
    /// Page label, such as "Exports".
    pub label: String,
    /// Level 0 to 4.
    pub level: u8,
    /// Label of the level on this page, such as "All except Audit reports".
    pub level_label: String,
    /// What qualifies the level; empty where nothing does, or where the label says it.
    pub note: String,
    /// Roles that give it, comma separated; empty for "No access".
    pub from: String,
    /// Roles that give less, with what each would give: "Callback Viewer (View only)".
    pub below: String,
    /// What saving would change about it.
    pub change: Change,
    /// What would give more: "Callback Manager gives All". Empty at the highest level.
    pub more: Vec<String>,
}

/// What a form that is not saved yet would change.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Change {
    /// Nothing.
    #[default]
    None,
    /// More than now.
    Gain,
    /// Less than now.
    Loss,
}

impl Change {
    /// Of a row that shows it.
    pub const fn class(self) -> &'static str {
        match self {
            Self::None => "",
            Self::Gain => " access-gain",
            Self::Loss => " access-loss",
        }
    }
}

impl AccessPage {
    /// The level with what qualifies it.
    pub fn whole_level(&self) -> String {
        if self.note.is_empty() { self.level_label.clone() } else { format!("{} ({})", self.level_label, self.note) }
    }

    /// Bars of the glyph: 0 to 3.
    pub fn bars(&self) -> u8 {
        match self.level {
            0 => 0,
            1 => 1,
            2 | 3 => 2,
            _ => 3,
        }
    }
}

/// A link that removes one filter.
#[derive(Clone, Debug, Default)]
pub struct Pill {
    /// "Role is Callback Manager".
    pub label: String,
    /// The list without this filter.
    pub href: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn initials_come_from_the_first_and_the_last_word() {
        assert_eq!(initials("Amara Okafor"), "AO");
        assert_eq!(initials("Jean van der Berg"), "JB");
        assert_eq!(initials("Madonna"), "MA");
        assert_eq!(initials("  "), "");
    }

    #[test]
    fn a_chip_draws_less_than_it_says() {
        let chip = |name: &str, custom| RoleChip { name: name.to_owned(), level: 3, custom };
        let drawn = |chip: &RoleChip| -> String {
            chip.parts().into_iter().filter(|part| !part.cut).map(|part| part.text).collect()
        };
        let said = |chip: &RoleChip| -> String { chip.parts().into_iter().map(|part| part.text).collect() };
        for (name, short) in [
            ("Platform Management Administrator", "Platform Admin"),
            ("Mindful API Viewer", "API Viewer"),
            ("Administrator", "Admin"),
            ("Callback Manager", "Callback Manager"),
        ] {
            assert_eq!(drawn(&chip(name, false)), short);
            assert_eq!(said(&chip(name, false)), name);
        }
        assert!(!chip("Night Administrator", true).is_cut());
    }

    #[test]
    fn an_avatar_keeps_its_hue_when_the_name_changes() {
        let before = Avatar::new("0198c0de-0000-7000-8000-000000000001", "Ana Lima");
        let after = Avatar::new("0198c0de-0000-7000-8000-000000000001", "Ana Souza");
        assert_eq!(before.hue, after.hue);
        assert_ne!(before.initials, after.initials);
    }
}

/// An act as an API call.
#[derive(Clone, Debug, Default)]
pub struct Curl {
    /// The command, over several lines.
    pub text: String,
    /// The smallest permission its token needs.
    pub permission: &'static str,
}
