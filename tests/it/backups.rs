//! The restore drill (security contract S101): a backup made while others write is consistent, opens only with its key,
//! on either database, and nothing that was mailed or signed in before goes on.

use std::{collections::BTreeSet, os::unix::fs::PermissionsExt, path::PathBuf};

use rollcall::{
    domain::time::minutes,
    flows::backup::{self, BackupError},
    store::{LEFT_OUT, TABLES},
};

use crate::support::{PASSWORD, TestApp, authenticator, both, database::Database};

fn file(app: &TestApp, name: &str) -> PathBuf {
    app.folder().join(name)
}

async fn back_up(app: &TestApp, name: &str) -> PathBuf {
    let path = file(app, name);
    backup::back_up(&app.app, &path).await.expect("a backup");
    path
}

/// A program on a new database that nobody has set up, for each kind there is.
async fn empty_ones(app: &TestApp) -> Vec<TestApp> {
    let mut empty = Vec::new();
    for (number, database) in (200..).zip(Database::each().await) {
        empty.push(TestApp::continued(database, number, app.now()).await);
    }
    empty
}

async fn numbers(app: &TestApp) -> Vec<i64> {
    let mut numbers = Vec::new();
    for sql in [
        "SELECT count(*) FROM users",
        "SELECT count(*) FROM memberships",
        "SELECT CAST(sum(people) AS BIGINT) FROM membership_counts",
        "SELECT count(*) FROM membership_roles",
        "SELECT count(*) FROM sign_ins",
        "SELECT count(*) FROM recovery_codes",
        "SELECT count(*) FROM api_tokens",
    ] {
        numbers.push(app.pool.number(sql).await);
    }
    numbers
}

/// People, an authenticator, an open invitation, a link for a password, and mails that wait.
async fn busy(app: &TestApp) -> (authenticator::Authenticator, String, String) {
    app.member("Ana Lima", "ana@acme.example", &["Callback Viewer"]).await;
    authenticator::require_mfa(app, "Acme").await;
    let ana = authenticator::enroll(app, "ana@acme.example").await;
    app.mail("ana@acme.example").await;
    let mut sam = app.browser();
    let sams = authenticator::enroll(app, crate::support::SAM).await;
    sam.log_in_with(app, crate::support::SAM, &sams).await;
    app.invite(&mut sam, "bo@acme.example", &[]).await;
    let invitation = app.mail("bo@acme.example").await.link();
    let reset = app.reset_link("ana@acme.example").await;
    app.invite(&mut sam, "cy@acme.example", &[]).await;
    // A letter without a link that waits: Sam, too, is told about a new address.
    let user = app.id("ana@acme.example").await;
    sam.get(&format!("/users/{user}/edit")).await;
    let form = sam.form("Save").fill("Email", "ana@new.example");
    sam.submit(form).await;
    assert_eq!(sam.page.code(), 200, "{}", sam.page.text());
    (ana, invitation, reset)
}

