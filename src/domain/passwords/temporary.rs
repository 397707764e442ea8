//! The password an invitation carries until its owner chooses one (portal contract 5.1, security
//! contract S6).

use crate::domain::entropy::Entropy;

/// Letters, digits and signs of a temporary password: exactly 64, so that six random bits choose
/// one without bias. Left out are I, O, l, o, 0 and 1, which people mistake for each other, and
/// every sign that HTML, a form body or a mail would have to escape.
const TEMPORARY_ALPHABET: &[u8; 64] = b"ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnpqrstuvwxyz23456789#$*-?@_:";

/// Length of a temporary password: 16 signs of six bits are the 96 bits of security contract S6.
const TEMPORARY_LENGTH: usize = 16;

/// A fresh temporary password for an invitation: 16 signs, 96 random bits.
pub fn temporary_password(entropy: &dyn Entropy) -> String {
    let mut bytes = [0_u8; TEMPORARY_LENGTH];
    entropy.fill(&mut bytes);
    bytes
        .iter()
        .filter_map(|byte| TEMPORARY_ALPHABET.get(usize::from(byte & 63)))
        .map(|sign| char::from(*sign))
        .collect()
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;
    use crate::domain::entropy::Seeded;

    /// Gives the bytes 0, 1, 2 ... and again.
    struct Counting(std::sync::atomic::AtomicU8);

    impl Entropy for Counting {
        fn fill(&self, bytes: &mut [u8]) {
            for byte in bytes {
                *byte = self.0.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
            }
        }
    }

    #[test]
    fn the_alphabet_has_64_different_unmistakable_signs() {
        let signs: HashSet<char> = TEMPORARY_ALPHABET.iter().copied().map(char::from).collect();
        assert_eq!(signs.len(), 64);
        assert!(signs.iter().all(char::is_ascii_graphic));
        for confusing in "IOlo01&<>\"'%+=;,. \\".chars() {
            assert!(!signs.contains(&confusing), "{confusing:?}");
        }
    }

    #[test]
    fn every_sign_is_equally_likely() {
        let source = Counting(0.into());
        let mut counts = std::collections::HashMap::new();
        for _ in 0..16 {
            for sign in temporary_password(&source).chars() {
                *counts.entry(sign).or_insert(0) += 1;
            }
        }
        assert_eq!(counts.len(), 64);
        assert!(counts.values().all(|count| *count == 4));
    }

    #[test]
    fn each_one_is_new_and_sixteen_long() {
        let source = Seeded::new(42);
        let made: HashSet<String> = (0..1000).map(|_| temporary_password(&source)).collect();
        assert_eq!(made.len(), 1000);
        assert!(made.iter().all(|password| password.chars().count() == 16));
    }
}
