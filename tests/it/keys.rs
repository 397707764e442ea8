//! A new key while several processes serve: nothing is lost at any moment, and a rotation that was cut off goes on
//! (security contract S51).

use rollcall::{
    domain::entropy::Seeded,
    flows::rotate_key::{self, RotationError},
    keys::{KeyChange, KeyFileError, KeyId, WhenMissing, open_key_file},
};

use crate::support::{TestApp, authenticator, both};

/// The keys that sealed values name, each once; empty letters are sealed with none.
async fn keys_in_use(app: &TestApp) -> Vec<KeyId> {
    let mut keys = Vec::new();
    for sql in [
        "SELECT value FROM installation WHERE name = 'data keys'",
        "SELECT letter FROM mails WHERE length(letter) > 0",
        "SELECT secret FROM authenticators",
        "SELECT code FROM recovery_codes",
    ] {
        for value in app.pool.bytes(sql).await {
            let key = KeyId::of_value(&value).expect("sealed");
            if !keys.contains(&key) {
                keys.push(key);
            }
        }
    }
    keys
}

fn lines(app: &TestApp) -> usize {
    std::fs::read_to_string(&app.app.config.key_file).expect("key file").lines().count()
}

/// Something of each kind that is sealed: a letter that waits, an authenticator, recovery codes.
async fn secrets(app: &TestApp) -> authenticator::Authenticator {
    app.member("Ana Lima", "ana@acme.example", &[]).await;
    authenticator::require_mfa(app, "Acme").await;
    let ana = authenticator::enroll(app, "ana@acme.example").await;
    app.ask_for_reset("ana@acme.example").await;
    ana
}

