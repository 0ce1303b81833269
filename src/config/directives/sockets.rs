//! What is asked of TCP.

use std::ops::RangeInclusive;

use super::super::arguments::{Arguments, Fault, switch};
use super::super::contexts::{Contexts, HOST, MAIN};
use super::super::draft::Scope;
use super::{Row, sets};
use crate::sys::socket::Probes;

pub const ROWS: &[Row] = &[sets(
    "SocketOptions",
    "mod_core",
    Contexts::of(&[MAIN, HOST]),
    "[keepalive on|off|idle:count:interval] [maxseg bytes] [rcvbuf bytes] [sndbuf bytes] [reuseport on|off]",
    "keepalive on",
    "What is asked of TCP: for control connections when a silent client is probed, for data connections the rest, too.",
    socket_options,
)
.adds()];

/// The kernel's own bounds (tcp(7)).
const SEGMENT: RangeInclusive<u32> = 88..=32_767;
const SECONDS: RangeInclusive<u32> = 1..=32_767;
const PROBES: RangeInclusive<u32> = 1..=127;
/// socket(7); what is more than the system grants is cut to it.
const BUFFER: RangeInclusive<u32> = 1024..=1_073_741_823;

fn socket_options(scope: &mut Scope, arguments: &mut Arguments<'_>) -> Result<(), Fault> {
    let tuning = scope.server.sockets.get_or_insert_default();
    let mut next = Some(arguments.word("an option")?);
    while let Some(word) = next {
        match word.text.to_ascii_lowercase().as_str() {
            "keepalive" => tuning.probes = Some(probes(arguments)?),
            "maxseg" => tuning.segment = Some(arguments.number(SEGMENT)?),
            "rcvbuf" => tuning.receive = Some(arguments.number(BUFFER)?),
            "sndbuf" => tuning.send = Some(arguments.number(BUFFER)?),
            "reuseport" => {
                if arguments.switch()? {
                    arguments
                        .warn("has no effect: all workers share each listener, and nobody else is let in");
                }
            }
            other => return Err(arguments.fault(format!("'{other}' is no option of a socket"))),
        }
        next = arguments.maybe();
    }
    Ok(())
}

fn probes(arguments: &mut Arguments<'_>) -> Result<Probes, Fault> {
    let word = arguments.word("on, off or idle:count:interval")?;
    if let Some(on) = switch(&word.text) {
        return Ok(if on { Probes::On } else { Probes::Off });
    }
    let numbers: Option<Vec<u32>> = word.text.split(':').map(|number| number.parse().ok()).collect();
    match numbers.as_deref() {
        Some([idle, count, interval])
            if SECONDS.contains(idle) && PROBES.contains(count) && SECONDS.contains(interval) =>
        {
            Ok(Probes::Timed { idle: *idle, count: *count, interval: *interval })
        }
        _ => Err(arguments.fault(format!("takes on, off or seconds:probes:seconds, not '{}'", word.text))),
    }
}
