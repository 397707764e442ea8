//! How long a session lives (portal contract 3.5). The limits are constants of the product, not settings.

use std::time::Duration;

use super::{
    time::{Timestamp, minutes},
    users::words,
};

/// Without activity for this long, a session is over.
pub const IDLE_LIMIT: Duration = minutes(15);
/// Without activity for this long, the person is warned.
pub const IDLE_WARNING: Duration = minutes(13);
/// However active, a session is over after this.
pub const ABSOLUTE_LIMIT: Duration = minutes(12 * 60);
/// Between password and code there is this long.
pub const CODE_LIMIT: Duration = minutes(10);

words! {
    /// How far a sign-in has come.
    Stage {
        /// Password accepted, code still due: treated as not signed in.
        Code = "code",
        /// Signed in at a time when an authenticator was required and none was set up.
        Enroll = "enroll",
        /// Signed in.
        Full = "full",
    }
}

impl Stage {
    /// Whether the sign-in is complete; a step may still be due.
    pub const fn is_signed_in(self) -> bool {
        !matches!(self, Self::Code)
    }
}

/// What a signed-in person has to do before anything else (portal contract 3.6).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// Replace the temporary password.
    Password,
    /// Set up an authenticator.
    Enroll,
}

impl Step {
    /// The next step that is due. That an authenticator is required counts for sessions that began while it was: turning
    /// the requirement on disturbs no session, turning it off or setting one up elsewhere frees this one.
    pub const fn due(stage: Stage, has_temporary_password: bool, lacks_authenticator: bool) -> Option<Self> {
        if has_temporary_password {
            return Some(Self::Password);
        }
        if matches!(stage, Stage::Enroll) && lacks_authenticator { Some(Self::Enroll) } else { None }
    }
}

words! {
    /// Why a session is over.
    EndReason {
        /// Nothing was done for 15 minutes.
        Idle = "idle",
        /// Ended by somebody, or by the absolute limit.
        Ended = "ended",
        /// The address to log in with was changed.
        Email = "email",
    }
}

/// Judges the time limits of a session.
#[derive(Debug, Clone, Copy)]
pub struct SessionLimit;

impl SessionLimit {
    /// Why a session of this stage and age is over now, if it is. Idle of exactly 15 minutes is over.
    pub fn reached(
        stage: Stage,
        signed_in_at: Timestamp,
        last_active_at: Timestamp,
        now: Timestamp,
    ) -> Option<EndReason> {
        if stage == Stage::Code {
            return (now > signed_in_at.plus(CODE_LIMIT)).then_some(EndReason::Ended);
        }
        if now >= signed_in_at.plus(ABSOLUTE_LIMIT) {
            return Some(EndReason::Ended);
        }
        (now >= last_active_at.plus(IDLE_LIMIT)).then_some(EndReason::Idle)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const START: Timestamp = Timestamp::from_seconds(1_000_000);

    fn after(span: Duration) -> Option<EndReason> {
        SessionLimit::reached(Stage::Full, START, START, START.plus(span))
    }

    #[test]
    fn idle_of_exactly_fifteen_minutes_is_over() {
        assert_eq!(after(Duration::from_micros(899_999_999)), None);
        assert_eq!(after(minutes(15)), Some(EndReason::Idle));
    }

    #[test]
    fn activity_does_not_move_the_absolute_limit() {
        let end = START.plus(ABSOLUTE_LIMIT);
        assert_eq!(SessionLimit::reached(Stage::Full, START, end, end), Some(EndReason::Ended));
    }

    #[test]
    fn the_password_comes_before_the_authenticator() {
        assert_eq!(Step::due(Stage::Enroll, true, true), Some(Step::Password));
        assert_eq!(Step::due(Stage::Enroll, false, true), Some(Step::Enroll));
        assert_eq!(Step::due(Stage::Full, true, true), Some(Step::Password));
        for (stage, lacks) in [(Stage::Full, true), (Stage::Enroll, false), (Stage::Full, false)] {
            assert_eq!(Step::due(stage, false, lacks), None, "{stage:?} {lacks}");
        }
    }

    #[test]
    fn half_a_sign_in_lives_ten_minutes() {
        let at = |span| SessionLimit::reached(Stage::Code, START, START, START.plus(span));
        assert_eq!(at(minutes(10)), None);
        assert_eq!(at(minutes(10) + Duration::from_secs(1)), Some(EndReason::Ended));
    }
}
