//! The commands of whoever runs an installation: `user`, `support`, `client`, `backup`, `restore`, `mail` and `key`.

use std::{path::Path, process::ExitCode};

use super::{CommandError, open, print};
use crate::{
    app::App,
    cli::{ClientCommand, KeyCommand, MailCommand, SupportCommand, UserCommand},
    config::Config,
    domain::{
        ids::OrganizationId,
        text::{Email, SupportRequest},
        time::{Clock, Timestamp, days},
    },
    error::AppError,
    flows::{
        backup::{self, BackupError},
        grants::{self, Granted},
        rotate_key::{self, RotationError},
        switches,
    },
    policy::GrantMembership,
};

pub(super) async fn user(config: Config, command: UserCommand) -> Result<ExitCode, CommandError> {
    let (email, disabled) = match command {
        UserCommand::Disable { email } => (read_email(&email)?, true),
        UserCommand::Enable { email } => (read_email(&email)?, false),
    };
    let app = open(config).await?;
    let word = if disabled { "disabled" } else { "enabled" };
    match switches::switch_account(&app, &email, disabled).await {
        Ok(true) => print(&format!("{} was {word}.\n", email.as_str()))?,
        Ok(false) => return Err(CommandError::Refused(format!("{} is {word} already.", email.as_str()))),
        Err(AppError::NotFound) => return Err(nobody(&email)),
        Err(error) => return Err(error.into()),
    }
    close(&app).await
}

pub(super) async fn support(config: Config, command: SupportCommand) -> Result<ExitCode, CommandError> {
    let SupportCommand::Grant { organization, email, request, until } = command;
    let request =
        SupportRequest::parse(&request).map_err(|error| CommandError::Asked(format!("--request: {error}")))?;
    let last_day = Timestamp::parse_date(&until)
        .ok_or_else(|| CommandError::Asked("--until: expected a day such as 2030-12-31".to_owned()))?;
    let ends_at = last_day.plus(days(1));
    if ends_at <= crate::app::SystemClock.now() {
        return Err(CommandError::Asked("--until: this day is over".to_owned()));
    }
    grant(config, &organization, &email, GrantMembership::Support { request, ends_at }).await
}

pub(super) async fn client(config: Config, command: ClientCommand) -> Result<ExitCode, CommandError> {
    let ClientCommand::Grant { organization, email } = command;
    grant(config, &organization, &email, GrantMembership::Client).await
}

async fn grant(
    config: Config,
    organization: &str,
    email: &str,
    grant: GrantMembership,
) -> Result<ExitCode, CommandError> {
    let id = organization
        .parse::<OrganizationId>()
        .map_err(|_| CommandError::Asked(format!("--organization: {organization} is not an id")))?;
    let email = read_email(email)?;
    let app = open(config).await?;
    let shown = email.as_str();
    match grants::grant(&app, id, &email, grant).await {
        Ok(Granted::AtOnce) => print(&format!("{shown} may work there now.\n"))?,
        Ok(Granted::Invited) => print(&format!("{shown} was invited.\n"))?,
        Err(AppError::NotFound) => return Err(CommandError::Refused("There is no such organization.".to_owned())),
        Err(error) => return Err(error.into()),
    }
    close(&app).await
}

pub(super) async fn back_up(config: Config, file: &Path) -> Result<ExitCode, CommandError> {
    if file.exists() {
        return Err(CommandError::Asked(BackupError::Exists(file.display().to_string()).to_string()));
    }
    let app = open(config).await?;
    let rows = backup::back_up(&app, file).await?;
    print(&format!("{rows} rows were written to {}.\n", file.display()))?;
    print(&format!("Restoring it takes the key file, which is not in it: {}\n", app.config.key_file.display()))?;
    close(&app).await
}

pub(super) async fn restore(config: Config, file: &Path) -> Result<ExitCode, CommandError> {
    if !file.exists() {
        return Err(CommandError::Asked(format!("there is no file {}", file.display())));
    }
    let app = open(config).await?;
    let restored = backup::restore(&app, file).await?;
    app.db.settle_down().await?;
    print(&format!("{} rows of {} were restored. Everybody has to log in again.\n", restored.rows, restored.made))?;
    if restored.settled.expired > 0 {
        print(&format!("{} open invitations expired; resend them.\n", restored.settled.expired))?;
    }
    if restored.settled.held > 0 {
        print(&format!(
            "{} mails are held, because they may have been sent since the backup was made: \
             `rollcall mail release` sends them, `rollcall mail discard` forgets them.\n",
            restored.settled.held
        ))?;
    }
    close(&app).await
}

pub(super) async fn mail(config: Config, command: MailCommand) -> Result<ExitCode, CommandError> {
    let app = open(config).await?;
    let release = command == MailCommand::Release;
    let settled = backup::settle_held_mail(&app, release).await?;
    print(&format!("{settled} mails were {}.\n", if release { "released" } else { "discarded" }))?;
    close(&app).await
}

pub(super) async fn key(config: Config, command: KeyCommand) -> Result<ExitCode, CommandError> {
    let KeyCommand::Rotate = command;
    let app = open(config).await?;
    let rotated = rotate_key::rotate(&app).await?;
    let what = if rotated.resumed { "The rotation that had begun is done" } else { "The key was rotated" };
    print(&format!("{what}: key {} is in force, {} values were encrypted anew.\n", rotated.key, rotated.values.done))?;
    if rotated.values.unreadable > 0 {
        print(&format!(
            "{} values could not be opened with any key and were left alone.\n",
            rotated.values.unreadable
        ))?;
    }
    print(&format!("Store a copy of the key file: {}\n", app.config.key_file.display()))?;
    close(&app).await
}

fn read_email(text: &str) -> Result<Email, CommandError> {
    Email::parse(text).map_err(|error| CommandError::Asked(format!("--email: {error}")))
}

fn nobody(email: &Email) -> CommandError {
    CommandError::Refused(format!("Nobody has the address {}.", email.as_str()))
}

async fn close(app: &App) -> Result<ExitCode, CommandError> {
    app.db.close().await;
    Ok(ExitCode::SUCCESS)
}

impl From<BackupError> for CommandError {
    fn from(error: BackupError) -> Self {
        match error {
            BackupError::App(error) => Self::App(error),
            other => Self::Refused(other.to_string()),
        }
    }
}

impl From<RotationError> for CommandError {
    fn from(error: RotationError) -> Self {
        match error {
            RotationError::File(error) => Self::Refused(error.to_string()),
            RotationError::App(error) => Self::App(error),
            overtaken @ RotationError::Overtaken => Self::Refused(overtaken.to_string()),
        }
    }
}
