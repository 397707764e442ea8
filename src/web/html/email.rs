//! "Change Email": asking for another address, and the link that confirms it (portal contract 1.7).

use axum::{
    extract::State,
    http::StatusCode,
    response::{IntoResponse, Redirect, Response},
};
use serde::Deserialize;

use super::{
    activation::dead_link,
    extract::{Form, Path},
    proof::{self, Asked},
    respond, shell,
};
use crate::{
    app::App,
    domain::text::Email,
    error::AppError,
    flows::change_email::{self, Requested},
    web::{
        pages::{
            account::{ChangeEmail, ConfirmEmail},
            parts::Field,
        },
        visitor::{Here, Visitor},
    },
};

/// The form as typed.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Typed {
    email: String,
    password: String,
}

/// The page.
pub async fn edit(here: Here) -> Result<Response, AppError> {
    respond::page(&page(&here, String::new()).await?)
}

async fn page(here: &Here, email: String) -> Result<ChangeEmail, AppError> {
    Ok(ChangeEmail {
        shell: shell::shell(here, "").await?,
        current: here.standing.email.clone(),
        email: Field { value: email, errors: Vec::new() },
        password_errors: Vec::new(),
    })
}

/// Mails the link, for who knows the password. What is wrong with the address itself is said before the password is
/// looked at; whether somebody has it, only after.
pub async fn request(State(app): State<App>, here: Here, Form(typed): Form<Typed>) -> Result<Response, AppError> {
    let new = match wanted(&typed.email, &here.standing.email) {
        Ok(new) => new,
        Err(message) => return rejected(&here, typed.email, message).await,
    };
    let here = match proof::ask(&app, &here, &typed.password, None).await? {
        Asked::Right(here) => here,
        Asked::Not(denial) => {
            let mut page = page(&here, typed.email).await?;
            page.shell.failed = true;
            page.password_errors.push(denial.message.clone());
            return denial.answer(&page);
        }
    };
    match change_email::request(&app, &here.signed_in, &new, here.occasion()).await? {
        Requested::Sent => {
            let message = format!("We sent a link to {}. Open it within 24 hours to confirm.", new.as_str());
            respond::done(&here.visitor, "/account", message).await
        }
        Requested::Taken => rejected(&here, typed.email, "That email address is already in use.").await,
    }
}

fn wanted(typed: &str, current: &str) -> Result<Email, &'static str> {
    let new = Email::parse(typed).map_err(|_| "Enter a valid email address.")?;
    if new.key() == current.to_ascii_lowercase() { Err("This is already your email address.") } else { Ok(new) }
}

async fn rejected(here: &Here, email: String, message: &str) -> Result<Response, AppError> {
    let mut page = page(here, email).await?;
    page.shell.failed = true;
    page.email.errors.push(message.to_owned());
    respond::page_with(StatusCode::UNPROCESSABLE_ENTITY, &page)
}

/// The mailed link: a page with a button.
pub async fn show(State(app): State<App>, visitor: Visitor, Path(token): Path<String>) -> Result<Response, AppError> {
    match change_email::find(&app, &token, &visitor.occasion).await? {
        Some(change) => respond::page(&ConfirmEmail {
            outside: shell::outside(&visitor),
            action: format!("/account/email/confirm/{token}"),
            email: change.new_email,
        }),
        None => dead_link(false),
    }
}

/// The button.
pub async fn confirm(
    State(app): State<App>,
    visitor: Visitor,
    Path(token): Path<String>,
) -> Result<Response, AppError> {
    if change_email::confirm(&app, &token, &visitor.occasion).await? {
        return Ok(Redirect::to("/login?reason=email").into_response());
    }
    dead_link(false)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_s_own_address_is_known_in_any_spelling() {
        for own in [" ann@x.example ", "Ann@X.example"] {
            assert_eq!(wanted(own, "ann@x.example"), Err("This is already your email address."));
        }
        assert_eq!(wanted("ann@", "ann@x.example"), Err("Enter a valid email address."));
        let other = wanted("Bo@x.example", "ann@x.example").map(|new| new.as_str().to_owned());
        assert_eq!(other, Ok("Bo@x.example".to_owned()));
    }
}
