//! A mail server that keeps what it is given and answers as it is told: real sockets, no mail library, so that what it
//! holds is what was on the wire.

use std::{
    collections::VecDeque,
    io::{BufRead, BufReader, Write},
    net::{TcpListener, TcpStream},
    sync::{Arc, Mutex, MutexGuard},
    thread,
    time::Duration,
};

use rollcall::config::{SmtpEncryption, SmtpServer};

/// What happens to the next mail.
#[derive(Debug, Clone, Copy)]
pub enum Answer {
    /// It is taken.
    Take,
    /// The recipient is answered with this code.
    Recipient(u16),
    /// The text is answered with this code.
    Text(u16),
    /// The text is taken after a while.
    TakeAfter(Duration),
    /// The connection is lost after the text, before any answer.
    HangUp,
    /// Nothing ever answers after the text.
    Silence,
}

/// A mail as it came in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Caught {
    pub from: String,
    pub to: Vec<String>,
    pub message: String,
}

#[derive(Default)]
struct Seen {
    answers: VecDeque<Answer>,
    mails: Vec<Caught>,
    commands: Vec<String>,
    connections: usize,
}

#[derive(Clone)]
pub struct Catcher {
    seen: Arc<Mutex<Seen>>,
    port: u16,
}

impl Catcher {
    pub fn open() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("port");
        let port = listener.local_addr().expect("address").port();
        let catcher = Self { seen: Arc::default(), port };
        let accepting = catcher.clone();
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let catcher = accepting.clone();
                catcher.seen().connections += 1;
                // A client that hangs up is what some tests are about.
                thread::spawn(move || drop(catcher.talk(stream)));
            }
        });
        catcher
    }

    /// How the next mails are answered, in order; those after them are taken.
    pub fn will(&self, answers: impl IntoIterator<Item = Answer>) {
        self.seen().answers.extend(answers);
    }

    pub fn mails(&self) -> Vec<Caught> {
        self.seen().mails.clone()
    }

    pub fn commands(&self) -> Vec<String> {
        self.seen().commands.clone()
    }

    pub fn connections(&self) -> usize {
        self.seen().connections
    }

    pub fn server(&self, encryption: SmtpEncryption) -> SmtpServer {
        SmtpServer { host: "127.0.0.1".into(), port: self.port, encryption, login: None }
    }

    fn seen(&self) -> MutexGuard<'_, Seen> {
        self.seen.lock().expect("no test thread panics here")
    }

    fn talk(&self, stream: TcpStream) -> std::io::Result<()> {
        let mut out = stream.try_clone()?;
        let mut lines = BufReader::new(stream);
        let mut answer = Answer::Take;
        let mut mail = Caught { from: String::new(), to: Vec::new(), message: String::new() };
        reply(&mut out, 220)?;
        loop {
            let line = read_line(&mut lines)?;
            self.seen().commands.push(line.trim_end().to_owned());
            match line.split([' ', ':', '\r']).next().unwrap_or("") {
                "EHLO" => out.write_all(b"250-catcher\r\n250 8BITMIME\r\n")?,
                "MAIL" => {
                    answer = self.seen().answers.pop_front().unwrap_or(Answer::Take);
                    mail = Caught { from: address(&line), to: Vec::new(), message: String::new() };
                    reply(&mut out, 250)?;
                }
                "RCPT" => {
                    let code = if let Answer::Recipient(code) = answer { code } else { 250 };
                    if code == 250 {
                        mail.to.push(address(&line));
                    }
                    reply(&mut out, code)?;
                }
                "DATA" => {
                    reply(&mut out, 354)?;
                    mail.message = read_text(&mut lines)?;
                    match answer {
                        Answer::Text(code) => reply(&mut out, code)?,
                        Answer::HangUp => return Ok(()),
                        Answer::Silence => thread::sleep(Duration::from_secs(120)),
                        Answer::TakeAfter(pause) => {
                            thread::sleep(pause);
                            self.seen().mails.push(mail.clone());
                            reply(&mut out, 250)?;
                        }
                        Answer::Take | Answer::Recipient(_) => {
                            self.seen().mails.push(mail.clone());
                            reply(&mut out, 250)?;
                        }
                    }
                }
                "NOOP" | "RSET" => reply(&mut out, 250)?,
                "QUIT" => return reply(&mut out, 221),
                _ => reply(&mut out, 500)?,
            }
        }
    }
}

fn reply(out: &mut TcpStream, code: u16) -> std::io::Result<()> {
    out.write_all(format!("{code} catcher says {code}\r\n").as_bytes())
}

fn read_line(lines: &mut BufReader<TcpStream>) -> std::io::Result<String> {
    let mut line = String::new();
    match lines.read_line(&mut line)? {
        0 => Err(std::io::ErrorKind::UnexpectedEof.into()),
        _ => Ok(line),
    }
}

/// The text up to the lone dot, with the dots of RFC 5321, 4.5.2 taken away again.
fn read_text(lines: &mut BufReader<TcpStream>) -> std::io::Result<String> {
    let mut text = String::new();
    loop {
        let line = read_line(lines)?;
        if line == ".\r\n" {
            return Ok(text);
        }
        text.push_str(line.strip_prefix('.').unwrap_or(&line));
    }
}

fn address(line: &str) -> String {
    line.split(['<', '>']).nth(1).unwrap_or_default().to_owned()
}
