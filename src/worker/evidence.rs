//! What must be written down: a transfer's record waits for a slow recorder, bounded and with the bell heard. Where
//! nothing can be written, nothing new begins.

use std::io;
use std::os::fd::AsFd;
use std::time::{Duration, Instant};

use super::watch::{Ending, Watch};
use crate::logging::LogNumber;
use crate::scoreboard::Totals;

/// How long the recorder may take.
const PATIENCE: Duration = Duration::from_secs(5);

/// Whether the recorder takes evidence now; asked before a login or a transfer begins.
pub fn can_be_written(watch: &mut Watch) -> Result<bool, Ending> {
    let recorder = &watch.birth.recorder;
    watch.wait_to_write(recorder.socket().as_fd(), Instant::now() + PATIENCE)
}

/// Writes one record; false where it is lost. What cannot be written in time is counted: what it tells of has already been.
pub fn write(watch: &mut Watch, log: LogNumber, line: &[u8]) -> Result<bool, Ending> {
    let recorder = &watch.birth.recorder;
    let deadline = Instant::now() + PATIENCE;
    loop {
        match recorder.send_evidence(log, line) {
            Ok(()) => return Ok(true),
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                if !watch.wait_to_write(recorder.socket().as_fd(), deadline)? {
                    return Ok(lost(watch));
                }
            }
            Err(_) => return Ok(lost(watch)),
        }
    }
}

/// The same without waiting: one before it has waited in vain.
pub fn try_write(watch: &Watch, log: LogNumber, line: &[u8]) -> bool {
    match watch.birth.recorder.send_evidence(log, line) {
        Ok(()) => true,
        Err(_) => lost(watch),
    }
}

fn lost(watch: &Watch) -> bool {
    watch.birth.own.count(&Totals { records_lost: 1, ..Totals::default() });
    false
}
