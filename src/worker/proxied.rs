//! A client that comes through a proxy: the proxy says who it is before the greeting (PROXY protocol), or the connection is closed.

use std::fmt;
use std::io;
use std::net::SocketAddr;
use std::os::fd::AsFd;
use std::time::{Duration, Instant};

use super::Birth;
use super::accept::{self, Client};
use super::greeting::logger;
use super::orders::{self, Standing};
use super::peer::Peer;
use super::virtual_host;
use crate::config::settings::Proxies;
use crate::logging::Cause;
use crate::protocol::proxy::{HEADER_MOST, Header};
use crate::scoreboard::{ReasonCode, State};
use crate::sys::poll::{self, Waiting};
use crate::sys::socket;

/// Bytes looked at in one go; a header of TCP's addresses is shorter.
const LOOK: usize = 512;

/// Why nobody is introduced.
#[derive(Debug)]
enum Failure {
    /// It left; a proxy's health check.
    Gone,
    /// The worker leaves.
    Ordered,
    /// Its time is up.
    Late,
    /// What came is no header, or not in the form that is asked for.
    Wrong,
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Failure::Gone => "it left",
            Failure::Ordered => "the daemon leaves",
            Failure::Late => "ProxyProtocolTimeout reached",
            Failure::Wrong => "what came first was none",
        })
    }
}

/// Whoever has connected, under the name that its proxy gives it; None where the connection is closed. What belongs to the pool is closed
/// before a header is read, so that the worker meets no other client.
#[inline(never)]
pub fn introduced(birth: &mut Birth, mut client: Client) -> Option<Client> {
    let settings = birth.settings;
    let Some(index) = virtual_host::choose(settings, client.local) else { return Some(client) };
    let proxies = settings.servers.get(index).and_then(|server| server.proxies.as_ref());
    let Some(proxies) = proxies.filter(|proxies| proxies.has(client.peer.ip())) else { return Some(client) };
    birth.own.state(State::Greeting);
    accept::give_hint(birth);
    birth.leave_pool();
    match header(birth, &client, proxies) {
        Ok(Header::Whole { ends: Some(told), .. }) if !proxies.ignored => {
            client.peer = Peer::of_socket(told.client);
            if proxies.chooses_by_header {
                client.meant = SocketAddr::new(told.server.ip().to_canonical(), told.server.port());
            }
            Some(client)
        }
        Ok(_) => Some(client),
        Err(Failure::Gone | Failure::Ordered) => None,
        Err(why) => {
            let log = logger(birth, index, client.local, client.peer);
            let cause = Cause::from(ReasonCode::Proxy);
            birth.own.refused(cause.reason);
            slog::warn!(log, "no header of the PROXY protocol from {}: {why}", client.peer.ip(); cause);
            None
        }
    }
}

/// Takes the header's bytes, and none behind them.
fn header(birth: &Birth, client: &Client, proxies: &Proxies) -> Result<Header, Failure> {
    let deadline = Instant::now() + proxies.patience;
    let mut taken = Vec::new();
    while taken.len() < HEADER_MOST {
        await_bytes(birth, client, deadline)?;
        let mut bytes = [0; LOOK];
        let length = match socket::peek(client.socket.as_fd(), &mut bytes) {
            Ok(0) => return Err(Failure::Gone),
            Ok(length) => length,
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => continue,
            Err(_) => return Err(Failure::Gone),
        };
        let before = taken.len();
        taken.extend_from_slice(&bytes[..length]);
        let header = Header::read(&taken);
        let (is_whole, wanted) = match header {
            Header::Whole { length, version, .. } if proxies.version.is_none_or(|only| only == version) => {
                (true, length - before)
            }
            Header::Begun => (false, length),
            Header::Whole { .. } | Header::Wrong => return Err(Failure::Wrong),
        };
        match socket::read(client.socket.as_fd(), &mut bytes[..wanted]) {
            Ok(read) if read == wanted && is_whole => return Ok(header),
            Ok(read) if read == wanted => {}
            _ => return Err(Failure::Gone),
        }
    }
    Err(Failure::Wrong)
}

fn await_bytes(birth: &Birth, client: &Client, deadline: Instant) -> Result<(), Failure> {
    loop {
        let left: Duration = deadline.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return Err(Failure::Late);
        }
        if orders::standing(birth) == Standing::Leave {
            return Err(Failure::Ordered);
        }
        match poll::wait_or_bell(&mut [Waiting::to_read(client.socket.as_fd())], Some(left)) {
            Ok(0) => {}
            Ok(_) => return Ok(()),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(_) => return Err(Failure::Gone),
        }
    }
}
