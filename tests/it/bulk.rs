//! Bulk actions (portal contract 1.8): asked once, applied to exactly those who were shown, told person by person, and
//! carried on when nobody watches any more.

use std::sync::atomic::{AtomicUsize, Ordering};

use rollcall::{
    domain::{
        organizations::NewOrganization,
        text::{OrganizationName, TokenName},
        time::days,
        tokens::{NewToken, Permission},
    },
    flows::{jobs, tokens},
};

use crate::support::{Browser, PASSWORD, SAM, TestApp, both};

const RESULTS: &str = "Bulk action results";

/// Chooses people on the list and asks.
async fn ask(app: &TestApp, by: &mut Browser, emails: &[&str], action: &str, role: &str) -> u16 {
    by.get("/users?per_page=100").await;
    let mut form = by.form("Apply").set("action", action).set("role", role);
    for email in emails {
        form = form.add("id", &app.id(email).await);
    }
    by.submit(form).await.code()
}

/// And confirms.
async fn apply(app: &TestApp, by: &mut Browser, emails: &[&str], action: &str, role: &str) -> Vec<Vec<String>> {
    assert_eq!(ask(app, by, emails, action, role).await, 200, "{}", by.page.text());
    by.press("Apply").await;
    assert_eq!(by.page.heading(), RESULTS, "{}", by.page.text());
    by.page.table(RESULTS)
}

async fn beta(app: &TestApp, limit: Option<i64>) -> Browser {
    let name = OrganizationName::parse("Beta").expect("name");
    app.add(NewOrganization { user_limit: limit, ..NewOrganization::named(name) }).await;
    app.sam_in("Beta").await
}

async fn invite_many(app: &TestApp, by: &mut Browser, many: usize) {
    let emails: Vec<String> = (0..many).map(|number| format!("p{number:03}@acme.example")).collect();
    for some in emails.chunks(100) {
        let page = app.invite(by, &some.join("\n"), &[]).await;
        assert_eq!(page.heading(), "Invitation results", "{}", page.text());
    }
}

/// Chooses everybody a list shows and asks.
async fn ask_all(by: &mut Browser, list: &str, action: &str) -> u16 {
    by.get(list).await;
    let form = by.form("Apply").set("action", action).set("all", "yes");
    by.submit(form).await.code()
}

/// Lets the worker work until nothing is due.
async fn work(app: &TestApp) {
    jobs::work(&app.app, &|| false).await.expect("work");
}

