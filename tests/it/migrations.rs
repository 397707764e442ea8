//! The schema: the same on both databases, made once however many start at once, and never used by an older program.

use std::{collections::BTreeMap, process::Command, sync::Arc};

use rollcall::{
    domain::entropy::Seeded,
    keys::Keyring,
    store::{Db, OpenError, Options},
};

use crate::support::{database::Database, pool::Pool};

async fn open(database: &Database) -> Result<Db, OpenError> {
    let options = Options { url: database.url.clone(), connections: 2 };
    Db::open(&options, Keyring::generate(Arc::new(Seeded::new(1))), &Seeded::new(2)).await
}

/// Tables of the program itself; the full-text index of SQLite and the list of migrations are the databases' own.
fn is_ours(table: &str) -> bool {
    !table.starts_with("user_search")
        && !table.starts_with("audit_name_search")
        && !table.starts_with("_sqlx")
        && !table.starts_with("sqlite_")
}

/// Table and column to whether it may be empty.
async fn columns(pool: &Pool, is_postgres: bool) -> BTreeMap<String, String> {
    let sql = if is_postgres {
        "SELECT table_name || '.' || column_name || ' ' || CASE is_nullable WHEN 'YES' THEN 'may be null' ELSE 'not null' END
             || ' ' || data_type FROM information_schema.columns WHERE table_schema = 'public'"
    } else {
        "SELECT t.name || '.' || c.name || ' ' || CASE WHEN c.\"notnull\" = 1 OR c.pk > 0 THEN 'not null' ELSE 'may be null' END
             || ' ' || lower(c.type) FROM sqlite_master t JOIN pragma_table_info(t.name) c WHERE t.type = 'table'"
    };
    let lines = pool.texts(sql).await.into_iter().filter(|line| is_ours(line));
    lines
        .map(|line| {
            let (column, rest) = line.split_once(' ').expect("two parts");
            let (null, kind) = rest.rsplit_once("null ").expect("a type");
            let kind = match kind {
                "bigint" | "integer" | "boolean" | "smallint" => "number",
                "bytea" | "blob" => "bytes",
                other => other,
            };
            (column.to_owned(), format!("{null}null {kind}"))
        })
        .collect()
}

/// What must be unique, with the columns in order.
async fn uniques(pool: &Pool, is_postgres: bool) -> Vec<String> {
    let sql = if is_postgres {
        "SELECT t.relname || ' (' || string_agg(a.attname, ', ' ORDER BY k.place) || ')'
         FROM pg_index i JOIN pg_class t ON t.oid = i.indrelid JOIN pg_namespace n ON n.oid = t.relnamespace
         CROSS JOIN LATERAL unnest(i.indkey::int2[]) WITH ORDINALITY AS k(number, place)
         JOIN pg_attribute a ON a.attrelid = t.oid AND a.attnum = k.number
         WHERE i.indisunique AND n.nspname = 'public' GROUP BY t.relname, i.indexrelid"
    } else {
        "SELECT t || ' (' || group_concat(c, ', ') || ')' FROM (
             SELECT t.name AS t, i.name AS i, c.name AS c FROM sqlite_master t JOIN pragma_index_list(t.name) i
             JOIN pragma_index_info(i.name) c WHERE t.type = 'table' AND i.\"unique\" = 1 ORDER BY t.name, i.name, c.seqno)
         GROUP BY t, i"
    };
    let mut uniques: Vec<String> = pool.texts(sql).await.into_iter().filter(|line| is_ours(line)).collect();
    uniques.sort();
    uniques
}

