//! The transfer log's lines, from what a session knows.

use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::time::Duration;

use jiff::Timestamp;

use super::evidence;
use super::member::Member;
use super::watch::{Ending, Watch};
use crate::logging::LogNumber;
use crate::logging::xferlog::{Access, Completion, Direction, Entry, Representation};
use crate::protocol::Type;

/// One transfer or deletion.
#[derive(Debug)]
pub struct Logged<'a> {
    /// On the host.
    pub path: &'a Path,
    /// Of file data.
    pub bytes: u64,
    /// From the first byte to the last.
    pub took: Duration,
    /// Which way.
    pub direction: Direction,
    /// Whether all of it went.
    pub completion: Completion,
}

/// Whether this virtual host keeps one of such a session.
pub fn is_kept(watch: &Watch, member: &Member) -> bool {
    number(watch, member).is_some()
}

fn number(watch: &Watch, member: &Member) -> Option<LogNumber> {
    let place = member.rules.transfer_log.place;
    watch.logs(member.anonymous)?.transfers.get(place).copied().flatten()
}

/// Writes the line, where there is a transfer log.
pub fn write(watch: &mut Watch, member: &Member, logged: &Logged<'_>) -> Result<(), Ending> {
    let Some(log) = number(watch, member) else { return Ok(()) };
    let entry = Entry {
        ended: Timestamp::now(),
        took: logged.took,
        host: watch.peer.name().as_bytes(),
        bytes: logged.bytes,
        path: logged.path.as_os_str().as_bytes(),
        representation: match watch.representation() {
            Type::Ascii => Representation::Ascii,
            Type::Image => Representation::Binary,
        },
        direction: logged.direction,
        access: match member.anonymous {
            Some(_) => Access::Anonymous(&member.given_address),
            None => Access::Real(&member.given_name),
        },
        completion: logged.completion,
    }
    .line(watch.birth.zone);
    evidence::write(watch, log, &entry).map(drop)
}
