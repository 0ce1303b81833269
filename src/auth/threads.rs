//! Auth's threads. They live as long as the process; if one panics, all end, and the master starts another auth: half an auth
//! would leave workers waiting.

use std::io;
use std::thread;

/// Starts one.
pub fn start(name: &str, work: impl FnOnce() + Send + 'static) -> io::Result<()> {
    let guarded = move || {
        let _all_or_none = AllOrNone;
        work();
    };
    thread::Builder::new().name(name.into()).spawn(guarded).map(drop)
}

/// Dropped by a panic, ends the process.
struct AllOrNone;

impl Drop for AllOrNone {
    fn drop(&mut self) {
        if thread::panicking() {
            std::process::abort();
        }
    }
}
