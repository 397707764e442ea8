//! `/api/v1/users`: handlers that read a request, call a flow and tell what became of it.

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
};
use crate::{
    app::App,
    domain::{
        ids::UserId,
        json::Json,
        roles::V1Role,
        text::{Email, TypedAddress},
        time::Timestamp,
        users::MembershipKind,
    },
    flows::{
        invite::{self, InviteOutcome, Wanted},
        switches,
    },
    policy::{SaveMembership, is_assigned},
    store::{USER_FIELDS, UserRecord},
    web::api::{body, path::Id, permissions},
};

/// The properties of a user, which a body may carry.
pub(in crate::web::api) const MODEL: [&str; 15] = [
    "id",
    "version",
    "creationDate",
    "lastModifiedDate",
    "createdUserInfo",
    "lastModifiedUserInfo",
    "firstName",
    "lastName",
    "email",
    "role",
    "roles",
    "enabled",
    "validated",
    "serviceAccount",
    "recentLogins",
];

/// A member of the organization, or the robot user of a token.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct User {
    id: String,
    version: i64,
    creation_date: String,
    last_modified_date: String,
    created_user_info: UserInfo,
    last_modified_user_info: UserInfo,
    first_name: Option<String>,
    last_name: Option<String>,
    email: String,
    role: &'static str,
    roles: Vec<String>,
    enabled: bool,
    validated: bool,
    service_account: bool,
    recent_logins: Vec<RecentLogin>,
}

/// Who made or changed something, as they were called then.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct UserInfo {
    /// The user; null for what the program itself did.
    pub user_id: Option<String>,
    /// Their name.
    pub user_name: String,
}

/// The latest login or token use from one address.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct RecentLogin {
    timestamp: String,
    ip_address: String,
}

impl User {
    fn new(app: &App, record: UserRecord) -> Self {
        let is_robot = record.kind == MembershipKind::Token;
        let waiting = if is_robot { app.token_uses.waiting_of(record.id) } else { Vec::new() };
        Self {
            id: record.id.to_string(),
            version: record.version,
            creation_date: record.created_at.rfc3339_micros(),
            last_modified_date: record.changed_at.rfc3339_micros(),
            role: record.account_role.v1().key(),
            roles: record.role_keys(),
            enabled: record.is_enabled(),
            validated: record.is_validated(),
            service_account: is_robot,
            recent_logins: recent(record.logins(), waiting),
            created_user_info: UserInfo { user_id: record.created_by_id, user_name: record.created_by_name },
            last_modified_user_info: UserInfo { user_id: record.changed_by_id, user_name: record.changed_by_name },
            first_name: record.first_name,
            last_name: record.last_name,
            email: record.email,
        }
    }
}

/// What is written down and what waits to be, one for each address, newest first, ten at most.
fn recent(written: Vec<(String, Timestamp)>, waiting: Vec<(String, Timestamp)>) -> Vec<RecentLogin> {
    let mut logins = waiting;
    for (address, at) in written {
        if !logins.iter().any(|(known, _)| *known == address) {
            logins.push((address, at));
        }
    }
    logins.sort_by_key(|(_, at)| std::cmp::Reverse(*at));
    logins.truncate(10);
    logins.into_iter().map(|(ip_address, at)| RecentLogin { timestamp: at.rfc3339_micros(), ip_address }).collect()
}

/// An answer in JSON.
pub(super) fn answer<T: Serialize>(status: StatusCode, value: &T) -> Result<Response, Problem> {
    let text = serde_json::to_string(value).map_err(crate::error::AppError::fault)?;
    let mut response = (status, text).into_response();
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    Ok(response)
}

/// A malformed id is as unknown as one that does not exist.
fn id(text: &str) -> Result<UserId, Problem> {
    text.parse().map_err(|_| Problem::not_found())
}

async fn shown(inside: &Inside, id: UserId) -> Result<User, Problem> {
    let found = async { inside.app.db.begin_read().await?.user_record(inside.organization, id).await };
    let record = found.await.map_err(crate::error::AppError::from)?.ok_or_else(Problem::not_found)?;
    Ok(User::new(&inside.app, record))
}

