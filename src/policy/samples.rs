//! People for the tests of the rules. They all belong to one organization, "Acme".

pub(crate) mod edits;

use super::matrix::{acting, id, standing};
use super::{Action, Actor, Denied, Person, Refusal};
use crate::domain::ids::OrganizationId;
use crate::domain::pages::{Level, Page};
use crate::domain::roles::{Access, AccountRole, ApplicationRole, CustomRole, RoleSet};

/// A person of the organization, active, nowhere else.
pub(crate) fn person(name: &str, role: AccountRole, roles: &[ApplicationRole]) -> Person {
    standing(name, role, roles)
}

/// The same as somebody who acts.
pub(crate) fn member(name: &str, role: AccountRole, roles: &[ApplicationRole]) -> Actor {
    acting(&person(name, role, roles))
}

/// Somebody who acts with a custom role only.
pub(crate) fn with_custom(name: &str, levels: &[(Page, Level)]) -> Actor {
    let mut person = person(name, AccountRole::User, &[]);
    person.roles = RoleSet::new([], [custom("Custom", levels)]);
    acting(&person)
}

/// A Server Administrator without a membership.
pub(crate) fn server_administrator(name: &str) -> Actor {
    let mut person = person(name, AccountRole::ServerAdministrator, &[]);
    person.server_administrator = true;
    acting(&person)
}

/// A custom role with these levels.
pub(crate) fn custom(name: &str, levels: &[(Page, Level)]) -> CustomRole {
    CustomRole {
        id: id(name, crate::domain::ids::CustomRoleId::new),
        name: name.to_owned(),
        access: Access::from_levels(levels.iter().copied()),
    }
}

/// An organization nobody here works in.
pub(crate) fn other_organization() -> OrganizationId {
    id("Other", OrganizationId::new)
}

/// Asks for an action on a person.
pub(crate) fn asked<A: Action<Target = Person>>(actor: &Actor, action: A, person: &Person) -> Result<(), Denied> {
    actor.authorize(action, person.clone()).map(drop)
}

/// An answer 409.
pub(crate) fn refused(refusal: Refusal) -> Result<(), Denied> {
    Err(Denied::Refused(refusal))
}

/// The answer about somebody who outranks.
pub(crate) fn more_access(name: &str) -> Result<(), Denied> {
    refused(Refusal::MoreAccess { person: name.to_owned() })
}

/// An Administrator.
pub(crate) fn administrator() -> Actor {
    member("Ana", AccountRole::Administrator, &[])
}

/// Who may edit existing users and no more.
pub(crate) fn manager() -> Actor {
    member("Max", AccountRole::User, &[ApplicationRole::PlatformManager])
}

/// Somebody with the role User.
pub(crate) fn user(name: &str) -> Person {
    person(name, AccountRole::User, &[])
}

/// The person behind an actor, as a target.
pub(crate) fn themselves(actor: &Actor, roles: &[ApplicationRole]) -> Person {
    Person { user: actor.user, ..person(&actor.name, actor.account_role, roles) }
}
