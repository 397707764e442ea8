//! Encryption of single values at rest. Each value names the key it was sealed
//! with, and is bound to the field and the row it belongs to, so that it opens
//! nowhere else. Does not know what the values are.

use std::path::PathBuf;
use std::sync::{Arc, PoisonError, RwLock};

use chacha20poly1305::aead::{Aead, KeyInit, Payload};
use chacha20poly1305::{Key as CipherKey, XChaCha20Poly1305, XNonce};
use zeroize::Zeroizing;

use super::{KEY_LENGTH, Key, file, mac, subkey};
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

/// Names a key without telling anything of it: the name follows from the key and stands in every value it sealed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KeyId([u8; ID_LENGTH]);

impl KeyId {
    pub(super) fn of_key(key: &Key) -> Self {
        let [a, b, c, d, ..] = mac(key, &[b"rollcall key id"]);
        Self([a, b, c, d])
    }

    /// The key a value was sealed with; none for what is no sealed value.
    pub fn of_value(sealed: &[u8]) -> Option<Self> {
        let (&FORMAT, rest) = sealed.split_first()? else { return None };
        rest.first_chunk().copied().map(Self)
    }

    /// How every value sealed with this key begins, and no other.
    pub fn prefix(self) -> [u8; HEADER_LENGTH] {
        let [a, b, c, d] = self.0;
        [FORMAT, a, b, c, d]
    }
}

impl std::fmt::Display for KeyId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

struct RingKey {
    id: KeyId,
    cipher: XChaCha20Poly1305,
}

impl RingKey {
    fn new(key: &Key) -> Self {
        let sealing = subkey(key, "sealing");
        Self { id: KeyId::of_key(key), cipher: XChaCha20Poly1305::new(&CipherKey::from(*sealing)) }
    }
}

/// The keys of the key file; all of them open. Which one seals is not decided here: every process must seal with the
/// same, so the database says it. A new installation begins with the first.
///
/// The file is read again when a value names a key that is not known yet, so that a running process keeps up with a
/// rotation. What it knew it keeps: a value read before the rotation reached it can still be opened.
pub struct Keyring {
    keys: RwLock<Vec<Arc<RingKey>>>,
    file: Option<PathBuf>,
    entropy: Arc<dyn Entropy>,
}

impl std::fmt::Debug for Keyring {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Keyring(..)")
    }
}

impl Keyring {
    /// A ring of these keys, and the file to look for others in.
    pub(super) fn new(keys: &[Key], file: Option<PathBuf>, entropy: Arc<dyn Entropy>) -> Self {
        let keys = keys.iter().map(|key| Arc::new(RingKey::new(key))).collect();
        Self { keys: RwLock::new(keys), file, entropy }
    }

    /// A ring with one fresh key. For tests and for what need not last.
    pub fn generate(entropy: Arc<dyn Entropy>) -> Self {
        let key = Zeroizing::new(entropy::bytes::<KEY_LENGTH>(entropy.as_ref()));
        Self::new(&[key], None, entropy)
    }

    /// The key a new installation seals with.
    ///
    /// # Errors
    /// [`KeyError::UnknownKey`] for a ring without keys, which no key file gives.
    pub fn first(&self) -> Result<KeyId, KeyError> {
        self.read().first().map(|key| key.id).ok_or(KeyError::UnknownKey)
    }

    /// Encrypts a value for one field of one row, for example
    /// `seal_with(key, "mail.body", &id, body)`. The row's id must never be
    /// given to another row.
    ///
    /// # Errors
    /// [`KeyError::UnknownKey`] when this process cannot find the key in its key file.
    pub fn seal_with(&self, key: KeyId, field: &str, row_id: &str, plaintext: &[u8]) -> Result<Vec<u8>, KeyError> {
        let key = self.find(key)?;
        let nonce: [u8; NONCE_LENGTH] = entropy::bytes(self.entropy.as_ref());
        let mut sealed = key.id.prefix().to_vec();
        let place = place(&sealed, field, row_id);
        let payload = Payload { msg: plaintext, aad: &place };
        // The cipher refuses only what is longer than 256 GiB.
        let ciphertext = key.cipher.encrypt(&XNonce::from(nonce), payload);
        sealed.extend_from_slice(&nonce);
        sealed.extend_from_slice(&ciphertext.map_err(|_| KeyError::Damaged)?);
        Ok(sealed)
    }

