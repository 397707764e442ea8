//! `/login/mfa`: the code between password and session (portal contract 1.3).

use axum::{
    extract::State,
    http::StatusCode,
    response::{IntoResponse, Redirect, Response},
};
use serde::Deserialize;

use super::{
    extract::{Form, Query},
    respond, shell,
    sign_in::{NEXT, dropped, one_time_value},
};
use crate::{
    app::App,
    domain::{
        mfa::{RecoveryCode, SecondFactor, TotpCode},
        session::EndReason,
    },
    error::AppError,
    flows::{
        end_sessions,
        sign_in::{self, CodeForm, SecondStep},
    },
    store::SignedIn,
    web::{pages::sign_in::SecondStep as Page, routes, visitor::Visitor},
};

/// Which kind of code.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Asked {
    method: String,
}

impl Asked {
    fn recovery(&self) -> bool {
        self.method == "recovery"
    }
}

/// The form as typed, or "Start again".
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Typed {
    code: String,
    form: String,
    restart: Option<String>,
}

/// The page.
pub async fn show(State(app): State<App>, visitor: Visitor, Query(asked): Query<Asked>) -> Result<Response, AppError> {
    match half(&visitor) {
        Ok(_) => respond::page(&blank(&app, &visitor, asked.recovery())),
        Err(elsewhere) => Ok(routes::redirect(&visitor, elsewhere)),
    }
}

/// The half-finished login, or where who has none belongs.
fn half(visitor: &Visitor) -> Result<&SignedIn, &'static str> {
    match &visitor.signed_in {
        Some(half) if visitor.is_half_signed_in() => Ok(half),
        Some(_) => Err("/"),
        None => Err(match visitor.ended {
            Some(EndReason::Email) => "/login?reason=email",
            Some(EndReason::Idle | EndReason::Ended) => "/login?reason=ended",
            None => "/login",
        }),
    }
}

fn blank(app: &App, visitor: &Visitor, recovery: bool) -> Page {
    Page { outside: shell::outside(visitor), form: one_time_value(app), recovery, code_errors: Vec::new() }
}

/// Decides a code, or drops the login.
pub async fn verify(
    State(app): State<App>,
    visitor: Visitor,
    Query(asked): Query<Asked>,
    Form(typed): Form<Typed>,
) -> Result<Response, AppError> {
    let half = match half(&visitor) {
        Ok(half) => half.clone(),
        Err(elsewhere) => return Ok(routes::redirect(&visitor, elsewhere)),
    };
    if typed.restart.is_some() {
        end_sessions::drop_half(&app, &half, &visitor.occasion).await?;
        visitor.session.flush().await?;
        return Ok(Redirect::to("/login").into_response());
    }
    let factor = match asked.recovery() {
        true => RecoveryCode::parse(&typed.code).map(SecondFactor::Recovery).ok_or("Enter one of your recovery codes."),
        false => TotpCode::parse(&typed.code).map(SecondFactor::Totp).ok_or("Enter the 6-digit code."),
    };
    let factor = match factor {
        Ok(factor) => factor,
        Err(message) => return rejected(&app, &visitor, asked.recovery(), message),
    };
    let form = CodeForm { factor, typed: &typed.code, form: &typed.form, device: &visitor.device };
    match sign_in::second_step(&app, &half, &form, &visitor.occasion).await? {
        SecondStep::In(signed_in, due) => {
            let next = visitor.session.get::<String>(NEXT).await?.unwrap_or_else(|| "/".to_owned());
            visitor.sign_in(signed_in).await?;
            let path = due.map(routes::step_path);
            Ok(routes::redirect(&visitor, path.unwrap_or(&next)))
        }
        SecondStep::No => rejected(&app, &visitor, asked.recovery(), "That code is incorrect."),
        SecondStep::Locked { email, until } => {
            let visitor = visitor.start_over(&app).await?;
            dropped(&app, &visitor, email, until)
        }
        SecondStep::Gone => Ok(routes::redirect(&visitor, "/login?reason=ended")),
    }
}

fn rejected(app: &App, visitor: &Visitor, recovery: bool, message: &str) -> Result<Response, AppError> {
    let mut page = blank(app, visitor, recovery);
    page.outside.failed = true;
    page.code_errors.push(message.to_owned());
    respond::page_with(StatusCode::UNPROCESSABLE_ENTITY, &page)
}
