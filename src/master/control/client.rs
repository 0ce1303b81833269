//! One client of the control socket: it asks once, waits for what comes of it, and hears. It has so long for each, and cannot make the
//! master wait.

use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::time::{Duration, Instant};

use crate::control::{LINE_MOST, Reply};
use crate::sys::poll::Waiting;
use crate::sys::socket::{self, LocalPeer};

/// How long a client may take to ask, and how long to hear a part of its answer.
const PATIENCE: Duration = Duration::from_secs(10);

/// Bytes of an answer handed over at once, before others have their turn.
const PIECE: usize = 256 * 1024;

/// A client, for as long as it is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ClientId(pub u64);

impl ClientId {
    /// No client has this number.
    pub const NOBODY: ClientId = ClientId(0);
}

/// How far it is.
#[derive(Debug)]
enum Stage {
    /// It has said so much of its request.
    Asking(Vec<u8>, Instant),
    /// What it asked for is being done.
    Waiting,
    /// It hears the answer, of which so much has left.
    Hearing { answer: Vec<u8>, sent: usize, until: Instant },
    /// Nothing is left to do.
    Over,
}

/// What became of a look at a client.
#[derive(Debug, PartialEq, Eq)]
pub enum Heard {
    /// Its request is whole: this line.
    Line(Vec<u8>),
    /// It says more than a request can have.
    TooLong,
    /// Nothing to act upon.
    Nothing,
}

/// One of them.
#[derive(Debug)]
pub struct Client {
    /// For as long as it is there.
    pub id: ClientId,
    /// Who it is.
    pub peer: LocalPeer,
    socket: OwnedFd,
    stage: Stage,
}

impl Client {
    /// Just accepted.
    pub fn new(id: ClientId, socket: OwnedFd, peer: LocalPeer, now: Instant) -> Client {
        Client { id, peer, socket, stage: Stage::Asking(Vec::new(), now + PATIENCE) }
    }

    /// What it is waited for. While the answer is being made its end alone matters, which poll(2) always tells.
    pub fn waiting(&self) -> Waiting<'_> {
        let (read, write) = match self.stage {
            Stage::Asking(..) => (true, false),
            Stage::Waiting | Stage::Over => (false, false),
            Stage::Hearing { .. } => (false, true),
        };
        Waiting { fd: self.socket.as_fd(), read, write, ready: Default::default() }
    }

    /// When it is given up.
    pub fn deadline(&self) -> Option<Instant> {
        match self.stage {
            Stage::Asking(_, until) | Stage::Hearing { until, .. } => Some(until),
            Stage::Waiting | Stage::Over => None,
        }
    }

    /// Gives it up if it has had its time.
    pub fn give_up_if_late(&mut self, now: Instant) {
        if self.deadline().is_some_and(|until| until <= now) {
            self.stage = Stage::Over;
        }
    }

    /// Whether it can be forgotten.
    pub fn is_over(&self) -> bool {
        matches!(self.stage, Stage::Over)
    }

    /// It can be read, or written, or it is gone.
    pub fn attend(&mut self, now: Instant) -> Heard {
        match &mut self.stage {
            Stage::Asking(..) => self.read(),
            Stage::Waiting | Stage::Over => {
                self.stage = Stage::Over;
                Heard::Nothing
            }
            Stage::Hearing { .. } => {
                self.write(now);
                Heard::Nothing
            }
        }
    }

    fn read(&mut self) -> Heard {
        let Stage::Asking(said, _) = &mut self.stage else { return Heard::Nothing };
        let mut buffer = [0; 1024];
        match socket::read(self.socket.as_fd(), &mut buffer) {
            Ok(count @ 1..) => said.extend_from_slice(&buffer[..count]),
            Err(error) if is_passing(&error) => return Heard::Nothing,
            // It left without asking.
            _ => {
                self.stage = Stage::Over;
                return Heard::Nothing;
            }
        }
        // One request a connection: what follows the line is not looked at.
        if let Some(end) = said.iter().position(|byte| *byte == b'\n').filter(|end| *end <= LINE_MOST) {
            said.truncate(end);
            let line = std::mem::take(said);
            self.stage = Stage::Waiting;
            return Heard::Line(line);
        }
        if said.len() > LINE_MOST {
            self.stage = Stage::Waiting;
            return Heard::TooLong;
        }
        Heard::Nothing
    }

    /// What it asked for is done, or refused. A small answer leaves at once.
    pub fn answer(&mut self, reply: &Reply, now: Instant) {
        if !self.is_over() {
            self.stage = Stage::Hearing { answer: reply.line(), sent: 0, until: now + PATIENCE };
            self.write(now);
        }
    }

    fn write(&mut self, now: Instant) {
        let Stage::Hearing { answer, sent, until } = &mut self.stage else { return };
        let rest = &answer[*sent..];
        match socket::write(self.socket.as_fd(), &rest[..rest.len().min(PIECE)]) {
            Ok(count @ 1..) => {
                *sent += count;
                *until = now + PATIENCE;
            }
            Err(error) if is_passing(&error) => return,
            _ => *sent = answer.len(),
        }
        if *sent == answer.len() {
            self.stage = Stage::Over;
        }
    }
}

impl AsFd for Client {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.socket.as_fd()
    }
}

fn is_passing(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::Interrupted)
}
