//! Where a list can start from other than its sort order: filters with an index of their own.

use super::filters::{after, is_account_role, login_range};
use crate::{
    domain::{
        time::Timestamp,
        users::{KindFilter, MfaFilter, StatusFilter, UserQuery, UserSort},
    },
    store::{Backend, dialect, statement::Statement},
};

/// From where a page and its count start; none walks along the sort order.
pub(super) struct Ways {
    pub(super) page: Option<Gather>,
    pub(super) count: Option<Gather>,
}

/// A filter that has an index of its own to start from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Gather {
    Search,
    /// A search too short for trigrams: reads one index of the organization, never the rows.
    Scan,
    AccountRole,
    Role,
    Expired,
    Locked,
    Robots,
    LastLogin,
    Authenticators,
}

pub(super) fn gathers(query: &UserQuery) -> Vec<Gather> {
    let mut gathers = Vec::new();
    match query.search.chars().count() {
        0 => {}
        1 | 2 => gathers.push(Gather::Scan),
        _ => gathers.push(Gather::Search),
    }
    if let Some(role) = &query.role {
        gathers.push(if is_account_role(role) { Gather::AccountRole } else { Gather::Role });
    }
    match query.status {
        StatusFilter::Expired => gathers.push(Gather::Expired),
        StatusFilter::Locked => gathers.push(Gather::Locked),
        _ => {}
    }
    if query.kind == KindFilter::ServiceAccounts {
        gathers.push(Gather::Robots);
    }
    if query.last_login.is_some() && query.sort != UserSort::LastLogin {
        gathers.push(Gather::LastLogin);
    }
    if query.mfa == Some(MfaFilter::On) {
        gathers.push(Gather::Authenticators);
    }
    gathers
}

impl Gather {
    /// The statement that finds the ids, as column `user_id`.
    pub(super) fn sql(
        self,
        statement: &mut Statement,
        backend: Backend,
        query: &UserQuery,
        org: &str,
        now: Timestamp,
    ) -> String {
        match self {
            Self::Search => dialect::users_containing(backend, statement, &query.search),
            Self::Scan => {
                let condition = dialect::member_contains(backend, statement, "s", &query.search);
                format!("SELECT s.user_id FROM memberships s WHERE s.organization_id = {org} AND {condition}")
            }
            Self::AccountRole => {
                let role = statement.bind(query.role.as_deref().unwrap_or_default());
                format!("SELECT user_id FROM memberships WHERE organization_id = {org} AND account_role = {role}")
            }
            Self::Role => {
                let role = statement.bind(query.role.as_deref().unwrap_or_default());
                format!("SELECT user_id FROM membership_roles WHERE organization_id = {org} AND role_id = {role}")
            }
            Self::Expired => {
                let now = statement.bind(now);
                format!(
                    "SELECT user_id FROM memberships WHERE organization_id = {org} AND invited_until > 0
                     AND invited_until <= {now}"
                )
            }
            Self::Locked => {
                let next = statement.bind(after(now));
                format!(
                    "SELECT l.id AS user_id FROM sign_in_attempts k CROSS JOIN users l
                     WHERE k.locked_until > 0 AND k.locked_until >= {next} AND l.address_hash = k.address_hash"
                )
            }
            Self::Robots => {
                format!("SELECT user_id FROM memberships WHERE organization_id = {org} AND kind = 'token'")
            }
            Self::LastLogin => {
                let (from, to) = login_range(query.last_login, now);
                let (from, to) = (statement.bind(from), statement.bind(to));
                format!(
                    "SELECT user_id FROM memberships WHERE organization_id = {org}
                     AND last_login_at BETWEEN {from} AND {to}"
                )
            }
            Self::Authenticators => "SELECT user_id FROM authenticators WHERE state = 'active'".to_owned(),
        }
    }
}
