//! The way of a letter: worded and laid out ([`letters`]), put into an outbox in the transaction of
//! the change it tells about ([`Courier`]), delivered by a worker that holds a lease ([`Worker`])
//! through a mail server or into a folder ([`Transport`]). Decides neither who is written to nor
//! what about.

mod folder;
mod inert;
mod letters;
mod message;
mod page;
mod smtp;
mod transport;
mod worker;

use std::sync::Arc;

use lettre::message::Mailbox;
use tokio::sync::Notify;

pub use letters::render;
pub use message::ComposeError;
pub use page::Rendered;
pub use transport::{SendError, Transport};
pub use worker::{Flushed, Worker};

use crate::{
    domain::{audit::Occasion, ids::MailId, mail::Letter},
    store::{self, NewMail, StoreError, Tx},
};

/// Takes letters: everybody who writes has one. Clones share the bell that wakes the worker.
#[derive(Debug, Clone)]
pub struct Courier {
    sender: Mailbox,
    bell: Arc<Notify>,
}

impl Courier {
    /// A courier that writes in the name of this sender.
    pub fn new(sender: Mailbox) -> Self {
        Self { sender, bell: Arc::new(Notify::new()) }
    }

    /// Finishes the letter to its last byte and queues it in the caller's transaction: when that
    /// commits, the letter will be sent, and every repeat of it is the same. Call [`Self::wake`]
    /// after the commit.
    ///
    /// # Errors
    /// Those of the store; also for an address the mail library refuses, which no valid address is.
    pub async fn queue(&self, tx: &mut Tx, letter: &Letter, occasion: &Occasion) -> store::Result<MailId> {
        let id = MailId::new(occasion.now, occasion.entropy.as_ref());
        let message_id = message::message_id(&self.sender, id);
        let message = render(letter, occasion.now)
            .map_err(ComposeError::from)
            .and_then(|rendered| message::compose(&self.sender, &letter.to.email, id, occasion.now, &rendered))
            .map_err(|error| StoreError::Broken(Box::new(error)))?;
        tx.enqueue(&NewMail {
            id,
            message_id: &message_id,
            kind: letter.kind(),
            to: &letter.to.email,
            member: letter.shows_on(),
            sender: self.sender.email.as_ref(),
            message: &message,
            created_at: occasion.now,
            expires_at: letter.expires_at(occasion.now),
        })
        .await?;
        Ok(id)
    }

    /// Wakes the worker of this process: there is something to send. Without it the worker finds
    /// the letter within seconds.
    pub fn wake(&self) {
        self.bell.notify_one();
    }

    /// Ready when somebody has called [`Self::wake`] since the last time.
    async fn woken(&self) {
        self.bell.notified().await;
    }
}
