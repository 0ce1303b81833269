//! The daemon's command line: words in, one [`Invocation`] out. Nothing here acts. The options are
//! ProFTPD's; one definition feeds the parser, `--help` and the manual page.

use std::error::Error as _;
use std::ffi::OsString;
use std::net::{IpAddr, ToSocketAddrs};
use std::path::{Path, PathBuf};

use clap::error::{ContextKind, ErrorKind};
use clap::{ArgAction, CommandFactory, Parser};

use super::versions;
use crate::config::{LoadOptions, defaults};

/// What the operator asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Invocation {
    /// Start the daemon.
    Serve(Options),
    /// Print this on stdout (it ends with a newline) and exit 0.
    Print(String),
    /// `-t`: read the configuration, say what is wrong with it, and exit.
    ConfigTest(Options),
    /// `-vv`, and `-vvv` when the flag is set: read the configuration, then print versions and modules (and directives).
    VersionStatus(Options, bool),
    /// Say this on stderr and exit 1.
    Wrong(String),
}

/// What holds for a start, a test and a version report alike.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Options {
    /// `-c`, else the built-in place; absolute.
    pub config: PathBuf,
    /// `-n`.
    pub foreground: bool,
    /// `-q`.
    pub quiet: bool,
    /// `-d`, 0 to 10.
    pub debug: u8,
    /// `-D`, in the order given: a name and its value, if it has one.
    pub defines: Vec<(String, Option<String>)>,
    /// `-S`: the main server's address, in place of the host name's.
    pub server_address: Option<IpAddr>,
    /// `-4` is false, `-6` true; None leaves it to the configuration.
    pub use_ipv6: Option<bool>,
    /// False with `-N`: two virtual hosts may share an address and port.
    pub check_collisions: bool,
}

impl Options {
    /// What of it holds for the reading of the configuration.
    pub fn load_options(&self, rootless: bool) -> LoadOptions {
        LoadOptions {
            defines: self.defines.clone(),
            use_ipv6: self.use_ipv6,
            server_address: self.server_address.map(|address| address.to_string()),
            check_collisions: self.check_collisions,
            foreground: self.foreground && !self.quiet,
            rootless,
        }
    }
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
    /// Test the syntax of the configuration
    #[arg(short = 't', long = "configtest")]
    config_test: bool,
    /// Print the settings the program was built with
    #[arg(short = 'V', long = "settings")]
    settings: bool,
    /// Print the version
    #[arg(short = 'v', long = "version", action = ArgAction::Count)]
    version: u8,
    /// Read the configuration, then print versions and modules; -vvv adds the directives
    #[arg(id = "vv", long = "version-status")]
    version_status: bool,
    /// Serve one session without a pool (not yet supported)
    #[arg(short = 'X', long = "nofork")]
    no_fork: bool,
    /// Use IPv4 only
    #[arg(short = '4', long = "ipv4", overrides_with = "ipv6")]
    ipv4: bool,
    /// Use IPv6 too
    #[arg(short = '6', long = "ipv6", overrides_with = "ipv4")]
    ipv6: bool,
}

impl Words {
    fn meaning(self) -> Invocation {
        if let Some(text) = self.information() {
            return Invocation::Print(text);
        }
        if self.no_fork {
            return Invocation::Wrong("-X (--nofork) is not yet supported".to_owned());
        }
        let versions = if self.version_status { self.version.max(2) } else { self.version };
        let test = self.config_test;
        match (versions, self.options()) {
            (_, Err(wrong)) => Invocation::Wrong(wrong),
            (0, Ok(options)) if test => Invocation::ConfigTest(options),
            (0, Ok(options)) => Invocation::Serve(options),
            (1, Ok(_)) => Invocation::Print(versions::version()),
            (more, Ok(options)) => Invocation::VersionStatus(options, more > 2),
        }
    }

