//! The wired program for one test.

use std::{
    collections::HashMap,
    ffi::OsString,
    sync::{
        Arc, Mutex,
        atomic::{AtomicI64, Ordering},
    },
    time::Duration,
};

use axum::Router;
use rollcall::{
    app::App,
    config::{Config, Given},
    domain::{
        entropy::{Entropy, Seeded},
        organizations::NewOrganization,
        text::{DisplayName, Email, OrganizationName},
        time::{Clock, Timestamp},
    },
    flows::set_up::{self, SetUp},
    hashing::Hasher,
    keys::{Keyring, WhenMissing, open_key_file},
    mail::{Courier, Transport, Worker},
    store::{Db, Options},
    web,
};

use super::{browser::Browser, database::Database, mailbox::Mailbox, pool::Pool};

/// When every test begins.
pub const START: Timestamp = Timestamp::from_seconds(1_763_647_500);
/// What `/setup` asks for.
pub const SETUP_CODE: &str = "first-run-code";
/// Login address of the first super admin.
pub const SAM: &str = "sam@acme.example";
/// Everybody's own password.
pub const PASSWORD: &str = "winter ferry lantern";

/// A clock that stands still until it is told to move, but for the millisecond a request takes.
pub struct Ticking(AtomicI64);

impl Ticking {
    pub fn advance(&self, span: Duration) {
        let micros = i64::try_from(span.as_micros()).expect("a short while");
        self.0.fetch_add(micros, Ordering::SeqCst);
    }
}

impl Ticking {
    pub fn set(&self, moment: Timestamp) {
        self.0.store(moment.micros(), Ordering::SeqCst);
    }
}

impl Clock for Ticking {
    fn now(&self) -> Timestamp {
        Timestamp::from_micros(self.0.load(Ordering::SeqCst))
    }
}

/// Reproducible chance that counts how often it was asked.
pub struct Chance {
    seeded: Seeded,
    drawn: AtomicI64,
}

impl Chance {
    pub fn drawn(&self) -> i64 {
        self.drawn.load(Ordering::SeqCst)
    }
}

impl Entropy for Chance {
    fn fill(&self, bytes: &mut [u8]) {
        self.drawn.fetch_add(1, Ordering::SeqCst);
        self.seeded.fill(bytes);
    }
}

/// The program, its clock, its mail and a way past it into the database.
pub struct TestApp {
    pub app: App,
    pub pool: Pool,
    pub mailbox: Mailbox,
    pub chance: Arc<Chance>,
    router: Router,
    clock: Arc<Ticking>,
    database: Database,
    /// Names of people by login address, for the builders.
    pub(super) names: Mutex<HashMap<String, String>>,
}

impl TestApp {
    /// On a fresh SQLite file, set up with organization Acme and super admin Sam.
    pub async fn on_sqlite() -> Self {
        Self::ready(Database::sqlite(), &[]).await
    }

    /// The same on a fresh PostgreSQL database, where there is a cluster.
    pub async fn on_postgres() -> Option<Self> {
        Some(Self::ready(Database::postgres().await?, &[]).await)
    }

    /// Set up, with these settings beside the usual ones.
    pub async fn ready(database: Database, settings: &[(&str, &str)]) -> Self {
        let app = Self::bare(database, settings).await;
        let acme = NewOrganization::named(OrganizationName::parse("Acme").expect("name"));
        app.set_up_with(acme).await;
        app
    }

    /// Before the first run.
    pub async fn bare(database: Database, settings: &[(&str, &str)]) -> Self {
        Self::open(database, settings, 1, START).await
    }

    /// On a database that another one left behind, at this moment; chance must not repeat itself there.
    pub async fn continued(database: Database, chance: u64, now: Timestamp) -> Self {
        Self::open(database, &[], chance, now).await
    }

