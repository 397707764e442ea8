//! Password hashing on threads of its own: a fixed number at once, a short queue, then a clear "busy". Each hash takes
//! 19 MiB and tens of milliseconds, so it may neither block the runtime nor be started without bound (S7). A worker
//! keeps its memory from hash to hash, which saves clearing it anew, and gives it back when idle.

use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicU64, Ordering},
        mpsc::{self, Receiver, RecvTimeoutError, SyncSender, TrySendError},
    },
    thread,
    time::Duration,
};

use argon2::{
    Algorithm, Argon2, Block, Params, Version,
    password_hash::phc::{Output, ParamsString, PasswordHash, Salt},
};
use thiserror::Error;
use tokio::sync::oneshot;

use crate::{
    config::Argon2Cost,
    domain::entropy::{self, Entropy},
    keys,
};

/// How long an idle worker keeps its memory.
const KEEP_MEMORY: Duration = Duration::from_secs(2);
/// Waiting hashes per worker; more would wait longer than anybody does.
const QUEUE_PER_WORKER: usize = 32;
const SALT_LENGTH: usize = 16;
/// About a tenth of the share of another thread: a hash that takes a moment longer is not noticed, a page is.
#[cfg(target_os = "linux")]
const NICENESS: i32 = 10;

/// The queue is full, or a stored hash cannot be read.
#[derive(Debug, Error)]
pub enum HashError {
    /// Too many hashes are waiting; try again in a moment.
    #[error("too many password checks at once")]
    Busy,
    /// The parameters or the stored text are unusable.
    #[error("the stored password hash cannot be used")]
    Unusable,
}

/// What checking a password came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// Wrong.
    Wrong,
    /// Right.
    Right,
    /// Right, and the stored hash is weaker than today's: here is a new one.
    RightAndWeak(String),
}

enum Work {
    Hash { password: String, salt: [u8; SALT_LENGTH] },
    Check { password: String, stored: Option<String>, salt: [u8; SALT_LENGTH] },
}

enum Done {
    Hashed(String),
    Checked(Verdict),
}

struct Job {
    work: Work,
    answer: oneshot::Sender<Result<Done, HashError>>,
}

#[derive(Debug, Default)]
struct Counters {
    real: AtomicU64,
    decoy: AtomicU64,
}

/// The bounded pool.
#[derive(Clone)]
pub struct Hasher {
    queue: SyncSender<Job>,
    counters: Arc<Counters>,
    entropy: Arc<dyn Entropy>,
}

impl std::fmt::Debug for Hasher {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Hasher(..)")
    }
}

impl Hasher {
    /// Starts `concurrency` workers that hash with Argon2id at this cost (RFC 9106, S1).
    ///
    /// # Errors
    /// When the cost is outside what Argon2 allows, or threads cannot be started.
    pub fn start(cost: &Argon2Cost, concurrency: usize, entropy: Arc<dyn Entropy>) -> std::io::Result<Self> {
        let params = Params::new(cost.memory_kib, cost.passes, cost.lanes, None)
            .map_err(|error| std::io::Error::other(error.to_string()))?;
        let (queue, jobs) = mpsc::sync_channel::<Job>(concurrency * QUEUE_PER_WORKER);
        let jobs = Arc::new(Mutex::new(jobs));
        let counters = Arc::new(Counters::default());
        for number in 0..concurrency {
            let worker = Worker { params: params.clone(), memory: Vec::new(), counters: counters.clone() };
            let jobs = jobs.clone();
            thread::Builder::new().name(format!("hash-{number}")).spawn(move || worker.run(&jobs))?;
        }
        Ok(Self { queue, counters, entropy })
    }

    /// Hashes a new password to a PHC string.
    ///
    /// # Errors
    /// [`HashError::Busy`] when the queue is full.
    pub async fn hash(&self, password: &str) -> Result<String, HashError> {
        let work = Work::Hash { password: password.to_owned(), salt: self.salt() };
        match self.ask(work).await? {
            Done::Hashed(text) => Ok(text),
            Done::Checked(_) => Err(HashError::Unusable),
        }
    }

