//! What a change of roles does to people, before it is made: pages gained, lost or kept. Both sides of every comparison
//! come from [`Access::of`], so a preview says what will be decided.

use std::collections::BTreeMap;

use serde::Serialize;
use sha2::{Digest, Sha256};

use super::{Access, AccountRole, CustomRole, Holdings, Role, RoleSet, explain};
use crate::domain::ids::UserId;
use crate::domain::pages::{Application, Level, Page};

/// A page whose level is another one afterwards.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct PageChange {
    /// The page.
    pub page: Page,
    /// The level now.
    pub before: Level,
    /// The level afterwards.
    pub after: Level,
}

impl PageChange {
    /// Whether it is more than before; else it is less.
    pub fn is_gain(self) -> bool {
        self.after > self.before
    }

    /// Whether a role decides what somebody gains or loses on this page when another role changes on it.
    fn is_touched_by(self, role: &Role) -> bool {
        role.access().level(self.page) > self.before.min(self.after)
    }
}

/// The pages on which two accesses differ, in the order of the contract.
pub fn page_changes(before: &Access, after: &Access) -> Vec<PageChange> {
    let pairs = before.levels().zip(after.levels());
    let changes = pairs.map(|((page, before), (_, after))| PageChange { page, before, after });
    changes.filter(|change| change.before != change.after).collect()
}

/// Whether a role decides what its holders gain or lose by these changes of another role. The others need not be looked
/// at: on every changed page they give no more than what the changed role gives before and after.
pub fn decides(role: &Role, changes: &[PageChange]) -> bool {
    changes.iter().any(|change| change.is_touched_by(role))
}

/// Somebody by name.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Someone {
    /// What lists sort by.
    pub key: String,
    /// The user.
    pub id: UserId,
    /// Name, or address while there is none.
    pub name: String,
}

/// People who hold a role and are alike in all that decides their access.
#[derive(Clone, Debug)]
pub struct AlikeHolders {
    /// Their own account role is Server Administrator, in force.
    pub server_administrator: bool,
    /// The effective account role.
    pub account_role: AccountRole,
    /// Their other roles, at least those that [`decides`] names.
    pub roles: RoleSet,
    /// Their membership works.
    pub works: bool,
    /// How many they are.
    pub people: u64,
    /// The first of them, in the order of lists.
    pub first: Vec<Someone>,
}

/// What a change of one custom role does to those who have it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct RoleEffect {
    /// How many gain something.
    pub gain: u64,
    /// How many lose something; some may gain as well.
    pub lose: u64,
    /// How many keep exactly what they can do.
    pub unchanged: u64,
    /// How many of those are invited or disabled, and have nothing now.
    pub dormant: u64,
    /// How many gain or lose.
    pub affected: u64,
    /// Page by page.
    pub pages: Vec<PageEffect>,
    /// The first people who gain or lose, with what.
    pub people: Vec<(Someone, Vec<PageChange>)>,
    /// Who keeps what the role gives no more, because another role gives it.
    pub kept: Vec<Kept>,
}

/// How many people end up with a level they did not have.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct PageEffect {
    /// The page.
    pub page: Page,
    /// Their level afterwards.
    pub after: Level,
    /// Whether it is more than before.
    pub gain: bool,
    /// How many.
    pub people: u64,
}

/// People who keep a level.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Kept {
    /// The page on which the role gives less.
    pub page: Page,
    /// The level kept.
    pub level: Level,
    /// How many keep it.
    pub people: u64,
    /// Names of the roles that give it besides.
    pub roles: Vec<String>,
}

