//! What the administrator runs: `ftpwho`, `ftpcount`, `ftptop`, `ftpscrub`, `ferryd-status`, `ftpshut`, `ftpdctl`. All but the last read the
//! scoreboard by its file and write the shutdown file; they need no living daemon. None of them holds anything that it could wait for.

mod classes;
mod compat;
pub mod control;
pub mod count;
mod doing;
mod form;
mod json;
mod metrics;
mod plain;
mod refusals;
mod replace;
mod runtime;
pub mod scrub;
mod session;
pub mod shut;
mod shutdown_status;
mod shutdown_time;
mod spans;
pub mod status;
pub mod top;
mod watch;
pub mod who;
mod words;
