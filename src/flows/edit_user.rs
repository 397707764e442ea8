//! Saving Edit User (portal contract 5.2).

use std::collections::BTreeSet;

use super::{
    Caller, begin, commit,
    invite::{self, Spare, post},
    person,
};
use crate::{
    app::App,
    domain::{
        ids::UserId,
        mail::Content,
        pages::{Level, Page},
        roles::{Access, AccountRole, Holdings, PageChange, Role, RoleKey, RoleSet, Seen, explain, page_changes},
        text::{DisplayName, Email},
        users::MembershipState,
    },
    error::AppError,
    policy::{Actor, EditUser, Person, Refusal},
    store::{Field, Member, StoreError, Tx},
};

/// What the form says; absent fields were not on it.
#[derive(Debug, Clone)]
pub struct Wanted {
    /// Version the form was made from.
    pub version: i64,
    /// Address.
    pub email: Option<Email>,
    /// Display name.
    pub name: Option<DisplayName>,
    /// Effective account role.
    pub account_role: Option<AccountRole>,
    /// Keys of all application and custom roles.
    pub roles: Option<Vec<String>>,
    /// The preview that was looked at before saving, as the form remembers it; may be empty.
    pub seen: String,
}

/// What other roles would open, as it is shown before saving.
#[derive(Debug, Clone)]
pub struct Preview {
    /// Pages gained and lost.
    pub changes: Vec<PageChange>,
    /// What is shown, to be remembered by the form.
    pub seen: Seen,
}

/// How saving ended.
#[derive(Debug)]
pub enum Edited {
    /// Saved; the person's name or address, and whether it was the caller's own address that changed.
    Saved {
        /// How the person is called now.
        person: String,
        /// The caller has to log in with the new address.
        own_email: bool,
    },
    /// Nothing was different.
    Unchanged,
    /// Somebody else was faster; here is what they left.
    Stale(Box<Member>),
    /// The roles would open something else than the preview that was looked at.
    Surprising,
    /// The address belongs to somebody else.
    EmailTaken,
}

/// Saves what differs.
///
/// # Errors
/// What the policy denies, [`AppError::NotFound`] when the person is gone, and what the guards refuse.
pub async fn edit(app: &App, caller: &Caller, user: UserId, wanted: &Wanted) -> Result<Edited, AppError> {
    let spare = if wanted.email.is_some() { Some(Spare::make(app).await?) } else { None };
    let (mut tx, actor, member, _) = begin(app, caller, user, EditUser::default()).await?;
    if member.version != wanted.version {
        return Ok(Edited::Stale(Box::new(member)));
    }
    let action = difference(&mut tx, &member, wanted).await?;
    if action.is_nothing() {
        return Ok(Edited::Unchanged);
    }
    let change = action.clone();
    let (_, facts) = person(&mut tx, actor.organization, user).await?;
    let account_role = action.account_role.unwrap_or(facts.account_role);
    let roles = action.roles.as_ref().unwrap_or(&facts.roles);
    if preview(&actor, &facts, account_role, roles).seen.contradicts(&wanted.seen) {
        return Ok(Edited::Surprising);
    }
    let permit = actor.authorize(action, facts)?;
    match tx.edit_member(permit, &member, &caller.occasion).await {
        Err(StoreError::Taken(Field::Email)) => return Ok(Edited::EmailTaken),
        done => done?,
    }
    if let Some(email) = &change.email {
        tell_both(app, &mut tx, &actor.name, &member, email, caller).await?;
        if let (MembershipState::Invited, Some(spare)) = (member.state, &spare) {
            let again = tx.member(actor.organization, user).await?.ok_or(AppError::NotFound)?;
            let author = actor.author();
            let inviter = invite::Inviter::new(&actor, &author);
            invite::invite_anew(app, &mut tx, &inviter, &again, email, spare, &caller.occasion).await?;
        }
    }
    commit(tx, member.shown_name(), &actor.organization_name).await?;
    app.courier.wake();
    let named = change.name.as_ref().map_or_else(|| member.display_name.clone(), |name| name.as_str().to_owned());
    let address = change.email.as_ref().map_or(member.email.as_str(), Email::as_str);
    let person = if named.is_empty() { address.to_owned() } else { named };
    Ok(Edited::Saved { person, own_email: change.email.is_some() && actor.user == user })
}

/// What somebody's roles give once they are in force.
pub fn in_force<'a>(actor: &'a Actor, person: &Person, account_role: AccountRole, roles: &'a RoleSet) -> Holdings<'a> {
    Holdings {
        server_administrator: person.server_administrator,
        account_role,
        application_roles: roles.application(),
        custom_roles: roles.custom(),
        provisioned: &actor.provisioned,
        works: true,
    }
}

/// What somebody would gain and lose with other roles, once they are in force.
pub fn preview(actor: &Actor, person: &Person, account_role: AccountRole, roles: &RoleSet) -> Preview {
    let then = in_force(actor, person, account_role, roles);
    let now = in_force(actor, person, person.account_role, &person.roles);
    let changes = page_changes(&Access::of(&now), &Access::of(&then));
    let shown: Vec<(Page, Level, Vec<RoleKey>)> = explain(&then)
        .into_iter()
        .map(|page| (page.page, page.level, page.from.iter().map(Role::key).collect()))
        .collect();
    let seen = Seen::new(&(account_role, roles.keys()), &(&changes, shown));
    Preview { changes, seen }
}

/// Only what differs from the member as stored.
async fn difference(tx: &mut Tx, member: &Member, wanted: &Wanted) -> Result<EditUser, AppError> {
    let stored = Email::parse(&member.email).map_err(AppError::fault)?;
    let roles = match &wanted.roles {
        Some(keys) if keys.iter().collect::<BTreeSet<_>>() != member.roles.iter().collect() => {
            let set = tx.wanted_roles(member.organization, keys).await?;
            Some(set.map_err(|role| Refusal::Assign { role })?)
        }
        _ => None,
    };
    Ok(EditUser {
        email: wanted.email.clone().filter(|email| *email != stored),
        name: wanted.name.clone().filter(|name| name.as_str() != member.display_name),
        account_role: wanted.account_role.filter(|role| *role != member.account_role),
        roles,
    })
}

/// Both addresses are told of a change (E8).
async fn tell_both(
    app: &App,
    tx: &mut Tx,
    by: &str,
    member: &Member,
    new: &Email,
    caller: &Caller,
) -> Result<(), AppError> {
    let old = Email::parse(&member.email).map_err(AppError::fault)?;
    for to in [&old, new] {
        let content = Content::EmailChanged { old: old.clone(), new: new.clone(), by: by.to_owned() };
        post(app, tx, member.organization, member.user, to, content, &caller.occasion).await?;
    }
    Ok(())
}
