//! The channel to the recorder: two shared datagram sockets, one for evidence and one for lines, so that a full disk under
//! the transfer logs does not silence SystemLog; and a pipe by whose end the recorder learns that nobody writes any more.

use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use slog::Level;

use super::{LogNumber, Style, record};
use crate::sys::{poll, socket};

/// How long a line waits for a recorder that does not keep up, before it is dropped and counted.
const PATIENCE: Duration = Duration::from_millis(50);
/// Bytes that may wait for the recorder, in each socket, as the kernel counts them (about 800 for a short record).
const QUEUE: usize = 1024 * 1024;
/// Bytes of a buffer that is kept for the next record; a larger one is given back.
const BUFFER_KEPT: usize = 2048;

/// The sending end of the channel to the recorder; shared by master, nursery, workers and auth.
#[derive(Debug)]
pub struct Channel {
    evidence: OwnedFd,
    lines: OwnedFd,
    /// Never written to; the recorder reads its end when the last sender is gone.
    life: OwnedFd,
    /// The last line found no room: the next ones do not wait for it.
    choked: AtomicBool,
    lost: AtomicU64,
    buffer: Mutex<Vec<u8>>,
    /// What is less grave is not sent,
    least: Level,
    /// unless the operator has ordered it: a level as slog counts them, 0 for none.
    ordered: AtomicUsize,
}

/// The recorder's end. The master holds it as well, so that records wait for the next recorder when one dies.
#[derive(Debug)]
pub struct Ends {
    /// Evidence arrives here.
    pub evidence: OwnedFd,
    /// Lines arrive here.
    pub lines: OwnedFd,
    /// End of file when the last holder of the [`Channel`] is gone.
    pub life: OwnedFd,
}

impl Channel {
    /// Master, once: both ends. The recorder must not keep the [`Channel`], nor workers the [`Ends`].
    pub fn pair() -> io::Result<(Channel, Ends)> {
        let (evidence, evidence_end) = shared_pair()?;
        let (lines, lines_end) = shared_pair()?;
        let (life_end, life) = io::pipe()?;
        let channel = Channel::of([evidence, lines, life.into()]);
        Ok((channel, Ends { evidence: evidence_end, lines: lines_end, life: life_end.into() }))
    }

    /// A channel over these: evidence, lines, life.
    pub(super) fn of([evidence, lines, life]: [OwnedFd; 3]) -> Channel {
        Channel {
            evidence,
            lines,
            life,
            choked: AtomicBool::new(false),
            lost: AtomicU64::new(0),
            buffer: Mutex::new(Vec::new()),
            least: Level::Info,
            ordered: AtomicUsize::new(0),
        }
    }

    /// Master, once: what loggers on this channel still send; `Info` and graver without it, `Debug` with `-d`.
    pub fn with_least(self, least: Level) -> Channel {
        Channel { least, ..self }
    }

    /// Master, before a fork: the same channel for others, of whose lines only these are sent.
    pub fn duplicate(&self, least: Level) -> io::Result<Channel> {
        let copies = [self.evidence.try_clone()?, self.lines.try_clone()?, self.life.try_clone()?];
        let copy = Channel::of(copies).with_least(least);
        copy.order(self.ordered.load(Ordering::Relaxed) as u64);
        Ok(copy)
    }

    /// The least grave lines that are sent.
    pub fn least(&self) -> Level {
        self.least
    }

    /// Whether a line of this level is sent.
    pub(super) fn wants(&self, level: Level) -> bool {
        level.is_at_least(self.least) || level.as_usize() <= self.ordered.load(Ordering::Relaxed)
    }

    /// The operator's order, as slog counts levels: what is sent besides; 0 for nothing. A channel that nobody reads stays silent.
    pub fn order(&self, level: u64) {
        let level =
            if self.least == Level::Critical { 0 } else { usize::try_from(level).unwrap_or_default() };
        // A page of memory that is not written to is not copied.
        if self.ordered.load(Ordering::Relaxed) != level {
            self.ordered.store(level, Ordering::Relaxed);
        }
    }

    /// The socket of evidence: writable when a record that found no room may be sent again.
    pub fn socket(&self) -> &OwnedFd {
        &self.evidence
    }

    /// Every descriptor of the channel, for keep-lists; a sender that closes one of them ends its own channel.
    pub fn descriptors(&self) -> [BorrowedFd<'_>; 3] {
        [self.evidence.as_fd(), self.lines.as_fd(), self.life.as_fd()]
    }

    /// Sends one whole record of evidence (a line without its end) without waiting. `Err(WouldBlock)` means that the caller
    /// waits for POLLOUT on [`Channel::socket`] with its own deadline and sends again; any other error, that no recorder
    /// will ever read it.
    pub fn send_evidence(&self, log: LogNumber, line: &[u8]) -> io::Result<()> {
        let mut buffer = self.take_buffer();
        record::begin(&mut buffer, log, (Level::Info, Style::USUAL), b"");
        // One byte more than fits is enough for `finish` to see that it must cut.
        buffer.extend_from_slice(&line[..line.len().min(record::RECORD_MAX)]);
        record::finish(&mut buffer);
        let sent = socket::send(self.evidence.as_fd(), &buffer, &[], false);
        self.keep_buffer(buffer);
        sent
    }

    /// Sends a line of a log that may lose lines (syslog), without an origin.
    pub fn send_note(&self, log: LogNumber, line: &[u8]) {
        let mut buffer = self.take_buffer();
        record::begin(&mut buffer, log, (Level::Info, Style::USUAL), b"");
        buffer.extend_from_slice(&line[..line.len().min(record::RECORD_MAX)]);
        record::finish(&mut buffer);
        self.send_line(&buffer);
        self.keep_buffer(buffer);
    }

