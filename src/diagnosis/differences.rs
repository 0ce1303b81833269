//! `--diff`: another configuration beside the one that the running daemon keeps.

use std::fs::File;
use std::io::{self, ErrorKind};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};
use similar::{Algorithm, DiffTag, capture_diff_slices};

use super::{Form, document, trial};
use crate::config::{self, Complaint, Restart, Settings, Statement, defaults};
use crate::master::{Kept, KeptConfiguration, Options};
use crate::sys::{ProcessId, identity, lock};

/// A line that only one of the two has.
struct Change {
    is_new: bool,
    statement: Statement,
    /// What of it a HUP would not bring about.
    restart: Option<Restart>,
}

/// The running daemon's side.
struct Running {
    pid: ProcessId,
    /// Which it holds.
    pid_file: PathBuf,
    generation: u32,
    /// Where it listens.
    addresses: Vec<SocketAddr>,
    statements: Vec<Statement>,
}

/// What differs, and the exit status: 0 if nothing does, 2 if something does. The error says why they cannot be compared.
pub fn differences(options: &Options, pid_file: Option<&Path>, form: Form) -> Result<(String, u8), String> {
    let new = read(options)?;
    let running = Running::found(pid_file, &new.daemon.pid_file)?;
    let statements = config::statements(&new.outline).unwrap_or_default();
    let changes = changes(&running.statements, &statements);
    let obstacles = obstacles(&running, &changes, &new.daemon.listen);
    let text = match form {
        Form::Text => told(&running, &new.daemon.pid_file, &changes, &obstacles),
        Form::Json => document::printed(&whole(&running, &changes, &obstacles)),
    };
    Ok((text, if changes.is_empty() { 0 } else { 2 }))
}

fn read(options: &Options) -> Result<Settings, String> {
    let loaded = config::load(&options.config, &options.load_options(!identity::is_root()));
    loaded.settings.ok_or_else(|| {
        let errors = loaded.complaints.iter().filter(|complaint| complaint.is_error());
        errors.map(Complaint::to_string).collect::<Vec<_>>().join("\nfatal: ")
    })
}

impl Running {
    /// The daemon that holds the PidFile that is named, else the one that the other configuration has, else a usual one.
    fn found(named: Option<&Path>, wanted: &Path) -> Result<Running, String> {
        let places = named.map_or_else(|| places(wanted), |path| vec![path.to_owned()]);
        let held = places.iter().find_map(|path| Some((path, holder(path)?)));
        let (pid_file, pid) = held.ok_or_else(|| nobody(&places))?;
        let kept = KeptConfiguration::read(pid).map_err(|error| unread(pid, &error))?;
        let Kept { generation, addresses, outline } = kept;
        let statements = config::statements(&outline).ok_or_else(|| of_another_version(pid))?;
        Ok(Running { pid, pid_file: pid_file.clone(), generation, addresses, statements })
    }
}

fn holder(pid_file: &Path) -> Option<ProcessId> {
    File::open(pid_file).and_then(lock::holder).ok().flatten()
}

/// Where the PidFile of the daemon may lie: where the other configuration has it, where the usual one does, where one without a word of it does.
fn places(wanted: &Path) -> Vec<PathBuf> {
    let usual = config::runtime_paths(Path::new(defaults::CONFIGURATION)).map(|paths| paths.pid_file);
    let mut places = vec![wanted.to_owned()];
    for place in usual.into_iter().chain([defaults::PID_FILE.into()]) {
        if !places.contains(&place) {
            places.push(place);
        }
    }
    places
}

fn nobody(places: &[PathBuf]) -> String {
    let named: Vec<String> = places.iter().map(|path| path.display().to_string()).collect();
    format!(
        "no daemon runs with PidFile {}: there is nothing to compare with (--pid-file names another)",
        named.join(" or ")
    )
}

fn of_another_version(pid: ProcessId) -> String {
    format!("what process {pid} keeps is not this version's: restart it first")
}

fn unread(pid: ProcessId, error: &io::Error) -> String {
    match error.kind() {
        ErrorKind::PermissionDenied => format!("the configuration of process {pid} is shown to root alone"),
        ErrorKind::NotFound => format!("process {pid} keeps no configuration: another version runs there"),
        ErrorKind::InvalidData => of_another_version(pid),
        _ => format!("cannot read the configuration of process {pid}: {error}"),
    }
}

