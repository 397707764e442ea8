//! A page as a person reads it: headings, messages, tables, links by their names.

use axum::http::{HeaderMap, StatusCode, header};
use scraper::{ElementRef, Html, Node, Selector};

/// An answer of the portal.
#[derive(Clone, Default)]
pub struct Page {
    /// Path and query it was asked under.
    pub path: String,
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: String,
}

impl Page {
    pub(super) fn new(path: &str, status: StatusCode, headers: HeaderMap, body: &[u8]) -> Self {
        Self { path: path.to_owned(), status, headers, body: String::from_utf8_lossy(body).into_owned() }
    }

    /// Status as a number, to compare with the contract.
    pub fn code(&self) -> u16 {
        self.status.as_u16()
    }

    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|value| value.to_str().expect("text"))
    }

    /// Where a redirect leads.
    pub fn location(&self) -> Option<String> {
        self.status.is_redirection().then(|| self.header(header::LOCATION.as_str()).expect("a target").to_owned())
    }

    pub fn html(&self) -> Html {
        Html::parse_document(&self.body)
    }

    /// The text of the h1.
    pub fn heading(&self) -> String {
        self.first("h1").unwrap_or_default()
    }

    pub fn title(&self) -> String {
        self.first("title").unwrap_or_default()
    }

    /// What `main` says, without markup.
    pub fn text(&self) -> String {
        self.first("main").or_else(|| self.first("body")).unwrap_or_default()
    }

    /// Messages of the alert over a rejected form, in order.
    pub fn alerts(&self) -> Vec<String> {
        let html = self.html();
        let found = html.select(&css("main [role=alert]")).collect::<Vec<_>>();
        let mut messages = Vec::new();
        for alert in found {
            let items: Vec<String> = alert.select(&css("li")).map(text_of).collect();
            let lines = if items.is_empty() { alert.select(&css("p")).map(text_of).collect() } else { items };
            messages.extend(lines);
        }
        messages
    }

    /// The success message, the first status in `main`.
    pub fn flash(&self) -> String {
        self.first("main [role=status][data-flash]").unwrap_or_default()
    }

    /// All status messages in `main`.
    pub fn statuses(&self) -> Vec<String> {
        self.all("main [role=status]")
    }

    /// Messages attached to the field with this label.
    pub fn field_errors(&self, label: &str) -> Vec<String> {
        let html = self.html();
        let Some(field) = field(&html, label) else { panic!("no field {label:?} at {}", self.path) };
        if field.attr("aria-invalid") != Some("true") {
            return Vec::new();
        }
        let described = field.attr("aria-describedby").expect("an invalid field says why");
        let mut messages = Vec::new();
        for id in described.split_whitespace().filter(|id| id.ends_with("-error")) {
            messages.extend(html.select(&css(&format!("#{id} p"))).map(text_of));
        }
        messages
    }

    /// What stands in a field.
    pub fn value(&self, label: &str) -> String {
        let html = self.html();
        let Some(field) = field(&html, label) else { panic!("no field {label:?} at {}", self.path) };
        match field.value().name() {
            "textarea" => field.text().collect::<String>().trim_start_matches('\n').to_owned(),
            _ => field.attr("value").unwrap_or_default().to_owned(),
        }
    }

    pub fn has_field(&self, label: &str) -> bool {
        field(&self.html(), label).is_some()
    }

    /// The rows of the table with this name, cell by cell.
    pub fn table(&self, name: &str) -> Vec<Vec<String>> {
        let html = self.html();
        for table in html.select(&css("table")) {
            if name_of(&html, table) == name {
                let (rows, cells) = (css("tbody tr"), css("td, th"));
                return table.select(&rows).map(|row| row.select(&cells).map(text_of).collect()).collect();
            }
        }
        Vec::new()
    }

    /// Names of the columns of a table.
    pub fn columns(&self, name: &str) -> Vec<String> {
        let html = self.html();
        let found = html.select(&css("table")).find(|table| name_of(&html, *table) == name);
        found.map(|table| table.select(&css("thead th")).map(text_of).collect()).unwrap_or_default()
    }

    /// First cells of a table.
    pub fn column(&self, name: &str, number: usize) -> Vec<String> {
        self.table(name).into_iter().map(|row| row[number].clone()).collect()
    }

    /// The row of a table that has this text in one of its cells.
    pub fn row(&self, name: &str, text: &str) -> Vec<String> {
        let found = self.table(name).into_iter().find(|row| row.iter().any(|cell| cell.contains(text)));
        found.unwrap_or_else(|| panic!("no row {text:?} in {name:?} at {}: {}", self.path, self.text()))
    }

    /// Target of the link with this name.
    pub fn link(&self, name: &str) -> Option<String> {
        let html = self.html();
        let found = html.select(&css("a[href]")).find(|link| name_of(&html, *link) == name);
        found.map(|link| link.attr("href").unwrap_or_default().to_owned())
    }

    /// Names of all links in `main`.
    pub fn links(&self) -> Vec<String> {
        let html = self.html();
        html.select(&css("main a[href]")).map(|link| name_of(&html, link)).collect()
    }

    /// Names of all buttons.
    pub fn buttons(&self) -> Vec<String> {
        let html = self.html();
        html.select(&css("button")).map(|button| name_of(&html, button)).collect()
    }

    /// A term of the description list.
    pub fn fact(&self, term: &str) -> String {
        let html = self.html();
        for entry in html.select(&css("dl > div")) {
            if entry.select(&css("dt")).next().map(text_of).as_deref() == Some(term) {
                return entry.select(&css("dd")).next().map(text_of).unwrap_or_default();
            }
        }
        panic!("no fact {term:?} at {}", self.path)
    }

    /// The token of the page's forms.
    pub fn csrf(&self) -> String {
        let html = self.html();
        let found = html.select(&css("input[name=csrf]")).next();
        found.and_then(|input| input.attr("value")).unwrap_or_default().to_owned()
    }

    /// Text of every element that matches.
    pub fn all(&self, selector: &str) -> Vec<String> {
        self.html().select(&css(selector)).map(text_of).collect()
    }

    pub fn first(&self, selector: &str) -> Option<String> {
        self.all(selector).into_iter().next()
    }

    /// An attribute of the first element that matches.
    pub fn attribute(&self, selector: &str, name: &str) -> Option<String> {
        self.html().select(&css(selector)).next().and_then(|found| found.attr(name)).map(str::to_owned)
    }
}

