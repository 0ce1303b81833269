//! `ftpdctl`: asks the running server for something over its control socket, and tells what came of it, by its exit status too.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::os::unix::net::UnixStream;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use clap::{CommandFactory, Parser};

use super::{json, runtime, who, words};
use crate::control::{ACTIONS, LINE_MOST, Outcome, REPLY_MOST, Reply, line};
use crate::scoreboard::Reader;
use crate::sys::clock::now_ms;
use crate::sys::streams;

/// Longer than the server takes for anything: a reload gives up after 10 seconds, a kick after ShutdownTimeout.
const PATIENCE: Duration = Duration::from_secs(120);

/// Exit status where no server answers.
const UNREACHABLE: u8 = 4;

#[derive(Parser)]
#[command(
    name = "ftpdctl",
    about = "control the running FTP server",
    long_about = "ftpdctl asks the running FTP server for something over its control socket: for its state, to disconnect \
                  sessions, to read its configuration again, to take virtual hosts down and up, to slow transfers down, to \
                  stop. It tells what came of it, and its exit status does so too. root may ask for everything; others for \
                  what ControlsSocketACL, ControlsACLs and AdminControlsACLs let them.",
    after_long_help = actions(),
    disable_help_flag = true,
    infer_long_args = true
)]
struct Words {
    /// display ftpdctl usage
    #[arg(short = 'h', long = "help")]
    help: bool,
    /// specify full path to the control socket
    #[arg(short = 's', long = "socket", value_name = "PATH")]
    socket: Option<PathBuf>,
    /// specify full path to the configuration file
    #[arg(short = 'c', long = "config", value_name = "FILE")]
    config: Option<PathBuf>,
    /// print the whole answer as an object of JSON
    #[arg(short = 'j', long = "json")]
    json: bool,
    /// tell which socket is asked, and what for
    #[arg(short = 'v', long = "verbose")]
    verbose: bool,
    /// What is asked for, and its words
    #[arg(value_name = "ACTION", trailing_var_arg = true, allow_hyphen_values = true)]
    action: Vec<String>,
}

/// The definition, for the manual page.
pub fn command() -> clap::Command {
    Words::command()
}

/// The actions, as the usage and the manual page list them.
fn actions() -> String {
    let told =
        |action: &crate::control::Action| format!("{} {}", action.name, action.syntax).trim().to_owned();
    let lines: Vec<String> =
        ACTIONS.iter().map(|action| format!("{}: {}.", told(action), action.sentence)).collect();
    format!("Actions:\n\n{}", lines.join("\n\n"))
}

/// Runs it.
pub fn main() -> ExitCode {
    let words = match Words::try_parse() {
        Ok(words) if words.help => return words::print(&usage()),
        Ok(words) => words,
        Err(error) => return refuse(&words::mistake(&error)),
    };
    let Some((action, rest)) = words.action.split_first() else {
        return refuse("no action is given; help lists them");
    };
    if action.starts_with('-') {
        return refuse(&format!("unknown option: {action}"));
    }
    match words.ask(action, rest) {
        Ok(reply) => words.tell(action, &reply),
        Err(sentence) => {
            streams::complain(&format!("ftpdctl: {sentence}"));
            ExitCode::from(UNREACHABLE)
        }
    }
}

fn refuse(mistake: &str) -> ExitCode {
    streams::complain(&format!("ftpdctl: {mistake}"));
    // The status tells of failure anyway.
    let _ = streams::print(&usage());
    ExitCode::from(Outcome::Mistaken.status())
}

fn usage() -> String {
    let mut text = "usage: ftpdctl [options] action [words]\n".to_owned();
    for option in Words::command().get_arguments().filter(|argument| !argument.is_positional()) {
        let short = option.get_short().unwrap_or_default();
        let long = option.get_long().unwrap_or_default();
        let help = option.get_help().map(ToString::to_string).unwrap_or_default();
        text += &format!("  -{short}, --{long}\n    {help}\n");
    }
    text + &actions().replace("\n\n", "\n  ") + "\n"
}

