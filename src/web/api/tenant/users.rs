//! Users of the tenant dialect, everywhere and in one tenant.

use axum::{
    body::Body,
    extract::RawQuery,
    http::{HeaderMap, StatusCode, Uri},
    response::Response,
};
use serde::Serialize;

use super::{
    InPath, InTenant, Inside, Object, answer,
    error::TenantError,
    reading::{self, Fields},
};
use crate::{
    domain::{
        ids::{OrganizationId, UserId},
        json::Json,
        time::Timestamp,
    },
    error::AppError,
    flows::tenants::{self, NewPerson, PersonChange, TenantRefusal},
    store::{Assignment, TenantUser, TenantUserQuery},
    web::api::{body, permissions},
};

/// A user.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ShownUser {
    user_id: String,
    email: String,
    display_name: String,
    first_name: Option<String>,
    last_name: Option<String>,
    role_name: &'static str,
    disabled: bool,
    is_service_account: bool,
    home_tenant_id: Option<String>,
    home_tenant_name: Option<String>,
    last_login: Option<String>,
    tenant_count: usize,
    tenant_names: Option<String>,
    date_created: String,
    /// Only where one user is shown.
    #[serde(skip_serializing_if = "Option::is_none")]
    tenants: Option<Vec<ShownAssignment>>,
}

/// An assignment; its role is the override.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ShownAssignment {
    tenant_id: String,
    tenant_name: String,
    tenant_display_name: String,
    role_name: Option<&'static str>,
    assigned_date: String,
}

/// A list of users.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct UserList {
    users: Vec<ShownUser>,
    total_count: i64,
    page: i64,
    page_size: i64,
}

/// What was created.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Created {
    user_id: String,
    email: String,
    display_name: String,
    message: &'static str,
    assigned_to_tenant: bool,
    tenant_id: Option<String>,
    welcome_email_sent: bool,
}

/// What was done.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Done {
    message: &'static str,
    user_id: String,
}

/// The tenants of a user.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct TenantsOfUser {
    user_id: String,
    email: String,
    display_name: String,
    tenants: Vec<ShownAssignment>,
}

fn shown_assignment(assignment: &Assignment) -> ShownAssignment {
    ShownAssignment {
        tenant_id: assignment.tenant.to_string(),
        tenant_name: assignment.slug.clone(),
        tenant_display_name: assignment.name.clone(),
        role_name: assignment.role_override.map(|role| role.tenant().key()),
        assigned_date: assignment.created_at.rfc3339(),
    }
}

/// A user as a token may see them: an organization's token sees nothing of other tenants (section 3).
fn shown(user: TenantUser, seen_from: Option<OrganizationId>, whole: bool) -> ShownUser {
    let mut assignments = user.assignments();
    if let Some(own) = seen_from {
        assignments.retain(|assignment| assignment.tenant == own);
    }
    let last_login = if seen_from.is_some() { user.last_login_here } else { user.last_login_at };
    let is_home_seen = seen_from.is_none() || user.home == seen_from;
    let slugs: Vec<&str> = assignments.iter().map(|assignment| assignment.slug.as_str()).collect();
    ShownUser {
        user_id: user.id.to_string(),
        role_name: user.role.tenant().key(),
        disabled: user.is_disabled(),
        is_service_account: user.is_service_account(),
        home_tenant_id: user.home.filter(|_| is_home_seen).map(|home| home.to_string()),
        home_tenant_name: user.home_name.clone().filter(|_| is_home_seen),
        last_login: Some(last_login).filter(|at| at.micros() > 0).map(Timestamp::rfc3339),
        tenant_count: assignments.len(),
        tenant_names: (!slugs.is_empty()).then(|| slugs.join(", ")),
        date_created: user.created_at.rfc3339(),
        tenants: whole.then(|| assignments.iter().map(shown_assignment).collect()),
        email: user.email,
        display_name: user.display_name,
        first_name: user.first_name,
        last_name: user.last_name,
    }
}

