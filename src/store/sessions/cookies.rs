//! The session store behind the cookie layer: what it reads and writes is the values of one cookie's session.

use std::{collections::HashMap, fmt, sync::Arc};

use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use tower_sessions::{
    SessionStore,
    session::{Id, Record},
    session_store,
};

use crate::{
    domain::{
        audit::{AuditAction, AuditActor, AuditEvent, AuditTarget, Occasion},
        entropy::Entropy,
        ids::{OrganizationId, SessionId, UserId},
        session::{EndReason, SessionLimit, Stage},
        text,
        time::{Clock, Timestamp},
    },
    store::{
        Db, Result, StoreError, Tx,
        query::{execute, fetch_optional, scalar_optional},
    },
};

/// Key under which [`SignedIn`] stands in the session's values.
pub const SIGNED_IN: &str = "signed_in";
/// Key that marks the session of somebody who is not signed in.
pub const ANONYMOUS: &str = "anonymous";
/// Key under which the reason stands why this session ended.
pub const ENDED: &str = "ended";

/// Whose session it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SignedIn {
    /// The id people see; not the one in the cookie.
    pub session: SessionId,
    /// The user.
    pub user: UserId,
    /// The organization shown now.
    pub organization: Option<OrganizationId>,
    /// How far the sign-in has come.
    pub stage: Stage,
    /// The user's session epoch at sign-in.
    pub epoch: i64,
    /// Start of the session, from which the absolute limit counts.
    pub signed_in_at: Timestamp,
    /// Last activity known when the session was read.
    pub last_active_at: Timestamp,
    /// Client address at sign-in.
    pub address: String,
    /// Browser and system at sign-in.
    pub device: String,
}

#[derive(sqlx::FromRow)]
struct StoredSession {
    id: SessionId,
    user_id: UserId,
    organization_id: Option<OrganizationId>,
    stage: String,
    epoch: i64,
    signed_in_at: Timestamp,
    last_active_at: Timestamp,
    address: String,
    device: String,
    extras: String,
    current_epoch: i64,
    email: String,
    display_name: String,
}

/// The hash under which a cookie's identifier is stored.
fn hash(id: Id) -> [u8; 32] {
    Sha256::digest(id.0.to_be_bytes()).into()
}

/// The session store the cookie layer works with.
#[derive(Clone)]
pub struct Sessions {
    db: Db,
    clock: Arc<dyn Clock>,
    entropy: Arc<dyn Entropy>,
}

impl fmt::Debug for Sessions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sessions").finish_non_exhaustive()
    }
}

impl Sessions {
    /// Sessions of this database, judged by this clock.
    pub fn new(db: Db, clock: Arc<dyn Clock>, entropy: Arc<dyn Entropy>) -> Self {
        Self { db, clock, entropy }
    }

    async fn find(&self, id: Id) -> Result<HashMap<String, Value>> {
        let now = self.clock.now();
        let key = hash(id);
        let mut tx = self.db.begin_read().await?;
        let Some(stored) = tx.stored_session(&key).await? else {
            let mut values = tx.anonymous_values(&key).await?;
            match tx.end_reason(&key).await? {
                Some(reason) => values.insert(ENDED.to_owned(), json!(reason)),
                None => values.insert(ANONYMOUS.to_owned(), json!(true)),
            };
            return Ok(values);
        };
        drop(tx);
        if let Some(reason) = stored.over(now)? {
            self.end(&key, &stored, reason, now).await?;
            return Ok(HashMap::from([(ENDED.to_owned(), json!(reason.key()))]));
        }
        let mut values: HashMap<String, Value> = serde_json::from_str(&stored.extras)?;
        values.insert(SIGNED_IN.to_owned(), serde_json::to_value(stored.signed_in()?)?);
        Ok(values)
    }

    async fn end(&self, key: &[u8], stored: &StoredSession, reason: EndReason, now: Timestamp) -> Result<()> {
        let occasion = Occasion { now, entropy: self.entropy.clone(), address: None, request_id: None };
        let mut tx = self.db.begin_write().await?;
        if tx.remove_session(key, reason, now).await? && reason == EndReason::Idle {
            let name = text::shown_name(Some(&stored.display_name), &stored.email);
            let event = AuditEvent::new(
                AuditAction::SessionIdleEnded,
                AuditActor::System,
                AuditTarget::user(stored.user_id, name, &stored.email),
                tx.scope(stored.organization_id).await?,
            );
            let details = json!({ "device": stored.device, "last_active": stored.last_active_at.rfc3339() });
            tx.record(event.before(details), &occasion).await?;
        }
        tx.commit().await
    }

    async fn add(&self, id: Id, values: &HashMap<String, Value>) -> Result<()> {
        let Some(signed_in) = values.get(SIGNED_IN) else { return self.keep(id, values).await };
        let signed_in: SignedIn = serde_json::from_value(signed_in.clone())?;
        let mut tx = self.db.begin_write().await?;
        tx.add_session(&hash(id), &signed_in, &extras(values)?).await?;
        tx.commit().await
    }

    /// Writes nothing for a browser there is nothing to tell.
    async fn keep(&self, id: Id, values: &HashMap<String, Value>) -> Result<()> {
        if rest(values).is_empty() {
            return Ok(());
        }
        let mut tx = self.db.begin_write().await?;
        tx.keep_anonymous(&hash(id), &extras(values)?, self.clock.now()).await?;
        tx.commit().await
    }

