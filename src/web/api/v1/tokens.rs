//! `/api/v1/api-tokens`: the organization's tokens.

use axum::{
    body::Body,
    extract::RawQuery,
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use serde::Serialize;

use super::{
    Inside, Object,
    fields::Fields,
    listing::{self, PageOf},
    problem::Problem,
    users::{UserInfo, answer},
};
use crate::{
    domain::{
        ids::TokenId,
        text::TokenName,
        time::Timestamp,
        tokens::{self, MOST_NETWORKS, NewToken, Permission},
    },
    error::AppError,
    flows::tokens::{self as flow, Outcome, Reach},
    store::{TOKEN_FIELDS, Token as Stored, TokenChange, TokenScope},
    web::api::path::Id,
};

/// The properties of a token, which a body may carry.
pub(in crate::web::api) const MODEL: [&str; 13] = [
    "id",
    "version",
    "creationDate",
    "lastModifiedDate",
    "createdUserInfo",
    "lastModifiedUserInfo",
    "name",
    "expiry",
    "permissions",
    "allowedAddresses",
    "userId",
    "partialToken",
    "token",
];

/// An API token.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ApiToken {
    id: String,
    version: i64,
    creation_date: String,
    last_modified_date: String,
    created_user_info: UserInfo,
    last_modified_user_info: UserInfo,
    name: String,
    expiry: String,
    permissions: Vec<String>,
    allowed_addresses: Vec<String>,
    user_id: String,
    partial_token: String,
    /// The token itself, in the answer that makes it and nowhere else.
    #[serde(skip_serializing_if = "Option::is_none")]
    token: Option<String>,
}

impl ApiToken {
    fn new(stored: Stored, token: Option<String>) -> Self {
        Self {
            id: stored.id.to_string(),
            version: stored.version,
            creation_date: stored.created_at.rfc3339_micros(),
            last_modified_date: stored.changed_at.rfc3339_micros(),
            expiry: stored.expires_at.rfc3339(),
            permissions: stored.permissions().iter().map(ToString::to_string).collect(),
            allowed_addresses: stored.networks().iter().map(|network| shown_network(network)).collect(),
            user_id: stored.user.to_string(),
            created_user_info: UserInfo { user_id: stored.created_by_id, user_name: stored.created_by_name },
            last_modified_user_info: UserInfo { user_id: stored.changed_by_id, user_name: stored.changed_by_name },
            name: stored.name,
            partial_token: stored.partial,
            token,
        }
    }
}

/// A network of one address is shown as the address.
fn shown_network(network: &str) -> String {
    match network.parse::<ipnet::IpNet>() {
        Ok(one) if one.prefix_len() == one.max_prefix_len() => one.addr().to_string(),
        _ => network.to_owned(),
    }
}

fn id(text: &str) -> Result<TokenId, Problem> {
    text.parse().map_err(|_| Problem::not_found())
}

async fn stored(inside: &Inside, id: TokenId) -> Result<Stored, Problem> {
    let found = async {
        let mut tx = inside.app.db.begin_read().await?;
        tx.token(TokenScope::Organization(inside.organization), id).await
    };
    found.await.map_err(AppError::from)?.ok_or_else(Problem::not_found)
}

fn name_in_use() -> Problem {
    Problem::new(StatusCode::CONFLICT, "name_in_use", flow::NAME_TAKEN)
}

/// What creating and changing have in common.
fn read_change(fields: &mut Fields<'_>) -> Option<TokenChange> {
    let name = fields.text("name").and_then(|text| match TokenName::parse(text) {
        Ok(name) => Some(name),
        Err(error) => {
            fields.wrong("name", error.to_string());
            None
        }
    });
    let permissions = read_permissions(fields);
    let networks = read_networks(fields);
    Some(TokenChange { name: name?, permissions: permissions?, networks: networks? })
}

fn read_permissions(fields: &mut Fields<'_>) -> Option<Vec<Permission>> {
    let names = fields.texts("permissions", false)?;
    if names.is_empty() {
        fields.wrong("permissions", "At least one permission is needed.");
        return None;
    }
    let read: Result<Vec<Permission>, _> = names.iter().map(|name| name.parse()).collect();
    match read {
        Ok(mut permissions) => {
            permissions.sort();
            permissions.dedup();
            Some(permissions)
        }
        Err(error) => {
            fields.wrong("permissions", error.to_string());
            None
        }
    }
}

