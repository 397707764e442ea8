//! What is checked before any call is looked at, in the order of the contracts: token, scope, address, permission,
//! rate. The dialects differ in their words for it, not in the checks.

use std::sync::Arc;

use axum::http::{HeaderMap, header, request::Parts};

use crate::{
    app::App,
    domain::{
        audit::{AuditActor, Author, Occasion},
        ids::OrganizationId,
        tokens::{self, Permission},
    },
    error::AppError,
    flows::{self, Caller, Door},
    store::PresentedToken,
    web::request::RequestFacts,
};

/// An admitted call.
#[derive(Debug, Clone)]
pub struct Call {
    /// The token it came with.
    pub token: Arc<PresentedToken>,
    /// What it needed of the token.
    pub needed: Option<Permission>,
    /// When and where from.
    pub occasion: Occasion,
}

/// Why a call is not admitted.
#[derive(Debug)]
pub enum Refused {
    /// No token, or none that works: all alike.
    Unauthorized,
    /// An organization's token where a global one is needed.
    GlobalNeeded,
    /// An organization's token on another organization's path.
    WrongTenant,
    /// A token of a disabled organization.
    TenantDisabled,
    /// From an address the token does not list.
    Address,
    /// The token lacks a permission.
    Permission(Permission),
    /// Too many calls from this address.
    PlatformLimit,
    /// The organization's writes of this hour are used up; seconds until there are more.
    WriteLimit(i64),
    /// The program cannot answer.
    Fault(AppError),
}

impl From<AppError> for Refused {
    fn from(error: AppError) -> Self {
        Self::Fault(error)
    }
}

/// A call's token and facts, before anything else is judged.
#[derive(Debug)]
pub struct Presented {
    /// The token.
    pub token: PresentedToken,
    facts: RequestFacts,
    within_platform_limit: bool,
}

/// Seconds after which a client over the platform limit may try again.
pub const PLATFORM_RETRY: i64 = 30;

/// Finds the token of a call, and counts the call of its address.
///
/// # Errors
/// [`Refused::Unauthorized`].
pub async fn present(app: &App, parts: &Parts) -> Result<Presented, Refused> {
    let facts = parts.extensions.get::<RequestFacts>().cloned();
    let facts = facts.ok_or_else(|| AppError::fault("no request layer"))?;
    let now = facts.occasion.now;
    let within_platform_limit = app.api_visits.count(facts.address, app.config.address_limit.as_ref(), now);
    let text = bearer(&parts.headers).ok_or(Refused::Unauthorized)?;
    let token = flows::tokens::verify(app, text, now).await?.ok_or(Refused::Unauthorized)?;
    Ok(Presented { token, facts, within_platform_limit })
}

/// The one bearer token of a request (RFC 6750, section 2.1).
fn bearer(headers: &HeaderMap) -> Option<&str> {
    let mut values = headers.get_all(header::AUTHORIZATION).iter();
    let (value, None) = (values.next()?, values.next()) else { return None };
    let (scheme, token) = value.to_str().ok()?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}

impl Presented {
    /// Judges address, permission and platform limit, and notes the use.
    ///
    /// # Errors
    /// [`Refused`].
    pub fn admit(self, app: &App, needed: Option<Permission>) -> Result<Call, Refused> {
        let Self { token, facts, within_platform_limit } = self;
        let networks = token.networks.as_deref().ok_or(Refused::Address)?;
        if !tokens::allows(networks, facts.address) {
            return Err(Refused::Address);
        }
        app.token_uses.note(&token, facts.occasion.address.as_deref(), facts.occasion.now);
        if let Some(permission) = needed.filter(|permission| !token.permissions.contains(permission)) {
            return Err(Refused::Permission(permission));
        }
        if !within_platform_limit {
            return Err(Refused::PlatformLimit);
        }
        Ok(Call { token: Arc::new(token), needed, occasion: facts.occasion })
    }
}

/// Counts a write of an organization's hourly budget.
///
/// # Errors
/// [`Refused::WriteLimit`].
pub async fn count_write(app: &App, organization: OrganizationId, call: &Call) -> Result<(), Refused> {
    let limit = &app.config.api_write_limit;
    let counted = async {
        let mut tx = app.db.begin_write().await?;
        let over = tx.count_api_write(organization, limit.count, limit.per, call.occasion.now).await?;
        tx.commit().await?;
        Ok::<_, crate::store::StoreError>(over)
    };
    match counted.await.map_err(AppError::from)? {
        Some(seconds) => Err(Refused::WriteLimit(seconds)),
        None => Ok(()),
    }
}

impl Call {
    /// The call as a flow asks for it, in an organization: judged again inside the transaction.
    pub fn caller(&self, organization: OrganizationId) -> Caller {
        let needed = self.needed.unwrap_or(Permission::USERS_READ);
        Caller {
            door: Door::Token(self.token.id, needed),
            organization: Some(organization),
            occasion: self.occasion.clone(),
        }
    }

    /// Who changes something beyond any one organization.
    pub fn author(&self) -> Author {
        let token = &self.token;
        let actor = AuditActor::Token { id: token.id, user: token.user, name: token.name.clone() };
        Author { actor, scope: None }
    }

    /// Whether the token counts everywhere.
    pub fn is_global(&self) -> bool {
        self.token.organization.is_none()
    }
}
