//! What a session may use of the host: RLimitCPU and its kin.

use super::super::arguments::{Arguments, Fault};
use super::super::contexts::SERVERS_FOR_SOME;
use super::super::settings::ResourceLimit;
use super::Effect::Accepted;
use super::{Row, other, sets};

const SYNTAX: &str = "[session|daemon|none] soft|max [hard|max]";

pub const ROWS: &[Row] = &[
    sets(
        "RLimitCPU",
        "mod_rlimit",
        SERVERS_FOR_SOME,
        SYNTAX,
        "",
        "The most seconds of processor time of a session, which ends there; `daemon` has no effect.",
        |scope, arguments| {
            if let Some(limit) = limit(arguments, seconds)? {
                scope.session.resources.processor = Some(limit);
            }
            Ok(())
        },
    )
    .adds(),
    sets(
        "RLimitMemory",
        "mod_rlimit",
        SERVERS_FOR_SOME,
        SYNTAX,
        "",
        "The most memory of a session, in bytes or with K, M or G; `daemon` has no effect.",
        |scope, arguments| {
            if let Some(limit) = limit(arguments, bytes)? {
                scope.session.resources.memory = Some(limit);
            }
            Ok(())
        },
    )
    .adds(),
    sets(
        "RLimitOpenFiles",
        "mod_rlimit",
        SERVERS_FOR_SOME,
        SYNTAX,
        "",
        "The most files and connections that a session has open; `daemon` has no effect.",
        |scope, arguments| {
            if let Some(limit) = limit(arguments, seconds)? {
                scope.session.resources.open_files = Some(limit);
            }
            Ok(())
        },
    )
    .adds(),
    other(
        "RLimitChroot",
        "mod_rlimit",
        Accepted,
        "ferryd changes no root: nothing is ever loaded from the /etc and /lib of a session.",
    ),
];

/// None for a limit of the daemon, which is none of ours: it would end the master, and with it everybody's session.
fn limit(
    arguments: &mut Arguments<'_>,
    read: fn(&str) -> Option<u64>,
) -> Result<Option<ResourceLimit>, Fault> {
    if arguments.takes("none") {
        return Ok(Some(ResourceLimit::default()));
    }
    let is_for_daemon = arguments.takes("daemon");
    let _ = !is_for_daemon && arguments.takes("session");
    let soft = amount(arguments, read)?;
    let hard = if arguments.has_more() { amount(arguments, read)? } else { soft };
    if soft.unwrap_or(u64::MAX) > hard.unwrap_or(u64::MAX) {
        return Err(arguments.fault("the hard limit is below the soft one"));
    }
    if is_for_daemon {
        arguments.warn("a limit of the daemon has no effect; sessions alone are limited");
        return Ok(None);
    }
    Ok(Some(ResourceLimit { soft, hard }))
}

fn amount(arguments: &mut Arguments<'_>, read: fn(&str) -> Option<u64>) -> Result<Option<u64>, Fault> {
    let word = arguments.word("a limit or max")?;
    if word.text.eq_ignore_ascii_case("max") {
        return Ok(None);
    }
    read(&word.text)
        .map(Some)
        .ok_or_else(|| arguments.fault(format!("takes a number or max, not '{}'", word.text)))
}

fn seconds(text: &str) -> Option<u64> {
    text.parse().ok().filter(|_| text.bytes().all(|c| c.is_ascii_digit()))
}

/// `64M`; ProFTPD takes one letter, its manual speaks of `128MB`.
fn bytes(text: &str) -> Option<u64> {
    let lower = text.to_ascii_lowercase();
    let bare = lower.strip_suffix('b').unwrap_or(&lower);
    let (number, shift) = match bare.char_indices().last()? {
        (at, 'k') => (&bare[..at], 10),
        (at, 'm') => (&bare[..at], 20),
        (at, 'g') => (&bare[..at], 30),
        _ => (bare, 0),
    };
    seconds(number)?.checked_mul(1 << shift)
}

#[cfg(test)]
mod tests {
    use super::super::super::lines::{Source, lines};
    use super::*;

    fn read(line: &str) -> Result<Option<ResourceLimit>, String> {
        let line = lines(&Source::new("f".into(), line.as_bytes())).remove(0);
        let (name, words) = line.words.split_first().expect("a name");
        let mut arguments = Arguments::new(name, words);
        let read = limit(&mut arguments, bytes).and_then(|limit| arguments.end().map(|()| limit));
        read.map_err(|fault| fault.message)
    }

    #[test]
    fn limits_are_read_with_scope_and_unit() {
        let both = |soft, hard| Ok(Some(ResourceLimit { soft, hard }));
        assert_eq!(read("RLimitMemory session 64M"), both(Some(64 << 20), Some(64 << 20)));
        assert_eq!(read("RLimitMemory 128MB max"), both(Some(128 << 20), None));
        assert_eq!(read("RLimitMemory 10 20"), both(Some(10), Some(20)));
        assert_eq!(read("RLimitMemory max"), both(None, None));
        assert_eq!(read("RLimitMemory none"), both(None, None));
        assert_eq!(read("RLimitMemory daemon 10"), Ok(None));
        for wrong in ["", "session", "foo 1", "20 10", "max 10", "5XB", "-1", "1 2 3"] {
            assert!(read(&format!("RLimitMemory {wrong}")).is_err(), "{wrong}");
        }
    }
}
