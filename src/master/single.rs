//! A master of one session: `-X` serves the first client that comes and no other, `ServerType inetd` the one that was handed over. The pool
//! is of one worker, whom nobody follows.

use slog::{Logger, info, warn};

use super::admission::Admission;
use super::stop::Phase;
use super::workers::{Seen, Workers};
use super::{Master, Options, versions};
use crate::auth::places::{PlaceAnswer, PlaceQuestion};
use crate::config::settings::{Daemon, ServerType};
use crate::scoreboard::{MasterBoard, Order, SharedBoard, SlotNumber};
use crate::sys::process::Ending;
use crate::worker;

/// Slots of a scoreboard that sessions without a common master share.
const SHARED_SLOTS: u32 = 16_384;

/// How the master comes by clients.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Manner {
    /// A pool of workers waits for them.
    Pool,
    /// One worker waits for one client (-X).
    First,
    /// Its one client was there before it.
    Handed,
}

impl Manner {
    /// What the command line and the configuration say.
    pub fn of(options: &Options, daemon: &Daemon) -> Manner {
        match daemon.server_type {
            ServerType::Inetd => Manner::Handed,
            ServerType::Standalone if options.serves_one => Manner::First,
            ServerType::Standalone => Manner::Pool,
        }
    }

    /// The pool's directives, and where it listens, as they hold for it. How many there are in all others decide.
    pub fn fit(self, daemon: &mut Daemon) {
        if self == Manner::Pool {
            return;
        }
        (daemon.start_workers, daemon.min_spare, daemon.max_spare) = (1, 1, 1);
        if self == Manner::Handed {
            daemon.listen.clear();
            daemon.max_instances = None;
            daemon.max_connection_rate = None;
        }
    }
}

/// The board of a session whose master shares the scoreboard with others.
pub fn open_board(daemon: &Daemon) -> Result<MasterBoard, String> {
    let Some(path) = &daemon.scoreboard_file else {
        return MasterBoard::create_private(1).map_err(|error| error.to_string());
    };
    let locks = daemon.scoreboard_mutex.clone().unwrap_or_else(|| SharedBoard::usual_locks(path));
    SharedBoard::join(path, &locks, SHARED_SLOTS)
        .and_then(MasterBoard::create_for_one)
        .map_err(|error| error.to_string())
}

/// Answers auth by what the sessions of all masters hold: the counts are made anew for each question, under the lock of all.
pub fn answer_among_others(
    shared: &SharedBoard,
    question: &PlaceQuestion,
    workers: &mut Workers,
    board: &MasterBoard,
    log: &Logger,
) -> PlaceAnswer {
    let decided = shared.decide(|others| {
        let mut admission = Admission::of(None);
        for (slot, place) in others {
            // This master's own board has one slot, the first.
            admission.restore(SlotNumber(slot.0 + 1), &place);
        }
        admission.restore(question.slot, &board.place(question.slot));
        let answer = admission.answer(question, workers, board);
        (answer, board.place(question.slot))
    });
    decided.unwrap_or_else(|error| {
        warn!(log, "limits cannot be counted: {error}");
        PlaceAnswer::Refused
    })
}

impl Master {
    /// Its worker has a client: the connection is that worker's alone from now on, the listeners are closed, nobody is born any more.
    pub(super) fn close_to_others(&mut self, seen: Seen) {
        if seen.taken > 0 {
            self.serve_no_more();
        }
        if let (Some(shared), Some((_, pid, _))) = (self.board.shared(), self.workers.living().next()) {
            shared.show_birth(pid);
        }
    }

    /// Its worker has ended, and nobody follows it.
    pub(super) fn served_one(&mut self, ending: Ending) {
        let could_not_begin = ending == Ending::Exited(worker::STILLBORN.into());
        if let Some(connection) = self.common.connection.as_ref().filter(|_| could_not_begin) {
            connection.refuse();
        }
        self.serve_no_more();
    }

    fn serve_no_more(&mut self) {
        if self.manner != Manner::Pool && self.phase == Phase::Running {
            self.common.connection = None;
            self.phase = Phase::Draining(None);
            self.close_doors(Order::Drain);
        }
    }

    /// What ps(1) shows of the master.
    pub(super) fn title(&self) -> &'static [u8] {
        match self.manner {
            Manner::Pool | Manner::First => b"proftpd: (accepting connections)",
            Manner::Handed => b"proftpd: (inetd)",
        }
    }

    /// STARTUP, where there is a daemon to speak of.
    pub(super) fn tell_start(&self) {
        if self.manner != Manner::Handed {
            info!(
                self.log,
                "ProFTPD {} (ferryd {}) standalone mode STARTUP",
                versions::PROFTPD,
                versions::FERRYD
            );
        }
    }

    /// SHUTDOWN, likewise.
    pub(super) fn tell_end(&self) {
        if self.manner != Manner::Handed {
            info!(self.log, "ProFTPD {} standalone mode SHUTDOWN", versions::PROFTPD);
        }
    }
}
