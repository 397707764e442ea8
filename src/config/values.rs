//! Small values of settings and how they are typed. Each function turns a text
//! into a value or says, in half a sentence, what was expected.

use std::fmt;
use std::net::SocketAddr;
use std::ops::RangeInclusive;
use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

use ipnet::IpNet;
use lettre::message::Mailbox;
use secrecy::SecretString;
use tracing_subscriber::filter::{LevelFilter, Targets};

/// So many events within so much time, typed like `100/1h`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rate {
    /// How many events are allowed; at least 1.
    pub count: u32,
    /// The window they are counted in; at least a second.
    pub per: Duration,
}

impl FromStr for Rate {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let expected = || "expected a rate such as 100/1h".to_owned();
        let (count, per) = text.split_once('/').ok_or_else(expected)?;
        let count = count.trim().parse().map_err(|_| expected())?;
        let per = humantime::parse_duration(per.trim()).map_err(|_| expected())?;
        if count == 0 || per < Duration::from_secs(1) {
            return Err(expected());
        }
        Ok(Self { count, per })
    }
}

impl fmt::Display for Rate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.count, humantime::format_duration(self.per))
    }
}

/// Cost of one Argon2id hash (RFC 9106), typed like `m=19456,t=2,p=1`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Argon2Cost {
    /// Memory in KiB.
    pub memory_kib: u32,
    /// Passes over the memory.
    pub passes: u32,
    /// Lanes.
    pub lanes: u32,
}

impl Argon2Cost {
    /// The weakest cost allowed outside of tests (security contract S1).
    pub const FLOOR: Self = Self { memory_kib: 19_456, passes: 2, lanes: 1 };
    /// Beyond 4 GiB for one hash the value is a slip of the finger.
    const MOST_MEMORY_KIB: u32 = 4 * 1024 * 1024;

    /// Whether any of the three numbers is below that of `floor`.
    pub fn is_weaker_than(&self, floor: &Self) -> bool {
        self.memory_kib < floor.memory_kib || self.passes < floor.passes || self.lanes < floor.lanes
    }

    fn is_possible(&self) -> bool {
        // RFC 9106, section 3.1: at least eight KiB for each lane.
        let least_memory = self.lanes.saturating_mul(8);
        (1..=64).contains(&self.lanes)
            && (1..=1000).contains(&self.passes)
            && (least_memory..=Self::MOST_MEMORY_KIB).contains(&self.memory_kib)
    }
}

impl fmt::Display for Argon2Cost {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "m={},t={},p={}", self.memory_kib, self.passes, self.lanes)
    }
}

/// Form of the log lines.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogFormat {
    /// For people.
    Text,
    /// One JSON object in each line.
    Json,
}

pub(super) fn listener(text: &str) -> Result<SocketAddr, String> {
    let numeric = match text.strip_prefix("localhost:") {
        Some(port) => format!("127.0.0.1:{port}"),
        None => text.to_owned(),
    };
    numeric.parse().map_err(|_| "expected an address and a port such as 127.0.0.1:8080".to_owned())
}

pub(super) fn listener_or_off(text: &str) -> Result<Option<SocketAddr>, String> {
    unless_off(text, listener)
}

pub(super) fn path(text: &str) -> Result<PathBuf, String> {
    if text.is_empty() || text.contains('\0') {
        return Err("expected a path".to_owned());
    }
    Ok(PathBuf::from(text))
}

pub(super) fn whole<T>(text: &str, range: &RangeInclusive<T>) -> Result<T, String>
where
    T: FromStr + PartialOrd + fmt::Display,
{
    text.parse().ok().filter(|number| range.contains(number)).ok_or_else(|| {
        let (least, most) = (range.start(), range.end());
        format!("expected a whole number from {least} to {most}")
    })
}

pub(super) fn switch(text: &str) -> Result<bool, String> {
    match text.to_ascii_lowercase().as_str() {
        "true" | "1" | "on" => Ok(true),
        "false" | "0" | "off" => Ok(false),
        _ => Err("expected true or false".to_owned()),
    }
}

