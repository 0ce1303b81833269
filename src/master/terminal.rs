//! Whoever started the daemon: a command that waits for its status, or a person at a terminal.

use std::ffi::OsString;
use std::fs::File;
use std::io::{self, IsTerminal, Read, Write};
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::fs::MetadataExt;
use std::process::ExitCode;

use slog::{Logger, warn};

use crate::config::Settings;
use crate::logging::recorder::Foreground;
use crate::sys::process::Forked;
use crate::sys::{descriptors, process, streams};

/// Whether somebody reads stderr.
pub fn is_terminal() -> bool {
    io::stderr().is_terminal()
}

/// What stderr is. systemd names the journal's stream by device and inode (JOURNAL_STREAM, systemd.exec(5)).
pub fn of_stderr() -> Foreground {
    let is_journal = |stream: OsString| {
        let file = File::from(io::stderr().as_fd().try_clone_to_owned().ok()?);
        let found = file.metadata().ok()?;
        Some(stream.into_string().ok()? == format!("{}:{}", found.dev(), found.ino()))
    };
    if is_terminal() {
        Foreground::Terminal
    } else if std::env::var_os("JOURNAL_STREAM").and_then(is_journal) == Some(true) {
        Foreground::Journal
    } else {
        Foreground::Plain
    }
}

/// How the daemon stands to the command that started it.
#[derive(Debug)]
pub enum Background {
    /// -n: the command is the daemon.
    Foreground,
    /// The command waits at the other end of this pipe for one byte; its end without one means that the start failed.
    Waited(OwnedFd),
}

/// What the daemon writes when it is ready.
const READY: [u8; 1] = [1];

impl Background {
    /// Without -n, goes to the background; the command that stays returns through `Err` with its status, once that is known.
    pub fn enter(foreground: bool) -> Result<Background, ExitCode> {
        if foreground {
            return Ok(Background::Foreground);
        }
        Background::split().map_err(|error| {
            streams::complain(&format!("fatal: cannot go to the background: {error}"));
            ExitCode::FAILURE
        })?
    }

    fn split() -> io::Result<Result<Background, ExitCode>> {
        let (mut waits, tells) = io::pipe()?;
        match process::fork()? {
            Forked::Parent(_) => {
                drop(tells);
                let mut byte = [0; 1];
                let ready = matches!(waits.read(&mut byte), Ok(1)) && byte == READY;
                Ok(Err(if ready { ExitCode::SUCCESS } else { ExitCode::FAILURE }))
            }
            Forked::Child => {
                process::leave_terminal()?;
                std::env::set_current_dir("/")?;
                Ok(Ok(Background::Waited(tells.into())))
            }
        }
    }

    /// The daemon is ready: the command returns, the terminal is left; or the person at it is told what is served.
    pub fn release(self, settings: &Settings, log: &Logger) {
        match self {
            Background::Foreground => welcome(settings),
            Background::Waited(tells) => {
                if let Err(error) = descriptors::silence(false) {
                    warn!(log, "stdin, stdout and stderr stay open: {error}");
                }
                // Whoever waited may have been ended meanwhile; the daemon is ready all the same.
                let _ = io::PipeWriter::from(tells).write_all(&READY);
            }
        }
    }
}

/// On a terminal: what is served, where, and what to try.
fn welcome(settings: &Settings) {
    if !is_terminal() {
        return;
    }
    let mut text = String::new();
    for server in &settings.servers {
        for address in &server.listen {
            text.push_str(&format!("ferryd serves \"{}\" on {address}\n", server.name));
        }
    }
    for line in &settings.daemon.start_messages {
        text.push_str(line);
        text.push('\n');
    }
    text.push_str("Ctrl-C stops it.\n");
    // A terminal that went away at this moment misses a greeting.
    let _ = io::stderr().write_all(text.as_bytes());
}
