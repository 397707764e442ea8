//! The one way people are invited: by the form, by an API, from a file on the page or on the command line. First
//! everybody is judged, then there must be seats for all of them, then they are invited together.

use std::{borrow::Cow, collections::HashMap};

use super::{Temporary, invite_one};
use crate::{
    app::App,
    domain::{
        ids::UserId,
        jobs::JobMark,
        passwords,
        roles::{AccountRole, CustomRole, RoleSet, UnreadRole, read_roles},
        text::{DisplayName, Email, TypedAddress},
    },
    error::AppError,
    flows::{Caller, no_organization},
    policy::{Actor, Denied, InviteUsers, Permit, Refusal},
    store::{JobPlace, Seats, Tx},
};

/// Addresses looked up with one statement.
const LOOKED_UP_AT_ONCE: usize = 1000;

/// Somebody to be invited.
#[derive(Debug, Clone)]
pub struct Wanted {
    /// Where to.
    pub address: TypedAddress,
    /// How they are called, for those without an account yet.
    pub name: Option<DisplayName>,
    /// Their roles, by name or key.
    pub roles: Vec<String>,
    /// Why they cannot be invited whatever the database holds.
    pub problem: Option<String>,
}

impl Wanted {
    /// All these addresses, with the same roles.
    pub fn all(addresses: Vec<TypedAddress>, roles: &[String]) -> Vec<Self> {
        let wanted = |address| Self { address, name: None, roles: roles.to_vec(), problem: None };
        addresses.into_iter().map(wanted).collect()
    }
}

/// What became, or would become, of one of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum InviteOutcome {
    /// Invited, and the letter is on its way; or, when it is only foreseen, will be.
    Invited(Option<UserId>),
    /// Has an activated or a disabled membership here.
    AlreadyMember,
    /// Has an open or expired invitation here.
    AlreadyInvited,
    /// No address.
    NotAnAddress,
    /// No seat is left for all the new ones, so none is invited.
    NoSeat,
    /// Something else about this one.
    Refused(String),
}

impl InviteOutcome {
    /// The result as the contract words it (portal contract 5.1).
    pub fn text(&self) -> Cow<'_, str> {
        Cow::Borrowed(match self {
            Self::Invited(_) => "Invited",
            Self::AlreadyMember => "Already a member",
            Self::AlreadyInvited => "Already invited",
            Self::NotAnAddress => "Not a valid email address",
            Self::NoSeat => "No free seat",
            Self::Refused(why) => why,
        })
    }

    /// Whether that is as it should be. To find somebody here already is no failure: nothing was to be done.
    pub fn mark(&self) -> JobMark {
        match self {
            Self::Invited(_) => JobMark::Done,
            Self::AlreadyMember | Self::AlreadyInvited => JobMark::Kept,
            Self::NotAnAddress | Self::NoSeat | Self::Refused(_) => JobMark::Failed,
        }
    }
}

/// How many seats new people take, counted piece by piece.
#[derive(Debug, Clone, Copy, Default)]
pub struct Seating {
    people: u64,
    analysts: u64,
}

impl Seating {
    fn count(&mut self, judged: &[Judged]) {
        for permit in judged.iter().filter_map(Judged::permit) {
            self.people += 1;
            self.analysts += u64::from(permit.action().account_role.takes_analyst_seat());
        }
    }

    /// Why not all of them fit.
    fn refusal(self, seats: &Seats, organization: &str) -> Option<Refusal> {
        let organization = organization.to_owned();
        let over = |free: Option<i64>, entered| free.map(i64::unsigned_abs).filter(|free| entered > *free);
        if let Some(free) = over(seats.free(), self.people) {
            return Some(Refusal::InviteSeats { free, organization, entered: self.people });
        }
        let free = over(seats.free_analysts(), self.analysts)?;
        Some(Refusal::InviteAnalystSeats { free, organization, entered: self.analysts })
    }
}

/// What the rules say about one of them, before seats are counted.
enum Judged {
    New(Permit<InviteUsers>),
    Known(InviteOutcome),
    /// The roles cannot be read or not be given.
    Unread(UnreadRole),
    NotAssignable(Refusal),
}

impl Judged {
    fn permit(&self) -> Option<&Permit<InviteUsers>> {
        match self {
            Self::New(permit) => Some(permit),
            _ => None,
        }
    }

