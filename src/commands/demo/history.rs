//! What happened to the people of the demonstration, told in the order it happened. People are made one after another,
//! but their logins and lock-outs lie between the invitations of others; an audit chain only ever grows at its end.

use std::{collections::BTreeMap, sync::Arc};

use crate::domain::{
    audit::{AuditEvent, Occasion},
    entropy::Entropy,
    time::Timestamp,
};

/// Events of one organization that are not written yet.
#[derive(Default)]
pub(super) struct History {
    waiting: BTreeMap<(Timestamp, u64), (AuditEvent, Option<String>)>,
    told: u64,
}

impl History {
    /// Notes an event, with the client address it came from.
    pub(super) fn tell(&mut self, at: Timestamp, event: AuditEvent, address: Option<String>) {
        self.told += 1;
        self.waiting.insert((at, self.told), (event, address));
    }

    /// Everything that happened before a moment, oldest first.
    pub(super) fn until(&mut self, end: Timestamp, entropy: &Arc<dyn Entropy>) -> Vec<(AuditEvent, Occasion)> {
        let later = self.waiting.split_off(&(end, 0));
        let due = std::mem::replace(&mut self.waiting, later);
        due.into_iter()
            .map(|((now, _), (event, address))| {
                (event, Occasion { now, entropy: entropy.clone(), address, request_id: None })
            })
            .collect()
    }
}
