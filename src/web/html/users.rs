//! User Management: the list; what it filters, and everything about one person, stand beside it.

mod filters;
mod show;

pub use filters::Filters;
use filters::{ROWS, write_cursor};
pub use show::{login, session, show};

use axum::{extract::State, response::Response};

use super::{
    bulk,
    extract::Query,
    people::{self, StatusFacts},
    respond, shell,
};
use crate::{
    app::App,
    domain::{
        roles::{AccountRole, ApplicationRole, CustomRole},
        time::Timestamp,
        users::{
            Cursor, KindFilter, LoginFilter, MembershipKind, MembershipState, MfaFilter, StatusFilter, UserQuery,
            UserSort,
        },
    },
    error::AppError,
    policy::{Actor, Allowed, InviteUsers},
    store::{COUNTED_TO, StateCounts, UserPage, UserRow},
    web::{
        pages::{
            parts::{Choice, ChoiceGroup, Pill},
            users::{Empty, Index, Row, SortLink, StatusTab},
        },
        visitor::Here,
    },
};

/// The list.
pub async fn index(State(app): State<App>, here: Here, Query(filters): Query<Filters>) -> Result<Response, AppError> {
    respond::page(&list(&app, &here, filters).await?)
}

/// The list as these filters show it.
pub async fn list(app: &App, here: &Here, filters: Filters) -> Result<Index, AppError> {
    let actor = here.actor()?;
    let now = here.occasion().now;
    let query = filters.query(here.standing.rows_per_page);
    let mut tx = app.db.begin_read().await?;
    let (head, page, custom) = tx.user_management(actor.organization, &query, now).await?;
    drop(tx);
    remember_rows(app, here, &filters, query.rows).await?;
    let seats = head.user_limit.map(|limit| (head.seats, limit));
    let list = List { actor, filters: &filters, query: &query, custom: &custom, mfa_required: head.mfa_required, now };
    Ok(Index {
        shell: shell::shell_or_fragment(here, "users").await?,
        seats: seats.map(|(used, limit)| format!("{used} of {}", people_count(limit))),
        may_invite: actor.may::<InviteUsers>().is_ok(),
        government: actor.government && actor.may::<InviteUsers>().is_err(),
        bulk: bulk::bar(actor, &custom, &filters, &page),
        ..list.page(&page, &head.counts)
    })
}

/// "1 user", "12 users".
pub fn people_count(count: i64) -> String {
    if count == 1 { "1 user".to_owned() } else { format!("{count} users") }
}

/// The choice of "Per page" is kept with the account.
async fn remember_rows(app: &App, here: &Here, filters: &Filters, rows: u32) -> Result<(), AppError> {
    let is_choice = filters.per_page.parse() == Ok(rows);
    if !is_choice || here.standing.rows_per_page == Some(i64::from(rows)) {
        return Ok(());
    }
    let mut tx = app.db.begin_write().await?;
    tx.remember_rows_per_page(here.standing.user, rows).await?;
    Ok(tx.commit().await?)
}

/// Everything a row or link of the list depends on.
struct List<'a> {
    actor: &'a Actor,
    filters: &'a Filters,
    query: &'a UserQuery,
    custom: &'a [CustomRole],
    mfa_required: bool,
    now: Timestamp,
}

