//! The sentences of everything that is allowed in general but not now, or not to this person
//! (portal contract 2.5, 4.5, 5.1 and 5.3), each with a stable code. Kept in one place because the
//! pages, the APIs and the command line say the same.

use thiserror::Error;

/// Why an action is refused (409). `Display` is the sentence of the contract.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum Refusal {
    /// A role that one may not give or take away, or that does not exist.
    #[error("You cannot assign {role}: it gives more access than you have.")]
    Assign {
        /// The role's name, or what was sent in its place.
        role: String,
    },
    /// Below User Management = all, nobody changes their own roles.
    #[error("You cannot change your own roles.")]
    OwnRoles,
    /// The person stands higher.
    #[error("You cannot edit {person}: they have more access than you.")]
    MoreAccess {
        /// The shown name.
        person: String,
    },
    /// A custom role would give, or gives, more on an administrative page than one has.
    #[error("You cannot give more access to {page} than you have.")]
    RaisesPage {
        /// The page's label.
        page: &'static str,
    },
    /// E-mail, name and authenticator belong to the person, not to one organization of several.
    #[error(
        "This person also belongs to another organization. Only they or a super admin can change \
         this."
    )]
    SharedPerson,
    /// The account role comes from the command line and is changed there.
    #[error("The role {role} cannot be changed here.")]
    FixedRole {
        /// The role's name.
        role: &'static str,
    },
    /// A Support membership is given and ended on the command line.
    #[error("Support access is granted and ended on the command line.")]
    Support,
    /// The user of an API token lives and dies with it.
    #[error("Revoke its token instead.")]
    TokenUser,
    /// One's own account.
    #[error("You cannot disable your own account.")]
    DisableSelf,
    /// One's own account.
    #[error("You cannot delete your own account.")]
    DeleteSelf,
    /// One's own authenticator.
    #[error("Use Replace authenticator on Your Account.")]
    OwnAuthenticator,
    /// Nothing to reset.
    #[error("{person} has no authenticator.")]
    NoAuthenticator {
        /// The shown name.
        person: String,
    },
    /// The switch stands there already.
    #[error("{person} is already disabled.")]
    AlreadyDisabled {
        /// The shown name.
        person: String,
    },
    /// The switch stands there already.
    #[error("{person} is already enabled.")]
    AlreadyEnabled {
        /// The shown name.
        person: String,
    },
    /// There is no invitation any more.
    #[error("{person} is already active.")]
    AlreadyActive {
        /// The shown name.
        person: String,
    },
    /// A disabled membership has no invitation.
    #[error("{person} is disabled. Enable the user first.")]
    Disabled {
        /// The shown name.
        person: String,
    },
    /// Mail was sent less than 60 seconds ago.
    #[error("Wait a minute before sending this again.")]
    TooSoon,
    /// Judged by the store: nobody else would be left.
    #[error(
        "{person} is the last Administrator of {organization}. Make someone else an Administrator \
         first."
    )]
    LastAdministrator {
        /// The shown name.
        person: String,
        /// The organization's name.
        organization: String,
    },
    /// Judged by the store: a change of a role that would leave nobody.
    #[error("At least one Administrator must remain.")]
    NoAdministratorLeft,
    /// Judged by the store: nobody else would be left.
    #[error("{person} is the last Server Administrator. Make someone else a Server Administrator first.")]
    LastServerAdministrator {
        /// The shown name.
        person: String,
    },
    /// Judged by the store: enabling would exceed the user limit.
    #[error("No free seat. Raise the user limit or remove a user.")]
    NoSeat,
    /// Judged by the store: enabling, or becoming an analyst, would exceed the analyst limit.
    #[error("No free seat. Raise the analyst limit or remove an analyst.")]
    NoAnalystSeat,
    /// Judged by the store: more new addresses than seats.
    #[error("{}", seats(*.free, "user", .organization, *.entered))]
    InviteSeats {
        /// Seats left.
        free: u64,
        /// The organization's name.
        organization: String,
        /// New addresses entered.
        entered: u64,
    },
    /// Judged by the store: more new analysts than analyst seats.
    #[error("{}", seats(*.free, "analyst", .organization, *.entered))]
    InviteAnalystSeats {
        /// Seats left.
        free: u64,
        /// The organization's name.
        organization: String,
        /// New addresses entered.
        entered: u64,
    },
    /// A bulk action on nobody.
    #[error("Select at least one user.")]
    NobodySelected,
    /// A bulk action on more people than one may have.
    #[error("Choose at most 100,000 users at a time.")]
    TooManySelected,
    /// A token may do no more than its maker.
    #[error("You cannot grant {permission}: you do not have it yourself.")]
    Grant {
        /// The permission's name.
        permission: String,
    },
    /// Tenants are beyond any one organization.
    #[error("{permission} is for global tokens.")]
    OnlyGlobal {
        /// The permission's name.
        permission: &'static str,
    },
    /// Tokens leave this person alone (v1 contract section 2).
    #[error("{person} cannot be changed with an API token.")]
    Protected {
        /// The shown name.
        person: String,
    },
    /// A role the v1 API gives to nobody.
    #[error("The role {role} cannot be assigned.")]
    RoleNotAllowed {
        /// The role as the API names it.
        role: &'static str,
    },
    /// The membership a service account signs in at.
    #[error("{person} is a service account at home in this organization. Change its home first.")]
    HomeTenant {
        /// The shown name.
        person: String,
    },
    /// Only some may make tokens for the whole installation.
    #[error("You cannot create a global token.")]
    GlobalToken,
}

