//! One generation: the settings new workers are born with, the auth process that checks its passwords, the nursery that bears its
//! workers.

mod auth_process;
mod common;
mod handover;
mod nursery_process;
mod terms;

use std::fmt;
use std::io;
use std::net::SocketAddr;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::rc::Rc;
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::connection::Connection;
use super::kept_configuration::KeptConfiguration;
use super::logs::own_voice;
use super::pool::Bounds;
use super::retirement::Retirement;
use super::tracing::tracer;
use crate::auth::control::Note;
use crate::auth::{self, KnownIds, Leftovers, known_ids};
use crate::config::Settings;
use crate::logging::{LogNumber, ServerLogs};
use crate::nursery::{self, Unprivileged};
use crate::scoreboard::{MasterBoard, SharedBoard, SlotNumber};
use crate::sys::{ProcessId, process, signals, socket};
use auth_process::Auth;
pub use common::Common;
pub use handover::HandedGeneration;
pub use nursery_process::Heard;
use nursery_process::Nursery;
pub use terms::Terms;

/// Threads of auth that ask for places; each has a channel of its own to the master. Those that wait for PAM share one more.
const AUTH_THREADS: usize = 4;

/// A process that dies sooner than this is started again only after as long.
const SHORT_LIFE: Duration = Duration::from_secs(1);

/// Why a process of a generation cannot be made.
#[derive(Debug)]
pub struct RaiseError {
    what: &'static str,
    error: io::Error,
}

impl fmt::Display for RaiseError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "cannot start {}: {}", self.what, self.error)
    }
}

/// One of them.
#[derive(Debug)]
pub struct Generation {
    /// 1 at the start, one more at each good HUP.
    pub number: u32,
    /// What of its settings the master itself goes by.
    pub terms: Terms,
    /// What it runs by; None where a master before this one has read it, and what is to be read has changed since.
    pub settings: Option<Rc<Settings>>,
    /// Where its sessions are logged, by server.
    logs: Vec<ServerLogs>,
    /// Workers' ends and auth's end of the questions; both live here, so that a question waits for the next auth.
    questions: OwnedFd,
    requests: OwnedFd,
    auth: Option<Auth>,
    nursery: Option<Nursery>,
    /// A nursery that was told to end and is not reaped yet: it may still bear whom it was asked for.
    leaving: Option<ProcessId>,
    /// Duplicates of the filters' listeners, for an auth that takes another's place.
    listeners: Vec<OwnedFd>,
    /// How its sessions are to end, once another serves.
    pub retirement: Retirement,
    /// When a process that died young may be started again.
    pub respawn_at: Option<Instant>,
    /// For `ferryd --diff`.
    configuration: KeptConfiguration,
}

impl Generation {
    /// A generation without processes yet.
    pub fn new(
        number: u32,
        settings: Rc<Settings>,
        logs: Vec<ServerLogs>,
        configuration: KeptConfiguration,
    ) -> io::Result<Generation> {
        let (questions, requests) = socket::datagram_pair()?;
        socket::pass_credentials(requests.as_fd())?;
        Ok(Generation {
            number,
            terms: Terms::of(&settings.daemon),
            settings: Some(settings),
            logs,
            questions,
            requests,
            auth: None,
            nursery: None,
            leaving: None,
            listeners: Vec::new(),
            retirement: Retirement::Finishing(None),
            respawn_at: None,
            configuration,
        })
    }

    /// What it runs by, as `config::statements` reads it.
    pub fn configuration(&self) -> io::Result<Vec<u8>> {
        self.configuration.outline()
    }

    /// The pool's directives.
    pub fn bounds(&self) -> Bounds {
        self.terms.bounds()
    }

    /// Where its clients come in.
    pub fn addresses(&self) -> &[SocketAddr] {
        &self.terms.listen
    }

    /// Starts auth, before the nursery, so that no question finds nobody.
    pub fn start_auth(
        &mut self,
        common: &Common,
        board: &MasterBoard,
        leftovers: Leftovers,
    ) -> Result<(), RaiseError> {
        self.try_start_auth(common, board, leftovers).map_err(|error| RaiseError { what: "auth", error })
    }

