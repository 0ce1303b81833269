//! One process a generation, in which workers are born: it holds that generation's settings and confinement, and nothing else.
//! It hears slot numbers from the master and bears a worker for each, as the master's child.

mod heap;
pub mod messages;

use std::fmt;
use std::io;
use std::net::SocketAddr;
use std::ops::Range;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::rc::Rc;
use std::sync::Arc;

use jiff::tz::TimeZone;

use crate::auth::KnownIds;
use crate::config::Settings;
use crate::logging::{Channel, ServerLogs};
use crate::scoreboard::{NurseryBirths, SharedPage, SlotNumber, WorkerBoard};
use crate::sys::confine::{self, SignalScope};
use crate::sys::process::{Forked, Nest};
use crate::sys::seccomp::{Filter, table};
use crate::sys::{
    Capability, GroupId, ProcessId, UserId, ballast, descriptors, host, identity, image, poll, process,
    signals, socket, title,
};
use crate::worker::{self, Birth, Door};
use messages::{FromNursery, ToNursery};

/// What the master hands a nursery at its fork. Everything else that was open is closed.
pub struct Inheritance {
    /// This generation's settings. Workers never free them: each touched page would be a copied page.
    pub settings: Rc<Settings>,
    /// Their number.
    pub generation: u32,
    /// Of the board.
    pub read_only: OwnedFd,
    /// Of the board; each worker maps its own page from it and closes it.
    pub read_write: OwnedFd,
    /// Sequenced packets to the master; its end is the order to go.
    pub control: OwnedFd,
    /// With the address each is bound to.
    pub listeners: Vec<(OwnedFd, SocketAddr)>,
    /// Instead of them, a connection that somebody else accepted, and who is at its other end.
    pub connection: Option<(OwnedFd, SocketAddr)>,
    /// Where the page of its one worker is, if not in its master's board.
    pub page: Option<SharedPage>,
    /// The hint that the pool has changed.
    pub taken: OwnedFd,
    /// Questions to auth.
    pub auth: OwnedFd,
    /// Records.
    pub recorder: Arc<Channel>,
    /// By server.
    pub logs: Vec<ServerLogs>,
    /// None when the daemon is not root: then workers stay who they are.
    pub unprivileged: Option<Unprivileged>,
    /// The zone of times shown; loaded, since a confined session cannot read it.
    pub zone: &'static TimeZone,
    /// The master.
    pub master: ProcessId,
}

/// Who workers are before login, and who they can become where auth cannot be asked.
#[derive(Clone, Debug)]
pub struct Unprivileged {
    /// User.
    pub uid: UserId,
    /// Group.
    pub gid: GroupId,
    /// What the accounts are held to where the kernel gives auth no door; None: rather not start than go without one.
    pub known: Option<KnownIds>,
}

/// Why a nursery could not begin.
#[derive(Debug)]
pub struct NurseryError {
    step: &'static str,
    error: io::Error,
}

impl fmt::Display for NurseryError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "nursery: {}: {}", self.step, self.error)
    }
}

/// Names the step that failed.
fn at<T>(step: &'static str, outcome: io::Result<T>) -> Result<T, NurseryError> {
    outcome.map_err(|error| NurseryError { step, error })
}

/// Nursery: runs from its fork to its end; in each worker, to that worker's end. Gives the exit status.
pub fn serve(mut inheritance: Inheritance) -> u8 {
    match inheritance.raise_listeners().and_then(|()| Nursery::confined(&inheritance)) {
        Ok(nursery) => nursery.bear_on_order(inheritance),
        Err(error) => {
            let told = FromNursery::Failed(error.to_string()).encode();
            // The master sees the end of the channel besides: the words are all that could be lost.
            let _ = socket::send(inheritance.control.as_fd(), &told, &[], false);
            1
        }
    }
}

/// What a confined nursery keeps for its workers.
struct Nursery {
    board: &'static WorkerBoard,
    births: NurseryBirths,
    nest: Nest,
    scope: SignalScope,
    door: Door,
    local_ports: Option<(u16, u16)>,
}

