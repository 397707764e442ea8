//! Making and changing organizations (portal contract 1.14).

use super::Caller;
use crate::{
    app::App,
    domain::{ids::OrganizationId, organizations::NewOrganization},
    error::AppError,
    policy::{Actor, CreateOrganization, EditOrganization},
    store::{Field, Organization, StoreError, Tx},
};

/// How saving ended.
#[derive(Debug)]
pub enum Saved {
    /// Saved.
    Done {
        /// Multi-factor authentication is required from now on.
        mfa_switched_on: bool,
    },
    /// Nothing was different.
    Unchanged,
    /// Somebody else was faster; here is what they left.
    Stale(Box<Organization>),
    /// Another organization has the name.
    NameTaken,
}

/// Makes an organization.
///
/// # Errors
/// [`AppError::ExpiredForm`] when the session ended meanwhile; what the policy denies.
pub async fn create(app: &App, caller: &Caller, wanted: &NewOrganization) -> Result<Saved, AppError> {
    let mut tx = app.db.begin_write().await?;
    let standing = caller.standing(&mut tx, caller.organization).await?;
    let permit = super::authorize(&standing, CreateOrganization, |_| ())?;
    match tx.add_organization(wanted, permit.author(), &caller.occasion).await {
        Err(StoreError::Taken(Field::OrganizationName)) => return Ok(Saved::NameTaken),
        done => done?,
    };
    tx.commit().await?;
    Ok(Saved::Done { mfa_switched_on: wanted.mfa_required })
}

/// Changes an organization.
///
/// # Errors
/// [`AppError::NotFound`] for an unknown id; what the policy denies.
pub async fn edit(
    app: &App,
    caller: &Caller,
    id: OrganizationId,
    version: i64,
    wanted: &NewOrganization,
) -> Result<Saved, AppError> {
    let mut tx = app.db.begin_write().await?;
    let actor = enter(&mut tx, caller, id).await?.ok_or(AppError::NotFound)?;
    let permit = actor.authorize(EditOrganization, id)?;
    tx.guard(id).await?;
    let stored = tx.organization(id).await?.ok_or(AppError::NotFound)?;
    if stored.version != version {
        return Ok(Saved::Stale(Box::new(stored)));
    }
    let now = as_stored(&stored, tx.applications_of(id).await?)?;
    if now == *wanted {
        return Ok(Saved::Unchanged);
    }
    match tx.edit_organization(permit, &stored, wanted, &caller.occasion).await {
        Err(StoreError::Taken(Field::OrganizationName)) => return Ok(Saved::NameTaken),
        done => done?,
    }
    tx.commit().await?;
    Ok(Saved::Done { mfa_switched_on: wanted.mfa_required && !stored.mfa_required })
}

/// The caller as they stand in an organization that need not be the one they work in now.
///
/// # Errors
/// [`AppError::ExpiredForm`] when the session ended meanwhile.
pub async fn enter(tx: &mut Tx, caller: &Caller, id: OrganizationId) -> Result<Option<Actor>, AppError> {
    Ok(caller.standing(tx, Some(id)).await?.actor())
}

/// An organization in the words of its form.
///
/// # Errors
/// When the stored name is none.
pub fn as_stored(
    stored: &Organization,
    applications: Vec<crate::domain::pages::Application>,
) -> Result<NewOrganization, AppError> {
    Ok(NewOrganization {
        name: crate::domain::text::OrganizationName::parse(&stored.name).map_err(AppError::fault)?,
        mfa_required: stored.mfa_required,
        government: stored.government,
        user_limit: stored.user_limit,
        analyst_limit: stored.analyst_limit,
        applications,
    })
}
