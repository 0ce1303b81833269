//! The log files, and the recorder that writes them. The master opens each by its path, as root, and hands the descriptor over by
//! number; a number names one path for life.

mod handover;
mod opening;

use std::collections::BTreeSet;
use std::fmt;
use std::io;
use std::net::SocketAddr;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use jiff::tz::TimeZone;

use super::spawn;
use crate::config::settings::{Daemon, LogTarget, Server, Settings};
use crate::logging::control::Control;
use crate::logging::recorder::{self, Foreground};
use crate::logging::{
    Channel, Ends, Kind, Links, LogFileError, LogNumber, ServerLogs, Sorting, Speaker, Voice,
};
use crate::sys::{GroupId, ProcessId, UserId, host, signals};
use opening::Opening;

pub use handover::HandedLogs;

/// How long the master waits at its end for the last lines to be written.
const LAST_LINES: Duration = Duration::from_secs(2);

/// A recorder that dies sooner than this is started again only after [`PAUSE`]: records wait meanwhile, and should not be many.
const SHORT_LIFE: Duration = Duration::from_secs(1);
const PAUSE: Duration = Duration::from_millis(50);

/// Why there are no logs.
#[derive(Debug)]
pub enum LogsError {
    /// A file cannot be opened.
    File(LogFileError),
    /// The recorder cannot be made or told.
    Recorder(io::Error),
}

impl fmt::Display for LogsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            LogsError::File(error) => error.fmt(f),
            LogsError::Recorder(error) => write!(f, "recorder: {error}"),
        }
    }
}

/// What stays the same for every recorder of this master.
#[derive(Clone, Debug)]
pub struct Surroundings {
    /// This host's name.
    pub host: String,
    /// In the recorder's own lines, see [`server_in_lines`].
    pub server: String,
    /// With -n.
    pub foreground: Option<Foreground>,
    /// Of the logs' times.
    pub zone: &'static TimeZone,
    /// Whom the recorder becomes.
    pub identity: Option<(UserId, GroupId)>,
}

#[derive(Debug)]
struct Log {
    number: LogNumber,
    kind: Kind,
    path: PathBuf,
    links: Links,
    /// Generations whose sessions may write to it.
    used_by: BTreeSet<u32>,
}

/// SystemLog, opened and not yet written to.
#[derive(Debug)]
pub struct SystemLog {
    target: LogTarget,
    links: Links,
    file: Option<OwnedFd>,
}

impl SystemLog {
    /// Opens it; there is nothing to open where it is `none`, the syslog, or stderr (which is the foreground's).
    pub fn open(target: &LogTarget, links: Links) -> Result<SystemLog, LogsError> {
        let file = match target {
            LogTarget::None | LogTarget::Stderr | LogTarget::Syslog(_) => None,
            LogTarget::File(path) => opened(path, Kind::Line, links)?,
        };
        Ok(SystemLog { target: target.clone(), links, file })
    }
}

/// All of it.
#[derive(Debug)]
pub struct Logs {
    surroundings: Surroundings,
    channel: Arc<Channel>,
    ends: Ends,
    control: Control,
    recorder: ProcessId,
    born: Instant,
    /// When a recorder that has ended is started again.
    pub respawn_at: Option<Instant>,
    system: (LogTarget, Links),
    fault_log: Option<OwnedFd>,
    logs: Vec<Log>,
    /// TraceLog, ControlsLog: those that nobody has been told of yet.
    unopened: Vec<LogsError>,
    next: u16,
}

impl Logs {
    /// Starts the recorder with SystemLog open.
    pub fn start(
        surroundings: Surroundings,
        (system, links): (&LogTarget, Links),
        debug: bool,
    ) -> Result<Logs, LogsError> {
        let (channel, ends) = Channel::pair().map_err(LogsError::Recorder)?;
        let channel = if debug { channel.with_least(slog::Level::Debug) } else { channel };
        let (control, recorder) = start_recorder(&surroundings, &ends).map_err(LogsError::Recorder)?;
        let mut logs = Logs {
            surroundings,
            channel: Arc::new(channel),
            ends,
            control,
            recorder,
            born: Instant::now(),
            respawn_at: None,
            system: (LogTarget::None, Links::Refused),
            fault_log: None,
            logs: Vec::new(),
            unopened: Vec::new(),
            next: LogNumber::SYSTEM.0 + 1,
        };
        logs.use_system(SystemLog::open(system, links)?).map_err(LogsError::Recorder)?;
        logs.control.begin().map_err(LogsError::Recorder)?;
        Ok(logs)
    }

