//! USR2: another program takes the master's place in the same process, and raises a generation of its own as after a HUP. It is asked
//! beforehand whether it can; until it serves, whatever goes wrong has the program before it come back.

mod arrival;
mod departure;
mod inspection;
mod program;
mod state;

use std::os::fd::OwnedFd;
use std::time::Instant;

use sd_notify::NotifyState;
use slog::{error, info, warn};

use super::single::Manner;
use super::stop::Phase;
use super::{Master, versions};
use crate::sys::ProcessId;
use crate::sys::process::Ending;
use crate::sys::succession;
pub use arrival::{Passage, take_over};
pub use inspection::examine;
pub use program::path_as_started;

use inspection::Inspection;

/// How far an upgrade is.
#[derive(Debug, Default)]
pub enum Upgrade {
    /// Nobody has asked for one.
    #[default]
    None,
    /// The other program is asked whether it can.
    Inspecting(Inspection),
    /// This is the other program, and it does not serve yet.
    OnTrial(Trial),
}

/// What there is of the program before this one until this one serves.
#[derive(Debug)]
pub struct Trial {
    /// The program.
    before: OwnedFd,
    /// What it has left behind, should it have to come back without a word from this one.
    _state: OwnedFd,
    /// Its version.
    version: String,
}

impl Upgrade {
    /// When the other program should have answered.
    pub fn deadline(&self) -> Option<Instant> {
        match self {
            Upgrade::Inspecting(inspection) => Some(inspection.deadline),
            Upgrade::None | Upgrade::OnTrial(_) => None,
        }
    }

    /// Whether this program has still to show that it can serve.
    pub fn is_on_trial(&self) -> bool {
        matches!(self, Upgrade::OnTrial(_))
    }
}

impl Master {
    /// USR2.
    pub(super) fn hear_upgrade(&mut self) {
        info!(self.log, "received SIGUSR2 -- upgrade to {}", self.program.display());
        // It has been logged.
        let _ = self.upgrade();
    }

    /// Begins an upgrade to the program that lies where this one was started. An error says why not; what comes of it later is
    /// logged, and told to the service manager.
    pub(super) fn upgrade(&mut self) -> Result<(), String> {
        let begun = match self.obstacle_to_upgrade() {
            Some(obstacle) => Err(obstacle.to_owned()),
            None => Inspection::begin(&self.program, &self.options),
        };
        match begun {
            Ok(inspection) => {
                self.tell_reloading();
                self.upgrade = Upgrade::Inspecting(inspection);
                Ok(())
            }
            Err(why) => {
                error!(self.log, "upgrade refused: {why}");
                Err(why)
            }
        }
    }

    fn obstacle_to_upgrade(&self) -> Option<&'static str> {
        match (&self.upgrade, &self.phase) {
            (Upgrade::Inspecting(_) | Upgrade::OnTrial(_), _) => Some("another upgrade is under way"),
            _ if self.manner != Manner::Pool => Some("it serves one client and ends"),
            (Upgrade::None, Phase::Running) if self.serving == 0 => Some("the daemon is starting"),
            (Upgrade::None, Phase::Running) if self.raising.is_some() => Some("a reload is under way"),
            (Upgrade::None, Phase::Running) => None,
            (Upgrade::None, _) => Some("the daemon is stopping"),
        }
    }

    /// Whether the process that ended was the one that was asked; what it said is acted upon.
    pub(super) fn heard_inspection(&mut self, pid: ProcessId, ending: Ending) -> bool {
        let Upgrade::Inspecting(inspection) = &self.upgrade else { return false };
        if inspection.child != pid {
            return false;
        }
        let Upgrade::Inspecting(inspection) = std::mem::take(&mut self.upgrade) else { return true };
        let refusal = match (inspection.verdict(ending), self.obstacle_to_upgrade()) {
            (Err(why), _) => why,
            (Ok(_), Some(obstacle)) => obstacle.to_owned(),
            (Ok(version), None) => self.depart(&inspection.program, &version),
        };
        self.refuse_upgrade(&refusal);
        true
    }

    pub(super) fn give_up_inspection_if_late(&mut self, now: Instant) {
        match std::mem::take(&mut self.upgrade) {
            Upgrade::Inspecting(inspection) if inspection.deadline <= now => {
                self.refuse_upgrade(&inspection.give_up());
            }
            other => self.upgrade = other,
        }
    }

    fn refuse_upgrade(&self, why: &str) {
        let version = versions::FERRYD;
        error!(self.log, "upgrade refused, ferryd {version} goes on: {why}");
        self.tell_upgrade_failed(why);
    }

    fn tell_upgrade_failed(&self, why: &str) {
        if self.phase == Phase::Running {
            let status = format!("{}; its last upgrade failed: {why}", self.serves());
            self.tell_service_manager(&[NotifyState::Ready, NotifyState::Status(&status)]);
        }
    }

    /// The new generation serves: this program stays.
    pub(super) fn pass_trial(&mut self) {
        let Upgrade::OnTrial(trial) = std::mem::take(&mut self.upgrade) else { return };
        succession::close_way_back();
        info!(self.log, "upgraded from ferryd {} to ferryd {}", trial.version, versions::FERRYD);
        if let Err(error) = self.logs.renew_recorder() {
            warn!(self.log, "the recorder of ferryd {} goes on: {error}", trial.version);
        }
        self.end_empty_generations();
    }

    /// Those that had to wait for the end of a trial.
    fn end_empty_generations(&mut self) {
        let all: Vec<u32> = self.generations.iter().map(|generation| generation.number).collect();
        all.into_iter().for_each(|number| self.end_generation_if_empty(number));
    }

    /// The daemon stops: nobody is asked any more, and nobody comes back.
    pub(super) fn abandon_upgrade(&mut self) {
        match std::mem::take(&mut self.upgrade) {
            Upgrade::None => {}
            Upgrade::Inspecting(inspection) => info!(self.log, "upgrade given up: {}", inspection.give_up()),
            Upgrade::OnTrial(_) => succession::close_way_back(),
        }
    }

    /// On trial, when this program cannot serve: the one before it comes back. Returns where that fails, or where there is none.
    pub(super) fn step_back(&mut self, why: &str) {
        let Upgrade::OnTrial(trial) = std::mem::take(&mut self.upgrade) else { return };
        let error = self.return_to(&trial.before, why);
        succession::close_way_back();
        error!(self.log, "ferryd {} does not come back: {error}", trial.version);
    }
}
