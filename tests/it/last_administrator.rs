//! An organization keeps an Administrator and the installation a Server Administrator, through every door and in every
//! race (portal contract 2.5, S69).

use rollcall::{
    domain::{
        organizations::NewOrganization,
        text::{DisplayName, Email, OrganizationName},
    },
    flows::set_up,
};

use crate::support::{Browser, PASSWORD, SAM, TestApp, both, form::Form};

const LAST: &str = "is the last Administrator of Beta. Make someone else an Administrator first.";

/// Beta with Ann as its only Administrator; Sam there is a super admin without a membership.
async fn beta(app: &TestApp) -> (Browser, Browser) {
    app.add(NewOrganization::named(OrganizationName::parse("Beta").expect("name"))).await;
    let mut sam = app.sam_in("Beta").await;
    let ann = app.person(&mut sam, "Ann Admin", "ann@beta.example", &["Administrator"]).await;
    (sam, ann)
}

async fn administrators(app: &TestApp) -> i64 {
    app.pool
        .number(
            "SELECT count(*) FROM memberships m JOIN organizations o ON o.id = m.organization_id
             WHERE o.name = 'Beta' AND m.account_role = 'administrator' AND m.state = 'active'",
        )
        .await
}

async fn demoting(app: &TestApp, by: &mut Browser, email: &str) -> Form {
    let id = app.id(email).await;
    by.get(&format!("/users/{id}/edit")).await;
    by.form("Save").choose("User")
}

