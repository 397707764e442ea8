//! The people of the printed table: one of every kind that the rules tell apart, all of one
//! organization that has every application.

use crate::domain::entropy::{Entropy, Seeded};
use crate::domain::ids::{OrganizationId, UserId};
use crate::domain::pages::Application;
use crate::domain::roles::{Access, AccountRole, ApplicationRole, Holdings, RoleSet};
use crate::domain::time::Timestamp;
use crate::domain::users::MembershipKind;
use crate::policy::{Actor, Person};

/// Name of the organization everybody here belongs to.
const ORGANIZATION: &str = "Acme";

/// An id that is always the same for the same name.
pub(in crate::policy) fn id<T>(name: &str, make: impl Fn(Timestamp, &dyn Entropy) -> T) -> T {
    let seed = name.bytes().fold(17_u64, |seed, byte| seed.wrapping_mul(31).wrapping_add(u64::from(byte)));
    make(Timestamp::from_seconds(1), &Seeded::new(seed))
}

/// A person with these roles: active, with an authenticator, in no other organization.
pub(in crate::policy) fn standing(name: &str, account_role: AccountRole, roles: &[ApplicationRole]) -> Person {
    Person {
        organization: id(ORGANIZATION, OrganizationId::new),
        user: id(name, UserId::new),
        name: name.to_owned(),
        kind: MembershipKind::Person,
        server_administrator: false,
        account_role,
        roles: RoleSet::new(roles.iter().copied(), []),
        enabled: true,
        validated: true,
        disabled_everywhere: false,
        shared: false,
        has_authenticator: true,
    }
}

/// A person as somebody who acts.
pub(in crate::policy) fn acting(person: &Person) -> Actor {
    let provisioned = Application::PROVISIONABLE.to_vec();
    Actor {
        user: person.user,
        name: person.name.clone(),
        email: format!("{}@acme.example", person.name.to_lowercase()),
        server_administrator: person.server_administrator,
        organization: person.organization,
        organization_name: ORGANIZATION.to_owned(),
        government: false,
        member: !person.server_administrator,
        account_role: person.account_role,
        access: Access::of(&Holdings {
            server_administrator: person.server_administrator,
            account_role: person.account_role,
            application_roles: person.roles.application(),
            custom_roles: person.roles.custom(),
            provisioned: &provisioned,
            works: true,
        }),
        provisioned,
        token: None,
        is_owner: false,
    }
}

/// Application roles that make a difference to some rule; one of the others stands for all.
const TELLING: [ApplicationRole; 6] = [
    ApplicationRole::PlatformAdministrator,
    ApplicationRole::PlatformManager,
    ApplicationRole::PlatformViewer,
    ApplicationRole::MindfulApiAdministrator,
    ApplicationRole::MindfulApiViewer,
    ApplicationRole::CallbackAdministrator,
];

/// One person for each account role and each telling application role, named after it.
pub(super) fn by_role() -> Vec<Person> {
    let account = AccountRole::ALL.iter().map(|role| {
        let is_server = *role == AccountRole::ServerAdministrator;
        Person { server_administrator: is_server, ..standing(role.label(), *role, &[]) }
    });
    let application = TELLING.iter().map(|role| standing(role.label(), AccountRole::User, &[*role]));
    account.chain(application).collect()
}

/// People in particular circumstances, named after them.
pub(super) fn by_circumstance() -> Vec<Person> {
    let user = |name: &str| standing(name, AccountRole::User, &[]);
    vec![
        Person { validated: false, has_authenticator: false, ..user("somebody invited") },
        Person { validated: false, ..standing("an invited Administrator", AccountRole::Administrator, &[]) },
        Person { enabled: false, ..user("somebody disabled") },
        Person { disabled_everywhere: true, ..user("somebody disabled everywhere") },
        Person { shared: true, ..user("somebody of two organizations") },
        Person { has_authenticator: false, ..user("somebody without an authenticator") },
        Person { kind: MembershipKind::Token, ..standing("a token user", AccountRole::Administrator, &[]) },
        Person { organization: id("Other", OrganizationId::new), ..user("somebody elsewhere") },
    ]
}
