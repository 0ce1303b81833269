//! `ftpshut`: writes the shutdown file, or removes it. What follows from it is the running server's business.

use std::ffi::OsString;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::error::{ContextKind, ErrorKind};
use clap::{ArgAction, CommandFactory, Parser};
use jiff::Zoned;

use super::replace::replace;
use super::shutdown_status::Status;
use super::shutdown_time::moment;
use super::{runtime, words};
use crate::config::RuntimePaths;
use crate::shutmsg::{DEFAULT_MESSAGE, Notice, Offset, SERVER_MAX, USUAL_EXPIRY};
use crate::sys::streams;

#[derive(Parser)]
#[command(
    name = "ftpshut",
    about = "shut down the FTP server at a given time",
    long_about = "ftpshut writes the file that tells the FTP server when to close. From some minutes before that time on, \
                  new clients and logins are refused; from fewer minutes before it on, sessions are disconnected. Each \
                  client is told the message. The server goes on running, and serves again once the file is removed, or has expired: \
                  a day after the shutdown, if nothing else is said.",
    disable_help_flag = true,
    after_long_help = "The message may hold variables: %s the time of the shutdown, %r the time from which clients are \
                       refused, %d the time at which they are disconnected, %T the time now, %C the client's working \
                       directory, %L the server's address, %R the client's name, %U the user's name, %V the server's \
                       name.",
    disable_version_flag = true,
    args_override_self = true
)]
struct Words {
    /// Remove the file: the server takes clients again
    #[arg(short = 'R', long = "cancel")]
    remove: bool,
    /// Tell what the file orders, in local time and in UTC, and whether the running server follows it
    #[arg(long = "status")]
    status: bool,
    /// With --status: an object of JSON
    #[arg(long = "json", requires = "status")]
    json: bool,
    /// Minutes before the shutdown from which on clients are refused
    #[arg(short = 'l', value_name = "MIN", default_value = "10", value_parser = minutes)]
    deny: u64,
    /// Minutes before the shutdown at which sessions are disconnected
    #[arg(short = 'd', value_name = "MIN", default_value = "5", value_parser = minutes)]
    disconnect: u64,
    /// Let transfers that are under way at the disconnection end until then
    #[arg(long = "drain", value_name = "TIME")]
    drain: Option<String>,
    /// When clients are served again, unless the file is removed before
    #[arg(long = "until", value_name = "TIME", conflicts_with = "expires")]
    until: Option<String>,
    /// The same in minutes after the shutdown, 1440 if nothing is said; or never, as with ProFTPD's own files
    #[arg(long = "expires", value_name = "MIN|never")]
    expires: Option<String>,
    /// Close this server alone, by its ServerName
    #[arg(long = "server", value_name = "NAME")]
    server: Option<OsString>,
    /// Write this file, not the one that the configuration names
    #[arg(short = 'f', value_name = "FILE")]
    file: Option<PathBuf>,
    /// The server's configuration file
    #[arg(short = 'c', value_name = "CONF")]
    config: Option<PathBuf>,
    /// Print help
    #[arg(long = "help", action = ArgAction::HelpLong)]
    help: Option<bool>,
    /// When: now, +N minutes, HHMM or HH on a 24 hour clock, or a date and time as in 2026-09-03T22:05 or 2026-09-03T20:05Z
    time: Option<String>,
    /// What clients are told; words are joined, and words that begin with a dash come after --
    message: Vec<OsString>,
}

/// The definition, for the manual page.
pub fn command() -> clap::Command {
    Words::command()
}

/// Runs it.
pub fn main() -> ExitCode {
    let program = std::env::args().next().unwrap_or_else(|| "ftpshut".to_owned());
    let words = match Words::try_parse() {
        Ok(words) => words,
        Err(error) if error.kind() == ErrorKind::DisplayHelp => return words::print(&error.to_string()),
        Err(error) => return words::refuse(&format!("{program}: {}", mistake(&error)), &usage(&program)),
    };
    match words.carry_out(&program) {
        Ok(text) => words::print(&text),
        Err(Refusal::Words(mistake)) if mistake.is_empty() => words::refuse_silently(&usage(&program)),
        Err(Refusal::Words(mistake)) => words::refuse(&format!("{program}: {mistake}"), &usage(&program)),
        Err(Refusal::System(sentence)) => words::fail(&format!("{program}: {sentence}")),
    }
}

/// Why nothing was done.
#[derive(Debug, PartialEq, Eq)]
enum Refusal {
    /// The command line; the usage follows. Without words: no time was given.
    Words(String),
    /// The system, or the configuration.
    System(String),
}