both! {
    async fn a_restored_database_is_the_same_but_for_what_must_end(app) {
        let (ana, invitation, reset) = busy(app).await;
        let events = app.audit_count().await;
        let path = back_up(app, "one.backup").await;
        assert_eq!(app.audit_count().await, events + 1);
        let (_, after) = app.last_event("backup.made").await;
        assert_eq!(after["file"].as_str(), path.to_str());
        assert_eq!(path.metadata().expect("a file").permissions().mode() & 0o777, 0o600);
        let held = app.pool.number("SELECT count(*) FROM mails WHERE state = 'queued' AND kind = 'email_changed'").await;
        assert!(held > 0);
        for other in empty_ones(app).await {
            let restored = backup::restore(&other.app, &path).await.expect("restored");
            assert_eq!((restored.settled.held, restored.settled.expired), (held.unsigned_abs(), 2));
            assert_eq!(numbers(&other).await, numbers(app).await);
            let (_, after) = other.last_event("backup.restored").await;
            assert_eq!((after["mails_held"].as_i64(), after["invitations_expired"].as_i64()), (Some(held), Some(2)));
            for gone in ["sessions", "password_resets", "email_changes"] {
                assert_eq!(other.pool.number(&format!("SELECT count(*) FROM {gone}")).await, 0, "{gone}");
            }
            assert!(other.mailbox.all(other.now()).await.is_empty(), "nothing is mailed");
            // The keys of this process are those of the empty database: it finds the restored ones by itself.
            let mut browser = other.browser();
            browser.log_in("ana@new.example", "wrong password!").await;
            other.advance(minutes(1));
            let mut browser = other.browser();
            browser.log_in_with(&other, "ana@new.example", &ana).await;
            assert!(browser.is_signed_in(), "{}", browser.page.text());
            let mut late = other.browser();
            late.get(&invitation).await;
            assert!(!late.page.buttons().contains(&"Activate account".to_owned()), "{}", late.page.text());
            late.get(&reset).await;
            assert!(!late.page.has_field("New password"), "{}", late.page.text());
            assert!(other.verify_audit().await.is_ok());
            let before = other.audit_count().await;
            assert_eq!(backup::settle_held_mail(&other.app, true).await.expect("released"), held.unsigned_abs());
            assert_eq!(backup::settle_held_mail(&other.app, true).await.expect("once"), 0);
            assert_eq!(other.audit_count().await, before + 1);
            let sent = other.mailbox.all(other.now()).await;
            assert_eq!(i64::try_from(sent.len()).ok(), Some(held));
            assert!(sent.iter().all(|mail| mail.to != "bo@acme.example" && mail.to != "cy@acme.example"));
            other.close().await;
        }
    }

    async fn held_mail_can_be_discarded(app) {
        busy(app).await;
        let path = back_up(app, "one.backup").await;
        for other in empty_ones(app).await {
            let held = backup::restore(&other.app, &path).await.expect("restored").settled.held;
            let (again, _) = other.second_process(300).await;
            assert_eq!(backup::settle_held_mail(&again, false).await.expect("discarded"), held);
            assert_eq!(other.pool.number("SELECT count(*) FROM mails WHERE state IN ('held', 'queued')").await, 0);
            assert!(other.mailbox.all(other.now()).await.is_empty());
            again.db.close().await;
            assert!(other.pool.number("SELECT count(*) FROM mails WHERE length(letter) > 0").await == 0);
            other.close().await;
        }
    }

    async fn a_backup_made_while_others_write_is_consistent(app) {
        let sam = app.sam().await;
        let writes = (0..12).map(|number| {
            let mut browser = sam.clone();
            async move {
                browser.get("/users/invite").await;
                let form = browser.form("Invite").fill("Email", &format!("p{number}@acme.example"));
                browser.send_form(&form).await;
            }
        });
        let backups = async {
            let mut paths = Vec::new();
            for number in 0..2 {
                paths.push(back_up(app, &format!("{number}.backup")).await);
            }
            paths
        };
        let (_, paths) = futures::join!(futures::future::join_all(writes), backups);
        for path in paths {
            for other in empty_ones(app).await {
                backup::restore(&other.app, &path).await.expect("restored");
                let (again, _) = other.second_process(400).await;
                let mut tx = again.db.begin_read().await.expect("read");
                for chain in tx.audit_chains().await.expect("chains") {
                    tx.verify_chain(&chain).await.expect("read").expect("whole");
                }
                drop(tx);
                let invited = other.pool.number("SELECT count(*) FROM audit_events WHERE action = 'user.invited'").await;
                assert_eq!(other.pool.number("SELECT count(*) FROM invitations").await, invited, "change and event together");
                assert_eq!(other.pool.number("SELECT CAST(sum(people) AS BIGINT) FROM membership_counts").await, invited + 1);
                if !other.is_postgres() {
                    assert_eq!(other.pool.texts("PRAGMA integrity_check").await, ["ok"]);
                    assert_eq!(other.pool.number("SELECT count(*) FROM pragma_foreign_key_check").await, 0);
                }
                again.db.close().await;
                other.close().await;
            }
        }
    }

    async fn what_is_no_whole_backup_is_refused_and_leaves_the_database_empty(app) {
        busy(app).await;
        let path = back_up(app, "one.backup").await;
        let text = std::fs::read_to_string(&path).expect("text");
        let lines: Vec<&str> = text.lines().collect();
        let one_less: String = lines.iter().enumerate().filter(|(number, _)| *number != 3).flat_map(|(_, line)| [*line, "\n"]).collect();
        let cases = [
            ("", "the file is no backup of Rollcall"),
            ("id,name\n1,x\n", "the file is no backup of Rollcall"),
            (&text[..text.len() / 2], "the backup is not whole: its end is missing"),
            (&text[..text.len() - 20], "the backup is not whole: its end is missing"),
            (&text.replace("\"ana@new.example\"", "\"eve@new.example\""), "the backup was changed after it was made"),
            (&one_less, "the backup was changed after it was made"),
            (&format!("{text}{{}}\n"), "the backup was changed after it was made"),
        ];
        for other in empty_ones(app).await {
            for (number, (text, why)) in cases.iter().enumerate() {
                let bad = file(app, "bad.backup");
                std::fs::write(&bad, text).expect("file");
                let refused = backup::restore(&other.app, &bad).await.expect_err(why);
                assert!(matches!(&refused, BackupError::Damaged(said) if said == why), "{number}: {refused}");
                assert_eq!(other.pool.number("SELECT count(*) FROM users").await, 0);
            }
            let newer = file(app, "newer.backup");
            std::fs::write(&newer, text.replacen("\"schema\":", "\"schema\":9", 1)).expect("file");
            assert!(matches!(backup::restore(&other.app, &newer).await, Err(BackupError::OtherSchema(..))));
            backup::restore(&other.app, &path).await.expect("restored all the same");
            assert!(matches!(backup::restore(&other.app, &path).await, Err(BackupError::NotEmpty)));
            other.close().await;
        }
        assert!(matches!(backup::restore(&app.app, &path).await, Err(BackupError::NotEmpty)));
        assert!(matches!(backup::back_up(&app.app, &path).await, Err(BackupError::Exists(_))));
        assert_eq!(std::fs::read_to_string(&path).expect("text"), text, "nothing is overwritten");
    }

    async fn another_key_file_does_not_open_it_and_it_holds_no_secret(app) {
        let (_, invitation, reset) = busy(app).await;
        let path = back_up(app, "one.backup").await;
        let text = std::fs::read_to_string(&path).expect("text");
        let key = std::fs::read_to_string(&app.app.config.key_file).expect("key");
        for secret in [key.trim(), PASSWORD, last(&invitation), last(&reset)] {
            assert!(!text.contains(secret), "{secret}");
        }
        for database in Database::each().await {
            let key = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=\n";
            let place = database.folder.path().join("rollcall.key");
            std::fs::write(&place, key).expect("file");
            std::fs::set_permissions(&place, std::fs::Permissions::from_mode(0o600)).expect("mode");
            let other = TestApp::continued(database, 500, app.now()).await;
            assert!(matches!(backup::restore(&other.app, &path).await, Err(BackupError::OtherKey)));
            assert_eq!(other.pool.number("SELECT count(*) FROM users").await, 0);
            other.close().await;
        }
    }

    async fn every_table_is_in_it_or_left_out_on_purpose(app) {
        let sql = if app.is_postgres() {
            "SELECT CAST(table_name AS TEXT) FROM information_schema.tables WHERE table_schema = 'public'"
        } else {
            "SELECT name FROM sqlite_master WHERE type = 'table'"
        };
        // What a search index keeps for itself is made anew from the rows it indexes.
        let others = ["user_search", "audit_name_search", "_sqlx", "sqlite_"];
        let there = app.pool.texts(sql).await.into_iter();
        let ours: BTreeSet<String> = there.filter(|name| !others.iter().any(|other| name.starts_with(other))).collect();
        let named: BTreeSet<String> = TABLES.iter().chain(&LEFT_OUT).map(|name| (*name).to_owned()).collect();
        assert_eq!(ours, named);
    }
}

/// The secret at the end of a link.
fn last(link: &str) -> &str {
    link.rsplit('/').next().unwrap_or_default()
}
