//! A record is published under a sequence count: odd while its one writer is in it, even otherwise. Readers take
//! no lock: they copy, and copy again if the count was odd or has moved. All words are atomics, so a copy that
//! is thrown away was never a data race.

use std::sync::atomic::{Ordering, fence};
use std::time::Duration;

use crossbeam::utils::Backoff;

use crate::sys::mapping::{Words, WritableMap};

/// How often a reader tries before it takes the writer for dead in mid-sentence. A publish takes well under a
/// microsecond, so the first rounds nearly always do.
const ATTEMPTS: usize = 200;
/// What the later rounds wait, for a writer that lost its processor: 20 ms in all.
const PAUSE: Duration = Duration::from_micros(100);

/// Called by the record's writer: the stores of `write` become visible together.
pub fn publish(map: &WritableMap, sequence_at: usize, write: impl FnOnce(&WritableMap)) {
    let Some(sequence) = map.atomic(sequence_at) else { return };
    // Already odd after a writer that was killed: no reader believed it, so it may stay the same.
    let odd = sequence.load(Ordering::Relaxed) | 1;
    sequence.store(odd, Ordering::Relaxed);
    // No store of the record may be seen before the odd count …
    fence(Ordering::Release);
    write(map);
    // … and none after the even one.
    sequence.store(odd.wrapping_add(1), Ordering::Release);
}

/// Called by any reader: what `copy` read while no writer was in the record; None if one never left.
pub fn consistent<W: Words + ?Sized, T>(
    words: &W,
    sequence_at: usize,
    mut copy: impl FnMut(&W) -> T,
) -> Option<T> {
    let backoff = Backoff::new();
    for _ in 0..ATTEMPTS {
        let before = words.word(sequence_at);
        // With the Release store of the even count: we see at least that record.
        fence(Ordering::Acquire);
        if before & 1 == 0 {
            let copied = copy(words);
            // With the fence in `publish`: had we seen a store of a later record, we would now see its odd count.
            fence(Ordering::Acquire);
            if words.word(sequence_at) == before {
                return Some(copied);
            }
        }
        if backoff.is_completed() {
            std::thread::sleep(PAUSE);
        } else {
            backoff.snooze();
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::AtomicBool;

    use super::*;
    use crate::sys::mapping::{PAGE, ReadOnlyMap, allocate, nameless_file};

    const WORDS: usize = 64;

    #[test]
    fn no_reader_sees_a_torn_record() {
        let file = nameless_file("test").unwrap();
        allocate(&file, 0..PAGE).unwrap();
        let writer = WritableMap::new(&file, 0..PAGE).unwrap();
        let reader = ReadOnlyMap::new(&file, 0..PAGE).unwrap();
        let done = AtomicBool::new(false);
        std::thread::scope(|scope| {
            scope.spawn(|| {
                for round in 1..200_000_u64 {
                    publish(&writer, 0, |map| {
                        for word in 1..WORDS {
                            map.atomic(word * 8).unwrap().store(round, Ordering::Relaxed);
                        }
                    });
                }
                done.store(true, Ordering::Release);
            });
            let mut last = 0;
            while !done.load(Ordering::Acquire) {
                let copied = consistent(&reader, 0, |words| {
                    (1..WORDS).map(|word| words.word(word * 8)).collect::<Vec<_>>()
                });
                let Some(copied) = copied else { continue };
                assert!(copied.iter().all(|&word| word == copied[0]), "torn: {copied:?}");
                assert!(copied[0] >= last, "a record older than one already seen");
                last = copied[0];
            }
        });
    }

    #[test]
    fn a_writer_dead_in_mid_sentence_is_told_and_overcome() {
        let file = nameless_file("test").unwrap();
        allocate(&file, 0..PAGE).unwrap();
        let writer = WritableMap::new(&file, 0..PAGE).unwrap();
        writer.atomic(0).unwrap().store(41, Ordering::Relaxed);
        assert_eq!(consistent(&writer, 0, |_| ()), None);
        publish(&writer, 0, |_| ());
        assert_eq!(consistent(&writer, 0, |words| words.word(0)), Some(42));
    }
}