impl Words {
    fn carry_out(self, program: &str) -> Result<String, Refusal> {
        let runtime = runtime::paths(self.config.as_deref());
        let path = match (&self.file, &runtime) {
            (Some(file), _) => file.clone(),
            (None, Ok(paths)) => paths.shutdown_file.clone(),
            (None, Err(sentence)) => return Err(Refusal::System(sentence.clone())),
        };
        let now = Zoned::now();
        if self.status {
            let zone = now.time_zone().clone();
            let status = Status::gather(&path, runtime.as_ref().ok(), now.timestamp(), zone);
            return Ok(if self.json { status.json() } else { status.text() });
        }
        if self.remove {
            return remove(&path, program);
        }
        let notice = self.notice(&now)?;
        let bytes = notice.render(now.time_zone()).ok_or_else(no_time)?;
        replace(&path, &bytes).map_err(|error| {
            Refusal::System(format!("error writing '{}': {}", path.display(), words::reason(&error)))
        })?;
        warn_if_unwatched(&path, &runtime, program);
        Ok(String::new())
    }

    fn notice(&self, now: &Zoned) -> Result<Notice, Refusal> {
        let time = self.time.as_deref().ok_or(Refusal::Words(String::new()))?;
        // Bytes, in whatever encoding the operator's terminal has.
        let words: Vec<&[u8]> = self.message.iter().map(|word| word.as_bytes()).collect();
        let message = match words.join(&b' ') {
            none if none.is_empty() => DEFAULT_MESSAGE.into(),
            message => message,
        };
        let shutdown = moment(time, now).ok_or_else(no_time)?;
        let after = |time: &String| Ok(moment(time, now).ok_or_else(no_time)? - shutdown);
        let drain = self.drain.as_ref().map(after).transpose()?;
        Ok(Notice {
            shutdown,
            deny: offset("-l", self.deny)?,
            disconnect: offset("-d", self.disconnect)?,
            message,
            expires: self.expiry(after)?,
            drain,
            server: self.server.as_ref().map(server_name).transpose()?,
        })
    }

    /// Seconds after the shutdown; None for never.
    fn expiry(&self, after: impl Fn(&String) -> Result<i64, Refusal>) -> Result<Option<i64>, Refusal> {
        let seconds = match (&self.until, self.expires.as_deref()) {
            (Some(until), _) => after(until)?,
            (None, None) => USUAL_EXPIRY,
            (None, Some("never")) => return Ok(None),
            (None, Some(minutes)) => minutes
                .parse::<u32>()
                .map(|minutes| i64::from(minutes) * 60)
                .map_err(|_| Refusal::Words("--expires takes minutes, or never".to_owned()))?,
        };
        if seconds < 0 {
            return Err(Refusal::Words("it would end before the shutdown".to_owned()));
        }
        Ok(Some(seconds))
    }
}

fn server_name(name: &OsString) -> Result<Vec<u8>, Refusal> {
    match name.as_bytes() {
        name if (1..=SERVER_MAX).contains(&name.len()) => Ok(name.to_vec()),
        _ => Err(Refusal::Words(format!("--server takes a name of 1 to {SERVER_MAX} bytes"))),
    }
}

fn no_time() -> Refusal {
    Refusal::Words("Invalid time interval specified.".to_owned())
}

fn offset(option: &str, minutes: u64) -> Result<Offset, Refusal> {
    Offset::minutes(minutes).ok_or_else(|| {
        let most = Offset::MAX_MINUTES;
        Refusal::Words(format!("{option} takes at most {most} minutes: the file has no room for more"))
    })
}

fn remove(path: &Path, program: &str) -> Result<String, Refusal> {
    match std::fs::remove_file(path) {
        Ok(()) => Ok(format!("{program}: {} removed\n", path.display())),
        Err(error) => {
            Err(Refusal::System(format!("error removing '{}': {}", path.display(), words::reason(&error))))
        }
    }
}

/// A file that nobody reads closes nothing: said, though the file may be meant for a server still to be started.
fn warn_if_unwatched(path: &Path, runtime: &Result<RuntimePaths, String>, program: &str) {
    let doubt = match runtime {
        Err(sentence) => format!("cannot tell whether a server watches {}: {sentence}", path.display()),
        Ok(paths) if !is_same(&paths.shutdown_file, path) => format!(
            "no running server watches {}: the configuration names {}",
            path.display(),
            paths.shutdown_file.display()
        ),
        Ok(paths) if !runtime::is_running(paths) => {
            format!("no running server watches {}", path.display())
        }
        Ok(_) => return,
    };
    streams::complain(&format!("{program}: warning: {doubt}"));
}

fn is_same(one: &Path, other: &Path) -> bool {
    one == other
        || std::fs::canonicalize(one).is_ok_and(|one| std::fs::canonicalize(other).is_ok_and(|o| o == one))
}

