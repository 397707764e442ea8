//! Which controls stand beside a person. A page asks here and never looks at roles itself, so a
//! hidden button and a refused call cannot disagree.

use super::{
    BulkUsers, DeleteUser, DisableEverywhere, DisableUser, EditUser, EnableEverywhere, EnableUser, EndSessions,
    ResetAuthenticator,
};
use crate::domain::roles::AccountRole;
use crate::policy::{Actor, CancelInvitation, Person, ResendInvitation};

/// Which controls to show beside a person: the rules themselves, asked in advance.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Allowed {
    /// "Edit".
    pub edit: bool,
    /// The name within it; otherwise the sentence of [`Refusal::SharedPerson`] stands there.
    pub edit_name: bool,
    /// The e-mail within it.
    pub edit_email: bool,
    /// The roles within it.
    pub edit_roles: bool,
    /// "Resend invitation".
    pub resend: bool,
    /// "Cancel invitation".
    pub cancel: bool,
    /// "Delete".
    pub delete: bool,
    /// "Disable".
    pub disable: bool,
    /// "Enable".
    pub enable: bool,
    /// "Disable everywhere".
    pub disable_everywhere: bool,
    /// "Enable everywhere".
    pub enable_everywhere: bool,
    /// "Reset authenticator".
    pub reset_authenticator: bool,
    /// "End all sessions".
    pub end_sessions: bool,
    /// The checkbox for bulk actions.
    pub select: bool,
}

impl Allowed {
    /// What `actor` may do to `person` now.
    pub fn on(actor: &Actor, person: &Person) -> Self {
        let edit = actor.allows(&EditUser::default(), person);
        let edit_name = edit && actor.needs_unshared(person).is_ok();
        let may_change_roles = actor.manages_users() || !actor.is_self(person);
        Self {
            edit,
            edit_name,
            edit_email: edit_name && actor.needs_no_takeover(person).is_ok(),
            edit_roles: edit && may_change_roles && actor.account_role != AccountRole::ItAdmin,
            resend: actor.allows(&ResendInvitation, person),
            cancel: actor.allows(&CancelInvitation, person),
            delete: actor.allows(&DeleteUser, person),
            disable: actor.allows(&DisableUser, person),
            enable: actor.allows(&EnableUser, person),
            disable_everywhere: actor.allows(&DisableEverywhere, person),
            enable_everywhere: actor.allows(&EnableEverywhere, person),
            reset_authenticator: actor.allows(&ResetAuthenticator, person),
            end_sessions: actor.allows(&EndSessions, person),
            select: actor.may::<BulkUsers>().is_ok() && actor.needs_manageable(person).is_ok(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::roles::ApplicationRole::{PlatformManager, PlatformViewer};
    use crate::policy::samples::{administrator, manager, member, themselves, user};

    #[test]
    fn controls_follow_the_rules() {
        let ana = administrator();
        let everything = Allowed {
            edit: true,
            edit_name: true,
            edit_email: true,
            edit_roles: true,
            resend: false,
            cancel: false,
            delete: true,
            disable: true,
            enable: false,
            disable_everywhere: false,
            enable_everywhere: false,
            reset_authenticator: true,
            end_sessions: true,
            select: true,
        };
        assert_eq!(Allowed::on(&ana, &user("Bo")), everything);
        let invited = Person { validated: false, has_authenticator: false, ..user("Bo") };
        assert_eq!(
            Allowed::on(&ana, &invited),
            Allowed { resend: true, cancel: true, reset_authenticator: false, ..everything }
        );
        let shared = Person { shared: true, ..user("Bo") };
        assert_eq!(
            Allowed::on(&ana, &shared),
            Allowed { edit_name: false, edit_email: false, reset_authenticator: false, ..everything }
        );
        assert_eq!(
            Allowed::on(&ana, &themselves(&ana, &[])),
            Allowed { delete: false, disable: false, reset_authenticator: false, ..everything }
        );
        let nothing = Allowed {
            edit: false,
            edit_name: false,
            edit_email: false,
            edit_roles: false,
            resend: false,
            cancel: false,
            delete: false,
            disable: false,
            enable: false,
            disable_everywhere: false,
            enable_everywhere: false,
            reset_authenticator: false,
            end_sessions: false,
            select: false,
        };
        let max = manager();
        assert_eq!(
            Allowed::on(&max, &user("Bo")),
            Allowed { edit: true, edit_name: true, edit_email: true, edit_roles: true, ..nothing }
        );
        assert_eq!(
            Allowed::on(&max, &themselves(&max, &[PlatformManager])),
            Allowed { edit: true, edit_name: true, edit_email: true, ..nothing }
        );
        let vic = member("Vic", AccountRole::User, &[PlatformViewer]);
        assert_eq!(Allowed::on(&vic, &user("Bo")), nothing);
    }
}
