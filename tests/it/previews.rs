//! What a change of roles would do, told before it is made, against what it does; and the reasons that are shown against
//! what the API answers.

use std::collections::{BTreeMap, BTreeSet};

use axum::http::Method;
use rollcall::{
    domain::{
        entropy::{Entropy, Seeded},
        ids::OrganizationId,
        pages::{Level, Page},
        roles::ApplicationRole,
        text::TokenName,
        time::days,
        tokens::{NewToken, Permission},
    },
    flows::tokens::{Outcome, create_from_command_line},
};
use serde_json::Value;

use crate::{
    roles::{make_role, role_id},
    support::{Browser, TestApp, both},
};

/// Reproducible chance.
struct Dice(Seeded);

impl Dice {
    fn below(&self, end: usize) -> usize {
        let mut bytes = [0; 4];
        self.0.fill(&mut bytes);
        usize::try_from(u32::from_le_bytes(bytes)).expect("fits") % end
    }

    fn pick<'a, T>(&self, from: &'a [T]) -> &'a T {
        &from[self.below(from.len())]
    }

    /// Yes, so many times in ten.
    fn says(&self, in_ten: usize) -> bool {
        self.below(10) < in_ten
    }
}

type Levels = BTreeMap<String, Level>;

async fn token(app: &TestApp) -> Browser {
    let acme = app.pool.texts("SELECT id FROM organizations WHERE name = 'Acme'").await.remove(0);
    let acme: OrganizationId = acme.parse().expect("an id");
    let occasion = app.app.occasion();
    let name = TokenName::parse("Reader").expect("name");
    let permissions = Permission::OF_ORGANIZATION.into_iter().collect();
    let new = NewToken { name, permissions, networks: Vec::new(), expires_at: occasion.now.plus(days(30)) };
    let made = create_from_command_line(&app.app, Some(acme), &new, &occasion).await.expect("made");
    let Outcome::Done(secret) = made else { panic!("not made") };
    app.browser().with_header("authorization", &format!("Bearer {}", secret.exposed()))
}

/// What the API says somebody may open.
async fn permissions(api: &mut Browser, user: &str) -> Levels {
    api.send(Method::GET, &format!("/api/v1/users/{user}/permissions"), None, Vec::new()).await;
    assert_eq!(api.page.code(), 200, "{}", api.page.body);
    let answer: Value = serde_json::from_str(&api.page.body).expect("JSON");
    let pages = answer["permissions"].as_array().expect("a list");
    let pair = |one: &Value| {
        let text = |field: &str| one[field].as_str().expect("text").to_owned();
        (text("page"), text("level").parse().expect("a level"))
    };
    pages.iter().map(pair).collect()
}

/// People past the portal: active ones, one invited, one disabled, each with some roles.
async fn crowd(app: &TestApp, dice: &Dice, custom: &[String]) -> Vec<String> {
    let acme = app.pool.texts("SELECT id FROM organizations WHERE name = 'Acme'").await.remove(0);
    let (hash, yes) = if app.is_postgres() { ("'\\x00'::bytea", "TRUE") } else { ("x'00'", "1") };
    let mut ids = Vec::new();
    for number in 0..30 {
        let id = format!("019aa193-1000-7000-8000-{number:012}");
        let (name, email) = (format!("Person {number:02}"), format!("p{number:02}@crowd.example"));
        let state = ["invited", "disabled", "active"][number.min(2)];
        let account_role = dice.pick(&["user", "user", "analyst", "it_admin", "developer", "user_admin"]);
        let hash = hash.replace("00", &format!("{number:064x}"));
        app.pool.run(&format!(
            "INSERT INTO users (id, kind, email, email_key, address_hash, display_name, search_text, created_at, activated_at)
             VALUES ('{id}', 'person', '{email}', '{email}', {hash}, '{name}', '{name}', 1, 1)"
        )).await;
        app.pool.run(&format!(
            "INSERT INTO memberships (organization_id, user_id, kind, account_role, role_override, state, name_key, email_key,
                 created_at, created_by_name, changed_at, changed_by_name, enabled, validated_at)
             VALUES ('{acme}', '{id}', 'person', '{account_role}', '{account_role}', '{state}', '{}', '{email}',
                 1, '', 1, '', {yes}, 1)", name.to_lowercase()
        )).await;
        let mut roles = BTreeSet::new();
        for _ in 0..dice.below(4) {
            roles.insert((dice.pick(ApplicationRole::ALL).key().to_owned(), "NULL".to_owned()));
        }
        for id in custom.iter().filter(|_| dice.says(6)) {
            roles.insert((id.clone(), format!("'{id}'")));
        }
        for (role, own) in roles {
            app.pool.run(&format!("INSERT INTO membership_roles VALUES ('{acme}', '{id}', '{role}', {own})")).await;
        }
        ids.push(id);
    }
    ids
}

