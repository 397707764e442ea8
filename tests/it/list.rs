//! User Management: the list, its filters and pages, the export, the page of one person (portal contract 1.8).

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use rollcall::domain::time::{days, minutes};

use crate::support::{Browser, Page, SAM, TestApp, both};

fn names(page: &Page) -> Vec<String> {
    page.all("tbody .person-name")
}

fn showing(page: &Page) -> String {
    page.statuses().into_iter().find(|status| status.starts_with("Showing")).unwrap_or_default()
}

async fn list(browser: &mut Browser, query: &str) -> Page {
    browser.get(&format!("/users?{query}")).await.clone()
}

/// Invites many at once: "p00@acme.example" and so on.
async fn crowd(app: &TestApp, by: &mut Browser, count: usize) {
    for first in (0..count).step_by(100) {
        let addresses: Vec<String> =
            (first..count.min(first + 100)).map(|number| format!("p{number:03}@acme.example")).collect();
        let page = app.invite(by, &addresses.join(","), &[]).await;
        assert_eq!(page.heading(), "Invitation results", "{}", page.text());
    }
}

both! {
    async fn the_page_has_the_controls_of_the_contract(app) {
        let mut sam = app.sam().await;
        let page = sam.get("/users").await;
        assert_eq!((page.heading().as_str(), page.title().as_str()), ("User Management", "User Management - Rollcall"));
        assert_eq!(page.link("Invite Users").as_deref(), Some("/users/invite"));
        assert_eq!(page.link("Export CSV").as_deref(), Some("/users/export.csv"));
        assert_eq!(page.attribute("form[role=search]", "aria-label").as_deref(), Some("Filter users"));
        for label in ["Search", "Role", "MFA", "Last login", "Type", "Per page"] {
            assert!(page.has_field(label), "{label}");
        }
        assert_eq!(page.all("nav[aria-label=Status] a"),
            ["All 1", "Active 1", "Invited 0", "Invitation expired 0", "Disabled 0", "Locked 0"]);
        assert_eq!(page.all("nav[aria-label=Status] a[aria-current=page]"), ["All 1"]);
        assert_eq!(page.all("#f-mfa option"), ["All", "On", "Not set up"]);
        assert_eq!(page.all("#f-last-login option"), ["Any time", "Over 30 days ago", "Over 90 days ago", "Never"]);
        assert_eq!(page.all("#f-type option"), ["People", "Service accounts", "All"]);
        assert_eq!(page.all("#f-per-page option"), ["25", "50", "100"]);
        assert!(page.buttons().contains(&"Apply filters".to_owned()));
        assert_eq!(page.link("Clear filters").as_deref(), Some("/users"));
        let columns = page.columns("Users").join("|");
        assert!(columns.ends_with("Roles|Status|MFA|Last login|Actions") && columns.contains("Name"), "{columns}");
        assert_eq!(page.attribute("th.col-person", "aria-sort").as_deref(), Some("ascending"));
        assert_eq!(showing(page), "Showing 1-1 of 1 user");
        let roles = page.all("#f-role option");
        for role in ["All", "User", "Administrator", "Analyst", "Callback Manager", "Platform Management Viewer"] {
            assert!(roles.contains(&role.to_owned()), "{role} in {roles:?}");
        }
    }

    async fn a_row_shows_what_is_known(app) {
        let mut sam = app.sam().await;
        app.member("Ana Lima", "ana@acme.example", &["Callback Manager", "Analyst"]).await;
        app.invite(&mut sam, "new@acme.example", &[]).await;
        let page = list(&mut sam, "").await;
        let ana = page.row("Users", "Ana Lima");
        assert!(ana.iter().any(|cell| cell == "Ana Lima ana@acme.example" || cell == "Ana Limaana@acme.example"), "{ana:?}");
        assert!(ana.iter().any(|cell| cell.contains("Analyst") && cell.contains(", ") && cell.contains("Callback Manager")), "{ana:?}");
        assert!(ana.contains(&"Active".to_owned()) && ana.contains(&"Off".to_owned()), "{ana:?}");
        assert!(ana.contains(&app.now().to_string()), "{ana:?}");
        let new = page.row("Users", "new@acme.example");
        assert!(new.contains(&"User".to_owned()) && new.contains(&"Invited".to_owned()), "{new:?}");
        assert!(new.contains(&"Never".to_owned()), "{new:?}");
        assert_eq!(page.link("new@acme.example"), Some(format!("/users/{}", app.id("new@acme.example").await)));
        for (person, actions) in [
            ("Ana Lima", &["Edit Ana Lima", "Delete Ana Lima"][..]),
            ("new@acme.example", &["Edit new@acme.example", "Resend invitation to new@acme.example",
                "Cancel invitation for new@acme.example", "Delete new@acme.example"][..]),
            ("Sam Super", &["Edit Sam Super"][..]),
        ] {
            let links: Vec<String> = page.links().into_iter()
                .filter(|link| link.ends_with(person) && link != person).collect();
            assert_eq!(links, actions);
        }
    }

    async fn the_search_takes_every_sign_literally(app) {
        let mut sam = app.sam().await;
        for (name, email) in [("Ana Lima", "ana@acme.example"), ("100% Wool", "wool@acme.example"),
            ("a_b Under", "under@acme.example"), ("Zoë Ångström", "zoe@acme.example"), ("Back\\slash", "back@acme.example"),
            ("O'Neil \"Q\"", "oneil@acme.example")] {
            app.person(&mut sam, name, email, &[]).await;
        }
        for (search, found) in [
            ("ana", vec!["Ana Lima"]), ("LIMA", vec!["Ana Lima"]), ("WOOL@ACME", vec!["100% Wool"]),
            ("%", vec!["100% Wool"]), ("0%", vec!["100% Wool"]), ("100% w", vec!["100% Wool"]), ("_", vec!["a_b Under"]),
            ("a_b u", vec!["a_b Under"]), ("zoë", vec!["Zoë Ångström"]), ("ZOË ÅNG", vec!["Zoë Ångström"]),
            ("\\", vec!["Back\\slash"]), ("k\\sl", vec!["Back\\slash"]), ("'", vec!["O'Neil \"Q\""]),
            ("\"q\"", vec!["O'Neil \"Q\""]), ("il \"", vec!["O'Neil \"Q\""]), ("*", vec![]), ("a*a", vec![]),
            ("nobody", vec![]), ("%%%", vec![]), ("___", vec![]), ("' OR 1=1 --", vec![]), ("OR AND", vec![]),
        ] {
            let query = url::form_urlencoded::Serializer::new(String::new()).append_pair("q", search).finish();
            let page = list(&mut sam, &query).await;
            assert_eq!(names(&page), found, "{search:?}");
            if found.is_empty() {
                assert!(page.statuses().contains(&"No users match these filters.".to_owned()), "{:?}", page.statuses());
            } else {
                assert_eq!(showing(&page), "Showing 1-1 of 1 user", "{search:?}");
            }
            assert_eq!(page.value("Search"), search);
        }
    }

    async fn filters_narrow_and_combine(app) {
        let mut sam = app.sam().await;
        app.person(&mut sam, "Ana Active", "ana@acme.example", &["Analyst"]).await;
        app.person(&mut sam, "Dora Disabled", "dora@acme.example", &["Callback Viewer"]).await;
        let dora = app.id("dora@acme.example").await;
        sam.get(&format!("/users/{dora}/disable")).await;
        sam.press("Disable").await;
        app.invite(&mut sam, "old@acme.example", &["Callback Viewer"]).await;
        app.advance(minutes(10));
        app.browser().log_in("ana@acme.example", "wrong password!").await;
        app.browser().log_in("ana@acme.example", "wrong password!").await;
        for (query, found) in [
            ("status=active", vec!["Ana Active", "Sam Super"]),
            ("status=invited", vec!["old@acme.example"]),
            ("status=expired", vec![]),
            ("status=disabled", vec!["Dora Disabled"]),
            ("status=locked", vec!["Ana Active"]),
            ("role=analyst", vec!["Ana Active"]),
            ("role=callback:viewer", vec!["Dora Disabled", "old@acme.example"]),
            ("role=callback:viewer&status=invited", vec!["old@acme.example"]),
            ("role=callback:viewer&q=dora", vec!["Dora Disabled"]),
            ("last_login=never", vec!["old@acme.example"]),
            ("last_login=30", vec![]),
            ("mfa=on", vec![]),
            ("mfa=not_set_up&status=active", vec!["Ana Active", "Sam Super"]),
            ("type=service", vec![]),
            ("type=all&status=disabled", vec!["Dora Disabled"]),
            ("status=locked&q=sam", vec![]),
        ] {
            let page = list(&mut sam, query).await;
            assert_eq!(names(&page), found, "{query}");
            let people = if found.len() == 1 { "user" } else { "users" };
            let expected = if found.is_empty() { String::new() } else { format!("Showing 1-{0} of {0} {people}", found.len()) };
            assert_eq!(showing(&page), expected, "{query}");
        }
        let page = list(&mut sam, "status=locked").await;
        assert!(page.row("Users", "Ana Active").iter().any(|cell| cell.contains("Active") && cell.contains("Locked until 2025-11-20 14:45 UTC")));
        assert_eq!(page.all("nav[aria-label=Status] a"),
            ["All 4", "Active 2", "Invited 1", "Invitation expired 0", "Disabled 1", "Locked 1"]);
        app.advance(days(7));
        let mut sam = app.sam().await;
        assert_eq!(names(&list(&mut sam, "status=expired").await), ["old@acme.example"]);
        assert_eq!(names(&list(&mut sam, "status=locked").await), Vec::<String>::new());
        app.advance(days(31));
        let mut sam = app.sam().await;
        assert_eq!(names(&list(&mut sam, "last_login=30").await), ["Ana Active", "Dora Disabled"]);
        assert_eq!(names(&list(&mut sam, "last_login=90").await), Vec::<String>::new());
        app.advance(days(60));
        let mut sam = app.sam().await;
        assert_eq!(names(&list(&mut sam, "last_login=90").await), ["Ana Active", "Dora Disabled"]);
    }

    async fn bad_values_are_ignored(app) {
        let mut sam = app.sam().await;
        let usual = names(&list(&mut sam, "").await);
        for query in ["status=nonsense", "role=nonsense", "mfa=2", "last_login=x", "type=x", "per_page=7", "per_page=-1",
            "per_page=99999999999999999999", "sort=password", "sort=-", "at=!!!", "at=e30", "at=bnVsbA", "q=%00", "q=%ff", "q=%",
            "status=active&status=invited", "unknown=1", "at=eyJrIjoxLCJpIjoieCIsIm4iOjB9"] {
            let page = list(&mut sam, query).await;
            assert_eq!(page.code(), 200, "{query}");
            if !query.starts_with("q=") {
                assert_eq!(names(&page), usual, "{query}");
            }
        }
    }

    async fn sorting_goes_both_ways_by_four_columns(app) {
        let mut sam = app.sam().await;
        app.person(&mut sam, "Zoe First", "a@acme.example", &[]).await;
        app.advance(minutes(5));
        app.person(&mut sam, "anna last", "z@acme.example", &[]).await;
        app.invite(&mut sam, "m@acme.example", &[]).await;
        for (query, order) in [
            ("", ["anna last", "m@acme.example", "Sam Super", "Zoe First"]),
            ("sort=-name", ["Zoe First", "Sam Super", "m@acme.example", "anna last"]),
            ("sort=email", ["Zoe First", "m@acme.example", "Sam Super", "anna last"]),
            ("sort=-email", ["anna last", "Sam Super", "m@acme.example", "Zoe First"]),
            ("sort=status", ["anna last", "Sam Super", "Zoe First", "m@acme.example"]),
        ] {
            assert_eq!(names(&list(&mut sam, query).await), order, "{query}");
        }
        let by_login = names(&list(&mut sam, "sort=last_login").await);
        assert_eq!((by_login[0].as_str(), by_login[3].as_str()), ("m@acme.example", "anna last"), "never comes first");
        let page = list(&mut sam, "sort=email").await;
        assert_eq!(page.attribute("th.col-person", "aria-sort").as_deref(), Some("ascending"));
        assert_eq!(page.link("Email").as_deref(), Some("/users?sort=-email"));
        assert_eq!(page.link("Name").as_deref(), Some("/users"));
        let page = list(&mut sam, "sort=-last_login").await;
        assert_eq!(page.attribute("th.col-last", "aria-sort").as_deref(), Some("descending"));
    }

    async fn pages_lead_forward_and_back_without_a_gap(app) {
        let mut sam = app.sam().await;
        crowd(app, &mut sam, 60).await;
        for sort in ["name", "-name", "email", "-email", "status", "-status", "last_login", "-last_login"] {
            let (mut seen, mut shown) = (Vec::new(), Vec::new());
            sam.get(&format!("/users?sort={sort}&per_page=25")).await;
            loop {
                seen.extend(names(&sam.page));
                shown.push((showing(&sam.page), names(&sam.page)));
                match sam.page.link("Next page") {
                    Some(next) => sam.get(&next).await,
                    None => break,
                };
            }
            let counts: Vec<&str> = shown.iter().map(|(text, _)| text.as_str()).collect();
            assert_eq!(counts, ["Showing 1-25 of 61 users", "Showing 26-50 of 61 users", "Showing 51-61 of 61 users"], "{sort}");
            let mut different = seen.clone();
            different.sort();
            different.dedup();
            assert_eq!((seen.len(), different.len()), (61, 61), "{sort}");
            for expected in shown.iter().rev().skip(1) {
                let back = sam.page.link("Previous page").expect("a way back");
                sam.get(&back).await;
                assert_eq!((showing(&sam.page), names(&sam.page)), *expected, "{sort} back");
            }
            assert_eq!(sam.page.link("Previous page"), None, "{sort}: the first page");
        }
    }

    async fn filters_stay_while_paging_and_sorting(app) {
        let mut sam = app.sam().await;
        crowd(app, &mut sam, 40).await;
        sam.get("/users?q=p0&status=invited&per_page=25").await;
        assert_eq!(showing(&sam.page), "Showing 1-25 of 40 users");
        let next = sam.page.link("Next page").expect("more");
        sam.get(&next).await;
        assert_eq!(showing(&sam.page), "Showing 26-40 of 40 users");
        assert_eq!(sam.page.value("Search"), "p0");
        assert_eq!(sam.page.all("nav[aria-label=Status] a[aria-current=page]"), ["Invited 40"]);
        let sorted = sam.page.link("Email").expect("a sort link");
        assert!(sorted.contains("q=p0") && sorted.contains("status=invited") && !sorted.contains("at="), "{sorted}");
    }

    async fn rows_per_page_are_remembered_with_the_account(app) {
        let mut sam = app.sam().await;
        crowd(app, &mut sam, 60).await;
        assert_eq!(showing(&list(&mut sam, "").await), "Showing 1-25 of 61 users");
        let form = sam.form("Apply filters").choose("Per page: 50");
        sam.submit(form).await;
        assert_eq!(showing(&sam.page), "Showing 1-50 of 61 users");
        assert_eq!(showing(&list(&mut sam, "").await), "Showing 1-50 of 61 users", "remembered");
        let mut elsewhere = app.sam().await;
        assert_eq!(showing(&list(&mut elsewhere, "").await), "Showing 1-50 of 61 users", "in every browser");
        let mut other = app.member("Vera Viewer", "vera@acme.example", &["Platform Management Viewer"]).await;
        assert_eq!(showing(&list(&mut other, "").await), "Showing 1-25 of 62 users", "not for others");
        assert_eq!(showing(&list(&mut sam, "per_page=1000").await), "Showing 1-50 of 62 users");
    }

    async fn a_part_of_the_page_answers_htmx(app) {
        let mut sam = app.sam().await.with_header("hx-request", "true");
        let page = list(&mut sam, "q=sam").await;
        assert_eq!(page.code(), 200);
        assert!(!page.body.contains("<html") && page.body.contains("id=\"results\""));
        assert!(page.header("vary").expect("vary").to_lowercase().contains("hx-request"));
    }

    async fn a_page_without_parts_answers_htmx_whole(app) {
        let mut sam = app.sam().await.with_header("hx-request", "true");
        for path in ["/roles", "/roles/new", "/organizations", "/tokens", "/tokens/new", "/account"] {
            let page = sam.get(path).await;
            assert_eq!((page.code(), page.all("h1").len()), (200, 1), "{path}: {}", page.body);
        }
    }

    async fn a_forged_place_in_the_list_moves_no_numbers_past_the_total(app) {
        let mut sam = app.sam().await;
        crowd(app, &mut sam, 30).await;
        for (rows, shown) in [(31, "Showing 7-31 of 31 users"), (u64::MAX, "Showing 1-25 of 31 users")] {
            let cursor = format!(r#"{{"k":"","i":"","n":{rows}}}"#);
            let at = URL_SAFE_NO_PAD.encode(cursor);
            assert_eq!(showing(&list(&mut sam, &format!("at={at}")).await), shown);
        }
    }

    async fn limits_show_the_seats(app) {
        app.pool.run("UPDATE organizations SET user_limit = 10").await;
        let mut sam = app.sam().await;
        assert!(list(&mut sam, "").await.text().contains("1 of 10 users"));
    }

    async fn viewers_see_and_cannot_touch(app) {
        let mut vera = app.member("Vera Viewer", "vera@acme.example", &["Platform Management Viewer"]).await;
        let page = list(&mut vera, "").await;
        assert_eq!(names(&page).len(), 2);
        let links = page.links().join("|");
        for word in ["Invite Users", "Edit ", "Delete ", "Resend", "Cancel invitation"] {
            assert!(!links.contains(word), "{word} in {links}");
        }
        assert!(links.contains("Export CSV"));
    }

    async fn the_export_is_the_filtered_list_made_harmless(app) {
        let mut sam = app.sam().await;
        let cruel = ["=cmd|' /C calc'!A0", "+1", "-1", "@x", "\u{ff1d}1+1", "Comma, \"Quote\"", "Plain"];
        for (number, name) in cruel.iter().enumerate() {
            app.person(&mut sam, name, &format!("x{number}@acme.example"), &["Callback Manager", "Callback Viewer"]).await;
        }
        app.invite(&mut sam, "invited@acme.example", &[]).await;
        let before = app.audit_count().await;
        let page = sam.fetch("/users/export.csv").await.clone();
        assert_eq!(page.header("content-type"), Some("text/csv; charset=utf-8"));
        assert_eq!(page.header("content-disposition"), Some("attachment; filename=\"users-2025-11-20.csv\""));
        assert_eq!(page.header("x-content-type-options"), Some("nosniff"));
        assert!(page.body.contains("\"Comma, \"\"Quote\"\"\""), "{}", page.body);
        assert!(page.body.lines().all(|line| !line.is_empty()) && page.body.matches("\r\n").count() == 10);
        let mut reader = csv::Reader::from_reader(page.body.as_bytes());
        let rows: Vec<csv::StringRecord> = reader.records().map(|row| row.expect("a row")).collect();
        assert_eq!(rows.len(), 9);
        for row in &rows {
            for cell in row {
                assert!(!cell.starts_with(['=', '+', '-', '@', '\u{ff1d}']), "{cell}");
            }
        }
        let find = |email: &str| rows.iter().find(|row| &row[1] == email).expect("a row");
        assert_eq!(&find("x0@acme.example")[0], "'=cmd|' /C calc'!A0");
        assert_eq!(&find("x6@acme.example")[0], "Plain");
        let roles: Vec<&str> = find("x6@acme.example")[3].split(", ").collect();
        assert!(roles.len() == 2 && roles.contains(&"Callback Manager") && roles.contains(&"Callback Viewer"), "{roles:?}");
        assert_eq!((&find("invited@acme.example")[2], &find("invited@acme.example")[5]), ("Invited", "Never"));
        assert_eq!(app.audit_count().await, before + 1);
        assert!(app.audit().await.contains(&"users.exported Acme".to_owned()));
        let filtered = sam.fetch("/users/export.csv?status=invited&q=inv").await.clone();
        assert_eq!(filtered.body.lines().count(), 2);
    }

    async fn the_page_of_a_person_tells_all(app) {
        let mut sam = app.sam().await;
        app.advance(minutes(3));
        app.person(&mut sam, "Ana Lima", "ana@acme.example", &["Callback Manager", "Platform Management Viewer"]).await;
        let id = app.id("ana@acme.example").await;
        let page = sam.get(&format!("/users/{id}")).await;
        assert_eq!((page.heading().as_str(), page.title().as_str()), ("Ana Lima", "Ana Lima - Rollcall"));
        assert_eq!(page.fact("Email"), "ana@acme.example");
        assert_eq!(page.fact("Status"), "Active");
        assert_eq!(page.fact("MFA"), "Off");
        assert_eq!(page.fact("Last login"), "2025-11-20 14:08 UTC");
        assert_eq!(page.fact("Member since"), "2025-11-20 14:08 UTC");
        assert_eq!(page.fact("Created by"), "Sam Super");
        assert!(page.fact("Last changed").contains("Ana Lima") && page.fact("Last changed").contains("14:08"));
        assert_eq!(page.fact("Version"), app.version("Acme", "ana@acme.example").await.to_string());
        let headings = page.all("h2");
        for section in ["Roles", "Effective access", "Sessions", "Recent logins"] {
            assert!(headings.contains(&section.to_owned()), "{section} in {headings:?}");
        }
        assert_eq!(page.columns("Effective access"), ["Application", "Page", "Access", "From"]);
        let access = page.table("Effective access");
        assert_eq!(access.len(), 35, "27 pages and the 8 of Workspace");
        let exports = access.iter().find(|row| row[1] == "Exports").expect("a row");
        assert_eq!(exports[..], ["Callback", "Exports", "All", "Callback Manager"]);
        let users = access.iter().find(|row| row[1] == "User Management").expect("a row");
        assert_eq!(users[2..], ["View only", "Platform Management Viewer"]);
        let units = access.iter().find(|row| row[1] == "Business Units").expect("a row");
        assert_eq!(units[2..], ["No access", ""]);
        for link in ["Edit", "Delete", "Disable", "Disable everywhere", "End all sessions"] {
            assert!(page.link(link).is_some(), "{link} in {:?}", page.links());
        }
        assert!(page.link("Enable").is_none() && page.link("Enable everywhere").is_none());
        assert!(page.text().contains("198.51.100.7"), "session and login address");
    }

    async fn a_viewer_sees_no_sessions_and_no_doors(app) {
        app.member("Ana Lima", "ana@acme.example", &[]).await;
        let mut vera = app.member("Vera Viewer", "vera@acme.example", &["Platform Management Viewer"]).await;
        let page = vera.get(&format!("/users/{}", app.id("ana@acme.example").await)).await;
        assert!(!page.all("h2").contains(&"Sessions".to_owned()));
        for link in ["Edit", "Delete", "Disable", "Enable", "Disable everywhere", "End all sessions"] {
            assert!(page.link(link).is_none(), "{link}");
        }
    }

    async fn stored_markup_is_only_text(app) {
        let evil = "<img src=x onerror=alert(1)><script>x</script>\"'";
        let mut sam = app.sam().await;
        app.person(&mut sam, evil, "evil@acme.example", &[]).await;
        let id = app.id("evil@acme.example").await;
        for path in ["/users".to_owned(), format!("/users/{id}"), format!("/users/{id}/edit"), format!("/users/{id}/delete"),
            format!("/users/{id}/disable"), "/users?q=%3Cscript%3Ealert(1)%3C/script%3E".to_owned()] {
            let page = sam.get(&path).await;
            assert_eq!(page.code(), 200, "{path}");
            assert!(page.all("img").is_empty() && page.all("script:not([src])").is_empty(), "{path}");
            assert!(page.html().select(&scraper::Selector::parse("[onerror]").expect("css")).next().is_none(), "{path}");
        }
        assert_eq!(names(&list(&mut sam, "q=evil").await), [evil]);
        assert!(app.id(SAM).await.len() == 36);
    }
}
