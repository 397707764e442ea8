use std::ffi::OsString;
use std::path::PathBuf;
use std::time::Duration;

use secrecy::ExposeSecret;

use super::*;

/// Settings from the environment alone; the file is one that is empty.
fn from_environment(variables: &[(&str, &str)]) -> Result<Config, String> {
    let given = Given { file: Some(PathBuf::from("/dev/null")), flags: Vec::new() };
    Config::load(&given, owned(variables)).map_err(|error| error.to_string())
}

fn owned(variables: &[(&str, &str)]) -> Vec<(OsString, OsString)> {
    variables.iter().map(|(name, value)| (OsString::from(name), OsString::from(value))).collect()
}

fn refusal(variables: &[(&str, &str)]) -> String {
    let line = from_environment(variables).expect_err("should be refused");
    assert!(!line.contains('\n'), "more than one line: {line}");
    line
}

/// A file with this text and the settings it gives.
fn from_file(text: &str, flags: Vec<(&'static str, String)>) -> Result<Config, String> {
    let folder =
        std::env::temp_dir().join(format!("rollcall-config-{}-{:?}", std::process::id(), std::thread::current().id()));
    std::fs::create_dir_all(&folder).expect("folder");
    let path = folder.join("rollcall.toml");
    std::fs::write(&path, text).expect("file");
    let given = Given { file: Some(path), flags };
    let outcome = Config::load(&given, owned(&[("ROLLCALL_LOG", "warn")]));
    std::fs::remove_dir_all(&folder).expect("clean up");
    outcome.map_err(|error| error.to_string())
}

#[test]
fn defaults_are_those_of_the_contract() {
    let config = from_environment(&[]).expect("defaults");
    assert_eq!(config.listen.to_string(), "127.0.0.1:8080");
    assert_eq!(config.public_url.as_str(), "http://127.0.0.1:8080");
    assert_eq!(config.argon2, Argon2Cost::FLOOR);
    assert_eq!(config.key_file, PathBuf::from("data/rollcall.key"));
    assert!(matches!(&config.database_url,
        DatabaseUrl::Sqlite(path) if path == &PathBuf::from("data/rollcall.db")));
    assert!(config.smtp_url.is_none() && config.setup_code.is_none());
    assert_eq!(config.mail_from.email.to_string(), "noreply@localhost");
    assert_eq!(config.api_write_limit, Rate { count: 100, per: Duration::from_hours(1) });
    assert!(config.it_admin_global_tokens && !config.insecure_test_hashing);
}

#[test]
fn defaults_follow_the_settings_they_name() {
    let config = from_environment(&[("ROLLCALL_DATA_DIR", "/srv/people"), ("ROLLCALL_LISTEN", "[::1]:0")]);
    let mut config = config.expect("valid");
    assert_eq!(config.key_file, PathBuf::from("/srv/people/rollcall.key"));
    config.listening_on("[::1]:41234".parse().expect("address"));
    assert_eq!(config.public_url.as_str(), "http://[::1]:41234");
}

#[test]
fn a_configured_public_url_survives_the_listener() {
    let mut config =
        from_environment(&[("ROLLCALL_PUBLIC_URL", "https://people.example/"), ("ROLLCALL_LISTEN", "0.0.0.0:0")])
            .expect("valid");
    config.listening_on("0.0.0.0:41234".parse().expect("address"));
    assert_eq!(config.public_url.link("/login"), "https://people.example/login");
    assert!(config.public_url.is_https());
}

#[test]
fn flag_beats_environment_beats_file_beats_default() {
    let file = "log = \"error\"\nlisten = \"127.0.0.1:1\"\ndatabase_connections = 3\n";
    let flags = vec![("listen", "127.0.0.1:2".to_owned())];
    let config = from_file(file, flags).expect("valid");
    assert_eq!(config.listen.port(), 2);
    assert_eq!(config.log.to_string(), "warn");
    assert_eq!(config.database_connections, 3);
    let sources: Vec<String> = config.explain().into_iter().map(|line| line.source).collect();
    assert_eq!(sources.first().map(String::as_str), Some("flag"));
    assert!(sources.iter().any(|source| source.ends_with("rollcall.toml")));
}

#[test]
fn a_list_in_the_file_is_a_list() {
    let config = from_file("trusted_proxies = [\"10.0.0.0/8\", \"::1\"]", vec![]).expect("valid");
    let shown: Vec<String> = config.trusted_proxies.iter().map(ToString::to_string).collect();
    assert_eq!(shown, ["10.0.0.0/8", "::1/128"]);
}

#[test]
fn what_nobody_knows_is_an_error() {
    assert!(refusal(&[("ROLLCALL_LISTN", "127.0.0.1:1")]).contains("ROLLCALL_LISTN"));
    let line = from_file("[server]\nlisten = \"x\"", vec![]).expect_err("a table is no setting");
    assert!(line.contains("server"), "{line}");
    let line = from_file("listen = \n", vec![]).expect_err("not TOML");
    assert!(line.contains("line 1") && !line.contains('\n'), "{line}");
    let given = Given { file: Some(PathBuf::from("/nowhere/rollcall.toml")), flags: Vec::new() };
    assert!(Config::load(&given, owned(&[])).is_err(), "a named file must exist");
}

#[test]
fn each_bad_value_is_one_line_that_names_the_setting() {
    let bad = [
        ("LISTEN", "8080"),
        ("LISTEN", "localhost"),
        ("OPS_LISTEN", "on"),
        ("OPS_LISTEN", "127.0.0.1:8080"),
        ("PUBLIC_URL", "http://people.example"),
        ("PUBLIC_URL", "https://people.example/portal"),
        ("PUBLIC_URL", "https://a@people.example"),
        ("PUBLIC_URL", "ftp://127.0.0.1"),
        ("DATA_DIR", ""),
        ("DATABASE_URL", "mysql://localhost/x"),
        ("DATABASE_URL", "sqlite::memory:"),
        ("DATABASE_URL", "sqlite:x.db?mode=ro"),
        ("DATABASE_URL", "postgres:people"),
        ("DATABASE_CONNECTIONS", "0"),
        ("DATABASE_CONNECTIONS", "eight"),
        ("SMTP_URL", "http://127.0.0.1"),
        ("SMTP_URL", "smtp://mail.example?tls=maybe"),
        ("SMTP_URL", "smtps://mail.example?tls=none"),
        ("SMTP_URL", "smtp://user@mail.example"),
        ("MAIL_FROM", "Rollcall"),
        ("MAIL_FROM", "Rollcall <a@b.example> more"),
        ("MAIL_FROM", "a@b.example, c@d.example"),
        ("MAIL_FROM", "Rollcall\n<a@b.example>"),
        ("TRUSTED_PROXIES", "10.0.0.0/33"),
        ("LOG", "verbose"),
        ("LOG", "rollcall=loud"),
        ("LOG", ""),
        ("LOG_FORMAT", "xml"),
        ("ARGON2", "m=19456"),
        ("ARGON2", "m=19455,t=2,p=1"),
        ("ARGON2", "m=19456,t=1,p=1"),
        ("ARGON2", "m=19456,t=2,p=0"),
        ("ARGON2", "m=19456,t=2,p=1,p=1"),
        ("HASH_CONCURRENCY", "0"),
        ("PASSWORD_MIN_LENGTH", "7"),
        ("PASSWORD_MIN_LENGTH", "129"),
        ("API_WRITE_LIMIT", "off"),
        ("API_WRITE_LIMIT", "100"),
        ("API_WRITE_LIMIT", "0/1h"),
        ("ADDRESS_LIMIT", "10/0s"),
        ("LOGIN_ADDRESS_LIMIT", "none"),
        ("IT_ADMIN_GLOBAL_TOKENS", "maybe"),
        ("INSECURE_TEST_HASHING", "yes please"),
    ];
    for (key, value) in bad {
        let name = format!("ROLLCALL_{key}");
        let line = refusal(&[(&name, value)]);
        assert!(line.starts_with(&name), "{name}={value:?} gave {line}");
    }
}

#[test]
fn plain_http_is_for_loopback_only() {
    for url in ["http://localhost:9000", "http://127.8.8.8", "http://[::1]:80", "http://a.localhost"] {
        from_environment(&[("ROLLCALL_PUBLIC_URL", url)]).expect(url);
    }
    let line = refusal(&[("ROLLCALL_LISTEN", "0.0.0.0:8080")]);
    assert!(line.starts_with("ROLLCALL_PUBLIC_URL"), "{line}");
}

#[test]
fn weak_hashing_needs_the_switch_and_loopback() {
    let weak = ("ROLLCALL_ARGON2", "m=8,t=1,p=1");
    let switch = ("ROLLCALL_INSECURE_TEST_HASHING", "1");
    assert!(refusal(&[weak]).starts_with("ROLLCALL_ARGON2"));
    assert_eq!(from_environment(&[weak, switch]).expect("allowed").argon2.memory_kib, 8);
    let open = [switch, ("ROLLCALL_LISTEN", "0.0.0.0:8080"), ("ROLLCALL_PUBLIC_URL", "https://people.example")];
    assert!(refusal(&open).starts_with("ROLLCALL_INSECURE_TEST_HASHING"));
}

#[test]
fn secrets_are_neither_explained_nor_debugged_nor_taken_as_flags() {
    let config = from_environment(&[
        ("ROLLCALL_SETUP_CODE", "marker-code"),
        ("ROLLCALL_SMTP_URL", "smtp://ann:marker%40mail@127.0.0.1:1025"),
        ("ROLLCALL_DATABASE_URL", "postgres://ann:marker-db@127.0.0.1/people?sslpassword=marker-tls"),
    ])
    .expect("valid");
    let shown = format!("{:?} {config:?}", config.explain());
    assert!(!shown.contains("marker"), "{shown}");
    assert!(shown.contains("postgres://ann:***@127.0.0.1/people"), "{shown}");
    assert!(config.database_url.exposed().contains("ann:marker-db@"));
    let server = config.smtp_url.expect("server");
    assert_eq!(server.login.expect("login").password.expose_secret(), "marker@mail");

    let url = "postgres://ann:marker@127.0.0.1/people".to_owned();
    let line = from_file("", vec![("database_url", url)]).expect_err("visible to everybody");
    assert!(!line.contains("marker") && line.contains("ROLLCALL_DATABASE_URL"), "{line}");
    assert!(from_file("", vec![("setup_code", "x".to_owned())]).is_err());
    let line = refusal(&[("ROLLCALL_SMTP_URL", "smtp://ann:marker@mail.example/path")]);
    assert!(!line.contains("marker"), "{line}");
}

#[test]
fn mail_beyond_loopback_is_protected_unless_asked_otherwise() {
    let cases = [
        ("smtp://127.0.0.1:1025", SmtpEncryption::Plain, 1025),
        ("smtp://localhost", SmtpEncryption::Plain, 25),
        ("smtp://mail.example", SmtpEncryption::StartTls, 587),
        ("smtp://mail.example:25?tls=required", SmtpEncryption::StartTls, 25),
        ("smtp://mail.example?tls=none", SmtpEncryption::Plain, 25),
        ("smtp://mail.example?tls=opportunistic", SmtpEncryption::Opportunistic, 25),
        ("smtps://mail.example", SmtpEncryption::Implicit, 465),
    ];
    for (text, encryption, port) in cases {
        let config = from_environment(&[("ROLLCALL_SMTP_URL", text)]).expect(text);
        let server = config.smtp_url.expect(text);
        assert_eq!((server.encryption, server.port), (encryption, port), "{text}");
    }
}

#[test]
fn only_our_own_host_is_answered_to() {
    let https = from_environment(&[("ROLLCALL_PUBLIC_URL", "https://people.example")]).expect("valid").public_url;
    for host in ["people.example", "PEOPLE.example", "people.example:443"] {
        assert!(https.answers_to(host), "{host}");
    }
    for host in [
        "",
        "evil.example",
        "people.example:8443",
        "people.example/x",
        "a@people.example",
        "people.example.",
        "127.0.0.1",
    ] {
        assert!(!https.answers_to(host), "{host}");
    }
    let local = from_environment(&[]).expect("valid").public_url;
    assert!(local.answers_to("127.0.0.1:8080") && local.answers_to("localhost:8080"));
    assert!(!local.answers_to("127.0.0.1") && !local.answers_to("evil.example:8080"));
}

#[test]
fn nothing_and_off_are_values_too() {
    let config = from_environment(&[
        ("ROLLCALL_OPS_LISTEN", "off"),
        ("ROLLCALL_ADDRESS_LIMIT", "off"),
        ("ROLLCALL_LOGIN_ADDRESS_LIMIT", "5/90s"),
        ("ROLLCALL_SMTP_URL", ""),
    ])
    .expect("valid");
    assert!(config.ops_listen.is_none() && config.address_limit.is_none());
    assert_eq!(config.login_address_limit.map(|rate| rate.to_string()).as_deref(), Some("5/1m 30s"));
    let smtp = config.explain().into_iter().find(|line| line.name == "ROLLCALL_SMTP_URL");
    assert_eq!(smtp.map(|line| line.value).as_deref(), Some("none"));
}
