use std::time::Duration;

use super::*;
use crate::domain::{
    mail::{Addressee, LetterKind},
    time::{days, minutes},
};

const HOST: &str = "https://people.example";
const WRITTEN: Timestamp = Timestamp::from_seconds(1_763_647_500);

fn email(text: &str) -> Email {
    Email::parse(text).expect("address")
}

fn to(text: &str) -> Addressee {
    Addressee { email: email(text), member: None }
}

fn link(path: &str, works: Duration) -> Link {
    Link { url: format!("{HOST}{path}"), expires_at: WRITTEN.plus(works) }
}

fn invitation() -> Invitation {
    Invitation {
        inviter: "Amara Okafor".into(),
        organization: Some("Brightwater Energy".into()),
        roles: vec!["User".into(), "Callback Viewer".into()],
        temporary_password: Some("Xk7#mQ2$vT9*rW4?".into()),
        link: link("/activate/7Yq2mX4vKc9TzR", days(7)),
        requires_mfa: false,
    }
}

fn known_invitation() -> Invitation {
    Invitation { temporary_password: None, requires_mfa: true, ..invitation() }
}

/// One of each, about Ann, in the order of the contract.
fn all_letters() -> Vec<Letter> {
    let account_page = || format!("{HOST}/account");
    let address = || Some("198.51.100.18".to_owned());
    let organization = || "Brightwater Energy".to_owned();
    let by = || "Amara Okafor".to_owned();
    let changed =
        || Content::EmailChanged { old: email("ann@people.example"), new: email("ann@new.example"), by: by() };
    let own = [
        Content::Invitation(invitation()),
        Content::Invitation(known_invitation()),
        Content::Reactivation { organization: organization(), link: link("/activate/abc", days(7)) },
        Content::AuthenticatorOn { account_page: account_page() },
        Content::AuthenticatorReset { by: by() },
        Content::RecoveryCodeUsed { address: address(), left: 3, account_page: account_page() },
        Content::RecoveryCodesMade { account_page: account_page() },
        changed(),
        Content::PasswordChanged { address: address() },
        Content::PasswordReset { link: link("/password/reset/abc", minutes(60)) },
        Content::AccountLocked { until: WRITTEN.plus(minutes(30)), address: address() },
        Content::Removed { organization: organization() },
    ];
    let mut letters: Vec<Letter> =
        own.into_iter().map(|content| Letter::to_owner(to("ann@people.example"), content)).collect();
    let account = email("ann@people.example");
    letters.extend([
        Letter {
            to: to("amara@people.example"),
            account: account.clone(),
            content: Content::AuthenticatorResetNotice {
                person: "Ann Lee".into(),
                by: by(),
                organization: organization(),
            },
        },
        Letter { to: to("ann@new.example"), account: email("ann@new.example"), content: changed() },
        Letter {
            to: to("ann@new.example"),
            account,
            content: Content::EmailConfirmation { link: link("/account/email/confirm/abc", days(1)) },
        },
    ]);
    letters
}

fn rendered(letter: &Letter) -> Rendered {
    render(letter, WRITTEN).expect("templates work")
}

fn told(content: Content) -> Rendered {
    rendered(&Letter::to_owner(to("ann@people.example"), content))
}

/// The values of every `href` of the HTML part.
fn links(html: &str) -> Vec<&str> {
    html.split("href=\"").skip(1).filter_map(|rest| rest.split('"').next()).collect()
}

/// The HTML part as a reader sees it.
fn seen(html: &str) -> String {
    let body = html.split_once("<body").expect("body").1;
    let mut text = String::new();
    let mut inside = true;
    for letter in body.chars() {
        match letter {
            '<' => inside = true,
            '>' => inside = false,
            _ if !inside => text.push(letter),
            _ => {}
        }
    }
    let plain = text.replace("&#34;", "\"").replace("&#39;", "'").replace("&#60;", "<").replace("&#62;", ">");
    plain.replace("&#38;", "&").split_whitespace().collect::<Vec<_>>().join(" ")
}

#[test]
fn every_kind_of_letter_is_tried_here() {
    let kinds: Vec<LetterKind> = all_letters().iter().map(Letter::kind).collect();
    for kind in LetterKind::ALL {
        assert!(kinds.contains(kind), "{kind} is missing");
    }
}

