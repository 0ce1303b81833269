//! The header's fields, as they are stored and loaded. Its writer is the master; everyone reads.

use std::sync::atomic::Ordering;

use super::layout::{self, Geometry, header};
use super::record::{HeaderRecord, Kind, Order, Totals};
use super::{ReasonCode, Refusals, sequence, text};
use crate::shutmsg::Schedule;
use crate::sys::ProcessId;
use crate::sys::mapping::{Words, WritableMap};

/// Master, before anybody else can see the board.
pub fn begin(map: &WritableMap, geometry: &Geometry, master: ProcessId, started_ms: u64) {
    for (at, value) in constants(geometry) {
        store(map, at, value);
    }
    store(map, header::MASTER, u64::from(master.0.unsigned_abs()));
    store(map, header::STARTED, started_ms);
}

/// Whoever makes a board for sessions without a common master.
pub fn begin_shared(map: &WritableMap, geometry: &Geometry, started_ms: u64) {
    begin(map, geometry, ProcessId(0), started_ms);
    store(map, header::KIND, Kind::Inetd.number());
    store(map, header::READY, 1);
    store(map, header::GENERATION, 1);
}

/// What every header of this geometry holds, and a reader checks.
pub fn constants(geometry: &Geometry) -> [(usize, u64); 8] {
    [
        (header::MAGIC, layout::MAGIC),
        (header::VERSION, layout::VERSION),
        (header::SLOTS, u64::from(geometry.slots())),
        (header::PLACES_AT, geometry.places_at as u64),
        (header::GRANTS_AT, geometry.grants_at as u64),
        (header::BIRTHS_AT, geometry.births_at as u64),
        (header::SLOTS_AT, geometry.slots_at as u64),
        (header::FILE_SIZE, geometry.file_size as u64),
    ]
}

/// Master: one word that stands for itself. Release: who sees it sees what was stored before.
pub fn store(map: &WritableMap, at: usize, value: u64) {
    if let Some(word) = map.atomic(at) {
        word.store(value, Ordering::Release);
    }
}

/// Master: the shutdown schedule.
pub fn store_schedule(map: &WritableMap, schedule: Option<&Schedule>) {
    sequence::publish(map, header::SCHEDULE_SEQUENCE, |map| {
        store(map, header::SCHEDULED, u64::from(schedule.is_some()));
        let Some(schedule) = schedule else { return };
        store(map, header::SHUTDOWN, schedule.shutdown.cast_unsigned());
        store(map, header::DENY, schedule.deny.cast_unsigned());
        store(map, header::DISCONNECT, schedule.disconnect.cast_unsigned());
        store(map, header::EXPIRES, schedule.expires.unwrap_or_default().cast_unsigned());
        store(map, header::DRAIN, schedule.drain.unwrap_or_default().cast_unsigned());
        text::store(map, 0, header::MESSAGE, &schedule.message);
        text::store(map, 0, header::SERVER, &schedule.server);
    });
}

/// Anyone: the shutdown schedule. One load when there is none.
pub fn load_schedule<W: Words + ?Sized>(words: &W) -> Option<Schedule> {
    if words.word(header::SCHEDULED) == 0 {
        return None;
    }
    // A master that died in the middle of this leaves no schedule behind: nobody would lift it again.
    sequence::consistent(words, header::SCHEDULE_SEQUENCE, |words| {
        let some = |at| Some(words.word(at).cast_signed()).filter(|moment| *moment != 0);
        (words.word(header::SCHEDULED) != 0).then(|| Schedule {
            shutdown: words.word(header::SHUTDOWN).cast_signed(),
            deny: words.word(header::DENY).cast_signed(),
            disconnect: words.word(header::DISCONNECT).cast_signed(),
            message: text::load(words, 0, header::MESSAGE),
            expires: some(header::EXPIRES),
            drain: some(header::DRAIN),
            server: text::load(words, 0, header::SERVER),
        })
    })
    .flatten()
}

/// Anyone: a block of totals.
pub fn load_totals<W: Words + ?Sized>(words: &W, at: usize) -> Totals {
    let mut totals = Totals::default();
    for (index, total) in totals.fields_mut().into_iter().enumerate() {
        *total = words.word(at + index * 8);
    }
    totals
}

/// The block's writer: adds to those totals that grow.
pub fn add_totals(map: &WritableMap, at: usize, more: &Totals) {
    for (index, more) in more.fields().into_iter().enumerate().filter(|&(_, more)| more != 0) {
        if let Some(total) = map.atomic(at + index * 8) {
            total.store(total.load(Ordering::Relaxed).wrapping_add(more), Ordering::Relaxed);
        }
    }
}

/// Anyone: adds a block of refusals to what is known of others.
pub fn load_refusals<W: Words + ?Sized>(words: &W, at: usize, into: &mut Refusals) {
    for number in 0..ReasonCode::ALL.len() {
        into.add(number, words.word(at + number * 8));
    }
}

/// The block's writer: one more of a reason, or many.
pub fn add_refusals(map: &WritableMap, at: usize, reason: ReasonCode, more: u64) {
    if let Some(count) = map.atomic(at + reason as usize * 8) {
        count.store(count.load(Ordering::Relaxed).wrapping_add(more), Ordering::Relaxed);
    }
}

/// Anyone: the whole header.
pub fn load<W: Words + ?Sized>(words: &W) -> HeaderRecord {
    let totals =
        sequence::consistent(words, header::TOTALS_SEQUENCE, |words| load_totals(words, header::TOTALS));
    HeaderRecord {
        master: process(words.word(header::MASTER)),
        kind: Kind::of(words.word(header::KIND)),
        started_ms: words.word(header::STARTED),
        ready: words.word(header::READY) == 1,
        generation: number(words.word(header::GENERATION)),
        refused_reloads: number(words.word(header::REFUSED_RELOADS)),
        order: Order::of(words.word(header::ORDER)),
        schedule: load_schedule(words),
        totals: totals.unwrap_or_else(|| load_totals(words, header::TOTALS)),
        high_water: number(words.word(header::HIGH_WATER)),
    }
}

/// A pid in a word; None for what cannot be one.
pub fn process(word: u64) -> Option<ProcessId> {
    i32::try_from(word).ok().filter(|&pid| pid > 0).map(ProcessId)
}

/// A 32-bit number in a word; the largest for what is none.
pub fn number(word: u64) -> u32 {
    u32::try_from(word).unwrap_or(u32::MAX)
}
