//! Tenants themselves, for global tokens (tenant contract section 8).

use axum::{
    extract::RawQuery,
    http::{StatusCode, Uri},
    response::Response,
};
use serde::Serialize;

use super::{
    Inside, Object, answer,
    error::TenantError,
    reading::{self, Fields},
};
use crate::{
    domain::{
        ids::OrganizationId,
        tenants::{NewTenant, TenantFacts, is_slug},
        text::OrganizationName,
        time::Timestamp,
    },
    error::AppError,
    flows::tenants::{self, TenantRefusal},
    store::Tenant,
};

const LARGEST_PAGE: i64 = 100;
const LONGEST_DESCRIPTION: usize = 1000;
const LONGEST_ZONE: usize = 64;

/// A tenant.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ShownTenant {
    tenant_id: String,
    name: String,
    display_name: String,
    description: String,
    time_zone: String,
    max_user_count: Option<i64>,
    max_analyst_count: Option<i64>,
    user_count: i64,
    analyst_count: i64,
    max_cases: Option<i64>,
    expiration_date: Option<String>,
    is_disabled: bool,
    date_created: String,
    /// What serves process data elsewhere, and is always nothing here.
    case_count: u8,
    autoload: bool,
    pre_release: bool,
    is_academic: bool,
}

/// A list of tenants.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct TenantList {
    tenants: Vec<ShownTenant>,
    total_count: i64,
    page: i64,
    page_size: i64,
}

/// What was done.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct TenantDone {
    message: &'static str,
    tenant_id: String,
}

fn shown(tenant: Tenant) -> ShownTenant {
    ShownTenant {
        tenant_id: tenant.id.to_string(),
        name: tenant.slug,
        display_name: tenant.name,
        description: tenant.description,
        time_zone: tenant.time_zone,
        max_user_count: tenant.user_limit,
        max_analyst_count: tenant.analyst_limit,
        user_count: tenant.users,
        analyst_count: tenant.analysts,
        max_cases: tenant.case_limit,
        expiration_date: tenant.expires_at.map(Timestamp::rfc3339),
        is_disabled: tenant.disabled_at.is_some(),
        date_created: tenant.created_at.rfc3339(),
        case_count: 0,
        autoload: false,
        pre_release: false,
        is_academic: false,
    }
}

async fn found(inside: &Inside, id: OrganizationId) -> Result<ShownTenant, TenantError> {
    let found = async { inside.app.db.begin_read().await?.tenant(id).await };
    match found.await.map_err(AppError::from)? {
        Some(tenant) => Ok(shown(tenant)),
        None => Err(TenantRefusal::TenantNotFound.into()),
    }
}

/// Lists tenants.
pub async fn list(inside: Inside, RawQuery(query): RawQuery) -> Result<Response, TenantError> {
    let page = reading::page(query.as_deref().unwrap_or_default(), LARGEST_PAGE, |_, _| Ok(()))?;
    let found = async {
        let mut tx = inside.app.db.begin_read().await?;
        Ok::<_, crate::store::StoreError>((
            tx.count_tenants().await?,
            tx.tenants(None, page.offset(), page.size).await?,
        ))
    };
    let (total_count, tenants) = found.await.map_err(AppError::from)?;
    let tenants = tenants.into_iter().map(shown).collect();
    answer(StatusCode::OK, &TenantList { tenants, total_count, page: page.page, page_size: page.size })
}

/// Shows a tenant.
pub async fn show(inside: Inside, uri: Uri) -> Result<Response, TenantError> {
    let id = reading::after(uri.path(), "tenant").parse().map_err(|_| TenantError::invalid_id("tenantId"))?;
    answer(StatusCode::OK, &found(&inside, id).await?)
}

/// What a body says of a tenant; absent is left alone.
#[derive(Default)]
struct TenantChange {
    display_name: Option<String>,
    description: Option<String>,
    time_zone: Option<String>,
    user_limit: Option<i64>,
    analyst_limit: Option<i64>,
    case_limit: Option<i64>,
    expires_at: Option<Timestamp>,
    disabled: Option<bool>,
}

