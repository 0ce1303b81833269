//! The recorder's one loop: wait, obey the master, read what has come, write it. A process that has nothing to write waits
//! without a timeout.

use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use slog::Level;

use super::Inheritance;
use super::evidence::Evidence;
use super::lines::Lines;
use super::losses::Losses;
use super::outlet::Change;
use super::scribe::Scribe;
use crate::logging::control::{self, Message};
use crate::logging::record::{self, RECORD_MAX, Record};
use crate::logging::{Ends, Kind, LogNumber, Style};
use crate::sys::poll::{self, Waiting};
use crate::sys::{ProcessId, socket};

/// After the first record, how long others may gather before all are written.
const LINGER: Duration = Duration::from_millis(1);
/// Between two attempts to write a file that could not be written.
const RETRY: Duration = Duration::from_secs(1);
/// The same where whoever reads a pipe is behind.
const SLOW_READER: Duration = Duration::from_millis(20);
/// Between two looks at a scribe who is behind.
const SCRIBE_PAUSE: Duration = Duration::from_millis(20);
/// How long the scribe may take to finish what it has.
const SCRIBE_DEADLINE: Duration = Duration::from_secs(2);
/// Records read from one socket before the other has its turn; more than a socket can hold.
const TURN_MAX: usize = 4096;

/// Times that both sockets are read and written out before a flush is answered: more than a full queue needs, so that a flood
/// cannot put the answer off for ever.
const ROUNDS_MAX: usize = 64;

/// The recorder at work.
pub(super) struct Recorder {
    ends: Ends,
    /// None when the master is gone: sessions go on, and so does the recorder, until the last sender ends.
    master: Option<OwnedFd>,
    evidence: Evidence,
    lines: Lines,
    losses: Losses,
    /// For the recorder's own lines.
    server: String,
    pace: Pace,
    /// All live logs are open: what is queued may be read.
    has_begun: bool,
    request: Request,
    datagram: Vec<u8>,
}

/// Whether records are read as they come, or left to gather for a moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Pace {
    Waiting,
    Gathering { until: Instant },
}

/// What must be answered when everything queued is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Request {
    None,
    Flush,
    Stop,
    /// Nobody is left who could send.
    End,
}

/// The two sockets that records come through.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Source {
    Evidence,
    Lines,
}

impl Recorder {
    /// Starts the scribe's thread: the process has become whom it will be before.
    pub(super) fn new(inheritance: Inheritance, scribe: Scribe) -> Recorder {
        let Inheritance { ends, control, server, .. } = inheritance;
        Recorder {
            ends,
            master: Some(control),
            evidence: Evidence::default(),
            lines: Lines::start(scribe),
            losses: Losses::default(),
            server,
            pace: Pace::Waiting,
            has_begun: false,
            request: Request::None,
            datagram: vec![0; RECORD_MAX + 1],
        }
    }

    /// Works until the master says stop, or nobody is left who could send.
    pub(super) fn run(mut self) -> io::Result<()> {
        loop {
            // A record of a log that was opened meanwhile has orders read: one that wants an answer may be among them.
            if self.request == Request::None {
                self.wait()?;
            }
            self.obey();
            match std::mem::replace(&mut self.request, Request::None) {
                Request::None => self.take_turn(),
                Request::Flush => self.settle(Message::Flush),
                Request::Stop | Request::End => {
                    self.settle(Message::Stop);
                    self.lines.end();
                    return Ok(());
                }
            }
        }
    }

    /// Waits for the master, for records unless they are gathering or have no room, and for the end of the last sender.
    fn wait(&mut self) -> io::Result<()> {
        let now = Instant::now();
        let timeout = self.next_deadline(now).map(|at| at.saturating_duration_since(now));
        let is_reading = self.has_begun && self.pace == Pace::Waiting;
        // Not to be read: a hostile sender may write into it, and only its end means something.
        let life = Waiting { read: false, ..Waiting::to_read(self.ends.life.as_fd()) };
        let mut waiting = vec![life];
        waiting.extend(self.master.as_ref().map(|master| Waiting::to_read(master.as_fd())));
        if is_reading && self.evidence.has_room() {
            waiting.push(Waiting::to_read(self.ends.evidence.as_fd()));
        }
        if is_reading && self.lines.has_room() {
            waiting.push(Waiting::to_read(self.ends.lines.as_fd()));
        }
        match poll::wait(&mut waiting, timeout) {
            Err(error) if error.kind() != io::ErrorKind::Interrupted => return Err(error),
            _ => {}
        }
        if waiting[0].ready.hung_up {
            self.request = Request::End;
        }
        Ok(())
    }

