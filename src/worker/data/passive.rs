//! PASV and EPSV: a listener on the address that the client reached, for its peer alone (RFC 2577 §4). Workers share no table of
//! ports: the kernel gives a port to one listener only (nobody here sets SO_REUSEPORT), and remembers where connections have
//! been.

use std::cell::Cell;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::os::fd::{AsFd, OwnedFd};
use std::time::Instant;

use super::{Attend, Stop, Stream};
use crate::config::settings::Class;
use crate::sys::socket::Tuning;
use crate::sys::{random, socket};

/// How many ports without any connection are looked for, before one is good enough on which nobody listens. On a busy host all
/// have seen one in the last minute, and a transfer of a small file must not wait for better.
const QUIET_TRIES: u32 = 8;
/// How many ports of a range are tried before any port is taken.
const TRIES_MOST: u32 = 4096;
/// How often another may listen first on the port that was chosen.
const RACES_MOST: u32 = 16;
/// Room for the client behind a few strangers.
const BACKLOG: i32 = 8;
/// How many connections of others are dropped before the transfer is given up.
const STRANGERS_MOST: u32 = 64;

thread_local! {
    /// Whether so many were looked for in vain the last time that this session listened.
    static ARE_ALL_USED: Cell<bool> = const { Cell::new(false) };
}

