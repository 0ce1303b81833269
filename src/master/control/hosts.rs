//! Virtual hosts that an operator takes down and up again: their clients are sent away, their sessions go on. A reload brings all up.

use std::collections::BTreeSet;

use slog::info;

use crate::config::Settings;
use crate::config::settings::Server;
use crate::control::{Host, Reply};
use crate::master::Master;
use crate::scoreboard::layout::header::DOWN_HOSTS;

/// Those that are down, by their index in the serving generation.
#[derive(Debug, Default)]
pub struct Downed(BTreeSet<usize>);

impl Downed {
    /// Whether this one is.
    pub fn has(&self, server: usize) -> bool {
        self.0.contains(&server)
    }
}

/// The servers that words name, or the word that names none.
pub fn meant(settings: &Settings, hosts: &[Host]) -> Result<BTreeSet<usize>, Reply> {
    let mut found = BTreeSet::new();
    for host in hosts {
        let of_host = of(&settings.servers, host);
        if of_host.is_empty() {
            return Err(Reply::failed(format!("no virtual host {}", told(host))));
        }
        found.extend(of_host);
    }
    Ok(found)
}

fn told(host: &Host) -> String {
    match host {
        Host::All => "at all".to_owned(),
        Host::At(address) => format!("listens at {address}"),
        Host::Named(name) => format!("has the ServerName '{name}'"),
    }
}

/// Servers that listen at an address; else those that listen on its port at every address.
fn of(servers: &[Server], host: &Host) -> Vec<usize> {
    let having = |is_meant: &dyn Fn(&Server) -> bool| -> Vec<usize> {
        (0..).zip(servers).filter(|(_, server)| is_meant(server)).map(|(index, _)| index).collect()
    };
    match host {
        Host::All => (0..servers.len()).collect(),
        Host::Named(name) => having(&|server| server.name == *name),
        Host::At(address) => {
            let exact = having(&|server| server.listen.contains(address));
            if !exact.is_empty() {
                return exact;
            }
            having(&|server| {
                server.listen.iter().any(|at| at.port() == address.port() && at.ip().is_unspecified())
            })
        }
    }
}

impl Master {
    pub(super) fn take_down(&mut self, hosts: &[Host]) -> Reply {
        match self.servers_meant(hosts) {
            Ok(servers) if servers.iter().any(|server| *server >= DOWN_HOSTS) => {
                Reply::failed(format!("only the first {DOWN_HOSTS} virtual hosts can be taken down"))
            }
            Ok(servers) => {
                self.control.downed.0.extend(&servers);
                self.publish_downed(servers.len(), "down")
            }
            Err(reply) => reply,
        }
    }

    pub(super) fn take_up(&mut self, hosts: &[Host]) -> Reply {
        match self.servers_meant(hosts) {
            Ok(servers) => {
                self.control.downed.0.retain(|server| !servers.contains(server));
                self.publish_downed(servers.len(), "up")
            }
            Err(reply) => reply,
        }
    }

    fn servers_meant(&self, hosts: &[Host]) -> Result<BTreeSet<usize>, Reply> {
        let serving = self.generations.iter().find(|generation| generation.number == self.serving);
        let Some(generation) = serving else { return Err(Reply::failed("the daemon does not serve yet")) };
        match &generation.settings {
            Some(settings) => meant(settings, hosts),
            None => {
                Err(Reply::failed("the configuration was read by a program before this one; restart first"))
            }
        }
    }

    fn publish_downed(&self, count: usize, whither: &str) -> Reply {
        self.board.publish_down(self.control.downed.0.iter().copied());
        let down = self.control.downed.0.len();
        Reply::done(format!("{count} virtual hosts are {whither}; {down} are down in all")).with("down", down)
    }

    /// Another generation's servers have other numbers.
    pub(in crate::master) fn bring_all_up(&mut self) {
        if !self.control.downed.0.is_empty() {
            let down = std::mem::take(&mut self.control.downed.0).len();
            info!(self.log, "{down} virtual hosts that were down are up again");
        }
        self.board.publish_down(std::iter::empty());
    }
}
