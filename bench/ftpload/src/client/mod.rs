//! A small blocking FTP client: just enough of the protocol to load a server.

mod connect;
mod data;
mod session;

use std::net::{Ipv4Addr, SocketAddrV4};
use std::time::Duration;

use crate::words::Words;

pub use data::{Nowhere, Upload};
pub use session::Session;

/// What a client cannot do is told in words: the step, and what stood in its way.
pub type Done<T = ()> = Result<T, String>;

/// Whom to load, and as whom.
pub struct Target {
    pub address: SocketAddrV4,
    pub user: String,
    pub password: String,
    /// How many addresses the sessions come from; many short sessions from one address run out of ports.
    pub sources: usize,
    pub patience: Duration,
}

impl Target {
    pub fn read(words: &Words) -> Target {
        let address = words.text("addr", "127.0.0.1:2121");
        Target {
            address: address
                .parse()
                .unwrap_or_else(|_| panic!("--addr {address}: not an address with a port")),
            user: words.text("user", "bench").to_owned(),
            password: words.text("pass", "bench").to_owned(),
            sources: words.count("src", 1).clamp(1, 250),
            patience: Duration::from_secs(words.number("timeout", 30)),
        }
    }

    /// Where session `number` comes from.
    fn source(&self, number: usize) -> Option<Ipv4Addr> {
        (self.sources > 1).then(|| Ipv4Addr::new(127, 0, 0, 2 + (number % self.sources) as u8))
    }
}
