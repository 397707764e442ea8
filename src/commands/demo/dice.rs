//! Choices that fall the same way in every run: a die thrown from a reproducible source, so that two demonstrations
//! show the same people.

use std::{sync::Arc, time::Duration};

use crate::domain::{
    entropy::{Entropy, Seeded},
    time::Timestamp,
};

/// A die with any number of sides. Throws a block of the source at a time, because every draw from it is a hash.
pub(super) struct Dice {
    source: Arc<Seeded>,
    block: [u8; 32],
    used: usize,
}

impl Dice {
    pub(super) fn new(seed: u64) -> Self {
        Self { source: Arc::new(Seeded::new(seed)), block: [0; 32], used: 32 }
    }

    /// The source itself, for ids.
    pub(super) fn entropy(&self) -> Arc<dyn Entropy> {
        self.source.clone()
    }

    fn number(&mut self) -> u32 {
        if self.used >= self.block.len() {
            self.source.fill(&mut self.block);
            self.used = 0;
        }
        let bytes = self.block.iter().skip(self.used).take(4);
        self.used += 4;
        bytes.fold(0, |number, byte| number << 8 | u32::from(*byte))
    }

    /// A number from 0 up to, but without, `sides`; 0 when there are none.
    pub(super) fn below(&mut self, sides: u32) -> u32 {
        let number = u64::from(self.number()) * u64::from(sides);
        u32::try_from(number >> 32).unwrap_or_default()
    }

    /// Whether something comes true that does so `share` times in a thousand.
    pub(super) fn per_mille(&mut self, share: u32) -> bool {
        self.below(1000) < share
    }

    /// One of several; `None` only of none.
    pub(super) fn pick<'a, T>(&mut self, of: &'a [T]) -> Option<&'a T> {
        let sides = u32::try_from(of.len()).unwrap_or(u32::MAX);
        of.get(self.below(sides) as usize)
    }

    /// One of several, each as often as its weight says; `None` only of none.
    pub(super) fn weighted<T: Copy>(&mut self, of: &[(u32, T)]) -> Option<T> {
        let mut left = self.below(of.iter().map(|(weight, _)| weight).sum());
        for (weight, one) in of {
            if left < *weight {
                return Some(*one);
            }
            left -= weight;
        }
        None
    }

    /// A moment between two others.
    pub(super) fn moment(&mut self, from: Timestamp, to: Timestamp) -> Timestamp {
        let seconds = u32::try_from(from.seconds_until(to)).unwrap_or(u32::MAX);
        from.plus(Duration::from_secs(u64::from(self.below(seconds))))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_seed_falls_the_same_way() {
        let throw = |seed| {
            let mut dice = Dice::new(seed);
            (0..50).map(|_| dice.below(1000)).collect::<Vec<_>>()
        };
        assert_eq!(throw(1), throw(1));
        assert_ne!(throw(1), throw(2));
    }

    #[test]
    fn weights_decide_how_often() {
        let mut dice = Dice::new(7);
        let often = (0..10_000).filter(|_| dice.weighted(&[(9, true), (1, false)]) == Some(true)).count();
        assert!((8_800..9_200).contains(&often), "{often}");
        assert_eq!(dice.weighted::<u8>(&[]), None);
    }

    #[test]
    fn numbers_stay_below_their_sides() {
        let mut dice = Dice::new(3);
        assert!((0..10_000).all(|_| dice.below(7) < 7));
        assert_eq!(dice.below(0), 0);
        let (from, to) = (Timestamp::from_seconds(10), Timestamp::from_seconds(20));
        assert!((0..100).map(|_| dice.moment(from, to)).all(|moment| moment >= from && moment < to));
    }
}
