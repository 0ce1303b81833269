//! What a start would ask of this host, tried without starting: addresses, folders, files. Nothing is made and nothing is changed;
//! an address is bound for a moment, and nobody can connect to it meanwhile.

use std::collections::HashMap;
use std::fs;
use std::io::{self, ErrorKind};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use super::names;
use crate::config::settings::{
    AliasRules, Anonymous, Daemon, DisplayFile, ExtendedTarget, LogTarget, PathFor, Server, ServerType,
    SessionRules, Sessions, Settings,
};
use crate::config::{Complaint, Place, SurveyedLine};
use crate::logging::{self, Links};
use crate::master::BindError;
use crate::sys::{files, identity, lock, socket};

/// What a start with these settings would miss; `lines` tell which of them to blame.
pub fn trial(settings: &Settings, lines: &[SurveyedLine]) -> Vec<Complaint> {
    let mut trial = Trial { said: Said::of(lines), found: Vec::new() };
    trial.addresses(settings);
    trial.runtime_files(settings);
    trial.log(&settings.daemon.system_log, settings.daemon.log_links, "SystemLog");
    trial.spare_logs(&settings.daemon);
    settings.servers.iter().for_each(|server| trial.server(server, settings));
    trial.found.extend(names::unknown(settings, lines));
    trial.found
}

/// Which line says what, the first of each: a file of thousands of servers may have as many lines to blame.
struct Said<'a> {
    /// By directive and argument.
    word: HashMap<(&'a str, &'a str), &'a Place>,
    /// By directive.
    anything: HashMap<&'a str, &'a Place>,
}

impl<'a> Said<'a> {
    fn of(lines: &'a [SurveyedLine]) -> Said<'a> {
        let mut said = Said { word: HashMap::new(), anything: HashMap::new() };
        for line in lines {
            let directive = line.directive.as_str();
            said.anything.entry(directive).or_insert(&line.place);
            for word in &line.arguments {
                said.word.entry((directive, word)).or_insert(&line.place);
            }
        }
        said
    }
}

struct Trial<'a> {
    said: Said<'a>,
    found: Vec<Complaint>,
}

