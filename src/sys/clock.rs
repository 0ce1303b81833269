//! Wall-clock time; for measuring spans use `std::time::Instant`.

use std::time::{SystemTime, UNIX_EPOCH};

/// Milliseconds since the epoch; 0 before it.
pub fn now_ms() -> u64 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |since| u64::try_from(since.as_millis()).unwrap_or(0))
}

/// Seconds since the epoch.
pub fn now() -> i64 {
    i64::try_from(now_ms() / 1000).unwrap_or(0)
}
