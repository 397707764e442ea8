//! Reading paths, parameters and bodies of the tenant dialect. Unknown fields are ignored, `null` counts as absent.

use std::collections::HashSet;

use percent_encoding::percent_decode_str;

use super::error::TenantError;
use crate::{
    domain::{
        ids::UserId,
        json::Json,
        roles::TenantRole,
        text::{self, DisplayName, Email, NamePart},
    },
    store::TenantUserQuery,
    web::api::v1::problem::FieldProblem,
};

const PAGE_SIZE: i64 = 50;
/// So many wrong parameters are told; the answer must not grow with what is sent.
const MOST_PROBLEMS: usize = 20;

/// The segment of a path after the one named.
pub(super) fn after<'a>(path: &'a str, name: &str) -> &'a str {
    path.split('/').skip_while(|segment| *segment != name).nth(1).unwrap_or_default()
}

/// The user's id in `.../user/{userId}...`.
pub(super) fn user_id(path: &str) -> Result<UserId, TenantError> {
    after(path, "user").parse().map_err(|_| TenantError::invalid_id("userId"))
}

/// The address in `.../by-email/{email}`, in canonical form; `+` is a plus.
pub(super) fn email_key(path: &str) -> Result<String, TenantError> {
    let segment = after(path, "by-email");
    let bytes = segment.as_bytes();
    let is_broken = bytes.iter().enumerate().any(|(place, byte)| {
        *byte == b'%' && !bytes.get(place + 1..place + 3).is_some_and(|two| two.iter().all(u8::is_ascii_hexdigit))
    });
    let decoded = percent_decode_str(segment).decode_utf8();
    match decoded {
        Ok(address) if !is_broken => Ok(address.trim().to_ascii_lowercase()),
        _ => Err(TenantError::invalid("The address in the path is not encoded correctly.")),
    }
}

/// Page and size of a list.
#[derive(Debug, Clone, Copy)]
pub(super) struct PageWanted {
    pub(super) page: i64,
    pub(super) size: i64,
}

impl PageWanted {
    pub(super) fn offset(self) -> i64 {
        (self.page - 1).saturating_mul(self.size)
    }
}

/// The parameters of a list of users.
pub(super) fn list(query: &str) -> Result<(PageWanted, TenantUserQuery), TenantError> {
    let mut wanted = TenantUserQuery::default();
    let mut role = None;
    let page = page(query, 1000, |key, value| {
        match key {
            "includeDisabled" => match value {
                "true" => wanted.include_disabled = true,
                "false" => wanted.include_disabled = false,
                _ => return Err("Expected true or false."),
            },
            "role" => role = Some(value.to_owned()),
            "search" => wanted.search = text::fold(value.trim()),
            _ => {}
        }
        Ok(())
    })?;
    if let Some(role) = role {
        wanted.role = Some(role.parse().map_err(|_| TenantError::invalid_role())?);
    }
    wanted.limit = page.size;
    wanted.offset = page.offset();
    Ok((page, wanted))
}

/// `page` and `pageSize`; what else there is goes to `other`.
pub(super) fn page(
    query: &str,
    largest: i64,
    mut other: impl FnMut(&str, &str) -> Result<(), &'static str>,
) -> Result<PageWanted, TenantError> {
    let mut wanted = PageWanted { page: 1, size: PAGE_SIZE };
    let mut problems = Vec::new();
    let mut seen = HashSet::new();
    for (key, value) in url::form_urlencoded::parse(query.as_bytes()) {
        let read = match key.as_ref() {
            _ if !seen.insert(key.clone()) => Err("Given twice."),
            "page" => whole(&value).map(|page| wanted.page = page),
            "pageSize" => whole(&value).map(|size| wanted.size = size.min(largest)),
            key => other(key, &value),
        };
        if let Err(message) = read {
            let field = key.chars().take(100).collect();
            problems.push(FieldProblem { field, message: message.to_owned() });
        }
    }
    problems.truncate(MOST_PROBLEMS);
    if problems.is_empty() { Ok(wanted) } else { Err(TenantError::fields(problems)) }
}

fn whole(text: &str) -> Result<i64, &'static str> {
    let is_digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let number = text.parse::<u32>().ok().filter(|number| is_digits && *number >= 1);
    number.map(i64::from).ok_or("Expected a whole number of at least 1.")
}

/// The fields of a body, with what is wrong with them.
pub(super) struct Fields<'a> {
    object: &'a Json,
    problems: Vec<FieldProblem>,
    wrong_role: bool,
}

impl<'a> Fields<'a> {
    pub(super) fn of(object: &'a Json) -> Self {
        Self { object, problems: Vec::new(), wrong_role: false }
    }

