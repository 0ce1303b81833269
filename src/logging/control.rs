//! What the master tells the recorder over their own sequenced-packet socket: which logs there are, by number, with a
//! descriptor for each; and when to have written everything.
//!
//! Layout, little-endian: order u8, log number u16, kind u8, syslog's sorting u8, path. The recorder answers `Flush` and `Stop` with the order's
//! byte alone.

use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::time::{Duration, Instant};

use super::{Kind, LogNumber, Sorting};
use crate::sys::{poll, socket};

/// Bytes of the longest message: a path may be 4,095 long.
pub(super) const MESSAGE_MAX: usize = 5 + PATH_MAX;
const PATH_MAX: usize = 4096;

/// A message to the recorder.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Message<'a> {
    /// From now on this log is written; one with the same number is replaced. Carries its file, but for syslog.
    Open { log: LogNumber, kind: Kind, path: &'a [u8] },
    /// Its last session has ended: what is queued is written, then the file closed.
    Close { log: LogNumber },
    /// The path has been opened anew; carries the file.
    Reopened { log: LogNumber },
    /// Every live log has been opened: records may be read. Until then they wait, for one that names a log not yet opened would be
    /// lost.
    Begin,
    /// Write what is queued and answer.
    Flush,
    /// Write what is queued, answer and end.
    Stop,
}

const OPEN: u8 = 1;
const CLOSE: u8 = 2;
const REOPENED: u8 = 3;
const FLUSH: u8 = 4;
const STOP: u8 = 5;
const BEGIN: u8 = 6;

impl<'a> Message<'a> {
    pub(super) fn encode(&self) -> Vec<u8> {
        let none = (0, 0);
        let (order, log, (kind, sorting), path): (u8, LogNumber, (u8, u8), &[u8]) = match *self {
            Message::Open { log, kind, path } => (OPEN, log, encode_kind(kind), path),
            Message::Close { log } => (CLOSE, log, none, b""),
            Message::Reopened { log } => (REOPENED, log, none, b""),
            Message::Begin => (BEGIN, LogNumber::SYSTEM, none, b""),
            Message::Flush => (FLUSH, LogNumber::SYSTEM, none, b""),
            Message::Stop => (STOP, LogNumber::SYSTEM, none, b""),
        };
        let [low, high] = log.0.to_le_bytes();
        [&[order, low, high, kind, sorting], &path[..path.len().min(PATH_MAX)]].concat()
    }

    pub(super) fn decode(bytes: &'a [u8]) -> Option<Message<'a>> {
        let (&[order, low, high, kind, sorting], path) = bytes.split_first_chunk::<5>()?;
        let log = LogNumber(u16::from_le_bytes([low, high]));
        match order {
            OPEN if path.len() <= PATH_MAX => {
                Some(Message::Open { log, kind: decode_kind(kind, sorting)?, path })
            }
            CLOSE => Some(Message::Close { log }),
            REOPENED => Some(Message::Reopened { log }),
            BEGIN => Some(Message::Begin),
            FLUSH => Some(Message::Flush),
            STOP => Some(Message::Stop),
            _ => None,
        }
    }
}

fn encode_kind(kind: Kind) -> (u8, u8) {
    match kind {
        Kind::Line => (1, 0),
        Kind::Raw => (2, 0),
        Kind::Syslog(sorting) => (3, sorting.encode()),
    }
}

fn decode_kind(byte: u8, sorting: u8) -> Option<Kind> {
    match byte {
        1 => Some(Kind::Line),
        2 => Some(Kind::Raw),
        3 => Some(Kind::Syslog(Sorting::decode(sorting))),
        _ => None,
    }
}

/// How long an order waits for room: a recorder that starts is told of every log at once.
const PATIENCE: Duration = Duration::from_secs(2);

/// The master's end. Nothing here waits for the recorder for long: one that does not listen is an error (`TimedOut`), which
/// the master answers by ending it and starting another.
#[derive(Debug)]
pub struct Control {
    pub(super) socket: OwnedFd,
}

impl Control {
    /// Master, before each fork of a recorder: its own end, and the one for the recorder.
    pub fn pair() -> io::Result<(Control, OwnedFd)> {
        let (socket, recorders) = socket::seqpacket_pair()?;
        Ok((Control { socket }, recorders))
    }

    /// Has the recorder write `log` to `file` (none for syslog). `path` is for its messages alone. Sent before a worker
    /// that may name the log is born; sent for all live logs to a recorder that takes another's place; sent again with
    /// SYSTEM's number when SystemLog has another path.
    pub fn open(
        &self,
        log: LogNumber,
        kind: Kind,
        path: &Path,
        file: Option<BorrowedFd<'_>>,
    ) -> io::Result<()> {
        self.send(Message::Open { log, kind, path: path.as_os_str().as_bytes() }, file)
    }

