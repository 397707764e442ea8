//! Signing in: the one function that decides an attempt, for every way to prove a password (portal contract 3.2).
//!
//! Attempts on one address are decided one at a time. Inside a process a lock per address sees to it, so that a flood
//! costs one hash; between processes the state is judged again in the transaction that records the outcome, so an
//! attempt that lost a race is judged by the state that won it.

use serde_json::json;

use crate::{
    app::App,
    domain::{
        audit::{AuditAction, AuditActor, AuditEvent, AuditScope, AuditTarget, Occasion},
        ids::{OrganizationId, SessionId},
        mail::{Addressee, Content, Letter},
        session::Stage,
        sign_in::{AttemptState, Evidence, Gate, LoginAddress, Outcome, is_double_submit},
        text::Email,
        time::Timestamp,
    },
    error::AppError,
    hashing::Verdict,
    keys::Purpose,
    store::{Entry, SignedIn, Tx, User},
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
    /// Signed in, or half so when the stage says that a code is due.
    In(SignedIn),
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

/// What the password has shown, before it is recorded.
struct Finding {
    evidence: Evidence,
    blocked: Option<Blocked>,
    stronger_hash: Option<String>,
}

/// Decides a login.
///
/// # Errors
/// [`AppError::Unavailable`] when too many hashes wait or the database does not answer; that is no attempt.
pub async fn log_in(app: &App, form: &LoginForm<'_>, occasion: &Occasion) -> Result<Login, AppError> {
    let _turn = app.turns.take(form.address.key()).await;
    let occasion = Occasion { now: app.clock.now(), ..occasion.clone() };
    let form_hash = form_hash(app, form);
    let mut tx = app.db.begin_read().await?;
    let user = tx.user_by_email(form.address.key()).await?.filter(|user| !user.is_token);
    let (state, last_form) = tx.attempts_of(form.address.key()).await?;
    let entry = match &user {
        Some(user) => Some(tx.entry(user, occasion.now).await?),
        None => None,
    };
    drop(tx);
    let is_same_form = last_form.as_deref() == Some(&form_hash[..])
        && state.last_failure.is_some_and(|refused| is_double_submit(refused, occasion.now));
    if is_same_form && state.locked_at(occasion.now).is_none() {
        return Ok(Login::No);
    }
    let finding = match state.gate(occasion.now) {
        Gate::Refused { .. } | Gate::Hasty => {
            Finding { evidence: Evidence::Unseen, blocked: None, stronger_hash: None }
        }
        Gate::Open => look(app, form.password, user.as_ref(), entry.as_ref(), occasion.now).await?,
    };
    conclude(app, form, user.as_ref(), entry.as_ref(), finding, form_hash, &occasion).await
}

/// The keyed hash by which a double click is known: the form's one-time value and all that was typed.
fn form_hash(app: &App, form: &LoginForm<'_>) -> [u8; 32] {
    let typed = json!([form.form, form.address.key(), form.password]).to_string();
    app.db.keys().keyed_hash(Purpose::Secret, typed.as_bytes())
}

/// Looks at the password. An address without an account costs the same hash.
async fn look(
    app: &App,
    password: &str,
    user: Option<&User>,
    entry: Option<&Entry>,
    now: Timestamp,
) -> Result<Finding, AppError> {
    let stored = user.and_then(|user| user.password_hash.as_deref());
    let wrong = Finding { evidence: Evidence::Wrong, blocked: None, stronger_hash: None };
    let stronger_hash = match app.hasher.check(password, stored).await? {
        Verdict::Wrong => return Ok(wrong),
        Verdict::Right => None,
        Verdict::RightAndWeak(hash) => Some(hash),
    };
    let (Some(user), Some(entry)) = (user, entry) else { return Ok(wrong) };
    let blocked = blocked(user, entry, now);
    let evidence = if blocked.is_some() {
        Evidence::RightButBlocked
    } else if entry.needs_code {
        Evidence::HalfRight
    } else {
        Evidence::Right
    };
    Ok(Finding { evidence, blocked, stronger_hash })
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
    entry: Option<&Entry>,
    finding: Finding,
    form_hash: [u8; 32],
    occasion: &Occasion,
) -> Result<Login, AppError> {
    let mut tx = app.db.begin_write().await?;
    let mut held = tx.hold_attempts(form.address.key()).await?;
    let (outcome, state) = held.state.record(occasion.now, finding.evidence);
    held.last_form = matches!(outcome, Outcome::No).then(|| form_hash.to_vec());
    if state != held.state || outcome == Outcome::No {
        held.state = state;
        tx.keep_attempts(&held).await?;
    }
    let organization = entry.and_then(|entry| entry.organization);
    let about = About { form, user, scope: tx.scope(entry.and_then(Entry::home)).await?, occasion };
    let login = match outcome {
        Outcome::Ok | Outcome::Confirmed => {
            about.succeeded(&mut tx, organization).await?;
            about.signed_in(app, organization, Stage::Full)
        }
        Outcome::CodeDue => about.signed_in(app, organization, Stage::Code),
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
            let blocked = finding.blocked.unwrap_or(Blocked::Disabled);
            about.record(&mut tx, AuditAction::LoginFailed, json!({ "reason": blocked.to_string() })).await?;
            Login::Blocked(blocked)
        }
    };
    if let (Some(user), Some(stronger), true) =
        (user, &finding.stronger_hash, matches!(outcome, Outcome::Ok | Outcome::CodeDue))
    {
        let old = user.password_hash.as_deref().unwrap_or_default();
        tx.upgrade_password(user.id, old, stronger).await?;
    }
    tx.commit().await?;
    app.courier.wake();
    Ok(login)
}

