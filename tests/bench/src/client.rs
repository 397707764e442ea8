//! A browser's worth of HTTP/1.1 and a crowd of such browsers: each keeps its connection and asks again as soon as it
//! has its answer. Small on purpose, so that it takes little from the machine it shares with what it measures.

use std::time::{Duration, Instant};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

use crate::Failure;

/// An answer.
pub struct Answer {
    pub status: u16,
    pub head: String,
    pub body: Vec<u8>,
}

impl Answer {
    pub fn header(&self, name: &str) -> Option<&str> {
        let lines = self.head.lines().filter_map(|line| line.split_once(':'));
        lines.into_iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value.trim())
    }

    /// The value of a field of the page's form.
    pub fn field(&self, name: &str) -> Option<String> {
        let text = String::from_utf8_lossy(&self.body);
        let (_, rest) = text.split_once(&format!("name=\"{name}\" value=\""))?;
        rest.split_once('"').map(|(value, _)| value.to_owned())
    }
}

/// One kept connection.
pub struct Browser {
    stream: TcpStream,
    buffer: Vec<u8>,
    host: String,
}

impl Browser {
    pub async fn connect(port: u16) -> Result<Self, Failure> {
        let host = format!("127.0.0.1:{port}");
        let stream = TcpStream::connect(&host).await?;
        stream.set_nodelay(true)?;
        Ok(Self { stream, buffer: Vec::with_capacity(256 * 1024), host })
    }

    pub fn get(&self, path: &str, cookie: &str) -> String {
        format!("GET {path} HTTP/1.1\r\nhost: {}\r\ncookie: {cookie}\r\n\r\n", self.host)
    }

    pub fn post(&self, path: &str, cookie: &str, form: &str) -> String {
        format!(
            "POST {path} HTTP/1.1\r\nhost: {}\r\norigin: http://{}\r\ncookie: {cookie}\r\n\
             content-type: application/x-www-form-urlencoded\r\ncontent-length: {}\r\n\r\n{form}",
            self.host,
            self.host,
            form.len()
        )
    }

    /// A call of an API.
    pub fn call(&self, method: &str, path: &str, token: &str, body: &str) -> String {
        format!(
            "{method} {path} HTTP/1.1\r\nhost: {}\r\nauthorization: Bearer {token}\r\n\
             content-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
            self.host,
            body.len()
        )
    }

    /// Sends a request and reads the whole answer.
    pub async fn ask(&mut self, request: &str) -> Result<Answer, Failure> {
        self.stream.write_all(request.as_bytes()).await?;
        self.buffer.clear();
        loop {
            if let Some(end) = find(&self.buffer, b"\r\n\r\n") {
                let head = String::from_utf8_lossy(&self.buffer[..end]).into_owned();
                let answer = Answer { status: status(&head)?, head, body: Vec::new() };
                let length: usize = answer.header("content-length").unwrap_or("0").parse()?;
                while self.buffer.len() < end + 4 + length {
                    self.read().await?;
                }
                return Ok(Answer { body: self.buffer[end + 4..].to_vec(), ..answer });
            }
            self.read().await?;
        }
    }

    async fn read(&mut self) -> Result<(), Failure> {
        if self.stream.read_buf(&mut self.buffer).await? == 0 {
            return Err("the connection was closed".into());
        }
        Ok(())
    }
}

fn status(head: &str) -> Result<u16, Failure> {
    Ok(head.split(' ').nth(1).ok_or("no status")?.parse()?)
}

fn find(text: &[u8], part: &[u8]) -> Option<usize> {
    text.windows(part.len()).position(|window| window == part)
}

/// What a crowd saw.
#[derive(Debug, Clone, Copy)]
pub struct Load {
    pub per_second: f64,
    pub p50: Duration,
    pub p99: Duration,
    pub bytes: usize,
}

/// So many browsers ask for one page for so long, after a tenth of the time to warm up.
pub async fn crowd(port: u16, path: &str, cookie: &str, browsers: usize, time: Duration) -> Result<Load, Failure> {
    repeat(port, browsers, time, |browser| browser.get(path, cookie)).await
}

/// As [`crowd`], with any request.
pub async fn repeat(
    port: u16,
    browsers: usize,
    time: Duration,
    request: impl Fn(&Browser) -> String,
) -> Result<Load, Failure> {
    let begin = Instant::now() + time / 10;
    let end = begin + time;
    let mut tasks = Vec::new();
    for _ in 0..browsers {
        let mut browser = Browser::connect(port).await?;
        let request = request(&browser);
        tasks.push(tokio::spawn(async move {
            let (mut took, mut bytes) = (Vec::new(), 0);
            loop {
                let asked = Instant::now();
                if asked >= end {
                    return Ok::<_, Failure>((took, bytes));
                }
                let answer = browser.ask(&request).await?;
                if answer.status != 200 {
                    return Err(format!("answered {}", answer.status).into());
                }
                bytes = answer.body.len();
                if asked >= begin {
                    took.push(asked.elapsed());
                }
            }
        }));
    }
    let (mut took, mut bytes) = (Vec::new(), 0);
    for task in tasks {
        let (one, size) = task.await??;
        took.extend(one);
        bytes = size;
    }
    took.sort_unstable();
    let at = |share: f64| took.get((took.len() as f64 * share) as usize).copied().unwrap_or_default();
    Ok(Load { per_second: took.len() as f64 / time.as_secs_f64(), p50: at(0.5), p99: at(0.99), bytes })
}
