//! "Copy as curl": the act of a page as the call of the v1 API that does the same, for whoever wants it in a script. What
//! the API does not do to somebody is not offered.

use serde_json::{Value, json};

use crate::{
    app::App,
    domain::{
        roles::{AccountRole, V1Role},
        tokens::Permission,
        users::MembershipKind,
    },
    store::Member,
    web::pages::parts::Curl,
};

/// Inviting somebody.
pub fn invite(app: &App) -> Curl {
    let body = json!({ "email": "ana@example.com", "role": V1Role::User.key() });
    call(app, "POST", "/api/v1/users", Some(&body), Permission::USERS_WRITE)
}

/// Saving role and switch of a member.
pub fn save(app: &App, member: &Member, enabled: bool) -> Option<Curl> {
    let body = json!({ "version": member.version, "role": member.account_role.v1().key(), "enabled": enabled });
    let path = format!("/api/v1/users/{}", member.user);
    is_changed_by_tokens(member).then(|| call(app, "PUT", &path, Some(&body), Permission::USERS_WRITE))
}

/// Removing a member.
pub fn delete(app: &App, member: &Member) -> Option<Curl> {
    let path = format!("/api/v1/users/{}", member.user);
    is_changed_by_tokens(member).then(|| call(app, "DELETE", &path, None, Permission::USERS_DELETE))
}

/// Administrators, Support and the robots of tokens are left alone (v1 contract section 2).
fn is_changed_by_tokens(member: &Member) -> bool {
    let is_kept = member.account_role.v1() == V1Role::Admin || member.account_role == AccountRole::Support;
    member.kind == MembershipKind::Person && !is_kept
}

fn call(app: &App, method: &str, path: &str, body: Option<&Value>, permission: Permission) -> Curl {
    let url = quoted(&app.config.public_url.link(path));
    let mut lines = vec![format!("curl -X {method} {url}"), r#"-H "Authorization: Bearer $ROLLCALL_TOKEN""#.to_owned()];
    if let Some(body) = body {
        lines.push("-H 'Content-Type: application/json'".to_owned());
        lines.push(format!("-d {}", quoted(&body.to_string())));
    }
    Curl { text: lines.join(" \\\n  "), permission: permission.name() }
}

/// One word of a POSIX shell.
fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use super::quoted;

    #[test]
    fn nothing_leaves_its_quotes() {
        assert_eq!(quoted("plain"), "'plain'");
        assert_eq!(quoted("it's; rm"), r"'it'\''s; rm'");
    }
}
