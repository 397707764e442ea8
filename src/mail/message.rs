//! The finished message (RFC 5322): made once, stored as it is, so that every repeat of a delivery
//! is the same to the last byte (security contract S94). Headers come from the mail library; the
//! parts are 7bit where they can be, so that a stored mail can be read as it is.

use std::time::{Duration, SystemTime};

use lettre::{
    Address, Message,
    address::AddressError,
    message::{
        Body, Mailbox, MultiPart, MultiPartKind, SinglePart,
        header::{ContentTransferEncoding, ContentType, HeaderName, HeaderValue},
    },
};

use super::page::Rendered;
use crate::domain::{ids::MailId, text::Email, time::Timestamp};

/// Longest line of a message without its end, in octets (RFC 5322, section 2.1.1).
const LONGEST_LINE: usize = 998;

/// A letter that cannot become a message: a fault of the program.
#[derive(Debug, thiserror::Error)]
pub enum ComposeError {
    /// The templates fail.
    #[error("a mail template fails: {0}")]
    Template(#[from] askama::Error),
    /// The mail library refuses an address that the product accepted.
    #[error("an address cannot be mailed: {0}")]
    Address(#[from] AddressError),
    /// The mail library refuses the headers.
    #[error("a mail cannot be built: {0}")]
    Message(#[from] lettre::error::Error),
    /// The finished message is not text.
    #[error("a mail is not text: {0}")]
    NotText(#[from] std::string::FromUtf8Error),
}

/// The Message-ID of a mail for ever, in the domain of its sender.
pub(super) fn message_id(sender: &Mailbox, id: MailId) -> String {
    format!("<{id}@{}>", sender.email.domain())
}

/// The message with headers and both parts.
pub(super) fn compose(
    sender: &Mailbox,
    recipient: &Email,
    id: MailId,
    at: Timestamp,
    rendered: &Rendered,
) -> Result<String, ComposeError> {
    let parts = MultiPart::builder()
        .kind(MultiPartKind::Alternative)
        .boundary(format!("rollcall-{id}"))
        .singlepart(part(ContentType::TEXT_PLAIN, &rendered.text))
        .singlepart(part(ContentType::TEXT_HTML, &rendered.html));
    let automatic = HeaderName::new_from_ascii_str("Auto-Submitted");
    let message = Message::builder()
        .from(sender.clone())
        .to(Mailbox::new(None, recipient.as_str().parse::<Address>()?))
        .subject(rendered.subject.clone())
        .date(system_time(at))
        .message_id(Some(message_id(sender, id)))
        .raw_header(HeaderValue::new(automatic, "auto-generated".to_owned()))
        .multipart(parts)?;
    Ok(String::from_utf8(message.formatted())?)
}

fn part(content_type: ContentType, text: &str) -> SinglePart {
    let part = SinglePart::builder().header(content_type);
    let lines = text.replace('\n', "\r\n");
    if text.is_ascii() && text.lines().all(|line| line.len() <= LONGEST_LINE) {
        // The library would encode from 76 octets on; a link would then be cut in two.
        let bytes = lines.into_bytes();
        part.body(Body::dangerous_pre_encoded(bytes, ContentTransferEncoding::SevenBit))
    } else {
        part.header(ContentTransferEncoding::QuotedPrintable).body(lines.into_bytes())
    }
}

fn system_time(at: Timestamp) -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_secs(u64::try_from(at.seconds()).unwrap_or(0))
}

#[cfg(test)]
mod tests;
