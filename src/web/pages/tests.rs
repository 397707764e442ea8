//! Every page, rendered from samples and held to the rules that no page may break.

use super::samples;

fn count(html: &str, needle: &str) -> usize {
    html.matches(needle).count()
}

/// The values of an attribute, as written.
fn values<'a>(html: &'a str, attribute: &str) -> Vec<&'a str> {
    html.split(&format!(" {attribute}=\"")).skip(1).filter_map(|rest| rest.split('"').next()).collect()
}

#[test]
fn every_page_keeps_the_rules_of_the_frame() {
    for (name, html) in samples::all() {
        let is_fragment = name.starts_with("fragment-");
        assert_eq!(count(&html, "<h1"), usize::from(!is_fragment), "h1 of {name}");
        assert_eq!(count(&html, "<!doctype html>"), usize::from(!is_fragment), "{name}");
        if !is_fragment {
            assert_eq!(count(&html, " - Rollcall</title>"), 1, "title of {name}");
            assert_eq!(count(&html, "<main"), 1, "main of {name}");
            assert_eq!(count(&html, "href=\"#main\""), 1, "skip link of {name}");
        }
    }
}

#[test]
fn no_page_needs_inline_script_or_style() {
    for (name, html) in samples::all() {
        assert!(!html.contains(" style="), "style attribute in {name}");
        assert!(!html.contains("<style"), "style element in {name}");
        assert!(!html.contains("javascript:"), "script link in {name}");
        assert!(!html.contains("hx-on"), "hx-on in {name}");
        for tag in html.split("<script").skip(1) {
            assert!(tag.starts_with(" src=\""), "inline script in {name}");
        }
        for (at, _) in html.match_indices(" on") {
            let rest: String = html[at + 3..].chars().take_while(char::is_ascii_lowercase).collect();
            let after = html[at + 3 + rest.len()..].starts_with('=');
            assert!(!after, "event handler on{rest} in {name}");
        }
    }
}

#[test]
fn ids_are_unique_and_what_refers_to_them_finds_them() {
    for (name, html) in samples::all() {
        let ids = values(&html, "id");
        let mut sorted = ids.clone();
        sorted.sort_unstable();
        sorted.dedup();
        assert_eq!(sorted.len(), ids.len(), "an id twice in {name}");
        for attribute in ["aria-labelledby", "aria-describedby", "for", "form"] {
            for id in values(&html, attribute).into_iter().flat_map(str::split_whitespace) {
                let elsewhere = name.starts_with("fragment-users") && id == "filter-users" || id == "dialog-title";
                assert!(elsewhere || ids.contains(&id), "{attribute}=\"{id}\" leads nowhere in {name}");
            }
        }
    }
}

#[test]
fn every_form_that_posts_carries_the_token() {
    for (name, html) in samples::all() {
        for form in html.split("<form").skip(1) {
            let form = form.split("</form>").next().unwrap_or_default();
            if form.contains("method=\"post\"") {
                assert!(form.contains("name=\"csrf\" value=\"token\""), "a form without token in {name}");
            }
        }
    }
}

#[test]
fn a_rejected_form_says_so_in_the_title() {
    let failed = |name: &str| {
        samples::all()
            .into_iter()
            .find(|(sample, _)| *sample == name)
            .is_some_and(|(_, html)| html.contains("<title>Error: "))
    };
    assert!(failed("invite-failed"));
    assert!(!failed("invite"));
}
