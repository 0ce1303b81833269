//! What the daemon says of itself: `-v`, `-l`, `-V`, `-vv` and `-vvv`, in the shapes that scripts read.

use std::fs;

pub use crate::config::version::PROFTPD;
use crate::config::{defaults, directive_names, module_table};
use crate::scoreboard::layout;

/// Our own version.
pub const FERRYD: &str = env!("CARGO_PKG_VERSION");

/// When it was built, if the builder says so; a build without a date is the same wherever it is made.
const BUILT: &str = match option_env!("FERRYD_BUILT") {
    Some(stamp) => stamp,
    None => "reproducibly, without a date",
};

/// `-v`.
pub fn version() -> String {
    format!("ProFTPD Version {PROFTPD} (ferryd {FERRYD})\n")
}

/// `-l`.
pub fn modules() -> String {
    let mut text = String::from("Compiled-in modules:\n");
    for module in module_table() {
        text += &format!("  {}\n", module.name);
    }
    text
}

/// `-V`.
pub fn settings() -> String {
    let mut text = format!(
        "Compile-time Settings:\n  Version: {PROFTPD} (ferryd {FERRYD})\n  Platform: {}\n",
        platform()
    );
    text += &format!("  OS/Release:\n{}  Built: {BUILT}\n", release());
    text += "\n  Files:\n";
    for (what, path) in [
        ("Configuration File", defaults::CONFIGURATION),
        ("Pid File", defaults::PID_FILE),
        ("Scoreboard File", defaults::SCOREBOARD_FILE),
        ("Log Folder", defaults::LOG_FOLDER),
        ("Shutdown File", defaults::SHUTDOWN_FILE),
    ] {
        text += &format!("    {what}:\n      {path}\n");
    }
    text += "\n  Features:\n";
    for (sign, feature) in
        [('+', "IPv6"), ('+', "Landlock"), ('+', "seccomp"), ('+', "sendfile"), ('+', "PAM"), ('-', "TLS")]
    {
        text += &format!("    {sign} {feature} support\n");
    }
    text += "\n  Tunable Options:\n";
    for (name, value) in [
        ("PORT", u32::from(defaults::PORT)),
        ("START_WORKERS", defaults::START_WORKERS),
        ("MIN_SPARE_WORKERS", defaults::MIN_SPARE_WORKERS),
        ("MAX_SPARE_WORKERS", defaults::MAX_SPARE_WORKERS),
    ] {
        text += &format!("    {name} = {value}\n");
    }
    text
}

/// `-vv`, and `-vvv` with the directives; the configuration has been read before.
pub fn status(directives: bool) -> String {
    let mut text = format!("ProFTPD Version: {PROFTPD} (ferryd {FERRYD})\n");
    text += &format!("  Scoreboard Version: {:08x}\n  Built: {BUILT}\n", layout::VERSION);
    text += "\nLoaded modules:\n";
    for module in module_table() {
        text += &format!("  {}\n", module.name);
    }
    if directives {
        text += "\nConfiguration Directives:\n";
        for (name, module) in directive_names() {
            text += &format!("  {name} (from {})\n", module.trim_end_matches(".c"));
        }
    }
    text
}

/// The kernel and the machine.
fn platform() -> String {
    let kernel = |name: &str| fs::read_to_string(format!("/proc/sys/kernel/{name}")).unwrap_or_default();
    format!("LINUX [{} {} {}]", kernel("ostype").trim(), kernel("osrelease").trim(), std::env::consts::ARCH)
}

/// The host's own words about itself (os-release(5)), without what only decorates.
fn release() -> String {
    let decoration = |line: &str| ["COLOR", "LOGO", "_URL"].iter().any(|word| line.contains(word));
    let text = fs::read_to_string("/etc/os-release").unwrap_or_default();
    text.lines().filter(|line| !decoration(line)).map(|line| format!("    {line}\n")).collect()
}
