//! A session as the tools show it: what a slot says, with everything made printable. A client chooses its user's name,
//! its paths and commands, so no control character of theirs may reach the administrator's terminal.

use std::net::SocketAddr;

use crate::scoreboard::{Direction, SlotRecord, State, TransferRecord};
use crate::sys::ProcessId;

/// One line of `ftpwho`.
#[derive(Clone, Debug)]
pub struct Session {
    /// The worker.
    pub pid: ProcessId,
    /// Of the settings it was born with.
    pub generation: u32,
    /// When the client connected, milliseconds since the epoch.
    pub connected_ms: u64,
    /// The client's name.
    pub client_name: String,
    /// The client's address.
    pub client: Option<SocketAddr>,
    /// The address the client reached.
    pub server: Option<SocketAddr>,
    /// ServerName.
    pub server_name: String,
    /// Empty without one.
    pub class: String,
    /// `ftp`.
    pub protocol: String,
    /// Who, and what is being done.
    pub activity: Activity,
}

/// What a session does.
#[derive(Clone, Debug)]
pub enum Activity {
    /// Nobody is logged in.
    Authenticating,
    /// Logged in, and waiting for a command.
    Idle(Login, u64),
    /// Carrying out a command.
    Command(Login, Command),
}

/// Who is logged in, and where.
#[derive(Clone, Debug)]
pub struct Login {
    /// The name given with USER.
    pub user: String,
    /// The working directory.
    pub location: String,
}

/// A command being carried out.
#[derive(Clone, Debug)]
pub struct Command {
    /// The verb.
    pub verb: String,
    /// What came with it.
    pub arguments: String,
    /// When it began, milliseconds since the epoch.
    pub since_ms: u64,
    /// Of a file, or none.
    pub transfer: Option<TransferRecord>,
}

impl Session {
    /// Its generation, where another one serves new clients by now.
    pub fn older_than(&self, serving: u32) -> Option<u32> {
        (self.generation < serving).then_some(self.generation)
    }

    /// What a slot shows; None for one without a client.
    pub fn of(slot: &SlotRecord) -> Option<Session> {
        Some(Session {
            pid: slot.pid,
            generation: slot.generation,
            connected_ms: slot.connected_ms,
            client_name: printable(&slot.client_name),
            client: slot.client,
            server: slot.server,
            server_name: printable(&slot.server_name),
            class: printable(&slot.class),
            protocol: printable(&slot.protocol),
            activity: activity(slot)?,
        })
    }

    /// The client's address in text.
    pub fn client_address(&self) -> String {
        self.client.map(|client| client.ip().to_string()).unwrap_or_default()
    }

    /// Who is logged in.
    pub fn login(&self) -> Option<&Login> {
        match &self.activity {
            Activity::Authenticating => None,
            Activity::Idle(login, _) | Activity::Command(login, _) => Some(login),
        }
    }

    /// The command being carried out.
    pub fn command(&self) -> Option<&Command> {
        match &self.activity {
            Activity::Command(_, command) => Some(command),
            _ => None,
        }
    }
}

impl Command {
    /// Whether a file goes to the client.
    pub fn is_download(&self) -> bool {
        match &self.transfer {
            Some(transfer) => transfer.direction == Direction::Download,
            None => self.verb == "RETR",
        }
    }

    /// Whether a file comes from the client.
    pub fn is_upload(&self) -> bool {
        match &self.transfer {
            Some(transfer) => transfer.direction == Direction::Upload,
            None => ["STOR", "STOU", "APPE"].contains(&self.verb.as_str()),
        }
    }

    /// How much of a download is done: `0` to `100`, or `Inf` for a file without bytes; None where the size is not known.
    pub fn percent(&self) -> Option<String> {
        let Some(transfer) = &self.transfer else { return Some("0".to_owned()) };
        let (size, done) = (u128::from(transfer.size?), u128::from(transfer.done));
        Some(match (size, done) {
            (_, 0) => "0".to_owned(),
            (0, _) => "Inf".to_owned(),
            (size, done) if done >= size => "100".to_owned(),
            (size, done) => ((done * 100 + size / 2) / size).to_string(),
        })
    }

    /// Of the file being transferred: bytes done, and for how many milliseconds.
    pub fn progress(&self, now_ms: u64) -> Option<(u64, u64)> {
        let transfer = self.transfer.as_ref().filter(|_| self.is_download() || self.is_upload())?;
        Some((transfer.done, now_ms.saturating_sub(transfer.started_ms)))
    }

    /// 1024 bytes a second, since the transfer began.
    pub fn rate(&self, now_ms: u64) -> Option<f64> {
        let (done, milliseconds) = self.progress(now_ms)?;
        Some(if milliseconds == 0 { 0.0 } else { done as f64 / 1.024 / milliseconds as f64 })
    }
}

