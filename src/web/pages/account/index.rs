//! `/account`: what somebody sees and changes of themselves.

use askama::Template;

use crate::web::pages::parts::{Access, Avatar, Field, Problem, RoleChip};
use crate::web::pages::problems::gather;
use crate::web::pages::shell::Shell;
use crate::web::pages::users::{Login, Session};

/// "Your Account" (portal contract 1.7). The form "Profile" posts `name` to `/account`; the preferences post `theme` or
/// `shortcuts` there.
#[derive(Clone, Debug, Default, Template)]
#[template(path = "account/index.html")]
pub struct Index {
    /// The frame.
    pub shell: Shell,
    /// Picture.
    pub avatar: Avatar,
    /// Address in force.
    pub email: String,
    /// New address whose confirmation is awaited.
    pub pending_email: Option<String>,
    /// Name.
    pub name: Field,
    /// State of multi-factor authentication.
    pub mfa: Mfa,
    /// Roles in the current organization, account role first.
    pub roles: Vec<RoleChip>,
    /// What they open; only the groups and their pages are shown.
    pub access: Access,
    /// Open sessions, this one first.
    pub sessions: Vec<OwnSession>,
    /// The ten latest logins.
    pub logins: Vec<Login>,
    /// Theme and shortcuts.
    pub preferences: Preferences,
}

impl Index {
    /// The summary, from the messages of the field.
    pub fn problems(&self) -> Vec<Problem> {
        gather(&[("name", &self.name.errors)])
    }

    /// There is a session besides this one.
    pub fn has_other_sessions(&self) -> bool {
        self.sessions.iter().any(|session| !session.current)
    }
}

/// State of multi-factor authentication.
#[derive(Clone, Debug, Default)]
pub struct Mfa {
    /// Some organization of this person requires it.
    pub on: bool,
    /// Recovery codes left; absent while nothing is set up.
    pub codes_left: Option<u8>,
}

impl Mfa {
    /// Recovery codes left, while there is something to show.
    pub fn codes(&self) -> Option<u8> {
        self.codes_left.filter(|_| self.on)
    }
}

/// An open session of one's own.
#[derive(Clone, Debug, Default)]
pub struct OwnSession {
    /// Id in the path of "End session".
    pub id: String,
    /// Device, address and times.
    pub session: Session,
    /// The one that asks.
    pub current: bool,
}

/// What the portal remembers about how somebody likes it.
#[derive(Clone, Debug, Default)]
pub struct Preferences {
    /// `light` or `dark`; absent: as the system.
    pub theme: Option<String>,
    /// Single-key shortcuts are on; absent: not offered.
    pub shortcuts: Option<bool>,
}

impl Preferences {
    /// `value` is the chosen theme; `system` stands for none.
    pub fn is(&self, value: &str) -> bool {
        self.theme.as_deref().unwrap_or("system") == value
    }
}

#[cfg(test)]
mod tests {
    use crate::web::pages::samples::{account, page};

    #[test]
    fn every_section_is_there() {
        let html = page("account", &account::all());
        assert!(html.contains("<h1>Your Account</h1>"));
        for section in ["Profile", "Password", "Multi-factor authentication", "Your roles", "Sessions", "Recent logins"]
        {
            assert!(html.contains(&format!("\">{section}</h2>")), "{section}");
        }
        assert!(html.contains("href=\"/account/email\">Change Email</a>"));
        assert!(html.contains("href=\"/account/password\">Change Password</a>"));
        assert!(html.contains("href=\"/account/authenticator\">Replace authenticator</a>"));
        assert!(html.contains("action=\"/account/recovery-codes\" method=\"get\""));
        assert!(html.contains(">Show Recovery Code</button>"));
        assert!(html.contains("8 of 10 recovery codes left."));
        assert!(!html.contains("before you run out"));
        assert!(html.contains("Show what you can access"));
    }

    #[test]
    fn one_s_own_session_cannot_be_ended_here() {
        let html = page("account", &account::all());
        assert_eq!(html.matches("This device").count(), 1);
        assert!(html.contains("aria-label=\"End session on Safari on iPhone\""));
        assert!(!html.contains("aria-label=\"End session on Chrome on macOS\""));
        assert!(html.contains(">End all other sessions</button>"));
        assert!(!page("account-off", &account::all()).contains("End all other sessions"));
    }

    #[test]
    fn few_codes_are_announced_and_no_mfa_has_none() {
        let few = page("account-few-codes", &account::all());
        assert!(few.contains("1 of 10 recovery codes left."));
        assert!(few.contains("Generate new recovery codes before you run out."));
        let off = page("account-off", &account::all());
        assert!(off.contains(">Off<"));
        assert!(!off.contains("Show Recovery Code") && !off.contains("Replace authenticator"));
    }

    #[test]
    fn a_rejected_name_is_kept() {
        let html = page("account-failed", &account::all());
        assert!(html.contains("<title>Error: Your Account - Rollcall</title>"));
        assert!(html.contains("<a href=\"#name\">Enter a name.</a>"));
    }
}
