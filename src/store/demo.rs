//! Rows by the thousand, for filling an empty database: the same columns the ordinary verbs write, many rows a
//! statement. Counters stay with the database's triggers, the audit chain with the code that writes every other event.

use std::{collections::HashSet, sync::Arc};

use super::{
    Db, Pools, Result, Tx,
    audit::AuditRow,
    audit_names::{Named, names},
    backend::{Link, on},
    query::{execute, scalar_one},
    users::{name_key, search_text},
};
use crate::domain::{
    audit::{AuditEvent, Occasion},
    ids::{CustomRoleId, EventId, OrganizationId, UserId},
    roles::{AccountRole, RoleKey},
    text::{self, DisplayName, Email, RoleName},
    time::Timestamp,
    users::MembershipState,
};

/// Rows of one statement; with the widest table it stays below the number of values SQLite takes (32,766).
const AT_ONCE: usize = 1000;

/// A user of the demonstration.
#[derive(Debug, Clone)]
pub(crate) struct DemoUser {
    pub(crate) id: UserId,
    pub(crate) email: Email,
    /// None until the user was there once.
    pub(crate) name: Option<DisplayName>,
    pub(crate) account_role: AccountRole,
    pub(crate) password_hash: Arc<str>,
    /// End of the password when it is a temporary one.
    pub(crate) password_until: Option<Timestamp>,
    pub(crate) activated_at: Option<Timestamp>,
    pub(crate) disabled_at: Option<Timestamp>,
    /// Zero means never.
    pub(crate) last_login_at: Timestamp,
    pub(crate) created_at: Timestamp,
}

/// A membership of the demonstration.
#[derive(Debug, Clone)]
pub(crate) struct DemoMember {
    pub(crate) organization: OrganizationId,
    pub(crate) user: UserId,
    pub(crate) email: Email,
    pub(crate) name: Option<DisplayName>,
    pub(crate) account_role: AccountRole,
    pub(crate) roles: Vec<RoleKey>,
    pub(crate) enabled: bool,
    pub(crate) validated_at: Option<Timestamp>,
    pub(crate) state: MembershipState,
    /// When the open invitation was sent and ends.
    pub(crate) invitation: Option<DemoInvitation>,
    /// Zero means never.
    pub(crate) last_login_at: Timestamp,
    pub(crate) created_at: Timestamp,
    pub(crate) by: (Option<UserId>, String),
}

/// An open invitation, whose link nobody knows.
#[derive(Debug, Clone)]
pub(crate) struct DemoInvitation {
    pub(crate) token_hash: [u8; 32],
    pub(crate) sent_at: Timestamp,
    pub(crate) expires_at: Timestamp,
    pub(crate) mail_failed: bool,
}

/// A past sign-in.
#[derive(Debug, Clone)]
pub(crate) struct DemoSignIn {
    pub(crate) id: EventId,
    pub(crate) user: UserId,
    pub(crate) organization: OrganizationId,
    pub(crate) at: Timestamp,
    pub(crate) address: String,
    pub(crate) device: &'static str,
    pub(crate) result: &'static str,
}

/// Inserts rows `AT_ONCE` at a time, on whichever driver there is.
macro_rules! insert_rows {
    ($tx:expr, $into:literal, $rows:expr, |$row:ident, $item:ident| $binds:expr) => {
        insert_rows!($tx, $into, $rows, |$row, $item| $binds, "")
    };
    ($tx:expr, $into:literal, $rows:expr, |$row:ident, $item:ident| $binds:expr, $end:literal) => {
        for chunk in $rows.chunks(AT_ONCE) {
            on!($tx, |c| {
                let mut statement = sqlx::QueryBuilder::new($into);
                statement.push_values(chunk, |mut $row, $item| {
                    $binds;
                });
                statement.push($end);
                statement.build().execute(&mut *c).await.map(drop)
            })?;
        }
    };
}

impl Db {
    /// After many rows came: the planners learn what the tables hold.
    pub(crate) async fn settle_down(&self) -> Result<()> {
        match &self.pools {
            Pools::Sqlite { write, .. } => {
                sqlx::query("ANALYZE").execute(write).await?;
            }
            Pools::Postgres(pool) => {
                let mut connection = pool.acquire().await?;
                sqlx::query("SET statement_timeout = 0").execute(&mut *connection).await?;
                sqlx::query("VACUUM (ANALYZE)").execute(&mut *connection).await?;
                // Not back into the pool: its statements must end in time.
                drop(connection.detach());
            }
        }
        Ok(())
    }
}

