//! Who is asking. A [`Visitor`] is anybody with or without a session; [`Here`] is a signed-in person with their rights,
//! read anew for every request.

use std::sync::Arc;

use axum::{
    extract::{FromRequestParts, OptionalFromRequestParts},
    http::request::Parts,
};
use tower_sessions::Session;

use super::{csrf, request::RequestFacts};
use crate::{
    app::App,
    domain::{
        audit::Occasion,
        ids::OrganizationId,
        session::{EndReason, Stage},
    },
    error::AppError,
    flows::{Caller, Door, no_organization},
    policy::Actor,
    store::{ANONYMOUS, ENDED, SIGNED_IN, SignedIn, Standing},
};

/// The browser behind a request.
#[derive(Debug, Clone)]
pub struct Visitor {
    /// The session; anonymous until somebody signs in.
    pub session: Session,
    /// Token for the forms of this page.
    pub csrf: String,
    /// Whose session it is, at whatever stage.
    pub signed_in: Option<SignedIn>,
    /// Why the session the cookie belongs to is over.
    pub ended: Option<EndReason>,
    /// Whether htmx asks, for a part of a page.
    pub htmx: bool,
    /// Path of the page htmx asks from.
    pub page: Option<String>,
    /// When and where from.
    pub occasion: Occasion,
    /// Name of the browser and its system.
    pub device: String,
}

impl Visitor {
    /// Reads the session. Nothing is written: who is not signed in has no row.
    ///
    /// # Errors
    /// [`AppError::Unavailable`] when the database does not answer.
    pub async fn read(parts: &Parts, app: &App) -> Result<Self, AppError> {
        let session = parts.extensions.get::<Session>().cloned().ok_or_else(|| AppError::fault("no session layer"))?;
        let facts =
            parts.extensions.get::<RequestFacts>().cloned().ok_or_else(|| AppError::fault("no request layer"))?;
        let signed_in = session.get::<SignedIn>(SIGNED_IN).await?;
        let ended = session.get::<EndReason>(ENDED).await?;
        let csrf = session.id().map(|id| csrf::token(app, id.0)).unwrap_or_default();
        let header = |name: &str| parts.headers.get(name).and_then(|value| value.to_str().ok());
        Ok(Self {
            csrf,
            signed_in,
            ended,
            htmx: header("hx-request") == Some("true"),
            page: header("hx-current-url").and_then(local_path),
            occasion: facts.occasion,
            device: header("user-agent").map_or_else(|| "Unknown device".to_owned(), super::device::name),
            session,
        })
    }

    /// Makes sure there is a cookie, so that the form about to be shown has a token.
    pub async fn with_token(mut self, app: &App) -> Result<Self, AppError> {
        if self.session.id().is_none() {
            self.session.insert(ANONYMOUS, true).await?;
            self.session.save().await?;
        }
        self.csrf = self.session.id().map(|id| csrf::token(app, id.0)).unwrap_or_default();
        Ok(self)
    }

    /// Whether the password step passed and the code is due.
    pub fn is_half_signed_in(&self) -> bool {
        self.signed_in.as_ref().is_some_and(|signed_in| signed_in.stage == Stage::Code)
    }

    /// Whether somebody is signed in; a step may still be due.
    pub fn is_signed_in(&self) -> bool {
        self.signed_in.as_ref().is_some_and(|signed_in| signed_in.stage.is_signed_in())
    }

    /// Makes this the session of somebody whose password or code was accepted, under a new identifier: whoever knew the
    /// one before has nothing (S30).
    ///
    /// # Errors
    /// When the session cannot be written.
    pub async fn sign_in(&self, signed_in: SignedIn) -> Result<(), AppError> {
        self.session.clear().await;
        self.session.cycle_id().await?;
        self.session.insert(SIGNED_IN, signed_in).await?;
        Ok(())
    }

