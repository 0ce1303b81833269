//! What is said to auth and by it, as bounded records; both sides distrust the other's lengths. Workers ask with a [`Request`] and
//! hear an [`Answer`]; `places` is said between auth and the master about limits, `control` by the master.

mod answer;
pub mod control;
mod limit_kind;
mod place_keys;
pub mod places;
pub mod question;
pub mod record;
mod request;
#[cfg(test)]
mod tests;
mod transfer_verbs;

pub use answer::{Answer, Denial};
pub use request::Request;

/// Most bytes of a request or an answer.
pub const RECORD_MAX: usize = 16 * 1024;
/// Most bytes of a user's name, given or answered; longer names are nobody's.
pub const NAME_MAX: u16 = 512;
/// Most bytes of a password; a longer one is wrong.
pub const PASSWORD_MAX: u16 = 1024;
/// Most users, and most groups, asked for in one request.
pub const NAMES_MAX: u16 = 64;
/// Most bytes of a name in a listing or of a group.
pub const GROUP_NAME_MAX: u16 = 100;
/// Most bytes of the operator's words for a limit that is reached.
pub const LIMIT_TEXT_MAX: u16 = 4096;
/// Longest `file:line` of a rule.
pub const WRITTEN_MAX: u16 = 4224;
/// Most bytes told of a login shell.
pub const SHELL_MAX: u16 = 256;
/// Most bytes of a client's name (RFC 1035 §2.3.4).
pub const PEER_NAME_MAX: u16 = 253;
/// Most bytes of a home (PATH_MAX).
pub const HOME_MAX: u16 = 4096;
