//! Randomness as an argument. Whoever needs chance asks for it, so a test can decide what comes.

use std::sync::Mutex;

use sha2::{Digest, Sha256};

/// A source of unpredictable bytes.
pub trait Entropy: Send + Sync {
    /// Fills the whole slice.
    fn fill(&self, bytes: &mut [u8]);
}

/// `N` fresh bytes.
pub fn bytes<const N: usize>(entropy: &dyn Entropy) -> [u8; N] {
    let mut bytes = [0u8; N];
    entropy.fill(&mut bytes);
    bytes
}

/// A reproducible source: the same seed gives the same bytes. For tests and demonstration data, never for secrets.
#[derive(Debug)]
pub struct Seeded {
    state: Mutex<(u64, u64)>,
}

impl Seeded {
    /// Starts the sequence of this seed.
    pub fn new(seed: u64) -> Self {
        Self { state: Mutex::new((seed, 0)) }
    }
}

impl Entropy for Seeded {
    fn fill(&self, bytes: &mut [u8]) {
        let mut state = self.state.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        for chunk in bytes.chunks_mut(32) {
            let mut hash = Sha256::new();
            hash.update(state.0.to_be_bytes());
            hash.update(state.1.to_be_bytes());
            state.1 += 1;
            for (to, from) in chunk.iter_mut().zip(hash.finalize()) {
                *to = from;
            }
        }
    }
}
