//! The role picker of Invite Users and Edit User: what one may give, what is chosen, what stays as it is.

use super::people::{bars, chip, grants};
use crate::{
    domain::{
        pages::Application,
        roles::{AccountRole, CustomRole, Role, RoleSet},
    },
    policy::{Actor, assignable, offered},
    web::pages::parts::{KeptRole, RoleGroup, RoleOption, RolePicker},
};

/// What the form has chosen: keys as typed, so that a rejected form keeps them.
#[derive(Debug, Clone, Default)]
pub struct Chosen {
    /// Account role, if it may be changed.
    pub account_role: Option<AccountRole>,
    /// Keys of application and custom roles.
    pub roles: Vec<String>,
}

/// The picker of somebody who fills in the form for a person who has `held` now.
pub fn picker(
    actor: &Actor,
    custom: &[CustomRole],
    chosen: &Chosen,
    held: Option<&(AccountRole, RoleSet)>,
) -> RolePicker {
    let (mut account_roles, roles) = offered(actor, custom);
    let mut kept = Vec::new();
    if let Some((account_role, held)) = held {
        if !assignable(actor, &Role::Account(*account_role)) {
            // Only a role one may give can replace the one they have, and then it could not be given back.
            kept.push(keep(&Role::Account(*account_role)));
            account_roles.clear();
        }
        kept.extend(held.iter().filter(|role| !assignable(actor, role)).map(|role| keep(&role)));
    }
    let wanted = chosen.account_role.unwrap_or(AccountRole::User);
    RolePicker {
        account_roles: account_roles.into_iter().map(|role| option(&Role::Account(role), "", role == wanted)).collect(),
        groups: groups(&roles, chosen),
        kept,
        ..RolePicker::default()
    }
}

/// The picker of somebody who may not change these roles: everything stays, and it says why.
pub fn fixed(held: &(AccountRole, RoleSet), note: &str) -> RolePicker {
    let (account_role, roles) = held;
    let all = std::iter::once(Role::Account(*account_role)).chain(roles.iter());
    RolePicker { kept: all.map(|role| keep(&role)).collect(), note: note.to_owned(), ..RolePicker::default() }
}

/// The keys a form stands for: those chosen, and those that stay because the one who fills it in may not take them.
pub fn with_kept(actor: &Actor, held: &RoleSet, chosen: &[String]) -> Vec<String> {
    let mut keys: Vec<String> = chosen.to_vec();
    keys.extend(held.iter().filter(|role| !assignable(actor, role)).map(|role| role.key().to_string()));
    keys.sort();
    keys.dedup();
    keys
}

fn groups(roles: &RoleSet, chosen: &Chosen) -> Vec<RoleGroup> {
    let mut groups = Vec::new();
    for application in Application::ALL.iter().copied() {
        let options: Vec<RoleOption> = roles
            .application()
            .iter()
            .filter(|role| role.application() == application)
            .map(|role| {
                let role = Role::Application(*role);
                let checked = chosen.roles.contains(&role.key().to_string());
                option(&role, application.label(), checked)
            })
            .collect();
        if !options.is_empty() {
            groups.push(RoleGroup { label: application.label().to_owned(), options });
        }
    }
    let own: Vec<RoleOption> = roles
        .custom()
        .iter()
        .map(|role| {
            let role = Role::Custom(role.clone());
            let checked = chosen.roles.contains(&role.key().to_string());
            option(&role, "", checked)
        })
        .collect();
    if !own.is_empty() {
        groups.push(RoleGroup { label: "Custom roles".to_owned(), options: own });
    }
    groups
}

fn option(role: &Role, prefix: &str, checked: bool) -> RoleOption {
    let label = role.label();
    let short = label.strip_prefix(prefix).map_or(label, str::trim_start);
    RoleOption {
        value: role.key().to_string(),
        prefix: prefix.to_owned(),
        label: short.to_owned(),
        level: bars(role),
        custom: matches!(role, Role::Custom(_)),
        checked,
        grants: grants(role),
    }
}

/// A role that stays whatever the form says.
pub fn keep(role: &Role) -> KeptRole {
    KeptRole { chip: chip(role), grants: grants(role) }
}
