//! The slog drain behind slog-async: makes each record a line, and writes it to stderr, to a file or to syslog. The files lie
//! on a desk that it shares with the recorder's thread, which replaces them.

use std::collections::BTreeMap;
use std::fmt;
use std::fs::File;
use std::io::Write;
use std::os::fd::OwnedFd;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use jiff::Timestamp;
use jiff::tz::TimeZone;
use slog::{Drain, KV, Key, Level, Never, OwnedKVList, Record, RecordStatic, Serializer, b};
use slog_term::{FullFormat, TermDecorator};

use super::Foreground;
use super::outlet::Outlet;
use super::syslog::Syslog;
use crate::logging::line::{Line, Said, Stamp};
use crate::logging::{LogNumber, Severity, Sorting, Style};
use crate::sys::ProcessId;

/// Writes lines, in a thread of its own.
pub(super) struct Scribe {
    host: String,
    zone: &'static TimeZone,
    stderr: Stderr,
    desk: Arc<Desk>,
}

enum Stderr {
    Unused,
    Plain,
    Journal,
    Terminal(Box<FullFormat<TermDecorator>>),
}

impl Scribe {
    pub(super) fn new(host: String, zone: &'static TimeZone, foreground: Option<Foreground>) -> Scribe {
        let stderr = match foreground {
            None => Stderr::Unused,
            Some(Foreground::Plain) => Stderr::Plain,
            Some(Foreground::Journal) => Stderr::Journal,
            Some(Foreground::Terminal) => Stderr::Terminal(Box::new(terminal(zone))),
        };
        Scribe { host, zone, stderr, desk: Arc::new(Desk::default()) }
    }

    pub(super) fn desk(&self) -> Arc<Desk> {
        Arc::clone(&self.desk)
    }

    pub(super) fn has_foreground(&self) -> bool {
        !matches!(self.stderr, Stderr::Unused)
    }

    /// The desk is not held here: only this thread may have to wait for whoever reads stderr.
    fn write_stderr(&self, record: &Record<'_>, line: &Line<'_>) {
        // Nobody can be told that stderr cannot be written.
        let _ = match &self.stderr {
            Stderr::Unused => Ok(()),
            Stderr::Plain => std::io::stderr().write_all(format!("{line}\n").as_bytes()),
            Stderr::Journal => {
                let severity = Severity::of(record.level());
                std::io::stderr().write_all(format!("<{severity}>{}\n", Said(line)).as_bytes())
            }
            Stderr::Terminal(format) => write_terminal(format, record.level(), line),
        };
    }
}

fn terminal(zone: &'static TimeZone) -> FullFormat<TermDecorator> {
    FullFormat::new(TermDecorator::new().stderr().build())
        .use_custom_timestamp(move |out: &mut dyn Write| {
            write!(out, "{}", Stamp { moment: Timestamp::now(), zone })
        })
        .build()
}

fn write_terminal(format: &FullFormat<TermDecorator>, level: Level, line: &Line<'_>) -> std::io::Result<()> {
    const LOCATION: slog::RecordLocation =
        slog::RecordLocation { file: "", line: 0, column: 0, function: "", module: "" };
    let what = RecordStatic { location: &LOCATION, level, tag: "" };
    let none = OwnedKVList::from(slog::o!());
    let (text, pid, origin) = (line.text, line.pid.0, line.origin);
    format.log(&Record::new(&what, &format_args!("{text}"), b!("origin" => origin, "pid" => pid)), &none)
}

impl Drain for Scribe {
    type Ok = ();
    type Err = Never;

    fn log(&self, record: &Record<'_>, carried: &OwnedKVList) -> Result<(), Never> {
        let _ = carried;
        let mut fields = Fields::default();
        let _ = record.kv().serialize(record, &mut fields);
        let text = record.msg().to_string();
        let line = Line {
            stamp: Stamp { moment: Timestamp::now(), zone: self.zone },
            host: &self.host,
            style: fields.style,
            pid: ProcessId(fields.pid),
            origin: &fields.origin,
            text: &text,
        };
        self.desk.put(LogNumber(fields.log), record.level(), &line);
        if fields.log == LogNumber::SYSTEM.0 {
            self.write_stderr(record, &line);
        }
        self.desk.note_done();
        Ok(())
    }
}

/// What travels with a line through slog-async.
#[derive(Default)]
struct Fields {
    log: u16,
    style: Style,
    pid: i32,
    origin: String,
}

