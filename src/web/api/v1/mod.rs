//! The Users API v1: `/api/v1/users` and `/api/v1/api-tokens` for organization tokens.

pub mod fields;
pub mod listing;
pub mod problem;
pub mod tokens;
pub mod users;

use axum::{
    Router,
    extract::{FromRequest, FromRequestParts, Request, State},
    http::request::Parts,
    middleware::{self, Next},
    response::{IntoResponse, Response},
    routing::{MethodRouter, any, delete, get, post, put},
};
use tower_http::catch_panic::CatchPanicLayer;

use self::problem::Problem;
use super::{
    body::{self, BodyError},
    gate::{self, Call, Refused},
};
use crate::{
    app::App,
    domain::{ids::OrganizationId, json::Json, tokens::Permission},
    error::AppError,
    web::routes::Matched,
};

#[derive(Clone)]
struct Gate {
    app: App,
    needs: Option<Permission>,
    counted: bool,
    path: &'static str,
}

/// The routes with what each needs, and how an unknown one answers.
pub fn router(app: &App) -> Router<App> {
    let at = |path: &'static str, endpoints: Vec<(MethodRouter<App>, Option<Permission>, bool)>| {
        let router = endpoints.into_iter().fold(MethodRouter::new(), |router, (handlers, needs, counted)| {
            let gate = Gate { app: app.clone(), needs, counted, path };
            router.merge(handlers.route_layer(middleware::from_fn_with_state(gate, admit)))
        });
        (path, router)
    };
    let (read, write, remove) =
        (Some(Permission::USERS_READ), Some(Permission::USERS_WRITE), Some(Permission::USERS_DELETE));
    let (read_tokens, write_tokens, remove_tokens) =
        (Some(Permission::TOKENS_READ), Some(Permission::TOKENS_WRITE), Some(Permission::TOKENS_DELETE));
    let routes = [
        at("/api/v1/users", vec![(post(users::create), write, true)]),
        at("/api/v1/users/current", vec![(get(users::current), None, false)]),
        at("/api/v1/users/query", vec![(post(users::query), read, false)]),
        at(
            "/api/v1/users/{id}",
            vec![
                (get(users::show), read, false),
                (put(users::update), write, true),
                (delete(users::delete), remove, false),
            ],
        ),
        at("/api/v1/users/{id}/permissions", vec![(get(users::permissions), read, false)]),
        at("/api/v1/users/{id}/resend-activation-link", vec![(post(users::resend), write, true)]),
        at("/api/v1/api-tokens", vec![(post(tokens::create), write_tokens, false)]),
        at("/api/v1/api-tokens/query", vec![(post(tokens::query), read_tokens, false)]),
        at(
            "/api/v1/api-tokens/{id}",
            vec![
                (get(tokens::show), read_tokens, false),
                (put(tokens::update), write_tokens, false),
                (delete(tokens::delete), remove_tokens, false),
            ],
        ),
    ];
    let unknown = any(async || Problem::from(AppError::NotFound));
    let router = routes.into_iter().fold(Router::new(), |router, (path, handlers)| router.route(path, handlers));
    router
        .route("/api/v1", unknown.clone())
        .route("/api/v1/", unknown.clone())
        .route("/api/v1/{*rest}", unknown)
        .method_not_allowed_fallback(async || Problem::from(AppError::MethodNotAllowed))
        .layer(CatchPanicLayer::custom(|_| Problem::from(AppError::fault("a request panicked")).into_response()))
}

/// Lets a call through, or answers in its place.
async fn admit(State(gate): State<Gate>, request: Request, next: Next) -> Response {
    let (mut parts, body) = request.into_parts();
    let judged = async {
        let presented = gate::present(&gate.app, &parts).await?;
        let organization = presented.token.organization.ok_or(Refused::Unauthorized)?;
        if presented.token.organization_disabled {
            return Err(Refused::Unauthorized);
        }
        let call = presented.admit(&gate.app, gate.needs)?;
        if gate.counted {
            gate::count_write(&gate.app, organization, &call).await?;
        }
        Ok(Inside { app: gate.app.clone(), organization, call })
    };
    let mut response = match judged.await {
        Ok(inside) => {
            parts.extensions.insert(inside);
            next.run(Request::from_parts(parts, body)).await
        }
        Err(refused) => Problem::from(refused).into_response(),
    };
    response.extensions_mut().insert(Matched(gate.path));
    response
}

/// An admitted call in the organization of its token.
#[derive(Clone)]
pub struct Inside {
    /// The program.
    pub app: App,
    /// The organization.
    pub organization: OrganizationId,
    /// The call.
    pub call: Call,
}

impl Inside {
    fn caller(&self) -> crate::flows::Caller {
        self.call.caller(self.organization)
    }
}

impl<S: Sync> FromRequestParts<S> for Inside {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        parts.extensions.get().cloned().ok_or_else(|| AppError::fault("a call came past the gate").into())
    }
}

/// The JSON of a body, which must be there.
pub struct Object(Json);

impl<S: Sync> FromRequest<S> for Object {
    type Rejection = Problem;

    async fn from_request(request: Request, _: &S) -> Result<Self, Problem> {
        let (parts, body) = request.into_parts();
        body::read(&parts.headers, body).await?.map(Self).ok_or_else(|| BodyError::Malformed.into())
    }
}
