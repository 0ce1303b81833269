//! Sessions opened and ended: the cost of a login, or of a greeting alone.

use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::time::Instant;

use crate::Load;
use crate::client::{Done, Session};
use crate::figures::{Figures, Latencies};
use crate::together::Clock;

#[derive(Default)]
struct Seen {
    greeting: Latencies,
    login: Latencies,
    whole: Latencies,
}

/// Connect, greeting, close.
pub fn greetings(load: &Load, figures: &mut Figures) {
    run(load, figures, |_, _, _| Ok(()));
}

/// Connect, greeting, USER, PASS, QUIT, close.
pub fn sessions(load: &Load, figures: &mut Figures) {
    run(load, figures, |session, began, seen| {
        session.login()?;
        seen.login.note(began);
        session.quit()
    });
}

type Rest = fn(&mut Session, Instant, &Seen) -> Done;

/// `--c` at a time, `--n` in all, or as many as begin in `--secs`.
fn run(load: &Load, figures: &mut Figures, rest: Rest) {
    let (next, seen) = (AtomicUsize::new(0), Seen::default());
    let (most, seconds) = (load.words.count("n", usize::MAX), load.words.seconds("secs", 10.0));
    let clock = Clock::start(load);
    std::thread::scope(|scope| {
        for _ in 0..load.words.count("c", 8) {
            scope.spawn(|| {
                while clock.seconds() < seconds {
                    let number = next.fetch_add(1, Relaxed);
                    if number >= most {
                        break;
                    }
                    load.errors.noted(one(load, number, rest, &seen));
                }
            });
        }
    });
    clock.stop_when_tidy().tell_each(seen.whole.len(), figures);
    figures.count("sessions", seen.whole.len());
    seen.greeting.tell("banner", figures);
    seen.login.tell("login", figures);
}

fn one(load: &Load, number: usize, rest: Rest, seen: &Seen) -> Done {
    let began = Instant::now();
    let mut session = Session::open(&load.target, number)?;
    seen.greeting.note(began);
    rest(&mut session, began, seen)?;
    seen.whole.note(began);
    Ok(())
}
