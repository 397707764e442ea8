//! Reading the audit log as people look at it: filtered, newest first, page by page; and whole, for an export. However
//! many events there are, a page costs a bounded number of them: it is read along the index of its sharpest filter, and
//! what the other filters pass over is counted.

use super::{
    Result, Tx,
    audit::AuditRow,
    audit_names::{Narrow, Side},
    dialect,
    statement::Statement,
};
use crate::{
    domain::{
        audit::AuditQuery,
        ids::{EventId, OrganizationId},
        time::Timestamp,
    },
    policy::{AuditReach, ExportAudit, Permit, ViewAudit},
};

/// Events an export looks at in one statement.
const PIECE: i64 = 1000;
/// Events a page looks at before it stops and says how far it came.
const LOOKED_AT: i64 = 10_000;

/// Where a page ended: the next goes on before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, sqlx::FromRow)]
pub struct AuditCursor {
    /// The moment of its last event.
    pub at: Timestamp,
    /// The event's id.
    pub id: EventId,
}

/// An event's place: its number in a chain.
#[derive(Debug, Clone, Default, PartialEq, Eq, sqlx::FromRow)]
pub struct AuditPlace {
    /// The chain; empty before the first.
    pub chain: String,
    /// The number.
    pub number: i64,
}

/// One page of the log.
#[derive(Debug, Default)]
pub struct AuditPage {
    /// The events, newest first.
    pub events: Vec<AuditRow>,
    /// Where the next page goes on, if there may be more.
    pub older: Option<AuditCursor>,
}

/// The index a page is read along.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Along {
    Time,
    Action(&'static str),
    Key(Side, String),
}

/// What is asked for, with texts resolved to keys.
#[derive(Debug, Clone)]
struct Asked {
    chain: Option<String>,
    action: Option<&'static str>,
    who: Narrow,
    target: Narrow,
}

impl Asked {
    /// The ways to read it: one, or one for each of the keys a text found.
    fn ways(&self) -> Vec<Along> {
        let along = |side, keys: &[String]| keys.iter().map(|key| Along::Key(side, key.clone())).collect();
        match (&self.target, &self.who, self.action) {
            (Narrow::Keys(keys), _, _) => along(Side::Target, keys),
            (_, Narrow::Keys(keys), _) => along(Side::Actor, keys),
            (_, _, Some(action)) => vec![Along::Action(action)],
            _ => vec![Along::Time],
        }
    }

    /// Whether reading along the way passes events over.
    fn passes_over(&self, along: &Along) -> bool {
        let is_narrowed = |side: Side, narrow: &Narrow| {
            let is_along = matches!(along, Along::Key(along, _) if *along == side);
            *narrow != Narrow::Not && !is_along
        };
        let of_action = self.action.is_some() && !matches!(along, Along::Action(_));
        let of_chain = self.chain.is_some() && matches!(along, Along::Key(..));
        of_action || of_chain || is_narrowed(Side::Actor, &self.who) || is_narrowed(Side::Target, &self.target)
    }
}

/// The stretch of time a page may show.
#[derive(Debug, Clone, Copy)]
struct Stretch {
    from: Option<Timestamp>,
    until: Option<Timestamp>,
    before: Option<AuditCursor>,
    /// Nothing older than this was looked at.
    floor: Option<AuditCursor>,
}

impl Tx {
    /// Events of what may be seen, newest first, from before the cursor on, at most `rows`.
    pub async fn audit_log(
        &mut self,
        permit: &Permit<ViewAudit>,
        query: &AuditQuery,
        before: Option<AuditCursor>,
        rows: usize,
    ) -> Result<AuditPage> {
        let asked = self.asked(*permit.target(), query).await?;
        let ways = asked.ways();
        if ways.is_empty() {
            return Ok(AuditPage::default());
        }
        let mut stretch = Stretch { from: query.from, until: query.until, before, floor: None };
        let each = LOOKED_AT / i64::try_from(ways.len()).unwrap_or(LOOKED_AT);
        for along in ways.iter().filter(|along| asked.passes_over(along)) {
            let last: Vec<AuditCursor> = self.rows(&floor_statement(&asked, along, &stretch, each)).await?;
            stretch.floor = stretch.floor.max(last.into_iter().next());
        }
        let limit = i64::try_from(rows).unwrap_or(i64::MAX).saturating_add(1);
        let statement = self.page_of_events(&asked, &ways, &stretch, limit);
        let mut events: Vec<AuditRow> = self.rows(&statement).await?;
        let has_more = events.len() > rows;
        events.truncate(rows);
        let last = events.last().map(|row| AuditCursor { at: row.at, id: row.id });
        Ok(AuditPage { events, older: if has_more { last } else { stretch.floor } })
    }