impl Trial<'_> {
    /// The line that says this of a directive; the one that says anything of it, where none does.
    fn blame(&self, directive: &str, argument: &str) -> Option<Place> {
        let found = self.said.word.get(&(directive, argument)).or_else(|| self.said.anything.get(directive));
        found.copied().cloned()
    }

    /// A start would fail.
    fn fatal(&mut self, directive: &str, argument: &str, message: String) {
        self.found.push(Complaint::error(self.blame(directive, argument), message));
    }

    /// A start would go on, and somebody would miss something.
    fn warn(&mut self, directive: &str, argument: &str, message: String) {
        self.found.push(Complaint::warning(self.blame(directive, argument), message));
    }

    fn addresses(&mut self, settings: &Settings) {
        let daemon = &settings.daemon;
        // Others listen, or the running one has them.
        if daemon.server_type == ServerType::Inetd || is_running(&daemon.pid_file) {
            return;
        }
        for address in &settings.daemon.listen {
            let Some(unbindable) = unbindable(*address) else { continue };
            let is_passing =
                unbindable.error.kind() == ErrorKind::AddrInUse || is_ours_alone(&unbindable.error);
            let message = unbindable.to_string();
            // Whoever moves here tests the new configuration while the old server serves.
            match is_passing {
                true => self.warn("Port", &address.port().to_string(), message),
                false => self.fatal("Port", &address.port().to_string(), message),
            }
        }
    }

    fn runtime_files(&mut self, settings: &Settings) {
        let daemon = &settings.daemon;
        let files =
            [("PidFile", Some(&daemon.pid_file)), ("ScoreboardFile", daemon.scoreboard_file.as_ref())];
        for (directive, path) in files {
            let Some(path) = path else { continue };
            let folder = path.parent().unwrap_or(Path::new("/"));
            if daemon.runtime_directories.iter().any(|(made, _)| folder.starts_with(made)) {
                continue;
            }
            if let Err(error) = writable(folder) {
                let message = format!(
                    "{directive} cannot be made in {}: {error}; RuntimeDirectory makes a folder at each start",
                    folder.display()
                );
                self.host(&error, directive, &path.display().to_string(), message);
            }
        }
    }

    /// An error of the host: one that only this user meets says nothing of the daemon's start.
    fn host(&mut self, error: &io::Error, directive: &str, argument: &str, message: String) {
        match is_ours_alone(error) {
            true => self.warn(directive, argument, message),
            false => self.fatal(directive, argument, message),
        }
    }

    fn log(&mut self, target: &LogTarget, links: Links, directive: &str) {
        if let LogTarget::File(path) = target {
            self.log_file(path, links, directive);
        }
    }

    fn extended_logs(&mut self, sessions: &Sessions, links: Links) {
        for log in sessions.extended_logs() {
            if let ExtendedTarget::File(path) = &log.target {
                self.log_file(path, links, "ExtendedLog");
            }
        }
    }

    fn log_file(&mut self, path: &Path, links: Links, directive: &str) {
        self.log_folders(path, directive);
        if let Err(error) = logging::could_open(path, links) {
            let (text, message) = (path.display().to_string(), error.to_string());
            match error {
                logging::LogFileError::Io(_, error) => self.host(&error, directive, &text, message),
                logging::LogFileError::OpenFolder(_) => self.fatal(directive, &text, message),
            }
        }
    }

    fn log_folders(&mut self, path: &Path, directive: &str) {
        let Some((folder, owner)) = logging::foreign_folder(path) else { return };
        let message = format!(
            "{} belongs to uid {}, who may put a link where this log is opened as root; let root own it",
            folder.display(),
            owner.0
        );
        self.warn(directive, &path.display().to_string(), message);
    }

    /// Those that the daemon can do without.
    fn spare_logs(&mut self, daemon: &Daemon) {
        let named = [(&daemon.trace.log, "TraceLog"), (&daemon.control.log, "ControlsLog")];
        for (path, directive) in named.into_iter().filter_map(|(path, name)| Some((path.as_ref()?, name))) {
            self.log_folders(path, directive);
            if let Err(error) = logging::could_open(path, daemon.log_links) {
                let message = format!("{error}; nothing would be written there");
                self.warn(directive, &path.display().to_string(), message);
            }
        }
    }

    fn server(&mut self, server: &Server, settings: &Settings) {
        let links = server.log_links;
        if let Some(target) = &server.server_log {
            self.log(target, links, "ServerLog");
        }
        self.sessions(&server.sessions, links);
        self.passive_ports(&server.sessions, settings.daemon.max_instances);
        server.anonymous.iter().for_each(|section| self.anonymous(section, links));
    }

    fn anonymous(&mut self, section: &Anonymous, links: Links) {
        self.sessions(&section.sessions, links);
        if !section.root.is_dir() {
            let root = section.root.display();
            let message = format!("{root} is no folder: nobody can log in here until it is one");
            self.warn("<Anonymous>", &root.to_string(), message);
        }
    }

    /// What is said for all of them, and what each section says for some.
    fn sessions(&mut self, sessions: &Sessions, links: Links) {
        sessions.transfer_logs().iter().for_each(|target| self.log(target, links, "TransferLog"));
        self.extended_logs(sessions, links);
        self.idle_aliases(sessions);
        self.session(&sessions.usual);
        sessions.exceptions().iter().for_each(|exception| self.session(&exception.words.clone().rules()));
    }

    fn session(&mut self, rules: &SessionRules) {
        let host = |file: &'_ Option<DisplayFile>| match file {
            Some(DisplayFile::Host(path)) => Some(path.clone()),
            _ => None,
        };
        let shown = [
            ("DisplayConnect", rules.display_connect.clone().filter(|path| path.is_absolute())),
            ("DisplayLogin", host(&rules.display_login)),
            ("DisplayFileTransfer", host(&rules.display_file_transfer)),
            ("DisplayQuit", host(&rules.display_quit)),
        ];
        for (directive, path) in shown {
            // Others are looked for in each session's root.
            let Some(path) = path else { continue };
            if let Err(error) = fs::File::open(&path) {
                let text = path.display().to_string();
                self.warn(directive, &text, format!("{text} is not shown: {error}"));
            }
        }
        self.folders(&rules.default_root, "DefaultRoot", "the sessions it is for are refused");
        self.folders(&rules.default_chdir, "DefaultChdir", "sessions begin at home");
        self.aliases(&rules.aliases);
    }

    fn aliases(&mut self, aliases: &AliasRules) {
        for line in aliases.lines.iter().filter(|line| !line.source.contains("%u")) {
            let message = match fs::metadata(&line.source) {
                Ok(about) if about.is_dir() || about.is_file() => continue,
                Ok(_) => format!("{} is neither a folder nor a file: it is not shown", line.source),
                Err(error) => format!("{} is not shown: {error}", line.source),
            };
            self.warn("VRootAlias", &line.source, message);
        }
    }

    /// What is said of aliases and has no effect.
    fn idle_aliases(&mut self, sessions: &Sessions) {
        let words = sessions.exceptions().iter().map(|exception| exception.words.clone().rules().aliases);
        let all: Vec<AliasRules> = std::iter::once(sessions.usual.aliases.clone()).chain(words).collect();
        let lines = || all.iter().flat_map(|rules| &rules.lines);
        if !all.iter().any(|rules| rules.is_on)
            && let Some(line) = lines().next()
        {
            self.warn("VRootAlias", &line.source, "nothing is shown without VRootEngine on".into());
        }
        if all.iter().any(|rules| rules.links_lead_out) && lines().next().is_none() {
            let message = "no link leads out of a session's root, whatever is said; VRootAlias shows in it what lies elsewhere";
            self.warn("VRootOptions", "allowSymlinks", message.into());
        }
    }

    fn folders(&mut self, lines: &[PathFor], directive: &str, consequence: &str) {
        let fixed = |line: &&PathFor| line.path.starts_with('/') && !line.path.contains("%u");
        for line in lines.iter().filter(fixed).filter(|line| !Path::new(&line.path).is_dir()) {
            let message = format!("{} is no folder: {consequence}", line.path);
            self.warn(directive, &line.path, message);
        }
    }

    fn passive_ports(&mut self, sessions: &Sessions, most: Option<u32>) {
        let (Some((first, last)), Some(most)) = (sessions.usual.passive_ports, most) else { return };
        let ports = u32::from(last - first) + 1;
        if ports < most {
            let message = format!(
                "PassivePorts has {ports} ports for MaxInstances {most}: when all are taken, others outside the range are used"
            );
            self.warn("PassivePorts", &first.to_string(), message);
        }
    }
}

/// Whether a daemon with this PidFile runs.
fn is_running(pid_file: &PathBuf) -> bool {
    fs::File::open(pid_file).and_then(lock::holder).is_ok_and(|holder| holder.is_some())
}

/// What root would not meet, met by somebody else.
fn is_ours_alone(error: &io::Error) -> bool {
    error.kind() == ErrorKind::PermissionDenied && !identity::is_root()
}

/// Why an address cannot be listened on, if it cannot.
pub fn unbindable(address: SocketAddr) -> Option<BindError> {
    socket::bound(address).err().map(|error| BindError { address, error })
}

fn writable(folder: &Path) -> io::Result<()> {
    if !fs::metadata(folder)?.is_dir() {
        return Err(ErrorKind::NotADirectory.into());
    }
    if files::may_write(folder) { Ok(()) } else { Err(ErrorKind::PermissionDenied.into()) }
}
