//! This program takes another's place: it adopts what the other has left, and is on trial until a generation of its own serves. Or it
//! is the one before, come back.

use std::ffi::OsString;
use std::io;
use std::os::fd::{AsFd, AsRawFd, OwnedFd};
use std::process::ExitCode;
use std::rc::Rc;
use std::str::FromStr;
use std::time::Instant;

use jiff::tz::TimeZone;
use slog::{error, warn};

use super::program::{self, FAILED, STATE};
use super::state::{self, State};
use super::{Trial, Upgrade};
use crate::config::{Complaint, Settings};
use crate::logging;
use crate::master::admission::Admission;
use crate::master::control::Control;
use crate::master::equipment::Equipment;
use crate::master::generation::{Common, Generation};
use crate::master::listeners::Listeners;
use crate::master::logs::{HandedLogs, Logs, Surroundings, own_voice};
use crate::master::masquerade::Lookout;
use crate::master::pid_file::PidFile;
use crate::master::pool::Pace;
use crate::master::reload::Refusal;
use crate::master::single::Manner;
use crate::master::stop::Phase;
use crate::master::watchdog::Watchdog;
use crate::master::workers::{STRAY, Workers};
use crate::master::{Master, Options, start, terminal, versions, zone};
use crate::scoreboard::{MasterBoard, SlotNumber};
use crate::sys::succession::{self, Failure, Luggage};
use crate::sys::{ProcessId, host, identity, image, process, signals, streams, title};

/// How long this program may take until it serves; the raising of a generation has a shorter time of its own.
const SECONDS_ON_TRIAL: u32 = 20;

/// What the hidden words of the command line say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Passage {
    state: i32,
    way_back: Option<i32>,
    /// Why the program that took this one's place has given it back.
    failed: Option<String>,
}

impl Passage {
    /// The same, after the program that took this one's place has failed.
    pub fn after(self, failed: Option<String>) -> Passage {
        Passage { failed, ..self }
    }
}

impl FromStr for Passage {
    type Err = std::num::ParseIntError;

    /// The number of the state's file, and that of the program that may come back.
    fn from_str(word: &str) -> Result<Passage, Self::Err> {
        let (state, way_back) = match word.split_once(',') {
            Some((state, way_back)) => (state, Some(way_back.parse()?)),
            None => (word, None),
        };
        Ok(Passage { state: state.parse()?, way_back, failed: None })
    }
}

/// Serves in the place of the program that executed this one, until it is told to stop.
pub fn take_over(options: Options, passage: Passage) -> ExitCode {
    match Arrival::of(&options, passage).map(|arrival| arrival.settle(options)) {
        Ok(Ok(master)) => master.run(),
        Ok(Err(why)) => failed(&why),
        Err(error) => failed(&format!("cannot take a master's place: {error}")),
    }
}

fn failed(why: &str) -> ExitCode {
    streams::complain(&format!("fatal: {why}"));
    ExitCode::FAILURE
}

/// What was found on arrival.
struct Arrival {
    state: State,
    file: OwnedFd,
    before: Option<OwnedFd>,
    failed: Option<String>,
}

impl Arrival {
    fn of(options: &Options, passage: Passage) -> io::Result<Arrival> {
        let file = succession::inherited(passage.state)?;
        let before = passage.way_back.map(succession::inherited).transpose()?;
        let state = State::decode(&succession::unsealed(file.as_fd(), state::BYTES_MOST)?)?;
        let arrival = Arrival { state, file, before, failed: passage.failed };
        if let Some(before) = &arrival.before {
            succession::prepare_way_back(before.as_fd(), &arrival.luggage(), SECONDS_ON_TRIAL, |failure| {
                arrival.words_back(options, &told(failure))
            })?;
        }
        Ok(arrival)
    }

    /// All that the program before has left, and the file that says so.
    fn luggage(&self) -> Luggage {
        let mut luggage = Luggage::of(&self.state.descriptors);
        luggage.pack(&self.file);
        luggage
    }

    fn words_back(&self, options: &Options, why: &str) -> Vec<OsString> {
        let why = format!("ferryd {}: {why}", versions::FERRYD);
        let state = self.file.as_raw_fd().to_string();
        program::words(options, &[FAILED.into(), why.into(), STATE.into(), state.into()])
    }

