//! TERM and QUIT: how the daemon ends, and what it takes with it.

use std::process::ExitCode;
use std::time::{Duration, Instant};

use sd_notify::NotifyState;
use slog::{error, info, warn};

use super::connection::Connection;
use super::generation::{Generation, Terms};
use super::{Master, PidFile};
use crate::scoreboard::Order;
use crate::sys::{Signal, signals, streams};

/// Where the daemon is in its life.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Phase {
    /// Starting or serving.
    Running,
    /// QUIT: nobody new, sessions finish; None waits for ever.
    Draining(Option<Instant>),
    /// TERM: sessions were told 421; who is left at this moment is killed.
    Leaving(Instant),
    /// Everybody was killed; only the reap is awaited.
    Killed,
    /// The start failed, for this reason.
    Failed(String),
}

impl Phase {
    /// When something has to be done although nothing happens.
    pub fn deadline(&self) -> Option<Instant> {
        match self {
            Phase::Draining(until) => *until,
            Phase::Leaving(until) => Some(*until),
            Phase::Running | Phase::Killed | Phase::Failed(_) => None,
        }
    }

    /// Whether sessions are not to go on: nothing serves them any more.
    pub fn is_leaving(&self) -> bool {
        !matches!(self, Phase::Running | Phase::Draining(_))
    }

    /// Whether nobody new is to be served.
    pub fn is_stopping(&self) -> bool {
        *self != Phase::Running
    }
}

impl Master {
    /// TERM, INT: every session is told 421.
    pub(super) fn stop(&mut self, signal: Signal) {
        if matches!(self.phase, Phase::Leaving(_) | Phase::Killed) {
            return;
        }
        info!(self.log, "ProFTPD killed (signal {})", signal as i32);
        self.leave();
    }

    fn leave(&mut self) {
        self.phase = Phase::Leaving(
            Instant::now() + self.time(|terms| Some(terms.shutdown_timeout)).unwrap_or_default(),
        );
        self.close_doors(Order::Leave);
    }

    /// QUIT: sessions may finish.
    pub(super) fn drain(&mut self) {
        if self.phase != Phase::Running {
            return;
        }
        let patience = self.time(|terms| terms.drain_timeout);
        let count = self.workers.living().count();
        info!(self.log, "received SIGQUIT -- no new connections; {count} workers finish");
        self.phase = Phase::Draining(patience.map(|patience| Instant::now() + patience));
        self.close_doors(Order::Drain);
    }

    pub(super) fn time(&self, of: impl Fn(&Terms) -> Option<Duration>) -> Option<Duration> {
        self.generations.last().and_then(|generation| of(&generation.terms))
    }

    /// No births, no listeners, and the order to all.
    pub(super) fn close_doors(&mut self, order: Order) {
        let status = match order {
            Order::Drain => "No new connections; sessions finish",
            _ => "Sessions are disconnected",
        };
        self.abandon_upgrade();
        self.wake_watchdog(Instant::now());
        self.tell_service_manager(&[NotifyState::Stopping, NotifyState::Status(status)]);
        if let Some(raising) = self.raising.take() {
            self.undo(raising);
        }
        self.generations.iter_mut().for_each(|generation| generation.end_nursery());
        self.listeners.keep(&[]);
        self.tell_control_of_the_end();
        self.board.publish_order(order);
        self.ring_all();
    }

    /// The deadline of a drain becomes a stop; the deadline of a stop kills.
    pub(super) fn press_on_stopping(&mut self, now: Instant) {
        match self.phase {
            Phase::Draining(Some(until)) if until <= now => {
                info!(self.log, "DrainTimeout: the sessions that are left are disconnected");
                self.leave();
            }
            Phase::Leaving(until) if until <= now => self.kill_all(),
            _ => {}
        }
    }

    fn kill_all(&mut self) {
        self.phase = Phase::Killed;
        self.generations.iter().for_each(Generation::kill_nursery);
        self.workers.learn_births(&self.board);
        let left = self.workers.living().count();
        warn!(self.log, "ShutdownTimeout: {left} workers are killed");
        for (_, pid, _) in self.workers.living() {
            if let Err(error) = signals::tell(pid, signals::KILL) {
                warn!(self.log, "cannot kill worker {pid}: {error}");
            }
        }
    }

    /// Whether there is nothing left to wait for.
    pub(super) fn is_over(&self) -> bool {
        match self.phase {
            Phase::Running => false,
            Phase::Draining(_) | Phase::Leaving(_) | Phase::Killed => self.workers.is_empty(),
            Phase::Failed(_) => true,
        }
    }

    /// The last things: files that are ours are removed, by inode, and the last lines are written.
    pub(super) fn end(mut self) -> ExitCode {
        let failed = match &self.phase {
            Phase::Failed(why) => Some(why.clone()),
            _ => None,
        };
        if let Some(why) = &failed {
            self.step_back(why);
            error!(self.log, "fatal: {why}");
            self.phase = Phase::Killed;
            self.common.connection.iter().for_each(Connection::refuse);
            self.close_doors(Order::Leave);
        } else {
            self.tell_end();
        }
        self.generations.iter_mut().for_each(|generation| generation.end_auth());
        self.close_control_socket();
        let removed = [self.pid_file.take().map_or(Ok(()), PidFile::remove), self.board.remove()];
        for error in removed.into_iter().filter_map(Result::err) {
            warn!(self.log, "a file of ours stays behind: {error}");
        }
        // A recorder that does not answer has lost its last lines; nothing more can be done about them.
        let _ = self.logs.stop();
        match failed {
            Some(why) => {
                streams::complain(&format!("fatal: {why}"));
                ExitCode::FAILURE
            }
            None => ExitCode::SUCCESS,
        }
    }
}
