//! The host's syslog: one datagram a line to /dev/log (syslog(3), RFC 3164 §4.1).

use std::fmt;
use std::io;
use std::os::unix::net::UnixDatagram;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use jiff::Timestamp;
use jiff::tz::TimeZone;
use slog::Level;

use crate::logging::line::{Line, Printable, Stamp};
use crate::logging::{Facility, Sorting, Style};
use crate::sys::{host, process};

/// Where the host's syslog listens (syslog(3)), unless the master names another place.
pub(super) const SOCKET: &str = "/dev/log";
/// How long a line waits for a syslog daemon that does not read.
const PATIENCE: Duration = Duration::from_millis(100);
/// After a line that waited in vain, so long none is tried.
const PAUSE: Duration = Duration::from_secs(1);

/// A connection to the syslog daemon, made when there is something to say and again when that daemon was restarted.
#[derive(Debug)]
pub(super) struct Syslog {
    path: PathBuf,
    sorting: Sorting,
    socket: Option<UnixDatagram>,
    quiet_until: Option<Instant>,
}

impl Syslog {
    pub(super) fn new(path: PathBuf, sorting: Sorting) -> Syslog {
        Syslog { path, sorting, socket: None, quiet_until: None }
    }

    /// Sends a line. An error means that it is lost.
    pub(super) fn send(&mut self, level: Level, line: &Line<'_>) -> io::Result<()> {
        if self.quiet_until.is_some_and(|until| Instant::now() < until) {
            return Err(io::ErrorKind::WouldBlock.into());
        }
        let text =
            Datagram { priority: self.sorting.priority(level, line.style.is_login()), line }.to_string();
        let sent = self.try_send(&text).or_else(|error| match error.kind() {
            io::ErrorKind::WouldBlock => Err(error),
            _ => self.reconnect_and_send(&text),
        });
        self.quiet_until = sent.is_err().then(|| Instant::now() + PAUSE);
        sent
    }

    fn try_send(&mut self, text: &str) -> io::Result<()> {
        let socket = self.socket.as_ref().ok_or(io::ErrorKind::NotConnected)?;
        socket.send(text.as_bytes()).map(drop)
    }

    fn reconnect_and_send(&mut self, text: &str) -> io::Result<()> {
        let socket = UnixDatagram::unbound()?;
        socket.connect(&self.path)?;
        socket.set_write_timeout(Some(PATIENCE))?;
        self.socket = Some(socket);
        self.try_send(text)
    }
}

/// Before there is a recorder: a line of a start that failed. Where no syslog daemon listens it is lost.
pub fn say_once(facility: Facility, text: &str) {
    let sorting = Sorting { facility, severity: None };
    let (zone, host) = (TimeZone::system(), host::name());
    let stamp = Stamp { moment: Timestamp::now(), zone: &zone };
    let text = Printable(text.as_bytes()).to_string();
    let line = Line { stamp, host: &host, style: Style::USUAL, pid: process::own(), origin: "", text: &text };
    let _ = Syslog::new(SOCKET.into(), sorting).send(Level::Error, &line);
}

struct Datagram<'a> {
    priority: u8,
    line: &'a Line<'a>,
}

/// ProFTPD writes `ORIGIN - TEXT` here, and syslog's own time and host.
impl fmt::Display for Datagram<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Line { stamp, pid, origin, text, .. } = self.line;
        let tag = self.line.tag();
        let local = stamp.zone.to_datetime(stamp.moment);
        write!(f, "<{}>{} {tag}[{pid}]: ", self.priority, local.strftime("%b %e %H:%M:%S"))?;
        if !origin.is_empty() {
            write!(f, "{origin} - ")?;
        }
        f.write_str(text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sys::ProcessId;

    const UTC: &TimeZone = &TimeZone::UTC;

    fn line(origin: &str) -> Line<'_> {
        let stamp = Stamp { moment: Timestamp::from_second(1_000_000_000).unwrap(), zone: UTC };
        Line {
            stamp,
            host: "web1",
            style: Style::USUAL,
            pid: ProcessId(42),
            origin,
            text: "FTP session opened.",
        }
    }

    #[test]
    fn datagrams_have_the_shape_of_syslog() {
        let table = [
            ("Main (h[::1])", "<30>Sep  9 01:46:40 proftpd[42]: Main (h[::1]) - FTP session opened."),
            ("", "<30>Sep  9 01:46:40 proftpd[42]: FTP session opened."),
        ];
        for (origin, text) in table {
            assert_eq!(Datagram { priority: 30, line: &line(origin) }.to_string(), text);
        }
    }

    #[test]
    fn a_restarted_syslog_daemon_is_found_again() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("log");
        let sorting = Sorting { facility: Facility::USUAL, severity: None };
        let mut syslog = Syslog::new(path.clone(), sorting);
        assert!(syslog.send(Level::Info, &line("")).is_err());
        for _ in 0..2 {
            let _ = std::fs::remove_file(&path);
            let daemon = UnixDatagram::bind(&path).unwrap();
            syslog.quiet_until = None;
            syslog.send(Level::Warning, &line("")).unwrap();
            let mut buffer = [0; 100];
            let length = daemon.recv(&mut buffer).unwrap();
            assert!(buffer[..length].starts_with(b"<28>Sep  9"));
        }
    }
}
