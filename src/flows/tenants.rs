//! The changes the tenant API makes to people, assignments and tenants (tenant contract sections 4 to 8). A call with an
//! organization's token is judged as it acts in that organization; a global one has passed the rules of its scope.

mod assignments;
mod everywhere;
mod organizations;

pub use assignments::{Assigned, assign, create_in_tenant, edit_in_tenant, remove};
pub use everywhere::{PersonChange, create_person, edit_person};
pub use organizations::{create_tenant, delete_tenant, edit_tenant};

use serde_json::json;

use super::Door;
use crate::{
    domain::{
        audit::{AuditAction, AuditTarget, Author, Occasion},
        ids::UserId,
        roles::{AccountRole, TenantRole},
        text::{DisplayName, Email},
    },
    error::AppError,
    store::{Field, Guard, NewPassword, NewUser, StoreError, Tx},
};

/// Why a change is not made, in the distinctions the tenant API tells.
#[derive(Debug)]
pub enum TenantRefusal {
    /// No such person, or not for this token.
    UserNotFound,
    /// The person is assigned elsewhere only.
    UserNotInTenant,
    /// The person is not assigned there.
    NotAssigned,
    /// No such tenant.
    TenantNotFound,
    /// The address is in use.
    DuplicateEmail,
    /// The person is assigned there.
    AlreadyAssigned,
    /// The slug or name is in use.
    DuplicateName,
    /// A role this token may not give, or a person it may not touch.
    RoleNotAllowed,
    /// Server Administrator as an override.
    InvalidRole,
    /// A service account has another role than those two.
    InvalidRoleForServiceAccount,
    /// Promotion without a home.
    HomeTenantRequired,
    /// A home that cannot be one.
    InvalidHomeTenant,
    /// The home of a service account.
    HomeTenantAssignment,
    /// What a commit may not break.
    Kept(Guard),
    /// Anything else.
    Other(AppError),
}

impl From<AppError> for TenantRefusal {
    fn from(error: AppError) -> Self {
        Self::Other(error)
    }
}

impl From<StoreError> for TenantRefusal {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Kept(guard) => Self::Kept(guard),
            StoreError::Taken(Field::Email) => Self::DuplicateEmail,
            StoreError::Taken(Field::OrganizationName) => Self::DuplicateName,
            other => Self::Other(other.into()),
        }
    }
}

/// A person about to be made.
#[derive(Debug, Clone)]
pub struct NewPerson {
    /// Login address.
    pub email: Email,
    /// Shown name.
    pub display_name: DisplayName,
    /// Given name, where told.
    pub first_name: Option<String>,
    /// Family name, where told.
    pub last_name: Option<String>,
    /// The role.
    pub role: TenantRole,
    /// Send the invitation.
    pub welcome: bool,
}

/// A global token's author, if the token still has what the call needs.
async fn enter_global(tx: &mut Tx, door: Door, author: &Author, occasion: &Occasion) -> Result<Author, TenantRefusal> {
    let Door::Token(id, needed) = door else { return Err(AppError::ExpiredForm.into()) };
    let token = tx.presented_token(id).await?.ok_or(AppError::ExpiredForm)?;
    let works = token.organization.is_none() && token.expires_at > occasion.now && token.permissions.contains(&needed);
    if works { Ok(author.clone()) } else { Err(AppError::ExpiredForm.into()) }
}

async fn add_person(
    tx: &mut Tx,
    new: &NewPerson,
    own_role: AccountRole,
    occasion: &Occasion,
) -> Result<UserId, TenantRefusal> {
    let user = NewUser {
        email: &new.email,
        name: Some(&new.display_name),
        account_role: own_role,
        password: NewPassword::None,
        activated: false,
    };
    let id = tx.add_user(&user, occasion).await?;
    if new.first_name.is_some() || new.last_name.is_some() {
        tx.set_name_parts(id, new.first_name.as_deref(), new.last_name.as_deref()).await?;
    }
    Ok(id)
}

async fn record_creation(
    tx: &mut Tx,
    author: &Author,
    user: UserId,
    new: &NewPerson,
    occasion: &Occasion,
) -> Result<(), TenantRefusal> {
    let target = AuditTarget::user(user, new.display_name.as_str(), new.email.as_str());
    let after = json!({
        "email": new.email.as_str(),
        "name": new.display_name.as_str(),
        "account_role": new.role.account_role().label(),
    });
    tx.record(author.event(AuditAction::AccountCreated, target).after(after), occasion).await?;
    Ok(())
}
