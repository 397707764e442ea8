//! Exchanging the keys of a key file: a new one is added behind those there are, and once nothing needs them any more
//! the ones before it are dropped. The order of the lines tells a rotation that was cut off how far it had come.
//! Does not know where the encrypted values are.

use std::{
    fs::{self, File, OpenOptions, TryLockError},
    io::Write as _,
    os::unix::fs::{MetadataExt as _, OpenOptionsExt as _, chown},
    path::{Path, PathBuf},
};

use zeroize::Zeroizing;

use super::{
    KEY_LENGTH, Key, KeyFileError, KeyId,
    file::{beside, folder, lines, read, sync_folder},
};
use crate::domain::entropy::{self, Entropy};

/// The only process that may write the key file, for as long as it lives.
pub struct KeyChange {
    path: PathBuf,
    keys: Vec<Key>,
    /// The folder is locked, because the file itself is replaced with each change.
    _lock: File,
}

impl std::fmt::Debug for KeyChange {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("KeyChange(..)")
    }
}

impl KeyChange {
    /// Takes the key file. A link is followed: what it leads to is changed, not the link.
    ///
    /// # Errors
    /// [`KeyFileError::Busy`] while another process has it.
    pub fn begin(path: &Path) -> Result<Self, KeyFileError> {
        let unusable = |error| KeyFileError::Unusable(path.to_owned(), "read", error);
        let path = fs::canonicalize(path).map_err(unusable)?;
        let lock = File::open(folder(&path)).map_err(unusable)?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(KeyFileError::Busy(path)),
            Err(TryLockError::Error(error)) => return Err(unusable(error)),
        }
        let keys = read(&path)?;
        Ok(Self { path, keys, _lock: lock })
    }

    /// Whether keys stand before the one in force: a rotation came as far as that and did not end.
    pub fn has_older_than(&self, current: KeyId) -> bool {
        self.keys.first().is_some_and(|first| KeyId::of_key(first) != current)
    }

    /// The key to rotate to: the last of the file when it stands behind the one in force, else a new one, which is on
    /// the disk when this returns.
    ///
    /// # Errors
    /// When the file cannot be written; it is as it was then.
    pub fn add_next(&mut self, current: KeyId, entropy: &dyn Entropy) -> Result<KeyId, KeyFileError> {
        if let Some(last) = self.keys.last().map(KeyId::of_key).filter(|last| *last != current) {
            return Ok(last);
        }
        let key: Key = Zeroizing::new(entropy::bytes::<KEY_LENGTH>(entropy));
        let id = KeyId::of_key(&key);
        self.keys.push(key);
        self.write()?;
        Ok(id)
    }

    /// Drops every key but this one. Says whether there were others.
    ///
    /// # Errors
    /// When the file cannot be written; it is as it was then.
    pub fn keep_only(&mut self, current: KeyId) -> Result<bool, KeyFileError> {
        let before = self.keys.len();
        self.keys.retain(|key| KeyId::of_key(key) == current);
        if self.keys.len() == before || self.keys.is_empty() {
            return Ok(false);
        }
        self.write()?;
        Ok(true)
    }

    /// Replaces the file in one step, with the same owner and mode: whoever serves goes on reading it.
    fn write(&self) -> Result<(), KeyFileError> {
        let beside = beside(&self.path);
        let written = self.write_beside(&beside).and_then(|()| {
            fs::rename(&beside, &self.path)?;
            sync_folder(&self.path)
        });
        if written.is_err() {
            drop(fs::remove_file(&beside));
        }
        written.map_err(|error| KeyFileError::Unusable(self.path.clone(), "write", error))
    }

    fn write_beside(&self, beside: &Path) -> std::io::Result<()> {
        let old = fs::metadata(&self.path)?;
        let mut file = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(beside)?;
        let new = file.metadata()?;
        if (new.uid(), new.gid()) != (old.uid(), old.gid()) {
            chown(beside, Some(old.uid()), Some(old.gid()))?;
        }
        file.set_permissions(old.permissions())?;
        file.write_all(lines(&self.keys).as_bytes())?;
        file.sync_all()
    }
}

#[cfg(test)]
mod tests {
    use std::{os::unix::fs::PermissionsExt as _, sync::Arc};

    use super::*;
    use crate::{
        domain::entropy::Seeded,
        keys::{Keyring, WhenMissing, open_key_file},
    };

    fn open(path: &Path) -> Keyring {
        open_key_file(path, WhenMissing::Create, Arc::new(Seeded::new(1))).expect("a key file")
    }

    #[test]
    fn a_key_is_added_used_and_left_alone() {
        let folder = tempfile::tempdir().expect("folder");
        let path = folder.path().join("rollcall.key");
        let first = open(&path).first().expect("a key");
        fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).expect("mode");
        let mut change = KeyChange::begin(&path).expect("ours");
        assert!(matches!(KeyChange::begin(&path), Err(KeyFileError::Busy(_))), "one at a time");
        assert!(!change.has_older_than(first));
        let next = change.add_next(first, &Seeded::new(2)).expect("written");
        assert_eq!(open(&path).first(), Ok(first), "the new one stands behind");
        drop(change);
        let mut again = KeyChange::begin(&path).expect("free again");
        assert_eq!(again.add_next(first, &Seeded::new(3)).expect("there already"), next);
        assert!(again.has_older_than(next));
        assert!(again.keep_only(next).expect("written"));
        assert!(!again.keep_only(next).expect("nothing to do"));
        assert_eq!(open(&path).first(), Ok(next));
        assert_eq!(fs::metadata(&path).expect("file").permissions().mode() & 0o777, 0o640);
        assert_eq!(fs::read_dir(folder.path()).expect("folder").count(), 1, "nothing left beside it");
    }
}
