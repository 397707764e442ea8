//! Where a signed-in person stands: everything a request needs to know about them, in one query.

use serde::Deserialize;

use super::{
    Result, Tx,
    backend::Backend,
    dialect,
    members::{split_ids, word},
    query::{execute, fetch_optional, scalar_optional},
    statement::Statement,
};
use crate::{
    domain::{
        ids::{CustomRoleId, OrganizationId, SessionId, TokenId, UserId},
        pages::{Application, Level, Page},
        roles::{Access, AccountRole, ApplicationRole, CustomRole, Holdings, RoleKey, RoleSet},
        text,
        time::Timestamp,
    },
    policy::{ActingToken, Actor},
};

/// A signed-in person, in the organization they work in now.
#[derive(Debug, Clone)]
pub struct Standing {
    /// The user.
    pub user: UserId,
    /// Login address as typed.
    pub email: String,
    /// Display name; empty until there is one.
    pub display_name: String,
    /// Whether the user's own account role is Server Administrator.
    pub is_server_administrator: bool,
    /// Whether the password in force is a temporary one.
    pub has_temporary_password: bool,
    /// Whether an authenticator is set up.
    pub has_authenticator: bool,
    /// The organization that requires MFA of this user, by name; none when none does.
    pub mfa_required_by: Option<String>,
    /// Chosen theme.
    pub theme: Option<String>,
    /// Rows a page of User Management.
    pub rows_per_page: Option<i64>,
    /// How many organizations there are to choose from.
    pub choices: i64,
    /// The organization worked in, if there is one.
    pub organization: Option<StandingIn>,
}

/// The organization a person works in, and what they hold there.
#[derive(Debug, Clone)]
pub struct StandingIn {
    /// Its id.
    pub id: OrganizationId,
    /// Its name.
    pub name: String,
    /// Whether it is a government organization.
    pub government: bool,
    /// What is provisioned.
    pub provisioned: Vec<Application>,
    /// The effective account role; none without a membership.
    pub account_role: Option<AccountRole>,
    /// Application roles held.
    pub application_roles: Vec<ApplicationRole>,
    /// Custom roles held.
    pub custom_roles: Vec<CustomRole>,
    /// Whether the membership works now.
    pub works: bool,
}

impl Standing {
    /// Name, or address while there is none.
    pub fn shown_name(&self) -> &str {
        text::shown_name(Some(&self.display_name), &self.email)
    }

    /// Whether an authenticator is required and none is set up.
    pub fn lacks_authenticator(&self) -> bool {
        self.mfa_required_by.is_some() && !self.has_authenticator
    }
}

impl Standing {
    /// Their rights in the organization they work in; none while they work in none, or may not any more.
    pub fn actor(&self) -> Option<Actor> {
        let here = self.organization.as_ref()?;
        let member = here.works && here.account_role.is_some();
        if !member && !self.is_server_administrator {
            return None;
        }
        let outside = if self.is_server_administrator { AccountRole::ServerAdministrator } else { AccountRole::User };
        Some(Actor {
            user: self.user,
            name: self.shown_name().to_owned(),
            email: self.email.clone(),
            server_administrator: self.is_server_administrator,
            organization: here.id,
            organization_name: here.name.clone(),
            government: here.government,
            provisioned: here.provisioned.clone(),
            member,
            account_role: here.account_role.filter(|_| member).unwrap_or(outside),
            access: Access::of(&here.holdings(self.is_server_administrator)),
            token: None,
            is_owner: false,
        })
    }
}

impl StandingIn {
    /// What decides the person's access here.
    pub fn holdings(&self, is_server_administrator: bool) -> Holdings<'_> {
        Holdings {
            server_administrator: is_server_administrator,
            account_role: self.account_role.unwrap_or(AccountRole::User),
            application_roles: &self.application_roles,
            custom_roles: &self.custom_roles,
            provisioned: &self.provisioned,
            works: self.works && self.account_role.is_some(),
        }
    }
}

