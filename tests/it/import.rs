//! Importing people from a file, on the page and on the command line: the same rules as the form of Invite Users,
//! row by row (product contract 8.36, operations contract 2, security contract S64, S72, S88).

use std::{fmt::Write, process::Command};

use axum::http::Method;
use rollcall::{
    domain::{import::read_file, jobs::JobMark, organizations::NewOrganization, text::OrganizationName},
    flows::{Caller, Door, import, invite::InviteOutcome, jobs},
};

use crate::support::{Browser, Page, TestApp, both};

const CHECK: &str = "Check import";
const RESULTS: &str = "Import results";
const KIND: &str = "multipart/form-data; boundary=limit";

fn organization(name: &str) -> NewOrganization {
    NewOrganization::named(OrganizationName::parse(name).expect("name"))
}

fn part(name: &str, file: bool, content: &[u8]) -> Vec<u8> {
    let file = if file { "; filename=\"people.csv\"\r\nContent-Type: text/csv" } else { "" };
    let head = format!("--limit\r\nContent-Disposition: form-data; name=\"{name}\"{file}\r\n\r\n");
    [head.as_bytes(), content, b"\r\n"].concat()
}

/// Chooses a file and presses "Check".
async fn upload<'a>(by: &'a mut Browser, content: &[u8]) -> &'a Page {
    by.get("/users/import").await;
    let token = by.page.csrf();
    let body = [part("csrf", false, token.as_bytes()), part("file", true, content), b"--limit--\r\n".to_vec()].concat();
    by.send(Method::POST, "/users/import", Some(KIND), body).await;
    by.follow().await
}

fn results(page: &Page, name: &str) -> Vec<String> {
    page.table(name).iter().map(|row| row.last().cloned().unwrap_or_default()).collect()
}

async fn here(app: &TestApp) -> (i64, i64) {
    (app.pool.number("SELECT count(*) FROM memberships").await, app.audit_count().await)
}

/// What the command line does, in an organization.
async fn run(app: &TestApp, name: &str, text: &str, dry: bool) -> (Vec<InviteOutcome>, Option<String>) {
    let id = app.pool.texts(&format!("SELECT id FROM organizations WHERE name = '{name}'")).await.remove(0);
    let caller =
        Caller { door: Door::Owner, organization: Some(id.parse().expect("id")), occasion: app.app.occasion() };
    let rows = read_file(text.as_bytes()).expect("rows");
    if dry {
        let foreseen = import::foresee(&app.app, &caller, &rows).await.expect("foreseen");
        return (foreseen.outcomes, foreseen.refusal.map(|refusal| refusal.to_string()));
    }
    let mut outcomes = Vec::new();
    let mut tell = |_: &_, outcome: &InviteOutcome| outcomes.push(outcome.clone());
    let refusal = import::carry_out(&app.app, &caller, &rows, &mut tell).await.expect("carried out");
    (outcomes, refusal.map(|refusal| refusal.to_string()))
}

fn texts(outcomes: &[InviteOutcome]) -> Vec<String> {
    outcomes.iter().map(|outcome| outcome.text().into_owned()).collect()
}

