//! Everything that is done with a secret key, in one place.
//!
//! The key file holds the key that encrypts what is secret in the database
//! ([`Keyring`], security contract S50 and S51); it is not in the database nor
//! in its backup, and it is replaced by a rotation. Keyed hashes must outlive
//! that: they come from [`DataKeys`], made once, kept in the database, sealed
//! by the keyring. This module knows bytes and names, never a table.

mod data;
mod file;
mod ring;
mod rotation;

pub use data::{DataKeys, Purpose, same_bytes};
pub use file::{KeyFileError, WhenMissing, open_key_file};
pub use ring::{KeyError, KeyId, Keyring};
pub use rotation::KeyChange;

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use zeroize::Zeroizing;

/// Length of every key, in bytes.
const KEY_LENGTH: usize = 32;

/// A key that is wiped from memory when dropped.
type Key = Zeroizing<[u8; KEY_LENGTH]>;

/// HMAC-SHA-256 (RFC 2104), which fills a short key up with zeros to one block.
fn mac(key: &[u8; KEY_LENGTH], parts: &[&[u8]]) -> [u8; 32] {
    let mut block = Zeroizing::new([0_u8; 64]);
    for (to, from) in block.iter_mut().zip(key) {
        *to = *from;
    }
    let mut mac = <Hmac<Sha256> as KeyInit>::new((&*block).into());
    for part in parts {
        mac.update(part);
    }
    mac.finalize().into_bytes().into()
}

/// A key for one purpose: HKDF-Expand of RFC 5869 for a single block, whose
/// info is the purpose. The input is uniformly random, so nothing is extracted.
fn subkey(key: &[u8; KEY_LENGTH], purpose: &str) -> Key {
    Zeroizing::new(mac(key, &[b"rollcall ", purpose.as_bytes(), &[1]]))
}
