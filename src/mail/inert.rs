//! Makes text of others harmless in a letter (security contract S74, S75): on one line, not longer
//! than a name can be, and in a form that mail programs do not turn into a link of their own.

use crate::domain::text::Email;

/// Takes no room and joins what it stands between; to a program that looks for links it is a
/// letter like no other.
const WORD_JOINER: char = '\u{2060}';

/// Longer than any valid subject, even one that names a person by an address.
const LONGEST: usize = 300;

/// The text on one line: whatever breaks lines, reverses reading or cannot be shown is a space.
pub(super) fn one_line(text: &str) -> String {
    let shown = text.chars().map(|letter| if is_unshown(letter) { ' ' } else { letter });
    let line = shown.collect::<String>().split_whitespace().collect::<Vec<_>>().join(" ");
    if line.chars().count() <= LONGEST {
        return line;
    }
    let mut cut: String = line.chars().take(LONGEST).collect();
    cut.push_str("...");
    cut
}

/// The text for a body: on one line, with an invisible mark in every word that looks like a web
/// address. An e-mail address stays as it is, because people without a name are named by theirs.
pub(super) fn inert(text: &str) -> String {
    one_line(text)
        .split(' ')
        .map(|word| if is_plain_address(word) { word.to_owned() } else { disarmed(word) })
        .collect::<Vec<_>>()
        .join(" ")
}

/// The text for a header: on one line, and never itself an encoded word (RFC 2047), which the
/// reader's program would decode into something else.
pub(super) fn header(text: &str) -> String {
    one_line(text).replace("=?", &format!("={WORD_JOINER}?"))
}

fn is_unshown(letter: char) -> bool {
    letter.is_control()
        || matches!(letter,
            '\u{2028}' | '\u{2029}' | '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}')
}

fn is_plain_address(word: &str) -> bool {
    let word = word.trim_matches(['(', ')', '<', '>', ',', ';']);
    Email::parse(word).is_ok() && !word.contains('/') && !word.starts_with("www.")
}

fn disarmed(word: &str) -> String {
    let letters: Vec<char> = word.chars().collect();
    let at = |place: usize| letters.get(place).copied();
    let mut out = String::with_capacity(word.len() + 8);
    for (place, &letter) in letters.iter().enumerate() {
        let follows_something = place > 0;
        let is_letter_at = |place| at(place).is_some_and(char::is_alphabetic);
        let before_label = is_letter_at(place + 1) && is_letter_at(place + 2);
        if is_dot(letter) && follows_something && before_label {
            out.extend([WORD_JOINER, letter, WORD_JOINER]);
        } else if letter == ':' && at(place + 1) == Some('/') {
            out.extend([letter, WORD_JOINER]);
        } else {
            out.push(letter);
        }
    }
    out
}

/// The full stop and the three signs that domain names take for it (UTS 46).
fn is_dot(letter: char) -> bool {
    matches!(letter, '.' | '\u{3002}' | '\u{FF0E}' | '\u{FF61}')
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn ordinary_names_stay_as_they_are() {
        for name in
            ["Amara Okafor", "A. B. Smith", "J.R. Smith", "Acme Inc.", "Zoë Ångström", "St. Mary's", "198.51.100.18"]
        {
            assert_eq!(inert(name), name);
            assert_eq!(header(name), name);
        }
        assert_eq!(inert("ann@people.example"), "ann@people.example");
    }

    #[test]
    fn what_looks_like_a_web_address_is_broken() {
        assert_eq!(inert("http://evil"), "http:\u{2060}//evil");
        assert_eq!(inert("see evil.example"), "see evil\u{2060}.\u{2060}example");
        assert_eq!(inert("www.evil.de"), "www\u{2060}.\u{2060}evil\u{2060}.\u{2060}de");
        assert!(!inert("//evil.example/@a.bc").contains("evil.example"));
        assert!(!inert("www.evil.example@a.bc").contains("evil.example"));
        assert!(!inert("evil\u{3002}example").contains("evil\u{3002}example"));
    }

    #[test]
    fn everything_is_one_line_of_bounded_length() {
        assert_eq!(one_line(" a\r\nBcc: x@y.example\0\u{202E}b\t"), "a Bcc: x@y.example b");
        assert_eq!(one_line("a\u{85}b\u{2028}c\u{7f}"), "a b c");
        assert_eq!(one_line(&"x".repeat(2048)).len(), LONGEST + 3);
    }

    #[test]
    fn an_encoded_word_is_not_decoded() {
        assert_eq!(header("=?utf-8?q?Bcc?="), "=\u{2060}?utf-8?q?Bcc?=");
    }

    proptest! {
        #[test]
        fn no_text_keeps_a_scheme_or_a_line_break(text in ".{0,60}") {
            for out in [inert(&text), header(&text)] {
                prop_assert!(!out.chars().any(char::is_control));
            }
            prop_assert!(!inert(&text).contains("://") );
        }
    }
}
