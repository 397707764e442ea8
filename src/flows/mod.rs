//! The product's verbs that take more than one store call, once for pages, APIs and commands. Each opens its own
//! transaction, asks the policy inside it, and commits change, audit event and letters together.

pub mod accept_invitation;
pub mod backup;
pub mod bulk;
pub mod change_email;
pub mod change_password;
pub mod edit_user;
pub mod end_sessions;
pub mod grants;
pub mod import;
pub mod invite;
pub mod jobs;
pub mod mfa;
pub mod organizations;
pub mod profile;
pub mod reset_password;
pub mod roles;
pub mod rotate_key;
pub mod set_up;
pub mod sign_in;
pub mod switches;
pub mod tenants;
pub mod token_uses;
pub mod tokens;
pub mod turns;
pub mod visits;

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};

use crate::{
    app::App,
    domain::{
        audit::{AuditActor, Author, Occasion},
        entropy,
        ids::{OrganizationId, SessionId, TokenId, UserId},
        tokens::Permission,
    },
    error::AppError,
    keys::Purpose,
    policy::{Action, Actor, Permit, Person, Refusal},
    store::{Guard, JobPlace, Member, SignedIn, Standing, StoreError, Tx},
};

/// Who asks for a change, to be judged again inside the transaction that makes it: what they may do now counts, not what
/// they could when the request began (S36).
#[derive(Debug, Clone)]
pub struct Caller {
    /// How the request proved who asks.
    pub door: Door,
    /// The organization worked in.
    pub organization: Option<OrganizationId>,
    /// When and where from.
    pub occasion: Occasion,
}

/// How a request proved who asks.
#[derive(Debug, Clone, Copy)]
pub enum Door {
    /// A signed-in person's session.
    Session(SessionId),
    /// An API token, with what the call needs of it.
    Token(TokenId, Permission),
    /// A confirmed job, which goes on for the person who confirmed it; one person's turn of it, if it has turns.
    Job(UserId, Option<JobPlace>),
    /// The owner of the machine, on the command line.
    Owner,
}

impl Caller {
    /// The caller's rights as this transaction sees them, with the organization locked for it.
    ///
    /// # Errors
    /// [`AppError::ExpiredForm`] when the session ended meanwhile, [`AppError::Forbidden`] without an organization.
    pub async fn enter(&self, tx: &mut Tx) -> Result<Actor, AppError> {
        let organization = self.organization.ok_or_else(no_organization)?;
        tx.guard(organization).await?;
        let now = self.occasion.now;
        match self.door {
            Door::Session(_) => self.standing(tx, self.organization).await?.actor().ok_or_else(no_organization),
            Door::Token(token, needed) => {
                let actor = tx.acting_token(token, organization, now).await?.ok_or(AppError::ExpiredForm)?;
                let has_it = actor.token.as_ref().is_some_and(|token| token.permissions.contains(&needed));
                if has_it { Ok(actor) } else { Err(AppError::ExpiredForm) }
            }
            Door::Job(user, turn) => {
                if let Some(place) = turn {
                    tx.settle_on_commit(place);
                }
                tx.hold_user(user).await?;
                let standing = tx.standing_of(user, Some(organization), now).await?;
                standing.and_then(|standing| standing.actor()).ok_or(AppError::ExpiredForm)
            }
            Door::Owner => tx.acting_owner(organization).await?.ok_or(AppError::NotFound),
        }
    }
}

impl Caller {
    /// The signed-in person as they stand in an organization now.
    ///
    /// # Errors
    /// [`AppError::ExpiredForm`] when the session ended meanwhile, or when there is none.
    pub async fn standing(&self, tx: &mut Tx, organization: Option<OrganizationId>) -> Result<Standing, AppError> {
        let Door::Session(session) = self.door else { return Err(AppError::ExpiredForm) };
        tx.standing(session, organization, self.occasion.now).await?.ok_or(AppError::ExpiredForm)
    }
}