both! {
    async fn everything_is_sealed_anew_and_the_old_key_goes(app) {
        let ana = secrets(app).await;
        let old = keys_in_use(app).await;
        let events = app.audit_count().await;
        let rotated = rotate_key::rotate(&app.app).await.expect("rotated");
        assert!(!rotated.resumed && rotated.values.done >= 12 && rotated.values.unreadable == 0, "{rotated:?}");
        assert_eq!((old.len(), keys_in_use(app).await), (1, vec![rotated.key]));
        assert_ne!(old[0], rotated.key);
        assert_eq!(lines(app), 1);
        assert_eq!(app.audit_count().await, events + 1);
        let (before, after) = app.last_event("key.rotated").await;
        assert_eq!((before["key"].as_str(), after["key"].as_str()), (Some(old[0].to_string().as_str()), Some(rotated.key.to_string().as_str())));
        app.advance_seconds(60);
        let mut browser = app.browser();
        browser.log_in_with(app, "ana@acme.example", &ana).await;
        assert!(browser.is_signed_in(), "{}", browser.page.text());
        assert!(!app.mails("ana@acme.example").await.is_empty());
        let failed = "SELECT count(*) FROM mails WHERE state <> 'sent'";
        assert_eq!(app.pool.number(failed).await, 0, "letters that waited were opened and sent");
        assert!(app.verify_audit().await.is_ok());
        let again = rotate_key::rotate(&app.app).await.expect("rotated again");
        assert_ne!(again.key, rotated.key);
    }

    async fn another_process_keeps_up(app) {
        let ana = secrets(app).await;
        let (other, mut browser) = app.second_process(90).await;
        let rotated = rotate_key::rotate(&app.app).await.expect("rotated");
        app.advance_seconds(60);
        browser.log_in_with(app, "ana@acme.example", &ana).await;
        assert!(browser.is_signed_in(), "it opens what the other sealed: {}", browser.page.text());
        app.advance_seconds(600);
        app.ask_for_reset("ana@acme.example").await;
        assert_eq!(keys_in_use(app).await, [rotated.key]);
        let again = rotate_key::rotate(&other).await.expect("rotated from there");
        app.advance_seconds(600);
        app.ask_for_reset("ana@acme.example").await;
        assert_eq!(keys_in_use(app).await, [again.key], "this one seals with the key the other put in force");
        other.db.close().await;
    }

    async fn a_rotation_goes_on_where_it_was_cut_off(app) {
        secrets(app).await;
        let old = keys_in_use(app).await[0];
        // Cut off after the key was written, before it was in force.
        let mut file = KeyChange::begin(&app.app.config.key_file).expect("ours");
        let next = file.add_next(old, &Seeded::new(50)).expect("added");
        assert!(matches!(rotate_key::rotate(&app.app).await, Err(RotationError::File(KeyFileError::Busy(_)))), "one at a time");
        drop(file);
        let rotated = rotate_key::rotate(&app.app).await.expect("rotated");
        assert_eq!((rotated.key, lines(app)), (next, 1), "the key that was written is used");
        // Cut off between the last change in the database and the file.
        let both = format!("{}{}", old_line(), std::fs::read_to_string(&app.app.config.key_file).expect("file"));
        std::fs::write(&app.app.config.key_file, both).expect("file");
        let events = app.audit_count().await;
        let ended = rotate_key::rotate(&app.app).await.expect("ended");
        assert_eq!((ended.resumed, ended.key, lines(app)), (true, next, 1));
        assert_eq!(app.audit_count().await, events, "written down once");
        // Cut off while values are sealed anew.
        let third = cut_off_in_the_middle(app, next).await;
        assert_eq!(keys_in_use(app).await.len(), 2);
        let ended = rotate_key::rotate(&app.app).await.expect("ended");
        assert_eq!((ended.resumed, ended.key, lines(app)), (true, third, 1));
        assert_eq!(keys_in_use(app).await, [third]);
        assert_eq!(app.audit_count().await, events + 2, "one for the helper's own rotation");
    }

    async fn a_node_without_the_key_fails_closed(app) {
        secrets(app).await;
        let old = keys_in_use(app).await;
        let copy = app.folder().join("copy.key");
        std::fs::copy(&app.app.config.key_file, &copy).expect("copied");
        rotate_key::rotate(&app.app).await.expect("rotated");
        let ring = open_key_file(&copy, WhenMissing::Refuse, std::sync::Arc::new(Seeded::new(1))).expect("a key file");
        assert_eq!(ring.first().ok(), old.first().copied());
        let value = app.pool.bytes("SELECT value FROM installation WHERE name = 'data keys'").await.remove(0);
        let unknown = ring.open("installation.value", "data keys", &value).expect_err("no such key");
        assert!(unknown.to_string().contains("does not fit"), "{unknown}");
    }
}

/// A key that some earlier rotation replaced.
fn old_line() -> String {
    "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=\n".to_owned()
}

/// A new key in force and written down as such, with the old values still there.
async fn cut_off_in_the_middle(app: &TestApp, current: KeyId) -> KeyId {
    let sealed = app.pool.bytes("SELECT code FROM recovery_codes ORDER BY position LIMIT 1").await.remove(0);
    let file = std::fs::read_to_string(&app.app.config.key_file).expect("file");
    let next = rotate_key::rotate(&app.app).await.expect("rotated").key;
    let new = std::fs::read_to_string(&app.app.config.key_file).expect("file");
    std::fs::write(&app.app.config.key_file, format!("{file}{new}")).expect("both keys");
    let bytes = |bytes: &[u8]| {
        let digits = bytes.iter().fold(String::new(), |text, byte| text + &format!("{byte:02x}"));
        if app.is_postgres() { format!("decode('{digits}', 'hex')") } else { format!("x'{digits}'") }
    };
    app.pool.run(&format!("UPDATE recovery_codes SET code = {} WHERE position = 1", bytes(&sealed))).await;
    app.pool
        .run(&format!("INSERT INTO installation (name, value) VALUES ('key rotation', {})", bytes(&current.prefix())))
        .await;
    next
}
