//! Big files, moved by a few sessions: `--c` of them, `--reps` times each.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use crate::Load;
use crate::client::{Done, Session, Upload};
use crate::figures::Figures;
use crate::together::together;

pub fn retrieve(load: &Load, figures: &mut Figures) {
    let command = format!("RETR {}", load.words.text("file", "big.bin"));
    run(load, figures, |_, session| session.retrieve(&command));
}

pub fn store(load: &Load, figures: &mut Figures) {
    let (upload, size) = (Upload::new(), load.words.number("size", 1 << 30));
    run(load, figures, |number, session| {
        session.store(&format!("STOR up/up{number}.bin"), &upload, size)?;
        Ok(size)
    });
}

fn run(load: &Load, figures: &mut Figures, transfer: impl Fn(usize, &mut Session) -> Done<u64> + Sync) {
    let (times, moved) = (load.words.number("reps", 1), AtomicU64::new(0));
    let took = together(load, load.words.count("c", 1), |number, session| {
        for _ in 0..times {
            moved.fetch_add(transfer(number, session)?, Relaxed);
        }
        Ok(())
    });
    took.tell_bytes(moved.load(Relaxed), figures);
}
