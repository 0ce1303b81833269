//! One file being written: lines are gathered and leave together, and wait here while the disk is full. Nothing blocks, and
//! no line is torn: one that was written in part is written again, whole, when the file is replaced.

use std::fs::File;
use std::io::{self, Write};

/// Bytes of lines that wait for a file that cannot be written.
const PENDING_MAX: usize = 256 * 1024;
/// Bytes that are written without waiting for more.
pub(super) const ENOUGH: usize = 64 * 1024;
/// Bytes of an empty buffer that is kept.
const BUFFER_KEPT: usize = 16 * 1024;

/// Lines on their way into a file.
#[derive(Debug)]
pub(super) struct Outlet<W = File> {
    file: W,
    /// Begins at the beginning of a line.
    pending: Vec<u8>,
    /// So many bytes of the first pending line are in the file already.
    written: usize,
    state: State,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Flowing,
    /// Whoever reads a pipe or a terminal is behind: tried again soon, and nothing to be told.
    Behind,
    Stuck,
}

/// What an attempt to write has changed.
#[derive(Debug)]
pub(super) enum Change {
    /// The file could be written before, and now cannot.
    Stuck(io::Error),
    /// The file can be written again.
    Flows,
}

impl<W: Write> Outlet<W> {
    pub(super) fn new(file: W) -> Outlet<W> {
        Outlet { file, pending: Vec::new(), written: 0, state: State::Flowing }
    }

    /// Whether a line of `length` bytes may still be added.
    pub(super) fn has_room(&self, length: usize) -> bool {
        self.pending.len() + length < PENDING_MAX
    }

    pub(super) fn is_empty(&self) -> bool {
        self.pending.is_empty()
    }

    /// Whether the last attempt to write failed.
    pub(super) fn is_stuck(&self) -> bool {
        self.state != State::Flowing
    }

    /// Whether it failed because a reader is behind.
    pub(super) fn is_behind(&self) -> bool {
        self.state == State::Behind
    }

    /// Whether there is enough to write without waiting for more.
    pub(super) fn has_enough(&self) -> bool {
        self.pending.len() >= ENOUGH
    }

    /// Adds a line and its end; it is written at the next [`Outlet::write`].
    pub(super) fn add(&mut self, line: impl IntoIterator<Item = u8>) {
        self.pending.extend(line);
        self.pending.push(b'\n');
    }

    /// Writes what is pending, as far as the file takes it.
    pub(super) fn write(&mut self) -> Option<Change> {
        let outcome = self.write_pending();
        let before = self.state;
        match outcome {
            Ok(()) => {
                self.state = State::Flowing;
                (before == State::Stuck).then_some(Change::Flows)
            }
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                self.state = State::Behind;
                (before == State::Stuck).then_some(Change::Flows)
            }
            Err(error) => {
                self.state = State::Stuck;
                (before != State::Stuck).then_some(Change::Stuck(error))
            }
        }
    }

    /// Goes on in another file; the old one is closed. What the old one did not take whole is written to the new one.
    pub(super) fn replace(&mut self, file: W) -> Option<Change> {
        let _ = self.write_pending();
        self.file = file;
        self.written = 0;
        self.write()
    }

    /// Lines that wait; those that are lost if this is dropped.
    pub(super) fn waiting(&self) -> usize {
        memchr::memchr_iter(b'\n', &self.pending).count()
    }

    fn write_pending(&mut self) -> io::Result<()> {
        while self.written < self.pending.len() {
            match self.file.write(&self.pending[self.written..]) {
                Ok(0) => return self.keep_rest(io::ErrorKind::WriteZero.into()),
                Ok(count) => self.written += count,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return self.keep_rest(error),
            }
        }
        self.written = 0;
        self.pending.clear();
        self.pending.shrink_to(BUFFER_KEPT);
        Ok(())
    }

    /// Forgets the lines that are in the file whole.
    fn keep_rest(&mut self, error: io::Error) -> io::Result<()> {
        let whole = memchr::memrchr(b'\n', &self.pending[..self.written]).map_or(0, |end| end + 1);
        self.pending.drain(..whole);
        self.written -= whole;
        Err(error)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A disk with so much room.
    #[derive(Default)]
    struct Disk {
        room: usize,
        holds: Vec<u8>,
    }

    impl Write for Disk {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            let count = bytes.len().min(self.room);
            if count == 0 {
                return Err(io::ErrorKind::StorageFull.into());
            }
            self.room -= count;
            self.holds.extend_from_slice(&bytes[..count]);
            Ok(count)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    fn outlet(room: usize) -> Outlet<Disk> {
        let mut outlet = Outlet::new(Disk { room, ..Disk::default() });
        for line in ["first", "second", "third"] {
            outlet.add(line.bytes());
        }
        outlet
    }

    #[test]
    fn what_fits_is_written_and_the_rest_follows_when_there_is_room() {
        for room in 0..20 {
            let mut outlet = outlet(room);
            let change = outlet.write();
            assert_eq!(matches!(change, Some(Change::Stuck(_))), room < 19, "{room}");
            assert!(outlet.write().is_none(), "nothing has changed");
            outlet.file.room = 100;
            assert_eq!(matches!(outlet.write(), Some(Change::Flows)), room < 19, "{room}");
            assert_eq!(outlet.file.holds, b"first\nsecond\nthird\n", "{room}");
            assert!(outlet.is_empty());
        }
    }

    #[test]
    fn a_replaced_file_begins_with_a_whole_line() {
        let mut outlet = outlet(9);
        outlet.write();
        assert_eq!(outlet.file.holds, b"first\nsec");
        assert_eq!(outlet.waiting(), 2);
        let change = outlet.replace(Disk { room: 100, ..Disk::default() });
        assert!(matches!(change, Some(Change::Flows)));
        assert_eq!(outlet.file.holds, b"second\nthird\n");
    }

    #[test]
    fn what_waits_is_bounded() {
        let mut outlet = outlet(0);
        while outlet.has_room(1000) {
            outlet.add([b'x'; 999]);
        }
        assert!(outlet.pending.len() <= PENDING_MAX);
    }
}
