//! The two API dialects over their router, on both databases.

use std::{net::SocketAddr, sync::Arc};

use axum::{
    Router,
    body::{Body, to_bytes},
    extract::ConnectInfo,
    http::{Request, StatusCode},
};
use rollcall::{
    app::{App, SystemClock, SystemEntropy},
    config::{Config, Given},
    domain::{
        entropy::{Entropy, Seeded},
        ids::OrganizationId,
        organizations::NewOrganization,
        text::{OrganizationName, TokenName},
        time::days,
        tokens::{NewToken, Permission},
    },
    flows::{
        set_up,
        tokens::{Outcome, create_from_command_line},
    },
    hashing::Hasher,
    keys::Keyring,
    mail::Courier,
    store::{Db, Options},
    web,
};
use serde_json::{Value, json};
use sqlx::{AssertSqlSafe, PgPool};
use tempfile::TempDir;
use tower::ServiceExt;

/// Each test once on SQLite and, where there is one, once on PostgreSQL.
macro_rules! both {
    ($(async fn $name:ident($api:ident) $body:block)+) => {
        $(async fn $name($api: Api) $body)+

        mod sqlite {
            $(#[tokio::test(flavor = "multi_thread")]
            async fn $name() {
                super::$name(super::Api::on_sqlite().await).await;
            })+
        }

        mod postgres {
            $(#[tokio::test(flavor = "multi_thread")]
            async fn $name() {
                if let Some(api) = super::Api::on_postgres(stringify!($name)).await {
                    super::$name(api).await;
                }
            })+
        }
    };
}

struct Api {
    app: App,
    router: Router,
    organization: OrganizationId,
    _folder: TempDir,
}

impl Api {
    async fn on_sqlite() -> Self {
        let folder = tempfile::tempdir().expect("folder");
        let url = format!("sqlite:{}", folder.path().join("rollcall.db").display());
        Self::new(&url, folder).await
    }

    async fn on_postgres(test: &str) -> Option<Self> {
        let admin_url = std::env::var("TEST_POSTGRES_URL").ok()?;
        let admin = PgPool::connect(&admin_url).await.expect("PostgreSQL");
        let name = format!("api_{}_{}", std::process::id(), &test[..test.len().min(40)]);
        let create = format!("CREATE DATABASE {name}");
        sqlx::query(AssertSqlSafe(create)).execute(&admin).await.expect("database");
        let (server, _) = admin_url.rsplit_once('/').expect("a database in the URL");
        Some(Self::new(&format!("{server}/{name}"), tempfile::tempdir().expect("folder")).await)
    }

    async fn new(url: &str, folder: TempDir) -> Self {
        let options = Options { url: url.to_owned(), connections: 8 };
        let ring = Keyring::generate(Arc::new(Seeded::new(1)));
        let db = Db::open(&options, ring, &Seeded::new(2)).await.expect("database");
        let flags = [("insecure_test_hashing", "true"), ("argon2", "m=8,t=1,p=1"), ("address_limit", "off")];
        let flags = flags.into_iter().map(|(key, value)| (key, value.to_owned())).collect();
        let config = Config::load(&Given { file: None, flags }, []).expect("configuration");
        let entropy: Arc<dyn Entropy> = Arc::new(SystemEntropy);
        let hasher = Hasher::start(&config.argon2, 1, entropy.clone()).expect("hashing");
        let courier = Courier::new(config.mail_from.clone());
        let app = App::new(db, config, Arc::new(SystemClock), entropy, hasher, courier);
        let organization = add_organization(&app, "Acme", None).await;
        let router = web::router(app.clone());
        Self { app, router, organization, _folder: folder }
    }

    /// A token with every permission that has effect.
    async fn token(&self, organization: Option<OrganizationId>, name: &str) -> String {
        let permissions = Permission::OF_ORGANIZATION.into_iter().chain(Permission::OF_TENANTS).collect();
        let occasion = self.app.occasion();
        let expires_at = occasion.now.plus(days(30));
        let name = TokenName::parse(name).expect("name");
        let new = NewToken { name, permissions, networks: Vec::new(), expires_at };
        let made = create_from_command_line(&self.app, organization, &new, &occasion).await.expect("made");
        let Outcome::Done(secret) = made else { panic!("not made") };
        secret.exposed().to_owned()
    }

    async fn call(&self, token: &str, method: &str, path: &str, body: Option<Value>) -> (StatusCode, Value) {
        let mut request = Request::builder().method(method).uri(path).header("host", "127.0.0.1:8080");
        request = request.header("authorization", format!("Bearer {token}"));
        let body = match body {
            Some(body) => {
                request = request.header("content-type", "application/json");
                Body::from(body.to_string())
            }
            None => Body::empty(),
        };
        let mut request = request.body(body).expect("request");
        request.extensions_mut().insert(ConnectInfo(SocketAddr::from(([127, 0, 0, 1], 40000))));
        let response = self.router.clone().oneshot(request).await.expect("answer");
        assert!(response.headers().contains_key("x-request-id"), "{method} {path}");
        assert!(!response.headers().contains_key("set-cookie"), "{method} {path}");
        let status = response.status();
        let bytes = to_bytes(response.into_body(), 1 << 20).await.expect("body");
        (status, serde_json::from_slice(&bytes).unwrap_or(Value::Null))
    }

