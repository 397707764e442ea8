//! `/users`: the list of people with its filters. With `shell.fragment` set, only what a new search changes.

use askama::Template;

use crate::web::pages::parts::{Avatar, Choice, ChoiceGroup, Pill, Problem, RoleChip, Status, When};
use crate::web::pages::shell::Shell;

/// User Management (portal contract 1.8).
#[derive(Clone, Debug, Default, Template)]
#[template(path = "users/index.html")]
pub struct Index {
    /// The frame.
    pub shell: Shell,
    /// Why something asked for was not done, if anything.
    pub problems: Vec<Problem>,
    /// "248 of 300 users", when the organization has a limit.
    pub seats: Option<String>,
    /// Offer "Invite Users".
    pub may_invite: bool,
    /// Explain that this organization's administrators invite nobody.
    pub government: bool,
    /// The CSV of exactly this list.
    pub export_href: String,
    /// Links of the navigation "Status".
    pub statuses: Vec<StatusTab>,
    /// Query value of the current status; empty for "All". Kept by a new search.
    pub status: String,
    /// Query value of the current order; empty for the default. Kept by a new search.
    pub sort: String,
    /// What is searched for.
    pub search: String,
    /// "All", account roles, application roles, custom roles.
    pub roles: Vec<ChoiceGroup>,
    /// "All", "On", "Not set up".
    pub mfa: Vec<Choice>,
    /// "Any time" and so on.
    pub last_login: Vec<Choice>,
    /// "People", "Service accounts", "All".
    pub kinds: Vec<Choice>,
    /// 25, 50, 100.
    pub per_page: Vec<Choice>,
    /// One for each active filter, search and status included.
    pub pills: Vec<Pill>,
    /// Some filter is set: an empty list offers to clear it.
    pub filtered: bool,
    /// Columns that sort.
    pub by_name: SortLink,
    /// See `by_name`.
    pub by_email: SortLink,
    /// See `by_name`.
    pub by_status: SortLink,
    /// See `by_name`.
    pub by_last_login: SortLink,
    /// The people of this page.
    pub rows: Vec<Row>,
    /// Checkboxes and the bar "Bulk actions"; only for who may use them.
    pub bulk: Option<BulkBar>,
    /// "Showing 1-25 of 248 users".
    pub showing: String,
    /// Link of "Previous page".
    pub previous_href: Option<String>,
    /// Link of "Next page".
    pub next_href: Option<String>,
    /// What to say when there are no rows.
    pub empty: Empty,
}

/// One link of the navigation "Status".
#[derive(Clone, Debug, Default)]
pub struct StatusTab {
    /// "Active".
    pub label: String,
    /// "221".
    pub count: String,
    /// Its list.
    pub href: String,
    /// Shown now.
    pub current: bool,
}

/// A column name that sorts.
#[derive(Clone, Debug, Default)]
pub struct SortLink {
    /// The list in the other order.
    pub href: String,
    /// `ascending` or `descending` when this column decides the order, else empty.
    pub order: &'static str,
}

/// One person of the list.
#[derive(Clone, Debug, Default)]
pub struct Row {
    /// The user's id.
    pub id: String,
    /// Display name; empty when none was set.
    pub name: String,
    /// Address.
    pub email: String,
    /// Picture.
    pub avatar: Avatar,
    /// "Invited by Amara Okafor"; a note for the eye in rows without a name.
    pub note: String,
    /// Highest level first.
    pub roles: Vec<RoleChip>,
    /// Status, lock and mail.
    pub status: Status,
    /// "7 days left": a note for the eye under the status.
    pub status_note: String,
    /// "On", "Not set up" or "Off".
    pub mfa: String,
    /// Absent: "Never".
    pub last_login: Option<When>,
    /// May be chosen for bulk actions.
    pub selectable: bool,
    /// Offer "Edit".
    pub may_edit: bool,
    /// Offer "Resend invitation".
    pub may_resend: bool,
    /// Offer "Cancel invitation".
    pub may_cancel: bool,
    /// Offer "Delete".
    pub may_delete: bool,
}

impl Row {
    /// Name, or address while there is no name: how controls of the row are told apart.
    pub fn person(&self) -> &str {
        if self.name.is_empty() { &self.email } else { &self.name }
    }
}

/// The bar "Bulk actions".
#[derive(Clone, Debug, Default)]
pub struct BulkBar {
    /// "Add a role" and so on.
    pub actions: Vec<Choice>,
    /// Roles one may give.
    pub roles: Vec<Choice>,
    /// The filters of this list, as one text.
    pub filter: String,
    /// "All 248 users that match", where the page shows only some of them; may be empty.
    pub everybody: String,
}

/// What stands in place of an empty list.
#[derive(Clone, Debug, Default)]
pub struct Empty {
    /// "No users match these filters." or "No users yet."
    pub heading: String,
    /// What was searched, and what to try.
    pub text: String,
}
