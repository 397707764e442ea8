//! How far access to a page goes, in one order for all pages, and the notes that qualify it.

use crate::domain::users::words;

words! {
    /// A level of access. Totally ordered, lowest first (portal contract 2.3).
    Level {
        /// The page is absent and answers 403.
        None = "none",
        /// See everything on the page, change nothing.
        View = "view",
        /// See, and change a named part.
        Edit = "edit",
        /// Everything except a named reserved part.
        Most = "most",
        /// Everything.
        All = "all",
    }
}

impl Level {
    /// The rank of the contract, 0 to 4.
    pub const fn rank(self) -> u8 {
        match self {
            Self::None => 0,
            Self::View => 1,
            Self::Edit => 2,
            Self::Most => 3,
            Self::All => 4,
        }
    }
}

/// A qualification kept as text wherever the level it belongs to is shown. It goes with its level:
/// a higher level drops it (portal contract 2.5).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Note {
    /// n1 of the contract; also part of the page's label.
    ComingSoon,
    /// n2 of the contract.
    VendorReserved,
    /// n3 of the contract; also part of the level's label.
    AlertsReadOnly,
    /// Only those organizations or engagements the person was invited to.
    InvitedTo,
    /// May create new organizations; otherwise only those the person was invited to.
    CreateAndInvitedTo,
    /// Bounded by the support request the membership refers to.
    SupportRequest,
}

impl Note {
    /// The text of the note.
    pub const fn text(self) -> &'static str {
        match self {
            Self::ComingSoon => "the page is announced but not there yet",
            Self::VendorReserved => "some settings of the page are reserved for Server Administrators",
            Self::AlertsReadOnly => "sees alerts but can neither acknowledge nor clear them",
            Self::InvitedTo => "those invited to",
            Self::CreateAndInvitedTo => "create new; those invited to",
            Self::SupportRequest => "as the support request allows",
        }
    }

    /// Whether the label of the page or level says it already, so that showing both repeats it.
    pub const fn is_in_the_label(self) -> bool {
        matches!(self, Self::ComingSoon | Self::AlertsReadOnly)
    }
}

impl serde::Serialize for Note {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.text())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn levels_are_ordered_as_the_contract_ranks_them() {
        assert!(Level::ALL.is_sorted());
        let ranks: Vec<u8> = Level::ALL.iter().map(|level| level.rank()).collect();
        assert_eq!(ranks, [0, 1, 2, 3, 4]);
        assert_eq!("most".parse::<Level>().unwrap(), Level::Most);
        assert!("Most".parse::<Level>().is_err());
    }
}
