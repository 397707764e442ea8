//! Samples of the error pages, one for each status in each frame.

use super::signed_out::outside;
use super::{html, shell};
use crate::web::pages::errors::{ErrorFragment, ErrorOutside, ErrorPage, Fault, WayOn};

/// Status, heading and text of every sample.
pub const FAULTS: [(u16, &str, &str); 8] = [
    (400, "This request could not be read", "Go back and try again."),
    (403, "You do not have access to this page", "Ask an Administrator of Brightwater Energy if you need it."),
    (404, "Page not found", "It may have been moved or deleted."),
    (409, "This was changed meanwhile", "Go back, reload the page and try again."),
    (413, "This is too large", "A form may have at most 256 KiB."),
    (429, "Too many requests", "Wait a moment, then try again."),
    (500, "Something went wrong", "Reference: 0198c0de-0000-7000-8000-0000000000ff"),
    (503, "Rollcall is busy", "Try again in a moment."),
];

/// Every page of this file by name.
pub fn all() -> Vec<(&'static str, String)> {
    let mut samples: Vec<(&'static str, String)> = vec![("fragment-error", html(&ErrorFragment { fault: fault(429) }))];
    for (status, ..) in FAULTS {
        let name = |prefix: &str| -> &'static str { format!("{prefix}-{status}").leak() };
        let signed_in = ErrorPage { shell: shell(""), fault: fault(status) };
        let signed_out = ErrorOutside { outside: outside(), fault: fault(status) };
        samples.push((name("error"), html(&signed_in)));
        samples.push((name("error-outside"), html(&signed_out)));
    }
    samples
}

fn fault(wanted: u16) -> Fault {
    let (status, heading, text) = FAULTS.into_iter().find(|(status, ..)| *status == wanted).unwrap();
    let reference = text.strip_prefix("Reference: ");
    let way = |label: &str, href: &str| WayOn { label: label.into(), href: href.into() };
    Fault {
        status,
        heading: heading.into(),
        paragraphs: match reference {
            Some(_) => Vec::new(),
            None => vec![text.into()],
        },
        reference: reference.map(str::to_owned),
        actions: vec![way("Go to User Management", "/users"), way("Your Account", "/account")],
    }
}
