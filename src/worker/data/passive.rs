//! PASV and EPSV: a listener on the address that the client reached, for its peer alone (RFC 2577 §4).

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::os::fd::{AsFd, OwnedFd};

use super::{Attend, Stop, Stream};
use crate::sys::{random, socket};

/// How many ports of a range are tried before any port is taken.
const TRIES_MOST: u32 = 512;
/// Room for the client behind a few strangers.
const BACKLOG: i32 = 8;
/// How many connections of others are dropped before the transfer is given up.
const STRANGERS_MOST: u32 = 64;

/// Whose data connections are taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Callers {
    /// The control connection's peer.
    Peer(IpAddr),
    /// Anybody (AllowForeignAddress).
    Anyone,
}

impl Callers {
    fn admit(self, caller: IpAddr) -> bool {
        match self {
            Callers::Peer(peer) => socket::unmapped(peer) == socket::unmapped(caller),
            Callers::Anyone => true,
        }
    }
}

/// A socket that waits for one data connection.
#[derive(Debug)]
pub struct Listener {
    socket: OwnedFd,
    port: u16,
    /// No port of PassivePorts was free: any other was taken, and the log should say so.
    pub outside_range: bool,
}

impl Listener {
    /// Listens on the control connection's local address, on a random port of `range` where one is given, else of `usual`: where
    /// connections of the last minute still hold thousands of ports, the kernel's own choice walks them all, and takes longer than
    /// the transfer of a small file.
    pub fn open(
        local: SocketAddr,
        range: Option<(u16, u16)>,
        usual: Option<(u16, u16)>,
    ) -> io::Result<Listener> {
        if let Some(listener) = range.and_then(|range| Listener::within(local, range)) {
            return Ok(listener);
        }
        let listener = usual.and_then(|usual| Listener::within(local, usual));
        let listener = listener.map_or_else(|| Listener::on(local, 0), Ok)?;
        Ok(Listener { outside_range: range.is_some(), ..listener })
    }

    /// From a random start upwards, so that neither an attacker nor the next session knows the port.
    fn within(local: SocketAddr, (first, last): (u16, u16)) -> Option<Listener> {
        let count = u32::from(last.checked_sub(first)?) + 1;
        let start = random::below(count).ok()?;
        (0..count.min(TRIES_MOST)).find_map(|step| {
            let port = u32::from(first) + (start + step) % count;
            Listener::on(local, u16::try_from(port).ok()?).ok()
        })
    }

    fn on(mut local: SocketAddr, port: u16) -> io::Result<Listener> {
        local.set_port(port);
        let socket = socket::listen(local, BACKLOG)?;
        let port = if port == 0 { socket::local_address(socket.as_fd())?.port() } else { port };
        Ok(Listener { socket, port, outside_range: false })
    }

    /// The port to tell the client.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Waits for the client. Others are dropped, and waiting goes on.
    pub fn accept(&self, callers: Callers, attend: &mut dyn Attend) -> Result<Stream, Stop> {
        let mut strangers = 0;
        while strangers < STRANGERS_MOST {
            match socket::accept(self.socket.as_fd()) {
                Ok((socket, caller)) if callers.admit(caller.ip()) => return Ok(Stream::Plain(socket)),
                Ok(_) => strangers += 1,
                Err(error) if is_passing(&error) => attend.attend(self.socket.as_fd(), true, false)?,
                Err(error) => return Err(Stop::Connection(error)),
            }
        }
        Err(Stop::Connection(io::Error::from(io::ErrorKind::ConnectionRefused)))
    }
}

/// A client that came and went, or none yet.
fn is_passing(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::WouldBlock | io::ErrorKind::ConnectionAborted | io::ErrorKind::Interrupted
    )
}

#[cfg(test)]
mod tests {
    use std::net::{Ipv4Addr, TcpStream};

    use super::super::testing::Waits;
    use super::*;

    const LOCAL: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 0);

    #[test]
    fn a_port_of_the_range_is_taken() {
        let free = Listener::open(LOCAL, None, None).unwrap().port();
        let listener = Listener::open(LOCAL, Some((free, free)), None).unwrap();
        assert_eq!((listener.port(), listener.outside_range), (free, false));
        let other = Listener::open(LOCAL, Some((free, free)), None).unwrap();
        assert!(other.outside_range && other.port() != free);
        drop(listener);
        let listener = Listener::open(LOCAL, None, Some((free, free))).unwrap();
        assert_eq!((listener.port(), listener.outside_range), (free, false));
        Listener::open(LOCAL, None, Some((free, free))).unwrap();
    }

    #[test]
    fn only_the_peer_is_accepted() {
        let listener = Listener::open(LOCAL, None, None).unwrap();
        let _client = TcpStream::connect((Ipv4Addr::LOCALHOST, listener.port())).unwrap();
        let elsewhere = Callers::Peer("127.0.0.9".parse().unwrap());
        let outcome = listener.accept(elsewhere, &mut Waits::until(0));
        assert!(matches!(outcome, Err(Stop::Interrupted(_))));
        let _client = TcpStream::connect((Ipv4Addr::LOCALHOST, listener.port())).unwrap();
        listener.accept(Callers::Peer("::ffff:127.0.0.1".parse().unwrap()), &mut Waits::for_ever()).unwrap();
    }
}
