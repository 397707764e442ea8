//! The pages of API tokens (portal contract 1.15).

use axum::{
    extract::State,
    http::{HeaderValue, StatusCode, header},
    response::Response,
};
use serde::Deserialize;

use super::{
    extract::{Form, Path},
    respond, shell,
};
use crate::{
    app::App,
    domain::{
        ids::TokenId,
        query::{Condition, Paging, SortBy},
        text::TokenName,
        time::{Timestamp, days},
        tokens::{self, MOST_NETWORKS, NewToken, Permission, SecretToken},
    },
    error::AppError,
    flows::tokens::{self as flow, Outcome, Reach},
    policy::{Actor, CreateToken, RevokeToken, ViewTokens, grants},
    store::{TOKEN_FIELDS, Token},
    web::{
        pages::{
            parts::{Choice, Problem},
            tokens::{Index, Made, New, PermissionChoice, Revoke, Row},
        },
        visitor::Here,
    },
};

/// The list shows this many.
const MOST: u32 = 1000;
/// From here on the list warns of the end.
const WARN: i64 = 7 * 24 * 3600;
/// Lives one can choose, in days; zero stands for a date.
const LIVES: [(&str, &str); 5] =
    [("30", "30 days"), ("90", "90 days"), ("1y", "1 year"), ("2y", "2 years"), ("date", "Other date")];

/// The form as typed.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct Typed {
    name: String,
    scope: String,
    permission: Vec<String>,
    expires: String,
    date: String,
    addresses: String,
}

/// The list.
pub async fn index(State(app): State<App>, here: Here) -> Result<Response, AppError> {
    let actor = here.actor()?;
    let scope = flow::visible(&app, actor)?;
    let [_, name, ..] = TOKEN_FIELDS;
    let paging = Paging { page: 0, size: MOST, sort: vec![SortBy { field: name, descending: false }] };
    let found = app.db.begin_read().await?.tokens(scope, &Condition::All(Vec::new()), &paging).await?;
    let rows = found.iter().map(|token| row(&app, &here, actor, token)).collect();
    let may_create = actor.may::<CreateToken>().is_ok();
    respond::page(&Index { shell: shell::shell(&here, "tokens").await?, may_create, rows })
}

fn row(app: &App, here: &Here, actor: &Actor, token: &Token) -> Row {
    let now = here.occasion().now;
    let waiting = app.token_uses.waiting(token.id).into_iter().next();
    let written = token.last_used_at.map(|at| (token.last_used_address.clone().unwrap_or_default(), at));
    let last = waiting.or(written);
    Row {
        id: token.id.to_string(),
        name: token.name.clone(),
        partial: token.partial.clone(),
        global: token.organization.is_none(),
        scope: if token.organization.is_none() { "Global".to_owned() } else { actor.organization_name.clone() },
        permissions: token.permissions().iter().map(ToString::to_string).collect(),
        addresses: token.networks(),
        created_by: token.created_by_name.clone(),
        creator_left: token.creator_left(),
        created: shell::when(token.created_at),
        last_used: last.as_ref().map(|(_, at)| shell::when(*at)),
        last_address: last.map(|(address, _)| address).unwrap_or_default(),
        expires: shell::when(token.expires_at),
        expiry_note: expiry_note(now, token.expires_at),
        may_revoke: actor.allows(&RevokeToken, &flow::reference(app, token)),
    }
}

fn expiry_note(now: Timestamp, expires_at: Timestamp) -> String {
    let left = now.seconds_until(expires_at);
    match (left + 86_399) / 86_400 {
        _ if left == 0 => "Expired".to_owned(),
        _ if left > WARN => String::new(),
        1 => "In 1 day".to_owned(),
        days => format!("In {days} days"),
    }
}

/// The form.
pub async fn new(State(app): State<App>, here: Here) -> Result<Response, AppError> {
    let typed = Typed { scope: "organization".to_owned(), expires: "90".to_owned(), ..Typed::default() };
    respond::page(&form(&app, &here, &typed).await?)
}

async fn form(app: &App, here: &Here, typed: &Typed) -> Result<New, AppError> {
    let actor = here.actor()?;
    let may_global = actor.allows(&ViewTokens, &flow::global_reach(app));
    let tenants = Permission::OF_TENANTS.into_iter().filter(|_| may_global);
    let offered = Permission::OF_ORGANIZATION.into_iter().chain(tenants).filter(|name| grants(actor, *name));
    let mut page = New {
        shell: shell::shell(here, "tokens").await?,
        may_global,
        global: typed.scope == "global",
        permissions: offered
            .map(|permission| PermissionChoice {
                name: permission.name().to_owned(),
                hint: permission.about(),
                chosen: typed.permission.iter().any(|name| name == permission.name()),
            })
            .collect(),
        expires: LIVES
            .iter()
            .map(|(value, label)| Choice {
                value: (*value).to_owned(),
                label: (*label).to_owned(),
                selected: *value == typed.expires,
            })
            .collect(),
        ..New::default()
    };
    page.name.value.clone_from(&typed.name);
    page.date.value.clone_from(&typed.date);
    page.addresses.value.clone_from(&typed.addresses);
    Ok(page)
}

/// Makes the token. The answer shows it, and nothing ever does again.
pub async fn create(State(app): State<App>, here: Here, Form(typed): Form<Typed>) -> Result<Response, AppError> {
    let mut page = form(&app, &here, &typed).await?;
    let Some((reach, new)) = read(&mut page, &typed, here.occasion().now) else {
        return rejected(page, StatusCode::UNPROCESSABLE_ENTITY);
    };
    match flow::create(&app, &here.caller(), reach, &new).await {
        Ok(Outcome::Done(secret)) => made(&here, &new, &secret).await,
        Ok(Outcome::NameTaken | Outcome::Stale) => {
            page.name.errors.push(flow::NAME_TAKEN.to_owned());
            rejected(page, StatusCode::UNPROCESSABLE_ENTITY)
        }
        Err(AppError::Conflict { message, code }) => {
            let place = if code == "global_token" { &mut page.scope_errors } else { &mut page.permission_errors };
            place.push(message);
            rejected(page, StatusCode::CONFLICT)
        }
        Err(error) => Err(error),
    }
}

