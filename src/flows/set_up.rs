//! First run: the first organization and the first Server Administrator, and what the command line makes of either.

use crate::{
    app::App,
    domain::{
        audit::{AuditAction, AuditActor, AuditScope, AuditTarget, Author, Occasion},
        ids::{OrganizationId, UserId},
        organizations::NewOrganization,
        roles::{AccountRole, ApplicationRole, RoleKey},
        text::{DisplayName, Email},
        users::MembershipKind,
    },
    error::AppError,
    keys::Purpose,
    store::{NewMembership, NewPassword, NewUser},
};

/// A valid set-up form.
#[derive(Debug)]
pub struct SetUp<'a> {
    /// The first organization.
    pub organization: NewOrganization,
    /// Name of the first Server Administrator.
    pub name: &'a DisplayName,
    /// Their address.
    pub email: &'a Email,
    /// Their password as typed.
    pub password: &'a str,
}

const SYSTEM: Author = Author { actor: AuditActor::System, scope: None };

/// The code `/setup` asks for: the configured one, or one that follows from the installation's keys, so that every
/// node and every restart prints the same.
pub fn setup_code(app: &App) -> String {
    use secrecy::ExposeSecret;
    if let Some(code) = &app.config.setup_code {
        return code.expose_secret().to_owned();
    }
    let hash = app.db.keys().keyed_hash(Purpose::SetupCode, b"first run");
    hash.iter().take(10).fold(String::new(), |code, byte| format!("{code}{byte:02x}"))
}

/// Makes organization and Server Administrator together.
///
/// # Errors
/// [`AppError::NotFound`] when another request was faster: the page is gone then.
pub async fn set_up(app: &App, form: &SetUp<'_>, occasion: &Occasion) -> Result<(), AppError> {
    let hash = app.hasher.hash(form.password).await?;
    let mut tx = app.db.begin_write().await?;
    tx.guard_installation().await?;
    if tx.is_set_up().await? {
        return Err(AppError::NotFound);
    }
    let organization = tx.add_organization(&form.organization, &SYSTEM, occasion).await?;
    let user = tx
        .add_user(
            &NewUser {
                email: form.email,
                name: Some(form.name),
                account_role: AccountRole::ServerAdministrator,
                password: NewPassword::Own(&hash),
                activated: true,
            },
            occasion,
        )
        .await?;
    let scope = AuditScope { id: organization, name: form.organization.name.as_str().to_owned() };
    let author = Author { actor: AuditActor::System, scope: Some(scope) };
    let membership = NewMembership {
        organization,
        user,
        kind: MembershipKind::Person,
        account_role: AccountRole::ServerAdministrator,
        roles: &[RoleKey::Application(ApplicationRole::PlatformAdministrator)],
        validated: true,
    };
    tx.add_membership(&membership, &author, occasion).await?;
    let event = author
        .event(AuditAction::AccountCreated, AuditTarget::user(user, form.name.as_str(), form.email.as_str()))
        .after(serde_json::json!({
            "email": form.email.as_str(),
            "name": form.name.as_str(),
            "account_role": AccountRole::ServerAdministrator.label(),
            "roles": [ApplicationRole::PlatformAdministrator.label()],
        }));
    tx.record(event, occasion).await?;
    tx.commit().await?;
    Ok(())
}

/// Makes a Server Administrator from the command line.
///
/// # Errors
/// [`crate::store::StoreError::Taken`] when the address is in use.
pub async fn add_server_administrator(
    app: &App,
    email: &Email,
    name: &DisplayName,
    password: &str,
) -> Result<UserId, AppError> {
    let occasion = app.occasion();
    let hash = app.hasher.hash(password).await?;
    let mut tx = app.db.begin_write().await?;
    let new = NewUser {
        email,
        name: Some(name),
        account_role: AccountRole::ServerAdministrator,
        password: NewPassword::Own(&hash),
        activated: true,
    };
    let user = tx.add_user(&new, &occasion).await?;
    let event = SYSTEM
        .event(AuditAction::AccountCreated, AuditTarget::user(user, name.as_str(), email.as_str()))
        .after(serde_json::json!({
            "email": email.as_str(),
            "name": name.as_str(),
            "account_role": AccountRole::ServerAdministrator.label(),
        }));
    tx.record(event, &occasion).await?;
    tx.commit().await?;
    Ok(user)
}

/// Makes an organization from the command line.
///
/// # Errors
/// [`crate::store::StoreError::Taken`] when the name is in use.
pub async fn add_organization(app: &App, new: &NewOrganization) -> Result<OrganizationId, AppError> {
    let occasion = app.occasion();
    let mut tx = app.db.begin_write().await?;
    let id = tx.add_organization(new, &SYSTEM, &occasion).await?;
    tx.commit().await?;
    Ok(id)
}
