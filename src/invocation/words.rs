//! The daemon's command line: words in, one [`Invocation`] out. Nothing here acts. The options are
//! ProFTPD's and those of the diagnosis; one definition feeds the parser, `--help` and the manual page.

use std::ffi::OsString;
use std::net::{IpAddr, Ipv4Addr, ToSocketAddrs};
use std::path::{Path, PathBuf};

use clap::{ArgAction, CommandFactory, Parser};

use super::sentences::{sentence, usage};
use crate::config::defaults;
use crate::diagnosis::{self, Form, Inquiry, Request};
use crate::master::upgrade::Passage;
use crate::master::{Options, versions};

/// What the operator asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Invocation {
    /// Start the daemon.
    Serve(Options),
    /// Print this on stdout (it ends with a newline) and exit 0.
    Print(String),
    /// Tell something of a configuration, and exit.
    Ask(Options, Inquiry, Form),
    /// `-vv`, and `-vvv` when the flag is set: read the configuration, then print versions and modules (and directives).
    VersionStatus(Options, bool),
    /// Serve in the place of the program that executed this one.
    TakeOver(Options, Passage),
    /// Say whether this program could take a running master's place.
    Examine(Options),
    /// Say this on stderr and exit 1.
    Wrong(String),
}

/// Reads the words of a command line, the program's own name first.
pub fn read(words: impl IntoIterator<Item = OsString>) -> Invocation {
    let words: Vec<OsString> = words.into_iter().collect();
    match Words::try_parse_from(&words) {
        Ok(read) => read.meaning(),
        Err(error) => asked_before_the_mistake(&words).unwrap_or_else(|| Invocation::Wrong(sentence(&error))),
    }
}

/// The definition, for the manual page.
pub fn command() -> clap::Command {
    Words::command()
}

/// The options as written, in the order of `--help`.
#[derive(Parser)]
#[command(
    name = "ferryd",
    about = "FTP server for hosting, in ProFTPD's place",
    long_about = "ferryd is an FTP server: a small master keeps a pool of ready workers, one client to a worker. \
                  It reads ProFTPD's configuration files and takes its options and signals.",
    disable_help_flag = true,
    disable_version_flag = true,
    infer_long_args = true,
    args_override_self = true
)]
struct Words {
    /// Display this usage
    #[arg(short = 'h', long = "help")]
    help: bool,
    /// Disable address/port collision checking between virtual hosts
    #[arg(short = 'N', long = "nocollision")]
    no_collision: bool,
    /// Stay in the foreground, and log to stderr
    #[arg(short = 'n', long = "nodaemon")]
    foreground: bool,
    /// With -n: do not log to stderr
    #[arg(short = 'q', long = "quiet")]
    quiet: bool,
    /// Set the debugging level (0-10)
    #[arg(short = 'd', long = "debug", value_name = "N", value_parser = debug_level)]
    debug: Option<u8>,
    /// Define a NAME for <IfDefine>, with a value if one is given; may be repeated
    #[arg(short = 'D', long = "define", value_name = "NAME[=VALUE]", value_parser = definition, action = ArgAction::Append)]
    defines: Vec<(String, Option<String>)>,
    /// Read this configuration file
    #[arg(short = 'c', long = "config", value_name = "FILE")]
    config: Option<PathBuf>,
    /// Accepted for old scripts, and without effect (0 or 1)
    #[arg(short = 'p', long = "persistent", value_name = "0|1", value_parser = zero_or_one)]
    persistent: Option<bool>,
    /// List the ProFTPD modules whose work this server does
    #[arg(short = 'l', long = "list")]
    list: bool,
    /// Set the address of the main server
    #[arg(short = 'S', long = "serveraddr", value_name = "ADDR", value_parser = address)]
    server_address: Option<IpAddr>,
    /// Test the configuration, and whether a start would find what it needs on this host
    #[arg(short = 't', long = "configtest")]
    config_test: bool,
    /// Tell of each line of the configuration whether it is supported; not of .ftpaccess files, whose faults are logged when they are met
    #[arg(long = "report")]
    report: bool,
    /// Tell what a HUP would change of the running daemon's configuration, and what wants a restart; .ftpaccess files need neither
    #[arg(long = "diff")]
    differences: bool,
    /// With --diff: the PidFile of the running daemon; else the configuration's own, that of the usual one, or the built-in one
    #[arg(long = "pid-file", value_name = "FILE", requires = "differences")]
    pid_file: Option<PathBuf>,
    /// Tell what a request would come to, and which lines decide it, those of .ftpaccess files too: user=NAME, and perhaps verb=, path= (for STOU the folder that is stood in), host= (where the client comes from), server=
    #[arg(long = "explain", value_name = "WORD=VALUE", num_args = 1.., action = ArgAction::Append)]
    explain: Vec<String>,
    /// List the directives that are known, and how each stands
    #[arg(long = "list-directives")]
    list_directives: bool,
    /// With -t, --report, --diff, --explain or --list-directives: for machines
    #[arg(long = "json")]
    json: bool,
    /// Print the settings the program was built with
    #[arg(short = 'V', long = "settings")]
    settings: bool,
    /// Print the version
    #[arg(short = 'v', long = "version", action = ArgAction::Count)]
    version: u8,
    /// Read the configuration, then print versions and modules; -vvv adds the directives
    #[arg(id = "vv", long = "version-status")]
    version_status: bool,
    /// Serve the first client that comes, in the foreground, and end with it
    #[arg(short = 'X', long = "nofork")]
    no_fork: bool,
    /// Use IPv4 only
    #[arg(short = '4', long = "ipv4", overrides_with = "ipv6")]
    ipv4: bool,
    /// Use IPv6 too
    #[arg(short = '6', long = "ipv6", overrides_with = "ipv4")]
    ipv6: bool,
    /// What a running master says to the program that takes its place (descriptors)
    #[arg(long = "upgrade-state", value_name = "FD,FD", hide = true)]
    upgrade_state: Option<Passage>,
    /// What a program that could not take a master's place says to the one before it
    #[arg(long = "upgrade-failed", value_name = "WHY", requires = "upgrade_state", hide = true)]
    upgrade_failed: Option<String>,
    /// What a running master asks of the program that may take its place
    #[arg(long = "upgrade-check", hide = true)]
    upgrade_check: bool,
}

