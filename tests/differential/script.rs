//! A script: what a client says and moves, as data; and what it hears when it does so.

use std::io::{self, Read, Write};
use std::net::{IpAddr, Ipv4Addr, Shutdown, SocketAddr, TcpListener, TcpStream};
use std::os::fd::AsFd;
use std::time::Duration;

use flate2::Compression;
use flate2::read::ZlibDecoder;
use flate2::write::ZlibEncoder;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};

use crate::harness::PASSWORD;
use crate::harness::client::{
    Client, Reply, data_connection, extended_line, extended_port, port_line, stream_from,
};

/// Who says it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Who {
    /// Nobody yet.
    Unnamed,
    /// Somebody whose password was wrong.
    Refused,
    /// alice, who owns the files.
    User,
    /// Through `<Anonymous>`, who does not.
    Anonymous,
}

impl Who {
    /// As a script's name shows it.
    pub fn word(self) -> &'static str {
        match self {
            Who::Unnamed => "unnamed",
            Who::Refused => "refused",
            Who::User => "user",
            Who::Anonymous => "anonymous",
        }
    }

    fn lines(self) -> Vec<String> {
        let (name, password) = match self {
            Who::Unnamed => return Vec::new(),
            Who::Refused => ("alice", "wrong"),
            Who::User => ("alice", PASSWORD),
            Who::Anonymous => ("ftp", "guest@example.org"),
        };
        vec![format!("USER {name}"), format!("PASS {password}")]
    }
}

/// How a data connection comes to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum By {
    Pasv,
    Epsv,
    Port,
    Eprt,
}

/// What is uploaded: line ends of every kind, and bytes that are no text.
pub const UPLOADED: &[u8] = b"first\r\nsecond\nthird\rfourth\r\r\n\xff\xfe\x00last";

/// What has not been answered by then is silence.
const PATIENCE: Duration = Duration::from_secs(10);

/// One step.
#[derive(Clone, Debug)]
pub enum Step {
    /// A line, and its reply.
    Say(Vec<u8>),
    /// A line whose data is read.
    Fetch(By, Vec<u8>),
    /// A line that takes [`UPLOADED`].
    Send(By, Vec<u8>),
    /// Bytes as they are, and how many replies they bring.
    Bytes(Vec<u8>, usize),
}

impl Step {
    /// Reads `RETR x` (said), `< RETR x` (with data from the server), `> STOR x` (with data to it); `PASV<`, `PORT<` and
    /// `EPRT<` say how the data connection comes to be, else by EPSV; `2! bytes` are sent as they are and bring two replies.
    pub fn of(row: &[u8]) -> Step {
        let ways = [("", By::Epsv), ("PASV", By::Pasv), ("PORT", By::Port), ("EPRT", By::Eprt)];
        for (word, by) in ways {
            let Some(rest) = row.strip_prefix(word.as_bytes()) else { continue };
            if let Some(line) = rest.strip_prefix(b"< ") {
                return Step::Fetch(by, line.to_vec());
            }
            if let Some(line) = rest.strip_prefix(b"> ") {
                return Step::Send(by, line.to_vec());
            }
        }
        match row {
            [count @ b'0'..=b'9', b'!', b' ', bytes @ ..] => {
                Step::Bytes(bytes.to_vec(), usize::from(count - b'0'))
            }
            line => Step::Say(line.to_vec()),
        }
    }

    /// What the client says.
    pub fn line(&self) -> &[u8] {
        match self {
            Step::Say(line) | Step::Fetch(_, line) | Step::Send(_, line) | Step::Bytes(line, _) => line,
        }
    }
}

/// A session's worth of steps.
#[derive(Clone, Debug)]
pub struct Script {
    /// `family/what/who`: unique, and what wanted differences are told by.
    pub name: String,
    /// The index of its configuration.
    pub setting: &'static str,
    pub who: Who,
    pub steps: Vec<Step>,
}

/// What a step brought.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Heard {
    /// What was said.
    pub said: String,
    /// All lines of all its replies, or how the connection ended.
    pub replies: Vec<String>,
    /// What came over the data connection.
    pub data: Option<Vec<u8>>,
}

