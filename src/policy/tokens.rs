//! The rules of API tokens: nobody makes a token that may do more than they may (portal contract
//! 1.15, product contract section 4).

use super::{Action, Actor, Denied, Refusal};
use crate::domain::ids::{OrganizationId, TokenId};
use crate::domain::pages::{Level, Page};
use crate::domain::roles::AccountRole;
use crate::domain::tokens::Permission;

/// Where a token counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TokenReach {
    /// In one organization.
    Organization(OrganizationId),
    /// Everywhere.
    Global {
        /// The installation's setting `it_admin_global_tokens` is on.
        it_admins_may: bool,
    },
}

/// A token that exists.
#[derive(Clone, Debug)]
pub struct TokenRef {
    /// Its id.
    pub id: TokenId,
    /// Its name.
    pub name: String,
    /// Where it counts.
    pub reach: TokenReach,
}

/// See the tokens of this reach.
#[derive(Clone, Copy, Debug)]
pub struct ViewTokens;

impl Action for ViewTokens {
    type Target = TokenReach;
    const NAME: &'static str = "view tokens";

    fn level(actor: &Actor) -> Result<(), Denied> {
        actor.needs(Page::ApplicationClients, Level::View)
    }

    fn judge(&self, actor: &Actor, target: &TokenReach) -> Result<(), Denied> {
        match *target {
            TokenReach::Organization(organization) => actor.needs_here(organization),
            TokenReach::Global { it_admins_may } if may_global(actor, it_admins_may) => Ok(()),
            TokenReach::Global { .. } => Err(Denied::Hidden),
        }
    }
}

/// Make a token with these permissions.
#[derive(Clone, Debug)]
pub struct CreateToken {
    /// What it is to be allowed.
    pub permissions: Vec<Permission>,
}

impl Action for CreateToken {
    type Target = TokenReach;
    const NAME: &'static str = "create token";

    fn level(actor: &Actor) -> Result<(), Denied> {
        actor.needs(Page::ApplicationClients, Level::All)
    }

    fn judge(&self, actor: &Actor, target: &TokenReach) -> Result<(), Denied> {
        match *target {
            TokenReach::Organization(organization) => {
                actor.needs_here(organization)?;
                needs_none_of_tenants(&self.permissions)?;
            }
            TokenReach::Global { it_admins_may } if may_global(actor, it_admins_may) => {}
            TokenReach::Global { .. } => return Err(Refusal::GlobalToken.into()),
        }
        needs_all_of(actor, &self.permissions)
    }
}

/// Change what a token is called, may do and works from. Its life and its secret never change.
#[derive(Clone, Debug)]
pub struct EditToken {
    /// Permissions it does not have yet.
    pub added: Vec<Permission>,
}

impl Action for EditToken {
    type Target = TokenRef;
    const NAME: &'static str = "edit token";

    fn level(actor: &Actor) -> Result<(), Denied> {
        actor.needs(Page::ApplicationClients, Level::All)
    }

    fn judge(&self, actor: &Actor, target: &TokenRef) -> Result<(), Denied> {
        ViewTokens.judge(actor, &target.reach)?;
        if let TokenReach::Organization(_) = target.reach {
            needs_none_of_tenants(&self.added)?;
        }
        needs_all_of(actor, &self.added)
    }
}

/// What concerns tenants themselves an organization's token cannot use, and is not given (portal contract 1.15).
fn needs_none_of_tenants(permissions: &[Permission]) -> Result<(), Denied> {
    match permissions.iter().find(|permission| permission.is_of_tenants()) {
        Some(permission) => Err(Refusal::OnlyGlobal { permission: permission.name() }.into()),
        None => Ok(()),
    }
}

/// A token may do no more than whoever makes or changes it (security contract S57).
fn needs_all_of(actor: &Actor, permissions: &[Permission]) -> Result<(), Denied> {
    match permissions.iter().find(|permission| !grants(actor, **permission)) {
        Some(permission) => Err(Refusal::Grant { permission: permission.name().to_owned() }.into()),
        None => Ok(()),
    }
}

/// End a token.
#[derive(Clone, Copy, Debug)]
pub struct RevokeToken;

impl Action for RevokeToken {
    type Target = TokenRef;
    const NAME: &'static str = "revoke token";

    fn level(actor: &Actor) -> Result<(), Denied> {
        actor.needs(Page::ApplicationClients, Level::All)
    }

    fn judge(&self, actor: &Actor, target: &TokenRef) -> Result<(), Denied> {
        ViewTokens.judge(actor, &target.reach)
    }
}

/// Whether the actor has to do with tokens for the whole installation at all.
fn may_global(actor: &Actor, it_admins_may: bool) -> bool {
    actor.server_administrator || (it_admins_may && actor.account_role == AccountRole::ItAdmin)
}

/// Whether the actor has what a permission gives and may hand it on. A person's permissions without effect here are
/// free; a token hands on what it has itself.
pub fn grants(actor: &Actor, permission: Permission) -> bool {
    if let Some(token) = &actor.token {
        return token.permissions.contains(&permission);
    }
    let reaches = |page, level| actor.access.reaches(page, level);
    match permission {
        Permission::USERS_READ => reaches(Page::UserManagement, Level::View),
        Permission::USERS_WRITE | Permission::USERS_DELETE => reaches(Page::UserManagement, Level::All),
        Permission::TOKENS_READ => reaches(Page::ApplicationClients, Level::View),
        Permission::TOKENS_WRITE | Permission::TOKENS_DELETE => reaches(Page::ApplicationClients, Level::All),
        Permission::TENANTS_READ | Permission::TENANTS_WRITE | Permission::TENANTS_DELETE => actor.server_administrator,
        _ => true,
    }
}