impl List<'_> {
    fn page(&self, page: &UserPage, counts: &StateCounts) -> Index {
        let (filters, query) = (self.filters, self.query);
        let pills = self.pills();
        Index {
            export_href: filters.href("/users/export.csv", &[]),
            statuses: StatusFilter::ALL.iter().map(|status| self.tab(*status, counts)).collect(),
            status: if query.status == StatusFilter::All { String::new() } else { query.status.key().to_owned() },
            sort: filters.sort.clone(),
            search: filters.q.clone(),
            roles: self.roles(),
            mfa: choices(
                &[("", "All"), ("on", "On"), ("not_set_up", "Not set up")],
                query.mfa.map_or("", MfaFilter::key),
            ),
            last_login: choices(
                &[("", "Any time"), ("30", "Over 30 days ago"), ("90", "Over 90 days ago"), ("never", "Never")],
                query.last_login.map_or("", LoginFilter::key),
            ),
            kinds: choices(
                &[("", "People"), ("service", "Service accounts"), ("all", "All")],
                if query.kind == KindFilter::People { "" } else { query.kind.key() },
            ),
            per_page: ROWS
                .iter()
                .map(|rows| Choice { value: rows.to_string(), label: rows.to_string(), selected: *rows == query.rows })
                .collect(),
            filtered: !pills.is_empty(),
            pills,
            by_name: self.sort_link(UserSort::Name),
            by_email: self.sort_link(UserSort::Email),
            by_status: self.sort_link(UserSort::Status),
            by_last_login: self.sort_link(UserSort::LastLogin),
            rows: page.rows.iter().map(|row| self.row(row)).collect(),
            showing: showing(page),
            previous_href: page.previous.as_ref().map(|cursor| self.at(cursor)),
            next_href: page.next.as_ref().map(|cursor| self.at(cursor)),
            empty: self.empty(),
            ..Index::default()
        }
    }

    fn at(&self, cursor: &Cursor) -> String {
        self.filters.href("/users", &[("at", &write_cursor(cursor))])
    }

    fn tab(&self, status: StatusFilter, counts: &StateCounts) -> StatusTab {
        let value = if status == StatusFilter::All { "" } else { status.key() };
        StatusTab {
            label: status_label(status).to_owned(),
            count: counts.of(status).to_string(),
            href: self.filters.href("/users", &[("status", value)]),
            current: self.query.status == status,
        }
    }

    fn roles(&self) -> Vec<ChoiceGroup> {
        let chosen = self.query.role.as_deref().unwrap_or_default();
        let choice = |value: &str, label: &str| Choice {
            value: value.to_owned(),
            label: label.to_owned(),
            selected: value == chosen,
        };
        let provisioned = |role: &&ApplicationRole| self.actor.provisioned.contains(&role.application());
        let mut groups = vec![
            ChoiceGroup { label: String::new(), choices: vec![choice("", "All")] },
            ChoiceGroup {
                label: "Account roles".to_owned(),
                choices: AccountRole::ALL.iter().map(|role| choice(role.key(), role.label())).collect(),
            },
            ChoiceGroup {
                label: "Application roles".to_owned(),
                choices: ApplicationRole::ALL
                    .iter()
                    .filter(provisioned)
                    .map(|role| choice(role.key(), role.label()))
                    .collect(),
            },
        ];
        if !self.custom.is_empty() {
            let choices = self.custom.iter().map(|role| choice(&role.id.to_string(), &role.name)).collect();
            groups.push(ChoiceGroup { label: "Custom roles".to_owned(), choices });
        }
        groups
    }

    fn role_label(&self, key: &str) -> Option<String> {
        let choices = self.roles().into_iter().flat_map(|group| group.choices);
        choices.filter(|choice| choice.value == key).map(|choice| choice.label).next()
    }

    /// One for each filter that narrows the list, with the list without it.
    fn pills(&self) -> Vec<Pill> {
        let query = self.query;
        let pill = |label: String, name: &str| Pill { label, href: self.filters.href("/users", &[(name, "")]) };
        let mut pills = Vec::new();
        if !query.search.is_empty() {
            pills.push(pill(format!("Search is {}", self.filters.q.trim()), "q"));
        }
        if query.status != StatusFilter::All {
            pills.push(pill(format!("Status is {}", status_label(query.status)), "status"));
        }
        if let Some(label) = query.role.as_deref().and_then(|role| self.role_label(role)) {
            pills.push(pill(format!("Role is {label}"), "role"));
        }
        if let Some(mfa) = query.mfa {
            pills.push(pill(format!("MFA is {}", if mfa == MfaFilter::On { "On" } else { "Not set up" }), "mfa"));
        }
        if let Some(login) = query.last_login {
            let label = match login {
                LoginFilter::Over30Days => "over 30 days ago",
                LoginFilter::Over90Days => "over 90 days ago",
                LoginFilter::Never => "never",
            };
            pills.push(pill(format!("Last login {label}"), "last_login"));
        }
        match query.kind {
            KindFilter::People => {}
            KindFilter::ServiceAccounts => pills.push(pill("Type is Service accounts".to_owned(), "type")),
            KindFilter::All => pills.push(pill("Type is All".to_owned(), "type")),
        }
        pills
    }

    /// A column's link: the other direction for the column that sorts now, its natural one for the rest.
    fn sort_link(&self, sort: UserSort) -> SortLink {
        let is_current = self.query.sort == sort;
        let descends = is_current && !self.query.descending;
        let value = match (sort, descends) {
            (UserSort::Name, false) => String::new(),
            (sort, false) => sort.key().to_owned(),
            (sort, true) => format!("-{}", sort.key()),
        };
        let order = match (is_current, self.query.descending) {
            (false, _) => "",
            (true, false) => "ascending",
            (true, true) => "descending",
        };
        SortLink { href: self.filters.href("/users", &[("sort", &value)]), order }
    }

    fn row(&self, row: &UserRow) -> Row {
        let roles = people::role_set(row.roles(), self.custom);
        let account_role = row.account_role.parse().unwrap_or(AccountRole::User);
        let status = StatusFacts {
            state: row.state,
            invited_until: row.invited_until,
            locked_until: row.locked_until,
            mail_failed: row.mail_failed(),
        };
        let id = row.id.to_string();
        let allowed = Allowed::on(self.actor, &row.person(self.actor.organization, account_role, roles.clone()));
        Row {
            avatar: people::avatar(&id, &row.name, &row.email, row.state == MembershipState::Invited),
            name: row.name.clone(),
            email: row.email.clone(),
            note: String::new(),
            roles: people::chips(account_role, &roles),
            status_note: status.note(self.now),
            status: status.cell(self.now),
            mfa: people::mfa(row.has_authenticator(), self.mfa_required, row.is_shared()).to_owned(),
            last_login: shell::when_ever(row.last_login_at),
            selectable: row.kind != MembershipKind::Token,
            may_edit: allowed.edit,
            may_resend: allowed.resend,
            may_cancel: allowed.cancel,
            may_delete: allowed.delete,
            id,
        }
    }

    fn empty(&self) -> Empty {
        if self.pills().is_empty() {
            return Empty {
                heading: "No users yet.".to_owned(),
                text: "Invite people to give them access.".to_owned(),
            };
        }
        let text = if self.query.search.is_empty() {
            "Nobody has all of what you chose.".to_owned()
        } else {
            format!("Nobody's name or email contains \u{201c}{}\u{201d}.", self.filters.q.trim())
        };
        Empty { heading: "No users match these filters.".to_owned(), text }
    }
}

