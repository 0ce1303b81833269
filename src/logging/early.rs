//! Before the recorder lives: lines go straight to SystemLog, in the same shape.

use std::fs::File;
use std::io::Write;
use std::os::fd::OwnedFd;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use slog::{Drain, Level, Never, OwnedKVList, Record, o};

use super::Style;
use super::line::{Line, Printable, Stamp};
use super::logger::write_text;
use crate::sys::ProcessId;

/// A logger that writes to an open log file at once. `origin` is the SERVER of its lines.
pub fn early(file: OwnedFd, host: &str, origin: &str, zone: TimeZone) -> slog::Logger {
    slog::Logger::root(Early { file: file.into(), host: host.into(), origin: origin.into(), zone }, o!())
}

struct Early {
    file: File,
    host: Box<str>,
    origin: Box<str>,
    zone: TimeZone,
}

impl Drain for Early {
    type Ok = ();
    type Err = Never;

    /// Nobody can be told that the log cannot be written.
    fn log(&self, record: &Record<'_>, _carried: &OwnedKVList) -> Result<(), Never> {
        let _ = (&self.file).write_all(self.line(record, Timestamp::now()).as_bytes());
        Ok(())
    }

    fn is_enabled(&self, level: Level) -> bool {
        level.is_at_least(Level::Debug)
    }
}

impl Early {
    fn line(&self, record: &Record<'_>, moment: Timestamp) -> String {
        let mut text = Vec::new();
        write_text(&mut text, record);
        let text = Printable(&text).to_string();
        let stamp = Stamp { moment, zone: &self.zone };
        let pid = ProcessId(std::process::id().cast_signed());
        format!(
            "{}\n",
            Line { stamp, host: &self.host, style: Style::USUAL, pid, origin: &self.origin, text: &text }
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn early_lines_have_the_usual_shape() {
        let file = tempfile::tempfile().expect("a file");
        let early = Early { file, host: "web1".into(), origin: "".into(), zone: TimeZone::UTC };
        let line = early.line(
            &slog::record!(Level::Error, "", &format_args!("fatal: {}\n", "x"), slog::b!("line" => 3)),
            Timestamp::UNIX_EPOCH,
        );
        let pid = std::process::id();
        assert_eq!(line, format!("1970-01-01 00:00:00,000 web1 proftpd[{pid}]: fatal: x\\x0a line=3\n"));
    }
}