#[test]
fn subjects_are_those_of_the_contract() {
    let subjects: Vec<String> = all_letters().iter().map(|letter| rendered(letter).subject).collect();
    assert_eq!(
        subjects,
        [
            "You are invited to Brightwater Energy",
            "You are invited to Brightwater Energy",
            "Activate your account again",
            "Multi-factor authentication is on",
            "Your authenticator was reset",
            "A recovery code was used",
            "New recovery codes were made",
            "Your email address was changed",
            "Your password was changed",
            "Reset your password",
            "Your account is locked",
            "You were removed from Brightwater Energy",
            "The authenticator of Ann Lee was reset",
            "Your email address was changed",
            "Confirm your new email address",
        ]
    );
}

#[test]
fn every_letter_names_product_account_and_time_in_both_forms() {
    for letter in all_letters() {
        let mail = rendered(&letter);
        let account = match letter.kind() {
            LetterKind::EmailConfirmation => letter.account.masked(),
            _ => letter.account.to_string(),
        };
        for form in [&mail.text, &seen(&mail.html)] {
            for fact in ["Rollcall", &account, letter.to.email.as_str(), "2025-11-20 14:05 UTC"] {
                assert!(form.contains(fact), "{}: {fact} is missing in {form}", letter.kind());
            }
        }
        assert!(mail.text.is_ascii() && mail.html.is_ascii(), "{}", letter.kind());
    }
}

#[test]
fn security_notices_say_whom_to_tell() {
    use LetterKind::{Invitation, KnownInvitation, Reactivation, Removed};
    for letter in all_letters() {
        let is_notice = ![Invitation, KnownInvitation, Reactivation, Removed].contains(&letter.kind());
        let mail = rendered(&letter);
        for form in [&mail.text, &mail.html] {
            assert_eq!(form.contains("If this was not you, tell your Administrator."), is_notice);
        }
    }
}

#[test]
fn both_forms_tell_the_same_facts() {
    for letter in all_letters() {
        let mail = rendered(&letter);
        let html = seen(&mail.html);
        for line in mail.text.lines().filter(|line| !line.is_empty()) {
            let line = line.trim_start_matches(|sign: char| sign.is_ascii_digit() || sign == '.').trim();
            let words = line.split_once(": ").map_or(line, |(_, value)| value).trim_end_matches(':');
            assert!(html.contains(words), "{}: {words:?} is missing in {html}", letter.kind());
        }
    }
}

