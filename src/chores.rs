//! What has to be done from time to time without anybody asking: forgetting what is over, telling the log the heads of
//! the audit chains.

use std::time::Duration;

use crate::{
    app::App,
    domain::{session::ABSOLUTE_LIMIT, time::days},
    flows::{grants, jobs, token_uses, visits},
    serve::{self, Stop},
    store::Result,
};

const EVERY: Duration = Duration::from_secs(3600);
/// A membership past its end does not work any more anyway; this is when the list says so.
const GRANTS_EVERY: Duration = Duration::from_secs(60);
/// Other nodes see uses of API tokens that late, and so many are lost with a node that dies.
const TOKEN_USES_EVERY: Duration = Duration::from_secs(5);
/// Several nodes together let that much more through than one.
const VISITS_EVERY: Duration = Duration::from_secs(1);
/// How often confirmed jobs are looked for when nobody rings: other nodes may have left some.
const JOBS_EVERY: Duration = Duration::from_secs(5);

/// Works once an hour until asked to stop.
pub async fn run(app: App, stop: Stop) {
    let mut ending = std::pin::pin!(serve::stopped(stop));
    loop {
        if let Err(error) = once(&app).await {
            tracing::warn!(%error, "chores were not finished");
        }
        tokio::select! {
            () = &mut ending => return,
            () = tokio::time::sleep(EVERY) => {}
        }
    }
}

/// Writes down uses of API tokens every few seconds, and once more at the end.
pub async fn note_token_uses(app: App, stop: Stop) {
    let mut ending = std::pin::pin!(serve::stopped(stop));
    loop {
        let ends = tokio::select! {
            () = &mut ending => true,
            () = tokio::time::sleep(TOKEN_USES_EVERY) => false,
        };
        if let Err(error) = token_uses::write_down(&app).await {
            tracing::warn!(%error, "uses of API tokens could not be written down");
        }
        if ends {
            return;
        }
    }
}

/// Carries out confirmed jobs until asked to stop.
pub async fn carry_out_jobs(app: App, stop: Stop) {
    let is_over = || *stop.borrow();
    let mut ending = std::pin::pin!(serve::stopped(stop.clone()));
    loop {
        if let Err(error) = jobs::work(&app, &is_over).await {
            tracing::warn!(%error, "a job was interrupted");
        }
        tokio::select! {
            () = &mut ending => return,
            () = app.jobs.rung() => {}
            () = tokio::time::sleep(JOBS_EVERY) => {}
        }
    }
}

/// Switches off the memberships whose end has come, within a minute of it.
pub async fn end_grants(app: App, stop: Stop) {
    let mut ending = std::pin::pin!(serve::stopped(stop));
    loop {
        if let Err(error) = grants::end_due(&app).await {
            tracing::warn!(%error, "memberships past their end could not be switched off");
        }
        tokio::select! {
            () = &mut ending => return,
            () = tokio::time::sleep(GRANTS_EVERY) => {}
        }
    }
}

/// Shares the counts of the platform limit with the other nodes.
pub async fn share_visits(app: App, stop: Stop) {
    let mut ending = std::pin::pin!(serve::stopped(stop));
    loop {
        tokio::select! {
            () = &mut ending => return,
            () = tokio::time::sleep(VISITS_EVERY) => {}
        }
        if let Err(error) = visits::share(&app).await {
            tracing::warn!(%error, "counts of API requests could not be shared");
        }
    }
}

/// One round.
///
/// # Errors
/// When the database does not answer; the next round tries again.
pub async fn once(app: &App) -> Result<()> {
    let now = app.clock.now();
    let mut tx = app.db.begin_write().await?;
    tx.forget_old_sessions(now.minus(ABSOLUTE_LIMIT), now.minus(days(1))).await?;
    tx.forget_anonymous_before(now.minus(EVERY)).await?;
    tx.forget_expired_links(now).await?;
    tx.forget_jobs(now.minus(days(1)), now.minus(days(30))).await?;
    tx.forget_offers(now.minus(ABSOLUTE_LIMIT)).await?;
    if let Some(rate) = app.config.address_limit {
        tx.forget_visits(now.minus(rate.per)).await?;
    }
    if let Some(rate) = app.config.login_address_limit {
        tx.forget_tries(now.minus(rate.per)).await?;
    }
    tx.commit().await?;
    let heads = app.db.begin_read().await?.audit_heads().await?;
    for head in heads {
        tracing::info!(chain = %head.chain, number = head.number, signature = %head.signature, "audit head");
    }
    Ok(())
}