fn changes(old: &[Statement], new: &[Statement]) -> Vec<Change> {
    fn meanings(all: &[Statement]) -> Vec<(&[String], &str)> {
        all.iter().map(Statement::meaning).collect()
    }
    let change = |is_new| {
        move |statement: &Statement| Change {
            is_new,
            restart: statement.restart(),
            statement: statement.clone(),
        }
    };
    let mut changes = Vec::new();
    for part in capture_diff_slices(Algorithm::Patience, &meanings(old), &meanings(new)) {
        if part.tag() != DiffTag::Equal {
            changes.extend(old[part.old_range()].iter().map(change(false)));
            changes.extend(new[part.new_range()].iter().map(change(true)));
        }
    }
    changes
}

fn moved(held: &Path, wanted: &Path) -> String {
    let (held, wanted) = (held.display(), wanted.display());
    format!("The running daemon was found by PidFile {held}; a HUP moves that to {wanted}.\n")
}

/// Why a HUP would be refused.
fn obstacles(running: &Running, changes: &[Change], wanted: &[SocketAddr]) -> Vec<String> {
    let refused = changes.iter().filter_map(|Change { is_new, statement, restart }| match restart {
        Some(Restart::IsRefused(words)) if *is_new => Some(format!("{}: {words}", statement.text)),
        _ => None,
    });
    let new = wanted.iter().filter(|address| !running.addresses.contains(address));
    refused.chain(new.filter_map(|address| unbound(running, *address))).collect()
}

/// Addresses that are new are opened before the old ones are closed.
fn unbound(running: &Running, wanted: SocketAddr) -> Option<String> {
    let error = trial::unbindable(wanted)?;
    let overlaps = |open: &&SocketAddr| {
        (open.port(), open.is_ipv4()) == (wanted.port(), wanted.is_ipv4())
            && (open.ip().is_unspecified() || wanted.ip().is_unspecified())
    };
    Some(match running.addresses.iter().find(overlaps) {
        Some(open) => format!("{wanted} cannot be opened beside {open}, which a restart closes first"),
        None => error.to_string(),
    })
}

fn told(running: &Running, wanted: &Path, changes: &[Change], obstacles: &[String]) -> String {
    let Running { pid, pid_file, generation, .. } = running;
    let mut text = if pid_file == wanted { String::new() } else { moved(pid_file, wanted) };
    text += &changes.iter().map(line).collect::<String>();
    text += &match changes.len() {
        0 => format!("Nothing differs from what process {pid} runs by (generation {generation}).\n"),
        1 => format!("1 line differs from what process {pid} runs by (generation {generation}).\n"),
        many => format!("{many} lines differ from what process {pid} runs by (generation {generation}).\n"),
    };
    if !obstacles.is_empty() {
        text += "A HUP would be refused and nothing would change; a restart brings them about:\n";
        text += &obstacles.iter().map(|why| format!("      {why}\n")).collect::<String>();
    } else if !changes.is_empty() {
        text += match changes.iter().any(|change| change.restart.is_some()) {
            true => "A HUP brings about the others, for new sessions.\n",
            false => "A HUP brings them about, for new sessions.\n",
        };
    }
    text
}

fn line(change: &Change) -> String {
    let Change { is_new, statement, restart } = change;
    let sign = if *is_new { '+' } else { '-' };
    let around = statement.within.iter().fold(String::new(), |text, section| text + section + " ");
    let mut text = format!("{sign} {around}{}    ({}:{})\n", statement.text, statement.file, statement.line);
    if let Some(what) = restart {
        text += &format!("      wants a restart: {}\n", what.words());
    }
    text
}

fn whole(running: &Running, changes: &[Change], obstacles: &[String]) -> Value {
    let change = |change: &Change| {
        let statement = &change.statement;
        json!({
            "change": if change.is_new { "added" } else { "removed" },
            "file": statement.file,
            "line": statement.line,
            "within": statement.within,
            "directive": statement.directive,
            "text": statement.text,
            "restart": change.restart.map(Restart::words),
        })
    };
    json!({
        "pid": running.pid.0,
        "pid_file": running.pid_file.to_string_lossy(),
        "generation": running.generation,
        "changes": changes.iter().map(change).collect::<Vec<Value>>(),
        "refused": obstacles,
    })
}
