//! What must be written down nowhere: a full run with everything secret known to the test, at the most talkative log level,
//! and then a look into log, audit log, exports and metrics (security contract S80, S85).

use std::{
    io::{self, Write},
    sync::{Arc, LazyLock, Mutex},
};

use axum::http::Method;
use rollcall::{
    commands::log::{OneLine, layer},
    config::LogFormat,
    domain::time::minutes,
    web,
};
use tower::ServiceExt;
use tracing_subscriber::layer::SubscriberExt;

use crate::support::{
    Browser, PASSWORD, SETUP_CODE, TestApp,
    authenticator::{Authenticator, require_mfa},
    both,
};

/// The log of this process, from its first event on.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().expect("log").extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

static LOG: LazyLock<Log> = LazyLock::new(|| {
    let log = Log::default();
    let kept = log.clone();
    let subscriber = tracing_subscriber::registry().with(layer(LogFormat::Json, OneLine::new(move || kept.clone())));
    tracing::subscriber::set_global_default(subscriber).expect("the only log of the test");
    log
});

fn logged() -> String {
    String::from_utf8(LOG.0.lock().expect("log").clone()).expect("text")
}

/// The part of a mailed link that is secret.
fn token_in(link: &str) -> String {
    link.rsplit('/').next().expect("a token").to_owned()
}

/// Everything the audit log holds, as text.
async fn evidence(app: &TestApp) -> String {
    let columns =
        "action || actor_name || coalesce(actor_email, '') || target_name || organization || coalesce(address, '')
        || coalesce(request_id, '') || before || after";
    let mut lines = app.pool.texts(&format!("SELECT {columns} FROM audit_events")).await;
    lines.extend(app.pool.texts("SELECT key || ' ' || name FROM audit_names").await);
    lines.join("\n")
}

async fn metrics(app: &TestApp) -> String {
    let (_sender, stop) = tokio::sync::watch::channel(false);
    let request = axum::http::Request::builder().uri("/metrics").body(axum::body::Body::empty()).expect("request");
    let answer = web::operations::router(app.app.clone(), stop).oneshot(request).await.expect("answer");
    let bytes = axum::body::to_bytes(answer.into_body(), 1 << 20).await.expect("body");
    String::from_utf8(bytes.to_vec()).expect("text")
}

/// The secrets of a page: its token and the session it was asked with.
fn of_page(secrets: &mut Vec<(String, String)>, browser: &Browser) {
    secrets.push(("session cookie".to_owned(), browser.cookie().expect("a cookie")));
    secrets.push(("form token".to_owned(), browser.page.csrf()));
}

/// Ana's whole way in: invitation, first login, second factor, recovery codes, reset of the password.
async fn ways_in(app: &TestApp, secrets: &mut Vec<(String, String)>) {
    let mut note = |what: &str, secret: String| secrets.push((what.to_owned(), secret));
    let mut sam = app.sam().await;
    app.invite(&mut sam, "ana@acme.example", &[]).await;
    let mail = app.mail("ana@acme.example").await;
    let temporary = mail.temporary_password().expect("a new person");
    note("temporary password", temporary.clone());
    note("activation link", token_in(&mail.link()));
    require_mfa(app, "Acme").await;
    let mut ana = app.activate("ana@acme.example").await;
    ana.log_in("ana@acme.example", &temporary).await;
    let form = ana.form("Save").fill("Name", "Ana Lima").fill("New password", PASSWORD);
    ana.submit(form.fill("Confirm new password", PASSWORD)).await;
    let authenticator = Authenticator::scan(&ana);
    note("seed", ana.page.attribute("#secret", "data-copy-text").expect("a seed"));
    let code = authenticator.code(app.now());
    let form = ana.form("Verify").fill("Verification code", &code);
    ana.submit(form).await;
    note("code", code);
    ana.get("/account/recovery-codes").await;
    let form = ana.form("Confirm").fill("Password", PASSWORD);
    ana.send_form(&form).await;
    let codes = ana.page.all("ol li, ul li");
    let codes: Vec<&str> =
        codes.iter().flat_map(|item| item.split_whitespace()).filter(|word| word.len() == 11).collect();
    assert!(codes.len() >= 10, "{codes:?}");
    for code in &codes {
        note("recovery code", (*code).to_owned());
    }
    app.advance(minutes(6));
    let link = app.reset_link("ana@acme.example").await;
    note("reset link", token_in(&link));
    let mut again = app.browser();
    again.get(&link).await;
    let form = again.form("Save password").fill("New password", "another marker phrase");
    again.submit(form.fill("Confirm new password", "another marker phrase")).await;
    note("new password", "another marker phrase".to_owned());
    again.log_in("ana@acme.example", "typed marker phrase").await;
    note("wrong password", "typed marker phrase".to_owned());
    app.advance(minutes(1));
    again.log_in("ana@acme.example", "another marker phrase").await;
    let form = again.form("Verify").fill("Verification code", &authenticator.code(app.now()));
    again.submit(form).await;
    of_page(secrets, &again);
    of_page(secrets, &sam);
}

