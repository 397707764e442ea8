//! The lock rule against a second, naive telling of it, over any run of attempts.

use proptest::prelude::*;

use super::{AttemptState, Evidence, Outcome};
use crate::domain::time::Timestamp;

const START: Timestamp = Timestamp::from_seconds(1_000_000);

fn failed(failures: u32, last_failure: i64, locked_until: i64) -> AttemptState {
    AttemptState {
        failures,
        last_failure: Some(Timestamp::from_seconds(last_failure)),
        locked_until: Some(Timestamp::from_seconds(locked_until)),
    }
}

/// The rules R1 to R6 once more, in whole milliseconds and without types, as naively as they
/// are written.
#[derive(Clone, Copy, Default)]
struct Naive {
    failures: u32,
    last_failure: Option<i64>,
    locked_until: Option<i64>,
}

impl Naive {
    fn attempt(&mut self, t: i64, evidence: Evidence) -> &'static str {
        if let Some(until) = self.locked_until
            && t < until
        {
            return "REFUSED";
        }
        if let Some(failure) = self.last_failure
            && t - failure <= 3000
        {
            self.failures += 1;
            self.last_failure = Some(t);
            self.locked_until = Some(t + 1_800_000);
            return "LOCK";
        }
        match evidence {
            Evidence::Unseen | Evidence::Wrong => {
                self.failures += 1;
                self.last_failure = Some(t);
                if self.failures >= 3 {
                    self.locked_until = Some(t + 1_800_000);
                    "LOCK"
                } else {
                    "NO"
                }
            }
            Evidence::HalfRight => "CODE",
            Evidence::RightButBlocked => "BLOCKED",
            Evidence::Confirmed => "CONFIRMED",
            Evidence::Right => {
                *self = Self::default();
                "OK"
            }
        }
    }
}

fn word(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Refused { .. } => "REFUSED",
        Outcome::Locked { .. } => "LOCK",
        Outcome::No => "NO",
        Outcome::CodeDue => "CODE",
        Outcome::Blocked => "BLOCKED",
        Outcome::Ok => "OK",
        Outcome::Confirmed => "CONFIRMED",
    }
}

fn any_evidence() -> impl Strategy<Value = Evidence> {
    prop_oneof![
        4 => Just(Evidence::Wrong),
        1 => Just(Evidence::HalfRight),
        1 => Just(Evidence::RightButBlocked),
        1 => Just(Evidence::Right),
        1 => Just(Evidence::Confirmed),
    ]
}

/// Waits that matter: within haste, at its edge, minutes, at the edge of a lock, days.
fn any_wait() -> impl Strategy<Value = i64> {
    prop_oneof![0_i64..3000, 2999_i64..=3001, 3001_i64..900_000, 1_799_999_i64..=1_800_001, 0_i64..200_000_000,]
}

proptest! {
    #[test]
    fn agrees_with_the_rules_read_naively(
        events in proptest::collection::vec((any_wait(), any_evidence()), 1..40),
    ) {
        let mut state = AttemptState::default();
        let mut naive = Naive::default();
        let mut t = 0;
        for (wait, evidence) in events {
            t += wait;
            let now = Timestamp::from_micros(t * 1000);
            let (outcome, after) = state.record(now, evidence);
            prop_assert_eq!(word(outcome), naive.attempt(t, evidence));
            prop_assert_eq!(after.failures, naive.failures);
            let millis = |at: Option<Timestamp>| at.map(|at| at.micros() / 1000);
            prop_assert_eq!(millis(after.last_failure), naive.last_failure);
            prop_assert_eq!(millis(after.locked_until), naive.locked_until);
            state = after;
        }
    }

    #[test]
    fn only_a_login_ever_lowers_the_count(
        events in proptest::collection::vec((any_wait(), any_evidence()), 1..40),
    ) {
        let mut state = AttemptState::default();
        let mut t = 0;
        for (wait, evidence) in events {
            t += wait;
            let (outcome, after) = state.record(Timestamp::from_micros(t * 1000), evidence);
            if outcome == Outcome::Ok {
                prop_assert_eq!(after, AttemptState::default());
            } else {
                prop_assert!(after.failures >= state.failures);
                prop_assert!(after.locked_until >= state.locked_until);
            }
            state = after;
        }
    }

    #[test]
    fn a_running_lock_changes_by_nothing(
        waits in proptest::collection::vec((0_i64..1_799_999, any_evidence()), 1..20),
    ) {
        let (_, once) = AttemptState::default().record(START, Evidence::Wrong);
        let (_, locked) = once.record(START, Evidence::Unseen);
        for (wait, evidence) in waits {
            let now = Timestamp::from_micros(START.micros() + wait * 1000);
            prop_assert_eq!(locked.record(now, evidence).1, locked);
        }
    }

    #[test]
    fn merging_is_the_same_both_ways(
        a in (0_u32..9, 0_i64..99, 0_i64..99),
        b in (0_u32..9, 0_i64..99, 0_i64..99),
    ) {
        let (a, b) = (failed(a.0, a.1, a.2), failed(b.0, b.1, b.2));
        prop_assert_eq!(a.merged(&b), b.merged(&a));
        prop_assert_eq!(a.merged(&b).merged(&b), a.merged(&b));
    }
}
