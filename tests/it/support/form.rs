//! A form as it stands on a page: all its fields, hidden ones included, to be filled in by label and sent.

use scraper::{ElementRef, Html};

use super::page::{Page, css, field, name_of, text_of};

/// A form about to be sent.
#[derive(Clone)]
pub struct Form {
    pub action: String,
    pub is_get: bool,
    fields: Vec<(String, String)>,
    page: Page,
}

impl Form {
    /// The form whose button has this name; a search form is found the same way.
    pub(super) fn on(page: &Page, button: &str) -> Self {
        let html = page.html();
        for form in html.select(&css("form")) {
            let own = form.select(&css("button")).find(|found| name_of(&html, *found) == button);
            if let Some(own) = own {
                return Self::read(page, &html, form, own);
            }
        }
        panic!("no button {button:?} at {} ({}): {}", page.path, page.status, page.text());
    }

    fn read(page: &Page, html: &Html, form: ElementRef<'_>, button: ElementRef<'_>) -> Self {
        let mut fields = Vec::new();
        let outside = form.attr("id").map(|id| format!("[form={id}]"));
        let controls = form.select(&css("input, select, textarea")).collect::<Vec<_>>();
        let outside = outside.map(|found| html.select(&css(&found)).collect::<Vec<_>>()).unwrap_or_default();
        for control in controls.into_iter().chain(outside) {
            if control.attr("disabled").is_some() {
                continue;
            }
            if let (Some(name), Some(value)) = (control.attr("name"), value(control)) {
                fields.push((name.to_owned(), value));
            }
        }
        if let (Some(name), Some(value)) = (button.attr("name"), button.attr("value")) {
            fields.push((name.to_owned(), value.to_owned()));
        }
        let action = form.attr("action").map_or_else(|| page.path.clone(), str::to_owned);
        let is_get = form.attr("method").is_none_or(|method| method.eq_ignore_ascii_case("get"));
        Self { action, is_get, fields, page: page.clone() }
    }

    pub(super) fn fields(&self) -> &[(String, String)] {
        &self.fields
    }

    /// Types into the field with this label.
    pub fn fill(mut self, label: &str, text: &str) -> Self {
        let name = self.name(label);
        self.fields.retain(|(known, _)| *known != name);
        self.fields.push((name, text.to_owned()));
        self
    }

    /// Chooses a radio button, ticks a checkbox, or takes an option of a combobox ("Role: Analyst").
    pub fn choose(mut self, label: &str) -> Self {
        if let Some((combobox, option)) = label.split_once(": ") {
            return self.take(combobox, option);
        }
        let html = self.page.html();
        let Some(found) = field(&html, label) else {
            panic!("no choice {label:?} at {}: {}", self.page.path, self.page.text())
        };
        let name = found.attr("name").expect("a name").to_owned();
        if found.attr("type") == Some("radio") {
            self.fields.retain(|(known, _)| *known != name);
        }
        self.fields.push((name, found.attr("value").unwrap_or("on").to_owned()));
        self
    }

    /// Takes the tick away.
    pub fn untick(mut self, label: &str) -> Self {
        let html = self.page.html();
        let found = field(&html, label).unwrap_or_else(|| panic!("no choice {label:?}"));
        let pair = (found.attr("name").expect("a name").to_owned(), found.attr("value").unwrap_or("on").to_owned());
        let before = self.fields.len();
        self.fields.retain(|known| *known != pair);
        assert!(self.fields.len() < before, "{label:?} was not ticked");
        self
    }

    fn take(mut self, label: &str, option: &str) -> Self {
        let html = self.page.html();
        let select = field(&html, label).unwrap_or_else(|| panic!("no combobox {label:?}"));
        let chosen = select.select(&css("option")).find(|found| text_of(*found) == option);
        let chosen = chosen.unwrap_or_else(|| panic!("no option {option:?} in {label:?}"));
        let name = select.attr("name").expect("a name").to_owned();
        let value = chosen.attr("value").map_or_else(|| text_of(chosen), str::to_owned);
        self.fields.retain(|(known, _)| *known != name);
        self.fields.push((name, value));
        self
    }

    /// Puts a field in place by its name in the request: what only a hand-made request has.
    pub fn set(mut self, name: &str, value: &str) -> Self {
        self.fields.retain(|(known, _)| known != name);
        self.fields.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Adds a field beside those of the same name.
    pub fn add(mut self, name: &str, value: &str) -> Self {
        self.fields.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Leaves a field out.
    pub fn without(mut self, name: &str) -> Self {
        self.fields.retain(|(known, _)| known != name);
        self
    }

    /// What the form would send for a field.
    pub fn sends(&self, name: &str) -> Vec<String> {
        self.fields.iter().filter(|(known, _)| known == name).map(|(_, value)| value.clone()).collect()
    }

    fn name(&self, label: &str) -> String {
        let html = self.page.html();
        let found = field(&html, label).unwrap_or_else(|| panic!("no field {label:?} at {}", self.page.path));
        found.attr("name").expect("a field that is sent").to_owned()
    }
}

fn value(control: ElementRef<'_>) -> Option<String> {
    let is_checked = control.attr("checked").is_some();
    match (control.value().name(), control.attr("type").unwrap_or("text")) {
        ("input", "checkbox" | "radio") => is_checked.then(|| control.attr("value").unwrap_or("on").to_owned()),
        ("input", _) => Some(control.attr("value").unwrap_or_default().to_owned()),
        ("textarea", _) => Some(control.text().collect::<String>().trim_start_matches('\n').to_owned()),
        _ => {
            let selected = control.select(&css("option[selected]")).next();
            let option = selected.or_else(|| control.select(&css("option")).next())?;
            Some(option.attr("value").map_or_else(|| text_of(option), str::to_owned))
        }
    }
}
