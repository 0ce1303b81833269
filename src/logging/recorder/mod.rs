//! The recorder: the process that owns every log file. It believes nobody but the master: a record names its log by number,
//! never by path, and its sender's pid is the kernel's word.

mod evidence;
mod lines;
mod losses;
mod outlet;
mod scribe;
mod syslog;
mod work;

use std::io;
use std::os::fd::OwnedFd;

use jiff::tz::TimeZone;

use self::scribe::Scribe;
pub use self::syslog::say_once;
use self::work::Recorder;
use super::Ends;
use crate::sys::{GroupId, UserId, confine, identity, process, signals, streams};

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
    /// systemd's journal, which has a clock and a name of the host itself: lines with their severity in front (sd-daemon(3)).
    Journal,
}

/// The recorder's life, in its own process; gives the exit status. The scribe is made first, because it reads what the terminal
/// can do; its thread starts last, because what confines a process must come before its threads.
pub fn serve(inheritance: Inheritance) -> u8 {
    let scribe = Scribe::new(inheritance.host.clone(), inheritance.zone, inheritance.foreground);
    let served = confine(inheritance.identity).and_then(|()| {
        let recorder = Recorder::new(inheritance, scribe);
        process::stay_alone()?;
        recorder.run()
    });
    match served {
        Ok(()) => 0,
        // Nobody else can be told: the master sees the status and starts another recorder.
        Err(error) => {
            streams::complain(&format!("ferryd: recorder: {error}"));
            1
        }
    }
}

/// Gives up everything but the descriptors. Workers before login have the same uid: the last step keeps them from reading the
/// memory of this process and from opening its logs through /proc, and comes last because a change of uid resets it (prctl(2),
/// PR_SET_DUMPABLE).
fn confine(identity: Option<(UserId, GroupId)>) -> io::Result<()> {
    signals::ignore_termination()?;
    process::leave_no_core()?;
    if let Some((uid, gid)) = identity {
        identity::leave_groups()?;
        identity::take_group(gid)?;
        identity::take_user(uid)?;
    }
    identity::drop_capabilities()?;
    process::forbid_new_privileges()?;
    confine::confine_to_descriptors()?;
    process::hide_memory()
}

#[cfg(test)]
mod tests;
