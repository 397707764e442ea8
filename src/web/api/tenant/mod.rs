//! The tenant dialect: `/api/user` and `/api/tenant` for global tokens, `/api/tenant/{tenantId}/user` for both kinds.

pub mod error;
pub mod reading;
pub mod tenants;
pub mod users;

use axum::{
    Router,
    extract::{FromRequest, FromRequestParts, Request, State},
    http::{HeaderValue, Method, StatusCode, header, request::Parts},
    middleware::{self, Next},
    response::{IntoResponse, Response},
    routing::{MethodRouter, any, get, post},
};
use serde::Serialize;
use tower_http::catch_panic::CatchPanicLayer;

use self::error::TenantError;
use super::{
    body,
    gate::{self, Call, Refused},
};
use crate::{
    app::App,
    domain::{
        ids::{OrganizationId, UserId},
        json::Json,
        tokens::Permission,
    },
    error::AppError,
    flows::{Caller, Door},
    web::routes::Matched,
};

/// What a route is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum About {
    /// People everywhere.
    People,
    /// Tenants themselves.
    Tenants,
    /// People of the tenant in the path.
    Assigned,
}

#[derive(Clone)]
struct Gate {
    app: App,
    about: About,
    path: &'static str,
}

/// The routes, and how an unknown one answers.
pub fn router(app: &App) -> Router<App> {
    use About::{Assigned, People, Tenants};
    let at = |path: &'static str, about: About, handlers: MethodRouter<App>| {
        let gate = Gate { app: app.clone(), about, path };
        (path, handlers.route_layer(middleware::from_fn_with_state(gate, admit)))
    };
    let routes = [
        at("/api/user", People, get(users::list).post(users::create)),
        at("/api/user/by-email/{email}", People, get(users::by_email)),
        at("/api/user/{id}", People, get(users::show).put(users::update)),
        at("/api/user/{id}/tenants", People, get(users::tenants)),
        at(
            "/api/tenant",
            Tenants,
            get(tenants::list).post(tenants::create).put(tenants::update).delete(tenants::delete),
        ),
        at("/api/tenant/{tenant}", Tenants, get(tenants::show)),
        at("/api/tenant/{tenant}/user", Assigned, get(users::list).post(users::create_assigned)),
        at("/api/tenant/{tenant}/user/by-email/{email}", Assigned, get(users::by_email)),
        at(
            "/api/tenant/{tenant}/user/{id}",
            Assigned,
            post(users::assign).get(users::show).put(users::update_assigned).delete(users::remove),
        ),
        at("/api/tenant/{tenant}/user/{id}/permissions", Assigned, get(users::permissions)),
    ];
    let unknown = any(async || TenantError::from(AppError::NotFound));
    let router = routes.into_iter().fold(Router::new(), |router, (path, handlers)| router.route(path, handlers));
    router
        .route("/api", unknown.clone())
        .route("/api/", unknown.clone())
        .route("/api/{*rest}", unknown)
        .method_not_allowed_fallback(wrong_method)
        .layer(CatchPanicLayer::custom(|_| TenantError::from(AppError::fault("a request panicked")).into_response()))
}

/// A global path tells an organization's token the same for every method (security contract S61).
async fn wrong_method(State(app): State<App>, request: Request) -> TenantError {
    let (parts, _) = request.into_parts();
    let is_global = tenant_segment(parts.uri.path()).is_none();
    match gate::present(&app, &parts).await {
        Ok(presented) if is_global && presented.token.organization.is_some() => Refused::GlobalNeeded.into(),
        _ => AppError::MethodNotAllowed.into(),
    }
}

/// The tenant in `/api/tenant/{tenantId}/user...`.
fn tenant_segment(path: &str) -> Option<&str> {
    let mut segments = path.split('/').skip(1);
    let is_scoped = segments.next() == Some("api") && segments.next() == Some("tenant");
    let tenant = segments.next().filter(|_| is_scoped)?;
    (segments.next() == Some("user")).then_some(tenant)
}

/// An admitted call.
#[derive(Clone)]
pub struct Inside {
    app: App,
    /// The tenant in the path, if it is one about people of a tenant; an error when it cannot be read.
    tenant: Option<Result<OrganizationId, ()>>,
    /// The call.
    call: Call,
}

impl Inside {
    /// The tenant of the path, once it is known to exist.
    fn tenant(&self) -> Result<Option<OrganizationId>, TenantError> {
        match self.tenant {
            None => Ok(None),
            Some(Ok(tenant)) => Ok(Some(tenant)),
            Some(Err(())) => Err(TenantError::invalid_id("tenantId")),
        }
    }

    /// As [`Self::tenant`], for routes that have one.
    fn assigned(&self) -> Result<OrganizationId, TenantError> {
        self.tenant()?.ok_or_else(|| TenantError::invalid_id("tenantId"))
    }

