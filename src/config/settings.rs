//! The list of settings: key, type, default, meaning, and whether its value may
//! be shown. The only place where a setting is added; flag, variable, file key,
//! explanation and the field of [`Config`] follow from the one line here.

use std::net::SocketAddr;
use std::path::PathBuf;

use ipnet::IpNet;
use lettre::message::Mailbox;
use secrecy::SecretString;
use tracing_subscriber::filter::Targets;

use super::sources::{ConfigError, Gathered};
use super::urls::{self, DatabaseUrl, PublicUrl, SmtpServer};
use super::values::{self, Argon2Cost, LogFormat, Rate};

/// Whether the value of a setting may appear in `rollcall check` and in errors.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shown {
    /// As it is.
    Plainly,
    /// A URL: with its password masked. As a flag it must not hold one.
    WithoutPassword,
    /// Not at all, and never accepted as a flag (security contract T3).
    Never,
}

/// One setting as a person meets it.
#[derive(Debug, Clone, Copy)]
pub struct Setting {
    /// The key in `rollcall.toml`, for example `public_url`.
    pub key: &'static str,
    /// The default as text; `{listen}`, `{data}` and `{cores}` stand for other values.
    pub default: &'static str,
    /// What the setting does, in one sentence.
    pub meaning: &'static str,
    /// Whether the value may be shown.
    pub shown: Shown,
}

impl Setting {
    /// The environment variable, for example `ROLLCALL_PUBLIC_URL`.
    pub fn variable(&self) -> String {
        format!("ROLLCALL_{}", self.key.to_uppercase())
    }

    /// The long flag without its dashes, for example `public-url`.
    pub fn flag(&self) -> String {
        self.key.replace('_', "-")
    }

    /// Whether the command line takes this setting: a secret shows in the
    /// process list, so it has no flag.
    pub fn has_flag(&self) -> bool {
        self.shown != Shown::Never
    }
}

macro_rules! settings {
    ($($(#[doc = $meaning:literal])+ $key:ident: $type:ty = $default:literal, $shown:ident, $parse:expr;)+) => {
        /// Every setting of the program with its meaning (operations contract, section 3).
        #[derive(Debug, Clone)]
        pub struct Config {
            $($(#[doc = $meaning])+ pub $key: $type,)+
            /// The texts the fields were read from, for `explain`.
            pub(super) gathered: Gathered,
        }

        /// The settings in the order they are explained.
        pub const SETTINGS: &[Setting] = &[$(Setting {
            key: stringify!($key),
            default: $default,
            meaning: concat!($($meaning),+),
            shown: Shown::$shown,
        }),+];

        impl Config {
            pub(super) fn from_gathered(gathered: Gathered) -> Result<Self, ConfigError> {
                Ok(Self { $($key: gathered.read(stringify!($key), $parse)?,)+ gathered })
            }
        }
    };
}

settings! {
    /// Public listener; port 0 picks a free one and prints it.
    listen: SocketAddr = "127.0.0.1:8080", Plainly, values::listener;
    /// Listener of /healthz, /readyz and /metrics; `off` disables it.
    ops_listen: Option<SocketAddr> = "127.0.0.1:8081", Plainly, values::listener_or_off;
    /// Base of every link in mails and redirects; plain http is accepted for loopback hosts only.
    public_url: PublicUrl = "http://{listen}", Plainly, urls::public_url;
    /// Folder of database, key and mails.
    data_dir: PathBuf = "data", Plainly, values::path;
    /// Database: `sqlite:FILE` or `postgres://...`.
    database_url: DatabaseUrl = "sqlite:{data}/rollcall.db", WithoutPassword, urls::database;
    /// Size of the database pool.
    database_connections: u32 = "8", Plainly, |text| values::whole(text, &(1..=1000));
    /// 32 random bytes in base64 that encrypt what is secret in the database.
    key_file: PathBuf = "{data}/rollcall.key", Plainly, values::path;
    /// The code /setup asks for; without one a random code is printed at the start.
    setup_code: Option<SecretString> = "", Never, values::secret;
    /// Mail server; without one each mail is a readable .eml file in the data folder.
    smtp_url: Option<SmtpServer> = "", WithoutPassword, urls::smtp;
    /// Sender of every mail.
    mail_from: Mailbox = "Rollcall <noreply@localhost>", Plainly, values::mailbox;
    /// Networks (CIDR, separated by commas) whose forwarding headers count.
    trusted_proxies: Vec<IpNet> = "", Plainly, values::networks;
    /// What is logged: a level, or a list such as `info,rollcall=debug`.
    log: Targets = "info", Plainly, values::log_filter;
    /// Form of the log: `text` or `json`.
    log_format: LogFormat = "text", Plainly, values::log_format;
    /// Cost of a password hash; never weaker than the default outside of tests.
    argon2: Argon2Cost = "m=19456,t=2,p=1", Plainly, values::argon2_cost;
    /// Allows weaker password hashes in tests; refused unless the listener is loopback.
    insecure_test_hashing: bool = "false", Plainly, values::switch;
    /// Password hashes at once; the rest queue, then get 503.
    hash_concurrency: usize = "{cores}", Plainly, |text| values::whole(text, &(1..=1024));
    /// Fewest characters of a new password; not below 8.
    password_min_length: usize = "12", Plainly, |text| values::whole(text, &(8..=128));
    /// Create, update, assign and resend of both API dialects together, per organization.
    api_write_limit: Rate = "100/1h", Plainly, values::rate;
    /// Requests per client address on the APIs; `off` disables the limit.
    address_limit: Option<Rate> = "1000/1m", Plainly, values::rate_or_off;
    /// Distinct accounts tried per client address; `off` disables the limit.
    login_address_limit: Option<Rate> = "30/1m", Plainly, values::rate_or_off;
    /// Whether IT Admins may make global tokens.
    it_admin_global_tokens: bool = "true", Plainly, values::switch;
}
