//! `ftpscrub`; what it does stands in `admin/scrub.rs`.
fn main() -> std::process::ExitCode {
    ferryd::admin::scrub::main()
}
