//! The link of an invitation, and the page for mailed links that do not work.

use askama::Template;

use super::parts::When;
use super::shell::Outside;

/// `/activate/{token}` with a working link (portal contract 1.5). The form has nothing but its button.
#[derive(Clone, Debug, Default, Template)]
#[template(path = "activation/show.html")]
pub struct Activate {
    /// The frame.
    pub outside: Outside,
    /// Where the form goes: the address of this page.
    pub action: String,
    /// Invited address.
    pub email: String,
    /// Organization they were invited to; none for somebody who is in none yet.
    pub organization: Option<String>,
    /// End of the link.
    pub until: When,
}

/// "This link does not work": the same page, byte for byte, for every reason (portal contract 1.5, 1.6). It has no form, so
/// that it carries no token either.
#[derive(Clone, Debug, Default, Template)]
#[template(path = "activation/dead.html")]
pub struct DeadLink {
    /// The frame.
    pub outside: Outside,
    /// The link was to reset a password: offer "Forgot password?" instead of "Log in".
    pub reset: bool,
}

#[cfg(test)]
mod tests {
    use crate::web::pages::samples::{page, signed_out};

    #[test]
    fn activation_says_who_where_and_until_when() {
        let html = page("activate", &signed_out::all());
        assert!(html.contains("<h1>Activate your account</h1>"));
        assert!(html.contains(">Activate account</button>"));
        let start = html.find("<p class=\"page-lead").unwrap();
        let end = html[start..].find("</p>").unwrap() + start;
        let mut text = String::new();
        for piece in html[start..end].split('<').skip(1) {
            text.push_str(piece.split_once('>').unwrap().1);
        }
        assert_eq!(
            text,
            "fatima.alsayed@brightwater.example was invited to Brightwater Energy. This link works until 2025-11-27 12:58 UTC."
        );
    }

    #[test]
    fn a_dead_link_tells_nothing_but_the_way_on() {
        let activation = page("dead-link", &signed_out::all());
        assert!(activation.contains("<h1>This link does not work</h1>"));
        assert!(
            activation.contains("It may have expired or been used already. Ask your Administrator to send a new one.")
        );
        assert!(activation.contains("href=\"/login\">Log in</a>"));
        assert!(!activation.contains("csrf"));
        let reset = page("dead-link-reset", &signed_out::all());
        assert!(reset.contains("href=\"/password/forgot\">Forgot password?</a>"));
        assert!(!reset.contains(">Log in</a>"));
    }
}
