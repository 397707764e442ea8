//! One e-mail address and the one rule by which it is judged at every door (portal contract 5.1,
//! security contract S68). ASCII only: an address that merely looks like another one must never
//! find that person's account, so nothing is mapped and nothing is guessed.

use std::cmp::Ordering;
use std::fmt;
use std::hash::{Hash, Hasher};

use serde::{Deserialize, Serialize};

/// Longest address, in characters.
const LONGEST: usize = 254;
/// Longest part before the `@`.
const LONGEST_LOCAL: usize = 64;
/// Longest piece between two dots of the domain.
const LONGEST_LABEL: usize = 63;

/// A valid address. It is shown as it was typed (trimmed) and compared by its lower-case
/// [`key`](Email::key): two spellings of one address are equal.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Email {
    typed: String,
    key: String,
}

/// What the addresses of token users end in. It is no domain of the Internet (RFC 6761, section 6.4), so no person has
/// such an address, and none is taken for one.
pub const ROBOTS: &str = "@api-token.invalid";

/// Why a text is not an address. `Display` is the message of the contract.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EmailError {
    /// Nothing but white space.
    #[error("Enter an email address.")]
    Missing,
    /// Breaks the rule of portal contract 5.1.
    #[error("Enter a valid email address.")]
    Invalid,
}

impl Email {
    /// Reads an address: trimmed, then judged as a whole.
    ///
    /// # Errors
    /// [`EmailError::Missing`] for a blank text, otherwise [`EmailError::Invalid`].
    pub fn parse(text: &str) -> Result<Self, EmailError> {
        let typed = text.trim();
        if typed.is_empty() {
            return Err(EmailError::Missing);
        }
        let key = typed.to_ascii_lowercase();
        if !is_address(typed) || key.ends_with(ROBOTS) {
            return Err(EmailError::Invalid);
        }
        Ok(Self { typed: typed.to_owned(), key })
    }

    /// As typed, for showing and for sending mail.
    pub fn as_str(&self) -> &str {
        &self.typed
    }

    /// The canonical form by which addresses are looked up, compared and kept unique.
    pub fn key(&self) -> &str {
        &self.key
    }

    /// The part before the `@`, as typed.
    pub fn local_part(&self) -> &str {
        self.typed.split_once('@').map_or(self.typed.as_str(), |(local, _)| local)
    }

    /// First letter and domain, for a mail that must not give the whole address away (portal
    /// contract section 6, E8): `a***@example.com`.
    pub fn masked(&self) -> String {
        let (local, domain) = self.typed.split_once('@').unwrap_or((&self.typed, ""));
        let first: String = local.chars().take(1).collect();
        format!("{first}***@{domain}")
    }
}

fn is_address(text: &str) -> bool {
    if !text.is_ascii() || text.len() > LONGEST {
        return false;
    }
    // A second `@` lands in the domain, whose letters do not include it.
    text.split_once('@').is_some_and(|(local, domain)| is_local_part(local) && is_domain(domain))
}

fn is_local_part(local: &str) -> bool {
    (1..=LONGEST_LOCAL).contains(&local.len())
        && local.split('.').all(|atom| {
            !atom.is_empty()
                && atom.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"!#$%&'*+/=?^_`{|}~-".contains(&byte))
        })
}

fn is_domain(domain: &str) -> bool {
    let last_is_a_number =
        domain.rsplit('.').next().is_some_and(|label| label.bytes().all(|byte| byte.is_ascii_digit()));
    domain.contains('.') && !last_is_a_number && domain.split('.').all(is_label)
}

fn is_label(label: &str) -> bool {
    (1..=LONGEST_LABEL).contains(&label.len())
        && !label.starts_with('-')
        && !label.ends_with('-')
        && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
}

impl fmt::Display for Email {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.typed)
    }
}

impl PartialEq for Email {
    fn eq(&self, other: &Self) -> bool {
        self.key == other.key
    }
}

impl Eq for Email {}

impl Hash for Email {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.key.hash(state);
    }
}

impl PartialOrd for Email {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Email {
    fn cmp(&self, other: &Self) -> Ordering {
        self.key.cmp(&other.key)
    }
}

impl TryFrom<String> for Email {
    type Error = EmailError;

