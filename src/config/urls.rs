//! The three URLs among the settings: where the portal is reached, where its
//! rows live, and who carries its mail. Judged here by shape alone; whether
//! anybody answers there is found out by those who connect.

use std::fmt;
use std::net::SocketAddr;
use std::path::PathBuf;

use percent_encoding::percent_decode_str;
use secrecy::{ExposeSecret, SecretString};
use url::{Host, Url};

/// The base of every link in mails and redirects, without a trailing slash.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublicUrl {
    origin: String,
    host: Host,
    port: u16,
    is_https: bool,
}

impl PublicUrl {
    /// The base for a listener that no URL was configured for.
    pub(super) fn of_listener(listener: SocketAddr) -> Self {
        Self {
            origin: format!("http://{listener}"),
            host: match listener {
                SocketAddr::V4(address) => Host::Ipv4(*address.ip()),
                SocketAddr::V6(address) => Host::Ipv6(*address.ip()),
            },
            port: listener.port(),
            is_https: false,
        }
    }

    /// Scheme, host and port, for example `https://people.example`. This is also
    /// what a browser sends as `Origin`.
    pub fn as_str(&self) -> &str {
        &self.origin
    }

    /// Whether browsers reach the portal over TLS: then the cookie is Secure and
    /// HSTS is sent (portal contract 3.5).
    pub fn is_https(&self) -> bool {
        self.is_https
    }

    /// An absolute link to a local path such as `/login`.
    pub fn link(&self, path: &str) -> String {
        let slash = if path.starts_with('/') { "" } else { "/" };
        format!("{}{slash}{path}", self.origin)
    }

    /// Whether a `Host` header names this portal (security contract S44). On a
    /// loopback URL the other loopback names of the same port count too: they
    /// all lead to this machine and nowhere else.
    pub fn answers_to(&self, host_header: &str) -> bool {
        let scheme = if self.is_https { "https" } else { "http" };
        let Ok(asked) = Url::parse(&format!("{scheme}://{host_header}")) else {
            return false;
        };
        let is_bare = asked.path() == "/"
            && asked.query().is_none()
            && asked.fragment().is_none()
            && asked.username().is_empty()
            && asked.password().is_none()
            && !host_header.contains(['/', '\\', '@', '?', '#']);
        let same_port = asked.port_or_known_default() == Some(self.port);
        is_bare
            && same_port
            && asked.host().is_some_and(|host| {
                let host = host.to_owned();
                host == self.host || (is_loopback(&host) && is_loopback(&self.host))
            })
    }

    /// Whether an `Origin` header names this portal.
    pub fn is_origin(&self, origin: &str) -> bool {
        let scheme = if self.is_https { "https://" } else { "http://" };
        origin.strip_prefix(scheme).is_some_and(|host| self.answers_to(host))
    }
}

impl fmt::Display for PublicUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.origin)
    }
}

/// Which database, and where.
#[derive(Debug, Clone)]
pub enum DatabaseUrl {
    /// A file of this machine.
    Sqlite(PathBuf),
    /// The connection URL, which may hold a password.
    Postgres(SecretString),
}

impl DatabaseUrl {
    /// Whether several nodes may share the database, and therefore the key file.
    pub fn is_postgres(&self) -> bool {
        matches!(self, Self::Postgres(_))
    }

    /// The URL a driver connects to, with its password: for nobody else.
    pub fn exposed(&self) -> String {
        match self {
            Self::Sqlite(path) => format!("sqlite:{}", path.display()),
            Self::Postgres(url) => url.expose_secret().to_owned(),
        }
    }
}

/// The mail server and how to talk to it.
#[derive(Debug, Clone)]
pub struct SmtpServer {
    /// Name or address.
    pub host: String,
    /// TCP port.
    pub port: u16,
    /// How the connection is protected.
    pub encryption: SmtpEncryption,
    /// User and password, when the server asks for them.
    pub login: Option<SmtpLogin>,
}

/// User and password for the mail server.
#[derive(Debug, Clone)]
pub struct SmtpLogin {
    /// User name.
    pub user: String,
    /// Password.
    pub password: SecretString,
}

/// How the connection to the mail server is protected (security contract S77).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SmtpEncryption {
    /// TLS from the first byte (`smtps://`, RFC 8314).
    Implicit,
    /// STARTTLS or nothing is sent (`tls=required`; the default beyond loopback).
    StartTls,
    /// STARTTLS when offered; only when asked for (`tls=opportunistic`).
    Opportunistic,
    /// Plain; the default on loopback, elsewhere only when asked for (`tls=none`).
    Plain,
}

pub(super) fn public_url(text: &str) -> Result<PublicUrl, String> {
    let url = parsed(text, "https://people.example.com")?;
    let is_https = match url.scheme() {
        "https" => true,
        "http" => false,
        _ => return Err("expected an http or https address".to_owned()),
    };
    let (Some(host), Some(port)) = (url.host(), url.port_or_known_default()) else {
        return Err("expected a host name".to_owned());
    };
    let has_more = url.path() != "/"
        || url.query().is_some()
        || url.fragment().is_some()
        || !url.username().is_empty()
        || url.password().is_some();
    if has_more {
        return Err("expected scheme, host and port only".to_owned());
    }
    let host = host.to_owned();
    if !is_https && !is_loopback(&host) {
        return Err("plain http is accepted for loopback hosts only; use https".to_owned());
    }
    Ok(PublicUrl { origin: url.origin().ascii_serialization(), host, port, is_https })
}