    /// What a form answers, where everybody gets the same roles: one of them refused refuses all.
    fn whole_form_refusal(&self) -> Option<Refusal> {
        match self {
            Self::Unread(unread) => Some(Refusal::Assign { role: unread.word().to_owned() }),
            Self::NotAssignable(refusal) => Some(refusal.clone()),
            Self::New(_) | Self::Known(_) => None,
        }
    }

    fn outcome(&self) -> InviteOutcome {
        match self {
            Self::New(_) => InviteOutcome::Invited(None),
            Self::Known(outcome) => outcome.clone(),
            Self::Unread(unread) => InviteOutcome::Refused(unread.to_string()),
            Self::NotAssignable(refusal) => InviteOutcome::Refused(refusal.to_string()),
        }
    }
}

/// Invites every valid address, all in one transaction (portal contract 5.1).
///
/// # Errors
/// What the policy denies; [`Refusal::InviteSeats`] when not all new addresses fit, and then nobody is invited.
pub async fn invite(app: &App, caller: &Caller, people: &[Wanted]) -> Result<Vec<InviteOutcome>, AppError> {
    let temporaries = make_temporaries(app, caller, people).await?;
    let mut tx = app.db.begin_write().await?;
    let actor = caller.enter(&mut tx).await?;
    let judged = judge(&mut tx, &actor, people).await?;
    if let Some(refusal) = judged.iter().find_map(Judged::whole_form_refusal) {
        return Err(refusal.into());
    }
    if let Some(refusal) = no_seats(&mut tx, &actor, &judged).await? {
        return Err(refusal.into());
    }
    let outcomes = carry_out(app, &mut tx, &actor, people, &judged, &temporaries, caller).await?;
    tx.commit().await?;
    app.courier.wake();
    Ok(outcomes)
}

/// Invites one piece of a file, in one transaction; each row stands for itself, but for the seats. `fits` says whether
/// there were seats for the whole file when it was counted. In a job the results are written with the change.
///
/// # Errors
/// What the policy denies to the caller as such.
pub async fn invite_piece(
    app: &App,
    caller: &Caller,
    people: &[Wanted],
    fits: bool,
    places: &[JobPlace],
) -> Result<Vec<InviteOutcome>, AppError> {
    let temporaries = if fits { make_temporaries(app, caller, people).await? } else { HashMap::new() };
    let mut tx = app.db.begin_write().await?;
    let actor = caller.enter(&mut tx).await?;
    let judged = judge(&mut tx, &actor, people).await?;
    let fits = fits && no_seats(&mut tx, &actor, &judged).await?.is_none();
    let outcomes = if fits {
        carry_out(app, &mut tx, &actor, people, &judged, &temporaries, caller).await?
    } else {
        judged.iter().map(|judged| unseated(judged.outcome())).collect()
    };
    for (place, outcome) in places.iter().zip(&outcomes) {
        let user = match outcome {
            InviteOutcome::Invited(Some(user)) => user.to_string(),
            _ => String::new(),
        };
        tx.settle(*place, &user, outcome.mark(), &outcome.text()).await?;
    }
    tx.commit().await?;
    app.courier.wake();
    Ok(outcomes)
}

fn unseated(outcome: InviteOutcome) -> InviteOutcome {
    if matches!(outcome, InviteOutcome::Invited(_)) { InviteOutcome::NoSeat } else { outcome }
}

/// What would become of these people, and why they would not all fit. `seating` counts those of earlier pieces, too.
///
/// # Errors
/// As [`invite_piece`].
pub async fn foresee(
    app: &App,
    caller: &Caller,
    people: &[Wanted],
    seating: &mut Seating,
) -> Result<(Vec<InviteOutcome>, Option<Refusal>), AppError> {
    let mut tx = app.db.begin_read().await?;
    let actor = caller.enter(&mut tx).await?;
    let judged = judge(&mut tx, &actor, people).await?;
    seating.count(&judged);
    let seats = tx.seats(actor.organization).await?;
    let refusal = seating.refusal(&seats, &actor.organization_name);
    Ok((judged.iter().map(Judged::outcome).collect(), refusal))
}

