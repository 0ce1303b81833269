//! `ferryd-status`; what it does stands in `admin/status`.
fn main() -> std::process::ExitCode {
    ferryd::admin::status::main()
}