    fn try_from(text: String) -> Result<Self, EmailError> {
        Self::parse(&text)
    }
}

impl From<Email> for String {
    fn from(email: Email) -> Self {
        email.typed
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn is_valid(text: &str) -> bool {
        Email::parse(text).is_ok()
    }

    #[test]
    fn ordinary_and_odd_but_valid_addresses() {
        for text in [
            "ana@example.com",
            " ana@example.com\t",
            "Ana.Lima+portal@mail.example.co.uk",
            "o'neil@example.com",
            "!#$%&'*+/=?^_`{|}~-@example.com",
            "a@b.c",
            "1@2.3a",
            "a@x-y.example",
            "a@xn--80ak6aa92e.com",
        ] {
            assert!(is_valid(text), "{text}");
        }
    }

    #[test]
    fn nobody_has_the_address_of_a_token_user() {
        for text in ["0197a3c2-5a10-7c3e-9b1d-2f6e8a4c0d11@api-token.invalid", "ana@API-Token.Invalid"] {
            assert_eq!(Email::parse(text), Err(EmailError::Invalid), "{text}");
        }
    }

    #[test]
    fn what_is_not_an_address() {
        for text in [
            "ana",
            "ana@",
            "@example.com",
            "ana@example",
            "ana@@example.com",
            "ana@b@example.com",
            "a@b,c@d",
            ".ana@example.com",
            "ana.@example.com",
            "an..a@example.com",
            "ana lima@example.com",
            "\"ana\"@example.com",
            "ana@-example.com",
            "ana@example-.com",
            "ana@exa_mple.com",
            "ana@example.com.",
            "ana@.example.com",
            "ana@example..com",
            "ana@example.123",
            "ana@127.0.0.1",
            "ana@[127.0.0.1]",
            "m\u{131}ke@example.com",
            "\u{212A}ate@example.com",
            "ana\u{FF20}example.com",
            "ana@ex\u{e4}mple.com",
            "ana@exam\0ple.com",
            "ana\r\nBcc: bob@example.com",
            "<ana@example.com>",
        ] {
            assert_eq!(Email::parse(text), Err(EmailError::Invalid), "{text:?}");
        }
    }

    #[test]
    fn lengths_at_and_over_the_limit() {
        let local = "l".repeat(64);
        let label = "d".repeat(63);
        assert!(is_valid(&format!("{local}@example.com")));
        assert!(!is_valid(&format!("{local}l@example.com")));
        assert!(is_valid(&format!("a@{label}.com")));
        assert!(!is_valid(&format!("a@{label}d.com")));

        let longest = format!("{local}@{label}.{label}.{}", "d".repeat(61));
        assert_eq!(longest.len(), 254);
        assert!(is_valid(&longest));
        assert!(!is_valid(&format!("{longest}d")));
    }

    #[test]
    fn blank_is_missing() {
        assert_eq!(Email::parse(" \t\n"), Err(EmailError::Missing));
        assert_eq!(EmailError::Missing.to_string(), "Enter an email address.");
        assert_eq!(EmailError::Invalid.to_string(), "Enter a valid email address.");
    }

    #[test]
    fn shown_as_typed_and_compared_in_lower_case() {
        let typed = Email::parse("  Ana@X.Example ").unwrap();
        assert_eq!(typed.as_str(), "Ana@X.Example");
        assert_eq!(typed.key(), "ana@x.example");
        assert_eq!(typed, Email::parse("ana@x.example").unwrap());
        assert_eq!(typed.local_part(), "Ana");
    }

    #[test]
    fn masked_shows_the_first_letter_and_the_domain() {
        let email = Email::parse("ana.lima@example.com").unwrap();
        assert_eq!(email.masked(), "a***@example.com");
    }

    proptest! {
        #[test]
        fn never_panics_and_a_valid_one_parses_again(text in ".{0,300}") {
            if let Ok(email) = Email::parse(&text) {
                prop_assert!(email.as_str().is_ascii());
                prop_assert_eq!(email.as_str().matches('@').count(), 1);
                prop_assert!(email.key().len() <= 254);
                prop_assert_eq!(Email::parse(email.key()).unwrap(), email);
            }
        }

        #[test]
        fn every_address_of_the_rule_is_accepted(
            local in "[a-zA-Z0-9!#$%&'*+/=?^_`{|}~-]{1,20}(\\.[a-zA-Z0-9!#$%&'*+/=?^_`{|}~-]{1,20}){0,2}",
            domain in "[a-zA-Z0-9]([a-zA-Z0-9-]{0,20}[a-zA-Z0-9])?(\\.[a-z0-9]{1,10}){0,3}\\.[a-z][a-z0-9]{0,9}",
        ) {
            let text = format!("{local}@{domain}");
            prop_assert!(is_valid(&text), "{}", text);
        }

        #[test]
        fn any_character_outside_ascii_spoils_it(
            place in 0usize..15,
            letter in proptest::char::range('\u{80}', '\u{FFFF}'),
        ) {
            let mut text: Vec<char> = "ana@example.com".chars().collect();
            // At either end it might be white space, which is trimmed.
            text.insert(place.clamp(1, 14), letter);
            prop_assert!(!is_valid(&text.into_iter().collect::<String>()));
        }
    }
}
