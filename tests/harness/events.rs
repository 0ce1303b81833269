//! Waiting for what can be observed, with a deadline; never for a time to pass.

use std::time::{Duration, Instant};

/// How long an event may take before the test gives up on it.
pub const DEADLINE: Duration = Duration::from_secs(20);

/// Asks until there is an answer. What is waited for stands in the failure.
#[track_caller]
pub fn eventually<T>(what: &str, mut look: impl FnMut() -> Option<T>) -> T {
    within(DEADLINE, what, &mut look)
}

/// As [`eventually`], with a deadline of its own.
#[track_caller]
pub fn within<T>(deadline: Duration, what: &str, mut look: impl FnMut() -> Option<T>) -> T {
    let end = Instant::now() + deadline;
    loop {
        if let Some(seen) = look() {
            return seen;
        }
        assert!(Instant::now() < end, "not within {deadline:?}: {what}");
        // The observable is asked again; nothing is concluded from the time that went by.
        std::thread::park_timeout(Duration::from_millis(3));
    }
}

/// As [`eventually`], for a statement.
#[track_caller]
pub fn until(what: &str, mut holds: impl FnMut() -> bool) {
    eventually(what, || holds().then_some(()));
}