    /// The next moment at which there is something to do though nothing arrives.
    fn next_deadline(&self, now: Instant) -> Option<Instant> {
        let gathered = match self.pace {
            Pace::Waiting => None,
            Pace::Gathering { until } => Some(until),
        };
        let pause = if self.evidence.is_behind() { SLOW_READER } else { RETRY };
        let retry = (self.evidence.is_stuck() || self.lines.is_stuck()).then(|| now + pause);
        let scribe = (!self.lines.has_room()).then(|| now + SCRIBE_PAUSE);
        let report = self.losses.due(now).filter(|_| !self.lines.is_stuck());
        [gathered, retry, scribe, report].into_iter().flatten().min()
    }

    /// Reads, and writes once records have gathered.
    fn take_turn(&mut self) {
        let now = Instant::now();
        self.report(now);
        if !self.has_begun || matches!(self.pace, Pace::Gathering { until } if now < until) {
            return;
        }
        let has_read = self.read_all();
        let is_first = self.pace == Pace::Waiting;
        if has_read && is_first && !self.evidence.has_enough() {
            self.pace = Pace::Gathering { until: now + LINGER };
        } else {
            self.write();
            self.pace = Pace::Waiting;
        }
    }

    /// Writes all that is queued and answers the master.
    fn settle(&mut self, message: Message<'_>) {
        let deadline = Instant::now() + SCRIBE_DEADLINE;
        for _ in 0..ROUNDS_MAX {
            let has_read = self.read_all();
            self.write();
            let is_held_up = self.lines.flush_until(deadline).is_err() || !self.evidence.has_room();
            if !has_read || is_held_up {
                break;
            }
        }
        if message != Message::Flush {
            self.losses.counts.unwritten += self.evidence.waiting() as u64;
        }
        self.report(Instant::now());
        let _ = self.lines.flush_until(deadline);
        if let Some(master) = &self.master {
            // A master that is gone needs no answer.
            let _ = control::answer(master.as_fd(), message);
        }
        self.pace = Pace::Waiting;
    }

    fn write(&mut self) {
        let changes = self.evidence.write();
        self.tell(changes);
        // A scribe who waits for a terminal writes nothing of what lies on the desk.
        if self.lines.is_stuck() || !self.lines.has_room() {
            self.lines.write_out();
        }
    }

    /// Says which files cannot be written, and which can be again.
    fn tell(&mut self, changes: Vec<(PathBuf, Change)>) {
        for (path, change) in changes {
            let path = path.display();
            match change {
                Change::Stuck(error) => self.say(
                    Level::Error,
                    &format!("cannot write {path}: {error}; its records wait, and transfers with them"),
                ),
                Change::Flows => self.say(Level::Warning, &format!("{path} is written again")),
            }
        }
    }

    fn report(&mut self, now: Instant) {
        self.losses.counts.unwritten += self.lines.take_lost();
        // While SystemLog cannot be written the report would only be lost as well.
        if self.lines.is_stuck() {
            return;
        }
        if let Some(counts) = self.losses.take(now) {
            self.say(Level::Error, &counts.to_string());
        }
    }

    fn say(&mut self, level: Level, text: &str) {
        if !self.lines.contains(LogNumber::SYSTEM) {
            return;
        }
        let own = ProcessId(std::process::id().cast_signed());
        let origin = self.server.clone();
        let (log, style) = (LogNumber::SYSTEM, Style::USUAL);
        self.write_line(Record { log, level, style, origin: origin.as_bytes(), text: text.as_bytes() }, own);
    }

    fn write_line(&mut self, record: Record<'_>, pid: ProcessId) {
        if !self.lines.write(record, pid) {
            self.losses.counts.unwritten += 1;
        }
    }
}

/// Records.
impl Recorder {
    /// Whether there was anything to read.
    fn read_all(&mut self) -> bool {
        let evidence = self.read(Source::Evidence);
        let lines = self.read(Source::Lines);
        evidence || lines
    }

