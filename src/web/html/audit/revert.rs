//! "Revert this change": the ordinary form, filled with the values an event says were there before. Nothing is changed by
//! it; whoever saves the form makes a change of their own, under their own rights.

use std::collections::{HashMap, HashSet};

use serde::Deserialize;
use serde_json::{Map, Value};

use crate::{
    domain::{
        audit::AuditAction,
        ids::{CustomRoleId, EventId, UserId},
        roles::{AccountRole, ApplicationRole, CustomRole, RoleKey},
    },
    error::AppError,
    flows,
    policy::{Actor, Allowed, AuditReach, EditRole, OwnRole, Person, ViewAudit, ViewRoles},
    store::{Member, Tx, audit::AuditRow},
};

/// The event a form is asked to take back, as it stands in the URL.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct Asked {
    revert: Option<String>,
}

/// An event whose values fill a form.
#[derive(Debug)]
pub struct Reverted {
    /// Who had made the change, and when.
    pub cause: String,
    before: Map<String, Value>,
}

impl Reverted {
    /// A text of before, if the event changed it.
    pub fn text(&self, field: &str) -> Option<&str> {
        self.before.get(field).and_then(Value::as_str)
    }

    /// The account role of before.
    pub fn account_role(&self) -> Option<AccountRole> {
        let label = self.text("account_role")?;
        AccountRole::ALL.iter().copied().find(|role| role.label() == label)
    }

    /// The roles of before that `give` has the keys of, and the names of the others: gone, or not to be given.
    pub fn roles(&self, custom: &[CustomRole], give: &[String]) -> Option<(Vec<String>, Vec<String>)> {
        let names = self.before.get("roles")?.as_array()?;
        let (mut keys, mut gone) = (Vec::new(), Vec::new());
        for name in names.iter().filter_map(Value::as_str) {
            let application = ApplicationRole::ALL.iter().copied().find(|role| role.label() == name);
            let application = application.map(|role| RoleKey::Application(role).to_string());
            let own = || custom.iter().find(|role| role.name == name).map(|role| role.id.to_string());
            match application.or_else(own).filter(|key| give.contains(key)) {
                Some(key) => keys.push(key),
                None => gone.push(name.to_owned()),
            }
        }
        Some((keys, gone))
    }
}

/// Reads the event a form is asked to take back. It has to be one of the reader's organization about just this target;
/// any other is as unknown as one that does not exist.
///
/// # Errors
/// [`AppError::NotFound`] for any other id; what the policy denies to who may not read the log.
pub async fn find(
    tx: &mut Tx,
    actor: &Actor,
    asked: &Asked,
    target: &str,
    actions: &[AuditAction],
) -> Result<Option<Reverted>, AppError> {
    let Some(id) = asked.revert.as_deref() else { return Ok(None) };
    let permit = actor.authorize(ViewAudit, AuditReach::Organization(actor.organization))?;
    let id: EventId = id.parse().map_err(|_| AppError::NotFound)?;
    let row = tx.audit_event(&permit, id).await?.ok_or(AppError::NotFound)?;
    let is_meant = row.target_id.as_deref() == Some(target) && actions.iter().any(|action| action.key() == row.action);
    if !is_meant {
        return Err(AppError::NotFound);
    }
    let cause = format!("{} made this change at {}.", row.actor_name, row.at);
    Ok(Some(Reverted { cause, before: read(&row.before) }))
}

fn read(before: &str) -> Map<String, Value> {
    serde_json::from_str(before).unwrap_or_default()
}

/// What an event is about, if it is still there and the reader may see it.
pub(super) enum Subject {
    Person(Box<(Member, Person)>),
    Role(Box<OwnRole>),
}

impl Subject {
    /// Its page.
    pub(super) fn href(&self) -> String {
        match self {
            Self::Person(person) => format!("/users/{}", person.0.user),
            Self::Role(own) => format!("/roles/{}", own.role.id),
        }
    }

    /// The form that takes an event back, for whoever may make the opposite change and while there is one to make.
    pub(super) fn revert_href(&self, actor: &Actor, row: &AuditRow) -> Option<String> {
        let (action, id) = (row.action.parse().ok()?, row.id);
        match (self, action) {
            (Self::Person(person), AuditAction::UserEdited | AuditAction::UserRolesChanged) => {
                let (member, person) = person.as_ref();
                let allowed = Allowed::on(actor, person);
                let before = read(&row.before);
                let has = |fields: &[&str]| fields.iter().any(|field| before.contains_key(*field));
                let may_name = has(&["email", "name"]) && allowed.edit_name;
                let may_roles = has(&["account_role", "roles"]) && allowed.edit_roles;
                let may = allowed.edit && (may_name || may_roles);
                may.then(|| format!("/users/{}/edit?revert={id}", member.user))
            }
            (Self::Person(person), AuditAction::UserDisabled) => {
                let (member, person) = person.as_ref();
                Allowed::on(actor, person).enable.then(|| format!("/users/{}/enable", member.user))
            }
            (Self::Person(person), AuditAction::UserEnabled) => {
                let (member, person) = person.as_ref();
                Allowed::on(actor, person).disable.then(|| format!("/users/{}/disable", member.user))
            }
            (Self::Role(own), AuditAction::RoleChanged) => {
                let may = actor.allows(&EditRole { access: own.role.access }, own);
                may.then(|| format!("/roles/{}?revert={id}", own.role.id))
            }
            _ => None,
        }
    }
}

/// The people and roles that events of the reader's organization are about and that are still there.
pub(super) async fn subjects(
    tx: &mut Tx,
    actor: &Actor,
    rows: &[AuditRow],
) -> Result<HashMap<String, Subject>, AppError> {
    let here = actor.organization.to_string();
    let targets: HashSet<(&str, &str)> = rows
        .iter()
        .filter(|row| row.chain == here)
        .filter_map(|row| Some((row.target_kind.as_str(), row.target_id.as_deref()?)))
        .collect();
    let mut subjects = HashMap::new();
    let may_see_roles = actor.may::<ViewRoles>().is_ok();
    for (kind, id) in targets {
        let subject = match kind {
            "user" => person(tx, actor, id).await?,
            "role" if may_see_roles => role(tx, actor, id).await?,
            _ => None,
        };
        subjects.extend(subject.map(|subject| (id.to_owned(), subject)));
    }
    Ok(subjects)
}

async fn person(tx: &mut Tx, actor: &Actor, id: &str) -> Result<Option<Subject>, AppError> {
    let Ok(id) = id.parse::<UserId>() else { return Ok(None) };
    match flows::person(tx, actor.organization, id).await {
        Ok(found) => Ok(Some(Subject::Person(Box::new(found)))),
        Err(AppError::NotFound) => Ok(None),
        Err(error) => Err(error),
    }
}

async fn role(tx: &mut Tx, actor: &Actor, id: &str) -> Result<Option<Subject>, AppError> {
    let Ok(id) = id.parse::<CustomRoleId>() else { return Ok(None) };
    let stored = tx.stored_role(actor.organization, id).await?;
    let own = |role| Subject::Role(Box::new(OwnRole { organization: actor.organization, role }));
    Ok(stored.map(|stored| own(stored.role)))
}
