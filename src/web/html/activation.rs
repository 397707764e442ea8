//! `/activate/{token}`: the link of an invitation. Opening it changes nothing, so that mail scanners cannot use it up.

use axum::{
    extract::State,
    http::StatusCode,
    response::{IntoResponse, Redirect, Response},
};

use super::{extract::Path, respond, shell, sign_in::OWN_PASSWORD};
use crate::{
    app::App,
    error::AppError,
    flows::accept_invitation,
    web::{
        pages::{
            activation::{Activate, DeadLink},
            shell::Outside,
        },
        visitor::Visitor,
    },
};

/// The page with the button.
pub async fn show(State(app): State<App>, visitor: Visitor, Path(token): Path<String>) -> Result<Response, AppError> {
    let Some(open) = accept_invitation::find(&app, &token, &visitor.occasion).await? else {
        return dead_link(false);
    };
    respond::page(&Activate {
        outside: shell::outside(&visitor),
        action: format!("/activate/{token}"),
        email: open.email,
        organization: open.organization_name,
        until: shell::when(open.expires_at),
    })
}

/// The button.
pub async fn accept(State(app): State<App>, visitor: Visitor, Path(token): Path<String>) -> Result<Response, AppError> {
    match accept_invitation::accept(&app, &token, &visitor.occasion).await? {
        Some(open) => {
            visitor.session.insert(OWN_PASSWORD, !open.has_temporary_password).await?;
            Ok(Redirect::to("/login?reason=activated").into_response())
        }
        None => dead_link(false),
    }
}

/// The same bytes for every link that leads nowhere, whatever the reason.
pub fn dead_link(reset: bool) -> Result<Response, AppError> {
    respond::page_with(StatusCode::NOT_FOUND, &DeadLink { outside: Outside::default(), reset })
}
