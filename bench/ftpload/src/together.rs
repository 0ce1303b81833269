//! Sessions that are logged in first, begin at once, and are timed together.

use std::sync::Barrier;
use std::time::{Duration, Instant};

use crate::Load;
use crate::client::{Done, Session};
use crate::figures::Figures;

/// What the work of all sessions took.
pub struct Took {
    seconds: f64,
    processor: f64,
}

/// Lets `count` sessions do their work at the same time; each is told its number.
pub fn together(load: &Load, count: usize, work: impl Fn(usize, &mut Session) -> Done + Sync) -> Took {
    let (start, end) = (Barrier::new(count + 1), Barrier::new(count + 1));
    std::thread::scope(|scope| {
        for number in 0..count {
            let (start, end, work) = (&start, &end, &work);
            scope.spawn(move || {
                let mut session = load.errors.noted(binary(load, number));
                start.wait();
                if let Some(session) = &mut session {
                    load.errors.noted(work(number, session));
                }
                end.wait();
                // What comes after the measured work may fail: the figures stand.
                let _ = session.map(|mut session| session.quit());
            });
        }
        start.wait();
        let clock = Clock::start(load);
        end.wait();
        clock.stop()
    })
}

fn binary(load: &Load, number: usize) -> Done<Session<'_>> {
    let mut session = Session::logged_in(&load.target, number)?;
    session.command("TYPE I", 2)?;
    Ok(session)
}

/// Time as it passes, and the server's processor time.
pub struct Clock<'a> {
    load: &'a Load,
    began: Instant,
    processor: f64,
}

impl<'a> Clock<'a> {
    pub fn start(load: &'a Load) -> Clock<'a> {
        Clock { load, processor: load.server.processor(), began: Instant::now() }
    }

    pub fn seconds(&self) -> f64 {
        self.began.elapsed().as_secs_f64()
    }

    pub fn stop(self) -> Took {
        Took { seconds: self.seconds(), processor: self.load.server.processor() - self.processor }
    }

    /// The same, where the server may still be tidying up after the last session: that is part of what it cost.
    pub fn stop_when_tidy(self) -> Took {
        let seconds = self.seconds();
        std::thread::sleep(Duration::from_millis(150));
        Took { seconds, ..self.stop() }
    }
}

impl Took {
    /// How many of something a second, and the server's processor time for one.
    pub fn tell_each(&self, count: usize, figures: &mut Figures) {
        figures.amount("secs", self.seconds);
        figures.amount("per_sec", count as f64 / self.seconds);
        figures.amount("server_cpu_us_each", self.processor * 1e6 / count as f64);
    }

    pub fn tell_bytes(&self, bytes: u64, figures: &mut Figures) {
        tell_bytes(bytes, self.seconds, self.processor, figures);
    }
}

/// Megabytes (10⁶) a second, and milliseconds of processor time for a gigabyte.
pub fn tell_bytes(bytes: u64, seconds: f64, processor: f64, figures: &mut Figures) {
    figures.amount("secs", seconds);
    figures.amount("mb_per_sec", bytes as f64 / 1e6 / seconds);
    figures.amount("server_cpu_ms_per_gb", processor * 1e3 / (bytes as f64 / 1e9));
}
