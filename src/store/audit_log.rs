//! Reading the audit log as people look at it: filtered, newest first, page by page; and whole, for an export.

use super::{Result, Tx, audit::AuditRow, dialect, statement::Statement};
use crate::{
    domain::{audit::AuditQuery, ids::EventId, time::Timestamp},
    policy::{AuditReach, ExportAudit, Permit, ViewAudit},
};

/// The last event of a page: the next page goes on before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AuditCursor {
    /// Its moment.
    pub at: Timestamp,
    /// Its id.
    pub id: EventId,
}

impl Tx {
    /// Events of what may be seen, newest first, from before the cursor on, at most `rows`.
    pub async fn audit_log(
        &mut self,
        permit: &Permit<ViewAudit>,
        query: &AuditQuery,
        before: Option<AuditCursor>,
        rows: i64,
    ) -> Result<Vec<AuditRow>> {
        let mut statement = self.matching(*permit.target(), query);
        if let Some(before) = before {
            let (at, id) = (statement.bind(before.at), statement.bind(before.id.to_string()));
            statement.push(&format!(" AND (at < {at} OR at = {at} AND id < {id})"));
        }
        let rows = statement.bind(rows);
        statement.push(&format!(" ORDER BY at DESC, id DESC LIMIT {rows}"));
        self.rows(&statement).await
    }

    /// The same events chain by chain in their order, after the given one: the order in which an export is proved.
    pub async fn audit_export(
        &mut self,
        permit: &Permit<ExportAudit>,
        query: &AuditQuery,
        after: Option<&(String, i64)>,
        rows: i64,
    ) -> Result<Vec<AuditRow>> {
        let mut statement = self.matching(*permit.target(), query);
        if let Some((chain, number)) = after {
            let (chain, number) = (statement.bind(chain.as_str()), statement.bind(*number));
            statement.push(&format!(" AND (chain > {chain} OR chain = {chain} AND number > {number})"));
        }
        let rows = statement.bind(rows);
        statement.push(&format!(" ORDER BY chain, number LIMIT {rows}"));
        self.rows(&statement).await
    }

    fn matching(&self, reach: AuditReach, query: &AuditQuery) -> Statement {
        let mut statement = Statement::default();
        statement.push("SELECT * FROM audit_events WHERE ");
        match reach {
            AuditReach::Organization(organization) => {
                let chain = statement.bind(organization.to_string());
                statement.push(&format!("chain = {chain}"));
            }
            AuditReach::Installation => {
                statement.push("number > 0");
            }
        }
        if let Some(action) = query.action {
            let action = statement.bind(action.key());
            statement.push(&format!(" AND action = {action}"));
        }
        if let Some(from) = query.from {
            let from = statement.bind(from);
            statement.push(&format!(" AND at >= {from}"));
        }
        if let Some(until) = query.until {
            let until = statement.bind(until);
            statement.push(&format!(" AND at < {until}"));
        }
        self.naming(&mut statement, &query.who, "actor_id", &["actor_name", "actor_email"]);
        self.naming(&mut statement, &query.target, "target_id", &["target_name"]);
        statement
    }

    /// Events that name somebody or something by id, or by a part of a name.
    fn naming(&self, statement: &mut Statement, text: &str, id: &str, names: &[&str]) {
        if text.is_empty() {
            return;
        }
        let position = dialect::position(self.backend());
        let exact = statement.bind(text);
        let mut ways = vec![format!("{id} = {exact}")];
        for spelling in spellings(text) {
            let spelling = statement.bind(spelling);
            ways.extend(names.iter().map(|name| format!("{position}(lower({name}), {spelling}) > 0")));
        }
        statement.push(&format!(" AND ({})", ways.join(" OR ")));
    }
}

/// Both databases lower ASCII letters alone here, and the log keeps names as they were written: other letters are looked
/// for as typed, small and capital.
fn spellings(text: &str) -> Vec<String> {
    let mut spellings = vec![
        text.to_ascii_lowercase(),
        text.to_lowercase().to_ascii_lowercase(),
        text.to_uppercase().to_ascii_lowercase(),
    ];
    spellings.sort();
    spellings.dedup();
    spellings
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_found_however_it_is_typed() {
        assert_eq!(spellings("Ana"), ["ana"]);
        let stored = "Øystein Åse".to_ascii_lowercase();
        let is_found = |typed: &str| spellings(typed).iter().any(|spelling| stored.contains(spelling));
        assert!(is_found("øystein") && is_found("ØYSTEIN") && is_found("Øyst") && is_found("åse"));
        assert!(!is_found("aase"));
    }
}