/// What becomes of a role's holders when it gives `after` in place of what it gives now. `shown` is how many people are
/// named.
pub fn role_effect(
    role: &CustomRole,
    after: &Access,
    provisioned: &[Application],
    holders: &[AlikeHolders],
    shown: usize,
) -> RoleEffect {
    let changed = CustomRole { access: *after, ..role.clone() };
    let lowered = page_changes(&role.access, after).into_iter().filter(|change| !change.is_gain());
    let lowered: Vec<PageChange> = lowered.collect();
    let mut effect = RoleEffect::default();
    let mut pages: BTreeMap<(Page, bool, Level), u64> = BTreeMap::new();
    let mut kept: BTreeMap<(Page, Level), (u64, Vec<String>)> = BTreeMap::new();
    for alike in holders {
        let with = |role: &CustomRole| alike.roles.clone().with(&Role::Custom(role.clone()));
        let (roles_now, roles_then) = (with(role), with(&changed));
        let now = Access::of(&alike.holdings(&roles_now, provisioned));
        let holdings_then = alike.holdings(&roles_then, provisioned);
        let then = Access::of(&holdings_then);
        let changes = page_changes(&now, &then);
        let gains = changes.iter().any(|change| change.is_gain());
        let loses = changes.iter().any(|change| !change.is_gain());
        effect.gain += if gains { alike.people } else { 0 };
        effect.lose += if loses { alike.people } else { 0 };
        if changes.is_empty() {
            effect.unchanged += alike.people;
            effect.dormant += if alike.works || alike.server_administrator { 0 } else { alike.people };
        } else {
            effect.affected += alike.people;
            effect.people.extend(alike.first.iter().map(|someone| (someone.clone(), changes.clone())));
        }
        for change in &changes {
            *pages.entry((change.page, change.is_gain(), change.after)).or_default() += alike.people;
        }
        for page in explain(&holdings_then) {
            let is_kept = page.level > Level::None && page.level == now.level(page.page);
            if is_kept && lowered.iter().any(|change| change.page == page.page && change.before == page.level) {
                let (people, roles) = kept.entry((page.page, page.level)).or_default();
                *people += alike.people;
                roles.extend(page.from.iter().map(|role| role.label().to_owned()));
            }
        }
    }
    effect.pages =
        pages.into_iter().map(|((page, gain, after), people)| PageEffect { page, after, gain, people }).collect();
    effect.kept = kept
        .into_iter()
        .map(|((page, level), (people, mut roles))| {
            roles.sort();
            roles.dedup();
            Kept { page, level, people, roles }
        })
        .collect();
    effect.people.sort_by(|(one, _), (other, _)| one.cmp(other));
    effect.people.truncate(shown);
    effect
}

impl AlikeHolders {
    fn holdings<'a>(&self, roles: &'a RoleSet, provisioned: &'a [Application]) -> Holdings<'a> {
        Holdings {
            server_administrator: self.server_administrator,
            account_role: self.account_role,
            application_roles: roles.application(),
            custom_roles: roles.custom(),
            provisioned,
            works: self.works,
        }
    }
}

/// What a preview was about and what it showed, as fingerprints that travel with the form.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seen {
    about: String,
    shown: String,
}

impl Seen {
    /// Remembers a preview of a choice.
    pub fn new(choice: &impl Serialize, shown: &impl Serialize) -> Self {
        Self { about: fingerprint(choice), shown: fingerprint(shown) }
    }

    /// Whether an earlier preview of the same choice showed something else. One of another choice says nothing.
    pub fn contradicts(&self, earlier: &str) -> bool {
        earlier.split_once('.').is_some_and(|(about, shown)| about == self.about && shown != self.shown)
    }
}

impl std::fmt::Display for Seen {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}.{}", self.about, self.shown)
    }
}

