//! The list of people in one organization: searched, filtered, sorted, paged by keyset, and fast with a million
//! members.
//!
//! Two ways lead to a page. *Walking* goes along the index of the sort order and stops when the page is full; it is
//! quick when most rows match. *Gathering* starts from the few rows a selective filter finds through its own index and
//! sorts them. A bounded look at each filter decides, so neither database has to guess.

mod filters;
mod gather;
mod matching;

use serde::Deserialize;

use self::{
    filters::{after, backwards, kind_condition, push_cursor, push_keys, push_source, sort_columns},
    gather::{Gather, Ways, gathers},
};
use super::{Result, Tx, dialect, statement::Statement};
use crate::{
    domain::{
        ids::{OrganizationId, UserId},
        roles::{AccountRole, CustomRole, RoleSet},
        text,
        time::Timestamp,
        users::{Cursor, CursorKey, KindFilter, MembershipKind, MembershipState, StatusFilter, UserQuery, UserSort},
    },
    policy::Person,
};

/// A filter that finds at most this many rows is gathered; the sort of so few costs less than the walk.
const FEW: i64 = 5000;

/// Ended invitations are counted by the day, which has so many microseconds.
const DAY: i64 = 86_400_000_000;

/// Filtered lists are counted this far; beyond it the page says "more than".
pub const COUNTED_TO: i64 = 10_000;

/// What a row shows, of membership `m`, user `u` and the attempts `a` of the address.
const ROW_COLUMNS: &str = "m.user_id AS id, u.email, u.display_name, m.kind,
     m.account_role, m.state, m.invited_until, m.last_login_at,
     CASE WHEN m.mail_failed THEN 1 ELSE 0 END AS mail_failed,
     coalesce(a.locked_until, 0) AS locked_until,
     CASE WHEN EXISTS (SELECT 1 FROM authenticators t WHERE t.user_id = m.user_id AND t.state = 'active')
          THEN 1 ELSE 0 END AS mfa,
     (SELECT string_agg(r.role_id, ',') FROM membership_roles r
      WHERE r.organization_id = m.organization_id AND r.user_id = m.user_id) AS roles,
     CASE WHEN EXISTS (SELECT 1 FROM memberships e
          WHERE e.user_id = m.user_id AND e.organization_id <> m.organization_id)
          THEN 1 ELSE 0 END AS is_shared,
     m.created_at, m.name_key, m.email_key,
     CASE WHEN u.account_role = 'server_administrator' THEN 1 ELSE 0 END AS server,
     CASE WHEN m.enabled THEN 1 ELSE 0 END AS enabled,
     CASE WHEN m.validated_at IS NULL THEN 0 ELSE 1 END AS validated,
     CASE WHEN u.disabled_at IS NULL THEN 0 ELSE 1 END AS disabled";

/// One person in the list.
#[derive(Debug, Clone, Deserialize)]
pub struct UserRow {
    /// The user.
    pub id: UserId,
    /// Login address as typed.
    pub email: String,
    /// Display name; empty until there is one.
    pub name: String,
    /// Human, robot or support.
    pub kind: MembershipKind,
    /// Key of the effective account role.
    pub account_role: String,
    /// State of the membership.
    pub state: MembershipState,
    /// End of the open invitation.
    pub invited_until: Timestamp,
    /// Last login here; zero means never.
    pub last_login_at: Timestamp,
    /// 1 when the last mail could not be delivered.
    mail_failed: u8,
    /// End of the running or last lock of the address.
    pub locked_until: Timestamp,
    /// 1 when an authenticator is set up.
    has_authenticator: u8,
    /// Ids of application and custom roles, comma separated.
    roles: Option<String>,
    /// 1 when there is a membership in another organization.
    is_shared: u8,
    /// When the membership began.
    pub created_at: Timestamp,
    is_server_administrator: u8,
    enabled: u8,
    validated: u8,
    disabled_everywhere: u8,
    name_key: String,
    email_key: String,
}

impl UserRow {
    /// Name, or address while there is none.
    pub fn shown_name(&self) -> &str {
        text::shown_name(Some(&self.name), &self.email)
    }

    /// Whether the last mail to them failed for good.
    pub fn mail_failed(&self) -> bool {
        self.mail_failed == 1
    }

    /// Whether an authenticator is set up.
    pub fn has_authenticator(&self) -> bool {
        self.has_authenticator == 1
    }

    /// Whether they belong to another organization too.
    pub fn is_shared(&self) -> bool {
        self.is_shared == 1
    }

    /// What the policy needs to know of them.
    pub fn person(&self, organization: OrganizationId, account_role: AccountRole, roles: RoleSet) -> Person {
        Person {
            organization,
            user: self.id,
            name: self.shown_name().to_owned(),
            kind: self.kind,
            server_administrator: self.is_server_administrator == 1,
            account_role,
            roles,
            enabled: self.enabled == 1,
            validated: self.validated == 1,
            disabled_everywhere: self.disabled_everywhere == 1,
            shared: self.is_shared(),
            has_authenticator: self.has_authenticator(),
        }
    }