impl Words {
    fn meaning(self) -> Invocation {
        if let Some(text) = self.information() {
            return Invocation::Print(text);
        }
        let versions = if self.version_status { self.version.max(2) } else { self.version };
        let request = match request(&self.explain) {
            Ok(request) => request,
            Err(wrong) => return Invocation::Wrong(wrong),
        };
        let (passage, is_examined) = (self.passage(), self.upgrade_check);
        let (inquiry, form) = (self.inquiry(request), if self.json { Form::Json } else { Form::Text });
        match (versions, self.options(), inquiry) {
            (_, Err(wrong), _) => Invocation::Wrong(wrong),
            (0, Ok(options), Some(inquiry)) => Invocation::Ask(options, inquiry, form),
            (0, Ok(_), None) if form == Form::Json => Invocation::Wrong(
                "--json goes with -t, --report, --diff, --explain or --list-directives".to_owned(),
            ),
            (0, Ok(options), None) if is_examined => Invocation::Examine(options),
            (0, Ok(options), None) => match passage {
                Some(passage) => Invocation::TakeOver(options, passage),
                None => Invocation::Serve(options),
            },
            (1, Ok(_), _) => Invocation::Print(versions::version()),
            (more, Ok(options), _) => Invocation::VersionStatus(options, more > 2),
        }
    }

    fn passage(&self) -> Option<Passage> {
        Some(self.upgrade_state.clone()?.after(self.upgrade_failed.clone()))
    }

    /// What is asked of the configuration, if anything; `-t --report` is a report.
    fn inquiry(&self, request: Option<Request>) -> Option<Inquiry> {
        if self.list_directives {
            Some(Inquiry::Directives)
        } else if let Some(request) = request {
            Some(Inquiry::Explanation(request))
        } else if self.differences {
            Some(Inquiry::Differences(self.pid_file.clone()))
        } else if self.report {
            Some(Inquiry::Report)
        } else {
            self.config_test.then_some(Inquiry::Test)
        }
    }