fn numbers(page: &crate::support::Page) -> Vec<String> {
    page.all(".effect-counts dd")
}

/// Sentences of a page's preview, made from what was measured.
fn sentences(before: &[Levels], after: &[Levels]) -> BTreeSet<String> {
    let mut counted: BTreeMap<(Page, Level, bool), usize> = BTreeMap::new();
    for (before, after) in before.iter().zip(after) {
        for page in Page::ALL {
            let (was, is) = (before[page.key()], after[page.key()]);
            if was != is {
                *counted.entry((*page, is, is > was)).or_default() += 1;
            }
        }
    }
    let told = counted.into_iter().map(|((page, level, gain), people)| {
        let (who, s) = if people == 1 { ("1 person".to_owned(), "s") } else { (format!("{people} people"), "") };
        match (gain, level) {
            (true, _) => format!("{who} gain{s} {}: {}", page.label(), page.level_label(level)),
            (false, Level::None) => format!("{who} lose{s} {}", page.label()),
            (false, _) => format!("{who} lose{s} {}: down to {}", page.label(), page.level_label(level)),
        }
    });
    told.collect()
}

async fn measured(api: &mut Browser, people: &[String]) -> Vec<Levels> {
    let mut all = Vec::new();
    for person in people {
        all.push(permissions(api, person).await);
    }
    all
}

