//! One action on many people (portal contract 1.8). Each person is handled in a transaction of their own: what one of
//! them may not, or what no seat is left for, keeps nobody else from it.

use super::{Caller, Door, begin, commit, invite, jobs, person, switches};
use crate::{
    app::App,
    domain::{
        ids::{JobId, OrganizationId, UserId},
        jobs::{BulkAction, JobMark, Task},
        roles::Role,
        users::{MembershipKind, UserQuery},
    },
    error::AppError,
    policy::{Actor, BulkUsers, EditUser, Refusal, assignable, in_bulk},
    store::{Job, JobPerson, JobPlace, Tx},
};

/// People one job may have.
const MOST: i64 = 100_000;

/// Whom an action is for.
#[derive(Debug)]
pub enum Selection {
    /// These, in this order.
    These(Vec<UserId>),
    /// Everybody a list shows on all its pages.
    Matching {
        /// The list.
        query: Box<UserQuery>,
        /// The same as it stands in the URL.
        filter: String,
    },
}

/// Keeps who is to be changed until the action is confirmed. Ids that are none of the organization's, and the users of
/// API tokens, are left out.
///
/// # Errors
/// What the policy denies, [`Refusal::NobodySelected`], and [`Refusal::Assign`] for a role that one may not give.
pub async fn prepare(app: &App, caller: &Caller, action: BulkAction, chosen: Selection) -> Result<JobId, AppError> {
    let now = caller.occasion.now;
    let mut tx = app.db.begin_write().await?;
    let standing = caller.standing(&mut tx, caller.organization).await?;
    let actor = standing.actor().ok_or_else(super::no_organization)?;
    let _permit = actor.authorize(BulkUsers, actor.organization)?;
    let filter = match &chosen {
        Selection::These(_) => None,
        Selection::Matching { filter, .. } => Some(filter.clone()),
    };
    role_of(&mut tx, &actor, &action).await?;
    let job = tx.add_job(actor.organization, actor.user, &Task::Bulk { action, filter }, &caller.occasion).await?;
    match chosen {
        Selection::These(ids) => add_these(&mut tx, job, actor.organization, &ids).await?,
        Selection::Matching { query, .. } => tx.add_matching(job, actor.organization, &query, MOST, now).await?,
    }
    let people = tx.close_job_list(job, "").await?;
    if people == 0 {
        return Err(Refusal::NobodySelected.into());
    }
    if people > MOST {
        return Err(Refusal::TooManySelected.into());
    }
    tx.commit().await?;
    Ok(job)
}

async fn add_these(tx: &mut Tx, job: JobId, organization: OrganizationId, ids: &[UserId]) -> Result<(), AppError> {
    let mut people: Vec<JobPerson> = Vec::new();
    for id in ids {
        let user_id = id.to_string();
        let is_new = people.iter().all(|person| person.user_id != user_id);
        if let Some(member) = tx.member(organization, *id).await?.filter(|_| is_new)
            && member.kind != MembershipKind::Token
        {
            let place = i64::try_from(people.len() + 1).unwrap_or(i64::MAX);
            let person = member.shown_name().to_owned();
            let (detail, mark, result) = Default::default();
            people.push(JobPerson { place, user_id, person, detail, mark, result, settled: false });
        }
    }
    Ok(tx.add_job_people(job, &people).await?)
}

/// The role an action gives or takes, where there is one.
///
/// # Errors
/// [`Refusal::Assign`] for one that does not exist, or that the actor may not give.
pub async fn role_of(tx: &mut Tx, actor: &Actor, action: &BulkAction) -> Result<Option<Role>, AppError> {
    let Some(key) = action.role() else { return Ok(None) };
    let role = read_role(tx, actor.organization, key).await?;
    if !assignable(actor, &role) {
        return Err(Refusal::Assign { role: role.label().to_owned() }.into());
    }
    Ok(Some(role))
}

async fn read_role(tx: &mut Tx, organization: OrganizationId, key: &str) -> Result<Role, AppError> {
    let keys = [key.to_owned()];
    let set = tx.wanted_roles(organization, &keys).await?.map_err(|role| Refusal::Assign { role })?;
    set.iter().next().ok_or_else(|| Refusal::Assign { role: key.to_owned() }.into())
}

/// Gives one person of a job their turn, and writes down what came of it.
///
/// # Errors
/// Only what stops the whole run: a fault, or a database that does not answer.
pub(super) async fn take_turn(
    app: &App,
    caller: &Caller,
    job: &Job,
    action: &BulkAction,
    person: &JobPerson,
) -> Result<(), AppError> {
    let place = JobPlace { job: job.id, place: person.place };
    let caller = Caller { door: Door::Job(job.user, Some(place)), ..caller.clone() };
    let user = person.user_id.parse().map_err(AppError::fault)?;
    let (mark, reason) = match apply_to(app, &caller, action, user).await {
        // Written with the change itself.
        Ok(()) => return Ok(()),
        Err(AppError::Conflict { code, message }) => (JobMark::Failed, in_bulk(code, &message)),
        Err(AppError::NotFound) => (JobMark::Failed, "No longer a member.".to_owned()),
        Err(AppError::Forbidden(_) | AppError::ExpiredForm) => (JobMark::Failed, jobs::NOT_ANY_MORE.to_owned()),
        Err(error) => return Err(error),
    };
    let mut tx = app.db.begin_write().await?;
    tx.settle(place, "", mark, &reason).await?;
    Ok(tx.commit().await?)
}

async fn apply_to(app: &App, caller: &Caller, action: &BulkAction, user: UserId) -> Result<(), AppError> {
    match action {
        BulkAction::Disable => switches::disable(app, caller, user).await.map(drop),
        BulkAction::Enable => switches::enable(app, caller, user).await.map(drop),
        BulkAction::Resend => invite::resend(app, caller, user).await.map(drop),
        BulkAction::AddRole(role) => change_role(app, caller, user, role, true).await,
        BulkAction::RemoveRole(role) => change_role(app, caller, user, role, false).await,
    }
}

async fn change_role(app: &App, caller: &Caller, user: UserId, key: &str, adds: bool) -> Result<(), AppError> {
    let (mut tx, actor, member, _) = begin(app, caller, user, EditUser::default()).await?;
    let role = read_role(&mut tx, actor.organization, key).await?;
    let (_, facts) = person(&mut tx, actor.organization, user).await?;
    let has = facts.roles.keys().contains(&role.key());
    if has == adds {
        let message = if adds { "Has this role already." } else { "Does not have this role." };
        return Err(AppError::Conflict { code: "role_unchanged", message: message.to_owned() });
    }
    let roles = facts.roles.clone();
    let roles = if adds { roles.with(&role) } else { roles.without(&role) };
    let change = EditUser { roles: Some(roles), ..EditUser::default() };
    let permit = actor.authorize(change, facts)?;
    tx.edit_member(permit, &member, &caller.occasion).await?;
    commit(tx, member.shown_name(), &actor.organization_name).await
}
