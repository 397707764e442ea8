//! Where one request ends and the next begins, judged before anything else looks at a request (S90, RFC 9112 sections
//! 6.1 and 11.2). The HTTP library drops a Content-Length that stands twice or beside a Transfer-Encoding, so whoever
//! looks later cannot know that a proxy before us may have read another request than we do. [`Judged`] stands between
//! the socket and the library: a head passes once it is whole and sound; otherwise this answers in the library's place
//! and reads no further.

use std::{
    io::{self, IoSlice},
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
};

use axum::http::StatusCode;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// A request's header section may be this large.
pub const HEADER_SPACE: usize = 32 * 1024;
/// And hold this many fields; the HTTP library has the same limit.
const MOST_HEADERS: usize = 100;
/// How much is read from the socket at once while a head is awaited.
const PORTION: usize = 4096;

/// Makes the whole answer to a request that cannot be read.
pub type Refusal = Arc<dyn Fn(StatusCode) -> Vec<u8> + Send + Sync>;

/// A connection whose requests are framed without doubt.
pub struct Judged<S> {
    stream: S,
    refusal: Refusal,
    /// Read from the socket and not yet passed on.
    held: Vec<u8>,
    /// So many of the next bytes belong to a request that was judged.
    passes: u64,
    /// Of a refused request, what is still to be written of the answer.
    answer: Option<Vec<u8>>,
}

impl<S> Judged<S> {
    /// Judges what comes over a stream.
    pub fn new(stream: S, refusal: Refusal) -> Self {
        Self { stream, refusal, held: Vec::new(), passes: 0, answer: None }
    }

    /// Judges the head that is held, if it is whole.
    fn judge(&mut self) {
        match judge(&self.held) {
            Ok(None) if self.held.len() < HEADER_SPACE => {}
            Ok(None) => self.refuse(StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE),
            Ok(Some(Head { length, body: Some(body) })) => self.passes = (length as u64).saturating_add(body),
            Ok(Some(Head { length, body: None })) => {
                // Chunks tell their own end; following them here would be a second parser. So they end the connection.
                let end = if self.held.get(..length).is_some_and(|head| head.ends_with(b"\r\n")) { 2 } else { 1 };
                self.held.splice(length - end..length - end, *b"Connection: close\r\n");
                self.passes = u64::MAX;
            }
            Err(status) => self.refuse(status),
        }
    }

    fn refuse(&mut self, status: StatusCode) {
        self.held.clear();
        self.answer = Some((self.refusal)(status));
    }

    /// Moves what is held and may pass.
    fn pass(&mut self, into: &mut ReadBuf<'_>) {
        let most = usize::try_from(self.passes).unwrap_or(usize::MAX);
        let passing = self.held.len().min(most).min(into.remaining());
        into.put_slice(self.held.drain(..passing).as_slice());
        self.passes -= passing as u64;
    }
}

impl<S: AsyncRead + Unpin> Judged<S> {
    /// Reads on into `held`; false at the end of the stream.
    fn poll_more(&mut self, context: &mut Context<'_>) -> Poll<io::Result<bool>> {
        let mut portion = [0; PORTION];
        let mut arrived = ReadBuf::new(&mut portion);
        ready!(Pin::new(&mut self.stream).poll_read(context, &mut arrived))?;
        self.held.extend_from_slice(arrived.filled());
        Poll::Ready(Ok(!arrived.filled().is_empty()))
    }
}

