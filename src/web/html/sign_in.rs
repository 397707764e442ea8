//! Logging in and out, and the questions the idle warning asks.

use axum::{
    extract::State,
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Redirect, Response},
};
use serde::Deserialize;
use serde_json::json;

use super::{
    extract::{Form, Query},
    respond, shell,
};
use crate::{
    app::App,
    domain::{
        entropy,
        session::Stage,
        sign_in::{LOCK, NotAnAttempt, lock_message, read_form},
        time::Timestamp,
    },
    error::AppError,
    flows::{
        end_sessions,
        sign_in::{self, Login, LoginForm},
    },
    web::{
        pages::sign_in::{Lock, LogIn, LogOut},
        routes,
        visitor::{Here, Visitor},
    },
};

/// Key in half a session under which the page to go to waits.
pub(super) const NEXT: &str = "next";
/// Key in an anonymous session: whether who activated here has a password of their own already.
pub(super) const OWN_PASSWORD: &str = "own_password";

/// Parameters of the login page.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Asked {
    reason: String,
    next: String,
}

/// The form as typed.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Typed {
    email: String,
    password: String,
    form: String,
    next: String,
}

/// The login page; whoever is signed in goes on.
pub async fn new(State(app): State<App>, visitor: Visitor, Query(asked): Query<Asked>) -> Result<Response, AppError> {
    if visitor.is_signed_in() {
        return Ok(Redirect::to("/").into_response());
    }
    let has_own_password = visitor.session.get::<bool>(OWN_PASSWORD).await?.unwrap_or_default();
    let mut page = blank(&app, &visitor, asked.next);
    page.outside.status = reason(&asked.reason, has_own_password).map(str::to_owned);
    respond::page(&page)
}

/// Decides an attempt.
pub async fn create(State(app): State<App>, visitor: Visitor, Form(typed): Form<Typed>) -> Result<Response, AppError> {
    let mut page = blank(&app, &visitor, typed.next.clone());
    page.email.value.clone_from(&typed.email);
    let address = match read_form(&typed.email, &typed.password) {
        Ok(address) => address,
        Err(problems) => return incomplete(page, &problems),
    };
    let form = LoginForm { address, password: &typed.password, form: &typed.form, device: &visitor.device };
    match sign_in::log_in(&app, &form, &visitor.occasion).await? {
        Login::In(signed_in, due) => {
            let next = destination(&typed.next);
            let stage = signed_in.stage;
            visitor.sign_in(signed_in).await?;
            if stage == Stage::Code {
                visitor.session.insert(NEXT, next).await?;
                return Ok(routes::redirect(&visitor, "/login/mfa"));
            }
            let path = due.map(routes::step_path);
            Ok(routes::redirect(&visitor, path.unwrap_or(&next)))
        }
        Login::No => {
            page.mismatch = Some("The email or password is incorrect.".to_owned());
            rejected(StatusCode::UNPROCESSABLE_ENTITY, page)
        }
        Login::Blocked(blocked) => {
            page.refusal = Some(blocked.to_string());
            rejected(StatusCode::UNPROCESSABLE_ENTITY, page)
        }
        Login::Locked { until } => locked(page, app.clock.now(), until),
    }
}

fn blank(app: &App, visitor: &Visitor, next: String) -> LogIn {
    LogIn { outside: shell::outside(visitor), form: one_time_value(app), next, ..LogIn::default() }
}

/// What a login form carries so that its double click is known.
pub(super) fn one_time_value(app: &App) -> String {
    let value = entropy::bytes::<16>(app.entropy.as_ref());
    value.iter().fold(String::new(), |text, byte| format!("{text}{byte:02x}"))
}

/// The login page with the text of a lock, for somebody whose half-finished login was dropped.
pub(super) fn dropped(app: &App, visitor: &Visitor, email: String, until: Timestamp) -> Result<Response, AppError> {
    let mut page = blank(app, visitor, String::new());
    page.email.value = email;
    locked(page, app.clock.now(), until)
}

/// What is missing is said at its field and is no attempt.
fn incomplete(mut page: LogIn, problems: &[NotAnAttempt]) -> Result<Response, AppError> {
    for problem in problems {
        match problem {
            NotAnAttempt::NoAddress => page.email.errors.push(problem.to_string()),
            NotAnAttempt::NoPassword | NotAnAttempt::PasswordTooLong => page.password_errors.push(problem.to_string()),
        }
    }
    rejected(StatusCode::UNPROCESSABLE_ENTITY, page)
}

