//! The one wait of a session: control connection, a descriptor of the moment (data connection, auth's answer), timers,
//! the shutdown schedule and the bell meet in one poll of one thread.

mod transferring;

use std::io;
use std::net::SocketAddr;
use std::os::fd::{BorrowedFd, OwnedFd};
use std::time::{Duration, Instant};

use slog::Logger;

use super::Birth;
use super::client_name::Naming;
use super::conversation::{Conversation, Received};
use super::data::Cooling;
pub use super::ending::{Ending, unavailable};
use super::greeting;
use super::journal::{Journal, Logs};
use super::orders::{self, Standing};
use super::peer::Peer;
use super::resources;
use super::rulebook::Rulebook;
use super::shutdown;
use super::subject;
use super::terms::Terms;
use super::text::Facts;
use super::timeouts::Timers;
use super::tracing;
use crate::config::settings::{Anonymous, Caller, Class, Server, SessionRules, Speech};
use crate::logging::{Cause, SessionLogs};
use crate::protocol::{Reply, Type};
use crate::scoreboard::Totals;
use crate::sys::poll::{self, Waiting};
use transferring::Moving;

/// How long the last words may take to leave.
const LAST_WORDS: Duration = Duration::from_secs(2);

/// What a session attends to, whatever it does.
pub struct Watch {
    /// What the worker was born with.
    pub birth: &'static Birth,
    /// The virtual host.
    pub server: &'static Server,
    /// Its index.
    pub server_index: u16,
    /// What holds for the session: the virtual host's word, from the login on that of its `<Anonymous>`.
    pub rules: &'static SessionRules,
    /// Those made for it so far.
    rulebook: Rulebook,
    /// The client.
    pub peer: Peer,
    /// The client's class, once its name is known or given up.
    pub class: Option<&'static Class>,
    /// The address the client reached.
    pub local: SocketAddr,
    /// By which its server was chosen.
    pub meant: SocketAddr,
    /// The control connection.
    pub conversation: Conversation,
    /// The timers.
    pub timers: Timers,
    /// The session's logger.
    pub log: Logger,
    /// How the client wants its files told and carried.
    pub terms: Terms,
    /// The client's name, while it is awaited.
    pub naming: Option<Naming>,
    /// The name given with USER; empty before it.
    pub user: Vec<u8>,
    /// The working directory as the client sees it; empty before login.
    pub cwd: Vec<u8>,
    /// The command that is being carried out, as it is called.
    pub called: &'static str,
    /// ExtendedLog.
    pub journal: Journal,
    /// Bytes that data connections have brought and taken.
    data_traffic: (u64, u64),
    /// Files moved, and their bytes.
    moved: Totals,
    ending: Option<Ending>,
    transfer: Option<Moving>,
    /// Whether a transfer was begun whose outcome the client has not been told.
    owes_outcome: bool,
    cooling: Option<Cooling>,
    /// What is no longer needed, and closed once the client has its answer.
    spent: Vec<OwnedFd>,
}

/// What woke the session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Woken {
    /// The descriptor of the moment is ready.
    Ready,
    /// The control connection, or the bell without an order.
    Otherwise,
}

