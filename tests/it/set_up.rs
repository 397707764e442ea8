//! The first run (portal contract 1.1).

use crate::support::{PASSWORD, SETUP_CODE, TestApp, database::Database, form::Form};

async fn each(story: impl AsyncFn(&TestApp)) {
    for database in Database::each().await {
        let app = TestApp::bare(database, &[]).await;
        story(&app).await;
        app.close().await;
    }
}

fn filled(form: Form) -> Form {
    let form = form.fill("Setup code", SETUP_CODE).fill("Organization name", "Acme").fill("Name", "Sam Super");
    form.fill("Email", "sam@acme.example").fill("Password", PASSWORD).fill("Confirm password", PASSWORD)
}

#[tokio::test(flavor = "multi_thread")]
async fn before_set_up_every_page_leads_to_it() {
    each(async |app| {
        let mut browser = app.browser();
        for path in ["/", "/login", "/users", "/account", "/activate/x", "/organizations"] {
            browser.fetch(path).await;
            assert_eq!(browser.page.location().as_deref(), Some("/setup"), "{path}");
            assert_eq!(browser.page.code(), 303, "{path}");
        }
        browser.get("/").await;
        assert_eq!(browser.page.heading(), "Set up Rollcall");
        assert_eq!(browser.page.title(), "Set up Rollcall - Rollcall");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn set_up_makes_organization_and_super_admin_and_is_gone() {
    each(async |app| {
        let mut browser = app.browser();
        browser.get("/setup").await;
        let form = filled(browser.form("Create super admin"));
        browser.send_form(&form).await;
        assert_eq!(browser.page.code(), 303);
        browser.follow().await;
        assert_eq!(browser.page.path, "/login?reason=setup");
        assert_eq!(browser.page.flash(), "Setup is complete. Log in to continue.");

        browser.fetch("/setup").await;
        assert_eq!((browser.page.code(), browser.page.heading().as_str()), (404, "Page not found"));
        browser.get("/login").await;
        let again = filled(form.clone()).set("csrf", &browser.page.csrf());
        assert_eq!(browser.send_form(&again).await.code(), 404);

        browser.log_in("sam@acme.example", PASSWORD).await;
        assert_eq!(browser.page.path, "/users");
        let row = browser.page.row("Users", "Sam Super");
        assert!(row.iter().any(|cell| cell == "Server Administrator, Platform Management Administrator"), "{row:?}");
        let audit = app.audit().await;
        assert_eq!(audit[..2], ["organization.created Acme", "account.created Sam Super (sam@acme.example)"]);
        assert_eq!(app.pool.number("SELECT count(*) FROM organization_applications").await, 7, "everything");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn each_wrong_field_says_so_and_nothing_is_made() {
    each(async |app| {
        let mut browser = app.browser();
        browser.get("/setup").await;
        let empty = browser.form("Create super admin");
        browser.send_form(&empty).await;
        let page = &browser.page;
        assert_eq!((page.code(), page.title().as_str()), (422, "Error: Set up Rollcall - Rollcall"));
        assert_eq!(page.field_errors("Setup code"), ["The setup code is incorrect."]);
        assert_eq!(page.field_errors("Organization name"), ["Enter an organization name."]);
        assert_eq!(page.field_errors("Name"), ["Enter a name."]);
        assert_eq!(page.field_errors("Email"), ["Enter a valid email address."]);
        assert_eq!(page.field_errors("Password")[0], "Use at least 12 characters.");

        let long = "x".repeat(101);
        let form = filled(browser.form("Create super admin"))
            .fill("Setup code", "guess")
            .fill("Organization name", &long)
            .fill("Name", &long)
            .fill("Email", "sam@acme")
            .fill("Password", "password1234")
            .fill("Confirm password", "other");
        browser.send_form(&form).await;
        let page = &browser.page;
        assert_eq!(page.field_errors("Organization name"), ["Use at most 100 characters."]);
        assert_eq!(page.field_errors("Name"), ["Use at most 100 characters."]);
        assert_eq!(page.field_errors("Password"), ["This password is too common."]);
        assert_eq!(page.field_errors("Confirm password"), Vec::<String>::new(), "said alone only");
        assert_eq!(page.value("Organization name"), long, "typed values stay");
        assert_eq!((page.value("Password"), page.value("Confirm password")), (String::new(), String::new()));
        assert_eq!(page.alerts().len(), 5);

        let personal = filled(browser.form("Create super admin")).fill("Password", "acme-sam-super-acme");
        browser.send_form(&personal.fill("Confirm password", "acme-sam-super-acme")).await;
        let said = browser.page.field_errors("Password");
        assert!(said.contains(&"Do not use your name, email or organization in the password.".to_owned()), "{said:?}");

        let differs = filled(browser.form("Create super admin")).fill("Confirm password", "winter ferry lanterns");
        browser.send_form(&differs).await;
        assert_eq!(browser.page.alerts(), ["The passwords do not match."]);
        assert_eq!(app.audit_count().await, 0);
        assert_eq!(app.pool.number("SELECT count(*) FROM users").await, 0);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_at_once_one_is_first() {
    each(async |app| {
        let (mut one, mut other) = (app.browser(), app.browser());
        one.get("/setup").await;
        other.get("/setup").await;
        let form = filled(one.form("Create super admin"));
        let second = filled(other.form("Create super admin")).fill("Email", "olga@acme.example");
        futures::join!(one.send_form(&form), other.send_form(&second));
        let mut codes = [one.page.code(), other.page.code()];
        codes.sort_unstable();
        assert_eq!(codes, [303, 404]);
        assert_eq!(app.pool.number("SELECT count(*) FROM users").await, 1);
        assert_eq!(app.pool.number("SELECT count(*) FROM organizations").await, 1);
    })
    .await;
}
