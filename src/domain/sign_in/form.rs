//! What was typed into a login form, before it is an attempt: which address is meant, what is
//! missing, and whether it is the same form again.

use std::time::Duration;

use crate::domain::passwords::LONGEST_LOGIN_BYTES;
use crate::domain::text::Email;
use crate::domain::time::Timestamp;

/// For this long the same login form sent twice is one attempt (portal contract 3.2, rule 8).
pub const DOUBLE_SUBMIT: Duration = Duration::from_secs(10);

/// The address somebody tries to log in with: any text, for an unknown one is treated like a known
/// one. Compared trimmed and in ASCII lower case, the canonical form of
/// [`Email::key`](crate::domain::text::Email::key), so that every spelling of an address shares one state.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct LoginAddress(String);

impl LoginAddress {
    /// Reads what was typed; none when it is blank.
    pub fn parse(typed: &str) -> Option<Self> {
        let address = typed.trim();
        (!address.is_empty()).then(|| Self(address.to_ascii_lowercase()))
    }

    /// The canonical form, to be hashed for storage and looked up.
    pub fn key(&self) -> &str {
        &self.0
    }
}

impl From<&Email> for LoginAddress {
    fn from(email: &Email) -> Self {
        Self(email.key().to_owned())
    }
}

/// Why a submitted login form is not an attempt. `Display` is the message of portal contract 1.2.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotAnAttempt {
    /// No address.
    #[error("Enter your email address.")]
    NoAddress,
    /// No password. One of white space is a password.
    #[error("Enter your password.")]
    NoPassword,
    /// More than [`LONGEST_LOGIN_BYTES`].
    #[error("Use at most 128 characters.")]
    PasswordTooLong,
}

/// Reads a login form: the address to judge, or everything that keeps it from being an attempt.
///
/// # Errors
/// One entry for each unusable field.
pub fn read_form(address: &str, password: &str) -> Result<LoginAddress, Vec<NotAnAttempt>> {
    let address = LoginAddress::parse(address);
    let mut problems = Vec::new();
    if address.is_none() {
        problems.push(NotAnAttempt::NoAddress);
    }
    if password.is_empty() {
        problems.push(NotAnAttempt::NoPassword);
    }
    if password.len() > LONGEST_LOGIN_BYTES {
        problems.push(NotAnAttempt::PasswordTooLong);
    }
    match address {
        Some(address) if problems.is_empty() => Ok(address),
        _ => Err(problems),
    }
}

/// Whether a form is the double click on one that was refused at `refused_at` with a plain NO. The
/// caller has found the one-time value and the body to be the same.
pub fn is_double_submit(refused_at: Timestamp, now: Timestamp) -> bool {
    now <= refused_at.plus(DOUBLE_SUBMIT)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn messages(address: &str, password: &str) -> Vec<String> {
        read_form(address, password).unwrap_err().iter().map(NotAnAttempt::to_string).collect()
    }

    #[test]
    fn messages_are_those_of_the_contract() {
        assert_eq!(messages(" ", ""), ["Enter your email address.", "Enter your password."]);
        assert_eq!(messages("ana", ""), ["Enter your password."]);
        assert_eq!(messages("", "x"), ["Enter your email address."]);
        assert_eq!(messages("ana", &"x".repeat(1025)), ["Use at most 128 characters."]);
    }

    #[test]
    fn any_text_is_an_address_and_any_password_up_to_1024_bytes_is_tried() {
        assert_eq!(read_form("not an address", " ").unwrap().key(), "not an address");
        assert!(read_form("ana", &"x".repeat(1024)).is_ok());
        assert!(read_form("ana", &"\u{1F980}".repeat(128)).is_ok());
    }

    #[test]
    fn spellings_of_an_address_share_one_key_and_lookalikes_do_not() {
        let key = |typed: &str| LoginAddress::parse(typed).unwrap().key().to_owned();
        for typed in ["Ana@x.example", " ana@X.example ", "ana@x.example"] {
            assert_eq!(key(typed), "ana@x.example");
        }
        for typed in ["\u{212A}im@x.example", "k\u{131}m@x.example", "kim@x\u{FF0E}example"] {
            assert_ne!(key(typed), "kim@x.example");
        }
    }

    #[test]
    fn a_valid_address_has_the_key_of_its_account() {
        let email = Email::parse(" Ana@X.example ").unwrap();
        assert_eq!(LoginAddress::from(&email), LoginAddress::parse("ANA@x.example").unwrap());
    }

    #[test]
    fn ten_seconds_make_a_double_click() {
        let first = Timestamp::from_seconds(100);
        assert!(is_double_submit(first, first));
        assert!(is_double_submit(first, Timestamp::from_seconds(110)));
        assert!(!is_double_submit(first, Timestamp::from_micros(110_000_001)));
    }

    proptest! {
        #[test]
        fn a_form_is_an_attempt_or_says_why_not(address in "\\PC{0,40}", password in "\\PC{0,40}") {
            match read_form(&address, &password) {
                Ok(read) => {
                    prop_assert!(!password.is_empty());
                    prop_assert_eq!(read.key(), address.trim().to_ascii_lowercase());
                }
                Err(problems) => prop_assert!(!problems.is_empty()),
            }
        }
    }
}
