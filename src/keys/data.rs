//! Keyed hashes that must mean the same for the life of an installation: a
//! login address, a link of the audit chain, a form's token. Their key is made
//! once and kept sealed in the database, so that rotating the key file changes
//! none of them.

use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

use super::{KEY_LENGTH, Key, KeyError, KeyId, Keyring, mac, subkey};
use crate::domain::entropy::{self, Entropy};

/// What a keyed hash is for. Hashes of the same bytes for two purposes have
/// nothing in common.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// The row of failed attempts of a login address (portal contract 3.2 rule 1).
    Address,
    /// The links of the audit chain and its signed head (security contract S83).
    AuditChain,
    /// The CSRF field of a form, from the id of its session (security contract S39).
    FormToken,
    /// The setup code, so that two nodes agree on it without storing it plainly.
    SetupCode,
    /// Proves that a backup is what was written.
    Backup,
    /// What is kept of a secret that travels in a link, a cookie or a token.
    Secret,
}

impl Purpose {
    /// Part of every hash ever stored: never change one.
    fn label(self) -> &'static str {
        match self {
            Self::Address => "address hash",
            Self::AuditChain => "audit chain",
            Self::FormToken => "form token",
            Self::SetupCode => "setup code",
            Self::Backup => "backup",
            Self::Secret => "secret hash",
        }
    }
}

/// The keys of all keyed hashes, one for each [`Purpose`], derived from one root.
#[derive(Clone)]
pub struct DataKeys {
    root: Key,
}

impl std::fmt::Debug for DataKeys {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("DataKeys(..)")
    }
}

impl DataKeys {
    /// What the sealed keys are bound to: there is one set for an installation.
    const FIELD: &'static str = "installation.value";
    const ROW: &'static str = "data keys";

    /// Fresh keys, for a new installation.
    pub fn generate(entropy: &dyn Entropy) -> Self {
        Self { root: Zeroizing::new(entropy::bytes(entropy)) }
    }

    /// What the database keeps. The key it names is the one every value is to be sealed with.
    ///
    /// # Errors
    /// [`KeyError::UnknownKey`] when the ring does not hold the key.
    pub fn seal(&self, ring: &Keyring, key: KeyId) -> Result<Vec<u8>, KeyError> {
        ring.seal_with(key, Self::FIELD, Self::ROW, self.root.as_slice())
    }

    /// The keys that [`Self::seal`] wrote.
    ///
    /// # Errors
    /// [`KeyError`] when the key file is not the one of this database, which
    /// stops the start.
    pub fn open(ring: &Keyring, sealed: &[u8]) -> Result<Self, KeyError> {
        let bytes = ring.open(Self::FIELD, Self::ROW, sealed)?;
        let root: [u8; KEY_LENGTH] = bytes.as_slice().try_into().map_err(|_| KeyError::Damaged)?;
        Ok(Self { root: Zeroizing::new(root) })
    }

    /// HMAC-SHA-256 of the bytes under the key of this purpose.
    pub fn keyed_hash(&self, purpose: Purpose, bytes: &[u8]) -> [u8; 32] {
        mac(&subkey(&self.root, purpose.label()), &[bytes])
    }

    /// The key of a login address in the table of failed attempts.
    pub fn address_hash(&self, address: &str) -> [u8; 32] {
        self.keyed_hash(Purpose::Address, address.as_bytes())
    }

    /// The hash or signature of a link of the audit chain.
    pub fn audit_hash(&self, message: &[u8]) -> [u8; 32] {
        self.keyed_hash(Purpose::AuditChain, message)
    }

    /// Whether `hash` is the keyed hash of the bytes; takes as long for a near
    /// miss as for a far one.
    pub fn is_hash_of(&self, purpose: Purpose, bytes: &[u8], hash: &[u8]) -> bool {
        same_bytes(&self.keyed_hash(purpose, bytes), hash)
    }
}

/// Compares without telling by its time where two secrets begin to differ.
/// Their length is no secret.
pub fn same_bytes(left: &[u8], right: &[u8]) -> bool {
    left.ct_eq(right).into()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::sync::Arc;

    use super::*;
    use crate::domain::entropy::Seeded;

    const ALL: [Purpose; 6] = [
        Purpose::Address,
        Purpose::AuditChain,
        Purpose::FormToken,
        Purpose::SetupCode,
        Purpose::Backup,
        Purpose::Secret,
    ];

    fn ring(seed: u64) -> Keyring {
        Keyring::generate(Arc::new(Seeded::new(seed)))
    }

    fn seal(keys: &DataKeys, ring: &Keyring) -> Vec<u8> {
        keys.seal(ring, ring.first().expect("a key")).expect("sealed")
    }

    #[test]
    fn purposes_share_nothing() {
        let keys = DataKeys::generate(&Seeded::new(1));
        let hashes: BTreeSet<_> = ALL.iter().map(|&purpose| keys.keyed_hash(purpose, b"ann@people.example")).collect();
        assert_eq!(hashes.len(), ALL.len());
    }

    #[test]
    fn hashes_survive_sealing_and_rotation() {
        let keys = DataKeys::generate(&Seeded::new(1));
        let before = keys.keyed_hash(Purpose::Address, b"ann@people.example");
        let old_ring = ring(2);
        let sealed = seal(&keys, &old_ring);
        let opened = DataKeys::open(&old_ring, &sealed).expect("opens");
        let new_ring = ring(4);
        let resealed = seal(&opened, &new_ring);
        let rotated = DataKeys::open(&new_ring, &resealed).expect("opens");
        assert!(rotated.is_hash_of(Purpose::Address, b"ann@people.example", &before));
        assert!(!rotated.is_hash_of(Purpose::Address, b"ben@people.example", &before));
        assert!(!rotated.is_hash_of(Purpose::FormToken, b"ann@people.example", &before));
        assert!(!rotated.is_hash_of(Purpose::Address, b"ann@people.example", &before[..31]));
    }

    #[test]
    fn the_wrong_key_file_is_noticed() {
        let keys = DataKeys::generate(&Seeded::new(1));
        let sealed = seal(&keys, &ring(2));
        let other = ring(4);
        assert_eq!(DataKeys::open(&other, &sealed).unwrap_err(), KeyError::UnknownKey);
    }

    /// RFC 4231, test case 2, holds for the hash below all others.
    #[test]
    fn the_hash_is_hmac_sha_256() {
        let mut key = [0; KEY_LENGTH];
        key[..4].copy_from_slice(b"Jefe");
        let hash = mac(&key, &[b"what do ya want ", b"for nothing?"]);
        assert_eq!(hash[..4], [0x5b, 0xdc, 0xc1, 0x46]);
    }
}
