//! Start-up: read and check everything, lock, bind, make the scoreboard, start the processes, wait for the first spares, write the
//! PidFile; only then does the foreground command return.

use std::io;
use std::os::fd::OwnedFd;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Instant;

use jiff::tz::TimeZone;
use sd_notify::NotifyState;
use slog::{error, warn};

use super::admission::Admission;
use super::aftermath::Aftermath;
use super::connection::Connection;
use super::control::Control;
use super::equipment::Equipment;
use super::generation::Common;
use super::holdings::{Holdings, make_directories};
use super::logs::{own_voice, server_in_lines};
use super::masquerade::Lookout;
use super::pool::Pace;
use super::single::Manner;
use super::stop::Phase;
use super::terminal::Background;
use super::upgrade::{self, Upgrade};
use super::watchdog::Watchdog;
use super::workers::Workers;
use super::{Master, Options, PidFile, spawn, versions, zone};
use crate::config::settings::LogTarget;
use crate::config::{self, Complaint, Loaded, Settings};
use crate::logging::trace::Orders;
use crate::logging::{self, Facility, Kind, Links, recorder};
use crate::sys::{descriptors, host, identity, image, poll, streams, title};

/// Reads the configuration that the options name.
pub fn load(options: &Options, rootless: bool) -> Loaded {
    config::load(&options.config, &options.load_options(rootless))
}

/// Serves until it is told to stop.
pub fn serve(mut options: Options) -> ExitCode {
    host::learn_features();
    let rootless = !identity::is_root();
    if descriptors::leave_client_alone() {
        options.foreground = false;
    }
    let loaded = load(&options, rootless);
    complain(&loaded.complaints);
    let Some(mut settings) = loaded.settings else {
        record_complaints(&loaded.complaints);
        if let Ok(connection) = Connection::taken(Vec::new()) {
            connection.refuse();
        }
        return ExitCode::FAILURE;
    };
    let manner = Manner::of(&options, &settings.daemon);
    manner.fit(&mut settings.daemon);
    let passed = match passed(manner) {
        Ok(passed) => passed,
        Err(why) => {
            streams::complain(&format!("fatal: {why}"));
            return ExitCode::FAILURE;
        }
    };
    let program = upgrade::path_as_started();
    let background = match Background::enter(options.foreground || manner != Manner::Pool) {
        Ok(background) => background,
        Err(status) => return status,
    };
    // Cosmetics: a kernel that refuses shows the command line.
    let _ = title::claim("proftpd: (starting)");
    let (system_log, server) = (settings.daemon.system_log.clone(), server_in_lines(&settings));
    let links = settings.daemon.log_links;
    let waiting = passed.connection.as_ref().and_then(|connection| connection.try_clone().ok());
    match Master::new((options, manner, program), settings, passed, rootless, background) {
        Ok(master) => {
            drop(waiting);
            master.run()
        }
        Err(why) => {
            record_failure((&system_log, links), &server, &why);
            streams::complain(&format!("fatal: {why}"));
            waiting.iter().for_each(Connection::refuse);
            ExitCode::FAILURE
        }
    }
}

/// What was opened for this process by whoever started it.
struct Passed {
    listeners: Vec<OwnedFd>,
    connection: Option<Connection>,
}

fn passed(manner: Manner) -> Result<Passed, String> {
    let passed = descriptors::passed()
        .map_err(|error| format!("cannot take the sockets that LISTEN_FDS tells of: {error}"))?;
    match manner {
        Manner::Pool | Manner::First => Ok(Passed { listeners: passed, connection: None }),
        Manner::Handed => Ok(Passed { listeners: Vec::new(), connection: Some(Connection::taken(passed)?) }),
    }
}

/// Before there is a recorder: whoever looks into SystemLog for the reason of a failed start finds it.
fn record_failure((system_log, links): (&LogTarget, Links), server: &str, why: &str) {
    match system_log {
        LogTarget::File(path) => {
            // Where SystemLog cannot be had, stderr has to do.
            if let Ok(file) = logging::open(path, Kind::Line, links) {
                error!(logging::early(file, &host::name(), server, TimeZone::system()), "fatal: {why}");
            }
        }
        LogTarget::Syslog(facility) => recorder::say_once(*facility, &format!("fatal: {why}")),
        LogTarget::None | LogTarget::Stderr => {}
    }
}

/// Where stderr is a client's, the syslog is all there is.
fn record_complaints(complaints: &[Complaint]) {
    if descriptors::stdin_is_socket() {
        let errors = complaints.iter().filter(|complaint| complaint.is_error());
        errors.for_each(|error| {
            recorder::say_once(Facility::USUAL, &format!("fatal: {}", error.one_line()));
        });
    }
}

/// Whether stderr is the foreground's log.
pub fn is_shown(options: &Options) -> bool {
    options.foreground && !options.quiet
}

