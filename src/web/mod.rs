//! HTTP: one router with its layers in order, the pages behind it.

pub mod api;
pub mod assets;
pub mod cause;
pub mod csrf;
pub mod device;
pub mod headers;
pub mod html;
pub mod operations;
pub mod pages;
pub mod request;
pub mod routes;
pub mod upload;
pub mod visitor;

use std::sync::Arc;

use axum::{
    Router,
    http::StatusCode,
    middleware,
    response::{IntoResponse, Response},
    routing::get,
};
use tower_http::catch_panic::CatchPanicLayer;
use tower_sessions::{SessionManagerLayer, cookie::SameSite};

use self::html::extract::Path;
use crate::{app::App, error::AppError, serve::Refusal, store::Sessions};

/// The public router.
pub fn router(app: App) -> Router {
    let https = app.config.public_url.is_https();
    let sessions = Sessions::new(app.db.clone(), app.clock.clone(), app.entropy.clone());
    let cookies = SessionManagerLayer::new(sessions)
        .with_name(if https { "__Host-rollcall" } else { "rollcall" })
        .with_secure(https)
        .with_http_only(true)
        .with_same_site(SameSite::Lax)
        .with_path("/");
    routes::router(&app)
        .fallback(async || AppError::NotFound)
        .method_not_allowed_fallback(async || AppError::MethodNotAllowed)
        .layer(CatchPanicLayer::custom(panicked))
        .layer(middleware::from_fn_with_state(app.clone(), html::error::show))
        .layer(cookies)
        .merge(api::router(&app))
        .route("/static/{version}/{*file}", get(asset))
        .layer(middleware::from_fn_with_state(app.clone(), request::receive))
        .layer(middleware::from_fn_with_state(app.clone(), headers::secure))
        .with_state(app)
}

/// The answer to what is no request.
pub fn refusal(app: App) -> Refusal {
    Arc::new(move |status| request::unreadable(&app, status))
}

async fn asset(Path((version, file)): Path<(String, String)>) -> Response {
    assets::serve(&version, &file).unwrap_or_else(|| StatusCode::NOT_FOUND.into_response())
}

/// A panic is one failed request; the process lives. What it said may hold anything, so it is not shown.
fn panicked(_: Box<dyn std::any::Any + Send + 'static>) -> Response {
    AppError::fault("a request panicked").into_response()
}