#[test]
fn the_invitation_as_text() {
    insta::assert_snapshot!(told(Content::Invitation(invitation())).text, @r#"
    Amara Okafor invited you to Brightwater Energy

    Rollcall is where Brightwater Energy manages who can use its tools. Follow these steps to get started.

    Accept the invitation:

    https://people.example/activate/7Yq2mX4vKc9TzR

    1. Open the link and choose "Activate account".
    2. Log in as ann@people.example with the temporary password.
    3. Choose a password of your own.

    Log in as: ann@people.example
    Temporary password: Xk7#mQ2$vT9*rW4?
    Organization: Brightwater Energy
    Invited by: Amara Okafor
    Your roles: User, Callback Viewer
    Link works until: 2025-11-27 14:05 UTC. It works once.
    Time: 2025-11-20 14:05 UTC

    Not expecting this? Ignore it, and no account is opened.

    Sent to ann@people.example by Rollcall for Brightwater Energy.
    "#);
}

#[test]
fn the_lines_of_the_invitation_that_people_and_tests_look_for() {
    let mail = told(Content::Invitation(invitation()));
    let lines: Vec<&str> = mail.text.lines().collect();
    assert!(lines.contains(&"Temporary password: Xk7#mQ2$vT9*rW4?"), "{}", mail.text);
    assert!(lines.contains(&"https://people.example/activate/7Yq2mX4vKc9TzR"), "{}", mail.text);
    assert!(lines.contains(&"Your roles: User, Callback Viewer"), "{}", mail.text);
    assert!(lines.contains(&"Link works until: 2025-11-27 14:05 UTC. It works once."), "{}", mail.text);
    assert!(seen(&mail.html).contains("Temporary password Xk7#mQ2$vT9*rW4?"), "{}", mail.html);
    let steps = ["1. Open the link", "2. Log in", "3. Choose a password"];
    let places: Vec<usize> =
        steps.iter().map(|step| lines.iter().position(|line| line.starts_with(step)).expect(step)).collect();
    assert!(places.is_sorted());
}

#[test]
fn who_has_a_password_gets_none() {
    let mail = told(Content::Invitation(known_invitation()));
    assert!(!mail.text.to_lowercase().contains("temporary"), "{}", mail.text);
    assert!(mail.text.contains("requires multi-factor authentication"), "{}", mail.text);
    let mail = told(Content::Reactivation { organization: "Brightwater".into(), link: link("/activate/abc", days(7)) });
    assert!(!mail.text.to_lowercase().contains("temporary"), "{}", mail.text);
}

#[test]
fn the_old_address_is_masked_for_the_new_one_only() {
    let content = || Content::EmailChanged {
        old: email("ann.lee@people.example"),
        new: email("ann@new.example"),
        by: "Amara Okafor".into(),
    };
    let account = email("ann@new.example");
    let at_new = Letter { to: to("Ann@new.example"), account: account.clone(), content: content() };
    let text = rendered(&at_new).text;
    assert!(text.contains("Old email: a***@people.example") && !text.contains("ann.lee"), "{text}");
    let at_old = Letter { to: to("ann.lee@people.example"), account, content: content() };
    let text = rendered(&at_old).text;
    assert!(text.contains("Old email: ann.lee@people.example"), "{text}");
    assert!(text.contains("log in with ann@new.example") && text.contains("Amara Okafor"), "{text}");
}

#[test]
fn links_say_how_long_they_work() {
    let reset = told(Content::PasswordReset { link: link("/password/reset/abc", minutes(60)) });
    assert!(reset.text.contains("60 minutes") && reset.text.contains("works once"), "{}", reset.text);
    assert!(reset.text.contains("the lock stays"), "{}", reset.text);
    let confirm = told(Content::EmailConfirmation { link: link("/account/email/confirm/x", days(1)) });
    assert!(confirm.text.contains("24 hours"), "{}", confirm.text);
}

#[test]
fn no_letter_links_anywhere_but_home() {
    for letter in all_letters() {
        let mail = rendered(&letter);
        for url in links(&mail.html) {
            assert!(url.starts_with("https://people.example/"), "{url}");
        }
        for forbidden in ["<img", "src=", "url(", "@import", "<script", "<form"] {
            assert!(!mail.html.contains(forbidden), "{}: {forbidden}", letter.kind());
        }
    }
}

#[test]
fn what_people_typed_stays_inert() {
    let polyglots = [
        "http://evil",
        "https://evil.example/x?y=z",
        "www.evil.example",
        "<a href=\"http://evil\">click</a>",
        "\"><img src=x onerror=alert(1)>",
        "x\r\nBcc: victim@evil.example\r\n\r\nhello",
        "{{ 7*7 }}\0'",
    ];
    for name in polyglots {
        let mail = told(Content::Invitation(Invitation {
            inviter: name.to_owned(),
            organization: Some(name.to_owned()),
            roles: vec![name.to_owned()],
            ..invitation()
        }));
        assert!(links(&mail.html).iter().all(|url| url.starts_with(HOST)), "{name}");
        assert_eq!(mail.html.matches("<a ").count(), 2, "{name}");
        assert!(!mail.html.contains("<img") && !mail.html.contains("onerror=alert(1)>"), "{name}");
        for form in [&mail.text, &mail.html, &mail.subject] {
            assert!(!form.contains('\r') && !form.contains('\0') && !form.contains("\nBcc"), "{name}");
        }
        let places: Vec<_> = mail.text.match_indices("http").collect();
        for (place, _) in places {
            let ours = mail.text[place..].starts_with(HOST);
            assert!(ours || !mail.text[place..].split(' ').next().is_some_and(|word| word.contains("://")));
        }
        assert!(!mail.text.contains("www.evil") && !mail.html.contains("evil.example/x"), "{name}");
    }
}
