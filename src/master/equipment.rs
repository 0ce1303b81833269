//! What a master needs of the system for itself: it can be had without touching anything of another's.

use std::path::Path;

use jiff::tz::TimeZone;

use super::{ServiceManager, ShutdownFile, Signals};
use crate::sys::streams;

/// All of it.
pub struct Equipment {
    pub signals: Signals,
    pub shutdown_file: ShutdownFile,
    pub service_manager: ServiceManager,
    /// Local time.
    pub zone: &'static TimeZone,
}

impl Equipment {
    /// With this shutdown file watched.
    pub fn gather(shutdown_file: &Path, zone: TimeZone) -> Result<Equipment, String> {
        let zone: &'static TimeZone = Box::leak(Box::new(zone));
        Ok(Equipment {
            signals: Signals::note().map_err(|error| format!("cannot note signals: {error}"))?,
            shutdown_file: ShutdownFile::watch(shutdown_file, zone)
                .map_err(|error| format!("cannot make the timer of {}: {error}", shutdown_file.display()))?,
            service_manager: ServiceManager::of_environment().unwrap_or_else(|error| {
                // A stale NOTIFY_SOCKET is no reason not to serve.
                streams::complain(&format!("no service manager at NOTIFY_SOCKET: {error}"));
                ServiceManager::default()
            }),
            zone,
        })
    }
}
