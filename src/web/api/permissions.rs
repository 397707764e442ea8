//! What a member may open, for a platform that enforces what is administered here (product contract section 4).

use serde::Serialize;

use crate::{
    app::App,
    domain::{
        ids::{OrganizationId, UserId},
        roles::{Holdings, PageAccess, Role, explain},
        time::Timestamp,
    },
    error::AppError,
};

/// The effective level of every page.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Permissions {
    /// The user.
    pub user_id: String,
    /// Every page of the matrix.
    pub permissions: Vec<PagePermission>,
}

/// The level on one page.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct PagePermission {
    /// Key of the page.
    pub page: String,
    /// `none`, `view`, `edit`, `most` or `all`.
    pub level: String,
    /// The level in words.
    pub label: String,
    /// The roles that give it: `administrator`, `callback:manager`, or id and name of a custom role.
    pub from: Vec<String>,
}

/// The permissions of a member of the organization. Not activated or disabled means none everywhere.
///
/// # Errors
/// When the database does not answer.
pub async fn of(
    app: &App,
    organization: OrganizationId,
    user: UserId,
    now: Timestamp,
) -> Result<Permissions, AppError> {
    let mut tx = app.db.begin_read().await?;
    let standing = tx.standing_of(user, Some(organization), now).await?;
    let here = standing.as_ref().and_then(|standing| standing.organization.as_ref().map(|here| (standing, here)));
    let pages = match here {
        Some((standing, here)) if here.works => explain(&here.holdings(standing.is_server_administrator)),
        _ => explain(&Holdings::NONE),
    };
    Ok(Permissions { user_id: user.to_string(), permissions: pages.iter().map(page).collect() })
}

fn page(access: &PageAccess) -> PagePermission {
    PagePermission {
        page: access.page.key().to_owned(),
        level: access.level.key().to_owned(),
        label: access.label().to_owned(),
        from: access.from.iter().map(giver).collect(),
    }
}

fn giver(role: &Role) -> String {
    match role {
        Role::Custom(custom) => format!("{} {}", custom.id, custom.name),
        other => other.key().to_string(),
    }
}