impl Serializer for Fields {
    fn emit_u16(&mut self, _: Key, log: u16) -> slog::Result {
        self.log = log;
        Ok(())
    }

    fn emit_u8(&mut self, _: Key, style: u8) -> slog::Result {
        self.style = Style::decode(style).unwrap_or_default();
        Ok(())
    }

    fn emit_i32(&mut self, _: Key, pid: i32) -> slog::Result {
        self.pid = pid;
        Ok(())
    }

    fn emit_arguments(&mut self, _: Key, origin: &fmt::Arguments<'_>) -> slog::Result {
        self.origin = origin.to_string();
        Ok(())
    }
}

/// The open logs, and what is on its way to them.
#[derive(Debug, Default)]
pub(super) struct Desk {
    logs: Mutex<BTreeMap<LogNumber, Log>>,
    on_the_way: AtomicUsize,
    is_stuck: AtomicBool,
    lost: AtomicU64,
}

#[derive(Debug)]
enum Log {
    File(Outlet),
    Syslog(Syslog),
}

impl Desk {
    /// Recorder's thread: a line is about to be handed over.
    pub(super) fn expect_one(&self) {
        self.on_the_way.fetch_add(1, Ordering::AcqRel);
    }

    /// Lines handed over and not yet written.
    pub(super) fn on_the_way(&self) -> usize {
        self.on_the_way.load(Ordering::Acquire)
    }

    /// Recorder's thread: opens a file, or goes on in another.
    pub(super) fn open_file(&self, number: LogNumber, file: OwnedFd) {
        let file = File::from(file);
        let mut logs = self.logs();
        match logs.get_mut(&number) {
            Some(Log::File(outlet)) => drop(outlet.replace(file)),
            _ => drop(logs.insert(number, Log::File(Outlet::new(file)))),
        }
        self.write_files(&mut logs);
    }

    /// Recorder's thread.
    pub(super) fn open_syslog(&self, number: LogNumber, path: PathBuf, sorting: Sorting) {
        self.logs().insert(number, Log::Syslog(Syslog::new(path, sorting)));
    }

    /// Recorder's thread.
    pub(super) fn close(&self, number: LogNumber) {
        if let Some(Log::File(outlet)) = self.logs().remove(&number) {
            self.lose(outlet.waiting());
        }
    }

    /// Recorder's thread: writes what is stuck, if it can be.
    pub(super) fn write(&self) {
        self.write_files(&mut self.logs());
    }

    /// Whether a file could not be written; asks without waiting for the scribe.
    pub(super) fn is_stuck(&self) -> bool {
        self.is_stuck.load(Ordering::Relaxed)
    }

    pub(super) fn take_lost(&self) -> u64 {
        self.lost.swap(0, Ordering::Relaxed)
    }

    /// Scribe's thread: a line is gathered with others that follow at once; the last one has all written.
    fn put(&self, number: LogNumber, level: Level, line: &Line<'_>) {
        let mut logs = self.logs();
        let is_enough = logs.get_mut(&number).is_some_and(|log| self.take_line(log, level, line));
        if is_enough || self.on_the_way() == 1 {
            self.write_files(&mut logs);
        }
    }

    /// Scribe's thread: a line is written, or lies on the desk with others behind it.
    fn note_done(&self) {
        self.on_the_way.fetch_sub(1, Ordering::AcqRel);
    }

    /// Whether the log should be written without waiting for more.
    fn take_line(&self, log: &mut Log, level: Level, line: &Line<'_>) -> bool {
        match log {
            Log::File(outlet) => {
                let text = line.to_string();
                if outlet.has_room(text.len()) {
                    outlet.add(text.into_bytes());
                } else {
                    self.lose(1);
                }
                outlet.has_enough()
            }
            Log::Syslog(syslog) => {
                if syslog.send(level, line).is_err() {
                    self.lose(1);
                }
                false
            }
        }
    }

    fn write_files(&self, logs: &mut BTreeMap<LogNumber, Log>) {
        let mut is_stuck = false;
        for log in logs.values_mut() {
            if let Log::File(outlet) = log {
                outlet.write();
                is_stuck |= outlet.is_stuck();
            }
        }
        self.is_stuck.store(is_stuck, Ordering::Relaxed);
    }

    fn lose(&self, count: usize) {
        self.lost.fetch_add(count as u64, Ordering::Relaxed);
    }

    fn logs(&self) -> MutexGuard<'_, BTreeMap<LogNumber, Log>> {
        self.logs.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