    /// The tenant, which a global token may name without it being there.
    async fn existing(&self) -> Result<Option<OrganizationId>, TenantError> {
        let Some(tenant) = self.tenant()? else { return Ok(None) };
        let found = async { self.app.db.begin_read().await?.organization(tenant).await };
        match found.await.map_err(AppError::from)? {
            Some(_) => Ok(Some(tenant)),
            None => Err(crate::flows::tenants::TenantRefusal::TenantNotFound.into()),
        }
    }

    fn caller(&self, tenant: OrganizationId) -> Caller {
        self.call.caller(tenant)
    }

    fn door(&self) -> Door {
        Door::Token(self.call.token.id, self.call.needed.unwrap_or(Permission::USERS_READ))
    }
}

/// Lets a call through, or answers in its place.
async fn admit(State(gate): State<Gate>, request: Request, next: Next) -> Response {
    let (mut parts, body) = request.into_parts();
    let judged = async {
        let presented = gate::present(&gate.app, &parts).await?;
        let named = tenant_segment(parts.uri.path()).map(|text| text.parse::<OrganizationId>().map_err(|_| ()));
        if let Some(own) = presented.token.organization {
            match named {
                None => return Err(Refused::GlobalNeeded),
                Some(named) if named != Ok(own) => return Err(Refused::WrongTenant),
                Some(_) => {}
            }
        }
        if presented.token.organization_disabled {
            return Err(Refused::TenantDisabled);
        }
        let call = presented.admit(&gate.app, Some(needed(gate.about, &parts.method)))?;
        if let (Some(Ok(tenant)), true) = (named, matches!(parts.method, Method::POST | Method::PUT)) {
            count(&gate.app, tenant, &call).await?;
        }
        Ok(Inside { app: gate.app.clone(), tenant: named, call })
    };
    let mut response = match judged.await {
        Ok(inside) => {
            parts.extensions.insert(inside);
            next.run(Request::from_parts(parts, body)).await
        }
        Err(refused) => TenantError::from(refused).into_response(),
    };
    response.extensions_mut().insert(Matched(gate.path));
    response
}

/// A tenant that does not exist has no budget; the call will be told so.
async fn count(app: &App, tenant: OrganizationId, call: &Call) -> Result<(), Refused> {
    let found = async { app.db.begin_read().await?.organization(tenant).await };
    match found.await.map_err(AppError::from)? {
        Some(_) => gate::count_write(app, tenant, call).await,
        None => Ok(()),
    }
}

fn needed(about: About, method: &Method) -> Permission {
    match (about, method) {
        (About::Tenants, &Method::GET | &Method::HEAD) => Permission::TENANTS_READ,
        (About::Tenants, &Method::DELETE) => Permission::TENANTS_DELETE,
        (About::Tenants, _) => Permission::TENANTS_WRITE,
        (_, &Method::GET | &Method::HEAD) => Permission::USERS_READ,
        (_, &Method::DELETE) => Permission::USERS_DELETE,
        _ => Permission::USERS_WRITE,
    }
}

/// An answer in JSON.
fn answer<T: Serialize>(status: StatusCode, value: &T) -> Result<Response, TenantError> {
    let text = serde_json::to_string(value).map_err(AppError::fault)?;
    let mut response = (status, text).into_response();
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    Ok(response)
}

impl<S: Sync> FromRequestParts<S> for Inside {
    type Rejection = TenantError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, TenantError> {
        let inside: Self =
            parts.extensions.get().cloned().ok_or_else(|| AppError::fault("a call came past the gate"))?;
        inside.tenant()?;
        Ok(inside)
    }
}

/// A call about people of the tenant in its path.
pub struct InTenant(Inside, OrganizationId);

impl<S: Sync> FromRequestParts<S> for InTenant {
    type Rejection = TenantError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, TenantError> {
        let inside = Inside::from_request_parts(parts, state).await?;
        let tenant = inside.assigned()?;
        Ok(Self(inside, tenant))
    }
}

/// The user in the path, who need not exist.
pub struct InPath(UserId);

impl<S: Sync> FromRequestParts<S> for InPath {
    type Rejection = TenantError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, TenantError> {
        reading::user_id(parts.uri.path()).map(Self)
    }
}

/// The JSON object of a body.
pub struct Object(Json);

impl<S: Sync> FromRequest<S> for Object {
    type Rejection = TenantError;

    async fn from_request(request: Request, _: &S) -> Result<Self, TenantError> {
        let (parts, body) = request.into_parts();
        match body::read(&parts.headers, body).await? {
            Some(object @ Json::Object(_)) => Ok(Self(object)),
            _ => Err(TenantError::invalid("The body is not a JSON object.")),
        }
    }
}
