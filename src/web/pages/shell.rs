//! The frame around signed-in and signed-out pages: who is here, what they may open, and the message of the last action.

use super::parts::Avatar;

/// What `layout.html` shows around a signed-in page.
#[derive(Clone, Debug, Default)]
pub struct Shell {
    /// Render only the page's `fragment` block (a dialog or a swapped region); the rest of this struct may then be empty,
    /// apart from `csrf`.
    pub fragment: bool,
    /// Token every form of the page carries in its field `csrf`.
    pub csrf: String,
    /// `light` or `dark`; the system decides when absent.
    pub theme: Option<String>,
    /// The current organization; empty while a super admin has chosen none.
    pub organization_name: String,
    /// One or two letters for the organization's badge, see [`super::parts::initials`].
    pub organization_initials: String,
    /// Offer "Change Organization".
    pub can_change_organization: bool,
    /// The signed-in person.
    pub user: Avatar,
    /// Their name, or their address while they have none.
    pub user_name: String,
    /// Only what this person may open; a group without an item is left out.
    pub nav: Vec<NavGroup>,
    /// Success message, shown once after a redirect.
    pub flash: Option<String>,
    /// The page answers a rejected form: the title starts with "Error: ".
    pub failed: bool,
    /// Seconds until the idle limit, for the warning.
    pub seconds_left: u32,
    /// Seconds after which a browser without script reloads, so that no data stays on screen.
    pub refresh_after: Option<u32>,
    /// Single-key shortcuts are on.
    pub shortcuts: bool,
}

/// A titled part of the navigation: "People", "Access and records", "Platform".
#[derive(Clone, Debug, Default)]
pub struct NavGroup {
    /// Title above the links.
    pub label: String,
    /// The links, in order.
    pub items: Vec<NavItem>,
}

/// One link of the navigation.
#[derive(Clone, Debug, Default)]
pub struct NavItem {
    /// The name of the contract, such as "User Management".
    pub label: String,
    /// Where it leads.
    pub href: String,
    /// `users`, `roles`, `tokens`, `audit` or `organizations`.
    pub icon: &'static str,
    /// This is the page shown now.
    pub current: bool,
    /// A number beside the name, not part of it.
    pub count: Option<String>,
}

/// What `signed_out.html` shows around a signed-out page.
#[derive(Clone, Debug, Default)]
pub struct Outside {
    /// Token every form of the page carries in its field `csrf`.
    pub csrf: String,
    /// `light` or `dark`; the system decides when absent.
    pub theme: Option<String>,
    /// The page answers a rejected form: the title starts with "Error: ".
    pub failed: bool,
    /// Status message, such as "You are logged out."
    pub status: Option<String>,
    /// A wider card, for pages with long forms.
    pub wide: bool,
}