/// Lists users, everywhere or in one tenant.
pub async fn list(inside: Inside, RawQuery(query): RawQuery) -> Result<Response, TenantError> {
    let (page, wanted) = reading::list(query.as_deref().unwrap_or_default())?;
    let tenant = inside.existing().await?;
    let found = async {
        let mut tx = inside.app.db.begin_read().await?;
        let total = tx.count_tenant_users(tenant, &wanted).await?;
        Ok::<_, crate::store::StoreError>((total, tx.tenant_users(tenant, &wanted).await?))
    };
    let (total_count, users) = found.await.map_err(AppError::from)?;
    let own = inside.call.token.organization;
    let users = users.into_iter().map(|user| shown(user, own, false)).collect();
    answer(StatusCode::OK, &UserList { users, total_count, page: page.page, page_size: page.size })
}

/// One user by a query, or why there is none.
async fn one(inside: &Inside, wanted: &TenantUserQuery) -> Result<TenantUser, TenantError> {
    let tenant = inside.existing().await?;
    let found = async {
        let mut tx = inside.app.db.begin_read().await?;
        let here = tx.tenant_users(tenant, wanted).await?.pop();
        let elsewhere = match (&here, tenant) {
            (None, Some(_)) if inside.call.is_global() => tx.tenant_users(None, wanted).await?.pop().is_some(),
            _ => false,
        };
        Ok::<_, crate::store::StoreError>((here, elsewhere))
    };
    match found.await.map_err(AppError::from)? {
        (Some(user), _) => Ok(user),
        (None, true) => Err(TenantRefusal::UserNotInTenant.into()),
        (None, false) => Err(TenantRefusal::UserNotFound.into()),
    }
}

/// Shows a user.
pub async fn show(inside: Inside, InPath(user): InPath) -> Result<Response, TenantError> {
    let user = one(&inside, &TenantUserQuery::one(user)).await?;
    answer(StatusCode::OK, &shown(user, inside.call.token.organization, true))
}

/// Shows the user with an address.
pub async fn by_email(inside: Inside, uri: Uri) -> Result<Response, TenantError> {
    let user = one(&inside, &TenantUserQuery::by_email(&reading::email_key(uri.path())?)).await?;
    answer(StatusCode::OK, &shown(user, inside.call.token.organization, true))
}

/// Shows the tenants of a user.
pub async fn tenants(inside: Inside, InPath(user): InPath) -> Result<Response, TenantError> {
    let user = one(&inside, &TenantUserQuery::one(user)).await?;
    let tenants = user.assignments().iter().map(shown_assignment).collect();
    let (email, display_name) = (user.email, user.display_name);
    answer(StatusCode::OK, &TenantsOfUser { user_id: user.id.to_string(), email, display_name, tenants })
}

fn read_new(body: &Json) -> Result<NewPerson, TenantError> {
    let mut fields = Fields::of(body);
    for field in ["email", "displayName", "roleName"] {
        fields.require(field);
    }
    let (email, display_name, role) = (fields.email(), fields.display_name(), fields.role());
    let (first_name, last_name) = (fields.name_part("firstName"), fields.name_part("lastName"));
    let welcome = fields.flag("sendWelcomeEmail").unwrap_or(false);
    fields.finish()?;
    match (email, display_name, role) {
        (Some(email), Some(display_name), Some(role)) => {
            Ok(NewPerson { email, display_name, first_name, last_name, role, welcome })
        }
        _ => Err(TenantError::invalid("A required field is missing.")),
    }
}

/// Makes a user in no tenant.
pub async fn create(inside: Inside, Object(body): Object) -> Result<Response, TenantError> {
    let new = read_new(&body)?;
    let call = &inside.call;
    let user = tenants::create_person(&inside.app, inside.door(), &call.author(), &new, &call.occasion).await?;
    answer(
        StatusCode::CREATED,
        &Created {
            user_id: user.to_string(),
            email: new.email.as_str().to_owned(),
            display_name: new.display_name.as_str().to_owned(),
            message: "User created.",
            assigned_to_tenant: false,
            tenant_id: None,
            welcome_email_sent: new.welcome,
        },
    )
}

