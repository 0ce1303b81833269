//! `ftpdctl`; what it does stands in `admin/control.rs`.
fn main() -> std::process::ExitCode {
    ferryd::admin::control::main()
}