    /// One event of what may be seen.
    pub async fn audit_event(&mut self, permit: &Permit<ViewAudit>, id: EventId) -> Result<Option<AuditRow>> {
        let mut statement = Statement::default();
        let id = statement.bind(id.to_string());
        statement.push(&format!("SELECT * FROM audit_events WHERE id = {id}"));
        if let AuditReach::Organization(organization) = permit.target() {
            let chain = statement.bind(organization.to_string());
            statement.push(&format!(" AND chain = {chain}"));
        }
        Ok(self.rows(&statement).await?.into_iter().next())
    }

    /// The same events chain by chain in their order, the order in which an export is proved. Looks at the next piece
    /// after the given place, and says where it ends; nothing is left after the last.
    pub async fn audit_export(
        &mut self,
        permit: &Permit<ExportAudit>,
        query: &AuditQuery,
        after: &AuditPlace,
    ) -> Result<Option<(Vec<AuditRow>, AuditPlace)>> {
        let asked = self.asked(*permit.target(), query).await?;
        let heads: Vec<AuditPlace> = self.rows(&next_head(&asked, after)).await?;
        let Some(head) = heads.into_iter().next().filter(|_| !asked.ways().is_empty()) else { return Ok(None) };
        let number = if head.chain == after.chain { after.number } else { 0 };
        let rows = self.rows(&self.piece_of_events(&asked, query, &head.chain, number)).await?;
        let end = head.number.min(number.saturating_add(PIECE));
        Ok(Some((rows, AuditPlace { chain: head.chain, number: end })))
    }

    async fn asked(&mut self, reach: AuditReach, query: &AuditQuery) -> Result<Asked> {
        let chain = match reach {
            AuditReach::Organization(organization) => Some(organization.to_string()),
            AuditReach::Installation => None,
        };
        let who = self.narrow(chain.as_deref(), Side::Actor, &query.who).await?;
        let target = self.narrow(chain.as_deref(), Side::Target, &query.target).await?;
        Ok(Asked { chain, action: query.action.map(crate::domain::audit::AuditAction::key), who, target })
    }

    fn page_of_events(&self, asked: &Asked, ways: &[Along], stretch: &Stretch, limit: i64) -> Statement {
        let mut statement = Statement::default();
        for (number, along) in ways.iter().enumerate() {
            statement.push(if number > 0 { " UNION ALL SELECT * FROM (" } else { "SELECT * FROM (" });
            self.way(&mut statement, asked, along, stretch);
            let limit = statement.bind(limit);
            statement.push(&format!(" ORDER BY at DESC, id DESC LIMIT {limit}) AS way"));
        }
        let limit = statement.bind(limit);
        statement.push(&format!(" ORDER BY at DESC, id DESC LIMIT {limit}"));
        statement
    }

    fn way(&self, statement: &mut Statement, asked: &Asked, along: &Along, stretch: &Stretch) {
        statement.push("SELECT e.* FROM audit_events e WHERE ");
        read_along(statement, asked, along);
        bound(statement, stretch);
        if matches!(along, Along::Key(..)) {
            of_chain(statement, asked);
        }
        if let (Some(action), false) = (asked.action, matches!(along, Along::Action(_))) {
            let action = statement.bind(action);
            statement.push(&format!(" AND action = {action}"));
        }
        for (side, narrow) in [(Side::Actor, &asked.who), (Side::Target, &asked.target)] {
            if !matches!(along, Along::Key(along, _) if *along == side) {
                self.naming(statement, side, narrow, "");
            }
        }
    }

