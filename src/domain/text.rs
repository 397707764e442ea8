//! The words people type: addresses, names and how two of them are compared. Everything here is
//! parsed once, at the edge, and trusted as a type from then on; the module refuses to know where
//! a text came from or what will be done with it.

mod addresses;
mod email;
mod names;

use unicode_normalization::UnicodeNormalization as _;

pub use self::addresses::{TypedAddress, read_addresses};
pub use self::email::{Email, EmailError, ROBOTS};
pub use self::names::{
    DisplayName, NameError, NamePart, OrganizationName, RoleDescription, RoleName, SupportRequest, TokenName,
};

/// A text brought to the one form in which search and sort keys are stored and compared: composed
/// (NFC) and lower-cased, one character at a time.
///
/// The context-free mapping keeps a part of a name findable: the full Unicode rule lowers a last
/// sigma differently from one inside a word, so the key of a part would not occur in the key of
/// the whole. For the same reason the final sigma itself is folded into the ordinary one.
///
/// Never a key for signing in: see [`Email::key`], which touches ASCII letters only.
pub fn fold(text: &str) -> String {
    text.nfc().flat_map(char::to_lowercase).map(|letter| if letter == 'ς' { 'σ' } else { letter }).collect()
}

/// How a person is called wherever one is named: by name, or by e-mail while there is no name
/// (portal contract 0.2).
pub fn shown_name<'a>(name: Option<&'a str>, email: &'a str) -> &'a str {
    match name {
        Some(name) if !name.trim().is_empty() => name,
        _ => email,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn fold_lowers_and_composes() {
        assert_eq!(fold("Ana LIMA"), "ana lima");
        assert_eq!(fold("A\u{308}nne"), "änne");
        assert_eq!(fold("ÄNNE"), "änne");
        assert_eq!(fold("ΣΊΣΥΦΟΣ"), fold("σίσυφος"));
        assert_eq!(fold("\u{212A}im"), "kim");
    }

    #[test]
    fn a_part_of_a_name_is_found_in_its_key() {
        assert!(fold("ΟΔΥΣΣΕΥΣ ΛΑΕΡΤΙΑΔΗΣ").contains(&fold("ΟΔΥΣ")));
    }

    #[test]
    fn a_person_without_a_name_is_called_by_email() {
        assert_eq!(shown_name(Some("Ana Lima"), "ana@example.com"), "Ana Lima");
        assert_eq!(shown_name(None, "ana@example.com"), "ana@example.com");
        assert_eq!(shown_name(Some(""), "ana@example.com"), "ana@example.com");
    }

    proptest! {
        #[test]
        fn folding_twice_changes_nothing_more(text in "[A-Za-zÀ-žΑ-ωА-я ß'-]{0,40}") {
            let once = fold(&text);
            prop_assert_eq!(fold(&once), once);
        }

        #[test]
        fn fold_ignores_the_case_of_ascii(text in "[ -~]{0,60}") {
            prop_assert_eq!(fold(&text.to_ascii_uppercase()), fold(&text.to_ascii_lowercase()));
        }
    }
}
