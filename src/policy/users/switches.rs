//! The two switches: the membership's, which counts in one organization, and the user's, which counts
//! everywhere (product contract section 3).

use crate::domain::pages::{Level, Page};
use crate::policy::{Action, Actor, Denied, Person, Refusal};

/// Turn the membership off.
#[derive(Clone, Copy, Debug)]
pub struct DisableUser;

impl Action for DisableUser {
    type Target = Person;
    const NAME: &'static str = "disable user";

    fn level(actor: &Actor) -> Result<(), Denied> {
        actor.needs(Page::UserManagement, Level::All)
    }

    fn judge(&self, actor: &Actor, person: &Person) -> Result<(), Denied> {
        actor.needs_manageable(person)?;
        if actor.is_self(person) {
            return Err(Refusal::DisableSelf.into());
        }
        actor.needs_rank(person)?;
        if !person.enabled {
            return Err(already_disabled(person));
        }
        Ok(())
    }
}

/// Turn the membership on again.
#[derive(Clone, Copy, Debug)]
pub struct EnableUser;

impl Action for EnableUser {
    type Target = Person;
    const NAME: &'static str = "enable user";

    fn level(actor: &Actor) -> Result<(), Denied> {
        actor.needs(Page::UserManagement, Level::All)
    }

    fn judge(&self, actor: &Actor, person: &Person) -> Result<(), Denied> {
        actor.needs_manageable(person)?;
        actor.needs_rank(person)?;
        if person.enabled {
            return Err(already_enabled(person));
        }
        Ok(())
    }
}

/// Turn the user off in every organization.
#[derive(Clone, Copy, Debug)]
pub struct DisableEverywhere;

impl Action for DisableEverywhere {
    type Target = Person;
    const NAME: &'static str = "disable everywhere";

    fn level(actor: &Actor) -> Result<(), Denied> {
        actor.needs_server_administrator()
    }

    fn judge(&self, actor: &Actor, person: &Person) -> Result<(), Denied> {
        actor.needs_human(person)?;
        if actor.is_self(person) {
            return Err(Refusal::DisableSelf.into());
        }
        if person.disabled_everywhere {
            return Err(already_disabled(person));
        }
        Ok(())
    }
}

/// Turn the user on again in every organization.
#[derive(Clone, Copy, Debug)]
pub struct EnableEverywhere;

impl Action for EnableEverywhere {
    type Target = Person;
    const NAME: &'static str = "enable everywhere";

    fn level(actor: &Actor) -> Result<(), Denied> {
        actor.needs_server_administrator()
    }

    fn judge(&self, actor: &Actor, person: &Person) -> Result<(), Denied> {
        actor.needs_human(person)?;
        if person.disabled_everywhere { Ok(()) } else { Err(already_enabled(person)) }
    }
}

fn already_disabled(person: &Person) -> Denied {
    let person = person.name.clone();
    Denied::Refused(Refusal::AlreadyDisabled { person })
}

fn already_enabled(person: &Person) -> Denied {
    let person = person.name.clone();
    Denied::Refused(Refusal::AlreadyEnabled { person })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::samples::{administrator, asked, refused, server_administrator, user};

    #[test]
    fn a_switch_that_stands_there_already_is_refused() {
        let ana = administrator();
        let off = Person { enabled: false, ..user("Bo") };
        let person = || "Bo".to_owned();
        assert_eq!(asked(&ana, EnableUser, &off), Ok(()));
        assert_eq!(asked(&ana, DisableUser, &off), refused(Refusal::AlreadyDisabled { person: person() }));
        assert_eq!(asked(&ana, EnableUser, &user("Bo")), refused(Refusal::AlreadyEnabled { person: person() }));
        let sam = server_administrator("Sam");
        let gone = Person { disabled_everywhere: true, ..user("Bo") };
        assert_eq!(asked(&sam, EnableEverywhere, &gone), Ok(()));
        assert_eq!(asked(&sam, DisableEverywhere, &gone), refused(Refusal::AlreadyDisabled { person: person() }));
        assert_eq!(asked(&sam, EnableEverywhere, &user("Bo")), refused(Refusal::AlreadyEnabled { person: person() }));
    }
}
