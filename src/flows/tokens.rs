//! Making, changing and revoking API tokens, from the pages, the API and the command line.

use super::{Caller, Door};
use crate::{
    app::App,
    domain::{
        audit::{AuditActor, Author, Occasion},
        ids::{OrganizationId, TokenId},
        time::Timestamp,
        tokens::{NewToken, Permission, SecretToken},
    },
    error::AppError,
    keys::Purpose,
    policy::{CreateToken, EditToken, Permit, Refusal, RevokeToken, TokenReach, TokenRef, ViewTokens},
    store::{Field, PresentedToken, StoreError, Token, TokenChange, TokenScope},
};

/// Where a new token counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reach {
    /// In the caller's organization.
    Organization,
    /// Everywhere.
    Global,
}

/// How making or changing a token ended.
#[derive(Debug)]
pub enum Outcome<T> {
    /// Done.
    Done(T),
    /// Another token of the scope has this name.
    NameTaken,
    /// Somebody else was faster.
    Stale,
}

/// The reach of tokens for the whole installation, as it is configured.
pub fn global_reach(app: &App) -> TokenReach {
    TokenReach::Global { it_admins_may: app.config.it_admin_global_tokens }
}

/// The hash under which a token is stored. The token itself is 256 random bits, so a fast keyed hash is enough.
pub fn hash_of(app: &App, secret: &SecretToken) -> [u8; 32] {
    app.db.keys().keyed_hash(Purpose::Secret, secret.exposed().as_bytes())
}

/// The token behind a presented text, while it lives. All ways to be wrong look the same.
///
/// # Errors
/// When the database does not answer.
pub async fn verify(app: &App, text: &str, now: Timestamp) -> Result<Option<PresentedToken>, AppError> {
    let Some(secret) = SecretToken::parse(text) else { return Ok(None) };
    let found = app.db.begin_read().await?.presented_token(secret.id()).await?;
    let bytes = secret.exposed().as_bytes();
    Ok(found
        .filter(|token| app.db.keys().is_hash_of(Purpose::Secret, bytes, &token.secret_hash) && token.expires_at > now))
}

/// Makes a token; the secret is given back this once.
///
/// # Errors
/// What the policy denies.
pub async fn create(
    app: &App,
    caller: &Caller,
    reach: Reach,
    new: &NewToken,
) -> Result<Outcome<SecretToken>, AppError> {
    let mut tx = app.db.begin_write().await?;
    let actor = caller.enter(&mut tx).await?;
    let reach = match reach {
        Reach::Organization => TokenReach::Organization(actor.organization),
        Reach::Global => global_reach(app),
    };
    let permit = actor.authorize(CreateToken { permissions: new.permissions.clone() }, reach)?;
    let secret = SecretToken::generate(caller.occasion.now, app.entropy.as_ref());
    match tx.add_token(permit, new, &secret, &hash_of(app, &secret), &caller.occasion).await {
        Err(StoreError::Taken(Field::TokenName)) => return Ok(Outcome::NameTaken),
        done => done?,
    }
    tx.commit().await?;
    Ok(Outcome::Done(secret))
}

/// Makes a token from the command line, where the owner of the machine asks.
///
/// # Errors
/// [`AppError::NotFound`] for an unknown organization.
pub async fn create_from_command_line(
    app: &App,
    organization: Option<OrganizationId>,
    new: &NewToken,
    occasion: &Occasion,
) -> Result<Outcome<SecretToken>, AppError> {
    let mut tx = app.db.begin_write().await?;
    let scope = tx.scope(organization).await?;
    if organization.is_some() && scope.is_none() {
        return Err(AppError::NotFound);
    }
    let reach = organization.map_or_else(|| global_reach(app), TokenReach::Organization);
    let author = Author { actor: AuditActor::System, scope };
    let permit = Permit::without_actor(author, CreateToken { permissions: new.permissions.clone() }, reach);
    let secret = SecretToken::generate(occasion.now, app.entropy.as_ref());
    match tx.add_token(permit, new, &secret, &hash_of(app, &secret), occasion).await {
        Err(StoreError::Taken(Field::TokenName)) => return Ok(Outcome::NameTaken),
        done => done?,
    }
    tx.commit().await?;
    Ok(Outcome::Done(secret))
}

/// Changes name, permissions and addresses; life and secret stay.
///
/// # Errors
/// What the policy denies; [`AppError::NotFound`] when there is no such token for the caller.
pub async fn edit(
    app: &App,
    caller: &Caller,
    id: TokenId,
    version: i64,
    change: &TokenChange,
) -> Result<Outcome<()>, AppError> {
    let mut tx = app.db.begin_write().await?;
    let actor = caller.enter(&mut tx).await?;
    actor.may::<EditToken>()?;
    let scope = TokenScope::Organization(actor.organization);
    let token = tx.token(scope, id).await?.ok_or(AppError::NotFound)?;
    let has = token.permissions();
    let added: Vec<Permission> = change.permissions.iter().copied().filter(|name| !has.contains(name)).collect();
    // What one may not hand on is told before a version that is not the latest (v1 contract, order of checks).
    let permit = actor.authorize(EditToken { added }, reference(app, &token))?;
    if token.version != version {
        return Ok(Outcome::Stale);
    }
    match tx.edit_token(permit, &token, change, &caller.occasion).await {
        Err(StoreError::Taken(Field::TokenName)) => return Ok(Outcome::NameTaken),
        done => done?,
    }
    tx.commit().await?;
    Ok(Outcome::Done(()))
}

/// Ends a token at once; gives back what it was called.
///
/// # Errors
/// As [`edit`].
pub async fn revoke(app: &App, caller: &Caller, id: TokenId) -> Result<String, AppError> {
    let mut tx = app.db.begin_write().await?;
    let actor = caller.enter(&mut tx).await?;
    actor.may::<RevokeToken>()?;
    let scope = match caller.door {
        Door::Session(_) | Door::Owner => TokenScope::OrganizationAndGlobal(actor.organization),
        Door::Token(..) | Door::Job(..) => TokenScope::Organization(actor.organization),
    };
    let token = tx.token(scope, id).await?.ok_or(AppError::NotFound)?;
    let permit = actor.authorize(RevokeToken, reference(app, &token))?;
    tx.remove_token(permit, &token, &caller.occasion).await?;
    tx.commit().await?;
    Ok(token.name)
}

/// A token as the policy knows it.
pub fn reference(app: &App, token: &Token) -> TokenRef {
    let reach = token.organization.map_or_else(|| global_reach(app), TokenReach::Organization);
    TokenRef { id: token.id, name: token.name.clone(), reach }
}

/// Which tokens somebody sees: those of the organization, the global ones too when they may make such.
///
/// # Errors
/// What the policy denies.
pub fn visible(app: &App, actor: &crate::policy::Actor) -> Result<TokenScope, AppError> {
    actor.may::<ViewTokens>()?;
    if actor.allows(&ViewTokens, &global_reach(app)) && actor.token.is_none() {
        return Ok(TokenScope::OrganizationAndGlobal(actor.organization));
    }
    Ok(TokenScope::Organization(actor.organization))
}

/// Said when a name is in use (portal contract 1.15).
pub const NAME_TAKEN: &str = "A token with this name already exists.";

/// A refusal to hand on what one does not have.
pub fn is_escalation(error: &AppError) -> bool {
    let code = Refusal::Grant { permission: String::new() }.code();
    matches!(error, AppError::Conflict { code: said, .. } if *said == code)
}
