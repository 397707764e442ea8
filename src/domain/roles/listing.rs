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
            let row = rows
                .iter()
                .find(|row| row.role == role && row.page.key() == page);
            let row = row.unwrap();
            (row.level.key(), row.label, row.note)
        };
        assert_eq!(
            cell("callback:viewer", "callback.exports"),
            ("most", "All except Audit reports", None)
        );
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
            (
                "view",
                "View only - cannot acknowledge/clear alerts",
                Some(Note::AlertsReadOnly)
            )
        );
        assert_eq!(
            cell("user_admin", "workspace.organizations"),
            ("edit", "View and edit", Some(Note::CreateAndInvitedTo))
        );
        assert_eq!(
            cell("user", "workspace.organizations"),
            ("view", "View only", Some(Note::InvitedTo))
        );
        assert_eq!(
            cell("support", "workspace.engagements"),
            ("view", "View only", Some(Note::SupportRequest))
        );
        assert_eq!(
            cell("it_admin", "platform.application_roles"),
            ("none", "No access", None)
        );
        assert_eq!(
            cell("server_administrator", "callback.call_targets"),
            ("all", "All", None)
        );
        assert_eq!(
            cell("platform:administrator", "callback.exports"),
            ("none", "No access", None)
        );
    }

    #[test]
    fn rows_serialize_by_key() {
        let row = matrix_rows()
            .into_iter()
            .find(|row| row.role == "user_admin" && row.page == Page::Organizations);
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
