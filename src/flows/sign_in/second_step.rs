//! The second step of a login: a code after the password (portal contract 1.3). Looking at the code, using it up,
//! counting the attempt and ending the half-finished login are one transaction, so a code gives one session however
//! often it is sent at once.

use serde_json::json;

use super::{About, form_hash, is_sent_twice};
use crate::{
    app::App,
    domain::{
        audit::Occasion,
        mfa::SecondFactor,
        session::{Stage, Step},
        sign_in::{Evidence, Gate, LoginAddress, Outcome},
        time::Timestamp,
    },
    error::AppError,
    store::SignedIn,
};

/// A submitted code.
#[derive(Debug)]
pub struct CodeForm<'a> {
    /// The code, well-formed; anything else is no attempt.
    pub factor: SecondFactor,
    /// The code as typed, by which a double click is known.
    pub typed: &'a str,
    /// The one-time value of the form.
    pub form: &'a str,
    /// Name of the browser.
    pub device: &'a str,
}

/// How the second step ended.
#[derive(Debug)]
pub enum SecondStep {
    /// Signed in; with what has to be done first.
    In(SignedIn, Option<Step>),
    /// Wrong, used before or expired; nobody is told which.
    No,
    /// A lock is running or was just caused: this login is dropped.
    Locked {
        /// The address that is locked.
        email: String,
        /// End of the lock.
        until: Timestamp,
    },
    /// This login was ended meanwhile.
    Gone,
}

/// Decides a code.
///
/// # Errors
/// [`AppError::Unavailable`] when the database does not answer; that is no attempt.
pub async fn second_step(
    app: &App,
    half: &SignedIn,
    form: &CodeForm<'_>,
    occasion: &Occasion,
) -> Result<SecondStep, AppError> {
    let known = app.db.begin_read().await?.half_signed_in(half.session).await?;
    let Some(address) = known.and_then(|user| LoginAddress::parse(&user.email)) else { return Ok(SecondStep::Gone) };
    let _turn = app.turns.take(address.key()).await;
    let occasion = Occasion { now: app.clock.now(), ..occasion.clone() };
    let now = occasion.now;
    let mut tx = app.db.begin_write().await?;
    let mut held = tx.hold_attempts(address.key()).await?;
    let Some(user) = tx.half_signed_in(half.session).await? else { return Ok(SecondStep::Gone) };
    let form_hash = form_hash(app, form.form, &[address.key(), form.typed]);
    if is_sent_twice(&held.state, held.last_form.as_deref(), form_hash.as_ref(), now) {
        return Ok(SecondStep::No);
    }
    let evidence = match held.state.gate(now) {
        Gate::Refused { .. } | Gate::Hasty => Evidence::Unseen,
        Gate::Open if tx.use_second_factor(user.id, &form.factor, now).await? => Evidence::Right,
        Gate::Open => Evidence::Wrong,
    };
    let (outcome, state) = held.state.record(now, evidence);
    held.last_form = form_hash.filter(|_| outcome == Outcome::No).map(|hash| hash.to_vec());
    held.state = state;
    tx.keep_attempts(&held).await?;
    let entry = tx.entry(&user, now).await?;
    let scope = tx.scope(entry.home()).await?;
    let about = About { address: &address, device: form.device, user: Some(&user), scope, occasion: &occasion };
    let step = match outcome {
        Outcome::Locked { until } => {
            about.locked(app, &mut tx, until).await?;
            tx.end_session(user.id, half.session, now).await?;
            SecondStep::Locked { email: user.email.clone(), until }
        }
        Outcome::Refused { until } => {
            about.refused(&mut tx).await?;
            tx.end_session(user.id, half.session, now).await?;
            SecondStep::Locked { email: user.email.clone(), until }
        }
        Outcome::Ok => {
            let is_recovery = matches!(form.factor, SecondFactor::Recovery(_));
            let factor = if is_recovery { "recovery code" } else { "authenticator" };
            let details = json!({ "device": form.device, "second_factor": factor });
            about.succeeded(&mut tx, entry.organization, details).await?;
            if is_recovery {
                about.used_recovery_code(app, &mut tx).await?;
            }
            tx.end_session(user.id, half.session, now).await?;
            let signed_in = SignedIn {
                organization: entry.organization,
                stage: Stage::Full,
                epoch: user.session_epoch,
                signed_in_at: now,
                last_active_at: now,
                ..half.clone()
            };
            SecondStep::In(signed_in, Step::due(Stage::Full, user.has_temporary_password(), false))
        }
        _ => {
            about.failed(&mut tx, &state).await?;
            SecondStep::No
        }
    };
    tx.commit().await?;
    app.courier.wake();
    Ok(step)
}
