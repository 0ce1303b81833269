//! One client's session, from its first byte to its end: line by line, each answered in the phase the session is in.

use std::time::Instant;

use crate::logging::trace::{self, Channel};
use crate::logging::{Cause, Printable};
use crate::protocol::verbs;
use crate::protocol::{Foreign, Line, Reply, Request};
use crate::scoreboard::{ReasonCode, State, Totals};
use crate::sys::crypt;

use super::client_name;
use super::commands;
use super::journal;
use super::member::Member;
use super::shutdown::Warned;
use super::speech;
use super::throttle::Throttle;
use super::title;
use super::tracing;
use super::watch::{Ending, Watch};

/// What only makes sense at one stage of a session is inside its variant.
pub enum Phase {
    /// No name is given yet.
    Unnamed,
    /// USER was said, PASS is awaited.
    Named(Vec<u8>),
    /// The identity is taken, for good.
    LoggedIn(Box<Member>),
}

impl Phase {
    /// Whom the session has become.
    pub fn member(&self) -> Option<&Member> {
        match self {
            Phase::LoggedIn(member) => Some(member),
            Phase::Unnamed | Phase::Named(_) => None,
        }
    }
}

/// A session.
pub struct Session {
    /// What it attends to.
    pub watch: Watch,
    /// Where it stands.
    pub phase: Phase,
    /// Logins refused so far.
    pub refused: u32,
    /// MaxCommandRate, where there is one.
    throttle: Option<Throttle>,
    /// ShutdownWarnings.
    warnings: Warned,
}

impl Session {
    /// The client has spoken; nothing is obeyed yet.
    pub fn new(watch: Watch) -> Session {
        Session { watch, phase: Phase::Unnamed, refused: 0, throttle: None, warnings: Warned::default() }
    }

    /// Serves the client until one side ends it.
    pub fn run(mut self) {
        client_name::begin(&mut self.watch);
        title::speaks(self.watch.birth, self.watch.peer);
        self.watch.birth.own.state(State::Login);
        let ending = journal::connection(&mut self.watch).err().unwrap_or_else(|| self.converse());
        client_name::give_up(&mut self.watch);
        self.watch.birth.own.state(State::Closing);
        self.watch.farewell(&ending);
        self.tell_ending(&ending);
        self.log_end(&ending);
        slog::info!(self.watch.log, "FTP session closed.");
        let records_lost = self.watch.birth.recorder.take_lost();
        if records_lost > 0 {
            self.watch.birth.own.count(&Totals { records_lost, ..Totals::default() });
        }
    }

    fn tell_ending(&self, ending: &Ending) {
        if let Ending::Gone = ending {
            trace::tell(Channel::Command, 6, || "the client has gone".to_owned());
        }
        let Some(cause) = ending.reason().map(Cause::from) else { return };
        let log = &self.watch.log;
        self.watch.birth.own.refused(cause.reason);
        match ending {
            Ending::Expired(what) => slog::info!(log, "{} reached, disconnected", what.name(); cause),
            Ending::Ordered => slog::info!(log, "disconnected by the operator's order"; cause),
            Ending::ShutDown(said) => slog::info!(log, "{}", String::from_utf8_lossy(said); cause),
            Ending::Unavailable => slog::error!(log, "session ended: service not available"; cause),
            Ending::Quit | Ending::Gone | Ending::Refused => {}
        }
    }

    /// The lines that have come are obeyed together, then their replies leave together with the next wait.
    fn converse(&mut self) -> Ending {
        loop {
            while let Some(line) = self.watch.conversation.next_line() {
                if let Err(ending) = self.obey(line) {
                    return ending;
                }
            }
            if let Err(ending) = self.watch.rest() {
                return ending;
            }
        }
    }

    fn obey(&mut self, line: Line) -> Result<(), Ending> {
        self.watch.unburden()?;
        self.await_turn()?;
        self.watch.birth.recorder.order(self.watch.birth.board.ordered_level());
        tracing::heed(&self.watch);
        self.watch.journal.begin();
        self.watch.called = "command";
        let answered = match line {
            Line::Whole(text) => self.carry_out(text),
            Line::TooLong(word) => self.too_long(&word),
            Line::Nul => Ok(Reply::refused(500, ReasonCode::Protocol, "Command line holds a NUL")),
            // The conversation answers these itself.
            Line::Decline(_) => return Ok(()),
        };
        let ended = answered.map(|reply| self.watch.reply(&reply));
        // QUIT ends the session and is a command all the same.
        let written = self.log_command();
        ended?;
        self.finish_command();
        written
    }

    fn log_command(&mut self) -> Result<(), Ending> {
        let Session { watch, phase, .. } = self;
        journal::command(watch, phase.member())
    }

    fn log_end(&mut self, ending: &Ending) {
        let Session { watch, phase, refused, .. } = self;
        let is_out_of_attempts = *ending == Ending::Refused
            && phase.member().is_none()
            && watch.rules.max_login_attempts.is_some_and(|most| *refused >= most);
        journal::end(watch, phase.member(), ending, is_out_of_attempts);
    }

