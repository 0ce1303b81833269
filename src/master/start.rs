//! Start-up: read and check everything, lock, bind, make the scoreboard, start the processes, wait for the first spares, write the
//! PidFile; only then does the foreground command return.

use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::fs::{DirBuilderExt, PermissionsExt};
use std::path::{Path, PathBuf};
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
use super::generation::Common;
use super::logs::{Logs, Surroundings, own_voice, server_in_lines};
use super::masquerade::Lookout;
use super::pool::Pace;
use super::signals::Signals;
use super::single::{self, Manner};
use super::stop::Phase;
use super::terminal::{self, Background};
use super::upgrade::{self, Upgrade};
use super::watchdog::Watchdog;
use super::workers::Workers;
use super::{Listeners, Master, Options, PidFile, ServiceManager, ShutdownFile, spawn, versions, zone};
use crate::config::settings::LogTarget;
use crate::config::{self, Complaint, Loaded, Settings};
use crate::logging::{self, Facility, Kind, Links, recorder};
use crate::scoreboard::MasterBoard;
use crate::sys::{descriptors, host, identity, poll, streams, title};

/// Slots of a scoreboard whose MaxInstances asks for no more.
const SLOTS: u32 = 16_384;

/// Slots beyond MaxInstances: spares of two generations, and clients that are told 421.
const SLOTS_BEYOND: u32 = 4_096;

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

    /// Takes everything there is to take, in the order in which a second start would touch nothing of the first.
    fn equipped(
        (options, manner, program): (Options, Manner, PathBuf),
        settings: &Settings,
        passed: Passed,
        rootless: bool,
        background: Background,
    ) -> Result<Master, String> {
        let daemon = &settings.daemon;
        make_directories(&daemon.runtime_directories, settings)?;
        let signals = Signals::note().map_err(|error| format!("cannot note signals: {error}"))?;
        let taken = poll::hint()
            .map_err(|error| format!("cannot make the eventfd by which workers are noticed: {error}"))?;
        let has_door = !rootless
            && spawn::probe_door().map_err(|error| {
                format!("cannot fork the child that tries for a door to accounts: {error}")
            })?;
        let zone: &'static TimeZone = Box::leak(Box::new(zone::of(settings)));
        let shutdown_file = ShutdownFile::watch(&daemon.shutdown_file, zone).map_err(|error| {
            format!("cannot make the timer of {}: {error}", daemon.shutdown_file.display())
        })?;
        let service_manager = ServiceManager::of_environment().unwrap_or_else(|error| {
            // A stale NOTIFY_SOCKET is no reason not to serve.
            streams::complain(&format!("no service manager at NOTIFY_SOCKET: {error}"));
            ServiceManager::default()
        });
        let aftermath =
            if manner == Manner::Handed { Aftermath::default() } else { Aftermath::found(daemon) };
        // From here on something is left behind by a start that fails, and taken away again.
        let pid_file = (manner != Manner::Handed)
            .then(|| PidFile::lock(&daemon.pid_file))
            .transpose()
            .map_err(|error| error.to_string())?;
        let mut listeners = Listeners::default();
        let opened = take_over(&mut listeners, passed.listeners, settings)
            .and_then(|()| open_board(&mut listeners, manner, settings))
            .and_then(|board| with_logs(board, start_logs(&options, settings, zone, rootless)));
        let (board, logs) = match opened {
            Ok(opened) => opened,
            Err(why) => return Err(forget(pid_file, why)),
        };
        let recorder = Arc::clone(logs.channel());
        let foreground = is_shown(&options);
        let connection = passed.connection;
        let common = Common { recorder, taken, zone, rootless, has_door, foreground, connection };
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

    /// Another shutdown file than before.
    pub(super) fn watch_shutdown_file(&mut self, path: &Path) {
        match ShutdownFile::watch(path, self.common.zone) {
            Ok(watch) => {
                self.shutdown_file = watch;
                self.look_at_shutdown_file();
                self.tell_if_polled();
            }
            Err(error) => warn!(self.log, "{} is not watched: {error}", path.display()),
        }
    }

    fn tell_if_polled(&self) {
        if self.shutdown_file.is_polled() {
            let path = self.shutdown_file.path().display();
            warn!(self.log, "the folder of {path} cannot be watched: it is looked at every 5 s");
        }
    }
}