impl Tx {
    /// Whether nobody and nothing was ever added.
    pub(crate) async fn is_empty(&mut self) -> Result<bool> {
        let found = scalar_one!(
            self,
            i64,
            "SELECT CAST(count(*) AS BIGINT) FROM (SELECT id FROM users UNION ALL SELECT id FROM organizations
                 UNION ALL SELECT chain FROM audit_heads LIMIT 1) anything"
        )?;
        Ok(found == 0)
    }

    /// Lets SQLite keep the growing indexes in memory; PostgreSQL has its own buffers.
    pub(crate) async fn expect_many_rows(&mut self) -> Result<()> {
        if let Link::Sqlite(c) = self.link() {
            sqlx::query("PRAGMA cache_size = -524288").execute(&mut *c).await?;
        }
        Ok(())
    }

    /// Adds users.
    pub(crate) async fn add_demo_users(&mut self, users: &[DemoUser]) -> Result<()> {
        let keys = self.keys.clone();
        insert_rows!(
            self,
            "INSERT INTO users (id, kind, email, email_key, address_hash, display_name, first_name, last_name, search_text,
                 account_role, password_hash, password_expires_at, password_changed_at, activated_at, disabled_at,
                 last_login_at, created_at, first_key, last_key) ",
            users,
            |row, user| {
                let name = user.name.as_ref().map(DisplayName::as_str).unwrap_or_default();
                let (first, last) = super::users::split_name(user.name.as_ref());
                let chosen = user.password_until.map_or(user.activated_at, |_| None);
                row.push_bind(user.id).push_bind("person").push_bind(user.email.as_str()).push_bind(user.email.key());
                row.push_bind(keys.address_hash(user.email.key()).to_vec()).push_bind(name);
                let (first_key, last_key) = (first.as_deref().map(text::fold), last.as_deref().map(text::fold));
                row.push_bind(first).push_bind(last).push_bind(search_text(name, &user.email));
                row.push_bind(user.account_role.key()).push_bind(&*user.password_hash);
                row.push_bind(user.password_until).push_bind(chosen).push_bind(user.activated_at);
                row.push_bind(user.disabled_at).push_bind(user.last_login_at).push_bind(user.created_at);
                row.push_bind(first_key).push_bind(last_key)
            }
        );
        Ok(())
    }

    /// Adds memberships with their roles and open invitations.
    pub(crate) async fn add_demo_members(&mut self, members: &[DemoMember]) -> Result<()> {
        insert_rows!(
            self,
            "INSERT INTO memberships (organization_id, user_id, kind, account_role, role_override, enabled, validated_at,
                 state, invited_until, name_key, email_key, last_login_at, mail_failed, created_at, created_by_id,
                 created_by_name, changed_at, changed_by_id, changed_by_name) ",
            members,
            |row, member| {
                let name = member.name.as_ref().map(DisplayName::as_str).unwrap_or_default();
                let invitation = member.invitation.as_ref().filter(|_| member.state == MembershipState::Invited);
                let changed_at = member.validated_at.unwrap_or(member.created_at);
                let (by, by_name) = (member.by.0, member.by.1.as_str());
                row.push_bind(member.organization).push_bind(member.user).push_bind("person");
                row.push_bind(member.account_role.key());
                row.push_bind((member.account_role != AccountRole::User).then(|| member.account_role.key()));
                row.push_bind(member.enabled).push_bind(member.validated_at).push_bind(member.state.key());
                row.push_bind(invitation.map_or(Timestamp::default(), |open| open.expires_at));
                row.push_bind(name_key(name, member.email.as_str())).push_bind(member.email.key());
                row.push_bind(member.last_login_at).push_bind(invitation.is_some_and(|open| open.mail_failed));
                row.push_bind(member.created_at).push_bind(by).push_bind(by_name);
                row.push_bind(changed_at).push_bind(by).push_bind(by_name)
            }
        );
        self.add_demo_roles(members).await?;
        self.add_demo_invitations(members).await
    }

    async fn add_demo_roles(&mut self, members: &[DemoMember]) -> Result<()> {
        let held: Vec<(&DemoMember, String, Option<CustomRoleId>)> = members
            .iter()
            .flat_map(|member| member.roles.iter().map(move |role| (member, role)))
            .map(|(member, role)| match role {
                RoleKey::Custom(id) => (member, id.to_string(), Some(*id)),
                other => (member, other.to_string(), None),
            })
            .collect();
        insert_rows!(
            self,
            "INSERT INTO membership_roles (organization_id, user_id, role_id, custom_role_id) ",
            held,
            |row, held| {
                let (member, role, custom) = held;
                row.push_bind(member.organization).push_bind(member.user).push_bind(role).push_bind(*custom)
            }
        );
        Ok(())
    }

    async fn add_demo_invitations(&mut self, members: &[DemoMember]) -> Result<()> {
        let open: Vec<(&DemoMember, &DemoInvitation)> =
            members.iter().filter_map(|member| Some((member, member.invitation.as_ref()?))).collect();
        insert_rows!(
            self,
            "INSERT INTO invitations (organization_id, user_id, token_hash, email_key, sent_at, expires_at, sent_by_id,
                 sent_by_name) ",
            open,
            |row, open| {
                let (member, invitation) = open;
                row.push_bind(member.organization).push_bind(member.user).push_bind(&invitation.token_hash[..]);
                row.push_bind(member.email.key()).push_bind(invitation.sent_at).push_bind(invitation.expires_at);
                row.push_bind(member.by.0).push_bind(member.by.1.as_str())
            }
        );
        Ok(())
    }

    /// Adds past sign-ins.
    pub(crate) async fn add_demo_sign_ins(&mut self, sign_ins: &[DemoSignIn]) -> Result<()> {
        insert_rows!(
            self,
            "INSERT INTO sign_ins (id, user_id, organization_id, at, address, device, result) ",
            sign_ins,
            |row, sign_in| {
                row.push_bind(sign_in.id).push_bind(sign_in.user).push_bind(sign_in.organization);
                row.push_bind(sign_in.at).push_bind(&sign_in.address).push_bind(sign_in.device);
                row.push_bind(sign_in.result)
            }
        );
        Ok(())
    }

    /// Locks login addresses after as many failures as the rule asks for.
    pub(crate) async fn add_demo_locks(
        &mut self,
        addresses: &[Email],
        failures: i64,
        last_failure: Timestamp,
        until: Timestamp,
    ) -> Result<()> {
        let keys = self.keys.clone();
        insert_rows!(
            self,
            "INSERT INTO sign_in_attempts (address_hash, failures, last_failure_at, locked_until) ",
            addresses,
            |row, address| {
                row.push_bind(keys.address_hash(address.key()).to_vec()).push_bind(failures);
                row.push_bind(last_failure).push_bind(until)
            }
        );
        Ok(())
    }

    /// Adds a custom role with its pages and levels.
    pub(crate) async fn add_demo_role(
        &mut self,
        organization: OrganizationId,
        role: CustomRoleId,
        (name, description): (&RoleName, &str),
        levels: &[(&str, &str)],
        now: Timestamp,
    ) -> Result<()> {
        execute!(
            self,
            "INSERT INTO custom_roles (organization_id, id, name, name_key, description, created_at, changed_at,
                 changed_by_name) VALUES ($1, $2, $3, $4, $5, $6, $6, 'System')",
            organization,
            role,
            name.as_str(),
            name.key(),
            description,
            now
        )?;
        insert_rows!(
            self,
            "INSERT INTO custom_role_levels (organization_id, role_id, page, level) ",
            levels,
            |row, level| row.push_bind(organization).push_bind(role).push_bind(level.0).push_bind(level.1)
        );
        Ok(())
    }

    /// Appends events of one organization to its chain, in the order given. The same events, hashes and head as if each
    /// had been recorded by itself.
    pub(crate) async fn record_all(&mut self, events: Vec<(AuditEvent, Occasion)>) -> Result<()> {
        let mut rows: Vec<AuditRow> = Vec::with_capacity(events.len());
        let Some(chain) = events.first().map(|(event, _)| super::audit::chain_of(event)) else { return Ok(()) };
        let mut last = self.hold_head(&chain).await?;
        for (event, occasion) in events {
            debug_assert_eq!(chain, super::audit::chain_of(&event), "events of one chain");
            let row = self.chained(event, &occasion, last);
            last = (row.number, row.hash.clone());
            rows.push(row);
        }
        insert_rows!(
            self,
            "INSERT INTO audit_events (chain, number, id, at, action, actor_kind, actor_id, actor_name, actor_email,
                 target_kind, target_id, target_name, organization, address, request_id, before, after, previous_hash,
                 hash) ",
            rows,
            |row, event| {
                row.push_bind(&event.chain).push_bind(event.number).push_bind(event.id).push_bind(event.at);
                row.push_bind(&event.action).push_bind(&event.actor_kind).push_bind(&event.actor_id);
                row.push_bind(&event.actor_name).push_bind(&event.actor_email).push_bind(&event.target_kind);
                row.push_bind(&event.target_id).push_bind(&event.target_name).push_bind(&event.organization);
                row.push_bind(&event.address).push_bind(&event.request_id).push_bind(&event.before);
                row.push_bind(&event.after).push_bind(&event.previous_hash).push_bind(&event.hash)
            }
        );
        let mut seen = HashSet::new();
        let is_new = |one: &Named| seen.insert((one.side, one.key.clone(), one.name.clone()));
        let named: Vec<Named> = rows.iter().flat_map(names).filter(is_new).collect();
        insert_rows!(
            self,
            "INSERT INTO audit_names (chain, side, key, name) ",
            named,
            |row, one| row.push_bind(&one.chain).push_bind(one.side).push_bind(&one.key).push_bind(&one.name),
            " ON CONFLICT (chain, side, key, name) DO NOTHING"
        );
        match rows.last() {
            Some(row) => self.move_head(row).await,
            None => Ok(()),
        }
    }
}
