//! The least that could be done for the same pages: bare axum, the templates of the product, and for the list the
//! statement of the product through bare sqlx. Nothing is asked about who asks.

use std::{path::Path, str::FromStr, sync::Arc};

use askama::Template;
use axum::{Router, extract::State, http::StatusCode, response::Html, routing::get};
use rollcall::{
    app::SystemEntropy,
    domain::{
        entropy::Entropy,
        ids::OrganizationId,
        roles::{AccountRole, ApplicationRole},
        time::Timestamp,
        users::{MembershipState, UserQuery},
    },
    keys::{WhenMissing, open_key_file},
    store::{Db, Options, UserRow},
    web::{
        html::{
            people::{StatusFacts, avatar, chips, mfa, role_set},
            shell::when_ever,
        },
        pages::{
            parts::{Avatar, Choice, ChoiceGroup},
            shell::{NavGroup, NavItem, Outside, Shell},
            sign_in::LogIn,
            users::{Index, Row, SortLink, StatusTab},
        },
    },
};
use sqlx::{
    AssertSqlSafe, SqlitePool,
    sqlite::{SqliteConnectOptions, SqlitePoolOptions},
};

use crate::{Failure, api_floor::ApiFloor};

struct Floor {
    pool: SqlitePool,
    statement: String,
    organization: String,
    page: Index,
}

/// Serves the floor on the port in `FLOOR_PORT`.
pub async fn serve(folder: &str) -> Result<(), Failure> {
    let url = format!("sqlite:{}", Path::new(folder).join("rollcall.db").display());
    let options = SqliteConnectOptions::from_str(&url)?
        .read_only(true)
        .pragma("cache_size", "-4096");
    let pool = SqlitePoolOptions::new().max_connections(8).test_before_acquire(false).connect_with(options).await?;
    let organization: String =
        sqlx::query_scalar("SELECT id FROM organizations ORDER BY created_at LIMIT 1").fetch_one(&pool).await?;
    let db = open(folder, &url).await?;
    let statement = list_statement(&db, organization.parse()?).await?;
    let api = ApiFloor::new(pool.clone(), &db, organization.parse()?).await?;
    db.close().await;
    let floor = Arc::new(Floor { pool, statement, organization, page: frame() });
    let router = Router::new().route("/login", get(login)).route("/users", get(users)).with_state(floor);
    let router = router.merge(api.router());
    let port: u16 = std::env::var("FLOOR_PORT")?.parse()?;
    let listener = tokio::net::TcpListener::bind(("127.0.0.1", port)).await?;
    Ok(axum::serve(listener, router).await?)
}

/// The database as the product opens it, to learn its statements.
async fn open(folder: &str, url: &str) -> Result<Db, Failure> {
    let entropy: Arc<dyn Entropy> = Arc::new(SystemEntropy);
    let keyring = open_key_file(&Path::new(folder).join("rollcall.key"), WhenMissing::Refuse, entropy.clone())?;
    Ok(Db::open(&Options { url: url.to_owned(), connections: 1 }, keyring, entropy.as_ref()).await?)
}

/// The very statement the product sends for the first page of the list.
async fn list_statement(db: &Db, organization: OrganizationId) -> Result<String, Failure> {
    let query = UserQuery { rows: 50, ..UserQuery::default() };
    let plans = db.begin_read().await?.explain_user_list(organization, &query, Timestamp::from_micros(0)).await?;
    Ok(plans.into_iter().next().ok_or("no statement")?.0)
}

async fn login() -> Result<Html<String>, StatusCode> {
    let page = LogIn {
        outside: Outside { csrf: "x".repeat(43), ..Outside::default() },
        form: "x".repeat(32),
        ..LogIn::default()
    };
    page.render().map(Html).map_err(|_| StatusCode::INTERNAL_SERVER_ERROR)
}

async fn users(State(floor): State<Arc<Floor>>) -> Result<Html<String>, StatusCode> {
    floor.list().await.map(Html).map_err(|_| StatusCode::INTERNAL_SERVER_ERROR)
}

