//! API tokens as plain values: how one is written, what it may be allowed, from where it works and for how long
//! (v1 contract section 4, security contract S54).

mod networks;
mod permissions;

use sha2::{Digest, Sha256};

pub use self::networks::{MOST_NETWORKS, allows, read_network};
pub use self::permissions::Permission;
use super::{
    entropy::{self, Entropy},
    ids::TokenId,
    text::TokenName,
    time::Timestamp,
};

/// What every token begins with, so that people and scanners recognise one.
pub const PREFIX: &str = "rc_";
const SECRET_BYTES: usize = 32;
const CHECKSUM_BYTES: usize = 4;

/// A token as its owner holds it: `rc_{id}_{secret}{checksum}`, all hexadecimal. The id finds the row, the 256 random
/// bits prove the right to it, the checksum lets anybody see a mistyped one without asking.
#[derive(Clone)]
pub struct SecretToken {
    id: TokenId,
    text: String,
}

impl std::fmt::Debug for SecretToken {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SecretToken").field("id", &self.id).finish_non_exhaustive()
    }
}

impl SecretToken {
    /// A fresh token.
    pub fn generate(now: Timestamp, entropy: &dyn Entropy) -> Self {
        let id = TokenId::new(now, entropy);
        let secret = hex(&entropy::bytes::<SECRET_BYTES>(entropy));
        let body = format!("{PREFIX}{}_{secret}", hex(id.as_bytes()));
        let text = format!("{body}{}", checksum(&body));
        Self { id, text }
    }

    /// Reads what somebody presents; none for what cannot be a token. Only lower case, so that one token has one
    /// spelling.
    pub fn parse(text: &str) -> Option<Self> {
        let (id, secret) = text.strip_prefix(PREFIX)?.split_once('_')?;
        let is_hex = |text: &str| text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
        let is_whole = id.len() == 32 && secret.len() == 2 * (SECRET_BYTES + CHECKSUM_BYTES);
        if !is_whole || !is_hex(id) || !is_hex(secret) {
            return None;
        }
        let (body, sum) = text.split_at_checked(text.len() - 2 * CHECKSUM_BYTES)?;
        if checksum(body) != sum {
            return None;
        }
        Some(Self { id: TokenId::from_digits(id)?, text: text.to_owned() })
    }

    /// The public id inside.
    pub fn id(&self) -> TokenId {
        self.id
    }

    /// The whole token. Shown once, hashed, never stored.
    pub fn exposed(&self) -> &str {
        &self.text
    }

    /// What may be shown for ever: `****` and the last four characters.
    pub fn partial(&self) -> String {
        format!("****{}", self.text.get(self.text.len() - 4..).unwrap_or_default())
    }
}

fn checksum(body: &str) -> String {
    let digest = Sha256::digest(body.as_bytes());
    hex(digest.get(..CHECKSUM_BYTES).unwrap_or_default())
}

fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write;
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// A token about to be made.
#[derive(Debug, Clone)]
pub struct NewToken {
    /// Unique in its scope.
    pub name: TokenName,
    /// At least one, sorted.
    pub permissions: Vec<Permission>,
    /// Where calls may come from; empty means anywhere.
    pub networks: Vec<ipnet::IpNet>,
    /// End of its life, to the second.
    pub expires_at: Timestamp,
}

/// Whether a token made now may live until then: in the future, at most two calendar years ahead.
pub fn is_lifetime(now: Timestamp, expires_at: Timestamp) -> bool {
    expires_at > now && expires_at <= latest_expiry(now)
}

/// Two calendar years after this moment; the 29th of February becomes the 28th.
pub fn latest_expiry(now: Timestamp) -> Timestamp {
    let calendar = now.calendar();
    let year = calendar.year() + 2;
    let later =
        calendar.replace_year(year).or_else(|_| calendar.replace_day(28).and_then(|day| day.replace_year(year)));
    later.map_or(now, |later| Timestamp::from_micros(i64::try_from(later.unix_timestamp_nanos() / 1000).unwrap_or(0)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::entropy::Seeded;

    fn moment(text: &str) -> Timestamp {
        Timestamp::parse_rfc3339(text).unwrap()
    }

    #[test]
    fn a_token_reads_back_and_is_recognised() {
        let token = SecretToken::generate(Timestamp::from_seconds(1_763_647_500), &Seeded::new(1));
        assert!(token.exposed().starts_with("rc_"));
        assert_eq!(SecretToken::parse(token.exposed()).unwrap().id(), token.id());
        assert_eq!(token.partial(), format!("****{}", &token.exposed()[token.exposed().len() - 4..]));
        assert!(!format!("{token:?}").contains(token.exposed()));
    }

    #[test]
    fn one_wrong_character_shows_without_asking() {
        let token = SecretToken::generate(Timestamp::from_seconds(1_763_647_500), &Seeded::new(1));
        let text = token.exposed();
        for place in 0..text.len() {
            let mut wrong = text.to_owned();
            let other = if &text[place..=place] == "0" { "1" } else { "0" };
            wrong.replace_range(place..=place, other);
            assert!(SecretToken::parse(&wrong).is_none(), "{place}");
        }
        for wrong in ["", "rc_", &text.to_uppercase(), &text[..text.len() - 1], &format!("{text} "), "rc_é_é"] {
            assert!(SecretToken::parse(wrong).is_none(), "{wrong}");
        }
    }

    #[test]
    fn a_token_lives_two_calendar_years_at_most() {
        let now = moment("2025-11-20T14:05:00Z");
        assert!(is_lifetime(now, moment("2027-11-20T14:05:00Z")));
        assert!(!is_lifetime(now, moment("2027-11-20T14:05:01Z")));
        assert!(!is_lifetime(now, now));
        assert_eq!(latest_expiry(moment("2024-02-29T00:00:00Z")), moment("2026-02-28T00:00:00Z"));
    }
}
