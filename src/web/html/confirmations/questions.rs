//! The questions, one for each action on a person.

use super::{Question, Subject};
use crate::{
    app::App,
    domain::ids::UserId,
    error::AppError,
    flows::{Caller, invite, mfa, switches},
    policy::{
        CancelInvitation, DeleteUser, DisableEverywhere, DisableUser, EnableEverywhere, EnableUser, EndSessions,
        ResendInvitation, ResetAuthenticator,
    },
    store::Member,
    web::{
        html::as_curl,
        pages::{
            parts::Curl,
            users::{Effect, EffectIcon},
        },
    },
};

impl Question for DeleteUser {
    const ACTION: Self = Self;
    const PATH: &'static str = "delete";
    const TAKES_ACCESS: bool = true;
    const HEADING: &'static str = "Delete user";
    const BUTTON: &'static str = "Delete";
    const DANGER: bool = true;
    const BACK_TO_PERSON: bool = false;

    fn as_curl(app: &App, member: &Member) -> Option<Curl> {
        as_curl::delete(app, member)
    }

    fn text(subject: &Subject) -> Vec<String> {
        vec![format!(
            "Permanently remove {} ({}) from {}? This cannot be undone.",
            subject.name(),
            subject.member.email,
            subject.organization
        )]
    }

    fn effects(subject: &Subject) -> Vec<Effect> {
        let kept = if subject.member.is_shared {
            "Access to other organizations stays."
        } else {
            "Name, password and authenticator are erased."
        };
        let audit = effect(EffectIcon::Audit, "The audit log keeps the name and email of the time.");
        subject.sessions().into_iter().chain([effect(EffectIcon::Roles, kept), audit]).collect()
    }

    async fn carry_out(app: &App, caller: &Caller, user: UserId) -> Result<String, AppError> {
        let member = switches::delete(app, caller, user).await?;
        Ok(format!("{} was deleted.", member.shown_name()))
    }
}

impl Question for DisableUser {
    const ACTION: Self = Self;
    const PATH: &'static str = "disable";
    const TAKES_ACCESS: bool = true;
    const HEADING: &'static str = "Disable user";
    const BUTTON: &'static str = "Disable";
    const DANGER: bool = true;

    fn as_curl(app: &App, member: &Member) -> Option<Curl> {
        as_curl::save(app, member, false)
    }

    fn text(subject: &Subject) -> Vec<String> {
        vec![format!(
            "{} loses access to {} from the next request on. Roles and history stay.",
            subject.name(),
            subject.organization
        )]
    }

    fn effects(subject: &Subject) -> Vec<Effect> {
        let kept = subject.member.is_shared.then(|| effect(EffectIcon::Note, "Other organizations are not affected."));
        subject.sessions().filter(|_| !subject.member.is_shared).into_iter().chain(kept).collect()
    }

    async fn carry_out(app: &App, caller: &Caller, user: UserId) -> Result<String, AppError> {
        let member = switches::disable(app, caller, user).await?;
        Ok(format!("{} was disabled.", member.shown_name()))
    }
}

impl Question for EnableUser {
    const ACTION: Self = Self;
    const PATH: &'static str = "enable";
    const HEADING: &'static str = "Enable user";
    const BUTTON: &'static str = "Enable";

    fn text(subject: &Subject) -> Vec<String> {
        vec![format!("{} gets access to {} again, with the same roles.", subject.name(), subject.organization)]
    }

    fn effects(_: &Subject) -> Vec<Effect> {
        vec![effect(EffectIcon::Mail, "A new activation link is sent; access works once it is used.")]
    }

    async fn carry_out(app: &App, caller: &Caller, user: UserId) -> Result<String, AppError> {
        let member = switches::enable(app, caller, user).await?;
        Ok(format!("{} was enabled.", member.shown_name()))
    }
}

impl Question for DisableEverywhere {
    const ACTION: Self = Self;
    const PATH: &'static str = "disable-everywhere";
    const TAKES_ACCESS: bool = true;
    const HEADING: &'static str = "Disable everywhere";
    const BUTTON: &'static str = "Disable everywhere";
    const DANGER: bool = true;

    fn text(subject: &Subject) -> Vec<String> {
        vec![format!("{} can no longer log in to any organization.", subject.name())]
    }

    fn effects(subject: &Subject) -> Vec<Effect> {
        subject.sessions().into_iter().collect()
    }

