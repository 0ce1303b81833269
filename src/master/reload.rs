//! HUP: the new configuration is read, checked and bound beside the running one, its auth and nursery are started, its first spares
//! are awaited; only then does it serve. Whatever is wrong, the old one goes on.

use std::rc::Rc;
use std::time::{Duration, Instant};

use sd_notify::NotifyState;
use slog::{error, info, warn};

use super::generation::Generation;
use super::kept_configuration::KeptConfiguration;
use super::logs::SystemLog;
use super::single::Manner;
use super::stop::Phase;
use super::{Master, PidFile, start};
use crate::auth::Leftovers;
use crate::config::{Complaint, Settings};
use crate::control::{Outcome, Reply};
use crate::logging::trace::{self, Channel};
use std::net::SocketAddr;

/// How long a generation may take to become ready.
const PATIENCE: Duration = Duration::from_secs(10);

/// A generation on its way.
pub struct Raising {
    /// Which.
    pub number: u32,
    /// When it is given up.
    pub deadline: Instant,
    /// Addresses opened for it, closed again if it fails.
    opened: Vec<SocketAddr>,
    /// Its PidFile, if it has another than the running one.
    pid_file: Option<PidFile>,
    /// The daemon's log from the moment it serves.
    system_log: SystemLog,
}

/// Why a configuration is not taken.
pub(super) struct Refusal {
    /// In a sentence.
    why: String,
    /// Each mistake with its line, as `-t` tells it; none where no line is to blame.
    complaints: Vec<String>,
}

impl Refusal {
    /// Without a line to blame.
    pub(super) fn of(why: String) -> Refusal {
        Refusal { why, complaints: Vec::new() }
    }

    fn add(&mut self, complaint: &Complaint) {
        if self.complaints.is_empty() {
            self.why = complaint.one_line();
        }
        self.complaints.push(complaint.to_string());
    }
}

impl Master {
    /// HUP.
    pub(super) fn hear_hang_up(&mut self) {
        if self.manner != Manner::Pool {
            return self.reopen_logs();
        }
        info!(self.log, "received SIGHUP -- master server reparsing configuration file");
        self.reload();
    }

    /// Reads the configuration again.
    pub(super) fn reload(&mut self) {
        if self.phase != Phase::Running {
            return;
        }
        if self.raising.is_some() {
            self.reload_again = true;
            return;
        }
        self.control.begun += 1;
        self.tell_reloading();
        // Whoever rotated the logs waits for this, be the configuration good or not.
        self.reopen_logs();
        let settings = match self.read_again() {
            Ok(settings) => settings,
            Err(refusal) => return self.refuse_reload(refusal),
        };
        if let Err(why) = self.raise(settings) {
            self.refuse_reload(Refusal::of(why));
        }
    }

    /// READY=1 follows, whatever comes of it: the daemon serves either way.
    pub(super) fn tell_reloading(&self) {
        match NotifyState::monotonic_usec_now() {
            Ok(now) => self.tell_service_manager(&[NotifyState::Reloading, now]),
            Err(error) => warn!(self.log, "no time to tell systemd: {error}"),
        }
    }

    /// Reads and checks; every complaint is logged with its file and line.
    fn read_again(&self) -> Result<Settings, Refusal> {
        let loaded = start::load(&self.options, self.common.rootless);
        let mut refusal = Refusal::of("it cannot be read".into());
        for complaint in &loaded.complaints {
            if complaint.is_error() {
                error!(self.log, "{}", complaint.one_line());
                refusal.add(complaint);
            } else {
                warn!(self.log, "{}", complaint.one_line());
            }
        }
        let mut settings = loaded.settings.ok_or(refusal)?;
        self.fit(&mut settings).map_err(Refusal::of)?;
        Ok(settings)
    }

