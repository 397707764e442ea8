//! The words of the command line: which commands there are and what each may be
//! told. Parses and explains itself; carries nothing out. Every setting that is
//! not a secret is a flag here too, made from the list in `config`.

mod operate;

use std::ffi::OsString;
use std::path::PathBuf;

use clap::error::ErrorKind;
use clap::{Arg, ArgMatches, Args, FromArgMatches, Parser, Subcommand};

pub use self::operate::{ClientCommand, KeyCommand, MailCommand, SupportCommand, UserCommand};
use crate::config::{Given, SETTINGS};

/// Administers the people of a multi-tenant platform.
#[derive(Debug, Parser)]
#[command(name = "rollcall", version, max_term_width = 100)]
#[command(after_help = "Without a command, rollcall serves. Exit status: 1 when a command fails, \
    2 when it was asked wrongly or the configuration is wrong.")]
pub struct Cli {
    /// What to do; nothing means [`Command::Serve`].
    #[command(subcommand)]
    command: Option<Command>,
    /// The settings given as flags, before or after the command.
    #[command(flatten)]
    settings: SettingFlags,
}

/// Everything `rollcall` can do (operations contract, section 2).
#[derive(Debug, Clone, PartialEq, Eq, Subcommand)]
pub enum Command {
    /// Migrate the database and serve the portal
    Serve {
        /// Leave the database as it is; refuses to serve when something is pending
        #[arg(long)]
        no_migrate: bool,
    },
    /// Apply pending migrations
    Migrate {
        /// Only list what is pending; exit status 1 when something is
        #[arg(long)]
        check: bool,
    },
    /// Validate the configuration, reach database and mail server, explain every setting
    Check,
    /// Fill an empty database with believable people
    Demo {
        /// How many organizations
        #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
        organizations: u32,
        /// How many users in each organization
        #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
        users: u32,
    },
    /// Server Administrators
    #[command(subcommand, arg_required_else_help = false)]
    Admin(AdminCommand),
    /// Users of any organization
    #[command(subcommand, arg_required_else_help = false)]
    User(UserCommand),
    /// Organizations
    #[command(subcommand, arg_required_else_help = false)]
    Organization(OrganizationCommand),
    /// Users of an organization
    #[command(subcommand, arg_required_else_help = false)]
    Users(UsersCommand),
    /// API tokens
    #[command(subcommand, arg_required_else_help = false)]
    Token(TokenCommand),
    /// Support memberships, which end by themselves
    #[command(subcommand, arg_required_else_help = false)]
    Support(SupportCommand),
    /// Client memberships
    #[command(subcommand, arg_required_else_help = false)]
    Client(ClientCommand),
    /// The audit log
    #[command(subcommand, arg_required_else_help = false)]
    Audit(AuditCommand),
    /// Copy the whole database into a new file, while serving
    Backup {
        /// File to make; never an existing one
        file: PathBuf,
    },
    /// Fill an empty database from a backup; ends all sessions and holds the mails that were waiting
    Restore {
        /// File that `rollcall backup` made
        file: PathBuf,
    },
    /// Mails that wait since a backup was restored
    #[command(subcommand, arg_required_else_help = false)]
    Mail(MailCommand),
    /// The key file
    #[command(subcommand, arg_required_else_help = false)]
    Key(KeyCommand),
    /// Print the OpenAPI document of both APIs
    Openapi,
    /// Print what every role may do on every page, and every actor with every action
    Permissions {
        /// As JSON instead of tables
        #[arg(long)]
        json: bool,
    },
}

/// `rollcall admin ...`
#[derive(Debug, Clone, PartialEq, Eq, Subcommand)]
pub enum AdminCommand {
    /// Make a Server Administrator; asks for the password twice
    Create {
        /// Email address to log in with
        #[arg(long, value_name = "E")]
        email: String,
        /// Name shown to others
        #[arg(long, value_name = "N")]
        name: String,
        /// Read the password from the first line of standard input instead
        #[arg(long)]
        password_stdin: bool,
    },
    /// Take the authenticator of somebody who lost it away; they set up another at the next login
    ResetMfa {
        /// Email address they log in with
        #[arg(long, value_name = "E")]
        email: String,
    },
}