fn rejected(status: StatusCode, mut page: LogIn) -> Result<Response, AppError> {
    page.outside.failed = true;
    respond::page_with(status, &page)
}

fn locked(mut page: LogIn, now: Timestamp, until: Timestamp) -> Result<Response, AppError> {
    let left = now.seconds_until(until);
    let whole = i64::try_from(LOCK.as_secs()).unwrap_or(1).max(1);
    page.lock = Some(Lock {
        message: lock_message(now, until),
        until: shell::when(until),
        left: u8::try_from((left * 100 / whole).clamp(0, 100)).unwrap_or(100),
    });
    let mut response = rejected(StatusCode::TOO_MANY_REQUESTS, page)?;
    response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(left));
    Ok(response)
}

/// Why somebody comes to the login page; anything else says nothing (portal contract 1.2).
fn reason(word: &str, has_own_password: bool) -> Option<&'static str> {
    match word {
        "idle" => Some("You were logged out after 15 minutes of inactivity."),
        "logout" => Some("You are logged out."),
        "ended" => Some("Your session was ended. Log in again."),
        "email" => Some("Your email was changed. Log in with the new email address."),
        "activated" if has_own_password => Some("Your account is active. Log in with your password."),
        "activated" => Some("Your account is active. Log in with the temporary password from your email."),
        "reset" => Some("Your password was changed. Log in with the new password."),
        "setup" => Some("Setup is complete. Log in to continue."),
        _ => None,
    }
}

/// Back to where somebody came from, if that is a page of ours (S45); judged as a browser would read it.
fn destination(next: &str) -> String {
    const HERE: &str = "http://here.invalid";
    let is_local = next.starts_with('/') && next.len() <= 2048;
    let parsed = url::Url::parse(HERE).and_then(|base| base.join(next)).ok().filter(|_| is_local);
    match parsed {
        Some(url) if url.origin().ascii_serialization() == HERE && routes::is_page(url.path()) => {
            url.query().map_or_else(|| url.path().to_owned(), |query| format!("{}?{query}", url.path()))
        }
        _ => "/".to_owned(),
    }
}

/// `GET /logout`: a button, for links and browsers without script.
pub async fn confirm_end(State(app): State<App>, visitor: Visitor) -> Result<Response, AppError> {
    let visitor = visitor.with_token(&app).await?;
    respond::page(&LogOut { outside: shell::outside(&visitor) })
}

/// Ends the session and has the browser forget what it saw.
pub async fn end(State(app): State<App>, visitor: Visitor) -> Result<Response, AppError> {
    if let Some(signed_in) = &visitor.signed_in {
        end_sessions::log_out(&app, signed_in, &visitor.occasion).await?;
    }
    visitor.session.flush().await?;
    let mut response = routes::redirect(&visitor, "/login?reason=logout");
    response.headers_mut().insert("clear-site-data", HeaderValue::from_static("\"cache\", \"cookies\", \"storage\""));
    Ok(response)
}

/// Seconds until the session ends; asking is no activity.
pub async fn time_left(State(app): State<App>, visitor: Visitor) -> Result<Response, AppError> {
    let Some(signed_in) = visitor.signed_in.as_ref().filter(|_| visitor.is_signed_in()) else {
        return Ok(StatusCode::UNAUTHORIZED.into_response());
    };
    Ok(left(&app, signed_in.last_active_at))
}

/// "Stay signed in"; answering it is activity.
pub async fn extend(State(app): State<App>, here: Here) -> Result<Response, AppError> {
    Ok(left(&app, here.occasion().now))
}

fn left(app: &App, active: Timestamp) -> Response {
    let seconds = shell::seconds_left(active, app.clock.now());
    let body = json!({ "seconds_left": seconds }).to_string();
    ([(header::CONTENT_TYPE, "application/json; charset=utf-8")], body).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_pages_of_ours_are_returned_to() {
        for there in ["/users", "/users?status=locked", "/account", "/users/0198c0de-0000-7000-8000-000000000001/edit"]
        {
            assert_eq!(destination(there), there);
        }
        let elsewhere = [
            "",
            "//e",
            "/\\e",
            "/%09/e",
            "https:e",
            "javascript:alert(1)",
            "/\t/e.example",
            "http://e.example/users",
            "/login",
            "/logout",
            "/nowhere",
            "users",
            "/users\r\nX: y/../../x",
        ];
        for there in elsewhere {
            assert_eq!(destination(there), "/", "{there:?}");
        }
        assert_eq!(destination(&format!("/users?q={}", "x".repeat(4096))), "/");
    }
}