/// Whose data connections are taken.
#[derive(Clone, Copy, Debug)]
pub enum Callers {
    /// The control connection's peer.
    Peer(IpAddr),
    /// The same, and whoever is of this class (AllowForeignAddress).
    PeerAndClass(IpAddr, &'static Class),
    /// Anybody (AllowForeignAddress).
    Anyone,
}

impl Callers {
    /// Whether an address is among theirs.
    pub fn admit(self, caller: IpAddr) -> bool {
        match self {
            Callers::Peer(peer) => socket::unmapped(peer) == socket::unmapped(caller),
            Callers::PeerAndClass(peer, class) => {
                Callers::Peer(peer).admit(caller) || class.has_address(caller)
            }
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

/// A port whose client may still come, late: held so that it comes to nobody.
#[derive(Debug)]
pub struct Cooling {
    _socket: OwnedFd,
    /// Since when.
    pub since: Instant,
}

/// Who came to a listener.
#[derive(Debug)]
pub struct Arrival {
    /// The client, or why it is no longer waited for.
    pub met: Result<Stream, Stop>,
    /// How many others came and were sent away, and the last one's address: for the log.
    pub strangers: Option<(u32, IpAddr)>,
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
        let listener = listener.map_or_else(|| Listener::anywhere(local), Ok)?;
        Ok(Listener { outside_range: range.is_some(), ..listener })
    }

    fn within(local: SocketAddr, range: (u16, u16)) -> Option<Listener> {
        for _ in 0..RACES_MOST {
            let (socket, port) = settle(local, range)?;
            if let Ok(listener) = Listener::on(socket, port) {
                return Some(listener);
            }
        }
        None
    }

    fn anywhere(mut local: SocketAddr) -> io::Result<Listener> {
        local.set_port(0);
        let socket = socket::unbound(local)?;
        socket::bind(socket.as_fd(), local)?;
        let port = socket::local_address(socket.as_fd())?.port();
        Listener::on(socket, port)
    }

    fn on(socket: OwnedFd, port: u16) -> io::Result<Listener> {
        socket::begin_to_listen(socket.as_fd(), BACKLOG)?;
        Ok(Listener { socket, port, outside_range: false })
    }

    /// SocketOptions, for the connection that comes.
    pub fn tune(&self, tuning: &Tuning) -> io::Result<()> {
        tuning.apply(self.socket.as_fd())
    }

    /// The port to tell the client.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Waits for the client. Others are dropped, and waiting goes on.
    pub fn accept(&self, callers: Callers, attend: &mut dyn Attend) -> Arrival {
        let mut strangers = None;
        let met = self.accept_among(callers, &mut strangers, attend);
        Arrival { met, strangers }
    }

    fn accept_among(
        &self,
        callers: Callers,
        strangers: &mut Option<(u32, IpAddr)>,
        attend: &mut dyn Attend,
    ) -> Result<Stream, Stop> {
        while strangers.is_none_or(|(count, _)| count < STRANGERS_MOST) {
            match socket::accept(self.socket.as_fd()) {
                Ok((socket, caller)) if callers.admit(caller.ip()) => return Ok(Stream::Plain(socket)),
                Ok((_, caller)) => {
                    *strangers = Some((strangers.map_or(1, |(count, _)| count + 1), caller.ip()))
                }
                Err(error) if is_passing(&error) => attend.attend(self.socket.as_fd(), true, false)?,
                Err(error) => return Err(Stop::Connection(error)),
            }
        }
        Err(Stop::Connection(io::Error::from(io::ErrorKind::ConnectionRefused)))
    }

    /// Gives up waiting: who has come, and who comes now, is refused; sessions that look for a quiet port pass over this one.
    pub fn cool(self, now: Instant) -> Option<Cooling> {
        socket::cease_to_listen(self.socket.as_fd()).ok()?;
        Some(Cooling { _socket: self.socket, since: now })
    }
}

impl From<Listener> for OwnedFd {
    fn from(listener: Listener) -> OwnedFd {
        listener.socket
    }
}

/// Takes a port on which nobody listens, from a random start on, so that neither an attacker nor the next session knows it.
/// One is preferred that no connection holds: the next client must not meet the last one's. Such ports are looked for far from each
/// other, for used ones stand together where each search ends beside the last.
fn settle(local: SocketAddr, (first, last): (u16, u16)) -> Option<(OwnedFd, u16)> {
    let count = u32::from(last.checked_sub(first)?) + 1;
    let start = random::below(count).ok()?;
    let nth = |step| u16::try_from(u32::from(first) + (start + step) % count).ok();
    let socket = socket::unbound(local).ok()?;
    let is_bound = |port: &u16| is_bound(&socket, local, *port);
    let stride = (count / QUIET_TRIES).max(1);
    let quiet = (0..count.min(quiet_tries())).map(|step| step * stride).filter_map(nth).find(is_bound);
    ARE_ALL_USED.set(quiet.is_none());
    socket::allow_used_ports(socket.as_fd()).ok()?;
    let port = quiet.or_else(|| (0..count.min(TRIES_MOST)).filter_map(nth).find(is_bound))?;
    Some((socket, port))
}

/// On a host whose ports have all seen a connection in the last minute one try tells whether that is still so.
fn quiet_tries() -> u32 {
    if ARE_ALL_USED.get() { 1 } else { QUIET_TRIES }
}

fn is_bound(socket: &OwnedFd, mut address: SocketAddr, port: u16) -> bool {
    address.set_port(port);
    socket::bind(socket.as_fd(), address).is_ok()
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
    use std::sync::atomic::{AtomicU16, Ordering};
    use std::time::Duration;

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
        let arrival = listener.accept(elsewhere, &mut Waits::until(0));
        assert!(matches!(arrival.met, Err(Stop::Interrupted(_))));
        assert_eq!(arrival.strangers, Some((1, LOCAL.ip())));
        let _client = TcpStream::connect((Ipv4Addr::LOCALHOST, listener.port())).unwrap();
        let mapped = Callers::Peer("::ffff:127.0.0.1".parse().unwrap());
        let arrival = listener.accept(mapped, &mut Waits::for_ever());
        assert!(arrival.met.is_ok() && arrival.strangers.is_none());
    }

    #[test]
    fn strangers_are_not_waited_through_for_ever() {
        let listener = Listener::open(LOCAL, None, None).unwrap();
        let port = listener.port();
        let knocking = std::thread::spawn(move || while has_come(port) {});
        let elsewhere = Callers::Peer("127.0.0.9".parse().unwrap());
        let arrival = listener.accept(elsewhere, &mut Waits::for_ever());
        assert!(matches!(arrival.met, Err(Stop::Connection(_))));
        assert_eq!(arrival.strangers, Some((STRANGERS_MOST, LOCAL.ip())));
        drop(listener);
        knocking.join().unwrap();
    }

    /// Knocks; says whether anybody listens. Where too many wait already the kernel drops the knock, and would send it again a
    /// second later: the next one is quicker.
    fn has_come(port: u16) -> bool {
        let met = TcpStream::connect_timeout(&(Ipv4Addr::LOCALHOST, port).into(), Duration::from_millis(20));
        met.map_or_else(|error| error.kind() == io::ErrorKind::TimedOut, |_| true)
    }

    /// A range of this test's own: below the ports that the kernel chooses, above those of the daemons' tests, and elsewhere in
    /// each process, for others may run these tests at the same time.
    fn range_of(count: u16) -> (u16, u16) {
        static TAKEN: AtomicU16 = AtomicU16::new(0);
        loop {
            let taken = TAKEN.fetch_add(count, Ordering::Relaxed);
            assert!(taken < 700, "no range is free");
            let start = u16::try_from(std::process::id() * 50 % 700).unwrap();
            let first = 32_000 + (start + taken) % 700;
            if (first..first + count).all(is_quiet) {
                return (first, first + count - 1);
            }
        }
    }

    /// Nobody listens there, and no connection of an earlier run rests there: the standard library's listeners would not mind.
    fn is_quiet(port: u16) -> bool {
        socket::unbound(LOCAL).is_ok_and(|socket| is_bound(&socket, LOCAL, port))
    }

    #[test]
    fn a_range_is_used_up_to_its_last_port_and_in_no_order() {
        let range = range_of(12);
        let listeners: Vec<Listener> =
            (0..12).map(|_| Listener::open(LOCAL, Some(range), None).unwrap()).collect();
        let ports: Vec<u16> = listeners.iter().map(Listener::port).collect();
        assert!(listeners.iter().all(|listener| !listener.outside_range), "{ports:?}");
        let mut sorted = ports.clone();
        sorted.sort_unstable();
        assert_eq!(sorted, (range.0..=range.1).collect::<Vec<u16>>());
        assert_ne!(ports, sorted);
        assert!(Listener::open(LOCAL, Some(range), None).unwrap().outside_range);
    }

    #[test]
    fn a_quiet_port_is_taken_before_one_that_has_just_been_used() {
        let range = range_of(4);
        let mut cooling = Vec::new();
        let mut seen = Vec::new();
        for _ in 0..4 {
            let listener = Listener::open(LOCAL, Some(range), None).unwrap();
            assert!(!seen.contains(&listener.port()), "{} again after {seen:?}", listener.port());
            seen.push(listener.port());
            cooling.push(listener.cool(Instant::now()).unwrap());
        }
        assert!(TcpStream::connect((Ipv4Addr::LOCALHOST, seen[0])).is_err());
        let last = Listener::open(LOCAL, Some(range), None).unwrap();
        assert!(!last.outside_range, "cooling ports are better than none");
        TcpStream::connect((Ipv4Addr::LOCALHOST, last.port())).unwrap();
    }

    #[test]
    fn a_port_of_a_connection_that_was_ended_here_rests() {
        let range = range_of(2);
        let listener = Listener::open(LOCAL, Some(range), None).unwrap();
        let used = listener.port();
        let mut client = TcpStream::connect((Ipv4Addr::LOCALHOST, used)).unwrap();
        let arrival = listener.accept(Callers::Peer(LOCAL.ip()), &mut Waits::for_ever());
        drop((arrival.met.unwrap(), listener));
        std::io::Read::read_to_end(&mut client, &mut Vec::new()).unwrap();
        drop(client);
        for _ in 0..20 {
            let next = Listener::open(LOCAL, Some(range), None).unwrap();
            assert!(next.port() != used && !next.outside_range);
        }
    }
}
