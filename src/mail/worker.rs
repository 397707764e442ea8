//! Empties the outbox. Each mail is leased, sent and settled on its own, a few at a time, so that
//! one slow delivery holds up nobody; the lease is renewed while a delivery lasts and runs out by
//! itself when the program dies. Pages never wait for any of this (security contract S94, S95).

use std::{pin::pin, sync::Arc, time::Duration};

use tokio::{
    sync::watch,
    task::JoinSet,
    time::{Instant, interval_at, sleep, timeout},
};

use super::{
    Courier,
    transport::{SendError, Transport},
};
use crate::{
    domain::{
        ids::MailId,
        mail::MailState,
        time::{Clock, Timestamp, days},
    },
    store::{self, Db, LeasedMail},
};

/// How many mails are on their way at once.
const AT_ONCE: usize = 4;
/// A dead worker's mails are due again after this long.
const LEASE: Duration = Duration::from_secs(60);
/// How often a lease is renewed while its mail is on the way.
const RENEWAL: Duration = Duration::from_secs(20);
/// How often the queue is looked at when nothing wakes the worker: other nodes queue mails too.
const LOOK: Duration = Duration::from_secs(5);
/// How long a stop waits for mails that are on their way.
const GRACE: Duration = Duration::from_secs(10);
/// How long to insist on writing down what became of a mail while the database is away. Longer
/// than the lease is pointless: the mail is sent again then.
const SETTLE_TRIES: u32 = 60;
/// How long it is kept to whom a mail went.
const KEEP: Duration = days(30);
/// How often that is cleaned up.
const CLEAN_UP: Duration = Duration::from_secs(3600);

/// What became of the mails of one round.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Flushed {
    /// Delivered.
    pub sent: usize,
    /// To be tried again later.
    pub retried: usize,
    /// Given up.
    pub failed: usize,
}

/// Sends what the outbox holds.
#[derive(Clone)]
pub struct Worker {
    db: Db,
    courier: Courier,
    transport: Arc<Transport>,
    clock: Arc<dyn Clock>,
}

impl std::fmt::Debug for Worker {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Worker").field("transport", &self.transport).finish_non_exhaustive()
    }
}

/// What became of one mail.
enum Outcome {
    Sent,
    Later(String),
    Refused(String),
    /// The program stops; the mail is given back.
    Released,
}

impl Worker {
    /// A worker that the courier and its clones wake.
    pub fn new(db: Db, courier: Courier, transport: Arc<Transport>, clock: Arc<dyn Clock>) -> Self {
        Self { db, courier, transport, clock }
    }

    /// Works until `stop` is ready, then lets the mails on their way arrive for ten seconds and
    /// gives back the rest.
    pub async fn run(self, stop: impl Future<Output = ()>) {
        let mut stop = pin!(stop);
        let (close, closing) = watch::channel(false);
        let mut on_the_way = JoinSet::new();
        let mut cleaned_up = None;
        loop {
            let pause = self.start_due(&mut on_the_way, &closing).await;
            tokio::select! {
                () = &mut stop => break,
                Some(_) = on_the_way.join_next() => {}
                () = self.courier.woken(), if on_the_way.len() < AT_ONCE => {}
                () = sleep(pause) => self.clean_up(&mut cleaned_up).await,
            }
        }
        if timeout(GRACE, drain(&mut on_the_way)).await.is_err() {
            close.send_replace(true);
            drop(timeout(GRACE, drain(&mut on_the_way)).await);
        }
        self.transport.rest().await;
    }

    /// Sends all mails that are due at `now`, for tests and commands that must not wait.
    ///
    /// # Errors
    /// Those of the store while mails are taken from it.
    pub async fn flush_once(&self, now: Timestamp) -> store::Result<Flushed> {
        let worker = Self { clock: Arc::new(Standing(now)), ..self.clone() };
        let (_open, closing) = watch::channel(false);
        let mut flushed = Flushed::default();
        loop {
            let mails = self.lease(now, AT_ONCE).await?;
            if mails.is_empty() {
                self.transport.rest().await;
                return Ok(flushed);
            }
            let deliveries = mails.into_iter().map(|mail| worker.deliver(mail, closing.clone()));
            for state in futures::future::join_all(deliveries).await.into_iter().flatten() {
                match state {
                    MailState::Sent => flushed.sent += 1,
                    MailState::Failed => flushed.failed += 1,
                    MailState::Queued | MailState::Held => flushed.retried += 1,
                }
            }
        }
    }

    /// Puts due mails on their way as far as there is room; says how long to wait for more.
    async fn start_due(
        &self,
        on_the_way: &mut JoinSet<Option<MailState>>,
        closing: &watch::Receiver<bool>,
    ) -> Duration {
        let room = AT_ONCE.saturating_sub(on_the_way.len());
        if room == 0 {
            return LOOK;
        }
        let now = self.clock.now();
        match self.lease_if_due(now, room).await {
            Ok(mails) => {
                for mail in mails {
                    let worker = self.clone();
                    let closing = closing.clone();
                    on_the_way.spawn(async move { worker.deliver(mail, closing).await });
                }
            }
            Err(error) => tracing::warn!(%error, "the outbox cannot be read"),
        }
        if on_the_way.is_empty() {
            self.transport.rest().await;
        }
        LOOK
    }

    /// Looks before it takes: an idle outbox costs no write.
    async fn lease_if_due(&self, now: Timestamp, limit: usize) -> store::Result<Vec<LeasedMail>> {
        let due = self.db.begin_read().await?.next_mail_due().await?;
        match due {
            Some(due) if due <= now => self.lease(now, limit).await,
            _ => Ok(Vec::new()),
        }
    }

