//! Every action, asked for by one of every kind of person: the table a reviewer reads to see what
//! a change of a rule changes. It is the rules that are asked, nothing is written down twice.

mod cast;

use serde::Serialize;

#[cfg(test)]
pub(super) use self::cast::{acting, id, standing};
use super::{
    Action, Actor, AuditReach, BulkUsers, CancelInvitation, CreateOrganization, CreateRole, CreateToken, DeleteRole,
    DeleteUser, DisableEverywhere, DisableUser, EditOrganization, EditRole, EditToken, EditUser, EnableEverywhere,
    EnableUser, EndSessions, ExportAudit, ExportUsers, InviteUsers, OwnRole, Person, ResendInvitation,
    ResetAuthenticator, RevokeToken, SaveMembership, TokenReach, TokenRef, ViewAudit, ViewOrganization,
    ViewOrganizations, ViewRoles, ViewTokens, ViewUser, ViewUsers,
};
use crate::domain::ids::{CustomRoleId, OrganizationId, TokenId};
use crate::domain::pages::{Level, Page};
use crate::domain::roles::{Access, AccountRole, ApplicationRole, CustomRole, Role, RoleSet, V1Role};
use crate::domain::text::{DisplayName, Email};
use crate::domain::tokens::Permission;

/// One answer of the rules.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ActionRow {
    /// The action, with the values that matter to its rule.
    pub action: String,
    /// Who asks, named by their role.
    pub actor: String,
    /// What it is to be done to.
    pub target: String,
    /// `yes`, or the status and code of the refusal.
    pub answer: String,
}

/// The whole table, action by action.
pub fn action_rows() -> Vec<ActionRow> {
    let mut table = Table { actors: cast::by_role(), rows: Vec::new() };
    table.users();
    table.edits();
    table.invitations();
    table.roles();
    table.organizations_and_audit();
    table.tokens();
    table.rows
}

struct Table {
    actors: Vec<Person>,
    rows: Vec<ActionRow>,
}

impl Table {
    /// Asks for one action on the targets each actor has before them.
    fn ask<A: Action>(
        &mut self,
        values: &str,
        action: &A,
        targets: impl Fn(&Person, &Actor) -> Vec<(String, A::Target)>,
    ) {
        let name = match values {
            "" => A::NAME.to_owned(),
            values => format!("{}: {values}", A::NAME),
        };
        for person in &self.actors {
            let actor = cast::acting(person);
            for (target_name, target) in targets(person, &actor) {
                let answer = match actor.judge(action, &target) {
                    Ok(()) => "yes".to_owned(),
                    Err(denied) => denied.words(),
                };
                self.rows.push(ActionRow {
                    action: name.clone(),
                    actor: person.name.clone(),
                    target: target_name,
                    answer,
                });
            }
        }
    }

    /// Asks for an action on everybody, oneself first.
    fn on_people<A: Action<Target = Person>>(&mut self, values: &str, action: &A) {
        self.ask(values, action, |person, _| {
            let others = cast::by_role()
                .into_iter()
                .filter(|other| other.user != person.user)
                .chain(cast::by_circumstance())
                .map(|other| (other.name.clone(), other));
            [("themselves".to_owned(), person.clone())].into_iter().chain(others).collect()
        });
    }

    /// Asks for an action on the organization worked in, and on another.
    fn on_organizations<A: Action<Target = OrganizationId>>(&mut self, values: &str, action: &A) {
        self.ask(values, action, |_, actor| organizations(actor).to_vec());
    }

    fn users(&mut self) {
        self.on_organizations("", &ViewUsers);
        self.on_organizations("", &ExportUsers);
        self.on_organizations("", &BulkUsers);
        self.on_people("", &ViewUser);
        self.on_people("", &DeleteUser);
        self.on_people("", &DisableUser);
        self.on_people("", &EnableUser);
        self.on_people("", &DisableEverywhere);
        self.on_people("", &EnableEverywhere);
        self.on_people("", &ResetAuthenticator);
        self.on_people("", &EndSessions);
        self.on_people("nothing", &SaveMembership { role: V1Role::User, enabled: true });
    }