    fn try_start_auth(
        &mut self,
        common: &Common,
        board: &MasterBoard,
        leftovers: Leftovers,
    ) -> io::Result<()> {
        let settings = self.known_settings()?;
        let policy = settings.auth_policy(common.rootless);
        let lines = AUTH_THREADS + usize::from(policy.waits_for_steward());
        let auth = Auth::start(lines, common.foreground, |control, places| {
            Ok(auth::Inheritance {
                policy,
                board: board.descriptors().1.try_clone_to_owned()?,
                requests: self.requests.try_clone()?,
                control,
                places,
                recorder: Arc::clone(&common.recorder),
                leftovers,
                voice: own_voice(&settings),
                tracer: tracer((&common.recorder, self.trace_log()), &settings.daemon.trace, common.traced),
            })
        })?;
        self.auth = Some(auth);
        self.listeners.iter().try_for_each(|listener| self.tell_auth(Note::Listener, Some(listener.as_fd())))
    }

    /// Starts the nursery on these listening sockets.
    pub fn start_nursery(
        &mut self,
        common: &Common,
        board: &MasterBoard,
        listeners: Vec<(OwnedFd, SocketAddr)>,
    ) -> Result<(), RaiseError> {
        self.try_start_nursery(common, board, listeners)
            .map_err(|error| RaiseError { what: "the nursery", error })
    }

    fn try_start_nursery(
        &mut self,
        common: &Common,
        board: &MasterBoard,
        listeners: Vec<(OwnedFd, SocketAddr)>,
    ) -> io::Result<()> {
        let settings = self.known_settings()?;
        let unprivileged =
            (!common.rootless).then(|| unprivileged(&settings, common.has_door)).transpose()?;
        let (read_only, read_write) = board.descriptors();
        let nursery = Nursery::start(board.slots(), |control| {
            Ok(nursery::Inheritance {
                recorder: common.recorder_for(&settings)?,
                settings,
                generation: self.number,
                read_only: read_only.try_clone_to_owned()?,
                read_write: read_write.try_clone_to_owned()?,
                control,
                listeners,
                connection: common.connection.as_ref().map(Connection::duplicate).transpose()?,
                page: board.shared().map(SharedBoard::page).transpose()?,
                taken: common.taken.try_clone()?,
                auth: self.questions.try_clone()?,
                logs: self.logs.clone(),
                unprivileged,
                zone: common.zone,
                master: process::own(),
            })
        })?;
        self.nursery = Some(nursery);
        Ok(())
    }

    /// TraceLog.
    pub fn trace_log(&self) -> Option<LogNumber> {
        self.logs.first()?.trace
    }

    fn known_settings(&self) -> io::Result<Rc<Settings>> {
        let unknown =
            || io::Error::other("its settings went with the program before, and have changed since");
        self.settings.clone().ok_or_else(unknown)
    }

    /// Whether workers can be asked for.
    pub fn is_ready(&self) -> bool {
        self.auth.is_some() && self.nursery.as_ref().is_some_and(|nursery| nursery.ready)
    }