    /// Ids of their application and custom roles.
    pub fn roles(&self) -> impl Iterator<Item = &str> {
        self.roles.as_deref().unwrap_or_default().split(',').filter(|role| !role.is_empty())
    }

    fn key(&self, sort: UserSort) -> CursorKey {
        match sort {
            UserSort::Name => CursorKey::Text(self.name_key.clone()),
            UserSort::Email => CursorKey::Text(self.email_key.clone()),
            UserSort::Status => CursorKey::Pair(self.state.key().to_owned(), self.name_key.clone()),
            UserSort::LastLogin => CursorKey::Number(self.last_login_at.micros()),
        }
    }
}

/// A page of the list.
#[derive(Debug, Clone)]
pub struct UserPage {
    /// The rows, in order.
    pub rows: Vec<UserRow>,
    /// How many match in all; at most [`COUNTED_TO`] + 1 where that has to be counted.
    pub total: i64,
    /// Whether `total` was counted, and therefore only so far.
    pub counted: bool,
    /// Rows before this page.
    pub skipped: u64,
    /// Where the page before begins.
    pub previous: Option<Cursor>,
    /// Where the page after begins.
    pub next: Option<Cursor>,
}

/// How many people are in each state, for the status tabs.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct StateCounts {
    /// Everybody of the chosen type.
    pub all: i64,
    /// Active.
    pub active: i64,
    /// Invited, the link still good.
    pub invited: i64,
    /// Invited, the link run out.
    pub expired: i64,
    /// Disabled.
    pub disabled: i64,
    /// Locked right now.
    pub locked: i64,
}

/// What stands above the list of people.
#[derive(Debug, Clone, Copy, Default)]
pub struct ListHead {
    /// The numbers on the tabs.
    pub counts: StateCounts,
    /// Seats taken.
    pub seats: i64,
    /// Seats, if limited.
    pub user_limit: Option<i64>,
    /// Whether the members must use multi-factor authentication.
    pub mfa_required: bool,
}

#[derive(Default, Deserialize)]
struct HeadRow {
    active: i64,
    invited: i64,
    disabled: i64,
    seats: i64,
    user_limit: Option<i64>,
    mfa_required: u8,
    expired: i64,
    locked: i64,
}

impl HeadRow {
    fn read(self) -> ListHead {
        let counts = StateCounts {
            all: self.active + self.invited + self.disabled,
            active: self.active,
            invited: self.invited - self.expired,
            expired: self.expired,
            disabled: self.disabled,
            locked: self.locked,
        };
        ListHead { counts, seats: self.seats, user_limit: self.user_limit, mfa_required: self.mfa_required == 1 }
    }
}

impl StateCounts {
    /// The number on a tab.
    pub fn of(&self, status: StatusFilter) -> i64 {
        match status {
            StatusFilter::All => self.all,
            StatusFilter::Active => self.active,
            StatusFilter::Invited => self.invited,
            StatusFilter::Expired => self.expired,
            StatusFilter::Disabled => self.disabled,
            StatusFilter::Locked => self.locked,
        }
    }
}

impl Tx {
    /// One page of the organization's people.
    pub async fn list_users(
        &mut self,
        organization: OrganizationId,
        query: &UserQuery,
        counts: &StateCounts,
        now: Timestamp,
    ) -> Result<UserPage> {
        let ways = self.choose_ways(organization, query, now).await?;
        let statement = self.page_statement(organization, query, ways.page.as_ref(), now);
        let rows = self.text(&statement).await?;
        self.read_page(organization, query, &ways, counts, &rows, now).await
    }

    /// What User Management shows: what stands above the list, a page of it, and the custom roles of the organization.
    /// One statement, because each costs more on its way to the database than in it.
    pub async fn user_management(
        &mut self,
        organization: OrganizationId,
        query: &UserQuery,
        now: Timestamp,
    ) -> Result<(ListHead, UserPage, Vec<CustomRole>)> {
        let ways = self.choose_ways(organization, query, now).await?;
        let statement = self.management_statement(organization, query, ways.page.as_ref(), now);
        let mut rows: Vec<(String, String, String)> = self.rows(&statement).await?;
        let (head, page, roles) = rows.pop().unwrap_or_default();
        let head = read_head(&head)?;
        let page = self.read_page(organization, query, &ways, &head.counts, &page, now).await?;
        Ok((head, page, super::standing::read_roles(&roles)?))
    }