    fn edits(&mut self) {
        self.on_people("", &EditUser::default());
        let email = Email::parse("new@acme.example").ok();
        self.on_people("e-mail", &EditUser { email, ..EditUser::default() });
        let name = DisplayName::parse("New Name").ok();
        self.on_people("name", &EditUser { name, ..EditUser::default() });
        for role in [AccountRole::Analyst, AccountRole::Administrator] {
            let edit = EditUser { account_role: Some(role), ..EditUser::default() };
            self.on_people(&format!("account role {}", role.label()), &edit);
        }
        for role in [ApplicationRole::CallbackViewer, ApplicationRole::PlatformAdministrator] {
            let roles = Some(RoleSet::new([role], []));
            let edit = EditUser { roles, ..EditUser::default() };
            self.on_people(&format!("only the role {}", role.label()), &edit);
        }
    }

    fn invitations(&mut self) {
        for account_role in AccountRole::ALL.iter().copied() {
            let invite = InviteUsers { account_role, roles: RoleSet::default() };
            self.on_organizations(account_role.label(), &invite);
        }
        for role in ApplicationRole::ALL.iter().copied() {
            let roles = RoleSet::default().with(&Role::Application(role));
            let invite = InviteUsers { account_role: AccountRole::User, roles };
            self.on_organizations(role.label(), &invite);
        }
        self.on_people("", &ResendInvitation);
        self.on_people("", &CancelInvitation);
    }

    fn roles(&mut self) {
        self.on_organizations("", &ViewRoles);
        for (values, access) in accesses() {
            self.on_organizations(values, &CreateRole { access });
        }
        for (values, access) in accesses() {
            self.ask(values, &EditRole { access }, |_, actor| own_roles(actor));
        }
        self.ask("", &DeleteRole, |_, actor| own_roles(actor));
    }

    fn organizations_and_audit(&mut self) {
        let all = |_: &Person, _: &Actor| vec![("everything".to_owned(), ())];
        self.ask("", &ViewOrganizations, all);
        self.ask("", &CreateOrganization, all);
        self.on_organizations("", &ViewOrganization);
        self.on_organizations("", &EditOrganization);
        let reaches = |_: &Person, actor: &Actor| {
            organizations(actor)
                .into_iter()
                .map(|(name, id)| (name, AuditReach::Organization(id)))
                .chain([("everything".to_owned(), AuditReach::Installation)])
                .collect()
        };
        self.ask("", &ViewAudit, reaches);
        self.ask("", &ExportAudit, reaches);
    }

    fn tokens(&mut self) {
        self.ask("", &ViewTokens, |_, actor| token_reaches(actor));
        for permission in
            [Permission::USERS_READ, Permission::USERS_WRITE, Permission::TOKENS_WRITE, Permission::TENANTS_READ]
        {
            let create = CreateToken { permissions: vec![permission] };
            self.ask(permission.name(), &create, |_, actor| token_reaches(actor));
        }
        let tokens = |actor: &Actor| -> Vec<(String, TokenRef)> {
            let token = |reach| TokenRef { id: cast::id("CI", TokenId::new), name: "CI".to_owned(), reach };
            token_reaches(actor).into_iter().map(|(name, reach)| (name, token(reach))).collect()
        };
        self.ask("", &EditToken { added: Vec::new() }, |_, actor| tokens(actor));
        self.ask("", &RevokeToken, |_, actor| tokens(actor));
    }
}

fn organizations(actor: &Actor) -> [(String, OrganizationId); 2] {
    [
        ("this organization".to_owned(), actor.organization),
        ("another organization".to_owned(), cast::id("Other", OrganizationId::new)),
    ]
}

