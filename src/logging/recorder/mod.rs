//! The recorder: the process that owns every log file. It believes nobody but the master: a record names its log by number,
//! never by path, and its sender's pid is the kernel's word.

mod evidence;
mod lines;
mod losses;
mod outlet;
mod process;
mod scribe;
mod syslog;

use std::os::fd::OwnedFd;

use jiff::tz::TimeZone;

use super::Ends;
use crate::sys::{GroupId, UserId};

/// What the master hands a recorder; the process keeps these descriptors, stderr where there is a foreground, and no other.
#[derive(Debug)]
pub struct Inheritance {
    /// A copy of the channel's receiving ends.
    pub ends: Ends,
    /// The master's orders ([`super::control::Control::pair`]).
    pub control: OwnedFd,
    /// This host's name, for every line.
    pub host: String,
    /// ServerName, for the recorder's own lines.
    pub server: String,
    /// Where SystemLog's lines go besides, with -n and without -q.
    pub foreground: Option<Foreground>,
    /// Of every line's time.
    pub zone: &'static TimeZone,
    /// Whom to become; `None` where the daemon is not root.
    pub identity: Option<(UserId, GroupId)>,
}

/// What stderr is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Foreground {
    /// A terminal, for people: slog-term's colours.
    Terminal,
    /// A file or a pipe, for programs: ProFTPD's lines.
    Plain,
}

/// The recorder's life, in its own process; gives the exit status.
pub fn serve(inheritance: Inheritance) -> u8 {
    match process::Recorder::new(inheritance).run() {
        Ok(()) => 0,
        Err(_) => 1,
    }
}

#[cfg(test)]
mod tests;
