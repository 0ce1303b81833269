//! What a start takes into its hands, and gives back when it fails: PidFile, listeners, scoreboard, logs; in the order in which a
//! second start would touch nothing of the first.

use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::fs::{DirBuilderExt, PermissionsExt};
use std::path::{Path, PathBuf};

use jiff::tz::TimeZone;

use super::logs::{Logs, Surroundings, server_in_lines};
use super::single::{self, Manner};
use super::start::is_shown;
use super::{Listeners, Options, PidFile, terminal};
use crate::config::Settings;
use crate::scoreboard::MasterBoard;
use crate::sys::{host, identity, streams};

/// Slots of a scoreboard whose MaxInstances asks for no more.
const SLOTS: u32 = 16_384;

/// Slots beyond MaxInstances: spares of two generations, and clients that are told 421.
const SLOTS_BEYOND: u32 = 4_096;

/// All of it.
pub struct Holdings {
    /// None where nobody is to send signals by it.
    pub pid_file: Option<PidFile>,
    pub listeners: Listeners,
    pub board: MasterBoard,
    pub logs: Logs,
}

impl Holdings {
    /// Takes it, with the sockets that a service manager has passed.
    pub fn take(
        (options, manner): (&Options, Manner),
        settings: &Settings,
        passed: Vec<OwnedFd>,
        zone: &'static TimeZone,
    ) -> Result<Holdings, String> {
        let pid_file = (manner != Manner::Handed)
            .then(|| PidFile::lock(&settings.daemon.pid_file))
            .transpose()
            .map_err(|error| error.to_string())?;
        let mut listeners = Listeners::default();
        let opened = take_over(&mut listeners, passed, settings)
            .and_then(|()| open_board(&mut listeners, manner, settings))
            .and_then(|board| with_logs(board, start_logs(options, settings, zone)));
        match opened {
            Ok((board, logs)) => Ok(Holdings { pid_file, listeners, board, logs }),
            Err(why) => Err(forget(pid_file, why)),
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

fn start_logs(options: &Options, settings: &Settings, zone: &'static TimeZone) -> Result<Logs, String> {
    let daemon = &settings.daemon;
    let foreground = is_shown(options).then(terminal::of_stderr);
    let surroundings = Surroundings {
        host: host::name(),
        server: server_in_lines(settings),
        foreground,
        zone,
        identity: identity::is_root().then_some((daemon.uid, daemon.gid)),
    };
    let tells_debug = options.debug > 0 || daemon.tells_debug;
    Logs::start(surroundings, (&daemon.system_log, daemon.log_links), tells_debug)
        .map_err(|error| error.to_string())
}

/// RuntimeDirectory: made before anything else, so that nothing has to be created by hand.
pub fn make_directories(directories: &[(PathBuf, bool)], settings: &Settings) -> Result<(), String> {
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
