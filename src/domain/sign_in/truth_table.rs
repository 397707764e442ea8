//! The truth table of portal contract 3.3, row by row, at the level of the state: what HTTP,
//! sessions and mail add to a row is told where those are tested.

use super::{AttemptState, Evidence, LOCK, Outcome, read_form};
use crate::domain::time::Timestamp;

const P_OK: Evidence = Evidence::Right;
const P_HALF: Evidence = Evidence::HalfRight;
const P_BLOCKED: Evidence = Evidence::RightButBlocked;
const P_AGAIN: Evidence = Evidence::Confirmed;
const WRONG: Evidence = Evidence::Wrong;

/// Milliseconds of `m:ss` or `m:ss.mmm`.
fn millis(clock: &str) -> i64 {
    let (minutes, seconds) = clock.split_once(':').unwrap();
    let (seconds, fraction) = seconds.split_once('.').unwrap_or((seconds, "0"));
    let fraction: i64 = format!("{fraction:0<3}").parse().unwrap();
    (minutes.parse::<i64>().unwrap() * 60 + seconds.parse::<i64>().unwrap()) * 1000 + fraction
}

fn at(clock: &str) -> Timestamp {
    Timestamp::from_micros(millis(clock) * 1000)
}

/// `NO [1]`, `LOCK until 30:02 [2]`: an outcome as the table writes it.
fn told(outcome: Outcome, state: AttemptState) -> String {
    let word = match outcome {
        Outcome::Refused { .. } => "REFUSED".to_owned(),
        Outcome::Locked { until } => {
            let seconds = until.micros() / 1_000_000;
            format!("LOCK until {}:{:02}", seconds / 60, seconds % 60)
        }
        Outcome::No => "NO".to_owned(),
        Outcome::CodeDue => "CODE".to_owned(),
        Outcome::Blocked => "BLOCKED".to_owned(),
        Outcome::Ok => "OK".to_owned(),
        Outcome::Confirmed => "ACCEPTED".to_owned(),
    };
    format!("{word} [{}]", state.failures)
}

/// Plays events from a clean state and compares each with what the table expects.
fn play(row: &str, events: &[(Evidence, &str, &str)]) -> AttemptState {
    play_from(AttemptState::default(), row, events)
}

fn play_from(mut state: AttemptState, row: &str, events: &[(Evidence, &str, &str)]) -> AttemptState {
    for (evidence, clock, expected) in events {
        let (outcome, after) = state.record(at(clock), *evidence);
        assert_eq!(&told(outcome, after), expected, "{row} at {clock}");
        state = after;
    }
    state
}

/// Row L06: three failures within twenty seconds, locked until 30:20.
fn l06() -> AttemptState {
    play("L06", &[(WRONG, "0:00", "NO [1]"), (WRONG, "0:10", "NO [2]"), (WRONG, "0:20", "LOCK until 30:20 [3]")])
}

#[test]
fn l01_a_right_password_logs_in() {
    play("L01", &[(P_OK, "0:00", "OK [0]")]);
}

#[test]
fn l02_to_l05_haste() {
    play("L02", &[(WRONG, "0:00", "NO [1]"), (P_OK, "0:03.001", "OK [0]")]);
    play("L03", &[(WRONG, "0:00", "NO [1]"), (P_OK, "0:02", "LOCK until 30:02 [2]")]);
    play("L04", &[(WRONG, "0:00", "NO [1]"), (P_OK, "0:03.000", "LOCK until 30:03 [2]")]);
    play("L05", &[(WRONG, "0:00", "NO [1]"), (WRONG, "0:02", "LOCK until 30:02 [2]")]);
}

#[test]
fn l06_to_l09_three_failures_lock() {
    play_from(
        l06(),
        "L07",
        &[(P_OK, "1:00", "REFUSED [3]"), (P_OK, "30:19.999", "REFUSED [3]"), (P_OK, "30:20.000", "OK [0]")],
    );
    let l08 = play_from(
        l06(),
        "L08",
        &[(WRONG, "10:00", "REFUSED [3]"), (WRONG, "10:01", "REFUSED [3]"), (WRONG, "29:00", "REFUSED [3]")],
    );
    assert_eq!(l08.locked_until, Some(at("30:20")), "L08");
    play_from(l08, "L09", &[(P_OK, "30:20", "OK [0]")]);
}

