//! People on pages: status, role chips and access, from what the store and the rules say.

use std::collections::HashMap;

use super::shell::when;
use crate::{
    domain::{
        pages::{Level, Page},
        roles::{
            AccountRole, ApplicationRole, CustomRole, Holdings, More, PageAccess, PageChange, Role, RoleKind, RoleSet,
            Way, explain, more,
        },
        time::Timestamp,
        users::MembershipState,
    },
    web::pages::parts::{Access, AccessGroup, AccessPage, Avatar, Change, RoleChip, Status},
};

/// What a "Status" cell is made from.
#[derive(Debug, Clone, Copy)]
pub struct StatusFacts {
    /// State of the membership.
    pub state: MembershipState,
    /// End of the open invitation.
    pub invited_until: Timestamp,
    /// End of the running or last lock.
    pub locked_until: Timestamp,
    /// The last mail failed for good.
    pub mail_failed: bool,
}

impl StatusFacts {
    /// The one word of the "Status" column, without lock and mail.
    pub fn label(&self, now: Timestamp) -> &'static str {
        match self.state {
            MembershipState::Active => "Active",
            MembershipState::Disabled => "Disabled",
            MembershipState::Invited if self.invited_until <= now => "Invitation expired",
            MembershipState::Invited => "Invited",
        }
    }

    /// The cell.
    pub fn cell(&self, now: Timestamp) -> Status {
        let label = self.label(now);
        let kind = match label {
            "Active" => "active",
            "Disabled" => "disabled",
            "Invited" => "invited",
            _ => "expired",
        };
        Status {
            kind,
            label: label.to_owned(),
            locked_until: (self.locked_until > now).then(|| when(self.locked_until)),
            email_failed: self.mail_failed,
        }
    }

    /// What the eye reads under the status: how long the link still works.
    pub fn note(&self, now: Timestamp) -> String {
        let is_open = self.state == MembershipState::Invited && self.invited_until > now;
        if !is_open || self.invited_until.micros() == i64::MAX {
            return String::new();
        }
        let hours = (now.seconds_until(self.invited_until) + 3599) / 3600;
        match hours {
            0..=1 => "Less than an hour left".to_owned(),
            2..=47 => format!("{hours} hours left"),
            _ => format!("{} days left", (hours + 23) / 24),
        }
    }
}

/// "On", "Not set up" or "Off".
pub fn mfa(has_authenticator: bool, required: bool, shared: bool) -> &'static str {
    match (has_authenticator, required) {
        (true, true) => "On",
        (true, false) if shared => "On",
        (false, true) => "Not set up",
        (_, false) => "Off",
    }
}

/// The picture of a person.
pub fn avatar(id: &str, name: &str, email: &str, invited: bool) -> Avatar {
    if name.is_empty() && invited {
        return Avatar::invited();
    }
    Avatar::new(id, if name.is_empty() { email } else { name })
}

/// Bars of a role's glyph.
pub fn bars(role: &Role) -> u8 {
    match role {
        Role::Account(AccountRole::ServerAdministrator | AccountRole::Administrator) => 3,
        Role::Account(AccountRole::User | AccountRole::Client | AccountRole::Support) => 1,
        Role::Account(_) | Role::Custom(_) => 2,
        Role::Application(role) => match role.kind() {
            RoleKind::Administrator => 3,
            RoleKind::Manager => 2,
            RoleKind::Viewer | RoleKind::Agent => 1,
        },
    }
}

/// A role as a chip.
pub fn chip(role: &Role) -> RoleChip {
    RoleChip { name: role.label().to_owned(), level: bars(role), custom: matches!(role, Role::Custom(_)) }
}

/// The roles of a membership, highest level first; account role User is left out when there are others.
pub fn chips(account_role: AccountRole, roles: &RoleSet) -> Vec<RoleChip> {
    let mut all: Vec<Role> = roles.iter().collect();
    all.sort_by_key(|role| std::cmp::Reverse(bars(role)));
    if account_role != AccountRole::User || all.is_empty() {
        all.insert(0, Role::Account(account_role));
    }
    all.iter().map(chip).collect()
}

/// The roles of a list row, from their stored ids and the organization's custom roles.
pub fn role_set<'a>(ids: impl Iterator<Item = &'a str>, custom: &[CustomRole]) -> RoleSet {
    let (mut application, mut own) = (Vec::new(), Vec::new());
    for id in ids {
        if let Ok(role) = id.parse::<ApplicationRole>() {
            application.push(role);
        } else if let Some(role) = custom.iter().find(|role| role.id.to_string() == id) {
            own.push(role.clone());
        }
    }
    RoleSet::new(application, own)
}

