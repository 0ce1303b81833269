//! A spare's life: it waits on the listeners it shares with the others, takes one client, and says so.

use std::io;
use std::net::SocketAddr;
use std::os::fd::{AsFd, OwnedFd};

use super::Birth;
use super::orders::{self, Standing};
use super::peer::Peer;
use super::title;
use crate::scoreboard::State;
use crate::sys::poll::{self, Exclusive};
use crate::sys::socket;

/// So many failures in a row are not the clients' doing (no descriptors, no memory): the worker ends, and is replaced.
const FAILURES_MOST: u32 = 16;

/// An accepted control connection, of which nothing has been read.
#[derive(Debug)]
pub struct Client {
    /// Nonblocking.
    pub socket: OwnedFd,
    /// Who it is.
    pub peer: Peer,
    /// The address it reached.
    pub local: SocketAddr,
    /// By which its server is chosen: the same, or what the proxy's client has connected to.
    pub meant: SocketAddr,
}

/// Waits for a client, after another one or as a newborn; `Ok(None)` when the worker should leave instead.
#[inline(never)]
pub fn next_client(birth: &mut Birth, is_newborn: bool) -> io::Result<Option<Client>> {
    if let Some((socket, peer)) = birth.connection.take() {
        let local = socket::local_address(socket.as_fd())?;
        return Ok(Some(client(socket, peer, local)));
    }
    // Kept from one client to the next: while nobody waits by it the kernel wakes others (EPOLLEXCLUSIVE, epoll_ctl(2)).
    let wait = match birth.wait.take() {
        Some(wait) => wait,
        None => Exclusive::new(birth.listeners.iter().map(|(listener, _)| listener.as_fd()))?,
    };
    birth.own.state(State::Spare);
    title::spare();
    // The master counts on those that it has asked for; it waits for them only where their generation is to serve as soon as they do.
    if !is_newborn || birth.board.generation() != birth.generation {
        give_hint(birth);
    }
    let mut failures = 0;
    loop {
        // The master may have died while this worker had a client that said nothing: its bell has rung then.
        if orders::standing_of_spare(birth) != Standing::Serve {
            break;
        }
        match wait.wait_or_bell() {
            Ok(index) => match accept(birth, index) {
                Ok(client) => {
                    birth.wait = Some(wait);
                    return Ok(Some(client));
                }
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => failures = 0,
                Err(error) if failures == FAILURES_MOST => return Err(error),
                Err(_) => failures += 1,
            },
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    // A wake may have been meant for this worker: it leaves the queue first, then looks once more.
    drop(wait);
    Ok((0..birth.listeners.len()).find_map(|index| accept(birth, index).ok()))
}

/// An event wins over the bell: whoever was woken by a client accepts it, and looks at its order afterwards.
fn accept(birth: &Birth, index: usize) -> io::Result<Client> {
    let Some((listener, bound)) = birth.listeners.get(index) else {
        return Err(io::ErrorKind::WouldBlock.into());
    };
    let (socket, address) = socket::accept(listener.as_fd())?;
    // Bound to one address, it has accepted nothing for another.
    let local = if bound.ip().is_unspecified() { socket::local_address(socket.as_fd())? } else { *bound };
    Ok(client(socket, address, local))
}

fn client(socket: OwnedFd, address: SocketAddr, local: SocketAddr) -> Client {
    let local = SocketAddr::new(local.ip().to_canonical(), local.port());
    Client { socket, peer: Peer::of_socket(address), local, meant: local }
}

/// Tells the master that the pool has one spare less, or one more.
pub fn give_hint(birth: &Birth) {
    if let Some(taken) = &birth.taken {
        poll::give_hint(taken.as_fd());
    }
}
