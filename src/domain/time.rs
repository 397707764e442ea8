//! Moments as one number. Microseconds since the Unix epoch order the same way in Rust, SQLite and PostgreSQL, which
//! text or native timestamps do not.

use std::{fmt, time::Duration};

use serde::{Deserialize, Serialize};
use time::{Date, OffsetDateTime, macros::format_description};

/// A moment, UTC, in microseconds since the Unix epoch.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Timestamp(i64);

impl Timestamp {
    /// From microseconds since the Unix epoch.
    pub const fn from_micros(micros: i64) -> Self {
        Self(micros)
    }

    /// From whole seconds since the Unix epoch.
    pub const fn from_seconds(seconds: i64) -> Self {
        Self(seconds.saturating_mul(1_000_000))
    }

    /// Microseconds since the Unix epoch.
    pub const fn micros(self) -> i64 {
        self.0
    }

    /// Whole seconds since the Unix epoch, rounded down.
    pub const fn seconds(self) -> i64 {
        self.0.div_euclid(1_000_000)
    }

    /// This moment later by `span`, at most the end of time.
    #[must_use]
    pub fn plus(self, span: Duration) -> Self {
        Self(self.0.saturating_add(i64::try_from(span.as_micros()).unwrap_or(i64::MAX)))
    }

    /// This moment earlier by `span`.
    #[must_use]
    pub fn minus(self, span: Duration) -> Self {
        Self(self.0.saturating_sub(i64::try_from(span.as_micros()).unwrap_or(i64::MAX)))
    }

    /// Microseconds from `earlier` to this moment; negative when it is the later one.
    pub const fn since(self, earlier: Self) -> i64 {
        self.0.saturating_sub(earlier.0)
    }

    /// Whole seconds until `later`, rounded up, never negative.
    pub fn seconds_until(self, later: Self) -> i64 {
        (later.since(self).max(0) + 999_999) / 1_000_000
    }

    /// Whole minutes until `later`, rounded up, never negative.
    pub fn minutes_until(self, later: Self) -> i64 {
        (self.seconds_until(later) + 59) / 60
    }

    /// RFC 3339, to the second: `2025-11-20T14:05:00Z`.
    pub fn rfc3339(self) -> String {
        self.calendar()
            .format(format_description!("[year]-[month]-[day]T[hour]:[minute]:[second]Z"))
            .unwrap_or_default()
    }

    /// RFC 3339, to the microsecond: `2025-11-20T14:05:00.000000Z`.
    pub fn rfc3339_micros(self) -> String {
        self.calendar()
            .format(format_description!("[year]-[month]-[day]T[hour]:[minute]:[second].[subsecond digits:6]Z"))
            .unwrap_or_default()
    }

    /// The day alone: `2025-11-20`.
    pub fn date(self) -> String {
        self.calendar().format(format_description!("[year]-[month]-[day]")).unwrap_or_default()
    }

    /// Reads RFC 3339 with any offset; none for anything else, or a moment that cannot be kept.
    pub fn parse_rfc3339(text: &str) -> Option<Self> {
        let read = OffsetDateTime::parse(text, &time::format_description::well_known::Rfc3339).ok()?;
        i64::try_from(read.unix_timestamp_nanos().div_euclid(1000)).ok().map(Self)
    }

    /// The first moment of a day written as `2025-11-20`; none for anything else.
    pub fn parse_date(text: &str) -> Option<Self> {
        let day = Date::parse(text, format_description!("[year]-[month]-[day]")).ok()?;
        Some(Self::from_seconds(day.midnight().assume_utc().unix_timestamp()))
    }

    /// This moment without its fraction of a second.
    #[must_use]
    pub const fn to_second(self) -> Self {
        Self::from_seconds(self.seconds())
    }

    /// The same moment for calendar arithmetic and other crates.
    pub fn calendar(self) -> OffsetDateTime {
        OffsetDateTime::from_unix_timestamp_nanos(i128::from(self.0) * 1000).unwrap_or(OffsetDateTime::UNIX_EPOCH)
    }
}

/// The form shown to people everywhere: `2025-11-20 14:05 UTC` (portal contract).
impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = self
            .calendar()
            .format(format_description!("[year]-[month]-[day] [hour]:[minute] UTC"))
            .map_err(|_| fmt::Error)?;
        f.write_str(&text)
    }
}

/// Where "now" comes from. Handlers ask once; everything below them takes the moment as an argument.
pub trait Clock: Send + Sync {
    /// The current moment.
    fn now(&self) -> Timestamp;
}

/// Whole minutes as a span.
pub const fn minutes(n: u64) -> Duration {
    Duration::from_secs(n * 60)
}

/// Whole days as a span.
pub const fn days(n: u64) -> Duration {
    Duration::from_secs(n * 24 * 60 * 60)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shows_minutes_in_utc() {
        assert_eq!(Timestamp::from_seconds(1_763_647_500).to_string(), "2025-11-20 14:05 UTC");
        assert_eq!(Timestamp::from_seconds(1_763_647_500).rfc3339(), "2025-11-20T14:05:00Z");
    }

    #[test]
    fn a_day_begins_at_midnight_utc() {
        assert_eq!(
            Timestamp::parse_date("2025-11-20").map(Timestamp::rfc3339).as_deref(),
            Some("2025-11-20T00:00:00Z")
        );
        for text in ["", "2025-11-31", "20.11.2025", "2025-11-20T00:00:00Z", "tomorrow"] {
            assert_eq!(Timestamp::parse_date(text), None, "{text}");
        }
    }

    #[test]
    fn what_is_left_is_rounded_up() {
        let now = Timestamp::from_seconds(0);
        assert_eq!(now.seconds_until(Timestamp::from_micros(1)), 1);
        assert_eq!(now.minutes_until(Timestamp::from_seconds(61)), 2);
        assert_eq!(now.minutes_until(Timestamp::from_seconds(60)), 1);
        assert_eq!(Timestamp::from_seconds(9).seconds_until(now), 0);
    }
}
