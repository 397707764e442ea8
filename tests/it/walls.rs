//! Every route tried by everybody: the one table of who gets where. It is built from the portal's own list of routes, so
//! a new route shows up here by itself.

use std::fmt::Write;

use axum::http::Method;
use rollcall::{domain::time::Timestamp, web::routes};

use crate::support::{Browser, Page, TestApp, database::Database, golden};

/// Everybody who may come by, and those they come to: once as it was built, and once as it is now.
struct World {
    built: Database,
    now: Timestamp,
    copies: u64,
    app: TestApp,
    visitors: Vec<(&'static str, Browser)>,
    ids: Vec<(&'static str, String)>,
}

impl World {
    async fn build(database: Database) -> Self {
        let app = TestApp::ready(database, &[]).await;
        app.add_organization("Beta").await;
        let mut beta = app.sam_in("Beta").await;
        let other = app.person(&mut beta, "Ann Other", "ann@beta.example", &["Administrator"]).await;
        let mut sam = app.sam().await;
        let mut visitors = vec![("nobody", app.browser())];
        let half = app.person(&mut sam, "Hal Half", "hal@acme.example", &["Administrator"]).await;
        let due = app.person(&mut sam, "Dee Due", "dee@acme.example", &["Administrator"]).await;
        visitors.extend([("half signed in", half), ("password due", due)]);
        for (kind, email, roles) in [
            ("stranger", "sten@acme.example", &[][..]),
            ("viewer", "vera@acme.example", &["Platform Management Viewer"]),
            ("manager", "mia@acme.example", &["Platform Management Manager"]),
            ("it admin", "ida@acme.example", &["IT Admin"]),
            ("user admin", "ursula@acme.example", &["User Admin"]),
            ("administrator", "ada@acme.example", &["Administrator"]),
        ] {
            visitors.push((kind, app.person(&mut sam, kind, email, roles).await));
        }
        app.person(&mut sam, "Una User", "una@acme.example", &[]).await;
        app.person(&mut sam, "Otto Off", "otto@acme.example", &[]).await;
        app.person(&mut sam, "Nele Nowhere", "nele@acme.example", &[]).await;
        app.invite(&mut sam, "ivo@acme.example", &[]).await;
        let mut ids = Vec::new();
        for (name, email) in
            [("member", "una"), ("disabled", "otto"), ("disabled everywhere", "nele"), ("invited", "ivo")]
        {
            ids.push((name, app.id(&format!("{email}@acme.example")).await));
        }
        for (path, id, button) in [("disable", 1, "Disable"), ("disable-everywhere", 2, "Disable everywhere")] {
            sam.get(&format!("/users/{}/{path}", ids[id].1)).await;
            sam.press(button).await;
        }
        let session = "SELECT s.id FROM sessions s JOIN users u ON u.id = s.user_id WHERE u.email = 'una@acme.example'";
        ids.push(("session", app.pool.texts(session).await.remove(0)));
        for (name, called) in [("acme", "Acme"), ("beta", "Beta")] {
            let id = app.pool.texts(&format!("SELECT id FROM organizations WHERE name = '{called}'")).await.remove(0);
            ids.push((name, id));
        }
        ids.push(("role", ROLE.to_owned()));
        let role =
            "INSERT INTO custom_roles (organization_id, id, name, name_key, created_at, changed_at, changed_by_name)";
        app.pool
            .run(&format!(
                "{role} SELECT id, '{ROLE}', 'Night shift', 'night shift', 1, 1, '' FROM organizations
             WHERE name = 'Acme'"
            ))
            .await;
        visitors.extend([("other organization", other), ("server administrator", sam)]);
        for (_, browser) in &mut visitors {
            browser.get("/account").await;
        }
        let hal = "(SELECT id FROM users WHERE email = 'hal@acme.example')";
        app.pool.run(&format!("UPDATE sessions SET stage = 'code' WHERE user_id = {hal}")).await;
        let far = 4_000_000_000_000_000_i64;
        app.pool.run(&format!("UPDATE users SET password_expires_at = {far} WHERE email = 'dee@acme.example'")).await;
        app.advance_seconds(70);
        let (now, built) = (app.now(), app.leave().await);
        let app = TestApp::continued(built.copy().await, 2, now).await;
        Self { built, now, copies: 2, app, visitors, ids }
    }

    /// Puts everything back to how it was built.
    async fn restore(&mut self) {
        self.copies += 1;
        let app = TestApp::continued(self.built.copy().await, self.copies, self.now).await;
        std::mem::replace(&mut self.app, app).close().await;
    }

    fn id(&self, name: &str) -> &str {
        self.ids.iter().find(|(known, _)| *known == name).map(|(_, id)| id.as_str()).expect("a known id")
    }

    /// A path of the table with what it is about filled in: somebody for whom the question makes sense.
    fn address(&self, pattern: &str) -> String {
        let about = match pattern.rsplit('/').next().unwrap_or_default() {
            "resend" | "cancel" => "invited",
            "enable" => "disabled",
            "enable-everywhere" => "disabled everywhere",
            _ if pattern.starts_with("/account/sessions") => "session",
            _ => "member",
        };
        let id = match pattern.split('/').nth(1).unwrap_or_default() {
            "users" | "account" => self.id(about),
            "roles" => self.id("role"),
            "organizations" => self.id("acme"),
            _ => UNKNOWN,
        };
        pattern.split('/').map(|part| if part.starts_with('{') { id } else { part }).collect::<Vec<_>>().join("/")
    }

    /// What a form of that page would send.
    async fn fields(&self, pattern: &str) -> Vec<(&'static str, String)> {
        match pattern {
            "/users/invite" => vec![("email", "new@acme.example".to_owned()), ("account_role", "user".to_owned())],
            "/users/{id}/edit" => {
                let version = self.app.version("Acme", "una@acme.example").await.to_string();
                vec![("version", version), ("name", "Una Other".to_owned())]
            }
            "/users/bulk" => vec![("action", "disable".to_owned())],
            "/account" => vec![("name", "Somebody Else".to_owned())],
            "/organizations/switch" => vec![("organization", self.id("beta").to_owned())],
            _ => Vec::new(),
        }
    }

    /// What no refusal may change.
    async fn state(&self) -> [i64; 4] {
        let number = async |sql: &str| self.app.pool.number(sql).await;
        [
            self.app.audit_count().await,
            number("SELECT CAST(sum(version) AS BIGINT) FROM memberships").await,
            number("SELECT count(*) FROM sessions").await,
            number("SELECT count(*) FROM mails").await,
        ]
    }
}

const ROLE: &str = "019aa193-0000-7000-8000-000000000001";
const UNKNOWN: &str = "019aa193-0000-7000-8000-000000000000";

/// An answer in a word: the status, and where a redirect leads.
fn word(page: &Page) -> String {
    let Some(target) = page.location() else { return page.code().to_string() };
    let path = target.split('?').next().unwrap_or_default();
    let parts = path.split('/').map(|part| if part.len() == 36 { "{id}" } else { part });
    format!("{} {}", page.code(), parts.collect::<Vec<_>>().join("/"))
}

async fn table(database: Database) -> String {
    let mut world = World::build(database).await;
    let mut text = String::new();
    for route in routes::table() {
        for method in [Method::GET, Method::POST] {
            let mut lines = String::new();
            for visitor in 0..world.visitors.len() {
                let (path, fields) = (world.address(route.path), world.fields(route.path).await);
                let before = world.state().await;
                let (kind, browser) = &world.visitors[visitor];
                let (kind, mut browser) = (*kind, world.app.take_in(browser));
                if method == Method::GET {
                    browser.fetch(&path).await;
                } else {
                    browser.page.body = browser.get("/account").await.body.clone();
                    let fields: Vec<(&str, &str)> =
                        fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
                    browser.forge(&path, &fields).await;
                }
                let answer = word(&browser.page);
                let after = world.state().await;
                let is_refusal = matches!(browser.page.code(), 403 | 404 | 405 | 409 | 413 | 415 | 422);
                assert!(!is_refusal || before == after, "{kind} {method} {path}: {answer} changed something");
                let _ = writeln!(lines, "    {kind:<22}{answer}");
                let is_through = browser.page.code() < 400 && !answer.ends_with("/login");
                if before != after || (method == Method::POST && is_through) {
                    // Whoever got through may have changed anything: the next one finds the world as it was.
                    world.restore().await;
                }
            }
            if lines.lines().any(|line| !line.ends_with("405")) {
                let _ = write!(text, "{method} {}\n{lines}\n", route.path);
            }
        }
    }
    world.app.close().await;
    world.built.drop().await;
    text
}

#[tokio::test(flavor = "multi_thread")]
async fn on_sqlite_everybody_gets_as_far_as_agreed() {
    golden("walls.txt", &table(Database::sqlite()).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn on_postgres_everybody_gets_as_far_as_agreed() {
    if let Some(database) = Database::postgres().await {
        golden("walls.txt", &table(database).await);
    }
}
