//! What is known of the command that is being obeyed, for as long as it takes.

use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use super::FileFacts;
use super::logs::Logs;
use super::named::{self, Counts, Named};
use crate::logging::Cause;
use crate::logging::extended::{Command as Told, Folder, Transfer, TransferEnd, TransferForm};
use crate::protocol::{Command, Reply, Request};
use crate::scoreboard::ReasonCode;
use crate::worker::data::{Interrupt, Outcome, Stop};
use crate::worker::member::Member;

/// Bytes kept of a reply's text.
const REPLY_MOST: usize = 1024;
/// Bytes kept of a command's name and of its argument: a line may be longer than any that a log has room for.
const COMMAND_MOST: usize = 8192;
/// The commands that ask for a data connection.
const TRANSFERS: [&[u8]; 7] = [b"RETR", b"STOR", b"STOU", b"APPE", b"LIST", b"NLST", b"MLSD"];
/// Those of them that are about one file.
const FILES: usize = 4;

/// The command under way, in buffers that are used again.
pub struct Kept {
    /// Where its line goes.
    pub logs: Logs,
    /// No line found room last time: the next one does not wait for it.
    pub is_choked: bool,
    /// The last line's buffer.
    pub line: Vec<u8>,
    /// The session's root on the host, once asked for.
    root: Option<PathBuf>,
    began: Instant,
    name: Vec<u8>,
    own_name: Option<Vec<u8>>,
    argument: Vec<u8>,
    reply: Option<u16>,
    reply_text: Vec<u8>,
    refusal: Option<(ReasonCode, Option<Box<str>>)>,
    named: Named,
    renaming: Option<Vec<u8>>,
    moved: Option<Moved>,
    file: FileFacts,
    is_aborted: bool,
}

/// What went over a data connection.
struct Moved {
    bytes: u64,
    took: Duration,
    port: Option<u16>,
    end: TransferEnd,
}

impl Kept {
    /// Nothing is known yet.
    pub fn new(logs: Logs) -> Kept {
        Kept {
            logs,
            is_choked: false,
            line: Vec::new(),
            root: None,
            began: Instant::now(),
            name: Vec::new(),
            own_name: None,
            argument: Vec::new(),
            reply: None,
            reply_text: Vec::new(),
            refusal: None,
            named: Named::default(),
            renaming: None,
            moved: None,
            file: FileFacts::default(),
            is_aborted: false,
        }
    }

    /// A line has come.
    pub fn begin(&mut self) {
        self.began = Instant::now();
        self.name.clear();
        self.argument.clear();
        self.named = Named::default();
        self.file = FileFacts::default();
        (self.own_name, self.moved, self.reply, self.is_aborted) = (None, None, None, false);
        self.refusal = None;
    }

    /// It is this command.
    pub fn asked(&mut self, request: &Request, member: Option<&Member>) {
        self.take(request.called.as_bytes(), &request.argument);
        if request.called == "SITE" {
            self.name_own();
        }
        let (Some(member), Ok(command)) = (member, &request.command) else { return };
        if !self.logs.tell_paths() {
            return;
        }
        let root = self
            .root
            .get_or_insert_with(|| member.storage.root().canonical().unwrap_or_else(|_| PathBuf::from("/")));
        self.named = named::named(member, root, command);
        if let Command::Rnto(_) = command {
            self.named.rename_from = self.renaming.take();
        }
    }

    /// It has this name, in upper case, and this argument.
    pub fn take(&mut self, name: &[u8], argument: &[u8]) {
        self.name.extend_from_slice(&name[..name.len().min(COMMAND_MOST)]);
        self.argument.extend_from_slice(&argument[..argument.len().min(COMMAND_MOST)]);
    }

    /// `SITE CHMOD`, by the first word of what follows.
    fn name_own(&mut self) {
        let word = self.argument.split(|byte| *byte == b' ').next().unwrap_or_default();
        if !word.is_empty() {
            let word = word.to_ascii_uppercase();
            self.own_name = Some([b"SITE_", word.as_slice()].concat());
            self.name.push(b' ');
            self.name.extend_from_slice(&word);
        }
    }

    /// Whether a command is known.
    pub fn has_command(&self) -> bool {
        !self.name.is_empty()
    }

    /// As classes know it, and its own name where it is one of SITE's.
    pub fn names(&self) -> (&[u8], Option<&[u8]>) {
        match &self.own_name {
            Some(own) => (b"SITE", Some(own)),
            None => (&self.name, None),
        }
    }

