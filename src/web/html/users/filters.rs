//! The list's state: what it filters, how it is sorted, and the page it stands at, as the URL says it.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::Deserialize;

use crate::domain::{
    roles::RoleKey,
    text,
    users::{Cursor, KindFilter, StatusFilter, UserQuery, UserSort},
};

/// Rows a page, in the order they are offered.
pub(super) const ROWS: [u32; 3] = [25, 50, 100];

/// The list's state, as it stands in the URL. Anything unreadable counts as not given.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct Filters {
    pub(super) q: String,
    status: String,
    role: String,
    mfa: String,
    last_login: String,
    #[serde(rename = "type")]
    kind: String,
    pub(super) per_page: String,
    pub(super) sort: String,
    at: String,
}

impl Filters {
    /// What the store is asked.
    pub fn query(&self, remembered: Option<i64>) -> UserQuery {
        let column = self.sort.trim_start_matches('-');
        let chosen = self.per_page.parse().ok().filter(|rows| ROWS.contains(rows));
        let rows = chosen.or_else(|| remembered.and_then(|rows| u32::try_from(rows).ok()));
        UserQuery {
            // No name or address holds a control character, and PostgreSQL knows no text with NUL.
            search: text::fold(self.q.trim()).chars().filter(|letter| !letter.is_control()).take(200).collect(),
            status: self.status.parse().unwrap_or(StatusFilter::All),
            role: self.role.parse::<RoleKey>().ok().map(|role| role.to_string()),
            mfa: self.mfa.parse().ok(),
            last_login: self.last_login.parse().ok(),
            kind: self.kind.parse().unwrap_or(KindFilter::People),
            sort: column.parse().unwrap_or(UserSort::Name),
            descending: self.sort.starts_with('-'),
            rows: rows.filter(|rows| ROWS.contains(rows)).unwrap_or(25),
            cursor: read_cursor(&self.at),
        }
    }

    /// The list with one parameter changed, from its first page; an empty value leaves the parameter out.
    pub(super) fn href(&self, path: &str, changes: &[(&str, &str)]) -> String {
        let mut query = url::form_urlencoded::Serializer::new(String::new());
        let fields = [
            ("q", &self.q),
            ("status", &self.status),
            ("role", &self.role),
            ("mfa", &self.mfa),
            ("last_login", &self.last_login),
            ("type", &self.kind),
            ("per_page", &self.per_page),
            ("sort", &self.sort),
        ];
        for (name, value) in fields {
            let value = changes.iter().find(|(changed, _)| *changed == name).map_or(value.as_str(), |(_, new)| *new);
            if !value.is_empty() {
                query.append_pair(name, value);
            }
        }
        if let Some((_, at)) = changes.iter().find(|(changed, _)| *changed == "at") {
            query.append_pair("at", at);
        }
        let query = query.finish();
        if query.is_empty() { path.to_owned() } else { format!("{path}?{query}") }
    }

    /// What narrows and orders the list, as one text that [`Self::read`] reads again.
    pub fn text(&self) -> String {
        self.href("", &[]).trim_start_matches('?').to_owned()
    }

    /// Reads such a text; anything unreadable counts as not given.
    pub fn read(text: &str) -> Self {
        Self { at: String::new(), ..serde_html_form::from_str(text).unwrap_or_default() }
    }
}

fn read_cursor(text: &str) -> Option<Cursor> {
    let bytes = URL_SAFE_NO_PAD.decode(text).ok()?;
    let cursor: Cursor = serde_json::from_slice(&bytes).ok()?;
    cursor.is_believable().then_some(cursor)
}

pub(super) fn write_cursor(cursor: &Cursor) -> String {
    serde_json::to_vec(cursor).map(|json| URL_SAFE_NO_PAD.encode(json)).unwrap_or_default()
}
