//! Names that MasqueradeAddress gives may come to mean another address: a child of the master asks for them from time to time, and when
//! one has changed the configuration is read again, as by HUP.

use std::rc::Rc;
use std::time::Instant;

use slog::{info, warn};

use super::{Master, spawn};
use crate::sys::ProcessId;
use crate::sys::process::Ending;

/// Exit status of a child that found another address.
const CHANGED: u8 = 3;

/// When names are asked for again, and who does.
#[derive(Debug, Default)]
pub struct Lookout {
    /// When the next child is sent.
    pub due: Option<Instant>,
    child: Option<ProcessId>,
}

impl Master {
    /// Another generation serves: its names were asked for when it was read.
    pub(super) fn expect_other_addresses(&mut self, now: Instant) {
        let serving = self.serving;
        let hold =
            self.generation(serving).and_then(|generation| generation.settings.as_ref()?.masquerades_hold());
        self.lookout.due = hold.map(|hold| now + hold);
    }

    /// Sends a child, which the master does not wait for; one that the name service holds up is not given company.
    pub(super) fn look_for_other_addresses(&mut self, now: Instant) {
        if self.lookout.due.take_if(|due| *due <= now).is_none() {
            return;
        }
        self.expect_other_addresses(now);
        let serving = self.serving;
        let settings = self.generation(serving).and_then(|generation| generation.settings.clone());
        let (None, Some(settings)) = (self.lookout.child, settings) else { return };
        let look = |settings: Rc<crate::config::Settings>| match settings.masquerades_have_changed() {
            true => CHANGED,
            false => 0,
        };
        match spawn::server("proftpd: (resolver)", settings, false, |_| Vec::new(), look) {
            Ok(child) => self.lookout.child = Some(child),
            Err(error) => warn!(self.log, "cannot ask for the addresses of MasqueradeAddress: {error}"),
        }
    }

    /// Whether the process that ended was that child; what it found is acted upon.
    pub(super) fn heard_lookout(&mut self, pid: ProcessId, ending: Ending) -> bool {
        if self.lookout.child.take_if(|child| *child == pid).is_none() {
            return false;
        }
        if ending == Ending::Exited(CHANGED.into()) {
            info!(
                self.log,
                "a name in MasqueradeAddress has another address, the configuration is read again"
            );
            self.reload();
        }
        true
    }
}
