//! Sessions of all kinds, `--c` at a time for `--secs`, while a few others are held that must live through all of it.

use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::time::{Duration, Instant};

use crate::Load;
use crate::client::{Done, Session, Upload};
use crate::figures::{Figures, Latencies};
use crate::together::Clock;

/// Sessions that are there from the beginning to the end.
const HELD: usize = 2;

/// What goes on, counted.
struct Traffic<'a> {
    load: &'a Load,
    clock: Clock<'a>,
    seconds: f64,
    next: AtomicUsize,
    upload: Upload,
    logins: Latencies,
    whole: Latencies,
    held_lost: AtomicUsize,
}

pub fn mixed(load: &Load, figures: &mut Figures) {
    let traffic = Traffic {
        load,
        seconds: load.words.seconds("secs", 3.0),
        next: AtomicUsize::new(0),
        upload: Upload::new(),
        logins: Latencies::default(),
        whole: Latencies::default(),
        held_lost: AtomicUsize::new(0),
        clock: Clock::start(load),
    };
    std::thread::scope(|scope| {
        (0..load.words.count("c", 4)).for_each(|_| drop(scope.spawn(|| traffic.come_and_go())));
        let traffic = &traffic;
        (0..HELD).for_each(|number| drop(scope.spawn(move || traffic.stay(number))));
    });
    traffic.tell(figures);
}

impl Traffic<'_> {
    fn goes_on(&self) -> bool {
        self.clock.seconds() < self.seconds
    }

    fn come_and_go(&self) {
        while self.goes_on() {
            let number = self.next.fetch_add(1, Relaxed);
            if self.load.errors.noted(self.session(number)).is_none() {
                // A client that was refused does not come back at once.
                std::thread::sleep(Duration::from_millis(5));
            }
        }
    }

    fn session(&self, number: usize) -> Done {
        let began = Instant::now();
        let mut session = Session::logged_in(&self.load.target, number)?;
        self.logins.note(began);
        session.command("TYPE I", 2)?;
        match number % 4 {
            0 => {}
            1 => self.small_files(number, &mut session)?,
            2 => session.list("LIST d1000", |_| {})?,
            _ => drop(session.retrieve("RETR mid.bin")?),
        }
        session.quit()?;
        self.whole.note(began);
        Ok(())
    }

    fn small_files(&self, number: usize, session: &mut Session) -> Done {
        for file in 0..3 {
            session.retrieve(&format!("RETR small/f{:03}", (number + file) % 100))?;
        }
        session.store(&format!("STOR up/mixed{}", number % 8), &self.upload, 20_000)
    }

    fn stay(&self, number: usize) {
        if self.load.errors.noted(self.held(number)).is_none() {
            self.held_lost.fetch_add(1, Relaxed);
        }
    }

    fn held(&self, number: usize) -> Done {
        let mut session = Session::logged_in(&self.load.target, number)?;
        while self.goes_on() {
            session.command("NOOP", 2).map_err(|error| format!("held {error}"))?;
            std::thread::sleep(Duration::from_millis(50));
        }
        session.quit()
    }

    fn tell(self, figures: &mut Figures) {
        self.clock.stop_when_tidy().tell_each(self.whole.len(), figures);
        figures.count("sessions", self.whole.len());
        figures.count("held_lost", self.held_lost.into_inner());
        self.logins.tell("login", figures);
    }
}
