//! A raw FTP client: what is sent and what comes back, line by line, with nothing smoothed over.

use std::io::{self, Read, Write};
use std::net::{IpAddr, Ipv4Addr, Shutdown, SocketAddr, SocketAddrV4, TcpListener, TcpStream};
use std::os::fd::{AsRawFd, OwnedFd};
use std::time::Duration;

use nix::sys::socket::{
    AddressFamily, Backlog, SockFlag, SockType, SockaddrIn, bind, connect, getsockname, listen, socket,
};

use super::PASSWORD;

/// No single answer may take longer.
const PATIENCE: Duration = Duration::from_secs(20);

/// A reply, all its lines.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reply {
    pub code: u16,
    /// Without their line ends, codes and all.
    pub lines: Vec<String>,
}

impl Reply {
    pub fn text(&self) -> String {
        self.lines.join("\n")
    }

    #[track_caller]
    pub fn expect(self, code: u16) -> Reply {
        assert_eq!(self.code, code, "{}", self.text());
        self
    }
}

/// A control connection.
pub struct Client {
    stream: TcpStream,
    received: Vec<u8>,
}

impl Client {
    pub fn connect(address: SocketAddr) -> io::Result<Client> {
        Client::over(TcpStream::connect_timeout(&address, PATIENCE)?)
    }

    /// Connected from one of this host's own IPv4 addresses, and greeted.
    #[track_caller]
    pub fn greeted_from(source: Ipv4Addr, address: SocketAddr) -> Client {
        let mut client = Client::connect_from(source, address).expect("a connection");
        client.reply().expect(220);
        client
    }

    /// Connected from one of this host's own IPv4 addresses.
    pub fn connect_from(source: Ipv4Addr, address: SocketAddr) -> io::Result<Client> {
        Client::over(stream_from(source, address)?)
    }

    fn over(stream: TcpStream) -> io::Result<Client> {
        stream.set_read_timeout(Some(PATIENCE))?;
        stream.set_write_timeout(Some(PATIENCE))?;
        stream.set_nodelay(true)?;
        Ok(Client { stream, received: Vec::new() })
    }

    /// Connected, and greeted with 220.
    #[track_caller]
    pub fn greeted(address: SocketAddr) -> Client {
        let mut client = Client::connect(address).expect("a connection");
        client.reply().expect(220);
        client
    }

    #[track_caller]
    pub fn login(&mut self, account: &str) {
        self.command(&format!("USER {account}")).expect(331);
        self.command(&format!("PASS {PASSWORD}")).expect(230);
    }

    pub fn try_login(&mut self, account: &str) -> io::Result<()> {
        wanted(self.try_command(&format!("USER {account}"))?, 331)?;
        wanted(self.try_command(&format!("PASS {PASSWORD}"))?, 230)
    }

    pub fn local_address(&self) -> SocketAddr {
        self.stream.local_addr().expect("connected")
    }

    pub fn stream(&self) -> &TcpStream {
        &self.stream
    }

    /// Sends a line and reads its first reply.
    #[track_caller]
    pub fn command(&mut self, line: &str) -> Reply {
        self.send(line);
        self.reply()
    }

    #[track_caller]
    pub fn send(&mut self, line: &str) {
        self.send_bytes(format!("{line}\r\n").as_bytes());
    }

    #[track_caller]
    pub fn send_bytes(&mut self, bytes: &[u8]) {
        self.stream.write_all(bytes).expect("the control connection takes a line");
    }

    #[track_caller]
    pub fn reply(&mut self) -> Reply {
        match self.try_reply() {
            Ok(reply) => reply,
            Err(error) => panic!("no reply: {error}"),
        }
    }

    /// The next reply, or why there is none.
    pub fn try_reply(&mut self) -> io::Result<Reply> {
        let first = self.line()?;
        let code = code_of(&first)?;
        let last = format!("{code} ");
        let mut lines = vec![first];
        while lines.last().is_some_and(|line| !line.starts_with(&last)) {
            lines.push(self.line()?);
        }
        Ok(Reply { code, lines })
    }

    /// Sends a line and reads its reply, for clients that outlive a refusal.
    pub fn try_command(&mut self, line: &str) -> io::Result<Reply> {
        self.stream.write_all(format!("{line}\r\n").as_bytes())?;
        self.try_reply()
    }

