//! An outbox with one organization and one invited member, in a database of its own.

use std::{path::Path, sync::Arc};

use rollcall::{
    config::{SmtpEncryption, SmtpServer},
    domain::{
        audit::Occasion,
        entropy::{Entropy, Seeded},
        ids::{OrganizationId, UserId},
        mail::{Addressee, Content, Invitation, Letter, Link, MailState},
        text::Email,
        time::{Clock, Timestamp, days},
    },
    keys::Keyring,
    mail::{Courier, SendError, Transport, Worker},
    store::{Db, LeasedMail, Options, Tx},
};
use sqlx::{AssertSqlSafe, PgPool, SqlitePool};
use tempfile::TempDir;

use super::catcher::Catcher;

pub const NOW: Timestamp = Timestamp::from_seconds(1_763_647_500);

/// Each test once on SQLite and, where there is one, once on PostgreSQL.
macro_rules! both {
    ($(async fn $name:ident($outbox:ident) $body:block)+) => {
        $(async fn $name($outbox: Outbox) $body)+

        mod sqlite {
            $(#[tokio::test(flavor = "multi_thread")]
            async fn $name() {
                super::$name(super::Outbox::on_sqlite().await).await;
            })+
        }

        mod postgres {
            $(#[tokio::test(flavor = "multi_thread")]
            async fn $name() {
                if let Some(outbox) = super::Outbox::on_postgres(stringify!($name)).await {
                    super::$name(outbox).await;
                }
            })+
        }
    };
}
pub(crate) use both;

enum Rows {
    Sqlite(SqlitePool),
    Postgres(PgPool),
}

macro_rules! rows {
    ($outbox:expr, |$pool:ident| $body:expr) => {
        match &$outbox.rows {
            Rows::Sqlite($pool) => $body,
            Rows::Postgres($pool) => $body,
        }
    };
}

pub struct Outbox {
    pub db: Db,
    pub courier: Courier,
    rows: Rows,
    folder: TempDir,
    entropy: Arc<dyn Entropy>,
    member: (OrganizationId, UserId),
}

struct At(Timestamp);

impl Clock for At {
    fn now(&self) -> Timestamp {
        self.0
    }
}

impl Outbox {
    pub async fn on_sqlite() -> Self {
        let folder = tempfile::tempdir().expect("folder");
        let url = format!("sqlite:{}", folder.path().join("rollcall.db").display());
        let db = open(&url).await;
        let rows = Rows::Sqlite(SqlitePool::connect(&url).await.expect("rows"));
        Self::new(db, rows, folder).await
    }

    pub async fn on_postgres(test: &str) -> Option<Self> {
        let admin_url = std::env::var("TEST_POSTGRES_URL").ok()?;
        let admin = PgPool::connect(&admin_url).await.expect("PostgreSQL");
        let name = format!("mail_{}_{}", std::process::id(), &test[..test.len().min(40)]);
        let create = format!("CREATE DATABASE {name}");
        sqlx::query(AssertSqlSafe(create)).execute(&admin).await.expect("database");
        let (server, _) = admin_url.rsplit_once('/').expect("a database in the URL");
        let url = format!("{server}/{name}");
        let db = open(&url).await;
        let rows = Rows::Postgres(PgPool::connect(&url).await.expect("rows"));
        Some(Self::new(db, rows, tempfile::tempdir().expect("folder")).await)
    }

