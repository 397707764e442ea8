//! User Management: the list, and everything about one person.

use axum::{extract::State, response::Response};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::Deserialize;

use super::{
    bulk,
    extract::{Path, Query},
    people::{self, StatusFacts},
    respond, shell,
};
use crate::{
    app::App,
    domain::{
        ids::UserId,
        roles::{AccountRole, ApplicationRole, CustomRole, Holdings},
        text,
        time::Timestamp,
        users::{
            Cursor, KindFilter, LoginFilter, MembershipKind, MembershipState, MfaFilter, StatusFilter, UserQuery,
            UserSort,
        },
    },
    error::AppError,
    flows::{self, edit_user},
    policy::{Actor, Allowed, InviteUsers, Person, ViewAudit, ViewUser},
    store::{COUNTED_TO, Member, SignInRow, StateCounts, UserPage, UserRow},
    web::{
        pages::{
            parts::{Access, Choice, ChoiceGroup, Pill},
            users::{Empty, Index, Login, Row, Session, Show, SortLink, StatusTab},
        },
        visitor::Here,
    },
};

/// Rows a page, in the order they are offered.
const ROWS: [u32; 3] = [25, 50, 100];

/// The list's state, as it stands in the URL. Anything unreadable counts as not given.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct Filters {
    q: String,
    status: String,
    role: String,
    mfa: String,
    last_login: String,
    #[serde(rename = "type")]
    kind: String,
    per_page: String,
    sort: String,
    at: String,
}

impl Filters {
    /// What the store is asked.
    pub fn query(&self, remembered: Option<i64>) -> UserQuery {
        let column = self.sort.trim_start_matches('-');
        let chosen = self.per_page.parse().ok().filter(|rows| ROWS.contains(rows));
        let rows = chosen.or_else(|| remembered.and_then(|rows| u32::try_from(rows).ok()));
        UserQuery {
            // No name or address holds a control character, and PostgreSQL knows no text with NUL.
            search: text::fold(self.q.trim()).chars().filter(|letter| !letter.is_control()).take(200).collect(),
            status: self.status.parse().unwrap_or(StatusFilter::All),
            role: self.role.parse::<crate::domain::roles::RoleKey>().ok().map(|role| role.to_string()),
            mfa: self.mfa.parse().ok(),
            last_login: self.last_login.parse().ok(),
            kind: self.kind.parse().unwrap_or(KindFilter::People),
            sort: column.parse().unwrap_or(UserSort::Name),
            descending: self.sort.starts_with('-'),
            rows: rows.filter(|rows| ROWS.contains(rows)).unwrap_or(25),
            cursor: read_cursor(&self.at),
        }
    }

    /// The list with one parameter changed, from its first page; an empty value leaves the parameter out.
    fn href(&self, path: &str, changes: &[(&str, &str)]) -> String {
        let mut query = url::form_urlencoded::Serializer::new(String::new());
        let fields = [
            ("q", &self.q),
            ("status", &self.status),
            ("role", &self.role),
            ("mfa", &self.mfa),
            ("last_login", &self.last_login),
            ("type", &self.kind),
            ("per_page", &self.per_page),
            ("sort", &self.sort),
        ];
        for (name, value) in fields {
            let value = changes.iter().find(|(changed, _)| *changed == name).map_or(value.as_str(), |(_, new)| *new);
            if !value.is_empty() {
                query.append_pair(name, value);
            }
        }
        if let Some((_, at)) = changes.iter().find(|(changed, _)| *changed == "at") {
            query.append_pair("at", at);
        }
        let query = query.finish();
        if query.is_empty() { path.to_owned() } else { format!("{path}?{query}") }
    }

    /// What narrows and orders the list, as one text that [`Self::read`] reads again.
    pub fn text(&self) -> String {
        self.href("", &[]).trim_start_matches('?').to_owned()
    }

    /// Reads such a text; anything unreadable counts as not given.
    pub fn read(text: &str) -> Self {
        Self { at: String::new(), ..serde_html_form::from_str(text).unwrap_or_default() }
    }
}

fn read_cursor(text: &str) -> Option<Cursor> {
    let bytes = URL_SAFE_NO_PAD.decode(text).ok()?;
    let cursor: Cursor = serde_json::from_slice(&bytes).ok()?;
    cursor.is_believable().then_some(cursor)
}

