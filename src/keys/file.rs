//! The key file: one line of base64 for each key, older ones first, and
//! readable by nobody else. A file that is missing, short, open to others or
//! not ours stops the start with one line (security contract S51). Never
//! prints a byte of it.

use std::fs::{self, File, OpenOptions};
use std::io::{ErrorKind, Read, Write};
use std::os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use zeroize::Zeroizing;

use super::{KEY_LENGTH, Key, Keyring};
use crate::domain::entropy::{self, Entropy};

/// Far beyond what any number of rotations in progress would leave.
const LONGEST_FILE: u64 = 4096;
const OTHERS: u32 = 0o007;
const GROUP_MAY_WRITE: u32 = 0o020;

/// What to do when there is no key file yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WhenMissing {
    /// Make one: the database is a file of this machine (operations contract, section 3).
    Create,
    /// Refuse: all nodes share one file, and a second key would part them.
    Refuse,
    /// Refuse: there is a database already, which another key would not open.
    Lost,
}

/// A key file that cannot be used, in one line.
#[derive(Debug, thiserror::Error)]
pub enum KeyFileError {
    /// There is none and none may be made.
    #[error(
        "the key file {} is missing; with PostgreSQL it must exist and be the same on every node: \
         make one with `openssl rand -base64 32`, mode 0600", .0.display()
    )]
    Missing(PathBuf),
    /// There is none, and the database is encrypted with it.
    #[error("the key file {} is missing, and the database cannot be read without it: put its copy there", .0.display())]
    Lost(PathBuf),
    /// Somebody else on the machine could read or change it.
    #[error("the key file {} is open to others (mode {:04o}); run chmod 600 on it", .0.display(), .1)]
    Open(PathBuf, u32),
    /// It holds fewer bytes than a key has.
    #[error("the key file {} is too short: a key is 32 random bytes in base64", .0.display())]
    Short(PathBuf),
    /// It holds something else.
    #[error("the key file {} is malformed: each line must be 32 bytes in base64", .0.display())]
    Malformed(PathBuf),
    /// Another process is exchanging keys right now.
    #[error("the keys in {} are being rotated by another process", .0.display())]
    Busy(PathBuf),
    /// The system refuses.
    #[error("cannot {} the key file {}: {}", .1, .0.display(), .2)]
    Unusable(PathBuf, &'static str, std::io::Error),
}

/// Reads the keys of a file, and makes the file first where that is allowed.
///
/// # Errors
/// [`KeyFileError`], one line for standard error; the program ends with status 2.
pub fn open_key_file(
    path: &Path,
    when_missing: WhenMissing,
    entropy: Arc<dyn Entropy>,
) -> Result<Keyring, KeyFileError> {
    let keys = match read(path) {
        Err(KeyFileError::Missing(missing)) => match when_missing {
            WhenMissing::Create => {
                create(path, entropy.as_ref())?;
                read(path)?
            }
            WhenMissing::Refuse => return Err(KeyFileError::Missing(missing)),
            WhenMissing::Lost => return Err(KeyFileError::Lost(missing)),
        },
        outcome => outcome?,
    };
    Ok(Keyring::new(&keys, Some(path.to_owned()), entropy))
}

/// The keys of the file, at least one.
pub(super) fn read(path: &Path) -> Result<Vec<Key>, KeyFileError> {
    let unusable = |error| KeyFileError::Unusable(path.to_owned(), "read", error);
    let file = match File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == ErrorKind::NotFound => {
            return Err(KeyFileError::Missing(path.to_owned()));
        }
        Err(error) => return Err(unusable(error)),
    };
    let facts = file.metadata().map_err(unusable)?;
    let mode = facts.permissions().mode() & 0o7777;
    if !facts.is_file() {
        return Err(KeyFileError::Malformed(path.to_owned()));
    }
    // A group may read: that is how orchestrators hand secrets to a container.
    if mode & (OTHERS | GROUP_MAY_WRITE) != 0 {
        return Err(KeyFileError::Open(path.to_owned(), mode));
    }
    let mut text = Zeroizing::new(String::new());
    match file.take(LONGEST_FILE).read_to_string(&mut text) {
        Ok(_) => parse(path, &text),
        Err(error) if error.kind() == ErrorKind::InvalidData => Err(KeyFileError::Malformed(path.to_owned())),
        Err(error) => Err(unusable(error)),
    }
}

