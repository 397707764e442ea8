//! How often each client address called the APIs in the running window: the platform limit (v1 contract section 1).
//! Kept by each node for itself: it protects the node, and asking the database about every call would be the load it
//! is there to prevent.

use std::{
    collections::HashMap,
    net::IpAddr,
    sync::{Arc, Mutex, PoisonError},
};

use crate::{config::Rate, domain::time::Timestamp};

/// More addresses than this begin a new window at once, so that memory stays bounded.
const MOST: usize = 100_000;

#[derive(Debug, Default)]
struct Window {
    opened_at: Timestamp,
    calls: HashMap<IpAddr, u32>,
}

/// The counters.
#[derive(Debug, Clone, Default)]
pub struct Visits(Arc<Mutex<Window>>);

impl Visits {
    /// Counts a call; whether it is within the limit.
    pub fn count(&self, address: Option<IpAddr>, limit: Option<&Rate>, now: Timestamp) -> bool {
        let (Some(address), Some(limit)) = (address, limit) else { return true };
        let mut window = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if window.opened_at.plus(limit.per) <= now || now < window.opened_at || window.calls.len() >= MOST {
            window.opened_at = now;
            window.calls.clear();
        }
        let calls = window.calls.entry(network(address)).or_default();
        *calls = calls.saturating_add(1);
        *calls <= limit.count
    }
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
}
