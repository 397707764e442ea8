//! The matrix: what every role opens on every page (portal contract 2.2, product contract section
//! 2), as one table to be read beside the contract. A page without a row, a misspelled page or
//! role, or a row of the wrong width does not compile.

use super::{AccountRole, ApplicationRole, RoleKind};
use crate::domain::pages::{Level, Note, Page};

/// What one role gives on one page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Cell {
    pub(super) level: Level,
    /// A qualification of this role's level, beyond what the page says of the level itself.
    pub(super) note: Option<Note>,
}

impl Cell {
    pub(super) const fn plain(level: Level) -> Self {
        Self { level, note: None }
    }

    const fn noted(level: Level, note: Note) -> Self {
        Self { level, note: Some(note) }
    }
}

/// The roles of the page's own application; `None` where the application has no such role.
#[derive(Clone, Copy)]
struct Own {
    administrator: Option<Cell>,
    manager: Option<Cell>,
    viewer: Option<Cell>,
    agent: Option<Cell>,
}

/// The account roles, but for Server Administrator, which has everything everywhere.
#[derive(Clone, Copy)]
struct Account {
    administrator: Cell,
    user_admin: Cell,
    it_admin: Cell,
    organization_creator: Cell,
    analyst: Cell,
    developer: Cell,
    user: Cell,
    client: Cell,
    support: Cell,
}

struct Row {
    own: Own,
    account: Account,
}

const fn row(own: Own, account: Account) -> Row {
    Row { own, account }
}

/// An application with Administrator, Manager and Viewer.
const fn amv(administrator: Cell, manager: Cell, viewer: Cell) -> Own {
    Own { administrator: Some(administrator), manager: Some(manager), viewer: Some(viewer), agent: None }
}

/// An application with Administrator and Viewer.
const fn av(administrator: Cell, viewer: Cell) -> Own {
    Own { administrator: Some(administrator), manager: None, viewer: Some(viewer), agent: None }
}

/// An application with Administrator and Agent.
const fn ag(administrator: Cell, agent: Cell) -> Own {
    Own { administrator: Some(administrator), manager: None, viewer: None, agent: Some(agent) }
}

/// An application with Administrator alone.
const fn a(administrator: Cell) -> Own {
    Own { administrator: Some(administrator), manager: None, viewer: None, agent: None }
}

/// The Workspace, which has no roles of its own.
const fn none() -> Own {
    Own { administrator: None, manager: None, viewer: None, agent: None }
}

/// Account roles on a page outside the Workspace, where only the first three have anything.
const fn three(administrator: Cell, user_admin: Cell, it_admin: Cell) -> Account {
    nine([administrator, user_admin, it_admin, O, O, O, O, O, O])
}

/// Account roles on a page of the Workspace.
const fn nine(cells: [Cell; 9]) -> Account {
    let [administrator, user_admin, it_admin, organization_creator, analyst, developer, user, client, support] = cells;
    Account { administrator, user_admin, it_admin, organization_creator, analyst, developer, user, client, support }
}

// The codes of the table: no access, view, edit, most, all.
const O: Cell = Cell::plain(Level::None);
const V: Cell = Cell::plain(Level::View);
const E: Cell = Cell::plain(Level::Edit);
const M: Cell = Cell::plain(Level::Most);
const A: Cell = Cell::plain(Level::All);
// View of those invited to; view as the support request allows; edit: create new, else those
// invited to.
const VI: Cell = Cell::noted(Level::View, Note::InvitedTo);
const VS: Cell = Cell::noted(Level::View, Note::SupportRequest);
const EI: Cell = Cell::noted(Level::Edit, Note::CreateAndInvitedTo);