/// Performs a script: the greeting, the login, the steps, and that nothing more is said before QUIT.
pub fn perform(script: &Script, address: SocketAddr) -> Vec<Heard> {
    let mut talk = Talk::begun(Client::connect(address));
    for line in script.who.lines() {
        talk.obey(&Step::Say(line.into_bytes()));
    }
    for step in &script.steps {
        talk.obey(step);
    }
    talk.obey(&Step::Say(b"NOOP".to_vec()));
    talk.finished()
}

/// Replies, and what came over the data connection.
pub type Brought = io::Result<(Vec<Reply>, Option<Vec<u8>>)>;

/// A session's talk, until its connection ends.
pub struct Talk {
    client: Option<Client>,
    heard: Vec<Heard>,
    ended: bool,
    /// MODE Z was said.
    is_deflated: bool,
}

impl Talk {
    /// The greeting, or why there is none.
    pub fn begun(client: io::Result<Client>) -> Talk {
        let mut talk = Talk { client: None, heard: Vec::new(), ended: false, is_deflated: false };
        match client {
            Ok(client) => {
                client.stream().set_read_timeout(Some(PATIENCE)).expect("a span");
                talk.client = Some(client);
            }
            Err(error) => talk.end("(connect)", &error),
        }
        talk.step("(connect)", |client| Ok((vec![client.try_reply()?], None)));
        talk
    }

    /// What was heard since the last time.
    pub fn news(&mut self) -> Vec<Heard> {
        std::mem::take(&mut self.heard)
    }

    /// QUIT, and that nothing comes behind its reply.
    pub fn finished(mut self) -> Vec<Heard> {
        self.obey(&Step::Say(b"QUIT".to_vec()));
        self.step("(end)", |client| Ok((vec![client.try_reply()?], None)));
        self.heard
    }

    pub fn obey(&mut self, step: &Step) {
        let said = step.line().escape_ascii().to_string();
        if let Some(mode) = said.strip_prefix("MODE ") {
            self.is_deflated = mode == "Z";
        }
        match step {
            Step::Say(line) => self.step(&said, |client| Ok((vec![say(client, line)?], None))),
            Step::Bytes(bytes, replies) => self.step(&said, |client| {
                client.stream().write_all(bytes)?;
                (0..*replies).map(|_| client.try_reply()).collect::<io::Result<_>>().map(|all| (all, None))
            }),
            Step::Fetch(by, line) => {
                let is_deflated = self.is_deflated;
                self.step(&said, |client| {
                    let (replies, data) = moved(client, *by, line, None)?;
                    Ok((replies, data.map(|data| if is_deflated { inflated(&data) } else { data })))
                });
            }
            Step::Send(by, line) => {
                let sent = if self.is_deflated { deflated(UPLOADED) } else { UPLOADED.to_vec() };
                self.step(&said, |client| moved(client, *by, line, Some(&sent)));
            }
        }
    }

    /// A step that is `take`'s own.
    pub fn step(&mut self, said: &str, take: impl FnOnce(&mut Client) -> Brought) {
        let Some(client) = self.client.as_mut().filter(|_| !self.ended) else { return };
        match take(client) {
            Ok((replies, data)) => {
                let replies = replies.into_iter().flat_map(|reply| reply.lines).collect();
                self.heard.push(Heard { said: said.to_owned(), replies, data });
            }
            Err(error) => self.end(said, &error),
        }
    }

    fn end(&mut self, said: &str, error: &io::Error) {
        // The connection's end is an answer, too; so is silence.
        let how = match error.kind() {
            io::ErrorKind::UnexpectedEof | io::ErrorKind::ConnectionReset | io::ErrorKind::BrokenPipe => {
                "closed"
            }
            io::ErrorKind::WouldBlock => "silence",
            _ => &error.to_string(),
        };
        self.heard.push(Heard { said: said.to_owned(), replies: vec![format!("({how})")], data: None });
        self.ended = how != "silence";
    }
}

