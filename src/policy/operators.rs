//! What only the operator of the server does, on the command line: nobody who signs in, and no token, may ask for any of
//! it. The permits are made by the flows of the commands.

use super::{Action, Actor, Denied};
use crate::domain::{
    ids::{OrganizationId, UserId},
    roles::AccountRole,
    text::SupportRequest,
    time::Timestamp,
    users::MembershipKind,
};

macro_rules! for_operators {
    ($($action:ty, $target:ty, $name:literal;)+) => { $(
        impl Action for $action {
            type Target = $target;
            const NAME: &'static str = $name;

            fn level(actor: &Actor) -> Result<(), Denied> {
                Err(actor.forbidden())
            }

            fn judge(&self, actor: &Actor, _: &$target) -> Result<(), Denied> {
                Err(actor.forbidden())
            }
        }
    )+ };
}

for_operators! {
    SwitchAccount, UserId, "switch a user from the command line";
    GrantMembership, OrganizationId, "grant a membership of Support or Client";
    RotateKey, (), "rotate the key";
    MakeBackup, (), "make a backup";
    RestoreBackup, (), "restore a backup";
    SettleHeldMail, (), "release or discard held mail";
}

/// Turn a user off or on in every organization.
#[derive(Clone, Copy, Debug)]
pub struct SwitchAccount {
    /// Off.
    pub disabled: bool,
}

/// A membership nobody assigns by hand (product contract section 2).
#[derive(Clone, Debug)]
pub enum GrantMembership {
    /// For somebody of the vendor's support; takes no seat and ends by itself.
    Support {
        /// The request it is granted for.
        request: SupportRequest,
        /// From then on it does not work any more.
        ends_at: Timestamp,
    },
    /// For a client, who only sets up data sources.
    Client,
}

impl GrantMembership {
    /// The account role it gives.
    pub const fn account_role(&self) -> AccountRole {
        match self {
            Self::Support { .. } => AccountRole::Support,
            Self::Client => AccountRole::Client,
        }
    }

    /// The kind of membership it is.
    pub const fn kind(&self) -> MembershipKind {
        match self {
            Self::Support { .. } => MembershipKind::Support,
            Self::Client => MembershipKind::Person,
        }
    }
}

/// Encrypt everything with a new key.
#[derive(Clone, Copy, Debug)]
pub struct RotateKey;

/// Copy the whole database.
#[derive(Clone, Copy, Debug)]
pub struct MakeBackup;

/// Fill an empty database from a copy.
#[derive(Clone, Copy, Debug)]
pub struct RestoreBackup;

/// Send the mails that wait since a backup was restored, or forget them.
#[derive(Clone, Copy, Debug)]
pub struct SettleHeldMail {
    /// Send them.
    pub release: bool,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::samples::{administrator, server_administrator};

    #[test]
    fn nobody_who_signs_in_may_do_what_operators_do() {
        for actor in [administrator(), server_administrator("Sam")] {
            let support = GrantMembership::Support {
                request: SupportRequest::parse("R-1").unwrap(),
                ends_at: Timestamp::default(),
            };
            for grant in [support, GrantMembership::Client] {
                assert!(matches!(actor.authorize(grant, actor.organization), Err(Denied::Forbidden(_))));
            }
            assert!(actor.may::<SwitchAccount>().is_err());
            assert!(actor.may::<RestoreBackup>().is_err());
        }
    }
}
