//! The step from one program to another, in the same process.

use std::ffi::OsString;
use std::fs::File;
use std::io;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd};

use slog::{error, info};

use super::program::{self, FAILED, STATE};
use super::state::State;
use crate::master::{Master, versions};
use crate::sys::signals;
use crate::sys::succession::{self, Luggage};

impl Master {
    /// Becomes the other program, which may come back to this one; returns with the reason why not.
    pub(super) fn depart(&mut self, program: &File, version: &str) -> String {
        info!(self.log, "upgrading from ferryd {} to ferryd {version}", versions::FERRYD);
        let own = match File::open("/proc/self/exe") {
            Ok(own) => own,
            Err(error) => return format!("there would be no way back: {error}"),
        };
        let left = self.become_program(program.as_fd(), Some(own.as_fd()), &[]);
        format!("cannot execute {}: {left}", self.program.display())
    }

    /// Becomes the program that was before this one.
    pub(super) fn return_to(&mut self, program: impl AsFd, why: &str) -> io::Error {
        let why = format!("ferryd {}: {why}", versions::FERRYD);
        error!(self.log, "upgrade failed, the program before comes back: {why}");
        self.become_program(program.as_fd(), None, &[FAILED.into(), why.into()])
    }

    fn become_program(
        &mut self,
        program: BorrowedFd<'_>,
        way_back: Option<BorrowedFd<'_>>,
        more: &[OsString],
    ) -> io::Error {
        match self.try_become(program, way_back, more) {
            Ok(error) | Err(error) => error,
        }
    }

    fn try_become(
        &mut self,
        program: BorrowedFd<'_>,
        way_back: Option<BorrowedFd<'_>>,
        more: &[OsString],
    ) -> io::Result<io::Error> {
        self.workers.learn_births(&self.board);
        let state = State::of(self);
        let mut luggage = Luggage::of(&state.descriptors);
        let file = succession::sealed("ferryd-upgrade", &state.encode()?)?;
        luggage.pack(&file);
        way_back.iter().for_each(|program| {
            luggage.pack(program);
        });
        let state = state_word(file.as_raw_fd(), way_back.map(|program| program.as_raw_fd()));
        let words = program::words(&self.options, &[more, &[STATE.into(), state.into()]].concat());
        // What comes from now on waits for the other program; so does what has come and was not acted upon.
        let mask = signals::block_all()?;
        self.signals.put_back();
        let error = succession::become_program(program, &words, &luggage);
        signals::restore(&mask)?;
        Ok(error)
    }
}

/// The numbers of the state's file and of the program that may come back.
fn state_word(state: i32, way_back: Option<i32>) -> String {
    way_back.map_or_else(|| state.to_string(), |way_back| format!("{state},{way_back}"))
}
