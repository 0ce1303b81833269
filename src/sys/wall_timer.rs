//! A timer on the wall clock: it fires at a moment, not after a span, and when somebody sets the clock.

use std::io;
use std::os::fd::{AsFd, BorrowedFd};

use nix::sys::time::TimeSpec;
use nix::sys::timerfd::{ClockId, Expiration, TimerFd, TimerFlags, TimerSetTimeFlags};

/// Readable when the moment has come or the clock was set (TFD_TIMER_CANCEL_ON_SET, timerfd_create(2)).
#[derive(Debug)]
pub struct WallTimer(TimerFd);

impl WallTimer {
    /// A timer that is not set.
    pub fn new() -> io::Result<WallTimer> {
        let flags = TimerFlags::TFD_CLOEXEC | TimerFlags::TFD_NONBLOCK;
        Ok(WallTimer(TimerFd::new(ClockId::CLOCK_REALTIME, flags)?))
    }

    /// Fires at this second of the epoch; at once if it is past. `None` unsets it.
    pub fn set(&self, moment: Option<i64>) -> io::Result<()> {
        let Some(moment) = moment else { return Ok(self.0.unset()?) };
        let flags = TimerSetTimeFlags::TFD_TIMER_ABSTIME | TimerSetTimeFlags::TFD_TIMER_CANCEL_ON_SET;
        // Second 0 would unset it.
        Ok(self.0.set(Expiration::OneShot(TimeSpec::new(moment.max(1), 0)), flags)?)
    }

    /// Takes note of what fired, so that the timer is quiet again.
    pub fn acknowledge(&self) {
        // ECANCELED after a clock step and EAGAIN after a race mean the same to the caller: look at the clock.
        let _ = nix::unistd::read(self.0.as_fd(), &mut [0; 8]);
    }
}

impl AsFd for WallTimer {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.0.as_fd()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sys::{clock, poll};

    #[test]
    fn a_moment_that_is_past_fires_at_once_and_then_is_quiet() {
        let timer = WallTimer::new().unwrap();
        let quiet = |timer: &WallTimer| {
            poll::wait(&mut [poll::Waiting::to_read(timer.as_fd())], Some(std::time::Duration::ZERO)).unwrap()
        };
        timer.set(Some(clock::now() + 3600)).unwrap();
        assert_eq!(quiet(&timer), 0);
        timer.set(Some(clock::now() - 5)).unwrap();
        assert_eq!(poll::wait(&mut [poll::Waiting::to_read(timer.as_fd())], None).unwrap(), 1);
        timer.acknowledge();
        assert_eq!(quiet(&timer), 0);
    }
}
