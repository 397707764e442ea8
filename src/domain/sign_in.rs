//! The lock rule: what one attempt to prove a password or code does to the state of its login
//! address (portal contract 3.2). One pure function in two steps, so that nothing is hashed for an
//! attempt that is refused or locks unseen; storing the state and letting one attempt at a time
//! through per address is the caller's part.

mod form;
#[cfg(test)]
mod reference;
#[cfg(test)]
mod truth_table;

use std::time::Duration;

pub use self::form::{LoginAddress, NotAnAttempt, is_double_submit, read_form};
use super::time::{Timestamp, minutes};

/// How long a lock lasts. Nothing shortens or lengthens it.
pub const LOCK: Duration = minutes(30);

/// The failure that locks, counted since the last successful login.
pub const LOCKING_FAILURE: u32 = 3;

/// An attempt this soon after a failed one locks unseen; exactly this long after still does.
pub const HASTE: Duration = Duration::from_secs(3);

/// What is remembered of a login address, whether or not somebody has it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct AttemptState {
    /// Failures since the last successful login. No timer lowers it.
    pub failures: u32,
    /// When the last of them was.
    pub last_failure: Option<Timestamp>,
    /// End of the running or last lock.
    pub locked_until: Option<Timestamp>,
}

/// What may be done with an attempt before anything is looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Gate {
    /// A lock is running (R1): answer, look at nothing, change nothing.
    Refused {
        /// When it ends.
        until: Timestamp,
    },
    /// Too soon after a failure (R2): record [`Evidence::Unseen`], look at nothing.
    Hasty,
    /// Look at password or code, then record what was found.
    Open,
}

/// What looking at the password or code has shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Evidence {
    /// Nothing was looked at, because the gate said so. While the gate is open it counts as wrong.
    Unseen,
    /// Wrong password, unknown address, wrong, replayed or expired code, wrong or used recovery
    /// code (R3).
    Wrong,
    /// Right password, and a code is still to come (R4).
    HalfRight,
    /// Right password of somebody who may not log in: not activated, disabled, temporary password
    /// expired (R5).
    RightButBlocked,
    /// Right password with no code due, or right code (R6).
    Right,
    /// Right password in a form that asks for it again within a session (portal contract 3.4).
    Confirmed,
}

/// How an attempt ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// A lock is running.
    Refused {
        /// When it ends.
        until: Timestamp,
    },
    /// This attempt caused a lock.
    Locked {
        /// When it ends.
        until: Timestamp,
    },
    /// Wrong, and nothing more.
    No,
    /// Go on to the code.
    CodeDue,
    /// Right, but this person may not log in.
    Blocked,
    /// Logged in.
    Ok,
    /// The password was confirmed; this is not a login and resets nothing.
    Confirmed,
}

impl AttemptState {
    /// First step: whether the attempt may be looked at.
    pub fn gate(&self, now: Timestamp) -> Gate {
        if let Some(until) = self.locked_until.filter(|until| now < *until) {
            return Gate::Refused { until };
        }
        // A clock set back leaves the failure in the future: that is soon after it, too.
        let is_hasty = self.last_failure.is_some_and(|failure| now <= failure.plus(HASTE));
        if is_hasty { Gate::Hasty } else { Gate::Open }
    }

    /// Second step: the outcome and the state afterwards. The gate is asked again, so an attempt
    /// that lost a race is judged by the state that won it, whatever its evidence says.
    #[must_use]
    pub fn record(self, now: Timestamp, evidence: Evidence) -> (Outcome, Self) {
        match self.gate(now) {
            Gate::Refused { until } => (Outcome::Refused { until }, self),
            Gate::Hasty => self.fail(now, true),
            Gate::Open => match evidence {
                Evidence::Unseen | Evidence::Wrong => self.fail(now, false),
                Evidence::HalfRight => (Outcome::CodeDue, self),
                Evidence::RightButBlocked => (Outcome::Blocked, self),
                Evidence::Right => (Outcome::Ok, Self::default()),
                Evidence::Confirmed => (Outcome::Confirmed, self),
            },
        }
    }

    fn fail(self, now: Timestamp, is_hasty: bool) -> (Outcome, Self) {
        let failures = self.failures.saturating_add(1);
        let failed = Self { failures, last_failure: Some(now), ..self };
        if is_hasty || failures >= LOCKING_FAILURE {
            let until = now.plus(LOCK);
            let locked = Self { locked_until: Some(until), ..failed };
            (Outcome::Locked { until }, locked)
        } else {
            (Outcome::No, failed)
        }
    }

