//! The people of one organization: who they are, what they may do, whether they came at all, and when they were last
//! seen. Everything is drawn; nothing here knows a database.

mod draft;

use std::{sync::Arc, time::Duration};

use draft::{Draft, Fate};
use serde_json::json;

use super::{dice::Dice, history::History, names::Names};
use crate::{
    domain::{
        audit::{AuditAction, AuditActor, AuditEvent, AuditScope, AuditTarget},
        ids::{CustomRoleId, EventId, UserId},
        roles::{AccountRole, RoleKey, shown_roles},
        text::{DisplayName, Email},
        time::{Timestamp, days},
        users::MembershipState,
    },
    store::demo::{DemoMember, DemoSignIn, DemoUser},
};

/// An invitation is good this long.
const INVITED_FOR: Duration = days(7);

const DEVICES: [(u32, &str); 9] = [
    (34, "Chrome on Windows"),
    (20, "Chrome on macOS"),
    (12, "Safari on macOS"),
    (10, "Edge on Windows"),
    (8, "Firefox on Windows"),
    (6, "Safari on iPhone"),
    (5, "Chrome on Android"),
    (3, "Firefox on Linux"),
    (2, "Safari on iPad"),
];

/// An account to log in with.
pub(super) struct Account {
    pub(super) what: String,
    pub(super) email: String,
}

/// Somebody who belongs to more than one organization.
#[derive(Debug, Clone)]
pub(super) struct Shared {
    user: UserId,
    name: DisplayName,
    email: Email,
}

/// People about to be added, made together.
#[derive(Default)]
pub(super) struct Batch {
    pub(super) users: Vec<DemoUser>,
    pub(super) members: Vec<DemoMember>,
    pub(super) sign_ins: Vec<DemoSignIn>,
    /// Nobody of a later batch was invited before this.
    pub(super) until: Timestamp,
}

/// The people of an organization.
pub(super) struct Crew {
    pub(super) history: History,
    scope: AuditScope,
    domain: String,
    custom_roles: Vec<(CustomRoleId, String)>,
    founded: Timestamp,
    today: Timestamp,
    size: u32,
    password_hash: Arc<str>,
    /// Who invited everybody else.
    administrator: Option<Shared>,
    viewer: Option<Shared>,
    borrowed: Vec<Shared>,
    sociable: Vec<Shared>,
    locked: Vec<Email>,
    to_lock: Vec<Shared>,
}

impl Crew {
    pub(super) fn new(
        scope: AuditScope,
        domain: String,
        custom_roles: Vec<(CustomRoleId, String)>,
        founded: Timestamp,
        today: Timestamp,
        size: u32,
        password_hash: Arc<str>,
    ) -> Self {
        Self {
            history: History::default(),
            scope,
            domain,
            custom_roles,
            founded,
            today,
            size,
            password_hash,
            administrator: None,
            viewer: None,
            borrowed: Vec::new(),
            sociable: Vec::new(),
            locked: Vec::new(),
            to_lock: Vec::new(),
        }
    }

    /// A few of these belong here too.
    pub(super) fn borrow(&mut self, people: &[Shared]) {
        self.borrowed = people.iter().take(self.size as usize / 20).cloned().collect();
    }

    /// People of this organization who may belong to others.
    pub(super) fn sociable(&self) -> Vec<Shared> {
        self.sociable.clone()
    }

    /// The Administrator, and somebody who may look but not touch.
    pub(super) fn accounts(&self) -> Vec<Account> {
        let account = |what: &str, who: &Option<Shared>| {
            let email = who.as_ref()?.email.as_str().to_owned();
            Some(Account { what: format!("{what} of {}", self.scope.name), email })
        };
        [account("Administrator", &self.administrator), account("Viewer", &self.viewer)].into_iter().flatten().collect()
    }

    /// Makes the people of these numbers.
    ///
    /// # Errors
    /// When a made-up name breaks the rule of names, which its tests rule out.
    pub(super) fn hire(&mut self, first: u32, end: u32, names: &mut Names, dice: &mut Dice) -> Result<Batch, String> {
        let mut batch = Batch { until: self.joined(end), ..Batch::default() };
        for number in first..end {
            let draft = self.draft(number, names, dice)?;
            self.tell(&draft, dice);
            self.remember(number, &draft);
            self.sign_in(&draft, &mut batch, dice);
            self.add(draft, &mut batch);
        }
        Ok(batch)
    }

