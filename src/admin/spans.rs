//! Spans of time as the tools print them.

/// How long the daemon is up: `3 days, 13 hrs 59 min`, ` 1 hr 00 min`, `59 min`.
pub fn uptime(milliseconds: u64) -> String {
    let minutes = milliseconds / 60_000;
    let (days, hours, minutes) = (minutes / (24 * 60), minutes / 60 % 24, minutes % 60);
    let days = match days {
        0 => String::new(),
        days => format!("{days} day{}, ", plural(days)),
    };
    match hours {
        0 => format!("{days}{minutes} min"),
        hours => format!("{days}{hours:2} hr{} {minutes:02} min", plural(hours)),
    }
}

/// How long something has lasted: `0m2s`, `59m59s`, and from an hour on `1h0m`.
pub fn since(milliseconds: u64) -> String {
    let seconds = milliseconds / 1000;
    match seconds / 3600 {
        0 => format!("{}m{}s", seconds / 60, seconds % 60),
        hours => format!("{hours}h{}m", seconds / 60 % 60),
    }
}

/// The ending of a word that counts so many.
pub fn plural(count: u64) -> &'static str {
    if count == 1 { "" } else { "s" }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: u64 = 1000;

    #[test]
    fn uptimes_are_told_as_proftpd_tells_them() {
        for (seconds, expected) in [
            (0, "0 min"),
            (59, "0 min"),
            (3599, "59 min"),
            (3600, " 1 hr 00 min"),
            (7200, " 2 hrs 00 min"),
            (36_420, "10 hrs 07 min"),
            (86_399, "23 hrs 59 min"),
            (86_400, "1 day, 0 min"),
            (90_060, "1 day,  1 hr 01 min"),
            (309_540, "3 days, 13 hrs 59 min"),
            (34_560_000, "400 days, 0 min"),
        ] {
            assert_eq!(uptime(seconds * SECOND), expected);
        }
    }

    #[test]
    fn spans_are_told_as_proftpd_tells_them() {
        for (seconds, expected) in [
            (0, "0m0s"),
            (30, "0m30s"),
            (3599, "59m59s"),
            (3600, "1h0m"),
            (36_420, "10h7m"),
            (34_560_000, "9600h0m"),
        ] {
            assert_eq!(since(seconds * SECOND + 999), expected);
        }
    }
}