/// The person of a session as this transaction sees them; from here on nobody ends it before the change is made.
///
/// # Errors
/// [`AppError::ExpiredForm`] when the session ended meanwhile.
pub(crate) async fn standing(tx: &mut Tx, signed_in: &SignedIn, occasion: &Occasion) -> Result<Standing, AppError> {
    let standing = tx.standing(signed_in.session, signed_in.organization, occasion.now).await?;
    standing.ok_or(AppError::ExpiredForm)
}

/// Said to somebody who works in no organization.
pub fn no_organization() -> AppError {
    AppError::Forbidden("Choose an organization first.".to_owned())
}

/// What somebody may do as they act in their organization, or a Server Administrator who works in none.
///
/// # Errors
/// What the policy denies; [`AppError::Forbidden`] to anybody else without an organization.
pub fn authorize<A: Action>(
    standing: &Standing,
    action: A,
    target: impl FnOnce(Option<OrganizationId>) -> A::Target,
) -> Result<Permit<A>, AppError> {
    if let Some(actor) = standing.actor() {
        let target = target(Some(actor.organization));
        return Ok(actor.authorize(action, target)?);
    }
    if !standing.is_server_administrator {
        return Err(no_organization());
    }
    let (id, name) = (standing.user, standing.shown_name().to_owned());
    let actor = AuditActor::User { id, name, email: standing.email.clone() };
    Ok(Permit::without_actor(Author { actor, scope: None }, action, target(None)))
}

/// Opens a change of one member: the transaction, who acts, whom it is about, and the permit.
///
/// # Errors
/// [`AppError::NotFound`] for an id the organization does not have; what the policy denies.
pub async fn begin<A: Action<Target = Person>>(
    app: &App,
    caller: &Caller,
    user: UserId,
    action: A,
) -> Result<(Tx, Actor, Member, Permit<A>), AppError> {
    let mut tx = app.db.begin_write().await?;
    let actor = caller.enter(&mut tx).await?;
    actor.may::<A>()?;
    let (member, person) = person(&mut tx, actor.organization, user).await?;
    let permit = actor.authorize(action, person)?;
    Ok((tx, actor, member, permit))
}

/// A member with the facts the policy asks for.
///
/// # Errors
/// [`AppError::NotFound`] for an id the organization does not have.
pub async fn person(tx: &mut Tx, organization: OrganizationId, user: UserId) -> Result<(Member, Person), AppError> {
    let member = tx.member(organization, user).await?.ok_or(AppError::NotFound)?;
    let roles = tx.role_set(organization, &member.roles).await?;
    let person = member.person(roles);
    Ok((member, person))
}

/// Commits; a guard that refuses is told in the words for this person.
///
/// # Errors
/// [`AppError::Conflict`] from a guard, or when the database does not answer.
pub async fn commit(tx: Tx, person: &str, organization: &str) -> Result<(), AppError> {
    match tx.commit().await {
        Err(StoreError::Kept(guard)) => Err(kept(guard, person, organization).into()),
        done => Ok(done?),
    }
}

/// What a guard says about a change to one person.
fn kept(guard: Guard, person: &str, organization: &str) -> Refusal {
    match guard {
        Guard::LastAdministrator => {
            Refusal::LastAdministrator { person: person.to_owned(), organization: organization.to_owned() }
        }
        Guard::LastServerAdministrator => Refusal::LastServerAdministrator { person: person.to_owned() },
        Guard::UserLimit => Refusal::NoSeat,
        Guard::AnalystLimit => Refusal::NoAnalystSeat,
    }
}

/// A secret that travels in a mailed link: 256 random bits. Only its keyed hash is stored.
pub(crate) struct LinkToken {
    pub(crate) plain: String,
    pub(crate) hash: [u8; 32],
}

impl LinkToken {
    pub(crate) fn new(app: &App) -> Self {
        let plain = URL_SAFE_NO_PAD.encode(entropy::bytes::<32>(app.entropy.as_ref()));
        let hash = Self::hash_of(app, &plain);
        Self { plain, hash }
    }

    /// The hash a presented token must have.
    pub(crate) fn hash_of(app: &App, plain: &str) -> [u8; 32] {
        app.db.keys().keyed_hash(Purpose::Secret, plain.as_bytes())
    }
}