async fn made(here: &Here, new: &NewToken, secret: &SecretToken) -> Result<Response, AppError> {
    let mut response = respond::page(&Made {
        shell: shell::shell(here, "tokens").await?,
        name: new.name.as_str().to_owned(),
        token: secret.exposed().to_owned(),
        expires: shell::when(new.expires_at),
    })?;
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    Ok(response)
}

fn rejected(mut page: New, status: StatusCode) -> Result<Response, AppError> {
    page.shell.failed = true;
    respond::page_with(status, &page)
}

/// The form as a token to make; messages go to the fields they are about.
fn read(page: &mut New, typed: &Typed, now: Timestamp) -> Option<(Reach, NewToken)> {
    let name = TokenName::parse(&typed.name).map_err(|error| page.name.errors.push(error.to_string())).ok();
    let reach = match typed.scope.as_str() {
        "organization" => Some(Reach::Organization),
        "global" => Some(Reach::Global),
        _ => {
            page.scope_errors.push("Choose a scope.".to_owned());
            None
        }
    };
    let permissions = read_permissions(page, typed);
    let expires_at = read_life(page, typed, now);
    let networks = read_addresses(page, typed);
    let new =
        NewToken { name: name?, permissions: permissions?, networks: networks?, expires_at: expires_at?.to_second() };
    Some((reach?, new))
}

fn read_permissions(page: &mut New, typed: &Typed) -> Option<Vec<Permission>> {
    let read: Result<Vec<Permission>, _> = typed.permission.iter().map(|name| name.parse()).collect();
    match read {
        Ok(permissions) if permissions.is_empty() => {
            page.permission_errors.push("Choose at least one permission.".to_owned());
            None
        }
        Ok(mut permissions) => {
            permissions.sort();
            permissions.dedup();
            Some(permissions)
        }
        Err(error) => {
            page.permission_errors.push(error.to_string());
            None
        }
    }
}

fn read_life(page: &mut New, typed: &Typed, now: Timestamp) -> Option<Timestamp> {
    let year = |years: i32| {
        let calendar = now.calendar();
        let later = calendar
            .replace_year(calendar.year() + years)
            .or_else(|_| calendar.replace_day(28).and_then(|day| day.replace_year(calendar.year() + years)));
        later.ok().map(|later| Timestamp::from_seconds(later.unix_timestamp()))
    };
    match typed.expires.as_str() {
        "30" => return Some(now.plus(days(30))),
        "90" => return Some(now.plus(days(90))),
        "1y" => return year(1),
        "2y" => return year(2),
        "date" => {}
        _ => {
            page.date.errors.push("Choose when the token expires.".to_owned());
            return None;
        }
    }
    // The token works through the day chosen.
    let end = Timestamp::parse_rfc3339(&format!("{}T23:59:59Z", typed.date.trim()));
    let latest = tokens::latest_expiry(now);
    let start = Timestamp::parse_rfc3339(&format!("{}T00:00:00Z", typed.date.trim()));
    match (start, end) {
        (Some(start), Some(end)) if end > now && start <= latest => Some(end.min(latest)),
        (Some(_), Some(_)) => {
            page.date.errors.push("Choose a date from today to 2 years ahead.".to_owned());
            None
        }
        _ => {
            page.date.errors.push("Enter a date.".to_owned());
            None
        }
    }
}

fn read_addresses(page: &mut New, typed: &Typed) -> Option<Vec<ipnet::IpNet>> {
    let pieces = typed.addresses.split([',', ';', ' ', '\t', '\n', '\r']).filter(|piece| !piece.is_empty());
    let mut networks = Vec::new();
    for piece in pieces {
        match tokens::read_network(piece) {
            Some(network) => networks.push(network),
            None => page.addresses.errors.push(format!("{piece}: not an address or a network")),
        }
    }
    if networks.len() > MOST_NETWORKS {
        page.addresses.errors.push(format!("Enter at most {MOST_NETWORKS} addresses."));
    }
    page.addresses.errors.is_empty().then_some(networks)
}

async fn question(app: &App, here: &Here, id: TokenId) -> Result<Revoke, AppError> {
    let actor = here.actor()?;
    let scope = flow::visible(app, actor)?;
    let token = app.db.begin_read().await?.token(scope, id).await?.ok_or(AppError::NotFound)?;
    let shell = shell::shell(here, "tokens").await?;
    Ok(Revoke { shell, id: id.to_string(), name: token.name, problems: Vec::new() })
}

/// Asks before revoking.
pub async fn ask_revoke(State(app): State<App>, here: Here, Path(id): Path<TokenId>) -> Result<Response, AppError> {
    respond::page(&question(&app, &here, id).await?)
}

/// Revokes.
pub async fn revoke(State(app): State<App>, here: Here, Path(id): Path<TokenId>) -> Result<Response, AppError> {
    match flow::revoke(&app, &here.caller(), id).await {
        Ok(name) => respond::done(&here.visitor, "/tokens", format!("The token {name} was revoked.")).await,
        Err(AppError::Conflict { message, .. }) => {
            let mut page = question(&app, &here, id).await?;
            page.shell.failed = true;
            page.problems.push(Problem { field: String::new(), message });
            respond::page_with(StatusCode::CONFLICT, &page)
        }
        Err(error) => Err(error),
    }
}
