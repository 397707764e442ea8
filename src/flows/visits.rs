//! How often each client address called the APIs in the running window: the platform limit (v1 contract section 1).
//! What counts is in the database, so that every node says the same. A call waits for none of it: calls are gathered
//! here and shared with the other nodes every second, a hundredth of the limit or more at a time. So an address gets at
//! most that much more from each further node, and somebody who calls rarely costs no write.

use std::{
    collections::HashMap,
    net::IpAddr,
    sync::{Arc, Mutex, PoisonError},
};

use crate::{app::App, config::Rate, domain::time::Timestamp, error::AppError};

/// More addresses than this are forgotten at once, so that memory stays bounded.
const MOST: usize = 100_000;

/// The window of one address.
#[derive(Debug, Clone, Copy, Default)]
struct Window {
    opened_at: Timestamp,
    /// Calls the database knows of, those to other nodes too.
    shared: u32,
    /// Calls to this node that it does not know of yet.
    waiting: u32,
}

impl Window {
    fn is_over(self, limit: &Rate, now: Timestamp) -> bool {
        self.opened_at.plus(limit.per) <= now || now < self.opened_at
    }
}

/// The counters.
#[derive(Debug, Clone, Default)]
pub struct Visits(Arc<Mutex<HashMap<IpAddr, Window>>>);

impl Visits {
    /// Counts a call; whether it is within the limit.
    pub fn count(&self, address: Option<IpAddr>, limit: Option<&Rate>, now: Timestamp) -> bool {
        let (Some(address), Some(limit)) = (address, limit) else { return true };
        let mut windows = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if windows.len() >= MOST {
            windows.clear();
        }
        let window = windows.entry(network(address)).or_default();
        if window.is_over(limit, now) {
            *window = Window { opened_at: now, ..Window::default() };
        }
        window.waiting = window.waiting.saturating_add(1);
        window.shared.saturating_add(window.waiting) <= limit.count
    }

    /// Calls the database is to be told of; windows that are over are forgotten.
    fn to_share(&self, limit: &Rate, now: Timestamp) -> Vec<(IpAddr, Window)> {
        let mut windows = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        windows.retain(|_, window| !window.is_over(limit, now));
        let enough = (limit.count / 100).max(1);
        windows
            .iter()
            .filter(|(_, window)| window.waiting >= enough)
            .map(|(address, window)| (*address, *window))
            .collect()
    }

    /// What the database says of an address that it was told of.
    fn shared(&self, address: IpAddr, told: Window, opened_at: Timestamp, shared: u32) {
        let mut windows = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(window) = windows.get_mut(&address).filter(|window| window.opened_at == told.opened_at) {
            *window = Window { opened_at, shared, waiting: window.waiting.saturating_sub(told.waiting) };
        }
    }
}

/// Tells the database of the calls since the last time, and learns of those to other nodes.
///
/// # Errors
/// When the database does not answer; nothing is lost then.
pub async fn share(app: &App) -> Result<(), AppError> {
    let Some(limit) = app.config.address_limit else { return Ok(()) };
    let now = app.clock.now();
    let told = app.api_visits.to_share(&limit, now);
    if told.is_empty() {
        return Ok(());
    }
    let mut tx = app.db.begin_write().await?;
    let mut answers = Vec::with_capacity(told.len());
    for (address, window) in told {
        let key = address.to_string();
        let (opened_at, calls) = tx.add_visits(&key, window.opened_at, window.waiting, limit.per).await?;
        answers.push((address, window, opened_at, calls));
    }
    tx.commit().await?;
    for (address, window, opened_at, calls) in answers {
        app.api_visits.shared(address, window, opened_at, u32::try_from(calls).unwrap_or(u32::MAX));
    }
    Ok(())
}

/// One subscriber of IPv6 has at least a /64.
fn network(address: IpAddr) -> IpAddr {
    match address {
        IpAddr::V4(_) => address,
        IpAddr::V6(six) => {
            let [a, b, c, d, ..] = six.segments();
            IpAddr::V6([a, b, c, d, 0, 0, 0, 0].into())
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn each_address_has_its_own_count_in_each_window() {
        let visits = Visits::default();
        let limit = Rate { count: 2, per: Duration::from_secs(60) };
        let call = |address: &str, second| {
            visits.count(Some(address.parse().unwrap()), Some(&limit), Timestamp::from_seconds(second))
        };
        assert!(call("10.0.0.1", 100) && call("10.0.0.1", 101) && !call("10.0.0.1", 102));
        assert!(call("10.0.0.2", 102));
        assert!(call("10.0.0.1", 160));
        assert!(call("2001:db8::1", 161) && call("2001:db8::2", 161) && !call("2001:db8::3", 161));
        assert!(visits.count(None, Some(&limit), Timestamp::from_seconds(161)));
    }

    #[test]
    fn what_other_nodes_counted_counts_here() {
        let visits = Visits::default();
        let limit = Rate { count: 1000, per: Duration::from_secs(60) };
        let address: IpAddr = "10.0.0.1".parse().unwrap();
        let call = |second| visits.count(Some(address), Some(&limit), Timestamp::from_seconds(second));
        for _ in 0..9 {
            assert!(call(100));
        }
        assert!(visits.to_share(&limit, Timestamp::from_seconds(101)).is_empty(), "rare callers cost no write");
        assert!(call(101));
        let told = visits.to_share(&limit, Timestamp::from_seconds(101));
        assert_eq!((told.len(), told[0].1.waiting), (1, 10));
        assert!(call(102), "a call between telling and answer is not lost");
        visits.shared(address, told[0].1, Timestamp::from_seconds(90), 998);
        assert!(call(103) && !call(104), "998 shared, 1 between, 1 more");
        assert!(call(150), "the window is the one that another node opened");
    }
}