pub(super) fn rate(text: &str) -> Result<Rate, String> {
    text.parse()
}

pub(super) fn rate_or_off(text: &str) -> Result<Option<Rate>, String> {
    unless_off(text, rate).map_err(|problem| format!("{problem} or off"))
}

#[expect(clippy::unnecessary_wraps, reason = "all settings are read by functions of one shape")]
pub(super) fn secret(text: &str) -> Result<Option<SecretString>, String> {
    Ok((!text.is_empty()).then(|| SecretString::from(text.to_owned())))
}

pub(super) fn mailbox(text: &str) -> Result<Mailbox, String> {
    let expected = || "expected a sender such as Rollcall <noreply@example.com>".to_owned();
    let text = text.trim();
    // The parser takes the first mailbox it sees and forgives what follows it.
    let is_one = text.matches('@').count() == 1 && !text.contains([',', ';']);
    let ends_well = text.ends_with('>') || !text.contains(['<', '>', ' ']);
    if !is_one || !ends_well || text.contains(char::is_control) {
        return Err(expected());
    }
    text.parse().map_err(|_| expected())
}

pub(super) fn networks(text: &str) -> Result<Vec<IpNet>, String> {
    text.split([',', ' '])
        .filter(|piece| !piece.is_empty())
        .map(|piece| {
            piece
                .parse()
                .or_else(|_| piece.parse().map(|address: std::net::IpAddr| address.into()))
                .map_err(|_| format!("{piece:?} is not a network such as 10.0.0.0/8"))
        })
        .collect()
}

/// A level, or a comma separated list of `target=level`. Stricter than the
/// parser of the log crate, which takes a misspelt level for a target.
pub(super) fn log_filter(text: &str) -> Result<Targets, String> {
    let level = |text: &str| {
        let is_name = text.chars().all(|letter| letter.is_ascii_alphabetic());
        let parsed = text.parse::<LevelFilter>().ok();
        parsed
            .filter(|_| is_name && !text.is_empty())
            .ok_or_else(|| format!("{text:?} is not one of off, error, warn, info, debug, trace"))
    };
    text.split(',').try_fold(Targets::new(), |targets, piece| {
        Ok(match piece.trim().split_once('=') {
            Some((target, text)) => targets.with_target(target, level(text)?),
            None => targets.with_default(level(piece.trim())?),
        })
    })
}

pub(super) fn log_format(text: &str) -> Result<LogFormat, String> {
    match text {
        "text" => Ok(LogFormat::Text),
        "json" => Ok(LogFormat::Json),
        _ => Err("expected text or json".to_owned()),
    }
}

pub(super) fn argon2_cost(text: &str) -> Result<Argon2Cost, String> {
    let (mut memory_kib, mut passes, mut lanes) = (None, None, None);
    for piece in text.split(',') {
        let (name, number) = piece.split_once('=').unwrap_or((piece, ""));
        let place = match name.trim() {
            "m" => &mut memory_kib,
            "t" => &mut passes,
            "p" => &mut lanes,
            _ => return Err(expected_cost()),
        };
        let number: u32 = number.trim().parse().map_err(|_| expected_cost())?;
        if place.replace(number).is_some() {
            return Err(expected_cost());
        }
    }
    let cost = match (memory_kib, passes, lanes) {
        (Some(memory_kib), Some(passes), Some(lanes)) => Argon2Cost { memory_kib, passes, lanes },
        _ => return Err(expected_cost()),
    };
    if cost.is_possible() {
        Ok(cost)
    } else {
        Err("needs m of at least 8 for each lane, t and p of at least 1".to_owned())
    }
}

fn expected_cost() -> String {
    format!("expected a cost such as {}", Argon2Cost::FLOOR)
}

fn unless_off<T>(text: &str, parse: impl FnOnce(&str) -> Result<T, String>) -> Result<Option<T>, String> {
    if text == "off" {
        return Ok(None);
    }
    parse(text).map(Some)
}
