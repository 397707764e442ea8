//! Where settings come from and which source wins. Knows texts only: no value
//! is understood here, but every key is known, so a misspelt one is an error.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fmt;
use std::path::{Path, PathBuf};

use super::settings::{SETTINGS, Setting, Shown};
use super::urls;

/// The file that is read when it exists and `--config` names no other.
const DEFAULT_FILE: &str = "rollcall.toml";
const PREFIX: &str = "ROLLCALL_";

/// What the command line gave.
#[derive(Debug, Clone, Default)]
pub struct Given {
    /// `--config FILE`.
    pub file: Option<PathBuf>,
    /// Key of the setting and the text of its flag.
    pub flags: Vec<(&'static str, String)>,
}

/// A setting that cannot be used, told in one line that names it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct ConfigError(String);

impl ConfigError {
    fn new(line: impl Into<String>) -> Self {
        Self(line.into())
    }
}

/// Where the text of a setting came from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source {
    /// A flag of the command line.
    Flag,
    /// A `ROLLCALL_` variable.
    Environment,
    /// This file.
    File(PathBuf),
    /// The list of settings.
    Default,
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Flag => f.write_str("flag"),
            Self::Environment => f.write_str("environment"),
            Self::File(path) => write!(f, "{}", path.display()),
            Self::Default => f.write_str("default"),
        }
    }
}

#[derive(Clone)]
struct Entry {
    text: String,
    source: Source,
}

/// One text and its source for every setting.
#[derive(Clone)]
pub(super) struct Gathered(BTreeMap<&'static str, Entry>);

/// Texts may hold secrets, so none is ever printed by `{:?}`.
impl fmt::Debug for Gathered {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Gathered(..)")
    }
}

impl Gathered {
    pub(super) fn from_all(
        given: &Given,
        environment: impl IntoIterator<Item = (OsString, OsString)>,
    ) -> Result<Self, ConfigError> {
        let mut gathered = Self(BTreeMap::new());
        gathered.add_file(given.file.as_deref())?;
        gathered.add_environment(environment)?;
        for (key, text) in &given.flags {
            gathered.add_flag(key, text)?;
        }
        gathered.add_defaults();
        Ok(gathered)
    }

    /// The text of a setting; empty when it stands for "none".
    pub(super) fn text(&self, key: &str) -> &str {
        self.0.get(key).map_or("", |entry| entry.text.as_str())
    }

    pub(super) fn source(&self, key: &str) -> Source {
        self.0.get(key).map_or(Source::Default, |entry| entry.source.clone())
    }

    /// Turns the text of a setting into its value.
    pub(super) fn read<T>(
        &self,
        key: &'static str,
        parse: impl FnOnce(&str) -> Result<T, String>,
    ) -> Result<T, ConfigError> {
        parse(self.text(key)).map_err(|problem| self.refuse(key, &problem))
    }

    /// The one line for a setting that is wrong, named as it was given.
    pub(super) fn refuse(&self, key: &'static str, problem: &str) -> ConfigError {
        let Some(setting) = SETTINGS.iter().find(|setting| setting.key == key) else {
            return ConfigError::new(problem);
        };
        let name = match self.source(key) {
            Source::Flag => format!("--{}", setting.flag()),
            Source::Environment => setting.variable(),
            Source::File(path) => format!("{key} in {}", path.display()),
            Source::Default => format!("{} (default)", setting.variable()),
        };
        match setting.shown {
            Shown::Plainly => ConfigError(format!("{name} {:?}: {problem}", self.text(key))),
            Shown::WithoutPassword | Shown::Never => ConfigError(format!("{name}: {problem}")),
        }
    }

    fn set(&mut self, setting: &Setting, text: String, source: Source) {
        self.0.insert(setting.key, Entry { text, source });
    }