/// 128 bits of a digest in hexadecimal digits.
fn fingerprint(of: &impl Serialize) -> String {
    use std::fmt::Write;
    let text = serde_json::to_string(of).unwrap_or_default();
    Sha256::digest(text.as_bytes()).iter().take(16).fold(String::with_capacity(32), |mut digits, byte| {
        let _ = write!(digits, "{byte:02x}");
        digits
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::ApplicationRole;
    use super::super::samples::custom;
    use super::*;
    use crate::domain::entropy::Seeded;
    use crate::domain::time::Timestamp;

    fn people(names: &[&str], account_role: AccountRole, roles: &[ApplicationRole]) -> AlikeHolders {
        let someone = |(number, name): (usize, &&str)| Someone {
            key: name.to_lowercase(),
            id: UserId::new(Timestamp::from_seconds(1), &Seeded::new(number as u64)),
            name: (*name).to_owned(),
        };
        AlikeHolders {
            server_administrator: false,
            account_role,
            roles: RoleSet::new(roles.iter().copied(), []),
            works: true,
            people: names.len() as u64,
            first: names.iter().enumerate().map(someone).collect(),
        }
    }

    #[test]
    fn who_gains_who_loses_and_who_keeps_it_through_another_role() {
        use ApplicationRole::CallbackManager;
        let night = custom(1, "Night", &[(Page::Alerts, Level::All), (Page::Widgets, Level::View)]);
        let after = Access::from_levels([(Page::Alerts, Level::View), (Page::BlockList, Level::View)]);
        let mut invited = people(&["Ina"], AccountRole::User, &[]);
        invited.works = false;
        let holders = [
            people(&["Bo", "Ana"], AccountRole::User, &[]),
            people(&["Max"], AccountRole::User, &[CallbackManager]),
            people(&["Adam"], AccountRole::Administrator, &[]),
            invited,
        ];
        let effect = role_effect(&night, &after, Application::ALL, &holders, 2);
        assert_eq!((effect.gain, effect.lose, effect.unchanged), (3, 2, 2));
        assert_eq!((effect.affected, effect.dormant), (3, 1));
        let pages: Vec<_> = effect.pages.iter().map(|one| (one.page, one.after, one.gain, one.people)).collect();
        assert_eq!(
            pages,
            [
                (Page::Widgets, Level::None, false, 2),
                (Page::Alerts, Level::View, false, 2),
                (Page::BlockList, Level::View, true, 3),
            ]
        );
        let named: Vec<_> = effect.people.iter().map(|(one, changes)| (one.name.as_str(), changes.len())).collect();
        assert_eq!(named, [("Ana", 3), ("Bo", 3)]);
        let kept: Vec<_> =
            effect.kept.iter().map(|one| (one.page, one.level, one.people, one.roles.join(", "))).collect();
        assert_eq!(kept, [(Page::Alerts, Level::All, 2, "Administrator, Callback Manager".to_owned())]);
    }

    #[test]
    fn an_earlier_preview_counts_only_for_the_same_choice() {
        let night = custom(1, "Night", &[(Page::Alerts, Level::All)]);
        let seen = |after: Access, names: &[&str]| {
            let holders = [people(names, AccountRole::User, &[])];
            let levels: Vec<_> = after.levels().collect();
            Seen::new(&levels, &role_effect(&night, &after, &[], &holders, 3))
        };
        let now = seen(Access::NOTHING, &["Bo", "Ana"]);
        assert!(!now.contradicts(&now.to_string()));
        assert!(now.contradicts(&seen(Access::NOTHING, &["Bo"]).to_string()));
        assert!(!now.contradicts(&seen(Access::EVERYTHING, &["Bo"]).to_string()));
        assert!(!now.contradicts("") && !now.contradicts("nonsense") && !now.contradicts("a.b"));
    }

    fn any_access() -> impl Strategy<Value = Access> {
        proptest::collection::vec(proptest::sample::select(Level::ALL), Page::COUNT)
            .prop_map(|levels| Access::from_levels(Page::ALL.iter().copied().zip(levels)))
    }

    proptest! {
        #[test]
        fn roles_that_decide_nothing_change_nothing(
            before in any_access(),
            after in any_access(),
            account_role in proptest::sample::select(AccountRole::ALL),
            roles in proptest::sample::subsequence(ApplicationRole::ALL, 0..8),
            others in proptest::collection::vec(any_access(), 0..3),
        ) {
            let role = CustomRole { access: before, ..custom(1, "Night", &[]) };
            let others = others.into_iter().zip(2..).map(|(access, seed)| CustomRole { access, ..custom(seed, "Other", &[]) });
            let all = RoleSet::new(roles, others);
            let changes = page_changes(&before, &after);
            let deciding = all.iter().filter(|role| decides(role, &changes));
            let deciding = deciding.fold(RoleSet::default(), |set, role| set.with(&role));
            let effect = |roles: RoleSet| {
                let alike = AlikeHolders { roles, ..people(&["Bo"], account_role, &[]) };
                role_effect(&role, &after, Application::ALL, &[alike], 1)
            };
            let (whole, part) = (effect(all), effect(deciding));
            prop_assert_eq!((whole.gain, whole.lose), (part.gain, part.lose));
            prop_assert_eq!(&whole.pages, &part.pages);
            prop_assert_eq!(whole.gain + whole.lose > 0, whole.unchanged == 0);
        }
    }
}