    async fn new(db: Db, rows: Rows, folder: TempDir) -> Self {
        let entropy: Arc<dyn Entropy> = Arc::new(Seeded::new(7));
        let member = (OrganizationId::new(NOW, entropy.as_ref()), UserId::new(NOW, entropy.as_ref()));
        let courier = Courier::new("Rollcall <noreply@mail.example>".parse().expect("sender"));
        let outbox = Self { db, courier, rows, folder, entropy, member };
        let (organization, user) = outbox.member;
        outbox
            .run_sql(&format!(
                "INSERT INTO organizations (id, slug, name, name_key, created_at)
                 VALUES ('{organization}', 'brightwater', 'Brightwater Energy', 'brightwater energy', 1)"
            ))
            .await;
        let no_bytes = if matches!(outbox.rows, Rows::Sqlite(_)) { "x''" } else { "''" };
        outbox
            .run_sql(&format!(
                "INSERT INTO users (id, kind, email, email_key, address_hash, search_text, created_at)
                 VALUES ('{user}', 'person', 'ann@people.example', 'ann@people.example', {no_bytes}, '', 1)"
            ))
            .await;
        outbox
            .run_sql(&format!(
                "INSERT INTO memberships (organization_id, user_id, kind, account_role, state, name_key, email_key,
                     created_at, created_by_name, changed_at, changed_by_name)
                 VALUES ('{organization}', '{user}', 'person', 'user', 'invited', '', 'ann@people.example',
                     1, '', 1, '')"
            ))
            .await;
        outbox
    }

    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Queues an invitation of the member and commits.
    pub async fn invite(&self, at: Timestamp) {
        let mut tx = self.db.begin_write().await.expect("write");
        self.invite_in(&mut tx, at).await;
        tx.commit().await.expect("commit");
    }

    pub async fn invite_in(&self, tx: &mut Tx, at: Timestamp) {
        let content = Content::Invitation(Invitation {
            inviter: "Amara Okafor".into(),
            organization: Some("Brightwater Energy".into()),
            roles: vec!["User".into()],
            temporary_password: Some("marker-password".into()),
            link: Link { url: "https://people.example/activate/marker-link".into(), expires_at: at.plus(days(7)) },
            requires_mfa: false,
        });
        self.queue(tx, content, at).await;
    }

    /// Queues a notice to the member and commits.
    pub async fn tell(&self, at: Timestamp) {
        self.write(Content::PasswordChanged { address: None }, at).await;
    }

    pub async fn write(&self, content: Content, at: Timestamp) {
        let mut tx = self.db.begin_write().await.expect("write");
        self.queue(&mut tx, content, at).await;
        tx.commit().await.expect("commit");
    }

    async fn queue(&self, tx: &mut Tx, content: Content, at: Timestamp) {
        let to = Addressee { email: email("ann@people.example"), member: Some(self.member) };
        let occasion = Occasion { now: at, entropy: self.entropy.clone(), address: None, request_id: None };
        self.courier.queue(tx, &Letter::to_owner(to, content), &occasion).await.expect("queued");
    }

    pub fn worker(&self, catcher: &Catcher) -> Worker {
        self.worker_through(Transport::new(Some(&catcher.server(SmtpEncryption::Plain)), self.folder()))
    }

    /// A worker whose mail server does not listen.
    pub fn worker_to_nowhere(&self) -> Worker {
        let free = std::net::TcpListener::bind("127.0.0.1:0").expect("port");
        let port = free.local_addr().expect("address").port();
        let server = SmtpServer { host: "127.0.0.1".into(), port, encryption: SmtpEncryption::Plain, login: None };
        self.worker_through(Transport::new(Some(&server), self.folder()))
    }

    pub fn worker_through(&self, transport: Result<Transport, SendError>) -> Worker {
        let transport = Arc::new(transport.expect("transport"));
        Worker::new(self.db.clone(), self.courier.clone(), transport, Arc::new(At(NOW)))
    }

    pub async fn lease(&self, now: Timestamp, until: Timestamp) -> Vec<LeasedMail> {
        let mut tx = self.db.begin_write().await.expect("write");
        let mails = tx.lease_due(now, until, 10).await.expect("lease");
        tx.commit().await.expect("commit");
        mails
    }

    pub async fn next_due(&self) -> Option<Timestamp> {
        self.db.begin_read().await.expect("read").next_mail_due().await.expect("due")
    }

    /// How far the newest activation letter of the member has come.
    pub async fn state(&self) -> Option<MailState> {
        let (organization, user) = self.member;
        let mut tx = self.db.begin_read().await.expect("read");
        let states = tx.mail_states(organization, &[user]).await.expect("states");
        states.into_iter().map(|(_, state)| state).next()
    }

    pub async fn email_failed(&self) -> bool {
        let sql = "SELECT count(*) FROM memberships WHERE mail_failed = TRUE";
        let failed: i64 = rows!(self, |pool| sqlx::query_scalar(sql).fetch_one(pool).await).expect("flag");
        failed == 1
    }

    /// The letters as they lie in the database.
    pub async fn letters(&self) -> Vec<Vec<u8>> {
        let sql = "SELECT letter FROM mails ORDER BY id";
        rows!(self, |pool| sqlx::query_scalar(sql).fetch_all(pool).await).expect("letters")
    }

    pub async fn run_sql(&self, sql: &str) {
        let sql = sql.to_owned();
        rows!(self, |pool| sqlx::query(AssertSqlSafe(sql)).execute(pool).await.map(drop)).expect("SQL");
    }
}

async fn open(url: &str) -> Db {
    let options = Options { url: url.to_owned(), connections: 4 };
    let ring = Keyring::generate(Arc::new(Seeded::new(1)));
    Db::open(&options, ring, &Seeded::new(2)).await.expect("database")
}

pub fn email(text: &str) -> Email {
    Email::parse(text).expect("address")
}