    /// What everybody writes through.
    pub fn channel(&self) -> &Arc<Channel> {
        &self.channel
    }

    /// How master, auth and recorder call the server in their lines.
    pub fn server(&self) -> &str {
        &self.surroundings.server
    }

    /// The recorder, for the reap.
    pub fn recorder(&self) -> ProcessId {
        self.recorder
    }

    /// Opens what a generation writes to, by server; what is open already keeps its number.
    pub fn prepare(&mut self, settings: &Settings, generation: u32) -> Result<Vec<ServerLogs>, LogsError> {
        let daemon = &settings.daemon;
        let facility = daemon.syslog_facility;
        let trace = daemon.trace.log.as_deref().and_then(|path| self.open_apart(path, daemon, generation));
        daemon.control.log.as_deref().and_then(|path| self.open_apart(path, daemon, generation));
        let of_server = |server: &Server| {
            let links = server.log_links;
            let opened = Opening { logs: self, generation, facility, links }.of_server(server)?;
            Ok(ServerLogs { trace, ..opened })
        };
        settings.servers.iter().map(of_server).collect()
    }

    /// TraceLog, ControlsLog: the daemon serves without them, and says so.
    fn open_apart(&mut self, path: &Path, daemon: &Daemon, generation: u32) -> Option<LogNumber> {
        let opened = self.number_for((path, Kind::Line, daemon.log_links), generation);
        opened.map_err(|error| self.unopened.push(error)).ok()
    }

    /// What could be spared and could not be opened, since the last question.
    pub fn take_unopened(&mut self) -> Vec<LogsError> {
        std::mem::take(&mut self.unopened)
    }

    /// The number of a log of lines, if it is open.
    pub fn number_of(&self, path: &Path) -> Option<LogNumber> {
        let found = self.logs.iter().find(|log| log.path == *path && log.kind == Kind::Line);
        found.map(|log| log.number)
    }

    fn number_for(
        &mut self,
        (path, kind, links): (&Path, Kind, Links),
        generation: u32,
    ) -> Result<LogNumber, LogsError> {
        if let Some(log) = self.logs.iter_mut().find(|log| log.path == *path && log.kind == kind) {
            log.used_by.insert(generation);
            return Ok(log.number);
        }
        let file = opened(path, kind, links)?;
        let number = LogNumber(self.next);
        self.next = self
            .next
            .checked_add(1)
            .ok_or_else(|| LogsError::Recorder(io::Error::other("out of numbers")))?;
        let file = file.as_ref().map(AsFd::as_fd);
        self.control.open(number, kind, path, file).map_err(LogsError::Recorder)?;
        let used_by = BTreeSet::from([generation]);
        self.logs.push(Log { number, kind, path: path.to_owned(), links, used_by });
        Ok(number)
    }

    /// The generation will write no more: what nobody else uses is closed.
    pub fn release(&mut self, generation: u32) {
        for log in &mut self.logs {
            log.used_by.remove(&generation);
        }
        for log in self.logs.extract_if(.., |log| log.used_by.is_empty()) {
            // A recorder that is dying loses the note, and its successor is not told of this number.
            let _ = self.control.close(log.number);
        }
    }

    /// From now on this is SystemLog.
    pub fn use_system(&mut self, system: SystemLog) -> io::Result<()> {
        let file = system.file.as_ref().map(AsFd::as_fd);
        match &system.target {
            LogTarget::File(path) => self.control.open(LogNumber::SYSTEM, Kind::Line, path, file)?,
            LogTarget::Syslog(facility) => {
                let sorting = Sorting { facility: *facility, severity: None };
                self.control.open(LogNumber::SYSTEM, Kind::Syslog(sorting), Path::new(""), None)?;
            }
            _ if self.system.0 != system.target => self.control.close(LogNumber::SYSTEM)?,
            _ => {}
        }
        self.system = (system.target, system.links);
        self.keep_for_a_fault(system.file)
    }

    /// Where a fault of the master's leaves its line: the file of SystemLog, else stderr.
    fn keep_for_a_fault(&mut self, file: Option<OwnedFd>) -> io::Result<()> {
        let stderr = io::stderr();
        let log = file.as_ref().map_or(stderr.as_fd(), AsFd::as_fd);
        signals::announce_faults(log)?;
        self.fault_log = file;
        Ok(())
    }

    /// USR1, HUP: every file is opened anew by its path. Gives what could not be; those go on into the old file.
    pub fn reopen(&mut self) -> Vec<LogsError> {
        let system = self.reopen_system().err();
        let others = self.logs.iter().filter_map(|log| self.reopen_one(log).err());
        system.into_iter().chain(others).collect()
    }

