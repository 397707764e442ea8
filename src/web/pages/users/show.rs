//! `/users/{id}`: everything known about one person in this organization.

use askama::Template;

use crate::web::pages::parts::{Access, Avatar, RoleChip, Status, When};
use crate::web::pages::shell::Shell;

/// The details of one person (portal contract 1.8).
#[derive(Clone, Debug, Default, Template)]
#[template(path = "users/show.html")]
pub struct Show {
    /// The frame.
    pub shell: Shell,
    /// The user's id.
    pub id: String,
    /// Name, or address while there is no name: the heading.
    pub person: String,
    /// Address.
    pub email: String,
    /// Picture.
    pub avatar: Avatar,
    /// Status, lock and mail.
    pub status: Status,
    /// "Invitation ends 2025-11-27 14:05 UTC" and the like; may be empty.
    pub status_note: String,
    /// "On", "Not set up" or "Off".
    pub mfa: String,
    /// Absent: "Never".
    pub last_login: Option<When>,
    /// When the membership began.
    pub member_since: When,
    /// When a Support membership stops working.
    pub ends_at: Option<When>,
    /// The request a Support membership was granted for.
    pub support_request: Option<String>,
    /// Who made it: a name, "API token {name}" or "System".
    pub created_by: String,
    /// Who changed it last, and when.
    pub changed_by: String,
    /// See `changed_by`; absent when it never changed.
    pub changed_at: Option<When>,
    /// Version of the membership.
    pub version: String,
    /// Account role first, then highest level first.
    pub roles: Vec<RoleChip>,
    /// Effective access with the roles that give it.
    pub access: Access,
    /// Open sessions; absent for who may not see them.
    pub sessions: Option<Vec<Session>>,
    /// The latest logins.
    pub logins: Vec<Login>,
    /// Offer "Edit".
    pub may_edit: bool,
    /// Offer "Resend invitation".
    pub may_resend: bool,
    /// Offer "Cancel invitation".
    pub may_cancel: bool,
    /// Offer "Disable".
    pub may_disable: bool,
    /// Offer "Enable".
    pub may_enable: bool,
    /// Offer "Disable everywhere".
    pub may_disable_everywhere: bool,
    /// Offer "Enable everywhere".
    pub may_enable_everywhere: bool,
    /// Offer "Reset authenticator".
    pub may_reset_authenticator: bool,
    /// Offer "End all sessions".
    pub may_end_sessions: bool,
    /// Offer "Delete".
    pub may_delete: bool,
    /// "Show in audit log".
    pub audit_href: Option<String>,
}

impl Show {
    /// The danger zone has something in it.
    pub fn has_danger(&self) -> bool {
        self.may_disable
            || self.may_enable
            || self.may_disable_everywhere
            || self.may_enable_everywhere
            || self.may_reset_authenticator
            || self.may_cancel
            || self.may_delete
    }
}

/// One open session.
#[derive(Clone, Debug, Default)]
pub struct Session {
    /// "Chrome on macOS".
    pub device: String,
    /// `laptop`, `phone` or `other`.
    pub icon: &'static str,
    /// Client address.
    pub address: String,
    /// When it began.
    pub logged_in: When,
    /// Last activity.
    pub last_active: When,
}

/// One attempt to log in.
#[derive(Clone, Debug, Default)]
pub struct Login {
    /// When.
    pub time: When,
    /// Client address.
    pub address: String,
    /// What came of it, such as "Logged in" or "Wrong password".
    pub result: String,
    /// It succeeded.
    pub good: bool,
}
