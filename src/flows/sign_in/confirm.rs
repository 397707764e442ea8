//! Proving again, within a session, that one is who one is (portal contract 3.4). It passes the same count as logging
//! in, and a right answer resets nothing.

use super::About;
use crate::{
    app::App,
    domain::{
        audit::Occasion,
        mfa::SecondFactor,
        sign_in::{Evidence, Gate, LoginAddress, Outcome},
        time::Timestamp,
    },
    error::AppError,
    hashing::Verdict,
    store::User,
};

/// What somebody proves themselves with.
#[derive(Debug)]
pub struct Proof<'a> {
    /// The password as typed.
    pub password: &'a str,
    /// The second factor, where the form asks for it too; both together are one attempt.
    pub factor: Option<&'a SecondFactor>,
    /// Name of the browser.
    pub device: &'a str,
}

/// How a proof was judged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Confirmation {
    /// Right; it counts for this one form and resets nothing.
    Right,
    /// The password is wrong.
    WrongPassword,
    /// The password is right, the code is wrong.
    WrongCode,
    /// A lock is running or was just caused. The session stays.
    Locked {
        /// Its end.
        until: Timestamp,
    },
}

/// Decides a proof. One count for all ways in (S15).
///
/// # Errors
/// As [`log_in`](super::log_in), and [`AppError::ExpiredForm`] when the account moved to another address meanwhile.
pub async fn confirm(app: &App, user: &User, proof: &Proof<'_>, occasion: &Occasion) -> Result<Confirmation, AppError> {
    let address = LoginAddress::parse(&user.email).ok_or(AppError::ExpiredForm)?;
    let _turn = app.turns.take(address.key()).await;
    let occasion = Occasion { now: app.clock.now(), ..occasion.clone() };
    let mut tx = app.db.begin_read().await?;
    let (state, _) = tx.attempts_of(address.key()).await?;
    let entry = tx.entry(user, occasion.now).await?;
    drop(tx);
    let is_right = match state.gate(occasion.now) {
        Gate::Refused { .. } | Gate::Hasty => None,
        Gate::Open => {
            let verdict = app.hasher.check(proof.password, user.password_hash.as_deref()).await?;
            Some(verdict != Verdict::Wrong)
        }
    };
    let mut tx = app.db.begin_write().await?;
    let mut held = tx.hold_attempts(address.key()).await?;
    let mut code_is_wrong = false;
    // A code is used up only by an attempt that is looked at and whose password is right.
    if let (Some(true), Gate::Open, Some(factor)) = (is_right, held.state.gate(occasion.now), proof.factor) {
        code_is_wrong = !tx.use_second_factor(user.id, factor, occasion.now).await?;
    }
    let evidence = match is_right {
        None => Evidence::Unseen,
        Some(true) if !code_is_wrong => Evidence::Confirmed,
        Some(_) => Evidence::Wrong,
    };
    let (outcome, state) = held.state.record(occasion.now, evidence);
    if state != held.state {
        held.state = state;
        held.last_form = None;
        tx.keep_attempts(&held).await?;
    }
    let scope = tx.scope(entry.home()).await?;
    let about = About { address: &address, device: proof.device, user: Some(user), scope, occasion: &occasion };
    let confirmation = match outcome {
        Outcome::Locked { until } => {
            about.locked(app, &mut tx, until).await?;
            Confirmation::Locked { until }
        }
        Outcome::Refused { until } => {
            about.refused(&mut tx).await?;
            Confirmation::Locked { until }
        }
        Outcome::No => {
            about.failed(&mut tx, &state).await?;
            if code_is_wrong { Confirmation::WrongCode } else { Confirmation::WrongPassword }
        }
        _ => {
            if let Some(SecondFactor::Recovery(_)) = proof.factor {
                about.used_recovery_code(app, &mut tx).await?;
            }
            Confirmation::Right
        }
    };
    tx.commit().await?;
    app.courier.wake();
    Ok(confirmation)
}