/// A line, as Telnet wants it (RFC 854: IAC doubled).
pub fn say(client: &mut Client, line: &[u8]) -> io::Result<Reply> {
    let mut bytes = Vec::with_capacity(line.len() + 2);
    for byte in line {
        bytes.push(*byte);
        if *byte == 0xff {
            bytes.push(0xff);
        }
    }
    bytes.extend_from_slice(b"\r\n");
    client.stream().write_all(&bytes)?;
    client.try_reply()
}

fn deflated(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = ZlibEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(bytes).and_then(|()| encoder.finish()).expect("memory takes all")
}

/// What a stream holds; what is none stays as it is, to be seen.
fn inflated(bytes: &[u8]) -> Vec<u8> {
    let mut plain = Vec::new();
    match ZlibDecoder::new(bytes).read_to_end(&mut plain) {
        Ok(_) => plain,
        Err(_) => bytes.to_vec(),
    }
}

/// A data connection on its way.
enum Way {
    Connected(TcpStream),
    Awaited(TcpListener),
    /// The server would not have one.
    None,
}

impl Way {
    /// Before the line is said.
    fn open(client: &mut Client, by: By, replies: &mut Vec<Reply>) -> io::Result<Way> {
        match by {
            By::Pasv | By::Epsv => {
                let reply = say(client, if by == By::Pasv { b"PASV" } else { b"EPSV" })?;
                let port = extended_port(&reply).or_else(|| passive_port(&reply));
                replies.push(reply);
                let Some(port) = port else { return Ok(Way::None) };
                Ok(Way::Connected(data_stream(client, port)?))
            }
            By::Port | By::Eprt => {
                let listener = TcpListener::bind((client.local_address().ip(), 0))?;
                let to = listener.local_addr()?;
                let line = if by == By::Port { port_line(to) } else { extended_line(to) };
                replies.push(say(client, line.as_bytes())?);
                Ok(Way::Awaited(listener))
            }
        }
    }

    /// After a reply that promises data.
    fn stream(self) -> io::Result<Option<TcpStream>> {
        match self {
            Way::Connected(stream) => Ok(Some(stream)),
            Way::Awaited(listener) => awaited(&listener).map(Some),
            Way::None => Ok(None),
        }
    }
}

/// To a port of the server, from where the client is.
pub fn data_stream(client: &Client, port: u16) -> io::Result<TcpStream> {
    let to = SocketAddr::new(client.stream().peer_addr()?.ip(), port);
    match client.local_address().ip() {
        IpAddr::V4(source) if source != Ipv4Addr::LOCALHOST => stream_from(source, to),
        _ => data_connection(to),
    }
}

/// The connection that a server makes at once, or not at all.
fn awaited(listener: &TcpListener) -> io::Result<TcpStream> {
    let mut waiting = [PollFd::new(listener.as_fd(), PollFlags::POLLIN)];
    match poll(&mut waiting, PollTimeout::from(10_000_u16))? {
        0 => Err(io::ErrorKind::TimedOut.into()),
        _ => listener.accept().map(|(stream, _)| stream),
    }
}

fn passive_port(reply: &Reply) -> Option<u16> {
    let line = reply.lines.first().filter(|_| reply.code == 227)?;
    let numbers: Vec<u8> =
        line.split(|c: char| !c.is_ascii_digit()).filter_map(|word| word.parse().ok()).collect();
    let [.., high, low] = numbers[..] else { return None };
    Some(u16::from_be_bytes([high, low]))
}

fn moved(client: &mut Client, by: By, line: &[u8], sent: Option<&[u8]>) -> Brought {
    let mut replies = Vec::new();
    let way = Way::open(client, by, &mut replies)?;
    let first = say(client, line)?;
    let begins = first.code / 100 == 1;
    replies.push(first);
    if !begins {
        return Ok((replies, None));
    }
    let mut data = Vec::new();
    if let Some(mut stream) = way.stream()? {
        if let Some(sent) = sent {
            stream.write_all(sent)?;
            stream.shutdown(Shutdown::Write)?;
        }
        stream.read_to_end(&mut data)?;
    }
    replies.push(client.try_reply()?);
    Ok((replies, Some(data)))
}
