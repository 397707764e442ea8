//! Setting up an authenticator, the first one or another (portal contract 4.2 and 4.5).

use axum::{extract::State, http::StatusCode, response::Response};
use qrcode::{Color, EcLevel};
use serde::Deserialize;

use super::{
    extract::Form,
    proof::{self, Asked},
    respond, shell,
};
use crate::{
    app::App,
    domain::mfa::{SecondFactor, TotpCode},
    error::AppError,
    flows::mfa::{self, Enrolled, Offer},
    web::{
        pages::account::{Enroll, QrCode, ReplaceAuthenticator},
        routes,
        visitor::Here,
    },
};

/// The forms as typed.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Typed {
    code: String,
    password: String,
}

/// The picture, the secret and the field for the first code; for who has nothing to set up, Your Account.
pub async fn show(State(app): State<App>, here: Here) -> Result<Response, AppError> {
    match mfa::offer(&app, &here.signed_in, here.occasion()).await? {
        Some(offer) => respond::page(&page(&here, &offer).await?),
        None => Ok(routes::redirect(&here.visitor, "/account")),
    }
}

async fn page(here: &Here, offer: &Offer) -> Result<Enroll, AppError> {
    let uri = offer.secret.uri(&offer.account);
    Ok(Enroll {
        shell: shell::shell(here, "").await?,
        organization: offer.organization.clone(),
        qr: draw(&uri)?,
        uri,
        secret: offer.secret.base32(),
        code_errors: Vec::new(),
        replaces: offer.replaces,
    })
}

/// Made here: the secret goes nowhere else (S23).
fn draw(text: &str) -> Result<QrCode, AppError> {
    let code = qrcode::QrCode::with_error_correction_level(text, EcLevel::M).map_err(|error| {
        // The text holds a secret; why it does not fit does not.
        AppError::fault(error.to_string())
    })?;
    let size = code.width();
    let modules = code.into_colors();
    Ok(QrCode::new(size, |column, row| modules.get(row * size + column) == Some(&Color::Dark)))
}

/// Decides the first code.
pub async fn verify(State(app): State<App>, here: Here, Form(typed): Form<Typed>) -> Result<Response, AppError> {
    let Some(code) = TotpCode::parse(&typed.code) else {
        return rejected(&app, &here, "Enter the 6-digit code.").await;
    };
    match mfa::enroll(&app, &here.signed_in, &code, here.occasion()).await? {
        Enrolled::Yes { email } => {
            let here = here.renew_enrolled(&app).await?;
            let message = format!(
                "Multi-factor authentication is on. We sent a confirmation to {email}. \
                 Save your recovery codes: choose Show Recovery Code."
            );
            respond::done(&here.visitor, "/account", message).await
        }
        Enrolled::WrongCode => {
            let message =
                "That code is incorrect. Check that the time on your device is right, then enter the next code.";
            rejected(&app, &here, message).await
        }
        Enrolled::NotDue => Ok(routes::redirect(&here.visitor, "/account")),
    }
}

async fn rejected(app: &App, here: &Here, message: &str) -> Result<Response, AppError> {
    let Some(offer) = mfa::offer(app, &here.signed_in, here.occasion()).await? else {
        return Ok(routes::redirect(&here.visitor, "/account"));
    };
    let mut page = page(here, &offer).await?;
    page.shell.failed = true;
    page.code_errors.push(message.to_owned());
    respond::page_with(StatusCode::UNPROCESSABLE_ENTITY, &page)
}

/// "Replace authenticator".
pub async fn replace(here: Here) -> Result<Response, AppError> {
    respond::page(&replacement(&here).await?)
}

async fn replacement(here: &Here) -> Result<ReplaceAuthenticator, AppError> {
    if !here.standing.has_authenticator {
        return Err(AppError::NotFound);
    }
    Ok(ReplaceAuthenticator { shell: shell::shell(here, "").await?, ..ReplaceAuthenticator::default() })
}

/// On to a new secret, for who has both factors.
pub async fn offer_replacement(
    State(app): State<App>,
    here: Here,
    Form(typed): Form<Typed>,
) -> Result<Response, AppError> {
    let mut page = replacement(&here).await?;
    page.shell.failed = true;
    let Some(factor) = SecondFactor::parse(&typed.code) else {
        page.code_errors.push("Enter the 6-digit code or a recovery code.".to_owned());
        return respond::page_with(StatusCode::UNPROCESSABLE_ENTITY, &page);
    };
    match proof::ask(&app, &here, &typed.password, Some(&factor)).await? {
        Asked::Right(here) => {
            mfa::offer_replacement(&app, &here.signed_in, here.occasion()).await?;
            Ok(routes::redirect(&here.visitor, "/mfa/enroll"))
        }
        Asked::Not(denial) => {
            let field = if denial.about_code { &mut page.code_errors } else { &mut page.password_errors };
            field.push(denial.message.clone());
            denial.answer(&page)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_longest_address_fits_into_the_picture() {
        let long = format!("otpauth://totp/Rollcall:{}?secret={}", "%40".repeat(254), "A".repeat(200));
        assert!(draw(&long).is_ok());
    }
}