    /// Checks a password against the stored one. Without a stored one a decoy of the same cost is computed, so that
    /// nobody learns from the time whether an account exists (S9).
    ///
    /// # Errors
    /// [`HashError::Busy`] when the queue is full.
    pub async fn check(&self, password: &str, stored: Option<&str>) -> Result<Verdict, HashError> {
        let work = Work::Check { password: password.to_owned(), stored: stored.map(str::to_owned), salt: self.salt() };
        match self.ask(work).await? {
            Done::Checked(verdict) => Ok(verdict),
            Done::Hashed(_) => Err(HashError::Unusable),
        }
    }

    /// Hashes computed so far: for stored passwords, and decoys.
    pub fn counts(&self) -> (u64, u64) {
        (self.counters.real.load(Ordering::Relaxed), self.counters.decoy.load(Ordering::Relaxed))
    }

    fn salt(&self) -> [u8; SALT_LENGTH] {
        entropy::bytes(self.entropy.as_ref())
    }

    async fn ask(&self, work: Work) -> Result<Done, HashError> {
        let (answer, answered) = oneshot::channel();
        self.queue.try_send(Job { work, answer }).map_err(|error| match error {
            TrySendError::Full(_) => HashError::Busy,
            TrySendError::Disconnected(_) => HashError::Unusable,
        })?;
        answered.await.unwrap_or(Err(HashError::Unusable))
    }
}

struct Worker {
    params: Params,
    memory: Vec<Block>,
    counters: Arc<Counters>,
}

/// Lets everything else go first when the machine is busy: who signs in waits for a hash anyway, a page should not.
/// It costs nothing while there is room, and that a system does not know it costs no more than that.
#[cfg(target_os = "linux")]
fn give_way() {
    // On Linux the priority is that of the calling thread alone.
    let _ = rustix::process::setpriority_process(None, NICENESS);
}

#[cfg(not(target_os = "linux"))]
fn give_way() {}

impl Worker {
    fn run(mut self, jobs: &Mutex<Receiver<Job>>) {
        give_way();
        loop {
            let next = {
                let jobs = jobs.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
                jobs.recv_timeout(KEEP_MEMORY)
            };
            match next {
                // Somebody who went away needs no answer; the work is saved.
                Ok(job) if job.answer.is_closed() => {}
                Ok(job) => {
                    let done = self.work(job.work);
                    drop(job.answer.send(done));
                }
                Err(RecvTimeoutError::Timeout) => self.memory = Vec::new(),
                Err(RecvTimeoutError::Disconnected) => return,
            }
        }
    }

    fn work(&mut self, work: Work) -> Result<Done, HashError> {
        match work {
            Work::Hash { password, salt } => self.hash(&password, &salt).map(Done::Hashed),
            Work::Check { password, stored: Some(stored), salt } => {
                self.counters.real.fetch_add(1, Ordering::Relaxed);
                self.check(&password, &stored, &salt).map(Done::Checked)
            }
            Work::Check { password, stored: None, salt } => {
                self.counters.decoy.fetch_add(1, Ordering::Relaxed);
                self.hash(&password, &salt)?;
                Ok(Done::Checked(Verdict::Wrong))
            }
        }
    }

    fn check(&mut self, password: &str, stored: &str, salt: &[u8]) -> Result<Verdict, HashError> {
        let parsed = PasswordHash::new(stored).map_err(|_| HashError::Unusable)?;
        let params = Params::try_from(&parsed).map_err(|_| HashError::Unusable)?;
        let algorithm = Algorithm::try_from(parsed.algorithm.as_str()).map_err(|_| HashError::Unusable)?;
        let (Some(stored_salt), Some(expected)) = (&parsed.salt, &parsed.hash) else {
            return Err(HashError::Unusable);
        };
        let mut computed = vec![0; expected.len()];
        self.compute(algorithm, &params, password, stored_salt.as_ref(), &mut computed)?;
        if !keys::same_bytes(&computed, expected.as_bytes()) {
            return Ok(Verdict::Wrong);
        }
        if self.is_weak(algorithm, &params) {
            return self.hash(password, salt).map(Verdict::RightAndWeak);
        }
        Ok(Verdict::Right)
    }