/// `rollcall organization ...`
#[derive(Debug, Clone, PartialEq, Eq, Subcommand)]
pub enum OrganizationCommand {
    /// Make an organization and print its id
    Create {
        /// Name shown to its users
        #[arg(long, value_name = "N")]
        name: String,
        /// Most users; no limit unless given
        #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
        user_limit: Option<u32>,
        /// Most users with the account role Analyst; no limit unless given
        #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
        analyst_limit: Option<u32>,
        /// Require multi-factor authentication
        #[arg(long)]
        require_mfa: bool,
        /// A government organization, whose administrators cannot invite
        #[arg(long)]
        government: bool,
    },
}

/// `rollcall users ...`
#[derive(Debug, Clone, PartialEq, Eq, Subcommand)]
pub enum UsersCommand {
    /// Invite the people of a CSV file with the columns email,name,roles
    ///
    /// Prints a line for each row: its line in the file, the address and what became of it, separated by tabs. Roles are
    /// names or keys, ignoring case, separated by semicolons; without any the user becomes a User. Whoever is a member
    /// or invited already is left as they are, so the same file can be imported again. When there are not enough free
    /// seats nobody is invited. A file has at most 16 MiB and 100,000 rows.
    ///
    /// Exit status: 0 when every row is invited, invited already or a member already; 1 when a row failed; 2 when the
    /// file cannot be used.
    Import {
        /// The file
        #[arg(value_name = "FILE.csv")]
        file: PathBuf,
        /// Into which organization
        #[arg(long, value_name = "ID")]
        organization: String,
        /// Only tell what would become of each row
        #[arg(long)]
        dry_run: bool,
    },
}

/// `rollcall token ...`
#[derive(Debug, Clone, PartialEq, Eq, Subcommand)]
pub enum TokenCommand {
    /// Make an API token and print it, this once
    Create(NewTokenArguments),
}

/// What `rollcall token create` is told.
#[derive(Debug, Clone, PartialEq, Eq, Args)]
#[command(group = clap::ArgGroup::new("scope").required(true).args(["global", "organization"]))]
pub struct NewTokenArguments {
    /// Name, unique in its scope
    #[arg(long, value_name = "N")]
    pub name: String,
    /// Counts in every organization
    #[arg(long)]
    pub global: bool,
    /// Counts in this organization
    #[arg(long, value_name = "ID")]
    pub organization: Option<String>,
    /// What it may do, such as api.users.read
    #[arg(long = "permission", value_name = "P", required = true, num_args = 1..)]
    pub permissions: Vec<String>,
    /// How long it lives, such as 90d; at most 2 years
    #[arg(long, value_name = "TIME")]
    pub expires_in: String,
    /// Addresses or networks it works from; anywhere unless given
    #[arg(long = "allow", value_name = "CIDR", num_args = 1..)]
    pub allowed: Vec<String>,
}

/// `rollcall audit ...`
#[derive(Debug, Clone, PartialEq, Eq, Subcommand)]
pub enum AuditCommand {
    /// Prove that no event was changed, removed or reordered
    Verify {
        /// Prove an export instead of the database
        #[arg(long, value_name = "EXPORT")]
        file: Option<PathBuf>,
    },
}

/// Why the command line ends the program before anything was done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Stop {
    /// `--help` or `--version`: the text for standard output; status 0.
    Told(String),
    /// Asked wrongly: one line for standard error; status 2.
    Wrong(String),
}

impl Cli {
    /// Reads the arguments of the process, the program's name first.
    ///
    /// # Errors
    /// [`Stop`] when help was asked for or the arguments make no sense.
    pub fn read(arguments: impl IntoIterator<Item = OsString>) -> Result<Self, Stop> {
        Self::try_parse_from(arguments).map_err(|error| match error.kind() {
            ErrorKind::DisplayHelp | ErrorKind::DisplayVersion => Stop::Told(error.to_string()),
            _ => Stop::Wrong(one_line(&error.to_string())),
        })
    }

    /// The command and the settings that came with it.
    pub fn into_parts(self) -> (Command, Given) {
        let serve = Command::Serve { no_migrate: false };
        (self.command.unwrap_or(serve), self.settings.0)
    }
}

/// `--config` and one flag for each setting that is not a secret.
#[derive(Debug)]
struct SettingFlags(Given);

const CONFIG: &str = "config";

impl Args for SettingFlags {
    fn augment_args(command: clap::Command) -> clap::Command {
        let file = Arg::new(CONFIG)
            .long(CONFIG)
            .value_name("FILE")
            .value_parser(clap::value_parser!(PathBuf))
            .help("File with settings [default: rollcall.toml if it exists]")
            .global(true)
            .help_heading("Settings");
        let flags = SETTINGS.iter().filter(|setting| setting.has_flag());
        flags.fold(command.arg(file), |command, setting| {
            command.arg(
                Arg::new(setting.key)
                    .long(setting.flag())
                    .value_name("VALUE")
                    .help(setting.meaning.trim())
                    .global(true)
                    .hide_short_help(true)
                    .help_heading("Settings"),
            )
        })
    }

