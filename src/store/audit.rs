//! The audit log: one hash chain per organization and one for the installation. Every event carries a keyed hash over
//! its fields and the hash before it, so an edited, removed or reordered event shows, and the signed head beside the
//! chain shows a cut tail (product contract section 5, S83).

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{
    Result, Tx,
    query::{execute, fetch_all, fetch_one, fetch_optional, scalar_all},
};
use crate::{
    domain::{
        audit::{AuditEvent, Occasion},
        ids::EventId,
        time::Timestamp,
    },
    keys::DataKeys,
};

/// The chain of events that belong to no organization.
pub const INSTALLATION_CHAIN: &str = "installation";

const GENESIS: [u8; 32] = [0; 32];
const PAGE: i64 = 1000;

/// An event as it stands in the log.
#[derive(Debug, Clone, sqlx::FromRow)]
pub struct AuditRow {
    /// Organization id, or [`INSTALLATION_CHAIN`].
    pub chain: String,
    /// Gap-free, from 1.
    pub number: i64,
    /// The event's own id.
    pub id: EventId,
    /// When it happened.
    pub at: Timestamp,
    /// Stable key.
    pub action: String,
    /// `user`, `token`, `system` or `nobody`.
    pub actor_kind: String,
    /// Id of the actor.
    pub actor_id: Option<String>,
    /// Name of the actor at the time.
    pub actor_name: String,
    /// Address of the actor at the time.
    pub actor_email: Option<String>,
    /// What the event is about.
    pub target_kind: String,
    /// Its id.
    pub target_id: Option<String>,
    /// Its name at the time.
    pub target_name: String,
    /// The organization's name at the time; empty for the installation.
    pub organization: String,
    /// Client address.
    pub address: Option<String>,
    /// Request id.
    pub request_id: Option<String>,
    /// Changed fields before, a JSON object.
    pub before: String,
    /// Changed fields after, a JSON object.
    pub after: String,
    /// Hash of the event before.
    pub previous_hash: Vec<u8>,
    /// Hash of this event.
    pub hash: Vec<u8>,
}

/// The last event of a chain, signed.
#[derive(Debug, Clone)]
pub struct AuditHead {
    /// Which chain.
    pub chain: String,
    /// Its last number.
    pub number: i64,
    /// The signature over number and hash, in hexadecimal.
    pub signature: String,
}

/// Where a chain stops being what was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BrokenChain {
    /// Which chain.
    pub chain: String,
    /// Number of the first bad event.
    pub number: i64,
    /// Its id, where there is an event to name.
    pub id: Option<String>,
    /// What is wrong with it.
    pub what: &'static str,
}

/// An event as the texts of an export's columns. The hash covers exactly these, so an export can be proved as well as the
/// database, and every column of the database is in one of them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuditRecord {
    /// When, to the microsecond, RFC 3339.
    pub time: String,
    /// Number in the chain.
    pub number: i64,
    /// The event's own id.
    pub id: String,
    /// Kind, id, name and address of who did it.
    pub actor: String,
    /// Stable key.
    pub action: String,
    /// Kind, id and name of what it is about.
    pub target: String,
    /// Name and id of the organization; the word `installation` for what belongs to none.
    pub organization: String,
    /// Client address.
    pub address: String,
    /// Request id.
    #[serde(rename = "request id")]
    pub request_id: String,
    /// Changed fields before.
    pub before: String,
    /// Changed fields after.
    pub after: String,
    /// The hash, in hexadecimal.
    pub hash: String,
}

impl AuditRecord {
    /// The columns of an export (product contract 8.25).
    pub const COLUMNS: [&str; 12] = [
        "time",
        "number",
        "id",
        "actor",
        "action",
        "target",
        "organization",
        "address",
        "request id",
        "before",
        "after",
        "hash",
    ];

    /// The cells of its line, in the order of the columns.
    pub fn cells(self) -> [String; 12] {
        [
            self.time,
            self.number.to_string(),
            self.id,
            self.actor,
            self.action,
            self.target,
            self.organization,
            self.address,
            self.request_id,
            self.before,
            self.after,
            self.hash,
        ]
    }

    /// The hash this event must carry after `previous`.
    fn expected_hash(&self, keys: &DataKeys, previous: &[u8]) -> [u8; 32] {
        let fields = json!([
            self.time,
            self.number,
            self.id,
            self.actor,
            self.action,
            self.target,
            self.organization,
            self.address,
            self.request_id,
            self.before,
            self.after,
        ]);
        let mut message = previous.to_vec();
        message.extend_from_slice(fields.to_string().as_bytes());
        keys.audit_hash(&message)
    }
}

impl From<&AuditRow> for AuditRecord {
    fn from(row: &AuditRow) -> Self {
        let id = |id: &Option<String>| id.as_deref().map_or_else(String::new, |id| format!(" {id}"));
        let email = row.actor_email.as_deref().map_or_else(String::new, |email| format!(" <{email}>"));
        Self {
            time: row.at.rfc3339_micros(),
            number: row.number,
            id: row.id.to_string(),
            actor: format!("{}{} {}{email}", row.actor_kind, id(&row.actor_id), row.actor_name),
            action: row.action.clone(),
            target: format!("{}{} {}", row.target_kind, id(&row.target_id), row.target_name),
            organization: format!("{} {}", row.chain, row.organization).trim_end().to_owned(),
            address: row.address.clone().unwrap_or_default(),
            request_id: row.request_id.clone().unwrap_or_default(),
            before: row.before.clone(),
            after: row.after.clone(),
            hash: hexadecimal(&row.hash),
        }
    }
}