    /// The last session that may use `log` has ended.
    pub fn close(&self, log: LogNumber) -> io::Result<()> {
        self.send(Message::Close { log }, None)
    }

    /// After USR1 or HUP: the log's path, opened anew.
    pub fn reopened(&self, log: LogNumber, file: BorrowedFd<'_>) -> io::Result<()> {
        self.send(Message::Reopened { log }, Some(file))
    }

    /// All live logs are open: the recorder may read what has been sent.
    pub fn begin(&self) -> io::Result<()> {
        self.send(Message::Begin, None)
    }

    /// Waits until what was sent before is written.
    #[cfg(test)]
    pub fn flush(&self, within: Duration) -> io::Result<()> {
        self.send(Message::Flush, None)?;
        self.await_answer(FLUSH, within)
    }

    /// Has the recorder write what was sent and end, and does not wait for it: another is to take its place.
    pub fn dismiss(&self) -> io::Result<()> {
        self.send(Message::Stop, None)
    }

    /// Waits until what was sent before is written and the recorder is about to end.
    pub fn stop(&self, within: Duration) -> io::Result<()> {
        self.send(Message::Stop, None)?;
        self.await_answer(STOP, within)
    }

    fn send(&self, message: Message<'_>, file: Option<BorrowedFd<'_>>) -> io::Result<()> {
        let bytes = message.encode();
        let deadline = Instant::now() + PATIENCE;
        loop {
            match socket::send(self.socket.as_fd(), &bytes, file.as_slice(), false) {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    wait_until(poll::Waiting::to_write(self.socket.as_fd()), deadline)?;
                }
                sent => return sent,
            }
        }
    }

    /// An answer to an earlier flush that came too late is passed over.
    fn await_answer(&self, order: u8, within: Duration) -> io::Result<()> {
        let deadline = Instant::now() + within;
        loop {
            wait_until(poll::Waiting::to_read(self.socket.as_fd()), deadline)?;
            let mut answer = [0; 4];
            match socket::receive(self.socket.as_fd(), &mut answer, false)?.length {
                0 => return Err(io::ErrorKind::UnexpectedEof.into()),
                _ if answer[0] == order => return Ok(()),
                _ => {}
            }
        }
    }
}

fn wait_until(waiting: poll::Waiting<'_>, deadline: Instant) -> io::Result<()> {
    let mut waiting = [waiting];
    loop {
        let left = deadline.saturating_duration_since(Instant::now());
        match poll::wait(&mut waiting, Some(left)) {
            Ok(0) => return Err(io::ErrorKind::TimedOut.into()),
            Ok(_) => return Ok(()),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
}

/// The recorder's answer to a message that asks for one.
pub(super) fn answer(master: BorrowedFd<'_>, message: Message<'_>) -> io::Result<()> {
    socket::send(master, &message.encode()[..1], &[], false)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn every_message_is_read_as_it_was_meant() {
        let log = LogNumber(0x1234);
        let path: &[u8] = b"/var/log/proftpd/xferlog";
        let table = [
            Message::Open { log, kind: Kind::Line, path },
            Message::Open { log, kind: Kind::Raw, path },
            Message::Open { log, kind: Kind::Syslog(Sorting::decode(29)), path: b"" },
            Message::Close { log },
            Message::Reopened { log },
            Message::Begin,
            Message::Flush,
            Message::Stop,
        ];
        for message in table {
            assert_eq!(Message::decode(&message.encode()), Some(message));
        }
    }

    #[test]
    fn a_recorder_that_is_gone_or_silent_is_an_error() {
        let (control, recorders) = Control::pair().unwrap();
        assert_eq!(control.flush(Duration::ZERO).unwrap_err().kind(), io::ErrorKind::TimedOut);
        drop(recorders);
        assert!(control.stop(Duration::from_secs(9)).is_err());
    }

    #[test]
    fn a_late_answer_is_passed_over() {
        let (control, recorders) = Control::pair().unwrap();
        answer(recorders.as_fd(), Message::Flush).unwrap();
        answer(recorders.as_fd(), Message::Stop).unwrap();
        control.stop(Duration::from_secs(9)).unwrap();
    }

    proptest! {
        #[test]
        fn any_bytes_decode_or_do_not(bytes in proptest::collection::vec(any::<u8>(), 0..MESSAGE_MAX + 9)) {
            let _ = Message::decode(&bytes);
        }
    }
}
