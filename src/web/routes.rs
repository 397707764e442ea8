//! Every page of the portal in one table: path, who may come, handlers. A route cannot be written without saying who
//! may come; the check runs before the handler and before any id in the path is looked at (portal contract 0.5).

use std::time::Duration;

use axum::{
    Router,
    body::{Body, Bytes},
    extract::{Request, State},
    http::{HeaderMap, HeaderValue, StatusCode, header, request::Parts},
    middleware::{self, Next},
    response::{IntoResponse, Redirect, Response},
    routing::{MethodRouter, get, post},
};
use http_body_util::{BodyExt, LengthLimitError, Limited};

use super::{
    api::reference,
    csrf,
    html::{
        account, activation, audit, bulk, confirmations, edit, email, export, home, import, invite, mfa, organizations,
        recovery_codes, reset_password, roles, second_step, set_up, sign_in, tokens, users,
    },
    upload::Upload,
    visitor::{Here, Visitor},
};
use crate::{
    app::App,
    domain::{
        import::LARGEST_FILE,
        session::{EndReason, Step},
    },
    error::AppError,
    policy::{
        Actor, BulkUsers, CancelInvitation, CreateRole, CreateToken, DeleteRole, DeleteUser, Denied, DisableEverywhere,
        DisableUser, EditUser, EnableEverywhere, EnableUser, EndSessions, ExportUsers, InviteUsers, ResendInvitation,
        ResetAuthenticator, RevokeToken, ViewRoles, ViewTokens, ViewUsers,
    },
    store::{SignedIn, Standing},
};

/// A form has this long to arrive.
const SLOWEST_FORM: Duration = Duration::from_secs(30);
/// Forms may carry this much.
const LARGEST_FORM: usize = 256 * 1024;
/// A form with a file: the file, and room for the rest.
const LARGEST_UPLOAD: usize = LARGEST_FILE + 64 * 1024;
/// And it may take this long.
const SLOWEST_UPLOAD: Duration = Duration::from_secs(300);
/// A form may carry this many fields (S88). The longest form chooses a hundred people or every level of a custom role.
const MOST_FIELDS: usize = 1_000;

