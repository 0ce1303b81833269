//! Sessions that are held: opened, kept silent while somebody else measures, asked at the end whether they still live.

use std::io::{self, BufRead};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::time::Instant;

use crate::Load;
use crate::client::Session;
use crate::figures::{Figures, Latencies};
use crate::together::Clock;

/// A server that cannot hold more has said so this often.
const ENOUGH_ERRORS: usize = 20;

/// Opens `--k` sessions, `--par` at a time, in at most `--secs`; says `held`; waits for a line on its input.
pub fn hold(load: &Load, figures: &mut Figures) {
    let opening = Latencies::default();
    let clock = Clock::start(load);
    let mut held = open(load, &clock, &opening);
    figures.amount("open_secs", clock.seconds());
    figures.count("k", held.len());
    opening.tell("open", figures);
    println!("held {}", held.len());
    let _ = io::stdin().lock().read_line(&mut String::new());
    let lost = held.iter_mut().filter_map(|session| session.command("NOOP", 2).err());
    let lost = lost.inspect(|error| load.errors.note(&format!("held {error}"))).count();
    figures.count("held_lost", lost);
}

fn open<'a>(load: &'a Load, clock: &Clock, opening: &Latencies) -> Vec<Session<'a>> {
    let (next, held) = (AtomicUsize::new(0), Mutex::default());
    let (most, seconds) = (load.words.count("k", 500), load.words.seconds("secs", 60.0));
    std::thread::scope(|scope| {
        for _ in 0..load.words.count("par", 4) {
            scope.spawn(|| {
                while clock.seconds() < seconds && load.errors.len() < ENOUGH_ERRORS {
                    let number = next.fetch_add(1, Relaxed);
                    if number >= most {
                        break;
                    }
                    let began = Instant::now();
                    if let Some(session) = load.errors.noted(Session::logged_in(&load.target, number)) {
                        opening.note(began);
                        push(&held, session);
                    }
                }
            });
        }
    });
    held.into_inner().unwrap_or_default()
}

fn push<'a>(held: &Mutex<Vec<Session<'a>>>, session: Session<'a>) {
    if let Ok(mut held) = held.lock() {
        held.push(session);
    }
}
