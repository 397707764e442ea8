//! The audit log's vocabulary: which events exist, who caused them, what they tell. How events are chained and kept is
//! the store's business.

mod words;

use std::{fmt, str::FromStr, sync::Arc};

use serde_json::{Value, json};

use super::{
    entropy::Entropy,
    ids::{CustomRoleId, OrganizationId, TokenId, UserId},
    time::Timestamp,
};
pub use words::AuditKind;

/// When, where from and in which request something happens. Made once per request or command and handed down.
#[derive(Clone)]
pub struct Occasion {
    /// The moment all parts of the change share.
    pub now: Timestamp,
    /// Chance for ids and secrets made on the way.
    pub entropy: Arc<dyn Entropy>,
    /// Client address, if the change came over the network.
    pub address: Option<String>,
    /// The request's id, the same as in the log.
    pub request_id: Option<String>,
}

impl fmt::Debug for Occasion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Occasion").field("now", &self.now).field("request_id", &self.request_id).finish_non_exhaustive()
    }
}

macro_rules! actions {
    ($($name:ident = $key:literal),+ $(,)?) => {
        /// Every action that is recorded, under the stable key of the portal contract (1.16).
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum AuditAction { $(#[doc = concat!("`", $key, "`")] $name),+ }

        impl AuditAction {
            /// All actions in the order of the contract.
            pub const ALL: &[Self] = &[$(Self::$name),+];

            /// The stable key.
            pub const fn key(self) -> &'static str {
                match self { $(Self::$name => $key),+ }
            }
        }
    };
}

actions! {
    LoginSucceeded = "login.succeeded",
    LoginFailed = "login.failed",
    LoginLocked = "login.locked",
    LoginRefusedLocked = "login.refused_locked",
    Logout = "logout",
    SessionIdleEnded = "session.idle_ended",
    SessionEnded = "session.ended",
    AccountActivated = "account.activated",
    AccountEmailChanged = "account.email_changed",
    AccountPasswordChanged = "account.password_changed",
    AccountPasswordReset = "account.password_reset",
    AccountNameChanged = "account.name_changed",
    MfaEnrolled = "mfa.enrolled",
    MfaReplaced = "mfa.replaced",
    MfaResetByAdmin = "mfa.reset_by_admin",
    MfaRecoveryCodeUsed = "mfa.recovery_code_used",
    MfaRecoveryCodesShown = "mfa.recovery_codes_shown",
    MfaRecoveryCodesRegenerated = "mfa.recovery_codes_regenerated",
    UserInvited = "user.invited",
    UserInvitationResent = "user.invitation_resent",
    UserInvitationCancelled = "user.invitation_cancelled",
    UserEdited = "user.edited",
    UserRolesChanged = "user.roles_changed",
    UserDisabled = "user.disabled",
    UserEnabled = "user.enabled",
    UserDeleted = "user.deleted",
    RoleCreated = "role.created",
    RoleChanged = "role.changed",
    RoleDeleted = "role.deleted",
    OrganizationCreated = "organization.created",
    OrganizationChanged = "organization.changed",
    OrganizationMfaChanged = "organization.mfa_changed",
    TokenCreated = "token.created",
    TokenRevoked = "token.revoked",
    UsersExported = "users.exported",
    AuditExported = "audit.exported",
    AccountCreated = "account.created",
    AccountDisabled = "account.disabled",
    AccountEnabled = "account.enabled",
    AccountServiceAccountChanged = "account.service_account_changed",
    UserAssigned = "user.assigned",
    UserRemoved = "user.removed",
    OrganizationDeleted = "organization.deleted",
    TokenChanged = "token.changed",
    KeyRotated = "key.rotated",
    BackupMade = "backup.made",
    BackupRestored = "backup.restored",
}

impl fmt::Display for AuditAction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.key())
    }
}

/// A key that names no action.
#[derive(Debug, thiserror::Error)]
#[error("no such audit action")]
pub struct UnknownAction;

impl FromStr for AuditAction {
    type Err = UnknownAction;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL.iter().copied().find(|action| action.key() == text).ok_or(UnknownAction)
    }
}

/// Who did it, as they were called then: the line stays readable after they are gone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AuditActor {
    /// A signed-in person.
    User {
        /// Their id.
        id: UserId,
        /// Their shown name.
        name: String,
        /// Their address.
        email: String,
    },
    /// An API token.
    Token {
        /// Its id.
        id: TokenId,
        /// The robot user its actions are attributed to.
        user: UserId,
        /// Its name.
        name: String,
    },
    /// The program itself: set-up, command line, expiry.
    System,
    /// A visitor who is not signed in.
    Nobody,
}

