//! The operations listener: is the process alive, is it ready, what has it done. Never on the public port (T1).

use std::fmt::Write;

use axum::{
    Router,
    extract::State,
    http::{StatusCode, header},
    response::{IntoResponse, Response},
    routing::get,
};

use super::api;
use crate::{app::App, serve::Stop};

#[derive(Clone)]
struct Operations {
    app: App,
    stop: Stop,
}

/// `/healthz`, `/readyz`, `/metrics`, and the description of the APIs.
pub fn router(app: App, stop: Stop) -> Router {
    Router::new()
        .route("/healthz", get(async || "ok\n"))
        .route("/readyz", get(ready))
        .route("/metrics", get(metrics))
        .merge(api::reference::open_router())
        .route("/static/{version}/{*file}", get(super::asset))
        .with_state(Operations { app, stop })
}

/// Ready while the database answers and nobody asked the process to stop.
async fn ready(State(operations): State<Operations>) -> Response {
    if *operations.stop.borrow() {
        return (StatusCode::SERVICE_UNAVAILABLE, "stopping\n").into_response();
    }
    let answered = async { operations.app.db.begin_read().await?.ping().await };
    match answered.await {
        Ok(()) => "ready\n".into_response(),
        Err(_) => (StatusCode::SERVICE_UNAVAILABLE, "the database does not answer\n").into_response(),
    }
}

/// Prometheus text format, version 0.0.4.
async fn metrics(State(operations): State<Operations>) -> Response {
    let app = &operations.app;
    let (real, decoy) = app.hasher.counts();
    let mut text = String::new();
    let _ = writeln!(text, "# HELP rollcall_password_hashes_total Password hashes computed.");
    let _ = writeln!(text, "# TYPE rollcall_password_hashes_total counter");
    let _ = writeln!(text, "rollcall_password_hashes_total{{kind=\"real\"}} {real}");
    let _ = writeln!(text, "rollcall_password_hashes_total{{kind=\"decoy\"}} {decoy}");
    let queue = async { app.db.begin_read().await?.mail_queue(app.clock.now()).await };
    if let Ok(queue) = queue.await {
        let _ = writeln!(text, "# HELP rollcall_mail_queue Mails waiting to be delivered.");
        let _ = writeln!(text, "# TYPE rollcall_mail_queue gauge");
        let _ = writeln!(text, "rollcall_mail_queue {}", queue.waiting);
        let _ = writeln!(text, "# HELP rollcall_mail_queue_age_seconds Age of the oldest waiting mail.");
        let _ = writeln!(text, "# TYPE rollcall_mail_queue_age_seconds gauge");
        let _ = writeln!(text, "rollcall_mail_queue_age_seconds {}", queue.oldest_seconds);
    }
    ([(header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], text).into_response()
}
