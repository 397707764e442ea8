//! `rollcall permissions`: the role x page matrix and the actor x action matrix, from the code that decides.

use std::process::ExitCode;

use serde_json::json;

use super::{CommandError, print};
use crate::{domain::roles::matrix_rows, policy::action_rows};

pub(super) fn run(as_json: bool) -> Result<ExitCode, CommandError> {
    let text = if as_json {
        let both = json!({ "pages": matrix_rows(), "actions": action_rows() });
        serde_json::to_string_pretty(&both).map_err(|error| CommandError::Refused(error.to_string()))? + "\n"
    } else {
        table()
    };
    print(&text)?;
    Ok(ExitCode::SUCCESS)
}

/// Both matrices as text, a line a cell.
pub fn table() -> String {
    use std::fmt::Write;
    let mut text = String::new();
    for row in matrix_rows() {
        let note = row.note.map_or("", |note| note.text());
        let note = if note.is_empty() { String::new() } else { format!(" ({note})") };
        let _ = writeln!(text, "{:<26} {:<36} {}{note}", row.role, row.page.key(), row.label);
    }
    text.push('\n');
    for row in action_rows() {
        let _ = writeln!(text, "{:<26} {:<28} {:<28} {}", row.actor, row.action, row.target, row.answer);
    }
    text
}
