//! The daemon.
fn main() -> std::process::ExitCode {
    ferryd::master::main()
}
