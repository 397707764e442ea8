//! Who may do what. An action is a type with its rule beside it; asking for it gives a [`Permit`],
//! which the store takes as the proof that the rule was asked. Everything here is pure: facts come
//! in as values, and nothing reads a database, a clock or a request.
//!
//! A rule has two halves. The level of access is judged before any id is looked up, so that whoever
//! lacks it gets the same 403 for every id ([`Actor::may`]); the target is judged when it is known
//! ([`Actor::authorize`], which asks for the level again). What depends on everybody else - the last
//! Administrator, free seats - is judged by the store inside the transaction; the words for it are
//! those of [`Refusal`] all the same.

mod audit;
mod invitations;
mod matrix;
mod operators;
mod organizations;
mod person;
mod refusal;
mod roles;
mod save;
mod tokens;
mod users;

pub use self::audit::{AuditReach, ExportAudit, ViewAudit};
pub use self::invitations::{CancelInvitation, InviteUsers, ResendInvitation};
pub use self::matrix::{ActionRow, action_rows};
pub use self::operators::{GrantMembership, MakeBackup, RestoreBackup, RotateKey, SettleHeldMail, SwitchAccount};
pub use self::organizations::{CreateOrganization, EditOrganization, ViewOrganization, ViewOrganizations};
pub use self::person::Person;
pub use self::refusal::{Refusal, in_bulk};
pub use self::roles::{CreateRole, DeleteRole, EditRole, OwnRole, ViewRoles, assignable, offered};
pub use self::save::{SaveMembership, is_assigned};
pub use self::tokens::{CreateToken, EditToken, RevokeToken, TokenReach, TokenRef, ViewTokens, grants};
pub use self::users::{
    Allowed, BulkUsers, DeleteUser, DisableEverywhere, DisableUser, EditUser, EnableEverywhere, EnableUser,
    EndSessions, ExportUsers, ResetAuthenticator, ViewUser, ViewUsers,
};

use crate::domain::audit::{AuditActor, AuditScope, Author};
use crate::domain::ids::{OrganizationId, TokenId, UserId};
use crate::domain::pages::{Application, Level, Page};
use crate::domain::roles::{Access, AccountRole};
use crate::domain::tokens::Permission;

/// A signed-in person in the organization they work in now.
#[derive(Clone, Debug)]
pub struct Actor {
    /// The user.
    pub user: UserId,
    /// The shown name.
    pub name: String,
    /// The login address.
    pub email: String,
    /// The user's own account role is Server Administrator.
    pub server_administrator: bool,
    /// The organization worked in.
    pub organization: OrganizationId,
    /// Its name.
    pub organization_name: String,
    /// It is a government organization.
    pub government: bool,
    /// The applications it has.
    pub provisioned: Vec<Application>,
    /// There is a membership in it that works. Server Administrators need none.
    pub member: bool,
    /// The effective account role here; Server Administrator for one who is no member.
    pub account_role: AccountRole,
    /// The effective level of every page here.
    pub access: Access,
    /// The API token that acts, when it is no person.
    pub token: Option<ActingToken>,
    /// Nobody signed in: the owner of the machine asks, on the command line.
    pub is_owner: bool,
}

/// An API token as an actor: it acts as its robot user, with an Administrator's reach cut down by its permissions
/// (v1 contract section 2).
#[derive(Clone, Debug)]
pub struct ActingToken {
    /// Its id.
    pub id: TokenId,
    /// What it may do.
    pub permissions: Vec<Permission>,
}

/// Something that may be allowed or not.
pub trait Action: Sized {
    /// What it is done to, with the facts its rule needs.
    type Target;

    /// A stable name, for the printed table.
    const NAME: &'static str;

    /// Judges the level of access, before any target is known.
    ///
    /// # Errors
    /// [`Denied::Forbidden`].
    fn level(actor: &Actor) -> Result<(), Denied>;

    /// Judges this very action on this very target, the level being given.
    ///
    /// # Errors
    /// [`Denied::Hidden`] or [`Denied::Refused`]; [`Denied::Forbidden`] where the target decides it.
    fn judge(&self, actor: &Actor, target: &Self::Target) -> Result<(), Denied>;
}

/// Why something is not done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Denied {
    /// There is no such thing for this person; answers exactly like an unknown id (404).
    Hidden,
    /// The level is too low (403). Holds the text under the heading "You do not have access to this
    /// page".
    Forbidden(String),
    /// Allowed in general, but not this (409).
    Refused(Refusal),
}

impl Denied {
    /// The HTTP status, and the stable code of a refusal.
    pub fn words(&self) -> String {
        match self {
            Self::Hidden => "404".to_owned(),
            Self::Forbidden(_) => "403".to_owned(),
            Self::Refused(refusal) => format!("409 {}", refusal.code()),
        }
    }
}

impl From<Refusal> for Denied {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}

impl Actor {
    /// Whether the level suffices for an action, whatever it will be done to.
    ///
    /// # Errors
    /// [`Denied::Forbidden`], with the text to show.
    pub fn may<A: Action>(&self) -> Result<(), Denied> {
        A::level(self)
    }

