//! What every generation's processes have from the daemon.

use std::io;
use std::os::fd::OwnedFd;
use std::sync::Arc;

use jiff::tz::TimeZone;

use crate::config::Settings;
use crate::config::settings::LogTarget;
use crate::logging::Channel;
use crate::logging::trace::Orders;
use crate::master::connection::Connection;

/// What the processes of every generation are handed besides their settings.
#[derive(Debug)]
pub struct Common {
    /// Records.
    pub recorder: Arc<Channel>,
    /// "The pool has changed".
    pub taken: OwnedFd,
    /// Local time.
    pub zone: &'static TimeZone,
    /// The daemon has no root to give up.
    pub rootless: bool,
    /// The kernel lets auth open the door to accounts.
    pub has_door: bool,
    /// Lines are shown on stderr besides.
    pub foreground: bool,
    /// What an operator has ordered of the trace.
    pub traced: Orders,
    /// The one client to be served, until its worker is born (ServerType inetd).
    pub connection: Option<Connection>,
}

impl Common {
    /// For workers: where nobody reads SystemLog, their lines are not sent at all.
    pub fn recorder_for(&self, settings: &Settings) -> io::Result<Arc<Channel>> {
        let has_no_other = settings.servers.iter().all(|server| server.server_log.is_none());
        let unread = settings.daemon.system_log == LogTarget::None && !self.foreground && has_no_other;
        let least = if unread { slog::Level::Critical } else { self.recorder.least() };
        Ok(Arc::new(self.recorder.duplicate(least)?))
    }
}