/// How a password in a form that asks for it again was judged (portal contract 3.4).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Confirmation {
    /// Right; it counts for this one form and resets nothing.
    Right,
    /// Wrong.
    Wrong,
    /// A lock is running or was just caused. The session stays.
    Locked {
        /// Its end.
        until: Timestamp,
    },
}

/// Decides a password that a signed-in person was asked for again. One count for all ways in (S15).
///
/// # Errors
/// As [`log_in`].
pub async fn confirm(
    app: &App,
    user: &User,
    password: &str,
    device: &str,
    occasion: &Occasion,
) -> Result<Confirmation, AppError> {
    let Some(address) = LoginAddress::parse(&user.email) else { return Ok(Confirmation::Wrong) };
    let _turn = app.turns.take(address.key()).await;
    let occasion = Occasion { now: app.clock.now(), ..occasion.clone() };
    let mut tx = app.db.begin_read().await?;
    let (state, _) = tx.attempts_of(address.key()).await?;
    let entry = tx.entry(user, occasion.now).await?;
    drop(tx);
    let evidence = match state.gate(occasion.now) {
        Gate::Refused { .. } | Gate::Hasty => Evidence::Unseen,
        Gate::Open => match app.hasher.check(password, user.password_hash.as_deref()).await? {
            Verdict::Wrong => Evidence::Wrong,
            Verdict::Right | Verdict::RightAndWeak(_) => Evidence::Confirmed,
        },
    };
    let form = LoginForm { address, password, form: "", device };
    let mut tx = app.db.begin_write().await?;
    let mut held = tx.hold_attempts(form.address.key()).await?;
    let (outcome, state) = held.state.record(occasion.now, evidence);
    if state != held.state {
        held.state = state;
        held.last_form = None;
        tx.keep_attempts(&held).await?;
    }
    let about = About { form: &form, user: Some(user), scope: tx.scope(entry.home()).await?, occasion: &occasion };
    let confirmation = match outcome {
        Outcome::Locked { until } => {
            about.locked(app, &mut tx, until).await?;
            Confirmation::Locked { until }
        }
        Outcome::Refused { until } => {
            about.record(&mut tx, AuditAction::LoginRefusedLocked, json!({})).await?;
            Confirmation::Locked { until }
        }
        Outcome::No => {
            about.failed(&mut tx, &state).await?;
            Confirmation::Wrong
        }
        _ => Confirmation::Right,
    };
    tx.commit().await?;
    app.courier.wake();
    Ok(confirmation)
}

/// Whom and what an attempt is about, for its record.
struct About<'a> {
    form: &'a LoginForm<'a>,
    user: Option<&'a User>,
    scope: Option<AuditScope>,
    occasion: &'a Occasion,
}

impl About<'_> {
    async fn record(&self, tx: &mut Tx, action: AuditAction, details: serde_json::Value) -> Result<(), AppError> {
        let target = match self.user {
            Some(user) => AuditTarget::user(user.id, user.shown_name(), &user.email),
            None => AuditTarget { kind: "user", id: None, name: self.form.address.key().to_owned() },
        };
        let actor = match (action, self.user) {
            (AuditAction::LoginSucceeded, Some(user)) => {
                AuditActor::User { id: user.id, name: user.shown_name().to_owned(), email: user.email.clone() }
            }
            _ => AuditActor::Nobody,
        };
        let event = AuditEvent::new(action, actor, target, self.scope.clone()).after(details);
        Ok(tx.record(event, self.occasion).await?)
    }

    async fn note(&self, tx: &mut Tx, result: &str) -> Result<(), AppError> {
        let organization = self.scope.as_ref().map(|scope| scope.id);
        if let Some(user) = self.user {
            tx.add_sign_in(user.id, organization, self.form.device, result, self.occasion).await?;
        }
        Ok(())
    }

    async fn succeeded(&self, tx: &mut Tx, organization: Option<OrganizationId>) -> Result<(), AppError> {
        if let Some(user) = self.user {
            tx.note_login(user.id, organization, self.occasion.now).await?;
        }
        self.note(tx, "succeeded").await?;
        self.record(tx, AuditAction::LoginSucceeded, json!({ "device": self.form.device })).await
    }

    async fn failed(&self, tx: &mut Tx, state: &AttemptState) -> Result<(), AppError> {
        self.note(tx, "failed").await?;
        self.record(tx, AuditAction::LoginFailed, json!({ "failures": state.failures })).await
    }

    /// The owner of a known account is told once per lock; the page tells a stranger no more than anybody.
    async fn locked(&self, app: &App, tx: &mut Tx, until: Timestamp) -> Result<(), AppError> {
        self.note(tx, "locked").await?;
        self.record(tx, AuditAction::LoginLocked, json!({ "until": until.rfc3339() })).await?;
        let Some(user) = self.user.filter(|user| user.activated_at.is_some()) else { return Ok(()) };
        let Ok(email) = Email::parse(&user.email) else { return Ok(()) };
        let content = Content::AccountLocked { until, address: self.occasion.address.clone() };
        let letter = Letter::to_owner(Addressee { email, member: None }, content);
        app.courier.queue(tx, &letter, self.occasion).await?;
        Ok(())
    }

    fn signed_in(&self, app: &App, organization: Option<OrganizationId>, stage: Stage) -> Login {
        let Some(user) = self.user else { return Login::No };
        let now = self.occasion.now;
        Login::In(SignedIn {
            session: SessionId::new(now, app.entropy.as_ref()),
            user: user.id,
            organization,
            stage,
            epoch: user.session_epoch,
            signed_in_at: now,
            last_active_at: now,
            address: self.occasion.address.clone().unwrap_or_default(),
            device: self.form.device.to_owned(),
        })
    }
}
