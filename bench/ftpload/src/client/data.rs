//! Data connections, at as little cost to the client as can be.

use std::fs::File;
use std::io::{self, Read, Write};
use std::net::{Shutdown, TcpStream};
use std::os::fd::AsRawFd;

use nix::errno::Errno;
use nix::sys::memfd::{MFdFlags, memfd_create};
use nix::sys::sendfile::sendfile;
use nix::sys::socket::{MsgFlags, recv};

/// Where bytes go that nobody wants. It is made once: the kernel drops them, and its pages never come to be.
#[derive(Default)]
pub struct Nowhere(Vec<u8>);

impl Nowhere {
    /// Takes everything and keeps nothing (tcp(7), MSG_TRUNC); how much it was.
    pub fn take(&mut self, stream: TcpStream) -> io::Result<u64> {
        if self.0.is_empty() {
            self.0 = vec![0; 4 << 20];
        }
        let mut bytes = 0;
        loop {
            match recv(stream.as_raw_fd(), &mut self.0, MsgFlags::MSG_TRUNC) {
                Ok(0) => return Ok(bytes),
                Ok(count) => bytes += count as u64,
                Err(Errno::EINTR) => {}
                Err(error) => return Err(error.into()),
            }
        }
    }
}

/// Takes everything and shows it.
pub fn shown(mut stream: TcpStream, mut show: impl FnMut(&[u8])) -> io::Result<()> {
    let mut piece = vec![0; 256 << 10];
    loop {
        match stream.read(&mut piece)? {
            0 => return Ok(()),
            count => show(&piece[..count]),
        }
    }
}

/// Bytes to upload: a file in memory, sent over and over.
pub struct Upload(File);

const LENGTH: u64 = 1 << 20;

impl Upload {
    pub fn new() -> Upload {
        let bytes: Vec<u8> = (0..LENGTH).map(|place| (place * 7 + (place >> 8)) as u8).collect();
        let mut file = File::from(memfd_create("ftpload", MFdFlags::MFD_CLOEXEC).expect("a file in memory"));
        file.write_all(&bytes).expect("a MiB of memory");
        Upload(file)
    }

    pub fn send(&self, stream: TcpStream, bytes: u64) -> io::Result<()> {
        let mut left = bytes;
        while left > 0 {
            let mut offset = 0;
            let most = left.min(LENGTH) as usize;
            left -= sendfile(&stream, &self.0, Some(&mut offset), most)? as u64;
        }
        stream.shutdown(Shutdown::Write)
    }
}
