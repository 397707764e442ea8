//! Making, changing and deleting custom roles (portal contract 1.13).

use super::Caller;
use crate::{
    app::App,
    domain::{
        ids::CustomRoleId,
        pages::Application,
        roles::{Access, RoleEffect, Seen, page_changes, role_effect},
        time::Timestamp,
    },
    error::AppError,
    policy::{Actor, CreateRole, DeleteRole, EditRole, OwnRole, Refusal},
    store::{Field, Guard, RoleWords, StoreError, StoredRole, Tx},
};

/// What the form says of a role.
#[derive(Debug, Clone)]
pub struct Wanted {
    /// Name and description.
    pub words: RoleWords,
    /// The level of every page on the form; pages it does not show stay as they are.
    pub access: Access,
    /// Version the form was made from; not asked for a new role.
    pub version: i64,
    /// The preview that was looked at before saving, as the form remembers it; may be empty.
    pub seen: String,
}

/// What saving a role would do, as it is shown before.
#[derive(Debug, Clone)]
pub struct Preview {
    /// Who gains and who loses.
    pub effect: RoleEffect,
    /// What is shown, to be remembered by the form.
    pub seen: Seen,
}

/// As many people are named in a preview.
const NAMED: usize = 5;

/// How saving ended.
#[derive(Debug)]
pub enum Saved {
    /// Saved.
    Done,
    /// Nothing was different.
    Unchanged,
    /// Somebody else was faster; here is what they left.
    Stale(Box<StoredRole>),
    /// It would do something else than the preview that was looked at.
    Surprising,
    /// Another role has the name.
    NameTaken,
    /// The role would open no page.
    OpensNothing,
}

/// Makes a role.
///
/// # Errors
/// What the policy denies.
pub async fn create(app: &App, caller: &Caller, wanted: &Wanted) -> Result<Saved, AppError> {
    let mut tx = app.db.begin_write().await?;
    let actor = caller.enter(&mut tx).await?;
    actor.may::<CreateRole>()?;
    let access = wanted.access.within(&actor.provisioned);
    if access.is_nothing() {
        return Ok(Saved::OpensNothing);
    }
    let permit = actor.authorize(CreateRole { access }, actor.organization)?;
    match tx.add_role(permit, &wanted.words, &caller.occasion).await {
        Err(StoreError::Taken(Field::RoleName)) => return Ok(Saved::NameTaken),
        done => done?,
    };
    commit(tx).await?;
    Ok(Saved::Done)
}

/// Changes a role, and with it everybody who has it.
///
/// # Errors
/// [`AppError::NotFound`] when the role is gone; what the policy denies and the guards refuse.
pub async fn edit(app: &App, caller: &Caller, id: CustomRoleId, wanted: &Wanted) -> Result<Saved, AppError> {
    let mut tx = app.db.begin_write().await?;
    let actor = caller.enter(&mut tx).await?;
    actor.may::<EditRole>()?;
    let stored = tx.stored_role(actor.organization, id).await?.ok_or(AppError::NotFound)?;
    if stored.version != wanted.version {
        return Ok(Saved::Stale(Box::new(stored)));
    }
    let access = merged(&stored.role.access, &wanted.access, &actor.provisioned);
    if access.is_nothing() {
        return Ok(Saved::OpensNothing);
    }
    let is_same = access == stored.role.access
        && wanted.words.name.as_str() == stored.role.name
        && wanted.words.description.as_str() == stored.description;
    let target = OwnRole { organization: actor.organization, role: stored.role.clone() };
    let permit = actor.authorize(EditRole { access }, target)?;
    if is_same {
        return Ok(Saved::Unchanged);
    }
    if !wanted.seen.is_empty() {
        let now = preview(&mut tx, &actor, &stored, &wanted.access, caller.occasion.now).await?;
        if now.seen.contradicts(&wanted.seen) {
            return Ok(Saved::Surprising);
        }
    }
    match tx.edit_role(permit, &stored, &wanted.words, &caller.occasion).await {
        Err(StoreError::Taken(Field::RoleName)) => return Ok(Saved::NameTaken),
        done => done?,
    }
    commit(tx).await?;
    Ok(Saved::Done)
}

/// Who would gain and who would lose if a role gave these levels; what the form does not show stays.
///
/// # Errors
/// When the database does not answer.
pub async fn preview(
    tx: &mut Tx,
    actor: &Actor,
    stored: &StoredRole,
    wanted: &Access,
    now: Timestamp,
) -> Result<Preview, AppError> {
    let access = merged(&stored.role.access, wanted, &actor.provisioned);
    let changes = page_changes(&stored.role.access, &access);
    let holders = tx.alike_holders(actor.organization, stored.role.id, &changes, now, NAMED).await?;
    let effect = role_effect(&stored.role, &access, &actor.provisioned, &holders, NAMED);
    let choice: Vec<_> = access.levels().collect();
    let seen = Seen::new(&choice, &effect);
    Ok(Preview { effect, seen })
}

/// Deletes a role; gives what it was.
///
/// # Errors
/// As [`edit`].
pub async fn delete(app: &App, caller: &Caller, id: CustomRoleId) -> Result<StoredRole, AppError> {
    let mut tx = app.db.begin_write().await?;
    let actor = caller.enter(&mut tx).await?;
    actor.may::<DeleteRole>()?;
    let stored = tx.stored_role(actor.organization, id).await?.ok_or(AppError::NotFound)?;
    let target = OwnRole { organization: actor.organization, role: stored.role.clone() };
    let permit = actor.authorize(DeleteRole, target)?;
    tx.delete_role(permit, &stored, &caller.occasion).await?;
    commit(tx).await?;
    Ok(stored)
}

/// What the form shows replaces what is stored; levels on pages of applications the organization does not have now stay
/// (portal contract 2.5).
pub fn merged(stored: &Access, wanted: &Access, provisioned: &[Application]) -> Access {
    let shown = Access::EVERYTHING.within(provisioned);
    Access::from_fn(|page| {
        let is_shown = shown.level(page) != crate::domain::pages::Level::None;
        if is_shown { wanted.level(page) } else { stored.level(page) }
    })
}

/// A change of a role is about everybody: the guard does not name one person.
async fn commit(tx: Tx) -> Result<(), AppError> {
    match tx.commit().await {
        Err(StoreError::Kept(Guard::LastAdministrator)) => Err(Refusal::NoAdministratorLeft.into()),
        done => Ok(done?),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::pages::{Level, Page};

    #[test]
    fn what_the_form_does_not_show_stays() {
        let stored = Access::from_levels([(Page::Webhooks, Level::All), (Page::Exports, Level::View)]);
        let wanted = Access::from_levels([(Page::Exports, Level::All), (Page::Webhooks, Level::View)]);
        let now = merged(&stored, &wanted, &[Application::Callback]);
        assert_eq!(now.level(Page::Webhooks), Level::All);
        assert_eq!(now.level(Page::Exports), Level::All);
    }
}