    async fn carry_out(app: &App, caller: &Caller, user: UserId) -> Result<String, AppError> {
        let member = switches::disable_everywhere(app, caller, user).await?;
        Ok(format!("{} was disabled everywhere.", member.shown_name()))
    }
}

impl Question for EnableEverywhere {
    const ACTION: Self = Self;
    const PATH: &'static str = "enable-everywhere";
    const HEADING: &'static str = "Enable everywhere";
    const BUTTON: &'static str = "Enable everywhere";

    fn text(subject: &Subject) -> Vec<String> {
        vec![format!("{} can log in again, with the same password. No activation is needed.", subject.name())]
    }

    async fn carry_out(app: &App, caller: &Caller, user: UserId) -> Result<String, AppError> {
        let member = switches::enable_everywhere(app, caller, user).await?;
        Ok(format!("{} was enabled everywhere.", member.shown_name()))
    }
}

impl Question for ResendInvitation {
    const ACTION: Self = Self;
    const PATH: &'static str = "resend";
    const HEADING: &'static str = "Resend invitation";
    const BUTTON: &'static str = "Resend";
    const BACK_TO_PERSON: bool = false;

    fn text(subject: &Subject) -> Vec<String> {
        vec![format!("Send a new invitation to {}?", subject.member.email)]
    }

    fn effects(_: &Subject) -> Vec<Effect> {
        vec![effect(
            EffectIcon::Mail,
            "The old link and temporary password stop working. The new ones work for 7 days.",
        )]
    }

    async fn carry_out(app: &App, caller: &Caller, user: UserId) -> Result<String, AppError> {
        let email = invite::resend(app, caller, user).await?;
        Ok(format!("The invitation to {email} was sent again."))
    }
}

impl Question for CancelInvitation {
    const ACTION: Self = Self;
    const PATH: &'static str = "cancel";
    const HEADING: &'static str = "Cancel invitation";
    const BUTTON: &'static str = "Cancel invitation";
    const DANGER: bool = true;
    const CANCEL: &'static str = "Keep it";
    const BACK_TO_PERSON: bool = false;

    fn text(subject: &Subject) -> Vec<String> {
        vec![format!("Cancel the invitation of {} to {}?", subject.member.email, subject.organization)]
    }

    fn effects(_: &Subject) -> Vec<Effect> {
        vec![effect(EffectIcon::Mail, "The link stops working and the seat is free. No email is sent.")]
    }

    async fn carry_out(app: &App, caller: &Caller, user: UserId) -> Result<String, AppError> {
        let member = switches::cancel(app, caller, user).await?;
        Ok(format!("The invitation to {} was cancelled.", member.email))
    }
}

impl Question for EndSessions {
    const ACTION: Self = Self;
    const PATH: &'static str = "end-sessions";
    const HEADING: &'static str = "End all sessions";
    const BUTTON: &'static str = "End all sessions";
    const DANGER: bool = true;

    fn text(subject: &Subject) -> Vec<String> {
        if subject.member.is_shared {
            // Sessions in other organizations are not this one's to end.
            return vec![format!(
                "{} has to log in to {} again on every device. Other organizations are not affected.",
                subject.name(),
                subject.organization
            )];
        }
        vec![format!("{} has to log in again on every device.", subject.name())]
    }

    fn effects(subject: &Subject) -> Vec<Effect> {
        subject.sessions().into_iter().collect()
    }

    async fn carry_out(app: &App, caller: &Caller, user: UserId) -> Result<String, AppError> {
        let member = switches::end_sessions(app, caller, user).await?;
        Ok(format!("All sessions of {} were ended.", member.shown_name()))
    }
}

impl Question for ResetAuthenticator {
    const ACTION: Self = Self;
    const PATH: &'static str = "reset-authenticator";
    const HEADING: &'static str = "Reset authenticator";
    const BUTTON: &'static str = "Reset authenticator";
    const DANGER: bool = true;

    fn text(subject: &Subject) -> Vec<String> {
        vec![format!(
            "{} will set up multi-factor authentication again at the next login. All their sessions end.",
            subject.name()
        )]
    }

    fn effects(subject: &Subject) -> Vec<Effect> {
        subject.sessions().into_iter().collect()
    }

    async fn carry_out(app: &App, caller: &Caller, user: UserId) -> Result<String, AppError> {
        let member = mfa::reset(app, caller, user).await?;
        Ok(format!("The authenticator of {} was reset.", member.shown_name()))
    }
}

fn effect(icon: EffectIcon, text: &str) -> Effect {
    Effect { icon, text: text.to_owned() }
}