impl Nursery {
    /// The order matters: each step's reason stands beside it.
    fn confined(inherited: &Inheritance) -> Result<Nursery, NurseryError> {
        title::show(&[b"proftpd: (nursery)"]);
        at("close_range", descriptors::keep_only(&inherited.kept()))?;
        // The operator's terminal, or the file that -n was sent to, is no session's business.
        at("dup2", descriptors::silence(false))?;
        at("sigaction", signals::become_worker())?;
        // What clients make has the permissions that Umask leaves, whatever the shell or the unit file said of the daemon's own.
        process::clear_umask();
        // The master's end is the nursery's; its own set*id calls below clear this, hence the second time.
        at("prctl", process::set_parent_death_signal(signals::KILL))?;
        let board = at("map the scoreboard", WorkerBoard::map(&inherited.read_only))?;
        // The kernel writes pids through this mapping; workers have no copy of it.
        let births = at("map the births", NurseryBirths::map(&inherited.read_write))?;
        let nest = Nest::new();
        let scope = at("confine", confine::signal_scope())?;
        // Without it births cost more, and are as right. While this process may still open its own memory.
        let _ = image::hand_on();
        ballast::throw_out();
        at("setrlimit", process::leave_no_core())?;
        at("prctl", process::forbid_new_privileges())?;
        if let Some(who) = &inherited.unprivileged {
            at("become User", become_user(who))?;
        }
        at("prctl", process::hide_memory())?;
        at("prctl", process::set_parent_death_signal(signals::KILL))?;
        at("find the master", still_there(inherited.master))?;
        let (door, listener) = install_filter(inherited, board.unsealed())?;
        at("tell the master", announce(inherited, door, board.is_sealed(), listener))?;
        let (board, local_ports) = (Box::leak(Box::new(board)), host::local_ports());
        worker::tell_of_panics();
        // Last: what the nursery itself allocates is in its place.
        heap::fill_holes();
        Ok(Nursery { board, births, nest, scope, door, local_ports })
    }

    /// The nursery's life: waits for slot numbers, bears a worker for each, ends when the master closes the channel.
    fn bear_on_order(self, inheritance: Inheritance) -> u8 {
        loop {
            let Some(slots) = next_order(inheritance.control.as_fd()) else { return 0 };
            for slot in slots {
                match self.bear(slot) {
                    Ok(Forked::Child) => return self.raise(inheritance, slot),
                    Ok(Forked::Parent(_)) => {}
                    Err(error) => report(inheritance.control.as_fd(), slot, &error),
                }
            }
        }
    }

    fn bear(&self, slot: SlotNumber) -> io::Result<Forked> {
        let cell = self.births.birth_cell(slot).ok_or(io::ErrorKind::InvalidInput)?;
        self.nest.bear(&cell)
    }

    /// Worker: from its first instruction to its last.
    fn raise(self, inheritance: Inheritance, slot: SlotNumber) -> u8 {
        match self.born(inheritance, slot) {
            Ok(birth) => worker::serve(birth),
            // Nobody can be told but by the status: the master logs it at the reap.
            Err(_) => worker::STILLBORN,
        }
    }

    /// Worker, first of all: alone, deaf to siblings, with one page of its own. After this the board can be written nowhere else.
    fn born(self, inheritance: Inheritance, slot: SlotNumber) -> io::Result<Birth> {
        let own = match &inheritance.page {
            Some(page) => self.board.page_elsewhere(page)?,
            None => self.board.own_slot(&inheritance.read_write, slot)?,
        };
        own.born(process::own(), inheritance.generation);
        process::stay_alone()?;
        self.scope.enter()?;
        process::set_parent_death_signal(signals::BELL)?;
        still_there(inheritance.master)?;
        Ok(Birth {
            settings: Box::leak(Box::new(inheritance.settings)),
            generation: inheritance.generation,
            board: self.board,
            slot,
            own,
            listeners: inheritance.listeners,
            wait: None,
            connection: inheritance.connection,
            taken: Some(inheritance.taken),
            auth: inheritance.auth,
            // Never counted: the count is in a page that all share.
            recorder: Box::leak(Box::new(inheritance.recorder)),
            logs: inheritance.logs,
            door: self.door,
            zone: inheritance.zone,
            local_ports: self.local_ports,
            master: inheritance.master,
        })
        // The board's descriptors and the nursery's channel are dropped here, with what is left of the inheritance.
    }
}

/// Where listeners' numbers begin: beyond what a session ever opens, so that the filter can know them for life.
const LISTENERS_FROM: i32 = 768;

impl Inheritance {
    fn raise_listeners(&mut self) -> Result<(), NurseryError> {
        let raise = |(listener, address)| Ok((descriptors::raise(listener, LISTENERS_FROM)?, address));
        let raised: io::Result<Vec<_>> = std::mem::take(&mut self.listeners).into_iter().map(raise).collect();
        self.listeners = at("raise the listeners", raised)?;
        Ok(())
    }

    /// What acts on a shared description is refused on these.
    fn shared(&self) -> Vec<BorrowedFd<'_>> {
        let listeners = self.listeners.iter().map(|(fd, _)| fd.as_fd());
        [self.auth.as_fd()].into_iter().chain(self.recorder.descriptors()).chain(listeners).collect()
    }

    fn kept(&self) -> Vec<BorrowedFd<'_>> {
        let single = [&self.read_only, &self.read_write, &self.control, &self.taken, &self.auth];
        let page = self.page.as_ref().map(SharedPage::descriptor);
        let listeners = self.listeners.iter().chain(&self.connection).map(|(fd, _)| fd);
        let owned = single.into_iter().chain(page).chain(listeners).map(AsFd::as_fd);
        owned.chain(self.recorder.descriptors()).collect()
    }
}