    /// What is printed without reading anything, if that was asked for.
    fn information(&self) -> Option<String> {
        if self.help {
            Some(usage())
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
            quiet: self.quiet,
            debug: self.debug.unwrap_or(0),
            defines: self.defines,
            server_address: self.server_address,
            use_ipv6: if self.ipv4 { Some(false) } else { self.ipv6.then_some(true) },
            check_collisions: !self.no_collision,
        })
    }
}

/// `-h`, `-l` and `-V` act the moment they are met: a mistake after them is never seen.
fn asked_before_the_mistake(words: &[OsString]) -> Option<Invocation> {
    (2..words.len())
        .filter_map(|end| Words::try_parse_from(&words[..end]).ok())
        .find_map(|read| read.information())
        .map(Invocation::Print)
}

/// The shape that scripts know: ` -x, --long`, and below it five blanks and what it does.
fn usage() -> String {
    let mut text = String::from("usage: ferryd [options]\n");
    for option in command().get_arguments() {
        let short = option.get_short().map_or_else(|| option.get_id().to_string(), String::from);
        let long = option.get_long().unwrap_or_default();
        let help = option.get_help().map(ToString::to_string).unwrap_or_default();
        text += &format!(" -{short}, --{long}\n     {help}\n");
    }
    text
}

/// One sentence for what is wrong with the words.
fn sentence(error: &clap::Error) -> String {
    let text = |kind| error.get(kind).map(ToString::to_string).unwrap_or_default();
    let option = text(ContextKind::InvalidArg);
    let value = text(ContextKind::InvalidValue);
    match error.kind() {
        ErrorKind::UnknownArgument if option.starts_with('-') => match error.get(ContextKind::SuggestedArg) {
            Some(similar) => format!("unknown option '{option}'; did you mean '{similar}'?"),
            None => format!("unknown option '{option}'"),
        },
        ErrorKind::UnknownArgument => format!("unknown parameter: '{option}'"),
        ErrorKind::InvalidValue if value.is_empty() => format!("option '{option}' needs a value"),
        ErrorKind::TooManyValues => format!("option '{option}' takes no value"),
        ErrorKind::ValueValidation => {
            let reason = error.source().map(ToString::to_string).unwrap_or_default();
            format!("option '{option}': '{value}' {reason}")
        }
        _ => first_line(error),
    }
}