    /// Decrypts a value that was sealed for this field of this row.
    ///
    /// # Errors
    /// [`KeyError`]; the caller refuses to go on and logs the field and the row.
    pub fn open(&self, field: &str, row_id: &str, sealed: &[u8]) -> Result<Zeroizing<Vec<u8>>, KeyError> {
        let (header, rest) = sealed.split_at_checked(HEADER_LENGTH).ok_or(KeyError::Damaged)?;
        let (nonce, ciphertext) = rest.split_first_chunk::<NONCE_LENGTH>().ok_or(KeyError::Damaged)?;
        let key = self.find(KeyId::of_value(header).ok_or(KeyError::Damaged)?)?;
        let place = place(header, field, row_id);
        let payload = Payload { msg: ciphertext, aad: &place };
        key.cipher.decrypt(&XNonce::from(*nonce), payload).map(Zeroizing::new).map_err(|_| KeyError::Damaged)
    }

    fn find(&self, id: KeyId) -> Result<Arc<RingKey>, KeyError> {
        if let Some(known) = self.known(id) {
            return Ok(known);
        }
        self.read_again();
        self.known(id).ok_or(KeyError::UnknownKey)
    }

    fn known(&self, id: KeyId) -> Option<Arc<RingKey>> {
        self.read().iter().find(|key| key.id == id).cloned()
    }

    fn read(&self) -> std::sync::RwLockReadGuard<'_, Vec<Arc<RingKey>>> {
        self.keys.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn read_again(&self) {
        let Some(file) = &self.file else { return };
        match file::read(file) {
            Err(error) => tracing::warn!(%error, "the key file cannot be read again"),
            Ok(found) => {
                let mut keys = self.keys.write().unwrap_or_else(PoisonError::into_inner);
                for key in found {
                    let new = RingKey::new(&key);
                    if keys.iter().all(|known| known.id != new.id) {
                        keys.push(Arc::new(new));
                    }
                }
            }
        }
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

    fn seal(ring: &Keyring, field: &str, row: &str, plaintext: &[u8]) -> Vec<u8> {
        ring.seal_with(ring.first().expect("a key"), field, row, plaintext).expect("sealed")
    }

    fn key(seed: u64) -> Key {
        Zeroizing::new(entropy::bytes(&Seeded::new(seed)))
    }

    #[test]
    fn what_was_sealed_opens_in_its_place() {
        let ring = ring(1);
        for plaintext in [&b""[..], b"JBSWY3DPEHPK3PXP", &[0; 10_000]] {
            let sealed = seal(&ring, "mfa.secret", "ann", plaintext);
            let opened = ring.open("mfa.secret", "ann", &sealed).expect("opens");
            assert_eq!(opened.as_slice(), plaintext);
        }
    }

    #[test]
    fn a_value_opens_nowhere_else() {
        let ring = ring(1);
        let sealed = seal(&ring, "mfa.secret", "ann", b"seed");
        for (field, row) in [("mfa.secret", "ben"), ("mfa.code", "ann"), ("mfa.secre", "tann"), ("", "mfa.secretann")] {
            assert_eq!(ring.open(field, row, &sealed), Err(KeyError::Damaged), "{field} {row}");
        }
    }

    #[test]
    fn a_changed_or_cut_value_stays_closed() {
        let ring = ring(1);
        let sealed = seal(&ring, "mail.body", "1", b"a link");
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
        let first = seal(&ring, "mail.body", "1", b"same");
        let second = seal(&ring, "mail.body", "1", b"same");
        assert_ne!(first, second);
        let hidden = seal(&ring, "mail.body", "1", b"marker-secret");
        assert!(!hidden.windows(6).any(|window| window == b"marker"));
    }

    #[test]
    fn an_older_key_opens_while_another_seals() {
        let ring = |keys: &[Key]| Keyring::new(keys, None, Arc::new(Seeded::new(9)));
        let before = ring(&[key(1)]);
        let sealed = seal(&before, "mail.body", "1", b"text");
        let during = ring(&[key(1), key(2)]);
        assert_eq!(during.open("mail.body", "1", &sealed).expect("opens").as_slice(), b"text");
        let new = KeyId::of_key(&key(2));
        let again = during.seal_with(new, "mail.body", "1", b"text").expect("sealed");
        assert_eq!((KeyId::of_value(&again), KeyId::of_value(&sealed)), (Some(new), before.first().ok()));
        assert!(again.starts_with(&new.prefix()) && !sealed.starts_with(&new.prefix()));
        assert_eq!(before.open("mail.body", "1", &again), Err(KeyError::UnknownKey));
        assert_eq!(before.seal_with(new, "mail.body", "1", b"text"), Err(KeyError::UnknownKey));
        let after = ring(&[key(2)]);
        assert_eq!(after.open("mail.body", "1", &sealed), Err(KeyError::UnknownKey));
    }

    #[test]
    fn nothing_of_a_key_is_printed() {
        assert_eq!(format!("{:?}", ring(1)), "Keyring(..)");
    }
}
