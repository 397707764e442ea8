//! Encryption of single values at rest. Each value names the key it was sealed
//! with, and is bound to the field and the row it belongs to, so that it opens
//! nowhere else. Does not know what the values are.

use std::sync::Arc;

use chacha20poly1305::aead::{Aead, KeyInit, Payload};
use chacha20poly1305::{Key as CipherKey, XChaCha20Poly1305, XNonce};
use zeroize::Zeroizing;

use super::{KEY_LENGTH, Key, mac, subkey};
use crate::domain::entropy::{self, Entropy};

/// A sealed value: format, key id, nonce, ciphertext with tag.
const FORMAT: u8 = 1;
const ID_LENGTH: usize = 4;
const NONCE_LENGTH: usize = 24;
const HEADER_LENGTH: usize = 1 + ID_LENGTH;

/// A sealed value that cannot be opened. Says nothing about its content.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// The value names a key that the key file does not hold: a wrong or an old file.
    #[error("the key file does not fit this database: a value in it was encrypted with another key")]
    UnknownKey,
    /// The value was changed, or belongs to another field or row.
    #[error("an encrypted value was changed or belongs elsewhere")]
    Damaged,
}

struct RingKey {
    id: [u8; ID_LENGTH],
    cipher: XChaCha20Poly1305,
}

impl RingKey {
    fn new(key: &Key) -> Self {
        let [a, b, c, d, ..] = mac(key, &[b"rollcall key id"]);
        let sealing = subkey(key, "sealing");
        Self { id: [a, b, c, d], cipher: XChaCha20Poly1305::new(&CipherKey::from(*sealing)) }
    }
}

/// The keys of the key file: the first seals, all of them open.
pub struct Keyring {
    current: RingKey,
    older: Vec<RingKey>,
    entropy: Arc<dyn Entropy>,
}

impl std::fmt::Debug for Keyring {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Keyring(..)")
    }
}

impl Keyring {
    /// A ring that seals with `current` and still opens what `older` keys sealed.
    pub(super) fn new(current: &Key, older: &[Key], entropy: Arc<dyn Entropy>) -> Self {
        Self { current: RingKey::new(current), older: older.iter().map(RingKey::new).collect(), entropy }
    }

    /// A ring with one fresh key. For tests and for what need not last.
    pub fn generate(entropy: Arc<dyn Entropy>) -> Self {
        let key = Zeroizing::new(entropy::bytes::<KEY_LENGTH>(entropy.as_ref()));
        Self::new(&key, &[], entropy)
    }

    /// Encrypts a value for one field of one row, for example
    /// `seal("mail.body", &id, body)`. The row's id must never be
    /// given to another row.
    pub fn seal(&self, field: &str, row_id: &str, plaintext: &[u8]) -> Vec<u8> {
        let nonce: [u8; NONCE_LENGTH] = entropy::bytes(self.entropy.as_ref());
        let mut sealed = vec![FORMAT];
        sealed.extend_from_slice(&self.current.id);
        let place = place(&sealed, field, row_id);
        let payload = Payload { msg: plaintext, aad: &place };
        // The cipher refuses only what is longer than 256 GiB.
        let ciphertext = self.current.cipher.encrypt(&XNonce::from(nonce), payload);
        sealed.extend_from_slice(&nonce);
        sealed.extend_from_slice(&ciphertext.unwrap_or_default());
        sealed
    }

    /// Decrypts a value that was sealed for this field of this row.
    ///
    /// # Errors
    /// [`KeyError`]; the caller refuses to go on and logs the field and the row.
    pub fn open(&self, field: &str, row_id: &str, sealed: &[u8]) -> Result<Zeroizing<Vec<u8>>, KeyError> {
        let (header, rest) = sealed.split_at_checked(HEADER_LENGTH).ok_or(KeyError::Damaged)?;
        let (nonce, ciphertext) = rest.split_first_chunk::<NONCE_LENGTH>().ok_or(KeyError::Damaged)?;
        let key = self.key_of(header)?;
        let place = place(header, field, row_id);
        let payload = Payload { msg: ciphertext, aad: &place };
        key.cipher.decrypt(&XNonce::from(*nonce), payload).map(Zeroizing::new).map_err(|_| KeyError::Damaged)
    }

