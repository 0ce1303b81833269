//! What a line of an ExtendedLog can tell. Made by whoever saw it happen; borrowed for as long as a line is written.

use std::net::SocketAddr;
use std::time::Duration;

use jiff::Timestamp;
use jiff::tz::TimeZone;

use crate::logging::Cause;

/// What happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Event {
    /// A client came.
    Connect,
    /// A command was answered.
    Command,
    /// The session is over.
    Exit,
}

/// All of it.
#[derive(Clone, Copy, Debug)]
pub struct Facts<'a> {
    /// What happened,
    pub event: Event,
    /// when,
    pub moment: Timestamp,
    /// in whose clocks,
    pub zone: &'a TimeZone,
    /// to whom,
    pub session: Session<'a>,
    /// and by which command; empty at the session's ends.
    pub command: Command<'a>,
    /// Why the session is over; empty before.
    pub reason: &'a str,
}

/// The session.
#[derive(Clone, Copy, Debug)]
pub struct Session<'a> {
    /// The worker.
    pub pid: i32,
    /// ServerName.
    pub server: &'a str,
    /// The address the client reached.
    pub local: SocketAddr,
    /// The client's address.
    pub peer: SocketAddr,
    /// Its name, where it has one.
    pub peer_name: Option<&'a str>,
    /// Its class.
    pub class: Option<&'a str>,
    /// As USER gave it.
    pub given_user: Option<&'a [u8]>,
    /// The account, once it is taken.
    pub user: Option<&'a [u8]>,
    /// The name of its primary group.
    pub group: Option<&'a [u8]>,
    /// Its ids; before login the daemon's.
    pub uid: u32,
    /// See `uid`.
    pub gid: u32,
    /// What an anonymous client gave as password.
    pub anonymous: Option<&'a [u8]>,
    /// The working directory as the client sees it.
    pub cwd: &'a [u8],
    /// Bytes read from the network, on all connections.
    pub bytes_in: u64,
    /// Bytes written to it.
    pub bytes_out: u64,
}

/// A command and what became of it.
#[derive(Clone, Copy, Debug, Default)]
pub struct Command<'a> {
    /// In upper case; `SITE CHMOD` for SITE's own. Empty where there is none.
    pub name: &'a [u8],
    /// As it came; `(hidden)` where it is secret.
    pub argument: &'a [u8],
    /// From the line to its last reply.
    pub took: Duration,
    /// The last reply.
    pub reply: Option<(u16, &'a [u8])>,
    /// Why that refuses.
    pub refusal: Option<Cause<'a>>,
    /// The file's path on the host.
    pub host_path: Option<&'a [u8]>,
    /// The same as the client sees it.
    pub seen_path: Option<&'a [u8]>,
    /// The folder it is about.
    pub folder: Option<Folder<'a>>,
    /// What RNFR named, on the host.
    pub rename_from: Option<&'a [u8]>,
    /// Bytes moved for it.
    pub bytes: Option<u64>,
    /// The transfer, for commands that ask for one.
    pub transfer: Option<Transfer<'a>>,
}

/// A folder that a command names.
#[derive(Clone, Copy, Debug)]
pub struct Folder<'a> {
    /// Its last name as the client gave it.
    pub name: &'a [u8],
    /// On the host.
    pub host_path: &'a [u8],
}

/// How a transfer ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TransferEnd {
    /// All of it went.
    Success,
    /// It did not.
    Failed,
    /// ABOR, or the client left.
    Cancelled,
    /// A timer.
    Timeout,
}

impl TransferEnd {
    /// As `%{transfer-status}` has it.
    pub fn word(self) -> &'static str {
        match self {
            TransferEnd::Success => "success",
            TransferEnd::Failed => "failed",
            TransferEnd::Cancelled => "cancelled",
            TransferEnd::Timeout => "timeout",
        }
    }
}

/// TYPE.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TransferForm {
    /// A.
    Ascii,
    /// I.
    Binary,
}

impl TransferForm {
    /// As `%{transfer-type}` has it.
    pub fn word(self) -> &'static str {
        match self {
            TransferForm::Ascii => "ASCII",
            TransferForm::Binary => "binary",
        }
    }
}

/// What a command moved over a data connection, or was to.
#[derive(Clone, Copy, Debug)]
pub struct Transfer<'a> {
    /// How it ended.
    pub end: TransferEnd,
    /// How it was to go.
    pub form: TransferForm,
    /// How long it took, where it began.
    pub took: Option<Duration>,
    /// The port of the data connection that is not the client's usual one: ours where it came to us, its own where we went to it.
    pub port: Option<u16>,
    /// Why it failed.
    pub failure: Option<&'a [u8]>,
    /// The file's length afterwards.
    pub file_size: Option<u64>,
    /// Where in the file it began.
    pub file_offset: Option<u64>,
    /// A file that was there already was written.
    pub is_modified: bool,
}
