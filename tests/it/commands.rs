//! The program on the command line: what each command says and how it ends, on an empty folder and while it serves
//! (operations contract section 2, security contract S51, S104).

use std::os::unix::fs::PermissionsExt;

use crate::support::Shell;

const TOMORROW: &str = "2099-12-31";
const SAM: &str = "sam@acme.example";

#[tokio::test(flavor = "multi_thread")]
async fn the_operator_runs_an_installation() {
    for shell in Shell::each().await {
        shell.add_admin(SAM);
        let last = shell.run(&["user", "disable", "--email", SAM]).refused(1);
        assert_eq!(last, "This is the last Server Administrator.");
        shell.add_admin("ana@acme.example");
        assert_eq!(shell.run(&["user", "disable", "--email", SAM]).done(), "sam@acme.example was disabled.\n");
        assert_eq!(shell.run(&["user", "disable", "--email", SAM]).refused(1), "sam@acme.example is disabled already.");
        assert_eq!(
            shell.run(&["user", "enable", "--email", "SAM@acme.example"]).done(),
            "SAM@acme.example was enabled.\n"
        );
        assert_eq!(
            shell.run(&["user", "enable", "--email", "x@y.example"]).refused(1),
            "Nobody has the address x@y.example."
        );
        let acme = shell.add_organization("Acme");
        let grant = ["support", "grant", "--organization", &acme, "--request", "R-1"];
        let until = |email: &'static str, day: &'static str| [&grant[..], &["--email", email, "--until", day]].concat();
        assert_eq!(shell.run(&until(SAM, TOMORROW)).done(), "sam@acme.example may work there now.\n");
        assert_eq!(shell.run(&until("new@vendor.example", TOMORROW)).done(), "new@vendor.example was invited.\n");
        let client = ["client", "grant", "--organization", &acme, "--email"];
        assert_eq!(shell.run(&[&client[..], &["cy@acme.example"]].concat()).done(), "cy@acme.example was invited.\n");
        assert_eq!(
            shell.run(&[&client[..], &[SAM]].concat()).refused(1),
            "sam@acme.example is already a member of Acme."
        );
        assert!(shell.run(&["key", "rotate"]).done().starts_with("The key was rotated: "));
        assert!(shell.run(&["audit", "verify"]).done().contains("are as they were written"));
        shell.database.drop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_asked_wrongly_is_said_without_asking_the_database() {
    for shell in Shell::each().await {
        let id = "0197a3c2-5a10-7c3e-9b1d-2f6e8a4c0d11";
        let wrong: [(&[&str], &str); 9] = [
            (&["user", "disable", "--email", "nonsense"], "--email: "),
            (&["user", "enable"], "--email"),
            (
                &["support", "grant", "--organization", "x", "--email", SAM, "--request", "R", "--until", TOMORROW],
                "--organization: x is not an id",
            ),
            (
                &["support", "grant", "--organization", id, "--email", SAM, "--request", " ", "--until", TOMORROW],
                "--request: ",
            ),
            (
                &["support", "grant", "--organization", id, "--email", SAM, "--request", "R", "--until", "31.12.2099"],
                "--until: expected a day",
            ),
            (
                &["support", "grant", "--organization", id, "--email", SAM, "--request", "R", "--until", "2020-01-01"],
                "--until: this day is over",
            ),
            (&["client", "grant", "--organization", id], "--email"),
            (&["restore", "nothing.backup"], "there is no file nothing.backup"),
            (&["key"], "rotate"),
        ];
        for (arguments, words) in wrong {
            let said = shell.run(arguments).refused(2);
            assert!(said.contains(words), "{arguments:?}: {said}");
        }
        assert!(!shell.database.folder.path().join("rollcall.db").exists());
        shell.database.drop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_command_starts_an_empty_folder() {
    let id = "0197a3c2-5a10-7c3e-9b1d-2f6e8a4c0d11";
    let commands: [(&[&str], i32); 9] = [
        (&["user", "disable", "--email", SAM], 1),
        (&["user", "enable", "--email", SAM], 1),
        (&["support", "grant", "--organization", id, "--email", SAM, "--request", "R", "--until", TOMORROW], 1),
        (&["client", "grant", "--organization", id, "--email", SAM], 1),
        (&["backup", "one.backup"], 0),
        (&["mail", "release"], 0),
        (&["mail", "discard"], 0),
        (&["key", "rotate"], 0),
        (&["audit", "verify"], 0),
    ];
    for (arguments, code) in commands {
        for shell in Shell::each().await {
            let said = shell.run(arguments);
            assert_eq!(said.code, code, "{arguments:?}: {said:?}");
            assert_eq!(said.err.lines().count(), usize::from(code == 1), "{said:?}");
            assert_eq!(shell.run(&["migrate", "--check"]).code, 0);
            shell.database.drop().await;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn commands_work_while_it_serves_and_restore_into_an_empty_server() {
    for (shell, other) in Shell::each().await.into_iter().zip(Shell::each().await) {
        shell.add_admin(SAM);
        let acme = shell.add_organization("Acme");
        let (one, two) = (shell.serve(), shell.serve());
        assert_ne!(one.address, two.address, "two processes on one database");
        shell
            .run(&["support", "grant", "--organization", &acme, "--email", SAM, "--request", "R", "--until", TOMORROW])
            .done();
        shell.run(&["user", "enable", "--email", SAM]).refused(1);
        shell.run(&["key", "rotate"]).done();
        let file = shell.database.folder.path().join("one.backup");
        let name = file.to_str().expect("UTF-8");
        assert!(shell.run(&["backup", name]).done().contains("rows were written"));
        assert!(shell.run(&["backup", name]).refused(2).ends_with("exists already; a backup overwrites nothing"));
        assert!(shell.run(&["restore", name]).refused(1).contains("not empty"));
        shell.run(&["audit", "verify"]).done();
        assert_eq!((one.stop(), two.stop()), (0, 0));
        other.write_key(&std::fs::read_to_string(shell.key_file()).expect("key"), 0o600);
        let serving = other.serve();
        assert!(other.run(&["restore", name]).done().contains("rows of "));
        assert!(other.run(&["user", "disable", "--email", SAM]).refused(1).contains("last Server Administrator"));
        other.run(&["audit", "verify"]).done();
        assert_eq!(serving.stop(), 0);
        for shell in [shell, other] {
            modes(&shell);
            shell.database.drop().await;
        }
    }
}

/// Everything in the data folder is its owner's alone (S104).
fn modes(shell: &Shell) {
    let mut folders = vec![shell.database.folder.path().to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).expect("folder") {
            let path = entry.expect("entry").path();
            let mode = path.metadata().expect("there").permissions().mode() & 0o777;
            if path.is_dir() {
                assert_eq!(mode, 0o700, "{}", path.display());
                folders.push(path);
            } else {
                assert_eq!(mode, 0o600, "{}", path.display());
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bad_key_file_stops_the_start() {
    for shell in Shell::each().await {
        shell.add_admin(SAM);
        let good = std::fs::read_to_string(shell.key_file()).expect("key");
        let cases = [
            ("c2hvcnQ=\n", 0o600, 2, "is too short"),
            ("", 0o600, 2, "is too short"),
            ("not base64\n", 0o600, 2, "is malformed"),
            (good.as_str(), 0o644, 2, "is open to others (mode 0644); run chmod 600 on it"),
            ("ICEiIyQlJicoKSorLC0uLzAxMjM0NTY3ODk6Ozw9Pj8=\n", 0o600, 1, "the key file does not fit this database"),
        ];
        for (text, mode, code, words) in cases {
            shell.write_key(text, mode);
            for arguments in [&["serve"][..], &["user", "enable", "--email", SAM]] {
                let said = shell.run(arguments).refused(code);
                assert!(said.contains(words), "{words}: {said}");
                assert!(text.trim().is_empty() || !said.contains(text.trim()), "{said}");
            }
        }
        std::fs::remove_file(shell.key_file()).expect("removed");
        assert!(shell.run(&["serve"]).refused(2).contains("is missing"));
        assert!(!shell.key_file().exists(), "no other key is made for a database that has one");
        shell.write_key(&good, 0o600);
        assert_eq!(shell.serve().stop(), 0, "the right one starts");
        shell.database.drop().await;
    }
}
