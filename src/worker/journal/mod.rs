//! ExtendedLog: what a command was, what became of it, and the lines about it. A session without such a log has none of this: each
//! function looks and returns.

mod kept;
mod logs;
mod named;

use std::path::Path;
use std::time::{Duration, Instant};

use jiff::Timestamp;

use self::kept::Kept;
pub use self::logs::Logs;
use super::data::Outcome;
use super::evidence;
use super::member::Member;
use super::watch::{Ending, Watch};
use crate::config::settings::{ExtendedLog, ExtendedTarget, Form};
use crate::logging::LogNumber;
use crate::logging::extended::{self, Command, Event, Facts, Session, TransferForm};
use crate::protocol::{Reply, Request, Type, verbs};
use crate::sys::process;

/// Bytes of a line's buffer that is kept for the next one.
const LINE_KEPT: usize = 2048;

/// The session's ExtendedLogs, and the command under way; empty for most.
#[derive(Default)]
pub struct Journal(Option<Box<Kept>>);

/// What is known of a file that was moved.
#[derive(Clone, Copy, Debug, Default)]
pub struct FileFacts {
    /// Its length afterwards.
    pub size: Option<u64>,
    /// Where in it the transfer began.
    pub offset: Option<u64>,
    /// It was there before, and was written.
    pub is_modified: bool,
}

impl Journal {
    /// From now on these are the logs. What is known of a command stays known: PASS leads from one server's logs to those of its
    /// `<Anonymous>` section.
    pub fn under(&mut self, logs: Logs) {
        match &mut self.0 {
            _ if logs.is_empty() => self.0 = None,
            Some(kept) => kept.logs = logs,
            None => self.0 = Some(Box::new(Kept::new(logs))),
        }
    }

    /// Whether anything is logged of this session.
    pub fn is_kept(&self) -> bool {
        self.0.is_some()
    }

    /// A line has come.
    pub fn begin(&mut self) {
        if let Some(kept) = &mut self.0 {
            kept.begin();
        }
    }

    /// It is this command.
    pub fn asked(&mut self, request: &Request, member: Option<&Member>) {
        if let Some(kept) = &mut self.0 {
            kept.asked(request, member);
        }
    }

    /// It is none that we know.
    pub fn asked_unknown(&mut self, line: &[u8]) {
        let Some(kept) = &mut self.0 else { return };
        let (word, argument) = verbs::split_shown(line);
        kept.take(&word.to_ascii_uppercase(), argument);
    }

    /// It is PASS, whose session has got logs only by it.
    pub fn asked_for_password(&mut self) {
        if let Some(kept) = self.0.as_mut().filter(|kept| !kept.has_command()) {
            kept.take(b"PASS", b"(hidden)");
        }
    }

    /// A reply is given.
    pub fn answered(&mut self, reply: &Reply) {
        if let Some(kept) = &mut self.0 {
            kept.answered(reply);
        }
    }

    /// The 426 that ABOR asked for is given.
    pub fn aborted(&mut self) {
        if let Some(kept) = &mut self.0 {
            kept.aborted();
        }
    }

    /// An errand over a data connection is over.
    pub fn moved(&mut self, outcome: &Outcome, took: Duration, port: Option<u16>) {
        if let Some(kept) = &mut self.0 {
            kept.moved(outcome, took, port);
        }
    }

    /// It moved this file, by its path on the host and as the client sees it.
    pub fn moved_file(&mut self, canonical: &Path, seen: &[u8], file: FileFacts) {
        if let Some(kept) = &mut self.0 {
            kept.moved_file(canonical, seen, file);
        }
    }
}

/// Writes what became of the command.
pub fn command(watch: &mut Watch, member: Option<&Member>) -> Result<(), Ending> {
    let Some(mut kept) = watch.journal.0.take() else { return Ok(()) };
    let mut written = Ok(());
    if kept.has_command() {
        written = lines(watch, member, &mut kept, (Event::Command, ""));
        kept.finish();
        if kept.turn_to_abort() {
            written = written.and_then(|()| lines(watch, member, &mut kept, (Event::Command, "")));
        }
    }
    watch.journal.0 = Some(kept);
    written
}

/// Writes that the client came.
pub fn connection(watch: &mut Watch) -> Result<(), Ending> {
    session_end(watch, None, (Event::Connect, ""))
}

/// Writes why the session is over. Nothing follows it that an error could keep from happening.
pub fn end(watch: &mut Watch, member: Option<&Member>, ending: &Ending, is_out_of_attempts: bool) {
    if watch.journal.is_kept() {
        let reason = if is_out_of_attempts { OUT_OF_ATTEMPTS.to_owned() } else { reason(ending) };
        let _ = session_end(watch, member, (Event::Exit, &reason));
    }
}

