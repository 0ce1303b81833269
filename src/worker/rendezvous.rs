//! Where the next data connection is to be made: the client's wish, good for one transfer.

use std::io;
use std::mem;
use std::net::SocketAddr;
use std::os::fd::BorrowedFd;
use std::time::Instant;

use super::data::{ActiveTarget, Arrival, Attend, Callers, Interrupt, Listener, Stop, Stream};
use super::watch::Watch;
use crate::config::settings::ForeignAddresses;
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
    /// Makes the connection, or gives up after a while; a client that comes later finds nobody.
    pub fn meet(self, watch: &mut Watch) -> Result<Stream, Stop> {
        let local = SocketAddr::new(watch.local.ip(), 0);
        let deadline = watch.timers.opening_until(Instant::now());
        match self {
            Rendezvous::Nowhere => Err(Stop::Connection(io::Error::from(Errno::ECONNREFUSED))),
            Rendezvous::Passive(listener) => wait_for_client(watch, listener, deadline),
            Rendezvous::Active(target) => {
                target.connect(local, &watch.server.sockets, &mut Patience { watch, deadline })
            }
        }
    }

    /// The port that it is to be made on, where one is known.
    pub fn port(&self) -> Option<u16> {
        match self {
            Rendezvous::Nowhere => None,
            Rendezvous::Passive(listener) => Some(listener.port()),
            Rendezvous::Active(target) => Some(target.port()),
        }
    }

    /// ABOR, before a transfer: a passive port is closed; the address that PORT named stands, as ProFTPD has it.
    pub fn abort(&mut self, watch: &mut Watch) {
        if let Rendezvous::Passive(_) = self {
            mem::take(self).abandon(watch);
        }
    }

    /// Gives way to another wish, or to none.
    pub fn abandon(self, watch: &mut Watch) {
        if let Rendezvous::Passive(listener) = self {
            watch.abandon(listener);
        }
    }
}

fn wait_for_client(watch: &mut Watch, listener: Listener, deadline: Instant) -> Result<Stream, Stop> {
    let callers = callers(watch);
    let Arrival { met, strangers } = listener.accept(callers, &mut Patience { watch, deadline });
    if let Some((count, last)) = strangers {
        slog::warn!(
            watch.log,
            "Passive connection from {last} refused ({count} from other addresses than the client's)"
        );
    }
    match met {
        Ok(_) => watch.close_later(listener.into()),
        Err(_) => watch.abandon(listener),
    }
    met
}

/// The session while it waits for its data connection.
struct Patience<'a> {
    watch: &'a mut Watch,
    deadline: Instant,
}

impl Attend for Patience<'_> {
    fn attend(&mut self, fd: BorrowedFd<'_>, readable: bool, writable: bool) -> Result<(), Interrupt> {
        self.watch.attend_until((fd, readable, writable), Some(self.deadline))
    }

    fn glance(&mut self) -> Result<(), Interrupt> {
        self.watch.glance()
    }

    fn rest_until(&mut self, moment: Instant) -> Result<(), Interrupt> {
        self.watch.rest_until(moment)
    }

    fn sharers(&self) -> u64 {
        self.watch.sharers()
    }

    fn ordered_rate(&self) -> Option<u64> {
        self.watch.ordered_rate()
    }

    fn progress(&mut self, done: u64) {
        self.watch.progress(done);
    }
}

/// Whose data connections this session has: its peer's, unless AllowForeignAddress says otherwise.
pub fn callers(watch: &Watch) -> Callers {
    let peer = watch.peer.ip();
    match &watch.rules.foreign_addresses {
        ForeignAddresses::All => Callers::Anyone,
        ForeignAddresses::None => Callers::Peer(peer),
        // As off where there is no such class, as in ProFTPD.
        ForeignAddresses::OfClass(name) => match watch.birth.settings.classes.named(name) {
            Some(class) => Callers::PeerAndClass(peer, class),
            None => Callers::Peer(peer),
        },
    }
}