    /// Asks for an action on a target.
    ///
    /// # Errors
    /// [`Denied`], for the page or the API to answer.
    pub fn authorize<A: Action>(&self, action: A, target: A::Target) -> Result<Permit<A>, Denied> {
        self.judge(&action, &target)?;
        Ok(Permit { author: self.author(), action, target })
    }

    /// Whether a control is worth showing: the same rule, without a permit.
    pub fn allows<A: Action>(&self, action: &A, target: &A::Target) -> bool {
        self.judge(action, target).is_ok()
    }

    /// The same, with the reason when it is not.
    ///
    /// # Errors
    /// [`Denied`].
    pub fn judge<A: Action>(&self, action: &A, target: &A::Target) -> Result<(), Denied> {
        A::level(self)?;
        action.judge(self, target)
    }

    /// The person and organization as audit events name them.
    pub fn author(&self) -> Author {
        let actor = match &self.token {
            Some(token) => AuditActor::Token { id: token.id, user: self.user, name: self.name.clone() },
            None if self.is_owner => AuditActor::System,
            None => AuditActor::User { id: self.user, name: self.name.clone(), email: self.email.clone() },
        };
        Author { actor, scope: Some(AuditScope { id: self.organization, name: self.organization_name.clone() }) }
    }

    fn needs(&self, page: Page, level: Level) -> Result<(), Denied> {
        if self.access.reaches(page, level) { Ok(()) } else { Err(self.forbidden()) }
    }

    fn needs_server_administrator(&self) -> Result<(), Denied> {
        if self.server_administrator { Ok(()) } else { Err(self.forbidden()) }
    }

    /// Everything of another organization is hidden.
    fn needs_here(&self, organization: OrganizationId) -> Result<(), Denied> {
        if organization == self.organization { Ok(()) } else { Err(Denied::Hidden) }
    }

    fn forbidden(&self) -> Denied {
        Denied::Forbidden(format!("Ask an Administrator of {} if you need it.", self.organization_name))
    }

    /// Whether the organization has an application.
    fn has(&self, application: Application) -> bool {
        application.is_always_provisioned() || self.provisioned.contains(&application)
    }

    /// Whether the person has everything on User Management: what the contract calls um = all.
    fn manages_users(&self) -> bool {
        self.access.reaches(Page::UserManagement, Level::All)
    }
}

/// The proof that an action on a target was allowed. Only [`Actor::authorize`] makes one for a
/// person; the store's mutations take it by value, so one permit allows one change.
#[derive(Debug)]
#[must_use = "a permit changes nothing until the store has it"]
pub struct Permit<A: Action> {
    author: Author,
    action: A,
    target: A::Target,
}

impl<A: Action> Permit<A> {
    /// A permit without a person: for set-up, commands, expiry and API tokens, whose own rules have
    /// been asked. Made in the flows alone.
    pub fn without_actor(author: Author, action: A, target: A::Target) -> Self {
        Self { author, action, target }
    }

    /// Who does it, and in which organization's name.
    pub fn author(&self) -> &Author {
        &self.author
    }

    /// What is done, with its values.
    pub fn action(&self) -> &A {
        &self.action
    }

    /// What it is done to.
    pub fn target(&self) -> &A::Target {
        &self.target
    }

    /// All three, for a mutation that keeps them.
    pub fn into_parts(self) -> (Author, A, A::Target) {
        (self.author, self.action, self.target)
    }
}

#[cfg(test)]
pub(crate) mod samples;

#[cfg(test)]
mod tests {
    use super::samples::{member, other_organization, person};
    use super::*;

    #[test]
    fn a_permit_names_the_person_the_organization_and_the_target() {
        let ana = member("Ana", AccountRole::Administrator, &[]);
        let bo = person("Bo", AccountRole::User, &[]);
        let permit = ana.authorize(ViewUser, bo.clone()).unwrap();
        assert_eq!(permit.target().user, bo.user);
        assert_eq!(permit.author().actor.id(), Some(ana.user.to_string()));
        let scope = permit.author().scope.clone().unwrap();
        assert_eq!((scope.id, scope.name.as_str()), (ana.organization, "Acme"));
    }

    #[test]
    fn the_level_is_judged_before_the_target() {
        let nobody = member("Nobody", AccountRole::User, &[]);
        let mut stranger = person("Stranger", AccountRole::User, &[]);
        stranger.organization = other_organization();
        let denied = nobody.authorize(ViewUser, stranger).unwrap_err();
        assert_eq!(denied, Denied::Forbidden("Ask an Administrator of Acme if you need it.".to_owned()));
    }

    #[test]
    fn another_organization_is_hidden_even_from_a_server_administrator_working_here() {
        let server = samples::server_administrator("Sam");
        let mut stranger = person("Stranger", AccountRole::User, &[]);
        stranger.organization = other_organization();
        assert_eq!(server.authorize(ViewUser, stranger).unwrap_err(), Denied::Hidden);
    }
}
