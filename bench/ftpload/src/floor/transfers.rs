//! EPSV, RETR and STOR of small files with the calls that nobody can do without, and no others: no path is resolved or judged, no
//! address is compared, nothing is counted, and no timer runs.

use std::fs::File;
use std::io::{self, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::os::fd::AsRawFd;
use std::os::unix::fs::FileExt;

use nix::libc;
use nix::sys::socket::{MsgFlags, send};

const SMALL: usize = 4096;

/// One session's.
pub struct Transfers {
    home: String,
    listener: Option<TcpListener>,
    port: u16,
}

impl Transfers {
    /// Ports are tried in an order of each session's own.
    pub fn below(home: &str) -> Transfers {
        Transfers {
            home: home.to_owned(),
            listener: None,
            port: 20_000 + (std::process::id() * 97 % 12_000) as u16,
        }
    }

    /// Answers a line, if it is about a transfer.
    pub fn answer(&mut self, line: &str, control: &TcpStream) -> io::Result<bool> {
        let (verb, path) = line.trim_end().split_once(' ').unwrap_or((line.trim_end(), ""));
        match verb {
            "EPSV" => self.listen(control)?,
            "RETR" => self.retrieve(path, control)?,
            "STOR" => self.store(path, control)?,
            _ => return Ok(false),
        }
        Ok(true)
    }

    /// One that the kernel chooses would take it the longer the more connections there have been.
    fn listen(&mut self, mut control: &TcpStream) -> io::Result<()> {
        let mut next = || {
            self.port = if self.port >= 32_000 { 20_000 } else { self.port + 1 };
            self.port
        };
        let listener = (0..1000).find_map(|_| TcpListener::bind(("127.0.0.1", next())).ok());
        self.listener = listener;
        control.write_all(format!("229 Entering Extended Passive Mode (|||{}|)\r\n", self.port).as_bytes())
    }

    fn accept(&mut self) -> io::Result<(TcpStream, TcpListener)> {
        let listener = self.listener.take().ok_or(io::ErrorKind::NotConnected)?;
        Ok((listener.accept()?.0, listener))
    }

    fn retrieve(&mut self, path: &str, mut control: &TcpStream) -> io::Result<()> {
        let file = File::open(format!("{}/{path}", self.home))?;
        let (data, _listener) = self.accept()?;
        let mut buffer = [0; SMALL];
        let count = file.read_at(&mut buffer, 0)?;
        // Content and end leave together.
        let flags = MsgFlags::MSG_NOSIGNAL | MsgFlags::from_bits_retain(libc::MSG_MORE);
        send(data.as_raw_fd(), &buffer[..count], flags)?;
        drop(data);
        control.write_all(b"150 Opening BINARY mode data connection\r\n226 Transfer complete\r\n")
    }

    fn store(&mut self, path: &str, mut control: &TcpStream) -> io::Result<()> {
        let mut file = File::create(format!("{}/{path}", self.home))?;
        let (mut data, listener) = self.accept()?;
        control.write_all(b"150 Opening BINARY mode data connection\r\n")?;
        drop(listener);
        let mut buffer = [0; SMALL];
        loop {
            match data.read(&mut buffer)? {
                0 => break,
                count => file.write_all(&buffer[..count])?,
            }
        }
        drop((file, data));
        control.write_all(b"226 Transfer complete\r\n")
    }
}
