//! Reading the audit log: the page, its filters, the same as a file, and taking a change back (portal contract 1.16).

use rollcall::{
    domain::{
        audit::{AuditAction, AuditQuery},
        ids::OrganizationId,
        time::{Timestamp, days, minutes},
    },
    store::AuditCursor,
};

use crate::support::{Browser, Page, TestApp, both};

const COLUMNS: [&str; 7] = ["Time", "Who", "Action", "Target", "Organization", "IP address", "Details"];

fn actions(page: &Page) -> Vec<String> {
    page.all(".event-action")
}

async fn edit(by: &mut Browser, id: &str, label: &str, text: &str) {
    by.get(&format!("/users/{id}/edit")).await;
    let form = by.form("Save").fill(label, text);
    by.submit(form).await;
    assert!(by.page.flash().contains("were saved"), "{}", by.page.text());
}

/// Id of the latest event of an action.
async fn latest(app: &TestApp, action: &str) -> String {
    let sql = format!("SELECT id FROM audit_events WHERE action = '{action}' ORDER BY at DESC, number DESC LIMIT 1");
    app.pool.texts(&sql).await.remove(0)
}

async fn organization(app: &TestApp, name: &str) -> String {
    app.pool.texts(&format!("SELECT id FROM organizations WHERE name = '{name}'")).await.remove(0)
}

/// Many events of a few kinds, past the program: the plans and the pages need them, not their hashes.
async fn fill(app: &TestApp, events: usize) {
    let acme = organization(app, "Acme").await;
    let (begin, commit) = if app.is_postgres() { ("SELECT 1", "SELECT 1") } else { ("BEGIN", "COMMIT") };
    let hash = if app.is_postgres() { "'\\x00'::bytea" } else { "x'00'" };
    app.pool.run(begin).await;
    for first in (0..events).step_by(500) {
        let row = |number: usize| {
            let (chain, name) = if number.is_multiple_of(3) { ("installation", "") } else { (acme.as_str(), "Acme") };
            let action = if number % 1000 == 7 { "role.deleted" } else { "login.succeeded" };
            let someone = number % 400;
            format!(
                "('{chain}', {}, '019aa193-2000-7000-8000-{number:012}', {}, '{action}', 'user',
                  '019aa193-1000-7000-8000-{someone:012}', 'Person {someone}', 'p{someone}@crowd.example', 'user',
                  '019aa193-1000-7000-8000-{someone:012}', 'Person {someone}', '{name}', '{{}}', '{{}}', {hash}, {hash})",
                number + 1000,
                1_700_000_000_000_000 + i64::try_from(number).expect("few") * 1_000_000,
            )
        };
        let rows: Vec<String> = (first..first + 500).map(row).collect();
        app.pool
            .run(&format!(
            "INSERT INTO audit_events (chain, number, id, at, action, actor_kind, actor_id, actor_name, actor_email,
                 target_kind, target_id, target_name, organization, before, after, previous_hash, hash)
             VALUES {}", rows.join(", ")
        ))
            .await;
    }
    for side in ["actor", "target"] {
        for chain in [acme.as_str(), "installation"] {
            for first in (0..5000).step_by(500) {
                let row = |someone: usize| {
                    let name = format!("person {someone} p{someone}@crowd.example");
                    format!("('{chain}', '{side}', '019aa193-1000-7000-8000-{someone:012}', '{name}')")
                };
                let rows: Vec<String> = (first..first + 500).map(row).collect();
                let into = "INSERT INTO audit_names (chain, side, key, name) VALUES";
                app.pool.run(&format!("{into} {}", rows.join(", "))).await;
            }
        }
    }
    app.pool.run(commit).await;
    // A trigram index keeps what is new in a list at first; the plans are those of a database at rest.
    app.pool.run(if app.is_postgres() { "VACUUM ANALYZE" } else { "ANALYZE" }).await;
}