#[tokio::test(flavor = "multi_thread")]
async fn both_databases_have_the_same_schema() {
    let Some(postgres) = Database::postgres().await else { return };
    let sqlite = Database::sqlite();
    open(&sqlite).await.expect("SQLite").close().await;
    open(&postgres).await.expect("PostgreSQL").close().await;
    let (one, other) = (Pool::to(&sqlite.url), Pool::to(&postgres.url));
    let (left, mut right) = (columns(&one, false).await, columns(&other, true).await);
    let mut wrong = Vec::new();
    for (column, kind) in &left {
        let there = right.remove(column).unwrap_or_default();
        if there != *kind {
            wrong.push(format!("{column}: SQLite {kind}, PostgreSQL {there}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert_eq!(right, BTreeMap::new(), "only in PostgreSQL");
    let here: Vec<String> = uniques(&one, false).await;
    // SQLite's row numbers are unique without saying so.
    let is_row_number = |line: &String| ["users (number)", "audit_names (number)"].contains(&line.as_str());
    let there: Vec<String> = uniques(&other, true).await.into_iter().filter(|line| !is_row_number(line)).collect();
    assert_eq!(here, there);
    for pool in [one, other] {
        pool.close().await;
    }
    postgres.drop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_newer_database_is_refused_and_left_alone() {
    for database in Database::each().await {
        open(&database).await.expect("made").close().await;
        let pool = Pool::to(&database.url);
        let checksum = if database.is_postgres() { "'\\x00'::bytea" } else { "x'00'" };
        let yes = if database.is_postgres() { "TRUE" } else { "1" };
        pool.run(&format!(
            "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time)
             VALUES (9999, 'of the future', {yes}, {checksum}, 0)"
        ))
        .await;
        let refused = open(&database).await.map(drop).expect_err("refused");
        assert_eq!(
            refused.to_string(),
            "the database is newer than this program (it has migration 9999); use a newer rollcall"
        );
        let options = Options { url: database.url.clone(), connections: 1 };
        assert!(matches!(Db::pending(&options).await, Err(OpenError::Newer(9999))));
        pool.close().await;
        database.drop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_altered_migration_is_refused() {
    for database in Database::each().await {
        open(&database).await.expect("made").close().await;
        let pool = Pool::to(&database.url);
        let checksum = if database.is_postgres() { "'\\x00'::bytea" } else { "x'00'" };
        pool.run(&format!("UPDATE _sqlx_migrations SET checksum = {checksum} WHERE version = 2")).await;
        assert!(open(&database).await.is_err());
        pool.close().await;
        database.drop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn starting_at_once_migrates_once_and_agrees_on_the_keys() {
    for database in Database::each().await {
        let starts = (0..6).map(|number| {
            let options = Options { url: database.url.clone(), connections: 2 };
            tokio::spawn(async move {
                let ring = Keyring::generate(Arc::new(Seeded::new(1)));
                Db::open(&options, ring, &Seeded::new(100 + number)).await
            })
        });
        let mut marks = Vec::new();
        for start in futures::future::join_all(starts).await {
            let db = start.expect("no panic").expect("opened");
            marks.push(db.keys().keyed_hash(rollcall::keys::Purpose::Secret, b"the same"));
            db.close().await;
        }
        assert!(marks.windows(2).all(|two| two[0] == two[1]), "one set of keys");
        let pool = Pool::to(&database.url);
        let versions = pool.number("SELECT count(*) FROM _sqlx_migrations").await;
        let different = pool.number("SELECT count(DISTINCT version) FROM _sqlx_migrations WHERE success").await;
        assert_eq!(versions, different);
        let options = Options { url: database.url.clone(), connections: 1 };
        assert_eq!(Db::pending(&options).await.expect("pending"), []);
        pool.close().await;
        database.drop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn another_key_file_is_refused() {
    for database in Database::each().await {
        open(&database).await.expect("made").close().await;
        let options = Options { url: database.url.clone(), connections: 1 };
        let other = Keyring::generate(Arc::new(Seeded::new(99)));
        let refused = Db::open(&options, other, &Seeded::new(2)).await;
        assert!(matches!(refused, Err(OpenError::Key(_))), "{:?}", refused.map(drop));
        database.drop().await;
    }
}

#[test]
fn sqlite_files_are_for_their_owner_alone() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().expect("folder");
    let data = folder.path().join("data");
    let run = |arguments: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_rollcall"));
        command.args(arguments).current_dir(folder.path()).env_clear().env("ROLLCALL_DATA_DIR", &data);
        command.output().expect("the program runs")
    };
    let pending = run(&["migrate", "--check"]);
    assert_eq!(pending.status.code(), Some(1), "something is pending: {pending:?}");
    assert!(run(&["migrate"]).status.success());
    assert_eq!(run(&["migrate", "--check"]).status.code(), Some(0));
    let mode = |path: &std::path::Path| path.metadata().expect("a file").permissions().mode() & 0o777;
    assert_eq!(mode(&data), 0o700);
    for entry in std::fs::read_dir(&data).expect("folder") {
        let path = entry.expect("entry").path();
        if path.is_file() {
            assert_eq!(mode(&path), 0o600, "{}", path.display());
        }
    }
    let verified = run(&["audit", "verify"]);
    assert!(verified.status.success(), "{verified:?}");
    let wrong = run(&["--no-such-flag"]);
    assert_eq!(wrong.status.code(), Some(2));
    let bad = Command::new(env!("CARGO_BIN_EXE_rollcall"))
        .args(["check"])
        .current_dir(folder.path())
        .env_clear()
        .env("ROLLCALL_NO_SUCH", "1")
        .output()
        .expect("the program runs");
    assert_eq!((bad.status.code(), String::from_utf8_lossy(&bad.stderr).lines().count()), (Some(2), 1), "{bad:?}");
}
