//! The outbox: letters wait here in the transaction of the change they tell about, until a worker
//! that holds a lease has delivered them or given them up (product contract section 5, security
//! contract S94, S95). What a letter says, and where it goes, is sealed; it is forgotten as soon as
//! it need not be sent any more.

use serde::{Deserialize, Serialize};

use super::{
    Result, StoreError, Tx, dialect,
    guards::json_list,
    query::{execute, fetch_all, fetch_one, scalar_one},
};
use crate::{
    domain::{
        entropy::Entropy,
        ids::{MailId, OrganizationId, UserId},
        mail::{LetterKind, MailState, retry_after},
        text::Email,
        time::Timestamp,
        users::UnknownWord,
    },
    keys::{KeyError, Keyring},
};

/// The place a letter is sealed for, with the id of the mail as row.
pub(super) const FIELD: &str = "mail.letter";
/// Longest reason kept for a failed delivery, in characters.
const LONGEST_REASON: usize = 400;

/// A letter on its way into the outbox, finished to the last byte.
#[derive(Debug)]
pub struct NewMail<'a> {
    /// Its id; also that of the sealed letter.
    pub id: MailId,
    /// The Message-ID header, the same for every repeat.
    pub message_id: &'a str,
    /// Which letter it is.
    pub kind: LetterKind,
    /// To whom.
    pub to: &'a Email,
    /// On whose row a failure shows.
    pub member: Option<(OrganizationId, UserId)>,
    /// Address of the sender, for the envelope.
    pub sender: &'a str,
    /// The whole message (RFC 5322).
    pub message: &'a str,
    /// When it was written.
    pub created_at: Timestamp,
    /// From then on it is not worth sending.
    pub expires_at: Timestamp,
}

/// What the seal keeps together: who can only write to the database can neither read a letter nor
/// have it sent elsewhere.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SealedLetter {
    /// Envelope sender.
    pub from: String,
    /// Envelope recipient.
    pub to: String,
    /// The whole message (RFC 5322).
    pub message: String,
}

/// A mail a worker may send until `held_until`.
pub struct LeasedMail {
    /// Its id.
    pub id: MailId,
    /// Which letter it is.
    pub kind: LetterKind,
    /// When it was written.
    pub created_at: Timestamp,
    /// From then on it is not worth sending.
    pub expires_at: Timestamp,
    /// End of the lease, which also proves that it is still ours.
    pub held_until: Timestamp,
    /// Failed deliveries so far.
    pub failures: i64,
    /// Whose row shows a failure.
    pub member: Option<(OrganizationId, UserId)>,
    /// What to send, unless the seal does not open.
    pub letter: std::result::Result<SealedLetter, KeyError>,
}

/// The queue as a whole, for metrics.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MailQueue {
    /// Mails to be sent.
    pub waiting: i64,
    /// Age of the oldest of them; 0 when there is none.
    pub oldest_seconds: i64,
}

#[derive(sqlx::FromRow)]
struct LeasedRow {
    id: MailId,
    kind: String,
    created_at: Timestamp,
    expires_at: Timestamp,
    due_at: Timestamp,
    attempts: i64,
    organization_id: Option<OrganizationId>,
    user_id: Option<UserId>,
    letter: Vec<u8>,
}

impl LeasedRow {
    fn opened(self, keyring: &Keyring) -> Result<LeasedMail> {
        let kind = self.kind.parse().map_err(|error: UnknownWord| StoreError::damaged(error.to_string()))?;
        Ok(LeasedMail {
            id: self.id,
            kind,
            created_at: self.created_at,
            expires_at: self.expires_at,
            held_until: self.due_at,
            failures: self.attempts,
            member: self.organization_id.zip(self.user_id),
            letter: open(keyring, self.id, &self.letter),
        })
    }
}

fn open(keyring: &Keyring, id: MailId, sealed: &[u8]) -> std::result::Result<SealedLetter, KeyError> {
    let opened = keyring.open(FIELD, &id.to_string(), sealed)?;
    serde_json::from_slice(&opened).map_err(|_| KeyError::Damaged)
}