    /// Sends a line of a trace; one that finds no room is dropped and counted, nobody waits for it.
    pub(super) fn send_trace(&self, (log, style): (LogNumber, Style), origin: &[u8], text: &[u8]) {
        let mut buffer = self.take_buffer();
        record::begin(&mut buffer, log, (Level::Trace, style), origin);
        buffer.extend_from_slice(&text[..text.len().min(record::RECORD_MAX)]);
        record::finish(&mut buffer);
        if socket::send(self.lines.as_fd(), &buffer, &[], false).is_err() {
            self.count_lost();
        }
        self.keep_buffer(buffer);
    }

    /// Records of this process that were dropped since the last question, for the slot's totals.
    pub fn take_lost(&self) -> u64 {
        match self.lost.load(Ordering::Relaxed) {
            0 => 0,
            _ => self.lost.swap(0, Ordering::Relaxed),
        }
    }

    /// Sends an encoded line; waits a moment for room, but not once more after it was in vain.
    pub(super) fn send_line(&self, encoded: &[u8]) {
        match socket::send(self.lines.as_fd(), encoded, &[], false) {
            Ok(()) => self.set_choked(false),
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => self.send_patiently(encoded),
            Err(_) => self.count_lost(),
        }
    }

    fn send_patiently(&self, encoded: &[u8]) {
        if !self.choked.load(Ordering::Relaxed) {
            let _ = poll::wait(&mut [poll::Waiting::to_write(self.lines.as_fd())], Some(PATIENCE));
            if socket::send(self.lines.as_fd(), encoded, &[], false).is_ok() {
                return;
            }
        }
        self.set_choked(true);
        self.count_lost();
    }

    /// Writes only what changes: the page is shared with other processes until then.
    fn set_choked(&self, choked: bool) {
        if self.choked.load(Ordering::Relaxed) != choked {
            self.choked.store(choked, Ordering::Relaxed);
        }
    }

    fn count_lost(&self) {
        self.lost.fetch_add(1, Ordering::Relaxed);
    }

    /// The buffer leaves its place while it is used, so that nobody holds the lock during a system call.
    pub(super) fn take_buffer(&self) -> Vec<u8> {
        std::mem::take(&mut *self.buffer.lock().unwrap_or_else(PoisonError::into_inner))
    }

    pub(super) fn keep_buffer(&self, buffer: Vec<u8>) {
        if buffer.capacity() <= BUFFER_KEPT {
            *self.buffer.lock().unwrap_or_else(PoisonError::into_inner) = buffer;
        }
    }
}

impl Ends {
    /// Master: a copy for the recorder that is about to be forked.
    pub fn try_clone(&self) -> io::Result<Ends> {
        Ok(Ends {
            evidence: self.evidence.try_clone()?,
            lines: self.lines.try_clone()?,
            life: self.life.try_clone()?,
        })
    }

    /// Every descriptor of these ends, for keep-lists.
    pub fn descriptors(&self) -> [BorrowedFd<'_>; 3] {
        [self.evidence.as_fd(), self.lines.as_fd(), self.life.as_fd()]
    }
}

/// (sending, receiving); the receiver learns each sender's pid from the kernel.
fn shared_pair() -> io::Result<(OwnedFd, OwnedFd)> {
    let (sending, receiving) = socket::datagram_pair()?;
    socket::widen(sending.as_fd(), QUEUE)?;
    socket::pass_credentials(receiving.as_fd())?;
    Ok((sending, receiving))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn received(end: &OwnedFd) -> Option<Vec<u8>> {
        let mut buffer = vec![0; record::RECORD_MAX];
        let got = socket::receive(end.as_fd(), &mut buffer, false).ok()?;
        assert!(!got.truncated);
        Some(buffer[..got.length].to_vec())
    }

    #[test]
    fn evidence_and_lines_travel_apart() {
        let (channel, ends) = Channel::pair().unwrap();
        channel.send_evidence(LogNumber(4), b"sent").unwrap();
        channel.send_line(b"noted");
        let evidence = received(&ends.evidence).unwrap();
        assert_eq!(record::decode(&evidence).unwrap().text, b"sent");
        assert_eq!(received(&ends.lines).unwrap(), b"noted");
    }

    #[test]
    fn a_line_longer_than_a_record_is_cut_and_its_buffer_given_back() {
        let (channel, ends) = Channel::pair().unwrap();
        channel.send_evidence(LogNumber(1), &[b'x'; 100_000]).unwrap();
        let evidence = received(&ends.evidence).unwrap();
        assert!(record::decode(&evidence).unwrap().text.ends_with(record::CUT));
        assert_eq!(channel.take_buffer().capacity(), 0);
    }

    #[test]
    fn evidence_that_finds_no_room_says_so_and_lines_are_counted() {
        let (channel, _ends) = Channel::pair().unwrap();
        let full = loop {
            if let Err(error) = channel.send_evidence(LogNumber(1), b"evidence") {
                break error;
            }
        };
        assert_eq!(full.kind(), io::ErrorKind::WouldBlock);
        assert_eq!(channel.take_lost(), 0);
        while channel.take_lost() == 0 {
            channel.send_line(b"line");
        }
        channel.send_line(b"line");
        assert_eq!(channel.take_lost(), 1);
        assert_eq!(channel.take_lost(), 0);
    }

    #[test]
    fn the_pipe_ends_with_the_last_sender() {
        let (channel, ends) = Channel::pair().unwrap();
        let mut waiting = [poll::Waiting::to_read(ends.life.as_fd())];
        assert_eq!(poll::wait(&mut waiting, Some(Duration::ZERO)).unwrap(), 0);
        drop(channel);
        assert_eq!(poll::wait(&mut waiting, None).unwrap(), 1);
    }
}