both! {
    async fn the_bar_asks_before_anything_happens(app) {
        app.member("Ana Lima", "ana@acme.example", &[]).await;
        let mut sam = app.sam().await;
        let page = sam.get("/users").await;
        assert_eq!(page.attribute("[role=group][aria-label='Bulk actions'] button[type=submit]", "type").as_deref(), Some("submit"));
        assert_eq!(page.all("#bulk-action option"), ["Add a role", "Remove a role", "Disable", "Enable", "Resend invitation"]);
        assert!(page.all("#bulk-role option").contains(&"Callback Manager".to_owned()));
        assert!(!page.all("#bulk-role option").contains(&"Administrator".to_owned()), "account roles are no bulk action");
        let before = app.audit_count().await;
        let form = sam.form("Apply").choose("Select Ana Lima").choose("Action: Disable");
        sam.submit(form).await;
        assert_eq!((sam.page.heading().as_str(), sam.page.title().as_str()), ("Apply to 1 user", "Apply to 1 user - Rollcall"));
        assert!(sam.page.text().contains("Ana Lima") && sam.page.text().contains("ana@acme.example"));
        assert_eq!(sam.page.link("Cancel").as_deref(), Some("/users"));
        assert_eq!(app.audit_count().await, before);
        sam.press("Apply").await;
        assert_eq!(sam.page.columns(RESULTS), ["User", "Result"]);
        assert_eq!(sam.page.table(RESULTS), [["Ana Lima", "Done"]]);
        assert_eq!(sam.page.statuses(), ["1 done, 0 not done."]);
        assert_eq!(app.audit_count().await, before + 1);
    }

    async fn nobody_selected_is_refused(app) {
        let mut other = beta(app, None).await;
        app.person(&mut other, "Ann Other", "ann@beta.example", &[]).await;
        let mut sam = app.sam().await;
        let mut pages = Vec::new();
        for id in [None, Some(app.id("ann@beta.example").await), Some("019aa193-1000-7000-8000-000000000001".to_owned()),
            Some("nonsense".to_owned())] {
            sam.get("/users").await;
            let form = sam.form("Apply").set("action", "disable");
            let form = id.iter().fold(form, |form, id| form.add("id", id));
            sam.send_form(&form).await;
            assert_eq!((sam.page.code(), sam.page.alerts()), (409, vec!["Select at least one user.".to_owned()]), "{id:?}");
            pages.push(sam.page.text());
        }
        assert!(pages.windows(2).all(|two| two[0] == two[1]), "another organization's id is as unknown as any");
        sam.forge("/users/bulk", &[("action", "delete"), ("id", &app.id(SAM).await)]).await;
        assert_eq!(sam.page.code(), 400);
        assert_eq!(app.pool.number("SELECT count(*) FROM jobs").await, 0);
    }

    async fn disabling_a_mixed_set(app) {
        app.member("Ana Lima", "ana@acme.example", &[]).await;
        app.member("Otto Off", "otto@acme.example", &[]).await;
        let mut sam = app.sam().await;
        app.invite(&mut sam, "ivo@acme.example", &[]).await;
        assert_eq!(apply(app, &mut sam, &["otto@acme.example"], "disable", "").await, [["Otto Off", "Done"]]);
        let mut other = beta(app, None).await;
        app.person(&mut other, "Ann Other", "ann@beta.example", &[]).await;
        let mut sam = app.sam().await;
        let emails = [SAM, "ana@acme.example", "otto@acme.example", "ivo@acme.example", "ann@beta.example"];
        assert_eq!(apply(app, &mut sam, &emails, "disable", "").await, [
            ["Sam Super", "You cannot do this to yourself."],
            ["Ana Lima", "Done"],
            ["Otto Off", "Already disabled."],
            ["ivo@acme.example", "Done"],
        ]);
        assert_eq!(sam.page.statuses(), ["2 done, 2 not done."]);
        assert_eq!(app.pool.number("SELECT count(*) FROM memberships WHERE enabled").await, 2, "Sam, and Ann elsewhere");
        let page = sam.get(&format!("{}?only=failed", sam.page.path.clone())).await;
        assert_eq!(page.column(RESULTS, 0), ["Sam Super", "Otto Off"]);
    }

    async fn the_last_administrator_stays(app) {
        let mut sam = beta(app, None).await;
        app.person(&mut sam, "Ann Admin", "ann@beta.example", &["Platform Management Administrator"]).await;
        app.person(&mut sam, "Bo Berg", "bo@beta.example", &[]).await;
        let emails = ["ann@beta.example", "bo@beta.example"];
        let last = ["Ann Admin", "Last Administrator."];
        assert_eq!(apply(app, &mut sam, &emails, "disable", "").await, [last, ["Bo Berg", "Done"]]);
        assert_eq!(
            apply(app, &mut sam, &emails, "remove_role", "platform:administrator").await,
            [last, ["Bo Berg", "Does not have this role."]]
        );
        assert_eq!(app.audit().await.iter().filter(|event| event.ends_with("Ann Admin")).filter(|event| event.starts_with("user.disabled")).count(), 0);
    }

    async fn enabling_takes_seats_one_by_one(app) {
        let mut sam = beta(app, Some(2)).await;
        app.person(&mut sam, "Ann Admin", "ann@beta.example", &["Administrator"]).await;
        app.person(&mut sam, "Bo Berg", "bo@beta.example", &[]).await;
        apply(app, &mut sam, &["bo@beta.example"], "disable", "").await;
        app.person(&mut sam, "Cy Cole", "cy@beta.example", &[]).await;
        apply(app, &mut sam, &["cy@beta.example"], "disable", "").await;
        let emails = ["ann@beta.example", "bo@beta.example", "cy@beta.example"];
        assert_eq!(apply(app, &mut sam, &emails, "enable", "").await, [
            ["Ann Admin", "Already enabled."],
            ["Bo Berg", "Done"],
            ["Cy Cole", "No free seat."],
        ]);
        assert_eq!(app.mail("bo@beta.example").await.subject, "Activate your account again");
    }

    async fn resending_needs_an_open_invitation(app) {
        app.member("Ana Lima", "ana@acme.example", &[]).await;
        app.member("Otto Off", "otto@acme.example", &[]).await;
        let mut sam = app.sam().await;
        apply(app, &mut sam, &["otto@acme.example"], "disable", "").await;
        app.invite(&mut sam, "ivo@acme.example", &[]).await;
        app.invite(&mut sam, "ida@acme.example", &[]).await;
        assert_eq!(app.mails("ivo@acme.example").await.len(), 1);
        app.advance_seconds(61);
        apply(app, &mut sam, &["ida@acme.example"], "resend", "").await;
        let emails = ["ana@acme.example", "ivo@acme.example", "ida@acme.example", "otto@acme.example"];
        assert_eq!(apply(app, &mut sam, &emails, "resend", "").await, [
            ["Ana Lima", "Already active."],
            ["ivo@acme.example", "Done"],
            ["ida@acme.example", "Wait a minute before sending this again."],
            ["Otto Off", "Otto Off is disabled. Enable the user first."],
        ]);
        assert_eq!(app.mails("ivo@acme.example").await.len(), 2);
    }

    async fn roles_are_given_and_taken(app) {
        app.member("Ana Lima", "ana@acme.example", &["Callback Viewer"]).await;
        app.member("Bo Berg", "bo@acme.example", &[]).await;
        let mut sam = app.sam().await;
        let emails = ["ana@acme.example", "bo@acme.example"];
        assert_eq!(
            apply(app, &mut sam, &emails, "add_role", "callback:viewer").await,
            [["Ana Lima", "Has this role already."], ["Bo Berg", "Done"]]
        );
        assert!(ask(app, &mut sam, &emails, "remove_role", "callback:viewer").await == 200);
        assert!(sam.page.text().contains("The role Callback Viewer is taken from each of them."));
        sam.press("Apply").await;
        assert_eq!(sam.page.table(RESULTS), [["Ana Lima", "Done"], ["Bo Berg", "Done"]]);
        assert_eq!(app.pool.number("SELECT count(*) FROM membership_roles WHERE role_id = 'callback:viewer'").await, 0);
        assert_eq!(app.audit().await.iter().filter(|event| event.starts_with("user.roles_changed")).count(), 3);
    }

    async fn nobody_hands_out_more_than_they_have(app) {
        app.member("Ana Admin", "ana@acme.example", &["Administrator"]).await;
        app.member("Bo Berg", "bo@acme.example", &[]).await;
        let mut ursula = app.member("Ursula Admin", "ursula@acme.example", &["User Admin"]).await;
        for role in ["platform:administrator", "mindful_api:administrator", "administrator", "callback:king", "",
            "019aa193-1000-7000-8000-000000000001"] {
            assert_eq!(ask(app, &mut ursula, &["bo@acme.example"], "add_role", role).await, 409, "{role}");
            let said = ursula.page.alerts().remove(0);
            assert!(said.starts_with("You cannot assign ") && said.ends_with(": it gives more access than you have."), "{said}");
        }
        let emails = ["ana@acme.example", "bo@acme.example", "ursula@acme.example"];
        let more = "You cannot edit Ana Admin: they have more access than you.";
        assert_eq!(apply(app, &mut ursula, &emails, "add_role", "callback:manager").await,
            [["Ana Admin", more], ["Bo Berg", "Done"], ["Ursula Admin", "Done"]]);
        assert_eq!(apply(app, &mut ursula, &emails, "disable", "").await,
            [["Ana Admin", more], ["Bo Berg", "Done"], ["Ursula Admin", "You cannot do this to yourself."]]);
        let mut mia = app.member("Mia Manager", "mia@acme.example", &["Platform Management Manager"]).await;
        assert!(mia.get("/users").await.all("[aria-label='Bulk actions']").is_empty());
        mia.forge("/users/bulk", &[("action", "disable"), ("id", &app.id("ana@acme.example").await)]).await;
        assert_eq!(mia.page.code(), 403);
    }

    async fn service_accounts_are_left_out(app) {
        let acme = app.pool.texts("SELECT id FROM organizations WHERE name = 'Acme'").await.remove(0);
        let occasion = app.app.occasion();
        let new = NewToken {
            name: TokenName::parse("robot").expect("name"),
            permissions: vec![Permission::USERS_READ],
            networks: Vec::new(),
            expires_at: occasion.now.plus(days(30)).to_second(),
        };
        let organization = Some(acme.parse().expect("id"));
        tokens::create_from_command_line(&app.app, organization, &new, &occasion).await.expect("a token");
        let robot = app.pool.texts("SELECT user_id FROM api_tokens").await.remove(0);
        let mut sam = app.sam().await;
        sam.get("/users").await;
        let form = sam.form("Apply").set("action", "disable").add("id", &robot);
        sam.send_form(&form).await;
        assert_eq!(sam.page.alerts(), ["Select at least one user."]);
        assert_eq!(ask_all(&mut sam, "/users?type=service", "disable").await, 409);
        assert_eq!(ask_all(&mut sam, "/users?type=all", "disable").await, 200);
        assert_eq!(sam.page.heading(), "Apply to 1 user", "Sam alone");
    }

    async fn confirmed_twice_it_is_applied_once(app) {
        app.member("Ana Lima", "ana@acme.example", &[]).await;
        let mut sam = app.sam().await;
        ask(app, &mut sam, &["ana@acme.example"], "disable", "").await;
        let before = app.audit_count().await;
        let form = sam.form("Apply");
        let (mut one, mut other) = (sam.clone(), sam.clone());
        futures::join!(one.submit(form.clone()), other.submit(form.clone()));
        sam.submit(form).await;
        // Whoever came second may have looked before it was done.
        for browser in [&one, &other] {
            assert_eq!(browser.page.heading(), RESULTS);
        }
        assert_eq!((sam.page.table(RESULTS), app.audit_count().await), (vec![vec!["Ana Lima".to_owned(), "Done".to_owned()]], before + 1));
    }

    async fn a_job_is_its_askers_alone(app) {
        app.member("Ana Lima", "ana@acme.example", &[]).await;
        let mut ada = app.member("Ada Admin", "ada@acme.example", &["Administrator"]).await;
        let mut sam = app.sam().await;
        ask(app, &mut sam, &["ana@acme.example"], "disable", "").await;
        let path = sam.page.path.clone();
        assert_eq!(ada.get(&path).await.code(), 404);
        assert_eq!(ada.get("/users").await.code(), 200);
        ada.forge(&path, &[]).await;
        assert_eq!(ada.page.code(), 404);
        assert_eq!(sam.get(&path.replace("bulk", "import")).await.code(), 404);
        assert_eq!(sam.get(&path).await.heading(), "Apply to 1 user", "nobody confirmed it");
        beta(app, None).await;
        let mut elsewhere = app.sam_in("Beta").await;
        assert_eq!(elsewhere.get(&path).await.code(), 404);
    }

    async fn everybody_who_matches_goes_on_in_the_background(app) {
        let mut sam = app.sam().await;
        invite_many(app, &mut sam, 150).await;
        let page = sam.get("/users?status=invited").await;
        assert!(page.text().contains("All that match: 150 users"), "{}", page.text());
        assert!(!sam.get("/users?q=p001").await.text().contains("All that match"), "they are all on the page");
        assert_eq!(ask_all(&mut sam, "/users?status=invited", "disable").await, 200);
        assert_eq!(sam.page.heading(), "Apply to 150 users");
        assert_eq!(sam.page.all("main li").len(), 2 + 20 + 1);
        assert!(sam.page.text().contains("and 130 more"));
        assert_eq!(sam.page.link("Cancel").as_deref(), Some("/users?status=invited"));
        let form = sam.form("Apply");
        app.invite(&mut sam, "late@acme.example", &[]).await;
        app.activate("p007@acme.example").await;
        let gone = app.id("p008@acme.example").await;
        sam.get(&format!("/users/{gone}/cancel")).await;
        sam.press("Cancel invitation").await;
        sam.submit(form.set("csrf", &sam.page.csrf())).await;
        let path = sam.page.path.clone();
        assert!(sam.page.text().contains("0 of 150 users done."), "{}", sam.page.text());
        assert!(sam.page.text().contains("Left out: 1 user who came to match the filter after you chose. \
            Included: 2 users who no longer matched it when you confirmed."));
        let active = "SELECT max(last_active_at) FROM sessions";
        let before = app.pool.number(active).await;
        app.advance_seconds(10);
        let page = sam.get(&path).await;
        assert_eq!(page.attribute("#job", "hx-trigger").as_deref(), Some("every 2s"));
        assert_eq!(app.pool.number(active).await, before, "a page that asks again by itself is no activity");

        // The worker is asked to stop in the middle, and another goes on later.
        let turns = AtomicUsize::new(0);
        jobs::work(&app.app, &|| turns.fetch_add(1, Ordering::SeqCst) > 30).await.expect("work");
        let settled = app.pool.number("SELECT count(*) FROM job_people WHERE settled").await;
        assert!((1..150).contains(&settled), "{settled}");
        assert!(sam.get(&path).await.text().contains(&format!("{settled} of 150 users done.")));
        work(app).await;
        let page = sam.get(&path).await;
        assert_eq!(page.statuses(), ["149 done, 1 not done."]);
        assert_eq!(page.table(RESULTS).len(), 100);
        let next = page.link("Next page").expect("the rest");
        assert_eq!(sam.get(&next).await.table(RESULTS).len(), 50);
        let page = sam.get(&format!("{path}?only=failed")).await;
        assert_eq!(page.table(RESULTS), [["p008@acme.example", "No longer a member."]]);
        assert_eq!(app.audit().await.iter().filter(|event| event.starts_with("user.disabled")).count(), 149);
        let on = app.pool.texts("SELECT email_key FROM memberships WHERE enabled ORDER BY email_key").await;
        assert_eq!(on, ["late@acme.example", SAM], "who was not shown is untouched");
        app.verify_audit().await.expect("unbroken");
    }

    async fn a_job_survives_its_worker_and_its_session(app) {
        let mut sam = app.sam().await;
        let mut ada = app.person(&mut sam, "Ada Admin", "ada@acme.example", &["Administrator"]).await;
        invite_many(app, &mut sam, 101).await;
        assert_eq!(ask_all(&mut ada, "/users?status=invited", "disable").await, 200);
        ada.press("Apply").await;
        ada.press("Log out").await;
        // A worker took it and died.
        let until = app.now().plus(std::time::Duration::from_secs(60)).micros();
        app.pool.run(&format!("UPDATE jobs SET due_at = {until}")).await;
        work(app).await;
        assert_eq!(app.pool.number("SELECT count(*) FROM job_people WHERE settled").await, 0, "its lease runs");
        app.advance_seconds(61);
        work(app).await;
        assert_eq!(app.pool.texts("SELECT DISTINCT result FROM job_people").await, ["Done"]);
        assert_eq!(app.pool.texts("SELECT state FROM jobs").await, ["done"]);
        let (who, address) = ("SELECT DISTINCT actor_name FROM audit_events WHERE action = 'user.disabled'",
            "SELECT DISTINCT address FROM audit_events WHERE action = 'user.disabled'");
        assert_eq!(app.pool.texts(who).await, ["Ada Admin"]);
        assert_eq!(app.pool.texts(address).await, ["198.51.100.7"], "where it was confirmed");
    }

    async fn whoever_loses_the_right_loses_the_rest(app) {
        let mut sam = app.sam().await;
        let mut ada = app.person(&mut sam, "Ada Admin", "ada@acme.example", &["Administrator"]).await;
        invite_many(app, &mut sam, 101).await;
        assert_eq!(ask_all(&mut ada, "/users?status=invited", "disable").await, 200);
        ada.press("Apply").await;
        let path = ada.page.path.clone();
        let id = app.id("ada@acme.example").await;
        sam.get(&format!("/users/{id}/edit")).await;
        let form = sam.form("Save").choose("User");
        sam.submit(form).await;
        work(app).await;
        assert_eq!(app.pool.texts("SELECT DISTINCT result FROM job_people").await, ["You may not do this any more."]);
        assert_eq!(app.pool.number("SELECT count(*) FROM memberships WHERE NOT enabled").await, 0);
        assert_eq!(ada.get(&path).await.code(), 403);
        assert!(app.browser().log_in("ada@acme.example", PASSWORD).await.code() == 200);
    }

    async fn what_nobody_confirms_is_forgotten(app) {
        app.member("Ana Lima", "ana@acme.example", &[]).await;
        let mut sam = app.sam().await;
        ask(app, &mut sam, &["ana@acme.example"], "disable", "").await;
        apply(app, &mut sam, &["ana@acme.example"], "disable", "").await;
        assert_eq!(app.pool.number("SELECT count(*) FROM jobs").await, 2);
        app.advance(days(2));
        rollcall::chores::once(&app.app).await.expect("chores");
        assert_eq!(app.pool.texts("SELECT state FROM jobs").await, ["done"]);
        app.advance(days(30));
        rollcall::chores::once(&app.app).await.expect("chores");
        assert_eq!(app.pool.number("SELECT count(*) FROM job_people").await, 0);
    }
}
