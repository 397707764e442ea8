use super::*;
use crate::domain::entropy::Seeded;

const WRITTEN: Timestamp = Timestamp::from_seconds(1_763_647_500);

fn sender() -> Mailbox {
    "Rollcall <noreply@mail.example>".parse().expect("sender")
}

fn mail_id() -> MailId {
    MailId::new(WRITTEN, &Seeded::new(7))
}

fn rendered(subject: &str, text: &str) -> Rendered {
    Rendered { subject: subject.into(), text: text.into(), html: "<p>Hello</p>".into() }
}

fn composed(rendered: &Rendered) -> String {
    let recipient = Email::parse("Ann@People.example").expect("address");
    compose(&sender(), &recipient, mail_id(), WRITTEN, rendered).expect("composed")
}

fn headers(message: &str) -> Vec<&str> {
    message.split_once("\r\n\r\n").expect("headers end").0.split("\r\n").collect()
}

/// Names of the headers, folded lines left out.
fn header_names(message: &str) -> Vec<&str> {
    let fresh = headers(message).into_iter().filter(|line| !line.starts_with([' ', '\t']));
    fresh.map(|line| line.split(':').next().unwrap_or(line)).collect()
}

fn assert_well_formed(message: &str) {
    assert!(message.is_ascii());
    assert!(!message.replace("\r\n", "").contains(['\r', '\n', '\0']), "bare line ends");
    assert!(message.split("\r\n").all(|line| line.len() <= 998), "a line is too long");
}

#[test]
fn the_headers_are_complete_and_the_same_every_time() {
    let mail = rendered("You are invited to Brightwater", "Hello");
    let message = composed(&mail);
    assert_well_formed(&message);
    let id = mail_id();
    assert_eq!(
        headers(&message),
        [
            "From: Rollcall <noreply@mail.example>".to_owned(),
            "To: Ann@People.example".to_owned(),
            "Subject: You are invited to Brightwater".to_owned(),
            "Date: Thu, 20 Nov 2025 14:05:00 +0000".to_owned(),
            format!("Message-ID: <{id}@mail.example>"),
            "Auto-Submitted: auto-generated".to_owned(),
            "MIME-Version: 1.0".to_owned(),
            "Content-Type: multipart/alternative;".to_owned(),
            format!(" boundary=\"rollcall-{id}\""),
        ]
    );
    assert_eq!(message, composed(&mail));
}

#[test]
fn ascii_is_written_as_it_is_and_long_links_stay_whole() {
    let link = format!("https://people.example/activate/{}", "x".repeat(300));
    let message = composed(&rendered("Hello", &format!("A = b.\n\n{link}\n.\nfrom me")));
    assert_well_formed(&message);
    assert!(message.contains(&format!("A = b.\r\n\r\n{link}\r\n.\r\nfrom me")), "{message}");
    assert!(message.contains("Content-Transfer-Encoding: 7bit"), "{message}");
    assert!(!message.contains("base64"), "{message}");
    let plain = message.find("Content-Type: text/plain; charset=utf-8").expect("text part");
    let html = message.find("Content-Type: text/html; charset=utf-8").expect("html part");
    assert!(plain < html);
}

#[test]
fn other_text_is_quoted_printable() {
    for text in ["Zoë\nTemporary password: Xk7#mQ2$vT9*rW4?", "日本語の名前です\nTemporary password: x"] {
        let message = composed(&rendered("Hello", text));
        assert_well_formed(&message);
        assert!(message.contains("Content-Transfer-Encoding: quoted-printable"), "{message}");
        assert!(message.contains("\r\nTemporary password: "), "{message}");
    }
    let message = composed(&rendered("Hello", &"x".repeat(2048)));
    assert_well_formed(&message);
}

#[test]
fn no_name_adds_a_header_a_recipient_or_a_part() {
    let usual = header_names(&composed(&rendered("Hello", "x"))).join(" ");
    let boundary = format!("--rollcall-{}", mail_id());
    let names = [
        "a\r\nBcc: victim@evil.example".to_owned(),
        "a\nX-Evil: 1\n\nbody".to_owned(),
        "a\rb\0c\u{85}d\u{2028}e".to_owned(),
        "a, b <victim@evil.example>".to_owned(),
        "=?utf-8?q?a=0D=0ABcc:_victim@evil.example?=".to_owned(),
        "x".repeat(2048),
        "é".repeat(2048),
        "é \r\n é".to_owned(),
        format!("\r\n{boundary}\r\nContent-Type: text/html"),
    ];
    for name in names {
        let subject = super::super::inert::header(&format!("You are invited to {name}"));
        let message = composed(&rendered(&subject, &super::super::inert::inert(&name)));
        assert_well_formed(&message);
        assert_eq!(header_names(&message).join(" "), usual, "{name}");
        assert_eq!(message.matches("\r\nTo: ").count(), 1);
        assert!(message.contains("\r\nTo: Ann@People.example\r\n"));
        assert!(!message.contains("=?utf-8?q?"), "{message}");
        let starts = message.split("\r\n").filter(|line| *line == boundary).count();
        assert_eq!(starts, 2, "two parts, whatever the name: {message}");
    }
}

#[test]
fn every_valid_address_can_be_mailed() {
    let longest = format!("{}@{}.example", "a".repeat(64), ["b".repeat(60), "c".repeat(60)].join("."));
    for address in ["!#$%&'*+/=?^_`{|}~-@a.b", "a.b@1.example", "o'neil@x-y.example", &longest] {
        let recipient = Email::parse(address).expect(address);
        let message = compose(&sender(), &recipient, mail_id(), WRITTEN, &rendered("Hello", "x")).expect(address);
        assert_well_formed(&message);
        assert!(headers(&message).contains(&format!("To: {address}").as_str()), "{message}");
    }
}
