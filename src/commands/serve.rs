//! `rollcall serve`.

use std::{process::ExitCode, sync::Arc};

use tokio::net::TcpListener;

use super::{CommandError, database_options, open};
use crate::{
    config::Config,
    flows::set_up,
    mail::{Transport, Worker},
    serve::{self, Stop},
    store::Db,
    web,
};

pub(super) async fn run(mut config: Config, migrates: bool) -> Result<ExitCode, CommandError> {
    super::log::start(&config);
    let listener = TcpListener::bind(config.listen)
        .await
        .map_err(|error| CommandError::System("cannot listen on ROLLCALL_LISTEN", error))?;
    let bound = listener.local_addr().map_err(|error| CommandError::System("cannot listen", error))?;
    config.listening_on(bound);
    let ops = match config.ops_listen {
        Some(address) => Some(
            TcpListener::bind(address)
                .await
                .map_err(|error| CommandError::System("cannot listen on ROLLCALL_OPS_LISTEN", error))?,
        ),
        None => None,
    };
    if !migrates {
        refuse_pending(&config).await?;
    }
    let transport = Arc::new(Transport::new(config.smtp_url.as_ref(), &config.data_dir)?);
    let app = open(config).await?;
    let stop = serve::stop_signal().map_err(|error| CommandError::System("cannot wait for signals", error))?;
    greet(&app, &transport).await?;
    let worker = Worker::new(app.db.clone(), app.courier.clone(), transport, app.clock.clone());
    let mail = tokio::spawn(worker.run(serve::stopped(stop.clone())));
    let chores = tokio::spawn(crate::chores::run(app.clone(), stop.clone()));
    let uses = tokio::spawn(crate::chores::note_token_uses(app.clone(), stop.clone()));
    let grants = tokio::spawn(crate::chores::end_grants(app.clone(), stop.clone()));
    let visits = tokio::spawn(crate::chores::share_visits(app.clone(), stop.clone()));
    let jobs = tokio::spawn(crate::chores::carry_out_jobs(app.clone(), stop.clone()));
    let operations = tokio::spawn(serve_operations(ops, app.clone(), stop.clone()));
    serve::serve(listener, web::router(app.clone()), web::refusal(app.clone()), stop).await;
    app.afterwards.done().await;
    for task in [mail, chores, operations, uses, grants, visits, jobs] {
        drop(task.await);
    }
    app.db.close().await;
    Ok(ExitCode::SUCCESS)
}

async fn serve_operations(listener: Option<TcpListener>, app: crate::app::App, stop: Stop) {
    if let Some(listener) = listener {
        let router = web::operations::router(app.clone(), stop.clone());
        serve::serve(listener, router, web::refusal(app), stop).await;
    }
}

async fn refuse_pending(config: &Config) -> Result<(), CommandError> {
    super::make_data_folder(config)?;
    let pending = Db::pending(&database_options(config)).await?;
    if pending.is_empty() {
        return Ok(());
    }
    Err(CommandError::Refused(format!("{} migrations are pending; run rollcall migrate", pending.len())))
}

/// What somebody who just started the program wants to know.
async fn greet(app: &crate::app::App, transport: &Transport) -> Result<(), CommandError> {
    println!("Rollcall is at {}", app.config.public_url);
    if app.config.smtp_url.is_none() {
        println!("No mail server is configured: mail is written as {}", transport.describe());
    }
    if !app.is_set_up().await? {
        let code = set_up::setup_code(app);
        if app.config.setup_code.is_some() {
            println!("Set up at {} with the configured setup code", app.config.public_url.link("/setup"));
        } else {
            println!("Set up at {}", app.config.public_url.link(&format!("/setup?code={code}")));
        }
    }
    Ok(())
}