    /// When the person of a number was invited: one after another, from the founding until yesterday.
    fn joined(&self, number: u32) -> Timestamp {
        let span = i128::from(self.today.since(self.founded)) * i128::from(number + 1) / i128::from(self.size + 2);
        Timestamp::from_micros(self.founded.micros() + i64::try_from(span).unwrap_or_default())
    }

    /// Puts the person's steps into the history.
    fn tell(&mut self, draft: &Draft, dice: &mut Dice) {
        if !draft.is_well_known {
            return;
        }
        let administrator = self.administrator.as_ref().map_or(AuditActor::System, actor);
        let themselves = AuditActor::User {
            id: draft.id,
            name: draft.shown_name().to_owned(),
            email: draft.email.as_str().to_owned(),
        };
        let event = |action, actor: &AuditActor| {
            let name = draft.name.as_ref().map(DisplayName::as_str).unwrap_or_default();
            AuditEvent::new(
                action,
                actor.clone(),
                AuditTarget::user(draft.id, name, draft.email.as_str()),
                Some(self.scope.clone()),
            )
        };
        let mut steps = vec![(
            draft.created_at,
            event(AuditAction::UserInvited, &administrator).after(json!({
                "email": draft.email.as_str(),
                "roles": self.role_names(draft),
                "link_expires": draft.created_at.plus(INVITED_FOR).rfc3339(),
            })),
            None,
        )];
        if let Some(at) = draft.activated_at {
            let step = event(AuditAction::AccountActivated, &themselves);
            steps.push((
                at,
                step.before(json!({ "validated": false })).after(json!({ "validated": true })),
                Some(address(dice)),
            ));
        }
        if let Some(open) = draft.invitation.as_ref().filter(|open| open.sent_at > draft.created_at) {
            let step = event(AuditAction::UserInvitationResent, &administrator);
            steps.push((open.sent_at, step.after(json!({ "link_expires": open.expires_at.rfc3339() })), None));
        }
        let (action, field) = match draft.fate {
            Fate::Disabled => (AuditAction::UserDisabled, "enabled"),
            _ => (AuditAction::AccountDisabled, "disabled"),
        };
        if matches!(draft.fate, Fate::Disabled | Fate::DisabledEverywhere) {
            let off = field == "disabled";
            let step = event(action, &administrator).before(json!({ field: !off })).after(json!({ field: off }));
            steps.push((draft.ended_at(self.today), step, None));
        }
        for (at, event, address) in steps {
            self.history.tell(at, event, address);
        }
    }

    fn role_names(&self, draft: &Draft) -> Vec<String> {
        let mut application = Vec::new();
        let mut custom = Vec::new();
        for role in &draft.roles {
            match role {
                RoleKey::Application(role) => application.push(*role),
                RoleKey::Custom(id) => custom.extend(self.custom_roles.iter().filter(|(known, _)| known == id)),
                RoleKey::Account(_) => {}
            }
        }
        let custom = custom.iter().map(|(_, name)| name.as_str());
        shown_roles(draft.account_role, &application, custom).into_iter().map(str::to_owned).collect()
    }

    /// Keeps those who matter to others.
    fn remember(&mut self, number: u32, draft: &Draft) {
        let Some(name) = draft.name.clone().filter(|_| draft.fate == Fate::Active) else { return };
        let known = Shared { user: draft.id, name, email: draft.email.clone() };
        match number {
            0 => self.administrator = Some(known),
            1 => self.viewer = Some(known),
            _ if draft.shared.is_some() => {}
            _ if self.sociable.len() < 25 => self.sociable.push(known),
            _ if self.to_lock.len() < 3 || number.is_multiple_of(20_000) => self.to_lock.push(known),
            _ => {}
        }
    }