    fn await_turn(&mut self) -> Result<(), Ending> {
        let Some(rate) = self.watch.rules.command_rate else { return Ok(()) };
        let now = Instant::now();
        let turn = self.throttle.get_or_insert_with(|| Throttle::new(rate, now)).turn(rate, now);
        self.watch.bide(turn)
    }

    fn too_long(&self, word: &[u8]) -> Result<Reply, Ending> {
        self.refuse_foreign(word)?;
        Ok(Reply::refused(500, ReasonCode::Protocol, "Command line too long"))
    }

    /// Another protocol's lines are not answered one by one: some of them might mean something here.
    fn refuse_foreign(&self, line: &[u8]) -> Result<(), Ending> {
        let Some(protocol) = Foreign::of(line) else { return Ok(()) };
        let cause = Cause::from(ReasonCode::Foreign);
        self.watch.birth.own.refused(cause.reason);
        slog::warn!(self.watch.log, "client speaks {protocol}, disconnecting"; cause);
        Err(Ending::Refused)
    }

    fn carry_out(&mut self, line: Vec<u8>) -> Result<Reply, Ending> {
        self.refuse_foreign(&line)?;
        let mut line = match speech::heard(&self.watch, line) {
            Ok(line) => line,
            Err((mut line, reply)) => {
                self.watch.journal.asked_unknown(&line);
                crypt::wipe(&mut line);
                return Ok(reply);
            }
        };
        let request = verbs::read(&line);
        match &request {
            Ok(request) => self.watch.journal.asked(request, self.phase.member()),
            Err(_) => self.watch.journal.asked_unknown(&line),
        }
        told(&request, &line);
        // The line of PASS holds the password, too.
        crypt::wipe(&mut line);
        let request = match request {
            Ok(request) => request,
            Err(reply) => return Ok(reply),
        };
        self.watch.called = request.called;
        if !request.verb.name.eq_ignore_ascii_case("USER") {
            client_name::settle(&mut self.watch)?;
        }
        if !self.watch.rules.offer.has(request.verb.module) {
            return Ok(Reply::refused(
                500,
                ReasonCode::Protocol,
                format!("{} not understood", request.called),
            ));
        }
        if request.is_for_members(self.watch.rules.offer) && !self.is_logged_in() {
            return Ok(please_log_in());
        }
        slog::debug!(self.watch.log, "command {} of {} bytes", request.called, request.argument.len());
        self.watch.birth.own.command(request.called.as_bytes(), &request.argument);
        title::command(self.watch.birth, request.called.as_bytes(), &request.argument);
        let verb = request.verb.name;
        let reply = commands::obey(self, request)?;
        let delay = self.watch.birth.settings.daemon.delays.after(verb, reply.is_failure());
        if !delay.is_zero() {
            self.watch.bide(Instant::now() + delay)?;
        }
        Ok(self.warned(verb, reply))
    }

    /// Only replies whose text no client reads for anything take a warning's lines before them.
    fn warned(&mut self, verb: &str, reply: Reply) -> Reply {
        let may_warn = matches!((reply.code, verb), (226, _) | (250, "CWD" | "CDUP") | (200, "NOOP"));
        if !may_warn || !self.watch.server.shutdown_warnings {
            return reply;
        }
        let line = self.warnings.line(self.watch.birth, &self.watch.facts());
        reply.preceded_by(line.into_iter().collect())
    }

    fn finish_command(&mut self) {
        self.watch.timers.command(std::time::Instant::now());
        if self.is_logged_in() {
            self.watch.birth.own.state(State::Idle);
            title::idle(self.watch.birth);
        } else {
            self.watch.birth.own.state(State::Login);
        }
    }

    /// Whether an identity is taken.
    pub fn is_logged_in(&self) -> bool {
        matches!(self.phase, Phase::LoggedIn(_))
    }

    /// Whom the session has become.
    pub fn member(&self) -> Option<&Member> {
        self.phase.member()
    }

    /// See [`Session::member`].
    pub fn member_mut(&mut self) -> Option<&mut Member> {
        match &mut self.phase {
            Phase::LoggedIn(member) => Some(member),
            Phase::Unnamed | Phase::Named(_) => None,
        }
    }

    /// Has the member do something; without one, the client is asked to log in.
    pub fn as_member(
        &mut self,
        act: impl FnOnce(&mut Watch, &mut Member) -> Result<Reply, Ending>,
    ) -> Result<Reply, Ending> {
        match &mut self.phase {
            Phase::LoggedIn(member) => act(&mut self.watch, member),
            Phase::Unnamed | Phase::Named(_) => Ok(please_log_in()),
        }
    }
}

/// The trace of a command; no secret is in it.
fn told(request: &Result<Request, Reply>, line: &[u8]) {
    trace::tell(Channel::Command, 7, || {
        let (word, argument) = match request {
            Ok(request) => (request.called.as_bytes(), request.argument.as_slice()),
            Err(_) => verbs::split_shown(line),
        };
        format!("'{}'", Printable([word, argument].join(&b' ').trim_ascii()))
    });
}

fn please_log_in() -> Reply {
    Reply::refused(530, ReasonCode::NotLoggedIn, "Please login with USER and PASS")
}