    fn augment_args_for_update(command: clap::Command) -> clap::Command {
        Self::augment_args(command)
    }
}

impl FromArgMatches for SettingFlags {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, clap::Error> {
        let flags = SETTINGS
            .iter()
            .filter(|setting| setting.has_flag())
            .filter_map(|setting| {
                let text = matches.get_one::<String>(setting.key)?;
                Some((setting.key, text.clone()))
            })
            .collect();
        let file = matches.get_one(CONFIG).cloned();
        Ok(Self(Given { file, flags }))
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
        *self = Self::from_arg_matches(matches)?;
        Ok(())
    }
}

/// The first paragraph of an error, without the usage that follows it.
fn one_line(text: &str) -> String {
    let lines = text.lines().take_while(|line| !line.trim().is_empty());
    let joined = lines.map(str::trim).collect::<Vec<_>>().join(" ");
    let line = joined.strip_prefix("error: ").unwrap_or(&joined);
    line.replace(char::is_control, "?")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(arguments: &[&str]) -> Result<Cli, Stop> {
        let words = ["rollcall"].iter().chain(arguments);
        Cli::read(words.map(OsString::from))
    }

    fn command(arguments: &[&str]) -> Command {
        read(arguments).expect("valid").into_parts().0
    }

    fn wrong(arguments: &[&str]) -> String {
        match read(arguments) {
            Err(Stop::Wrong(line)) => {
                assert!(!line.contains('\n') && !line.is_empty());
                line
            }
            other => panic!("{arguments:?} gave {other:?}"),
        }
    }

    #[test]
    fn the_definition_is_sound() {
        use clap::CommandFactory;
        Cli::command().debug_assert();
    }

    #[test]
    fn nothing_means_serve() {
        assert_eq!(command(&[]), Command::Serve { no_migrate: false });
        assert_eq!(command(&["serve", "--no-migrate"]), Command::Serve { no_migrate: true });
    }

    #[test]
    fn settings_stand_before_or_after_the_command() {
        for words in [["--listen", "127.0.0.1:0", "check"], ["check", "--listen", "127.0.0.1:0"]] {
            let (command, given) = read(&words).expect("valid").into_parts();
            assert_eq!(command, Command::Check);
            assert_eq!(given.flags, [("listen", "127.0.0.1:0".to_owned())]);
        }
        let (_, given) = read(&["audit", "verify", "--config", "x.toml"]).expect("valid").into_parts();
        assert_eq!(given.file, Some(PathBuf::from("x.toml")));
    }

    #[test]
    fn secrets_have_no_flag() {
        assert!(wrong(&["--setup-code", "x"]).contains("--setup-code"));
        assert!(wrong(&["admin", "create", "--password", "x"]).contains("--password"));
    }

    #[test]
    fn what_is_wrong_is_told_in_one_line() {
        assert!(wrong(&["admin"]).contains("create"));
        assert!(wrong(&["admin", "create"]).contains("--email <E>"));
        assert!(wrong(&["dance"]).contains("dance"));
        assert!(wrong(&["demo", "--users", "0", "--organizations", "1"]).contains("--users"));
        assert!(wrong(&["serve", "ex\ntra\u{1b}[31m"]).contains("ex"));
    }

    #[test]
    fn every_command_has_help() {
        let commands: [&[&str]; 28] = [
            &[],
            &["serve"],
            &["migrate"],
            &["check"],
            &["demo"],
            &["admin"],
            &["admin", "create"],
            &["admin", "reset-mfa"],
            &["organization"],
            &["organization", "create"],
            &["users"],
            &["users", "import"],
            &["audit", "verify"],
            &["permissions"],
            &["openapi"],
            &["token", "create"],
            &["user"],
            &["user", "disable"],
            &["user", "enable"],
            &["support", "grant"],
            &["client", "grant"],
            &["backup"],
            &["restore"],
            &["mail"],
            &["mail", "release"],
            &["mail", "discard"],
            &["key"],
            &["key", "rotate"],
        ];
        for words in commands {
            let words = [words, &["--help"]].concat();
            match read(&words) {
                Err(Stop::Told(text)) => assert!(text.contains("--config"), "{words:?}: {text}"),
                other => panic!("{words:?} gave {other:?}"),
            }
        }
    }
}
