//! The least that could be done for the same API calls: bare axum, the statements of the product through bare sqlx, the
//! same JSON. Nothing is asked about who asks.

use std::sync::Arc;

use axum::{
    Json, Router,
    body::Bytes,
    extract::{Path, State},
    http::StatusCode,
    routing::{get, post},
};
use rollcall::{
    domain::{
        ids::OrganizationId,
        query::{Condition, Operand, Paging, Test},
    },
    store::{Db, USER_FIELDS, UserRecord},
};
use serde::Serialize;
use sqlx::{AssertSqlSafe, SqlitePool};

use crate::Failure;

/// What the floor of the API needs.
pub struct ApiFloor {
    pool: SqlitePool,
    organization: String,
    one: String,
    page: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct User {
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

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct UserInfo {
    user_id: Option<String>,
    user_name: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct RecentLogin {
    timestamp: String,
    ip_address: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Page {
    content: Vec<User>,
    total_elements: i64,
}

impl ApiFloor {
    /// With the very statements the product sends.
    pub async fn new(pool: SqlitePool, db: &Db, organization: OrganizationId) -> Result<Self, Failure> {
        let mut tx = db.begin_read().await?;
        let [field, ..] = USER_FIELDS;
        let is_it = Condition::Field(field, Test::In(vec![Operand::Text(String::new())]));
        let paging = |size| Paging { page: 0, size, sort: Vec::new() };
        let (one, _) = tx.explain_user_records(organization, &is_it, &paging(1)).await?;
        let (page, _) = tx.explain_user_records(organization, &Condition::All(Vec::new()), &paging(50)).await?;
        Ok(Self { pool, organization: organization.to_string(), one, page })
    }

    /// The two calls that are measured.
    pub fn router(self) -> Router {
        Router::new()
            .route("/api/v1/users/{id}", get(show))
            .route("/api/v1/users/query", post(query))
            .with_state(Arc::new(self))
    }

    async fn read_one(&self, id: &str) -> Result<Option<User>, Failure> {
        let text: String = sqlx::query_scalar(AssertSqlSafe(self.one.clone()))
            .bind(&self.organization)
            .bind(serde_json::to_string(&[id])?)
            .bind(1_i64)
            .bind(0_i64)
            .fetch_one(&self.pool)
            .await?;
        let records: Vec<UserRecord> = serde_json::from_str(&text)?;
        Ok(records.into_iter().next().map(shown))
    }

    async fn read_page(&self, body: &[u8]) -> Result<Page, Failure> {
        let _filter: serde_json::Value = serde_json::from_slice(body)?;
        let total = "SELECT CAST(coalesce(sum(people), 0) AS BIGINT) FROM membership_counts WHERE organization_id = $1";
        let total_elements = sqlx::query_scalar(total).bind(&self.organization).fetch_one(&self.pool).await?;
        let text: String = sqlx::query_scalar(AssertSqlSafe(self.page.clone()))
            .bind(&self.organization)
            .bind(50_i64)
            .bind(0_i64)
            .fetch_one(&self.pool)
            .await?;
        let records: Vec<UserRecord> = serde_json::from_str(&text)?;
        Ok(Page { content: records.into_iter().map(shown).collect(), total_elements })
    }
}

async fn show(State(floor): State<Arc<ApiFloor>>, Path(id): Path<String>) -> Result<Json<User>, StatusCode> {
    let found = floor.read_one(&id).await.map_err(|_| StatusCode::INTERNAL_SERVER_ERROR)?;
    found.map(Json).ok_or(StatusCode::NOT_FOUND)
}

async fn query(State(floor): State<Arc<ApiFloor>>, body: Bytes) -> Result<Json<Page>, StatusCode> {
    floor.read_page(&body).await.map(Json).map_err(|_| StatusCode::INTERNAL_SERVER_ERROR)
}

fn shown(record: UserRecord) -> User {
    User {
        id: record.id.to_string(),
        version: record.version,
        creation_date: record.created_at.rfc3339_micros(),
        last_modified_date: record.changed_at.rfc3339_micros(),
        role: record.account_role.v1().key(),
        roles: record.role_keys(),
        enabled: record.is_enabled(),
        validated: record.is_validated(),
        service_account: false,
        recent_logins: record
            .logins()
            .into_iter()
            .map(|(ip_address, at)| RecentLogin { timestamp: at.rfc3339_micros(), ip_address })
            .collect(),
        created_user_info: UserInfo { user_id: record.created_by_id, user_name: record.created_by_name },
        last_modified_user_info: UserInfo { user_id: record.changed_by_id, user_name: record.changed_by_name },
        first_name: record.first_name,
        last_name: record.last_name,
        email: record.email,
    }
}