/// clap's own words, for what has none of ours.
fn first_line(error: &clap::Error) -> String {
    let text = error.to_string();
    text.lines().next().unwrap_or_default().trim_start_matches("error: ").to_owned()
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

#[cfg(test)]
mod tests {
    use super::*;

    fn reading(line: &str) -> Invocation {
        read(std::iter::once("ferryd").chain(line.split_whitespace()).map(OsString::from))
    }

    fn served(line: &str) -> Options {
        match reading(line) {
            Invocation::Serve(options) => options,
            other => panic!("{line}: {other:?}"),
        }
    }

    fn wrong(line: &str) -> String {
        match reading(line) {
            Invocation::Wrong(sentence) => sentence,
            other => panic!("{line}: {other:?}"),
        }
    }

    fn printed(line: &str) -> String {
        match reading(line) {
            Invocation::Print(text) => text,
            other => panic!("{line}: {other:?}"),
        }
    }

    #[test]
    fn the_definition_holds_together() {
        command().debug_assert();
    }

    #[test]
    fn nothing_asked_for_is_a_start_in_the_background() {
        let options = served("");
        assert_eq!(options.config, Path::new(defaults::CONFIGURATION));
        assert!(options.check_collisions && !options.foreground && !options.quiet);
        assert_eq!((options.debug, options.use_ipv6, options.server_address), (0, None, None));
    }

    #[test]
    fn options_are_read_in_short_and_long_form() {
        let expected = Options {
            config: PathBuf::from("/etc/x.conf"),
            foreground: true,
            quiet: true,
            debug: 7,
            defines: vec![("TLS".to_owned(), None), ("ROOT".to_owned(), Some("/srv=1".to_owned()))],
            server_address: Some(IpAddr::from([192, 0, 2, 1])),
            use_ipv6: Some(false),
            check_collisions: false,
        };
        let short = "-nq -d7 -DTLS -D ROOT=/srv=1 -c /etc/x.conf -p 1 -S 192.0.2.1 -N -6 -4";
        let long = "--nodaemon --quiet --debug 7 --define TLS --define=ROOT=/srv=1 --config /etc/x.conf \
                    --persistent=0 --serveraddr 192.0.2.1 --nocollision --ipv6 --ipv4";
        assert_eq!(served(short), expected);
        assert_eq!(served(long), expected);
    }

    #[test]
    fn the_last_of_a_repeated_option_holds() {
        assert_eq!(served("-d 1 -d 2 -4 -6").debug, 2);
        assert_eq!(served("-4 -6").use_ipv6, Some(true));
        assert_eq!(served("-c /a -c /b").config, Path::new("/b"));
    }

    #[test]
    fn a_relative_configuration_is_the_start_folders() {
        let here = std::env::current_dir().unwrap();
        assert_eq!(served("-c conf/x.conf").config, here.join("conf/x.conf"));
    }

    #[test]
    fn tests_and_version_reports_are_told_apart() {
        assert!(
            matches!(reading("-t -c /x"), Invocation::ConfigTest(options) if options.config == Path::new("/x"))
        );
        assert!(matches!(reading("--configtest"), Invocation::ConfigTest(_)));
        for (line, directives) in
            [("-vv", false), ("-v -v", false), ("--version-status", false), ("-vvv", true), ("-vv -v", true)]
        {
            let reading = reading(line);
            assert!(
                matches!(reading, Invocation::VersionStatus(_, said) if said == directives),
                "{line}: {reading:?}"
            );
        }
    }

    #[test]
    fn versions_name_proftpd_first() {
        let expected = format!("ProFTPD Version 1.3.8 (ferryd {})\n", env!("CARGO_PKG_VERSION"));
        assert_eq!(printed("-v"), expected);
        assert_eq!(printed("--version"), expected);
    }

    #[test]
    fn the_usage_has_proftpds_shape() {
        let text = printed("-h");
        assert!(
            text.starts_with("usage: ferryd [options]\n -h, --help\n     Display this usage\n"),
            "{text}"
        );
        assert!(text.contains("\n -vv, --version-status\n     Read"), "{text}");
        assert!(text.contains("\n -S, --serveraddr\n     Set"), "{text}");
        assert!(text.contains("\n -X, --nofork\n     Serve"), "{text}");
    }

    #[test]
    fn what_is_asked_before_a_mistake_is_answered() {
        assert!(printed("-h --bogus").starts_with("usage: ferryd"));
        assert!(printed("-l word").starts_with("Compiled-in modules:\n  mod_"));
        assert!(printed("-V -Z").starts_with("Compile-time Settings:\n  Version: 1.3.8"));
    }

    #[test]
    fn mistakes_have_a_sentence_each() {
        let table = [
            ("-Z", "unknown option '-Z'"),
            ("--bogus", "unknown option '--bogus'"),
            ("--bogus -h", "unknown option '--bogus'"),
            ("word", "unknown parameter: 'word'"),
            ("-n word -q", "unknown parameter: 'word'"),
            ("-c", "option '--config <FILE>' needs a value"),
            ("--define", "option '--define <NAME[=VALUE]>' needs a value"),
            ("-d eleven", "option '--debug <N>': 'eleven' is no level from 0 to 10"),
            ("-d 11", "option '--debug <N>': '11' is no level from 0 to 10"),
            ("-p 2", "option '--persistent <0|1>': '2' is neither 0 nor 1"),
            ("-D =x", "option '--define <NAME[=VALUE]>': '=x' names nothing"),
            ("--quiet=yes", "option '--quiet' takes no value"),
            ("-X", "-X (--nofork) is not yet supported"),
        ];
        for (line, expected) in table {
            assert_eq!(wrong(line), expected, "{line}");
        }
        assert!(
            wrong("-S 300.1.1.1").starts_with("option '--serveraddr <ADDR>': '300.1.1.1' cannot be resolved")
        );
        assert!(wrong("--confg x").contains("did you mean '--config'?"));
    }
}
