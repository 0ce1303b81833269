//! The shutdown file's orders: read by the master alone, told to people, published for the workers.

use std::path::Path;

use sd_notify::NotifyState;
use slog::{info, warn};

use super::Master;
use super::shutdown_file::{Finding, ShutdownFile};
use crate::shutmsg::{self, Schedule};

impl Master {
    /// Reads it where it has changed, and publishes what it orders.
    pub(super) fn look_at_shutdown_file(&mut self) {
        let path = self.shutdown_file.path().display().to_string();
        match self.shutdown_file.look() {
            Finding::Same => return,
            Finding::Ordered(schedule) => {
                self.tell_schedule(&path, &schedule);
                self.board.publish_schedule(Some(&schedule));
            }
            Finding::Lifted => {
                info!(self.log, "{path} removed: service goes on");
                self.tell_service_manager(&[NotifyState::Status(&self.serves())]);
                self.board.publish_schedule(None);
            }
            Finding::Ignored(why) => {
                warn!(
                    self.log,
                    "{path} ignored, nobody is refused: {why}; write it with ftpshut, or remove it"
                );
                self.board.publish_schedule(None);
            }
        }
        self.ring_all();
    }

    fn tell_schedule(&self, path: &str, schedule: &Schedule) {
        let told = |moment| shutmsg::moment(moment, self.common.zone);
        let [shutdown, deny, disconnect] = [schedule.shutdown, schedule.deny, schedule.disconnect].map(told);
        let of_server = match schedule.server.as_slice() {
            [] => String::new(),
            name => format!(" of the server '{}'", String::from_utf8_lossy(name)),
        };
        info!(
            self.log,
            "{path}: shutdown{of_server} at {shutdown}, new connections refused from {deny}, sessions disconnected at {disconnect}"
        );
        match schedule.expires {
            Some(expires) => info!(self.log, "{path}: clients are served again from {}", told(expires)),
            None => warn!(
                self.log,
                "{path} never expires: from {deny} on every client is refused until it is removed (ftpshut --cancel)"
            ),
        }
        self.tell_service_manager(&[NotifyState::Status(&format!(
            "{path}: shutdown{of_server} at {shutdown}"
        ))]);
    }

    /// From now on clients are refused, or sessions are disconnected, or clients are served again.
    pub(super) fn moment_came(&mut self) {
        self.shutdown_file.moment_came();
        info!(self.log, "a moment of {} has come", self.shutdown_file.path().display());
        self.look_at_shutdown_file();
        self.ring_all();
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

    /// Where the kernel does not tell of changes, whoever waits for one should know.
    pub(super) fn tell_if_polled(&self) {
        if self.shutdown_file.is_polled() {
            let path = self.shutdown_file.path().display();
            warn!(self.log, "the folder of {path} cannot be watched: it is looked at every 5 s");
        }
    }
}