fn parse(path: &Path, text: &str) -> Result<Vec<Key>, KeyFileError> {
    let lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
    let keys: Vec<Key> = lines.map(|line| key_of(path, line)).collect::<Result<_, _>>()?;
    if keys.is_empty() { Err(KeyFileError::Short(path.to_owned())) } else { Ok(keys) }
}

/// The lines of these keys.
pub(super) fn lines(keys: &[Key]) -> Zeroizing<String> {
    let mut text = Zeroizing::new(String::with_capacity(keys.len() * 48));
    for key in keys {
        text.push_str(&Zeroizing::new(STANDARD.encode(key.as_slice())));
        text.push('\n');
    }
    text
}

fn key_of(path: &Path, line: &str) -> Result<Key, KeyFileError> {
    let bytes = STANDARD.decode(line).map(Zeroizing::new).map_err(|_| KeyFileError::Malformed(path.to_owned()))?;
    if bytes.len() < KEY_LENGTH {
        return Err(KeyFileError::Short(path.to_owned()));
    }
    let key: [u8; KEY_LENGTH] = bytes.as_slice().try_into().map_err(|_| KeyFileError::Malformed(path.to_owned()))?;
    // A file of zeros is a mistake, not a random key.
    if key == [0; KEY_LENGTH] {
        return Err(KeyFileError::Malformed(path.to_owned()));
    }
    Ok(Zeroizing::new(key))
}

/// Writes the key beside its place and links it there, so that two first starts
/// end with one whole file and never with half of one.
fn create(path: &Path, entropy: &dyn Entropy) -> Result<(), KeyFileError> {
    let unusable = |error| KeyFileError::Unusable(path.to_owned(), "create", error);
    let key = Zeroizing::new(entropy::bytes::<KEY_LENGTH>(entropy));
    let line = lines(&[key]);
    let beside = beside(path);

    let mut file =
        OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&beside).map_err(unusable)?;
    let written = file.write_all(line.as_bytes()).and_then(|()| file.sync_all()).and_then(|()| {
        match fs::hard_link(&beside, path) {
            Err(error) if error.kind() != ErrorKind::AlreadyExists => Err(error),
            _ => sync_folder(path),
        }
    });
    let removed = fs::remove_file(&beside);
    written.and(removed).map_err(unusable)
}

/// Where a file is written before it takes its place.
pub(super) fn beside(path: &Path) -> PathBuf {
    let mut beside = path.as_os_str().to_owned();
    beside.push(format!(".{}.new", std::process::id()));
    PathBuf::from(beside)
}

/// The name of a new file lasts only once its folder is on the disk too; without
/// the key nothing that is sealed could ever be read again.
pub(super) fn sync_folder(path: &Path) -> std::io::Result<()> {
    File::open(folder(path))?.sync_all()
}

