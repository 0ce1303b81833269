//! What is answered: a line of JSON with what came of it, lines for people, and values for machines.

use serde_json::{Map, Value, json};

/// Most bytes of a reply that `ftpdctl` takes.
pub const REPLY_MOST: u64 = 256 << 20;

/// What came of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It is done.
    Done,
    /// It was not understood.
    Mistaken,
    /// The peer may not ask for that.
    Denied,
    /// It could not be done.
    Failed,
}

/// Names on the wire, and the exit status of `ftpdctl`.
const NAMES: [(Outcome, &str, u8); 4] = [
    (Outcome::Done, "done", 0),
    (Outcome::Failed, "failed", 1),
    (Outcome::Mistaken, "mistaken", 2),
    (Outcome::Denied, "denied", 3),
];

impl Outcome {
    fn row(self) -> (Outcome, &'static str, u8) {
        NAMES.into_iter().find(|(outcome, ..)| *outcome == self).unwrap_or(NAMES[1])
    }

    /// In a word.
    pub fn name(self) -> &'static str {
        self.row().1
    }

    /// What `ftpdctl` exits with.
    pub fn status(self) -> u8 {
        self.row().2
    }
}

/// An answer.
#[derive(Clone, Debug, PartialEq)]
pub struct Reply {
    /// What came of it.
    pub outcome: Outcome,
    /// For people.
    pub said: Vec<String>,
    /// For machines: an object.
    pub data: Map<String, Value>,
}

impl Reply {
    /// Done, and one line says what.
    pub fn done(said: impl Into<String>) -> Reply {
        Reply::of(Outcome::Done, vec![said.into()])
    }

    /// Not done, and one line says why.
    pub fn failed(said: impl Into<String>) -> Reply {
        Reply::of(Outcome::Failed, vec![said.into()])
    }

    /// Any outcome, in these lines.
    pub fn of(outcome: Outcome, said: Vec<String>) -> Reply {
        Reply { outcome, said, data: Map::new() }
    }

    /// The same, with a value.
    pub fn with(mut self, name: &str, value: impl Into<Value>) -> Reply {
        self.data.insert(name.to_owned(), value.into());
        self
    }

    /// As an object.
    pub fn value(&self) -> Value {
        json!({ "outcome": self.outcome.name(), "said": self.said, "data": self.data })
    }

    /// As a line.
    pub fn line(&self) -> Vec<u8> {
        let mut line = self.value().to_string().into_bytes();
        line.push(b'\n');
        line
    }

    /// Reads a line; None where it is none of ours.
    pub fn read(line: &[u8]) -> Option<Reply> {
        let value: Value = serde_json::from_slice(line).ok()?;
        let name = value.get("outcome")?.as_str()?;
        let (outcome, ..) = NAMES.into_iter().find(|(_, known, _)| *known == name)?;
        let said = value.get("said")?.as_array()?.iter().filter_map(Value::as_str).map(str::to_owned);
        Some(Reply { outcome, said: said.collect(), data: value.get("data")?.as_object()?.clone() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_read_as_it_was_written() {
        let reply = Reply::done("two\nlines").with("count", 3).with("names", vec!["a", "b"]);
        let line = reply.line();
        assert_eq!(line.iter().filter(|byte| **byte == b'\n').count(), 1);
        assert_eq!(Reply::read(&line), Some(reply));
        for (outcome, name, status) in NAMES {
            assert_eq!((outcome.name(), outcome.status()), (name, status));
        }
    }

    #[test]
    fn what_is_no_reply_is_none() {
        for line in
            ["", "{}", "[]", "{\"outcome\":\"maybe\",\"said\":[],\"data\":{}}", "{\"outcome\":\"done\"}"]
        {
            assert_eq!(Reply::read(line.as_bytes()), None, "{line}");
        }
    }
}