impl Watch {
    /// A client whose first byte is there.
    pub fn new(
        birth: &'static Birth,
        (server_index, server): (u16, &'static Server),
        (rulebook, rules): (Rulebook, &'static SessionRules),
        (peer, local, meant): (Peer, SocketAddr, SocketAddr),
        conversation: Conversation,
        timers: Timers,
        log: Logger,
    ) -> Watch {
        let mut watch = Watch {
            birth,
            server,
            server_index,
            rulebook,
            rules,
            peer,
            class: None,
            local,
            meant,
            conversation,
            timers,
            log,
            terms: Terms::default(),
            naming: None,
            user: Vec::new(),
            cwd: Vec::new(),
            called: "command",
            journal: Journal::default(),
            data_traffic: (0, 0),
            moved: Totals::default(),
            ending: None,
            transfer: None,
            owes_outcome: false,
            cooling: None,
            spent: Vec::new(),
        };
        watch.conversation.translate(rules.speech.translation());
        watch.journal.under(Logs::of(rules, watch.logs(None)));
        watch
    }

    /// HOST: from here on the session is another server's. What it may take for its login began with the connection.
    pub fn enter_server(&mut self, index: u16, server: &'static Server) {
        (self.server_index, self.server) = (index, server);
        self.terms = Terms::default();
        self.birth.own.server_name(server.name.as_bytes());
        self.log = greeting::logger(self.birth, usize::from(index), self.local, self.peer);
        self.come_under_rules();
    }

    /// The rules that hold for a client of this class which has not logged in.
    fn come_under_rules(&mut self) {
        let mut rulebook = std::mem::take(&mut self.rulebook);
        self.rules = rulebook.rules((self.server_index, self.server), || subject::settled(self, None));
        self.rulebook = rulebook;
        tracing::under_rules(self);
        self.timers.under(self.rules);
        resources::limit(&self.rules.resources, &self.log);
        self.conversation.lines_up_to(self.rules.command_buffer);
        self.speaks_by(self.rules.speech);
        self.journal.under(Logs::of(self.rules, self.logs(None)));
    }

    /// The characters that these rules have for the client, or what it has chosen of them by OPTS UTF8.
    pub fn speaks_by(&mut self, speech: Speech) {
        let chosen = self.terms.utf8.and_then(|on| speech.switched(on));
        self.conversation.translate(chosen.unwrap_or_else(|| speech.translation()));
    }

    /// How files are told, by TYPE or where the client has not said it by DefaultTransferMode.
    pub fn representation(&self) -> Type {
        self.terms.representation.unwrap_or(self.rules.transfer_mode)
    }

    /// Where sessions of this server are written, or those of one of its anonymous sections.
    pub fn logs(&self, section: Option<&'static Anonymous>) -> Option<&'static SessionLogs> {
        let logs = self.birth.logs.get(usize::from(self.server_index))?;
        let Some(section) = section else { return Some(&logs.own) };
        let index = self.server.anonymous.iter().position(|own| std::ptr::eq(own, section))?;
        logs.anonymous.get(index)
    }

    /// Finds the client's class: by its address, and by its name as far as that is known.
    pub fn classify(&mut self) {
        let caller = Caller { address: self.peer.ip(), name: self.peer.known_name() };
        self.class = self.birth.settings.classes.of(caller);
        if let Some(class) = self.class {
            self.birth.own.class(class.name.as_bytes());
        }
        // Where classes go by names it is known only now which sections speak of this one.
        if !self.server.sessions.exceptions().is_empty() {
            self.come_under_rules();
        }
    }

    /// Adds a reply to what leaves with the next wait.
    pub fn reply(&mut self, reply: &Reply) {
        if let Some(cause) = reply.cause() {
            self.refuse(reply, cause);
        }
        self.journal.answered(reply);
        tracing::answered(reply);
        self.owes_outcome &= reply.code < 200;
        self.conversation.reply(reply);
    }

    /// Counts a refusal, and logs it where that is not done yet.
    #[cold]
    #[inline(never)]
    fn refuse(&self, reply: &Reply, cause: Cause<'_>) {
        self.birth.own.refused(cause.reason);
        let (called, code) = (self.called, reply.code);
        match (reply.is_told(), cause.reason.is_everyday()) {
            (true, _) => {}
            (false, true) => slog::debug!(self.log, "{called} refused ({code})"; cause),
            (false, false) => slog::info!(self.log, "{called} refused ({code})"; cause),
        }
    }

    /// A file was moved, or part of one.
    pub fn count_moved(&mut self, totals: &Totals) {
        self.moved.add(totals);
        self.birth.own.count(totals);
    }

    /// Waits for the client, having sent what there is to say.
    pub fn rest(&mut self) -> Result<(), Ending> {
        self.wait(None, None).map(drop)
    }

    /// Waits until a moment, whatever the client says meanwhile.
    pub fn bide(&mut self, moment: Instant) -> Result<(), Ending> {
        while Instant::now() < moment {
            self.wait(None, Some(moment))?;
        }
        Ok(())
    }

    /// Waits until the client has taken what was said before, as far as the socket holds no more.
    pub fn unburden(&mut self) -> Result<(), Ending> {
        while self.conversation.is_backed_up() {
            self.send()?;
            // What the socket took at once leaves nothing to wait for.
            if self.conversation.is_backed_up() {
                self.poll(None, None)?;
            }
        }
        Ok(())
    }

    /// Waits until a descriptor can be read, or until `deadline`; `Ok(false)` when that passed first.
    pub fn wait_to_read(&mut self, fd: BorrowedFd<'_>, deadline: Instant) -> Result<bool, Ending> {
        self.wait_until(deadline, || Waiting::to_read(fd))
    }

    /// The same for writing.
    pub fn wait_to_write(&mut self, fd: BorrowedFd<'_>, deadline: Instant) -> Result<bool, Ending> {
        self.wait_until(deadline, || Waiting::to_write(fd))
    }

    /// Looks at the timers and the orders without waiting, and sends what there is to say. The client is not listened to, for a reply
    /// has begun that another would break; but nobody works for one who is gone.
    pub fn look(&mut self) -> Result<(), Ending> {
        self.send()?;
        self.timeout(None)?;
        let socket = self.conversation.socket();
        let mut control = [Waiting { fd: socket, read: false, write: false, ready: Default::default() }];
        match poll::wait_or_bell(&mut control, Some(Duration::ZERO)) {
            Ok(_) if control.iter().any(|control| control.ready.hung_up) => Err(Ending::Gone),
            Ok(_) => Ok(()),
            Err(error) => self.after_bell(&error).map(drop),
        }
    }

    fn wait_until<'a>(
        &mut self,
        deadline: Instant,
        waiting: impl Fn() -> Waiting<'a>,
    ) -> Result<bool, Ending> {
        while Instant::now() < deadline {
            if self.wait(Some(waiting()), Some(deadline))? == Woken::Ready {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Why an interrupted transfer was interrupted, where the session ends with it.
    pub fn take_ending(&mut self) -> Option<Ending> {
        self.ending.take()
    }

    /// Says goodbye and sends it, within a short while.
    pub fn farewell(&mut self, ending: &Ending) {
        if let Some(words) = ending.last_words() {
            tracing::answered(&words);
            self.conversation.reply(&words);
        }
        let deadline = Instant::now() + LAST_WORDS;
        while *ending != Ending::Gone && self.conversation.send() && self.conversation.has_unsent() {
            let left = deadline.saturating_duration_since(Instant::now());
            let mut waiting = [Waiting::to_write(self.conversation.socket())];
            if left.is_zero() || poll::wait(&mut waiting, Some(left)).is_err() {
                break;
            }
        }
        self.conversation.discard_input();
    }

    /// One poll. What is unsent is sent first: most often all of it leaves in one segment, and nothing waits for writing.
    fn wait(&mut self, other: Option<Waiting<'_>>, until: Option<Instant>) -> Result<Woken, Ending> {
        self.send()?;
        self.poll(other, until)
    }

    fn send(&mut self) -> Result<(), Ending> {
        let is_there = self.conversation.send();
        self.spent.clear();
        if is_there { Ok(()) } else { Err(Ending::Gone) }
    }

    fn poll(&mut self, other: Option<Waiting<'_>>, until: Option<Instant>) -> Result<Woken, Ending> {
        let timeout = self.timeout(until)?;
        let control = Waiting {
            fd: self.conversation.socket(),
            read: self.conversation.wants_input() && !self.conversation.is_backed_up(),
            write: self.conversation.has_unsent(),
            ready: Default::default(),
        };
        let mut waiting: Vec<Waiting<'_>> = other.into_iter().chain([control]).collect();
        if let Err(error) = poll::wait_or_bell(&mut waiting, timeout) {
            return self.after_bell(&error);
        }
        let woken = match waiting.as_slice() {
            [other, _] if is_ready(other) => Woken::Ready,
            _ => Woken::Otherwise,
        };
        let control = waiting.last().map(|control| (control.ready, control.read)).unwrap_or_default();
        drop(waiting);
        self.control_ready(control)?;
        Ok(woken)
    }

    fn after_bell(&self, error: &io::Error) -> Result<Woken, Ending> {
        match error.kind() {
            io::ErrorKind::Interrupted => self.obey_orders().map(|()| Woken::Otherwise),
            _ => Err(Ending::Unavailable),
        }
    }

    fn control_ready(&mut self, (ready, wanted): (poll::Readiness, bool)) -> Result<(), Ending> {
        // A connection that failed while there was no room for more of it: nothing of the rest will be obeyed.
        let is_gone = ready.hung_up && !wanted;
        if is_gone || (ready.readable && wanted && self.conversation.receive() == Received::End) {
            return Err(Ending::Gone);
        }
        Ok(())
    }

    /// Until when the poll may last; an error when something has already come.
    fn timeout(&self, until: Option<Instant>) -> Result<Option<Duration>, Ending> {
        self.obey_orders()?;
        let now = Instant::now();
        if let Some(expired) = self.timers.expired(now) {
            return Err(Ending::Expired(expired));
        }
        let own = self.timers.next().map(|(when, _)| when);
        let spans = [own, until].into_iter().flatten().map(|when| when.saturating_duration_since(now));
        Ok(spans.chain(self.schedule()?).min())
    }

    fn obey_orders(&self) -> Result<(), Ending> {
        match orders::standing(self.birth) {
            Standing::Leave => Err(Ending::Ordered),
            Standing::Serve | Standing::Retire => Ok(()),
        }
    }

    fn schedule(&self) -> Result<Option<Duration>, Ending> {
        shutdown::until_disconnect(self.birth, self.server, self.owes_outcome, || self.facts())
            .map_err(Ending::ShutDown)
    }

    /// What message variables can speak of.
    pub fn facts(&self) -> Facts<'_> {
        Facts {
            server: self.server,
            rules: self.rules,
            local: self.local,
            peer: self.peer,
            user: (!self.user.is_empty()).then_some(self.user.as_slice()),
            cwd: (!self.cwd.is_empty()).then_some(self.cwd.as_slice()),
            class: self.class.map(|class| class.name.as_str()),
            moved: self.moved,
            zone: self.birth.zone,
        }
    }
}

fn is_ready(waiting: &Waiting<'_>) -> bool {
    let ready = waiting.ready;
    ready.hung_up || (waiting.read && ready.readable) || (waiting.write && ready.writable)
}