both! {
    async fn a_file_is_checked_shown_and_carried_out(app) {
        app.member("Ana Lima", "ana@acme.example", &[]).await;
        let mut sam = app.sam().await;
        app.invite(&mut sam, "ivo@acme.example", &[]).await;
        let page = sam.get("/users").await;
        assert_eq!(page.link("Import CSV").as_deref(), Some("/users/import"));
        let page = sam.get("/users/import").await;
        assert_eq!((page.heading().as_str(), page.title().as_str()), ("Import CSV", "Import CSV - Rollcall"));
        assert!(page.has_field("CSV file") && page.link("Cancel").as_deref() == Some("/users"));
        let before = here(app).await;
        let file = "email,name,roles\r\nBo@acme.example,\"Berg, Bo\",callback MANAGER;ANALYST\r\nana@acme.example,,\r\n\
            ivo@acme.example,,\r\nbad@,,\r\ncy@acme.example,Cy,Callback King\r\ndee@acme.example,Dee,server_administrator\r\n\
            bo@ACME.example,,\r\neve@acme.example,,callback:viewer;\r\nfay@acme.example,Fay\r\n";
        let page = upload(&mut sam, file.as_bytes()).await.clone();
        assert_eq!((page.code(), page.heading().as_str()), (200, CHECK), "{}", page.text());
        assert_eq!(page.statuses(), ["2 will be invited, 7 will not."]);
        assert_eq!(page.columns(CHECK), ["Line", "Email", "Name", "Roles", "Result"]);
        assert_eq!(page.table(CHECK)[0], ["2", "Bo@acme.example", "Berg, Bo", "callback MANAGER;ANALYST", "Invited"]);
        let foreseen = results(&page, CHECK);
        assert_eq!(foreseen, [
            "Invited",
            "Already a member",
            "Already invited Use Resend on User Management.",
            "Not a valid email address",
            "There is no role Callback King.",
            "You cannot assign Server Administrator: it gives more access than you have.",
            "The same address as on line 2.",
            "Invited",
            "3 columns are needed, this row has 2.",
        ]);
        assert_eq!(here(app).await, before, "a check changes nothing");
        let form = sam.form("Import");
        sam.submit(form.clone()).await;
        assert_eq!(sam.page.heading(), RESULTS);
        assert_eq!(sam.page.statuses(), ["2 invited, 7 not invited."]);
        assert_eq!(results(&sam.page, RESULTS), foreseen, "exactly what was foreseen");
        assert_eq!(here(app).await, (before.0 + 2, before.1 + 2), "one event for each");
        sam.submit(form).await;
        assert_eq!((here(app).await, sam.page.heading().as_str()), ((before.0 + 2, before.1 + 2), RESULTS), "twice is once");
        let mail = app.mail("bo@acme.example").await;
        assert!(mail.text.contains("Sam Super") && mail.text.contains("Callback Manager") && mail.text.contains("Analyst"));
        assert!(mail.temporary_password().is_some());
        assert!(sam.get("/users").await.row("Users", "Berg, Bo").iter().any(|cell| cell.contains("Callback Manager")));

        let page = upload(&mut sam, file.as_bytes()).await.clone();
        assert_eq!(page.statuses(), ["Nobody would be invited."]);
        assert!(!page.buttons().contains(&"Import".to_owned()) && page.link("Choose another file").is_some());
        assert_eq!(results(&page, CHECK)[0], "Already invited Use Resend on User Management.");
    }

    async fn a_file_that_cannot_be_used_is_refused(app) {
        let mut sam = app.sam().await;
        let before = here(app).await;
        for (file, message) in [
            (&b""[..], "Choose a CSV file."),
            (b"email;name;roles\nana@acme.example;;", "The first line must be email,name,roles."),
            (b"email,name,roles\nana@acme.example,J\xf6rg,", "Save the file as CSV with the encoding UTF-8."),
            (b"email,name,roles\n", "The file has no rows."),
        ] {
            let page = upload(&mut sam, file).await;
            assert_eq!((page.code(), page.title().as_str()), (422, "Error: Import CSV - Rollcall"));
            assert_eq!((page.alerts(), page.field_errors("CSV file")), (vec![message.to_owned()], vec![message.to_owned()]));
        }
        assert_eq!(here(app).await, before);
        assert_eq!(app.pool.number("SELECT count(*) FROM jobs").await, 0);
    }

    async fn the_form_keeps_the_walls_of_every_form(app) {
        let mut sam = app.sam().await;
        sam.get("/users/import").await;
        let token = sam.page.csrf();
        let file = part("file", true, b"email,name,roles\nana@acme.example,,\n");
        let end = b"--limit--\r\n".to_vec();
        let whole = |token: &str| [part("csrf", false, token.as_bytes()), file.clone(), end.clone()].concat();
        let heading = async |by: &mut Browser, kind: &str, body: Vec<u8>| {
            let page = by.send(Method::POST, "/users/import", Some(kind), body).await;
            (page.code(), page.heading())
        };
        let expired = (403, "This form has expired".to_owned());
        assert_eq!(heading(&mut sam, KIND, [file.clone(), end.clone()].concat()).await, expired);
        assert_eq!(heading(&mut sam, KIND, whole("wrong")).await, expired);
        assert_eq!(heading(&mut sam, KIND, b"nonsense".to_vec()).await.0, 400);
        let typed = format!("csrf={token}&file=x").into_bytes();
        assert_eq!(heading(&mut sam, "application/x-www-form-urlencoded", typed).await.0, 415);
        let mut elsewhere = sam.clone().with_header("sec-fetch-site", "cross-site");
        assert_eq!(heading(&mut elsewhere, KIND, whole(&token)).await, expired);
        let huge = [whole(&token), vec![b'x'; 17 * 1024 * 1024]].concat();
        assert_eq!(heading(&mut sam, KIND, huge).await.0, 413);
        let mut packed = sam.clone().with_header("content-encoding", "gzip");
        assert_eq!(heading(&mut packed, KIND, whole(&token)).await.0, 415);
        let mut mia = app.member("Mia Manager", "mia@acme.example", &["Platform Management Manager"]).await;
        assert!(mia.get("/users").await.link("Import CSV").is_none());
        assert_eq!(mia.get("/users/import").await.code(), 403);
        assert_eq!(heading(&mut mia, KIND, whole(&token)).await.0, 403);
        assert_eq!(app.pool.number("SELECT count(*) FROM jobs").await, 0);
        assert_eq!(heading(&mut sam, KIND, whole(&token)).await.0, 303, "and the right one passes");
    }

    async fn a_file_larger_than_a_form_is_read(app) {
        let mut sam = app.sam().await;
        let rows = (0..9000).fold("email,name,roles\n".to_owned(), |mut text, number| {
            writeln!(text, "not an address {number},{},", "n".repeat(60)).expect("text");
            text
        });
        assert!(rows.len() > 512 * 1024);
        let page = upload(&mut sam, rows.as_bytes()).await;
        assert_eq!((page.heading().as_str(), page.table(CHECK).len()), (CHECK, 100));
        assert!(page.link("Next page").is_some());
    }

    async fn government_organizations_import_nobody(app) {
        app.add(NewOrganization { government: true, ..organization("Ministry") }).await;
        let mut sam = app.sam_in("Ministry").await;
        let mut ann = app.person(&mut sam, "Ann Admin", "ann@gov.example", &["Administrator"]).await;
        assert!(ann.get("/users").await.link("Import CSV").is_none());
        let page = ann.get("/users/import").await;
        assert_eq!(page.code(), 403);
        assert!(page.text().contains("In government organizations users are added according to the organization's own policy."));
        assert_eq!(upload(&mut sam, b"email,name,roles\nbo@gov.example,,\n").await.heading(), CHECK, "super admins may");
        assert_eq!(texts(&run(app, "Ministry", "email,name,roles\nbo@gov.example,,\n", false).await.0), ["Invited"]);
    }

    async fn nobody_climbs_through_a_file(app) {
        let mut ursula = app.member("Ursula Admin", "ursula@acme.example", &["User Admin"]).await;
        let file = "email,name,roles\na@acme.example,,Administrator\nb@acme.example,,platform:administrator\n\
            c@acme.example,,Mindful API Administrator\nd@acme.example,,support\ne@acme.example,,User Admin; Analyst\n\
            f@acme.example,,User Admin\n";
        let page = upload(&mut ursula, file.as_bytes()).await.clone();
        let no = |role: &str| format!("You cannot assign {role}: it gives more access than you have.");
        assert_eq!(results(&page, CHECK), [no("Administrator"), no("Platform Management Administrator"),
            no("Mindful API Administrator"), no("Support"), "Analyst is one account role too many.".to_owned(),
            "Invited".to_owned()]);
        // What she may do counts when it is done, not when it was checked.
        let form = ursula.form("Import");
        let id = app.id("ursula@acme.example").await;
        let mut sam = app.sam().await;
        sam.get(&format!("/users/{id}/edit")).await;
        let save = sam.form("Save").choose("User");
        sam.submit(save).await;
        ursula.submit(form).await;
        assert_eq!(ursula.page.code(), 403);
        assert_eq!(app.pool.number("SELECT count(*) FROM users WHERE email = 'f@acme.example'").await, 0);
    }

    async fn seats_are_all_or_nothing(app) {
        app.add(NewOrganization { user_limit: Some(3), analyst_limit: Some(1), ..organization("Small Co") }).await;
        let mut sam = app.sam_in("Small Co").await;
        app.invite(&mut sam, "old@small.example", &[]).await;
        let file = "email,name,roles\na@small.example,,\nold@small.example,,\nb@small.example,,\nc@small.example,,\nbad,,\n";
        let refusal = "Only 2 more users fit in Small Co. You entered 3 new addresses.";
        let before = here(app).await;
        let (foreseen, said) = run(app, "Small Co", file, true).await;
        let wanted = ["No free seat", "Already invited", "No free seat", "No free seat", "Not a valid email address"];
        assert_eq!((texts(&foreseen), said.as_deref()), (wanted.map(str::to_owned).to_vec(), Some(refusal)));
        let (done, said) = run(app, "Small Co", file, false).await;
        assert_eq!((texts(&done), said.as_deref()), (wanted.map(str::to_owned).to_vec(), Some(refusal)));
        let page = upload(&mut sam, file.as_bytes()).await.clone();
        assert!(page.text().contains(refusal) && !page.buttons().contains(&"Import".to_owned()), "{}", page.text());
        assert_eq!(here(app).await, before);
        let analysts = "email,name,roles\na@small.example,,Analyst\nb@small.example,,analyst\n";
        let (_, said) = run(app, "Small Co", analysts, false).await;
        assert_eq!(said.as_deref(), Some("Only 1 more analyst fits in Small Co. You entered 2 new addresses."));

        // Seats that went between the check and the import.
        upload(&mut sam, b"email,name,roles\na@small.example,,\nb@small.example,,\n").await;
        let form = sam.form("Import");
        let mut other = app.sam_in("Small Co").await;
        app.invite(&mut other, "quick@small.example", &[]).await;
        sam.submit(form).await;
        assert_eq!(results(&sam.page, RESULTS), ["No free seat", "No free seat"]);
        assert!(sam.page.text().contains("Only 1 more user fits in Small Co. You entered 2 new addresses."), "{}", sam.page.text());
    }

    async fn many_rows_go_on_in_the_background(app) {
        let mut sam = app.sam().await;
        let mut file = "email,name,roles\n".to_owned();
        for number in 0..250 {
            writeln!(file, "p{number}@acme.example,Person {number},callback:viewer").expect("text");
        }
        upload(&mut sam, file.as_bytes()).await;
        assert_eq!(sam.page.statuses(), ["250 will be invited, 0 will not."]);
        sam.press("Import").await;
        assert!(sam.page.text().contains("0 of 250 rows done."), "{}", sam.page.text());
        let path = sam.page.path.clone();
        let pieces = std::sync::atomic::AtomicUsize::new(0);
        jobs::work(&app.app, &|| pieces.fetch_add(1, std::sync::atomic::Ordering::SeqCst) > 0).await.expect("work");
        let done = app.pool.number("SELECT count(*) FROM invitations").await;
        assert_eq!(done, 100, "whole pieces");
        jobs::work(&app.app, &|| false).await.expect("work");
        assert_eq!(sam.get(&path).await.statuses(), ["250 invited, 0 not invited."]);
        assert_eq!(app.pool.number("SELECT count(*) FROM invitations").await, 250);
        assert_eq!(app.pool.number("SELECT count(*) FROM mails").await, 250, "a letter each, once");
        assert_eq!(app.pool.texts("SELECT DISTINCT actor_name FROM audit_events WHERE action = 'user.invited'").await, ["Sam Super"]);
        let (again, said) = run(app, "Acme", &file, false).await;
        assert!(again.iter().all(|outcome| outcome.mark() == JobMark::Kept) && said.is_none());
        assert_eq!(app.pool.number("SELECT count(*) FROM mails").await, 250);
    }

    async fn the_owner_of_the_machine_invites_in_rollcalls_name(app) {
        let file = "email,name,roles\nana@acme.example,Ana Lima,Administrator\nbo@acme.example,,client\n";
        let before = here(app).await;
        let (foreseen, _) = run(app, "Acme", file, true).await;
        assert_eq!(here(app).await, before);
        let (done, _) = run(app, "Acme", file, false).await;
        assert_eq!(texts(&foreseen), texts(&done));
        assert_eq!(texts(&done), ["Invited", "You cannot assign Client: it gives more access than you have."]);
        assert!(app.mail("ana@acme.example").await.text.contains("Rollcall"));
        assert_eq!(app.pool.texts("SELECT actor_kind FROM audit_events WHERE action = 'user.invited'").await, ["system"]);
        app.activate("ana@acme.example").await;
    }
}