    /// A master that holds all that the one before it held.
    fn settle(self, options: Options) -> Result<Master, String> {
        // Cosmetics: a kernel that refuses shows the command line, and a number.
        let _ =
            succession::take_name("ferryd").and_then(|()| title::claim("proftpd: (accepting connections)"));
        host::learn_features();
        let loaded = start::load(&options, !identity::is_root());
        let first = loaded.complaints.iter().find(|complaint| complaint.is_error()).map(Complaint::one_line);
        let settings = loaded.settings;
        if settings.is_none() && self.before.is_some() {
            return Err(self.turn_back(&options, &first.unwrap_or_default()));
        }
        let shutdown_file =
            settings.as_ref().map_or(&self.state.shutdown_file, |settings| &settings.daemon.shutdown_file);
        let equipment =
            Equipment::gather(shutdown_file, settings.as_ref().map_or_else(TimeZone::system, zone::of))
                .map_err(|why| self.turn_back(&options, &why))?;
        self.adopt(options, settings, equipment)
            .map_err(|error| format!("cannot adopt what the program before has left: {error}"))
    }

    /// Nothing has been touched: the program before, if there is one, finds all as it was. Returns with what is to be said where it does not
    /// come.
    fn turn_back(&self, options: &Options, why: &str) -> String {
        let Some(before) = &self.before else { return why.to_owned() };
        let words = self.words_back(options, why);
        // Blocked they were on arrival, but for a few.
        let error = match signals::block_all() {
            Ok(_) => succession::become_program(before.as_fd(), &words, &self.luggage()),
            Err(error) => error,
        };
        format!("{why}; and the program before does not come back: {error}")
    }

    fn adopt(self, options: Options, settings: Option<Settings>, equipment: Equipment) -> io::Result<Master> {
        // As at any start.
        let _ = image::gather();
        let Arrival { state, file, before, failed } = self;
        let luggage = &mut Luggage::of(&state.descriptors);
        let board = MasterBoard::adopt(state.board, luggage)?;
        let generations = state.generations.into_iter().map(|handed| Generation::adopt(handed, luggage));
        let generations: Vec<Generation> = generations.collect::<io::Result<_>>()?;
        if failed.is_some() {
            let known = generations.iter().flat_map(Generation::processes).chain([state.logs.recorder]);
            end_strangers(&known.collect::<Vec<_>>(), &board)?;
        }
        let workers = Workers::adopt(state.workers, &board);
        let lives = |slot| workers.worker(slot).is_some_and(|worker| worker.generation != STRAY);
        let admission = Admission::adopt(state.admission, lives, &board);
        let surroundings = surroundings(&options, &state.logs, equipment.zone);
        let foreground = surroundings.foreground.is_some();
        let logs = Logs::adopt(state.logs, surroundings, luggage)?;
        let voice = settings.as_ref().map_or_else(|| logging::Voice::usual(logs.server()), own_voice);
        let common = Common {
            recorder: logs.channel().clone(),
            taken: luggage.take(state.taken)?,
            zone: equipment.zone,
            rootless: !identity::is_root(),
            has_door: state.has_door,
            foreground,
            traced: state.traced,
            connection: None,
        };
        let trial = |before| Upgrade::OnTrial(Trial { before, _state: file, version: state.version });
        let mut master = Master {
            log: logging::logger(logs.channel().clone(), voice),
            options,
            program: state.program,
            workers,
            admission,
            pid_file: state.pid_file.map(|handed| PidFile::adopt(handed, luggage)).transpose()?,
            manner: Manner::Pool,
            listeners: Listeners::inherit(state.listeners, luggage)?,
            board,
            logs,
            common,
            generations,
            serving: state.serving,
            upgrade: before.map_or(Upgrade::None, trial),
            signals: equipment.signals,
            shutdown_file: equipment.shutdown_file,
            service_manager: equipment.service_manager.hastened(),
            pace: Pace::new(Instant::now()),
            raising: None,
            reload_again: false,
            lookout: Lookout::default(),
            phase: Phase::Running,
            look_again_at: Some(Instant::now()),
            rest_until: None,
            births_held_until: None,
            watchdog: Watchdog::default(),
            background: None,
            control: Control::adopt(state.control),
        };
        master.order_level();
        master.order_trace();
        signals::unblock_all()?;
        master.begin_again(settings, failed);
        Ok(master)
    }
}

