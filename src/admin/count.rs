//! The tool.

/// Runs it.
pub fn main() -> std::process::ExitCode {
    todo!()
}
