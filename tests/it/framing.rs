//! Requests as bytes on a socket: where one ends is never in doubt (security contract S90).

use std::{net::SocketAddr, sync::Arc, time::Duration};

use axum::{Router, routing::post};
use rollcall::serve::{self, Refusal};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    sync::watch,
};

/// A server that says what each body was.
async fn server() -> (SocketAddr, watch::Sender<bool>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("an address");
    let (stop, stopping) = watch::channel(false);
    let router = Router::new().route("/", post(async |body: String| format!("<{body}>")));
    let refusal: Refusal = Arc::new(|status| format!("HTTP/1.1 {status}\r\nContent-Length: 0\r\n\r\n").into_bytes());
    tokio::spawn(serve::serve(listener, router, refusal, stopping));
    (address, stop)
}

/// Everything the server says to these bytes until it closes, or falls silent when it does not.
async fn said(address: SocketAddr, pieces: &[&str]) -> (String, bool) {
    let mut stream = TcpStream::connect(address).await.expect("a connection");
    for piece in pieces {
        stream.write_all(piece.as_bytes()).await.expect("written");
        tokio::task::yield_now().await;
    }
    let mut answer = Vec::new();
    let is_closed = loop {
        let mut portion = [0; 4096];
        match tokio::time::timeout(Duration::from_secs(2), stream.read(&mut portion)).await {
            Ok(Ok(0) | Err(_)) => break true,
            Ok(Ok(read)) => answer.extend_from_slice(&portion[..read]),
            Err(_) => break false,
        }
    };
    (String::from_utf8(answer).expect("text"), is_closed)
}

#[tokio::test]
async fn sound_requests_follow_each_other_on_one_connection() {
    let (address, _stop) = server().await;
    let one = "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\none";
    let two = "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nConnection: close\r\n\r\ntwo";
    let together = format!("{one}{two}");
    let (head, tail) = together.split_at(20);
    for pieces in [vec![together.as_str()], vec![one, two], vec![head, tail]] {
        let (answer, is_closed) = said(address, &pieces).await;
        assert_eq!(answer.matches("HTTP/1.1 200 OK").count(), 2, "{answer}");
        assert!(answer.contains("<one>") && answer.contains("<two>") && is_closed, "{answer}");
    }
}

#[tokio::test]
async fn chunks_are_read_and_end_the_connection() {
    let (address, _stop) = server().await;
    let chunked = "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n2\r\non\r\n1\r\ne\r\n0\r\n\r\n";
    let hidden = "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 6\r\n\r\nhidden";
    let (answer, is_closed) = said(address, &[chunked, hidden]).await;
    assert!(answer.contains("<one>") && !answer.contains("hidden") && is_closed, "{answer}");
}

#[tokio::test]
async fn doubtful_framing_is_answered_400_and_closed() {
    let (address, _stop) = server().await;
    for lines in [
        "Content-Length: 3\r\nContent-Length: 3\r\n",
        "Content-Length: 3\r\nTransfer-Encoding: chunked\r\n",
        "Transfer-Encoding: chunked\r\nContent-Length: 3\r\n",
        "Transfer-Encoding: gzip, chunked\r\n",
        "Content-Length: 3, 3\r\n",
        "X-Folded: a\r\n b\r\nContent-Length: 3\r\n",
    ] {
        let request = format!("POST / HTTP/1.1\r\nHost: a\r\n{lines}\r\none");
        let (answer, is_closed) = said(address, &[&request]).await;
        assert!(answer.starts_with("HTTP/1.1 400 Bad Request") && is_closed, "{lines:?}: {answer:?}");
        assert!(!answer.contains("200"), "{lines:?}: {answer:?}");
    }
    let (answer, is_closed) = said(address, &["nonsense\r\n\r\n"]).await;
    assert!(answer.starts_with("HTTP/1.1 400") && is_closed, "{answer:?}");
    let endless = format!("GET / HTTP/1.1\r\nX: {}", "x".repeat(40 * 1024));
    let (answer, _) = said(address, &[&endless]).await;
    assert!(answer.starts_with("HTTP/1.1 431"), "{answer:?}");
}
