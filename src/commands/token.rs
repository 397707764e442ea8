//! `rollcall token create`.

use std::process::ExitCode;

use super::{CommandError, open};
use crate::{
    cli::NewTokenArguments,
    config::Config,
    domain::{
        ids::OrganizationId,
        text::TokenName,
        time::Timestamp,
        tokens::{self, MOST_NETWORKS, NewToken, Permission},
    },
    error::AppError,
    flows::tokens::{self as flow, Outcome},
};

pub(super) async fn create(config: Config, arguments: NewTokenArguments) -> Result<ExitCode, CommandError> {
    let asked = |text: String| CommandError::Asked(text);
    let name = TokenName::parse(&arguments.name).map_err(|error| asked(format!("--name: {error}")))?;
    let organization = arguments
        .organization
        .as_deref()
        .map(|id| id.parse::<OrganizationId>().map_err(|_| asked(format!("--organization: {id} is not an id"))))
        .transpose()?;
    let mut permissions = Vec::new();
    for permission in &arguments.permissions {
        let known = permission.parse::<Permission>();
        permissions.push(known.map_err(|error| asked(format!("--permission: {error}")))?);
    }
    permissions.sort();
    permissions.dedup();
    if let Some(name) = permissions.iter().find(|name| organization.is_some() && name.is_of_tenants()) {
        return Err(asked(format!("--permission: {} is for global tokens", name.name())));
    }
    let mut networks = Vec::new();
    for text in &arguments.allowed {
        let network = tokens::read_network(text);
        networks.push(network.ok_or_else(|| asked(format!("--allow: {text} is neither an address nor a network")))?);
    }
    if networks.len() > MOST_NETWORKS {
        return Err(asked(format!("--allow: at most {MOST_NETWORKS} networks")));
    }
    let life = humantime::parse_duration(&arguments.expires_in)
        .map_err(|_| asked("--expires-in: expected a time such as 90d".to_owned()))?;
    let app = open(config).await?;
    let occasion = app.occasion();
    let expires_at: Timestamp = occasion.now.plus(life).to_second();
    if !tokens::is_lifetime(occasion.now, expires_at) {
        return Err(asked("--expires-in: more than nothing, at most 2 years".to_owned()));
    }
    let new = NewToken { name, permissions, networks, expires_at };
    let made = flow::create_from_command_line(&app, organization, &new, &occasion).await;
    match made {
        Ok(Outcome::Done(secret)) => println!("{}", secret.exposed()),
        Ok(Outcome::NameTaken | Outcome::Stale) => return Err(CommandError::Refused(flow::NAME_TAKEN.to_owned())),
        Err(AppError::NotFound) => return Err(CommandError::Refused("There is no such organization.".to_owned())),
        Err(error) => return Err(error.into()),
    }
    app.db.close().await;
    Ok(ExitCode::SUCCESS)
}