    fn reopen_system(&mut self) -> Result<(), LogsError> {
        let Some(file) = SystemLog::open(&self.system.0, self.system.1)?.file else { return Ok(()) };
        self.control.reopened(LogNumber::SYSTEM, file.as_fd()).map_err(LogsError::Recorder)?;
        self.keep_for_a_fault(Some(file)).map_err(LogsError::Recorder)
    }

    fn reopen_one(&self, log: &Log) -> Result<(), LogsError> {
        let Some(file) = opened(&log.path, log.kind, log.links)? else { return Ok(()) };
        self.control.reopened(log.number, file.as_fd()).map_err(LogsError::Recorder)
    }

    /// The recorder has ended: another takes its place at once, or a moment later if it died young.
    pub fn lost_recorder(&mut self) {
        let now = Instant::now();
        let is_young = now.duration_since(self.born) < SHORT_LIFE;
        self.respawn_at = Some(if is_young { now + PAUSE } else { now });
    }

    /// Another recorder is started and handed all live numbers. One that cannot be made is tried again a moment later.
    pub fn restart(&mut self) -> Result<(), LogsError> {
        self.born = Instant::now();
        self.respawn_at = Some(self.born + PAUSE);
        let (control, recorder) =
            start_recorder(&self.surroundings, &self.ends).map_err(LogsError::Recorder)?;
        self.respawn_at = None;
        self.control = control;
        self.recorder = recorder;
        let system = SystemLog::open(&self.system.0, self.system.1)
            .and_then(|system| self.use_system(system).map_err(LogsError::Recorder));
        // One that cannot be opened does not keep the others closed.
        let handed = self.logs.iter().map(|log| self.tell_of(log)).fold(system, Result::and);
        handed.and(self.control.begin().map_err(LogsError::Recorder))
    }

    fn tell_of(&self, log: &Log) -> Result<(), LogsError> {
        let file = opened(&log.path, log.kind, log.links)?;
        let file = file.as_ref().map(AsFd::as_fd);
        self.control.open(log.number, log.kind, &log.path, file).map_err(LogsError::Recorder)
    }

    /// The daemon's end: what was sent is written.
    pub fn stop(&self) -> io::Result<()> {
        self.control.stop(LAST_LINES)
    }
}

/// The file of a log; syslog has none.
fn opened(path: &Path, kind: Kind, links: Links) -> Result<Option<OwnedFd>, LogsError> {
    match kind {
        Kind::Syslog(_) => Ok(None),
        Kind::Line | Kind::Raw => crate::logging::open(path, kind, links).map(Some).map_err(LogsError::File),
    }
}

/// How master and auth speak in SystemLog.
pub fn own_voice(settings: &Settings) -> Voice {
    let main = settings.servers.first();
    let options = main.map(|server| server.log_options).unwrap_or_default();
    let origin = if options.virtual_host { server_in_lines(settings) } else { String::new() };
    Voice {
        least: main.map_or(slog::Level::Trace, |server| server.least_level),
        style: options.style(Speaker::Daemon),
        ..Voice::usual(&origin)
    }
}

/// SERVER in the lines of master, auth and recorder: the main server's address, or the host's name when it listens on all of
/// them. One word, as ProFTPD writes it and monitors expect; a ServerName may have blanks.
pub fn server_in_lines(settings: &Settings) -> String {
    let first = settings.servers.first().and_then(|server| server.listen.first());
    match first.map(SocketAddr::ip) {
        Some(address) if !address.is_unspecified() => address.to_string(),
        _ => host::name(),
    }
}

fn start_recorder(surroundings: &Surroundings, ends: &Ends) -> io::Result<(Control, ProcessId)> {
    let (control, theirs) = Control::pair()?;
    let inheritance = recorder::Inheritance {
        ends: ends.try_clone()?,
        control: theirs,
        host: surroundings.host.clone(),
        server: surroundings.server.clone(),
        foreground: surroundings.foreground,
        zone: surroundings.zone,
        identity: surroundings.identity,
    };
    let recorder = spawn::server(
        "proftpd: (recorder)",
        inheritance,
        surroundings.foreground.is_some(),
        descriptors_of,
        recorder::serve,
    )?;
    Ok((control, recorder))
}

fn descriptors_of(inheritance: &recorder::Inheritance) -> Vec<BorrowedFd<'_>> {
    inheritance.ends.descriptors().into_iter().chain([inheritance.control.as_fd()]).collect()
}