pub(super) fn css(selector: &str) -> Selector {
    Selector::parse(selector).expect("a selector")
}

/// Visible text with single spaces.
pub(super) fn text_of(element: ElementRef<'_>) -> String {
    let mut text = String::new();
    collect(element, &mut text);
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn collect(element: ElementRef<'_>, text: &mut String) {
    for child in element.children() {
        match child.value() {
            Node::Text(piece) => text.push_str(piece),
            Node::Element(found) if !matches!(found.name(), "script" | "style" | "svg" | "noscript") => {
                if let Some(child) = ElementRef::wrap(child) {
                    let is_block = matches!(found.name(), "p" | "li" | "dt" | "dd" | "div" | "td" | "th" | "h2");
                    if is_block {
                        text.push(' ');
                    }
                    collect(child, text);
                    if is_block {
                        text.push(' ');
                    }
                }
            }
            _ => {}
        }
    }
}

/// The accessible name: `aria-labelledby`, `aria-label`, caption, or the content.
pub(super) fn name_of(html: &Html, element: ElementRef<'_>) -> String {
    if let Some(ids) = element.attr("aria-labelledby") {
        let named = ids.split_whitespace().filter_map(|id| html.select(&css(&format!("#{id}"))).next()).map(text_of);
        return named.collect::<Vec<_>>().join(" ");
    }
    if let Some(label) = element.attr("aria-label") {
        return label.to_owned();
    }
    text_of(element)
}

/// The control with this accessible name.
pub(super) fn field<'a>(html: &'a Html, label: &str) -> Option<ElementRef<'a>> {
    for found in html.select(&css("label")) {
        if text_of(found) == label {
            if let Some(id) = found.attr("for") {
                return html.select(&css(&format!("#{id}"))).next();
            }
            return found.select(&css("input, select, textarea")).next();
        }
    }
    let labelled = css("input[aria-label], select[aria-label], textarea[aria-label]");
    html.select(&labelled).find(|field| field.attr("aria-label") == Some(label))
}
