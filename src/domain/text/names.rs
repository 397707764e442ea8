//! Names of people, organizations, roles and tokens: one cleaning rule (security contract S48,
//! product contract 8.22), several lengths and messages. What has passed is trimmed, composed
//! (NFC) and can be read by a person; it is not escaped, that is the business of each output.

use std::fmt;

use serde::{Deserialize, Serialize};
use unicode_normalization::UnicodeNormalization as _;

use super::fold;

/// Why a text is refused as a name. `Display` is the message of the contract.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NameError {
    /// Nothing a person could see. Holds the message, which differs by field.
    #[error("{0}")]
    Missing(&'static str),
    /// More code points than the field takes. Holds the limit.
    #[error("Use at most {0} characters.")]
    TooLong(usize),
    /// Contains control characters or characters that reverse the reading direction.
    #[error("Remove the characters that cannot be shown.")]
    Unreadable,
}

/// Trims, composes and checks a text against the rule of names.
fn clean(text: &str, longest: usize, missing: &'static str) -> Result<String, NameError> {
    let composed: String = text.trim().nfc().collect();
    if composed.chars().any(is_unreadable) {
        return Err(NameError::Unreadable);
    }
    if composed.chars().all(is_invisible) {
        return Err(NameError::Missing(missing));
    }
    if composed.chars().count() > longest {
        return Err(NameError::TooLong(longest));
    }
    Ok(composed)
}

/// Control characters, the two line ends Unicode keeps outside that class, and the embeddings,
/// overrides and isolates that make a text read differently from what it says. The plain marks
/// (LRM, RLM, ALM) stay allowed: Arabic and Hebrew names need them and they reorder nothing else.
fn is_unreadable(letter: char) -> bool {
    letter.is_control()
        || matches!(letter,
            '\u{2028}' | '\u{2029}' | '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}')
}

/// Characters without a picture of their own: white space, joiners, fillers, selectors, tags.
fn is_invisible(letter: char) -> bool {
    letter.is_whitespace()
        || matches!(letter,
            '\u{00AD}' | '\u{034F}' | '\u{061C}' | '\u{115F}' | '\u{1160}'
            | '\u{17B4}' | '\u{17B5}' | '\u{180B}'..='\u{180F}'
            | '\u{200B}'..='\u{200F}' | '\u{2060}'..='\u{2065}' | '\u{206A}'..='\u{206F}'
            | '\u{2800}' | '\u{3164}' | '\u{FE00}'..='\u{FE0F}' | '\u{FEFF}' | '\u{FFA0}'
            | '\u{E0000}'..='\u{E0FFF}')
}

