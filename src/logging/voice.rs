//! Who speaks in a log of lines, and how: what LogOptions, SyslogLevel and ServerLog come to for one process or session.

use slog::Level;

use super::LogNumber;

/// What a line is written with; LogOptions.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Style(u8);

impl Style {
    /// As ProFTPD writes without LogOptions.
    pub const USUAL: Style = Style(0);

    /// As ControlsLog is written.
    pub const CONTROLS: Style = Style(Style::NO_HOSTNAME | Label::Controls.bits());

    const NO_TIMESTAMP: u8 = 1;
    const NO_HOSTNAME: u8 = 2;
    /// Three bits from here on are a [`Label`].
    const LABEL: u8 = 4;
    const LOGIN: u8 = 32;
    const NO_MILLIS: u8 = 64;
    const ALL: u8 = 127;

    /// As TraceLog is written, with its time or without, with milliseconds or without.
    pub(super) fn of_trace(timestamp: bool, millis: bool) -> Style {
        let when = |is_so: bool, bit: u8| if is_so { bit } else { 0 };
        let (timeless, coarse) = (when(!timestamp, Style::NO_TIMESTAMP), when(!millis, Style::NO_MILLIS));
        Style(Style::NO_HOSTNAME | Label::Nobody.bits() | timeless | coarse)
    }

    /// Of a byte on its way; None where it is none of ours.
    pub(super) fn decode(byte: u8) -> Option<Style> {
        let style = Style(byte);
        (byte & !Style::ALL == 0 && style.label().is_some()).then_some(style)
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

    /// Whether the time has its milliseconds.
    pub(super) fn has_millis(self) -> bool {
        self.0 & Style::NO_MILLIS == 0
    }

    /// Whether it tells of a login, which is not for every reader of syslog.
    pub(super) fn is_login(self) -> bool {
        self.0 & Style::LOGIN != 0
    }

    /// The same for a record with this tag.
    pub(super) fn tagged(self, tag: &str) -> Style {
        if tag == LOGIN { Style(self.0 | Style::LOGIN) } else { self }
    }

    /// What stands before the pid.
    pub(super) fn tag(self) -> &'static str {
        self.label().unwrap_or_default().text()
    }

    fn label(self) -> Option<Label> {
        let number = (self.0 / Style::LABEL) % 8;
        Label::ALL.iter().copied().find(|label| *label as u8 == number)
    }
}

/// The tag (slog's) of a line that tells of a login, of one that was refused too.
pub const LOGIN: &str = "login";

/// Who a line says it is from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Label {
    #[default]
    Program,
    Daemon,
    Session,
    /// The pid alone.
    Nobody,
    Controls,
}

impl Label {
    const ALL: [Label; 5] = [Label::Program, Label::Daemon, Label::Session, Label::Nobody, Label::Controls];

    const fn bits(self) -> u8 {
        self as u8 * Style::LABEL
    }

    fn text(self) -> &'static str {
        match self {
            // What log monitors look for in place of our own name.
            Label::Program => "proftpd",
            Label::Daemon => "daemon",
            Label::Session => "session",
            Label::Nobody => "",
            Label::Controls => concat!("mod_ctrls/", env!("CARGO_PKG_VERSION")),
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
        let role = if speaker == Speaker::Session { Label::Session } else { Label::Daemon };
        Style(
            when(!self.timestamp, Style::NO_TIMESTAMP)
                | when(!self.hostname, Style::NO_HOSTNAME)
                | when(self.roles, role.bits()),
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
        assert_eq!((style.tag(), bare.style(Speaker::Daemon).tag()), ("session", "daemon"));
        assert_eq!(Style::decode(style.encode()), Some(style));
        assert_eq!((Style::decode(20), Style::decode(128)), (None, None));
    }

    #[test]
    fn a_login_is_told_by_its_tag() {
        let style = Style::CONTROLS.tagged(LOGIN);
        assert!(style.is_login() && !Style::CONTROLS.tagged("").is_login());
        assert!(style.tag().starts_with("mod_ctrls/"));
        assert_eq!(Style::decode(style.encode()), Some(style));
    }
}
