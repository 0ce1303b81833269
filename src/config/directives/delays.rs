//! Answers that come later.

use std::time::Duration;

use super::super::arguments::{Arguments, Fault};
use super::super::contexts::MAIN;
use super::super::draft::Scope;
use super::Effect::Accepted;
use super::{Row, other, sets};

const AS_LONG: &str = "an unknown user's login takes as long as a known one's in every case.";

pub const ROWS: &[Row] = &[
    sets(
        "DelayOnEvent",
        "mod_delay",
        MAIN,
        "USER|PASS|FailedLogin time",
        "",
        "How much later USER, PASS or a refused PASS is answered: milliseconds, or a number with `ms`, `s` or `m`.",
        delay_on_event,
    )
    .adds(),
    other("DelayEngine", "mod_delay", Accepted, AS_LONG),
    other("DelayTable", "mod_delay", Accepted, AS_LONG),
    other("DelayControlsACLs", "mod_delay", Accepted, AS_LONG),
];

/// Longer ones would outlast TimeoutLogin.
const LONGEST: Duration = Duration::from_secs(300);

fn delay_on_event(scope: &mut Scope, arguments: &mut Arguments<'_>) -> Result<(), Fault> {
    let event = arguments.word("an event")?.text.to_ascii_lowercase();
    let delays = &mut scope.daemon.delays;
    let delay = match event.as_str() {
        "user" => &mut delays.user,
        "pass" => &mut delays.pass,
        "failedlogin" => &mut delays.failed_login,
        _ => return Err(arguments.fault(format!("takes USER, PASS or FailedLogin, not '{event}'"))),
    };
    let word = arguments.word("a time")?;
    let time = time(&word.text).filter(|time| *time <= LONGEST);
    *delay = time.ok_or_else(|| arguments.fault(format!("takes a time up to 300s, not '{}'", word.text)))?;
    Ok(())
}

fn time(text: &str) -> Option<Duration> {
    let unit = text.trim_start_matches(|c: char| c.is_ascii_digit());
    let number: u64 = text.strip_suffix(unit)?.parse().ok()?;
    match unit.to_ascii_lowercase().as_str() {
        "" | "ms" => Some(Duration::from_millis(number)),
        "s" | "sec" => Some(Duration::from_secs(number)),
        "m" | "min" => Some(Duration::from_secs(number.checked_mul(60)?)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_have_units() {
        for (text, wanted) in [
            ("2000", Some(2000)),
            ("2000ms", Some(2000)),
            ("5s", Some(5000)),
            ("1m", Some(60_000)),
            ("s", None),
            ("-1", None),
            ("2h", None),
        ] {
            assert_eq!(time(text), wanted.map(Duration::from_millis), "{text}");
        }
    }
}