impl Floor {
    async fn list(&self) -> Result<String, Failure> {
        let statement = AssertSqlSafe(self.statement.clone());
        // Where the day begins whose ended invitations are counted one by one, its number, and now.
        let (begun, today, now) = (1_764_633_600_000_000_i64, 20_424_i64, 1_764_633_600_000_000_i64);
        let (_head, page, _roles): (String, String, String) = sqlx::query_as(statement)
            .bind(&self.organization)
            .bind(begun)
            .bind(today)
            .bind(now + 1)
            .bind(now)
            .fetch_one(&self.pool)
            .await?;
        let rows: Vec<UserRow> = serde_json::from_str(&page)?;
        let page = Index { rows: rows.iter().take(50).map(row).collect(), ..self.page.clone() };
        Ok(page.render()?)
    }
}

fn row(row: &UserRow) -> Row {
    let now = Timestamp::from_micros(1);
    let status = StatusFacts {
        state: row.state,
        invited_until: row.invited_until,
        locked_until: row.locked_until,
        mail_failed: row.mail_failed(),
    };
    let id = row.id.to_string();
    Row {
        avatar: avatar(&id, &row.name, &row.email, row.state == MembershipState::Invited),
        name: row.name.clone(),
        email: row.email.clone(),
        roles: chips(row.account_role.parse().unwrap_or(AccountRole::User), &role_set(row.roles(), &[])),
        status_note: status.note(now),
        status: status.cell(now),
        mfa: mfa(row.has_authenticator(), false, row.is_shared()).to_owned(),
        last_login: when_ever(row.last_login_at),
        may_edit: true,
        may_delete: true,
        id,
        ..Row::default()
    }
}

/// Everything around the rows, the same for every request.
fn frame() -> Index {
    let choice =
        |value: &str, label: &str| Choice { value: value.to_owned(), label: label.to_owned(), selected: false };
    let sort = || SortLink { href: "/users?per_page=50&sort=-name".to_owned(), order: "" };
    let tab = |label: &str| StatusTab {
        label: label.to_owned(),
        count: "1000".to_owned(),
        href: format!("/users?status={label}&per_page=50"),
        current: label == "All",
    };
    Index {
        shell: Shell {
            csrf: "x".repeat(43),
            organization_name: "Brightwater Energy".to_owned(),
            organization_initials: "BE".to_owned(),
            user: Avatar::new("x", "Min Yu"),
            user_name: "Min Yu".to_owned(),
            nav: vec![NavGroup {
                label: "People".to_owned(),
                items: vec![NavItem {
                    label: "User Management".to_owned(),
                    href: "/users".to_owned(),
                    icon: "users",
                    current: true,
                    count: None,
                }],
            }],
            seconds_left: 900,
            refresh_after: Some(905),
            shortcuts: true,
            ..Shell::default()
        },
        seats: Some("900 of 1000 users".to_owned()),
        may_invite: true,
        export_href: "/users/export.csv?per_page=50".to_owned(),
        statuses: ["All", "Active", "Invited", "Expired", "Disabled", "Locked"].map(tab).to_vec(),
        roles: vec![
            ChoiceGroup { label: String::new(), choices: vec![choice("", "All")] },
            ChoiceGroup {
                label: "Account roles".to_owned(),
                choices: AccountRole::ALL.iter().map(|role| choice(role.key(), role.label())).collect(),
            },
            ChoiceGroup {
                label: "Application roles".to_owned(),
                choices: ApplicationRole::ALL.iter().map(|role| choice(role.key(), role.label())).collect(),
            },
        ],
        mfa: ["All", "On", "Not set up"].map(|label| choice(label, label)).to_vec(),
        last_login: ["Any time", "Over 30 days ago", "Over 90 days ago", "Never"]
            .map(|label| choice(label, label))
            .to_vec(),
        kinds: ["People", "Service accounts", "All"].map(|label| choice(label, label)).to_vec(),
        per_page: ["25", "50", "100"].map(|label| choice(label, label)).to_vec(),
        by_name: sort(),
        by_email: sort(),
        by_status: sort(),
        by_last_login: sort(),
        showing: "Showing 1-50 of 1000 users".to_owned(),
        next_href: Some(format!("/users?per_page=50&at={}", "x".repeat(120))),
        ..Index::default()
    }
}
