//! Who speaks in a log of lines, and how: what LogOptions, SyslogLevel and ServerLog come to for one process or session.

use slog::Level;

use super::LogNumber;

/// What a line is written with; LogOptions.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Style(u8);

impl Style {
    /// As ProFTPD writes without LogOptions.
    pub const USUAL: Style = Style(0);

    const NO_TIMESTAMP: u8 = 1;
    const NO_HOSTNAME: u8 = 2;
    const DAEMON: u8 = 4;
    const SESSION: u8 = 8;
    const ALL: u8 = 15;

    /// Of a byte on its way; None where it is none of ours.
    pub(super) fn decode(byte: u8) -> Option<Style> {
        (byte & !Style::ALL == 0).then_some(Style(byte))
    }

    pub(super) fn encode(self) -> u8 {
        self.0
    }

    /// Whether it begins with the time.
    pub(super) fn has_timestamp(self) -> bool {
        self.0 & Style::NO_TIMESTAMP == 0
    }

    /// Whether this host is named.
    pub(super) fn has_hostname(self) -> bool {
        self.0 & Style::NO_HOSTNAME == 0
    }

    /// What stands before the pid, where it is not the program's name.
    pub(super) fn role(self) -> Option<&'static str> {
        match self.0 & (Style::DAEMON | Style::SESSION) {
            0 => None,
            Style::SESSION => Some("session"),
            _ => Some("daemon"),
        }
    }
}

/// LogOptions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LogOptions {
    /// Timestamp.
    pub timestamp: bool,
    /// Hostname.
    pub hostname: bool,
    /// VirtualHost.
    pub virtual_host: bool,
    /// RoleBasedProcessLabels.
    pub roles: bool,
}

impl Default for LogOptions {
    fn default() -> LogOptions {
        LogOptions { timestamp: true, hostname: true, virtual_host: true, roles: false }
    }
}

/// Who speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Speaker {
    /// One of the daemon's own processes.
    Daemon,
    /// A session.
    Session,
}

impl LogOptions {
    /// How this speaker's lines are written.
    pub fn style(self, speaker: Speaker) -> Style {
        let when = |is_so: bool, bit: u8| if is_so { bit } else { 0 };
        let role = if speaker == Speaker::Session { Style::SESSION } else { Style::DAEMON };
        Style(
            when(!self.timestamp, Style::NO_TIMESTAMP)
                | when(!self.hostname, Style::NO_HOSTNAME)
                | when(self.roles, role),
        )
    }
}

/// One speaker's part in a log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Voice {
    /// SystemLog's number, or a ServerLog's; None says nothing.
    pub log: Option<LogNumber>,
    /// The least grave line that is written.
    pub least: Level,
    /// How lines begin.
    pub style: Style,
    /// `SERVER (CLIENTNAME[CLIENTIP])`, `SERVER` alone, or what LogOptions leave of it.
    pub origin: String,
}

impl Voice {
    /// In SystemLog, as without any directive.
    pub fn usual(origin: &str) -> Voice {
        let origin = origin.to_owned();
        Voice { log: Some(LogNumber::SYSTEM), least: Level::Trace, style: Style::USUAL, origin }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_are_a_style_and_a_style_is_a_byte() {
        let style = LogOptions::default().style(Speaker::Session);
        assert_eq!(style, Style::USUAL);
        let bare = LogOptions { timestamp: false, hostname: false, virtual_host: true, roles: true };
        let style = bare.style(Speaker::Session);
        assert!(!style.has_timestamp() && !style.has_hostname());
        assert_eq!((style.role(), bare.style(Speaker::Daemon).role()), (Some("session"), Some("daemon")));
        assert_eq!(Style::decode(style.encode()), Some(style));
        assert_eq!(Style::decode(16), None);
    }
}