/// Who may come to a route.
#[derive(Clone, Copy)]
pub enum Access {
    /// Anybody, also before set-up.
    Anybody,
    /// Anybody, once the installation is set up.
    Public,
    /// Signed in, with nothing due or one of these steps.
    Step(&'static [Step]),
    /// Signed in, with nothing due.
    SignedIn,
    /// Signed in as a Server Administrator, whether or not they work in an organization now.
    ServerAdministrator,
    /// Signed in, with a level of access; asked before any id in the path.
    May(fn(&Actor) -> Result<(), Denied>),
}

/// One line of the table.
pub struct Route {
    /// The path, in the router's notation.
    pub path: &'static str,
    /// Who may come.
    pub access: Access,
    handlers: MethodRouter<App>,
    /// Whether a GET shows a page one may return to after signing in.
    pub is_page: bool,
    /// Whether its form carries a file.
    pub takes_file: bool,
}

/// Put into an answer by a page that asks again by itself: to be left open is no activity.
#[derive(Debug, Clone, Copy)]
pub struct NotActivity;

/// Which route answered, for the log: the pattern, never the path with what it carries.
#[derive(Debug, Clone, Copy)]
pub struct Matched(pub &'static str);

fn page(path: &'static str, access: Access, handlers: MethodRouter<App>) -> Route {
    Route { path, access, handlers, is_page: true, takes_file: false }
}

fn upload(path: &'static str, access: Access, handlers: MethodRouter<App>) -> Route {
    Route { takes_file: true, ..page(path, access, handlers) }
}

fn other(path: &'static str, access: Access, handlers: MethodRouter<App>) -> Route {
    Route { path, access, handlers, is_page: false, takes_file: false }
}

fn may<A: crate::policy::Action>() -> Access {
    Access::May(Actor::may::<A>)
}

/// The table.
pub fn table() -> Vec<Route> {
    use Access::{Anybody, Public, ServerAdministrator, SignedIn};
    let choosing_password = Access::Step(&[Step::Password]);
    let enrolling = Access::Step(&[Step::Enroll]);
    let on_any_step = Access::Step(&[Step::Password, Step::Enroll]);
    vec![
        page("/", Public, get(home::index)),
        other("/setup", Anybody, get(set_up::new).post(set_up::create)),
        other("/login", Public, get(sign_in::new).post(sign_in::create)),
        other("/login/mfa", Public, get(second_step::show).post(second_step::verify)),
        other("/mfa/enroll", enrolling, get(mfa::show).post(mfa::verify)),
        other("/password/forgot", Public, get(reset_password::forgot).post(reset_password::request)),
        other("/password/reset/{token}", Public, get(reset_password::show).post(reset_password::reset)),
        other("/logout", Anybody, get(sign_in::confirm_end).post(sign_in::end)),
        other("/session", Public, get(sign_in::time_left)),
        other("/session/extend", on_any_step, post(sign_in::extend)),
        other("/activate/{token}", Public, get(activation::show).post(activation::accept)),
        page("/account", SignedIn, get(account::show).post(account::rename)),
        page("/account/password", choosing_password, get(account::edit_password).post(account::update_password)),
        other("/password/strength", Anybody, post(account::strength)),
        page("/account/email", SignedIn, get(email::edit).post(email::request)),
        other("/account/email/confirm/{token}", Public, get(email::show).post(email::confirm)),
        page("/account/authenticator", SignedIn, get(mfa::replace).post(mfa::offer_replacement)),
        page("/account/recovery-codes", SignedIn, get(recovery_codes::ask).post(recovery_codes::show)),
        page("/account/recovery-codes/new", SignedIn, get(recovery_codes::ask_anew).post(recovery_codes::renew)),
        other("/account/sessions/end-others", SignedIn, post(account::end_other_sessions)),
        other("/account/sessions/{id}/end", SignedIn, post(account::end_session)),
        page("/users", may::<ViewUsers>(), get(users::index)),
        other("/users/export.csv", may::<ExportUsers>(), get(export::users)),
        page("/users/invite", may::<InviteUsers>(), get(invite::new).post(invite::create)),
        page("/users/invite/results", may::<InviteUsers>(), get(invite::results)),
        upload("/users/import", may::<InviteUsers>(), get(import::new).post(import::create)),
        page("/users/import/{id}", may::<InviteUsers>(), get(import::show).post(import::confirm)),
        other("/users/bulk", may::<BulkUsers>(), post(bulk::ask)),
        page("/users/bulk/{id}", may::<BulkUsers>(), get(bulk::show).post(bulk::confirm)),
        page("/users/{id}", may::<ViewUsers>(), get(users::show)),
        page("/users/{id}/edit", may::<EditUser>(), get(edit::edit).post(edit::update)),
        page("/users/{id}/delete", may::<DeleteUser>(), confirmations::delete()),
        page("/users/{id}/disable", may::<DisableUser>(), confirmations::disable()),
        page("/users/{id}/enable", may::<EnableUser>(), confirmations::enable()),
        page("/users/{id}/disable-everywhere", may::<DisableEverywhere>(), confirmations::disable_everywhere()),
        page("/users/{id}/enable-everywhere", may::<EnableEverywhere>(), confirmations::enable_everywhere()),
        page("/users/{id}/resend", may::<ResendInvitation>(), confirmations::resend()),
        page("/users/{id}/cancel", may::<CancelInvitation>(), confirmations::cancel()),
        page("/users/{id}/reset-authenticator", may::<ResetAuthenticator>(), confirmations::reset_authenticator()),
        page("/users/{id}/end-sessions", may::<EndSessions>(), confirmations::end_sessions()),
        page("/audit", SignedIn, get(audit::index)),
        other("/audit/export.csv", SignedIn, get(audit::export)),
        page("/roles", may::<ViewRoles>(), get(roles::index)),
        page("/roles/new", may::<CreateRole>(), get(roles::new).post(roles::create)),
        page("/roles/{id}", may::<ViewRoles>(), get(roles::show).post(roles::update)),
        page("/roles/{id}/delete", may::<DeleteRole>(), get(roles::confirm_delete).post(roles::delete)),
        page("/tokens", may::<ViewTokens>(), get(tokens::index)),
        page("/tokens/new", may::<CreateToken>(), get(tokens::new).post(tokens::create)),
        page("/tokens/{id}/revoke", may::<RevokeToken>(), get(tokens::ask_revoke).post(tokens::revoke)),
        page("/organizations", SignedIn, get(organizations::index)),
        page("/organizations/new", ServerAdministrator, get(organizations::new).post(organizations::create)),
        page("/organizations/{id}", SignedIn, get(organizations::show).post(organizations::update)),
        page("/api/reference", SignedIn, get(reference::page)),
        other("/api/openapi.json", Public, get(reference::show_document)),
        page("/organizations/switch", SignedIn, get(organizations::choose).post(organizations::switch)),
    ]
}

/// The table as a router; every route behind its access check.
pub fn router(app: &App) -> Router<App> {
    let mut router = Router::new();
    for route in table() {
        let takes_file = route.takes_file;
        let gate = Gate { app: app.clone(), access: route.access, path: route.path, takes_file };
        let handlers = route.handlers.layer(middleware::from_fn_with_state(gate, admit));
        router = router.route(route.path, handlers);
    }
    router
}

/// Whether a local path names a page of the table that a GET shows.
pub fn is_page(path: &str) -> bool {
    // With every route, so that a path is judged as the one route that would answer it.
    let mut routes = matchit::Router::new();
    for route in table() {
        if routes.insert(route.path, route.is_page).is_err() {
            return false;
        }
    }
    routes.at(path).is_ok_and(|found| *found.value)
}

#[derive(Clone)]
struct Gate {
    app: App,
    access: Access,
    path: &'static str,
    takes_file: bool,
}

/// Lets a request through to its handler, or answers in its place.
async fn admit(State(gate): State<Gate>, request: Request, next: Next) -> Response {
    let mut response = match gate.judge(request).await {
        Ok(Admitted::In(request, here)) => {
            let response = next.run(request).await;
            if let Some(here) = here.filter(|_| response.extensions().get::<NotActivity>().is_none()) {
                note_activity(&gate, &here, response.status()).await;
            }
            response
        }
        Ok(Admitted::Elsewhere(response)) => response,
        Err(error) => error.into_response(),
    };
    response.extensions_mut().insert(Matched(gate.path));
    response.headers_mut().append(header::VARY, HeaderValue::from_static("HX-Request"));
    response
}

enum Admitted {
    In(Request, Option<Here>),
    Elsewhere(Response),
}

impl Gate {
    async fn judge(&self, request: Request) -> Result<Admitted, AppError> {
        let (mut parts, body) = request.into_parts();
        if !matches!(self.access, Access::Anybody) && !self.app.is_set_up().await? {
            return Ok(Admitted::Elsewhere(Redirect::to("/setup").into_response()));
        }
        let mut visitor = Visitor::read(&parts, &self.app).await?;
        let here = match self.access {
            Access::Anybody | Access::Public => None,
            Access::Step(_) | Access::SignedIn | Access::ServerAdministrator | Access::May(_) => {
                match self.enter(&visitor).await? {
                    Some(here) => Some(here),
                    None => return Ok(Admitted::Elsewhere(to_login(&visitor, &parts))),
                }
            }
        };
        let (body, upload) = if self.takes_file && csrf::is_change(&parts.method) {
            // Nobody sends sixteen megabytes to a page they may not open.
            if let Some(elsewhere) = here.as_ref().map(|here| self.turn_away(here)).transpose()?.flatten() {
                return Ok(Admitted::Elsewhere(elsewhere));
            }
            (Body::empty(), Some(self.read_upload(&parts, &visitor, body).await?))
        } else {
            (self.read_change(&parts, &visitor, body).await?, None)
        };
        if let Some(upload) = upload {
            parts.extensions.insert(upload);
        }
        if let Some(here) = &here {
            if let Some(elsewhere) = self.turn_away(here)? {
                return Ok(Admitted::Elsewhere(elsewhere));
            }
        } else if !csrf::is_change(&parts.method) {
            visitor = visitor.with_token(&self.app).await?;
        }
        parts.extensions.insert(visitor);
        if let Some(here) = here.clone() {
            parts.extensions.insert(here);
        }
        Ok(Admitted::In(Request::from_parts(parts, body), here))
    }

    /// The signed-in person, unless their rights ended since the session was read.
    async fn enter(&self, visitor: &Visitor) -> Result<Option<Here>, AppError> {
        let Some(signed_in) = visitor.signed_in.clone().filter(|_| visitor.is_signed_in()) else {
            return Ok(None);
        };
        let mut tx = self.app.db.begin_read().await?;
        let now = visitor.occasion.now;
        let standing = tx.standing_of(signed_in.user, signed_in.organization, now).await?;
        let Some(standing) = standing else { return Ok(None) };
        let actor = standing.actor();
        Ok(Some(Here { visitor: visitor.clone(), signed_in, standing: standing.into(), actor }))
    }

    /// Reads a change's body, within bounds, and checks its token.
    async fn read_change(&self, parts: &Parts, visitor: &Visitor, body: Body) -> Result<Body, AppError> {
        if !csrf::is_change(&parts.method) {
            return Ok(body);
        }
        let bytes = read_body(&parts.headers, body, LARGEST_FORM, SLOWEST_FORM).await?;
        if bytes.split(|byte| *byte == b'&').count() > MOST_FIELDS {
            return Err(AppError::BadRequest("A form has at most 1000 fields. Nothing was changed."));
        }
        let given = csrf::form_token(&parts.headers, &bytes);
        csrf::check(&visitor.csrf, given, &parts.headers, &self.app)?;
        Ok(Body::from(bytes))
    }

    /// The same for a form with a file.
    async fn read_upload(&self, parts: &Parts, visitor: &Visitor, body: Body) -> Result<Upload, AppError> {
        let kind = parts.headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
        let bytes = read_body(&parts.headers, body, LARGEST_UPLOAD, SLOWEST_UPLOAD).await?;
        let upload = if Upload::is_announced(kind) { Some(Upload::read(kind, bytes.clone()).await?) } else { None };
        let given = upload.as_ref().map_or_else(|| csrf::form_token(&parts.headers, &bytes), |it| it.text(csrf::FIELD));
        csrf::check(&visitor.csrf, given, &parts.headers, &self.app)?;
        upload.ok_or(AppError::UnsupportedMedia)
    }

    /// Where somebody who is not let in goes instead; nowhere, for who is.
    fn turn_away(&self, here: &Here) -> Result<Option<Response>, AppError> {
        if let Some(step) = self.step_due(here) {
            return Ok(Some(redirect(&here.visitor, step_path(step))));
        }
        if matches!(self.access, Access::ServerAdministrator) {
            here.needs_server_administrator()?;
        }
        if let Access::May(may) = self.access {
            if here.actor.is_none() && here.standing.is_server_administrator {
                return Ok(Some(redirect(&here.visitor, "/organizations")));
            }
            may(here.actor()?)?;
        }
        Ok(None)
    }

    /// Where a due step sends everything else (portal contract 3.6).
    fn step_due(&self, here: &Here) -> Option<Step> {
        let due = due(&here.signed_in, &here.standing)?;
        let is_here = matches!(self.access, Access::Step(steps) if steps.contains(&due));
        (!is_here).then_some(due)
    }
}

/// The step a signed-in person has to take before anything else (portal contract 3.6).
pub fn due(signed_in: &SignedIn, standing: &Standing) -> Option<Step> {
    Step::due(signed_in.stage, standing.has_temporary_password, standing.lacks_authenticator())
}

/// Where a step is done.
pub const fn step_path(step: Step) -> &'static str {
    match step {
        Step::Password => "/account/password",
        Step::Enroll => "/mfa/enroll",
    }
}

/// Reads a form within its bounds of size and time; what announces itself as too large is not read at all.
async fn read_body(headers: &HeaderMap, body: Body, largest: usize, slowest: Duration) -> Result<Bytes, AppError> {
    let announced = headers.get(header::CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse::<usize>().ok());
    if announced.is_some_and(|length| length > largest) {
        return Err(AppError::TooLarge);
    }
    if headers.contains_key(header::CONTENT_ENCODING) {
        return Err(AppError::UnsupportedMedia);
    }
    let read = tokio::time::timeout(slowest, Limited::new(body, largest).collect());
    match read.await {
        Ok(Ok(collected)) => Ok(collected.to_bytes()),
        Ok(Err(error)) if error.is::<LengthLimitError>() => Err(AppError::TooLarge),
        Ok(Err(_)) => Err(AppError::BadRequest("The form did not arrive whole. Nothing was changed.")),
        Err(_) => Err(AppError::BadRequest("The form took too long to arrive. Nothing was changed.")),
    }
}

/// To the login page, and back afterwards.
fn to_login(visitor: &Visitor, parts: &Parts) -> Response {
    let path = match (&visitor.page, visitor.htmx) {
        (Some(page), true) => page.clone(),
        _ => parts.uri.path_and_query().map_or_else(|| "/".to_owned(), ToString::to_string),
    };
    let mut query = url::form_urlencoded::Serializer::new(String::new());
    match visitor.ended {
        Some(EndReason::Idle) => query.append_pair("reason", "idle"),
        Some(EndReason::Ended) => query.append_pair("reason", "ended"),
        Some(EndReason::Email) => query.append_pair("reason", "email"),
        None => &mut query,
    };
    query.append_pair("next", &path);
    let target = format!("/login?{}", query.finish());
    if visitor.htmx {
        let mut response = StatusCode::UNAUTHORIZED.into_response();
        if let Ok(value) = HeaderValue::from_str(&target) {
            response.headers_mut().insert("hx-redirect", value);
        }
        return response;
    }
    Redirect::to(&target).into_response()
}

/// A redirect that htmx follows with the whole page.
pub fn redirect(visitor: &Visitor, path: &str) -> Response {
    if visitor.htmx {
        let mut response = StatusCode::OK.into_response();
        if let Ok(value) = HeaderValue::from_str(path) {
            response.headers_mut().insert("hx-redirect", value);
        }
        return response;
    }
    Redirect::to(path).into_response()
}

/// A page or form answered 2xx or 3xx is activity (portal contract 3.5). Noted once a second at most: more would be a
/// write for every click without anybody being logged out later for it.
async fn note_activity(gate: &Gate, here: &Here, status: StatusCode) {
    let now = here.occasion().now;
    let is_recent = now.since(here.signed_in.last_active_at) < 1_000_000;
    if is_recent || !(status.is_success() || status.is_redirection()) {
        return;
    }
    let noted = async {
        let mut tx = gate.app.db.begin_write().await?;
        tx.touch_session(here.signed_in.session, now).await?;
        tx.commit().await
    };
    if let Err(error) = noted.await {
        tracing::warn!(%error, "activity could not be noted");
    }
}