both! {
    async fn nothing_secret_is_written_down(app) {
        LazyLock::force(&LOG);
        let mut secrets: Vec<(String, String)> =
            [("password", PASSWORD), ("setup code", SETUP_CODE)].map(|(what, secret)| (what.to_owned(), secret.to_owned())).into();
        ways_in(app, &mut secrets).await;
        let mut sam = app.browser();
        sam.log_in("sam@acme.example", PASSWORD).await;
        if sam.page.heading() == "Multi-Factor Authentication" {
            let authenticator = Authenticator::scan(&sam);
            let form = sam.form("Verify").fill("Verification code", &authenticator.code(app.now()));
            sam.submit(form).await;
        }
        sam.get("/tokens/new").await;
        let form = sam.form("Create token").fill("Token name", "CI").choose("api.users.read");
        sam.send_form(&form).await;
        let token = sam.page.value("Token");
        assert!(token.len() > 20, "{}", sam.page.text());
        secrets.push(("API token".to_owned(), token.clone()));
        let mut script = app.browser().with_header("authorization", &format!("Bearer {token}"));
        script.send(Method::GET, "/api/v1/users/current", None, Vec::new()).await;
        assert_eq!(script.page.code(), 200);
        let mut wrong = app.browser().with_header("authorization", "Bearer marker-of-a-wrong-token");
        wrong.send(Method::GET, "/api/v1/users/current", None, Vec::new()).await;
        secrets.push(("wrong token".to_owned(), "marker-of-a-wrong-token".to_owned()));
        sam.send(Method::POST, "/users/invite", Some("application/x-www-form-urlencoded"), b"csrf=marker-of-a-form".to_vec()).await;
        secrets.push(("wrong form token".to_owned(), "marker-of-a-form".to_owned()));
        sam.get("/users").await;
        of_page(&mut secrets, &sam);
        if let Ok(url) = std::env::var("TEST_POSTGRES_URL")
            && let Some((_, password)) = url.split('@').next().and_then(|user| user.rsplit_once(':'))
            && password.len() > 5
        {
            secrets.push(("database password".to_owned(), password.to_owned()));
        }
        let users = sam.fetch("/users/export.csv").await.body.clone();
        let audit = sam.fetch("/audit/export.csv").await.body.clone();
        sam.get("/audit").await;
        let page = sam.page.body.replace(&sam.page.csrf(), "");
        let places = [
            ("log", logged()), ("audit log", evidence(app).await), ("users' export", users), ("audit export", audit),
            ("audit page", page), ("metrics", metrics(app).await),
        ];
        for (place, text) in &places {
            assert!(!text.is_empty(), "{place}");
            for (what, secret) in &secrets {
                // Six digits are in many a number.
                let is_there = if what == "code" { text.contains(&format!("\"{secret}\"")) } else { text.contains(secret.as_str()) };
                assert!(!is_there, "the {what} {secret} is in the {place}");
            }
        }
        assert!(places[0].1.contains("\"level\":\"TRACE\"") || places[0].1.contains("\"level\":\"DEBUG\""), "a talkative log");
    }

    async fn no_name_forges_a_line_of_the_log(app) {
        LazyLock::force(&LOG);
        let forged = "Eve\n{\"level\":\"INFO\",\"forged\":true}\r\u{1b}[31m\u{202e}";
        let mut eve = app.browser();
        eve.get("/login").await;
        let form = eve.form("Log in").fill("Email", forged).fill("Password", "wrong password!");
        eve.send_form(&form).await;
        eve.get("/password/forgot").await;
        let form = eve.form("Send link").fill("Email", forged);
        eve.send_form(&form).await;
        app.app.afterwards.done().await;
        let mut sam = app.sam().await;
        let id = app.id("sam@acme.example").await;
        sam.get(&format!("/users/{id}/edit")).await;
        let form = sam.form("Save").fill("Name", forged);
        sam.send_form(&form).await;
        assert_eq!(sam.page.code(), 422, "such a name is refused");
        eve.fetch("/users/%0A%7B%22level%22%3A%22INFO%22%7D%1B%5B31m?q=%0A%1B%5B31m").await;
        let log = logged();
        for line in log.lines() {
            let event: serde_json::Value = serde_json::from_str(line).unwrap_or_else(|_| panic!("not one event: {line}"));
            assert!(event["timestamp"].is_string() && event["forged"].is_null(), "{line}");
        }
        assert!(!log.contains(['\u{1b}', '\r', '\u{202e}']));
        let told = app.pool.texts("SELECT target_name FROM audit_events WHERE action = 'login.failed'").await;
        assert_eq!(told.len(), 1, "and its audit event is one");
    }
}
