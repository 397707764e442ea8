//! The program itself, run as an operator runs it: in a data folder of its own, on either database.

use std::{
    io::{BufRead, BufReader, Write},
    path::PathBuf,
    process::{Child, Command, Output, Stdio},
};

use super::{PASSWORD, database::Database};

/// A data folder, and the settings every run has.
pub struct Shell {
    pub database: Database,
}

/// What a run said.
#[derive(Debug)]
pub struct Said {
    pub code: i32,
    pub out: String,
    pub err: String,
}

impl Said {
    /// It worked; what it printed.
    pub fn done(self) -> String {
        assert_eq!((self.code, self.err.as_str()), (0, ""), "{}", self.out);
        self.out
    }

    /// It failed with this status, and said why in one line.
    pub fn refused(self, code: i32) -> String {
        assert_eq!(self.code, code, "{self:?}");
        assert!(self.err.starts_with("rollcall: ") && self.err.lines().count() == 1, "{self:?}");
        assert_eq!(self.out, "");
        self.err.trim().trim_start_matches("rollcall: ").to_owned()
    }
}

/// A server that ends with the test.
pub struct Serving {
    child: Child,
    /// Where it listens.
    pub address: String,
}

impl Serving {
    /// Stops it as a service manager does, and waits.
    pub fn stop(mut self) -> i32 {
        let id = self.child.id().to_string();
        assert!(Command::new("kill").args(["-TERM", &id]).status().expect("kill").success());
        self.child.wait().expect("ended").code().unwrap_or(-1)
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

impl Shell {
    /// One for each database there is.
    pub async fn each() -> Vec<Self> {
        Database::each().await.into_iter().map(Self::on).collect()
    }

    /// In an empty folder; PostgreSQL has a key file, as it must.
    pub fn on(database: Database) -> Self {
        let shell = Self { database };
        if shell.database.is_postgres() {
            shell.write_key("AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=\n", 0o600);
        }
        shell
    }

    pub fn key_file(&self) -> PathBuf {
        self.database.folder.path().join("rollcall.key")
    }

    pub fn write_key(&self, text: &str, mode: u32) {
        use std::os::unix::fs::PermissionsExt;
        std::fs::write(self.key_file(), text).expect("key file");
        std::fs::set_permissions(self.key_file(), std::fs::Permissions::from_mode(mode)).expect("mode");
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_rollcall"));
        command.args(arguments).current_dir(self.database.folder.path()).env_clear();
        command.env("ROLLCALL_DATA_DIR", self.database.folder.path()).env("ROLLCALL_DATABASE_URL", &self.database.url);
        command.env("ROLLCALL_DATABASE_CONNECTIONS", "3").env("ROLLCALL_HASH_CONCURRENCY", "1");
        command.env("ROLLCALL_LISTEN", "127.0.0.1:0").env("ROLLCALL_OPS_LISTEN", "off");
        command.env("ROLLCALL_ARGON2", "m=8,t=1,p=1").env("ROLLCALL_INSECURE_TEST_HASHING", "1");
        command
    }

    /// Runs a command to its end.
    pub fn run(&self, arguments: &[&str]) -> Said {
        self.run_with(arguments, "")
    }

    /// The same with something on standard input.
    pub fn run_with(&self, arguments: &[&str], input: &str) -> Said {
        let mut command = self.command(arguments);
        let mut child = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the program runs");
        drop(child.stdin.take().expect("input").write_all(input.as_bytes()));
        let Output { status, stdout, stderr } = child.wait_with_output().expect("the program ends");
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("UTF-8");
        Said { code: status.code().unwrap_or(-1), out: text(stdout), err: text(stderr) }
    }

    /// Starts serving and waits until it does.
    pub fn serve(&self) -> Serving {
        let mut command = self.command(&["serve"]);
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().expect("the program runs");
        let mut lines = BufReader::new(child.stdout.take().expect("output")).lines();
        let first = lines.next().transpose().expect("text").unwrap_or_default();
        let serving = Serving { child, address: first.rsplit(' ').next().unwrap_or_default().to_owned() };
        assert!(serving.address.starts_with("http://127.0.0.1:"), "{first}");
        // Whoever prints to a closed pipe ends.
        std::thread::spawn(move || lines.for_each(drop));
        serving
    }

    /// Makes a Server Administrator.
    pub fn add_admin(&self, email: &str) {
        self.run_with(&["admin", "create", "--email", email, "--name", "Sam Super", "--password-stdin"], PASSWORD)
            .done();
    }

    /// Makes an organization and gives its id.
    pub fn add_organization(&self, name: &str) -> String {
        self.run(&["organization", "create", "--name", name]).done().trim().to_owned()
    }
}
