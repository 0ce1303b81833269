//! Where servers are reached and what is bound for that.

use std::collections::HashSet;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::path::Path;

use super::complaint::Complaints;
use super::lines::Word;
use super::settings::Server;
use crate::sys::resolve;

/// Which addresses may be used.
#[derive(Clone, Copy, Debug)]
pub struct Families {
    /// Whether IPv6 is on and the host has it.
    pub ipv6: bool,
}

impl Families {
    /// The command line outweighs UseIPv6; a host without IPv6 outweighs both.
    pub fn chosen(command_line: Option<bool>, configured: Option<bool>) -> Self {
        let host = Path::new("/proc/net/if_inet6").exists();
        Self { ipv6: host && command_line.or(configured).unwrap_or(true) }
    }

    /// Every address of the host.
    pub fn wildcards(self) -> Vec<IpAddr> {
        let v4 = IpAddr::V4(Ipv4Addr::UNSPECIFIED);
        if self.ipv6 { vec![v4, IpAddr::V6(Ipv6Addr::UNSPECIFIED)] } else { vec![v4] }
    }

    fn has(self, address: &IpAddr) -> bool {
        self.ipv6 || address.is_ipv4()
    }

    /// The addresses of a word: an address, an address with its port, or a host's name.
    pub fn resolve(self, text: &str) -> Result<Vec<(IpAddr, Option<u16>)>, String> {
        let bare = text.strip_prefix('[').and_then(|text| text.strip_suffix(']')).unwrap_or(text);
        let found = if bare == "*" {
            self.wildcards().into_iter().map(|address| (address, None)).collect()
        } else if let Ok(address) = bare.parse::<IpAddr>() {
            vec![(address, None)]
        } else if let Ok(socket) = text.parse::<SocketAddr>() {
            vec![(socket.ip(), Some(socket.port()))]
        } else {
            named(text)?
        };
        let usable: Vec<_> = found.into_iter().filter(|(address, _)| self.has(address)).collect();
        match usable.is_empty() {
            true => Err(format!("'{text}' is an IPv6 address, and IPv6 is off")),
            false => Ok(usable),
        }
    }

    /// All addresses of several words, with the port that holds without one; complains about each that has none.
    pub fn all(
        self,
        words: &[Word],
        port: u16,
        directive: &str,
        complaints: &mut Complaints,
    ) -> Vec<SocketAddr> {
        let mut addresses = Vec::new();
        for word in words {
            match self.resolve(&word.text) {
                Ok(found) => addresses
                    .extend(found.into_iter().map(|(ip, own)| SocketAddr::new(ip, own.unwrap_or(port)))),
                Err(message) => complaints.error(&word.mark, format!("{directive}: {message}")),
            }
        }
        addresses.retain(|address| address.port() != 0);
        without_repeats(addresses)
    }
}

/// The system's resolver; `host:port` too.
fn named(text: &str) -> Result<Vec<(IpAddr, Option<u16>)>, String> {
    let (host, port) = match text.rsplit_once(':').map(|(host, port)| (host, port.parse::<u16>())) {
        Some((host, Ok(port))) => (host, Some(port)),
        _ => (text, None),
    };
    let plain = !host.is_empty() && host.bytes().all(|c| c.is_ascii_alphanumeric() || b"-._".contains(&c));
    if !plain {
        return Err(format!("'{text}' is neither an address nor a host's name"));
    }
    let found = resolve::addresses_within(host, resolve::PATIENCE);
    let found = found.map_err(|error| format!("cannot resolve '{host}': {error}"))?;
    Ok(found.into_iter().map(|address| (address, port)).collect())
}

fn without_repeats(addresses: Vec<SocketAddr>) -> Vec<SocketAddr> {
    let mut seen = HashSet::new();
    addresses.into_iter().filter(|address| seen.insert(*address)).collect()
}

/// What is bound. SocketBindTight binds the servers' own addresses. Without it every address is bound for a port, as in ProFTPD,
/// if a client may come there: a DefaultServer takes it, or a server names no address.
pub fn listeners(servers: &[Server], bind_tight: bool, families: Families) -> Vec<SocketAddr> {
    let has_default = servers.iter().any(|server| server.is_default);
    let mut all: Vec<SocketAddr> = servers.iter().flat_map(|server| server.listen.iter().copied()).collect();
    if has_default && !bind_tight {
        let ports: Vec<u16> = all.iter().map(SocketAddr::port).collect();
        for address in families.wildcards() {
            all.extend(ports.iter().map(|port| SocketAddr::new(address, *port)));
        }
    }
    let all = without_repeats(all);
    // The kernel refuses an address beside the wildcard of its family and port.
    let reach = |address: &SocketAddr| (address.port(), address.is_ipv4());
    let wild: HashSet<_> = all.iter().filter(|address| address.ip().is_unspecified()).map(reach).collect();
    all.into_iter()
        .filter(|address| address.ip().is_unspecified() || !wild.contains(&reach(address)))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_read_in_every_form() {
        let both = Families { ipv6: true };
        let ip = |text: &str| text.parse::<IpAddr>().expect("an address");
        assert_eq!(both.resolve("192.0.2.1"), Ok(vec![(ip("192.0.2.1"), None)]));
        assert_eq!(both.resolve("192.0.2.1:2121"), Ok(vec![(ip("192.0.2.1"), Some(2121))]));
        assert_eq!(both.resolve("[2001:db8::1]"), Ok(vec![(ip("2001:db8::1"), None)]));
        assert_eq!(both.resolve("[2001:db8::1]:21"), Ok(vec![(ip("2001:db8::1"), Some(21))]));
        assert!(both.resolve("a b").is_err());
        assert!(Families { ipv6: false }.resolve("2001:db8::1").is_err());
    }
}
