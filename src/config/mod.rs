//! What the operator wrote: text to lines to tree to settings to the view of one session.

use std::path::{Path, PathBuf};

mod access;
mod account_files;
mod addresses;
mod anonymous;
mod arguments;
mod assemble;
pub(crate) mod classes;
mod complaint;
mod conditions;
mod contexts;
mod contradictions;
mod controls;
pub(crate) mod defaults;
mod directives;
mod directories;
mod draft;
pub(crate) mod expressions;
mod extended;
mod facts;
pub mod ftpaccess;
mod globs;
mod hidden_owners;
mod include;
mod inherit;
mod interpret;
mod limits;
mod lines;
pub(crate) mod listings;
mod masquerade;
mod modules;
mod names;
pub(crate) mod origins;
mod outline;
mod patterns;
mod policy;
mod proxies;
mod reference;
mod repeated;
mod roots;
mod servers;
mod sessions;
pub(crate) mod settings;
mod sketch;
mod steadiness;
mod survey;
#[cfg(test)]
mod tests;
mod tiers;
pub(crate) mod transfers;
mod tree;
mod variables;
pub(crate) mod version;

pub use complaint::{Complaint, Place};
pub use directives::{Restart, directive_names};
pub use modules::module_table;
pub use outline::{Statement, statements};
pub use reference::{DirectiveSummary, directive_summaries, reference};
pub use settings::Settings;
pub use sketch::Sketch;
pub use survey::{Standing, Survey, SurveyedLine, survey};

/// What the command line says about the configuration.
#[derive(Clone, Debug, Default)]
pub struct LoadOptions {
    /// `-D NAME[=VALUE]`.
    pub defines: Vec<(String, Option<String>)>,
    /// `-4` (false), `-6` (true): over UseIPv6.
    pub use_ipv6: Option<bool>,
    /// `-S`: the main server's address, over DefaultAddress.
    pub server_address: Option<String>,
    /// Whether two servers at one address and port are an error (not with `-N`).
    pub check_collisions: bool,
    /// `-n` without `-q`: SystemLog's default is stderr, else syslog.
    pub foreground: bool,
    /// Started without root: User and Group mean nothing, ids are the caller's.
    pub rootless: bool,
}

/// What came of reading.
#[derive(Debug)]
pub struct Loaded {
    /// None if any complaint is an error.
    pub settings: Option<Settings>,
    /// Everything there is to say, in the order of reading.
    pub complaints: Vec<Complaint>,
}

/// Where the running daemon's files lie, for the tools.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RuntimePaths {
    /// ScoreboardFile; None with `none` or `off`.
    pub scoreboard_file: Option<PathBuf>,
    /// ScoreboardMutex, where it is said.
    pub scoreboard_mutex: Option<PathBuf>,
    /// PidFile.
    pub pid_file: PathBuf,
    /// ShutdownMessageFile.
    pub shutdown_file: PathBuf,
    /// ControlsSocket; None with ControlsEngine off.
    pub control_socket: Option<PathBuf>,
}

/// Reads a configuration and all it includes.
pub fn load(file: &Path, options: &LoadOptions) -> Loaded {
    let (loaded, tree) = read(file, options);
    let outlined = |settings| Settings { outline: outline::outline(&tree.nodes), ..settings };
    Loaded { settings: loaded.settings.map(outlined), ..loaded }
}

/// The same, with what it was made of, and without an outline of that.
fn read(file: &Path, options: &LoadOptions) -> (Loaded, tree::Tree) {
    let file = absolute_file(file);
    // Nothing more is to be said against a configuration that nobody can read.
    if let Err(unreadable) = readable(&file) {
        return (Loaded { settings: None, complaints: vec![unreadable] }, tree::Tree::default());
    }
    let mut tree = tree::read(&file, &options.defines);
    let mut complaints = std::mem::take(&mut tree.complaints);
    let draft = interpret::interpret(&tree.nodes, &mut complaints);
    interpret::refuse_lost_guards(&tree.skipped, &mut complaints);
    contradictions::tell(&tree.nodes, &mut complaints);
    let settings = assemble::assemble(&file, draft, options, &mut complaints);
    let complaints = complaints.finish();
    let is_sound = !complaints.iter().any(Complaint::is_error);
    (Loaded { settings: is_sound.then_some(settings), complaints }, tree)
}

/// Only where the runtime files lie. Opens nothing but the configuration, so that anybody who may read that may call it; an included
/// file that cannot be read is no obstacle.
pub fn runtime_paths(file: &Path) -> Result<RuntimePaths, Vec<Complaint>> {
    let file = absolute_file(file);
    readable(&file).map_err(|unreadable| vec![unreadable])?;
    let tree = tree::read(&file, &[]);
    let (daemon, complaints) = interpret::daemon_only(&tree.nodes, &PATH_DIRECTIVES);
    if complaints.iter().any(Complaint::is_error) {
        return Err(complaints);
    }
    let pid_file = assemble::pid_file(&daemon);
    Ok(RuntimePaths {
        scoreboard_file: assemble::scoreboard_file(&daemon),
        scoreboard_mutex: daemon.scoreboard_mutex.clone(),
        control_socket: controls::socket(&daemon.control, &pid_file),
        pid_file,
        shutdown_file: assemble::shutdown_file(&daemon),
    })
}

/// Looks first: to open a FIFO would be to wait for its writer.
fn readable(file: &Path) -> Result<(), Complaint> {
    let looked = std::fs::metadata(file).and_then(|metadata| match metadata.is_file() {
        true => std::fs::File::open(file).map(drop),
        false => Err(std::io::Error::other("it is not a plain file")),
    });
    looked.map_err(|error| Complaint::error(None, format!("cannot read {}: {error}", file.display())))
}

/// What [`runtime_paths`] reads.
const PATH_DIRECTIVES: [&str; 6] = [
    "PidFile",
    "ScoreboardFile",
    "ScoreboardMutex",
    "ShutdownMessageFile",
    "ControlsEngine",
    "ControlsSocket",
];

/// A relative file is the start folder's.
fn absolute_file(file: &Path) -> PathBuf {
    match std::path::absolute(file) {
        Ok(path) => arguments::normalised(&path),
        Err(_) => file.to_owned(),
    }
}
