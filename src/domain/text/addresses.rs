//! The address field of "Invite Users": one text box that takes whatever people paste, from a
//! column of a spreadsheet to the recipients of a mail (portal contract 5.1).

use std::collections::HashSet;

use super::Email;

/// One entry of the address field, in the order typed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TypedAddress {
    /// An address that may be invited.
    Valid(Email),
    /// A text that breaks the address rule, kept so that it can be shown back.
    Invalid(String),
}

impl TypedAddress {
    /// The address or the refused text, as typed.
    pub fn as_str(&self) -> &str {
        match self {
            Self::Valid(email) => email.as_str(),
            Self::Invalid(text) => text,
        }
    }

    /// The address, when it is one.
    pub fn email(&self) -> Option<&Email> {
        match self {
            Self::Valid(email) => Some(email),
            Self::Invalid(_) => None,
        }
    }

    /// One entry, taken as it is.
    pub fn read(text: &str) -> Self {
        Email::parse(text).map_or_else(|_| Self::Invalid(text.to_owned()), Self::Valid)
    }
}

/// Reads the field: split at commas, semicolons and line ends; `text <address>` counts as its
/// address; everything else is split at white space. Empty pieces vanish, a repeated entry (case
/// ignored) counts once, at its first place.
pub fn read_addresses(text: &str) -> Vec<TypedAddress> {
    let mut seen = HashSet::new();
    text.split(is_separator)
        .flat_map(read_piece)
        .filter(|entry| seen.insert(entry.as_str().to_ascii_lowercase()))
        .collect()
}

fn is_separator(letter: char) -> bool {
    matches!(letter, ',' | ';' | '\n' | '\r' | '\u{0B}' | '\u{0C}' | '\u{85}' | '\u{2028}' | '\u{2029}')
}

fn read_piece(piece: &str) -> Vec<TypedAddress> {
    match in_brackets(piece.trim()) {
        Some(address) => vec![TypedAddress::read(address)],
        // Several people on one line: a bracketed address is still an address.
        None => piece.split_whitespace().map(|word| TypedAddress::read(in_brackets(word).unwrap_or(word))).collect(),
    }
}

/// The address of `text <address>`. Only one pair of brackets, at the end, makes that form: with
/// two of them the text would swallow a person.
fn in_brackets(piece: &str) -> Option<&str> {
    let (text, address) = piece.strip_suffix('>')?.split_once('<')?;
    let address = address.trim();
    let is_one_pair = !text.contains('>') && !address.contains(['<', '>']);
    (is_one_pair && !address.is_empty()).then_some(address)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Valid entries as typed, invalid ones with a leading `!`.
    fn read(text: &str) -> Vec<String> {
        read_addresses(text)
            .iter()
            .map(|entry| match entry {
                TypedAddress::Valid(email) => email.as_str().to_owned(),
                TypedAddress::Invalid(text) => format!("!{text}"),
            })
            .collect()
    }

    #[test]
    fn every_separator_of_the_hint() {
        assert_eq!(
            read("a@x.example,b@x.example;c@x.example d@x.example\te@x.example\r\nf@x.example"),
            ["a@x.example", "b@x.example", "c@x.example", "d@x.example", "e@x.example", "f@x.example"]
        );
    }

    #[test]
    fn empty_pieces_vanish() {
        assert!(read("").is_empty());
        assert!(read(" ,; \r\n\n ,").is_empty());
        assert_eq!(read(",,a@x.example;;\n"), ["a@x.example"]);
    }

    #[test]
    fn a_mail_recipient_counts_as_its_address() {
        assert_eq!(
            read("Ana Lima <ana@x.example>, \"Bo\" < bo@x.example >; <cy@x.example>"),
            ["ana@x.example", "bo@x.example", "cy@x.example"]
        );
        assert_eq!(read("dee@x.example <eve@x.example>"), ["eve@x.example"]);
    }

    #[test]
    fn several_recipients_on_one_line_are_all_found() {
        assert_eq!(read("<ana@x.example> <bo@x.example>"), ["ana@x.example", "bo@x.example"]);
        assert_eq!(read("Ana <ana@x.example> Bo <bo@x.example>"), ["!Ana", "ana@x.example", "!Bo", "bo@x.example"]);
    }

    #[test]
    fn a_broken_bracket_stays_visible_as_typed() {
        assert_eq!(read("Ana <ana>"), ["!ana"]);
        assert_eq!(read("Ana <>"), ["!Ana", "!<>"]);
        assert_eq!(read("ana@x.example>"), ["!ana@x.example>"]);
        assert_eq!(read("<ana@x.example"), ["!<ana@x.example"]);
    }

    #[test]
    fn a_repeated_address_counts_once_at_its_first_place() {
        assert_eq!(
            read("Ana@x.example, bo@x.example, ana@X.example, Bo <BO@x.example>"),
            ["Ana@x.example", "bo@x.example"]
        );
        assert_eq!(read("nonsense Nonsense"), ["!nonsense"]);
    }

    #[test]
    fn a_lookalike_does_not_swallow_the_address_it_looks_like() {
        assert_eq!(read("\u{212A}im@x.example, kim@x.example"), ["!\u{212A}im@x.example", "kim@x.example"]);
    }

    #[test]
    fn valid_and_invalid_keep_their_order() {
        assert_eq!(
            read("first; a@x.example; second@; b@x.example"),
            ["!first", "a@x.example", "!second@", "b@x.example"]
        );
    }

    proptest! {
        #[test]
        fn never_panics_and_never_repeats(text in "([a-cA-C@.<> ,;\\n\\t]|\\PC){0,200}") {
            let entries = read_addresses(&text);
            let mut seen = HashSet::new();
            for entry in &entries {
                prop_assert!(!entry.as_str().trim().is_empty());
                prop_assert!(seen.insert(entry.as_str().to_ascii_lowercase()));
            }
        }

        #[test]
        fn any_mix_of_separators_reads_the_same_list(
            names in proptest::collection::vec("[a-z]{1,8}", 0..12),
            separators in proptest::collection::vec("[,; \\t\\n]{1,3}", 12),
        ) {
            let mut text = String::new();
            let mut wanted: Vec<String> = Vec::new();
            for (name, separator) in names.iter().zip(&separators) {
                let address = format!("{name}@x.example");
                text.push_str(&address);
                text.push_str(separator);
                if !wanted.contains(&address) {
                    wanted.push(address);
                }
            }
            prop_assert_eq!(read(&text), wanted);
        }

        #[test]
        fn the_valid_addresses_of_a_text_are_read_again(
            text in "([a-cA-C@.<> ,;\\n]|@x\\.example){0,60}",
        ) {
            let valid: Vec<String> = read(&text)
                .into_iter()
                .filter(|entry| !entry.starts_with('!'))
                .collect();
            prop_assert_eq!(read(&valid.join(", ")), valid);
        }
    }
}
