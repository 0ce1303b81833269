//! What a session traces: as much as is configured for it, or as an operator has ordered meanwhile.

use std::net::SocketAddr;

use super::Birth;
use super::peer::Peer;
use super::watch::Watch;
use crate::config::settings::SessionRules;
use crate::logging::Printable;
use crate::logging::trace::{self, Channel, Levels, Orders, Tracer};
use crate::protocol::Reply;

/// A client has come, and these rules hold for it.
pub fn begin(birth: &Birth, (index, rules): (usize, &SessionRules), (peer, local): (Peer, SocketAddr)) {
    trace::tune(rules.trace, orders(birth), |levels| tracer(birth, index, levels, (peer, local)));
    trace::tell(Channel::Config, 5, || {
        let server = birth.settings.servers.get(index).map_or("", |server| &server.name);
        format!("{} has reached {local}: the server '{server}'", peer.address)
    });
}

/// Other rules hold for the session.
pub fn under_rules(watch: &Watch) {
    let index = usize::from(watch.server_index);
    trace::tune(watch.rules.trace, orders(watch.birth), |levels| {
        tracer(watch.birth, index, levels, (watch.peer, watch.local))
    });
}

/// The operator may have ordered something; without a system call, and without a write where he has not.
pub fn heed(watch: &Watch) {
    if trace::is_outdated(orders(watch.birth)) {
        under_rules(watch);
    }
}

/// Each line that a client is answered.
pub fn answered(reply: &Reply) {
    if trace::is_told(Channel::Response, 1) {
        lines_of(reply);
    }
}

#[cold]
#[inline(never)]
fn lines_of(reply: &Reply) {
    let mut written = Vec::new();
    reply.write(&mut written);
    for line in written.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()) {
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        trace::tell(Channel::Response, 1, || Printable(line).to_string());
    }
}

fn orders(birth: &Birth) -> Orders {
    Orders(birth.board.ordered_trace())
}

/// None without TraceLog.
fn tracer(birth: &Birth, index: usize, levels: Levels, (peer, local): (Peer, SocketAddr)) -> Option<Tracer> {
    let log = birth.logs.get(index)?.trace?;
    let options = birth.settings.servers.get(index)?.trace_options;
    let tracer = Tracer::new(birth.recorder, log, (levels, options));
    Some(if options.addresses { tracer.between(peer.address, local) } else { tracer })
}
