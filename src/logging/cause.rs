//! Why something is refused, at the end of the line that tells of it: ` rule=FILE:LINE reason=WORD`.

use slog::{KV, Record, Serializer};

use crate::scoreboard::ReasonCode;

/// A reason, and the rule where one decides.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cause<'a> {
    /// Its code.
    pub reason: ReasonCode,
    /// `file:line`.
    pub rule: Option<&'a str>,
}

impl From<ReasonCode> for Cause<'_> {
    fn from(reason: ReasonCode) -> Self {
        Cause { reason, rule: None }
    }
}

impl KV for Cause<'_> {
    /// The last one first, as slog has pairs.
    fn serialize(&self, _: &Record<'_>, serializer: &mut dyn Serializer) -> slog::Result {
        serializer.emit_str("reason", self.reason.word())?;
        self.rule.map_or(Ok(()), |rule| serializer.emit_str("rule", rule))
    }
}