both! {
    async fn no_door_lets_the_last_one_go(app) {
        let (mut sam, mut ann) = beta(app).await;
        // None of these counts: invited, disabled, robots, super admins without a membership.
        app.invite(&mut sam, "invited@beta.example", &["Administrator"]).await;
        app.person(&mut sam, "Dora Off", "dora@beta.example", &["Administrator"]).await;
        let dora = app.id("dora@beta.example").await;
        sam.get(&format!("/users/{dora}/disable")).await;
        sam.press("Disable").await;
        let (id, events) = (app.id("ann@beta.example").await, app.audit_count().await);
        let message = format!("Ann Admin {LAST}");
        for path in ["disable", "delete", "disable-everywhere"] {
            sam.get("/users").await;
            sam.forge(&format!("/users/{id}/{path}"), &[]).await;
            assert_eq!((sam.page.code(), sam.page.alerts()), (409, vec![message.clone()]), "{path}");
            sam.get(&format!("/users/{id}/{path}")).await;
            assert_eq!((sam.page.code(), sam.page.alerts()), (409, vec![message.clone()]), "{path} is not even offered");
        }
        let form = demoting(app, &mut sam, "ann@beta.example").await;
        sam.send_form(&form).await;
        assert_eq!((sam.page.code(), sam.page.alerts()), (409, vec![message.clone()]));
        let form = demoting(app, &mut ann, "ann@beta.example").await;
        ann.send_form(&form).await;
        assert_eq!((ann.page.code(), ann.page.alerts()), (409, vec![message.clone()]), "oneself");
        assert_eq!((app.audit_count().await, administrators(app).await), (events, 1));
        assert_eq!(ann.get("/users").await.code(), 200, "still signed in");
    }

    async fn somebody_able_by_another_role_counts(app) {
        let (mut sam, _) = beta(app).await;
        app.person(&mut sam, "Pia Platform", "pia@beta.example", &["Platform Management Administrator"]).await;
        let form = demoting(app, &mut sam, "ann@beta.example").await;
        assert_eq!(sam.submit(form).await.flash(), "The changes to Ann Admin were saved.");
        let id = app.id("pia@beta.example").await;
        sam.get(&format!("/users/{id}/edit")).await;
        let form = sam.form("Save").untick("Platform Management Administrator");
        sam.send_form(&form).await;
        assert_eq!(sam.page.alerts(), [format!("Pia Platform {LAST}")]);
        let form = sam.form("Save").choose("User Admin");
        assert_eq!(sam.submit(form).await.flash(), "The changes to Pia Platform were saved.", "still able by account role");
    }

    async fn an_invited_administrator_may_be_cancelled(app) {
        let (mut sam, _) = beta(app).await;
        app.invite(&mut sam, "invited@beta.example", &["Administrator"]).await;
        let id = app.id("invited@beta.example").await;
        sam.get(&format!("/users/{id}/cancel")).await;
        assert_eq!(sam.press("Cancel invitation").await.flash(), "The invitation to invited@beta.example was cancelled.");
    }

    async fn nobody_below_touches_a_server_administrator(app) {
        let mut adam = app.member("Adam Admin", "adam@acme.example", &["Administrator"]).await;
        let id = app.id(SAM).await;
        for path in ["delete", "disable", "end-sessions"] {
            adam.get("/users").await;
            adam.forge(&format!("/users/{id}/{path}"), &[]).await;
            assert_eq!((adam.page.code(), adam.page.alerts()),
                (409, vec!["You cannot edit Sam Super: they have more access than you.".to_owned()]), "{path}");
        }
    }

    async fn two_server_administrators_never_switch_each_other_off(app) {
        let mut sam = app.sam().await;
        app.person(&mut sam, "Adam Admin", "adam@acme.example", &["Administrator"]).await;
        let email = Email::parse("tess@acme.example").expect("address");
        let name = DisplayName::parse("Tess Super").expect("name");
        set_up::add_server_administrator(&app.app, &email, &name, PASSWORD).await.expect("added");
        app.join(&mut sam, "tess@acme.example", &["Administrator"]).await;
        let enabled = "SELECT count(*) FROM users WHERE account_role = 'server_administrator' AND disabled_at IS NULL";
        for round in 0..20 {
            let (mut one, mut other) = (app.sam().await, app.log_in("tess@acme.example").await);
            let (sam_id, tess_id) = (app.id(SAM).await, app.id("tess@acme.example").await);
            one.get(&format!("/users/{tess_id}/disable-everywhere")).await;
            other.get(&format!("/users/{sam_id}/disable-everywhere")).await;
            let (first, second) = (one.form("Disable everywhere"), other.form("Disable everywhere"));
            futures::join!(one.send_form(&first), other.send_form(&second));
            let did = |browser: &Browser| browser.page.location().is_some_and(|target| target.starts_with("/users/"));
            assert!(did(&one) != did(&other), "round {round}: {:?} {:?}", one.page.location(), other.page.location());
            let (winner, gone) = if did(&one) { (&mut one, tess_id) } else { (&mut other, sam_id) };
            assert_eq!(app.pool.number(enabled).await, 1, "round {round}");
            winner.get(&format!("/users/{gone}/enable-everywhere")).await;
            assert_eq!(winner.press("Enable everywhere").await.code(), 200);
            assert_eq!(app.pool.number(enabled).await, 2);
        }
    }

    async fn two_demoting_each_other_leave_one(app) {
        let (mut sam, mut ann) = beta(app).await;
        let mut bea = app.person(&mut sam, "Bea Admin", "bea@beta.example", &["Administrator"]).await;
        for round in 0..20 {
            let first = demoting(app, &mut ann, "bea@beta.example").await;
            let second = demoting(app, &mut bea, "ann@beta.example").await;
            futures::join!(ann.send_form(&first), bea.send_form(&second));
            let mut codes = [ann.page.code(), bea.page.code()];
            codes.sort_unstable();
            assert_eq!((codes[0], administrators(app).await), (303, 1), "round {round}");
            // Whoever came second has lost the right by then, or would leave nobody.
            assert!([403, 409].contains(&codes[1]), "round {round}: {codes:?}");
            let demoted = if ann.page.code() == 303 { "bea@beta.example" } else { "ann@beta.example" };
            let id = app.id(demoted).await;
            sam.get(&format!("/users/{id}/edit")).await;
            let form = sam.form("Save").choose("Administrator");
            sam.submit(form).await;
            assert_eq!(administrators(app).await, 2);
        }
    }

    async fn a_super_admin_disabling_two_at_once_leaves_one(app) {
        let (mut one, _) = beta(app).await;
        app.person(&mut one, "Bea Admin", "bea@beta.example", &["Administrator"]).await;
        let mut other = one.clone();
        let (ann, bea) = (app.id("ann@beta.example").await, app.id("bea@beta.example").await);
        for round in 0..20 {
            one.get(&format!("/users/{ann}/disable-everywhere")).await;
            other.get(&format!("/users/{bea}/delete")).await;
            let (first, second) = (one.form("Disable everywhere"), other.form("Delete"));
            if round < 19 {
                // Both ways to lose one, against each other.
                other.get(&format!("/users/{bea}/disable-everywhere")).await;
                let second = other.form("Disable everywhere");
                futures::join!(one.send_form(&first), other.send_form(&second));
            } else {
                futures::join!(one.send_form(&first), other.send_form(&second));
            }
            let mut codes = [one.page.code(), other.page.code()];
            codes.sort_unstable();
            assert_eq!((codes, administrators(app).await), ([303, 409], 1), "round {round}");
            let gone = if one.page.code() == 303 { &ann } else { &bea };
            if round < 19 {
                one.get(&format!("/users/{gone}/enable-everywhere")).await;
                one.press("Enable everywhere").await;
                assert_eq!(administrators(app).await, 2);
            }
        }
    }
}