    fn management_statement(
        &self,
        organization: OrganizationId,
        query: &UserQuery,
        way: Option<&Gather>,
        now: Timestamp,
    ) -> Statement {
        let mut statement = Statement::default();
        let org = statement.bind(organization.to_string());
        statement.push("SELECT (");
        self.push_head(&mut statement, &org, query.kind, now);
        statement.push("), (");
        self.push_page(&mut statement, &org, query, way, now);
        statement.push("), (");
        super::standing::push_roles(&mut statement, self.backend(), &org, "");
        statement.push(")");
        statement
    }

    async fn read_page(
        &mut self,
        organization: OrganizationId,
        query: &UserQuery,
        ways: &Ways,
        counts: &StateCounts,
        rows: &str,
        now: Timestamp,
    ) -> Result<UserPage> {
        let rows: Vec<UserRow> = serde_json::from_str(rows)?;
        let counted = ways.page.is_some() || !query.is_counted();
        let is_whole = query.cursor.is_none() && rows.len() <= query.rows as usize;
        let total = if is_whole {
            i64::try_from(rows.len()).unwrap_or(i64::MAX)
        } else if counted {
            self.number(&self.count_statement(organization, query, ways.count.as_ref(), now)).await?
        } else {
            counts.of(query.status)
        };
        Ok(into_page(rows, query, total, counted))
    }

    /// The numbers on the status tabs, from the counters the database keeps.
    pub async fn state_counts(
        &mut self,
        organization: OrganizationId,
        kind: KindFilter,
        now: Timestamp,
    ) -> Result<StateCounts> {
        let mut statement = Statement::default();
        let org = statement.bind(organization.to_string());
        self.push_head(&mut statement, &org, kind, now);
        Ok(read_head(&self.text(&statement).await?)?.counts)
    }

    /// Every statement the list may send for a query, with the plan the database makes for it; for the test that no
    /// list ever reads a whole table.
    pub async fn explain_user_list(
        &mut self,
        organization: OrganizationId,
        query: &UserQuery,
        now: Timestamp,
    ) -> Result<Vec<(String, Vec<String>)>> {
        let mut plans = Vec::new();
        let mut ways = vec![None];
        ways.extend(gathers(query).into_iter().map(Some));
        for way in ways {
            let statement = self.management_statement(organization, query, way.as_ref(), now);
            let steps = self.plan(&statement).await?;
            plans.push((statement.sql().to_owned(), steps));
        }
        Ok(plans)
    }

