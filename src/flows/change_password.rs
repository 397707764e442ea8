//! New passwords: judged on the server by one function, whoever asks.

use serde_json::json;

use super::{end_sessions::own_event, standing};
use crate::{
    app::App,
    domain::{
        audit::{AuditAction, Occasion},
        mail::{Addressee, Content, Letter},
        passwords::{Judgement, PasswordProblem, PolicyContext, assess},
        session::EndReason,
        text::{DisplayName, Email},
    },
    error::AppError,
    hashing::Verdict,
    store::{NewPassword, SignedIn, Tx, User},
};

/// Whose password is judged.
#[derive(Debug, Clone, Default)]
pub struct Owner {
    /// Login address.
    pub email: String,
    /// Names of the person.
    pub names: Vec<String>,
    /// Names of their organizations.
    pub organizations: Vec<String>,
}

/// Judges a new password away from the threads that answer requests: a hostile one takes long to estimate.
///
/// # Errors
/// When the program is stopping.
pub async fn assess_password(
    app: &App,
    owner: Owner,
    password: &str,
    in_use: Option<&str>,
) -> Result<Judgement, AppError> {
    let min_length = app.config.password_min_length;
    let (password, in_use) = (password.to_owned(), in_use.map(str::to_owned));
    let judged = tokio::task::spawn_blocking(move || {
        let names: Vec<&str> = owner.names.iter().map(String::as_str).collect();
        let organizations: Vec<&str> = owner.organizations.iter().map(String::as_str).collect();
        let context = PolicyContext {
            min_length,
            product: "Rollcall",
            organizations: &organizations,
            email: &owner.email,
            names: &names,
            in_use: in_use.as_deref(),
        };
        assess(&password, &context)
    });
    judged.await.map_err(AppError::fault)
}

/// As [`assess_password`], for a form that asks twice: that the two differ is said only when nothing else is.
///
/// # Errors
/// As [`assess_password`].
pub async fn judge(
    app: &App,
    owner: Owner,
    password: &str,
    repeated: &str,
    in_use: Option<&str>,
) -> Result<Vec<PasswordProblem>, AppError> {
    let mut problems = assess_password(app, owner, password, in_use).await?.problems;
    if problems.is_empty() && password != repeated {
        problems.push(PasswordProblem::Mismatch);
    }
    Ok(problems)
}

/// The user with what their password must not contain.
///
/// # Errors
/// [`AppError::NotFound`] when they are gone.
pub async fn owner(app: &App, signed_in: &SignedIn) -> Result<(User, Owner), AppError> {
    let mut tx = app.db.begin_read().await?;
    let user = tx.user(signed_in.user).await?.ok_or(AppError::NotFound)?;
    let owner = owner_of(&mut tx, &user).await?;
    Ok((user, owner))
}

/// What the password of this user must not contain.
pub(super) async fn owner_of(tx: &mut Tx, user: &User) -> Result<Owner, AppError> {
    let organizations = tx.organizations_of(user.id).await?.into_iter().map(|choice| choice.name).collect();
    Ok(Owner { email: user.email.clone(), names: vec![user.display_name.clone()], organizations })
}

/// Replaces a temporary password after its first login, and learns the name of somebody new. False when the new one is
/// the temporary one.
///
/// # Errors
/// When the database does not answer or too many hashes wait.
pub async fn replace_temporary(
    app: &App,
    signed_in: &SignedIn,
    user: &User,
    password: &str,
    name: Option<&DisplayName>,
    occasion: &Occasion,
) -> Result<bool, AppError> {
    if app.hasher.check(password, user.password_hash.as_deref()).await? != Verdict::Wrong {
        return Ok(false);
    }
    store(app, signed_in, user, password, name, occasion).await?;
    Ok(true)
}

/// Stores a new password: all other sessions end and the owner is told.
///
/// # Errors
/// [`AppError::ExpiredForm`] when the session ended meanwhile.
pub async fn store(
    app: &App,
    signed_in: &SignedIn,
    user: &User,
    password: &str,
    name: Option<&DisplayName>,
    occasion: &Occasion,
) -> Result<(), AppError> {
    let hash = app.hasher.hash(password).await?;
    let email = Email::parse(&user.email).map_err(AppError::fault)?;
    let mut tx = app.db.begin_write().await?;
    standing(&mut tx, signed_in, occasion).await?;
    tx.set_password(user.id, &NewPassword::Own(&hash), occasion.now).await?;
    if let Some(name) = name {
        tx.set_display_name(user.id, name, &email).await?;
        tx.note_own_change(user.id, name.as_str(), occasion.now).await?;
    }
    tx.forget_links(user.id).await?;
    let ended = tx.end_sessions(user.id, Some(signed_in.session), EndReason::Ended, occasion.now).await?;
    let event = own_event(&mut tx, signed_in, AuditAction::AccountPasswordChanged).await?;
    let mut after = json!({ "sessions_ended": ended });
    if let (Some(name), Some(object)) = (name, after.as_object_mut()) {
        object.insert("name".to_owned(), json!(name.as_str()));
    }
    tx.record(event.after(after), occasion).await?;
    let content = Content::PasswordChanged { address: occasion.address.clone() };
    let letter = Letter::to_owner(Addressee { email, member: None }, content);
    app.courier.queue(&mut tx, &letter, occasion).await?;
    tx.commit().await?;
    app.courier.wake();
    Ok(())
}
