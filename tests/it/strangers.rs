//! What somebody outside learns, which is nothing: answers are the same for every address, whatever stands behind it,
//! and no answer holds what was mailed (security contract S6-S9, S15, S16, S26, S30).

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use rollcall::domain::time::Timestamp;

use crate::support::{
    Browser, PASSWORD, Page, SAM, TestApp,
    authenticator::{enroll, require_mfa},
    both,
    database::Database,
};

const ANA: &str = "ana@acme.example";
const NEW: &str = "quiet meadow ladder";

/// One address for each thing that may stand behind one, all of one length.
async fn addresses(app: &TestApp) -> Vec<&'static str> {
    let mut sam = app.sam().await;
    for email in ["act@acme.example", "off@acme.example", "dis@acme.example", "mfa@acme.example"] {
        app.person(&mut sam, "Some Body", email, &[]).await;
    }
    app.invite(&mut sam, "inv@acme.example", &[]).await;
    for (email, path, button) in
        [("off@acme.example", "disable", "Disable"), ("dis@acme.example", "disable-everywhere", "Disable everywhere")]
    {
        sam.get(&format!("/users/{}/{path}", app.id(email).await)).await;
        sam.press(button).await;
    }
    require_mfa(app, "Acme").await;
    enroll(app, "mfa@acme.example").await;
    app.pool.run("DELETE FROM sign_in_attempts").await;
    vec![
        "act@acme.example",
        "off@acme.example",
        "dis@acme.example",
        "mfa@acme.example",
        "inv@acme.example",
        "non@acme.example",
    ]
}

/// Everything an answer says, without what is different every time and without the address itself.
fn masked(page: &Page, email: &str) -> String {
    let mut headers: Vec<String> = page
        .headers
        .iter()
        .filter(|(name, _)| !["x-request-id", "set-cookie", "date"].contains(&name.as_str()))
        .map(|(name, value)| format!("{name}: {value:?}"))
        .collect();
    headers.sort();
    let mut body = page.body.replace(email, "ADDRESS");
    for name in ["csrf", "form"] {
        let start = format!("name=\"{name}\" value=\"");
        let mut pieces = body.split(&start);
        let mut parts = vec![pieces.next().unwrap_or_default().to_owned()];
        for piece in pieces {
            let (value, after) = piece.split_once('"').expect("a quote");
            parts.push(format!("{start}{} signs\"{after}", value.len()));
        }
        body = parts.concat();
    }
    format!("{} {} bytes\n{}\n{body}", page.code(), page.body.len(), headers.join("\n"))
}

async fn try_to_log_in(app: &TestApp, email: &str, password: &str, at: Timestamp) -> Page {
    let mut browser = app.browser();
    browser.get("/login").await;
    let form = browser.form("Log in").fill("Email", email).fill("Password", password);
    app.set_clock(at);
    browser.send_form(&form).await.clone()
}

/// The mailed secrets of a mail: its link's token, and its temporary password.
async fn secrets(app: &TestApp, email: &str) -> Vec<String> {
    let mail = app.mail(email).await;
    let token = mail.link().rsplit('/').next().expect("a token").to_owned();
    [Some(token), mail.temporary_password()].into_iter().flatten().collect()
}

fn tells(page: &Page, secret: &str) -> bool {
    page.body.contains(secret)
        || page.headers.values().any(|value| value.to_str().is_ok_and(|text| text.contains(secret)))
}

async fn failures(app: &TestApp) -> i64 {
    app.pool.number("SELECT coalesce(max(failures), 0) FROM sign_in_attempts").await
}

