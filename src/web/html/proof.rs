//! Asking somebody who is signed in for their password again, once for all forms that do (portal contract 3.4).

use axum::{
    http::{HeaderValue, StatusCode, header},
    response::Response,
};

use crate::{
    app::App,
    domain::{mfa::SecondFactor, sign_in::lock_message},
    error::AppError,
    flows::{
        change_password,
        sign_in::{self, Confirmation, Proof},
    },
    web::visitor::Here,
};

/// What came of asking.
pub enum Asked {
    /// The right person; their session has a new identifier from here on (S30).
    Right(Box<Here>),
    /// Not proven.
    Not(Denial),
}

/// What to say, and how, when it was not proven.
#[derive(Debug)]
pub struct Denial {
    /// The message.
    pub message: String,
    /// Whether it is about the code rather than the password.
    pub about_code: bool,
    status: StatusCode,
    retry_after: Option<i64>,
}

impl Denial {
    fn new(message: &str, about_code: bool) -> Self {
        let status = StatusCode::UNPROCESSABLE_ENTITY;
        Self { message: message.to_owned(), about_code, status, retry_after: None }
    }

    /// The rejected form with the status that belongs to the message.
    ///
    /// # Errors
    /// As [`super::respond::page_with`].
    pub fn answer(&self, page: &impl askama::Template) -> Result<Response, AppError> {
        let mut response = super::respond::page_with(self.status, page)?;
        if let Some(seconds) = self.retry_after {
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        Ok(response)
    }
}

/// Judges a password, and a code where one is asked for. An empty password is wrong, and no attempt.
///
/// # Errors
/// As [`sign_in::confirm`].
pub async fn ask(app: &App, here: &Here, password: &str, factor: Option<&SecondFactor>) -> Result<Asked, AppError> {
    const WRONG: &str = "The password is incorrect.";
    if password.is_empty() {
        return Ok(Asked::Not(Denial::new(WRONG, false)));
    }
    let (user, _) = change_password::owner(app, &here.signed_in).await?;
    let proof = Proof { password, factor, device: &here.visitor.device };
    match sign_in::confirm(app, &user, &proof, here.occasion()).await? {
        Confirmation::Right => Ok(Asked::Right(Box::new(here.renew(app, here.signed_in.organization).await?))),
        Confirmation::WrongPassword => Ok(Asked::Not(Denial::new(WRONG, false))),
        Confirmation::WrongCode => Ok(Asked::Not(Denial::new("That code is incorrect.", true))),
        Confirmation::Locked { until } => {
            let now = app.clock.now();
            Ok(Asked::Not(Denial {
                message: lock_message(now, until),
                about_code: false,
                status: StatusCode::TOO_MANY_REQUESTS,
                retry_after: Some(now.seconds_until(until)),
            }))
        }
    }
}