    /// What a new address takes over when an account moves to it: the worse of both, so that
    /// changing an address is no way around a lock (portal contract 3.2, rule 3).
    #[must_use]
    pub fn merged(&self, other: &Self) -> Self {
        Self {
            failures: self.failures.max(other.failures),
            last_failure: self.last_failure.max(other.last_failure),
            locked_until: self.locked_until.max(other.locked_until),
        }
    }

    /// When the running lock ends, if one is running.
    pub fn locked_at(&self, now: Timestamp) -> Option<Timestamp> {
        self.locked_until.filter(|until| now < *until)
    }
}

/// The text of a lock (portal contract 1.2): whole minutes left, rounded up.
pub fn lock_message(now: Timestamp, until: Timestamp) -> String {
    match now.minutes_until(until) {
        1 => "This account is locked. You can try again in 1 minute.".to_owned(),
        left => format!("This account is locked. You can try again in {left} minutes."),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const START: Timestamp = Timestamp::from_seconds(1_000_000);

    #[test]
    fn the_boundaries_are_exact() {
        let (_, once) = AttemptState::default().record(START, Evidence::Wrong);
        let at = |micros: i64| Timestamp::from_micros(START.micros() + micros);
        assert_eq!(once.gate(at(3_000_000)), Gate::Hasty);
        assert_eq!(once.gate(at(3_000_001)), Gate::Open);

        let (outcome, locked) = once.record(at(1), Evidence::Unseen);
        let until = at(1).plus(LOCK);
        assert_eq!(outcome, Outcome::Locked { until });
        assert_eq!(locked.gate(Timestamp::from_micros(until.micros() - 1)), Gate::Refused { until });
        assert_eq!(locked.gate(until), Gate::Open);
        assert_eq!(locked.locked_at(START), Some(until));
        assert_eq!(locked.locked_at(until), None);
    }

    #[test]
    fn evidence_does_not_help_where_the_gate_is_closed() {
        let (_, once) = AttemptState::default().record(START, Evidence::Wrong);
        for evidence in [Evidence::Right, Evidence::HalfRight, Evidence::Confirmed] {
            assert!(matches!(once.record(START, evidence).0, Outcome::Locked { .. }));
        }
        let (_, locked) = once.record(START, Evidence::Unseen);
        let (outcome, after) = locked.record(START, Evidence::Right);
        assert!(matches!(outcome, Outcome::Refused { .. }));
        assert_eq!(after, locked);
    }

    #[test]
    fn unseen_with_an_open_gate_counts_as_wrong() {
        let state = AttemptState::default();
        assert_eq!(state.record(START, Evidence::Unseen), state.record(START, Evidence::Wrong));
    }

    #[test]
    fn a_clock_set_back_is_no_way_around() {
        let (_, once) = AttemptState::default().record(START, Evidence::Wrong);
        let earlier = START.minus(minutes(60));
        assert_eq!(once.gate(earlier), Gate::Hasty);
        let (_, locked) = once.record(earlier, Evidence::Right);
        assert_eq!(locked.failures, 2);
        assert_eq!(locked.locked_until, Some(earlier.plus(LOCK)));
    }

    #[test]
    fn an_address_takes_over_the_worse_of_both_states() {
        let failed = |failures, last_failure, locked_until| AttemptState {
            failures,
            last_failure: Some(Timestamp::from_seconds(last_failure)),
            locked_until: Some(Timestamp::from_seconds(locked_until)),
        };
        let merged = failed(1, 500, 900).merged(&failed(4, 300, 700));
        assert_eq!(merged, failed(4, 500, 900));
        let clean = AttemptState::default();
        assert_eq!(failed(2, 5, 9).merged(&clean), failed(2, 5, 9));
        assert_eq!(clean.merged(&failed(2, 5, 9)), failed(2, 5, 9));
    }

    #[test]
    fn the_lock_tells_the_whole_minutes_left() {
        let until = START.plus(LOCK);
        let left = |micros: i64| lock_message(Timestamp::from_micros(until.micros() - micros), until);
        assert_eq!(left(1_800_000_000), "This account is locked. You can try again in 30 minutes.");
        assert_eq!(left(60_000_001), "This account is locked. You can try again in 2 minutes.");
        assert_eq!(left(60_000_000), "This account is locked. You can try again in 1 minute.");
        assert_eq!(left(1), "This account is locked. You can try again in 1 minute.");
    }
}