fn read_networks(fields: &mut Fields<'_>) -> Option<Vec<ipnet::IpNet>> {
    let texts = fields.texts("allowedAddresses", true)?;
    if texts.len() > MOST_NETWORKS {
        fields.wrong("allowedAddresses", format!("At most {MOST_NETWORKS} addresses."));
        return None;
    }
    let read: Option<Vec<ipnet::IpNet>> = texts.iter().map(|text| tokens::read_network(text)).collect();
    if read.is_none() {
        fields.wrong("allowedAddresses", "Expected IPv4 or IPv6 addresses, or networks such as 10.0.0.0/8.");
    }
    read
}

/// Makes a token.
pub async fn create(inside: Inside, Object(body): Object) -> Result<Response, Problem> {
    let mut fields = Fields::of(&body, &MODEL)?;
    let change = read_change(&mut fields);
    let expires_at = fields.text("expiry").and_then(Timestamp::parse_rfc3339).map(Timestamp::to_second);
    let now = inside.call.occasion.now;
    if expires_at.is_none_or(|expires_at| !tokens::is_lifetime(now, expires_at)) {
        fields.wrong("expiry", "Expected a date-time in the future, at most 2 years ahead.");
    }
    let (change, expires_at) = fields.finish(change.zip(expires_at))?;
    let TokenChange { name, permissions, networks } = change;
    let new = NewToken { name, permissions, networks, expires_at };
    let Outcome::Done(secret) = flow::create(&inside.app, &inside.caller(), Reach::Organization, &new).await? else {
        return Err(name_in_use());
    };
    let made = stored(&inside, secret.id()).await?;
    let mut response = answer(StatusCode::CREATED, &ApiToken::new(made, Some(secret.exposed().to_owned())))?;
    let location = HeaderValue::from_str(&format!("/api/v1/api-tokens/{}", secret.id())).map_err(AppError::fault)?;
    response.headers_mut().insert(header::LOCATION, location);
    Ok(response)
}

/// Shows a token, without its secret.
pub async fn show(inside: Inside, Id(token): Id) -> Result<Response, Problem> {
    answer(StatusCode::OK, &ApiToken::new(stored(&inside, id(&token)?).await?, None))
}

/// Changes name, permissions and addresses.
pub async fn update(inside: Inside, Id(token): Id, Object(body): Object) -> Result<Response, Problem> {
    let mut fields = Fields::of(&body, &MODEL)?;
    let version = fields.version();
    let change = read_change(&mut fields);
    let (version, change) = fields.finish(version.zip(change))?;
    let token = id(&token)?;
    match flow::edit(&inside.app, &inside.caller(), token, version, &change).await? {
        Outcome::Done(()) => {}
        Outcome::NameTaken => return Err(name_in_use()),
        Outcome::Stale => {
            let detail = format!("The token was changed since version {version}.");
            return Err(Problem::new(StatusCode::CONFLICT, "version_conflict", detail));
        }
    }
    answer(StatusCode::OK, &ApiToken::new(stored(&inside, token).await?, None))
}

/// Revokes a token; it may be the calling one.
pub async fn delete(inside: Inside, Id(token): Id) -> Result<Response, Problem> {
    flow::revoke(&inside.app, &inside.caller(), id(&token)?).await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

/// Finds tokens.
pub async fn query(
    inside: Inside,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Problem> {
    let (condition, paging) = listing::read(&TOKEN_FIELDS, query.as_deref(), &headers, body).await?;
    let scope = TokenScope::Organization(inside.organization);
    let found = async {
        let mut tx = inside.app.db.begin_read().await?;
        let total = tx.count_tokens(scope, &condition).await?;
        let tokens = tx.tokens(scope, &condition, &paging).await?;
        Ok::<_, crate::store::StoreError>((total, tokens))
    };
    let (total, found) = found.await.map_err(AppError::from)?;
    let content = found.into_iter().map(|token| ApiToken::new(token, None)).collect();
    answer(StatusCode::OK, &PageOf::<ApiToken>::new(content, &paging, total))
}
