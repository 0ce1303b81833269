//! Which virtual host a client has reached: by the address and port of its own connection, and by name where it says HOST.

use std::borrow::Borrow;
use std::net::SocketAddr;
use std::path::Path;

use super::Birth;
use crate::config::Settings;
use crate::config::settings::{DirectoryRules, Rule, Server, ServerType, Subject};

/// The server that listens on exactly this address; else on this port of every address; else the DefaultServer. Where others listen,
/// they alone know the port: else the server of the address at any port, and the first of all.
pub fn choose(settings: &Settings, local: SocketAddr) -> Option<usize> {
    let servers = &settings.servers;
    by_address_and_port(servers, local).or_else(|| match settings.daemon.server_type {
        ServerType::Standalone => None,
        ServerType::Inetd => {
            let has_address = |server: &Server| server.listen.iter().any(|at| at.ip() == local.ip());
            servers.iter().position(has_address).or((!servers.is_empty()).then_some(0))
        }
    })
}

fn by_address_and_port(servers: &[Server], local: SocketAddr) -> Option<usize> {
    let exact = |server: &Server| server.listen.contains(&local);
    let wildcard = |server: &Server| {
        server.listen.iter().any(|at| at.port() == local.port() && at.ip().is_unspecified())
    };
    servers
        .iter()
        .position(exact)
        .or_else(|| servers.iter().position(|server| server.is_default && wildcard(server)))
        .or_else(|| servers.iter().position(wildcard))
        .or_else(|| servers.iter().position(|server| server.is_default))
}

/// The server of that name (ServerAlias) which the client's address and port lead to as well, and where somebody may log in.
pub fn named(
    settings: &'static Settings,
    (local, stranger): (SocketAddr, &Subject),
    name: &str,
) -> Option<(u16, &'static Server)> {
    let is_reached =
        |at: &SocketAddr| *at == local || (at.port() == local.port() && at.ip().is_unspecified());
    let is_meant = |server: &Server| {
        server.aliases.iter().any(|alias| alias.is_match(name.as_bytes()))
            && server.listen.iter().any(is_reached)
            && may_log_in(server, stranger)
    };
    let index = settings.servers.iter().position(is_meant)?;
    Some((u16::try_from(index).ok()?, settings.servers.get(index)?))
}

/// Whether the operator has taken a server down; what is said is said of the serving generation's servers.
pub fn is_down(birth: &Birth, index: usize) -> bool {
    birth.board.is_down(index) && birth.board.generation() == birth.generation
}

/// `<Limit LOGIN>` of the server and of its anonymous sections: where nobody who comes from there may log in, nobody is greeted.
pub fn may_log_in(server: &Server, stranger: &Subject) -> bool {
    denial(server, || stranger).is_none()
}

/// The same, with the server's own rule that lets nobody in.
pub fn denial<S: Borrow<Subject>>(server: &Server, stranger: impl FnOnce() -> S) -> Option<Rule> {
    if !server.directories.has_limits() {
        return None;
    }
    let stranger = stranger();
    let denial =
        |rules: &DirectoryRules| rules.rules_for(Path::new("/"), stranger.borrow()).denial("LOGIN", &[]);
    let own = denial(&server.directories)?;
    server.anonymous.iter().all(|section| denial(&section.directories).is_some()).then_some(own)
}
