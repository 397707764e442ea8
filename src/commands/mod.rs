//! What each command of `rollcall` does (operations contract, section 2). A command that fails says why in one line.

mod admin;
mod check;
mod demo;
pub mod log;
mod migrate;
mod openapi;
mod operate;
mod permissions;
mod serve;
mod token;
mod users;
mod verify;

use std::{process::ExitCode, sync::Arc};

use thiserror::Error;

use crate::{
    app::{App, SystemClock, SystemEntropy},
    cli::{AdminCommand, AuditCommand, Command, OrganizationCommand, TokenCommand, UsersCommand},
    config::Config,
    domain::entropy::Entropy,
    error::AppError,
    hashing::Hasher,
    keys::{KeyFileError, WhenMissing, open_key_file},
    mail::{Courier, SendError},
    store::{Db, OpenError, Options, StoreError},
};

/// Why a command failed, in one line.
#[derive(Debug, Error)]
pub enum CommandError {
    /// The key file cannot be used.
    #[error("{0}")]
    Key(#[from] KeyFileError),
    /// The database cannot be used.
    #[error("{0}")]
    Open(#[from] OpenError),
    /// What was asked for is wrong, whatever the database holds.
    #[error("{0}")]
    Asked(String),
    /// What was asked for cannot be done.
    #[error("{0}")]
    Refused(String),
    /// The system refuses.
    #[error("{0}: {1}")]
    System(&'static str, std::io::Error),
    /// The mail server cannot be used as configured.
    #[error("{0}")]
    Mail(#[from] SendError),
    /// The database failed on the way.
    #[error("{0}")]
    Store(#[from] StoreError),
    /// A rule or the program failed on the way.
    #[error("{0}")]
    App(#[from] AppError),
}

impl CommandError {
    /// Exit status: 2 for what is wrong without asking the database.
    pub const fn status(&self) -> u8 {
        match self {
            Self::Key(_) | Self::Asked(_) => 2,
            _ => 1,
        }
    }
}

/// Carries a command out.
///
/// # Errors
/// One line for standard error.
pub fn run(command: Command, config: Config) -> Result<ExitCode, CommandError> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(|error| CommandError::System("cannot start", error))?;
    runtime.block_on(async {
        match command {
            Command::Serve { no_migrate } => serve::run(config, !no_migrate).await,
            Command::Migrate { check } => migrate::run(&config, check).await,
            Command::Check => check::run(&config).await,
            Command::Demo { organizations, users } => demo::run(config, organizations, users).await,
            Command::Admin(AdminCommand::Create { email, name, password_stdin }) => {
                admin::create(config, &email, &name, password_stdin).await
            }
            Command::Admin(AdminCommand::ResetMfa { email }) => admin::reset_mfa(config, &email).await,
            Command::Organization(OrganizationCommand::Create {
                name,
                user_limit,
                analyst_limit,
                require_mfa,
                government,
            }) => {
                let limits = (user_limit.map(i64::from), analyst_limit.map(i64::from));
                admin::create_organization(config, &name, limits, require_mfa, government).await
            }
            Command::Users(UsersCommand::Import { file, organization, dry_run }) => {
                users::import(config, &file, &organization, dry_run).await
            }
            Command::Token(TokenCommand::Create(arguments)) => token::create(config, arguments).await,
            Command::User(command) => operate::user(config, command).await,
            Command::Support(command) => operate::support(config, command).await,
            Command::Client(command) => operate::client(config, command).await,
            Command::Backup { file } => operate::back_up(config, &file).await,
            Command::Restore { file } => operate::restore(config, &file).await,
            Command::Mail(command) => operate::mail(config, command).await,
            Command::Key(command) => operate::key(config, command).await,
            Command::Audit(AuditCommand::Verify { file }) => verify::run(config, file).await,
            Command::Openapi => openapi::run(),
            Command::Permissions { json } => permissions::run(json),
        }
    })
}

/// Prints a long text. A reader that has seen enough, such as `head`, is no failure.
fn print(text: &str) -> Result<(), CommandError> {
    use std::io::{ErrorKind, Write};
    match std::io::stdout().write_all(text.as_bytes()) {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => Err(CommandError::System("cannot print", error)),
        _ => Ok(()),
    }
}

/// Where the database of a configuration is.
pub(crate) fn database_options(config: &Config) -> Options {
    Options { url: config.database_url.exposed(), connections: config.database_connections }
}

/// Makes the data folder, for its owner only.
pub(crate) fn make_data_folder(config: &Config) -> Result<(), CommandError> {
    use std::os::unix::fs::DirBuilderExt;
    std::fs::DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(&config.data_dir)
        .map_err(|error| CommandError::System("cannot make the data folder", error))
}

/// Opens everything a command works with: key file, database, password hashing.
pub(crate) async fn open(config: Config) -> Result<App, CommandError> {
    make_data_folder(&config)?;
    let entropy: Arc<dyn Entropy> = Arc::new(SystemEntropy);
    let missing = if config.database_url.is_postgres() {
        WhenMissing::Refuse
    } else if config.key_file.exists() || Db::is_new(&database_options(&config)).await? {
        WhenMissing::Create
    } else {
        WhenMissing::Lost
    };
    let keyring = open_key_file(&config.key_file, missing, entropy.clone())?;
    let db = Db::open(&database_options(&config), keyring, entropy.as_ref()).await?;
    let hasher = Hasher::start(&config.argon2, config.hash_concurrency, entropy.clone())
        .map_err(|error| CommandError::System("cannot start password hashing", error))?;
    let courier = Courier::new(config.mail_from.clone());
    Ok(App::new(db, config, Arc::new(SystemClock), entropy, hasher, courier))
}
