//! `ftpshut`; what it does stands in `admin/shut.rs`.
fn main() -> std::process::ExitCode {
    ferryd::admin::shut::main()
}