/// "Only 2 more users fit in Acme. You entered 3 new addresses." Counts of one stand in the
/// singular, as everywhere (product contract 8.34).
fn seats(free: u64, kind: &str, organization: &str, entered: u64) -> String {
    let fit = if free == 1 { format!("1 more {kind} fits") } else { format!("{free} more {kind}s fit") };
    let addresses = if entered == 1 { "address" } else { "addresses" };
    format!("Only {fit} in {organization}. You entered {entered} new {addresses}.")
}

impl Refusal {
    /// A stable word for machines.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Assign { .. } => "role_not_assignable",
            Self::OwnRoles => "own_roles",
            Self::MoreAccess { .. } => "more_access",
            Self::RaisesPage { .. } => "level_not_assignable",
            Self::SharedPerson => "shared_person",
            Self::FixedRole { .. } => "fixed_role",
            Self::Support => "support_user",
            Self::TokenUser => "token_user",
            Self::DisableSelf | Self::DeleteSelf => "own_account",
            Self::OwnAuthenticator => "own_authenticator",
            Self::NoAuthenticator { .. } => "no_authenticator",
            Self::AlreadyDisabled { .. } => "already_disabled",
            Self::AlreadyEnabled { .. } => "already_enabled",
            Self::AlreadyActive { .. } => "already_active",
            Self::Disabled { .. } => "user_disabled",
            Self::TooSoon => "too_soon",
            Self::LastAdministrator { .. } | Self::NoAdministratorLeft => "last_administrator",
            Self::LastServerAdministrator { .. } => "last_server_administrator",
            Self::NoSeat | Self::NoAnalystSeat | Self::InviteSeats { .. } | Self::InviteAnalystSeats { .. } => {
                "capacity_reached"
            }
            Self::NobodySelected => "nobody_selected",
            Self::TooManySelected => "too_many_selected",
            Self::Grant { .. } | Self::OnlyGlobal { .. } => "permission_escalation",
            Self::Protected { .. } => "protected_user",
            Self::RoleNotAllowed { .. } => "role_not_allowed",
            Self::HomeTenant { .. } => "home_tenant",
            Self::GlobalToken => "global_token",
        }
    }

    /// The reason in the list of bulk results, where the person stands beside it (portal contract
    /// 1.8).
    pub fn in_bulk(&self) -> String {
        in_bulk(self.code(), &self.to_string())
    }
}

/// The same for a refusal that is told by its code and sentence alone.
pub fn in_bulk(code: &str, sentence: &str) -> String {
    match code {
        "own_account" | "own_roles" => "You cannot do this to yourself.",
        "last_administrator" => "Last Administrator.",
        "last_server_administrator" => "Last Server Administrator.",
        "already_disabled" => "Already disabled.",
        "already_enabled" => "Already enabled.",
        "already_active" => "Already active.",
        "capacity_reached" => "No free seat.",
        _ => sentence,
    }
    .to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sentences_of_the_contract() {
        let person = || "Ana Lima".to_owned();
        let organization = || "Acme".to_owned();
        let sentences = [
            (
                Refusal::Assign { role: "Administrator".to_owned() },
                "You cannot assign Administrator: it gives more access than you have.",
            ),
            (Refusal::OwnRoles, "You cannot change your own roles."),
            (Refusal::MoreAccess { person: person() }, "You cannot edit Ana Lima: they have more access than you."),
            (
                Refusal::RaisesPage { page: "User Management" },
                "You cannot give more access to User Management than you have.",
            ),
            (
                Refusal::SharedPerson,
                "This person also belongs to another organization. Only they or a super admin can \
                 change this.",
            ),
            (Refusal::TokenUser, "Revoke its token instead."),
            (Refusal::DisableSelf, "You cannot disable your own account."),
            (Refusal::DeleteSelf, "You cannot delete your own account."),
            (Refusal::OwnAuthenticator, "Use Replace authenticator on Your Account."),
            (Refusal::NoAuthenticator { person: person() }, "Ana Lima has no authenticator."),
            (Refusal::AlreadyActive { person: person() }, "Ana Lima is already active."),
            (Refusal::TooSoon, "Wait a minute before sending this again."),
            (
                Refusal::LastAdministrator { person: person(), organization: organization() },
                "Ana Lima is the last Administrator of Acme. Make someone else an Administrator \
                 first.",
            ),
            (Refusal::NoAdministratorLeft, "At least one Administrator must remain."),
            (Refusal::NoSeat, "No free seat. Raise the user limit or remove a user."),
            (Refusal::NoAnalystSeat, "No free seat. Raise the analyst limit or remove an analyst."),
            (
                Refusal::InviteSeats { free: 2, organization: organization(), entered: 3 },
                "Only 2 more users fit in Acme. You entered 3 new addresses.",
            ),
            (
                Refusal::InviteAnalystSeats { free: 0, organization: organization(), entered: 3 },
                "Only 0 more analysts fit in Acme. You entered 3 new addresses.",
            ),
            (
                Refusal::InviteSeats { free: 1, organization: organization(), entered: 2 },
                "Only 1 more user fits in Acme. You entered 2 new addresses.",
            ),
            (Refusal::NobodySelected, "Select at least one user."),
        ];
        for (refusal, sentence) in sentences {
            assert_eq!(refusal.to_string(), sentence);
        }
    }

    #[test]
    fn reasons_in_bulk_results_leave_the_person_out() {
        let person = || "Ana".to_owned();
        let reasons = [
            (Refusal::DisableSelf, "You cannot do this to yourself."),
            (Refusal::LastAdministrator { person: person(), organization: "Acme".to_owned() }, "Last Administrator."),
            (Refusal::AlreadyDisabled { person: person() }, "Already disabled."),
            (Refusal::NoSeat, "No free seat."),
            (Refusal::MoreAccess { person: person() }, "You cannot edit Ana: they have more access than you."),
        ];
        for (refusal, reason) in reasons {
            assert_eq!(refusal.in_bulk(), reason);
        }
    }
}
