//! A draft becomes settings: defaults, inheritance, names and addresses looked up, contradictions told.

use std::path::{Path, PathBuf};
use std::time::Duration;

use super::addresses::{Families, listeners};
use super::complaint::Complaints;
use super::draft::{DaemonDraft, Draft, Scope};
use super::extended::Formats;
use super::inherit::from_global;
use super::names::{self, Identity, caller, unprivileged};
use super::servers::{self, Surroundings};
use super::settings::{Control, Daemon, DaemonTrace, LogTarget, Server, Settings};
use super::{Complaint, LoadOptions, controls, defaults};
use crate::logging::{Facility, Links};

/// Makes settings; they hold only if no complaint is an error.
pub fn assemble(file: &Path, draft: Draft, options: &LoadOptions, complaints: &mut Complaints) -> Settings {
    let Draft { mut main, global, hosts, classes } = draft;
    let identity = if options.rootless { caller() } else { unprivileged(&main, complaints) };
    let families = Families::chosen(options.use_ipv6, main.daemon.use_ipv6);
    from_global(&mut main, &global);
    let mut said = std::mem::take(&mut main.daemon);
    let logs = (servers::links(main.server.log_links), main.server.debug_level.unwrap_or(0) > 0);
    let around = Surroundings {
        global: &global,
        families,
        classes: &classes,
        formats: Formats::said(&said, &global.daemon),
        options,
        found: names::Found::default(),
        main_port: main.server.port.unwrap_or(defaults::PORT),
        main_name: main.server.name.clone(),
        main_trace: (main.session.trace, main.server.trace_options),
    };
    let trace = DaemonTrace {
        log: said.trace_log.clone().or_else(|| global.daemon.trace_log.clone()).flatten(),
        levels: main.session.trace,
        options: main.server.trace_options.unwrap_or_default(),
    };
    let mut found = vec![servers::main(main, &said, &around, complaints)];
    found.extend(hosts.into_iter().map(|host| servers::host(host, &around, complaints)));
    servers::tell_collisions(&found, options.check_collisions, complaints);
    let servers: Vec<Server> = found.into_iter().map(|found| found.server).collect();
    let listen = listeners(&servers, said.bind_tight.unwrap_or(false), families);
    if listen.is_empty() {
        complaints.push(Complaint::error(None, "no server has an address and a port to listen on"));
    }
    let control = std::mem::take(&mut said.control);
    let control = controls::control(control, &pid_file(&said), options.rootless, complaints);
    let daemon = Daemon { trace, ..daemon(said, &global, identity, (listen, logs, control), options) };
    Settings { file: file.to_owned(), daemon, classes, servers, outline: Vec::new() }
}

fn daemon(
    said: DaemonDraft,
    global: &Scope,
    identity: Identity,
    (listen, (log_links, tells_debug), control): (Vec<std::net::SocketAddr>, (Links, bool), Control),
    options: &LoadOptions,
) -> Daemon {
    let system_log = said.system_log.clone().or_else(|| global.daemon.system_log.clone());
    let facility = said.syslog_facility.unwrap_or(Facility::USUAL);
    let (min_spare, max_spare) = spares(said.min_spare_workers, said.max_spare_workers);
    Daemon {
        uid: identity.uid,
        gid: identity.gid,
        user: identity.user,
        pid_file: pid_file(&said),
        scoreboard_file: scoreboard_file(&said),
        scoreboard_mutex: said.scoreboard_mutex.clone(),
        server_type: said.server_type,
        shutdown_file: shutdown_file(&said),
        max_instances: said.max_instances.flatten(),
        max_connection_rate: said.max_connection_rate,
        max_instances_reply: said.max_instances_reply.unwrap_or(true),
        start_workers: said.start_workers.unwrap_or(defaults::START_WORKERS).min(max_spare.max(1)),
        min_spare,
        max_spare,
        shutdown_timeout: said.shutdown_timeout.unwrap_or(Duration::from_secs(defaults::SHUTDOWN_TIMEOUT)),
        masquerade_refresh: said.masquerade_refresh,
        drain_timeout: said.drain_timeout.flatten(),
        max_session_age: said.max_session_age.flatten(),
        // listen(2) cuts it to the system's most.
        backlog: said.backlog.unwrap_or(65535) as i32,
        system_log: system_log.unwrap_or(if options.foreground {
            LogTarget::Stderr
        } else {
            LogTarget::Syslog(facility)
        }),
        log_links,
        tells_debug,
        syslog_facility: facility,
        delays: said.delays,
        process_titles: said.process_titles.unwrap_or_default(),
        use_reverse_dns: said.use_reverse_dns.unwrap_or(true),
        require_identity_door: said.require_identity_door.unwrap_or(false),
        runtime_directories: said.runtime_directories,
        start_messages: said.start_messages,
        listen,
        control,
        trace: DaemonTrace::default(),
    }
}

/// One bound alone moves the other's default out of its way.
fn spares(min: Option<u32>, max: Option<u32>) -> (u32, u32) {
    let most = max.unwrap_or(defaults::MAX_SPARE_WORKERS.max(min.unwrap_or(0)));
    (min.unwrap_or(defaults::MIN_SPARE_WORKERS).min(most), most)
}

/// PidFile.
pub fn pid_file(said: &DaemonDraft) -> PathBuf {
    said.pid_file.clone().unwrap_or_else(|| defaults::PID_FILE.into())
}

/// ScoreboardFile.
pub fn scoreboard_file(said: &DaemonDraft) -> Option<PathBuf> {
    said.scoreboard_file.clone().unwrap_or_else(|| Some(defaults::SCOREBOARD_FILE.into()))
}

/// ShutdownMessageFile.
pub fn shutdown_file(said: &DaemonDraft) -> PathBuf {
    said.shutdown_file.clone().unwrap_or_else(|| defaults::SHUTDOWN_FILE.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_bound_moves_the_others_default() {
        assert_eq!(spares(None, None), (defaults::MIN_SPARE_WORKERS, defaults::MAX_SPARE_WORKERS));
        assert_eq!(spares(Some(100), None), (100, 100));
        assert_eq!(spares(None, Some(2)), (2, 2));
        assert_eq!(spares(Some(1), Some(3)), (1, 3));
    }
}
