//! The log of a running server: one event is one line, whatever is in it. A name, an address or the answer of a mail server
//! with a line break, a terminal's escape or a change of writing direction in it can forge no other (S80).

use std::io::{self, Stderr, Write};

use tracing_subscriber::{
    Layer,
    fmt::{self, MakeWriter},
    layer::SubscriberExt,
    registry::LookupSpan,
    util::SubscriberInitExt,
};

use crate::config::{Config, LogFormat};

pub(super) fn start(config: &Config) {
    let registry = tracing_subscriber::registry().with(config.log.clone());
    registry.with(layer(config.log_format, OneLine::new(io::stderr as fn() -> Stderr))).init();
}

/// Writes events in this format.
pub fn layer<S, W>(format: LogFormat, writer: OneLine<W>) -> Box<dyn Layer<S> + Send + Sync>
where
    S: tracing::Subscriber + for<'span> LookupSpan<'span>,
    W: for<'writer> MakeWriter<'writer> + Send + Sync + 'static,
{
    match format {
        LogFormat::Text => Box::new(fmt::layer().with_ansi(false).with_writer(writer)),
        LogFormat::Json => Box::new(fmt::layer().json().with_writer(writer)),
    }
}

/// Makes writers that take one event at a time and keep it on one line.
#[derive(Debug, Clone)]
pub struct OneLine<W>(W);

impl<W> OneLine<W> {
    /// In front of another writer.
    pub const fn new(writer: W) -> Self {
        Self(writer)
    }
}

impl<'writer, W: MakeWriter<'writer>> MakeWriter<'writer> for OneLine<W> {
    type Writer = Line<W::Writer>;

    fn make_writer(&'writer self) -> Self::Writer {
        Line(self.0.make_writer())
    }
}

/// Takes a whole event with its line break at the end.
#[derive(Debug)]
pub struct Line<W>(W);

impl<W: Write> Write for Line<W> {
    fn write(&mut self, event: &[u8]) -> io::Result<usize> {
        let text = String::from_utf8_lossy(event);
        self.0.write_all(plain(text.strip_suffix('\n').unwrap_or(&text)).as_bytes())?;
        self.0.write_all(b"\n")?;
        Ok(event.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

/// Control letters and those that turn the writing direction, written out the way JSON writes them.
fn plain(event: &str) -> String {
    let is_turning =
        |letter| matches!(letter, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    let mut plain = String::with_capacity(event.len());
    for letter in event.chars() {
        if letter.is_control() || is_turning(letter) || matches!(letter, '\u{2028}' | '\u{2029}') {
            plain.extend(format!("\\u{:04x}", u32::from(letter)).chars());
        } else {
            plain.push(letter);
        }
    }
    plain
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use super::*;

    #[derive(Clone, Default)]
    struct Memory(Arc<Mutex<Vec<u8>>>);

    impl Write for Memory {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().extend_from_slice(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn nothing_in_an_event_makes_another_line() {
        let forged = "Eve\n{\"level\":\"INFO\",\"message\":\"all is well\"}\r\n\u{1b}[31mred\u{202e}\u{2028}\u{0}end";
        for format in [LogFormat::Text, LogFormat::Json] {
            let memory = Memory::default();
            let kept = memory.clone();
            let subscriber = tracing_subscriber::registry().with(layer(format, OneLine::new(move || kept.clone())));
            tracing::subscriber::with_default(subscriber, || {
                tracing::warn!(name = %forged, quoted = forged, debugged = ?forged, "{forged}");
                tracing::info!("second");
            });
            let log = String::from_utf8(memory.0.lock().unwrap().clone()).unwrap();
            assert_eq!(log.matches('\n').count(), 2, "{log}");
            assert_eq!(log.lines().count(), 2, "{log}");
            assert!(!log.contains(['\u{1b}', '\r', '\u{202e}', '\u{2028}', '\u{0}']), "{log:?}");
            if matches!(format, LogFormat::Json) {
                let first: serde_json::Value = serde_json::from_str(log.lines().next().unwrap()).unwrap();
                assert_eq!(first["fields"]["name"], forged);
            }
        }
    }
}
