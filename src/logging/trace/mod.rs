//! The trace: what a process does, told channel by channel for whoever looks for a fault. Off, as it usually is, a question costs a
//! look at one word that nobody writes to, and no line is made.

mod channels;
mod levels;

use std::fmt;
use std::net::SocketAddr;
use std::ops::Deref;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

use serde::{Deserialize, Serialize};

use super::{LogNumber, Style};
pub use channels::{Channel, ROWS, Row, meant, names};
pub use levels::{Levels, Misread, Orders};

/// The highest level of each channel that this process tells, a byte each.
static HIGHEST: AtomicU64 = AtomicU64::new(0);
/// The orders that this goes by.
static ORDERS: AtomicU64 = AtomicU64::new(0);
/// What it is told through; of no use while nothing is told.
static TRACER: Mutex<Option<Tracer>> = Mutex::new(None);

/// TraceOptions.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TraceOptions {
    /// Timestamp.
    pub timestamp: bool,
    /// TimestampMillis.
    pub millis: bool,
    /// ConnIPs.
    pub addresses: bool,
}

impl Default for TraceOptions {
    /// As ProFTPD 1.3.8 writes without any.
    fn default() -> TraceOptions {
        TraceOptions { timestamp: true, millis: true, addresses: false }
    }
}

/// One process's part in the trace.
pub struct Tracer {
    /// To the recorder.
    recorder: Box<dyn Deref<Target = super::Channel> + Send>,
    log: LogNumber,
    style: Style,
    /// Before the channel; empty, or ends in a blank.
    origin: String,
    levels: Levels,
}

impl Tracer {
    /// What writes to this log.
    pub fn new(
        recorder: impl Deref<Target = super::Channel> + Send + 'static,
        log: LogNumber,
        (levels, options): (Levels, TraceOptions),
    ) -> Tracer {
        let style = Style::of_trace(options.timestamp, options.millis);
        Tracer { recorder: Box::new(recorder), log, style, origin: String::new(), levels }
    }

    /// The same of a client and the server that it reached (ConnIPs).
    pub fn between(self, client: SocketAddr, server: SocketAddr) -> Tracer {
        Tracer { origin: format!("(client {}, server {server}) ", client.ip()), ..self }
    }

    fn tell(&self, channel: Channel, level: u8, text: &str) {
        if self.levels.has(channel, level) {
            let origin = format!("{}<{}:{level}>", self.origin, channel.name());
            self.recorder.send_trace((self.log, self.style), origin.as_bytes(), text.as_bytes());
        }
    }
}

impl fmt::Debug for Tracer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tracer").field("log", &self.log).field("levels", &self.levels).finish_non_exhaustive()
    }
}

/// Whether a line of this level may be told.
#[inline]
pub fn is_told(channel: Channel, level: u8) -> bool {
    HIGHEST.load(Ordering::Relaxed).to_le_bytes()[channel.place()] >= level
}

/// Tells a line, which is not made where nobody wants it. What a client has said is made fit for a log on its way there; what is secret
/// must not be in it.
#[inline]
pub fn tell(channel: Channel, level: u8, text: impl FnOnce() -> String) {
    if is_told(channel, level) {
        say(channel, level, text);
    }
}

#[cold]
#[inline(never)]
fn say(channel: Channel, level: u8, text: impl FnOnce() -> String) {
    let text = text();
    let tracer = TRACER.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(tracer) = &*tracer {
        tracer.tell(channel, level, &text);
    }
}

/// Whether this process goes by other orders than these.
#[inline]
pub fn is_outdated(orders: Orders) -> bool {
    ORDERS.load(Ordering::Relaxed) != orders.0
}

/// From now on this process tells so much, by these orders and what is configured; `tracer` is asked only where that is anything. What
/// stays as it is is not written: the pages are shared with other processes until then.
pub fn tune(configured: Levels, orders: Orders, tracer: impl FnOnce(Levels) -> Option<Tracer>) {
    let levels = orders.levels().over(configured);
    if levels.highest() == 0 && HIGHEST.load(Ordering::Relaxed) == 0 && !is_outdated(orders) {
        return;
    }
    let tracer = if levels.highest() == 0 { None } else { tracer(levels) };
    begin(tracer);
    ORDERS.store(orders.0, Ordering::Relaxed);
}

/// From now on this process tells what this one does.
pub fn begin(tracer: Option<Tracer>) {
    let highest = tracer.as_ref().map_or(0, |tracer| tracer.levels.highest());
    *TRACER.lock().unwrap_or_else(PoisonError::into_inner) = tracer;
    HIGHEST.store(highest, Ordering::Relaxed);
}

/// A child, first of all: its parent's descriptors are not its own.
pub fn forget() {
    if HIGHEST.load(Ordering::Relaxed) != 0 {
        HIGHEST.store(0, Ordering::Relaxed);
        // Dropped it could close what has another meaning here.
        std::mem::forget(TRACER.lock().unwrap_or_else(PoisonError::into_inner).take());
    }
}