fn surroundings(options: &Options, logs: &HandedLogs, zone: &'static TimeZone) -> Surroundings {
    Surroundings {
        host: host::name(),
        server: logs.server.clone(),
        foreground: start::is_shown(options).then(terminal::of_stderr),
        zone,
        identity: logs.identity,
    }
}

impl Master {
    /// The first acts of a master that took another's place.
    fn begin_again(&mut self, settings: Option<Settings>, failed: Option<String>) {
        // A program that failed may have published its own, and workers of ours would leave at the first bell.
        self.board.publish_generation(self.serving);
        self.look_at_shutdown_file();
        self.retire_strays();
        self.reap();
        self.wake_watchdog(Instant::now());
        match (settings, failed) {
            (Some(settings), None) => self.begin_trial(settings),
            (settings, Some(why)) => self.go_on(settings, &why),
            // Without a configuration only a program that came back gets so far.
            (None, None) => {}
        }
    }

    fn begin_trial(&mut self, mut settings: Settings) {
        if let Err(why) = self.fit(&mut settings).and_then(|()| self.raise_and_recognise(settings)) {
            self.refuse_reload(Refusal::of(why));
        }
    }

    /// What the generations of the program before have lost can be started again, where the configuration is the same.
    fn raise_and_recognise(&mut self, settings: Settings) -> Result<(), String> {
        let outline = settings.outline.clone();
        self.raise(settings)?;
        let raised = self.generations.last().and_then(|generation| generation.settings.clone());
        raised.into_iter().for_each(|settings| self.recognise(&settings, &outline));
        Ok(())
    }

    fn recognise(&mut self, settings: &Rc<Settings>, outline: &[u8]) {
        for generation in self.generations.iter_mut().filter(|generation| generation.settings.is_none()) {
            match self.logs.prepare(settings, generation.number) {
                Ok(logs) => generation.recognise(settings, outline, logs),
                Err(error) => warn!(self.log, "{error}"),
            }
        }
    }

    /// This program serves as before.
    fn go_on(&mut self, settings: Option<Settings>, why: &str) {
        error!(
            self.log,
            "upgrade failed, ferryd {} goes on with generation {}: {why}",
            versions::FERRYD,
            self.serving
        );
        if let Some(mut settings) = settings {
            let outline = std::mem::take(&mut settings.outline);
            self.recognise(&Rc::new(settings), &outline);
        }
        self.end_empty_generations();
        self.expect_other_addresses(Instant::now());
        self.open_control_socket();
        self.tell_upgrade_failed(why);
    }

    /// Workers that the program before has borne serve whom they have, and leave.
    fn retire_strays(&mut self) {
        let strays: Vec<SlotNumber> = self.workers.of(STRAY).collect();
        strays.into_iter().for_each(|slot| self.retire(slot));
    }
}

/// Children that the program which has failed did not live to tell of, but for its workers: they would bear and grant in nobody's name.
fn end_strangers(known: &[ProcessId], board: &MasterBoard) -> io::Result<()> {
    let children = process::children();
    let workers: Vec<ProcessId> =
        (0..board.high_water()).filter_map(|slot| board.birth(SlotNumber(slot))).collect();
    for stranger in children.into_iter().filter(|pid| !known.contains(pid) && !workers.contains(pid)) {
        signals::tell(stranger, signals::KILL)?;
        process::wait_for(stranger)?;
    }
    Ok(())
}

fn told(failure: Failure) -> String {
    match failure {
        Failure::Late => format!("it did not serve within {SECONDS_ON_TRIAL} s"),
        Failure::Fault(signal) => format!("it died of {signal}"),
        Failure::Panic => "it panicked".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_passage_is_one_number_or_two() {
        let passage = |state, way_back| Some(Passage { state, way_back, failed: None });
        assert_eq!("4".parse().ok(), passage(4, None));
        assert_eq!("4,5".parse().ok(), passage(4, Some(5)));
        for wrong in ["", "x", "4,", "4,5,6"] {
            assert!(wrong.parse::<Passage>().is_err(), "{wrong}");
        }
    }
}
