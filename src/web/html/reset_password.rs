//! Forgotten passwords: asking for the link, and the page it leads to (portal contract 1.6).

use axum::{
    extract::State,
    http::StatusCode,
    response::{IntoResponse, Redirect, Response},
};
use serde::Deserialize;

use super::{
    account::password_messages,
    activation::dead_link,
    extract::{Form, Path},
    respond, shell,
};
use crate::{
    app::App,
    domain::{passwords::PasswordProblem, sign_in::LoginAddress},
    error::AppError,
    flows::{
        change_password,
        reset_password::{self, Reset as Outcome},
    },
    web::{
        pages::passwords::{Forgot, Reset, StrengthHint},
        visitor::Visitor,
    },
};

/// An address as typed.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct TypedAddress {
    email: String,
}

/// A new password as typed.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct TypedPassword {
    password: String,
    confirm: String,
}

/// "Forgot your password?"
pub async fn forgot(visitor: Visitor) -> Result<Response, AppError> {
    respond::page(&Forgot { outside: shell::outside(&visitor), ..Forgot::default() })
}

/// The same answer for everybody; who has an account is found out afterwards.
pub async fn request(
    State(app): State<App>,
    visitor: Visitor,
    Form(typed): Form<TypedAddress>,
) -> Result<Response, AppError> {
    let mut page = Forgot { outside: shell::outside(&visitor), ..Forgot::default() };
    let Some(address) = LoginAddress::parse(&typed.email) else {
        page.outside.failed = true;
        page.email.errors.push("Enter your email address.".to_owned());
        return respond::page_with(StatusCode::UNPROCESSABLE_ENTITY, &page);
    };
    reset_password::request(&app, address, &visitor.occasion)?;
    page.outside.status = Some("If an account exists for that address, we sent a link to it.".to_owned());
    respond::page(&page)
}

/// The page behind a link.
pub async fn show(State(app): State<App>, visitor: Visitor, Path(token): Path<String>) -> Result<Response, AppError> {
    match reset_password::find(&app, &token, &visitor.occasion).await? {
        Some(_) => respond::page(&page(&app, &visitor, token)),
        None => dead_link(true),
    }
}

fn page(app: &App, visitor: &Visitor, token: String) -> Reset {
    Reset {
        outside: shell::outside(visitor),
        action: format!("/password/reset/{token}"),
        link: token,
        hint: StrengthHint::rules(app.config.password_min_length, false),
        ..Reset::default()
    }
}

/// Stores the new password. Nobody is logged in by it.
pub async fn reset(
    State(app): State<App>,
    visitor: Visitor,
    Path(token): Path<String>,
    Form(typed): Form<TypedPassword>,
) -> Result<Response, AppError> {
    let Some(owner) = reset_password::find(&app, &token, &visitor.occasion).await? else { return dead_link(true) };
    let mut judged = change_password::judge(&app, owner, &typed.password, &typed.confirm, None).await?;
    if judged.is_empty() {
        match reset_password::reset(&app, &token, &typed.password, &visitor.occasion).await? {
            Outcome::Done => return Ok(Redirect::to("/login?reason=reset").into_response()),
            Outcome::Gone => return dead_link(true),
            Outcome::Temporary => judged.push(PasswordProblem::InUse),
        }
    }
    let mut page = page(&app, &visitor, token);
    (page.password_errors, page.confirm_errors) = password_messages(&judged);
    page.outside.failed = true;
    respond::page_with(StatusCode::UNPROCESSABLE_ENTITY, &page)
}