/// Proves the records of an export, each organization's on its own. A chain may begin in its middle, as one does whose
/// beginning was filtered away; from there on nothing may be missing. Gives the number of events.
///
/// # Errors
/// The first record that is not what was written.
pub fn verify_records(keys: &DataKeys, mut records: Vec<AuditRecord>) -> std::result::Result<i64, BrokenChain> {
    records.sort_by(|one, other| (&one.chain(), one.number).cmp(&(&other.chain(), other.number)));
    let mut last: Option<(String, i64, Vec<u8>)> = None;
    for record in &records {
        let chain = record.chain();
        let broken =
            |what| BrokenChain { chain: chain.clone(), number: record.number, id: Some(record.id.clone()), what };
        let hash = from_hexadecimal(&record.hash).ok_or_else(|| broken("its hash cannot be read"))?;
        let previous = match last.take() {
            Some((before, number, hash)) if before == chain => {
                if record.number != number + 1 {
                    return Err(broken("an event before it is missing"));
                }
                Some(hash)
            }
            _ if record.number == 1 => Some(GENESIS.to_vec()),
            _ => None,
        };
        if previous.is_some_and(|previous| hash != record.expected_hash(keys, &previous)) {
            return Err(broken("it was altered"));
        }
        last = Some((chain, record.number, hash));
    }
    Ok(i64::try_from(records.len()).unwrap_or(i64::MAX))
}

impl AuditRecord {
    /// The chain it belongs to: the first word of the organization.
    fn chain(&self) -> String {
        self.organization.split(' ').next().unwrap_or_default().to_owned()
    }
}

fn from_hexadecimal(text: &str) -> Option<Vec<u8>> {
    let digits = text.as_bytes().chunks(2).map(|pair| {
        std::str::from_utf8(pair).ok().filter(|pair| pair.len() == 2).and_then(|pair| u8::from_str_radix(pair, 16).ok())
    });
    digits.collect()
}

/// The signature over the last number and hash of a chain.
fn head_signature(keys: &DataKeys, chain: &str, number: i64, hash: &[u8]) -> [u8; 32] {
    let mut message = json!(["head", chain, number]).to_string().into_bytes();
    message.extend_from_slice(hash);
    keys.audit_hash(&message)
}

/// The chain an event belongs to.
pub(super) fn chain_of(event: &AuditEvent) -> String {
    event.scope.as_ref().map_or_else(|| INSTALLATION_CHAIN.to_owned(), |scope| scope.id.to_string())
}

impl Tx {
    /// Appends an event to its chain, in this transaction: change and evidence are kept or lost together.
    pub(crate) async fn record(&mut self, event: AuditEvent, occasion: &Occasion) -> Result<()> {
        self.record_next(event, occasion).await.map_err(|error| super::StoreError::Unrecorded(Box::new(error)))
    }

    async fn record_next(&mut self, event: AuditEvent, occasion: &Occasion) -> Result<()> {
        let last = self.hold_head(&chain_of(&event)).await?;
        let row = self.chained(event, occasion, last);
        self.append(&row).await
    }

    /// The row that follows the event of this number and hash.
    pub(super) fn chained(
        &self,
        event: AuditEvent,
        occasion: &Occasion,
        (last, previous_hash): (i64, Vec<u8>),
    ) -> AuditRow {
        let mut row = AuditRow {
            chain: chain_of(&event),
            number: last + 1,
            id: EventId::new(occasion.now, occasion.entropy.as_ref()),
            at: occasion.now,
            action: event.action.key().to_owned(),
            actor_kind: event.actor.kind().to_owned(),
            actor_id: event.actor.id(),
            actor_name: event.actor.shown(),
            actor_email: event.actor.email().map(str::to_owned),
            target_kind: event.target.kind.to_owned(),
            target_id: event.target.id,
            target_name: event.target.name,
            organization: event.scope.map(|scope| scope.name).unwrap_or_default(),
            address: occasion.address.clone(),
            request_id: occasion.request_id.clone(),
            before: object(&event.before),
            after: object(&event.after),
            previous_hash,
            hash: Vec::new(),
        };
        row.hash = AuditRecord::from(&row).expected_hash(&self.keys, &row.previous_hash).to_vec();
        row
    }

    /// Locks the chain's head for this transaction and reads it; a new chain starts at number 0.
    pub(super) async fn hold_head(&mut self, chain: &str) -> Result<(i64, Vec<u8>)> {
        let signature = head_signature(&self.keys, chain, 0, &GENESIS);
        let (number, hash, signed) = fetch_one!(
            self,
            (i64, Vec<u8>, Vec<u8>),
            "INSERT INTO audit_heads (chain, number, hash, signature) VALUES ($1, 0, $2, $3)
             ON CONFLICT (chain) DO UPDATE SET number = audit_heads.number
             RETURNING number, hash, signature",
            chain,
            &GENESIS[..],
            &signature[..]
        )?;
        if signed != head_signature(&self.keys, chain, number, &hash) {
            // Somebody altered the head, which the next proof will tell, or our keys are not those of the chain.
            self.expect_same_keys().await?;
        }
        Ok((number, hash))
    }

