//! `ftpcount`; what it does stands in `admin/count.rs`.
fn main() -> std::process::ExitCode {
    ferryd::admin::count::main()
}
