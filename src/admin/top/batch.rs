//! `ftptop -b`: frames one after the other, for scripts and for people without a terminal.

use std::process::ExitCode;
use std::thread;
use std::time::Duration;

use super::super::watch::{Shown, Watch};
use super::super::words;
use super::frame::Frame;
use crate::sys::streams;

/// Prints so many frames, or frames until it is ended; whoever reads them may leave.
pub fn run(watch: &mut Watch, shown: &Shown, delay: Duration, count: Option<u32>) -> ExitCode {
    let mut printed = 0;
    loop {
        let look = match watch.look() {
            Ok(look) => look,
            Err(error) => return words::fail(&error.to_string()),
        };
        // ProFTPD's columns: a script counts them.
        let frame = Frame::of(&look, shown, 0..usize::MAX, 0);
        match streams::write_out(&text(&frame)) {
            Ok(true) => {}
            Ok(false) => return ExitCode::SUCCESS,
            Err(error) => return words::fail(&format!("ftptop: cannot write: {}", words::reason(&error))),
        }
        printed += 1;
        if Some(printed) == count {
            return ExitCode::SUCCESS;
        }
        thread::sleep(delay);
    }
}

fn text(frame: &Frame) -> String {
    let mut text = format!("{}\n{}\n\n{}\n", frame.head[0], frame.head[1], frame.titles);
    for (_, line) in &frame.lines {
        text += line;
        text.push('\n');
    }
    text + "\n"
}
