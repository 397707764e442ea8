//! Drawing one person: how they stand, what they may do, when they came.

use sha2::{Digest, Sha256};

use super::{Crew, INVITED_FOR, Shared};
use crate::{
    commands::demo::{dice::Dice, names::Names},
    domain::{
        ids::UserId,
        roles::{AccountRole, ApplicationRole, RoleKey},
        text::{DisplayName, Email, shown_name},
        time::{Timestamp, days, minutes},
    },
    store::demo::DemoInvitation,
};

/// Everybody up to here has their whole history; of those after, every [`STRIDE`]th. A million people are there to be
/// listed and searched, not to be read about one by one.
const WELL_KNOWN: u32 = 5000;
const STRIDE: u32 = 25;

const ACCOUNT_ROLES: [(u32, AccountRole); 8] = [
    (760, AccountRole::User),
    (120, AccountRole::Analyst),
    (60, AccountRole::Developer),
    (25, AccountRole::OrganizationCreator),
    (12, AccountRole::UserAdmin),
    (10, AccountRole::ItAdmin),
    (8, AccountRole::Administrator),
    (5, AccountRole::Client),
];

const APPLICATION_ROLES: [(u32, ApplicationRole); 16] = [
    (160, ApplicationRole::CallbackViewer),
    (90, ApplicationRole::CallbackManager),
    (20, ApplicationRole::CallbackAdministrator),
    (25, ApplicationRole::ConnectionsAdministrator),
    (140, ApplicationRole::DatastoreAgent),
    (25, ApplicationRole::DatastoreAdministrator),
    (110, ApplicationRole::HandoffViewer),
    (60, ApplicationRole::HandoffManager),
    (15, ApplicationRole::HandoffAdministrator),
    (90, ApplicationRole::MindfulApiViewer),
    (15, ApplicationRole::MindfulApiAdministrator),
    (60, ApplicationRole::PlatformViewer),
    (20, ApplicationRole::PlatformManager),
    (5, ApplicationRole::PlatformAdministrator),
    (90, ApplicationRole::WebhooksViewer),
    (25, ApplicationRole::WebhooksAdministrator),
];

/// How somebody stands, and in how many cases of a thousand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fate {
    Active,
    Invited,
    Expired,
    Disabled,
    DisabledEverywhere,
}

const FATES: [(u32, Fate); 5] = [
    (875, Fate::Active),
    (45, Fate::Invited),
    (25, Fate::Expired),
    (48, Fate::Disabled),
    (7, Fate::DisabledEverywhere),
];

/// One person, while being drawn.
pub(super) struct Draft {
    pub(super) shared: Option<Shared>,
    pub(super) id: UserId,
    pub(super) email: Email,
    pub(super) name: Option<DisplayName>,
    pub(super) fate: Fate,
    pub(super) account_role: AccountRole,
    pub(super) roles: Vec<RoleKey>,
    pub(super) created_at: Timestamp,
    pub(super) activated_at: Option<Timestamp>,
    pub(super) last_login_at: Timestamp,
    pub(super) invitation: Option<DemoInvitation>,
    pub(super) is_well_known: bool,
}

impl Crew {
    pub(super) fn draft(&mut self, number: u32, names: &mut Names, dice: &mut Dice) -> Result<Draft, String> {
        let created_at = self.joined(number);
        let shared = if self.size - number <= u32::try_from(self.borrowed.len()).unwrap_or_default() {
            self.borrowed.pop()
        } else {
            None
        };
        let (id, email, name) = match &shared {
            Some(known) => (known.user, known.email.clone(), known.name.clone()),
            None => {
                let named = names.person(dice);
                let email =
                    Email::parse(&format!("{}@{}", named.local, self.domain)).map_err(|error| error.to_string())?;
                let name = DisplayName::parse(&named.shown).map_err(|error| error.to_string())?;
                (UserId::new(created_at, dice.entropy().as_ref()), email, name)
            }
        };
        let fate = match number {
            0 | 1 => Fate::Active,
            _ if shared.is_some() => Fate::Active,
            _ => self.fate(created_at, dice),
        };
        let activated_at = match fate {
            Fate::Invited | Fate::Expired => None,
            _ => Some(
                dice.moment(created_at, created_at.plus(days(3))).min(self.today.minus(minutes(90))).max(created_at),
            ),
        };
        let is_active = fate == Fate::Active;
        let last_login_at = match activated_at {
            Some(activated) => self.last_login(activated, is_active, number < 2, dice),
            None => Timestamp::default(),
        };
        let invitation = activated_at.is_none().then(|| self.invitation(id, created_at, fate, dice));
        // Whoever was invited by address alone has no name before they come.
        let is_named = activated_at.is_some() || dice.per_mille(300);
        let (account_role, roles) = self.roles(number, dice);
        Ok(Draft {
            shared,
            id,
            email,
            name: is_named.then_some(name),
            fate,
            account_role,
            roles,
            created_at,
            activated_at,
            last_login_at,
            invitation,
            is_well_known: number < WELL_KNOWN || number.is_multiple_of(STRIDE),
        })
    }

