//! The audit log: one hash chain per organization and one for the installation. Every event carries a keyed hash over
//! its fields and the hash before it, so an edited, removed or reordered event shows, and the signed head beside the
//! chain shows a cut tail (product contract section 5, S83).

mod verify;

pub use verify::{AuditHead, AuditRecord, BrokenChain, verify_records};

use serde_json::{Value, json};

use super::{
    Result, Tx,
    query::{execute, fetch_one},
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
