//! Support and Client memberships, which only the operator grants, and the end of a Support membership (product contract
//! sections 2 and 8.1).

use rollcall::{
    domain::{
        ids::OrganizationId,
        organizations::NewOrganization,
        text::{Email, OrganizationName, SupportRequest},
        time::{Timestamp, days, minutes},
    },
    error::AppError,
    flows::{
        grants::{self, Granted},
        switches,
    },
    policy::GrantMembership,
};

use crate::support::{PASSWORD, TestApp, both};

/// The day of the tests, and the moment it is over.
const TODAY: &str = "2025-11-20";

fn tonight() -> Timestamp {
    Timestamp::parse_date(TODAY).expect("a day").plus(days(1))
}

async fn grant(app: &TestApp, organization: &str, email: &str, what: GrantMembership) -> Result<Granted, AppError> {
    let sql = format!("SELECT id FROM organizations WHERE name = '{organization}'");
    let id: OrganizationId = app.pool.texts(&sql).await.remove(0).parse().expect("id");
    grants::grant(&app.app, id, &Email::parse(email).expect("address"), what).await
}

fn support(request: &str, ends_at: Timestamp) -> GrantMembership {
    GrantMembership::Support { request: SupportRequest::parse(request).expect("reference"), ends_at }
}

/// The one membership of Support: kind, role, state and request.
async fn granted(app: &TestApp) -> String {
    let sql = "SELECT kind || ' ' || account_role || ' ' || state || ' ' || support_request FROM memberships
               WHERE kind = 'support'";
    app.pool.texts(sql).await.join("\n")
}