/// What a custom role may be asked to give: nothing of power, a little, everything.
fn accesses() -> [(&'static str, Access); 3] {
    [
        ("Exports all", Access::from_levels([(Page::Exports, Level::All)])),
        ("User Management edit", Access::from_levels([(Page::UserManagement, Level::Edit)])),
        ("Application Clients all", Access::from_levels([(Page::ApplicationClients, Level::All)])),
    ]
}

fn own_roles(actor: &Actor) -> Vec<(String, OwnRole)> {
    let role = |name: &str, organization, access| {
        let role = CustomRole { id: cast::id(name, CustomRoleId::new), name: name.to_owned(), access };
        (name.to_owned(), OwnRole { organization, role })
    };
    let elsewhere = cast::id("Other", OrganizationId::new);
    accesses()
        .into_iter()
        .map(|(name, access)| role(&format!("a role with {name}"), actor.organization, access))
        .chain([role("a role elsewhere", elsewhere, Access::NOTHING)])
        .collect()
}

fn token_reaches(actor: &Actor) -> Vec<(String, TokenReach)> {
    let global = |it_admins_may| TokenReach::Global { it_admins_may };
    organizations(actor)
        .into_iter()
        .map(|(name, id)| (name, TokenReach::Organization(id)))
        .chain([("everywhere".to_owned(), global(true)), ("everywhere, IT Admins may not".to_owned(), global(false))])
        .collect()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::fs;
    use std::path::Path;

    use super::*;

    fn answers(action: &str, actor: &str, target: &str) -> String {
        let rows = action_rows();
        let row = rows.iter().find(|row| row.action == action && row.actor == actor && row.target == target);
        row.unwrap().answer.clone()
    }

    /// Every source file of the policy, so that an action in a new file is noticed too.
    fn sources(folder: &Path) -> Vec<String> {
        let mut sources = Vec::new();
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                sources.extend(self::sources(&path));
            } else {
                sources.push(fs::read_to_string(&path).unwrap());
            }
        }
        sources
    }

    #[test]
    fn every_action_is_in_the_table() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/policy");
        let written: usize = sources(&folder)
            .iter()
            .flat_map(|source| source.lines())
            .filter(|line| line.starts_with("impl Action for "))
            .count();
        let asked: BTreeSet<String> =
            action_rows().into_iter().filter_map(|row| row.action.split(':').next().map(str::to_owned)).collect();
        assert_eq!(asked.len(), written, "{asked:?}");
    }

    #[test]
    fn every_question_is_asked_once() {
        let rows = action_rows();
        assert!(rows.len() > 1000);
        let questions: BTreeSet<(&str, &str, &str)> =
            rows.iter().map(|row| (row.action.as_str(), row.actor.as_str(), row.target.as_str())).collect();
        assert_eq!(questions.len(), rows.len());
    }

    #[test]
    fn nobody_reaches_another_organizations_people() {
        for row in action_rows() {
            if row.target == "somebody elsewhere" {
                assert_ne!(row.answer, "yes", "{} by {}", row.action, row.actor);
                assert!(!row.answer.starts_with("409"), "{} by {}", row.action, row.actor);
            }
        }
    }

    #[test]
    fn whoever_lacks_the_level_gets_the_same_for_every_target() {
        let rows = action_rows();
        for row in &rows {
            if row.actor == "User" && row.action != "view organizations" {
                assert_eq!(row.answer, "403", "{} on {}", row.action, row.target);
            }
        }
    }

    #[test]
    fn some_answers_of_the_contract() {
        for (action, actor, target, answer) in [
            ("delete user", "Administrator", "User", "yes"),
            ("delete user", "Administrator", "themselves", "409 own_account"),
            ("delete user", "Platform Management Manager", "User", "403"),
            ("delete user", "User Admin", "Administrator", "409 more_access"),
            ("disable user", "User Admin", "IT Admin", "yes"),
            ("edit user: e-mail", "Platform Management Manager", "Administrator", "409 more_access"),
            ("edit user: e-mail", "Administrator", "somebody of two organizations", "409 shared_person"),
            ("edit user: e-mail", "Server Administrator", "somebody of two organizations", "yes"),
            ("reset authenticator", "Administrator", "Server Administrator", "409 more_access"),
            ("invite users: Client", "Server Administrator", "this organization", "409 role_not_assignable"),
            ("create token: api.users.read", "IT Admin", "everywhere", "yes"),
        ] {
            assert_eq!(answers(action, actor, target), answer, "{action} by {actor} on {target}");
        }
    }
}
