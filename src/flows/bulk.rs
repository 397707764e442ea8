//! One action on many people (portal contract 1.8). Each person is handled in a transaction of their own: what one of
//! them may not, or what no seat is left for, keeps nobody else from it.

use super::{Caller, begin, commit, invite, person, switches};
use crate::{
    app::App,
    domain::{ids::UserId, roles::Role},
    error::AppError,
    policy::{BulkUsers, EditUser, Refusal, assignable, in_bulk},
    store::{Member, Tx},
};

/// What is done to everybody chosen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum BulkAction {
    /// Give a role, by its key.
    AddRole(String),
    /// Take a role away, by its key.
    RemoveRole(String),
    /// Switch the membership off.
    Disable,
    /// Switch it on again.
    Enable,
    /// Send the invitation again.
    Resend,
}

impl BulkAction {
    /// Reads the form's two fields; nothing for an unknown action.
    pub fn read(action: &str, role: &str) -> Option<Self> {
        Some(match action {
            "add_role" => Self::AddRole(role.to_owned()),
            "remove_role" => Self::RemoveRole(role.to_owned()),
            "disable" => Self::Disable,
            "enable" => Self::Enable,
            "resend" => Self::Resend,
            _ => return None,
        })
    }

    /// The key of the role it gives or takes.
    pub fn role(&self) -> Option<&str> {
        match self {
            Self::AddRole(role) | Self::RemoveRole(role) => Some(role),
            _ => None,
        }
    }
}

/// What became of one person: nothing to tell when it was done, else the reason.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BulkOutcome {
    /// Name or address.
    pub person: String,
    /// Why not.
    pub refused: Option<String>,
}

/// The people of an action, in the order chosen, before anything is done; ids that are none of the organization's, and
/// the users of API tokens, are left out. Gives the role too, where there is one.
///
/// # Errors
/// What the policy denies, [`Refusal::NobodySelected`], and [`Refusal::Assign`] for a role that one may not give.
pub async fn prepare(
    app: &App,
    caller: &Caller,
    action: &BulkAction,
    ids: &[UserId],
) -> Result<(Vec<Member>, Option<Role>), AppError> {
    let mut tx = app.db.begin_read().await?;
    let standing = caller.standing(&mut tx, caller.organization).await?;
    let actor = standing.actor().ok_or_else(super::no_organization)?;
    let _permit = actor.authorize(BulkUsers, actor.organization)?;
    let mut members: Vec<Member> = Vec::new();
    for id in ids {
        let is_new = members.iter().all(|member| member.user != *id);
        if let Some(member) = tx.member(actor.organization, *id).await?.filter(|_| is_new)
            && member.kind != crate::domain::users::MembershipKind::Token
        {
            members.push(member);
        }
    }
    if members.is_empty() {
        return Err(Refusal::NobodySelected.into());
    }
    let role = match action.role() {
        Some(key) => {
            let role = read_role(&mut tx, actor.organization, key).await?;
            if !assignable(&actor, &role) {
                return Err(Refusal::Assign { role: role.label().to_owned() }.into());
            }
            Some(role)
        }
        None => None,
    };
    Ok((members, role))
}

async fn read_role(tx: &mut Tx, organization: crate::domain::ids::OrganizationId, key: &str) -> Result<Role, AppError> {
    let keys = [key.to_owned()];
    let set = tx.wanted_roles(organization, &keys).await?.map_err(|role| Refusal::Assign { role })?;
    set.iter().next().ok_or_else(|| Refusal::Assign { role: key.to_owned() }.into())
}

/// Does it, person by person.
///
/// # Errors
/// Only what stops the whole run: an ended session, a fault. What is refused to one person is in their outcome.
pub async fn apply(
    app: &App,
    caller: &Caller,
    action: &BulkAction,
    members: &[Member],
) -> Result<Vec<BulkOutcome>, AppError> {
    let mut outcomes = Vec::with_capacity(members.len());
    for member in members {
        let refused = match apply_to(app, caller, action, member.user).await {
            Ok(()) => None,
            Err(AppError::Conflict { code, message }) => Some(in_bulk(code, &message)),
            Err(AppError::NotFound) => Some("No longer a member.".to_owned()),
            Err(AppError::Forbidden(_)) => Some("You may not do this any more.".to_owned()),
            Err(error) => return Err(error),
        };
        outcomes.push(BulkOutcome { person: member.shown_name().to_owned(), refused });
    }
    Ok(outcomes)
}

async fn apply_to(app: &App, caller: &Caller, action: &BulkAction, user: UserId) -> Result<(), AppError> {
    match action {
        BulkAction::Disable => switches::disable(app, caller, user).await.map(drop),
        BulkAction::Enable => switches::enable(app, caller, user).await.map(drop),
        BulkAction::Resend => invite::resend(app, caller, user).await.map(drop),
        BulkAction::AddRole(role) => change_role(app, caller, user, role, true).await,
        BulkAction::RemoveRole(role) => change_role(app, caller, user, role, false).await,
    }
}

async fn change_role(app: &App, caller: &Caller, user: UserId, key: &str, adds: bool) -> Result<(), AppError> {
    let (mut tx, actor, member, _) = begin(app, caller, user, EditUser::default()).await?;
    let role = read_role(&mut tx, actor.organization, key).await?;
    let (_, facts) = person(&mut tx, actor.organization, user).await?;
    let has = facts.roles.keys().contains(&role.key());
    if has == adds {
        let message = if adds { "Has this role already." } else { "Does not have this role." };
        return Err(AppError::Conflict { code: "role_unchanged", message: message.to_owned() });
    }
    let roles = facts.roles.clone();
    let roles = if adds { roles.with(&role) } else { roles.without(&role) };
    let change = EditUser { roles: Some(roles), ..EditUser::default() };
    let permit = actor.authorize(change, facts)?;
    tx.edit_member(permit, &member, &caller.occasion).await?;
    commit(tx, member.shown_name(), &actor.organization_name).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_known_actions_are_read() {
        assert_eq!(BulkAction::read("add_role", "x"), Some(BulkAction::AddRole("x".to_owned())));
        assert_eq!(BulkAction::read("disable", "x"), Some(BulkAction::Disable));
        assert_eq!(BulkAction::read("delete", ""), None);
        assert_eq!(BulkAction::Resend.role(), None);
    }
}