/// A start that failed leaves no PidFile that it made.
fn forget(pid_file: Option<PidFile>, why: String) -> String {
    match pid_file.map(PidFile::remove) {
        None | Some(Ok(())) => why,
        Some(Err(error)) => format!("{why} (and its PidFile stays: {error})"),
    }
}

/// A board whose logs cannot be written serves nobody. The reason matters more than a board that may stay behind.
fn with_logs(board: MasterBoard, logs: Result<Logs, String>) -> Result<(MasterBoard, Logs), String> {
    match logs {
        Ok(logs) => Ok((board, logs)),
        Err(why) => {
            let _ = board.remove();
            Err(why)
        }
    }
}

/// What the service manager listens to, and nobody here would serve, is told: clients there wait for nothing.
fn take_over(listeners: &mut Listeners, passed: Vec<OwnedFd>, settings: &Settings) -> Result<(), String> {
    for address in listeners.adopt(passed, &settings.daemon.listen)? {
        streams::complain(&format!(
            "the service manager passed a listener at {address}, where no server of the configuration is: change its unit, or Port and DefaultAddress"
        ));
    }
    Ok(())
}

/// Binds, and only then touches the scoreboard: a port that is taken belongs to a daemon whose board is not ours to replace.
fn open_board(listeners: &mut Listeners, manner: Manner, settings: &Settings) -> Result<MasterBoard, String> {
    let daemon = &settings.daemon;
    if manner == Manner::Handed {
        return single::open_board(daemon);
    }
    listeners.open(&daemon.listen, daemon.backlog).map_err(|error| error.to_string())?;
    let slots = daemon.max_instances.map_or(SLOTS, |most| most.saturating_add(SLOTS_BEYOND).max(SLOTS));
    let board = match &daemon.scoreboard_file {
        Some(path) => MasterBoard::create(path, slots),
        None => MasterBoard::create_private(slots),
    };
    board.map_err(|error| error.to_string())
}

/// Whether stderr is the foreground's log.
pub fn is_shown(options: &Options) -> bool {
    options.foreground && !options.quiet
}

fn start_logs(
    options: &Options,
    settings: &Settings,
    zone: &'static TimeZone,
    rootless: bool,
) -> Result<Logs, String> {
    let daemon = &settings.daemon;
    let foreground = is_shown(options).then(terminal::of_stderr);
    let surroundings = Surroundings {
        host: host::name(),
        server: server_in_lines(settings),
        foreground,
        zone,
        identity: (!rootless).then_some((daemon.uid, daemon.gid)),
    };
    let tells_debug = options.debug > 0 || daemon.tells_debug;
    Logs::start(surroundings, (&daemon.system_log, daemon.log_links), tells_debug)
        .map_err(|error| error.to_string())
}

/// RuntimeDirectory: made before anything else, so that nothing has to be created by hand.
fn make_directories(directories: &[(PathBuf, bool)], settings: &Settings) -> Result<(), String> {
    for (path, is_users) in directories {
        let made = make_directory(path).and_then(|new| {
            if new && *is_users && identity::is_root() {
                let (uid, gid) = (settings.daemon.uid.0, settings.daemon.gid.0);
                return std::os::unix::fs::chown(path, Some(uid), Some(gid));
            }
            Ok(())
        });
        made.map_err(|error| format!("cannot make RuntimeDirectory {}: {error}", path.display()))?;
    }
    Ok(())
}

/// Whether it is new; one that is there keeps its owner and mode.
fn make_directory(path: &Path) -> io::Result<bool> {
    if path.is_dir() {
        return Ok(false);
    }
    std::fs::DirBuilder::new().recursive(true).mode(0o755).create(path)?;
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o755))?;
    Ok(true)
}
