//! Delivery to a mail server (RFC 5321). What goes wrong before the server has heard of a mail,
//! from the connection to the login, is never that mail's fault and is tried again; only a 5xx
//! reply to the mail itself is final. Connections are kept while there is more to send.

use std::time::Duration;

use lettre::{
    Address,
    transport::smtp::{
        Error,
        authentication::{Credentials, DEFAULT_MECHANISMS},
        client::{AsyncSmtpConnection, TlsParameters},
        commands::{Data, Mail, Rcpt},
        extension::{ClientId, Extension, MailBodyParameter, MailParameter},
    },
};
use secrecy::ExposeSecret;
use tokio::{sync::Mutex, time::timeout};

use super::{inert::one_line, transport::SendError};
use crate::{
    config::{SmtpEncryption, SmtpServer},
    store::SealedLetter,
};

/// For connection, TLS and login together.
const CONNECT_LIMIT: Duration = Duration::from_secs(30);
/// For each command before the text.
const COMMAND_LIMIT: Duration = Duration::from_secs(60);
/// For the reply after the text: giving up earlier would send a mail twice (RFC 5321, 4.5.3.2.6).
const ACCEPT_LIMIT: Duration = Duration::from_secs(600);
/// For saying goodbye.
const QUIT_LIMIT: Duration = Duration::from_secs(2);

/// Replies that speak of our login, not of the mail (RFC 4954, section 6).
const LOGIN_REPLIES: [u16; 4] = [530, 534, 535, 538];

/// A mail server and the open connections to it.
pub struct Smtp {
    server: SmtpServer,
    name: ClientId,
    tls: Option<TlsParameters>,
    idle: Mutex<Vec<AsyncSmtpConnection>>,
}

impl std::fmt::Debug for Smtp {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Smtp").field("server", &self.server()).finish_non_exhaustive()
    }
}

impl Smtp {
    pub(super) fn new(server: &SmtpServer) -> Result<Self, SendError> {
        let tls = match server.encryption {
            SmtpEncryption::Plain => None,
            _ => Some(TlsParameters::new(server.host.clone()).map_err(|error| later(&error))?),
        };
        Ok(Self { server: server.clone(), name: ClientId::default(), tls, idle: Mutex::new(Vec::new()) })
    }

    /// Host and port.
    pub(super) fn server(&self) -> String {
        format!("{}:{}", self.server.host, self.server.port)
    }

    pub(super) async fn reach(&self) -> Result<(), SendError> {
        let connection = self.connect().await?;
        self.idle.lock().await.push(connection);
        self.rest().await;
        Ok(())
    }

    pub(super) async fn send(&self, letter: &SealedLetter) -> Result<(), SendError> {
        let (from, to) = (address(&letter.from)?, address(&letter.to)?);
        let mut connection = self.connection().await?;
        match hand_over(&mut connection, from, to, letter.message.as_bytes()).await {
            Ok(()) => {
                self.idle.lock().await.push(connection);
                Ok(())
            }
            Err(Trouble::Reply(error)) => {
                quit(connection).await;
                Err(judged(&error))
            }
            Err(Trouble::Broken(why)) => Err(SendError::Later(why)),
        }
    }

    /// Closes the connections that wait for the next mail.
    pub(super) async fn rest(&self) {
        let idle = std::mem::take(&mut *self.idle.lock().await);
        futures::future::join_all(idle.into_iter().map(quit)).await;
    }

    /// A connection that answers: a waiting one, else a new one.
    async fn connection(&self) -> Result<AsyncSmtpConnection, SendError> {
        loop {
            let waiting = self.idle.lock().await.pop();
            let Some(mut connection) = waiting else { return self.connect().await };
            if matches!(timeout(QUIT_LIMIT, connection.test_connected()).await, Ok(true)) {
                return Ok(connection);
            }
        }
    }

    async fn connect(&self) -> Result<AsyncSmtpConnection, SendError> {
        match timeout(CONNECT_LIMIT, self.greet()).await {
            Ok(greeted) => greeted.map_err(|error| later(&error)),
            Err(_) => Err(SendError::Later(format!("{} does not answer", self.server()))),
        }
    }

    async fn greet(&self) -> Result<AsyncSmtpConnection, Error> {
        let encryption = self.server.encryption;
        let from_the_start = self.tls.clone().filter(|_| encryption == SmtpEncryption::Implicit);
        let mut connection = AsyncSmtpConnection::connect_tokio1(
            (self.server.host.as_str(), self.server.port),
            Some(CONNECT_LIMIT),
            &self.name,
            from_the_start,
            None,
        )
        .await?;
        let upgrades = match encryption {
            SmtpEncryption::StartTls => true,
            SmtpEncryption::Opportunistic => connection.can_starttls(),
            SmtpEncryption::Implicit | SmtpEncryption::Plain => false,
        };
        if let (true, Some(tls)) = (upgrades, &self.tls) {
            // Fails when the server, or somebody in between, does not offer it.
            connection.starttls(tls.clone(), &self.name).await?;
        }
        if let Some(login) = &self.server.login {
            let password = login.password.expose_secret().to_owned();
            let credentials = Credentials::new(login.user.clone(), password);
            connection.auth(DEFAULT_MECHANISMS, &credentials).await?;
        }
        Ok(connection)
    }
}

/// Why a mail transaction did not end well.
enum Trouble {
    /// The server said no; the connection is still good for a goodbye.
    Reply(Error),
    /// The connection is lost, or what is going on at its other end unknown.
    Broken(String),
}

/// One mail transaction. When it ends well, the server has taken responsibility.
async fn hand_over(
    connection: &mut AsyncSmtpConnection,
    from: Address,
    to: Address,
    message: &[u8],
) -> Result<(), Trouble> {
    let mut parameters = Vec::new();
    if !message.is_ascii() && connection.server_info().supports_feature(Extension::EightBitMime) {
        parameters.push(MailParameter::Body(MailBodyParameter::EightBitMime));
    }
    in_time(COMMAND_LIMIT, connection.command(Mail::new(Some(from), parameters))).await?;
    in_time(COMMAND_LIMIT, connection.command(Rcpt::new(to, Vec::new()))).await?;
    in_time(COMMAND_LIMIT, connection.command(Data)).await?;
    in_time(ACCEPT_LIMIT, connection.message(message)).await
}

async fn in_time<T>(limit: Duration, reply: impl Future<Output = Result<T, Error>>) -> Result<(), Trouble> {
    match timeout(limit, reply).await {
        Ok(Ok(_)) => Ok(()),
        Ok(Err(error)) if error.status().is_some() => Err(Trouble::Reply(error)),
        Ok(Err(error)) => Err(Trouble::Broken(one_line(&error.to_string()))),
        Err(_) => Err(Trouble::Broken("the mail server stopped answering".to_owned())),
    }
}

fn judged(error: &Error) -> SendError {
    let code = error.status().map_or(0, u16::from);
    if error.is_permanent() && !LOGIN_REPLIES.contains(&code) {
        SendError::Refused(one_line(&error.to_string()))
    } else {
        later(error)
    }
}

fn later(error: &Error) -> SendError {
    SendError::Later(one_line(&error.to_string()))
}

fn address(text: &str) -> Result<Address, SendError> {
    text.parse().map_err(|_| SendError::Refused("the address cannot be mailed".to_owned()))
}

async fn quit(mut connection: AsyncSmtpConnection) {
    // Whether the server says goodbye too changes nothing.
    drop(timeout(QUIT_LIMIT, connection.quit()).await);
}
