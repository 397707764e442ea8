//! API tokens: the list, the form, the one answer that shows a token, and the question before revoking one.

use askama::Template;

use super::{
    parts::{Choice, Field, Problem, When},
    problems::gather,
    shell::Shell,
};

/// `/tokens` (portal contract 1.15).
#[derive(Clone, Debug, Default, Template)]
#[template(path = "tokens/index.html")]
pub struct Index {
    /// The frame.
    pub shell: Shell,
    /// Offer "Create token".
    pub may_create: bool,
    /// One row for each token.
    pub rows: Vec<Row>,
}

/// One token of the list.
#[derive(Clone, Debug, Default)]
pub struct Row {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// `****` and the last four characters.
    pub partial: String,
    /// "Global", or the organization.
    pub scope: String,
    /// Counts everywhere.
    pub global: bool,
    /// Names of permissions.
    pub permissions: Vec<String>,
    /// Addresses and networks; none means any.
    pub addresses: Vec<String>,
    /// Who made it.
    pub created_by: String,
    /// They are disabled or gone.
    pub creator_left: bool,
    /// When it was made.
    pub created: When,
    /// When it was used last; none means never.
    pub last_used: Option<When>,
    /// From where.
    pub last_address: String,
    /// End of its life.
    pub expires: When,
    /// "Expired", "Expires in 6 days"; empty while there is time.
    pub expiry_note: String,
    /// Offer to revoke it.
    pub may_revoke: bool,
}

/// `/tokens/new`.
#[derive(Clone, Debug, Default, Template)]
#[template(path = "tokens/new.html")]
pub struct New {
    /// The frame.
    pub shell: Shell,
    /// "Token name".
    pub name: Field,
    /// Offer the scope "Global".
    pub may_global: bool,
    /// It is chosen.
    pub global: bool,
    /// Messages about the scope.
    pub scope_errors: Vec<String>,
    /// Permissions one may grant.
    pub permissions: Vec<PermissionChoice>,
    /// Messages about them.
    pub permission_errors: Vec<String>,
    /// "30 days" and so on.
    pub expires: Vec<Choice>,
    /// The date, where one is wanted.
    pub date: Field,
    /// One address or network a line.
    pub addresses: Field,
    /// Messages about the form as a whole.
    pub errors: Vec<String>,
}

/// One permission one may grant.
#[derive(Clone, Debug, Default)]
pub struct PermissionChoice {
    /// Its name, `api.users.read`.
    pub name: String,
    /// What it allows.
    pub hint: &'static str,
    /// Chosen.
    pub chosen: bool,
}

impl New {
    /// The summary.
    pub fn problems(&self) -> Vec<Problem> {
        gather(&[
            ("name", &self.name.errors),
            ("scope", &self.scope_errors),
            ("permissions", &self.permission_errors),
            ("date", &self.date.errors),
            ("addresses", &self.addresses.errors),
            ("", &self.errors),
        ])
    }
}

/// The answer to making a token.
#[derive(Clone, Debug, Default, Template)]
#[template(path = "tokens/made.html")]
pub struct Made {
    /// The frame.
    pub shell: Shell,
    /// What it is called.
    pub name: String,
    /// The token itself.
    pub token: String,
    /// End of its life.
    pub expires: When,
}

/// `/tokens/{id}/revoke`.
#[derive(Clone, Debug, Default, Template)]
#[template(path = "tokens/revoke.html")]
pub struct Revoke {
    /// The frame.
    pub shell: Shell,
    /// The token's id.
    pub id: String,
    /// What it is called.
    pub name: String,
    /// Why it was refused.
    pub problems: Vec<Problem>,
}
