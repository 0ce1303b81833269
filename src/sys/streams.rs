//! The standard streams, for whoever has closed them: `println!` and its kin would panic.

use std::io::{self, Write};

/// Writes text to stdout. That a reader has seen enough (`| head`) is no error.
pub fn print(text: &str) -> io::Result<()> {
    write_out(text).map(|_| ())
}

/// Writes text to stdout; whether its reader wants more.
pub fn write_out(text: &str) -> io::Result<bool> {
    let mut out = io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(false),
        written => written.map(|()| true),
    }
}

/// Writes a sentence to stderr, as a line of its own. Where that is closed there is nobody else to tell.
pub fn complain(sentence: &str) {
    let _ = writeln!(io::stderr(), "{sentence}");
}
