//! Directives known by name alone: whole ProFTPD modules, and the rest of others. What they would do is not done here; whether that
//! may pass with a warning is said for each group.

use self::guards::GUARDS;
use self::modules::MODULES;
use self::rest::REST;
use super::{Effect, Row, other};

mod guards;
mod modules;
mod rest;

/// Directives that stand alike.
struct Family {
    module: &'static str,
    effect: Effect,
    sentence: &'static str,
    names: &'static [&'static str],
}

const fn family(
    module: &'static str,
    effect: Effect,
    sentence: &'static str,
    names: &'static [&'static str],
) -> Family {
    Family { module, effect, sentence, names }
}

/// The row of a name.
pub fn row(name: &str) -> Option<Row> {
    rows().find(|row| row.name.eq_ignore_ascii_case(name))
}

/// All of them.
pub fn rows() -> impl Iterator<Item = Row> {
    [GUARDS, MODULES, REST].into_iter().flatten().flat_map(|family| {
        family.names.iter().map(|name| other(name, family.module, family.effect, family.sentence))
    })
}

const NOT_DONE: &str = "it is not done, and nobody gains access by that.";
const ALWAYS: &str = "ferryd does so always, or has no need of it.";
