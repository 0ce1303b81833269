//! systemd, or whoever listens at NOTIFY_SOCKET (sd_notify(3)). The crate gives the words; they are sent here, because a manager that
//! does not read must never hold up the master.

use std::ffi::OsStr;
use std::fmt::Write;
use std::io;
use std::os::linux::net::SocketAddrExt;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::net::{SocketAddr, UnixDatagram};
use std::time::{Duration, Instant};

use sd_notify::NotifyState;

/// The channel to it; silent where there is none.
#[derive(Debug, Default)]
pub struct ServiceManager {
    socket: Option<UnixDatagram>,
    watchdog: Option<Watchdog>,
}

/// Whoever does not hear of the daemon for so long starts it again (WatchdogSec of systemd.service(5)).
#[derive(Debug)]
struct Watchdog {
    /// Half the time allowed.
    period: Duration,
    due: Instant,
}

impl ServiceManager {
    /// Whoever NOTIFY_SOCKET names: a path, or an abstract name behind `@`.
    pub fn of_environment() -> io::Result<ServiceManager> {
        let Some(name) = std::env::var_os("NOTIFY_SOCKET") else { return Ok(ServiceManager::default()) };
        let socket = UnixDatagram::unbound()?;
        socket.set_nonblocking(true)?;
        socket.connect_addr(&address(&name)?)?;
        let watchdog = sd_notify::watchdog_enabled()
            .map(|allowed| Watchdog { period: allowed / 2, due: Instant::now() + allowed / 2 });
        Ok(ServiceManager { socket: Some(socket), watchdog })
    }

    /// The same, to be told at once that the daemon is alive: who told it last was another program.
    pub fn hastened(mut self) -> ServiceManager {
        self.watchdog.iter_mut().for_each(|watchdog| watchdog.due = Instant::now());
        self
    }

    /// When it has to hear that the daemon is alive.
    pub fn due(&self) -> Option<Instant> {
        self.watchdog.as_ref().map(|watchdog| watchdog.due)
    }

    /// Says so, if it is time.
    pub fn reassure(&mut self, now: Instant) -> io::Result<()> {
        match &mut self.watchdog {
            Some(watchdog) if watchdog.due <= now => {
                watchdog.due = now + watchdog.period;
                self.tell(&[NotifyState::Watchdog])
            }
            _ => Ok(()),
        }
    }

    /// Says where the daemon is in its life. An error means that nobody heard it.
    pub fn tell(&self, states: &[NotifyState<'_>]) -> io::Result<()> {
        let Some(socket) = &self.socket else { return Ok(()) };
        let mut words = String::new();
        for state in states {
            // Writing to a String does not fail.
            let _ = writeln!(words, "{state}");
        }
        socket.send(words.as_bytes()).map(drop)
    }
}

fn address(name: &OsStr) -> io::Result<SocketAddr> {
    match name.as_bytes() {
        [b'@', rest @ ..] => SocketAddr::from_abstract_name(rest),
        _ => SocketAddr::from_pathname(name),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_manager_that_does_not_read_holds_nobody_up() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("notify");
        let manager = UnixDatagram::bind(&path).unwrap();
        let socket = UnixDatagram::unbound().unwrap();
        socket.set_nonblocking(true).unwrap();
        socket.connect_addr(&address(path.as_os_str()).unwrap()).unwrap();
        let service = ServiceManager { socket: Some(socket), watchdog: None };
        let refused = (0..10_000).find_map(|_| service.tell(&[NotifyState::Ready]).err());
        assert_eq!(refused.map(|error| error.kind()), Some(io::ErrorKind::WouldBlock));
        let mut words = [0; 64];
        let length = manager.recv(&mut words).unwrap();
        assert_eq!(&words[..length], b"READY=1\n");
    }
}
