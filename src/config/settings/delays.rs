//! Answers that come later.

use std::time::Duration;

/// DelayOnEvent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Delays {
    /// After every USER.
    pub user: Duration,
    /// After every PASS.
    pub pass: Duration,
    /// After a PASS that is refused, besides.
    pub failed_login: Duration,
}

impl Delays {
    /// How much later the answer to a command comes.
    pub fn after(&self, verb: &str, is_refused: bool) -> Duration {
        match verb {
            "USER" => self.user,
            "PASS" if is_refused => self.pass + self.failed_login,
            "PASS" => self.pass,
            _ => Duration::ZERO,
        }
    }
}
