//! Recovery codes, shown and renewed as the answer to the password (portal contract 4.4): a reload asks again.

use axum::{extract::State, response::Response};
use serde::Deserialize;

use super::{
    extract::Form,
    proof::{self, Asked},
    respond, shell,
};
use crate::{
    app::App,
    error::AppError,
    flows::mfa,
    store::StoredCode,
    web::{
        pages::account::{ConfirmPassword, RecoveryCode, RecoveryCodes},
        visitor::Here,
    },
};

/// The form as typed.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Typed {
    password: String,
}

/// "Show Recovery Code": the password first.
pub async fn ask(here: Here) -> Result<Response, AppError> {
    respond::page(&question(&here, false).await?)
}

/// "Generate new recovery codes": the password first.
pub async fn ask_anew(here: Here) -> Result<Response, AppError> {
    respond::page(&question(&here, true).await?)
}

/// The codes.
pub async fn show(State(app): State<App>, here: Here, Form(typed): Form<Typed>) -> Result<Response, AppError> {
    answer(&app, &here, &typed.password, false).await
}

/// Ten new ones.
pub async fn renew(State(app): State<App>, here: Here, Form(typed): Form<Typed>) -> Result<Response, AppError> {
    answer(&app, &here, &typed.password, true).await
}

/// Only while a second factor is required and set up: else there is no such page.
async fn question(here: &Here, renew: bool) -> Result<ConfirmPassword, AppError> {
    let standing = &here.standing;
    if standing.mfa_required_by.is_none() || !standing.has_authenticator {
        return Err(AppError::NotFound);
    }
    Ok(ConfirmPassword { shell: shell::shell(here, "").await?, renew, password_errors: Vec::new() })
}

async fn answer(app: &App, here: &Here, password: &str, renew: bool) -> Result<Response, AppError> {
    let mut page = question(here, renew).await?;
    let here = match proof::ask(app, here, password, None).await? {
        Asked::Right(here) => here,
        Asked::Not(denial) => {
            page.shell.failed = true;
            page.password_errors.push(denial.message.clone());
            return denial.answer(&page);
        }
    };
    let codes = if renew {
        mfa::renew_codes(app, &here.signed_in, here.occasion()).await?
    } else {
        mfa::show_codes(app, &here.signed_in, here.occasion()).await?
    };
    respond::page(&RecoveryCodes {
        shell: shell::shell(&here, "").await?,
        email: here.standing.email.clone(),
        shown_at: shell::when(here.occasion().now),
        codes: codes.iter().map(shown).collect(),
    })
}

fn shown(stored: &StoredCode) -> RecoveryCode {
    RecoveryCode { code: stored.code.to_string(), used: stored.used_at.map(crate::domain::time::Timestamp::date) }
}