fn session_end(watch: &mut Watch, member: Option<&Member>, what: (Event, &str)) -> Result<(), Ending> {
    let Some(mut kept) = watch.journal.0.take() else { return Ok(()) };
    kept.begin();
    let written = lines(watch, member, &mut kept, what);
    watch.journal.0 = Some(kept);
    written
}

const OUT_OF_ATTEMPTS: &str = "Configured policy: Denied by MaxLoginAttempts";

/// ProFTPD's words, where it has some.
fn reason(ending: &Ending) -> String {
    match ending {
        Ending::Quit => "Quit".into(),
        Ending::Gone => "Read EOF from client".into(),
        Ending::Ordered => "Terminated by the operator's order".into(),
        Ending::ShutDown(_) => "Terminated by the shutdown schedule".into(),
        Ending::Expired(what) => format!("Timeout exceeded: {}", what.name()),
        Ending::Refused => "Refused".into(),
        Ending::Unavailable => "Service not available".into(),
    }
}

/// A line in each log that is about it.
fn lines(
    watch: &mut Watch,
    member: Option<&Member>,
    kept: &mut Kept,
    what: (Event, &str),
) -> Result<(), Ending> {
    let (now, moment) = (Instant::now(), Timestamp::now());
    for (log, number) in kept.logs.each() {
        if is_about(log, what.0, kept) {
            let mut line = std::mem::take(&mut kept.line);
            line.clear();
            write(&log.form, &facts(watch, member, kept, (what, now, moment)), &mut line);
            let sent = send(watch, (log, number), &line, kept.is_choked);
            line.shrink_to(LINE_KEPT);
            kept.line = line;
            kept.is_choked = !sent?;
        }
    }
    Ok(())
}

fn write(form: &Form, facts: &Facts<'_>, line: &mut Vec<u8>) {
    match form {
        Form::Text(format) => extended::write_text(format, facts, line),
        Form::Json => extended::write_json(facts, line),
    }
}

/// Whether it found room.
fn send(
    watch: &mut Watch,
    (log, number): (&ExtendedLog, LogNumber),
    line: &[u8],
    is_choked: bool,
) -> Result<bool, Ending> {
    match log.target {
        ExtendedTarget::File(_) if is_choked => Ok(evidence::try_write(watch, number, line)),
        ExtendedTarget::File(_) => evidence::write(watch, number, line),
        ExtendedTarget::Syslog(_) => {
            watch.birth.recorder.send_note(number, line);
            Ok(true)
        }
    }
}

fn facts<'a>(
    watch: &'a Watch,
    member: Option<&'a Member>,
    kept: &'a Kept,
    ((event, reason), now, moment): ((Event, &'a str), Instant, Timestamp),
) -> Facts<'a> {
    let command = match event {
        Event::Command => kept.told(now, form(watch)),
        Event::Connect | Event::Exit => Command::default(),
    };
    Facts { event, moment, zone: watch.birth.zone, session: session(watch, member), command, reason }
}

fn is_about(log: &ExtendedLog, event: Event, kept: &Kept) -> bool {
    match event {
        Event::Connect => log.selection.has_connection(),
        Event::Exit => log.selection.has_end(),
        Event::Command => {
            let (name, own) = kept.names();
            log.selection.has(name, own)
        }
    }
}

fn form(watch: &Watch) -> TransferForm {
    match watch.representation() {
        Type::Image => TransferForm::Binary,
        Type::Ascii => TransferForm::Ascii,
    }
}

fn session<'a>(watch: &'a Watch, member: Option<&'a Member>) -> Session<'a> {
    let account = member.map(|member| &member.account);
    let daemon = &watch.birth.settings.daemon;
    let group = account.and_then(|account| account.groups.iter().find(|(gid, _)| *gid == account.gid));
    let (bytes_in, bytes_out) = watch.traffic();
    Session {
        pid: process::own().0,
        server: &watch.server.name,
        local: watch.local,
        peer: watch.peer.address,
        peer_name: watch.peer.known_name(),
        class: watch.class.map(|class| class.name.as_str()),
        given_user: (!watch.user.is_empty()).then_some(watch.user.as_slice()),
        user: account.map(|account| account.name.as_slice()),
        group: group.map(|(_, name)| name.as_slice()),
        uid: account.map_or(daemon.uid, |account| account.uid).0,
        gid: account.map_or(daemon.gid, |account| account.gid).0,
        anonymous: member
            .filter(|member| member.anonymous.is_some())
            .map(|member| member.given_address.as_slice()),
        cwd: if watch.cwd.is_empty() { b"/" } else { &watch.cwd },
        bytes_in,
        bytes_out,
    }
}