#[cfg(test)]
mod tests {
    use super::super::matrix::id;
    use super::super::samples::{member, other_organization, server_administrator, with_custom};
    use super::*;
    use crate::domain::roles::ApplicationRole::{MindfulApiAdministrator, MindfulApiViewer};

    const GLOBAL: TokenReach = TokenReach::Global { it_admins_may: true };
    const GLOBAL_OFF: TokenReach = TokenReach::Global { it_admins_may: false };

    fn create(actor: &Actor, reach: TokenReach, permissions: &[&str]) -> Result<(), Denied> {
        let permissions = permissions.iter().map(|name| name.parse().unwrap()).collect();
        actor.authorize(CreateToken { permissions }, reach).map(drop)
    }

    fn here(actor: &Actor) -> TokenReach {
        TokenReach::Organization(actor.organization)
    }

    fn lacks(permission: &str) -> Result<(), Denied> {
        let permission = permission.to_owned();
        Err(Refusal::Grant { permission }.into())
    }

    #[test]
    fn levels_needed() {
        let viewer = member("Vic", AccountRole::User, &[MindfulApiViewer]);
        assert!(viewer.allows(&ViewTokens, &here(&viewer)));
        assert!(viewer.may::<CreateToken>().is_err());
        assert!(viewer.may::<RevokeToken>().is_err());
        assert!(member("Uma", AccountRole::UserAdmin, &[]).may::<ViewTokens>().is_err());
        assert!(member("Ivo", AccountRole::ItAdmin, &[]).may::<CreateToken>().is_ok());
    }

    #[test]
    fn a_token_may_do_no_more_than_its_maker() {
        let api = member("Api", AccountRole::User, &[MindfulApiAdministrator]);
        assert_eq!(create(&api, here(&api), &["api.api-tokens.write", "api.tasks.write"]), Ok(()));
        assert_eq!(create(&api, here(&api), &["api.users.read"]), lacks("api.users.read"));

        let ivo = member("Ivo", AccountRole::ItAdmin, &[]);
        assert_eq!(create(&ivo, here(&ivo), &["api.users.read"]), Ok(()));
        assert_eq!(create(&ivo, here(&ivo), &["api.users.write"]), lacks("api.users.write"));

        let ana = member("Ana", AccountRole::Administrator, &[]);
        assert_eq!(create(&ana, here(&ana), &["api.users.delete"]), Ok(()));

        let sam = server_administrator("Sam");
        let permission = "api.tenants.read";
        for actor in [&ana, &sam] {
            let refused = create(actor, here(actor), &[permission]);
            assert_eq!(refused, Err(Refusal::OnlyGlobal { permission }.into()));
        }
        assert_eq!(create(&sam, GLOBAL_OFF, &["api.tenants.write", "api.users.write"]), Ok(()));
    }

    #[test]
    fn a_token_hands_on_what_it_has_itself() {
        let mut api = member("CI", AccountRole::Administrator, &[]);
        let permissions = vec![Permission::TOKENS_WRITE, Permission::USERS_READ];
        api.token = Some(crate::policy::ActingToken { id: id("CI", TokenId::new), permissions });
        assert_eq!(create(&api, here(&api), &["api.users.read"]), Ok(()));
        assert_eq!(create(&api, here(&api), &["api.users.write"]), lacks("api.users.write"));
        assert_eq!(create(&api, here(&api), &["api.tasks.write"]), lacks("api.tasks.write"));
        let other = TokenRef { id: id("Other", TokenId::new), name: "Other".to_owned(), reach: here(&api) };
        let edit = |added: &[Permission]| EditToken { added: added.to_vec() };
        assert!(api.allows(&edit(&[]), &other));
        assert!(!api.allows(&edit(&[Permission::USERS_DELETE]), &other));
    }

    #[test]
    fn global_tokens_are_for_server_administrators_and_it_admins_while_they_may() {
        let ivo = member("Ivo", AccountRole::ItAdmin, &[]);
        assert_eq!(create(&ivo, GLOBAL, &["api.users.read"]), Ok(()));
        assert_eq!(create(&ivo, GLOBAL_OFF, &[]), Err(Refusal::GlobalToken.into()));
        let ana = member("Ana", AccountRole::Administrator, &[]);
        assert_eq!(create(&ana, GLOBAL, &[]), Err(Refusal::GlobalToken.into()));
        assert_eq!(ana.authorize(ViewTokens, GLOBAL).map(drop), Err(Denied::Hidden));
    }

    #[test]
    fn tokens_of_elsewhere_are_hidden() {
        let ana = member("Ana", AccountRole::Administrator, &[]);
        let token = |reach| TokenRef { id: id("CI", TokenId::new), name: "CI".to_owned(), reach };
        assert!(ana.allows(&RevokeToken, &token(here(&ana))));
        for reach in [GLOBAL, TokenReach::Organization(other_organization())] {
            assert_eq!(ana.authorize(RevokeToken, token(reach)).map(drop), Err(Denied::Hidden));
            assert!(create(&ana, reach, &[]).is_err());
        }
        let clients = with_custom("Cy", &[(Page::ApplicationClients, Level::All)]);
        assert!(clients.allows(&RevokeToken, &token(here(&clients))));
    }
}