    /// The sign-in that was last, and a few before it.
    fn sign_in(&mut self, draft: &Draft, batch: &mut Batch, dice: &mut Dice) {
        if draft.last_login_at == Timestamp::default() {
            return;
        }
        let (device, address) = (dice.weighted(&DEVICES).unwrap_or_default(), address(dice));
        let mut moments = vec![(draft.last_login_at, "succeeded")];
        if draft.is_well_known {
            let activated = draft.activated_at.unwrap_or(draft.created_at);
            for _ in 0..dice.below(5) {
                let at = dice.moment(activated.max(draft.last_login_at.minus(days(90))), draft.last_login_at);
                moments.push((at, "succeeded"));
                if dice.per_mille(100) {
                    moments.push((at.minus(Duration::from_secs(20)), "failed"));
                }
            }
        }
        for (at, result) in moments {
            let id = EventId::new(at, dice.entropy().as_ref());
            let organization = self.scope.id;
            batch.sign_ins.push(DemoSignIn {
                id,
                user: draft.id,
                organization,
                at,
                address: address.clone(),
                device,
                result,
            });
            if draft.is_well_known {
                let (name, email) = (draft.shown_name(), draft.email.as_str());
                let (action, actor, after) = if result == "succeeded" {
                    let actor = AuditActor::User { id: draft.id, name: name.to_owned(), email: email.to_owned() };
                    (AuditAction::LoginSucceeded, actor, json!({ "device": device }))
                } else {
                    (AuditAction::LoginFailed, AuditActor::Nobody, json!({ "failures": 1 }))
                };
                let target = AuditTarget::user(draft.id, name, email);
                let event = AuditEvent::new(action, actor, target, Some(self.scope.clone())).after(after);
                self.history.tell(at, event, Some(address.clone()));
            }
        }
    }

    /// Puts the person's rows into the batch.
    fn add(&self, draft: Draft, batch: &mut Batch) {
        let ended_at = draft.ended_at(self.today);
        let by = self.administrator.as_ref().filter(|known| known.user != draft.id);
        let by = by.map_or((None, "System".to_owned()), |known| (Some(known.user), known.name.as_str().to_owned()));
        let state = match draft.fate {
            Fate::Active => MembershipState::Active,
            Fate::Invited | Fate::Expired => MembershipState::Invited,
            Fate::Disabled | Fate::DisabledEverywhere => MembershipState::Disabled,
        };
        if draft.shared.is_none() {
            batch.users.push(DemoUser {
                id: draft.id,
                email: draft.email.clone(),
                name: draft.name.clone(),
                account_role: AccountRole::User,
                password_hash: self.password_hash.clone(),
                password_until: draft.invitation.as_ref().map(|open| open.expires_at),
                activated_at: draft.activated_at,
                disabled_at: (draft.fate == Fate::DisabledEverywhere).then_some(ended_at),
                last_login_at: draft.last_login_at,
                created_at: draft.created_at,
            });
        }
        batch.members.push(DemoMember {
            organization: self.scope.id,
            user: draft.id,
            email: draft.email,
            name: draft.name,
            account_role: draft.account_role,
            roles: draft.roles,
            enabled: draft.fate != Fate::Disabled,
            validated_at: draft.activated_at,
            state,
            invitation: draft.invitation,
            last_login_at: draft.last_login_at,
            created_at: draft.created_at,
            by,
        });
    }

    /// Locks a few of the active ones.
    pub(super) fn lock(&mut self, at: Timestamp, until: Timestamp) {
        for known in std::mem::take(&mut self.to_lock) {
            let target = AuditTarget::user(known.user, known.name.as_str(), known.email.as_str());
            let event = AuditEvent::new(AuditAction::LoginLocked, AuditActor::Nobody, target, Some(self.scope.clone()));
            self.history.tell(at, event.after(json!({ "until": until.rfc3339() })), None);
            self.locked.push(known.email);
        }
    }

    /// The addresses that are locked.
    pub(super) fn locked(&self) -> &[Email] {
        &self.locked
    }
}

fn actor(known: &Shared) -> AuditActor {
    AuditActor::User { id: known.user, name: known.name.as_str().to_owned(), email: known.email.as_str().to_owned() }
}

/// An address of the ranges set aside for examples (RFC 5737).
fn address(dice: &mut Dice) -> String {
    let network = dice.weighted(&[(1, "192.0.2"), (1, "198.51.100"), (1, "203.0.113")]).unwrap_or_default();
    format!("{network}.{}", dice.below(254) + 1)
}
