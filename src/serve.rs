//! `rollcall serve`: listeners, background work, and an orderly end.
//!
//! The accept loop is our own because the framework's sets no time-outs: a client that sends its headers byte by byte
//! would hold a connection for ever (S89).

mod framing;

use std::{convert::Infallible, net::SocketAddr, sync::Arc, time::Duration};

use axum::{Router, body::Body, extract::ConnectInfo, http::Request};
use hyper::server::conn::http1;
use hyper_util::{
    rt::{TokioIo, TokioTimer},
    server::graceful::GracefulShutdown,
    service::TowerToHyperService,
};
use tokio::{
    net::TcpListener,
    sync::{Semaphore, watch},
};
use tower::{ServiceExt, service_fn};

pub use self::framing::Refusal;
use self::framing::{HEADER_SPACE, Judged};

/// A client has this long to send its request's headers.
const HEADER_TIMEOUT: Duration = Duration::from_secs(10);
/// Running requests have this long to finish when the server stops.
const STOP_GRACE: Duration = Duration::from_secs(30);
/// More connections than this wait in the system's queue.
const CONNECTIONS: usize = 2048;
/// Becomes true when the process is asked to stop.
pub type Stop = watch::Receiver<bool>;

/// A signal that turns true on SIGTERM or Ctrl-C.
///
/// # Errors
/// When the system refuses to report signals.
pub fn stop_signal() -> std::io::Result<Stop> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    let (sender, receiver) = watch::channel(false);
    tokio::spawn(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
        tracing::info!("stopping");
        sender.send_replace(true);
        // Keeps the channel open for those who subscribe late.
        std::future::pending::<()>().await;
    });
    Ok(receiver)
}

/// Waits until the process is asked to stop.
pub async fn stopped(mut stop: Stop) {
    // The sender lives as long as the process; an error could only mean that it is over, too.
    drop(stop.wait_for(|stop| *stop).await);
}

/// Answers connections of this listener until asked to stop, then lets running requests finish. A request that cannot be
/// read gets the answer that `refusal` makes.
pub async fn serve(listener: TcpListener, router: Router, refusal: Refusal, stop: Stop) {
    let slots = Arc::new(Semaphore::new(CONNECTIONS));
    let graceful = GracefulShutdown::new();
    let mut builder = http1::Builder::new();
    builder.timer(TokioTimer::new()).header_read_timeout(HEADER_TIMEOUT).max_buf_size(HEADER_SPACE);
    let mut ending = std::pin::pin!(stopped(stop));
    loop {
        let Ok(slot) = slots.clone().acquire_owned().await else { return };
        let (stream, peer) = tokio::select! {
            () = &mut ending => break,
            accepted = listener.accept() => match accepted {
                Ok(accepted) => accepted,
                Err(error) => {
                    // Out of descriptors, most likely: others must finish before anybody new is let in.
                    tracing::warn!(%error, "a connection could not be accepted");
                    tokio::time::sleep(Duration::from_millis(100)).await;
                    continue;
                }
            },
        };
        drop(stream.set_nodelay(true));
        let service = TowerToHyperService::new(with_peer(router.clone(), peer));
        let connection =
            graceful.watch(builder.serve_connection(TokioIo::new(Judged::new(stream, refusal.clone())), service));
        tokio::spawn(async move {
            // A client that went away or sent nonsense is its own business.
            drop(connection.await);
            drop(slot);
        });
    }
    drop(listener);
    tokio::select! {
        () = graceful.shutdown() => {}
        () = tokio::time::sleep(STOP_GRACE) => tracing::warn!("requests were cut off at the end"),
    }
}

/// The router with the peer's address in each request's extensions.
fn with_peer(
    router: Router,
    peer: SocketAddr,
) -> impl tower::Service<
    Request<hyper::body::Incoming>,
    Response = axum::response::Response,
    Error = Infallible,
    Future: Send,
> + Clone {
    service_fn(move |request: Request<hyper::body::Incoming>| {
        let router = router.clone();
        async move {
            let mut request = request.map(Body::new);
            request.extensions_mut().insert(ConnectInfo(peer));
            router.oneshot(request).await
        }
    })
}