    /// Has new settings follow the generation that serves, in what a generation cannot have its own way.
    pub(super) fn fit(&self, settings: &mut Settings) -> Result<(), String> {
        self.manner.fit(&mut settings.daemon);
        if let Some(serving) = self.generations.iter().find(|generation| generation.number == self.serving) {
            serving.settings.iter().for_each(|serving| settings.keep_masquerades_of(serving));
        }
        let board = self.board.file().map(|file| file.path().to_owned());
        if settings.daemon.scoreboard_file != board {
            return Err("ScoreboardFile cannot change while the daemon runs: restart it for that".into());
        }
        Ok(())
    }

    /// Begins a generation beside whatever runs. On an error nothing of it is left.
    pub(super) fn raise(&mut self, settings: Settings) -> Result<(), String> {
        let number = self.generations.last().map_or(self.serving, |generation| generation.number) + 1;
        let daemon = &settings.daemon;
        let system_log =
            SystemLog::open(&daemon.system_log, daemon.log_links).map_err(|error| error.to_string())?;
        let pid_file = self.pid_file_of(&settings)?;
        let opened =
            self.listeners.open(&daemon.listen, daemon.backlog).map_err(|error| error.to_string())?;
        let raising = Raising { number, deadline: Instant::now() + PATIENCE, opened, pid_file, system_log };
        match self.begin(number, settings) {
            Ok(generation) => {
                self.generations.push(generation);
                self.raising = Some(raising);
                Ok(())
            }
            Err(why) => {
                self.undo(raising);
                Err(why)
            }
        }
    }

    fn pid_file_of(&self, settings: &Settings) -> Result<Option<PidFile>, String> {
        match &self.pid_file {
            None => return Ok(None),
            Some(running) if running.is_at(&settings.daemon.pid_file) => return Ok(None),
            Some(_) => {}
        }
        PidFile::lock(&settings.daemon.pid_file).map(Some).map_err(|error| error.to_string())
    }

    fn begin(&mut self, number: u32, mut settings: Settings) -> Result<Generation, String> {
        let outline = std::mem::take(&mut settings.outline);
        let configuration = KeptConfiguration::of(&outline, &settings.daemon.listen, number)
            .map_err(|error| format!("cannot keep the configuration for --diff: {error}"))?;
        let logs = self.logs.prepare(&settings, number).map_err(|error| error.to_string())?;
        for error in self.logs.take_unopened() {
            warn!(self.log, "{error}; nothing is written there");
        }
        // The PidFile that will be this master's once the generation serves.
        let pid_file = self.pid_file.as_ref().map(|_| settings.daemon.pid_file.clone());
        let leftovers = Leftovers { pid_file, ..self.leftovers() };
        let mut generation = Generation::new(number, Rc::new(settings), logs, configuration)
            .map_err(|error| format!("cannot make the channel to auth: {error}"))?;
        let listeners = self
            .listeners
            .duplicate(generation.addresses())
            .map_err(|error| format!("cannot hand listeners on: {error}"))?;
        generation.start_auth(&self.common, &self.board, leftovers).map_err(|error| error.to_string())?;
        if let Err(error) = generation.start_nursery(&self.common, &self.board, listeners) {
            generation.end_auth();
            return Err(error.to_string());
        }
        Ok(generation)
    }

    /// Takes back what was done for a generation that will not serve.
    pub(super) fn undo(&mut self, raising: Raising) {
        self.listeners.close(&raising.opened);
        self.logs.release(raising.number);
        if let Some(pid_file) = raising.pid_file {
            // Its path is another's to use again; that it stays empty behind us harms nobody.
            let _ = pid_file.remove();
        }
    }

    /// Its nursery ended, or said why it cannot begin, or it took too long.
    pub(super) fn refuse_raising(&mut self, raising: Raising, why: String) {
        let number = raising.number;
        self.undo(raising);
        if let Some(generation) = self.generation(number) {
            generation.end_nursery();
        }
        // Whoever is still being born reads the order before the first client; whoever has one, before the next.
        self.workers.learn_births(&self.board);
        let all: Vec<_> = self.workers.of(number).collect();
        all.into_iter().for_each(|slot| self.retire(slot));
        self.end_generation_if_empty(number);
        self.refuse_reload(Refusal::of(why));
    }

