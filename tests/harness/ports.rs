//! Ports that nobody else takes while a test has them.

use std::net::{self, IpAddr, Ipv4Addr, Ipv6Addr, TcpListener};
use std::os::fd::AsRawFd;
use std::os::linux::net::SocketAddrExt;
use std::os::unix::net::{SocketAddr, UnixListener};
use std::sync::atomic::{AtomicU16, Ordering};

use nix::sys::socket::{AddressFamily, SockFlag, SockType, SockaddrStorage, bind, socket};

/// Below the ports that the kernel gives to connecting sockets, so that no client of another test sits on one.
const FIRST: u16 = 20_000;
const COUNT: u16 = 12_000;

static NEXT: AtomicU16 = AtomicU16::new(0);

/// A port of one test's own. Other tests, in this process and in others, are kept off it by a name in the
/// abstract socket namespace, which the kernel drops with its holder.
pub struct Port {
    pub number: u16,
    _reservation: UnixListener,
}

impl Port {
    /// One that is free on both families.
    pub fn reserve() -> Port {
        let start = u16::try_from(std::process::id() % u32::from(COUNT)).expect("less than COUNT");
        (0..COUNT)
            .find_map(|_| try_port(FIRST + (start + NEXT.fetch_add(1, Ordering::Relaxed) % COUNT) % COUNT))
            .expect("a free port")
    }
}

/// Neighbouring ports of one test's own.
pub struct Range {
    pub first: u16,
    pub last: u16,
    _ports: Vec<Port>,
}

impl Range {
    /// So many that are free.
    pub fn reserve(count: u16) -> Range {
        (0..COUNT / count)
            .find_map(|_| {
                let first = FIRST + (NEXT.fetch_add(count, Ordering::Relaxed) % (COUNT / count - 1)) * count;
                let ports: Option<Vec<Port>> = (first..first + count).map(try_port).collect();
                Some(Range { first, last: first + count - 1, _ports: ports? })
            })
            .expect("free ports side by side")
    }

    /// As the configuration has it.
    pub fn line(&self) -> String {
        format!("PassivePorts {} {}", self.first, self.last)
    }

    pub fn holds(&self, port: u16) -> bool {
        (self.first..=self.last).contains(&port)
    }
}

fn try_port(number: u16) -> Option<Port> {
    let name = SocketAddr::from_abstract_name(format!("ferryd-test-port-{number}")).expect("a short name");
    let reservation = UnixListener::bind_addr(&name).ok()?;
    let loopbacks: [IpAddr; 2] = [Ipv4Addr::LOCALHOST.into(), Ipv6Addr::LOCALHOST.into()];
    let free = loopbacks.into_iter().filter(has_family).all(|address| is_quiet((address, number).into()));
    free.then_some(Port { number, _reservation: reservation })
}

/// Whether nobody listens there, and no connection of an earlier test rests there: the standard library's listeners would not mind, but
/// the daemon chooses other ports then.
fn is_quiet(address: net::SocketAddr) -> bool {
    let family = if address.is_ipv4() { AddressFamily::Inet } else { AddressFamily::Inet6 };
    let Ok(socket) = socket(family, SockType::Stream, SockFlag::SOCK_CLOEXEC, None) else { return false };
    bind(socket.as_raw_fd(), &SockaddrStorage::from(address)).is_ok()
}

/// Whether this machine's loopback has the address's family at all.
pub fn has_family(address: &IpAddr) -> bool {
    TcpListener::bind((*address, 0)).is_ok()
}
