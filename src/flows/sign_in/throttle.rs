//! How many different accounts one client may try (security contract S18): a lock can be caused by anybody, so nobody
//! may cause many. It stands in front of the lock rule and knows nothing of it.

use std::net::IpAddr;

use crate::{
    app::App,
    config::Rate,
    domain::{audit::Occasion, sign_in::LoginAddress, time::Timestamp},
    error::AppError,
    store::Tried,
};

/// Notes that the client tries this account, or refuses.
pub(super) async fn admit(app: &App, address: &LoginAddress, occasion: &Occasion) -> Result<(), AppError> {
    let (Some(rate), Some(client)) = (app.config.login_address_limit, occasion.address.as_deref()) else {
        return Ok(());
    };
    let (client, now) = (network(client), app.clock.now());
    let (began, ends) = window(now, rate);
    let tried = app.db.begin_read().await?.may_try(&client, began, address.key(), rate.count).await?;
    match tried {
        Tried::Before => Ok(()),
        Tried::TooMany => Err(AppError::TooMany { retry_after: now.seconds_until(ends).max(1) }),
        Tried::New => {
            let mut tx = app.db.begin_write().await?;
            tx.note_try(&client, began, address.key()).await?;
            Ok(tx.commit().await?)
        }
    }
}

/// Begin and end of the window a moment lies in.
fn window(now: Timestamp, rate: Rate) -> (Timestamp, Timestamp) {
    let length = i64::try_from(rate.per.as_micros()).unwrap_or(i64::MAX).max(1);
    let began = Timestamp::from_micros(now.micros() - now.micros().rem_euclid(length));
    (began, began.plus(rate.per))
}

/// Whom an address stands for: with IPv6 everybody has a whole network of them.
fn network(client: &str) -> String {
    match client.parse() {
        Ok(IpAddr::V6(address)) => {
            let [a, b, c, d, ..] = address.segments();
            format!("{a:x}:{b:x}:{c:x}:{d:x}::/64")
        }
        _ => client.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn windows_meet() {
        let rate = Rate { count: 30, per: std::time::Duration::from_secs(60) };
        let (began, ends) = window(Timestamp::from_seconds(125), rate);
        assert_eq!((began, ends), (Timestamp::from_seconds(120), Timestamp::from_seconds(180)));
        assert_eq!(window(ends, rate).0, ends);
    }

    #[test]
    fn an_ipv6_client_is_its_network() {
        assert_eq!(network("2001:db8:1:2:3:4:5:6"), network("2001:db8:1:2::9"));
        assert_ne!(network("2001:db8:1:2::1"), network("2001:db8:1:3::1"));
        assert_eq!(network("192.0.2.7"), "192.0.2.7");
    }
}