/// What somebody can do, page by page, and which of `custom` and the default roles would give more.
pub fn access(title: String, lead: &str, holdings: &Holdings<'_>, custom: &[CustomRole]) -> Access {
    let mut more: HashMap<Page, Vec<String>> = more(holdings, custom).iter().map(|one| (one.page, ways(one))).collect();
    let mut groups: Vec<AccessGroup> = Vec::new();
    for page in explain(holdings) {
        let label = page.page.application().label();
        if groups.last().is_none_or(|group| group.label != label) {
            groups.push(AccessGroup { label: label.to_owned(), ..AccessGroup::default() });
        }
        if let Some(group) = groups.last_mut() {
            group.pages.push(access_page(&page, more.remove(&page.page).unwrap_or_default()));
        }
    }
    for group in &mut groups {
        let open = group.pages.iter().filter(|page| page.level > 0).count();
        group.count = format!("{open} of {} pages", group.pages.len());
        group.open = open > 0;
    }
    Access { title, lead: lead.to_owned(), groups, ..Access::default() }
}

/// Marks what a form would change in what it shows.
pub fn mark(access: &mut Access, changes: &[PageChange]) {
    for group in &mut access.groups {
        for page in &mut group.pages {
            let Some(change) = changes.iter().find(|change| change.page.key() == page.key) else { continue };
            page.change = if change.is_gain() { Change::Gain } else { Change::Loss };
            let from = if page.from.is_empty() { "No role grants this" } else { page.from.as_str() };
            page.from = format!("{from}, if you save");
            page.more.clear();
            group.open = true;
        }
    }
}

fn access_page(page: &PageAccess, more: Vec<String>) -> AccessPage {
    let from: Vec<&str> = page.from.iter().map(Role::label).collect();
    let below = page.below.iter().map(|(role, level)| format!("{} ({})", role.label(), page.page.level_label(*level)));
    let below: Vec<String> = below.collect();
    AccessPage {
        key: page.page.key().to_owned(),
        label: page.page.label().to_owned(),
        level: page.level.rank(),
        level_label: page.label().to_owned(),
        note: page.extra_note().map(str::to_owned).unwrap_or_default(),
        from: from.join(", "),
        below: below.join(", "),
        change: Change::None,
        more,
    }
}

/// What would give more on a page, in words.
fn ways(more: &More) -> Vec<String> {
    let gives = |role: &Role, level: Level| {
        let way = if matches!(role, Role::Account(_)) { " as the account role" } else { "" };
        format!("{}{way} gives {}", role.label(), more.page.level_label(level))
    };
    match &more.way {
        Way::NotProvisioned(application) => vec![format!("The organization does not have {}", application.label())],
        Way::Held(level) => {
            vec![format!("The roles give {} once the membership is active", more.page.level_label(*level))]
        }
        Way::Roles(roles) if roles.is_empty() => vec!["No role goes further".to_owned()],
        Way::Roles(roles) => roles.iter().map(|(role, level)| gives(role, *level)).collect(),
    }
}

/// The pages a role opens, for the summary that script draws while inviting.
pub fn grants(role: &Role) -> String {
    role.access()
        .levels()
        .filter(|(_, level)| *level > Level::None)
        .map(|(page, level)| format!("{}={}", page.key(), level.rank()))
        .collect::<Vec<_>>()
        .join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::time::{days, minutes};

    const NOW: Timestamp = Timestamp::from_seconds(1_763_647_500);

    fn invited(until: Timestamp) -> StatusFacts {
        StatusFacts {
            state: MembershipState::Invited,
            invited_until: until,
            locked_until: Timestamp::default(),
            mail_failed: false,
        }
    }

    #[test]
    fn an_invitation_expires_at_its_last_moment() {
        assert_eq!(invited(NOW.plus(days(7))).cell(NOW).label, "Invited");
        assert_eq!(invited(NOW).cell(NOW).label, "Invitation expired");
    }

    #[test]
    fn the_note_counts_up_to_the_end() {
        assert_eq!(invited(NOW.plus(days(7))).note(NOW), "7 days left");
        assert_eq!(invited(NOW.plus(minutes(90))).note(NOW), "2 hours left");
        assert_eq!(invited(NOW.plus(minutes(20))).note(NOW), "Less than an hour left");
        assert_eq!(invited(NOW).note(NOW), "");
        assert_eq!(invited(Timestamp::from_micros(i64::MAX)).note(NOW), "");
    }

    #[test]
    fn a_lock_is_shown_while_it_runs() {
        let mut facts = invited(NOW.plus(days(1)));
        facts.locked_until = NOW.plus(minutes(30));
        assert_eq!(facts.cell(NOW).locked_until.unwrap().iso, "2025-11-20T14:35:00Z");
        facts.locked_until = NOW;
        assert!(facts.cell(NOW).locked_until.is_none());
    }

    #[test]
    fn chips_leave_the_role_user_out_beside_others() {
        let names = |chips: Vec<RoleChip>| chips.into_iter().map(|chip| chip.name).collect::<Vec<_>>();
        let roles = RoleSet::new([ApplicationRole::CallbackViewer, ApplicationRole::CallbackManager], []);
        assert_eq!(names(chips(AccountRole::User, &RoleSet::default())), ["User"]);
        assert_eq!(names(chips(AccountRole::User, &roles)), ["Callback Manager", "Callback Viewer"]);
        assert_eq!(names(chips(AccountRole::Analyst, &roles))[0], "Analyst");
    }
}
