//! `ftptop`; what it does stands in `admin/top`.
fn main() -> std::process::ExitCode {
    ferryd::admin::top::main()
}