impl AuditActor {
    /// The word in the `actor_kind` column.
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::User { .. } => "user",
            Self::Token { .. } => "token",
            Self::System => "system",
            Self::Nobody => "nobody",
        }
    }

    /// The id, if the actor has one.
    pub fn id(&self) -> Option<String> {
        match self {
            Self::User { id, .. } => Some(id.to_string()),
            Self::Token { id, .. } => Some(id.to_string()),
            Self::System | Self::Nobody => None,
        }
    }

    /// The name shown in lists: a person's name, `API token {name}`, `System`.
    pub fn shown(&self) -> String {
        match self {
            Self::User { name, .. } => name.clone(),
            Self::Token { name, .. } => format!("API token {name}"),
            Self::System => "System".to_owned(),
            Self::Nobody => "Not signed in".to_owned(),
        }
    }

    /// The address of a person.
    pub fn email(&self) -> Option<&str> {
        match self {
            Self::User { email, .. } => Some(email),
            _ => None,
        }
    }
}

/// The organization an event belongs to; none for what concerns the installation alone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditScope {
    /// The organization's id.
    pub id: OrganizationId,
    /// Its name at the time.
    pub name: String,
}

/// What an event is about, with the name it had at the time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditTarget {
    /// `user`, `organization`, `role`, `token`, `session`, `installation`.
    pub kind: &'static str,
    /// The id, where the target has one.
    pub id: Option<String>,
    /// The name people know it by.
    pub name: String,
}

impl AuditTarget {
    /// A person, named as `Ana Lima (ana@example.com)`, or by the address alone.
    pub fn user(id: UserId, name: &str, email: &str) -> Self {
        let name = if name.is_empty() || name == email { email.to_owned() } else { format!("{name} ({email})") };
        Self { kind: "user", id: Some(id.to_string()), name }
    }

    /// An organization.
    pub fn organization(id: OrganizationId, name: &str) -> Self {
        Self { kind: "organization", id: Some(id.to_string()), name: name.to_owned() }
    }

    /// A custom role.
    pub fn role(id: CustomRoleId, name: &str) -> Self {
        Self { kind: "role", id: Some(id.to_string()), name: name.to_owned() }
    }

    /// An API token.
    pub fn token(id: TokenId, name: &str) -> Self {
        Self { kind: "token", id: Some(id.to_string()), name: name.to_owned() }
    }

    /// The installation as a whole.
    pub fn installation() -> Self {
        Self { kind: "installation", id: None, name: "Rollcall".to_owned() }
    }
}

/// One line of the audit log before it is chained.
#[derive(Debug, Clone, PartialEq)]
pub struct AuditEvent {
    /// What happened.
    pub action: AuditAction,
    /// Who did it.
    pub actor: AuditActor,
    /// To whom or what.
    pub target: AuditTarget,
    /// In which organization.
    pub scope: Option<AuditScope>,
    /// The changed fields as they were; an object, never a secret.
    pub before: Value,
    /// The changed fields as they are now, and the consequences; an object, never a secret.
    pub after: Value,
}

impl AuditEvent {
    /// An event without values; add them with [`Self::before`] and [`Self::after`].
    pub fn new(action: AuditAction, actor: AuditActor, target: AuditTarget, scope: Option<AuditScope>) -> Self {
        Self { action, actor, target, scope, before: json!({}), after: json!({}) }
    }

    /// With the values before the change.
    #[must_use]
    pub fn before(mut self, values: Value) -> Self {
        self.before = values;
        self
    }

    /// With the values after it.
    #[must_use]
    pub fn after(mut self, values: Value) -> Self {
        self.after = values;
        self
    }
}

/// Who changes something, and in which organization's name: what a permit hands to the store for the audit event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Author {
    /// The person, token or program.
    pub actor: AuditActor,
    /// The organization they act in; none for the installation.
    pub scope: Option<AuditScope>,
}

impl Author {
    /// An event of this author.
    pub fn event(&self, action: AuditAction, target: AuditTarget) -> AuditEvent {
        AuditEvent::new(action, self.actor.clone(), target, self.scope.clone())
    }
}

/// Which events are looked for; what is absent narrows nothing.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AuditQuery {
    /// Part of the name or address of who did it, or their id.
    pub who: String,
    /// What happened.
    pub action: Option<AuditAction>,
    /// Part of the name of what it is about, or its id.
    pub target: String,
    /// Not before this moment.
    pub from: Option<Timestamp>,
    /// Before this moment.
    pub until: Option<Timestamp>,
}
