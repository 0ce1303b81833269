//! A connection's bytes, however they travel. Callers see one type; what TLS will change, changes here.

use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

use super::deflated::{Deflating, Inflating};
use super::{Attend, Stop};
use crate::sys::files::Errno;
use crate::sys::pipe::Pipe;
use crate::sys::{files, socket};

/// How much is thrown away of what a client still sends on a connection that is given up.
const DISCARDED_MOST: usize = 1 << 20;

/// A connected, nonblocking stream.
#[derive(Debug)]
pub enum Stream {
    /// Bytes as they are.
    Plain(OwnedFd),
    /// MODE Z, sending.
    Deflating(Deflating),
    /// MODE Z, receiving.
    Inflating(Inflating),
}

/// What becomes of bytes on their way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Coding {
    /// Nothing.
    Plain,
    /// They are compressed as they leave, at this level.
    Deflate(u8),
    /// What comes was compressed.
    Inflate,
}

impl Stream {
    /// A new connection, for bytes of this coding.
    pub fn coded(self, coding: Coding) -> io::Result<Stream> {
        match (self, coding) {
            (Stream::Plain(socket), Coding::Deflate(level)) => {
                Deflating::new(socket, level).map(Stream::Deflating)
            }
            (Stream::Plain(socket), Coding::Inflate) => Inflating::new(socket).map(Stream::Inflating),
            (stream, _) => Ok(stream),
        }
    }

    /// What is waited for.
    pub fn descriptor(&self) -> BorrowedFd<'_> {
        match self {
            Stream::Plain(socket) => socket.as_fd(),
            Stream::Deflating(side) => side.descriptor(),
            Stream::Inflating(side) => side.descriptor(),
        }
    }

    /// Whether bytes travel as they are.
    pub fn is_plain(&self) -> bool {
        matches!(self, Stream::Plain(_))
    }

    /// Reads what is there; 0 at the end.
    pub fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self {
            Stream::Plain(socket) => socket::read(socket.as_fd(), buffer),
            Stream::Deflating(side) => socket::read(side.descriptor(), buffer),
            Stream::Inflating(side) => side.read(buffer),
        }
    }

    /// Writes what there is room for.
    pub fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Stream::Plain(socket) => socket::write(socket.as_fd(), bytes),
            Stream::Deflating(side) => side.write(bytes),
            Stream::Inflating(side) => socket::write(side.descriptor(), bytes),
        }
    }

    /// Sends a part of a file straight from the page cache, where the stream changes no byte; None where it must be read and
    /// written.
    pub fn send_file(
        &mut self,
        file: BorrowedFd<'_>,
        offset: &mut u64,
        most: usize,
    ) -> Option<io::Result<usize>> {
        match self {
            Stream::Plain(socket) => Some(files::send(socket.as_fd(), file, offset, most)),
            Stream::Deflating(_) | Stream::Inflating(_) => None,
        }
    }

    /// Takes what is there into a pipe, where the stream changes no byte; None where it must be read.
    pub fn splice(&mut self, pipe: &mut Pipe, most: usize) -> Option<io::Result<usize>> {
        match self {
            Stream::Plain(socket) => Some(pipe.take_from(socket.as_fd(), most)),
            Stream::Deflating(_) | Stream::Inflating(_) => None,
        }
    }

    /// Writes all, waiting for room.
    pub fn write_all(&mut self, bytes: &[u8], attend: &mut dyn Attend) -> Result<(), Stop> {
        self.write_by(Stream::write, bytes, attend)
    }

    /// The same with the last bytes of all: they leave together with the connection's end, and the client wakes once for both.
    pub fn write_last(&mut self, bytes: &[u8], attend: &mut dyn Attend) -> Result<(), Stop> {
        let write = |stream: &mut Stream, bytes: &[u8]| match stream {
            Stream::Plain(socket) => socket::write_last(socket.as_fd(), bytes),
            coded => coded.write(bytes),
        };
        self.write_by(write, bytes, attend)
    }

    fn write_by(
        &mut self,
        write: impl Fn(&mut Stream, &[u8]) -> io::Result<usize>,
        mut bytes: &[u8],
        attend: &mut dyn Attend,
    ) -> Result<(), Stop> {
        while !bytes.is_empty() {
            match write(self, bytes) {
                Ok(written) => bytes = bytes.get(written..).unwrap_or_default(),
                Err(error) => self.wait_or_fail(error, false, true, attend)?,
            }
        }
        Ok(())
    }

    /// Turns "not now" into waiting, and any other error into the end.
    pub(super) fn wait_or_fail(
        &self,
        error: io::Error,
        readable: bool,
        writable: bool,
        attend: &mut dyn Attend,
    ) -> Result<(), Stop> {
        match error.kind() {
            io::ErrorKind::WouldBlock => Ok(attend.attend(self.descriptor(), readable, writable)?),
            io::ErrorKind::Interrupted => Ok(()),
            // What came cannot be read: the connection is sound.
            io::ErrorKind::InvalidData => Err(Stop::File(Errno::EIO.into())),
            _ => Err(Stop::Connection(error)),
        }
    }

    /// Says what is left to say: the end of a compressed stream.
    pub fn complete(&mut self, attend: &mut dyn Attend) -> Result<(), Stop> {
        match self {
            Stream::Deflating(side) => side.complete(attend),
            Stream::Plain(_) | Stream::Inflating(_) => Ok(()),
        }
    }

    /// Ends a connection over which all was said. No other process holds the descriptor, so closing it is its end; shutdown(2) is
    /// refused to workers, for the sake of the sockets they share.
    pub fn finish(self) {
        drop(self);
    }

    fn discard(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self {
            Stream::Inflating(side) => side.discard(buffer),
            Stream::Plain(_) | Stream::Deflating(_) => self.read(buffer),
        }
    }

    /// Ends a connection in the middle. What the client has still sent is thrown away first, as far as it is here:
    /// closing over it would reset the connection, and take what the client has not read yet from it.
    pub fn give_up(mut self) {
        let mut discarded = [0; 4096];
        let mut seen = 0;
        while seen < DISCARDED_MOST {
            match self.discard(&mut discarded) {
                Ok(count) if count > 0 => seen += count,
                _ => return,
            }
        }
    }
}
