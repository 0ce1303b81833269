//! Who the client is. Made once, where the connection is accepted; nothing else asks the socket.

use std::net::{IpAddr, SocketAddr};

/// The client's end of the control connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Peer {
    /// As the socket says, or the proxy before it.
    pub address: SocketAddr,
    /// As auth found it; leaked, for it is the one client of a process.
    name: Option<&'static str>,
}

impl Peer {
    /// Of an accepted socket.
    pub fn of_socket(address: SocketAddr) -> Peer {
        Peer { address: SocketAddr::new(address.ip().to_canonical(), address.port()), name: None }
    }

    /// Its address alone.
    pub fn ip(self) -> IpAddr {
        self.address.ip()
    }

    /// Its name for logs and messages; without one this is the address.
    pub fn name(self) -> String {
        self.name.map_or_else(|| self.ip().to_string(), str::to_owned)
    }

    /// Its name, where it is known.
    pub fn known_name(self) -> Option<&'static str> {
        self.name
    }

    /// It has this name.
    pub fn take_name(&mut self, name: String) {
        self.name = Some(name.leak());
    }
}