/// The folder a file is in.
pub(super) fn folder(path: &Path) -> &Path {
    match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::entropy::Seeded;

    /// A folder of its own for each test, removed at its end.
    struct Folder(PathBuf);

    impl Folder {
        fn new(name: &str) -> Self {
            let path = std::env::temp_dir().join(format!("rollcall-keys-{name}-{}", std::process::id()));
            fs::create_dir_all(&path).expect("folder");
            Self(path)
        }

        fn key(&self) -> PathBuf {
            self.0.join("rollcall.key")
        }

        fn with(&self, text: &str, mode: u32) -> PathBuf {
            let path = self.key();
            fs::write(&path, text).expect("file");
            fs::set_permissions(&path, fs::Permissions::from_mode(mode)).expect("mode");
            path
        }
    }

    impl Drop for Folder {
        fn drop(&mut self) {
            fs::remove_dir_all(&self.0).expect("clean up");
        }
    }

    fn open(path: &Path, when_missing: WhenMissing, seed: u64) -> Result<Keyring, KeyFileError> {
        open_key_file(path, when_missing, Arc::new(Seeded::new(seed)))
    }

    fn seal(ring: &Keyring, text: &[u8]) -> Vec<u8> {
        ring.seal_with(ring.first().expect("a key"), "field", "row", text).expect("sealed")
    }

    fn line(seed: u64) -> String {
        STANDARD.encode(entropy::bytes::<32>(&Seeded::new(seed)))
    }

    fn refusal(path: &Path) -> KeyFileError {
        let error = open(path, WhenMissing::Create, 1).expect_err("refused");
        assert!(!error.to_string().contains('\n'));
        assert!(error.to_string().contains("rollcall.key"), "{error}");
        error
    }

    #[test]
    fn a_missing_file_is_made_once_and_kept() {
        let folder = Folder::new("made");
        let path = folder.key();
        let first = open(&path, WhenMissing::Create, 1).expect("made");
        let sealed = seal(&first, b"text");
        let mode = fs::metadata(&path).expect("made").permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        let again = open(&path, WhenMissing::Refuse, 3).expect("kept");
        assert!(again.open("field", "row", &sealed).is_ok());
        assert_eq!(fs::read_dir(&folder.0).expect("folder").count(), 1, "nothing left beside it");
    }

    #[test]
    fn a_missing_file_is_refused_where_nodes_share_it() {
        let folder = Folder::new("refused");
        let outcome = open(&folder.key(), WhenMissing::Refuse, 1);
        assert!(matches!(outcome, Err(KeyFileError::Missing(_))));
        let outcome = open(&folder.key(), WhenMissing::Lost, 1);
        assert!(matches!(outcome, Err(KeyFileError::Lost(_))));
        assert!(!folder.key().exists());
    }

    #[test]
    fn several_first_starts_end_with_one_key() {
        let folder = Folder::new("race");
        let path = folder.key();
        create(&path, &Seeded::new(1)).expect("first");
        let before = fs::read(&path).expect("key");
        create(&path, &Seeded::new(2)).expect("second finds it there");
        assert_eq!(fs::read(&path).expect("key"), before);
    }

    #[test]
    fn a_file_open_to_others_is_refused() {
        let folder = Folder::new("open");
        for mode in [0o644, 0o604, 0o620, 0o602, 0o666] {
            let path = folder.with(&line(1), mode);
            assert!(matches!(refusal(&path), KeyFileError::Open(_, shown) if shown == mode));
        }
        for mode in [0o600, 0o400, 0o640] {
            let path = folder.with(&line(1), mode);
            open(&path, WhenMissing::Refuse, 1).expect("closed enough");
        }
    }

    #[test]
    fn a_short_or_malformed_file_is_refused() {
        let folder = Folder::new("bad");
        let short = STANDARD.encode([7; 31]);
        for text in ["", "\n\n", &short] {
            let path = folder.with(text, 0o600);
            assert!(matches!(refusal(&path), KeyFileError::Short(_)), "{text:?}");
        }
        let long = STANDARD.encode([7; 33]);
        let zeros = STANDARD.encode([0; 32]);
        let second = format!("{}\nmarker\n", line(1));
        for text in ["not base64!", &long, &zeros, &second] {
            let path = folder.with(text, 0o600);
            let error = refusal(&path);
            assert!(matches!(error, KeyFileError::Malformed(_)), "{text:?}");
            assert!(!error.to_string().contains("marker"));
        }
    }

    #[test]
    fn every_line_is_a_key() {
        let folder = Folder::new("older");
        let path = folder.with(&line(1), 0o600);
        let before = open(&path, WhenMissing::Refuse, 1).expect("one key");
        let sealed = seal(&before, b"text");
        let path = folder.with(&format!("{}\n{}\n", line(5), line(1)), 0o600);
        let during = open(&path, WhenMissing::Refuse, 1).expect("two keys");
        assert!(during.open("field", "row", &sealed).is_ok());
        assert!(before.open("field", "row", &seal(&during, b"new")).is_ok(), "the file is read again");
    }
}
