//! What the command line says of a daemon, be it started, tested or asked about.

use std::net::IpAddr;
use std::path::PathBuf;

use crate::config::LoadOptions;

/// What holds for a start, a test and a version report alike.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Options {
    /// `-c`, else the built-in place; absolute.
    pub config: PathBuf,
    /// `-n`.
    pub foreground: bool,
    /// `-X`: the first client is the last.
    pub serves_one: bool,
    /// `-q`.
    pub quiet: bool,
    /// `-d`, 0 to 10.
    pub debug: u8,
    /// `-D`, in the order given: a name and its value, if it has one.
    pub defines: Vec<(String, Option<String>)>,
    /// `-S`: the main server's address, in place of the host name's.
    pub server_address: Option<IpAddr>,
    /// `-4` is false, `-6` true; None leaves it to the configuration.
    pub use_ipv6: Option<bool>,
    /// False with `-N`: two virtual hosts may share an address and port.
    pub check_collisions: bool,
}

impl Options {
    /// What of it holds for the reading of the configuration.
    pub fn load_options(&self, rootless: bool) -> LoadOptions {
        LoadOptions {
            defines: self.defines.clone(),
            use_ipv6: self.use_ipv6,
            server_address: self.server_address.map(|address| address.to_string()),
            check_collisions: self.check_collisions,
            foreground: self.foreground && !self.quiet,
            rootless,
        }
    }
}
