//! Every setting of the program, read once at the start and never again.
//!
//! One list ([`SETTINGS`]) names each setting with its default and meaning; the
//! flags of the command line, the `ROLLCALL_` variables, the keys of
//! `rollcall.toml` and the table printed by `rollcall check` all come from it.
//! What a value means is decided here, so that a wrong one stops the start with
//! one line. This module opens no socket, database or key file.

mod settings;
mod sources;
mod urls;
mod values;

use std::ffi::OsString;
use std::net::SocketAddr;

pub use settings::{Config, SETTINGS, Setting, Shown};
pub use sources::{ConfigError, Given, Source};
pub use urls::{DatabaseUrl, PublicUrl, SmtpEncryption, SmtpLogin, SmtpServer};
pub use values::{Argon2Cost, LogFormat, Rate};

use sources::Gathered;

/// One line of `rollcall check`: a setting in force. Secrets are already masked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Explained {
    /// The environment variable, for example `ROLLCALL_LISTEN`.
    pub name: String,
    /// The value in force, or `(hidden)`, or the URL with its password masked.
    pub value: String,
    /// Where the value came from: `flag`, `environment`, the file, or `default`.
    pub source: String,
    /// What the setting does.
    pub meaning: &'static str,
}

impl Config {
    /// Reads every setting: flag, then environment, then file, then default
    /// (operations contract, section 3).
    ///
    /// # Errors
    /// One line for the first unknown key, unknown `ROLLCALL_` variable, bad
    /// value or forbidden combination; the program ends with status 2.
    pub fn load(
        given: &Given,
        environment: impl IntoIterator<Item = (OsString, OsString)>,
    ) -> Result<Self, ConfigError> {
        let gathered = Gathered::from_all(given, environment)?;
        let config = Self::from_gathered(gathered)?;
        config.check_listeners()?;
        config.check_hashing()?;
        Ok(config)
    }

    /// Every setting in force, in the order of the list, secrets masked.
    pub fn explain(&self) -> Vec<Explained> {
        SETTINGS
            .iter()
            .map(|setting| Explained {
                name: setting.variable(),
                value: self.shown_value(setting),
                source: self.gathered.source(setting.key).to_string(),
                meaning: setting.meaning.trim(),
            })
            .collect()
    }

    /// Tells the settings which address the listener really got, so that a
    /// public URL that follows the listener names the real port.
    pub fn listening_on(&mut self, bound: SocketAddr) {
        self.listen = bound;
        if self.gathered.source("public_url") == Source::Default {
            self.public_url = PublicUrl::of_listener(bound);
        }
    }

    fn shown_value(&self, setting: &Setting) -> String {
        if setting.key == "public_url" {
            return self.public_url.to_string();
        }
        let text = self.gathered.text(setting.key);
        match setting.shown {
            _ if text.is_empty() => "none".to_owned(),
            Shown::Plainly => text.to_owned(),
            Shown::WithoutPassword => urls::without_password(text),
            Shown::Never => "(hidden)".to_owned(),
        }
    }

    fn check_listeners(&self) -> Result<(), ConfigError> {
        match self.ops_listen {
            Some(ops) if ops == self.listen && ops.port() != 0 => {
                Err(self.gathered.refuse("ops_listen", "must differ from the public listener"))
            }
            _ => Ok(()),
        }
    }

    /// The floor of security contract S1, and the one way below it.
    fn check_hashing(&self) -> Result<(), ConfigError> {
        if self.insecure_test_hashing && !self.listen.ip().is_loopback() {
            return Err(self
                .gathered
                .refuse("insecure_test_hashing", "is for tests only and needs a loopback listener"));
        }
        if !self.insecure_test_hashing && self.argon2.is_weaker_than(&Argon2Cost::FLOOR) {
            return Err(self.gathered.refuse("argon2", &format!("is weaker than {}", Argon2Cost::FLOOR)));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
