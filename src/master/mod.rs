//! The parent process: it owns listeners, workers, PidFile, scoreboard and the counts of every limit, and talks to no client. One
//! thread for life: that is what makes its forks safe. One wait, one `Event`, one match.

mod admission;
mod aftermath;
mod connection;
mod control;
mod equipment;
mod events;
mod generation;
mod holdings;
mod kept_configuration;
mod listeners;
mod logs;
mod masquerade;
mod options;
mod pid_file;
mod pool;
mod reload;
mod rest;
mod retirement;
mod schedule;
mod service_manager;
mod shutdown_file;
mod signals;
mod single;
mod spares;
mod spawn;
mod start;
mod stop;
mod supervise;
mod terminal;
mod tracing;
pub mod upgrade;
pub mod versions;
mod watchdog;
mod workers;
mod zone;

use std::path::PathBuf;
use std::time::Instant;

use slog::{Logger, debug, info, warn};

use crate::auth::Leftovers;
use crate::auth::places::{PLACE_RECORD_MAX, PlaceAnswer, PlaceQuestion};
use crate::scoreboard::MasterBoard;
use crate::sys::{process, signals as bell, socket};
pub use kept_configuration::{Kept, KeptConfiguration};
pub use listeners::BindError;
pub use options::Options;
pub use start::{serve, version_status};

use admission::Admission;
use control::Control;
use events::Event;
use generation::{Common, Generation};
use listeners::Listeners;
use logs::Logs;
use masquerade::Lookout;
use pid_file::PidFile;
use pool::Pace;
use reload::Raising;
use service_manager::ServiceManager;
use shutdown_file::ShutdownFile;
use signals::{Asked, Signals};
use single::Manner;
use stop::Phase;
use terminal::Background;
use upgrade::Upgrade;
use watchdog::Watchdog;
use workers::Workers;

/// Everything the master holds. Its parts know nothing of each other; what they do together stands in this module's files.
struct Master {
    options: Options,
    /// Where the program lies that an upgrade executes.
    program: PathBuf,
    board: MasterBoard,
    /// None where nobody is to send signals by it (ServerType inetd).
    pid_file: Option<PidFile>,
    listeners: Listeners,
    logs: Logs,
    common: Common,
    workers: Workers,
    admission: Admission,
    pace: Pace,
    signals: Signals,
    shutdown_file: ShutdownFile,
    /// Oldest first. The serving one bears workers; older ones wait for their sessions to end; a newer one is being raised.
    generations: Vec<Generation>,
    /// The number of the serving generation; 0 before the first is ready.
    serving: u32,
    raising: Option<Raising>,
    /// A HUP that came during a reload.
    reload_again: bool,
    /// For names in MasqueradeAddress.
    lookout: Lookout,
    manner: Manner,
    phase: Phase,
    /// When the pool is looked at again, because the last look did not reach everybody.
    look_again_at: Option<Instant>,
    /// Until when news of the pool waits.
    rest_until: Option<Instant>,
    /// When the disk that was full is tried again.
    births_held_until: Option<Instant>,
    watchdog: Watchdog,
    service_manager: ServiceManager,
    /// To another program.
    upgrade: Upgrade,
    /// What operators ask while the daemon runs.
    control: Control,
    /// Who waits to hear that the daemon is ready.
    background: Option<Background>,
    log: Logger,
}

impl Master {
    /// Acts on one event.
    fn act(&mut self, event: Event) {
        match event {
            Event::Signal(Asked::Reap) => self.reap(),
            Event::Signal(Asked::Stop(signal)) => self.stop(signal),
            Event::Signal(Asked::Drain) => self.drain(),
            Event::Signal(Asked::Reload) => self.hear_hang_up(),
            Event::Signal(Asked::ReopenLogs) => self.reopen_logs(),
            Event::Signal(Asked::Upgrade) => self.hear_upgrade(),
            Event::Ended => {
                let ended = self.reap_those_told();
                self.rest_after(ended);
            }
            Event::PoolChanged => {
                self.workers.hear_hint();
                self.look_at_pool();
                self.rest();
            }
            Event::PlaceAsked(generation, thread) => self.answer_place(generation, thread),
            Event::NurserySpoke(generation) => {
                self.hear_nursery(generation);
            }
            Event::FolderChanged => {
                if self.shutdown_file.concerns_us() {
                    self.look_at_shutdown_file();
                }
            }
            Event::ControlKnocked => self.admit_control(),
            Event::ControlSpoke(client) => self.attend_control(client),
            Event::MomentCame => self.moment_came(),
            Event::TimeUp => self.time_up(),
        }
    }

