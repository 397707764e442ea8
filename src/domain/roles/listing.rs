//! The matrix as a list, for the command that prints it and for the golden table that holds it.

use serde::Serialize;

use super::matrix::{Cell, account_cell, application_cell};
use super::{AccountRole, ApplicationRole};
use crate::domain::pages::{Application, Level, Note, Page};

/// One cell of the matrix in words, for printing it and for machines.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct MatrixRow {
    /// The role's key.
    pub role: &'static str,
    /// The role's name.
    pub role_label: &'static str,
    /// The application the page belongs to.
    pub application: Application,
    /// The page's key.
    pub page: Page,
    /// The page's name.
    pub page_label: &'static str,
    /// The level the role gives by itself.
    pub level: Level,
    /// What the level is called on this page.
    pub label: &'static str,
    /// The qualification that goes with it.
    pub note: Option<Note>,
}

/// The whole matrix: every account role and every application role on every page, role by role in
/// the order of the contract.
pub fn matrix_rows() -> Vec<MatrixRow> {
    let account = AccountRole::ALL.iter().flat_map(|role| {
        Page::ALL.iter().map(|page| {
            let cell = account_cell(*role, *page);
            matrix_row(role.key(), role.label(), *page, cell)
        })
    });
    let application = ApplicationRole::ALL.iter().flat_map(|role| {
        Page::ALL.iter().map(|page| {
            let cell = application_cell(*role, *page);
            matrix_row(role.key(), role.label(), *page, cell)
        })
    });
    account.chain(application).collect()
}

