//! Identifiers as types, so that a user's id can never be handed over where an organization's is meant.
//!
//! Every id is a UUID of version 7 (RFC 9562): ids sort by the time they were made, in both databases.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{entropy::Entropy, time::Timestamp};

/// Makes a version 7 UUID of the given moment.
pub fn new_uuid(now: Timestamp, entropy: &dyn Entropy) -> Uuid {
    let mut random = [0u8; 10];
    entropy.fill(&mut random);
    let millis = u64::try_from(now.micros() / 1000).unwrap_or(0);
    uuid::Builder::from_unix_timestamp_millis(millis, &random).into_uuid()
}

/// A text that is no id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not an id")]
pub struct NotAnId;

macro_rules! id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(Uuid);

        impl $name {
            /// The id that nothing has.
            pub const NONE: Self = Self(Uuid::nil());

            /// A fresh id of the given moment.
            pub fn new(now: Timestamp, entropy: &dyn Entropy) -> Self {
                Self(new_uuid(now, entropy))
            }

            /// Reads the 32 hexadecimal digits alone, as they stand inside other texts.
            pub fn from_digits(text: &str) -> Option<Self> {
                let is_plain = text.len() == uuid::fmt::Simple::LENGTH;
                Uuid::try_parse(text).ok().filter(|_| is_plain).map(Self)
            }

            /// The bytes of the UUID.
            pub fn as_bytes(&self) -> &[u8; 16] {
                self.0.as_bytes()
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.hyphenated().fmt(f)
            }
        }

        impl FromStr for $name {
            type Err = NotAnId;

            /// Reads the one form with hyphens, in either case: an id has no second spelling.
            fn from_str(text: &str) -> Result<Self, Self::Err> {
                let is_hyphenated = text.len() == uuid::fmt::Hyphenated::LENGTH;
                Uuid::try_parse(text).ok().filter(|_| is_hyphenated).map(Self).ok_or(NotAnId)
            }
        }
    };
}

id!(
    /// One human, or the robot user of an API token; the same id in every page and dialect.
    UserId
);
id!(
    /// An organization, called tenant in the APIs.
    OrganizationId
);
id!(
    /// A custom role of one organization.
    CustomRoleId
);
id!(
    /// A session as its owner and administrators see it; not the secret in the cookie.
    SessionId
);
id!(
    /// An API token; not its secret.
    TokenId
);
id!(
    /// One line of the audit log.
    EventId
);
id!(
    /// One letter in the outbox.
    MailId
);
id!(
    /// One action on many people.
    JobId
);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::entropy::Seeded;

    #[test]
    fn ids_sort_by_time_and_read_back() {
        let entropy = Seeded::new(1);
        let first = UserId::new(Timestamp::from_micros(1_000_000), &entropy);
        let second = UserId::new(Timestamp::from_micros(2_000_000), &entropy);
        assert!(first.to_string() < second.to_string());
        assert_eq!(first.to_string().parse::<UserId>().unwrap(), first);
        let (plain, braced) = (first.to_string().replace('-', ""), format!("{{{first}}}"));
        for text in ["not an id", &plain, &braced, &format!("urn:uuid:{first}"), ""] {
            assert!(text.parse::<UserId>().is_err(), "{text}");
        }
        assert_eq!(first.to_string().to_uppercase().parse::<UserId>().unwrap(), first);
    }
}