#[test]
fn l10_to_l13_only_a_login_clears_the_count() {
    let l10 = play_from(l06(), "L10", &[(WRONG, "31:00", "LOCK until 61:00 [4]")]);
    play_from(l10, "L11", &[(WRONG, "62:00", "LOCK until 92:00 [5]")]);
    play_from(l06(), "L12", &[(P_OK, "31:00", "OK [0]"), (WRONG, "32:00", "NO [1]"), (WRONG, "33:00", "NO [2]")]);
    play(
        "L13",
        &[
            (WRONG, "0:00", "NO [1]"),
            (WRONG, "0:10", "NO [2]"),
            (P_OK, "0:20", "OK [0]"),
            (WRONG, "0:30", "NO [1]"),
            (WRONG, "0:40", "NO [2]"),
            (WRONG, "0:50", "LOCK until 30:50 [3]"),
        ],
    );
}

#[test]
fn l14_and_l15_no_timer_forgets() {
    let day = |n: u32| format!("{}:00", n * 24 * 60);
    let lock = format!("LOCK until {}:00 [3]", 40 * 24 * 60 + 30);
    play("L14", &[(WRONG, &day(1), "NO [1]"), (WRONG, &day(3), "NO [2]"), (WRONG, &day(40), &lock)]);
    play("L15", &[(WRONG, "0:00", "NO [1]"), (WRONG, "14:00", "NO [2]"), (WRONG, "14:59", "LOCK until 44:59 [3]")]);
}

#[test]
fn l16_to_l18_the_hasty_attempt_counts() {
    play(
        "L16",
        &[(WRONG, "0:00", "NO [1]"), (WRONG, "0:02", "LOCK until 30:02 [2]"), (WRONG, "31:00", "LOCK until 61:00 [3]")],
    );
    play("L17", &[(WRONG, "0:00", "NO [1]"), (WRONG, "0:02", "LOCK until 30:02 [2]"), (P_OK, "30:02", "OK [0]")]);
    play("L18", &[(WRONG, "0:00", "NO [1]"), (WRONG, "0:10", "NO [2]"), (WRONG, "0:12", "LOCK until 30:12 [3]")]);
}

#[test]
fn l19_at_the_same_instant() {
    play("L19", &[(WRONG, "0:00", "NO [1]"), (WRONG, "0:00", "LOCK until 30:00 [2]"), (WRONG, "0:00", "REFUSED [2]")]);
}

#[test]
fn l20_spellings_share_one_state() {
    let mut states = std::collections::HashMap::new();
    let mut results = Vec::new();
    for (typed, clock) in [("Ana@x.example", "0:00"), (" ana@X.example ", "0:10"), ("ana@x.example", "0:20")] {
        let address = read_form(typed, "wrong").unwrap();
        let state: &mut AttemptState = states.entry(address).or_default();
        let (outcome, after) = state.record(at(clock), WRONG);
        *state = after;
        results.push(told(outcome, after));
    }
    assert_eq!(results, ["NO [1]", "NO [2]", "LOCK until 30:20 [3]"]);
    assert_eq!(states.len(), 1);
}

#[test]
fn l21_an_empty_field_is_not_an_attempt() {
    assert!(read_form("ana@x.example", "").is_err());
    let state = play("L21", &[(WRONG, "0:01", "NO [1]")]);
    assert!(read_form("", "right").is_err());
    play_from(state, "L21", &[(P_OK, "0:05", "OK [0]")]);
}

#[test]
fn l22_a_double_click_is_one_attempt() {
    let state = play("L22", &[(WRONG, "0:00", "NO [1]")]);
    assert!(super::is_double_submit(at("0:00"), at("0:00.3")));
    play_from(state, "L22", &[(WRONG, "0:10", "NO [2]")]);
}

