//! Mails as files, for a portal without a mail server: each in one `.eml` that a person and any
//! mail program can read. A file appears whole or not at all, and a repeat writes the same file.

use std::{
    fs::{self, DirBuilder, File, OpenOptions},
    io::{self, Write},
    os::unix::fs::{DirBuilderExt, OpenOptionsExt},
    path::{Path, PathBuf},
};

use time::macros::format_description;

use super::transport::SendError;
use crate::{
    domain::{ids::MailId, time::Timestamp},
    store::SealedLetter,
};

/// Longest part of an address that stands in a file name.
const LONGEST_IN_NAME: usize = 80;

/// A folder of mails.
#[derive(Debug)]
pub struct Folder {
    path: PathBuf,
}

impl Folder {
    pub(super) fn new(path: PathBuf) -> Self {
        Self { path }
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    pub(super) async fn reach(&self) -> Result<(), SendError> {
        let folder = self.path.clone();
        blocking(move || make_private(&folder)).await
    }

    pub(super) async fn send(&self, id: MailId, created_at: Timestamp, letter: &SealedLetter) -> Result<(), SendError> {
        let folder = self.path.clone();
        let name = file_name(created_at, &letter.to, id);
        let message = letter.message.clone();
        blocking(move || {
            make_private(&folder)?;
            write_whole(&folder, &name, message.as_bytes())
        })
        .await
    }
}

/// File systems block; the runtime must not.
async fn blocking(work: impl FnOnce() -> io::Result<()> + Send + 'static) -> Result<(), SendError> {
    match tokio::task::spawn_blocking(work).await {
        Ok(Ok(())) => Ok(()),
        Ok(Err(error)) => Err(SendError::Later(format!("cannot write the mail folder: {error}"))),
        Err(stopped) => Err(SendError::Later(format!("writing a mail was broken off: {stopped}"))),
    }
}

fn make_private(folder: &Path) -> io::Result<()> {
    DirBuilder::new().recursive(true).mode(0o700).create(folder)
}

/// Writes beside the final name and renames, so that nobody ever reads half a mail.
fn write_whole(folder: &Path, name: &str, message: &[u8]) -> io::Result<()> {
    let beside = folder.join(format!(".{name}.new"));
    let mut file = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&beside)?;
    let written = file.write_all(message).and_then(|()| file.sync_all());
    if let Err(error) = written.and_then(|()| fs::rename(&beside, folder.join(name))) {
        // The first error is the one to tell.
        drop(fs::remove_file(&beside));
        return Err(error);
    }
    File::open(folder)?.sync_all()
}

/// Sorts by time; names recipient and mail.
fn file_name(created_at: Timestamp, recipient: &str, id: MailId) -> String {
    let time = created_at
        .calendar()
        .format(format_description!("[year][month][day]T[hour][minute][second].[subsecond digits:3]Z"))
        .unwrap_or_default();
    let recipient: String = recipient
        .chars()
        .take(LONGEST_IN_NAME)
        .map(|sign| if sign.is_ascii_alphanumeric() || "@._+-".contains(sign) { sign } else { '_' })
        .collect();
    format!("{time}-{recipient}-{id}.eml")
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;
    use crate::domain::entropy::Seeded;

    #[test]
    fn names_sort_by_time_and_hold_no_path() {
        let at = Timestamp::from_micros(1_763_647_500_123_456);
        let id = MailId::new(at, &Seeded::new(1));
        let name = file_name(at, "../../etc/ann@people.example", id);
        assert_eq!(name, format!("20251120T140500.123Z-.._.._etc_ann@people.example-{id}.eml"));
    }

    #[tokio::test]
    async fn a_mail_is_one_private_file_and_a_repeat_the_same() {
        let path = std::env::temp_dir().join(format!("rollcall-folder-{}", std::process::id()));
        let folder = Folder::new(path.join("data").join("mail"));
        let at = Timestamp::from_seconds(1_763_647_500);
        let id = MailId::new(at, &Seeded::new(2));
        let letter = SealedLetter {
            from: "noreply@localhost".into(),
            to: "ann@people.example".into(),
            message: "Subject: x\r\n\r\nHello".into(),
        };
        for _ in 0..2 {
            folder.send(id, at, &letter).await.expect("written");
        }
        let files: Vec<_> = fs::read_dir(folder.path()).expect("folder").flatten().collect();
        assert_eq!(files.len(), 1, "one file, nothing beside it");
        assert_eq!(fs::read_to_string(files[0].path()).expect("file"), letter.message);
        assert_eq!(files[0].metadata().expect("facts").permissions().mode() & 0o777, 0o600);
        let mode = fs::metadata(folder.path()).expect("folder").permissions().mode();
        assert_eq!(mode & 0o777, 0o700);
        fs::remove_dir_all(&path).expect("clean up");
    }

    #[tokio::test]
    async fn a_folder_that_cannot_be_made_is_tried_again_later() {
        let folder = Folder::new(PathBuf::from("/dev/null/mail"));
        assert!(matches!(folder.reach().await, Err(SendError::Later(line)) if !line.contains('\n')));
    }
}