/// Invites a user.
pub async fn create(inside: Inside, Object(body): Object) -> Result<Response, Problem> {
    let (email, role) = read_new(&body)?;
    if !is_assigned(role) {
        return Err(Problem::field("role_not_allowed", "role", format!("The role {role} cannot be assigned.")));
    }
    let roles = [role.account_role().key().to_owned()];
    let wanted = Wanted::all(vec![TypedAddress::Valid(email)], &roles);
    let invited = invite::invite(&inside.app, &inside.caller(), &wanted).await?;
    let Some(InviteOutcome::Invited(Some(user))) = invited.into_iter().next() else {
        let detail = "A user of this organization has this email address.";
        return Err(Problem::new(StatusCode::CONFLICT, "email_in_use", detail));
    };
    let mut response = answer(StatusCode::CREATED, &shown(&inside, user).await?)?;
    let location = HeaderValue::from_str(&format!("/api/v1/users/{user}")).map_err(crate::error::AppError::fault)?;
    response.headers_mut().insert(header::LOCATION, location);
    Ok(response)
}

fn read_new(body: &Json) -> Result<(Email, V1Role), Problem> {
    let mut fields = Fields::of(body, &MODEL)?;
    let email = fields.text("email").and_then(|text| match Email::parse(text) {
        Ok(email) => Some(email),
        Err(error) => {
            fields.wrong("email", error.to_string());
            None
        }
    });
    let role = read_role(&mut fields);
    fields.finish(email.zip(role))
}

fn read_role(fields: &mut Fields<'_>) -> Option<V1Role> {
    let text = fields.text("role")?;
    let role = text.parse().ok();
    if role.is_none() {
        fields.wrong("role", "There is no such role.");
    }
    role
}

/// Shows a user.
pub async fn show(inside: Inside, Id(user): Id) -> Result<Response, Problem> {
    answer(StatusCode::OK, &shown(&inside, id(&user)?).await?)
}

/// Shows the robot user of the calling token.
pub async fn current(inside: Inside) -> Result<Response, Problem> {
    answer(StatusCode::OK, &shown(&inside, inside.call.token.user).await?)
}

/// Saves role and switch.
pub async fn update(inside: Inside, Id(user): Id, Object(body): Object) -> Result<Response, Problem> {
    let mut fields = Fields::of(&body, &MODEL)?;
    let version = fields.version();
    let role = read_role(&mut fields);
    let enabled = fields.required("enabled", "true or false", |value| match value {
        Json::Flag(flag) => Some(*flag),
        _ => None,
    });
    let (version, role, enabled) = fields.finish(version.zip(role).zip(enabled).map(|((a, b), c)| (a, b, c)))?;
    let user = id(&user)?;
    switches::save(&inside.app, &inside.caller(), user, version, SaveMembership { role, enabled }).await?;
    answer(StatusCode::OK, &shown(&inside, user).await?)
}

/// Removes a user from the organization.
pub async fn delete(inside: Inside, Id(user): Id) -> Result<Response, Problem> {
    switches::delete(&inside.app, &inside.caller(), id(&user)?).await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

/// Sends the activation link again.
pub async fn resend(inside: Inside, Id(user): Id, headers: HeaderMap, body: Body) -> Result<Response, Problem> {
    if let Some(body) = body::read(&headers, body).await? {
        Fields::of(&body, &MODEL)?.finish(Some(()))?;
    }
    let user = id(&user)?;
    invite::resend(&inside.app, &inside.caller(), user).await?;
    answer(StatusCode::OK, &shown(&inside, user).await?)
}

/// Tells what a user may open.
pub async fn permissions(inside: Inside, Id(user): Id) -> Result<Response, Problem> {
    let user = id(&user)?;
    shown(&inside, user).await?;
    let told = permissions::of(&inside.app, inside.organization, user, inside.call.occasion.now).await?;
    answer(StatusCode::OK, &told)
}

/// Finds users.
pub async fn query(
    inside: Inside,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Problem> {
    let (condition, paging) = listing::read(&USER_FIELDS, query.as_deref(), &headers, body).await?;
    let found = async {
        let mut tx = inside.app.db.begin_read().await?;
        let total = tx.count_user_records(inside.organization, &condition).await?;
        let records = tx.user_records(inside.organization, &condition, &paging).await?;
        Ok::<_, crate::store::StoreError>((total, records))
    };
    let (total, records) = found.await.map_err(crate::error::AppError::from)?;
    let content = records.into_iter().map(|record| User::new(&inside.app, record)).collect();
    answer(StatusCode::OK, &PageOf::<User>::new(content, &paging, total))
}