/// Every filter there is, alone and together.
fn queries() -> Vec<AuditQuery> {
    let usual = AuditQuery::default;
    let someone = "019aa193-1000-7000-8000-000000000007".to_owned();
    let from = Timestamp::from_seconds(1_700_001_000);
    vec![
        usual(),
        AuditQuery { action: Some(AuditAction::RoleDeleted), ..usual() },
        AuditQuery { action: Some(AuditAction::LoginSucceeded), ..usual() },
        AuditQuery { who: someone.clone(), ..usual() },
        AuditQuery { target: someone.clone(), ..usual() },
        AuditQuery { who: someone.clone(), target: someone.clone(), ..usual() },
        AuditQuery { who: "person 77".to_owned(), ..usual() },
        AuditQuery { who: "crowd.example".to_owned(), ..usual() },
        AuditQuery { who: "p1".to_owned(), ..usual() },
        AuditQuery { target: "p77@crowd".to_owned(), action: Some(AuditAction::RoleDeleted), ..usual() },
        AuditQuery { target: "crowd".to_owned(), action: Some(AuditAction::RoleDeleted), ..usual() },
        AuditQuery { from: Some(from), ..usual() },
        AuditQuery { until: Some(from), ..usual() },
        AuditQuery { from: Some(from), until: Some(from.plus(minutes(5))), who: someone, ..usual() },
    ]
}

/// Whether a step of a plan reads the whole log, or sorts more of it than a page.
fn reads_all(step: &str) -> bool {
    let step = step.trim();
    if step.contains("Seq Scan on audit_events") || step.contains("Seq Scan on audit_names") {
        return true;
    }
    let scan = step.strip_prefix("SCAN ").is_some_and(|rest| {
        ["e", "n", "audit_events", "audit_names"].contains(&rest.split(' ').next().unwrap_or_default())
            && !rest.contains("USING INDEX")
            && !rest.contains("USING COVERING INDEX")
    });
    scan || step.contains("MULTI-INDEX OR")
}