impl<S: AsyncWrite + Unpin> Judged<S> {
    /// Writes the answer to a refused request, if there is one.
    fn poll_answer(&mut self, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        while let Some(answer) = self.answer.as_mut().filter(|answer| !answer.is_empty()) {
            let written = ready!(Pin::new(&mut self.stream).poll_write(context, answer))?;
            if written == 0 {
                return Poll::Ready(Err(io::ErrorKind::WriteZero.into()));
            }
            answer.drain(..written);
        }
        Poll::Ready(Ok(()))
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> AsyncRead for Judged<S> {
    fn poll_read(mut self: Pin<&mut Self>, context: &mut Context<'_>, into: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        loop {
            if self.answer.is_some() {
                // To the library the client is gone.
                return self.poll_answer(context);
            }
            if self.passes > 0 && !self.held.is_empty() {
                self.pass(into);
                return Poll::Ready(Ok(()));
            }
            if self.passes == 0 && !self.held.is_empty() {
                self.judge();
                if self.passes > 0 || self.answer.is_some() {
                    continue;
                }
            }
            if !ready!(self.poll_more(context))? {
                return Poll::Ready(Ok(()));
            }
        }
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Judged<S> {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(context, bytes)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        pieces: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write_vectored(context, pieces)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(self.poll_answer(context))?;
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}

/// A whole head.
#[derive(Debug, PartialEq, Eq)]
struct Head {
    length: usize,
    /// Length of the body; none when it comes in chunks.
    body: Option<u64>,
}

/// Reads a head; none while it is not whole.
fn judge(bytes: &[u8]) -> Result<Option<Head>, StatusCode> {
    let mut fields = [httparse::EMPTY_HEADER; MOST_HEADERS];
    let mut request = httparse::Request::new(&mut fields);
    let length = match request.parse(bytes) {
        Ok(httparse::Status::Complete(length)) => length,
        Ok(httparse::Status::Partial) => return Ok(None),
        Err(httparse::Error::TooManyHeaders) => return Err(StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE),
        Err(_) => return Err(StatusCode::BAD_REQUEST),
    };
    let values = |name: &str| -> Vec<&[u8]> {
        request.headers.iter().filter(|field| field.name.eq_ignore_ascii_case(name)).map(|field| field.value).collect()
    };
    let is_old = request.version == Some(0);
    let body = match (values("content-length").as_slice(), values("transfer-encoding").as_slice()) {
        ([], []) => Some(0),
        ([length], []) => Some(number(length).ok_or(StatusCode::BAD_REQUEST)?),
        ([], [coding]) if !is_old && coding.trim_ascii().eq_ignore_ascii_case(b"chunked") => None,
        _ => return Err(StatusCode::BAD_REQUEST),
    };
    Ok(Some(Head { length, body }))
}

/// Digits alone: no sign, no list.
fn number(text: &[u8]) -> Option<u64> {
    let text = text.trim_ascii();
    let digits = (!text.is_empty() && text.iter().all(u8::is_ascii_digit)).then_some(text)?;
    std::str::from_utf8(digits).ok()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(lines: &str) -> Result<Option<Head>, StatusCode> {
        judge(format!("POST / HTTP/1.1\r\nHost: a\r\n{lines}\r\n").as_bytes())
    }

    fn body(lines: &str) -> Option<u64> {
        with(lines).expect("sound").expect("whole").body
    }

    #[test]
    fn a_body_has_one_length_or_chunks() {
        assert_eq!(body(""), Some(0));
        assert_eq!(body("Content-Length: 12\r\n"), Some(12));
        assert_eq!(body("content-length:  0 \r\n"), Some(0));
        assert_eq!(body("Transfer-Encoding: Chunked\r\n"), None);
        assert_eq!(judge(b"GET / HTTP/1.1\r\nHost: a\r\n"), Ok(None), "not whole");
    }

    #[test]
    fn everything_else_is_refused() {
        for lines in [
            "Content-Length: 1\r\nContent-Length: 1\r\n",
            "Content-Length: 1, 1\r\n",
            "Content-Length: +1\r\n",
            "Content-Length: \r\n",
            "Content-Length: 99999999999999999999\r\n",
            "Content-Length: 1\r\nTransfer-Encoding: chunked\r\n",
            "Transfer-Encoding: chunked\r\nContent-Length: 1\r\n",
            "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n",
            "Transfer-Encoding: gzip, chunked\r\n",
            "Transfer-Encoding: identity\r\n",
            "X: a\r\n b\r\n",
            "X : a\r\n",
        ] {
            assert_eq!(with(lines), Err(StatusCode::BAD_REQUEST), "{lines:?}");
        }
        assert_eq!(judge(b"POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n"), Err(StatusCode::BAD_REQUEST));
        let many = "X: a\r\n".repeat(MOST_HEADERS);
        assert_eq!(with(&many), Err(StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE));
    }
}
