//! A place: the worker's order, and what its session holds of the limits. Its writer is the master; its worker reads.

use std::sync::atomic::Ordering;

use super::layout::{PLACE_SIZE, place};
use super::record::PlaceRecord;
use super::{header, sequence};
use crate::sys::mapping::WritableMap;

/// Master: what the session of the place at `base` holds.
pub fn store(map: &WritableMap, base: usize, record: &PlaceRecord) {
    sequence::publish(map, base + place::SEQUENCE, |map| {
        header::store(map, base + place::INSTANCE, u64::from(record.instance));
        header::store(map, base + place::ACCOUNT, record.account);
        header::store(map, base + place::HOST, record.host);
        header::store(map, base + place::SERVER, u64::from(record.server));
        header::store(map, base + place::CLASS, record.class);
    });
}

#[cfg(test)]
/// Anyone: what the session of the place at `base` holds.
pub fn load<W: crate::sys::mapping::Words + ?Sized>(words: &W, base: usize) -> Option<PlaceRecord> {
    sequence::consistent(words, base + place::SEQUENCE, |words| PlaceRecord {
        instance: words.word(base + place::INSTANCE) == 1,
        account: words.word(base + place::ACCOUNT),
        host: words.word(base + place::HOST),
        server: header::number(words.word(base + place::SERVER)),
        class: words.word(base + place::CLASS),
    })
}

/// Master: nobody's place. Order, leave to serve and holdings go; the sequence goes on.
pub fn clear(map: &WritableMap, base: usize) {
    sequence::publish(map, base + place::SEQUENCE, |map| {
        for at in (0..PLACE_SIZE).step_by(8).filter(|&at| at != place::SEQUENCE) {
            if let Some(word) = map.atomic(base + at) {
                word.store(0, Ordering::SeqCst);
            }
        }
    });
}
