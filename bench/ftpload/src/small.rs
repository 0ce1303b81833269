//! Many small files, one after the other in each of `--c` sessions, a data connection for each file.

use std::time::Instant;

use crate::Load;
use crate::client::{Done, Session, Upload};
use crate::figures::{Figures, Latencies};
use crate::together::together;

/// So many different names.
const NAMES: usize = 100;

pub fn retrieve(load: &Load, figures: &mut Figures) {
    let (folder, size) = (load.words.text("dir", "small"), load.words.number("size", 1024));
    run(load, figures, |number, turn, session| {
        let bytes = session.retrieve(&format!("RETR {folder}/f{:03}", (number + turn) % NAMES))?;
        if bytes == size { Ok(()) } else { Err(format!("{bytes} bytes of {size}")) }
    });
}

pub fn store(load: &Load, figures: &mut Figures) {
    let (upload, size) = (Upload::new(), load.words.number("size", 1024));
    run(load, figures, |number, turn, session| {
        session.store(&format!("STOR up/s{number}_{:03}", turn % NAMES), &upload, size)
    });
}

/// `--n` files in all, or as many as begin in `--secs`.
fn run(load: &Load, figures: &mut Figures, transfer: impl Fn(usize, usize, &mut Session) -> Done + Sync) {
    let (count, seconds) = (load.words.count("c", 1), load.words.seconds("secs", 4.0));
    let (each, files) = (load.words.count("n", 1000) / count, Latencies::default());
    let took = together(load, count, |number, session| {
        let all = Instant::now();
        for turn in (0..each).take_while(|_| all.elapsed().as_secs_f64() < seconds) {
            let began = Instant::now();
            transfer(number, turn, session)?;
            files.note(began);
        }
        Ok(())
    });
    took.tell_each(files.len(), figures);
    figures.count("files", files.len());
    files.tell("file", figures);
}
