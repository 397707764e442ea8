//! Signing in: the one function that decides an attempt, for every way to prove a password (portal contract 3.2).
//!
//! Attempts on one address are decided one at a time. Inside a process a lock per address sees to it, so that a flood
//! costs one hash; between processes the state is judged again in the transaction that records the outcome, so an
//! attempt that lost a race is judged by the state that won it.

use std::time::Duration;

use serde_json::json;

mod about;
mod confirm;
mod second_step;
mod throttle;

use about::About;
pub use confirm::{Confirmation, Proof, confirm};
pub use second_step::{CodeForm, SecondStep, second_step};

use crate::{
    app::App,
    domain::{
        audit::{AuditAction, Occasion},
        ids::SessionId,
        session::{Stage, Step},
        sign_in::{AttemptState, Evidence, Gate, LoginAddress, Outcome, is_double_submit},
        time::Timestamp,
    },
    error::AppError,
    hashing::Verdict,
    keys::Purpose,
    store::{Entry, SignedIn, User},
};

/// A submitted login form.
#[derive(Debug)]
pub struct LoginForm<'a> {
    /// The address as the rule sees it.
    pub address: LoginAddress,
    /// The password as typed.
    pub password: &'a str,
    /// The one-time value of the form.
    pub form: &'a str,
    /// Name of the browser.
    pub device: &'a str,
}

/// How a login ended.
#[derive(Debug)]
pub enum Login {
    /// Signed in, or half so when the stage says that a code is due; with what has to be done first.
    In(SignedIn, Option<Step>),
    /// Wrong address or password.
    No,
    /// A lock is running or was just caused.
    Locked {
        /// Its end.
        until: Timestamp,
    },
    /// The password is right, but this person may not log in now.
    Blocked(Blocked),
}

/// Why a right password does not let somebody in (portal contract 1.2).
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Blocked {
    /// The activation link is waiting.
    #[error("Activate your account first. Use the link in the email we sent you.")]
    NotActivated,
    /// Disabled everywhere, or in every organization.
    #[error("Your account is disabled. Contact your Administrator.")]
    Disabled,
    /// The temporary password ran out.
    #[error("Your temporary password has expired. Use \"Forgot password?\" to choose a new one.")]
    PasswordExpired,
}

/// How long recording a refused login may take before it shows. What is recorded differs with what stands behind an
/// address, so no refusal is answered sooner (S9).
const EVEN: Duration = Duration::from_millis(25);

/// Decides a login.
///
/// # Errors
/// [`AppError::Unavailable`] when too many hashes wait or the database does not answer, [`AppError::TooMany`] when the
/// client tries too many accounts; neither is an attempt.
pub async fn log_in(app: &App, form: &LoginForm<'_>, occasion: &Occasion) -> Result<Login, AppError> {
    throttle::admit(app, &form.address, occasion).await?;
    let turn = app.turns.take(form.address.key()).await;
    let occasion = Occasion { now: app.clock.now(), ..occasion.clone() };
    let form_hash = form_hash(app, form.form, &[form.address.key(), form.password]);
    let mut tx = app.db.begin_read().await?;
    let user = tx.user_by_email(form.address.key()).await?.filter(|user| !user.is_token);
    let (state, last_form) = tx.attempts_of(form.address.key()).await?;
    drop(tx);
    if is_sent_twice(&state, last_form.as_deref(), form_hash.as_ref(), occasion.now) {
        return Ok(Login::No);
    }
    let stored = user.as_ref().and_then(|user| user.password_hash.as_deref());
    let verdict = match state.gate(occasion.now) {
        Gate::Refused { .. } | Gate::Hasty => None,
        // An address without an account costs the same hash.
        Gate::Open => Some(app.hasher.check(form.password, stored).await?),
    };
    let even = tokio::time::sleep(EVEN);
    let login = conclude(app, form, user.as_ref(), verdict.as_ref(), form_hash, &occasion).await?;
    drop(turn);
    if matches!(login, Login::No | Login::Locked { .. }) {
        even.await;
    }
    Ok(login)
}

/// The keyed hash by which a double click is known: the form's one-time value and all that was typed. None for a form
/// without a value.
fn form_hash(app: &App, form: &str, typed: &[&str]) -> Option<[u8; 32]> {
    let sent = json!([form, typed]).to_string();
    (!form.is_empty()).then(|| app.db.keys().keyed_hash(Purpose::Secret, sent.as_bytes()))
}

/// Whether this is the double click on a form that was refused with a plain NO (rule 8).
fn is_sent_twice(state: &AttemptState, last: Option<&[u8]>, sent: Option<&[u8; 32]>, now: Timestamp) -> bool {
    let is_same = sent.is_some_and(|sent| last == Some(&sent[..]));
    let is_soon = state.last_failure.is_some_and(|refused| is_double_submit(refused, now));
    is_same && is_soon && state.locked_at(now).is_none()
}

