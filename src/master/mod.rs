//! The parent process: start-up, listeners, pool, reload, stop.

pub mod command_line;
pub mod versions;

/// The daemon.
pub fn main() -> std::process::ExitCode {
    todo!()
}