#[test]
fn the_command_tells_every_row_and_how_it_ended() {
    let folder = tempfile::tempdir().expect("folder");
    let run = |arguments: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_rollcall"));
        command.args(arguments).current_dir(folder.path()).env_clear();
        command.env("ROLLCALL_ARGON2", "m=8,t=1,p=1").env("ROLLCALL_INSECURE_TEST_HASHING", "1");
        let output = command.output().expect("the program runs");
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        (output.status.code(), text(&output.stdout), text(&output.stderr).trim_start_matches("rollcall: ").to_owned())
    };
    let (_, id, _) = run(&["organization", "create", "--name", "Acme"]);
    let id = id.trim();
    let file = folder.path().join("people.csv");
    let write = |text: &[u8]| std::fs::write(&file, text).expect("a file");
    write(b"email,name,roles\nana@acme.example,Ana,\nbo@acme.example,,callback manager\n");
    let import = ["users", "import", "people.csv", "--organization", id];
    let dry = run(&[&import[..], &["--dry-run"]].concat());
    let lines = "2\tana@acme.example\tInvited\n3\tbo@acme.example\tInvited\n";
    assert_eq!(dry, (Some(0), format!("{lines}2 would be invited, 0 would not.\n"), String::new()));
    assert_eq!(run(&import), (Some(0), format!("{lines}2 invited, 0 not invited.\n"), String::new()));
    let again = lines.replace("Invited", "Already invited");
    assert_eq!(run(&import), (Some(0), format!("{again}0 invited, 2 not invited.\n"), String::new()));
    write(b"email,name,roles\nana@acme.example,Ana,\n\"b\x1b[31m@\",,\ncy@acme.example,,king\n");
    let (code, out, error) = run(&import);
    assert_eq!((code, error.trim()), (Some(1), "2 rows failed"));
    assert!(out.contains("3\tb?[31m@\tNot a valid email address\n"), "{out:?}");
    assert!(out.contains("4\tcy@acme.example\tThere is no role king.\n"), "{out:?}");
    write(b"email\nana@acme.example\n");
    let (code, _, error) = run(&import);
    assert_eq!((code, error.trim()), (Some(2), "people.csv: The first line must be email,name,roles."));
    let unknown = "019aa193-1000-7000-8000-000000000001";
    write(b"email,name,roles\nana@acme.example,Ana,\n");
    let (code, _, error) = run(&["users", "import", "people.csv", "--organization", unknown]);
    assert_eq!((code, error.trim()), (Some(1), "There is no such organization."));
    assert_eq!(run(&["users", "import", "people.csv", "--organization", "acme"]).0, Some(2));
    assert_eq!(run(&["users", "import", "none.csv", "--organization", id]).0, Some(2));
    let help = run(&["users", "import", "--help"]).1;
    assert!(help.contains("1 when a row failed"), "{help}");
}
