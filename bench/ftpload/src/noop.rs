//! One session that asks for nothing, over and over: does it wait while something else goes on?

use std::time::{Duration, Instant};

use crate::Load;
use crate::client::{Done, Session};
use crate::figures::{Figures, Latencies};

/// NOOP for `--secs`, a millisecond apart.
pub fn noop(load: &Load, figures: &mut Figures) {
    let answers = Latencies::default();
    load.errors.noted(ask(load, &answers));
    answers.tell("noop", figures);
}

fn ask(load: &Load, answers: &Latencies) -> Done {
    let mut session = Session::logged_in(&load.target, 0)?;
    let (all, seconds) = (Instant::now(), load.words.seconds("secs", 1.0));
    while all.elapsed().as_secs_f64() < seconds {
        let began = Instant::now();
        session.command("NOOP", 2)?;
        answers.note(began);
        std::thread::sleep(Duration::from_millis(1));
    }
    session.quit()
}