    fn is_weak(&self, algorithm: Algorithm, params: &Params) -> bool {
        algorithm != Algorithm::Argon2id
            || params.m_cost() < self.params.m_cost()
            || params.t_cost() < self.params.t_cost()
            || params.p_cost() < self.params.p_cost()
    }

    fn hash(&mut self, password: &str, salt: &[u8]) -> Result<String, HashError> {
        let mut output = [0u8; Params::DEFAULT_OUTPUT_LEN];
        let params = self.params.clone();
        self.compute(Algorithm::Argon2id, &params, password, salt, &mut output)?;
        let hash = PasswordHash {
            algorithm: Algorithm::Argon2id.ident(),
            version: Some(Version::V0x13.into()),
            params: ParamsString::try_from(&params).map_err(|_| HashError::Unusable)?,
            salt: Some(Salt::new(salt).map_err(|_| HashError::Unusable)?),
            hash: Some(Output::new(&output).map_err(|_| HashError::Unusable)?),
        };
        Ok(hash.to_string())
    }

    fn compute(
        &mut self,
        algorithm: Algorithm,
        params: &Params,
        password: &str,
        salt: &[u8],
        output: &mut [u8],
    ) -> Result<(), HashError> {
        let blocks = params.block_count();
        if self.memory.len() < blocks {
            self.memory = vec![Block::default(); blocks];
        }
        let memory = self.memory.get_mut(..blocks).ok_or(HashError::Unusable)?;
        Argon2::new(algorithm, Version::V0x13, params.clone())
            .hash_password_into_with_memory(password.as_bytes(), salt, output, memory)
            .map_err(|_| HashError::Unusable)
    }
}

#[cfg(test)]
mod tests {
    use argon2::PasswordVerifier;

    use super::*;
    use crate::domain::entropy::Seeded;

    fn hasher(memory_kib: u32) -> Hasher {
        let cost = Argon2Cost { memory_kib, passes: 1, lanes: 1 };
        Hasher::start(&cost, 1, Arc::new(Seeded::new(7))).unwrap()
    }

    #[tokio::test]
    async fn a_hash_is_what_the_library_reads() {
        let stored = hasher(64).hash("correct horse").await.unwrap();
        assert!(stored.starts_with("$argon2id$v=19$m=64,t=1,p=1$"), "{stored}");
        assert!(Argon2::default().verify_password(b"correct horse", stored.as_str()).is_ok());
    }

    #[tokio::test]
    async fn right_wrong_and_weak() {
        let stored = hasher(64).hash("correct horse").await.unwrap();
        let today = hasher(64);
        assert_eq!(today.check("correct horse", Some(&stored)).await.unwrap(), Verdict::Right);
        assert_eq!(today.check("correct horsE", Some(&stored)).await.unwrap(), Verdict::Wrong);
        assert_eq!(today.check("correct horse", None).await.unwrap(), Verdict::Wrong);
        assert_eq!(today.counts(), (2, 1));
        let stronger = hasher(128);
        let Verdict::RightAndWeak(new) = stronger.check("correct horse", Some(&stored)).await.unwrap() else {
            panic!("the old hash is weaker");
        };
        assert_eq!(stronger.check("correct horse", Some(&new)).await.unwrap(), Verdict::Right);
    }

    #[tokio::test]
    async fn two_long_passwords_that_differ_at_the_end_differ() {
        let hasher = hasher(64);
        let long = "x".repeat(127);
        let stored = hasher.hash(&format!("{long}a")).await.unwrap();
        assert_eq!(hasher.check(&format!("{long}b"), Some(&stored)).await.unwrap(), Verdict::Wrong);
    }
}
