//! The changes the tenant API makes to people, assignments and tenants (tenant contract sections 4 to 8). A call with an
//! organization's token is judged as it acts in that organization; a global one has passed the rules of its scope.

use serde_json::json;

use super::{
    Caller, Door,
    invite::{self, Spare},
};
use crate::{
    app::App,
    domain::{
        audit::{AuditAction, AuditTarget, Author, Occasion},
        ids::{OrganizationId, UserId},
        roles::{AccountRole, TenantRole},
        tenants::{NewTenant, ServiceAccount, TenantFacts, may_be_service_account},
        text::{DisplayName, Email},
        users::MembershipKind,
    },
    error::AppError,
    policy::Actor,
    store::{Field, Guard, Member, NewMembership, NewPassword, NewUser, StoreError, Tenant, TenantUser, Tx, User},
};

/// Why a change is not made, in the distinctions the tenant API tells.
#[derive(Debug)]
pub enum TenantRefusal {
    /// No such person, or not for this token.
    UserNotFound,
    /// The person is assigned elsewhere only.
    UserNotInTenant,
    /// The person is not assigned there.
    NotAssigned,
    /// No such tenant.
    TenantNotFound,
    /// The address is in use.
    DuplicateEmail,
    /// The person is assigned there.
    AlreadyAssigned,
    /// The slug or name is in use.
    DuplicateName,
    /// A role this token may not give, or a person it may not touch.
    RoleNotAllowed,
    /// Server Administrator as an override.
    InvalidRole,
    /// A service account has another role than those two.
    InvalidRoleForServiceAccount,
    /// Promotion without a home.
    HomeTenantRequired,
    /// A home that cannot be one.
    InvalidHomeTenant,
    /// The home of a service account.
    HomeTenantAssignment,
    /// What a commit may not break.
    Kept(Guard),
    /// Anything else.
    Other(AppError),
}

impl From<AppError> for TenantRefusal {
    fn from(error: AppError) -> Self {
        Self::Other(error)
    }
}

impl From<StoreError> for TenantRefusal {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Kept(guard) => Self::Kept(guard),
            StoreError::Taken(Field::Email) => Self::DuplicateEmail,
            StoreError::Taken(Field::OrganizationName) => Self::DuplicateName,
            other => Self::Other(other.into()),
        }
    }
}

/// A person about to be made.
#[derive(Debug, Clone)]
pub struct NewPerson {
    /// Login address.
    pub email: Email,
    /// Shown name.
    pub display_name: DisplayName,
    /// Given name, where told.
    pub first_name: Option<String>,
    /// Family name, where told.
    pub last_name: Option<String>,
    /// The role.
    pub role: TenantRole,
    /// Send the invitation.
    pub welcome: bool,
}

/// How making a person in a tenant ended.
#[derive(Debug)]
pub struct Assigned {
    /// The person.
    pub user: UserId,
    /// Address as stored.
    pub email: String,
    /// Shown name as stored.
    pub display_name: String,
    /// The invitation is on its way.
    pub welcome_sent: bool,
}

/// A global token's author, if the token still has what the call needs.
async fn enter_global(tx: &mut Tx, door: Door, author: &Author, occasion: &Occasion) -> Result<Author, TenantRefusal> {
    let Door::Token(id, needed) = door else { return Err(AppError::ExpiredForm.into()) };
    let token = tx.presented_token(id).await?.ok_or(AppError::ExpiredForm)?;
    let works = token.organization.is_none() && token.expires_at > occasion.now && token.permissions.contains(&needed);
    if works { Ok(author.clone()) } else { Err(AppError::ExpiredForm.into()) }
}

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

async fn add_person(
    tx: &mut Tx,
    new: &NewPerson,
    own_role: AccountRole,
    occasion: &Occasion,
) -> Result<UserId, TenantRefusal> {
    let user = NewUser {
        email: &new.email,
        name: Some(&new.display_name),
        account_role: own_role,
        password: NewPassword::None,
        activated: false,
    };
    let id = tx.add_user(&user, occasion).await?;
    if new.first_name.is_some() || new.last_name.is_some() {
        tx.set_name_parts(id, new.first_name.as_deref(), new.last_name.as_deref()).await?;
    }
    Ok(id)
}

