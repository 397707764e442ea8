//! What a request must carry, and what every answer carries (security contract S39-S48, S59, S60).

use axum::http::Method;

use crate::support::{Browser, SAM, TestApp, both};

/// A form that would change something, as somebody signed in would send it.
async fn invite_form(sam: &mut Browser) -> Vec<(String, String)> {
    sam.get("/users/invite").await;
    let token = sam.page.csrf();
    [("csrf", token.as_str()), ("email", "x@acme.example"), ("account_role", "user")]
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .to_vec()
}

async fn untouched(app: &TestApp) -> bool {
    app.pool.number("SELECT count(*) FROM invitations").await == 0
}

both! {
    async fn a_change_without_its_token_is_refused(app) {
        let mut sam = app.sam().await;
        let mut other = app.sam().await;
        let right = invite_form(&mut sam).await;
        other.get("/users/invite").await;
        let mut wrong = vec![("missing", right[1..].to_vec())];
        for (name, token) in [("empty", String::new()), ("another session's", other.page.csrf()), ("invented", "A".repeat(43))] {
            let mut fields = right.clone();
            fields[0].1 = token;
            wrong.push((name, fields));
        }
        for (name, fields) in wrong {
            sam.post("/users/invite", &fields).await;
            assert_eq!(sam.page.code(), 403, "{name}");
            assert_eq!(sam.page.heading(), "This form has expired", "{name}");
            assert!(sam.page.text().contains("Go back, reload the page and try again."));
        }
        assert!(untouched(app).await);
        sam.post("/users/invite", &right).await;
        assert_eq!(sam.page.code(), 303, "the right one");
    }

    async fn a_dead_sessions_token_is_refused(app) {
        let mut sam = app.sam().await;
        let fields = invite_form(&mut sam).await;
        sam.press("Log out").await;
        let mut again = app.sam().await;
        assert_eq!(again.post("/users/invite", &fields).await.code(), 403);
        assert!(untouched(app).await);
    }

    async fn other_sites_are_refused_even_with_the_token(app) {
        let mut sam = app.sam().await;
        let fields = invite_form(&mut sam).await;
        for (name, value) in [
            ("sec-fetch-site", "cross-site"), ("sec-fetch-site", "same-site"), ("origin", "null"),
            ("origin", "https://e.example"), ("origin", "http://127.0.0.1:8081"), ("origin", "https://127.0.0.1:8080"),
            ("origin", "http://127.0.0.1:8080.e.example"),
        ] {
            sam.set_header(name, value);
            assert_eq!(sam.post("/users/invite", &fields).await.code(), 403, "{name}: {value}");
            sam.without_header(name);
        }
        assert!(untouched(app).await);
        sam.set_header("origin", "http://127.0.0.1:8080");
        sam.set_header("sec-fetch-site", "same-origin");
        assert_eq!(sam.post("/users/invite", &fields).await.code(), 303);
    }

    async fn the_login_form_is_protected_too(app) {
        let mut browser = app.browser();
        browser.get("/login").await;
        let form = browser.form("Log in").fill("Email", SAM).fill("Password", crate::support::PASSWORD);
        assert_eq!(browser.send_form(&form.clone().without("csrf")).await.code(), 403);
        browser.set_header("sec-fetch-site", "cross-site");
        assert_eq!(browser.send_form(&form).await.code(), 403);
        browser.without_header("sec-fetch-site");
        let mut nobody = app.browser();
        let empty = form.clone().set("csrf", "");
        assert_eq!(nobody.send_form(&empty).await.code(), 403, "without a session there is no token, not even the empty one");
        assert_eq!(browser.send_form(&form).await.code(), 303);
    }

    async fn bodies_of_another_kind_are_refused(app) {
        let mut sam = app.sam().await;
        let fields = invite_form(&mut sam).await;
        let json = format!("{{\"csrf\":\"{}\",\"email\":\"x@acme.example\",\"account_role\":\"user\"}}", fields[0].1);
        for kind in [Some("text/plain"), Some("application/json"), Some("multipart/form-data; boundary=x"), None] {
            sam.send(Method::POST, "/users/invite", kind, json.clone().into_bytes()).await;
            assert_eq!(sam.page.code(), 403, "{kind:?}");
        }
        sam.set_header("x-csrf-token", &fields[0].1);
        sam.send(Method::POST, "/users/invite", Some("text/plain"), json.into_bytes()).await;
        assert_eq!(sam.page.code(), 415, "the right token in the header does not make it a form");
        sam.without_header("x-csrf-token");
        let mut overriding = fields.clone();
        overriding.push(("_method".to_owned(), "DELETE".to_owned()));
        assert!(untouched(app).await);
    }

    async fn too_large_bodies_are_refused(app) {
        let mut sam = app.sam().await;
        let mut fields = invite_form(&mut sam).await;
        fields[1].1 = "x".repeat(257 * 1024);
        assert_eq!(sam.post("/users/invite", &fields).await.code(), 413);
        assert!(untouched(app).await);
        let mut stranger = app.browser();
        stranger.get("/login").await;
        let form = stranger.form("Log in").fill("Email", SAM).fill("Password", &"x".repeat(300 * 1024));
        assert_eq!(stranger.send_form(&form).await.code(), 413);
    }

    async fn other_methods_are_told_so(app) {
        let mut sam = app.sam().await;
        for (method, path) in [(Method::PUT, "/users"), (Method::DELETE, "/users"), (Method::POST, "/users/export.csv"), (Method::PATCH, "/login")] {
            let token = sam.get("/users").await.csrf();
            sam.set_header("x-csrf-token", &token);
            sam.send(method.clone(), path, None, Vec::new()).await;
            assert_eq!(sam.page.code(), 405, "{method} {path}");
            assert!(sam.page.header("allow").is_some(), "{method} {path}");
        }
    }

    async fn every_answer_carries_the_headers(app) {
        let mut sam = app.sam().await;
        let mut stranger = app.browser();
        let file = sam.page.attribute("script[src]", "src").expect("a script");
        for path in ["/users", "/nowhere", "/users/00000000-0000-7000-8000-000000000000", "/login", "/users/export.csv", "/session",
            file.as_str(), "/activate/x", "/logout"] {
            for browser in [&mut sam, &mut stranger] {
                browser.fetch(path).await;
                let page = &browser.page;
                let policy = page.header("content-security-policy").expect("CSP");
                for rule in ["default-src 'none'", "script-src 'self'", "style-src 'self'", "form-action 'self'", "base-uri 'none'",
                    "frame-ancestors 'none'", "object-src 'none'", "img-src 'self' data:"] {
                    assert!(policy.contains(rule), "{path}: {policy}");
                }
                assert!(!policy.contains("unsafe") && !policy.contains('*'), "{policy}");
                assert_eq!(page.header("x-content-type-options"), Some("nosniff"), "{path}");
                assert_eq!(page.header("referrer-policy"), Some("no-referrer"), "{path}");
                assert_eq!(page.header("x-frame-options"), Some("DENY"), "{path}");
                assert_eq!(page.header("cross-origin-opener-policy"), Some("same-origin"), "{path}");
                assert_eq!(page.header("cross-origin-resource-policy"), Some("same-origin"), "{path}");
                assert!(page.header("permissions-policy").is_some(), "{path}");
                assert!(page.header("server").is_none() && page.header("access-control-allow-origin").is_none());
                assert!(page.header("strict-transport-security").is_none(), "plain http has no HSTS");
                let cache = page.header("cache-control").expect("cache-control");
                assert_eq!(cache.contains("no-store"), path != file, "{path}: {cache}");
            }
        }
    }

    async fn a_page_ignores_bearer_tokens(app) {
        let mut browser = app.browser().with_header("authorization", "Bearer abc");
        assert_eq!(browser.fetch("/users").await.code(), 303);
    }

    async fn hosts_other_than_ours_are_misdirected(app) {
        for host in ["e.example", "127.0.0.1:9", "127.0.0.1:8080@e.example", "127.0.0.1:8080/e", "localhost.e.example:8080"] {
            assert_eq!(app.browser().with_host(host).fetch("/login").await.code(), 421, "{host}");
        }
        let mut sam = app.sam().await.with_header("x-forwarded-host", "e.example").with_header("forwarded", "host=e.example");
        app.invite(&mut sam, "ana@acme.example", &[]).await;
        let mail = app.mail("ana@acme.example").await;
        assert!(mail.text.contains("http://127.0.0.1:8080/activate/") && !mail.raw.contains("e.example/"), "{}", mail.text);
    }

    async fn fields_given_twice_or_in_another_shape_are_read_as_one(app) {
        let mut sam = app.sam().await;
        let fields = invite_form(&mut sam).await;
        for name in ["email", "account_role"] {
            let mut twice = fields.clone();
            twice.push((name.to_owned(), "administrator".to_owned()));
            let code = sam.post("/users/invite", &twice).await.code();
            assert!([400, 303].contains(&code), "{name}: {code}");
        }
        let mut shaped = fields.clone();
        "email[]".clone_into(&mut shaped[1].0);
        assert_eq!(sam.post("/users/invite", &shaped).await.code(), 422);
    }

    async fn somebody_elses_ids_answer_like_unknown_ones(app) {
        app.add_organization("Beta").await;
        let mut beta = app.sam_in("Beta").await;
        let mut ann = app.person(&mut beta, "Ann Admin", "ann@beta.example", &["Administrator"]).await;
        let mut sam = app.sam().await;
        app.invite(&mut sam, "invited@acme.example", &["Callback Viewer"]).await;
        app.member("Una User", "una@acme.example", &[]).await;
        let (open, active) = (app.id("invited@acme.example").await, app.id("una@acme.example").await);
        let events = app.audit_count().await;
        let unknown = "019aa193-0000-7000-8000-000000000000";
        let doors = ["", "/edit", "/delete", "/disable", "/enable", "/resend", "/cancel", "/end-sessions"];
        for htmx in [false, true] {
            if htmx {
                ann.set_header("hx-request", "true");
            }
            for door in doors {
                for method in [Method::GET, Method::POST] {
                    if door.is_empty() && method == Method::POST {
                        continue;
                    }
                    let mut answers = Vec::new();
                    for id in [unknown, open.as_str(), active.as_str(), "not-an-id"] {
                        ann.without_header("hx-request");
                        let token = ann.get("/users").await.csrf();
                        if htmx {
                            ann.set_header("hx-request", "true");
                        }
                        let body = format!("csrf={token}&version=1&name=X&email=x%40beta.example&account_role=user");
                        let kind = Some("application/x-www-form-urlencoded").filter(|_| method == Method::POST);
                        let body = if method == Method::POST { body.into_bytes() } else { Vec::new() };
                        ann.send(method.clone(), &format!("/users/{id}{door}"), kind, body).await;
                        let mut headers = ann.page.headers.clone();
                        headers.remove("x-request-id");
                        assert_eq!(ann.page.code(), 404, "{method} {id}{door}");
                        answers.push((ann.page.body.clone(), headers));
                    }
                    assert!(answers.windows(2).all(|two| two[0] == two[1]), "{method} {door}");
                }
            }
        }
        assert_eq!(app.audit_count().await, events);
        let page = ann.get("/users?q=una").await;
        assert!(page.table("Users").is_empty());
        assert!(!ann.fetch("/users/export.csv").await.body.contains("acme"));
    }
}