    /// Reads what a socket holds, as far as there is room for it.
    fn read(&mut self, source: Source) -> bool {
        let mut datagram = std::mem::take(&mut self.datagram);
        let mut count = 0;
        while count < TURN_MAX && self.has_room(source) {
            match socket::receive(self.end(source).as_fd(), &mut datagram, false) {
                Ok(received) => {
                    let sender = received.sender.map_or(ProcessId(0), |sender| sender.pid);
                    let bytes = datagram.get(..received.length).filter(|_| !received.truncated);
                    self.take(bytes.and_then(record::decode), sender);
                    count += 1;
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(_) => {
                    self.note_empty(source);
                    break;
                }
            }
        }
        self.datagram = datagram;
        count > 0
    }

    fn has_room(&self, source: Source) -> bool {
        match source {
            Source::Evidence => self.evidence.has_room(),
            Source::Lines => self.lines.has_room(),
        }
    }

    fn end(&self, source: Source) -> &OwnedFd {
        match source {
            Source::Evidence => &self.ends.evidence,
            Source::Lines => &self.ends.lines,
        }
    }

    fn note_empty(&mut self, source: Source) {
        match source {
            Source::Evidence => self.evidence.socket_is_empty(),
            Source::Lines => self.lines.socket_is_empty(),
        }
    }

    fn take(&mut self, record: Option<Record<'_>>, sender: ProcessId) {
        let Some(record) = record else {
            self.losses.counts.malformed += 1;
            return;
        };
        if !self.knows(record.log) {
            // The order that opens this log may have come after the last look.
            self.obey();
        }
        if self.evidence.contains(record.log) {
            self.losses.counts.unwritten += u64::from(!self.evidence.add(record.log, record.text));
        } else if self.lines.contains(record.log) {
            self.write_line(record, sender);
        } else if record.log != LogNumber::SYSTEM {
            // SystemLog may be `none`; no other number is ever used without a log.
            self.losses.counts.unknown += 1;
        }
    }

    fn knows(&self, log: LogNumber) -> bool {
        log == LogNumber::SYSTEM || self.evidence.contains(log) || self.lines.contains(log)
    }
}

/// Orders.
impl Recorder {
    /// Takes every order that has come.
    fn obey(&mut self) {
        let mut message = [0; control::MESSAGE_MAX];
        while let Some(master) = &self.master {
            match socket::receive(master.as_fd(), &mut message, false) {
                Ok(received) if received.length == 0 => self.master = None,
                Ok(received) => {
                    let file = received.descriptors.into_iter().next();
                    match Message::decode(&message[..received.length]) {
                        Some(order) => self.carry_out(order, file),
                        None => self.losses.counts.malformed += 1,
                    }
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return,
                Err(_) => self.master = None,
            }
        }
        // A master that is gone opens no more.
        self.has_begun = true;
    }

    fn carry_out(&mut self, order: Message<'_>, file: Option<OwnedFd>) {
        match order {
            Message::Open { log, kind, path } => {
                self.open(log, kind, Path::new(std::ffi::OsStr::from_bytes(path)), file);
            }
            Message::Reopened { log } => self.replace(log, file),
            Message::Close { log } => {
                self.evidence.close(log);
                self.lines.close(log);
            }
            Message::Begin => self.has_begun = true,
            Message::Flush if self.request == Request::None => self.request = Request::Flush,
            Message::Flush => {}
            Message::Stop => self.request = Request::Stop,
        }
    }

    fn open(&mut self, log: LogNumber, kind: Kind, path: &Path, file: Option<OwnedFd>) {
        match (kind, file) {
            (Kind::Raw, Some(file)) => {
                let changes = self.evidence.open(log, path.to_path_buf(), file);
                self.tell(changes);
            }
            (kind, file) => self.lines.open(log, kind, path.to_path_buf(), file),
        }
    }

    fn replace(&mut self, log: LogNumber, file: Option<OwnedFd>) {
        let Some(file) = file else {
            self.losses.counts.malformed += 1;
            return;
        };
        if self.evidence.contains(log) {
            let changes = self.evidence.replace(log, file);
            self.tell(changes);
        } else {
            self.lines.replace(log, file);
        }
    }
}
