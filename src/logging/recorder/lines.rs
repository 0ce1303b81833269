//! SystemLog and its like, as the recorder's thread sees them: records go in here, through slog-async, to the [`Scribe`]
//! thread, which alone may have to wait for a terminal.

use std::collections::BTreeSet;
use std::io;
use std::os::fd::OwnedFd;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use slog::{Drain, Level, Logger, RecordLocation, RecordStatic, b, o};
use slog_async::{Async, AsyncGuard, OverflowStrategy};

use super::scribe::{Desk, Scribe};
use super::syslog;
use crate::logging::line::Printable;
use crate::logging::record::Record;
use crate::logging::{Kind, LogNumber};
use crate::sys::ProcessId;

/// Lines on their way to the scribe. slog-async would block at this number, so no more are read from the socket.
const ON_THE_WAY_MAX: usize = 1024;
/// How often a flush looks whether the scribe is done.
const LOOK: Duration = Duration::from_millis(1);

/// Where each line comes from as far as slog cares.
const LOCATION: RecordLocation =
    RecordLocation { file: file!(), line: line!(), column: column!(), function: "", module: module_path!() };

/// The logs of lines.
pub(super) struct Lines {
    logger: Logger,
    desk: Arc<Desk>,
    open: BTreeSet<LogNumber>,
    /// No session may name these, but lines that do may still be queued.
    ended: BTreeSet<LogNumber>,
    has_foreground: bool,
    /// Dropped, it waits for the end of the scribe's thread.
    _scribe: AsyncGuard,
}

impl Lines {
    /// Starts the scribe's thread.
    pub(super) fn start(scribe: Scribe) -> Lines {
        let desk = scribe.desk();
        let has_foreground = scribe.has_foreground();
        let (drain, guard) = Async::new(scribe)
            .chan_size(ON_THE_WAY_MAX)
            .overflow_strategy(OverflowStrategy::Block)
            .thread_name("scribe".into())
            .build_with_guard();
        let logger = Logger::root(drain.ignore_res(), o!());
        Lines { logger, desk, open: BTreeSet::new(), ended: BTreeSet::new(), has_foreground, _scribe: guard }
    }

    /// Opens a log, or goes on in another file.
    pub(super) fn open(&mut self, number: LogNumber, kind: Kind, path: PathBuf, file: Option<OwnedFd>) {
        match (kind, file) {
            (Kind::Line, Some(file)) => self.desk.open_file(number, file),
            (Kind::Syslog(sorting), _) if path.as_os_str().is_empty() => {
                self.desk.open_syslog(number, syslog::SOCKET.into(), sorting);
            }
            (Kind::Syslog(sorting), _) => self.desk.open_syslog(number, path, sorting),
            (Kind::Line, None) | (Kind::Raw, _) => return,
        }
        self.ended.remove(&number);
        self.open.insert(number);
    }

    /// The log's path has been opened anew.
    pub(super) fn replace(&mut self, number: LogNumber, file: OwnedFd) {
        if self.contains(number) {
            self.desk.open_file(number, file);
        }
    }

    /// No session will name this log again.
    pub(super) fn close(&mut self, number: LogNumber) {
        if self.open.contains(&number) {
            self.ended.insert(number);
        }
    }

    /// The socket is empty: logs whose sessions have ended are closed once the scribe has written what it holds.
    pub(super) fn socket_is_empty(&mut self) {
        if self.ended.is_empty() || self.desk.on_the_way() > 0 {
            return;
        }
        for number in std::mem::take(&mut self.ended) {
            self.open.remove(&number);
            self.desk.close(number);
        }
    }

    /// Whether lines of this log are written anywhere.
    pub(super) fn contains(&self, number: LogNumber) -> bool {
        self.open.contains(&number) || (number == LogNumber::SYSTEM && self.has_foreground)
    }

    /// Whether another line would not have to wait.
    pub(super) fn has_room(&self) -> bool {
        self.desk.on_the_way() < ON_THE_WAY_MAX
    }

    /// Whether a file could not be written, so that it must be tried again.
    pub(super) fn is_stuck(&self) -> bool {
        self.desk.is_stuck()
    }

    /// Writes what lies on the scribe's desk, in its place.
    pub(super) fn write_out(&self) {
        self.desk.write();
    }

    /// Lines lost since the last question.
    pub(super) fn take_lost(&self) -> u64 {
        self.desk.take_lost()
    }

    /// Writes a line; `false` when it is lost: what only developers read gives way to the rest.
    pub(super) fn write(&self, record: Record<'_>, pid: ProcessId) -> bool {
        let Record { log, level, style, origin, text } = record;
        let is_busy = self.desk.on_the_way() > ON_THE_WAY_MAX / 2;
        if !self.has_room() || (is_busy && !level.is_at_least(Level::Info)) {
            return false;
        }
        self.desk.expect_one();
        let what = RecordStatic { location: &LOCATION, level, tag: "" };
        let origin = Printable(origin).to_string();
        self.logger.log(&slog::Record::new(
            &what,
            &format_args!("{}", Printable(text)),
            b!("log" => log.0, "style" => style.encode(), "pid" => pid.0, "origin" => origin),
        ));
        true
    }

    /// Waits until the scribe has written what it was given.
    pub(super) fn flush_until(&self, deadline: Instant) -> io::Result<()> {
        while self.desk.on_the_way() > 0 {
            if Instant::now() >= deadline {
                self.write_out();
                return Err(io::ErrorKind::TimedOut.into());
            }
            std::thread::sleep(LOOK);
        }
        self.write_out();
        Ok(())
    }

    /// Ends the scribe's thread, but leaves alone one that waits for a terminal nobody reads.
    pub(super) fn end(self) {
        if self.flush_until(Instant::now()).is_err() {
            std::mem::forget(self);
        }
    }
}
