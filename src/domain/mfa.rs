//! The second factor (portal contract 4): time-based codes, recovery codes, and how what somebody types is read as one
//! or the other. How they are stored, sealed and used up is the store's business.

mod recovery;
mod totp;

pub use self::recovery::{RECOVERY_CODES, RecoveryCode, recovery_codes};
pub use self::totp::{TotpCode, TotpSecret};

/// What somebody proves the second factor with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SecondFactor {
    /// A code of the authenticator app.
    Totp(TotpCode),
    /// A recovery code.
    Recovery(RecoveryCode),
}

impl SecondFactor {
    /// Reads a field that takes either; none when it is neither.
    pub fn parse(typed: &str) -> Option<Self> {
        TotpCode::parse(typed).map(Self::Totp).or_else(|| RecoveryCode::parse(typed).map(Self::Recovery))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_field_for_both_tells_them_apart() {
        assert!(matches!(SecondFactor::parse("123 456"), Some(SecondFactor::Totp(_))));
        assert!(matches!(SecondFactor::parse("abcde-fghjk"), Some(SecondFactor::Recovery(_))));
        for neither in ["", "12345", "abcde", "abcde-fghjkm"] {
            assert_eq!(SecondFactor::parse(neither), None, "{neither}");
        }
    }
}
