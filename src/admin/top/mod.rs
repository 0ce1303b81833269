//! `ftptop`: who is connected and what each one does, seen again every few seconds.

mod batch;
mod columns;
mod frame;
mod keys;
mod screen;

use std::io::{self, IsTerminal};
use std::process::ExitCode;
use std::time::Duration;

use clap::{ArgAction, CommandFactory, Parser};

use super::doing::Doing;
use super::runtime::Source;
use super::watch::{Shown, Watch};
use super::words;
use screen::ScreenError;

#[derive(Parser)]
#[command(
    name = "ftptop",
    about = "watch who is connected to the FTP server",
    long_about = "ftptop shows the sessions of the running FTP server, and looks again every few seconds. It reads the \
                  server's scoreboard and disturbs nobody. The key h shows what the other keys do, among them t for the \
                  speeds of transfers and q to end.",
    disable_help_flag = true,
    infer_long_args = true,
    args_override_self = true
)]
struct Words {
    #[command(flatten)]
    source: Source,
    /// show only authenticating sessions
    #[arg(short = 'A', long = "authenticating")]
    authenticating: bool,
    /// hide authenticating sessions
    #[arg(short = 'a', long = "no-authenticating")]
    no_authenticating: bool,
    /// batch mode: print, without a terminal and its keys
    #[arg(short = 'b', long = "batch")]
    batch: bool,
    /// show only downloading sessions
    #[arg(short = 'D', long = "downloading")]
    downloading: bool,
    /// refresh delay in seconds, 0 to 15; 2 unless given
    #[arg(short = 'd', long = "delay", value_name = "SECONDS", default_value = "2")]
    delay: String,
    /// display ftptop usage
    #[arg(short = 'h', long = "help", action = ArgAction::SetTrue)]
    help: bool,
    /// show only idle sessions
    #[arg(short = 'I', long = "idle")]
    idle: bool,
    /// hide idle sessions
    #[arg(short = 'i', long = "no-idle")]
    no_idle: bool,
    /// end after so many looks (batch mode only)
    #[arg(short = 'n', long = "iterations", value_name = "COUNT")]
    iterations: Option<String>,
    /// show sessions only for specified ServerName
    #[arg(short = 'S', long = "server", value_name = "NAME")]
    server: Option<String>,
    /// show only uploading sessions
    #[arg(short = 'U', long = "uploading")]
    uploading: bool,
    /// show the version
    #[arg(short = 'V', long = "version")]
    version: bool,
}

/// The definition, for the manual page.
pub fn command() -> clap::Command {
    Words::command()
}

/// Runs it.
pub fn main() -> ExitCode {
    match words::read(|words: &Words| words.help) {
        Ok(words) if words.version => words::print(&format!("{}\n", frame::VERSION)),
        Ok(words) => words.run().unwrap_or_else(|sentence| words::fail(&sentence)),
        Err(status) => status,
    }
}

impl Words {
    fn run(&self) -> Result<ExitCode, String> {
        let delay = self.delay()?;
        let count = self.iterations.as_deref().map(iterations).transpose()?;
        let has_terminal = io::stdout().is_terminal() && io::stdin().is_terminal();
        if !self.batch && !has_terminal {
            return Err("ftptop: this is no terminal; -b prints without one".to_owned());
        }
        let (path, board) = self.source.found()?;
        let mut watch = Watch::new(path, board);
        let shown = self.shown();
        if self.batch {
            return Ok(batch::run(&mut watch, &shown, delay, count));
        }
        match screen::run(watch, shown, delay) {
            Ok(()) => Ok(ExitCode::SUCCESS),
            Err(ScreenError::Board(error)) => Err(error.to_string()),
            Err(ScreenError::Terminal(error)) => {
                Err(format!("ftptop: the terminal fails: {}", words::reason(&error)))
            }
        }
    }

    fn delay(&self) -> Result<Duration, String> {
        let seconds = self.delay.parse().ok().filter(|&seconds| seconds <= screen::SLOWEST);
        seconds.map(Duration::from_secs).ok_or("ftptop: delay of 0-15 seconds only supported".to_owned())
    }

    fn shown(&self) -> Shown {
        let chosen =
            |kinds: &[(bool, Doing)]| kinds.iter().filter(|kind| kind.0).map(|kind| kind.1).collect();
        Shown {
            only: chosen(&[
                (self.authenticating, Doing::Authenticating),
                (self.downloading, Doing::Downloading),
                (self.uploading, Doing::Uploading),
                (self.idle, Doing::Idle),
            ]),
            hidden: chosen(&[(self.no_authenticating, Doing::Authenticating), (self.no_idle, Doing::Idle)]),
            server: self.server.clone(),
            ..Shown::default()
        }
    }
}

fn iterations(text: &str) -> Result<u32, String> {
    let count = text.parse().ok().filter(|&count| count > 0);
    count.ok_or_else(|| format!("ftptop: bad iterations argument '{text}'"))
}
