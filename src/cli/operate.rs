//! The words for running an installation: switching people off, granting what nobody gives by hand, backups, keys.

use clap::Subcommand;

/// `rollcall user ...`
#[derive(Debug, Clone, PartialEq, Eq, Subcommand)]
pub enum UserCommand {
    /// Switch a user off everywhere: no login, and all sessions end
    Disable {
        /// Email address they log in with
        #[arg(long, value_name = "E")]
        email: String,
    },
    /// Switch a user on again; no activation is needed
    Enable {
        /// Email address they log in with
        #[arg(long, value_name = "E")]
        email: String,
    },
}

/// `rollcall support ...`
#[derive(Debug, Clone, PartialEq, Eq, Subcommand)]
pub enum SupportCommand {
    /// Grant a Support membership, or give the one that is there another request and end
    Grant {
        /// Organization to support
        #[arg(long, value_name = "ID")]
        organization: String,
        /// Email address; somebody without an account is invited
        #[arg(long, value_name = "E")]
        email: String,
        /// Reference of the support request
        #[arg(long, value_name = "R")]
        request: String,
        /// Last day it works, such as 2030-12-31, UTC
        #[arg(long, value_name = "DATE")]
        until: String,
    },
}

/// `rollcall client ...`
#[derive(Debug, Clone, PartialEq, Eq, Subcommand)]
pub enum ClientCommand {
    /// Grant a Client membership
    Grant {
        /// Organization whose data sources the client sets up
        #[arg(long, value_name = "ID")]
        organization: String,
        /// Email address; somebody without an account is invited
        #[arg(long, value_name = "E")]
        email: String,
    },
}

/// `rollcall key ...`
#[derive(Debug, Clone, Copy, PartialEq, Eq, Subcommand)]
pub enum KeyCommand {
    /// Encrypt everything that is encrypted at rest with a new key, while serving; goes on where it was cut off
    Rotate,
}

/// `rollcall mail ...`
#[derive(Debug, Clone, Copy, PartialEq, Eq, Subcommand)]
pub enum MailCommand {
    /// Send the mails that wait since a backup was restored
    Release,
    /// Forget the mails that wait since a backup was restored
    Discard,
}
