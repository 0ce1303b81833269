//! A pipe of one's own, through which bytes go from a socket into a file without passing through user space (splice(2)).

use std::io;
use std::os::fd::{BorrowedFd, OwnedFd};

use nix::fcntl::{self, FcntlArg, OFlag, SpliceFFlags};
use nix::libc::c_int;
use nix::unistd;

/// Both ends, and how much lies between them.
#[derive(Debug)]
pub struct Pipe {
    reader: OwnedFd,
    writer: OwnedFd,
    held: usize,
}

impl Pipe {
    /// A pipe for so many bytes, where the system grants one (`pipe-user-pages-soft` of proc_sys_fs(5)).
    pub fn holding(bytes: usize) -> io::Result<Pipe> {
        let (reader, writer) = unistd::pipe2(OFlag::O_CLOEXEC | OFlag::O_NONBLOCK)?;
        let bytes = c_int::try_from(bytes).map_err(|_| io::ErrorKind::InvalidInput)?;
        fcntl::fcntl(&writer, FcntlArg::F_SETPIPE_SZ(bytes))?;
        Ok(Pipe { reader, writer, held: 0 })
    }

    /// Bytes in it.
    pub fn held(&self) -> usize {
        self.held
    }

    /// Takes what a socket has, as far as there is room; 0 at the socket's end.
    pub fn take_from(&mut self, socket: BorrowedFd<'_>, most: usize) -> io::Result<usize> {
        let flags = SpliceFFlags::SPLICE_F_MOVE | SpliceFFlags::SPLICE_F_NONBLOCK;
        let taken = fcntl::splice(socket, None, &self.writer, None, most, flags)?;
        self.held += taken;
        Ok(taken)
    }

    /// Gives a file up to so many bytes, where its position is.
    pub fn give_to(&mut self, file: BorrowedFd<'_>, most: usize) -> io::Result<usize> {
        let given = fcntl::splice(&self.reader, None, file, None, most, SpliceFFlags::SPLICE_F_MOVE)?;
        self.held = self.held.saturating_sub(given);
        Ok(given)
    }

    /// Reads what is in it.
    pub fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = unistd::read(&self.reader, buffer)?;
        self.held = self.held.saturating_sub(read);
        Ok(read)
    }
}

#[cfg(test)]
mod tests {
    use std::io::{Read, Seek, Write};
    use std::os::fd::AsFd;
    use std::os::unix::net::UnixStream;

    use super::*;

    #[test]
    fn bytes_go_through_unchanged() {
        let mut pipe = Pipe::holding(64 << 10).unwrap();
        let (mut client, socket) = UnixStream::pair().unwrap();
        client.write_all(b"one two three").unwrap();
        assert_eq!(pipe.take_from(socket.as_fd(), 1 << 20).unwrap(), 13);
        let mut file = tempfile::tempfile().unwrap();
        assert_eq!(pipe.give_to(file.as_fd(), 4).unwrap(), 4);
        assert_eq!(pipe.held(), 9);
        let mut rest = [0; 20];
        assert_eq!(pipe.read(&mut rest).unwrap(), 9);
        assert_eq!((&rest[..9], pipe.held()), (&b"two three"[..], 0));
        file.rewind().unwrap();
        let mut written = String::new();
        file.read_to_string(&mut written).unwrap();
        assert_eq!(written, "one ");
        drop(client);
        assert_eq!(pipe.take_from(socket.as_fd(), 1 << 20).unwrap(), 0);
    }
}