fn write_cursor(cursor: &Cursor) -> String {
    serde_json::to_vec(cursor).map(|json| URL_SAFE_NO_PAD.encode(json)).unwrap_or_default()
}

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
    let head = tx.list_head(actor.organization, query.kind, now).await?;
    let page = tx.list_users(actor.organization, &query, &head.counts, now).await?;
    let custom = tx.custom_roles(actor.organization, &[]).await?;
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

/// One person.
pub async fn show(State(app): State<App>, here: Here, Path(id): Path<UserId>) -> Result<Response, AppError> {
    let actor = here.actor()?;
    let now = here.occasion().now;
    let mut tx = app.db.begin_read().await?;
    let (member, person) = flows::person(&mut tx, actor.organization, id).await?;
    let _permit = actor.authorize(ViewUser, person.clone())?;
    let facts = tx.organization(actor.organization).await?.ok_or(AppError::NotFound)?;
    let allowed = Allowed::on(actor, &person);
    let sessions = if allowed.end_sessions {
        Some(tx.sessions_of(id, actor.sessions_seen(member.is_shared)).await?)
    } else {
        None
    };
    let logins = tx.recent_sign_ins(id, Some(actor.organization)).await?;
    let custom = tx.custom_roles(actor.organization, &[]).await?;
    drop(tx);
    let status = StatusFacts {
        state: member.state,
        invited_until: member.invited_until,
        locked_until: member.locked_until,
        mail_failed: member.mail_failed,
    };
    let name = member.shown_name().to_owned();
    let template = Show {
        shell: shell::shell(&here, "users").await?,
        id: id.to_string(),
        avatar: people::avatar(
            &id.to_string(),
            &member.display_name,
            &member.email,
            member.state == MembershipState::Invited,
        ),
        status_note: status.note(now),
        status: status.cell(now),
        mfa: people::mfa(member.has_authenticator, facts.mfa_required, member.is_shared).to_owned(),
        last_login: shell::when_ever(member.last_login_at),
        member_since: shell::when(member.created_at),
        ends_at: member.ends_at.map(shell::when),
        support_request: member.support_request.clone(),
        created_by: member.created_by.clone(),
        changed_by: member.changed_by.clone(),
        changed_at: (member.version > 0).then(|| shell::when(member.changed_at)),
        version: member.version.to_string(),
        roles: people::chips(member.account_role, &person.roles),
        access: effective_access(&member, &person, actor, &custom),
        sessions: sessions.map(|rows| rows.iter().map(session).collect()),
        logins: logins.iter().map(login).collect(),
        may_edit: allowed.edit,
        may_resend: allowed.resend,
        may_cancel: allowed.cancel,
        may_disable: allowed.disable,
        may_enable: allowed.enable,
        may_disable_everywhere: allowed.disable_everywhere,
        may_enable_everywhere: allowed.enable_everywhere,
        may_reset_authenticator: allowed.reset_authenticator,
        may_end_sessions: allowed.end_sessions,
        may_delete: allowed.delete,
        audit_href: actor.may::<ViewAudit>().is_ok().then(|| format!("/audit?target={id}")),
        email: member.email.clone(),
        person: name,
    };
    respond::page(&template)
}

/// What the person can do now; nothing while invited or disabled.
fn effective_access(member: &Member, person: &Person, actor: &Actor, custom: &[CustomRole]) -> Access {
    let lead = match member.state {
        MembershipState::Active => "And which role allows it",
        MembershipState::Invited => "Nothing until the invitation is accepted",
        MembershipState::Disabled => "Nothing while disabled",
    };
    let holdings = Holdings {
        server_administrator: person.server_administrator && member.disabled_at.is_none(),
        works: member.state == MembershipState::Active,
        ..edit_user::in_force(actor, person, person.account_role, &person.roles)
    };
    people::access("Effective access".to_owned(), lead, &holdings, custom)
}

/// A session as the pages show it.
pub fn session(row: &crate::store::SessionRow) -> Session {
    let icon = match row.device.as_str() {
        device if device.contains("iPhone") || device.contains("Android") => "phone",
        device if device.starts_with("Unknown") => "other",
        _ => "laptop",
    };
    Session {
        device: row.device.clone(),
        icon,
        address: row.address.clone(),
        logged_in: shell::when(row.signed_in_at),
        last_active: shell::when(row.last_active_at),
    }
}

/// A login as the pages show it.
pub fn login(row: &SignInRow) -> Login {
    let result = match row.result.as_str() {
        "succeeded" => "Logged in",
        "locked" => "Locked",
        _ => "Failed",
    };
    Login {
        time: shell::when(row.at),
        address: row.address.clone(),
        result: result.to_owned(),
        good: row.result == "succeeded",
    }
}
