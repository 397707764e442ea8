//! Errors as people see them. A failed request keeps its error aside; one layer turns it into the page for whoever
//! asked: signed in, signed out, or htmx.

use std::sync::Arc;

use axum::{
    extract::{Request, State},
    http::{HeaderValue, header},
    middleware::Next,
    response::{IntoResponse, Response},
};

use super::{respond, shell};
use crate::{
    app::App,
    error::AppError,
    web::{
        cause::Cause,
        pages::errors::{ErrorFragment, ErrorOutside, ErrorPage, Fault, WayOn},
        request::RequestFacts,
        visitor::{Here, Visitor},
    },
};

/// An error waiting to be shown.
#[derive(Debug, Clone)]
struct Unshown(Arc<AppError>);

impl IntoResponse for AppError {
    fn into_response(self) -> Response {
        let mut response = self.status().into_response();
        if let Some(seconds) = self.retry_after() {
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        response.extensions_mut().insert(Unshown(Arc::new(self)));
        response
    }
}

/// Shows errors of the pages. It stands inside the session layer, so that the frame can be the visitor's.
pub async fn show(State(app): State<App>, request: Request, next: Next) -> Response {
    let facts = request.extensions().get::<RequestFacts>().cloned();
    let (parts, body) = request.into_parts();
    let asked = parts.clone();
    let response = next.run(Request::from_parts(parts, body)).await;
    let Some(Unshown(error)) = response.extensions().get::<Unshown>().cloned() else { return response };
    let reference = facts.map(|facts| facts.id);
    let fault = fault(&error, reference);
    let visitor = Visitor::read(&asked, &app).await.ok();
    let shown = frame(&app, visitor, fault).await;
    let (mut old, _) = response.into_parts();
    let Ok(shown) = shown else { return Response::from_parts(old, axum::body::Body::empty()) };
    let (new, body) = shown.into_parts();
    old.headers.extend(new.headers);
    if let AppError::Fault(_) = *error {
        old.extensions.insert(Cause(Arc::new(Shared(error))));
    }
    Response::from_parts(old, body)
}

/// A shared error with all its causes in one line.
#[derive(Debug)]
struct Shared(Arc<AppError>);

impl std::fmt::Display for Shared {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}", self.0)?;
        let mut cause = std::error::Error::source(self.0.as_ref());
        while let Some(error) = cause {
            write!(f, ": {error}")?;
            cause = error.source();
        }
        Ok(())
    }
}

impl std::error::Error for Shared {}

fn fault(error: &AppError, reference: Option<String>) -> Fault {
    // Unknown and foreign things answer with the same bytes, so their page has no reference.
    let reference = if matches!(error, AppError::NotFound) { None } else { reference };
    Fault {
        status: error.status().as_u16(),
        heading: error.heading().to_owned(),
        paragraphs: vec![error.text()],
        reference,
        actions: vec![WayOn { label: "Go to the start page".to_owned(), href: "/".to_owned() }],
    }
}

async fn frame(app: &App, visitor: Option<Visitor>, fault: Fault) -> Result<Response, AppError> {
    let Some(visitor) = visitor else {
        return respond::page(&ErrorOutside { fault, ..ErrorOutside::default() });
    };
    if visitor.htmx {
        return respond::page(&ErrorFragment { fault });
    }
    match here(app, &visitor).await {
        Some(here) => {
            let shell = shell::shell(&here, "").await?;
            respond::page(&ErrorPage { shell, fault })
        }
        None => respond::page(&ErrorOutside { outside: shell::outside(&visitor), fault }),
    }
}

/// The signed-in person, if there is one and the database answers.
async fn here(app: &App, visitor: &Visitor) -> Option<Here> {
    let signed_in = visitor.signed_in.clone().filter(|_| visitor.is_signed_in())?;
    let mut tx = app.db.begin_read().await.ok()?;
    let standing = tx.standing_of(signed_in.user, signed_in.organization, visitor.occasion.now).await.ok().flatten()?;
    let actor = standing.actor();
    Some(Here { visitor: visitor.clone(), signed_in, standing: standing.into(), actor })
}