    /// The server closes the connection and says nothing more.
    #[track_caller]
    pub fn expect_end(&mut self) {
        match self.line() {
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => {}
            Err(error) if error.kind() == io::ErrorKind::ConnectionReset => {}
            other => panic!("the connection goes on: {other:?}"),
        }
    }

    /// A line without its end.
    fn line(&mut self) -> io::Result<String> {
        loop {
            if let Some(end) = self.received.iter().position(|byte| *byte == b'\n') {
                let line: Vec<u8> = self.received.drain(..=end).collect();
                let line = line.strip_suffix(b"\r\n").ok_or_else(|| bad("a line without CR"))?;
                return Ok(String::from_utf8_lossy(line).into_owned());
            }
            let mut buffer = [0; 2048];
            match self.stream.read(&mut buffer) {
                Ok(0) => return Err(io::ErrorKind::UnexpectedEof.into()),
                Ok(length) => self.received.extend_from_slice(&buffer[..length]),
                // A machine that stood still for a moment breaks off a read with a timeout (signal(7)).
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
    }

    /// EPSV and a connection to what it names.
    #[track_caller]
    pub fn extended_passive(&mut self) -> TcpStream {
        self.try_passive().expect("a passive data connection")
    }

    pub fn try_passive(&mut self) -> io::Result<TcpStream> {
        let reply = self.try_command("EPSV")?;
        let port = extended_port(&reply).ok_or_else(|| bad(&reply.text()))?;
        let address = SocketAddr::new(self.stream.peer_addr()?.ip(), port);
        data_connection(address)
    }

    /// PASV and a connection to what it names.
    #[track_caller]
    pub fn passive(&mut self) -> TcpStream {
        let reply = self.command("PASV").expect(227);
        data_connection(passive_address(&reply)).expect("a data connection")
    }

    /// A listener of ours, announced by PORT or EPRT.
    #[track_caller]
    pub fn active(&mut self, extended: bool) -> TcpListener {
        let listener = TcpListener::bind((self.local_address().ip(), 0)).expect("a listener");
        let address = listener.local_addr().expect("bound");
        let line = if extended { extended_line(address) } else { port_line(address) };
        self.command(&line).expect(200);
        listener
    }

    /// A whole download.
    #[track_caller]
    pub fn retrieve(&mut self, path: &str) -> Vec<u8> {
        self.download(&format!("RETR {path}"))
    }

    /// What a command sends over a data connection, from 150 to 226.
    #[track_caller]
    pub fn download(&mut self, line: &str) -> Vec<u8> {
        self.try_download(line).unwrap_or_else(|error| panic!("{line}: {error}"))
    }

    pub fn try_download(&mut self, line: &str) -> io::Result<Vec<u8>> {
        let mut data = self.try_passive()?;
        wanted(self.try_command(line)?, 150)?;
        let mut bytes = Vec::new();
        data.read_to_end(&mut bytes)?;
        drop(data);
        wanted(self.try_reply()?, 226)?;
        Ok(bytes)
    }

    /// A whole upload.
    #[track_caller]
    pub fn store(&mut self, path: &str, bytes: &[u8]) {
        self.upload(&format!("STOR {path}"), bytes);
    }

    #[track_caller]
    pub fn upload(&mut self, line: &str, bytes: &[u8]) {
        self.try_upload(line, bytes).unwrap_or_else(|error| panic!("{line}: {error}"));
    }

    pub fn try_upload(&mut self, line: &str, bytes: &[u8]) -> io::Result<()> {
        let mut data = self.try_passive()?;
        wanted(self.try_command(line)?, 150)?;
        let sent = data.write_all(bytes).and_then(|()| data.shutdown(Shutdown::Write));
        drop(data);
        // A server that can take no more closes the data connection, and says why on the other one.
        wanted(self.try_reply()?, 226).and(sent)
    }
}

/// A connection from one of this host's own IPv4 addresses.
pub fn stream_from(source: Ipv4Addr, address: SocketAddr) -> io::Result<TcpStream> {
    let SocketAddr::V4(address) = address else { return Err(io::ErrorKind::AddrNotAvailable.into()) };
    let socket = socket(AddressFamily::Inet, SockType::Stream, SockFlag::SOCK_CLOEXEC, None)?;
    bind(socket.as_raw_fd(), &SockaddrIn::from(SocketAddrV4::new(source, 0)))?;
    connect(socket.as_raw_fd(), &SockaddrIn::from(address))?;
    Ok(socket.into())
}

/// A data connection with the usual patience.
pub fn data_connection(address: SocketAddr) -> io::Result<TcpStream> {
    let stream = TcpStream::connect_timeout(&address, PATIENCE)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.set_write_timeout(Some(PATIENCE))?;
    Ok(stream)
}

/// A connection to a local port from another of the loopback's addresses.
pub fn connected_from(source: [u8; 4], port: u16) -> TcpStream {
    let [a, b, c, d] = source;
    let stream =
        socket(AddressFamily::Inet, SockType::Stream, SockFlag::SOCK_CLOEXEC, None).expect("a socket");
    bind(stream.as_raw_fd(), &SockaddrIn::new(a, b, c, d, 0)).expect("a local address");
    connect(stream.as_raw_fd(), &SockaddrIn::new(127, 0, 0, 1, port)).expect("a connection");
    let stream = TcpStream::from(stream);
    stream.set_read_timeout(Some(PATIENCE)).expect("a timeout");
    stream
}

/// The port of a 229 (RFC 2428 §3).
pub fn extended_port(reply: &Reply) -> Option<u16> {
    let (_, rest) = reply.lines.first().filter(|_| reply.code == 229)?.split_once("(|||")?;
    rest.split_once("|)")?.0.parse().ok()
}

/// The address of a 227 (RFC 959 §4.1.2).
#[track_caller]
pub fn passive_address(reply: &Reply) -> SocketAddr {
    let line = reply.text();
    let inner = line.split_once('(').and_then(|(_, rest)| rest.split_once(')')).expect("brackets").0;
    let numbers: Vec<u8> = inner.split(',').map(|number| number.parse().expect("a byte")).collect();
    let [a, b, c, d, high, low] = numbers[..] else { panic!("not six numbers: {line}") };
    SocketAddr::new(IpAddr::from([a, b, c, d]), u16::from_be_bytes([high, low]))
}

/// A port whose owner takes no connection and refuses none: its queue is full, so that the kernel drops who knocks (listen(2)).
pub struct SilentHost {
    pub address: SocketAddr,
    _listener: OwnedFd,
    _queue: Vec<TcpStream>,
}

impl SilentHost {
    #[track_caller]
    pub fn new() -> SilentHost {
        let listener =
            socket(AddressFamily::Inet, SockType::Stream, SockFlag::SOCK_CLOEXEC, None).expect("a socket");
        bind(listener.as_raw_fd(), &SockaddrIn::new(127, 0, 0, 1, 0)).expect("a port");
        listen(&listener, Backlog::new(0).expect("none")).expect("a listener");
        let bound: SockaddrIn = getsockname(listener.as_raw_fd()).expect("bound");
        let address = SocketAddr::from((bound.ip(), bound.port()));
        let knock = || TcpStream::connect_timeout(&address, Duration::from_millis(200)).ok();
        let queue: Vec<TcpStream> = std::iter::from_fn(knock).take(64).collect();
        assert!(queue.len() < 64, "the queue has no end");
        SilentHost { address, _listener: listener, _queue: queue }
    }
}

/// The PORT line for an address.
pub fn port_line(address: SocketAddr) -> String {
    let [high, low] = address.port().to_be_bytes();
    format!("PORT {},{high},{low}", address.ip().to_string().replace('.', ","))
}

/// The EPRT line for an address (RFC 2428 §2).
pub fn extended_line(address: SocketAddr) -> String {
    let family = if address.is_ipv4() { 1 } else { 2 };
    format!("EPRT |{family}|{}|{}|", address.ip(), address.port())
}

fn code_of(line: &str) -> io::Result<u16> {
    line.get(..3).and_then(|digits| digits.parse().ok()).ok_or_else(|| bad(line))
}

fn wanted(reply: Reply, code: u16) -> io::Result<()> {
    if reply.code == code { Ok(()) } else { Err(bad(&reply.text())) }
}

fn bad(what: &str) -> io::Error {
    io::Error::other(what.to_owned())
}