both! {
    async fn the_page_shows_what_the_contract_names(app) {
        let mut sam = app.sam().await;
        app.person(&mut sam, "Ana Lima", "ana@acme.example", &["Callback Viewer"]).await;
        let id = app.id("ana@acme.example").await;
        edit(&mut sam, &id, "Name", "Ana Lopez").await;
        sam.get("/audit").await;
        let page = &sam.page;
        assert_eq!(page.heading(), "Audit log");
        assert_eq!(page.columns("Audit log"), COLUMNS, "a super admin sees organizations");
        for label in ["Who", "Target", "From", "To"] {
            assert!(page.has_field(label), "{label}");
        }
        assert!(page.attribute("form[role=search]", "aria-label").as_deref() == Some("Filter audit log"));
        assert!(page.buttons().contains(&"Apply filters".to_owned()) && page.link("Clear filters").is_some());
        let row = page.row("Audit log", "user.edited");
        assert!(row[0].contains("2025-11-20") && row[0].contains("UTC") && row[0].contains("Today, Thursday 20 November"), "{row:?}");
        assert!(row[1].contains("Sam Super") && row[1].contains("sam@acme.example"), "{row:?}");
        assert!(row[2].contains("edited") && row[2].contains("user.edited"), "{row:?}");
        assert!(row[3].contains("Ana Lima (ana@acme.example)"), "{row:?}");
        assert!(row[4].contains("Acme") && row[5].contains("198.51.100.7"), "{row:?}");
        assert!(row[6].contains("name: Ana Lima -> Ana Lopez"), "{row:?}");
        let count = page.table("Audit log").len();
        assert_eq!(i64::try_from(count).expect("few"), app.audit_count().await);
        assert_eq!(page.all(".event-day").len(), 1, "one day");
        assert_eq!(page.statuses().last().map(String::as_str), Some(format!("Showing {count} events").as_str()));
    }

    async fn an_administrator_sees_the_own_organization_without_its_column(app) {
        let mut sam = app.sam().await;
        let mut ana = app.person(&mut sam, "Ana Lima", "ana@acme.example", &["Administrator"]).await;
        app.browser().log_in("nobody@elsewhere.example", "wrong password!").await;
        app.add_organization("Beta").await;
        ana.get("/audit").await;
        assert_eq!(ana.page.columns("Audit log"), ["Time", "Who", "Action", "Target", "IP address", "Details"]);
        let text = ana.page.text();
        assert!(!text.contains("nobody@elsewhere.example") && !text.contains("Beta"), "{text}");
        sam.get("/audit?action=login.failed").await;
        assert_eq!(sam.page.table("Audit log").len(), 1);
        assert!(sam.page.text().contains("nobody@elsewhere.example"));
        assert!(!ana.get("/audit?action=login.failed").await.text().contains("nobody@elsewhere.example"));
        let mut max = app.person(&mut sam, "Max", "max@acme.example", &["Platform Management Manager"]).await;
        assert_eq!(max.get("/audit").await.code(), 403);
        assert_eq!(max.fetch("/audit/export.csv").await.code(), 403);
    }

    async fn filters_stand_in_the_address_and_bad_ones_are_ignored(app) {
        let mut sam = app.sam().await;
        app.person(&mut sam, "Åse Ørn", "ase@acme.example", &[]).await;
        app.invite(&mut sam, "bo@acme.example", &[]).await;
        sam.get("/audit").await;
        let form = sam.form("Apply filters").fill("Who", "sUPer").fill("Target", "BO@acme").choose("Action: user.invited");
        sam.send_form(&form).await;
        assert!(sam.page.path.contains("who=sUPer") && sam.page.path.contains("action=user.invited"), "{}", sam.page.path);
        assert_eq!(actions(&sam.page), ["user.invited"]);
        assert_eq!((sam.page.value("Who"), sam.page.value("Target")), ("sUPer".to_owned(), "BO@acme".to_owned()));
        for (query, found) in [
            ("who=åse", true), ("who=ÅSE+ø", true), ("who=se", true), ("who=nobody+at+all", false), ("target=ase@", true),
            ("who=%25", false), ("who=_se", false), ("action=role.deleted", false),
            ("from=2025-11-20&to=2025-11-20", true), ("to=2025-11-19", false), ("from=2025-11-21", false),
        ] {
            let page = sam.get(&format!("/audit?{query}")).await;
            assert_eq!((page.code(), !actions(page).is_empty()), (200, found), "{query}");
            assert_eq!(found, !page.text().contains("No events match these filters."), "{query}");
        }
        let all = actions(sam.get("/audit").await);
        for query in ["action=nonsense", "from=yesterday&to=2025-13-40", "before=x.y", "before=1", "who=&target="] {
            assert_eq!(actions(sam.get(&format!("/audit?{query}")).await), all, "{query}");
        }
        assert_eq!(sam.get(&format!("/audit?who={}", "x".repeat(5000))).await.code(), 200);
    }

    async fn older_and_newer_pages_lead_through_all_events_once(app) {
        fill(app, 500).await;
        let mut sam = app.sam().await;
        let (mut path, mut seen, mut pages) = ("/audit?who=person".to_owned(), Vec::new(), 0);
        loop {
            let page = sam.get(&path).await;
            seen.extend(page.all(".event-facts code").into_iter().filter(|code| code.contains("019aa193-2000")));
            pages += 1;
            match page.link("Older events") {
                Some(older) => path = older,
                None => break,
            }
        }
        assert_eq!((pages, seen.len()), (10, 500));
        seen.sort();
        seen.dedup();
        assert_eq!(seen.len(), 500);
        assert!(sam.page.link("Newest events").is_some_and(|href| href == "/audit?who=person"));
        let page = sam.get("/audit?who=p77@crowd").await;
        assert_eq!(page.table("Audit log").len(), 2, "few names are found along their index");
    }

    async fn no_page_reads_the_whole_log(app) {
        fill(app, 30_000).await;
        let acme: OrganizationId = organization(app, "Acme").await.parse().expect("an id");
        let mut tx = app.app.db.begin_read().await.expect("read");
        let cursor = AuditCursor {
            at: Timestamp::from_seconds(1_700_020_000),
            id: "019aa193-2000-7000-8000-000000020000".parse().expect("an id"),
        };
        let mut wrong = Vec::new();
        for query in queries() {
            for reach in [Some(acme), None] {
                for before in [None, Some(cursor)] {
                    let plans = tx.explain_audit_log(reach, &query, before).await.expect("plans");
                    assert!(plans.iter().all(|(_, steps)| !steps.is_empty()));
                    for (sql, steps) in plans {
                        // Where every second name holds the text, all names are read rather than their index.
                        let is_common = query.who.contains("crowd") || query.target.contains("crowd");
                        let reads = |step: &str| reads_all(step) && !(is_common && step.contains("Scan on audit_names"));
                        if let Some(step) = steps.iter().find(|step| reads(step)) {
                            wrong.push(format!("{query:?} {reach:?}\n  {step}\n  {}\n{sql}", steps.join("\n  ")));
                        }
                    }
                }
            }
        }
        assert!(wrong.is_empty(), "{} whole reads, the first:\n{}", wrong.len(), wrong[0]);
        drop(tx);
        let mut sam = app.sam().await;
        sam.get("/audit?who=p7&action=role.deleted").await;
        assert!(sam.page.code() == 200 && !sam.page.all(".event").is_empty());
        sam.get("/audit?target=zz&action=role.deleted").await;
        assert!(sam.page.text().contains("No events match these filters."));
        sam.get("/audit?target=zz").await;
        assert!(sam.page.text().contains("Searched back to"), "{}", sam.page.text());
        assert!(sam.page.link("Older events").is_some());
    }

    async fn the_file_has_the_same_filters_and_is_inert(app) {
        let mut sam = app.sam().await;
        app.person(&mut sam, "=cmd|' /C calc'!A0", "ana@acme.example", &[]).await;
        app.invite(&mut sam, "bo@acme.example", &[]).await;
        sam.get("/audit?target=ana@acme.example").await;
        let href = sam.page.link("Export CSV").expect("a link");
        sam.fetch(&href).await;
        assert!(sam.page.header("content-disposition").is_some_and(|value| value.starts_with("attachment; filename=\"audit-")));
        assert_eq!(sam.page.header("x-content-type-options"), Some("nosniff"));
        let body = sam.page.body.clone();
        let mut reader = csv::Reader::from_reader(body.as_bytes());
        let headers: Vec<String> = reader.headers().expect("headers").iter().map(str::to_owned).collect();
        assert_eq!(
            headers.join(","),
            "time,number,id,actor,action,target,organization,address,request id,before,after,hash"
        );
        let records: Vec<csv::StringRecord> = reader.records().map(|record| record.expect("a line")).collect();
        assert!(records.len() > 2 && !body.contains("bo@acme.example"), "{body}");
        for cell in records.iter().flat_map(|record| record.iter()) {
            assert!(!cell.starts_with(['=', '+', '-', '@', '\t', '\r']), "{cell}");
        }
        assert!(body.lines().next().is_some_and(|line| line.starts_with("time,number,id,")) && body.contains("\r\n"));
        let (_, asked) = app.last_event("audit.exported").await;
        assert_eq!(asked, serde_json::json!({ "target": "ana@acme.example" }));
    }

    async fn a_persons_history_is_read_after_their_deletion(app) {
        let mut sam = app.sam().await;
        app.person(&mut sam, "Ana Lima", "ana@acme.example", &[]).await;
        let id = app.id("ana@acme.example").await;
        sam.get(&format!("/users/{id}")).await;
        let history = sam.page.link("Show in audit log").expect("a link");
        let before = sam.get(&history).await.table("Audit log").len();
        assert!(before >= 3 && sam.page.text().contains("Only events about"), "{}", sam.page.text());
        assert!(sam.page.attribute(&format!("a[href='/users/{id}']"), "href").is_some());
        sam.get(&format!("/users/{id}/delete")).await;
        sam.press("Delete").await;
        sam.get(&history).await;
        assert_eq!(sam.page.table("Audit log").len(), before + 1);
        assert!(sam.page.text().contains("Ana Lima (ana@acme.example)"));
        assert!(sam.page.attribute(&format!("a[href='/users/{id}']"), "href").is_none(), "no link to who is gone");
        assert!(!actions(sam.get("/audit?target=ana+lima").await).is_empty(), "by name, too");
    }

    async fn an_edit_is_reverted_through_the_ordinary_form(app) {
        let mut sam = app.sam().await;
        app.person(&mut sam, "Ana Lima", "ana@acme.example", &["Callback Viewer"]).await;
        let id = app.id("ana@acme.example").await;
        sam.get("/roles/new").await;
        let form = sam.form("Save").fill("Role name", "Night shift").set("webhooks.webhooks", "view");
        sam.submit(form).await;
        sam.get(&format!("/users/{id}/edit")).await;
        let form = sam.form("Save").choose("Analyst").choose("Night shift");
        sam.submit(form).await;
        sam.get(&format!("/users/{id}/edit")).await;
        let form = sam.form("Save").fill("Name", "Anna").choose("User").untick("Callback Viewer").untick("Night shift");
        sam.submit(form).await;
        let version = app.version("Acme", "ana@acme.example").await;
        sam.get("/audit?action=user.edited").await;
        let revert = sam.page.link("Revert this change").expect("a link");
        assert_eq!(revert, format!("/users/{id}/edit?revert={}", latest(app, "user.edited").await));
        sam.get(&revert).await;
        assert_eq!(app.version("Acme", "ana@acme.example").await, version, "looking changes nothing");
        assert!(sam.page.text().contains("Sam Super made this change at"), "{}", sam.page.text());
        let form = sam.form("Save");
        assert_eq!((form.sends("name"), form.sends("account_role")), (vec!["Ana Lima".to_owned()], vec!["analyst".to_owned()]));
        assert_eq!(form.sends("role").len(), 2);
        assert_eq!(form.sends("version"), [version.to_string()]);
        let mut other = sam.clone();
        edit(&mut other, &id, "Name", "Annie").await;
        sam.send_form(&form).await;
        assert_eq!(sam.page.code(), 409, "somebody else was faster");
        let form = sam.form("Save");
        sam.submit(form).await;
        assert_eq!(sam.page.flash(), "The changes to Ana Lima were saved.");
        let (_, after) = app.last_event("user.edited").await;
        assert_eq!(after["roles"], serde_json::json!(["Callback Viewer", "Night shift"]));

        sam.get(&format!("/users/{id}/edit")).await;
        let form = sam.form("Save").untick("Night shift");
        sam.submit(form).await;
        let role = app.pool.texts("SELECT id FROM custom_roles WHERE name = 'Night shift'").await.remove(0);
        sam.get(&format!("/roles/{role}/delete")).await;
        sam.press("Delete").await;
        let event = latest(app, "user.roles_changed").await;
        sam.get(&format!("/users/{id}/edit?revert={event}")).await;
        assert!(sam.page.text().contains("Left out, because you cannot give them or they no longer exist: Night shift."), "{}", sam.page.text());
        assert_eq!(sam.form("Save").sends("role"), ["callback:viewer"]);
    }

    async fn events_of_others_answer_like_unknown_ones(app) {
        let mut sam = app.sam().await;
        let mut ana = app.person(&mut sam, "Ana Lima", "ana@acme.example", &["Administrator"]).await;
        app.person(&mut sam, "Bo", "bo@acme.example", &[]).await;
        app.add_organization("Beta").await;
        let mut beta = app.sam_in("Beta").await;
        app.person(&mut beta, "Cy", "cy@beta.example", &[]).await;
        let cy = app.id("cy@beta.example").await;
        edit(&mut beta, &cy, "Name", "Cyrus").await;
        let foreign = latest(app, "user.edited").await;
        let bo = app.id("bo@acme.example").await;
        edit(&mut ana, &bo, "Name", "Bob").await;
        let own = latest(app, "user.edited").await;
        let ana_id = app.id("ana@acme.example").await;
        let unknown = "0198c0de-0000-7000-8000-000000000001";
        let wrong_kind = latest(app, "user.invited").await;
        let mut bodies = Vec::new();
        for event in [foreign.as_str(), unknown, "nonsense", wrong_kind.as_str()] {
            let page = ana.fetch(&format!("/users/{bo}/edit?revert={event}")).await;
            assert_eq!((page.code(), page.heading()), (404, "Page not found".to_owned()), "{event}");
            bodies.push(page.text());
        }
        assert_eq!(bodies[0], bodies[1]);
        assert_eq!(ana.fetch(&format!("/users/{ana_id}/edit?revert={own}")).await.code(), 404, "of another person");
        assert_eq!(ana.fetch(&format!("/users/{bo}/edit?revert={own}")).await.code(), 200);
        let mut max = app.person(&mut sam, "Max", "max@acme.example", &["Platform Management Manager"]).await;
        assert_eq!(max.fetch(&format!("/users/{bo}/edit")).await.code(), 200);
        assert_eq!(max.fetch(&format!("/users/{bo}/edit?revert={own}")).await.code(), 403, "may not read the log");
    }

    async fn switches_and_roles_are_reverted_where_the_opposite_is_allowed(app) {
        let mut sam = app.sam().await;
        app.person(&mut sam, "Ana Lima", "ana@acme.example", &[]).await;
        let id = app.id("ana@acme.example").await;
        sam.get(&format!("/users/{id}/disable")).await;
        sam.press("Disable").await;
        let offered = |page: &Page| page.link("Revert this change");
        assert_eq!(offered(sam.get("/audit?action=user.disabled").await), Some(format!("/users/{id}/enable")));
        sam.get(&format!("/users/{id}/enable")).await;
        sam.press("Enable").await;
        assert_eq!(offered(sam.get("/audit?action=user.disabled").await), None, "it is enabled already");
        assert_eq!(offered(sam.get("/audit?action=user.enabled").await), Some(format!("/users/{id}/disable")));
        sam.get("/roles/new").await;
        let form = sam.form("Save").fill("Role name", "Night shift").set("webhooks.webhooks", "view");
        sam.submit(form).await;
        let role = app.pool.texts("SELECT id FROM custom_roles WHERE name = 'Night shift'").await.remove(0);
        sam.get(&format!("/roles/{role}")).await;
        let form = sam.form("Save").fill("Role name", "Day shift").set("webhooks.webhooks", "all");
        sam.submit(form).await;
        let event = latest(app, "role.changed").await;
        let revert = offered(sam.get("/audit?action=role.changed").await).expect("a link");
        assert_eq!(revert, format!("/roles/{role}?revert={event}"));
        sam.get(&revert).await;
        let form = sam.form("Save");
        assert_eq!((form.sends("name"), form.sends("webhooks.webhooks")), (vec!["Night shift".to_owned()], vec!["view".to_owned()]));
        sam.submit(form).await;
        assert_eq!(sam.page.flash(), "The role Night shift was saved.");
        assert_eq!(sam.fetch(&format!("/roles/{role}?revert={}", latest(app, "user.disabled").await)).await.code(), 404);
        app.advance(days(1));
        let mut sam = app.sam().await;
        sam.get(&format!("/users/{id}/delete")).await;
        sam.press("Delete").await;
        for action in ["user.deleted", "user.disabled", "user.enabled"] {
            assert_eq!(offered(sam.get(&format!("/audit?action={action}")).await), None, "{action}: deletion is permanent");
        }
    }
}
