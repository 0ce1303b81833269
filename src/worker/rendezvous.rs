//! Where the next data connection is to be made: the client's wish, good for one transfer.

use std::io;
use std::net::SocketAddr;

use super::data::{ActiveTarget, Callers, Listener, Stop, Stream};
use super::watch::Watch;
use crate::sys::files::Errno;

/// What the client said last of its next data connection.
#[derive(Debug, Default)]
pub enum Rendezvous {
    /// Nothing.
    #[default]
    Nowhere,
    /// PASV, EPSV: it connects to us.
    Passive(Listener),
    /// PORT, EPRT: we connect to it.
    Active(ActiveTarget),
}

impl Rendezvous {
    /// Makes the connection.
    pub fn meet(self, watch: &mut Watch) -> Result<Stream, Stop> {
        let local = SocketAddr::new(watch.local.ip(), 0);
        match self {
            Rendezvous::Nowhere => Err(Stop::Connection(io::Error::from(Errno::ECONNREFUSED))),
            Rendezvous::Passive(listener) => listener.accept(callers(watch), watch),
            Rendezvous::Active(target) => target.connect(local, watch),
        }
    }
}

/// Whose data connections this session has: its peer's, unless AllowForeignAddress says otherwise.
pub fn callers(watch: &Watch) -> Callers {
    match watch.server.allow_foreign_address {
        true => Callers::Anyone,
        false => Callers::Peer(watch.peer.ip()),
    }
}