both! {
    async fn every_address_is_answered_alike_before_and_during_a_lock(app) {
        let addresses = addresses(app).await;
        let base = app.now();
        let at = |seconds: i64| Timestamp::from_micros(base.micros() + seconds * 1_000_000);
        let long = "x".repeat(1025);
        for (password, second) in [("", 0), (long.as_str(), 1), ("wrong", 2), ("wrong", 6), ("wrong", 10), ("wrong", 20),
            ("wrong", 1811), ("wrong", 1812)] {
            let mut answers = Vec::new();
            for email in &addresses {
                answers.push((email, masked(&try_to_log_in(app, email, password, at(second)).await, email)));
            }
            for (email, answer) in &answers {
                assert_eq!(answer, &answers[0].1, "{email} at {second}");
            }
        }
    }

    async fn a_forgotten_password_is_answered_alike(app) {
        let addresses = addresses(app).await;
        let mut answers = Vec::new();
        for email in &addresses {
            let page = app.ask_for_reset(email).await;
            answers.push(masked(&page, email));
        }
        for (answer, email) in answers.iter().zip(&addresses) {
            assert_eq!(answer, &answers[0], "{email}");
        }
    }

    async fn no_answer_tells_what_was_mailed(app) {
        let mut sam = app.sam().await;
        sam.get("/users/invite").await;
        let form = sam.form("Invite").fill("Email", ANA);
        let mut answers = vec![sam.send_form(&form).await.clone(), sam.follow().await.clone()];
        let mut mailed = secrets(app, ANA).await;
        app.advance_seconds(61);
        sam.get(&format!("/users/{}/resend", app.id(ANA).await)).await;
        let form = sam.form("Resend");
        answers.extend([sam.send_form(&form).await.clone(), sam.follow().await.clone()]);
        mailed.extend(secrets(app, ANA).await);
        sam.get("/account/email").await;
        let form = sam.form("Submit").fill("New email", "sam@new.example").fill("Current password", PASSWORD);
        answers.extend([sam.send_form(&form).await.clone(), sam.follow().await.clone()]);
        mailed.extend(secrets(app, "sam@new.example").await);
        answers.push(app.ask_for_reset(SAM).await);
        mailed.extend(secrets(app, SAM).await);
        assert_eq!(mailed.len(), 6, "two invitations, a confirmation and a reset");
        for path in ["/users", "/users/invite/results", "/account", "/audit", &format!("/users/{}", app.id(ANA).await)] {
            answers.push(sam.get(path).await.clone());
        }
        for page in &answers {
            assert!(page.code() < 400, "{}: {}", page.path, page.code());
            assert!(!mailed.iter().any(|secret| tells(page, secret)), "{}", page.path);
        }
    }

    async fn each_question_for_the_password_counts_as_an_attempt(app) {
        app.member("Ana Lima", ANA, &[]).await;
        require_mfa(app, "Acme").await;
        let authenticator = enroll(app, ANA).await;
        let mut ana = app.browser();
        ana.log_in_with(app, ANA, &authenticator).await;
        let questions: [(&str, &str, &[(&str, &str)]); 5] = [
            ("/account/email", "Submit", &[("New email", "ana@new.example"), ("Current password", "wrong")]),
            ("/account/password", "Save",
                &[("Current password", "wrong"), ("New password", NEW), ("Confirm new password", NEW)]),
            ("/account/recovery-codes", "Confirm", &[("Password", "wrong")]),
            ("/account/recovery-codes/new", "Generate", &[("Password", "wrong")]),
            ("/account/authenticator", "Continue",
                &[("Password", "wrong"), ("Verification code or recovery code", "AAAAA-AAAAA")]),
        ];
        for (path, button, fields) in questions {
            app.pool.run("DELETE FROM sign_in_attempts").await;
            for (failed, code) in [(1, 422), (2, 422), (3, 429), (3, 429)] {
                ana.get(path).await;
                let form = fields.iter().fold(ana.form(button), |form, (label, text)| form.fill(label, text));
                ana.send_form(&form).await;
                assert_eq!((ana.page.code(), failures(app).await), (code, failed), "{path}: {}", ana.page.text());
                assert_eq!(ana.page.header("retry-after").is_some(), code == 429, "{path}");
                app.advance_seconds(4);
            }
            assert_eq!(ana.get("/account").await.code(), 200, "{path}: the session stays");
        }
    }

    async fn a_mistyped_login_and_a_mistyped_code_are_one_count(app) {
        app.member("Ana Lima", ANA, &[]).await;
        require_mfa(app, "Acme").await;
        let authenticator = enroll(app, ANA).await;
        for _ in 0..2 {
            assert_eq!(app.browser().log_in(ANA, "wrong").await.code(), 422);
            app.advance_seconds(4);
        }
        let mut ana = app.browser();
        ana.log_in(ANA, PASSWORD).await;
        let form = ana.form("Verify").fill("Verification code", &authenticator.wrong_code(app.now()));
        assert_eq!(ana.send_form(&form).await.code(), 429, "a good password alone clears nothing");
    }

    async fn neither_a_new_invitation_nor_a_reset_authenticator_lifts_a_lock(app) {
        let mut sam = app.sam().await;
        app.person(&mut sam, "Ana Lima", ANA, &[]).await;
        require_mfa(app, "Acme").await;
        enroll(app, ANA).await;
        app.invite(&mut sam, "ina@acme.example", &[]).await;
        for email in [ANA, "ina@acme.example"] {
            for _ in 0..3 {
                app.browser().log_in(email, "wrong").await;
                app.advance_seconds(4);
            }
        }
        app.advance_seconds(61);
        let id = app.id("ina@acme.example").await;
        sam.get(&format!("/users/{id}/resend")).await;
        sam.press("Resend").await;
        let temporary = app.mail("ina@acme.example").await.temporary_password().expect("a new one");
        app.activate("ina@acme.example").await;
        sam.get(&format!("/users/{}/reset-authenticator", app.id(ANA).await)).await;
        sam.press("Reset authenticator").await;
        assert_eq!(sam.page.flash(), "The authenticator of Ana Lima was reset.");
        for (email, password) in [(ANA, PASSWORD), ("ina@acme.example", temporary.as_str()), (" Ana@ACME.example", PASSWORD)] {
            assert_eq!(app.browser().log_in(email, password).await.code(), 429, "{email}");
        }
        // A letter that only looks like another is another address, and opens nothing.
        assert_eq!(app.browser().log_in("an\u{430}@acme.example", PASSWORD).await.code(), 422);
    }

    async fn a_temporary_password_is_never_kept(app) {
        let mut sam = app.sam().await;
        app.invite(&mut sam, ANA, &[]).await;
        let temporary = app.mail(ANA).await.temporary_password().expect("a new person");
        app.activate(ANA).await;
        app.advance_seconds(8 * 24 * 3600);
        let link = app.reset_link(ANA).await;
        let mut browser = app.browser();
        let mut choose = async |password: &str| {
            browser.get(&link).await;
            let form = browser.form("Save password").fill("New password", password);
            browser.send_form(&form.fill("Confirm new password", password)).await.clone()
        };
        let page = choose(&temporary).await;
        assert_eq!((page.code(), page.alerts()), (422, vec!["Choose a password you are not using now.".to_owned()]));
        assert_eq!(choose(NEW).await.location().as_deref(), Some("/login?reason=reset"), "the link was not used up");
    }

    async fn each_step_up_leaves_the_old_cookie_dead(app) {
        app.add_organization("Beta").await;
        let mut sam = app.sam().await;
        let dead = async |before: Option<String>, sam: &Browser, what: &str| {
            assert_ne!(before, sam.cookie(), "{what}");
            let mut thief = app.browser();
            thief.set_cookie(&before.expect("a cookie"));
            assert_eq!(thief.fetch("/account").await.code(), 303, "{what}");
        };
        let before = sam.cookie();
        sam.get("/account/email").await;
        let form = sam.form("Submit").fill("New email", "sam@new.example").fill("Current password", PASSWORD);
        sam.submit(form).await;
        dead(before, &sam, "asked for the password again").await;
        let before = sam.cookie();
        sam.get("/organizations/switch").await;
        let form = sam.form("Change Organization").choose("Beta");
        sam.submit(form).await;
        dead(before, &sam, "another organization").await;
        let before = sam.cookie();
        sam.get("/account/password").await;
        let form = sam.form("Save").fill("Current password", PASSWORD).fill("New password", NEW);
        sam.submit(form.fill("Confirm new password", NEW)).await;
        dead(before, &sam, "another password").await;
        assert_eq!(sam.get("/account").await.code(), 200);
    }

    async fn the_text_after_an_activation_is_the_right_one_and_takes_no_second_cookie(app) {
        let (own, temporary) = ("Your account is active. Log in with your password.",
            "Your account is active. Log in with the temporary password from your email.");
        app.add_organization("Beta").await;
        let mut beta = app.sam_in("Beta").await;
        app.member("Ana Lima", ANA, &[]).await;
        app.invite(&mut beta, ANA, &[]).await;
        app.invite(&mut beta, "new@beta.example", &[]).await;
        let mut reader = app.browser();
        for (email, text) in [(ANA, own), ("new@beta.example", temporary)] {
            reader.get(&app.mail(email).await.link()).await;
            let form = reader.form("Activate account");
            assert_eq!(reader.send_form(&form).await.location().as_deref(), Some("/login?reason=activated"));
            assert_eq!(reader.follow().await.flash(), text);
            assert_eq!(reader.get("/login?reason=activated").await.flash(), text, "a reload");
        }
        assert_eq!(app.browser().get("/login?reason=activated").await.flash(), temporary);
        assert_eq!(app.pool.number("SELECT count(*) FROM anonymous_sessions").await, 1);
        reader.log_in(ANA, PASSWORD).await;
        assert!(reader.is_signed_in());
        assert_eq!(app.pool.number("SELECT count(*) FROM anonymous_sessions").await, 0);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lock_outlives_the_program() {
    for database in Database::each().await {
        let app = TestApp::ready(database, &[]).await;
        for _ in 0..3 {
            app.browser().log_in(SAM, "wrong").await;
            app.advance_seconds(4);
        }
        let now = app.now();
        let again = TestApp::continued(app.leave().await, 2, now).await;
        assert_eq!(again.browser().log_in(SAM, PASSWORD).await.code(), 429);
        again.advance_seconds(30 * 60);
        again.log_in(SAM).await;
        again.close().await;
    }
}

/// Hash work is bounded: who finds the queue full is told to come back, and that was no attempt (S7).
#[tokio::test(flavor = "multi_thread")]
async fn a_full_queue_says_so() {
    let slow = [
        ("ROLLCALL_ARGON2", "m=8192,t=2,p=1"),
        ("ROLLCALL_HASH_CONCURRENCY", "1"),
        ("ROLLCALL_LOGIN_ADDRESS_LIMIT", "off"),
    ];
    let app = TestApp::ready(Database::sqlite(), &slow).await;
    let mut browser = app.browser();
    browser.get("/login").await;
    let over = Arc::new(AtomicBool::new(false));
    let crowd: Vec<_> = (0..40)
        .map(|_| {
            let (hasher, over) = (app.app.hasher.clone(), over.clone());
            tokio::spawn(async move {
                while !over.load(Ordering::Relaxed) {
                    if hasher.check("anything", None).await.is_err() {
                        tokio::time::sleep(Duration::from_millis(1)).await;
                    }
                }
            })
        })
        .collect();
    let mut refused = None;
    for number in 0..100 {
        let email = format!("somebody{number}@acme.example");
        let form = browser.form("Log in").fill("Email", &email).fill("Password", "wrong");
        let mut sender = browser.clone();
        let page = sender.send_form(&form).await.clone();
        if page.code() == 503 {
            refused = Some((email, page));
            break;
        }
        assert_eq!(page.code(), 422);
    }
    over.store(true, Ordering::Relaxed);
    let (email, page) = refused.expect("one of a hundred finds the queue full");
    assert!(page.header("retry-after").is_some_and(|seconds| seconds.parse::<u32>().is_ok()));
    for task in crowd {
        task.await.expect("a crowd");
    }
    let form = browser.form("Log in").fill("Email", &email).fill("Password", "wrong");
    assert_eq!(browser.send_form(&form).await.code(), 422, "it was no attempt, so this is the first");
    app.close().await;
}