fn blocked(user: &User, entry: &Entry, now: Timestamp) -> Option<Blocked> {
    if user.disabled_at.is_some() {
        return Some(Blocked::Disabled);
    }
    let may_enter = entry.organization.is_some() || user.is_server_administrator();
    if may_enter && user.activated_at.is_some() {
        return user.password_expires_at.is_some_and(|end| end <= now).then_some(Blocked::PasswordExpired);
    }
    let waits = entry.has_invitation || (user.is_server_administrator() && user.activated_at.is_none());
    Some(if waits { Blocked::NotActivated } else { Blocked::Disabled })
}

/// Records the outcome, in one transaction with its evidence and letters.
async fn conclude(
    app: &App,
    form: &LoginForm<'_>,
    user: Option<&User>,
    verdict: Option<&Verdict>,
    form_hash: Option<[u8; 32]>,
    occasion: &Occasion,
) -> Result<Login, AppError> {
    let mut tx = app.db.begin_write().await?;
    let mut held = tx.hold_attempts(form.address.key()).await?;
    let entry = match user {
        Some(user) => Some(tx.entry(user, occasion.now).await?),
        None => None,
    };
    let entry = entry.as_ref();
    let blocked = user.zip(entry).and_then(|(user, entry)| blocked(user, entry, occasion.now));
    let evidence = match (verdict, entry) {
        (None, _) => Evidence::Unseen,
        (Some(Verdict::Wrong), _) | (Some(_), None) => Evidence::Wrong,
        _ if blocked.is_some() => Evidence::RightButBlocked,
        (Some(_), Some(entry)) if entry.needs_code => Evidence::HalfRight,
        (Some(_), Some(_)) => Evidence::Right,
    };
    let (outcome, state) = held.state.record(occasion.now, evidence);
    held.last_form = form_hash.filter(|_| outcome == Outcome::No).map(|hash| hash.to_vec());
    if state != held.state || outcome == Outcome::No {
        held.state = state;
        tx.keep_attempts(&held).await?;
    }
    let organization = entry.and_then(|entry| entry.organization);
    let scope = tx.scope(entry.and_then(Entry::home)).await?;
    let about = About { address: &form.address, device: form.device, user, scope, occasion };
    let login = match outcome {
        Outcome::Ok | Outcome::Confirmed => {
            about.succeeded(&mut tx, organization, json!({ "device": form.device })).await?;
            signed_in(app, form, user, entry, occasion)
        }
        Outcome::CodeDue => signed_in(app, form, user, entry, occasion),
        Outcome::No => {
            about.failed(&mut tx, &state).await?;
            Login::No
        }
        Outcome::Locked { until } => {
            about.locked(app, &mut tx, until).await?;
            Login::Locked { until }
        }
        Outcome::Refused { until } => {
            about.record(&mut tx, AuditAction::LoginRefusedLocked, json!({})).await?;
            Login::Locked { until }
        }
        Outcome::Blocked => {
            let blocked = blocked.unwrap_or(Blocked::Disabled);
            about.record(&mut tx, AuditAction::LoginFailed, json!({ "reason": blocked.to_string() })).await?;
            Login::Blocked(blocked)
        }
    };
    if let (Some(user), Some(Verdict::RightAndWeak(stronger)), Outcome::Ok | Outcome::CodeDue) =
        (user, verdict, outcome)
    {
        let old = user.password_hash.as_deref().unwrap_or_default();
        tx.upgrade_password(user.id, old, stronger).await?;
    }
    tx.commit().await?;
    app.courier.wake();
    Ok(login)
}

/// The session of somebody whose password is right, at the stage it has come to.
fn signed_in(
    app: &App,
    form: &LoginForm<'_>,
    user: Option<&User>,
    entry: Option<&Entry>,
    occasion: &Occasion,
) -> Login {
    let (Some(user), Some(entry)) = (user, entry) else { return Login::No };
    let stage = match (entry.needs_code, entry.must_enroll) {
        (true, _) => Stage::Code,
        (false, true) => Stage::Enroll,
        (false, false) => Stage::Full,
    };
    let signed_in = SignedIn {
        session: SessionId::new(occasion.now, app.entropy.as_ref()),
        user: user.id,
        organization: entry.organization,
        stage,
        epoch: user.session_epoch,
        signed_in_at: occasion.now,
        last_active_at: occasion.now,
        address: occasion.address.clone().unwrap_or_default(),
        device: form.device.to_owned(),
    };
    Login::In(signed_in, Step::due(stage, user.has_temporary_password(), entry.must_enroll))
}
