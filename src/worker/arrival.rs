//! Whether a client that has just connected may stay: MaxInstances, and the limits on connections.

use std::time::Instant;

use super::Birth;
use super::accept::{self, Client};
use super::greeting::logger;
use super::inquiry;
use super::refusals;
use super::watch::unavailable;
use crate::auth::ANSWER_DEADLINE;
use crate::auth::places::LimitKind;
use crate::auth::wire::{Answer, Request};
use crate::config::settings::SessionRules;
use crate::logging::Cause;
use crate::protocol::Reply;
use crate::scoreboard::ReasonCode;

/// A client that is turned away before anything is read of it; the log has its line.
#[derive(Debug)]
pub struct Turned {
    /// Why.
    pub reason: ReasonCode,
    /// What it is told; None closes without a word.
    pub reply: Option<Reply>,
}

/// What sends a client away that is one too many.
pub fn refusal(birth: &Birth, (index, rules): (usize, &SessionRules), client: &Client) -> Option<Turned> {
    if !must_ask(birth, rules) {
        return None;
    }
    // The answer may take a while: the pool should have been refilled by then.
    accept::give_hint(birth);
    let server_index = u16::try_from(index).unwrap_or(u16::MAX);
    let request = Request::Connection { server: server_index, peer: client.peer.ip() };
    match inquiry::ask_before(birth, &request, Instant::now() + ANSWER_DEADLINE) {
        Some(Answer::Serve) => None,
        Some(Answer::Full(kind, most)) => Some(one_too_many(birth, (index, rules), client, (kind, most))),
        _ => {
            let log = logger(birth, index, client.local, client.peer);
            let reason = ReasonCode::Service;
            slog::error!(log, "auth gave no answer, connection refused"; Cause::from(reason));
            Some(Turned { reason, reply: Some(unavailable(reason)) })
        }
    }
}

/// The master grants an instance in advance while there is room; what goes by where and when a client comes, it cannot.
fn must_ask(birth: &Birth, rules: &SessionRules) -> bool {
    !birth.board.may_serve(birth.slot)
        || rules.max_connections_per_host.most.is_some()
        || birth.settings.daemon.max_connection_rate.is_some()
}

fn one_too_many(
    birth: &Birth,
    (index, rules): (usize, &SessionRules),
    client: &Client,
    (kind, most): (LimitKind, u32),
) -> Turned {
    let log = logger(birth, index, client.local, client.peer);
    let daemon = &birth.settings.daemon;
    let reason = kind.reason();
    let cause = Cause::from(reason);
    let reply = match kind {
        LimitKind::ConnectionsPerHost => {
            slog::warn!(log, "Connection refused (MaxConnectionsPerHost {most})"; cause);
            Some(refusals::too_many_connections(&rules.max_connections_per_host, most))
        }
        LimitKind::ConnectionRate => {
            let seconds = daemon.max_connection_rate.map_or(1, |rate| rate.seconds);
            slog::warn!(log, "MaxConnectionRate ({most}/{seconds} secs) reached, new connection denied"; cause);
            None
        }
        _ => {
            slog::warn!(log, "MaxInstances ({most}) reached, new connection denied"; cause);
            daemon.max_instances_reply.then(|| unavailable(reason))
        }
    };
    Turned { reason, reply }
}