fn choices(options: &[(&str, &str)], chosen: &str) -> Vec<Choice> {
    options
        .iter()
        .map(|(value, label)| Choice {
            value: (*value).to_owned(),
            label: (*label).to_owned(),
            selected: *value == chosen,
        })
        .collect()
}

fn status_label(status: StatusFilter) -> &'static str {
    match status {
        StatusFilter::All => "All",
        StatusFilter::Active => "Active",
        StatusFilter::Invited => "Invited",
        StatusFilter::Expired => "Invitation expired",
        StatusFilter::Disabled => "Disabled",
        StatusFilter::Locked => "Locked",
    }
}

/// "Showing 1-25 of 248 users". What a cursor says of the rows before it is believed only as far as the total allows: the
/// address bar is anybody's to write in.
fn showing(page: &UserPage) -> String {
    let rows = page.rows.len() as u64;
    let is_more = page.counted && page.total > COUNTED_TO;
    let total = u64::try_from(page.total).unwrap_or_default();
    let skipped = if is_more { page.skipped } else { page.skipped.min(total.saturating_sub(rows)) };
    let first = if rows == 0 { 0 } else { skipped + 1 };
    format!("Showing {first}-{} of {}", skipped + rows, matching(page))
}

/// How many people a list finds: "248 users".
pub fn matching(page: &UserPage) -> String {
    if page.total > COUNTED_TO && page.counted {
        return format!("more than {COUNTED_TO} users");
    }
    people_count(page.total)
}
