//! The channels of the trace: one row says a channel's name and what is told there. ProFTPD's names, where it has one for the same.

/// What a line of the trace is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Channel {
    /// Logins.
    Auth,
    /// What clients say.
    Command,
    /// Which part of the configuration holds.
    Config,
    /// The control socket.
    Ctrls,
    /// Data connections.
    Data,
    /// What is allowed, and by which line.
    Directory,
    /// What the host's file system refuses.
    Fileperms,
    /// What clients are answered.
    Response,
}

/// One channel.
#[derive(Clone, Copy, Debug)]
pub struct Row {
    /// Which.
    pub channel: Channel,
    /// As Trace has it.
    pub name: &'static str,
    /// Whether `DEFAULT` means it.
    pub is_default: bool,
    /// Level by level.
    pub tells: &'static str,
}

/// How many there are: a byte each of a word.
pub const COUNT: usize = 8;

/// All of them, in the order of [`Channel`].
pub const ROWS: [Row; COUNT] = [
    usual(
        Channel::Auth,
        "auth",
        "1 who may not log in, and why; 3 who may; 5 what is asked of whom; 7 the way to the account",
    ),
    usual(Channel::Command, "command", "6 the client's end; 7 each command, PASS without its password"),
    usual(
        Channel::Config,
        "config",
        "3 the generation that serves; 5 the server that a client reached; 7 folders' own files that are read",
    ),
    usual(Channel::Ctrls, "ctrls", "1 who asks at the control socket for what; 5 the answer"),
    usual(
        Channel::Data,
        "data",
        "3 transfers that fail; 5 where data connections are made, and what they moved",
    ),
    by_name(
        Channel::Directory,
        "directory",
        "2 what a rule refuses, and the line that does; 5 what is allowed, and by which line",
    ),
    by_name(Channel::Fileperms, "fileperms", "1 what the file system refuses, to which uid and gid"),
    usual(Channel::Response, "response", "1 each line that a client is answered"),
];

const fn usual(channel: Channel, name: &'static str, tells: &'static str) -> Row {
    Row { channel, name, is_default: true, tells }
}

const fn by_name(channel: Channel, name: &'static str, tells: &'static str) -> Row {
    Row { is_default: false, ..usual(channel, name, tells) }
}

/// What ProFTPD calls those that it traces unless one is named.
pub const DEFAULT: &str = "DEFAULT";

impl Channel {
    /// As Trace has it.
    pub fn name(self) -> &'static str {
        ROWS[self.place()].name
    }

    /// By its name, in any case.
    pub fn named(name: &str) -> Option<Channel> {
        ROWS.iter().find(|row| row.name.eq_ignore_ascii_case(name)).map(|row| row.channel)
    }

    pub(super) const fn place(self) -> usize {
        self as usize
    }
}

/// Those that a word means: a channel, or DEFAULT; none where there is no such channel.
pub fn meant(word: &str) -> Vec<Channel> {
    if word == DEFAULT {
        return ROWS.iter().filter(|row| row.is_default).map(|row| row.channel).collect();
    }
    Channel::named(word).into_iter().collect()
}

/// Their names, for a sentence.
pub fn names() -> String {
    ROWS.map(|row| row.name).join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_channel_has_its_row_and_the_page_tells_of_it() {
        let page = include_str!("../../../docs/logging.md");
        for (place, row) in ROWS.iter().enumerate() {
            assert_eq!((row.channel.place(), Channel::named(row.name)), (place, Some(row.channel)));
            let by = if row.is_default { "yes" } else { "no" };
            let line = format!("| `{}` | {by} | {} |", row.name, row.tells);
            assert!(page.contains(&line), "docs/logging.md lacks {line}");
        }
    }

    #[test]
    fn words_mean_channels() {
        assert_eq!(meant("directory"), [Channel::Directory]);
        assert_eq!(meant("DEFAULT").len(), 6);
        assert!(meant("pool").is_empty() && meant("default").is_empty());
    }
}
