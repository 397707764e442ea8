//! What is done to many people at once, and how far it has come (portal contract 1.8).

use serde::{Deserialize, Serialize};

use super::users::words;

words! {
    /// How far a job has come.
    JobState {
        /// Shown to whoever asked, who has not confirmed it yet.
        Asked = "asked",
        /// Confirmed; pieces of it are being carried out.
        Running = "running",
        /// Everybody has a result.
        Done = "done",
    }
}

words! {
    /// What became of one person of a job.
    JobMark {
        /// Nothing yet.
        Waiting = "",
        /// Done.
        Done = "done",
        /// There was nothing to do.
        Kept = "kept",
        /// Not done, for a reason.
        Failed = "failed",
    }
}

/// What a job does.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Task {
    /// One action on each of these people.
    Bulk {
        /// What is done.
        action: BulkAction,
        /// The list they were chosen from as a whole, as it stands in the URL; none when they were chosen one by one.
        filter: Option<String>,
    },
    /// Invitations read from a file.
    Import,
}

/// What is done to everybody chosen.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BulkAction {
    /// Give a role, by its key.
    AddRole(String),
    /// Take a role away, by its key.
    RemoveRole(String),
    /// Switch the membership off.
    Disable,
    /// Switch it on again.
    Enable,
    /// Send the invitation again.
    Resend,
}

impl BulkAction {
    /// Reads the form's two fields; nothing for an unknown action.
    pub fn read(action: &str, role: &str) -> Option<Self> {
        Some(match action {
            "add_role" => Self::AddRole(role.to_owned()),
            "remove_role" => Self::RemoveRole(role.to_owned()),
            "disable" => Self::Disable,
            "enable" => Self::Enable,
            "resend" => Self::Resend,
            _ => return None,
        })
    }

    /// The key of the role it gives or takes.
    pub fn role(&self) -> Option<&str> {
        match self {
            Self::AddRole(role) | Self::RemoveRole(role) => Some(role),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_known_actions_are_read() {
        assert_eq!(BulkAction::read("add_role", "x"), Some(BulkAction::AddRole("x".to_owned())));
        assert_eq!(BulkAction::read("disable", "x"), Some(BulkAction::Disable));
        assert_eq!(BulkAction::read("delete", ""), None);
        assert_eq!(BulkAction::Resend.role(), None);
    }

    #[test]
    fn a_task_is_kept_and_read_again() {
        let action = BulkAction::AddRole("callback:manager".to_owned());
        for task in [Task::Bulk { action, filter: Some("status=active".to_owned()) }, Task::Import] {
            let kept = serde_json::to_string(&task).unwrap();
            assert_eq!(serde_json::from_str::<Task>(&kept).unwrap(), task);
        }
    }
}