impl TenantChange {
    fn read(fields: &mut Fields<'_>) -> Self {
        let display_name = fields.text("displayName").and_then(|text| match OrganizationName::parse(text) {
            Ok(name) => Some(name.as_str().to_owned()),
            Err(error) => {
                fields.wrong("displayName", error.to_string());
                None
            }
        });
        let mut short = |field: &str, longest: usize| {
            let text = fields.text(field)?.trim();
            let is_readable = text.chars().count() <= longest && !text.chars().any(char::is_control);
            if !is_readable {
                fields.wrong(field, format!("Use at most {longest} characters, none of them invisible."));
            }
            is_readable.then(|| text.to_owned())
        };
        let description = short("description", LONGEST_DESCRIPTION);
        let time_zone = short("timeZone", LONGEST_ZONE);
        let expires_at = fields.text("expirationDate").and_then(|text| {
            let read =
                Timestamp::parse_rfc3339(text).or_else(|| Timestamp::parse_rfc3339(&format!("{text}T00:00:00Z")));
            if read.is_none() {
                fields.wrong("expirationDate", "Expected a date-time such as 2027-01-31T00:00:00Z.");
            }
            read
        });
        Self {
            display_name,
            description,
            time_zone,
            user_limit: fields.number("maxUsers", 1),
            analyst_limit: fields.number("maxAnalyst", 1),
            case_limit: fields.number("maxCases", 0),
            expires_at,
            disabled: fields.flag("isDisabled"),
        }
    }

    fn apply(self, facts: &mut TenantFacts) {
        let TenantFacts {
            display_name,
            description,
            time_zone,
            user_limit,
            analyst_limit,
            case_limit,
            expires_at,
            disabled,
        } = facts;
        if let Some(name) = self.display_name {
            *display_name = name;
        }
        if let Some(text) = self.description {
            *description = text;
        }
        if let Some(zone) = self.time_zone {
            *time_zone = zone;
        }
        *user_limit = self.user_limit.or(*user_limit);
        *analyst_limit = self.analyst_limit.or(*analyst_limit);
        *case_limit = self.case_limit.or(*case_limit);
        *expires_at = self.expires_at.or(*expires_at);
        *disabled = self.disabled.unwrap_or(*disabled);
    }
}

/// Makes a tenant.
pub async fn create(inside: Inside, Object(body): Object) -> Result<Response, TenantError> {
    let mut fields = Fields::of(&body);
    fields.require("name");
    let slug = fields.text("name");
    if slug.is_some_and(|slug| !is_slug(slug)) {
        fields.wrong("name", "Use 3 to 63 of the characters a-z, 0-9 and -.");
    }
    let change = TenantChange::read(&mut fields);
    fields.finish()?;
    let slug = slug.unwrap_or_default();
    let mut facts = TenantFacts {
        display_name: slug.to_owned(),
        description: String::new(),
        time_zone: "UTC".to_owned(),
        user_limit: Some(1),
        analyst_limit: Some(1),
        case_limit: None,
        expires_at: None,
        disabled: false,
    };
    TenantChange { disabled: None, ..change }.apply(&mut facts);
    let new = NewTenant { slug: slug.to_owned(), facts };
    let call = &inside.call;
    let id = tenants::create_tenant(&inside.app, inside.door(), &call.author(), &new, &call.occasion).await?;
    answer(StatusCode::CREATED, &found(&inside, id).await?)
}

fn read_id(fields: &mut Fields<'_>) -> Option<OrganizationId> {
    fields.require("tenantId");
    let read = fields.text("tenantId").map(str::parse::<OrganizationId>)?;
    if read.is_err() {
        fields.wrong("tenantId", "Expected a GUID.");
    }
    read.ok()
}

/// Changes a tenant.
pub async fn update(inside: Inside, Object(body): Object) -> Result<Response, TenantError> {
    let mut fields = Fields::of(&body);
    let id = read_id(&mut fields);
    let change = TenantChange::read(&mut fields);
    fields.finish()?;
    let id = id.ok_or_else(|| TenantError::invalid("tenantId is required."))?;
    let call = &inside.call;
    let apply = |facts: &mut TenantFacts| change.apply(facts);
    tenants::edit_tenant(&inside.app, inside.door(), &call.author(), id, apply, &call.occasion).await?;
    answer(StatusCode::OK, &found(&inside, id).await?)
}

/// Deletes a tenant, when its id and both its names match.
pub async fn delete(inside: Inside, Object(body): Object) -> Result<Response, TenantError> {
    let mut fields = Fields::of(&body);
    let id = read_id(&mut fields);
    for field in ["name", "displayName"] {
        fields.require(field);
    }
    let name = fields.text("name").unwrap_or_default().to_owned();
    let display_name = fields.text("displayName").unwrap_or_default().to_owned();
    fields.finish()?;
    let id = id.ok_or_else(|| TenantError::invalid("tenantId is required."))?;
    let call = &inside.call;
    let matches = |tenant: &Tenant| tenant.slug == name && tenant.name == display_name;
    let deleted =
        tenants::delete_tenant(&inside.app, inside.door(), &call.author(), id, matches, &call.occasion).await?;
    if !deleted {
        return Err(TenantError::invalid("name and displayName must be those of the tenant."));
    }
    answer(StatusCode::OK, &TenantDone { message: "Tenant deleted.", tenant_id: id.to_string() })
}
