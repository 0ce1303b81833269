//! The timers of a session: what may run out when, and the words for it. Values in, values out; the session's one wait
//! asks for the next deadline.

use std::time::{Duration, Instant};

use crate::config::settings::SessionRules;
use crate::protocol::Reply;
use crate::scoreboard::ReasonCode;

/// How long a data connection may take to come about, where TimeoutStalled does not say less.
const OPENING_MOST: Duration = Duration::from_secs(60);

/// What ran out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Expired {
    /// TimeoutLogin.
    Login(Duration),
    /// TimeoutIdle.
    Idle(Duration),
    /// TimeoutNoTransfer.
    NoTransfer(Duration),
    /// TimeoutStalled.
    Stalled(Duration),
    /// TimeoutSession.
    Session(Duration),
}

impl Expired {
    /// What the client is told before the control connection closes.
    pub fn reply(self) -> Reply {
        let (what, after) = match self {
            Expired::Login(after) => ("Login timeout", after),
            Expired::Idle(after) => ("Idle timeout", after),
            Expired::NoTransfer(after) => ("No transfer timeout", after),
            Expired::Stalled(after) => ("Data transfer stall timeout", after),
            Expired::Session(after) => ("Session Timeout", after),
        };
        let unit = if after.as_secs() == 1 { "second" } else { "seconds" };
        let text = format!("{what} ({} {unit}): closing control connection", after.as_secs());
        Reply::refused(421, ReasonCode::Timeout, text)
    }

    /// For the log.
    pub fn name(self) -> &'static str {
        match self {
            Expired::Login(_) => "TimeoutLogin",
            Expired::Idle(_) => "TimeoutIdle",
            Expired::NoTransfer(_) => "TimeoutNoTransfer",
            Expired::Stalled(_) => "TimeoutStalled",
            Expired::Session(_) => "TimeoutSession",
        }
    }
}

/// What the session does, as far as its timers go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Doing {
    /// Not logged in.
    LoggingIn,
    /// Between transfers; since when nothing has moved.
    Waiting { no_transfer_since: Instant },
    /// A data connection is awaited: whoever waits for it has its own deadline, [`Timers::opening_until`].
    Opening,
    /// In a transfer; when its last byte moved.
    Moving { last_byte: Instant },
}

/// The timers of one session.
#[derive(Debug)]
pub struct Timers {
    rules: Lengths,
    began: Instant,
    last_command: Instant,
    doing: Doing,
}

#[derive(Clone, Copy, Debug)]
struct Lengths {
    login: Option<Duration>,
    idle: Option<Duration>,
    no_transfer: Option<Duration>,
    stalled: Option<Duration>,
    session: Option<Duration>,
}

impl From<&SessionRules> for Lengths {
    fn from(rules: &SessionRules) -> Lengths {
        Lengths {
            login: rules.timeout_login,
            idle: rules.timeout_idle,
            no_transfer: rules.timeout_no_transfer,
            stalled: rules.timeout_stalled,
            session: rules.timeout_session,
        }
    }
}

impl Timers {
    /// A client connected.
    pub fn begin(rules: &SessionRules, now: Instant) -> Timers {
        Timers { rules: rules.into(), began: now, last_command: now, doing: Doing::LoggingIn }
    }

    /// The rules of another server hold; nothing begins anew.
    pub fn under(&mut self, rules: &SessionRules) {
        self.rules = rules.into();
    }

    /// The login succeeded; from here on the rules of the account's section hold.
    pub fn logged_in(&mut self, rules: &SessionRules, now: Instant) {
        self.rules = rules.into();
        self.last_command = now;
        self.doing = Doing::Waiting { no_transfer_since: now };
    }

    /// A command was carried out.
    pub fn command(&mut self, now: Instant) {
        self.last_command = now;
    }

    /// A transfer is asked for, and awaits its connection.
    pub fn opening(&mut self) {
        self.doing = Doing::Opening;
    }

    /// Until when its connection is awaited.
    pub fn opening_until(&self, now: Instant) -> Instant {
        now + self.rules.stalled.map_or(OPENING_MOST, |stalled| stalled.min(OPENING_MOST))
    }