async fn record_creation(
    tx: &mut Tx,
    author: &Author,
    user: UserId,
    new: &NewPerson,
    occasion: &Occasion,
) -> Result<(), TenantRefusal> {
    let target = AuditTarget::user(user, new.display_name.as_str(), new.email.as_str());
    let after = json!({
        "email": new.email.as_str(),
        "name": new.display_name.as_str(),
        "account_role": new.role.account_role().label(),
    });
    tx.record(author.event(AuditAction::AccountCreated, target).after(after), occasion).await?;
    Ok(())
}

/// Assigns a person to the caller's tenant, making them first when the address is new.
///
/// # Errors
/// What the contract says of `POST .../user`.
pub async fn create_in_tenant(app: &App, caller: &Caller, new: &NewPerson) -> Result<Assigned, TenantRefusal> {
    let spare = if new.welcome { Some(Spare::make(app).await?) } else { None };
    let mut tx = app.db.begin_write().await?;
    let actor = caller.enter(&mut tx).await?;
    if new.role == TenantRole::TenantAdmin && !actor.server_administrator {
        return Err(TenantRefusal::RoleNotAllowed);
    }
    let occasion = &caller.occasion;
    let known = tx.user_by_email(new.email.key()).await?.filter(|known| !known.is_token);
    let assigned = match known {
        Some(known) => {
            assign_known(&mut tx, &actor, &known, Some(new.role), occasion).await?;
            Assigned { user: known.id, email: known.email, display_name: known.display_name, welcome_sent: false }
        }
        None => assign_new(app, &mut tx, &actor, new, spare.as_ref(), occasion).await?,
    };
    tx.commit().await?;
    app.courier.wake();
    Ok(assigned)
}

async fn assign_new(
    app: &App,
    tx: &mut Tx,
    actor: &Actor,
    new: &NewPerson,
    spare: Option<&Spare>,
    occasion: &Occasion,
) -> Result<Assigned, TenantRefusal> {
    let role = new.role.account_role();
    let own_role = if actor.server_administrator { role } else { AccountRole::User };
    let user = add_person(tx, new, own_role, occasion).await?;
    add_assignment(tx, actor, user, role, false, occasion).await?;
    if let Some(spare) = spare {
        let member = tx.member(actor.organization, user).await?.ok_or(TenantRefusal::UserNotFound)?;
        let author = actor.author();
        let inviter = invite::Inviter::new(actor, &author);
        invite::invite_anew(app, tx, &inviter, &member, &new.email, spare, occasion).await?;
    }
    record_creation(tx, &actor.author(), user, new, occasion).await?;
    Ok(Assigned {
        user,
        email: new.email.as_str().to_owned(),
        display_name: new.display_name.as_str().to_owned(),
        welcome_sent: spare.is_some(),
    })
}

async fn add_assignment(
    tx: &mut Tx,
    actor: &Actor,
    user: UserId,
    account_role: AccountRole,
    validated: bool,
    occasion: &Occasion,
) -> Result<(), TenantRefusal> {
    let membership = NewMembership {
        organization: actor.organization,
        user,
        kind: MembershipKind::Person,
        account_role,
        roles: &[],
        validated,
    };
    tx.add_membership(&membership, &actor.author(), occasion).await?;
    Ok(())
}

/// Assigns somebody who exists, at once; validated when they activated anywhere.
async fn assign_known(
    tx: &mut Tx,
    actor: &Actor,
    known: &User,
    role: Option<TenantRole>,
    occasion: &Occasion,
) -> Result<(), TenantRefusal> {
    if known.is_server_administrator() && !actor.server_administrator {
        return Err(TenantRefusal::RoleNotAllowed);
    }
    let account_role = role.map_or(known.account_role, |role| role.written_over(known.account_role));
    needs_overridable(role, known.account_role, known.account_role)?;
    if tx.member(actor.organization, known.id).await?.is_some() {
        return Err(TenantRefusal::AlreadyAssigned);
    }
    add_assignment(tx, actor, known.id, account_role, known.activated_at.is_some(), occasion).await?;
    let target = AuditTarget::user(known.id, &known.display_name, &known.email);
    let event = actor.author().event(AuditAction::UserAssigned, target);
    tx.record(event.after(json!({ "account_role": account_role.label() })), occasion).await?;
    Ok(())
}

