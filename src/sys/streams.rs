//! The standard streams, for whoever has closed them: `println!` and its kin would panic.

use std::io::{self, Write};

/// Writes text to stdout. That a reader has seen enough (`| head`) is no error.
pub fn print(text: &str) -> io::Result<()> {
    let mut out = io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        written => written,
    }
}

/// Writes a sentence to stderr, as a line of its own. Where that is closed there is nobody else to tell.
pub fn complain(sentence: &str) {
    let _ = writeln!(io::stderr(), "{sentence}");
}