#[derive(sqlx::FromRow)]
struct StandingRow {
    email: String,
    display_name: String,
    own_role: String,
    has_temporary_password: bool,
    theme: Option<String>,
    rows_per_page: Option<i64>,
    has_authenticator: bool,
    mfa_required_by: Option<String>,
    choices: i64,
    organization_id: Option<OrganizationId>,
    organization_name: Option<String>,
    government: Option<bool>,
    organization_disabled_at: Option<Timestamp>,
    applications: Option<String>,
    account_role: Option<String>,
    state: Option<String>,
    ends_at: Option<Timestamp>,
    roles: Option<String>,
}

/// A custom role in one JSON line of the database.
#[derive(Deserialize)]
struct LevelRow {
    role: CustomRoleId,
    name: String,
    page: Option<Page>,
    level: Option<Level>,
}

impl Tx {
    /// The person behind a session. Nobody, when the session was ended or the user disabled since it was read: a
    /// request that began before cannot commit after.
    pub async fn standing(
        &mut self,
        session: SessionId,
        organization: Option<OrganizationId>,
        now: Timestamp,
    ) -> Result<Option<Standing>> {
        let user = scalar_optional!(self, UserId, "SELECT user_id FROM sessions WHERE id = $1", session)?;
        let Some(user) = user else { return Ok(None) };
        self.hold_user(user).await?;
        let row = fetch_optional!(
            self,
            (UserId,),
            "SELECT s.user_id FROM sessions s JOIN users u ON u.id = s.user_id
             WHERE s.id = $1 AND s.stage <> 'code' AND u.disabled_at IS NULL AND u.session_epoch = s.epoch",
            session
        )?;
        match row {
            Some((user,)) => self.standing_of(user, organization, now).await,
            None => Ok(None),
        }
    }

    /// Keeps whoever would end the user's sessions or disable them waiting until this change is made: they write this
    /// row. SQLite has one writer anyway.
    pub(crate) async fn hold_user(&mut self, user: UserId) -> Result<()> {
        if self.backend() == Backend::Postgres {
            execute!(self, "SELECT 1 FROM users WHERE id = $1 FOR NO KEY UPDATE", user)?;
        }
        Ok(())
    }

    /// Where a user stands in an organization.
    pub async fn standing_of(
        &mut self,
        user: UserId,
        organization: Option<OrganizationId>,
        now: Timestamp,
    ) -> Result<Option<Standing>> {
        let row = fetch_optional!(
            self,
            StandingRow,
            "SELECT u.email, u.display_name, u.account_role AS own_role, u.theme, u.rows_per_page,
                    u.password_expires_at IS NOT NULL AS has_temporary_password,
                    EXISTS (SELECT 1 FROM authenticators t
                            WHERE t.user_id = u.id AND t.state = 'active') AS has_authenticator,
                    (SELECT x.name FROM memberships r JOIN organizations x ON x.id = r.organization_id
                     WHERE r.user_id = u.id AND r.state = 'active' AND x.mfa_required LIMIT 1) AS mfa_required_by,
                    CASE WHEN u.account_role = 'server_administrator'
                         THEN (SELECT count(*) FROM (SELECT 1 FROM organizations LIMIT 2) two)
                         ELSE (SELECT count(*) FROM memberships r JOIN organizations x ON x.id = r.organization_id
                               WHERE r.user_id = u.id AND r.state = 'active' AND x.disabled_at IS NULL) END AS choices,
                    o.id AS organization_id, o.name AS organization_name, o.government,
                    o.disabled_at AS organization_disabled_at,
                    (SELECT string_agg(a.application, ',') FROM organization_applications a
                     WHERE a.organization_id = o.id) AS applications,
                    m.account_role, m.state, m.ends_at,
                    (SELECT string_agg(r.role_id, ',') FROM membership_roles r
                     WHERE r.organization_id = m.organization_id AND r.user_id = m.user_id) AS roles
             FROM users u
             LEFT JOIN organizations o ON o.id = $2
             LEFT JOIN memberships m ON m.organization_id = o.id AND m.user_id = u.id
             WHERE u.id = $1 AND u.disabled_at IS NULL",
            user,
            organization
        )?;
        let Some(row) = row else { return Ok(None) };
        let organization = self.standing_in(&row, now).await?;
        let own_role: AccountRole = word(&row.own_role)?;
        Ok(Some(Standing {
            user,
            email: row.email,
            display_name: row.display_name,
            is_server_administrator: own_role == AccountRole::ServerAdministrator,
            has_temporary_password: row.has_temporary_password,
            has_authenticator: row.has_authenticator,
            mfa_required_by: row.mfa_required_by,
            theme: row.theme,
            rows_per_page: row.rows_per_page,
            choices: row.choices,
            organization,
        }))
    }