    pub(super) fn has(&self, field: &str) -> bool {
        self.value(field).is_some()
    }

    fn value(&self, field: &str) -> Option<&'a Json> {
        self.object.get(field).filter(|value| **value != Json::Null)
    }

    pub(super) fn wrong(&mut self, field: &str, message: impl Into<String>) {
        self.problems.push(FieldProblem { field: field.to_owned(), message: message.into() });
    }

    /// Text, where there is a value.
    pub(super) fn text(&mut self, field: &str) -> Option<&'a str> {
        match self.value(field)? {
            Json::Text(text) => Some(text),
            _ => {
                self.wrong(field, "Expected text.");
                None
            }
        }
    }

    /// True or false, where there is a value.
    pub(super) fn flag(&mut self, field: &str) -> Option<bool> {
        match self.value(field)? {
            Json::Flag(flag) => Some(*flag),
            _ => {
                self.wrong(field, "Expected true or false.");
                None
            }
        }
    }

    /// A whole number of at least `least`, where there is a value.
    pub(super) fn number(&mut self, field: &str, least: i64) -> Option<i64> {
        match self.value(field)? {
            Json::Number(number) if number.as_i64().is_some_and(|number| number >= least) => number.as_i64(),
            _ => {
                self.wrong(field, format!("Expected a whole number of at least {least}."));
                None
            }
        }
    }

    /// Notes a field that must be there.
    pub(super) fn require(&mut self, field: &str) {
        if !self.has(field) {
            self.wrong(field, "This field is required.");
        }
    }

    /// `email`.
    pub(super) fn email(&mut self) -> Option<Email> {
        let text = self.text("email")?;
        Email::parse(text).map_err(|error| self.wrong("email", error.to_string())).ok()
    }

    /// `displayName`: 2 to 100 characters.
    pub(super) fn display_name(&mut self) -> Option<DisplayName> {
        let text = self.text("displayName")?;
        match DisplayName::parse(text) {
            Ok(name) if name.as_str().chars().count() >= 2 => Some(name),
            Ok(_) => {
                self.wrong("displayName", "Use at least 2 characters.");
                None
            }
            Err(error) => {
                self.wrong("displayName", error.to_string());
                None
            }
        }
    }

    /// A first or last name of at most 50 characters; blank means none.
    pub(super) fn name_part(&mut self, field: &str) -> Option<String> {
        let text = self.text(field)?;
        if text.trim().is_empty() {
            return None;
        }
        match NamePart::parse(text) {
            Ok(name) if name.as_str().chars().count() <= 50 => Some(name.as_str().to_owned()),
            Ok(_) => {
                self.wrong(field, "Use at most 50 characters.");
                None
            }
            Err(error) => {
                self.wrong(field, error.to_string());
                None
            }
        }
    }

    /// `roleName`.
    pub(super) fn role(&mut self) -> Option<TenantRole> {
        let text = self.text("roleName")?;
        let role = text.parse().ok();
        self.wrong_role |= role.is_none();
        role
    }

    /// Everything was readable.
    pub(super) fn finish(self) -> Result<(), TenantError> {
        if !self.problems.is_empty() {
            return Err(TenantError::fields(self.problems));
        }
        if self.wrong_role { Err(TenantError::invalid_role()) } else { Ok(()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_in_paths() {
        let key = |segment: &str| email_key(&format!("/api/user/by-email/{segment}")).ok();
        assert_eq!(key("Ana%40example.com").as_deref(), Some("ana@example.com"));
        assert_eq!(key("ana+x@example.com"), key("ana%2Bx%40example.com"));
        assert_eq!(key("a%2Fb@example.com").as_deref(), Some("a/b@example.com"));
        for broken in ["ana%4", "ana%zz", "ana%", "%ff@example.com"] {
            assert_eq!(key(broken), None, "{broken}");
        }
    }

    #[test]
    fn parameters_of_lists() {
        let (page, wanted) = list("page=2&pageSize=5000&includeDisabled=true&role=ITAdmin&search=%20Ana").unwrap();
        assert_eq!((page.page, page.size, wanted.offset, wanted.include_disabled), (2, 1000, 1000, true));
        assert_eq!((wanted.role, wanted.search.as_str()), (Some(TenantRole::ItAdmin), "ana"));
        for wrong in
            ["page=0", "page=x", "pageSize=0", "pageSize=-1", "includeDisabled=1", "role=itadmin", "page=1&page=2"]
        {
            assert!(list(wrong).is_err(), "{wrong}");
        }
    }
}
