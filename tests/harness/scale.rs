//! How much of a test is run: tens in CI, all of it with `tests/run --long`; and what needs root.

use std::io::Write;

/// A number of rounds: the first in CI, the second in a long run.
pub fn rounds(in_ci: usize, in_full: usize) -> usize {
    if is_long() { in_full } else { in_ci }
}

/// Whether this is a long run.
pub fn is_long() -> bool {
    std::env::var_os("FERRYD_LONG").is_some_and(|value| value == "1")
}

/// Whether the tests run as root; says what is skipped when not.
pub fn as_root(test: &str) -> bool {
    let root = nix::unistd::geteuid().is_root();
    if !root {
        skipped("needs root", test);
    }
    root
}

/// Says on the real stderr, which the test runner does not capture, that something was not tested.
pub fn skipped(why: &str, test: &str) {
    let _ = writeln!(std::io::stderr(), "SKIPPED ({why}): {test}");
}

/// Whether a program is on the PATH; says what is skipped when not.
pub fn has_program(program: &str, test: &str) -> bool {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let found = std::env::split_paths(&path).any(|folder| folder.join(program).is_file());
    if !found {
        skipped(&format!("needs {program}"), test);
    }
    found
}
