//! Turns: attempts on one login address are decided one after the other.

use std::{
    hash::{BuildHasher, RandomState},
    sync::Arc,
};

use tokio::sync::{Mutex, OwnedMutexGuard};

/// More lines than a busy minute has addresses; two addresses in one line only wait for each other.
const LINES: usize = 1024;

/// A fixed number of lines to wait in.
#[derive(Clone)]
pub struct Turns {
    lines: Arc<[Arc<Mutex<()>>]>,
    state: RandomState,
}

impl Default for Turns {
    fn default() -> Self {
        Self { lines: (0..LINES).map(|_| Arc::new(Mutex::new(()))).collect(), state: RandomState::new() }
    }
}

impl std::fmt::Debug for Turns {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Turns(..)")
    }
}

impl Turns {
    /// Waits until nobody before has this key in hand.
    pub async fn take(&self, key: &str) -> Option<OwnedMutexGuard<()>> {
        let line = usize::try_from(self.state.hash_one(key)).unwrap_or_default() % LINES;
        let line = self.lines.get(line)?.clone();
        Some(line.lock_owned().await)
    }
}