#[test]
fn m01_to_m06_half_a_login_is_no_success() {
    play("M01", &[(P_HALF, "0:00", "CODE [0]"), (P_OK, "0:10", "OK [0]")]);
    play("M02", &[(P_HALF, "0:00", "CODE [0]"), (WRONG, "0:10", "NO [1]"), (P_OK, "0:14", "OK [0]")]);
    play("M03", &[(P_HALF, "0:00", "CODE [0]"), (WRONG, "0:10", "NO [1]"), (P_OK, "0:12", "LOCK until 30:12 [2]")]);
    play(
        "M04",
        &[
            (P_HALF, "0:00", "CODE [0]"),
            (WRONG, "0:10", "NO [1]"),
            (WRONG, "0:20", "NO [2]"),
            (WRONG, "0:30", "LOCK until 30:30 [3]"),
        ],
    );
    let twice = &[(WRONG, "0:00", "NO [1]"), (WRONG, "0:10", "NO [2]"), (P_HALF, "0:20", "CODE [2]")];
    play_from(play("M05", twice), "M05", &[(WRONG, "0:30", "LOCK until 30:30 [3]")]);
    play_from(play("M06", twice), "M06", &[(P_OK, "0:25", "OK [0]")]);
}

#[test]
fn m07_to_m10_recovery_codes_replays_and_other_devices() {
    let m07 = play("M07", &[(P_HALF, "0:00", "CODE [0]"), (WRONG, "0:10", "NO [1]"), (P_OK, "0:20", "OK [0]")]);
    // A used recovery code and a replayed code are wrong ones.
    play_from(m07, "M08", &[(P_HALF, "5:00", "CODE [0]"), (WRONG, "5:10", "NO [1]")]);
    play(
        "M09",
        &[
            (P_HALF, "0:00", "CODE [0]"),
            (P_OK, "0:05", "OK [0]"),
            (P_HALF, "0:10", "CODE [0]"),
            (WRONG, "0:12", "NO [1]"),
        ],
    );
    play(
        "M10",
        &[
            (P_HALF, "0:00", "CODE [0]"),
            (WRONG, "0:05", "NO [1]"),
            (WRONG, "0:15", "NO [2]"),
            (WRONG, "0:25", "LOCK until 30:25 [3]"),
            (P_OK, "0:30", "REFUSED [3]"),
        ],
    );
}

#[test]
fn x02_to_x04_nothing_lifts_a_lock() {
    // A reset, a switch, a resend or an invitation touches no state; the row is the address's.
    play_from(l06(), "X02", &[(P_OK, "6:00", "REFUSED [3]"), (P_OK, "30:20", "OK [0]")]);
    // A new address takes the state with it.
    let moved = AttemptState::default().merged(&l06());
    play_from(moved, "X03", &[(P_OK, "30:19.999", "REFUSED [3]"), (P_OK, "30:20", "OK [0]")]);
    play_from(l06(), "X04", &[(P_OK, "29:59", "REFUSED [3]")]);
}

#[test]
fn x05_to_x07_blocked_people_and_repeated_passwords() {
    play(
        "X05",
        &[
            (WRONG, "0:00", "NO [1]"),
            (P_BLOCKED, "0:10", "BLOCKED [1]"),
            (WRONG, "0:20", "NO [2]"),
            (WRONG, "0:30", "LOCK until 30:30 [3]"),
        ],
    );
    play(
        "X06",
        &[
            (WRONG, "0:00", "NO [1]"),
            (WRONG, "0:10", "NO [2]"),
            (WRONG, "0:20", "LOCK until 30:20 [3]"),
            (P_AGAIN, "0:30", "REFUSED [3]"),
        ],
    );
    play(
        "X07",
        &[
            (WRONG, "0:00", "NO [1]"),
            (P_AGAIN, "0:10", "ACCEPTED [1]"),
            (WRONG, "1:00", "NO [2]"),
            (WRONG, "2:00", "LOCK until 32:00 [3]"),
        ],
    );
}

#[test]
fn a_lock_is_thirty_minutes() {
    assert_eq!(LOCK.as_secs(), 30 * 60);
}
