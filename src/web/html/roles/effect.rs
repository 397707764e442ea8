//! The preview "If you save" of a custom role in words.

use super::users_href;
use crate::{
    app::App,
    domain::{
        pages::Level,
        roles::{Access, Kept, PageChange, PageEffect, Role, RoleEffect},
        time::Timestamp,
    },
    error::AppError,
    flows::roles::{Preview, merged, preview},
    policy::{Actor, ViewUsers},
    store::StoredRole,
    web::pages::{
        parts::Avatar,
        roles::{Effect, EffectLine, EffectPerson},
    },
};

/// What saving these levels would do. While they are those of the role, nobody's access is looked at.
///
/// # Errors
/// When the database does not answer.
pub(super) async fn effect(
    app: &App,
    actor: &Actor,
    stored: &StoredRole,
    users: i64,
    wanted: &Access,
    now: Timestamp,
) -> Result<Effect, AppError> {
    let everybody = everybody(actor, &Role::Custom(stored.role.clone()), users);
    if merged(&stored.role.access, wanted, &actor.provisioned) == stored.role.access {
        return Ok(unchanged(users, everybody));
    }
    let mut tx = app.db.begin_read().await?;
    let shown = preview(&mut tx, actor, stored, wanted, now).await?;
    // Who may not open User Management gets the numbers without the names.
    let names = actor.may::<ViewUsers>().is_ok();
    Ok(Effect { everybody, ..in_words(&shown, names) })
}

fn unchanged(users: i64, everybody: Option<(String, String)>) -> Effect {
    let notes = vec!["Choose other levels to see who gains and who loses.".to_owned()];
    Effect { unchanged: u64::try_from(users).unwrap_or_default(), everybody, notes, ..Effect::default() }
}

fn everybody(actor: &Actor, role: &Role, users: i64) -> Option<(String, String)> {
    let label = match users {
        0 => return None,
        1 => "The 1 person who has it".to_owned(),
        users => format!("All {users} people"),
    };
    users_href(actor, role).map(|href| (label, href))
}

fn in_words(shown: &Preview, names: bool) -> Effect {
    let RoleEffect { gain, lose, unchanged, dormant, affected, pages, people, kept } = &shown.effect;
    let people = if names { people.as_slice() } else { &[] };
    let named = people.iter().map(|(someone, changes)| EffectPerson {
        avatar: Avatar::new(&someone.id.to_string(), &someone.name),
        person: someone.name.clone(),
        lines: changes.iter().copied().map(change).collect(),
    });
    let mut notes: Vec<String> = kept.iter().map(keeps).collect();
    if *dormant > 0 {
        let are = if *dormant == 1 { "1 of them is" } else { &format!("{dormant} of them are") };
        notes.push(format!("{are} invited or disabled and can do nothing now."));
    }
    Effect {
        gain: *gain,
        lose: *lose,
        unchanged: *unchanged,
        affected: *affected,
        lines: pages.iter().map(page).collect(),
        people: named.collect(),
        more: if names { affected.saturating_sub(people.len() as u64) } else { 0 },
        notes,
        seen: shown.seen.to_string(),
        ..Effect::default()
    }
}

/// "3 people gain Smart Rules: All", "1 person loses Widgets".
fn page(effect: &PageEffect) -> EffectLine {
    let PageEffect { page, after, gain, people } = *effect;
    let one = people == 1;
    let verb = match (gain, one) {
        (true, true) => "gains",
        (true, false) => "gain",
        (false, true) => "loses",
        (false, false) => "lose",
    };
    let what = match (gain, after) {
        (true, _) => format!("{}: {}", page.label(), page.level_label(after)),
        (false, Level::None) => page.label().to_owned(),
        (false, _) => format!("{}: down to {}", page.label(), page.level_label(after)),
    };
    EffectLine { gain, text: format!("{} {verb} {what}", crowd(people)) }
}

/// "Phone Numbers: View only to All".
fn change(change: PageChange) -> EffectLine {
    let PageChange { page, before, after } = change;
    let text = format!("{}: {} to {}", page.label(), page.level_label(before), page.level_label(after));
    EffectLine { gain: change.is_gain(), text }
}

/// "5 people keep All on Alerts, because Callback Manager also gives it."
fn keeps(kept: &Kept) -> String {
    let verb = if kept.people == 1 { "keeps" } else { "keep" };
    let (page, level) = (kept.page.label(), kept.page.level_label(kept.level));
    let gives = if kept.roles.len() == 1 { "also gives it" } else { "also give it" };
    format!("{} {verb} {level} on {page}, because {} {gives}.", crowd(kept.people), kept.roles.join(" and "))
}

fn crowd(people: u64) -> String {
    if people == 1 { "1 person".to_owned() } else { format!("{people} people") }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::pages::Page;

    #[test]
    fn gains_and_losses_read_as_sentences() {
        let line = |page_of, after, gain, people| page(&PageEffect { page: page_of, after, gain, people }).text;
        assert_eq!(line(Page::SmartRules, Level::All, true, 3), "3 people gain Smart Rules: All");
        assert_eq!(line(Page::Widgets, Level::None, false, 1), "1 person loses Widgets");
        assert_eq!(line(Page::Webhooks, Level::View, false, 2), "2 people lose Webhooks: down to View only");
        let person = change(PageChange { page: Page::BlockList, before: Level::None, after: Level::View });
        assert_eq!((person.gain, person.text.as_str()), (true, "Block List: No access to View only"));
    }

    #[test]
    fn who_keeps_something_is_told_why() {
        let kept = |people, roles: &[&str]| {
            let roles = roles.iter().map(|role| (*role).to_owned()).collect();
            keeps(&Kept { page: Page::Alerts, level: Level::All, people, roles })
        };
        assert_eq!(
            kept(5, &["Callback Manager"]),
            "5 people keep All on Alerts, because Callback Manager also gives it."
        );
        assert_eq!(kept(1, &["A", "B"]), "1 person keeps All on Alerts, because A and B also give it.");
    }
}
