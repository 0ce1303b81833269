//! What the master itself needs of a generation's settings, be they its own or a master's before it, which it cannot have.

use std::net::SocketAddr;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::config::settings::{Control, Daemon, DaemonTrace};
use crate::master::pool::Bounds;

/// The terms on which a generation serves.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Terms {
    start_workers: u32,
    min_spare: u32,
    max_spare: u32,
    /// Where its clients come in.
    pub listen: Vec<SocketAddr>,
    /// ShutdownTimeout.
    pub shutdown_timeout: Duration,
    /// DrainTimeout.
    pub drain_timeout: Option<Duration>,
    /// ControlsEngine and its kin.
    pub control: Control,
    /// TraceLog and its kin.
    pub trace: DaemonTrace,
}

impl Terms {
    /// Of settings.
    pub fn of(daemon: &Daemon) -> Terms {
        Terms {
            start_workers: daemon.start_workers,
            min_spare: daemon.min_spare,
            max_spare: daemon.max_spare,
            listen: daemon.listen.clone(),
            shutdown_timeout: daemon.shutdown_timeout,
            drain_timeout: daemon.drain_timeout,
            control: daemon.control.clone(),
            trace: daemon.trace.clone(),
        }
    }

    /// The pool's directives.
    pub fn bounds(&self) -> Bounds {
        Bounds { start: self.start_workers, min: self.min_spare, max: self.max_spare }
    }
}
