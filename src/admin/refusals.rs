//! What clients were refused, by reason, for whoever reads it.

use serde_json::{Map, Value};

use crate::scoreboard::Refusals;

/// An object of those that were met.
pub fn object(refusals: &Refusals) -> Value {
    let members = refusals.each().filter(|(_, count)| *count > 0);
    Value::Object(
        members.map(|(reason, count)| (reason.word().to_owned(), count.into())).collect::<Map<_, _>>(),
    )
}
