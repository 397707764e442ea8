//! What is shown when a request cannot be answered: one content in three frames, signed in, signed out, and as a fragment
//! for requests that htmx makes.

use askama::Template;

use super::shell::{Outside, Shell};

/// What happened, in the words of portal contract 0.4.
#[derive(Clone, Debug, Default)]
pub struct Fault {
    /// Status code of the answer.
    pub status: u16,
    /// One sentence.
    pub heading: String,
    /// What to do about it.
    pub paragraphs: Vec<String>,
    /// Id of the request, shown as "Reference: {id}" and found in the log. Absent where two answers must be the same to
    /// the byte, as for unknown and for foreign things.
    pub reference: Option<String>,
    /// Ways on; the first is the primary one.
    pub actions: Vec<WayOn>,
}

impl Fault {
    /// Colour of the picture: a warning, a danger, or neither.
    pub fn tone(&self) -> &'static str {
        match self.status {
            403 | 409 | 429 => " tile-warn",
            500.. => " tile-danger",
            _ => "",
        }
    }
}

/// A link out of an error page.
#[derive(Clone, Debug, Default)]
pub struct WayOn {
    /// "Go to User Management".
    pub label: String,
    /// Where it leads.
    pub href: String,
}

/// The error page of somebody who is signed in.
#[derive(Clone, Debug, Default, Template)]
#[template(path = "error.html")]
pub struct ErrorPage {
    /// The frame.
    pub shell: Shell,
    /// What happened.
    pub fault: Fault,
}

/// The error page of everybody else.
#[derive(Clone, Debug, Default, Template)]
#[template(path = "error_outside.html")]
pub struct ErrorOutside {
    /// The frame.
    pub outside: Outside,
    /// What happened.
    pub fault: Fault,
}

/// The answer to a request of htmx: an alert that fits a dialog as well as a list.
#[derive(Clone, Debug, Default, Template)]
#[template(path = "error_fragment.html")]
pub struct ErrorFragment {
    /// What happened.
    pub fault: Fault,
}

#[cfg(test)]
mod tests {
    use crate::web::pages::samples::{errors, page};

    #[test]
    fn every_status_has_its_code_its_heading_and_its_text() {
        for (status, heading, text) in errors::FAULTS {
            for prefix in ["error", "error-outside"] {
                let html = page(&format!("{prefix}-{status}"), &errors::all());
                assert!(html.contains(&format!("<p class=\"notice-code\">{status}</p>")), "{prefix}-{status}");
                assert!(html.contains(&format!("<h1>{heading}</h1>")), "{prefix}-{status}");
                assert!(html.contains(text), "{prefix}-{status}");
            }
        }
    }

    #[test]
    fn a_fault_names_its_reference_last_and_a_missing_page_names_none() {
        let fault = page("error-500", &errors::all());
        let reference = fault.find("Reference: 0198c0de").unwrap();
        assert!(fault.find("Go to User Management").unwrap() < reference);
        assert!(!page("error-404", &errors::all()).contains("Reference:"));
    }

    #[test]
    fn the_fragment_is_an_alert_without_a_frame() {
        let html = page("fragment-error", &errors::all());
        assert!(html.contains("role=\"alert\""));
        assert!(html.contains("Too many requests"));
        assert!(!html.contains("<html"));
    }
}
