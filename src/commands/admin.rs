//! `rollcall admin create`, `rollcall admin reset-mfa` and `rollcall organization create`.

use std::{
    io::{BufRead, IsTerminal, Write, stdin},
    process::ExitCode,
};

use super::{CommandError, open};
use crate::{
    app::App,
    config::Config,
    domain::{
        organizations::NewOrganization,
        text::{DisplayName, Email, OrganizationName},
    },
    error::AppError,
    flows::{
        change_password::{self, Owner},
        mfa, set_up,
    },
};

pub(super) async fn create(
    config: Config,
    email: &str,
    name: &str,
    from_stdin: bool,
) -> Result<ExitCode, CommandError> {
    let email = Email::parse(email).map_err(|error| CommandError::Asked(format!("--email: {error}")))?;
    let name = DisplayName::parse(name).map_err(|error| CommandError::Asked(format!("--name: {error}")))?;
    let app = open(config).await?;
    let password = read_password(from_stdin)?;
    let owner =
        Owner { email: email.as_str().to_owned(), names: vec![name.as_str().to_owned()], organizations: Vec::new() };
    let problems = change_password::judge(&app, owner, &password, &password, None).await?;
    if let Some(problem) = problems.first() {
        return Err(CommandError::Asked(format!("password: {problem}")));
    }
    let added = set_up::add_server_administrator(&app, &email, &name, &password).await;
    let id = added.map_err(|error| taken(error, "That email address is already in use."))?;
    println!("{id}");
    close(&app).await
}

pub(super) async fn reset_mfa(config: Config, email: &str) -> Result<ExitCode, CommandError> {
    let email = Email::parse(email).map_err(|error| CommandError::Asked(format!("--email: {error}")))?;
    let app = open(config).await?;
    match mfa::reset_from_command_line(&app, &email).await {
        Ok(true) => println!("The authenticator of {} was reset.", email.as_str()),
        Ok(false) => return Err(CommandError::Refused(format!("{} has no authenticator.", email.as_str()))),
        Err(AppError::NotFound) => {
            return Err(CommandError::Refused(format!("Nobody has the address {}.", email.as_str())));
        }
        Err(error) => return Err(error.into()),
    }
    close(&app).await
}

pub(super) async fn create_organization(
    config: Config,
    name: &str,
    (user_limit, analyst_limit): (Option<i64>, Option<i64>),
    mfa_required: bool,
    government: bool,
) -> Result<ExitCode, CommandError> {
    let name = OrganizationName::parse(name).map_err(|error| CommandError::Asked(format!("--name: {error}")))?;
    let app = open(config).await?;
    let new = NewOrganization { user_limit, analyst_limit, mfa_required, government, ..NewOrganization::named(name) };
    let added = set_up::add_organization(&app, &new).await;
    let id = added.map_err(|error| taken(error, "An organization with this name already exists."))?;
    println!("{id}");
    close(&app).await
}

async fn close(app: &App) -> Result<ExitCode, CommandError> {
    app.db.close().await;
    Ok(ExitCode::SUCCESS)
}

fn taken(error: AppError, sentence: &str) -> CommandError {
    match error {
        AppError::Conflict { code: "taken", .. } => CommandError::Refused(sentence.to_owned()),
        other => CommandError::App(other),
    }
}

/// From the terminal twice and masked, or the first line of standard input. Never from an argument: the process list
/// shows those.
fn read_password(from_stdin: bool) -> Result<String, CommandError> {
    let failed = |error| CommandError::System("cannot read the password", error);
    if from_stdin {
        let mut line = String::new();
        stdin().lock().read_line(&mut line).map_err(failed)?;
        return Ok(line.trim_end_matches(['\n', '\r']).to_owned());
    }
    if !stdin().is_terminal() {
        return Err(CommandError::Asked("there is no terminal to ask on; use --password-stdin".to_owned()));
    }
    let ask = |prompt: &str| {
        print!("{prompt}");
        std::io::stdout().flush()?;
        rpassword::read_password()
    };
    let first = ask("Password: ").map_err(failed)?;
    if ask("Again: ").map_err(failed)? != first {
        return Err(CommandError::Asked("The passwords do not match.".to_owned()));
    }
    Ok(first)
}