    async fn change(&self, id: Id, values: &HashMap<String, Value>) -> Result<()> {
        let Some(signed_in) = values.get(SIGNED_IN) else { return self.keep(id, values).await };
        let signed_in: SignedIn = serde_json::from_value(signed_in.clone())?;
        let mut tx = self.db.begin_write().await?;
        tx.change_session(&hash(id), &signed_in, &extras(values)?).await?;
        tx.commit().await
    }
}

impl StoredSession {
    /// Why the session is over at this moment, if it is.
    fn over(&self, now: Timestamp) -> Result<Option<EndReason>> {
        let stage = self.stage()?;
        if self.epoch != self.current_epoch {
            return Ok(Some(EndReason::Ended));
        }
        Ok(SessionLimit::reached(stage, self.signed_in_at, self.last_active_at, now))
    }

    fn stage(&self) -> Result<Stage> {
        self.stage.parse().map_err(|error| StoreError::Broken(Box::new(error)))
    }

    fn signed_in(&self) -> Result<SignedIn> {
        Ok(SignedIn {
            session: self.id,
            user: self.user_id,
            organization: self.organization_id,
            stage: self.stage()?,
            epoch: self.epoch,
            signed_in_at: self.signed_in_at,
            last_active_at: self.last_active_at,
            address: self.address.clone(),
            device: self.device.clone(),
        })
    }
}

/// Everything but what is said by the rows themselves.
fn rest(values: &HashMap<String, Value>) -> HashMap<&String, &Value> {
    values.iter().filter(|(key, _)| ![SIGNED_IN, ANONYMOUS, ENDED].contains(&key.as_str())).collect()
}

fn extras(values: &HashMap<String, Value>) -> Result<String> {
    Ok(serde_json::to_string(&rest(values))?)
}

#[expect(clippy::needless_pass_by_value, reason = "made for map_err")]
fn failed(error: StoreError) -> session_store::Error {
    session_store::Error::Backend(error.to_string())
}

#[async_trait]
impl SessionStore for Sessions {
    async fn create(&self, record: &mut Record) -> session_store::Result<()> {
        self.add(record.id, &record.data).await.map_err(failed)
    }

    async fn save(&self, record: &Record) -> session_store::Result<()> {
        self.change(record.id, &record.data).await.map_err(failed)
    }

    async fn load(&self, id: &Id) -> session_store::Result<Option<Record>> {
        let data = self.find(*id).await.map_err(failed)?;
        // The limits are judged in `find`; the library's own date must only not be in the past.
        let expiry_date = (self.clock.now().plus(crate::domain::time::days(1))).calendar();
        Ok(Some(Record { id: *id, data, expiry_date }))
    }

    async fn delete(&self, id: &Id) -> session_store::Result<()> {
        let deleted = async {
            let mut tx = self.db.begin_write().await?;
            tx.forget_session(&hash(*id)).await?;
            tx.forget_anonymous(&hash(*id)).await?;
            tx.commit().await
        };
        deleted.await.map_err(failed)
    }
}

impl Tx {
    async fn stored_session(&mut self, key: &[u8]) -> Result<Option<StoredSession>> {
        let found = fetch_optional!(
            self,
            StoredSession,
            "SELECT s.id, s.user_id, s.organization_id, s.stage, s.epoch, s.signed_in_at, s.last_active_at, s.address,
                    s.device, s.extras, u.session_epoch AS current_epoch, u.email, u.display_name
             FROM sessions s JOIN users u ON u.id = s.user_id WHERE s.id_hash = $1",
            key
        )?;
        Ok(found)
    }

    async fn end_reason(&mut self, key: &[u8]) -> Result<Option<String>> {
        let reason = scalar_optional!(self, String, "SELECT reason FROM ended_sessions WHERE id_hash = $1", key)?;
        Ok(reason)
    }

    async fn add_session(&mut self, key: &[u8], signed_in: &SignedIn, extras: &str) -> Result<()> {
        execute!(
            self,
            "INSERT INTO sessions (id_hash, id, user_id, organization_id, stage, epoch, signed_in_at, last_active_at,
                 address, device, extras)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)",
            key,
            signed_in.session,
            signed_in.user,
            signed_in.organization,
            signed_in.stage.key(),
            signed_in.epoch,
            signed_in.signed_in_at,
            signed_in.last_active_at,
            &signed_in.address,
            &signed_in.device,
            extras
        )?;
        Ok(())
    }

    /// An update and never an insert: a session that was ended meanwhile stays ended.
    async fn change_session(&mut self, key: &[u8], signed_in: &SignedIn, extras: &str) -> Result<()> {
        execute!(
            self,
            "UPDATE sessions SET organization_id = $2, stage = $3, extras = $4 WHERE id_hash = $1",
            key,
            signed_in.organization,
            signed_in.stage.key(),
            extras
        )?;
        Ok(())
    }

    async fn forget_session(&mut self, key: &[u8]) -> Result<()> {
        execute!(self, "DELETE FROM sessions WHERE id_hash = $1", key)?;
        Ok(())
    }
}
