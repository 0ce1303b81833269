//! ControlsLog: who has come to the control socket, what was asked for and what was answered, line by line as mod_ctrls has it. People
//! and groups are numbers: the master asks no name service.

use std::fmt;
use std::sync::Arc;

use slog::{Logger, info};

use super::ClientId;
use crate::control::Reply;
use crate::logging::trace::{self, Channel};
use crate::logging::{self, Style, Voice};
use crate::master::Master;
use crate::sys::socket::LocalPeer;

/// Lines of one answer that are written down; a dumped configuration may have thousands.
const LINES_MOST: usize = 100;

impl Master {
    /// Somebody is answered, and what with is written down.
    pub(super) fn answer_control(&mut self, id: ClientId, reply: &Reply) {
        if let Some(peer) = self.control.client(id).map(|client| client.peer.clone()) {
            trace::tell(Channel::Ctrls, 5, || {
                format!("{} hears: {} ({} lines)", Named(&peer), reply.outcome.name(), reply.said.len())
            });
            self.record_answer(&peer, reply);
        }
        self.control.answer(id, reply);
    }

    fn record_answer(&self, peer: &LocalPeer, reply: &Reply) {
        let (Some(log), peer) = (self.controls_log(), Named(peer)) else { return };
        info!(log, "sent to {peer}: return value: {}", reply.outcome.status());
        for line in reply.said.iter().take(LINES_MOST) {
            info!(log, "sent to {peer}: '{line}'");
        }
        if reply.said.len() > LINES_MOST {
            info!(log, "sent to {peer}: {} lines in all", reply.said.len());
        }
    }

    /// Somebody has connected.
    pub(super) fn record_arrival(&self, peer: &LocalPeer) {
        if let Some(log) = self.controls_log() {
            info!(log, "accepted connection from {}", Named(peer));
        }
    }

    /// Somebody has asked.
    pub(super) fn record_question(&self, peer: &LocalPeer, words: &str) {
        trace::tell(Channel::Ctrls, 1, || format!("{} asks: {words}", Named(peer)));
        if let Some(log) = self.controls_log() {
            info!(log, "recvd from {}: '{words}'", Named(peer));
        }
    }

    fn controls_log(&self) -> Option<Logger> {
        let number = self.logs.number_of(&self.control_settings()?.log?)?;
        let voice = Voice { log: Some(number), style: Style::CONTROLS, ..Voice::usual("") };
        Some(logging::logger(Arc::clone(self.logs.channel()), voice))
    }
}

/// Who it is, by the kernel's word.
struct Named<'a>(&'a LocalPeer);

impl fmt::Display for Named<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let LocalPeer { uid, groups, pid } = self.0;
        let gid = groups.first().map_or(uid.0, |gid| gid.0);
        write!(f, "{}/{gid} client (pid {pid})", uid.0)
    }
}