async fn no_seats(tx: &mut Tx, actor: &Actor, judged: &[Judged]) -> Result<Option<Refusal>, AppError> {
    let mut seating = Seating::default();
    seating.count(judged);
    let seats = tx.seats(actor.organization).await?;
    Ok(seating.refusal(&seats, &actor.organization_name))
}

async fn judge(tx: &mut Tx, actor: &Actor, people: &[Wanted]) -> Result<Vec<Judged>, AppError> {
    actor.may::<InviteUsers>()?;
    let custom = tx.custom_roles(actor.organization, &[]).await?;
    let mut read = HashMap::new();
    let mut judged = Vec::with_capacity(people.len());
    for some in people.chunks(LOOKED_UP_AT_ONCE) {
        let present = tx.present_addresses(actor.organization, keys(some)).await?;
        for one in some {
            judged.push(judge_one(actor, one, &custom, &mut read, &present)?);
        }
    }
    Ok(judged)
}

type ReadRoles<'a> = HashMap<&'a [String], Result<(AccountRole, RoleSet), UnreadRole>>;

fn judge_one<'a>(
    actor: &Actor,
    one: &'a Wanted,
    custom: &[CustomRole],
    read: &mut ReadRoles<'a>,
    present: &HashMap<String, bool>,
) -> Result<Judged, AppError> {
    if let Some(problem) = &one.problem {
        return Ok(Judged::Known(InviteOutcome::Refused(problem.clone())));
    }
    let Some(email) = one.address.email() else { return Ok(Judged::Known(InviteOutcome::NotAnAddress)) };
    let words = one.roles.iter().map(String::as_str);
    let (account_role, roles) = match read.entry(&one.roles).or_insert_with(|| read_roles(words, custom)) {
        Ok(roles) => roles.clone(),
        Err(unread) => return Ok(Judged::Unread(unread.clone())),
    };
    let permit = match actor.authorize(InviteUsers { account_role, roles }, actor.organization) {
        Ok(permit) => permit,
        Err(Denied::Refused(refusal)) => return Ok(Judged::NotAssignable(refusal)),
        Err(denied) => return Err(denied.into()),
    };
    Ok(match present.get(email.key()) {
        None => Judged::New(permit),
        Some(true) => Judged::Known(InviteOutcome::AlreadyMember),
        Some(false) => Judged::Known(InviteOutcome::AlreadyInvited),
    })
}

async fn carry_out(
    app: &App,
    tx: &mut Tx,
    actor: &Actor,
    people: &[Wanted],
    judged: &[Judged],
    temporaries: &HashMap<String, Temporary>,
    caller: &Caller,
) -> Result<Vec<InviteOutcome>, AppError> {
    let mut outcomes = Vec::with_capacity(people.len());
    for (one, judged) in people.iter().zip(judged) {
        let outcome = match (judged.permit(), one.address.email()) {
            (Some(permit), Some(email)) => {
                let temporary = temporaries.get(email.key());
                let newcomer = (email, one.name.as_ref());
                let user = invite_one(app, tx, permit, actor, newcomer, temporary, &caller.occasion).await?;
                InviteOutcome::Invited(Some(user))
            }
            _ => judged.outcome(),
        };
        outcomes.push(outcome);
    }
    Ok(outcomes)
}

fn keys(people: &[Wanted]) -> impl Iterator<Item = &str> {
    people.iter().filter_map(|one| one.address.email()).map(Email::key)
}

/// Temporary passwords for every address that is no member yet, hashed a few at a time.
async fn make_temporaries(
    app: &App,
    caller: &Caller,
    people: &[Wanted],
) -> Result<HashMap<String, Temporary>, AppError> {
    let organization = caller.organization.ok_or_else(no_organization)?;
    let present = app.db.begin_read().await?.present_addresses(organization, keys(people)).await?;
    let wanted: Vec<&str> = keys(people).filter(|key| !present.contains_key(*key)).collect();
    let mut temporaries = HashMap::new();
    for few in wanted.chunks(app.config.hash_concurrency.max(1)) {
        let hashed = few.iter().map(|key| async {
            let plain = passwords::temporary_password(app.entropy.as_ref());
            let hash = app.hasher.hash(&plain).await?;
            Ok::<_, AppError>(((*key).to_owned(), Temporary { plain, hash }))
        });
        temporaries.extend(futures::future::try_join_all(hashed).await?);
    }
    Ok(temporaries)
}
