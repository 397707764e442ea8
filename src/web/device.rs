//! A name for the browser somebody uses, short enough for a list of sessions.

use woothee::parser::Parser;

/// "Chrome on macOS", from a User-Agent header (RFC 9110 10.1.5).
pub fn name(user_agent: &str) -> String {
    let Some(parsed) = Parser::new().parse(user_agent) else {
        return "Unknown device".to_owned();
    };
    let system = match parsed.os {
        "Mac OSX" => "macOS",
        "UNKNOWN" => "",
        known if known.starts_with("Windows") => "Windows",
        known => known,
    };
    let browser = if parsed.name == "UNKNOWN" { "Unknown browser" } else { parsed.name };
    if system.is_empty() { browser.to_owned() } else { format!("{browser} on {system}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn common_browsers_are_named() {
        let chrome =
            "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130.0 Safari/537.36";
        assert_eq!(name(chrome), "Chrome on Linux");
        assert_eq!(name("curl/8.5.0"), "HTTP Library");
        assert_eq!(name("?"), "Unknown device");
    }
}