    /// An API token as it acts in an organization: with an Administrator's reach in its own, a Server Administrator's
    /// when it is a global one. Nobody, when it was revoked or has expired, or belongs elsewhere.
    pub async fn acting_token(
        &mut self,
        token: TokenId,
        organization: OrganizationId,
        now: Timestamp,
    ) -> Result<Option<Actor>> {
        let Some(presented) = self.presented_token(token).await? else { return Ok(None) };
        let is_elsewhere = presented.organization.is_some_and(|own| own != organization);
        if presented.expires_at <= now || presented.organization_disabled || is_elsewhere {
            return Ok(None);
        }
        let everywhere = presented.organization.is_none();
        let actor = self.unseated_actor(organization, everywhere).await?;
        Ok(actor.map(|actor| Actor {
            user: presented.user,
            name: presented.name,
            token: Some(ActingToken { id: presented.id, permissions: presented.permissions }),
            ..actor
        }))
    }

    /// The owner of the machine, who works on the command line with a Server Administrator's reach. Nobody, when there is
    /// no such organization.
    pub async fn acting_owner(&mut self, organization: OrganizationId) -> Result<Option<Actor>> {
        let actor = self.unseated_actor(organization, true).await?;
        Ok(actor.map(|actor| Actor { name: "Rollcall".to_owned(), is_owner: true, ..actor }))
    }

    /// Somebody who acts in an organization without being one of its members, as yet without a name: as its
    /// Administrator, or as a Server Administrator.
    async fn unseated_actor(&mut self, organization: OrganizationId, everywhere: bool) -> Result<Option<Actor>> {
        let row = fetch_optional!(
            self,
            (String, bool, Option<String>),
            "SELECT o.name, o.government,
                    (SELECT string_agg(a.application, ',') FROM organization_applications a
                     WHERE a.organization_id = o.id) FROM organizations o WHERE o.id = $1",
            organization
        )?;
        let Some((organization_name, government, applications)) = row else { return Ok(None) };
        let provisioned: Vec<Application> =
            split_ids(applications.as_deref()).iter().map(|key| word(key)).collect::<Result<_>>()?;
        let account_role = if everywhere { AccountRole::ServerAdministrator } else { AccountRole::Administrator };
        let holdings = Holdings {
            server_administrator: everywhere,
            account_role,
            provisioned: &provisioned,
            works: true,
            ..Holdings::NONE
        };
        Ok(Some(Actor {
            user: UserId::NONE,
            name: String::new(),
            email: String::new(),
            server_administrator: everywhere,
            organization,
            organization_name,
            government,
            access: Access::of(&holdings),
            provisioned,
            member: !everywhere,
            account_role,
            token: None,
            is_owner: false,
        }))
    }

    async fn standing_in(&mut self, row: &StandingRow, now: Timestamp) -> Result<Option<StandingIn>> {
        let (Some(id), Some(name)) = (row.organization_id, row.organization_name.clone()) else {
            return Ok(None);
        };
        let (application_roles, custom) = self.split_roles(id, &split_ids(row.roles.as_deref())).await?;
        let ended = row.ends_at.is_some_and(|end| end <= now);
        Ok(Some(StandingIn {
            id,
            name,
            government: row.government.unwrap_or_default(),
            provisioned: split_ids(row.applications.as_deref()).iter().map(|key| word(key)).collect::<Result<_>>()?,
            account_role: row.account_role.as_deref().map(word).transpose()?,
            application_roles,
            custom_roles: custom,
            works: row.state.as_deref() == Some("active") && !ended && row.organization_disabled_at.is_none(),
        }))
    }