    /// Forgets the session and begins an anonymous one, with a token for the form about to be shown.
    ///
    /// # Errors
    /// When the session cannot be written.
    pub async fn start_over(mut self, app: &App) -> Result<Self, AppError> {
        self.session.flush().await?;
        self.signed_in = None;
        self.with_token(app).await
    }
}

/// Path and query of an absolute address, as htmx reports it.
fn local_path(address: &str) -> Option<String> {
    let url = url::Url::parse(address).ok()?;
    Some(url.query().map_or_else(|| url.path().to_owned(), |query| format!("{}?{query}", url.path())))
}

/// A signed-in person and what they may do. Put into the request by the access check of the route.
#[derive(Debug, Clone)]
pub struct Here {
    /// The browser.
    pub visitor: Visitor,
    /// The session.
    pub signed_in: SignedIn,
    /// Where the person stands.
    pub standing: Arc<Standing>,
    /// Their rights in the organization; none while they work in none.
    pub actor: Option<Actor>,
}

impl Here {
    /// The rights in the organization worked in.
    ///
    /// # Errors
    /// [`AppError::Forbidden`] while the person works in no organization.
    pub fn actor(&self) -> Result<&Actor, AppError> {
        self.actor.as_ref().ok_or_else(no_organization)
    }

    /// The organization worked in.
    ///
    /// # Errors
    /// As [`Self::actor`].
    pub fn organization(&self) -> Result<OrganizationId, AppError> {
        Ok(self.actor()?.organization)
    }

    /// Gives the session a new identifier, in the organization given: the old cookie is dead from here on (S30). The
    /// answer's forms need the token of the session as it is now.
    ///
    /// # Errors
    /// [`AppError::ExpiredForm`] when the session ended meanwhile, or when it cannot be written.
    pub async fn renew(&self, app: &App, organization: Option<OrganizationId>) -> Result<Self, AppError> {
        self.renew_as(app, SignedIn { organization, ..self.signed_in.clone() }).await
    }

    /// As [`Self::renew`], with nothing left to set up.
    ///
    /// # Errors
    /// As [`Self::renew`].
    pub async fn renew_enrolled(&self, app: &App) -> Result<Self, AppError> {
        self.renew_as(app, SignedIn { stage: Stage::Full, ..self.signed_in.clone() }).await
    }

    async fn renew_as(&self, app: &App, signed_in: SignedIn) -> Result<Self, AppError> {
        let epoch = app.db.begin_read().await?.session_epoch(signed_in.session).await?;
        let epoch = epoch.ok_or(AppError::ExpiredForm)?;
        let signed_in = SignedIn { epoch, last_active_at: self.occasion().now, ..signed_in };
        let session = &self.visitor.session;
        session.insert(SIGNED_IN, signed_in.clone()).await?;
        session.cycle_id().await?;
        session.save().await?;
        let csrf = session.id().map(|id| csrf::token(app, id.0)).unwrap_or_default();
        Ok(Self { visitor: Visitor { csrf, ..self.visitor.clone() }, signed_in, ..self.clone() })
    }

    /// When and where from.
    pub fn occasion(&self) -> &Occasion {
        &self.visitor.occasion
    }

    /// This person as a flow asks for them: judged again inside the transaction.
    pub fn caller(&self) -> Caller {
        Caller {
            door: Door::Session(self.signed_in.session),
            organization: self.signed_in.organization,
            occasion: self.visitor.occasion.clone(),
        }
    }
}

impl<S: Sync> FromRequestParts<S> for Here {
    type Rejection = AppError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Self::Rejection> {
        parts.extensions.get::<Self>().cloned().ok_or_else(|| AppError::fault("route without access check"))
    }
}

impl<S: Sync> OptionalFromRequestParts<S> for Here {
    type Rejection = AppError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Option<Self>, Self::Rejection> {
        Ok(parts.extensions.get::<Self>().cloned())
    }
}

impl<S: Sync> FromRequestParts<S> for Visitor {
    type Rejection = AppError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Self::Rejection> {
        parts.extensions.get::<Self>().cloned().ok_or_else(|| AppError::fault("route without access check"))
    }
}
