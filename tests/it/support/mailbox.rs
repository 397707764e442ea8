//! What the portal has mailed: the worker's own files, read as a mail program reads them.

use std::{collections::BTreeMap, path::PathBuf};

use mail_parser::{Message, MessageParser};
use rollcall::{domain::time::Timestamp, mail::Worker};

/// Every mailbox there is.
pub struct Mailbox {
    worker: Worker,
    folder: PathBuf,
}

/// One mail, read.
#[derive(Debug, Clone)]
pub struct Mail {
    pub to: String,
    pub from: String,
    pub subject: String,
    pub message_id: String,
    /// The plain-text part.
    pub text: String,
    /// The HTML part.
    pub html: String,
    /// Everything, as sent.
    pub raw: String,
}

impl Mailbox {
    pub(super) fn new(worker: Worker, folder: PathBuf) -> Self {
        Self { worker, folder }
    }

    /// Lets the worker deliver what waits, and reads every mail there is, in the order they were sent.
    pub async fn all(&self, now: Timestamp) -> Vec<Mail> {
        while self.worker.flush_once(now).await.expect("flush").sent > 0 {}
        let mut files = BTreeMap::new();
        for entry in std::fs::read_dir(&self.folder).into_iter().flatten() {
            let path = entry.expect("entry").path();
            if path.extension().is_some_and(|end| end == "eml") {
                files.insert(path.file_name().map(ToOwned::to_owned), std::fs::read(&path).expect("mail"));
            }
        }
        files.into_values().map(|raw| Mail::read(&raw)).collect()
    }

    /// The mails to one address.
    pub async fn to(&self, address: &str, now: Timestamp) -> Vec<Mail> {
        self.all(now).await.into_iter().filter(|mail| mail.to.eq_ignore_ascii_case(address)).collect()
    }

    /// The latest mail to one address.
    pub async fn last(&self, address: &str, now: Timestamp) -> Mail {
        self.to(address, now).await.pop().unwrap_or_else(|| panic!("no mail to {address}"))
    }
}

impl Mail {
    fn read(raw: &[u8]) -> Self {
        let parsed: Message<'_> = MessageParser::default().parse(raw).expect("a mail");
        let one = |address: Option<&mail_parser::Address<'_>>| {
            let first = address.and_then(|list| list.first()).and_then(|one| one.address());
            first.unwrap_or_default().to_owned()
        };
        Self {
            to: one(parsed.to()),
            from: one(parsed.from()),
            subject: parsed.subject().unwrap_or_default().to_owned(),
            message_id: parsed.message_id().unwrap_or_default().to_owned(),
            text: parsed.body_text(0).unwrap_or_default().into_owned(),
            html: parsed.body_html(0).unwrap_or_default().into_owned(),
            raw: String::from_utf8_lossy(raw).into_owned(),
        }
    }

    /// The path of the link it carries.
    pub fn link(&self) -> String {
        let found = self.text.split_whitespace().find(|word| word.starts_with("http") && word.contains("/activate/"));
        let url = url::Url::parse(found.unwrap_or_else(|| panic!("no link in {}", self.text))).expect("a link");
        url.path().to_owned()
    }

    /// The temporary password, if it carries one.
    pub fn temporary_password(&self) -> Option<String> {
        let line = self.text.lines().find_map(|line| line.strip_prefix("Temporary password: "));
        line.map(|password| password.trim_end().to_owned())
    }
}