impl Tx {
    /// Queues a letter in this transaction. A new activation letter takes back those that wait for
    /// the same member, whose links it has killed, and clears "Email failed".
    pub async fn enqueue(&mut self, mail: &NewMail<'_>) -> Result<()> {
        if let (true, Some((organization, user))) = (mail.kind.activates(), mail.member) {
            self.withdraw_activations(organization, user).await?;
            self.set_mail_failed((organization, user), mail.created_at, false).await?;
        }
        let letter = serde_json::to_vec(&SealedLetter {
            from: mail.sender.to_owned(),
            to: mail.to.as_str().to_owned(),
            message: mail.message.to_owned(),
        })?;
        let sealed = self.seal(FIELD, &mail.id.to_string(), &letter).await?;
        execute!(
            self,
            "INSERT INTO mails (id, message_id, kind, organization_id, user_id, recipient, letter, created_at,
                 expires_at, due_at, attempts, state)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $8, 0, 'queued')",
            mail.id,
            mail.message_id,
            mail.kind.key(),
            mail.member.map(|(organization, _)| organization),
            mail.member.map(|(_, user)| user),
            mail.to.as_str(),
            &sealed,
            mail.created_at,
            mail.expires_at
        )?;
        Ok(())
    }

    /// Takes back the activation letters that wait for a member: their links lead nowhere any
    /// more. For a cancelled or replaced invitation.
    pub async fn withdraw_activations(&mut self, organization: OrganizationId, user: UserId) -> Result<()> {
        let kinds = json_list(LetterKind::ACTIVATIONS.iter().map(|kind| kind.key()));
        execute!(
            self,
            "DELETE FROM mails WHERE organization_id = $1 AND user_id = $2 AND state = 'queued'
             AND kind IN (SELECT value FROM json_each($3))",
            organization,
            user,
            &kinds
        )?;
        Ok(())
    }

    /// Takes at most `limit` due mails until `until`; nobody else gets them before that. A lease
    /// that runs out makes its mail due again.
    pub async fn lease_due(&mut self, now: Timestamp, until: Timestamp, limit: usize) -> Result<Vec<LeasedMail>> {
        let sql = dialect::lease_due_mails(self.backend());
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        let rows = fetch_all!(self, LeasedRow, sql, now, until, limit)?;
        rows.into_iter().map(|row| row.opened(&self.keyring)).collect()
    }

    /// Holds a lease until another moment: later to go on, `now` to give it back. Says whether it
    /// was still ours.
    pub async fn hold_mail(&mut self, id: MailId, held_until: Timestamp, until: Timestamp) -> Result<bool> {
        let held = execute!(
            self,
            "UPDATE mails SET due_at = $3 WHERE id = $1 AND due_at = $2 AND state = 'queued'",
            id,
            held_until,
            until
        )?;
        Ok(held == 1)
    }

    /// The mail is delivered: its text is forgotten, and its member's row no longer says "Email
    /// failed". Holds whatever became of the lease, because the other side has the mail.
    pub async fn mark_sent(&mut self, mail: &LeasedMail) -> Result<()> {
        execute!(
            self,
            "UPDATE mails SET state = 'sent', letter = $2, last_error = NULL
             WHERE id = $1 AND state IN ('queued', 'failed')",
            mail.id,
            Vec::<u8>::new()
        )?;
        match mail.member {
            Some(member) => self.set_mail_failed(member, mail.created_at, false).await,
            None => Ok(()),
        }
    }

    /// The delivery failed this time: due again after the next pause, or given up when the letter
    /// has expired by then. Says which.
    pub async fn mark_retry(&mut self, mail: &LeasedMail, now: Timestamp, reason: &str) -> Result<MailState> {
        let due_at = now.plus(retry_after(mail.failures + 1));
        if due_at >= mail.expires_at {
            self.mark_failed(mail, reason).await?;
            return Ok(MailState::Failed);
        }
        execute!(
            self,
            "UPDATE mails SET due_at = $3, attempts = attempts + 1, last_error = $4
             WHERE id = $1 AND due_at = $2 AND state = 'queued'",
            mail.id,
            mail.held_until,
            due_at,
            shortened(reason)
        )?;
        Ok(MailState::Queued)
    }

    /// The mail is given up: its text is forgotten, and the row of the member it was for says
    /// "Email failed" unless something newer was sent there.
    pub async fn mark_failed(&mut self, mail: &LeasedMail, reason: &str) -> Result<()> {
        let failed = execute!(
            self,
            "UPDATE mails SET state = 'failed', letter = $3, attempts = attempts + 1, last_error = $4
             WHERE id = $1 AND due_at = $2 AND state = 'queued'",
            mail.id,
            mail.held_until,
            Vec::<u8>::new(),
            shortened(reason)
        )?;
        match mail.member {
            Some(member) if failed == 1 => self.set_mail_failed(member, mail.created_at, true).await,
            _ => Ok(()),
        }
    }

    /// Sets "Email failed" on a member's row, unless a newer mail decides about it.
    async fn set_mail_failed(
        &mut self,
        (organization, user): (OrganizationId, UserId),
        created_at: Timestamp,
        failed: bool,
    ) -> Result<()> {
        execute!(
            self,
            "UPDATE memberships SET mail_failed = $4
             WHERE organization_id = $1 AND user_id = $2 AND mail_failed <> $4
               AND NOT EXISTS (SELECT 1 FROM mails newer
                   WHERE newer.organization_id = $1 AND newer.user_id = $2 AND newer.created_at > $3)",
            organization,
            user,
            created_at,
            failed
        )?;
        Ok(())
    }

    /// How far the newest activation letter of each of these members has come; members without one
    /// are left out. Tells the invitation results whether the mail server has refused by now.
    pub async fn mail_states(
        &mut self,
        organization: OrganizationId,
        users: &[UserId],
    ) -> Result<Vec<(UserId, MailState)>> {
        let kinds = json_list(LetterKind::ACTIVATIONS.iter().map(|kind| kind.key()));
        let users = json_list(users.iter().map(ToString::to_string));
        let rows = fetch_all!(
            self,
            (UserId, String),
            "SELECT m.user_id, m.state FROM mails m
             WHERE m.organization_id = $1 AND m.user_id IN (SELECT value FROM json_each($2))
               AND m.kind IN (SELECT value FROM json_each($3))
             ORDER BY m.created_at, m.id",
            organization,
            &users,
            &kinds
        )?;
        let mut states: Vec<(UserId, MailState)> = Vec::with_capacity(rows.len());
        for (user, state) in rows {
            let state = state.parse().map_err(|error: UnknownWord| StoreError::damaged(error.to_string()))?;
            states.retain(|(known, _)| *known != user);
            states.push((user, state));
        }
        Ok(states)
    }

    /// When the next mail is due, in the past when one waits already.
    pub async fn next_mail_due(&mut self) -> Result<Option<Timestamp>> {
        let due = scalar_one!(self, Option<Timestamp>, "SELECT min(due_at) FROM mails WHERE state = 'queued'")?;
        Ok(due)
    }

    /// Length and age of the queue (security contract S95).
    pub async fn mail_queue(&mut self, now: Timestamp) -> Result<MailQueue> {
        let (waiting, oldest_at) = fetch_one!(
            self,
            (i64, Option<Timestamp>),
            "SELECT count(*), min(created_at) FROM mails WHERE state = 'queued'"
        )?;
        let oldest_seconds = oldest_at.map_or(0, |oldest_at| oldest_at.seconds_until(now));
        Ok(MailQueue { waiting, oldest_seconds })
    }

    /// Forgets to whom mails went that were sent or given up and written before this moment; says
    /// how many.
    pub async fn forget_mails(&mut self, before: Timestamp) -> Result<u64> {
        // Ids sort by time, so the primary key finds the old ones.
        let first_kept = MailId::new(before, &Zeros);
        let forgotten = execute!(self, "DELETE FROM mails WHERE id < $1 AND state IN ('sent', 'failed')", first_kept)?;
        Ok(forgotten)
    }
}

/// Makes the smallest id of a moment.
struct Zeros;

impl Entropy for Zeros {
    fn fill(&self, bytes: &mut [u8]) {
        bytes.fill(0);
    }
}

fn shortened(reason: &str) -> String {
    reason.chars().take(LONGEST_REASON).collect()
}