#[rustfmt::skip]
#[expect(
    clippy::match_same_arms,
    reason = "a line per page is what makes the table comparable with the contract"
)]
const fn row_of(page: Page) -> Row {
    match page {
        //                           Administrator, Manager, Viewer   administrator, user_admin, it_admin
        Page::CallbackOverview      => row(amv(A, A, A), three(A, O, O)),
        Page::CallbackStatus        => row(amv(A, A, A), three(A, O, O)),
        Page::CallDetail            => row(amv(A, A, A), three(A, O, O)),
        Page::Insights              => row(amv(A, A, A), three(A, O, O)),
        Page::Exports               => row(amv(A, A, M), three(A, O, O)),
        Page::GlobalSettings        => row(amv(M, E, O), three(M, O, O)),
        Page::CallTargets           => row(amv(M, M, O), three(M, O, O)),
        Page::SmartRules            => row(amv(A, A, O), three(A, O, O)),
        Page::BusinessUnits         => row(amv(A, O, O), three(A, O, O)),
        Page::MediaSets             => row(amv(A, A, O), three(A, O, O)),
        Page::PhoneNumbers          => row(amv(A, A, V), three(A, O, O)),
        Page::Widgets               => row(amv(A, A, O), three(A, O, O)),
        Page::Templates             => row(amv(A, A, O), three(A, O, O)),
        Page::Intents               => row(amv(A, A, O), three(A, O, O)),
        Page::UserDataSets          => row(amv(A, A, O), three(A, O, O)),
        Page::AccessControlPolicies => row(amv(A, V, O), three(A, O, O)),
        Page::CallbackApi           => row(amv(A, A, O), three(A, O, A)),
        Page::Alerts                => row(amv(A, A, V), three(A, O, O)),

        //                           Administrator                    administrator, user_admin, it_admin
        Page::Connections           => row(a(A),         three(A, O, A)),

        //                           Administrator, Agent             administrator, user_admin, it_admin
        Page::LookupDataSet         => row(ag(A, A),     three(A, O, O)),
        Page::DataSetTemplates      => row(ag(A, O),     three(A, O, O)),

        //                           Administrator, Manager, Viewer   administrator, user_admin, it_admin
        Page::BlockList             => row(amv(A, A, A), three(A, O, O)),
        Page::MessageLookup         => row(amv(A, A, A), three(A, O, O)),

        //                           Administrator, Viewer            administrator, user_admin, it_admin
        Page::ApplicationClients    => row(av(A, V),     three(A, O, A)),

        //                           Administrator, Manager, Viewer   administrator, user_admin, it_admin
        Page::UserManagement        => row(amv(A, E, V), three(A, A, V)),
        Page::ApplicationRoles      => row(amv(A, E, V), three(A, V, O)),

        //                           Administrator, Viewer            administrator, user_admin, it_admin
        Page::Webhooks              => row(av(A, V),     three(A, O, A)),

        //                                    administrator, user_admin, it_admin, organization_creator,
        //                                    analyst, developer, user, client, support
        Page::Organizations         => row(none(), nine([A, EI, V, E, V, V, VI, O, O])),
        Page::Engagements           => row(none(), nine([A, VI, O, V, V, V, V,  O, VS])),
        Page::DataSources           => row(none(), nine([A, O,  A, O, O, A, O,  A, O])),
        Page::Analyses              => row(none(), nine([A, V,  O, V, A, V, V,  O, O])),
        Page::Dashboards            => row(none(), nine([A, V,  O, V, A, V, V,  O, O])),
        Page::Investigations        => row(none(), nine([A, V,  O, V, A, V, V,  O, O])),
        Page::Integrations          => row(none(), nine([A, O,  A, O, O, A, O,  O, O])),
        Page::Apps                  => row(none(), nine([A, O,  O, O, O, A, O,  O, O])),
    }
}

/// What an application role gives on a page; nothing on the pages of other applications.
pub(super) fn application_cell(role: ApplicationRole, page: Page) -> Cell {
    if role.application() != page.application() {
        return O;
    }
    let own = row_of(page).own;
    match role.kind() {
        RoleKind::Administrator => own.administrator,
        RoleKind::Manager => own.manager,
        RoleKind::Viewer => own.viewer,
        RoleKind::Agent => own.agent,
    }
    .unwrap_or(O)
}

/// What an account role gives on a page.
pub(super) fn account_cell(role: AccountRole, page: Page) -> Cell {
    let account = row_of(page).account;
    match role {
        AccountRole::ServerAdministrator => A,
        AccountRole::Administrator => account.administrator,
        AccountRole::UserAdmin => account.user_admin,
        AccountRole::ItAdmin => account.it_admin,
        AccountRole::OrganizationCreator => account.organization_creator,
        AccountRole::Analyst => account.analyst,
        AccountRole::Developer => account.developer,
        AccountRole::User => account.user,
        AccountRole::Client => account.client,
        AccountRole::Support => account.support,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_are_75_cells_of_application_roles() {
        let own_cells = Page::ALL.iter().flat_map(|page| {
            let own = row_of(*page).own;
            [own.administrator, own.manager, own.viewer, own.agent]
        });
        assert_eq!(own_cells.flatten().count(), 75);
    }

    #[test]
    fn a_row_has_a_cell_for_every_role_of_its_application_and_no_other() {
        for page in Page::ALL {
            let own = row_of(*page).own;
            for (kind, cell) in [
                (RoleKind::Administrator, own.administrator),
                (RoleKind::Manager, own.manager),
                (RoleKind::Viewer, own.viewer),
                (RoleKind::Agent, own.agent),
            ] {
                let exists = ApplicationRole::ALL
                    .iter()
                    .any(|role| role.application() == page.application() && role.kind() == kind);
                assert_eq!(cell.is_some(), exists, "{} {kind:?}", page.key());
            }
        }
    }

    #[test]
    fn administrator_counts_as_administrator_of_every_application() {
        for role in ApplicationRole::ALL {
            if role.kind() == RoleKind::Administrator {
                for page in role.application().pages() {
                    assert_eq!(account_cell(AccountRole::Administrator, page), application_cell(*role, page));
                }
            }
        }
    }
}