/// `-vv`, `-vvv`: as ProFTPD does, the configuration is read first.
pub fn version_status(options: &Options, with_directives: bool) -> ExitCode {
    let loaded = load(options, !identity::is_root());
    if loaded.settings.is_none() {
        complain(&loaded.complaints);
        return ExitCode::FAILURE;
    }
    status(streams::print(&versions::status(with_directives)))
}

/// Of a command that was only to print.
fn status(printed: io::Result<()>) -> ExitCode {
    if printed.is_ok() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// Every complaint, with its line and a caret.
fn complain(complaints: &[Complaint]) {
    for complaint in complaints {
        let prefix = if complaint.is_error() { "fatal: " } else { "" };
        streams::complain(&format!("{prefix}{complaint}"));
    }
}

impl Master {
    /// A master that holds everything and raises its first generation.
    fn new(
        started: (Options, Manner, PathBuf),
        settings: Settings,
        passed: Passed,
        rootless: bool,
        background: Background,
    ) -> Result<Master, String> {
        let mut master = Master::equipped(started, &settings, passed, rootless, background)?;
        master.look_at_shutdown_file();
        master.tell_if_polled();
        if let Err(why) = master.raise(settings) {
            master.phase = Phase::Failed(why);
        }
        Ok(master)
    }

    /// Takes everything there is to take, last what a start that fails has to give back.
    fn equipped(
        (options, manner, program): (Options, Manner, PathBuf),
        settings: &Settings,
        passed: Passed,
        rootless: bool,
        background: Background,
    ) -> Result<Master, String> {
        if manner != Manner::Handed {
            // Without it births cost more, and are as right.
            let _ = image::gather();
        }
        let daemon = &settings.daemon;
        make_directories(&daemon.runtime_directories, settings)?;
        let Equipment { signals, shutdown_file, service_manager, zone } =
            Equipment::gather(&daemon.shutdown_file, zone::of(settings))?;
        let taken = poll::hint()
            .map_err(|error| format!("cannot make the eventfd by which workers are noticed: {error}"))?;
        let has_door = !rootless
            && spawn::probe_door().map_err(|error| {
                format!("cannot fork the child that tries seccomp user notification: {error}")
            })?;
        let aftermath =
            if manner == Manner::Handed { Aftermath::default() } else { Aftermath::found(daemon) };
        let Holdings { pid_file, listeners, board, logs } =
            Holdings::take((&options, manner), settings, passed.listeners, zone)?;
        let recorder = Arc::clone(logs.channel());
        let foreground = is_shown(&options);
        let connection = passed.connection;
        let traced = Orders::default();
        let common = Common { recorder, taken, zone, rootless, has_door, foreground, traced, connection };
        let log = logging::logger(Arc::clone(logs.channel()), own_voice(settings));
        aftermath.tell(&log);
        Ok(Master {
            log,
            admission: Admission::of(daemon.max_instances),
            options,
            program,
            workers: Workers::new(board.slots()),
            board,
            pid_file,
            listeners,
            logs,
            common,
            pace: Pace::new(Instant::now()),
            signals,
            shutdown_file,
            generations: Vec::new(),
            serving: 0,
            raising: None,
            reload_again: false,
            lookout: Lookout::default(),
            manner,
            phase: Phase::Running,
            look_again_at: None,
            rest_until: None,
            births_held_until: None,
            watchdog: Watchdog::default(),
            service_manager,
            upgrade: Upgrade::None,
            control: Control::default(),
            background: Some(background),
        })
    }

    /// The daemon's life.
    pub(super) fn run(mut self) -> ExitCode {
        while !self.is_over() {
            match self.wait() {
                Ok(events) => events.into_iter().for_each(|event| self.act(event)),
                Err(error) => self.phase = Phase::Failed(format!("cannot wait: {error}")),
            }
        }
        self.end()
    }

    /// The first spares wait: the PidFile is written, and whoever started the daemon is told.
    pub(super) fn announce_start(&mut self) {
        if let Some(Err(error)) = self.pid_file.as_mut().map(PidFile::write) {
            self.phase = Phase::Failed(error.to_string());
            return;
        }
        self.board.publish_ready();
        if self.manner != Manner::Handed {
            self.open_control_socket();
        }
        title::show(&[self.title()]);
        self.tell_start();
        self.tell_service_manager(&[NotifyState::Ready, NotifyState::Status(&self.serves())]);
        let settings = self.generations.last().and_then(|generation| generation.settings.clone());
        if let (Some(settings), Some(background)) = (settings, self.background.take()) {
            background.release(&settings, &self.log);
        }
    }

    /// The state of the daemon in a line for people.
    pub(super) fn serves(&self) -> String {
        let addresses: Vec<String> = self.listeners.addresses().map(|address| address.to_string()).collect();
        format!("Generation {} serves at {}", self.serving, addresses.join(", "))
    }

    /// sd_notify(3): where the daemon is in its life, as a unit of Type=notify or notify-reload wants to hear it.
    pub(super) fn tell_service_manager(&self, states: &[NotifyState<'_>]) {
        if let Err(error) = self.service_manager.tell(states) {
            warn!(self.log, "the service manager was not told: {error}");
        }
    }
}
