//! What the operator wrote: text to lines to tree to settings to the view of one session.

use std::path::{Path, PathBuf};

mod arguments;
pub mod complaint;
mod contexts;
pub mod defaults;
pub mod directives;
pub mod directories;
mod draft;
mod interpret;
pub mod limits;
pub mod lines;
pub mod modules;
pub mod policy;
mod patterns;
pub mod settings;
pub mod tree;
pub mod variables;

pub use complaint::Complaint;
pub use directives::directive_names;
pub use modules::module_table;
pub use settings::Settings;

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
    /// PidFile.
    pub pid_file: PathBuf,
    /// ShutdownMessageFile.
    pub shutdown_file: PathBuf,
}

/// Reads a configuration and all it includes.
pub fn load(file: &Path, options: &LoadOptions) -> Loaded {
    let _ = (file, options);
    todo!()
}

/// Only where the runtime files lie. Opens nothing but the configuration, so that anybody who may read that may call it.
pub fn runtime_paths(file: &Path) -> Result<RuntimePaths, Vec<Complaint>> {
    let _ = file;
    todo!()
}
