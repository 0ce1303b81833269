//! The parent process: start-up, listeners, pool, reload, stop.

/// The daemon.
pub fn main() -> std::process::ExitCode {
    todo!()
}