/// Assigns a person to the caller's tenant.
///
/// # Errors
/// What the contract says of `POST .../user/{userId}`.
pub async fn assign(app: &App, caller: &Caller, user: UserId, role: Option<TenantRole>) -> Result<(), TenantRefusal> {
    let mut tx = app.db.begin_write().await?;
    let actor = caller.enter(&mut tx).await?;
    let known = tx.user(user).await?.filter(|known| !known.is_token);
    let own_role = known.as_ref().map(|known| known.account_role);
    needs_overridable(role, own_role.unwrap_or(AccountRole::User), own_role.unwrap_or(AccountRole::User))?;
    let known = known.ok_or(TenantRefusal::UserNotFound)?;
    assign_known(&mut tx, &actor, &known, role, &caller.occasion).await?;
    tx.commit().await?;
    Ok(())
}

/// Takes an assignment away; the person and their other assignments stay.
///
/// # Errors
/// What the contract says of `DELETE .../user/{userId}`.
pub async fn remove(app: &App, caller: &Caller, user: UserId) -> Result<(), TenantRefusal> {
    let mut tx = app.db.begin_write().await?;
    let actor = caller.enter(&mut tx).await?;
    let member = tx.member(actor.organization, user).await?;
    let member = member.filter(|member| member.kind != MembershipKind::Token).ok_or(TenantRefusal::NotAssigned)?;
    needs_within_reach(&actor, &member)?;
    if tx.home_of(user).await? == Some(actor.organization) {
        return Err(TenantRefusal::HomeTenantAssignment);
    }
    tx.unassign(&member, &actor.author(), &caller.occasion).await?;
    tx.commit().await?;
    Ok(())
}

/// Server Administrator is no override (section 2); where it is what the person has or is read as, nothing is written.
fn needs_overridable(role: Option<TenantRole>, read: AccountRole, own: AccountRole) -> Result<(), TenantRefusal> {
    let becomes = role.map(|role| role.written_over(read)).filter(|role| *role != read);
    let is_raised = becomes == Some(AccountRole::ServerAdministrator) && own != AccountRole::ServerAdministrator;
    if is_raised { Err(TenantRefusal::InvalidRole) } else { Ok(()) }
}

/// A tenant must not reach system level, and Support is granted on the command line.
fn needs_within_reach(actor: &Actor, member: &Member) -> Result<(), TenantRefusal> {
    let is_above = member.own_role == AccountRole::ServerAdministrator && !actor.server_administrator;
    if is_above || member.kind == MembershipKind::Support { Err(TenantRefusal::RoleNotAllowed) } else { Ok(()) }
}

/// Changes a member's override and shown name.
///
/// # Errors
/// What the contract says of `PUT .../user/{userId}`.
pub async fn edit_in_tenant(
    app: &App,
    caller: &Caller,
    user: UserId,
    display_name: Option<&DisplayName>,
    role: Option<TenantRole>,
) -> Result<(), TenantRefusal> {
    let mut tx = app.db.begin_write().await?;
    let actor = caller.enter(&mut tx).await?;
    let member = tx.member(actor.organization, user).await?;
    let Some(member) = member.filter(|member| member.kind != MembershipKind::Token) else {
        needs_overridable(role, AccountRole::User, AccountRole::User)?;
        return Err(absent(&mut tx, &actor, user).await?);
    };
    needs_overridable(role, member.account_role, member.own_role)?;
    needs_within_reach(&actor, &member)?;
    let role = role.map(|role| role.written_over(member.account_role)).filter(|role| *role != member.account_role);
    let name = display_name.filter(|name| name.as_str() != member.display_name);
    if role.is_none() && name.is_none() {
        return Ok(());
    }
    tx.set_override(&member, role, name, &actor.author(), &caller.occasion).await?;
    tx.commit().await?;
    Ok(())
}

/// What somebody who is not assigned there is: known elsewhere, which an organization's token does not learn.
async fn absent(tx: &mut Tx, actor: &Actor, user: UserId) -> Result<TenantRefusal, TenantRefusal> {
    let is_known = tx.user(user).await?.is_some_and(|known| !known.is_token);
    if is_known && actor.server_administrator {
        return Ok(TenantRefusal::UserNotInTenant);
    }
    Ok(TenantRefusal::UserNotFound)
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