    /// A reply is given; the last one counts, but for what follows an abort.
    pub fn answered(&mut self, reply: &Reply) {
        if !self.is_aborted {
            let text = reply.text();
            self.reply = Some(reply.code);
            self.reply_text.clear();
            self.reply_text.extend_from_slice(&text[..text.len().min(REPLY_MOST)]);
            self.refusal = reply.cause().map(|cause| (cause.reason, cause.rule.map(Box::from)));
        }
    }

    /// The 426 that ABOR asked for is given; what follows answers ABOR.
    pub fn aborted(&mut self) {
        self.is_aborted = true;
    }

    /// Its lines are written.
    pub fn finish(&mut self) {
        if self.name == b"RNFR" && self.is_success() {
            self.renaming = self.named.host_path.take();
        }
    }

    /// Turns to the ABOR that was heard meanwhile; false where there was none.
    pub fn turn_to_abort(&mut self) -> bool {
        let was_aborted = self.is_aborted;
        if was_aborted {
            self.begin();
            self.take(b"ABOR", b"");
            self.answered(&Reply::new(226, "Abort successful"));
        }
        was_aborted
    }

    /// An errand over a data connection is over.
    pub fn moved(&mut self, outcome: &Outcome, took: Duration, port: Option<u16>) {
        self.moved = Some(Moved { bytes: outcome.bytes, took, port, end: end_of(outcome) });
    }

    /// What was moved is this file, on the host and as the client sees it.
    pub fn moved_file(&mut self, canonical: &Path, seen: &[u8], file: FileFacts) {
        // Others may write it, too: for a log that is exact enough.
        let size = std::fs::metadata(canonical).ok().map(|about| about.len());
        self.file = FileFacts { size, ..file };
        self.named.host_path = Some(canonical.as_os_str().as_bytes().to_vec());
        self.named.seen_path = Some(seen.to_vec());
        self.named.counts = Counts::Always;
    }

    /// All of it.
    pub fn told(&self, now: Instant, form: TransferForm) -> Told<'_> {
        let refusal = self.refusal.as_ref().map(|(reason, _)| *reason);
        let is_shown = self.named.counts.hold(self.is_success(), refusal);
        Told {
            name: &self.name,
            argument: &self.argument,
            took: now.duration_since(self.began),
            reply: self.reply.map(|code| (code, self.reply_text.as_slice())),
            refusal: self
                .refusal
                .as_ref()
                .map(|(reason, rule)| Cause { reason: *reason, rule: rule.as_deref() }),
            host_path: self.named.host_path.as_deref().filter(|_| is_shown),
            seen_path: self.named.seen_path.as_deref().filter(|_| is_shown),
            folder: self.named.folder.as_ref().map(|(name, host_path)| Folder { name, host_path }),
            rename_from: self.named.rename_from.as_deref(),
            bytes: self.bytes(),
            transfer: self.transfer(form),
        }
    }

    fn is_success(&self) -> bool {
        self.reply.is_some_and(|code| code < 400)
    }

    /// ProFTPD counts none for a rename, and nothing for other commands.
    fn bytes(&self) -> Option<u64> {
        let renames = matches!(self.name.as_slice(), b"RNFR" | b"RNTO") && self.is_success();
        self.moved.as_ref().map(|moved| moved.bytes).or(renames.then_some(0))
    }

    fn transfer(&self, form: TransferForm) -> Option<Transfer<'_>> {
        let place = TRANSFERS.iter().position(|name| *name == self.name)?;
        let moved = self.moved.as_ref();
        let is_failed = !self.is_success();
        let failure = (is_failed && place < FILES).then_some(self.reply_text.as_slice());
        Some(Transfer {
            end: match moved {
                Some(moved) => moved.end,
                None if is_failed => TransferEnd::Failed,
                None => TransferEnd::Success,
            },
            form,
            took: moved.map(|moved| moved.took),
            port: moved.and_then(|moved| moved.port),
            failure,
            file_size: self.file.size,
            file_offset: self.file.offset,
            is_modified: self.file.is_modified,
        })
    }
}

fn end_of(outcome: &Outcome) -> TransferEnd {
    match &outcome.ended {
        Ok(()) => TransferEnd::Success,
        Err(Stop::Interrupted(Interrupt::Aborted | Interrupt::ControlClosed)) => TransferEnd::Cancelled,
        Err(Stop::Interrupted(Interrupt::TimedOut | Interrupt::Stalled)) => TransferEnd::Timeout,
        Err(_) => TransferEnd::Failed,
    }
}
