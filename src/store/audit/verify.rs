//! Proving the log: an event as the texts its hash covers, an export on its own, a chain up to its signed head.

use serde::{Deserialize, Serialize};
use serde_json::json;

use super::{AuditRow, GENESIS, head_signature, hexadecimal};
use crate::{
    keys::DataKeys,
    store::{
        Result, Tx,
        query::{fetch_all, fetch_optional, scalar_all},
    },
};

const PAGE: i64 = 1000;

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
    pub(super) fn expected_hash(&self, keys: &DataKeys, previous: &[u8]) -> [u8; 32] {
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

    /// The chain it belongs to: the first word of the organization.
    fn chain(&self) -> String {
        self.organization.split(' ').next().unwrap_or_default().to_owned()
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

fn from_hexadecimal(text: &str) -> Option<Vec<u8>> {
    let digits = text.as_bytes().chunks(2).map(|pair| {
        std::str::from_utf8(pair).ok().filter(|pair| pair.len() == 2).and_then(|pair| u8::from_str_radix(pair, 16).ok())
    });
    digits.collect()
}

impl Tx {
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
