//! What clients were refused, by reason, for whoever reads it.

use serde_json::{Map, Value};

use crate::scoreboard::{ReasonCode, Refusals};

/// Those that were met, the most frequent first.
pub fn met(refusals: &Refusals) -> Vec<(ReasonCode, u64)> {
    let mut met: Vec<_> = refusals.each().filter(|(_, count)| *count > 0).collect();
    met.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
    met
}

/// An object of those that were met.
pub fn object(refusals: &Refusals) -> Value {
    let members = refusals.each().filter(|(_, count)| *count > 0);
    Value::Object(
        members.map(|(reason, count)| (reason.word().to_owned(), count.into())).collect::<Map<_, _>>(),
    )
}