    fn add_file(&mut self, named: Option<&Path>) -> Result<(), ConfigError> {
        let path = named.unwrap_or(Path::new(DEFAULT_FILE));
        let text = match std::fs::read_to_string(path) {
            Ok(text) => text,
            Err(error) if named.is_none() && error.kind() == std::io::ErrorKind::NotFound => {
                return Ok(());
            }
            Err(error) => {
                return Err(ConfigError(format!("cannot read the configuration {}: {error}", path.display())));
            }
        };
        let table: toml::Table = text.parse().map_err(|error| bad_toml(path, &text, &error))?;
        for (key, value) in table {
            let setting = known(|setting| setting.key == key)
                .ok_or_else(|| ConfigError(format!("{}: unknown setting {key:?}", path.display())))?;
            let text = plain_text(&value).ok_or_else(|| {
                ConfigError(format!(
                    "{key} in {}: expected a text, a number, true, false or a list of texts",
                    path.display()
                ))
            })?;
            self.set(setting, text, Source::File(path.to_owned()));
        }
        Ok(())
    }

    fn add_environment(
        &mut self,
        environment: impl IntoIterator<Item = (OsString, OsString)>,
    ) -> Result<(), ConfigError> {
        let ours = environment.into_iter().filter_map(|(name, value)| {
            let name = name.to_string_lossy().into_owned();
            name.starts_with(PREFIX).then_some((name, value))
        });
        for (name, value) in ours {
            let setting = known(|setting| setting.variable() == name)
                .ok_or_else(|| ConfigError(format!("unknown variable {name:?}")))?;
            let text = value.into_string().map_err(|_| ConfigError(format!("{name}: not valid UTF-8")))?;
            self.set(setting, text, Source::Environment);
        }
        Ok(())
    }

    fn add_flag(&mut self, key: &str, text: &str) -> Result<(), ConfigError> {
        let Some(setting) = known(|setting| setting.key == key && setting.has_flag()) else {
            return Err(ConfigError(format!("{key} cannot be given as a flag")));
        };
        if setting.shown == Shown::WithoutPassword && urls::holds_password(text) {
            return Err(ConfigError(format!(
                "--{}: a password on the command line is visible to everybody on the machine; use {} or the file",
                setting.flag(),
                setting.variable()
            )));
        }
        self.set(setting, text.to_owned(), Source::Flag);
        Ok(())
    }

    /// Last, because some defaults follow other settings.
    fn add_defaults(&mut self) {
        let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
        for setting in SETTINGS {
            if !self.0.contains_key(setting.key) {
                let text = setting
                    .default
                    .replace("{listen}", self.text("listen"))
                    .replace("{data}", self.text("data_dir"))
                    .replace("{cores}", &cores.to_string());
                self.set(setting, text, Source::Default);
            }
        }
    }
}

fn known(is_it: impl Fn(&Setting) -> bool) -> Option<&'static Setting> {
    SETTINGS.iter().find(|setting| is_it(setting))
}

/// Says where the file stops making sense, without quoting a line that may hold a secret.
fn bad_toml(path: &Path, text: &str, error: &toml::de::Error) -> ConfigError {
    let before = error.span().and_then(|span| text.get(..span.start));
    let line = before.map_or(1, |before| before.matches('\n').count() + 1);
    let message = error.message().replace('\n', " ");
    ConfigError(format!("{}, line {line}: {message}", path.display()))
}

/// The text a setting would have in the environment.
fn plain_text(value: &toml::Value) -> Option<String> {
    match value {
        toml::Value::String(text) => Some(text.clone()),
        toml::Value::Integer(number) => Some(number.to_string()),
        toml::Value::Boolean(switch) => Some(switch.to_string()),
        toml::Value::Array(items) => {
            let texts: Option<Vec<&str>> = items.iter().map(toml::Value::as_str).collect();
            texts.map(|texts| texts.join(","))
        }
        toml::Value::Float(_) | toml::Value::Datetime(_) | toml::Value::Table(_) => None,
    }
}
