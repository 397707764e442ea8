//! Recovery codes: the way in for who has no authenticator at hand (portal contract 4.4).

use std::fmt;

use zeroize::Zeroizing;

use crate::domain::entropy::{self, Entropy};

/// How many there are in a set.
pub const RECOVERY_CODES: usize = 10;

/// Letters and digits without those people mistake for each other.
const ALPHABET: &[u8; 30] = b"ABCDEFGHJKMNPQRSTVWXYZ23456789";
const LENGTH: usize = 10;
const HALF: usize = LENGTH / 2;

/// Ten signs without their hyphen, in upper case.
#[derive(Clone, PartialEq, Eq)]
pub struct RecoveryCode(Zeroizing<String>);

impl RecoveryCode {
    /// A fresh one.
    pub fn generate(entropy: &dyn Entropy) -> Self {
        let mut code = Zeroizing::new(String::with_capacity(LENGTH));
        while code.len() < LENGTH {
            // 240 is the largest multiple of 30 in a byte: what lies above would favor some signs.
            let [byte] = entropy::bytes::<1>(entropy);
            if byte < 240
                && let Some(sign) = ALPHABET.get(usize::from(byte % 30))
            {
                code.push(char::from(*sign));
            }
        }
        Self(code)
    }

    /// Reads what was typed; case, spaces and hyphens do not matter. None when it is not ten letters and digits, so
    /// that no slip costs an attempt; letters that no code has are wrong, not unreadable.
    pub fn parse(typed: &str) -> Option<Self> {
        let signs = typed.chars().filter(|sign| !sign.is_whitespace() && *sign != '-');
        let code: String = signs.map(|sign| sign.to_ascii_uppercase()).collect();
        let is_code = code.len() == LENGTH && code.bytes().all(|byte| byte.is_ascii_alphanumeric());
        is_code.then(|| Self(Zeroizing::new(code)))
    }

    /// The bytes to store, sealed, and to compare.
    pub fn as_bytes(&self) -> &[u8] {
        self.0.as_bytes()
    }
}

/// A fresh set.
pub fn recovery_codes(entropy: &dyn Entropy) -> Vec<RecoveryCode> {
    (0..RECOVERY_CODES).map(|_| RecoveryCode::generate(entropy)).collect()
}

/// As it is shown: `XXXXX-XXXXX`.
impl fmt::Display for RecoveryCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (first, second) = self.0.split_at_checked(HALF).unwrap_or_default();
        write!(f, "{first}-{second}")
    }
}

impl fmt::Debug for RecoveryCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RecoveryCode(..)")
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::domain::entropy::Seeded;

    #[test]
    fn codes_have_the_form_of_the_contract_and_use_every_sign() {
        let entropy = Seeded::new(3);
        let mut seen = BTreeSet::new();
        for _ in 0..100 {
            let shown = RecoveryCode::generate(&entropy).to_string();
            assert_eq!(shown.len(), 11);
            assert_eq!(shown.as_bytes()[5], b'-');
            seen.extend(shown.bytes().filter(|byte| *byte != b'-'));
        }
        assert_eq!(seen, ALPHABET.iter().copied().collect());
        assert!(!seen.iter().any(|sign| b"ILOU01".contains(sign)));
    }

    #[test]
    fn a_set_has_ten_different_codes() {
        let set: BTreeSet<String> = recovery_codes(&Seeded::new(5)).iter().map(ToString::to_string).collect();
        assert_eq!(set.len(), RECOVERY_CODES);
    }

    #[test]
    fn typing_is_forgiven() {
        let code = RecoveryCode::parse("ABCDE-FGHJK").unwrap();
        for typed in ["abcde-fghjk", "ABCDEFGHJK", " abcde fghjk ", "a-b-c-d-e-f-g-h-j-k"] {
            assert_eq!(RecoveryCode::parse(typed), Some(code.clone()), "{typed}");
        }
        for typed in ["", "ABCDE", "ABCDE-FGHJKM", "ABCDE_FGHJK", "ÄBCDE-FGHJ"] {
            assert_eq!(RecoveryCode::parse(typed), None, "{typed}");
        }
        assert!(RecoveryCode::parse("WRONG-CODES").is_some(), "readable, though no code has an O");
        assert_eq!(format!("{code:?}"), "RecoveryCode(..)");
    }
}
