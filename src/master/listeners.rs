//! Listening sockets, by address. A reload opens what is new beside what is there, and closes what is gone only when the new
//! generation serves; what both use is never closed, so no connection is refused. What the service manager listens to already is
//! taken over.

use std::collections::BTreeMap;
use std::fmt;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::os::fd::{AsFd, OwnedFd};

use crate::sys::socket;
use crate::sys::succession::Luggage;

/// The sockets that are open.
#[derive(Debug, Default)]
pub struct Listeners {
    open: BTreeMap<SocketAddr, OwnedFd>,
}

/// An address that cannot be had.
#[derive(Debug)]
pub struct BindError {
    /// Which.
    pub address: SocketAddr,
    /// Why.
    pub error: io::Error,
}

impl fmt::Display for BindError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "cannot bind {}: {}", self.address, self.error)?;
        match self.error.kind() {
            io::ErrorKind::PermissionDenied => f.write_str("; start as root or choose a Port above 1023"),
            io::ErrorKind::AddrInUse => {
                f.write_str("; another server listens there: stop it, or choose another Port")
            }
            io::ErrorKind::AddrNotAvailable => f.write_str("; no interface of this host has that address"),
            _ => Ok(()),
        }
    }
}

impl Listeners {
    /// Takes over what was opened for the daemon, and gives the addresses that are not among `wanted`; an error is a sentence.
    pub fn adopt(&mut self, passed: Vec<OwnedFd>, wanted: &[SocketAddr]) -> Result<Vec<SocketAddr>, String> {
        let mut unwanted = Vec::new();
        for socket in passed {
            let (address, takes_both) = socket::adopted(socket.as_fd())
                .and_then(|found| socket::prepare_for_control(socket.as_fd()).map(|()| found))
                .map_err(|error| format!("a socket that the service manager passed is of no use: {error}"))?;
            let twin = SocketAddr::from((Ipv4Addr::UNSPECIFIED, address.port()));
            if takes_both && wanted.contains(&twin) {
                return Err(format!(
                    "the passed socket at {address} takes IPv4, too, where {twin} is to listen; give the socket unit \
                     BindIPv6Only=ipv6-only and a ListenStream={twin}"
                ));
            }
            if wanted.contains(&address) {
                self.open.insert(address, socket);
            } else {
                unwanted.push(address);
            }
        }
        Ok(unwanted)
    }

    /// They go to the next master of the same pid: clients wait in them meanwhile.
    pub fn hand_over(&self, luggage: &mut Luggage) -> Vec<(SocketAddr, i32)> {
        self.open.iter().map(|(address, socket)| (*address, luggage.pack(socket))).collect()
    }

    /// What the master before has opened.
    pub fn inherit(handed: Vec<(SocketAddr, i32)>, luggage: &mut Luggage) -> io::Result<Listeners> {
        let taken = |(address, number)| Ok((address, luggage.take(number)?));
        Ok(Listeners { open: handed.into_iter().map(taken).collect::<io::Result<_>>()? })
    }

    /// Opens those of `addresses` that are not open yet; if one cannot be had, none of the new ones stays. Gives which are new.
    pub fn open(&mut self, addresses: &[SocketAddr], backlog: i32) -> Result<Vec<SocketAddr>, BindError> {
        let missing = addresses.iter().filter(|address| !self.open.contains_key(*address));
        let made: BTreeMap<SocketAddr, OwnedFd> =
            missing.map(|address| bind(*address, backlog)).collect::<Result<_, _>>()?;
        let new = made.keys().copied().collect();
        self.open.extend(made);
        Ok(new)
    }

    /// Where they listen.
    pub fn addresses(&self) -> impl Iterator<Item = &SocketAddr> {
        self.open.keys()
    }

    /// Closes all but these.
    pub fn keep(&mut self, addresses: &[SocketAddr]) {
        self.open.retain(|address, _| addresses.contains(address));
    }

    /// Closes these: a reload that failed gives back what it opened.
    pub fn close(&mut self, addresses: &[SocketAddr]) {
        self.open.retain(|address, _| !addresses.contains(address));
    }

    /// Descriptors of these for a nursery, with their addresses.
    pub fn duplicate(&self, addresses: &[SocketAddr]) -> io::Result<Vec<(OwnedFd, SocketAddr)>> {
        let wanted = self.open.iter().filter(|(address, _)| addresses.contains(address));
        wanted.map(|(address, fd)| Ok((fd.try_clone()?, *address))).collect()
    }
}

fn bind(address: SocketAddr, backlog: i32) -> Result<(SocketAddr, OwnedFd), BindError> {
    let failed = |error| BindError { address, error };
    let socket = socket::listen(address, backlog).map_err(failed)?;
    socket::prepare_for_control(socket.as_fd()).map_err(failed)?;
    Ok((address, socket))
}

#[cfg(test)]
mod tests {
    use std::net::TcpListener;

    use super::*;

    #[test]
    fn a_taken_address_leaves_nothing_open() {
        let taken = TcpListener::bind("127.0.0.1:0").unwrap();
        let free = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        let mut listeners = Listeners::default();
        let error = listeners.open(&[free, taken.local_addr().unwrap()], 16).unwrap_err();
        assert_eq!(error.address, taken.local_addr().unwrap());
        assert!(error.to_string().contains("another server listens there"), "{error}");
        assert!(listeners.open.is_empty());
    }

    #[test]
    fn what_is_kept_is_never_closed() {
        let mut listeners = Listeners::default();
        let [first, second] = [0, 0].map(|_| TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap());
        assert_eq!(listeners.open(&[first], 16).unwrap(), [first]);
        assert_eq!(listeners.open(&[first, second], 16).unwrap(), [second]);
        listeners.keep(&[second]);
        assert_eq!(listeners.duplicate(&[first, second]).unwrap().len(), 1);
    }
}