both! {
    async fn support_works_through_its_last_day_and_not_a_moment_longer(app) {
        let mut sue = app.member("Sue Port", "sue@acme.example", &[]).await;
        app.add(NewOrganization { user_limit: Some(1), ..NewOrganization::named(OrganizationName::parse("Beta").expect("name")) }).await;
        let events = app.audit_count().await;
        let outcome = grant(app, "Beta", "sue@acme.example", support("R-17", tonight())).await;
        assert_eq!(outcome.expect("granted"), Granted::AtOnce);
        assert_eq!(granted(app).await, "support support active R-17");
        assert_eq!(app.audit_count().await, events + 1);
        let (_, after) = app.last_event("user.assigned").await;
        assert_eq!((after["account_role"].as_str(), after["support_request"].as_str()), (Some("Support"), Some("R-17")));
        assert_eq!(after["ends"], "2025-11-21T00:00:00Z");
        let seats = "SELECT CAST(coalesce(sum(people), 0) AS BIGINT) FROM membership_counts n
                     JOIN organizations o ON o.id = n.organization_id WHERE o.name = 'Beta' AND n.kind = 'person'";
        assert_eq!(app.pool.number(seats).await, 0, "no seat");
        let mut sam = app.sam_in("Beta").await;
        let person = sam.get(&format!("/users/{}", app.id("sue@acme.example").await)).await;
        assert_eq!((person.fact("Ends"), person.fact("Support request")), ("2025-11-21 00:00 UTC".into(), "R-17".into()));

        sue.get("/organizations/switch").await;
        let form = sue.form("Change Organization").choose("Beta");
        sue.submit(form).await;
        assert!(sue.page.text().contains("Beta"), "{}", sue.page.text());
        app.set_clock(Timestamp::from_micros(tonight().micros() - 60_000_000));
        let mut sue = app.log_in("sue@acme.example").await;
        grants::end_due(&app.app).await.expect("nothing to end");
        assert_eq!(granted(app).await, "support support active R-17");
        app.set_clock(tonight());
        sue.get("/account").await;
        let before = app.audit_count().await;
        grants::end_due(&app.app).await.expect("ended");
        grants::end_due(&app.app).await.expect("ended once");
        assert_eq!(granted(app).await, "support support disabled R-17");
        assert_eq!(app.audit_count().await, before + 1);
        let (_, after) = app.last_event("user.disabled").await;
        assert_eq!(after["ended"], "2025-11-21T00:00:00Z");
        assert!(app.verify_audit().await.is_ok());
    }

    async fn who_has_nothing_but_an_ended_grant_cannot_log_in(app) {
        let outcome = grant(app, "Acme", "new@vendor.example", support("R-1", tonight())).await;
        assert_eq!(outcome.expect("granted"), Granted::Invited);
        let mail = app.mail("new@vendor.example").await;
        assert!(mail.text.contains("Acme"), "{}", mail.text);
        let temporary = mail.temporary_password().expect("a new person");
        let mut new = app.activate("new@vendor.example").await;
        new.log_in("new@vendor.example", &temporary).await;
        let form = new.form("Save").fill("Name", "Ned New").fill("New password", PASSWORD);
        new.submit(form.fill("Confirm new password", PASSWORD)).await;
        assert!(new.is_signed_in(), "{}", new.page.text());
        app.set_clock(Timestamp::from_micros(tonight().micros() - 60_000_000));
        let mut new = app.log_in("new@vendor.example").await;
        app.set_clock(tonight());
        let mut late = app.browser();
        late.log_in("new@vendor.example", PASSWORD).await;
        assert!(!late.is_signed_in(), "{}", late.page.text());
        grants::end_due(&app.app).await.expect("ended");
        new.fetch("/account").await;
        assert_eq!(new.page.code(), 303, "the session ended with the last access");
    }

    async fn a_grant_is_renewed_and_managed_by_nobody_else(app) {
        app.member("Sue Port", "sue@acme.example", &[]).await;
        app.add_organization("Beta").await;
        grant(app, "Beta", "sue@acme.example", support("R-1", tonight())).await.expect("granted");
        let mut sam = app.sam_in("Beta").await;
        let id = app.id("sue@acme.example").await;
        for path in ["disable", "delete"] {
            sam.get("/users").await;
            sam.forge(&format!("/users/{id}/{path}"), &[]).await;
            assert_eq!(sam.page.code(), 409, "{path}: {}", sam.page.text());
        }
        app.set_clock(tonight());
        grants::end_due(&app.app).await.expect("ended");
        let later = tonight().plus(days(3));
        let outcome = grant(app, "Beta", "sue@acme.example", support("R-2", later)).await;
        assert_eq!(outcome.expect("renewed"), Granted::AtOnce);
        assert_eq!(granted(app).await, "support support active R-2");
        let (before, after) = app.last_event("user.enabled").await;
        assert_eq!((before["support_request"].as_str(), after["support_request"].as_str()), (Some("R-1"), Some("R-2")));
        app.advance(minutes(1));
        grant(app, "Beta", "sue@acme.example", support("R-3", later.plus(days(1)))).await.expect("longer");
        let (before, after) = app.last_event("user.edited").await;
        assert_eq!((before["ends"].as_str(), after["ends"].as_str()), (Some("2025-11-24T00:00:00Z"), Some("2025-11-25T00:00:00Z")));
        let twice = grant(app, "Acme", "sue@acme.example", support("R-4", later)).await.expect_err("a member");
        assert_eq!(twice.text(), "sue@acme.example is already a member of Acme.");
        assert_eq!(app.pool.number("SELECT count(*) FROM memberships WHERE kind = 'support'").await, 1);
    }

    async fn a_client_takes_a_seat(app) {
        let one = NewOrganization { user_limit: Some(1), ..NewOrganization::named(OrganizationName::parse("Beta").expect("name")) };
        app.add(one).await;
        app.member("Cleo Client", "cleo@acme.example", &[]).await;
        assert_eq!(grant(app, "Beta", "cleo@acme.example", GrantMembership::Client).await.expect("granted"), Granted::AtOnce);
        let role = app.pool.texts("SELECT role_override FROM memberships WHERE role_override IS NOT NULL").await;
        assert_eq!(role, ["client"]);
        let events = app.audit_count().await;
        let full = grant(app, "Beta", "second@acme.example", GrantMembership::Client).await.expect_err("full");
        assert_eq!(full.text(), "No free seat. Raise the user limit or remove a user.");
        assert_eq!(app.audit_count().await, events);
        assert_eq!(app.pool.number("SELECT count(*) FROM users WHERE email = 'second@acme.example'").await, 0);
        let again = grant(app, "Beta", "cleo@acme.example", GrantMembership::Client).await.expect_err("a member");
        assert_eq!(again.text(), "cleo@acme.example is already a member of Beta.");
    }

    async fn the_operator_switches_anybody_but_the_last_one(app) {
        let mut ana = app.member("Ana Lima", "ana@acme.example", &[]).await;
        let email = |text: &str| Email::parse(text).expect("address");
        let last = switches::switch_account(&app.app, &email(crate::support::SAM), true).await.expect_err("the last");
        assert!(last.text().contains("last"), "{}", last.text());
        let (version, events) = (app.version("Acme", "ana@acme.example").await, app.audit_count().await);
        assert!(switches::switch_account(&app.app, &email("ANA@acme.example"), true).await.expect("switched"));
        assert!(!switches::switch_account(&app.app, &email("ana@acme.example"), true).await.expect("asked"), "off already");
        assert_eq!((app.version("Acme", "ana@acme.example").await, app.audit_count().await), (version + 1, events + 1));
        ana.fetch("/account").await;
        assert_eq!(ana.page.code(), 303);
        assert!(switches::switch_account(&app.app, &email("ana@acme.example"), false).await.expect("switched"));
        app.log_in("ana@acme.example").await;
        assert!(matches!(switches::switch_account(&app.app, &email("x@y.example"), true).await, Err(AppError::NotFound)));
    }
}