    pub(super) fn give_up_raising_if_late(&mut self, now: Instant) {
        if let Some(raising) = self.raising.take_if(|raising| raising.deadline <= now) {
            self.refuse_raising(
                raising,
                format!("its workers were not ready within {} s", PATIENCE.as_secs()),
            );
        }
    }

    pub(super) fn refuse_reload(&mut self, refusal: Refusal) {
        let Refusal { why, complaints } = refusal;
        self.step_back(&why);
        if self.serving == 0 {
            self.phase = Phase::Failed(why);
            return;
        }
        error!(self.log, "configuration refused, generation {} goes on: {why}", self.serving);
        let status = format!("{}; its last reload was refused: {why}", self.serves());
        self.tell_service_manager(&[NotifyState::Ready, NotifyState::Status(&status)]);
        self.board.count_refused_reload();
        let mut said = vec![format!("configuration refused, generation {} goes on", self.serving)];
        said.extend(if complaints.is_empty() { vec![why] } else { complaints });
        self.tell_reload(&Reply::of(Outcome::Failed, said.clone()).with("generation", self.serving));
        self.control.refusal = Some(said);
        self.reload_if_asked_again();
    }

    /// The first spares wait: from here on the new generation serves, and the old one retires.
    pub(super) fn finish_raising_if_ready(&mut self) {
        let ready = |raising: &mut Raising| {
            let bounds = self.generations.last().map(Generation::bounds);
            let wanted = bounds.map_or(1, |bounds| bounds.start.max(bounds.min).max(1));
            // Clients may have taken some of them already; those that are not born yet are no help to anybody.
            let all = self.workers.count(raising.number) as u32;
            all.saturating_sub(self.workers.asked(raising.number)) >= wanted
        };
        let Some(raising) = self.raising.take_if(ready) else { return };
        let old = std::mem::replace(&mut self.serving, raising.number);
        self.take_over(raising);
        self.bring_all_up();
        self.tune_trace();
        self.board.publish_generation(self.serving);
        trace::tell(Channel::Config, 3, || format!("generation {} serves", self.serving));
        self.expect_other_addresses(Instant::now());
        if old == 0 {
            return self.announce_start();
        }
        info!(self.log, "generation {} serves; generation {old} finishes its sessions", self.serving);
        self.tell_service_manager(&[NotifyState::Ready, NotifyState::Status(&self.serves())]);
        self.retire_generation(old);
        self.pass_trial();
        self.open_control_socket();
        self.control.refusal = None;
        let said = format!("generation {} serves; generation {old} finishes its sessions", self.serving);
        self.tell_reload(&Reply::done(said).with("generation", self.serving));
        self.limit_old_sessions(Instant::now());
        self.reload_if_asked_again();
    }

    /// What belongs to the daemon as a whole follows the generation that serves.
    fn take_over(&mut self, raising: Raising) {
        let Some(settings) =
            self.generation(raising.number).and_then(|generation| generation.settings.clone())
        else {
            return;
        };
        self.listeners.keep(&settings.daemon.listen);
        self.admission.set_most(settings.daemon.max_instances);
        if let Some(mut pid_file) = raising.pid_file {
            if let Err(error) = pid_file.write() {
                error!(self.log, "{error}");
            }
            if let Some(Err(error)) = self.pid_file.replace(pid_file).map(PidFile::remove) {
                warn!(self.log, "the old PidFile stays: {error}");
            }
        }
        if self.shutdown_file.path() != settings.daemon.shutdown_file {
            self.watch_shutdown_file(&settings.daemon.shutdown_file);
        }
        if let Err(error) = self.logs.use_system(raising.system_log) {
            error!(self.log, "the recorder is not told of SystemLog, the old one goes on: {error}");
        }
    }

    fn reload_if_asked_again(&mut self) {
        if std::mem::take(&mut self.reload_again) {
            self.reload();
        }
    }
}