    /// When the next deadline is: of a reload, a stop, a restart held back, a pool that calms down, a folder that is polled.
    fn next_deadline(&self) -> Option<Instant> {
        let raising = self.raising.as_ref().map(|raising| raising.deadline);
        let respawns = self.generations.iter().filter_map(|generation| generation.respawn_at).min();
        let retired = self.generations.iter().filter_map(|generation| generation.retirement.deadline()).min();
        let polled = self.shutdown_file.poll_at();
        let fixed =
            [raising, respawns, self.logs.respawn_at, polled, self.births_held_until, self.phase.deadline()];
        fixed
            .into_iter()
            .chain([self.look_again_at, retired])
            .flatten()
            .chain(self.calm_deadline())
            .chain(self.lookout.due)
            .chain(self.upgrade.deadline())
            .chain(self.watchdog.due)
            .chain(self.service_manager.due())
            .chain(self.control.deadline())
            .min()
    }

    /// Does whatever was due.
    fn time_up(&mut self) {
        let now = Instant::now();
        if self.shutdown_file.poll_at().is_some_and(|at| at <= now) {
            self.look_at_shutdown_file();
        }
        self.births_held_until.take_if(|at| *at <= now);
        if self.look_again_at.is_some_and(|at| at <= now) {
            self.look_at_pool();
        }
        self.give_up_raising_if_late(now);
        self.give_up_inspection_if_late(now);
        self.take_watchdogs_turn(now);
        self.press_on_stopping(now);
        self.press_on_control(now);
        self.press_on_retired(now);
        self.look_for_other_addresses(now);
        if let Err(error) = self.service_manager.reassure(now) {
            warn!(self.log, "the service manager was not told: {error}");
        }
        self.restart_lost();
        self.refill();
        self.thin_out(now);
    }

    fn generation(&mut self, number: u32) -> Option<&mut Generation> {
        self.generations.iter_mut().find(|generation| generation.number == number)
    }

    /// What auth needs to clean up should this master be killed.
    fn leftovers(&self) -> Leftovers {
        Leftovers {
            master: process::own(),
            pid_file: self.pid_file.as_ref().map(|pid_file| pid_file.path().to_owned()),
            scoreboard: self.board.file(),
        }
    }

    fn answer_place(&mut self, number: u32, thread: usize) {
        let Master { generations, workers, admission, board, control, log, .. } = self;
        let Some(generation) = generations.iter_mut().find(|generation| generation.number == number) else {
            return;
        };
        let mut buffer = [0; PLACE_RECORD_MAX];
        let Some(channel) = generation.places().nth(thread) else { return };
        let length = match socket::receive(channel, &mut buffer, false) {
            Ok(received) if received.length > 0 && !received.truncated => received.length,
            Err(error) if error.kind() == std::io::ErrorKind::WouldBlock => return,
            // The end of the channel, or nonsense: this auth is going; the reap starts another.
            _ => return generation.close_places(),
        };
        let question = PlaceQuestion::decode(&buffer[..length]);
        let whose =
            question.as_ref().ok().filter(|question| question.is_login()).map(|question| question.slot);
        let answer = question.map_or(PlaceAnswer::Refused, |question| match board.shared() {
            None => admission.answer(&question, workers, board),
            Some(shared) => single::answer_among_others(shared, &question, workers, board, log),
        });
        if let Some(slot) = whose
            && let Some(owner) = admission.owner(slot)
        {
            board.publish_rate(slot, control.limits.of(&owner));
        }
        // Nobody hears it if auth has died since; its successor asks again.
        let _ = socket::send(channel, &answer.encode(), &[], false);
    }

    /// Has every worker look at its orders; those just born too, who may have looked a moment before.
    fn ring_all(&mut self) {
        self.workers.learn_births(&self.board);
        for (_, pid, _) in self.workers.living() {
            if let Err(error) = bell::tell(pid, bell::BELL) {
                debug!(self.log, "cannot signal worker {pid}: {error}");
            }
        }
    }

    /// USR1: nothing but the logs.
    fn reopen_logs(&mut self) {
        for error in self.logs.reopen() {
            warn!(self.log, "log not reopened, the old file is written on: {error}");
        }
        info!(self.log, "logs reopened");
    }
}
