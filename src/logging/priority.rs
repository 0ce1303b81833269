//! What syslog sorts by: how grave a message is, and from which part of a host (RFC 5424 §6.2.1; syslog.conf(5)).

use slog::Level;

/// How grave, as syslog counts it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
pub struct Severity(u8);

/// The names that ProFTPD knows.
const SEVERITIES: &[(&str, u8)] = &[
    ("emerg", 0),
    ("alert", 1),
    ("crit", 2),
    ("error", 3),
    ("err", 3),
    ("warn", 4),
    ("warning", 4),
    ("notice", 5),
    ("info", 6),
    ("debug", 7),
];

impl Severity {
    /// By its name, in any case.
    pub fn named(name: &str) -> Option<Severity> {
        let found = SEVERITIES.iter().find(|(known, _)| known.eq_ignore_ascii_case(name));
        found.map(|(_, number)| Severity(*number))
    }

    /// Of a line of ours.
    pub fn of(level: Level) -> Severity {
        Severity(match level {
            Level::Critical => 2,
            Level::Error => 3,
            Level::Warning => 4,
            Level::Info => 6,
            Level::Debug | Level::Trace => 7,
        })
    }

    /// The least grave of our levels that is as grave as this. Refused logins are warnings of ours and notices of ProFTPD's, so that a
    /// notice is a warning.
    pub fn level(self) -> Level {
        match self.0 {
            0..=2 => Level::Critical,
            3 => Level::Error,
            4 | 5 => Level::Warning,
            6 => Level::Info,
            _ => Level::Debug,
        }
    }
}

impl std::fmt::Display for Severity {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}

/// From which part of the host.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
pub struct Facility(u8);

const FACILITIES: &[(&str, u8)] = &[
    // As ProFTPD has it: what is said about passwords is not for every reader of logs.
    ("AUTH", 10),
    ("AUTHPRIV", 10),
    ("CRON", 9),
    ("DAEMON", 3),
    ("FTP", 11),
    ("KERN", 0),
    ("LOCAL0", 16),
    ("LOCAL1", 17),
    ("LOCAL2", 18),
    ("LOCAL3", 19),
    ("LOCAL4", 20),
    ("LOCAL5", 21),
    ("LOCAL6", 22),
    ("LOCAL7", 23),
    ("LPR", 6),
    ("MAIL", 2),
    ("NEWS", 7),
    ("USER", 1),
    ("UUCP", 8),
];

impl Facility {
    /// Where no SyslogFacility is said: DAEMON, and AUTHPRIV for what tells of logins, as ProFTPD has it.
    pub const USUAL: Facility = Facility(24);

    /// By its name, in any case.
    pub fn named(name: &str) -> Option<Facility> {
        let found = FACILITIES.iter().find(|(known, _)| known.eq_ignore_ascii_case(name));
        found.map(|(_, number)| Facility(*number))
    }

    fn number(self, is_login: bool) -> u8 {
        match (self, is_login) {
            (Facility::USUAL, true) => 10,
            (Facility::USUAL, false) => 3,
            (Facility(number), _) => number,
        }
    }
}

/// How a log goes to syslog.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Sorting {
    /// From where.
    pub facility: Facility,
    /// How grave; None where each line says so itself.
    pub severity: Option<Severity>,
}

/// Severities, and one more for none.
const STEP: u8 = 9;

impl Sorting {
    /// The number before a message, for a line of this level that tells of a login, or does not.
    pub fn priority(self, level: Level, is_login: bool) -> u8 {
        (self.facility.number(is_login) << 3) | self.severity.unwrap_or(Severity::of(level)).0
    }

    /// As one byte.
    pub(super) fn encode(self) -> u8 {
        self.facility.0 * STEP + self.severity.map_or(0, |severity| severity.0 + 1)
    }

    /// Any byte is one.
    pub(super) fn decode(byte: u8) -> Sorting {
        let severity = (byte % STEP).checked_sub(1).map(Severity);
        Sorting { facility: Facility((byte / STEP).min(Facility::USUAL.0)), severity }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read_and_priorities_made() {
        let sorting = |facility, severity| Sorting {
            facility: Facility::named(facility).unwrap(),
            severity: Severity::named(severity),
        };
        assert_eq!(sorting("daemon", "notice").priority(Level::Error, true), 29);
        assert_eq!(sorting("LOCAL7", "").priority(Level::Error, false), 187);
        let usual = Sorting { facility: Facility::USUAL, severity: None };
        assert_eq!([false, true].map(|is_login| usual.priority(Level::Info, is_login)), [30, 86]);
        assert_eq!(Facility::named("auth"), Facility::named("AUTHPRIV"));
        assert_eq!(Severity::named("loud"), None);
        assert_eq!(Facility::named("LOCAL8"), None);
    }

    #[test]
    fn a_sorting_is_one_byte() {
        for facility in FACILITIES.iter().map(|(_, facility)| facility).chain([&Facility::USUAL.0]) {
            for severity in std::iter::once(None).chain((0..8).map(|number| Some(Severity(number)))) {
                let sorting = Sorting { facility: Facility(*facility), severity };
                assert_eq!(Sorting::decode(sorting.encode()), sorting);
            }
        }
    }

    #[test]
    fn thresholds_let_everything_graver_pass() {
        let table = [
            ("emerg", Level::Critical),
            ("error", Level::Error),
            ("notice", Level::Warning),
            ("info", Level::Info),
            ("debug", Level::Debug),
        ];
        for (name, level) in table {
            assert_eq!(Severity::named(name).unwrap().level(), level);
        }
    }
}