    async fn append(&mut self, row: &AuditRow) -> Result<()> {
        execute!(
            self,
            "INSERT INTO audit_events (chain, number, id, at, action, actor_kind, actor_id, actor_name, actor_email,
                 target_kind, target_id, target_name, organization, address, request_id, before, after,
                 previous_hash, hash)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19)",
            &row.chain,
            row.number,
            row.id,
            row.at,
            &row.action,
            &row.actor_kind,
            &row.actor_id,
            &row.actor_name,
            &row.actor_email,
            &row.target_kind,
            &row.target_id,
            &row.target_name,
            &row.organization,
            &row.address,
            &row.request_id,
            &row.before,
            &row.after,
            &row.previous_hash,
            &row.hash
        )?;
        self.remember_names(row).await?;
        self.move_head(row).await
    }

    /// The event becomes the last of its chain.
    pub(super) async fn move_head(&mut self, row: &AuditRow) -> Result<()> {
        let signature = head_signature(&self.keys, &row.chain, row.number, &row.hash);
        execute!(
            self,
            "UPDATE audit_heads SET number = $2, hash = $3, signature = $4 WHERE chain = $1",
            &row.chain,
            row.number,
            &row.hash,
            &signature[..]
        )?;
        Ok(())
    }

    /// The signed heads of all chains.
    pub async fn audit_heads(&mut self) -> Result<Vec<AuditHead>> {
        let rows = fetch_all!(
            self,
            (String, i64, Vec<u8>),
            "SELECT chain, number, signature FROM audit_heads ORDER BY chain"
        )?;
        let head = |(chain, number, signature): (String, i64, Vec<u8>)| AuditHead {
            chain,
            number,
            signature: hexadecimal(&signature),
        };
        Ok(rows.into_iter().map(head).collect())
    }

    /// Every chain there is, events or head.
    pub async fn audit_chains(&mut self) -> Result<Vec<String>> {
        let chains = scalar_all!(
            self,
            String,
            "SELECT chain FROM audit_heads UNION SELECT DISTINCT chain FROM audit_events ORDER BY chain"
        )?;
        Ok(chains)
    }

    /// The events of a chain after `number`, in order, at most 1000.
    pub async fn audit_page(&mut self, chain: &str, number: i64) -> Result<Vec<AuditRow>> {
        let rows = fetch_all!(
            self,
            AuditRow,
            "SELECT * FROM audit_events WHERE chain = $1 AND number > $2 ORDER BY number LIMIT $3",
            chain,
            number,
            PAGE
        )?;
        Ok(rows)
    }

    /// Proves a chain from its first event to its signed head; gives the number of events, or the first bad one.
    pub async fn verify_chain(&mut self, chain: &str) -> Result<std::result::Result<i64, BrokenChain>> {
        let (mut number, mut hash) = (0, GENESIS.to_vec());
        loop {
            let page = self.audit_page(chain, number).await?;
            if page.is_empty() {
                break;
            }
            for row in page {
                let broken = |what| {
                    let id = Some(row.id.to_string());
                    Ok(Err(BrokenChain { chain: chain.to_owned(), number: row.number, id, what }))
                };
                if row.number != number + 1 {
                    return broken("an event before it is missing");
                }
                if row.previous_hash != hash {
                    return broken("it does not follow the event before it");
                }
                if row.hash != AuditRecord::from(&row).expected_hash(&self.keys, &hash) {
                    return broken("it was altered");
                }
                number = row.number;
                hash.clone_from(&row.hash);
            }
        }
        self.verify_head(chain, number, &hash).await
    }

    async fn verify_head(
        &mut self,
        chain: &str,
        number: i64,
        hash: &[u8],
    ) -> Result<std::result::Result<i64, BrokenChain>> {
        let head = fetch_optional!(
            self,
            (i64, Vec<u8>, Vec<u8>),
            "SELECT number, hash, signature FROM audit_heads WHERE chain = $1",
            chain
        )?;
        let broken = |number, what| Ok(Err(BrokenChain { chain: chain.to_owned(), number, id: None, what }));
        let Some((head_number, head_hash, signature)) = head else {
            return broken(number, "the signed head of the chain is missing");
        };
        if signature != head_signature(&self.keys, chain, head_number, &head_hash) {
            return broken(head_number, "the head of the chain was altered");
        }
        if head_number != number || head_hash != hash {
            return broken(number + 1, "the end of the chain was cut off");
        }
        Ok(Ok(number))
    }
}

pub(super) fn hexadecimal(bytes: &[u8]) -> String {
    use std::fmt::Write;
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// Before and after are kept as the text that was hashed, never re-serialized.
fn object(value: &Value) -> String {
    value.to_string()
}