    async fn open(database: Database, settings: &[(&str, &str)], chance: u64, now: Timestamp) -> Self {
        let chance = Arc::new(Chance { seeded: Seeded::new(chance), drawn: AtomicI64::new(0) });
        let clock = Arc::new(Ticking(AtomicI64::new(now.micros())));
        let app = wire(&database, settings, chance.clone(), clock.clone()).await;
        let transport = Arc::new(Transport::new(None, database.folder.path()).expect("folder"));
        let worker = Worker::new(app.db.clone(), app.courier.clone(), transport, clock.clone());
        let mailbox = Mailbox::new(worker, database.folder.path().join("mail"));
        let router = web::router(app.clone());
        let pool = Pool::to(&database.url);
        Self { app, pool, mailbox, chance, router, clock, database, names: Mutex::default() }
    }

    /// Another node on the same database, at the same time.
    pub async fn beside(&self) -> Node {
        let chance = Arc::new(Chance { seeded: Seeded::new(2), drawn: AtomicI64::new(0) });
        let app = wire(&self.database, &[], chance.clone(), self.clock.clone()).await;
        let router = web::router(app.clone());
        Node { app, chance, router, clock: self.clock.clone() }
    }

    /// Makes this the first organization, and Sam its Administrator and super admin.
    pub async fn set_up_with(&self, organization: NewOrganization) {
        let name = DisplayName::parse("Sam Super").expect("name");
        let email = Email::parse(SAM).expect("address");
        let form = SetUp { organization, name: &name, email: &email, password: PASSWORD };
        set_up::set_up(&self.app, &form, &self.app.occasion()).await.expect("set up");
    }

    /// An organization without people, made as the command line makes it.
    pub async fn add_organization(&self, name: &str) -> String {
        self.add(NewOrganization::named(OrganizationName::parse(name).expect("name"))).await
    }

    /// The same with limits or switches.
    pub async fn add(&self, new: NewOrganization) -> String {
        set_up::add_organization(&self.app, &new).await.expect("organization").to_string()
    }

    /// Another process on the same database and key file, with a front door of its own; its chance must not repeat
    /// what was drawn before.
    pub async fn second_process(&self, chance: u64) -> (App, Browser) {
        let entropy: Arc<dyn Entropy> = Arc::new(Seeded::new(chance));
        let config = config(&self.database, &[]);
        let options = Options { url: self.database.url.clone(), connections: 2 };
        let db = Db::open(&options, keyring(&config), entropy.as_ref()).await.expect("database");
        let hasher = Hasher::start(&config.argon2, config.hash_concurrency, entropy.clone()).expect("hasher");
        let courier = Courier::new(config.mail_from.clone());
        let app = App::new(db, config, self.clock.clone(), entropy, hasher, courier);
        let browser = Browser::new(web::router(app.clone()), self.clock.clone());
        (app, browser)
    }

    /// The folder of the database, the key file and the mails.
    pub fn folder(&self) -> &std::path::Path {
        self.database.folder.path()
    }

    /// Somebody new in front of the portal.
    pub fn browser(&self) -> Browser {
        Browser::new(self.router.clone(), self.clock.clone())
    }

    /// The program as HTTP reaches it.
    pub fn router(&self) -> Router {
        self.router.clone()
    }

    /// The same program once more, on the same database: a second node.
    pub fn second_node(&self) -> (App, Router) {
        let one = &self.app;
        let config = Config::clone(&one.config);
        let clock: Arc<dyn Clock> = self.clock.clone();
        let node =
            App::new(one.db.clone(), config, clock, one.entropy.clone(), one.hasher.clone(), one.courier.clone());
        let router = web::router(node.clone());
        (node, router)
    }

    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// Lets time pass.
    pub fn advance(&self, span: Duration) {
        self.clock.advance(span);
    }

    /// Puts the clock to a moment of one's choice.
    pub fn set_clock(&self, moment: Timestamp) {
        self.clock.set(moment);
    }

    pub fn advance_seconds(&self, seconds: u64) {
        self.advance(Duration::from_secs(seconds));
    }

    pub fn is_postgres(&self) -> bool {
        self.database.is_postgres()
    }