/// User and Group, with the two capabilities that a login needs and the filter guards.
fn become_user(who: &Unprivileged) -> io::Result<()> {
    identity::keep_capabilities()?;
    identity::leave_groups()?;
    identity::take_group(who.gid)?;
    identity::take_user(who.uid)?;
    identity::hold_capabilities(&[Capability::CAP_SETUID, Capability::CAP_SETGID])
}

/// The parent-death signal covers only what happens after it was set.
fn still_there(master: ProcessId) -> io::Result<()> {
    if process::parent() == master { Ok(()) } else { Err(io::Error::other("the master is gone")) }
}

/// With auth's door where the kernel gives a listener; otherwise, if the operator allows, held to the known ids.
fn install_filter(
    inherited: &Inheritance,
    unsealed: Option<Range<usize>>,
) -> Result<(Door, Option<OwnedFd>), NurseryError> {
    let shared = inherited.shared();
    let install = |notified, known: &KnownIds| {
        let (uids, gids, unsealed) = (&known.uids, &known.gids, unsealed.clone());
        let shape = table::Shape { notified, uids, gids, unsealed, shared: &shared };
        Filter::new(table::rows(&shape)).install(notified)
    };
    let Some(who) = &inherited.unprivileged else {
        at("seccomp", install(false, &KnownIds::default().or_nobody()))?;
        return Ok((Door::Rootless, None));
    };
    // Accounts come and go in their files while this generation lives: where auth decides, any id but root's may be one.
    match (install(true, &KnownIds::default()), &who.known) {
        (Ok(listener), _) => Ok((Door::Notified, listener)),
        (Err(error), None) => {
            Err(NurseryError { step: "RequireIdentityDoor: no seccomp user notification here", error })
        }
        (Err(_), Some(known)) => {
            at("seccomp", install(false, &known.or_nobody()))?;
            Ok((Door::Filtered, None))
        }
    }
}

/// The listener goes to the master, and is closed here before any child could inherit it and open its siblings' doors.
fn announce(inherited: &Inheritance, door: Door, sealed: bool, listener: Option<OwnedFd>) -> io::Result<()> {
    let message = FromNursery::Ready { door, sealed }.encode();
    let descriptors: Vec<BorrowedFd<'_>> = listener.iter().map(AsFd::as_fd).collect();
    socket::send(inherited.control.as_fd(), &message, &descriptors, true)
}

/// Slot numbers from the master; None at the end of the channel. Read without recvmsg, which the filter refuses.
fn next_order(control: BorrowedFd<'_>) -> Option<Vec<SlotNumber>> {
    let mut buffer = [0; ToNursery::MOST];
    loop {
        match socket::read(control, &mut buffer) {
            Ok(0) => return None,
            Ok(length) => return Some(ToNursery::decode(&buffer[..length]).slots),
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                // Whatever ends the wait, the read above says what there is.
                let _ = poll::wait(&mut [poll::Waiting::to_read(control)], None);
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(_) => return None,
        }
    }
}

fn report(control: BorrowedFd<'_>, slot: SlotNumber, error: &io::Error) {
    let message = FromNursery::NotBorn { slot, errno: error.raw_os_error().unwrap_or_default() }.encode();
    // The master never waits for a nursery, so it reads in the end; a slot of which it did not hear would be asked for until the
    // nursery ends. One that is gone wants to hear nothing.
    let say = || socket::send(control, &message, &[], true);
    while say().is_err_and(|error| error.kind() == io::ErrorKind::Interrupted) {}
}

#[cfg(test)]
mod tests {
    use std::thread;

    use super::*;

    #[test]
    fn what_the_master_has_no_room_for_waits_until_it_has_read() {
        const MANY: u32 = 2000;
        let (master, nursery) = socket::seqpacket_pair().unwrap();
        // The channel is full before the first is told.
        while socket::send(nursery.as_fd(), b"other", &[], false).is_ok() {}
        let reporting = thread::spawn(move || {
            let failed = io::ErrorKind::OutOfMemory.into();
            (0..2 * MANY).for_each(|slot| report(nursery.as_fd(), SlotNumber(slot), &failed));
        });
        let mut buffer = [0; FromNursery::MOST];
        let heard = std::iter::from_fn(|| {
            let length = socket::receive(master.as_fd(), &mut buffer, true).unwrap().length;
            match FromNursery::decode(&buffer[..length]) {
                Some(FromNursery::NotBorn { slot, .. }) => Some(Some(slot)),
                _ => Some(None),
            }
        });
        assert!(heard.flatten().take(MANY as usize).eq((0..MANY).map(SlotNumber)));
        // Nobody waits for one who has left.
        drop(master);
        reporting.join().unwrap();
    }
}
