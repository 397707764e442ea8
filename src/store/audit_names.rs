//! The names in the audit log, each once: people and things as events called them, folded. A part of a name is looked for
//! among these few instead of in every event, and what it finds are the keys by which the events themselves are indexed.

use super::{Result, Tx, audit::AuditRow, dialect, query::execute, statement::Statement};
use crate::domain::text;

/// As much of a key as its index keeps.
const KEY: usize = 200;
/// As much of a name as can be looked for.
const NAME: usize = 300;
/// Shortest text the index of names finds.
const SHORTEST: usize = 3;
/// A text that names more than this is in so many events that walking along them finds a page sooner.
pub(super) const FEW: usize = 30;

/// Whose name a text is part of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Side {
    Actor,
    Target,
}

impl Side {
    pub(super) const fn word(self) -> &'static str {
        match self {
            Self::Actor => "actor",
            Self::Target => "target",
        }
    }

    /// What the events are indexed by; the words of the index itself.
    pub(super) const fn key(self) -> &'static str {
        match self {
            Self::Actor => "substr(coalesce(actor_id, actor_kind), 1, 200)",
            Self::Target => "substr(coalesce(target_id, target_name), 1, 200)",
        }
    }
}

/// A name an event uses.
pub(super) struct Named {
    pub(super) chain: String,
    pub(super) side: &'static str,
    pub(super) key: String,
    pub(super) name: String,
}

/// The two names of an event: who did it, and what it is about.
pub(super) fn names(row: &AuditRow) -> [Named; 2] {
    let cut = |text: &str, letters: usize| text.chars().take(letters).collect::<String>();
    let named = |side: Side, id: Option<&str>, instead: &str, name: String| Named {
        chain: row.chain.clone(),
        side: side.word(),
        key: cut(id.unwrap_or(instead), KEY),
        name: cut(&text::fold(&name), NAME),
    };
    let email = row.actor_email.as_deref().unwrap_or_default();
    let actor = format!("{} {email}", row.actor_name);
    [
        named(Side::Actor, row.actor_id.as_deref(), &row.actor_kind, actor.trim_end().to_owned()),
        named(Side::Target, row.target_id.as_deref(), &row.target_name, row.target_name.clone()),
    ]
}

/// What a typed text narrows the events to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Narrow {
    /// Nothing was typed.
    Not,
    /// To these keys, [`FEW`] at most; none means no event.
    Keys(Vec<String>),
    /// To whatever has this folded text in its name.
    Text(String),
}

impl Tx {
    /// What a text typed for one side means: an id, a few names, or many.
    pub(super) async fn narrow(&mut self, chain: Option<&str>, side: Side, typed: &str) -> Result<Narrow> {
        if typed.is_empty() {
            return Ok(Narrow::Not);
        }
        if uuid::Uuid::try_parse(typed).is_ok() {
            return Ok(Narrow::Keys(vec![typed.to_ascii_lowercase()]));
        }
        let folded = text::fold(typed);
        if folded.chars().count() < SHORTEST {
            return Ok(Narrow::Text(folded));
        }
        let statement = self.names_statement(chain, side, &folded);
        let keys: Vec<(String,)> = self.rows(&statement).await?;
        if keys.len() > FEW {
            return Ok(Narrow::Text(folded));
        }
        Ok(Narrow::Keys(keys.into_iter().map(|(key,)| key).collect()))
    }

    pub(super) fn names_statement(&self, chain: Option<&str>, side: Side, folded: &str) -> Statement {
        let mut statement = Statement::default();
        let found = dialect::names_containing(self.backend(), &mut statement, folded);
        let side = statement.bind(side.word());
        statement.push(&format!("SELECT DISTINCT n.key FROM {found} AND n.side = {side}"));
        if let Some(chain) = chain {
            let chain = statement.bind(chain);
            statement.push(&format!(" AND n.chain = {chain}"));
        }
        statement.push(&format!(" LIMIT {}", FEW + 1));
        statement
    }

    /// Remembers the names of an event.
    pub(super) async fn remember_names(&mut self, row: &AuditRow) -> Result<()> {
        let [actor, target] = names(row);
        execute!(
            self,
            "INSERT INTO audit_names (chain, side, key, name) VALUES ($1, $2, $3, $4), ($1, $5, $6, $7)
             ON CONFLICT (chain, side, key, name) DO NOTHING",
            &actor.chain,
            actor.side,
            &actor.key,
            &actor.name,
            target.side,
            &target.key,
            &target.name
        )?;
        Ok(())
    }
}