    /// Kind of actor and action of every event of the organization.
    async fn events(&self) -> Vec<(String, String)> {
        let mut tx = self.app.db.begin_read().await.expect("read");
        let rows = tx.audit_page(&self.organization.to_string(), 0).await.expect("events");
        rows.into_iter().map(|row| (row.actor_kind, row.action)).collect()
    }
}

async fn add_organization(app: &App, name: &str, user_limit: Option<i64>) -> OrganizationId {
    let name = OrganizationName::parse(name).expect("name");
    let new = NewOrganization { user_limit, ..NewOrganization::named(name) };
    set_up::add_organization(app, &new).await.expect("organization")
}

both! {
    async fn a_user_is_invited_saved_and_deleted(api) {
        let token = api.token(Some(api.organization), "CI").await;
        let wanted = json!({ "email": "ana@example.com", "role": "ROLE_USER" });
        let (status, made) = api.call(&token, "POST", "/api/v1/users", Some(wanted.clone())).await;
        assert_eq!((status, &made["validated"], &made["enabled"]), (StatusCode::CREATED, &json!(false), &json!(true)));
        let (status, again) = api.call(&token, "POST", "/api/v1/users", Some(wanted)).await;
        assert_eq!((status, &again["code"]), (StatusCode::CONFLICT, &json!("email_in_use")));
        let path = format!("/api/v1/users/{}", made["id"].as_str().expect("id"));
        let save = json!({ "version": made["version"], "role": "ROLE_USER_ADMIN", "enabled": false });
        let (status, saved) = api.call(&token, "PUT", &path, Some(save.clone())).await;
        assert_eq!((status, &saved["role"]), (StatusCode::OK, &json!("ROLE_USER_ADMIN")));
        assert_eq!(saved["version"].as_i64(), made["version"].as_i64().map(|version| version + 1));
        let (status, stale) = api.call(&token, "PUT", &path, Some(save)).await;
        assert_eq!((status, &stale["code"]), (StatusCode::CONFLICT, &json!("version_conflict")));
        assert_eq!(api.call(&token, "DELETE", &path, None).await.0, StatusCode::NO_CONTENT);
        assert_eq!(api.call(&token, "DELETE", &path, None).await.0, StatusCode::NOT_FOUND);
        let told: Vec<(String, String)> = ["user.invited", "user.disabled", "user.deleted"]
            .iter()
            .map(|action| ("token".to_owned(), (*action).to_owned()))
            .collect();
        assert!(api.events().await.ends_with(&told), "{:?}", api.events().await);
    }

    async fn of_two_saves_with_one_version_one_wins(api) {
        let token = api.token(Some(api.organization), "CI").await;
        let wanted = json!({ "email": "ana@example.com", "role": "ROLE_USER" });
        let (_, made) = api.call(&token, "POST", "/api/v1/users", Some(wanted)).await;
        let path = format!("/api/v1/users/{}", made["id"].as_str().expect("id"));
        let save = |role: &str| Some(json!({ "version": made["version"], "role": role, "enabled": true }));
        let (one, other) = tokio::join!(
            api.call(&token, "PUT", &path, save("ROLE_USER_ADMIN")),
            api.call(&token, "PUT", &path, save("ROLE_ORGANIZATION_ADMIN")),
        );
        let mut statuses = [one.0, other.0];
        statuses.sort();
        assert_eq!(statuses, [StatusCode::OK, StatusCode::CONFLICT]);
    }

    async fn a_query_finds_what_it_asks_for(api) {
        let token = api.token(Some(api.organization), "CI").await;
        for name in ["ana", "bo", "cy"] {
            let wanted = json!({ "email": format!("{name}@example.com"), "role": "ROLE_USER" });
            api.call(&token, "POST", "/api/v1/users", Some(wanted)).await;
        }
        for (query, expected) in [
            (json!({}), 4),
            (json!({ "serviceAccount": false }), 3),
            (json!({ "email": { "$in": ["ANA@example.com", "bo@example.com"] } }), 2),
            (json!({ "email": { "$iprefix": "C" } }), 1),
            (json!({ "role": "ROLE_ADMIN" }), 1),
            (json!({ "firstName": { "$ne": "CI" } }), 3),
            (json!({ "$or": [{ "email": { "$isubstr": "bo@" } }, { "serviceAccount": true }] }), 2),
            (json!({ "creationDate": { "$lt": "2020-01-01T00:00:00Z" } }), 0),
        ] {
            let (status, page) = api.call(&token, "POST", "/api/v1/users/query", Some(query.clone())).await;
            assert_eq!((status, &page["totalElements"]), (StatusCode::OK, &json!(expected)), "{query}");
        }
        for sort in ["email", "firstName", "lastName", "role", "enabled", "validated", "lastModifiedDate"] {
            let path = format!("/api/v1/users/query?sort={sort},desc&size=2&page=1");
            let (status, page) = api.call(&token, "POST", &path, Some(json!({}))).await;
            assert_eq!((status, &page["numberOfElements"]), (StatusCode::OK, &json!(2)), "{sort}");
        }
    }

    async fn a_token_stops_with_its_revocation_and_shows_no_secret(api) {
        let token = api.token(Some(api.organization), "CI").await;
        let expiry = api.app.occasion().now.plus(days(1)).rfc3339();
        let new = json!({ "name": "Robot", "expiry": expiry, "permissions": ["api.users.read"] });
        let (status, made) = api.call(&token, "POST", "/api/v1/api-tokens", Some(new.clone())).await;
        assert_eq!(status, StatusCode::CREATED);
        let secret = made["token"].as_str().expect("token");
        assert_eq!(api.call(secret, "GET", "/api/v1/users/current", None).await.0, StatusCode::OK);
        let (status, refused) = api.call(secret, "POST", "/api/v1/users", Some(json!({}))).await;
        assert_eq!((status, &refused["requiredPermission"]), (StatusCode::FORBIDDEN, &json!("api.users.write")));
        let (_, taken) = api.call(&token, "POST", "/api/v1/api-tokens", Some(new)).await;
        assert_eq!(taken["code"], json!("name_in_use"));
        let path = format!("/api/v1/api-tokens/{}", made["id"].as_str().expect("id"));
        assert_eq!(api.call(&token, "GET", &path, None).await.1.get("token"), None);
        assert_eq!(api.call(&token, "DELETE", &path, None).await.0, StatusCode::NO_CONTENT);
        assert_eq!(api.call(secret, "GET", "/api/v1/users/current", None).await.0, StatusCode::UNAUTHORIZED);
    }

    async fn parallel_assignments_never_exceed_a_limit(api) {
        let global = api.token(None, "Platform").await;
        let small = add_organization(&api.app, "Small", Some(3)).await;
        let mut people = Vec::new();
        for number in 0..12 {
            let new = json!({ "email": format!("p{number}@example.com"), "displayName": "A Person", "roleName": "User" });
            let (status, made) = api.call(&global, "POST", "/api/user", Some(new)).await;
            assert_eq!(status, StatusCode::CREATED);
            people.push(made["userId"].as_str().expect("id").to_owned());
        }
        let paths: Vec<String> = people.iter().map(|user| format!("/api/tenant/{small}/user/{user}")).collect();
        let calls = paths.iter().map(|path| api.call(&global, "POST", path, None));
        let answers = futures::future::join_all(calls).await;
        assert_eq!(answers.iter().filter(|answer| answer.0 == StatusCode::OK).count(), 3);
        let refused = answers.iter().filter(|answer| answer.1["errorCode"] == json!("USER_LIMIT_REACHED"));
        assert_eq!(refused.count(), 9);
    }

    async fn a_tenant_key_sees_its_own_tenant_alone(api) {
        let global = api.token(None, "Platform").await;
        let own = api.token(Some(api.organization), "CI").await;
        let other = add_organization(&api.app, "Other", None).await;
        let new = json!({ "email": "ana@example.com", "displayName": "Ana Diaz", "roleName": "Analyst" });
        let (_, made) = api.call(&global, "POST", "/api/user", Some(new)).await;
        let user = made["userId"].as_str().expect("id");
        for tenant in [api.organization, other] {
            let path = format!("/api/tenant/{tenant}/user/{user}");
            assert_eq!(api.call(&global, "POST", &path, None).await.0, StatusCode::OK);
        }
        let path = format!("/api/tenant/{}/user/{user}", api.organization);
        let (_, whole) = api.call(&global, "GET", &path, None).await;
        assert_eq!((&whole["tenantCount"], &whole["tenantNames"]), (&json!(2), &json!("acme, other")));
        let (_, seen) = api.call(&own, "GET", &path, None).await;
        assert_eq!((&seen["tenantCount"], &seen["tenantNames"]), (&json!(1), &json!("acme")));
        for (path, code) in [
            ("/api/user".to_owned(), "GLOBAL_KEY_REQUIRED"),
            (format!("/api/tenant/{}", api.organization), "GLOBAL_KEY_REQUIRED"),
            (format!("/api/tenant/{other}/user"), "WRONG_TENANT"),
            ("/api/tenant/nothing/user".to_owned(), "WRONG_TENANT"),
        ] {
            let (status, refused) = api.call(&own, "GET", &path, None).await;
            assert_eq!((status, &refused["errorCode"]), (StatusCode::UNAUTHORIZED, &json!(code)), "{path}");
        }
        assert_eq!(api.call(&global, "GET", "/api/v1/users/current", None).await.0, StatusCode::UNAUTHORIZED);
    }
}