    /// The most selective filter: for the page when it finds few enough rows to gather, for counting in any case.
    async fn choose_ways(&mut self, organization: OrganizationId, query: &UserQuery, now: Timestamp) -> Result<Ways> {
        let mut best: Option<(i64, Gather)> = None;
        for gather in gathers(query) {
            let mut statement = Statement::default();
            let org = statement.bind(organization.to_string());
            let found = gather.sql(&mut statement, self.backend(), query, &org, now);
            statement.push(&format!(
                "SELECT count(*) FROM (SELECT 1 FROM ({found}) f CROSS JOIN memberships m
                 WHERE m.organization_id = {org} AND m.user_id = f.user_id LIMIT {}) few",
                FEW + 1
            ));
            let count = self.number(&statement).await?;
            if best.as_ref().is_none_or(|(least, _)| count < *least) {
                best = Some((count, gather));
            }
        }
        let page = best.filter(|(count, _)| *count <= FEW).map(|(_, gather)| gather);
        Ok(Ways { page, count: best.map(|(_, gather)| gather) })
    }

    /// The tabs' numbers, seats, and what the organization asks of its members, as one text. Invitations that have ended
    /// are counted by the day they end on, and one by one only for today.
    fn push_head(&self, statement: &mut Statement, org: &str, kind: KindFilter, now: Timestamp) {
        let (from, to) = dialect::rows_as_json(self.backend());
        let kinds = kind_condition(kind);
        let today = now.micros() / DAY;
        let (begun, today) = (statement.bind(today * DAY), statement.bind(today));
        let (next, now) = (statement.bind(after(now)), statement.bind(now));
        statement.push(&format!(
            "SELECT {from} active, invited, disabled, seats, user_limit, mfa_required,
                 (SELECT CAST(coalesce(sum(e.people), 0) AS BIGINT) FROM invitation_ends e
                  WHERE e.organization_id = {org} AND e.day < {today})
                 + (SELECT count(*) FROM memberships m WHERE m.organization_id = {org} AND m.invited_until > 0
                    AND m.invited_until >= {begun} AND m.invited_until <= {now}),
                 (SELECT count(*) FROM sign_in_attempts a CROSS JOIN users u CROSS JOIN memberships m
                  WHERE a.locked_until > 0 AND a.locked_until >= {next} AND u.address_hash = a.address_hash
                    AND m.organization_id = {org} AND m.user_id = u.id AND {kinds}) {to}
             FROM (SELECT coalesce(sum(CASE WHEN m.state = 'active' AND {kinds} THEN people END), 0) AS active,
                          coalesce(sum(CASE WHEN m.state = 'invited' AND {kinds} THEN people END), 0) AS invited,
                          coalesce(sum(CASE WHEN m.state = 'disabled' AND {kinds} THEN people END), 0) AS disabled,
                          coalesce(sum(CASE WHEN m.kind = 'person' AND m.state <> 'disabled' THEN people END), 0)
                              AS seats,
                          o.user_limit, CASE WHEN o.mfa_required THEN 1 ELSE 0 END AS mfa_required
                   FROM organizations o LEFT JOIN membership_counts m ON m.organization_id = o.id
                   WHERE o.id = {org} GROUP BY o.id, o.user_limit, o.mfa_required) sums"
        ));
    }

    fn page_statement(
        &self,
        organization: OrganizationId,
        query: &UserQuery,
        way: Option<&Gather>,
        now: Timestamp,
    ) -> Statement {
        let mut statement = Statement::default();
        let org = statement.bind(organization.to_string());
        self.push_page(&mut statement, &org, query, way, now);
        statement
    }

    fn push_page(&self, statement: &mut Statement, org: &str, query: &UserQuery, way: Option<&Gather>, now: Timestamp) {
        let (from, to) = dialect::rows_as_json(self.backend());
        let columns = "id, email, display_name, kind, account_role, state, invited_until, last_login_at, mail_failed,
             locked_until, mfa, roles, is_shared, created_at, server, enabled, validated, disabled, name_key, email_key";
        let direction = if backwards(query) { "DESC" } else { "ASC" };
        let order = sort_columns(query.sort)
            .iter()
            .map(|column| format!("{column} {direction}"))
            .collect::<Vec<_>>()
            .join(", ");
        let end = format!(" ORDER BY {order} LIMIT {}", u64::from(query.rows) + 1);
        statement.push(&format!("SELECT {from} {columns} {to} FROM (SELECT {ROW_COLUMNS} "));
        if way.is_none() && query.search.is_empty() {
            push_source(statement, self.backend(), query, way, org, now);
            push_cursor(statement, query);
            statement.push(&end);
        } else {
            // Many rows may be looked at for the few of the page: what the row shows is fetched for those alone.
            statement.push("FROM (SELECT m.user_id ");
            push_keys(statement, self.backend(), query, way, org, now);
            push_cursor(statement, query);
            statement.push(&end).push(&format!(
                ") picked CROSS JOIN memberships m CROSS JOIN users u
                 LEFT JOIN sign_in_attempts a ON a.address_hash = u.address_hash
                 WHERE m.organization_id = {org} AND m.user_id = picked.user_id AND u.id = m.user_id"
            ));
            statement.push(&end);
        }
        statement.push(") page");
    }

    fn count_statement(
        &self,
        organization: OrganizationId,
        query: &UserQuery,
        way: Option<&Gather>,
        now: Timestamp,
    ) -> Statement {
        let mut statement = Statement::default();
        let org = statement.bind(organization.to_string());
        statement.push("SELECT count(*) FROM (SELECT 1 ");
        push_keys(&mut statement, self.backend(), query, way, &org, now);
        statement.push(&format!(" LIMIT {}) counted", COUNTED_TO + 1));
        statement
    }
}
fn read_head(text: &str) -> Result<ListHead> {
    let mut rows: Vec<HeadRow> = serde_json::from_str(text)?;
    Ok(rows.pop().unwrap_or_default().read())
}

/// Cuts the one row too many that tells whether there is more, puts the rows in order and makes the cursors.
fn into_page(mut rows: Vec<UserRow>, query: &UserQuery, total: i64, counted: bool) -> UserPage {
    let limit = query.rows as usize;
    let more = rows.len() > limit;
    rows.truncate(limit);
    let before = query.cursor.as_ref().is_some_and(|cursor| cursor.before);
    if before {
        rows.reverse();
    }
    let given = query.cursor.as_ref().map_or(0, |cursor| cursor.skipped);
    // Going back, the cursor counts the rows before the page that was left.
    let skipped = if before { given.saturating_sub(rows.len() as u64) } else { given };
    let at_start = if before { !more } else { query.cursor.is_none() };
    let skipped = if at_start { 0 } else { skipped };
    let has_next = before || more;
    let cursor =
        |row: &UserRow, before, skipped| Cursor { key: row.key(query.sort), id: row.id.to_string(), before, skipped };
    let previous = if at_start { None } else { rows.first().map(|row| cursor(row, true, skipped)) };
    let next = if has_next { rows.last().map(|row| cursor(row, false, skipped + rows.len() as u64)) } else { None };
    UserPage { rows, total, counted, skipped, previous, next }
}