/// Makes a user in a tenant, or assigns the one with the address.
pub async fn create_assigned(
    InTenant(inside, tenant): InTenant,
    Object(body): Object,
) -> Result<Response, TenantError> {
    let new = read_new(&body)?;
    inside.existing().await?;
    let assigned = tenants::create_in_tenant(&inside.app, &inside.caller(tenant), &new).await?;
    answer(
        StatusCode::CREATED,
        &Created {
            user_id: assigned.user.to_string(),
            email: assigned.email,
            display_name: assigned.display_name,
            message: "User assigned.",
            assigned_to_tenant: true,
            tenant_id: Some(tenant.to_string()),
            welcome_email_sent: assigned.welcome_sent,
        },
    )
}

fn done(message: &'static str, user: UserId) -> Result<Response, TenantError> {
    answer(StatusCode::OK, &Done { message, user_id: user.to_string() })
}

/// Changes a user everywhere.
pub async fn update(inside: Inside, InPath(user): InPath, Object(body): Object) -> Result<Response, TenantError> {
    let mut fields = Fields::of(&body);
    let home = fields.text("homeTenantId").map(str::parse::<OrganizationId>);
    if matches!(home, Some(Err(_))) {
        fields.wrong("homeTenantId", "Expected a GUID.");
    }
    let change = PersonChange {
        display_name: fields.display_name(),
        role: fields.role(),
        disabled: fields.flag("disabled"),
        service_account: fields.flag("isServiceAccount"),
        home: home.and_then(Result::ok),
    };
    fields.finish()?;
    let call = &inside.call;
    tenants::edit_person(&inside.app, inside.door(), &call.author(), user, &change, &call.occasion).await?;
    done("User updated.", user)
}

/// Changes a user in one tenant.
pub async fn update_assigned(
    InTenant(inside, tenant): InTenant,
    InPath(user): InPath,
    Object(body): Object,
) -> Result<Response, TenantError> {
    let mut fields = Fields::of(&body);
    if let Some(field) = ["disabled", "isServiceAccount", "homeTenantId"].into_iter().find(|field| fields.has(field)) {
        let text = format!("{field} can only be changed through /api/user.");
        return Err(TenantError::new(StatusCode::BAD_REQUEST, "FIELD_NOT_ALLOWED", text));
    }
    let (display_name, role) = (fields.display_name(), fields.role());
    fields.finish()?;
    inside.existing().await?;
    tenants::edit_in_tenant(&inside.app, &inside.caller(tenant), user, display_name.as_ref(), role).await?;
    done("User updated.", user)
}

/// Assigns a user to a tenant.
pub async fn assign(
    InTenant(inside, tenant): InTenant,
    InPath(user): InPath,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, TenantError> {
    let role = match body::read(&headers, body).await? {
        Some(body @ Json::Object(_)) => {
            let mut fields = Fields::of(&body);
            let role = fields.role();
            fields.finish()?;
            role
        }
        Some(_) => return Err(TenantError::invalid("The body is not a JSON object.")),
        None => None,
    };
    inside.existing().await?;
    tenants::assign(&inside.app, &inside.caller(tenant), user, role).await?;
    done("User assigned.", user)
}

/// Takes an assignment away.
pub async fn remove(InTenant(inside, tenant): InTenant, InPath(user): InPath) -> Result<Response, TenantError> {
    inside.existing().await?;
    tenants::remove(&inside.app, &inside.caller(tenant), user).await?;
    done("User removed.", user)
}

/// Tells what a user may open.
pub async fn permissions(InTenant(inside, tenant): InTenant, InPath(user): InPath) -> Result<Response, TenantError> {
    let user = one(&inside, &TenantUserQuery::one(user)).await?;
    let told = permissions::of(&inside.app, tenant, user.id, inside.call.occasion.now).await?;
    answer(StatusCode::OK, &told)
}