    /// Application roles by name, custom roles with their levels.
    pub async fn split_roles(
        &mut self,
        organization: OrganizationId,
        ids: &[String],
    ) -> Result<(Vec<ApplicationRole>, Vec<CustomRole>)> {
        let mut application = Vec::new();
        let mut custom = Vec::new();
        for id in ids {
            match id.parse::<RoleKey>() {
                Ok(RoleKey::Application(role)) => application.push(role),
                Ok(RoleKey::Custom(role)) => custom.push(role),
                _ => {}
            }
        }
        application.sort();
        let custom = if custom.is_empty() { Vec::new() } else { self.custom_roles(organization, &custom).await? };
        Ok((application, custom))
    }

    /// The roles a membership has, by their stored ids.
    pub async fn role_set(&mut self, organization: OrganizationId, ids: &[String]) -> Result<RoleSet> {
        let (application, custom) = self.split_roles(organization, ids).await?;
        Ok(RoleSet::new(application, custom))
    }

    /// The roles somebody asks for by key; the first that this organization does not have is given back instead.
    pub async fn wanted_roles(
        &mut self,
        organization: OrganizationId,
        keys: &[String],
    ) -> Result<std::result::Result<RoleSet, String>> {
        let custom = self.custom_roles(organization, &[]).await?;
        Ok(RoleSet::read(keys.iter().map(String::as_str), &custom).map_err(|unknown| unknown.0))
    }

    /// The custom roles of an organization with these ids; all of them when none is named.
    pub async fn custom_roles(
        &mut self,
        organization: OrganizationId,
        ids: &[CustomRoleId],
    ) -> Result<Vec<CustomRole>> {
        let mut statement = Statement::default();
        let org = statement.bind(organization.to_string());
        let mut condition = String::new();
        if !ids.is_empty() {
            let wanted = statement.bind(super::guards::json_list(ids.iter().map(ToString::to_string)));
            condition = format!(" AND r.id IN (SELECT value FROM json_each({wanted}))");
        }
        push_roles(&mut statement, self.backend(), &org, &condition);
        read_roles(&self.text(&statement).await?)
    }
}

/// The custom roles of an organization with their levels, as one text.
pub(super) fn push_roles(statement: &mut Statement, backend: Backend, org: &str, condition: &str) {
    let (from, to) = dialect::rows_as_json(backend);
    statement.push(&format!(
        "SELECT {from} id, name, page, level {to} FROM (
             SELECT r.id, r.name, l.page, l.level FROM custom_roles r
             LEFT JOIN custom_role_levels l ON l.organization_id = r.organization_id AND l.role_id = r.id
             WHERE r.organization_id = {org}{condition} ORDER BY r.name_key, r.id) roles"
    ));
}

/// What [`push_roles`] answers with.
pub(super) fn read_roles(text: &str) -> Result<Vec<CustomRole>> {
    Ok(gather_roles(serde_json::from_str(text)?))
}

/// Rows of one role stand together.
fn gather_roles(rows: Vec<LevelRow>) -> Vec<CustomRole> {
    let mut roles: Vec<(CustomRoleId, String, Vec<(Page, Level)>)> = Vec::new();
    for row in rows {
        if roles.last().is_none_or(|(id, ..)| *id != row.role) {
            roles.push((row.role, row.name, Vec::new()));
        }
        if let (Some((_, _, levels)), Some(page), Some(level)) = (roles.last_mut(), row.page, row.level) {
            levels.push((page, level));
        }
    }
    roles.into_iter().map(|(id, name, levels)| CustomRole { id, name, access: Access::from_levels(levels) }).collect()
}