    async fn lease(&self, now: Timestamp, limit: usize) -> store::Result<Vec<LeasedMail>> {
        let mut tx = self.db.begin_write().await?;
        let mails = tx.lease_due(now, now.plus(LEASE), limit).await?;
        tx.commit().await?;
        Ok(mails)
    }

    /// Sends one mail and writes down what became of it; none when that could not be written.
    async fn deliver(&self, mut mail: LeasedMail, mut closing: watch::Receiver<bool>) -> Option<MailState> {
        let (id, created_at) = (mail.id, mail.created_at);
        let outcome = match mail.letter.clone() {
            Err(error) => {
                tracing::error!(mail = %id, field = "mail.letter", %error, "a letter cannot be opened");
                Outcome::Refused(error.to_string())
            }
            Ok(_) if self.clock.now() >= mail.expires_at => {
                Outcome::Refused("it could not be delivered in time".to_owned())
            }
            Ok(letter) => {
                let mut sending = pin!(self.transport.send(id, created_at, &letter));
                let mut renewal = interval_at(Instant::now() + RENEWAL, RENEWAL);
                loop {
                    tokio::select! {
                        sent = &mut sending => break Outcome::from(sent),
                        _ = renewal.tick() => self.renew(id, &mut mail.held_until).await,
                        () = closed(&mut closing) => break Outcome::Released,
                    }
                }
            }
        };
        self.settle(&mail, outcome).await
    }

    /// A renewal that fails is made up for by the next one, or the mail is sent twice.
    async fn renew(&self, id: MailId, held_until: &mut Timestamp) {
        let until = self.clock.now().plus(LEASE);
        match self.hold(id, *held_until, until).await {
            Ok(true) => *held_until = until,
            Ok(false) => tracing::warn!(mail = %id, "the lease of a mail on its way is lost"),
            Err(error) => tracing::warn!(mail = %id, %error, "a lease cannot be renewed"),
        }
    }

    async fn hold(&self, id: MailId, held_until: Timestamp, until: Timestamp) -> store::Result<bool> {
        let mut tx = self.db.begin_write().await?;
        let held = tx.hold_mail(id, held_until, until).await?;
        tx.commit().await?;
        Ok(held)
    }

    async fn settle(&self, mail: &LeasedMail, outcome: Outcome) -> Option<MailState> {
        for _ in 0..SETTLE_TRIES {
            match self.try_settle(mail, &outcome).await {
                Ok(state) => {
                    tell(mail, &outcome, state);
                    return Some(state);
                }
                Err(error) => {
                    tracing::warn!(mail = %mail.id, %error, "the outbox cannot be written");
                    sleep(Duration::from_secs(1)).await;
                }
            }
        }
        None
    }

    async fn try_settle(&self, mail: &LeasedMail, outcome: &Outcome) -> store::Result<MailState> {
        let now = self.clock.now();
        let mut tx = self.db.begin_write().await?;
        let state = match outcome {
            Outcome::Sent => {
                tx.mark_sent(mail).await?;
                MailState::Sent
            }
            Outcome::Later(reason) => tx.mark_retry(mail, now, reason).await?,
            Outcome::Refused(reason) => {
                tx.mark_failed(mail, reason).await?;
                MailState::Failed
            }
            Outcome::Released => {
                tx.hold_mail(mail.id, mail.held_until, now).await?;
                MailState::Queued
            }
        };
        tx.commit().await?;
        Ok(state)
    }

    /// Forgets old recipients, once an hour.
    async fn clean_up(&self, cleaned_up: &mut Option<Timestamp>) {
        let now = self.clock.now();
        if cleaned_up.is_some_and(|last| now < last.plus(CLEAN_UP)) {
            return;
        }
        *cleaned_up = Some(now);
        if let Err(error) = self.forget(now.minus(KEEP)).await {
            tracing::warn!(%error, "old mails cannot be cleaned up");
        }
    }

    async fn forget(&self, before: Timestamp) -> store::Result<()> {
        let mut tx = self.db.begin_write().await?;
        tx.forget_mails(before).await?;
        tx.commit().await
    }
}

impl From<Result<(), SendError>> for Outcome {
    fn from(sent: Result<(), SendError>) -> Self {
        match sent {
            Ok(()) => Self::Sent,
            Err(SendError::Later(reason)) => Self::Later(reason),
            Err(SendError::Refused(reason)) => Self::Refused(reason),
        }
    }
}

/// One line in the log for each mail, without its recipient or text.
fn tell(mail: &LeasedMail, outcome: &Outcome, state: MailState) {
    let (id, kind) = (mail.id, mail.kind);
    match outcome {
        Outcome::Sent => tracing::info!(mail = %id, %kind, "mail sent"),
        Outcome::Released => tracing::info!(mail = %id, %kind, "mail given back"),
        Outcome::Later(reason) | Outcome::Refused(reason) => {
            tracing::warn!(mail = %id, %kind, %state, reason, "mail not delivered");
        }
    }
}

/// Ready when the program cannot wait any longer.
async fn closed(closing: &mut watch::Receiver<bool>) {
    // Nobody left who could close means the same.
    drop(closing.wait_for(|closed| *closed).await);
}

async fn drain(on_the_way: &mut JoinSet<Option<MailState>>) {
    while on_the_way.join_next().await.is_some() {}
}

/// A clock that stands still.
struct Standing(Timestamp);

impl Clock for Standing {
    fn now(&self) -> Timestamp {
        self.0
    }
}
