//! Tenants themselves, by a global token: making, changing and deleting them.

use super::{TenantRefusal, enter_global};
use crate::{
    app::App,
    domain::{
        audit::{Author, Occasion},
        ids::OrganizationId,
        tenants::{NewTenant, TenantFacts},
    },
    flows::Door,
    store::Tenant,
};

/// Makes a tenant.
///
/// # Errors
/// [`TenantRefusal::DuplicateName`].
pub async fn create_tenant(
    app: &App,
    door: Door,
    author: &Author,
    new: &NewTenant,
    occasion: &Occasion,
) -> Result<OrganizationId, TenantRefusal> {
    let mut tx = app.db.begin_write().await?;
    let author = enter_global(&mut tx, door, author, occasion).await?;
    let id = tx.add_tenant(new, &author, occasion).await?;
    tx.commit().await?;
    Ok(id)
}

/// Changes a tenant; `change` gets its facts and leaves what is to be.
///
/// # Errors
/// [`TenantRefusal::TenantNotFound`], [`TenantRefusal::DuplicateName`].
pub async fn edit_tenant(
    app: &App,
    door: Door,
    author: &Author,
    id: OrganizationId,
    change: impl FnOnce(&mut TenantFacts),
    occasion: &Occasion,
) -> Result<(), TenantRefusal> {
    let mut tx = app.db.begin_write().await?;
    let author = enter_global(&mut tx, door, author, occasion).await?;
    let tenant = tx.tenant(id).await?.ok_or(TenantRefusal::TenantNotFound)?;
    let mut facts = tenant.facts();
    change(&mut facts);
    if facts != tenant.facts() {
        tx.edit_tenant(&tenant, &facts, &author, occasion).await?;
    }
    tx.commit().await?;
    Ok(())
}

/// Deletes a tenant whose names are confirmed by `matches`.
///
/// # Errors
/// [`TenantRefusal::TenantNotFound`]; [`TenantRefusal::HomeTenantAssignment`] when somebody's home is there.
pub async fn delete_tenant(
    app: &App,
    door: Door,
    author: &Author,
    id: OrganizationId,
    matches: impl FnOnce(&Tenant) -> bool,
    occasion: &Occasion,
) -> Result<bool, TenantRefusal> {
    let mut tx = app.db.begin_write().await?;
    let author = enter_global(&mut tx, door, author, occasion).await?;
    let tenant = tx.tenant(id).await?.ok_or(TenantRefusal::TenantNotFound)?;
    if !matches(&tenant) {
        return Ok(false);
    }
    if tx.is_home(id).await? {
        return Err(TenantRefusal::HomeTenantAssignment);
    }
    tx.delete_tenant(&tenant, &author, occasion).await?;
    tx.commit().await?;
    Ok(true)
}
