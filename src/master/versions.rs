//! What the daemon says of itself: `-v`, `-l`, `-V`, `-vv` and `-vvv`, in the shapes that scripts read.

/// The ProFTPD whose place this server takes.
pub const PROFTPD: &str = "1.3.8";
/// Our own.
pub const FERRYD: &str = env!("CARGO_PKG_VERSION");

/// `-v`.
pub fn version() -> String {
    format!("ProFTPD Version {PROFTPD} (ferryd {FERRYD})\n")
}

/// `-l`.
pub fn modules() -> String {
    let mut text = String::from("Compiled-in modules:\n");
    for module in ["mod_core.c"] {
        text += &format!("  {module}\n");
    }
    text
}

/// `-V`.
pub fn settings() -> String {
    format!("Compile-time Settings:\n  Version: {PROFTPD} (ferryd {FERRYD})\n")
}