    /// Asks for workers; gives the slots that the nursery was not told of, because it is gone or does not keep up. Of the others a
    /// worker may be born at any moment: they stay asked for, and are found unborn when the nursery is reaped.
    pub fn ask_for<'a>(&self, slots: &'a [SlotNumber]) -> &'a [SlotNumber] {
        self.nursery.as_ref().map_or(slots, |nursery| nursery.ask_for(slots))
    }

    /// The nursery's channel, to be waited for.
    pub fn nursery_channel(&self) -> Option<BorrowedFd<'_>> {
        self.nursery.as_ref().and_then(Nursery::channel)
    }

    /// Its channel has ended and is not waited for any more.
    pub fn silence_nursery(&mut self) {
        if let Some(nursery) = &mut self.nursery {
            nursery.silence();
        }
    }

    /// Auth's channels for places, to be waited for.
    pub fn places(&self) -> impl Iterator<Item = BorrowedFd<'_>> {
        self.auth.iter().flat_map(|auth| auth.places.iter().map(AsFd::as_fd))
    }

    /// Closes a channel for places whose other end has gone; the reap starts another auth.
    pub fn close_places(&mut self) {
        if let Some(auth) = &mut self.auth {
            auth.places.clear();
        }
    }

    /// One packet of the nursery's.
    pub fn hear_nursery(&mut self) -> Heard {
        let Some(nursery) = &mut self.nursery else { return Heard::Nothing };
        let (heard, listeners) = nursery.hear();
        if matches!(heard, Heard::Ready(..)) {
            self.keep_listeners(listeners);
        }
        heard
    }

    /// The filter's listener is handed to auth over their own channel, never over the one workers write to.
    fn keep_listeners(&mut self, listeners: Vec<OwnedFd>) {
        for listener in &listeners {
            // An auth that died meanwhile is replaced, and told of every listener then.
            let _ = self.tell_auth(Note::Listener, Some(listener.as_fd()));
        }
        self.listeners.extend(listeners);
    }

    fn tell_auth(&self, note: Note, descriptor: Option<BorrowedFd<'_>>) -> io::Result<()> {
        self.auth.as_ref().ok_or(io::ErrorKind::NotConnected)?.tell(note, descriptor)
    }

    /// A worker was reaped: its grant is forgotten before anybody else is born in its slot.
    pub fn forget(&self, slot: SlotNumber, pid: ProcessId) {
        // An auth that is gone has no grants either; one whose channel is full holds a pidfd besides.
        let _ = self.tell_auth(Note::Forget { slot, pid }, None);
    }

    /// No more births: the nursery ends when its channel does.
    pub fn end_nursery(&mut self) {
        if let Some(nursery) = self.nursery.take() {
            self.leaving = Some(nursery.pid);
        }
    }

    /// Ends a nursery that did not end when its channel did.
    pub fn kill_nursery(&self) {
        if let Some(pid) = self.leaving {
            let _ = signals::tell(pid, signals::KILL);
        }
    }

    /// Nobody is left to ask: auth leaves.
    pub fn end_auth(&mut self) {
        // Without the note it would take the end of its channel for the master's death.
        if let Some(auth) = self.auth.take()
            && auth.tell(Note::Leave, None).is_err()
        {
            auth.kill();
        }
    }

    /// Whether this was its auth; it is gone then, and may come again at once or a moment later.
    pub fn lost_auth(&mut self, pid: ProcessId) -> bool {
        let Some(auth) = self.auth.take_if(|auth| auth.pid == pid) else { return false };
        self.hold_back(auth.born);
        true
    }

    /// Whether this is its nursery.
    pub fn has_nursery(&self, pid: ProcessId) -> bool {
        self.nursery.as_ref().is_some_and(|nursery| nursery.pid == pid)
    }

    /// Whether this was its nursery.
    pub fn lost_nursery(&mut self, pid: ProcessId) -> bool {
        if self.leaving.take_if(|leaving| *leaving == pid).is_some() {
            return true;
        }
        let Some(nursery) = self.nursery.take_if(|nursery| nursery.pid == pid) else { return false };
        // Its filter's listener serves the workers it bore; a new nursery brings its own.
        self.hold_back(nursery.born);
        true
    }

    fn hold_back(&mut self, born: Instant) {
        let now = Instant::now();
        let pause = if now.duration_since(born) < SHORT_LIFE { SHORT_LIFE } else { Duration::ZERO };
        self.respawn_at = Some(now + pause);
    }

    /// Whether auth has to be started (again).
    pub fn wants_auth(&self) -> bool {
        self.auth.is_none()
    }

    /// Whether the nursery has to be started (again).
    pub fn wants_nursery(&self) -> bool {
        self.nursery.is_none()
    }
}

fn unprivileged(settings: &Settings, has_door: bool) -> io::Result<Unprivileged> {
    let daemon = &settings.daemon;
    let known = match has_door {
        // Not to be needed; and if it is, nobody is known.
        true => KnownIds::default(),
        false => {
            known_ids(&settings.auth_policy(false)).map_err(|error| io::Error::other(error.to_string()))?
        }
    };
    let known = (!daemon.require_identity_door).then_some(known);
    Ok(Unprivileged { uid: daemon.uid, gid: daemon.gid, known })
}
