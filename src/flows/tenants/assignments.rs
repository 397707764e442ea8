//! The people of one tenant: assigning them, changing what they are there, taking the assignment away.

use serde_json::json;

use super::{NewPerson, TenantRefusal, add_person, record_creation};
use crate::{
    app::App,
    domain::{
        audit::{AuditAction, AuditTarget, Occasion},
        ids::UserId,
        roles::{AccountRole, TenantRole},
        text::DisplayName,
        users::MembershipKind,
    },
    flows::{
        Caller,
        invite::{self, Spare},
    },
    policy::Actor,
    store::{Member, NewMembership, Tx, User},
};

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