    /// A transfer begins, or some of its bytes have moved.
    pub fn moving(&mut self, now: Instant) {
        self.doing = Doing::Moving { last_byte: now };
    }

    /// The transfer is over.
    pub fn moved(&mut self, now: Instant) {
        self.last_command = now;
        self.doing = Doing::Waiting { no_transfer_since: now };
    }

    /// What runs out next, and when; `None` when nothing does.
    pub fn next(&self) -> Option<(Instant, Expired)> {
        let session = self.rules.session.map(|after| (self.began, after, Expired::Session(after)));
        self.of_phase()
            .into_iter()
            .chain([session])
            .flatten()
            .filter_map(|(since, after, what)| since.checked_add(after).map(|when| (when, what)))
            .min_by_key(|(when, _)| *when)
    }

    /// What has run out by now.
    pub fn expired(&self, now: Instant) -> Option<Expired> {
        self.next().filter(|(when, _)| *when <= now).map(|(_, what)| what)
    }

    fn of_phase(&self) -> [Option<(Instant, Duration, Expired)>; 2] {
        let Lengths { login, idle, no_transfer, stalled, .. } = self.rules;
        let idle = idle.map(|after| (self.last_command, after, Expired::Idle(after)));
        match self.doing {
            Doing::LoggingIn => [login.map(|after| (self.began, after, Expired::Login(after))), idle],
            Doing::Waiting { no_transfer_since: since } => {
                [no_transfer.map(|after| (since, after, Expired::NoTransfer(after))), idle]
            }
            Doing::Opening => [None, None],
            Doing::Moving { last_byte } => {
                [stalled.map(|after| (last_byte, after, Expired::Stalled(after))), None]
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn seconds(count: u64) -> Duration {
        Duration::from_secs(count)
    }

    fn timers(now: Instant) -> Timers {
        let rules = Lengths {
            login: Some(seconds(300)),
            idle: Some(seconds(600)),
            no_transfer: Some(seconds(200)),
            stalled: Some(seconds(50)),
            session: None,
        };
        Timers { rules, began: now, last_command: now, doing: Doing::LoggingIn }
    }

    #[test]
    fn each_phase_has_its_timers() {
        let now = Instant::now();
        let mut timers = timers(now);
        assert_eq!(timers.next(), Some((now + seconds(300), Expired::Login(seconds(300)))));
        timers.moved(now + seconds(10));
        assert_eq!(timers.next(), Some((now + seconds(210), Expired::NoTransfer(seconds(200)))));
        timers.moving(now + seconds(20));
        assert_eq!(timers.next(), Some((now + seconds(70), Expired::Stalled(seconds(50)))));
        assert_eq!(timers.expired(now + seconds(69)), None);
        assert_eq!(timers.expired(now + seconds(70)), Some(Expired::Stalled(seconds(50))));
    }

    #[test]
    fn a_data_connection_is_awaited_for_a_while() {
        let now = Instant::now();
        let mut timers = timers(now);
        timers.opening();
        assert_eq!((timers.next(), timers.opening_until(now)), (None, now + seconds(50)));
        for stalled in [Some(seconds(3600)), None] {
            timers.rules.stalled = stalled;
            assert_eq!(timers.opening_until(now), now + OPENING_MOST);
        }
    }

    #[test]
    fn the_whole_session_can_be_bounded() {
        let now = Instant::now();
        let mut timers = timers(now);
        timers.rules.session = Some(seconds(5));
        timers.moving(now);
        assert_eq!(timers.expired(now + seconds(5)), Some(Expired::Session(seconds(5))));
    }

    #[test]
    fn words_are_those_clients_know() {
        let text = "Login timeout (300 seconds): closing control connection";
        assert_eq!(Expired::Login(seconds(300)).reply().text(), text.as_bytes());
        let text = "Idle timeout (1 second): closing control connection";
        assert_eq!(Expired::Idle(seconds(1)).reply().text(), text.as_bytes());
    }
}
