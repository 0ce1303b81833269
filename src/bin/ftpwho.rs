//! `ftpwho`; what it does stands in `admin/who.rs`.
fn main() -> std::process::ExitCode {
    ferryd::admin::who::main()
}
