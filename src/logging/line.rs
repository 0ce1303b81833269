//! The shape of a line in SystemLog, as monitors look for it: `YYYY-MM-DD HH:MM:SS,mmm HOST proftpd[PID] ORIGIN: TEXT`.
//! Values in, bytes out.

use std::fmt::{self, Write};

use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::Style;
use crate::sys::ProcessId;

/// Bytes from outside as text that cannot end a line, move a cursor or pretend to be another line: control characters and
/// what is no UTF-8 become `\xNN`.
#[derive(Clone, Copy, Debug)]
pub struct Printable<'a>(pub &'a [u8]);

impl fmt::Display for Printable<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for chunk in self.0.utf8_chunks() {
            chunk.valid().chars().try_for_each(|character| write_printable(f, character))?;
            write_escaped(f, chunk.invalid())?;
        }
        Ok(())
    }
}

fn write_printable(f: &mut fmt::Formatter<'_>, character: char) -> fmt::Result {
    if character.is_control() {
        write_escaped(f, character.encode_utf8(&mut [0; 4]).as_bytes())
    } else {
        f.write_char(character)
    }
}

fn write_escaped(f: &mut fmt::Formatter<'_>, bytes: &[u8]) -> fmt::Result {
    bytes.iter().try_for_each(|byte| write!(f, "\\x{byte:02x}"))
}

/// A moment as SystemLog writes it.
#[derive(Clone, Copy, Debug)]
pub struct Stamp<'a> {
    /// When.
    pub moment: Timestamp,
    /// Where.
    pub zone: &'a TimeZone,
}

impl Stamp<'_> {
    /// Without what is less than a second.
    fn to_the_second(self) -> impl fmt::Display {
        self.zone.to_datetime(self.moment).strftime("%Y-%m-%d %H:%M:%S")
    }
}

impl fmt::Display for Stamp<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let local = self.zone.to_datetime(self.moment);
        write!(f, "{}", local.strftime("%Y-%m-%d %H:%M:%S,%3f"))
    }
}

/// A line of a file or of stderr; without its end.
#[derive(Clone, Copy, Debug)]
pub struct Line<'a> {
    /// When it was read, and in which zone it is shown.
    pub stamp: Stamp<'a>,
    /// This host's name.
    pub host: &'a str,
    /// LogOptions.
    pub style: Style,
    /// Who says it.
    pub pid: ProcessId,
    /// `SERVER (CLIENTNAME[CLIENTIP])`, `SERVER`, or empty before a configuration is read.
    pub origin: &'a str,
    /// What is said.
    pub text: &'a str,
}

impl Line<'_> {
    /// The program, or what it does here.
    pub fn tag(&self) -> &'static str {
        self.style.tag()
    }
}

impl fmt::Display for Line<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.style.has_timestamp() {
            match self.style.has_millis() {
                true => write!(f, "{} ", self.stamp)?,
                false => write!(f, "{} ", self.stamp.to_the_second())?,
            }
        }
        if self.style.has_hostname() {
            write!(f, "{} ", self.host)?;
        }
        Said(self).fmt(f)
    }
}

/// A line without its moment and host: who says what, of whom.
#[derive(Clone, Copy, Debug)]
pub struct Said<'a>(pub &'a Line<'a>);

impl fmt::Display for Said<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Line { pid, origin, text, .. } = self.0;
        write!(f, "{}[{pid}]", self.0.tag())?;
        if !origin.is_empty() {
            write!(f, " {origin}")?;
        }
        write!(f, ": {text}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(origin: &str, text: &str) -> String {
        let stamp =
            Stamp { moment: Timestamp::from_millisecond(1_000_000_000_007).unwrap(), zone: &TimeZone::UTC };
        Line { stamp, host: "web1", style: Style::USUAL, pid: ProcessId(42), origin, text }.to_string()
    }

    #[test]
    fn lines_have_the_shape_that_monitors_know() {
        let table = [
            (
                "Main (a.example[::1])",
                "2001-09-09 01:46:40,007 web1 proftpd[42] Main (a.example[::1]): FTP session opened.",
            ),
            ("Main", "2001-09-09 01:46:40,007 web1 proftpd[42] Main: FTP session opened."),
            ("", "2001-09-09 01:46:40,007 web1 proftpd[42]: FTP session opened."),
        ];
        for (origin, line) in table {
            assert_eq!(shown(origin, "FTP session opened."), line);
        }
    }

    #[test]
    fn a_trace_names_neither_host_nor_program() {
        let stamp =
            Stamp { moment: Timestamp::from_millisecond(1_000_000_000_007).unwrap(), zone: &TimeZone::UTC };
        let line = |style| {
            let (pid, origin, text) = (ProcessId(42), "<data:5>", "opened");
            Line { stamp, host: "web1", style, pid, origin, text }.to_string()
        };
        assert_eq!(line(Style::of_trace(true, true)), "2001-09-09 01:46:40,007 [42] <data:5>: opened");
        assert_eq!(line(Style::of_trace(true, false)), "2001-09-09 01:46:40 [42] <data:5>: opened");
        assert_eq!(line(Style::of_trace(false, true)), "[42] <data:5>: opened");
        assert!(line(Style::CONTROLS).starts_with("2001-09-09 01:46:40,007 mod_ctrls/"));
    }

    #[test]
    fn nothing_printable_is_changed_and_nothing_else_passes() {
        let table: [(&[u8], &str); 6] = [
            (b"plain text", "plain text"),
            ("größe €".as_bytes(), "größe €"),
            (b"a\nb\r\tc\x7f", "a\\x0ab\\x0d\\x09c\\x7f"),
            (b"\x1b[2J", "\\x1b[2J"),
            ("\u{9b}2J".as_bytes(), "\\xc2\\x9b2J"),
            (b"caf\xe9!", "caf\\xe9!"),
        ];
        for (bytes, text) in table {
            assert_eq!(Printable(bytes).to_string(), text);
        }
    }
}
