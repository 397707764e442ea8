//! The measured program as a child process: started on a free port with an existing database, signed in to, weighed and
//! stopped.

use std::{
    net::TcpListener,
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use crate::{Failure, client::Browser};

/// The password of every account of the demonstration.
const PASSWORD: &str = "amber-canyon-whistle-62";

/// A running server.
pub struct Program {
    child: Child,
    pub port: u16,
    /// Port of the operations listener.
    pub ops_port: u16,
    /// From the start of the process until its login page was answered.
    pub cold_start: Duration,
}

impl Program {
    /// Starts Rollcall and waits for its first answer.
    pub async fn start(binary: &str, folder: &str) -> Result<Self, Failure> {
        let (port, ops_port) = (free_port()?, free_port()?);
        let mut command = Command::new(binary);
        // One client stands for everybody here, so it may try every account.
        command
            .arg("serve")
            .env("ROLLCALL_DATA_DIR", folder)
            .env("ROLLCALL_LISTEN", format!("127.0.0.1:{port}"))
            .env("ROLLCALL_OPS_LISTEN", format!("127.0.0.1:{ops_port}"))
            .env("ROLLCALL_LOGIN_ADDRESS_LIMIT", "off")
            .env("ROLLCALL_ADDRESS_LIMIT", "off");
        let mut program = Self::run(command, port).await?;
        program.ops_port = ops_port;
        Ok(program)
    }

    /// Makes a token that may read the users of an organization.
    pub fn token(binary: &str, folder: &str, organization: &str) -> Result<String, Failure> {
        let name = format!("Bench {}", std::process::id());
        let made = Command::new(binary)
            .args(["token", "create", "--name", &name, "--organization", organization])
            .args(["--permission", "api.users.read", "--expires-in", "1d"])
            .env("ROLLCALL_DATA_DIR", folder)
            .output()?;
        if !made.status.success() {
            return Err(String::from_utf8_lossy(&made.stderr).into_owned().into());
        }
        Ok(String::from_utf8(made.stdout)?.trim().to_owned())
    }

    /// Starts the floor.
    pub async fn floor(folder: &str) -> Result<Self, Failure> {
        let port = free_port()?;
        let mut command = Command::new(std::env::current_exe()?);
        command.args(["floor", folder]).env("FLOOR_PORT", port.to_string());
        Self::run(command, port).await
    }

    async fn run(mut command: Command, port: u16) -> Result<Self, Failure> {
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        let begin = Instant::now();
        let mut program = Self { child: command.spawn()?, port, ops_port: 0, cold_start: Duration::ZERO };
        loop {
            if let Ok(mut browser) = Browser::connect(port).await {
                let request = browser.get("/login", "");
                if browser.ask(&request).await?.status == 200 {
                    program.cold_start = begin.elapsed();
                    return Ok(program);
                }
            }
            if program.child.try_wait()?.is_some() {
                return Err("the program ended before it answered".into());
            }
            if begin.elapsed() > Duration::from_secs(60) {
                return Err("the program does not answer".into());
            }
            tokio::time::sleep(Duration::from_micros(500)).await;
        }
    }

    /// Signs in and gives the cookie.
    pub async fn sign_in(&self, email: &str) -> Result<String, Failure> {
        let mut browser = Browser::connect(self.port).await?;
        let (cookie, request) = login_form(&mut browser, email).await?;
        let answer = browser.ask(&request).await?;
        if answer.status != 303 {
            return Err(format!("signing in was answered {}", answer.status).into());
        }
        Ok(self::cookie(answer.header("set-cookie")).unwrap_or(cookie))
    }

    /// Resident memory in KiB: all of it, and what no file backs.
    pub fn resident(&self) -> Result<(u64, u64), Failure> {
        Ok((self.kib("VmRSS:")?, self.kib("RssAnon:")?))
    }

    /// The most that was resident at any time, in KiB.
    pub fn most_resident(&self) -> Result<u64, Failure> {
        self.kib("VmHWM:")
    }

    fn kib(&self, name: &str) -> Result<u64, Failure> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id()))?;
        let line = status.lines().find_map(|line| line.strip_prefix(name)).ok_or("no such line")?;
        Ok(line.split_whitespace().next().ok_or("no number")?.parse()?)
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        // It may have ended by itself; nothing of it is kept either way.
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

/// The cookie of a fresh login page, and the request that sends its form. Nothing is kept for who is not signed in, so
/// the same request signs in again and again.
pub async fn login_form(browser: &mut Browser, email: &str) -> Result<(String, String), Failure> {
    let request = browser.get("/login", "");
    let page = browser.ask(&request).await?;
    let cookie = cookie(page.header("set-cookie")).ok_or("no cookie")?;
    let (csrf, form) = (page.field("csrf").ok_or("no token")?, page.field("form").ok_or("no form value")?);
    let form = format!("csrf={csrf}&form={form}&next=&email={}&password={PASSWORD}", email.replace('@', "%40"));
    let request = browser.post("/login", &cookie, &form);
    Ok((cookie, request))
}

fn cookie(header: Option<&str>) -> Option<String> {
    header?.split(';').next().map(str::to_owned)
}

fn free_port() -> Result<u16, Failure> {
    Ok(TcpListener::bind("127.0.0.1:0")?.local_addr()?.port())
}
