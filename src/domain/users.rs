//! Users and their memberships: the words for what a person is to an organization, and how lists of people are asked
//! for.

use serde::{Deserialize, Serialize};

/// A stored word that this program does not know.
#[derive(Debug, thiserror::Error)]
#[error("unknown word {0:?}")]
pub struct UnknownWord(pub String);

macro_rules! words {
    ($(#[$doc:meta])* $name:ident { $($(#[$variant_doc:meta])* $variant:ident = $word:literal),+ $(,)? }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, ::serde::Serialize, ::serde::Deserialize)]
        pub enum $name {
            $($(#[$variant_doc])* #[serde(rename = $word)] $variant),+
        }

        impl $name {
            /// All of them.
            pub const ALL: &[Self] = &[$(Self::$variant),+];

            /// The word that is stored and stands in URLs.
            pub const fn key(self) -> &'static str {
                match self { $(Self::$variant => $word),+ }
            }
        }

        impl ::std::fmt::Display for $name {
            fn fmt(&self, f: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
                f.write_str(self.key())
            }
        }

        impl ::std::str::FromStr for $name {
            type Err = $crate::domain::users::UnknownWord;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                match text {
                    $($word => Ok(Self::$variant),)+
                    other => Err($crate::domain::users::UnknownWord(other.to_owned())),
                }
            }
        }
    };
}
pub(crate) use words;

words! {
    /// What a membership comes to: its own switch, its activation and the user's `disabled` together.
    MembershipState {
        /// Enabled, activated, and the user is not disabled.
        Active = "active",
        /// Enabled, waiting for the activation link to be used.
        Invited = "invited",
        /// Disabled here, or the user is disabled everywhere.
        Disabled = "disabled",
    }
}

words! {
    /// Whom a membership belongs to.
    MembershipKind {
        /// A human.
        Person = "person",
        /// The robot user of an API token.
        Token = "token",
        /// Somebody from support, bound to a request and an end date; takes no seat.
        Support = "support",
    }
}

words! {
    /// The status filter of User Management (portal contract 1.8).
    StatusFilter {
        /// Everybody.
        All = "all",
        /// Can log in.
        Active = "active",
        /// The link may still be used.
        Invited = "invited",
        /// The link ran out unused.
        Expired = "expired",
        /// Disabled here or everywhere.
        Disabled = "disabled",
        /// The address is locked right now.
        Locked = "locked",
    }
}

words! {
    /// The MFA filter.
    MfaFilter {
        /// An authenticator is set up.
        On = "on",
        /// None is.
        NotSetUp = "not_set_up",
    }
}

words! {
    /// The last-login filter.
    LoginFilter {
        /// More than 30 days ago.
        Over30Days = "30",
        /// More than 90 days ago.
        Over90Days = "90",
        /// Not once.
        Never = "never",
    }
}

words! {
    /// The type filter.
    KindFilter {
        /// Humans.
        People = "people",
        /// The robot users of API tokens.
        ServiceAccounts = "service",
        /// Both.
        All = "all",
    }
}

words! {
    /// The columns User Management sorts by.
    UserSort {
        /// Shown name.
        Name = "name",
        /// Address.
        Email = "email",
        /// State, then name.
        Status = "status",
        /// Last login; never comes first.
        LastLogin = "last_login",
    }
}

/// What one page of User Management shows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UserQuery {
    /// Part of a name or address, already folded; empty means none.
    pub search: String,
    /// Status tab.
    pub status: StatusFilter,
    /// Key of an account or application role, or id of a custom role.
    pub role: Option<String>,
    /// MFA filter.
    pub mfa: Option<MfaFilter>,
    /// Last-login filter.
    pub last_login: Option<LoginFilter>,
    /// People, robots or both.
    pub kind: KindFilter,
    /// Sort column.
    pub sort: UserSort,
    /// Largest first.
    pub descending: bool,
    /// Rows a page.
    pub rows: u32,
    /// Where the page begins; none means at the top.
    pub cursor: Option<Cursor>,
}

impl Default for UserQuery {
    fn default() -> Self {
        Self {
            search: String::new(),
            status: StatusFilter::All,
            role: None,
            mfa: None,
            last_login: None,
            kind: KindFilter::People,
            sort: UserSort::Name,
            descending: false,
            rows: 25,
            cursor: None,
        }
    }
}

impl UserQuery {
    /// Whether only the status and the type narrow the list, so that the counters the database keeps tell how many
    /// there are.
    pub fn is_counted(&self) -> bool {
        self.search.is_empty() && self.role.is_none() && self.mfa.is_none() && self.last_login.is_none()
    }
}

/// A place in a sorted list: the key and id of the row beside it. Kept in the URL, so that a page is found again
/// without counting through all before it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cursor {
    /// Sort key of the row.
    #[serde(rename = "k")]
    pub key: CursorKey,
    /// Its user id.
    #[serde(rename = "i")]
    pub id: String,
    /// Whether the page lies before that row rather than after it.
    #[serde(rename = "b", default, skip_serializing_if = "std::ops::Not::not")]
    pub before: bool,
    /// How many rows come before the page, for "Showing {a}-{b}".
    #[serde(rename = "n")]
    pub skipped: u64,
}

impl Cursor {
    /// Whether it may be one of ours: no list is that long, and none of our keys holds a control character, which not
    /// every database takes.
    pub fn is_believable(&self) -> bool {
        u32::try_from(self.skipped).is_ok() && !self.has_control()
    }

    fn has_control(&self) -> bool {
        let texts = match &self.key {
            CursorKey::Number(_) => vec![],
            CursorKey::Text(text) => vec![text],
            CursorKey::Pair(state, name) => vec![state, name],
        };
        texts.into_iter().chain([&self.id]).any(|text| text.contains(char::is_control))
    }
}

/// The sort keys there are.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum CursorKey {
    /// Last login, microseconds.
    Number(i64),
    /// Name or address.
    Text(String),
    /// State and name.
    Pair(String, String),
}