fn minutes(word: &str) -> Result<u64, std::num::ParseIntError> {
    word.parse()
}

fn mistake(error: &clap::Error) -> String {
    let option = error.get(ContextKind::InvalidArg).map(ToString::to_string).unwrap_or_default();
    if option.starts_with("--") {
        return words::mistake(error);
    }
    let letter = option.trim_start_matches('-').chars().next().unwrap_or('-');
    match error.kind() {
        ErrorKind::ValueValidation => format!("-{letter} requires a numeric argument"),
        ErrorKind::InvalidValue => format!("-{letter} needs a value"),
        ErrorKind::UnknownArgument => format!("unknown option '{letter}'"),
        _ => words::mistake(error),
    }
}

fn usage(program: &str) -> String {
    format!(
        "usage: {program} [ -R ] [ -l min ] [ -d min ] [ -f file ] [ -c config ] [ --status [ --json ] ] [ --server name ]\n       \
         [ --drain time ] [ --until time | --expires min|never ] time  [ warning-message ... ]\n"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(line: &[&str]) -> Result<Words, String> {
        Words::try_parse_from(std::iter::once(&"ftpshut").chain(line)).map_err(|error| mistake(&error))
    }

    fn notice(line: &[&str]) -> Result<Notice, Refusal> {
        let now = jiff::Timestamp::from_second(1_795_370_516).unwrap().to_zoned(jiff::tz::TimeZone::UTC);
        parsed(line).map_err(Refusal::Words)?.notice(&now)
    }

    #[test]
    fn the_definition_holds_together() {
        command().debug_assert();
    }

    #[test]
    fn offsets_and_message_have_defaults() {
        let notice = notice(&["+60"]).unwrap();
        assert_eq!((notice.deny.to_string(), notice.disconnect.to_string()), ("0010".into(), "0005".into()));
        assert_eq!(notice.message, b"going down at %s");
        assert_eq!(notice.shutdown, 1_795_374_116);
    }

    #[test]
    fn words_are_joined_and_options_stand_anywhere() {
        let notice = notice(&["-l", "0", "now", "-d7", "back", "at", "%d", "-l", "75"]).unwrap();
        assert_eq!((notice.deny.to_string(), notice.disconnect.to_string()), ("0115".into(), "0007".into()));
        assert_eq!(notice.message, b"back at %d");
    }

    #[test]
    fn mistakes_are_told_as_proftpd_tells_them() {
        for (line, expected) in [
            (&["-l", "x", "now"][..], "-l requires a numeric argument"),
            (&["-d", "1x", "now"], "-d requires a numeric argument"),
            (&["-l"], "-l needs a value"),
            (&["-z"], "unknown option 'z'"),
            (&["--bogus"], "unknown option: --bogus"),
            (&["--expires", "soon", "now"], "--expires takes minutes, or never"),
            (&["--until", "now", "+5"], "it would end before the shutdown"),
            (&["--server", "", "now"], "--server takes a name of 1 to 128 bytes"),
            (&["2567"], "Invalid time interval specified."),
            (&["+x"], "Invalid time interval specified."),
            (&[], ""),
            (&["-l", "6000", "now"], "-l takes at most 5999 minutes: the file has no room for more"),
        ] {
            assert_eq!(notice(line), Err(Refusal::Words(expected.to_owned())), "{line:?}");
        }
    }

    #[test]
    fn a_file_expires_unless_it_is_told_not_to() {
        let expires = |line: &[&str]| notice(line).unwrap().expires;
        assert_eq!(expires(&["now"]), Some(86_400));
        assert_eq!(expires(&["--expires", "90", "now"]), Some(5400));
        assert_eq!(expires(&["--expires", "never", "now"]), None);
        assert_eq!(expires(&["--until", "+60", "+10"]), Some(3000));
        let whole = notice(&["--drain", "+8", "--server", "Second", "+10"]).unwrap();
        assert_eq!((whole.drain, whole.server), (Some(-120), Some(b"Second".to_vec())));
    }

    #[test]
    fn a_file_is_written_and_removed() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("shutmsg");
        let file = path.to_str().unwrap();
        let run = |line: &[&str]| parsed(line).unwrap().carry_out("ftpshut");
        assert_eq!(run(&["-f", file, "now", "we", "close"]), Ok(String::new()));
        let text = std::fs::read_to_string(&path).unwrap();
        assert_eq!(text.lines().nth(1), Some("we close"));
        assert_eq!(run(&["-R", "-f", file]), Ok(format!("ftpshut: {file} removed\n")));
        assert_eq!(
            run(&["-R", "-f", file]),
            Err(Refusal::System(format!("error removing '{file}': No such file or directory")))
        );
    }
}
