//! Where finished messages go: to the configured mail server, or into a folder of the data
//! directory while none is configured (operations contract, section 3).

use std::path::Path;

use super::{folder::Folder, smtp::Smtp};
use crate::{
    config::SmtpServer,
    domain::{ids::MailId, time::Timestamp},
    store::SealedLetter,
};

/// A message that was not delivered, and what that means. The text is one line for people who run
/// the portal.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SendError {
    /// Nobody took it this time: out of reach, busy, full, no TLS. The next try may succeed.
    #[error("{0}")]
    Later(String),
    /// The mail server refused this very mail (a 5xx reply). Trying again is pointless.
    #[error("{0}")]
    Refused(String),
}

/// The way out.
#[derive(Debug)]
pub enum Transport {
    /// To a mail server.
    Smtp(Smtp),
    /// Into a folder, one readable `.eml` file for each mail.
    Folder(Folder),
}

impl Transport {
    /// The transport of the configuration: its mail server, else the folder `mail` of `data_dir`.
    ///
    /// # Errors
    /// One line, when the TLS parameters of the server cannot be used.
    pub fn new(server: Option<&SmtpServer>, data_dir: &Path) -> Result<Self, SendError> {
        Ok(match server {
            Some(server) => Self::Smtp(Smtp::new(server)?),
            None => Self::Folder(Folder::new(data_dir.join("mail"))),
        })
    }

    /// Where mails go, for the line printed at the start.
    pub fn describe(&self) -> String {
        match self {
            Self::Smtp(smtp) => format!("mail server {}", smtp.server()),
            Self::Folder(folder) => format!("files in {}", folder.path().display()),
        }
    }

    /// Whether a mail could be sent now: the server answers and accepts our login, or the folder
    /// can be written. For `rollcall check`.
    ///
    /// # Errors
    /// [`SendError::Later`], in one line.
    pub async fn reach(&self) -> Result<(), SendError> {
        match self {
            Self::Smtp(smtp) => smtp.reach().await,
            Self::Folder(folder) => folder.reach().await,
        }
    }

    /// Delivers one message; returns when the other side has taken responsibility for it.
    ///
    /// # Errors
    /// [`SendError`] says whether another try makes sense.
    pub async fn send(&self, id: MailId, created_at: Timestamp, letter: &SealedLetter) -> Result<(), SendError> {
        match self {
            Self::Smtp(smtp) => smtp.send(letter).await,
            Self::Folder(folder) => folder.send(id, created_at, letter).await,
        }
    }

    /// Gives back what is kept between two mails. Called when there is nothing to send.
    pub async fn rest(&self) {
        if let Self::Smtp(smtp) = self {
            smtp.rest().await;
        }
    }
}
