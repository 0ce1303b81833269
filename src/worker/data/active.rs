//! PORT and EPRT: a connection to the client, to no other host and to no service of the system (RFC 2577 §3).

use std::fmt;
use std::net::{IpAddr, SocketAddr, SocketAddrV6};
use std::os::fd::AsFd;

use super::passive::Callers;
use super::{Attend, Stop, Stream};
use crate::sys::socket::{self, Tuning};

/// Ports below are the system's services, which a client has no business to make us talk to.
const LOWEST_PORT: u16 = 1024;

/// Where the client waits for its data connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Target(SocketAddr);

/// Why the client's wish is not granted: `500 Illegal PORT command`. The words are those that ProFTPD logs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum IllegalAddress {
    /// It is another host's, or no host's.
    AnotherHost,
    /// Its port is the system's.
    LowPort(u16),
}

impl fmt::Display for IllegalAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            IllegalAddress::AnotherHost => f.write_str("address mismatch"),
            IllegalAddress::LowPort(port) => {
                write!(f, "port {port} below {LOWEST_PORT}, possible bounce attack")
            }
        }
    }
}

impl Target {
    /// Takes what the client asked for, if it may be asked for. A client behind a router that translates addresses tells the
    /// private one that it knows; it is reached where it came from.
    pub fn new(address: SocketAddr, callers: Callers) -> Result<Target, IllegalAddress> {
        let address = match callers {
            Callers::Peer(peer) if is_private(address.ip()) && !is_private(peer) => {
                SocketAddr::new(peer, address.port())
            }
            _ => address,
        };
        let belongs = callers.admit(address.ip());
        match address.port() {
            _ if !belongs || is_nowhere(address.ip()) => Err(IllegalAddress::AnotherHost),
            port if port < LOWEST_PORT => Err(IllegalAddress::LowPort(port)),
            _ => Ok(Target(address)),
        }
    }

    /// Its port.
    pub fn port(self) -> u16 {
        self.0.port()
    }

    /// Connects from the control connection's local address.
    pub fn connect(
        self,
        local: SocketAddr,
        tuning: &Tuning,
        attend: &mut dyn Attend,
    ) -> Result<Stream, Stop> {
        let address = self.beside(local);
        let socket = socket::bound_to_connect(local).map_err(Stop::Connection)?;
        tuning.apply(socket.as_fd()).map_err(Stop::Connection)?;
        if !socket::connect(socket.as_fd(), address).map_err(Stop::Connection)? {
            attend.attend(socket.as_fd(), false, true)?;
            socket::connect_outcome(socket.as_fd()).map_err(Stop::Connection)?;
        }
        Ok(Stream::Plain(socket))
    }

    /// The address in the family that the control connection has: a mapped peer may be named either way. EPRT has no word for
    /// the link of a link-local address: it is the control connection's.
    fn beside(self, local: SocketAddr) -> SocketAddr {
        let port = self.0.port();
        match (local, socket::unmapped(self.0.ip())) {
            (SocketAddr::V6(_), IpAddr::V4(four)) => SocketAddr::new(four.to_ipv6_mapped().into(), port),
            (SocketAddr::V6(own), IpAddr::V6(six)) => SocketAddrV6::new(six, port, 0, own.scope_id()).into(),
            (SocketAddr::V4(_), address) => SocketAddr::new(address, port),
        }
    }
}

/// RFC 1918.
fn is_private(address: IpAddr) -> bool {
    matches!(socket::unmapped(address), IpAddr::V4(four) if four.is_private())
}

fn is_nowhere(address: IpAddr) -> bool {
    address.is_unspecified() || address.is_multicast()
}

#[cfg(test)]
mod tests {
    use std::net::{Ipv4Addr, TcpListener};

    use super::super::testing::Waits;
    use super::*;

    const LOCAL: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 0);
    const PEER: Callers = Callers::Peer(IpAddr::V4(Ipv4Addr::LOCALHOST));

    #[test]
    fn only_the_peers_own_ports_are_legal() {
        let table = [
            ("127.0.0.1:1024", PEER, None),
            ("127.0.0.1:1023", PEER, Some("port 1023 below 1024, possible bounce attack")),
            ("127.0.0.2:5000", PEER, Some("address mismatch")),
            ("127.0.0.2:25", PEER, Some("address mismatch")),
            ("127.0.0.2:5000", Callers::Anyone, None),
            ("127.0.0.2:25", Callers::Anyone, Some("port 25 below 1024, possible bounce attack")),
            ("[::ffff:127.0.0.1]:5000", PEER, None),
            ("0.0.0.0:5000", Callers::Anyone, Some("address mismatch")),
        ];
        for (address, callers, refused) in table {
            let why = Target::new(address.parse().unwrap(), callers).err().map(|why| why.to_string());
            assert_eq!(why.as_deref(), refused, "{address}");
        }
    }

    #[test]
    fn a_private_address_of_a_public_client_is_its_own() {
        let told = "10.0.0.1:5000".parse().unwrap();
        assert_eq!(Target::new(told, PEER), Ok(Target("127.0.0.1:5000".parse().unwrap())));
        assert_eq!(Target::new(told, Callers::Anyone), Ok(Target(told)));
        let neighbour = Callers::Peer("10.0.0.2".parse().unwrap());
        assert_eq!(Target::new(told, neighbour), Err(IllegalAddress::AnotherHost));
        assert_eq!(Target::new("192.168.0.1:25".parse().unwrap(), PEER), Err(IllegalAddress::LowPort(25)));
    }

    #[test]
    fn the_client_is_reached_or_the_failure_told() {
        let client = TcpListener::bind(LOCAL).unwrap();
        let target = Target::new(client.local_addr().unwrap(), PEER).unwrap();
        target.connect(LOCAL, &Tuning::default(), &mut Waits::for_ever()).unwrap();
        client.accept().unwrap();
        drop(client);
        assert!(matches!(
            target.connect(LOCAL, &Tuning::default(), &mut Waits::for_ever()),
            Err(Stop::Connection(_))
        ));
    }
}