fn activity(slot: &SlotRecord) -> Option<Activity> {
    let login = || Login { user: printable(&slot.user), location: printable(&slot.cwd) };
    let command = || Command {
        verb: printable(&slot.command),
        arguments: printable(&slot.arguments),
        since_ms: slot.since_ms,
        transfer: slot.transfer.clone(),
    };
    match slot.state {
        State::Vacant | State::Starting | State::Spare => None,
        State::Greeting | State::Login => Some(Activity::Authenticating),
        State::Idle => Some(Activity::Idle(login(), slot.since_ms)),
        // A session that ends before its login has no working directory.
        State::Closing if slot.cwd.is_empty() => Some(Activity::Authenticating),
        State::Busy | State::Closing => Some(Activity::Command(login(), command())),
    }
}

/// Text that a terminal shows and does not obey.
fn printable(bytes: &[u8]) -> String {
    let text = String::from_utf8_lossy(bytes);
    if !text.chars().any(char::is_control) {
        return text.into_owned();
    }
    text.chars().map(|c| if c.is_control() { '?' } else { c }).collect()
}

/// For the tests of every form: the sessions that ProFTPD's tools were watched with.
#[cfg(test)]
pub mod examples {
    use super::*;

    /// The moment they are looked at.
    pub const NOW: u64 = 1_795_370_516_000;
    /// When daemon and clients began.
    pub const BEGAN: u64 = NOW - 2200;

    fn session(pid: i32, activity: Activity) -> Session {
        Session {
            pid: ProcessId(pid),
            generation: 1,
            connected_ms: BEGAN,
            client_name: "localhost".to_owned(),
            client: Some("127.0.0.1:50000".parse().unwrap()),
            server: Some("127.0.0.1:2133".parse().unwrap()),
            server_name: "Test Server".to_owned(),
            class: "local".to_owned(),
            protocol: "ftp".to_owned(),
            activity,
        }
    }

    fn login() -> Login {
        Login { user: "demo".to_owned(), location: "/home".to_owned() }
    }

    fn transfer(direction: Direction, size: Option<u64>) -> TransferRecord {
        TransferRecord { direction, path: b"/home/big".to_vec(), size, done: 901_120, started_ms: NOW - 2000 }
    }

    /// Not logged in, idle, downloading, uploading, and without class.
    pub fn sessions() -> Vec<Session> {
        let command = |verb: &str, arguments: &str, transfer| {
            let (verb, arguments) = (verb.to_owned(), arguments.to_owned());
            let command = Command { verb, arguments, since_ms: BEGAN, transfer };
            Activity::Command(login(), command)
        };
        let download = transfer(Direction::Download, Some(30_000_000));
        let mut sessions = vec![
            session(24761, Activity::Authenticating),
            session(24763, Activity::Idle(login(), BEGAN)),
            session(24765, command("RETR", "big", Some(download))),
            session(24766, command("STOR", "new", Some(transfer(Direction::Upload, None)))),
            session(24767, command("NOOP", "", None)),
        ];
        sessions[4].class = String::new();
        sessions
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_terminal_shows_what_it_would_obey() {
        assert_eq!(printable(b"a\x1b[2Jb\r\n\x7f"), "a?[2Jb???");
        assert_eq!(printable("\u{e9}\u{9b}x".as_bytes()), "\u{e9}?x");
        assert_eq!(printable(b"\xff"), "\u{fffd}");
    }

    #[test]
    fn percents_are_rounded_and_stay_below_the_end() {
        let percent = |done, size| {
            let transfer =
                TransferRecord { direction: Direction::Download, path: vec![], size, done, started_ms: 0 };
            let (verb, arguments) = ("RETR".to_owned(), String::new());
            Command { verb, arguments, since_ms: 0, transfer: Some(transfer) }.percent()
        };
        for (done, size, expected) in [
            (0, Some(0), Some("0")),
            (0, Some(9), Some("0")),
            (1, Some(0), Some("Inf")),
            (1, Some(3), Some("33")),
            (2, Some(3), Some("67")),
            (3, Some(3), Some("100")),
            (u64::MAX, Some(u64::MAX - 1), Some("100")),
            (5, None, None),
        ] {
            assert_eq!(percent(done, size).as_deref(), expected, "{done} of {size:?}");
        }
    }

    #[test]
    fn rates_count_from_the_first_millisecond() {
        let sessions = examples::sessions();
        let command = sessions[2].command().unwrap();
        assert_eq!(command.rate(examples::NOW), Some(440.0));
        assert_eq!(command.rate(examples::NOW - 2000), Some(0.0));
        assert_eq!(command.progress(examples::NOW), Some((901_120, 2000)));
        assert_eq!(sessions[4].command().unwrap().rate(examples::NOW), None);
    }
}