both! {
    async fn a_preview_is_the_difference_measured_before_and_after(app) {
        let dice = Dice(Seeded::new(7));
        let mut sam = app.sam().await;
        let night = make_role(app, &mut sam, "Night", &[("callback.alerts", "all"), ("callback.widgets", "view")]).await;
        let day = make_role(app, &mut sam, "Day", &[("callback.alerts", "view"), ("callback.exports", "most")]).await;
        let people = crowd(app, &dice, &[night.clone(), day.clone()]).await;
        let mut api = token(app).await;
        let mut before = measured(&mut api, &people).await;
        for round in 0..8 {
            let id = [&night, &day][round % 2];
            sam.get(&format!("/roles/{id}")).await;
            let mut form = sam.form("Save");
            for page in Page::ALL.iter().filter(|_| dice.says(2)) {
                form = form.set(page.key(), dice.pick(page.offered()).key());
            }
            let form = form.set("callback.alerts", ["view", "all"][round / 2 % 2]).set("callback.call_detail", "view");
            let asked = form.clone().set("preview", "yes");
            let events = app.audit_count().await;
            sam.send_form(&asked).await;
            assert_eq!((sam.page.code(), app.audit_count().await), (200, events), "a preview saves nothing");
            let (told, lines) = (numbers(&sam.page), sam.page.all(".effect-lines li"));
            sam.press("Save").await;
            assert_eq!((sam.page.code(), sam.page.path.as_str()), (200, "/roles"), "{}", sam.page.text());
            let after = measured(&mut api, &people).await;
            let holders = app.pool.texts(&format!("SELECT user_id FROM membership_roles WHERE role_id = '{id}'")).await;
            let pairs: Vec<_> = people.iter().zip(before.iter().zip(&after)).filter(|(id, _)| holders.contains(id)).collect();
            let count = |changed: fn(Level, Level) -> bool| {
                pairs.iter().filter(|(_, (was, is))| was.iter().any(|(page, level)| changed(*level, is[page]))).count()
            };
            let (gain, lose) = (count(|was, is| is > was), count(|was, is| is < was));
            let unchanged = pairs.len() - count(|was, is| is != was);
            assert_eq!(told, [gain, lose, unchanged].map(|number| number.to_string()), "round {round}");
            assert_eq!(lines.into_iter().collect::<BTreeSet<_>>(), sentences(&before, &after), "round {round}");
            before = after;
        }
    }

    async fn the_reasons_shown_are_what_the_api_answers(app) {
        let dice = Dice(Seeded::new(11));
        let mut sam = app.sam().await;
        let night = make_role(app, &mut sam, "Night", &[("callback.alerts", "all"), ("workspace.apps", "edit")]).await;
        let people = crowd(app, &dice, &[night]).await;
        let mut api = token(app).await;
        let mut compared = 0;
        for person in &people {
            let answered = permissions(&mut api, person).await;
            sam.get(&format!("/users/{person}")).await;
            let shown = sam.page.table("Effective access");
            assert_eq!(sam.page.columns("Effective access"), ["Application", "Page", "Access", "From"]);
            assert_eq!(shown.len(), Page::COUNT);
            for (row, page) in shown.iter().zip(Page::ALL) {
                let level = answered[page.key()];
                let label = page.level_label(level);
                assert_eq!((row[0].as_str(), row[1].as_str()), (page.application().label(), page.label()));
                assert!(row[2] == label || row[2].starts_with(&format!("{label} (")), "{person} {page} {row:?} {label}");
                assert_eq!(row[3].is_empty(), level == Level::None, "{row:?}");
                compared += 1;
            }
        }
        assert!(compared >= 1_000, "{compared}");
    }

    async fn a_role_is_saved_without_ever_asking_for_a_preview(app) {
        let mut sam = app.sam().await;
        let id = make_role(app, &mut sam, "Night", &[("callback.alerts", "all")]).await;
        sam.get(&format!("/roles/{id}")).await;
        assert_eq!(numbers(&sam.page), ["0", "0", "0"]);
        assert_eq!(sam.form("Save").sends("seen"), [""]);
        sam.forge(&format!("/roles/{id}"), &[("version", "0"), ("name", "Night"), ("callback.alerts", "view")]).await;
        assert_eq!((sam.page.code(), sam.page.location().as_deref()), (303, Some("/roles")));
    }

    async fn a_role_is_not_saved_when_it_would_do_something_else_than_was_shown(app) {
        let mut sam = app.sam().await;
        let id = make_role(app, &mut sam, "Night", &[("callback.alerts", "all"), ("callback.widgets", "all")]).await;
        app.person(&mut sam, "Ana Lima", "ana@acme.example", &["Night"]).await;
        app.person(&mut sam, "Max Manager", "max@acme.example", &["Night", "Callback Manager"]).await;
        app.invite(&mut sam, "ina@acme.example", &["Night"]).await;
        sam.get(&format!("/roles/{id}")).await;
        assert_eq!(numbers(&sam.page), ["0", "0", "3"]);
        let wanted = sam.form("Save").fill("Description", "Kept").set("callback.widgets", "none").set("callback.smart_rules", "all");
        sam.send_form(&wanted.clone().set("preview", "yes")).await;
        assert_eq!((sam.page.code(), sam.page.heading().as_str()), (200, "Night"));
        assert_eq!(numbers(&sam.page), ["1", "1", "2"]);
        assert_eq!(sam.page.all(".effect-lines li"), ["1 person gains Smart Rules: All", "1 person loses Widgets"]);
        assert_eq!(sam.page.all(".effect-person .effect-name"), ["Ana Lima"]);
        assert_eq!(sam.page.all(".effect-person li"), ["Smart Rules: No access to All", "Widgets: All to No access"]);
        let text = sam.page.text();
        assert!(text.contains("1 person keeps All on Widgets, because Callback Manager also gives it."), "{text}");
        assert!(text.contains("1 of them is invited or disabled and can do nothing now."), "{text}");
        assert_eq!(sam.page.link("All 3 people"), Some(format!("/users?role={id}")));
        assert_eq!((sam.page.value("Description"), sam.form("Save").sends("callback.widgets")), ("Kept".to_owned(), vec!["none".to_owned()]));
        let shown = sam.form("Save");
        let mut other = app.sam().await;
        app.person(&mut other, "Bo Berg", "bo@acme.example", &["Night"]).await;
        let events = app.audit_count().await;
        sam.send_form(&shown).await;
        assert_eq!((sam.page.code(), sam.page.heading().as_str(), app.audit_count().await), (409, "Night", events));
        assert!(sam.page.alerts()[0].contains("is not what the preview showed any more. Nothing was saved."), "{:?}", sam.page.alerts());
        assert_eq!(numbers(&sam.page), ["2", "2", "2"], "the fresh preview");
        assert_eq!((sam.page.value("Description"), sam.form("Save").sends("callback.widgets")), ("Kept".to_owned(), vec!["none".to_owned()]));
        let another = shown.set("callback.widgets", "view");
        let fresh = sam.form("Save");
        sam.clone().submit(another).await;
        assert_eq!(app.audit_count().await, events + 1, "an old preview of another choice stands in nobody's way");
        let fresh = fresh.set("version", "1");
        sam.send_form(&fresh).await;
        assert_eq!(sam.page.code(), 409, "the widgets were lowered meanwhile");
        sam.press("Save").await;
        assert_eq!(sam.page.flash(), "The role Night was saved.");
        assert_eq!(role_id(app, "Night").await, id);
    }

    async fn who_may_not_see_people_gets_numbers_without_names(app) {
        let mut sam = app.sam().await;
        let id = make_role(app, &mut sam, "Night", &[("callback.alerts", "all")]).await;
        make_role(app, &mut sam, "Editors", &[("platform.application_roles", "edit")]).await;
        app.person(&mut sam, "Ana Lima", "ana@acme.example", &["Night"]).await;
        let mut editor = app.person(&mut sam, "Ed Editor", "ed@acme.example", &["Editors"]).await;
        editor.get(&format!("/roles/{id}")).await;
        let asked = editor.form("Save").set("callback.alerts", "view").set("preview", "yes");
        editor.send_form(&asked).await;
        assert_eq!(numbers(&editor.page), ["0", "1", "0"]);
        assert!(!editor.page.text().contains("Ana Lima") && editor.page.link("The 1 person who has it").is_none());
        editor.press("Save").await;
        assert_eq!(editor.page.flash(), "The role Night was saved.");
    }

    async fn the_preview_follows_the_choice_alone(app) {
        let mut sam = app.sam().await;
        let id = make_role(app, &mut sam, "Night", &[("callback.alerts", "all")]).await;
        app.person(&mut sam, "Ana Lima", "ana@acme.example", &["Night"]).await;
        sam.get(&format!("/roles/{id}")).await;
        let asked = sam.form("Save").fill("Role name", "").set("callback.alerts", "view").set("preview", "aside");
        sam.set_header("hx-request", "true");
        sam.send_form(&asked).await;
        assert_eq!(sam.page.code(), 200, "what else is wrong is said on saving");
        assert!(sam.page.heading().is_empty() && sam.page.body.trim_start().starts_with("<input type=\"hidden\" name=\"seen\""), "{}", sam.page.body);
        assert_eq!(numbers(&sam.page), ["0", "1", "0"]);
        assert!(!sam.page.body.contains("<form"), "only the aside");
    }

    async fn what_other_roles_would_open_is_shown_before_one_person_gets_them(app) {
        let mut sam = app.sam().await;
        let night = make_role(app, &mut sam, "Night", &[("callback.alerts", "all"), ("handoff.block_list", "view")]).await;
        app.person(&mut sam, "Ana Lima", "ana@acme.example", &["Callback Viewer"]).await;
        let ana = app.id("ana@acme.example").await;
        let rows = |sam: &Browser, class: &str| sam.page.all(&format!(".access-{class} .access-page"));
        sam.get(&format!("/users/{ana}/edit")).await;
        assert_eq!((rows(&sam, "gain").len(), rows(&sam, "loss").len(), sam.form("Save").sends("seen")), (0, 0, vec![String::new()]));
        let wanted = sam.form("Save").fill("Name", "Ana L.").untick("Callback Viewer").choose("Night");
        let events = app.audit_count().await;
        sam.send_form(&wanted.clone().set("preview", "yes")).await;
        assert_eq!((sam.page.code(), sam.page.heading().as_str(), app.audit_count().await), (200, "Edit User", events));
        assert_eq!(rows(&sam, "gain"), ["Alerts", "Block List"]);
        assert_eq!(rows(&sam, "loss").len(), 6, "{:?}", rows(&sam, "loss"));
        assert!(sam.page.all(".access-gain .access-from").contains(&"Night, if you save".to_owned()));
        assert_eq!(sam.page.value("Name"), "Ana L.", "kept as typed");
        let shown = sam.form("Save");
        assert_eq!(shown.sends("role"), std::slice::from_ref(&night));
        let mut other = app.sam().await;
        other.get(&format!("/roles/{night}")).await;
        let form = other.form("Save").set("webhooks.webhooks", "all");
        other.submit(form).await;
        let events = app.audit_count().await;
        sam.send_form(&shown).await;
        assert_eq!((sam.page.code(), sam.page.heading().as_str(), app.audit_count().await), (409, "Edit User", events));
        assert!(sam.page.alerts()[0].contains("is not what the preview showed any more"), "{:?}", sam.page.alerts());
        assert_eq!((sam.page.value("Name"), rows(&sam, "gain")), ("Ana L.".to_owned(), vec!["Alerts".to_owned(), "Block List".to_owned(), "Webhooks".to_owned()]));
        sam.press("Save").await;
        assert_eq!(sam.page.flash(), "The changes to Ana L. were saved.");
        sam.get(&format!("/users/{ana}/edit")).await;
        let aside = sam.form("Save").choose("Webhooks Administrator").set("preview", "aside");
        let mut live = sam.clone();
        live.set_header("hx-request", "true");
        live.send_form(&aside).await;
        assert!(live.page.code() == 200 && live.page.heading().is_empty() && live.page.body.contains("What Ana L. can do"));
    }

    async fn which_roles_would_give_more_is_told(app) {
        let mut sam = app.sam().await;
        make_role(app, &mut sam, "Units", &[("callback.business_units", "view")]).await;
        let mut ana = app.person(&mut sam, "Ana Lima", "ana@acme.example", &["Callback Viewer"]).await;
        app.invite(&mut sam, "ina@acme.example", &["Callback Viewer"]).await;
        let id = app.id("ana@acme.example").await;
        let line = |page: &crate::support::Page, of: &str| {
            let lines = page.all(".access-more > ul > li");
            lines.into_iter().find(|line| line.starts_with(of)).unwrap_or_else(|| panic!("no {of}"))
        };
        sam.get(&format!("/users/{id}")).await;
        for page in [sam.page.clone(), ana.get("/account").await.clone()] {
            assert_eq!(line(&page, "Callback: Business Units"), "Callback: Business Units Units gives View only Callback Administrator gives All");
            assert_eq!(line(&page, "Callback: Exports"), "Callback: Exports Callback Manager gives All");
            assert_eq!(line(&page, "Workspace: Actions"), "Workspace: Actions and apps Developer as the account role gives All");
            assert!(!page.all(".access-more > ul > li").iter().any(|line| line.starts_with("Callback: Call Detail")));
        }
        let ina = app.id("ina@acme.example").await;
        sam.get(&format!("/users/{ina}")).await;
        assert_eq!(line(&sam.page, "Callback: Call Detail"), "Callback: Call Detail The roles give All once the membership is active");
        sam.get(&format!("/users/{id}/edit")).await;
        assert!(sam.page.text().contains("Which roles would give more on Business Units?"), "{}", sam.page.text());
    }

    async fn a_refused_edit_keeps_the_pages_own_heading(app) {
        let mut mia = app.member("Mia Manager", "mia@acme.example", &["Platform Management Manager"]).await;
        let sam = app.id(crate::support::SAM).await;
        let message = "You cannot edit Sam Super: they have more access than you.";
        mia.fetch(&format!("/users/{sam}/edit")).await;
        let told = |mia: &Browser| (mia.page.code(), mia.page.heading(), mia.page.title(), mia.page.alerts());
        let expected = (409, "Edit User".to_owned(), "Error: Edit User - Rollcall".to_owned(), vec![message.to_owned()]);
        assert_eq!(told(&mia), expected);
        mia.get("/users").await;
        mia.forge(&format!("/users/{sam}/edit"), &[("version", "1"), ("name", "Sammy")]).await;
        assert_eq!(told(&mia), expected);
        mia.set_header("hx-request", "true");
        mia.fetch(&format!("/users/{sam}/edit")).await;
        assert_eq!((mia.page.code(), mia.page.first("#dialog-title").as_deref()), (409, Some("Edit User")));
    }
}