pub(super) fn database(text: &str) -> Result<DatabaseUrl, String> {
    if let Some(rest) = text.strip_prefix("sqlite:") {
        let path = rest.strip_prefix("//").unwrap_or(rest);
        if path.is_empty() || path.starts_with(':') || path.contains(['?', '\0']) {
            return Err("expected sqlite: and a file, without options".to_owned());
        }
        return Ok(DatabaseUrl::Sqlite(PathBuf::from(path)));
    }
    let expected = "expected sqlite:FILE or postgres://USER@HOST/NAME";
    let url = Url::parse(text).map_err(|_| expected.to_owned())?;
    match url.scheme() {
        "postgres" | "postgresql" if text.contains("://") => {
            Ok(DatabaseUrl::Postgres(SecretString::from(text.to_owned())))
        }
        _ => Err(expected.to_owned()),
    }
}

pub(super) fn smtp(text: &str) -> Result<Option<SmtpServer>, String> {
    if text.is_empty() {
        return Ok(None);
    }
    let url = parsed(text, "smtp://mail.example.com:587?tls=required")?;
    let Some(host) = url.host_str().filter(|host| !host.is_empty()) else {
        return Err("expected a host name".to_owned());
    };
    if !matches!(url.path(), "" | "/") || url.fragment().is_some() {
        return Err("expected no path".to_owned());
    }
    let encryption = encryption(&url, host)?;
    let usual_port = match encryption {
        SmtpEncryption::Implicit => 465,
        SmtpEncryption::StartTls => 587,
        SmtpEncryption::Opportunistic | SmtpEncryption::Plain => 25,
    };
    Ok(Some(SmtpServer {
        host: host.trim_matches(['[', ']']).to_owned(),
        port: url.port().unwrap_or(usual_port),
        encryption,
        login: login(&url)?,
    }))
}

fn encryption(url: &Url, host: &str) -> Result<SmtpEncryption, String> {
    let mut wish = None;
    for (name, value) in url.query_pairs() {
        match name.as_ref() {
            "tls" if wish.is_none() => wish = Some(value.into_owned()),
            _ => return Err("expected no option but tls".to_owned()),
        }
    }
    match (url.scheme(), wish.as_deref()) {
        ("smtps", None | Some("required")) => Ok(SmtpEncryption::Implicit),
        ("smtp", Some("opportunistic")) => Ok(SmtpEncryption::Opportunistic),
        ("smtp", Some("none")) => Ok(SmtpEncryption::Plain),
        ("smtp", None) if is_loopback_text(host) => Ok(SmtpEncryption::Plain),
        ("smtp", None | Some("required")) => Ok(SmtpEncryption::StartTls),
        ("smtp" | "smtps", Some(_)) => Err("expected tls=required, tls=opportunistic or tls=none".to_owned()),
        _ => Err("expected smtp:// or smtps://".to_owned()),
    }
}

fn login(url: &Url) -> Result<Option<SmtpLogin>, String> {
    let decoded = |text: &str| {
        percent_decode_str(text)
            .decode_utf8()
            .map(std::borrow::Cow::into_owned)
            .map_err(|_| "user and password must be UTF-8".to_owned())
    };
    match (url.username(), url.password()) {
        ("", None) => Ok(None),
        (user, Some(password)) if !user.is_empty() => {
            Ok(Some(SmtpLogin { user: decoded(user)?, password: SecretString::from(decoded(password)?) }))
        }
        _ => Err("expected both a user and a password, or neither".to_owned()),
    }
}

/// Whether a URL carries a password, as user information or as a parameter.
pub(super) fn holds_password(text: &str) -> bool {
    match Url::parse(text) {
        Ok(url) => url.password().is_some() || url.query_pairs().any(|(name, _)| is_secret(&name)),
        Err(_) => text.contains('@'),
    }
}

/// The URL with every password replaced by `***`.
pub(super) fn without_password(text: &str) -> String {
    if !holds_password(text) {
        return text.to_owned();
    }
    let Ok(mut url) = Url::parse(text) else {
        return "(hidden)".to_owned();
    };
    if url.password().is_some() && url.set_password(Some("***")).is_err() {
        return "(hidden)".to_owned();
    }
    if url.query().is_some() {
        let pairs: Vec<(String, String)> = url.query_pairs().into_owned().collect();
        let mut shown = url.query_pairs_mut();
        shown.clear();
        for (name, value) in &pairs {
            shown.append_pair(name, if is_secret(name) { "***" } else { value });
        }
        drop(shown);
    }
    url.into()
}

fn is_secret(parameter: &str) -> bool {
    parameter.to_ascii_lowercase().contains("password")
}

fn parsed(text: &str, example: &str) -> Result<Url, String> {
    Url::parse(text).map_err(|_| format!("expected an address such as {example}"))
}

fn is_loopback(host: &Host) -> bool {
    match host {
        Host::Ipv4(address) => address.is_loopback(),
        Host::Ipv6(address) => address.is_loopback(),
        Host::Domain(name) => name == "localhost" || name.ends_with(".localhost"),
    }
}

/// For schemes whose hosts the URL parser leaves as they were typed.
fn is_loopback_text(host: &str) -> bool {
    Host::parse(host).is_ok_and(|host| is_loopback(&host))
}