    /// What the audit log says, oldest first: "action target".
    pub async fn audit(&self) -> Vec<String> {
        self.pool.texts("SELECT action || ' ' || target_name FROM audit_events ORDER BY at, chain, number").await
    }

    /// How many events there are.
    pub async fn audit_count(&self) -> i64 {
        self.pool.number("SELECT count(*) FROM audit_events").await
    }

    /// The latest event of an action: what was before, and after.
    pub async fn last_event(&self, action: &str) -> (serde_json::Value, serde_json::Value) {
        let side = async |column: &str| {
            let sql = format!(
                "SELECT {column} FROM audit_events WHERE action = '{action}' ORDER BY at DESC, number DESC LIMIT 1"
            );
            let texts = self.pool.texts(&sql).await;
            let text = texts.first().unwrap_or_else(|| panic!("no event {action}"));
            serde_json::from_str(text).expect("JSON")
        };
        (side("before").await, side("after").await)
    }

    /// Proves every chain; the first bad event otherwise.
    pub async fn verify_audit(&self) -> Result<i64, rollcall::store::audit::BrokenChain> {
        let mut tx = self.app.db.begin_read().await.expect("read");
        let mut events = 0;
        for chain in tx.audit_chains().await.expect("chains") {
            events += tx.verify_chain(&chain).await.expect("read")?;
        }
        Ok(events)
    }

    pub async fn close(self) {
        self.leave().await.drop().await;
    }

    /// Stops; what it leaves is its database.
    pub async fn leave(self) -> Database {
        self.pool.close().await;
        self.app.db.close().await;
        self.database
    }

    /// The same person with the same cookies, in front of this program.
    pub fn take_in(&self, browser: &Browser) -> Browser {
        browser.in_front_of(self.router.clone(), self.clock.clone())
    }
}

/// Another process of the same installation: all it shares with the first one is the database.
pub struct Node {
    pub app: App,
    pub chance: Arc<Chance>,
    router: Router,
    clock: Arc<Ticking>,
}

impl Node {
    /// Somebody new in front of this node.
    pub fn browser(&self) -> Browser {
        Browser::new(self.router.clone(), self.clock.clone())
    }

    /// Sends somebody, with their cookies, to this node.
    pub fn take_in(&self, browser: &Browser) -> Browser {
        browser.in_front_of(self.router.clone(), self.clock.clone())
    }

    pub async fn close(self) {
        self.app.db.close().await;
    }
}

async fn wire(database: &Database, settings: &[(&str, &str)], entropy: Arc<dyn Entropy>, clock: Arc<dyn Clock>) -> App {
    let config = config(database, settings);
    let options = Options { url: database.url.clone(), connections: 4 };
    let db = Db::open(&options, keyring(&config), entropy.as_ref()).await.expect("database");
    let hasher = Hasher::start(&config.argon2, config.hash_concurrency, entropy.clone()).expect("hasher");
    let courier = Courier::new(config.mail_from.clone());
    App::new(db, config, clock, entropy, hasher, courier)
}

/// The same key in every folder, as the restore of a backup needs.
fn keyring(config: &Config) -> Keyring {
    open_key_file(&config.key_file, WhenMissing::Create, Arc::new(Seeded::new(7))).expect("key file")
}

fn config(database: &Database, settings: &[(&str, &str)]) -> Config {
    let folder = database.folder.path().display().to_string();
    let usual = [
        ("ROLLCALL_DATA_DIR", folder.as_str()),
        ("ROLLCALL_DATABASE_URL", database.url.as_str()),
        ("ROLLCALL_SETUP_CODE", SETUP_CODE),
        ("ROLLCALL_ARGON2", "m=8,t=1,p=1"),
        ("ROLLCALL_INSECURE_TEST_HASHING", "1"),
        ("ROLLCALL_HASH_CONCURRENCY", "2"),
        ("ROLLCALL_MAIL_FROM", "Rollcall <noreply@mail.example>"),
    ];
    let all = usual.iter().chain(settings).map(|(name, value)| (OsString::from(name), OsString::from(value)));
    Config::load(&Given::default(), all).expect("settings")
}
