//! The daemon.
fn main() -> std::process::ExitCode {
    ferryd::invocation::main()
}
