//! `/`: on to the page somebody starts at.

use axum::response::{IntoResponse, Redirect, Response};

use crate::{
    app::App,
    error::AppError,
    policy::ViewUsers,
    web::{routes, visitor::Visitor},
};
use axum::extract::State;

/// To a step that is due, to User Management for who may see it, else to Your Account (portal contract 0.5, 3.6).
pub async fn index(State(app): State<App>, visitor: Visitor) -> Result<Response, AppError> {
    let Some(signed_in) = visitor.signed_in.as_ref().filter(|_| visitor.is_signed_in()) else {
        return Ok(Redirect::to("/login").into_response());
    };
    let mut tx = app.db.begin_read().await?;
    let standing = tx.standing_of(signed_in.user, signed_in.organization, visitor.occasion.now).await?;
    let Some(standing) = standing else { return Ok(Redirect::to("/login").into_response()) };
    if let Some(step) = routes::due(signed_in, &standing) {
        return Ok(Redirect::to(routes::step_path(step)).into_response());
    }
    let path = match standing.actor() {
        Some(actor) if actor.may::<ViewUsers>().is_ok() => "/users",
        None if standing.is_server_administrator => "/organizations",
        _ => "/account",
    };
    Ok(Redirect::to(path).into_response())
}