macro_rules! name_type {
    ($(#[$doc:meta])* $name:ident, $longest:literal, $missing:literal) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(String);

        impl $name {
            /// Longest accepted text, in code points.
            pub const LONGEST: usize = $longest;

            /// Reads the text: trimmed, composed, 1 to [`Self::LONGEST`] code points.
            ///
            /// # Errors
            /// [`NameError`], whose `Display` is the message for the field.
            pub fn parse(text: &str) -> Result<Self, NameError> {
                clean(text, $longest, $missing).map(Self)
            }

            /// The text.
            pub fn as_str(&self) -> &str {
                &self.0
            }

            /// The folded form, for search, order and uniqueness ignoring case.
            pub fn key(&self) -> String {
                fold(&self.0)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl TryFrom<String> for $name {
            type Error = NameError;

            fn try_from(text: String) -> Result<Self, NameError> {
                Self::parse(&text)
            }
        }

        impl From<$name> for String {
            fn from(name: $name) -> Self {
                name.0
            }
        }
    };
}

name_type!(
    /// What a person is called (`displayName`; the portal's "Name").
    DisplayName, 100, "Enter a name."
);
name_type!(
    /// A first or a last name, where they are kept apart.
    NamePart, 100, "Enter a name."
);
name_type!(
    /// The name of an organization (portal contract 1.1 and 1.14).
    OrganizationName, 100, "Enter an organization name."
);
name_type!(
    /// The name of a custom role (portal contract 1.13).
    RoleName, 60, "Enter a role name."
);
name_type!(
    /// The name of an API token (portal contract 1.15).
    TokenName, 100, "Enter a token name."
);

name_type!(
    /// The reference of a support request (product contract section 2).
    SupportRequest, 100, "Enter the reference of the support request."
);

impl DisplayName {
    /// First and last name by splitting at the first space, for a person who has neither (product
    /// contract section 3). A single word is a first name.
    pub fn split(&self) -> (NamePart, Option<NamePart>) {
        match self.0.split_once(' ') {
            Some((first, rest)) => (
                NamePart(first.to_owned()),
                Some(rest.trim_start()).filter(|rest| !rest.is_empty()).map(|rest| NamePart(rest.to_owned())),
            ),
            None => (NamePart(self.0.clone()), None),
        }
    }
}

/// What a custom role is for: optional, up to 200 code points (portal contract 1.13).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RoleDescription(String);

impl RoleDescription {
    /// Longest accepted text, in code points.
    pub const LONGEST: usize = 200;

    /// Reads the text; a blank one is no description.
    ///
    /// # Errors
    /// [`NameError::TooLong`] or [`NameError::Unreadable`].
    pub fn parse(text: &str) -> Result<Self, NameError> {
        match clean(text, Self::LONGEST, "") {
            Ok(text) => Ok(Self(text)),
            Err(NameError::Missing(_)) => Ok(Self::default()),
            Err(error) => Err(error),
        }
    }

    /// The text, empty when there is none.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_name_is_trimmed_and_composed() {
        let name = DisplayName::parse("  A\u{308}nne  Lima ").unwrap();
        assert_eq!(name.as_str(), "\u{c4}nne  Lima");
        assert_eq!(name.key(), "\u{e4}nne  lima");
    }

    #[test]
    fn messages_are_those_of_the_contract() {
        let message = |text: &str| DisplayName::parse(text).unwrap_err().to_string();
        assert_eq!(message("  "), "Enter a name.");
        assert_eq!(message(&"a".repeat(101)), "Use at most 100 characters.");
        assert_eq!(OrganizationName::parse("").unwrap_err().to_string(), "Enter an organization name.");
        assert_eq!(RoleName::parse("").unwrap_err().to_string(), "Enter a role name.");
        assert_eq!(RoleName::parse(&"a".repeat(61)).unwrap_err().to_string(), "Use at most 60 characters.");
        assert_eq!(TokenName::parse("").unwrap_err().to_string(), "Enter a token name.");
    }

    #[test]
    fn length_counts_code_points_after_composing() {
        assert!(DisplayName::parse(&"🦀".repeat(100)).is_ok());
        assert_eq!(DisplayName::parse(&"🦀".repeat(101)), Err(NameError::TooLong(100)));
        assert!(DisplayName::parse(&"a\u{308}".repeat(100)).is_ok());
    }

    #[test]
    fn control_and_direction_changing_characters_are_refused() {
        for bad in [
            "\0", "\u{1b}", "\n", "\r", "\t", "\u{7f}", "\u{85}", "\u{202A}", "\u{202D}", "\u{202E}", "\u{2066}",
            "\u{2069}", "\u{2028}",
        ] {
            let text = format!("Ana{bad}Lima");
            assert_eq!(DisplayName::parse(&text), Err(NameError::Unreadable), "{text:?}");
        }
    }

    #[test]
    fn a_name_nobody_can_see_is_missing() {
        for text in
            ["\u{200B}", "\u{200B}\u{200D} \u{FEFF}", "\u{2060}", "\u{3164}", "\u{00AD}", "\u{200E}", "\u{2800}"]
        {
            assert_eq!(DisplayName::parse(text), Err(NameError::Missing("Enter a name.")), "{text:?}");
        }
    }

    #[test]
    fn joiners_and_marks_inside_a_readable_name_stay() {
        for text in ["👩\u{200D}💻 Ana", "می\u{200C}خواهم", "\u{200F}רות"] {
            assert!(DisplayName::parse(text).is_ok(), "{text:?}");
        }
    }

    #[test]
    fn splits_at_the_first_space() {
        let split = |text: &str| {
            let (first, last) = DisplayName::parse(text).unwrap().split();
            (String::from(first), last.map(String::from))
        };
        assert_eq!(split("Ana Lima Souza"), ("Ana".into(), Some("Lima Souza".into())));
        assert_eq!(split("Ana  Lima"), ("Ana".into(), Some("Lima".into())));
        assert_eq!(split("Ana"), ("Ana".into(), None));
    }

    #[test]
    fn a_description_may_be_blank_but_not_long_or_unreadable() {
        assert_eq!(RoleDescription::parse(" ").unwrap().as_str(), "");
        assert_eq!(RoleDescription::parse(" Reads reports ").unwrap().as_str(), "Reads reports");
        assert!(RoleDescription::parse(&"a".repeat(200)).is_ok());
        assert_eq!(RoleDescription::parse(&"a".repeat(201)), Err(NameError::TooLong(200)));
        assert_eq!(RoleDescription::parse("a\u{202E}b"), Err(NameError::Unreadable));
    }

    proptest! {
        #[test]
        fn what_parses_parses_again_unchanged(text in "\\PC{0,120}") {
            if let Ok(name) = DisplayName::parse(&text) {
                let count = name.as_str().chars().count();
                prop_assert!((1..=100).contains(&count));
                prop_assert_eq!(DisplayName::parse(name.as_str()).unwrap(), name);
            }
        }

        #[test]
        fn never_panics(text in ".{0,300}") {
            let _ = DisplayName::parse(&text);
            let _ = RoleDescription::parse(&text);
        }

        #[test]
        fn the_parts_of_a_name_are_names(text in "[a-z]{1,9}( [a-z]{1,9}){0,3}") {
            let (first, last) = DisplayName::parse(&text).unwrap().split();
            let mut whole = String::from(first);
            if let Some(last) = last {
                whole = format!("{whole} {last}");
            }
            prop_assert_eq!(whole, text);
        }
    }
}