    /// Only events whose actor or target is one of the keys, or has the text in its name. `apart` keeps the databases
    /// from reading along the index of the keys.
    fn naming(&self, statement: &mut Statement, side: Side, narrow: &Narrow, apart: &str) {
        let key = side.key();
        match narrow {
            Narrow::Not => {}
            Narrow::Keys(keys) => {
                let keys: Vec<String> = keys.iter().map(|key| statement.bind(key.as_str())).collect();
                statement.push(&format!(" AND {key}{apart} IN ({})", keys.join(", ")));
            }
            Narrow::Text(text) => {
                let position = dialect::position(self.backend());
                let (word, text) = (statement.bind(side.word()), statement.bind(text.as_str()));
                // A value, not EXISTS: PostgreSQL would turn that into a join with all the names there are.
                statement.push(&format!(
                    " AND (SELECT max({position}(n.name, {text})) FROM audit_names n
                           WHERE n.chain = e.chain AND n.side = {word} AND n.key = {key}) > 0"
                ));
            }
        }
    }

    /// One piece of a chain, read along its numbers, which no filter may keep the databases from.
    fn piece_of_events(&self, asked: &Asked, query: &AuditQuery, chain: &str, number: i64) -> Statement {
        let mut statement = Statement::default();
        let chain = statement.bind(chain);
        let (from, to) = (statement.bind(number), statement.bind(number.saturating_add(PIECE)));
        statement.push(&format!(
            "SELECT e.* FROM audit_events e WHERE chain = {chain} AND number > {from} AND number <= {to}"
        ));
        if let Some(action) = asked.action {
            let action = statement.bind(action);
            statement.push(&format!(" AND action || '' = {action}"));
        }
        if let Some(from) = query.from {
            let from = statement.bind(from);
            statement.push(&format!(" AND at + 0 >= {from}"));
        }
        if let Some(until) = query.until {
            let until = statement.bind(until);
            statement.push(&format!(" AND at + 0 < {until}"));
        }
        self.naming(&mut statement, Side::Actor, &asked.who, " || ''");
        self.naming(&mut statement, Side::Target, &asked.target, " || ''");
        statement.push(" ORDER BY number");
        statement
    }

    /// Every statement a page and an export send for a query, with the plan the database makes for it; for the test that
    /// no list ever reads the whole log.
    pub async fn explain_audit_log(
        &mut self,
        organization: Option<OrganizationId>,
        query: &AuditQuery,
        before: Option<AuditCursor>,
    ) -> Result<Vec<(String, Vec<String>)>> {
        let reach = organization.map_or(AuditReach::Installation, AuditReach::Organization);
        let asked = self.asked(reach, query).await?;
        let ways = asked.ways();
        let stretch = Stretch { from: query.from, until: query.until, before, floor: None };
        let mut statements: Vec<Statement> =
            ways.iter().map(|along| floor_statement(&asked, along, &stretch, LOOKED_AT)).collect();
        if !ways.is_empty() {
            statements.push(self.page_of_events(&asked, &ways, &Stretch { floor: before, ..stretch }, 51));
            let after = AuditPlace { chain: asked.chain.clone().unwrap_or_default(), number: 500 };
            statements.push(next_head(&asked, &after));
            statements.push(self.piece_of_events(&asked, query, &after.chain, after.number));
        }
        for (side, typed) in [(Side::Actor, &query.who), (Side::Target, &query.target)] {
            if typed.chars().count() > 2 {
                statements.push(self.names_statement(asked.chain.as_deref(), side, typed));
            }
        }
        let mut plans = Vec::new();
        for statement in statements {
            plans.push((statement.sql().to_owned(), self.plan(&statement).await?));
        }
        Ok(plans)
    }
}

/// The head of the chain an export goes on in.
fn next_head(asked: &Asked, after: &AuditPlace) -> Statement {
    let mut statement = Statement::default();
    let (chain, number) = (statement.bind(after.chain.as_str()), statement.bind(after.number));
    statement.push(&format!("SELECT chain, number FROM audit_heads WHERE (chain, number) > ({chain}, {number})"));
    of_chain(&mut statement, asked);
    statement.push(" ORDER BY chain LIMIT 1");
    statement
}

/// The last event that is looked at.
fn floor_statement(asked: &Asked, along: &Along, stretch: &Stretch, count: i64) -> Statement {
    let mut statement = Statement::default();
    statement.push("SELECT at, id FROM audit_events e WHERE ");
    read_along(&mut statement, asked, along);
    bound(&mut statement, stretch);
    let count = statement.bind(count - 1);
    statement.push(&format!(" ORDER BY at DESC, id DESC LIMIT 1 OFFSET {count}"));
    statement
}

fn read_along(statement: &mut Statement, asked: &Asked, along: &Along) {
    match along {
        Along::Key(side, key) => {
            let key = statement.bind(key.as_str());
            statement.push(&format!("{} = {key}", side.key()));
        }
        Along::Action(action) => {
            let action = statement.bind(*action);
            statement.push(&format!("action = {action}"));
            of_chain(statement, asked);
        }
        Along::Time => {
            statement.push("1 = 1");
            of_chain(statement, asked);
        }
    }
}

fn of_chain(statement: &mut Statement, asked: &Asked) {
    if let Some(chain) = &asked.chain {
        let chain = statement.bind(chain.as_str());
        statement.push(&format!(" AND chain = {chain}"));
    }
}

/// At most one bound a side: what SQLite walks along an index by.
fn bound(statement: &mut Statement, stretch: &Stretch) {
    let pair = |statement: &mut Statement, cursor: AuditCursor| {
        format!("({}, {})", statement.bind(cursor.at), statement.bind(cursor.id.to_string()))
    };
    match (stretch.before, stretch.until) {
        (Some(before), _) => {
            let before = pair(statement, before);
            statement.push(&format!(" AND (at, id) < {before}"));
        }
        (None, Some(until)) => {
            let until = statement.bind(until);
            statement.push(&format!(" AND at < {until}"));
        }
        (None, None) => {}
    }
    match (stretch.floor, stretch.from) {
        (Some(floor), _) => {
            let floor = pair(statement, floor);
            statement.push(&format!(" AND (at, id) >= {floor}"));
        }
        (None, Some(from)) => {
            let from = statement.bind(from);
            statement.push(&format!(" AND at >= {from}"));
        }
        (None, None) => {}
    }
}