    /// What is printed without reading anything, if that was asked for.
    fn information(&self) -> Option<String> {
        if self.help {
            Some(usage(&command()))
        } else if self.list {
            Some(versions::modules())
        } else if self.settings {
            Some(versions::settings())
        } else {
            None
        }
    }

    fn options(self) -> Result<Options, String> {
        Ok(Options {
            config: absolute(self.config.as_deref().unwrap_or(Path::new(defaults::CONFIGURATION)))?,
            foreground: self.foreground,
            serves_one: self.no_fork,
            quiet: self.quiet,
            debug: self.debug.unwrap_or(0),
            defines: self.defines,
            server_address: self.server_address,
            use_ipv6: if self.ipv4 { Some(false) } else { self.ipv6.then_some(true) },
            check_collisions: !self.no_collision,
        })
    }
}

/// The request of `--explain`: who, and what of it is not said is a login from this host, or a look at the root.
fn request(words: &[String]) -> Result<Option<Request>, String> {
    if words.is_empty() {
        return Ok(None);
    }
    let mut request = Request {
        user: String::new(),
        client: Ipv4Addr::LOCALHOST.into(),
        name: None,
        server: None,
        verb: "LIST".to_owned(),
        path: String::new(),
    };
    let mut path = None;
    for word in words {
        let wrong = |what: &str| format!("option '--explain': '{word}' {what}");
        let (name, value) = word.split_once('=').ok_or_else(|| wrong("is no WORD=VALUE"))?;
        match name {
            "user" => request.user = value.to_owned(),
            "host" => match value.parse() {
                Ok(address) => (request.client, request.name) = (address, None),
                Err(_) => {
                    request.client = address(value).map_err(|_| wrong("names no address"))?;
                    request.name = Some(value.to_owned());
                }
            },
            "server" => request.server = Some(value.parse().map_err(|_| wrong("names no ADDRESS:PORT"))?),
            "path" => path = Some(value),
            "verb" => request.verb = value.to_ascii_uppercase(),
            _ => return Err(wrong("is neither user= nor host=, path=, verb= or server=")),
        }
        if !diagnosis::knows(&request.verb) {
            return Err(wrong("is no command that <Limit> knows"));
        }
    }
    // STOU names nothing: it is done where the session begins.
    let unsaid = if request.verb == "STOU" { "" } else { "/" };
    path.unwrap_or(unsaid).clone_into(&mut request.path);
    if request.user.is_empty() {
        Err("option '--explain' needs user=NAME".to_owned())
    } else {
        Ok(Some(request))
    }
}

/// `-h`, `-l` and `-V` act the moment they are met: a mistake after them is never seen.
fn asked_before_the_mistake(words: &[OsString]) -> Option<Invocation> {
    (2..words.len())
        .filter_map(|end| Words::try_parse_from(&words[..end]).ok())
        .find_map(|read| read.information())
        .map(Invocation::Print)
}

fn absolute(path: &Path) -> Result<PathBuf, String> {
    std::path::absolute(path).map_err(|error| format!("option '-c': '{}': {error}", path.display()))
}

fn debug_level(word: &str) -> Result<u8, String> {
    word.parse().ok().filter(|level| *level <= 10).ok_or_else(|| "is no level from 0 to 10".to_owned())
}

fn zero_or_one(word: &str) -> Result<bool, String> {
    match word {
        "0" => Ok(false),
        "1" => Ok(true),
        _ => Err("is neither 0 nor 1".to_owned()),
    }
}

fn definition(word: &str) -> Result<(String, Option<String>), String> {
    let (name, value) = match word.split_once('=') {
        Some((name, value)) => (name, Some(value.to_owned())),
        None => (word, None),
    };
    if name.is_empty() {
        return Err("names nothing".to_owned());
    }
    Ok((name.to_owned(), value))
}

/// An address as it stands, else the first one of a host's name.
fn address(word: &str) -> Result<IpAddr, String> {
    if let Ok(address) = word.parse() {
        return Ok(address);
    }
    let mut found = (word, 0).to_socket_addrs().map_err(|error| format!("cannot be resolved: {error}"))?;
    found.next().map(|socket| socket.ip()).ok_or_else(|| "has no address".to_owned())
}
