//! The one place where everything is wired together: database, clock, chance, password hashing, mail, settings.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::{SystemTime, UNIX_EPOCH},
};

use crate::{
    config::Config,
    domain::{
        audit::Occasion,
        entropy::Entropy,
        time::{Clock, Timestamp},
    },
    flows::{jobs::Bell, reset_password::Afterwards, token_uses::TokenUses, turns::Turns, visits::Visits},
    hashing::Hasher,
    mail::Courier,
    store::{Db, StoreError},
};

/// What every request and command works with. Cheap to clone.
#[derive(Clone)]
pub struct App {
    /// The database.
    pub db: Db,
    /// Settings in force.
    pub config: Arc<Config>,
    /// Where "now" comes from.
    pub clock: Arc<dyn Clock>,
    /// Where chance comes from.
    pub entropy: Arc<dyn Entropy>,
    /// Password hashing.
    pub hasher: Hasher,
    /// Where letters are handed in.
    pub courier: Courier,
    /// Attempts on one login address wait for each other here.
    pub turns: Turns,
    /// Tells the worker of jobs that there is one.
    pub jobs: Bell,
    /// Work that is done after the answer.
    pub afterwards: Afterwards,
    /// Uses of API tokens that wait to be written down.
    pub token_uses: TokenUses,
    /// Requests of each client address to the APIs in the running window.
    pub api_visits: Visits,
    /// Whether there is a Server Administrator; once there is one there always is.
    set_up: Arc<AtomicBool>,
}

impl std::fmt::Debug for App {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("App(..)")
    }
}

impl App {
    /// Wires the parts together.
    pub fn new(
        db: Db,
        config: Config,
        clock: Arc<dyn Clock>,
        entropy: Arc<dyn Entropy>,
        hasher: Hasher,
        courier: Courier,
    ) -> Self {
        let set_up = Arc::new(AtomicBool::new(false));
        Self {
            db,
            config: Arc::new(config),
            clock,
            entropy,
            hasher,
            courier,
            turns: Turns::default(),
            jobs: Bell::default(),
            afterwards: Afterwards::default(),
            token_uses: TokenUses::default(),
            api_visits: Visits::default(),
            set_up,
        }
    }

    /// Whether the installation has a Server Administrator. Asked of the database until it says yes.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn is_set_up(&self) -> Result<bool, StoreError> {
        if self.set_up.load(Ordering::Relaxed) {
            return Ok(true);
        }
        let is_set_up = self.db.begin_read().await?.is_set_up().await?;
        self.set_up.store(is_set_up, Ordering::Relaxed);
        Ok(is_set_up)
    }

    /// A moment of the clock with nothing known about who asks.
    pub fn occasion(&self) -> Occasion {
        Occasion { now: self.clock.now(), entropy: self.entropy.clone(), address: None, request_id: None }
    }
}

/// The system's wall clock: the only clock of the program, so that running it under another time changes every
/// decision alike.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "the one place that reads the wall clock")]
    fn now(&self) -> Timestamp {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Timestamp::from_micros(i64::try_from(since.as_micros()).unwrap_or(i64::MAX))
    }
}

/// The operating system's generator.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemEntropy;

impl Entropy for SystemEntropy {
    #[expect(clippy::disallowed_methods, reason = "the one place that asks the system for randomness")]
    fn fill(&self, bytes: &mut [u8]) {
        // Without randomness nothing here is safe; stopping is the only right answer.
        if let Err(error) = getrandom::fill(bytes) {
            tracing::error!(%error, "the system gives no random bytes");
            std::process::abort();
        }
    }
}
