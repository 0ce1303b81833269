//! Before anything is given up: the other program is executed beside the master, reads the configuration and says which layouts it
//! speaks.

use std::fs::{self, File};
use std::io::{self, PipeReader, Read};
use std::os::fd::AsFd;
use std::os::unix::fs::{FileExt, MetadataExt};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};
use std::time::{Duration, Instant};

use super::program::{self, CHECK};
use super::state;
use crate::master::{Options, start, versions};
use crate::scoreboard::layout;
use crate::sys::process::Ending;
use crate::sys::{ProcessId, identity, poll, signals, streams};

/// How long it may take to read the configuration.
const PATIENCE: Duration = Duration::from_secs(10);

/// The first word of its answer; then layout, state and version.
const ANSWER: &str = "ferryd-upgrade";

/// Most bytes of what it says that are read.
const WORDS_MOST: u64 = 16 * 1024;

/// What an executable file begins with (elf(5)). A script is none: its interpreter could not be handed the file that was asked.
const ELF: [u8; 4] = *b"\x7fELF";

/// With the hidden word: says whether this program could take a master's place.
pub fn examine(options: &Options) -> ExitCode {
    let loaded = start::load(options, !identity::is_root());
    if loaded.settings.is_none() {
        for complaint in loaded.complaints.iter().filter(|complaint| complaint.is_error()) {
            streams::complain(&complaint.one_line());
        }
        return ExitCode::FAILURE;
    }
    let answer = format!("{ANSWER} {} {} {}\n", layout::VERSION, state::VERSION, versions::FERRYD);
    if streams::print(&answer).is_ok() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// The other program while it is asked.
#[derive(Debug)]
pub struct Inspection {
    /// The very file.
    pub program: File,
    path: PathBuf,
    /// The process that reads the configuration.
    pub child: ProcessId,
    words: PipeReader,
    /// When it should have answered.
    pub deadline: Instant,
}

impl Inspection {
    /// Executes it; an error is a sentence.
    pub fn begin(path: &Path, options: &Options) -> Result<Inspection, String> {
        let said = |error: io::Error| format!("cannot execute {}: {error}", path.display());
        let program = open_program(path).map_err(said)?;
        let (words, theirs) = io::pipe().map_err(said)?;
        let mut command = Command::new(path);
        command.args(program::words(options, &[CHECK.into()]).into_iter().skip(1));
        // What is said to the service manager is this program's to say.
        for name in ["NOTIFY_SOCKET", "WATCHDOG_USEC", "LISTEN_FDS"] {
            command.env_remove(name);
        }
        command.stdin(Stdio::null()).stdout(theirs.try_clone().map_err(said)?).stderr(theirs);
        let child = command.spawn().map_err(said)?;
        let child = ProcessId(child.id().cast_signed());
        Ok(Inspection { program, path: path.to_owned(), child, words, deadline: Instant::now() + PATIENCE })
    }

    /// What it has said, when it has ended: its version, or why it cannot be.
    pub fn verdict(&self, ending: Ending) -> Result<String, String> {
        let path = self.path.display();
        let words = self.read_words();
        let answer = words.lines().filter_map(|line| line.strip_prefix(ANSWER)).next_back();
        let (Ending::Exited(0), Some(answer)) = (ending, answer) else {
            let said = words.lines().find(|line| !line.trim().is_empty()).unwrap_or("it said nothing");
            return Err(format!("{path} does not answer ({ending}): {said}"));
        };
        let wrong = format!("{path} speaks another language ({}): restart needed", answer.trim());
        match answer.split_ascii_whitespace().collect::<Vec<_>>()[..] {
            [of_board, of_state, version]
                if of_board == layout::VERSION.to_string() && of_state == state::VERSION.to_string() =>
            {
                self.is_still_there().map_err(|error| format!("{path} was replaced meanwhile: {error}"))?;
                Ok(version.to_owned())
            }
            _ => Err(wrong),
        }
    }

    /// It has gone out of time: it is ended, and the reason given.
    pub fn give_up(&self) -> String {
        // It is a child that was not reaped: nobody else has its number.
        let _ = signals::tell(self.child, signals::KILL);
        format!("{} had no answer within {} s", self.path.display(), PATIENCE.as_secs())
    }

    /// Never waits: what it started may hold the pipe open.
    fn read_words(&self) -> String {
        let mut bytes = Vec::new();
        let mut piece = [0; 4096];
        while bytes.len() < WORDS_MOST as usize {
            let mut waiting = [poll::Waiting::to_read(self.words.as_fd())];
            let is_there =
                poll::wait(&mut waiting, Some(Duration::ZERO)).is_ok() && waiting[0].ready.readable;
            match is_there.then(|| (&self.words).read(&mut piece)) {
                Some(Ok(length)) if length > 0 => bytes.extend_from_slice(&piece[..length]),
                _ => break,
            }
        }
        String::from_utf8_lossy(&bytes).into_owned()
    }

    fn is_still_there(&self) -> io::Result<()> {
        let (held, named) = (self.program.metadata()?, fs::metadata(&self.path)?);
        let is_same = (held.dev(), held.ino()) == (named.dev(), named.ino());
        if is_same { Ok(()) } else { Err(io::Error::other("another file lies there now")) }
    }
}

fn open_program(path: &Path) -> io::Result<File> {
    let program = File::open(path)?;
    let mut magic = [0; ELF.len()];
    let is_program =
        program.metadata()?.is_file() && program.read_exact_at(&mut magic, 0).is_ok() && magic == ELF;
    if is_program { Ok(program) } else { Err(io::Error::other("it is no program")) }
}