impl Words {
    fn socket(&self) -> Result<PathBuf, String> {
        match &self.socket {
            Some(socket) => Ok(socket.clone()),
            None => runtime::paths(self.config.as_deref())?
                .control_socket
                .ok_or_else(|| "this configuration has no control socket (ControlsEngine off)".to_owned()),
        }
    }

    fn ask(&self, action: &str, rest: &[String]) -> Result<Reply, String> {
        let socket = self.socket()?;
        let request = line(action, rest);
        if request.len() > LINE_MOST {
            return Err(format!("a request has at most {LINE_MOST} bytes"));
        }
        if self.verbose {
            streams::complain(&format!("ftpdctl: asking {}: {}", socket.display(), request.trim_end()));
        }
        let reply = exchange(&socket, &request).map_err(|error| {
            let reason = words::reason(&error);
            format!(
                "no server answers at {}: {reason} (is it running? -s or -c name another socket)",
                socket.display()
            )
        })?;
        Reply::read(&reply).ok_or_else(|| "the server went away without an answer".to_owned())
    }

    fn tell(&self, action: &str, reply: &Reply) -> ExitCode {
        if let Some(path) = reply.data.get("scoreboard").and_then(serde_json::Value::as_str) {
            return dump(path);
        }
        let text = match self.json {
            true => reply.value().to_string() + "\n",
            false => said(action, reply),
        };
        if !self.json && reply.outcome != Outcome::Done {
            streams::complain(text.trim_end());
        } else if streams::print(&text).is_err() {
            return ExitCode::FAILURE;
        }
        ExitCode::from(reply.outcome.status())
    }
}

/// As ProFTPD's ftpdctl says it; what is told at length can be read by other programs.
fn said(action: &str, reply: &Reply) -> String {
    let prefix = if matches!(action, "dump" | "get") { "" } else { "ftpdctl: " };
    reply.said.iter().map(|line| format!("{prefix}{line}\n")).collect()
}

fn exchange(socket: &std::path::Path, request: &str) -> io::Result<Vec<u8>> {
    let mut stream = UnixStream::connect(socket)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.set_write_timeout(Some(PATIENCE))?;
    // Who is refused at once hears so, although what it asks finds nobody any more.
    let asked = stream.write_all(request.as_bytes());
    let mut reply = Vec::new();
    match BufReader::new(stream.take(REPLY_MOST)).read_until(b'\n', &mut reply) {
        Ok(1..) => Ok(reply),
        Ok(_) => asked.map(|()| reply),
        Err(error) => Err(asked.err().unwrap_or(error)),
    }
}

/// The scoreboard as `ftpwho -o json` tells it.
fn dump(path: &str) -> ExitCode {
    match Reader::open(std::path::Path::new(path)).and_then(|board| board.census()) {
        Ok(census) => {
            let sessions = who::sessions(&census.slots, None);
            words::print(&json::document(&census.header, &census.refusals, &sessions, now_ms()))
        }
        Err(error) => words::fail(&format!("ftpdctl: {error}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_definition_holds_together() {
        command().debug_assert();
    }

    #[test]
    fn words_of_an_action_are_its_own() {
        let words =
            Words::try_parse_from(["ftpdctl", "-s", "/s", "kick", "user", "-n", "3", "anna"]).unwrap();
        assert_eq!(words.action, ["kick", "user", "-n", "3", "anna"]);
        assert_eq!(words.socket(), Ok("/s".into()));
    }

    #[test]
    fn the_usage_names_every_option_and_every_action() {
        let usage = usage();
        for word in ["-s, --socket", "-j, --json", "kick user|host|class|pid|ip", "upgrade: "] {
            assert!(usage.contains(word), "{word}: {usage}");
        }
    }
}
