//! `/setup`: the first run.

use axum::{
    extract::State,
    http::StatusCode,
    response::{IntoResponse, Redirect, Response},
};
use serde::Deserialize;

use super::{
    account,
    extract::{Form, Query},
    respond, shell,
};
use crate::{
    app::App,
    domain::{
        organizations::NewOrganization,
        text::{DisplayName, Email, OrganizationName},
    },
    error::AppError,
    flows::{
        change_password::{self, Owner},
        set_up::{self, SetUp},
    },
    keys::same_bytes,
    web::{
        pages::{parts::Field, passwords::StrengthHint, set_up::SetUp as Page},
        visitor::Visitor,
    },
};

/// The form as typed.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Typed {
    code: String,
    organization: String,
    name: String,
    email: String,
    password: String,
    confirm: String,
}

/// The one-time link of the log fills the code in.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Link {
    code: String,
}

/// The form; gone once there is a Server Administrator.
pub async fn new(State(app): State<App>, visitor: Visitor, Query(link): Query<Link>) -> Result<Response, AppError> {
    if app.is_set_up().await? {
        return Err(AppError::NotFound);
    }
    let code = Field { value: link.code, errors: Vec::new() };
    respond::page(&Page { code, ..blank(&app, &visitor) })
}

/// Makes organization and Server Administrator.
pub async fn create(State(app): State<App>, visitor: Visitor, Form(typed): Form<Typed>) -> Result<Response, AppError> {
    if app.is_set_up().await? {
        return Err(AppError::NotFound);
    }
    let mut page = blank(&app, &visitor);
    let organization = OrganizationName::parse(&typed.organization);
    let name = DisplayName::parse(&typed.name);
    let email = Email::parse(&typed.email);
    if !same_bytes(typed.code.trim().as_bytes(), set_up::setup_code(&app).as_bytes()) {
        page.code.errors.push("The setup code is incorrect.".to_owned());
    }
    page.organization = field(&typed.organization, organization.as_ref().err());
    page.name = field(&typed.name, name.as_ref().err());
    page.email = field(&typed.email, email.as_ref().err().map(|_| "Enter a valid email address."));
    let owner = Owner {
        email: typed.email.clone(),
        names: vec![typed.name.clone()],
        organizations: vec![typed.organization.clone()],
    };
    let judged = change_password::judge(&app, owner, &typed.password, &typed.confirm, None).await?;
    (page.password_errors, page.confirm_errors) = account::password_messages(&judged);
    if let (Ok(organization), Ok(name), Ok(email), true) = (&organization, &name, &email, page.problems().is_empty()) {
        let form = SetUp {
            organization: NewOrganization::named(organization.clone()),
            name,
            email,
            password: &typed.password,
        };
        set_up::set_up(&app, &form, &visitor.occasion).await?;
        return Ok(Redirect::to("/login?reason=setup").into_response());
    }
    page.outside.failed = true;
    respond::page_with(StatusCode::UNPROCESSABLE_ENTITY, &page)
}

fn blank(app: &App, visitor: &Visitor) -> Page {
    let mut outside = shell::outside(visitor);
    outside.wide = true;
    Page { outside, hint: StrengthHint::rules(app.config.password_min_length, false), ..Page::default() }
}

fn field(typed: &str, error: Option<impl ToString>) -> Field {
    Field { value: typed.to_owned(), errors: error.map(|error| error.to_string()).into_iter().collect() }
}