    fn fate(&self, created_at: Timestamp, dice: &mut Dice) -> Fate {
        match dice.weighted(&FATES).unwrap_or(Fate::Active) {
            Fate::Expired if created_at > self.today.minus(days(8)) => Fate::Invited,
            fate => fate,
        }
    }

    fn invitation(&self, id: UserId, created_at: Timestamp, fate: Fate, dice: &mut Dice) -> DemoInvitation {
        let (earliest, latest) = if fate == Fate::Expired { (days(60), days(8)) } else { (days(6), days(1)) };
        let sent_at = dice.moment(self.today.minus(earliest), self.today.minus(latest)).max(created_at);
        let mut hash = Sha256::new();
        hash.update(b"a link nobody has");
        hash.update(id.as_bytes());
        hash.update(self.scope.id.as_bytes());
        DemoInvitation {
            token_hash: hash.finalize().into(),
            sent_at,
            expires_at: sent_at.plus(INVITED_FOR),
            mail_failed: dice.per_mille(30),
        }
    }

    /// Most people came lately, some not for long, a few never.
    fn last_login(&self, activated: Timestamp, is_active: bool, is_regular: bool, dice: &mut Dice) -> Timestamp {
        if !is_regular && dice.per_mille(60) {
            return Timestamp::default();
        }
        let ago = if is_active {
            [(720, 0, 14), (180, 14, 60), (100, 60, 300)]
        } else {
            [(100, 30, 60), (300, 60, 200), (600, 200, 600)]
        };
        let (from, to) = if is_regular {
            (0, 2)
        } else {
            dice.weighted(&ago.map(|(weight, from, to)| (weight, (from, to)))).unwrap_or((0, 14))
        };
        dice.moment(self.today.minus(days(to)), self.today.minus(days(from))).max(activated)
    }

    fn roles(&self, number: u32, dice: &mut Dice) -> (AccountRole, Vec<RoleKey>) {
        if number == 0 {
            return (AccountRole::Administrator, Vec::new());
        }
        if number == 1 {
            let roles = [ApplicationRole::CallbackManager, ApplicationRole::PlatformViewer];
            return (AccountRole::User, roles.map(RoleKey::Application).to_vec());
        }
        let account_role = dice.weighted(&ACCOUNT_ROLES).unwrap_or(AccountRole::User);
        let count = dice.weighted(&[(420, 0), (410, 1), (130, 2), (40, 3)]).unwrap_or(0);
        let mut roles: Vec<ApplicationRole> = (0..count).filter_map(|_| dice.weighted(&APPLICATION_ROLES)).collect();
        roles.sort();
        roles.dedup();
        let mut roles: Vec<RoleKey> = roles.into_iter().map(RoleKey::Application).collect();
        if dice.per_mille(70)
            && let Some((id, _)) = dice.pick(&self.custom_roles)
        {
            roles.push(RoleKey::Custom(*id));
        }
        (account_role, roles)
    }
}

impl Draft {
    pub(super) fn shown_name(&self) -> &str {
        shown_name(self.name.as_ref().map(DisplayName::as_str), self.email.as_str())
    }

    /// When they were disabled, if they were: some time after they were last seen.
    pub(super) fn ended_at(&self, today: Timestamp) -> Timestamp {
        let seen = self.last_login_at.max(self.activated_at.unwrap_or(self.created_at));
        seen.plus(days(20)).min(today.minus(minutes(30))).max(seen)
    }
}
