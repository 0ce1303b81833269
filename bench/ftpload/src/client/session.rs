//! A control connection: commands, replies, and the transfers they begin.

use std::io::{self, Read, Write};
use std::net::{Ipv4Addr, SocketAddrV4, TcpStream};

use super::data::{self, Nowhere, Upload};
use super::{Done, Target, connect};

pub struct Session<'a> {
    target: &'a Target,
    source: Option<Ipv4Addr>,
    stream: TcpStream,
    /// What came and was not read yet.
    unread: Vec<u8>,
    nowhere: Nowhere,
}

/// An error in the words of the step it came in.
fn at(step: &str) -> impl Fn(io::Error) -> String + '_ {
    move |error| match error.kind() {
        io::ErrorKind::InvalidData => format!("{step}: {error}"),
        kind => format!("{step}: {kind}"),
    }
}

impl<'a> Session<'a> {
    /// Connects and reads the greeting.
    pub fn open(target: &'a Target, number: usize) -> Done<Session<'a>> {
        let source = target.source(number);
        let stream = connect::to(target.address, source, target.patience).map_err(at("connect"))?;
        let mut session = Session { target, source, stream, unread: Vec::new(), nowhere: Nowhere::default() };
        session.expect("greeting", 2)?;
        Ok(session)
    }

    pub fn logged_in(target: &'a Target, number: usize) -> Done<Session<'a>> {
        let mut session = Session::open(target, number)?;
        session.login()?;
        Ok(session)
    }

    pub fn login(&mut self) -> Done {
        self.send(&format!("USER {}", self.target.user))?;
        let (code, text) = self.reply().map_err(at("USER"))?;
        match code {
            230 => Ok(()),
            331 => self.command(&format!("PASS {}", self.target.password), 2).map(drop),
            _ => Err(format!("USER: reply {text}")),
        }
    }

    pub fn quit(&mut self) -> Done {
        self.command("QUIT", 2).map(drop)
    }

    /// A command, and a reply of that class.
    pub fn command(&mut self, command: &str, class: u16) -> Done<String> {
        self.send(command)?;
        self.expect(command.split(' ').next().unwrap_or(command), class)
    }

    /// RETR, its bytes dropped; how many they were.
    pub fn retrieve(&mut self, command: &str) -> Done<u64> {
        let data = self.data_connection()?;
        self.command(command, 1)?;
        // The connection is closed at the end of file, before the reply: some servers wait for that.
        let bytes = self.nowhere.take(data).map_err(at("data read"))?;
        self.expect("end of transfer", 2)?;
        Ok(bytes)
    }

    /// A listing, its bytes shown as they come.
    pub fn list(&mut self, command: &str, show: impl FnMut(&[u8])) -> Done {
        let data = self.data_connection()?;
        self.command(command, 1)?;
        data::shown(data, show).map_err(at("data read"))?;
        self.expect("end of transfer", 2).map(drop)
    }

    /// STOR of so many bytes.
    pub fn store(&mut self, command: &str, upload: &Upload, bytes: u64) -> Done {
        let data = self.data_connection()?;
        self.command(command, 1)?;
        upload.send(data, bytes).map_err(at("data write"))?;
        self.expect("end of transfer", 2).map(drop)
    }

    fn data_connection(&mut self) -> Done<TcpStream> {
        let reply = self.command("EPSV", 2)?;
        let port = reply.split('|').nth(3).and_then(|port| port.parse().ok());
        let port = port.ok_or_else(|| format!("EPSV: reply {reply}"))?;
        let address = SocketAddrV4::new(*self.target.address.ip(), port);
        connect::to(address, self.source, self.target.patience).map_err(at("data connect"))
    }

    fn send(&mut self, command: &str) -> Done {
        self.stream.write_all(format!("{command}\r\n").as_bytes()).map_err(at("send"))
    }

    fn expect(&mut self, step: &str, class: u16) -> Done<String> {
        let (code, text) = self.reply().map_err(at(step))?;
        if code / 100 == class { Ok(text) } else { Err(format!("{step}: reply {text}")) }
    }

    /// The code and the last line of a reply (RFC 959 §4.2).
    fn reply(&mut self) -> io::Result<(u16, String)> {
        let first = self.line()?;
        let code = code(&first).ok_or_else(|| io::Error::new(io::ErrorKind::InvalidData, "not a reply"))?;
        let mut last = first;
        let end = format!("{code} ");
        while last.as_bytes().get(3) == Some(&b'-') || !last.starts_with(&end[..3]) {
            last = self.line()?;
        }
        Ok((code, last))
    }

    fn line(&mut self) -> io::Result<String> {
        loop {
            if let Some(end) = self.unread.iter().position(|byte| *byte == b'\n') {
                let line = self.unread.drain(..=end).collect::<Vec<u8>>();
                return Ok(String::from_utf8_lossy(&line).trim_end().to_owned());
            }
            let mut piece = [0; 2048];
            match self.stream.read(&mut piece)? {
                0 => return Err(io::ErrorKind::UnexpectedEof.into()),
                count => self.unread.extend_from_slice(&piece[..count]),
            }
        }
    }
}

fn code(line: &str) -> Option<u16> {
    line.get(..3)?.parse().ok()
}
