//! People of all tenants, by a global token.

use serde_json::json;

use super::{NewPerson, TenantRefusal, add_person, enter_global, record_creation};
use crate::{
    app::App,
    domain::{
        audit::{AuditAction, Author, Occasion},
        ids::{OrganizationId, UserId},
        roles::{AccountRole, TenantRole},
        tenants::{ServiceAccount, may_be_service_account},
        text::{DisplayName, Email},
    },
    error::AppError,
    flows::{
        Door,
        invite::{self, Spare},
    },
    store::{TenantUser, Tx},
};

/// Makes a person and assigns them to no tenant.
///
/// # Errors
/// [`TenantRefusal::DuplicateEmail`].
pub async fn create_person(
    app: &App,
    door: Door,
    author: &Author,
    new: &NewPerson,
    occasion: &Occasion,
) -> Result<UserId, TenantRefusal> {
    let spare = if new.welcome { Some(Spare::make(app).await?) } else { None };
    let mut tx = app.db.begin_write().await?;
    let author = enter_global(&mut tx, door, author, occasion).await?;
    if tx.user_by_email(new.email.key()).await?.is_some() {
        return Err(TenantRefusal::DuplicateEmail);
    }
    let role = new.role.account_role();
    let id = add_person(&mut tx, new, role, occasion).await?;
    if let Some(spare) = &spare {
        invite::welcome(app, &mut tx, id, &new.email, (&author.actor.shown(), role), spare, occasion).await?;
    }
    record_creation(&mut tx, &author, id, new, occasion).await?;
    tx.commit().await?;
    app.courier.wake();
    Ok(id)
}

/// What a global change of a person says; absent is left alone.
#[derive(Debug, Clone, Default)]
pub struct PersonChange {
    /// Shown name.
    pub display_name: Option<DisplayName>,
    /// The user's own role.
    pub role: Option<TenantRole>,
    /// Disabled everywhere.
    pub disabled: Option<bool>,
    /// A service account.
    pub service_account: Option<bool>,
    /// Its home.
    pub home: Option<OrganizationId>,
}

/// Changes a person, all or nothing; rules are judged on the result.
///
/// # Errors
/// What the contract says of `PUT /api/user/{userId}`.
pub async fn edit_person(
    app: &App,
    door: Door,
    author: &Author,
    id: UserId,
    change: &PersonChange,
    occasion: &Occasion,
) -> Result<(), TenantRefusal> {
    let mut tx = app.db.begin_write().await?;
    let author = enter_global(&mut tx, door, author, occasion).await?;
    tx.guard_person(id).await?;
    let person = tx.tenant_user(None, id).await?.ok_or(TenantRefusal::UserNotFound)?;
    let role = change.role.map(|role| role.written_over(person.own_role)).filter(|role| *role != person.own_role);
    let name = change.display_name.as_ref().filter(|name| name.as_str() != person.display_name);
    let disabled = change.disabled.filter(|disabled| *disabled != person.is_disabled());
    let (mut before, mut after) = (serde_json::Map::new(), serde_json::Map::new());
    let mut note = |field: &str, old: serde_json::Value, new: serde_json::Value| {
        before.insert(field.to_owned(), old);
        after.insert(field.to_owned(), new);
    };
    let mut action = None;
    if let Some(name) = name {
        let email = Email::parse(&person.email).map_err(AppError::fault)?;
        tx.set_display_name(id, name, &email).await?;
        note("name", json!(person.display_name), json!(name.as_str()));
        action = Some(AuditAction::UserEdited);
    }
    if let Some(role) = role {
        tx.set_own_role(id, role).await?;
        note("account_role", json!(person.own_role.label()), json!(role.label()));
        action = action.or(Some(AuditAction::UserRolesChanged));
    }
    if let Some(disabled) = disabled {
        let ended = tx.set_disabled(id, disabled, occasion.now).await?;
        note("disabled", json!(!disabled), json!(disabled));
        if ended > 0 {
            after.insert("sessions_ended".to_owned(), json!(ended));
        }
        action = Some(if disabled { AuditAction::AccountDisabled } else { AuditAction::AccountEnabled });
    }
    // Who would be missed is told before what is wrong with a service account (section 3, order of checks).
    tx.check_administrators().await?;
    if let Some(account) = judge_service_account(&mut tx, &person, role, change).await? {
        tx.set_service_account(id, account).await?;
        before.insert("service_account".to_owned(), json!(person.is_service_account()));
        after.insert("service_account".to_owned(), json!(account.is_one));
        before.insert("home".to_owned(), json!(person.home));
        after.insert("home".to_owned(), json!(account.home));
        action = action.or(Some(AuditAction::AccountServiceAccountChanged));
    }
    let Some(action) = action else { return Ok(()) };
    tx.note_person_change(id, &author, occasion.now).await?;
    tx.record_of_person(&author, action, &person, (before.into(), after.into()), occasion).await?;
    tx.commit().await?;
    Ok(())
}

/// The service account a change comes to, where it differs (tenant contract section 6).
async fn judge_service_account(
    tx: &mut Tx,
    person: &TenantUser,
    new_role: Option<AccountRole>,
    change: &PersonChange,
) -> Result<Option<ServiceAccount>, TenantRefusal> {
    let was_one = person.is_service_account();
    let is_one = change.service_account.unwrap_or(was_one);
    if !is_one {
        if change.home.is_some() {
            return Err(TenantRefusal::InvalidHomeTenant);
        }
        return Ok(was_one.then_some(ServiceAccount { is_one: false, home: None }));
    }
    if !may_be_service_account(new_role.unwrap_or(person.own_role)) {
        return Err(TenantRefusal::InvalidRoleForServiceAccount);
    }
    if !was_one && change.home.is_none() {
        return Err(TenantRefusal::HomeTenantRequired);
    }
    let Some(home) = change.home.filter(|home| !was_one || Some(*home) != person.home) else { return Ok(None) };
    let is_assigned = person.assignments().iter().any(|assignment| assignment.tenant == home);
    let is_enabled = tx.organization(home).await?.is_some_and(|found| found.disabled_at.is_none());
    if is_assigned && is_enabled {
        Ok(Some(ServiceAccount { is_one: true, home: Some(home) }))
    } else {
        Err(TenantRefusal::InvalidHomeTenant)
    }
}