    /// Whether a rotation still has to seal this value anew.
    pub fn is_current(&self, sealed: &[u8]) -> bool {
        sealed.split_first().is_some_and(|(_, rest)| rest.starts_with(&self.current.id))
    }

    fn key_of(&self, header: &[u8]) -> Result<&RingKey, KeyError> {
        let (&FORMAT, id) = header.split_first().ok_or(KeyError::Damaged)? else {
            return Err(KeyError::Damaged);
        };
        std::iter::once(&self.current).chain(&self.older).find(|key| key.id == id).ok_or(KeyError::UnknownKey)
    }
}

/// What a value is bound to. The length keeps field and row id apart.
fn place(header: &[u8], field: &str, row_id: &str) -> Vec<u8> {
    let length = (field.len() as u64).to_be_bytes();
    [header, &length, field.as_bytes(), row_id.as_bytes()].concat()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::entropy::Seeded;

    fn ring(seed: u64) -> Keyring {
        Keyring::generate(Arc::new(Seeded::new(seed)))
    }

    fn key(seed: u64) -> Key {
        Zeroizing::new(entropy::bytes(&Seeded::new(seed)))
    }

    #[test]
    fn what_was_sealed_opens_in_its_place() {
        let ring = ring(1);
        for plaintext in [&b""[..], b"JBSWY3DPEHPK3PXP", &[0; 10_000]] {
            let sealed = ring.seal("mfa.secret", "ann", plaintext);
            let opened = ring.open("mfa.secret", "ann", &sealed).expect("opens");
            assert_eq!(opened.as_slice(), plaintext);
        }
    }

    #[test]
    fn a_value_opens_nowhere_else() {
        let ring = ring(1);
        let sealed = ring.seal("mfa.secret", "ann", b"seed");
        for (field, row) in [("mfa.secret", "ben"), ("mfa.code", "ann"), ("mfa.secre", "tann"), ("", "mfa.secretann")] {
            assert_eq!(ring.open(field, row, &sealed), Err(KeyError::Damaged), "{field} {row}");
        }
    }

    #[test]
    fn a_changed_or_cut_value_stays_closed() {
        let ring = ring(1);
        let sealed = ring.seal("mail.body", "1", b"a link");
        for place in 0..sealed.len() {
            let mut changed = sealed.clone();
            changed[place] ^= 1;
            assert!(ring.open("mail.body", "1", &changed).is_err(), "byte {place}");
            assert!(ring.open("mail.body", "1", &sealed[..place]).is_err());
        }
    }

    #[test]
    fn two_values_never_look_alike() {
        let ring = ring(1);
        let first = ring.seal("mail.body", "1", b"same");
        let second = ring.seal("mail.body", "1", b"same");
        assert_ne!(first, second);
        let hidden = ring.seal("mail.body", "1", b"marker-secret");
        assert!(!hidden.windows(6).any(|window| window == b"marker"));
    }

    #[test]
    fn an_older_key_opens_but_no_longer_seals() {
        let before = Keyring::new(&key(1), &[], Arc::new(Seeded::new(9)));
        let sealed = before.seal("mail.body", "1", b"text");
        let during = Keyring::new(&key(2), &[key(1)], Arc::new(Seeded::new(9)));
        assert_eq!(during.open("mail.body", "1", &sealed).expect("opens").as_slice(), b"text");
        assert!(!during.is_current(&sealed));
        let again = during.seal("mail.body", "1", b"text");
        assert!(during.is_current(&again));
        assert_eq!(before.open("mail.body", "1", &again), Err(KeyError::UnknownKey));
        let after = Keyring::new(&key(2), &[], Arc::new(Seeded::new(9)));
        assert_eq!(after.open("mail.body", "1", &sealed), Err(KeyError::UnknownKey));
    }

    #[test]
    fn nothing_of_a_key_is_printed() {
        assert_eq!(format!("{:?}", Keyring::new(&key(1), &[], Arc::new(Seeded::new(9)))), "Keyring(..)");
    }
}