fn matrix_row(role: &'static str, role_label: &'static str, page: Page, cell: Cell) -> MatrixRow {
    MatrixRow {
        role,
        role_label,
        application: page.application(),
        page,
        page_label: page.label(),
        level: cell.level,
        label: page.level_label(cell.level),
        note: cell.note.or_else(|| page.note(cell.level)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The tables of portal contract 2.2 and product contract section 2, copied cell by cell: a page
    /// with its levels, in the order of the columns there.
    const CONTRACT: &str = "\
            callback.overview all all all
            callback.status all all all
            callback.call_detail all all all
            callback.insights all all all
            callback.exports all all most
            callback.global_settings most edit none
            callback.call_targets most most none
            callback.smart_rules all all none
            callback.business_units all none none
            callback.media_sets all all none
            callback.phone_numbers all all view
            callback.widgets all all none
            callback.templates all all none
            callback.intents all all none
            callback.user_data_sets all all none
            callback.access_control_policies all view none
            callback.api all all none
            callback.alerts all all view
            connections.connections all
            datastore.lookup_data_set all all
            datastore.data_set_templates all none
            handoff.block_list all all all
            handoff.message_lookup all all all
            mindful_api.application_clients all view
            platform.user_management all edit view
            platform.application_roles all edit view
            webhooks.webhooks all view
            workspace.organizations all edit view edit view view view none none
            workspace.engagements all view none view view view view none view
            workspace.data_sources all none all none none all none all none
            workspace.analyses all view none view all view view none none
            workspace.dashboards all view none view all view view none none
            workspace.investigations all view none view all view view none none
            workspace.integrations all none all none none all none none none
            workspace.apps all none none none none all none none none";

    #[test]
    fn the_matrix_is_that_of_the_contract() {
        let level = |role: &str, page: Page| {
            let rows = matrix_rows();
            let row = rows.into_iter().find(|row| row.role == role && row.page == page);
            row.unwrap().level.key()
        };
        let mut pages = 0;
        for line in CONTRACT.lines() {
            let mut words = line.split_whitespace();
            let page: Page = words.next().unwrap().parse().unwrap();
            let expected: Vec<&str> = words.collect();
            let columns: Vec<&str> = if page.application() == Application::Workspace {
                AccountRole::ALL.iter().skip(1).map(|role| role.key()).collect()
            } else {
                let own = ApplicationRole::ALL.iter().filter(|role| role.application() == page.application());
                own.map(|role| role.key()).collect()
            };
            let actual: Vec<&str> = columns.iter().map(|role| level(role, page)).collect();
            assert_eq!(actual, expected, "{page}");
            pages += 1;
        }
        assert_eq!(pages, Page::COUNT);
    }

    #[test]
    fn account_roles_outside_the_workspace() {
        let opened = |role: &str| -> Vec<(&str, &str)> {
            matrix_rows()
                .iter()
                .filter(|row| row.role == role && row.level != Level::None)
                .filter(|row| row.application != Application::Workspace)
                .map(|row| (row.page.key(), row.level.key()))
                .collect()
        };
        assert_eq!(opened("user_admin"), [("platform.user_management", "all"), ("platform.application_roles", "view")]);
        assert_eq!(
            opened("it_admin"),
            [
                ("callback.api", "all"),
                ("connections.connections", "all"),
                ("mindful_api.application_clients", "all"),
                ("platform.user_management", "view"),
                ("webhooks.webhooks", "all")
            ]
        );
        for role in ["organization_creator", "analyst", "developer", "user", "client", "support"] {
            assert_eq!(opened(role), [], "{role}");
        }
        let everything = matrix_rows()
            .into_iter()
            .filter(|row| row.role == "server_administrator")
            .all(|row| row.level == Level::All);
        assert!(everything);
    }

    #[test]
    fn every_level_of_the_matrix_has_a_label_of_its_page() {
        for row in matrix_rows() {
            let is_offered = row.page.offered().contains(&row.level);
            let is_reserved = row.role == "server_administrator" && row.level == Level::All;
            assert!(is_offered || is_reserved, "{} {}", row.role, row.page.key());
        }
    }

    #[test]
    fn the_matrix_has_every_role_on_every_page() {
        assert_eq!(matrix_rows().len(), 26 * 35);
    }

    #[test]
    fn cells_read_from_the_contract() {
        let cell = |role: &str, page: &str| {
            let rows = matrix_rows();
            let row = rows.iter().find(|row| row.role == role && row.page.key() == page);
            let row = row.unwrap();
            (row.level.key(), row.label, row.note)
        };
        assert_eq!(cell("callback:viewer", "callback.exports"), ("most", "All except Audit reports", None));
        assert_eq!(
            cell("callback:manager", "callback.global_settings"),
            ("edit", "Some settings (no messaging)", None)
        );
        assert_eq!(
            cell("callback:administrator", "callback.call_targets"),
            ("most", "Most settings", Some(Note::VendorReserved))
        );
        assert_eq!(
            cell("callback:viewer", "callback.alerts"),
            ("view", "View only - cannot acknowledge/clear alerts", Some(Note::AlertsReadOnly))
        );
        assert_eq!(
            cell("user_admin", "workspace.organizations"),
            ("edit", "View and edit", Some(Note::CreateAndInvitedTo))
        );
        assert_eq!(cell("user", "workspace.organizations"), ("view", "View only", Some(Note::InvitedTo)));
        assert_eq!(cell("support", "workspace.engagements"), ("view", "View only", Some(Note::SupportRequest)));
        assert_eq!(cell("it_admin", "platform.application_roles"), ("none", "No access", None));
        assert_eq!(cell("server_administrator", "callback.call_targets"), ("all", "All", None));
        assert_eq!(cell("platform:administrator", "callback.exports"), ("none", "No access", None));
    }

    #[test]
    fn rows_serialize_by_key() {
        let row = matrix_rows().into_iter().find(|row| row.role == "user_admin" && row.page == Page::Organizations);
        assert_eq!(
            serde_json::to_value(row).unwrap(),
            serde_json::json!({
                "role": "user_admin",
                "role_label": "User Admin",
                "application": "workspace",
                "page": "workspace.organizations",
                "page_label": "Organizations",
                "level": "edit",
                "label": "View and edit",
                "note": "create new; those invited to",
            })
        );
    }
}
