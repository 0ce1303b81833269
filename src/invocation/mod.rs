//! The program `ferryd`: its words are read, and what they ask for is done by the master or by the diagnosis.

mod sentences;
#[cfg(test)]
mod tests;
mod words;

use std::process::ExitCode;

pub use words::command;

use crate::diagnosis;
use crate::master::{self, upgrade};
use crate::sys::streams;
use words::Invocation;

/// The daemon's `main`.
pub fn main() -> ExitCode {
    match words::read(std::env::args_os()) {
        Invocation::Serve(options) => master::serve(options),
        Invocation::TakeOver(options, passage) => upgrade::take_over(options, passage),
        Invocation::Examine(options) => upgrade::examine(&options),
        Invocation::Ask(options, inquiry, form) => diagnosis::answer(&options, &inquiry, form),
        Invocation::VersionStatus(options, with_directives) => {
            master::version_status(&options, with_directives)
        }
        Invocation::Print(text) => printed(&text),
        Invocation::Wrong(sentence) => {
            streams::complain(&format!("fatal: {sentence}"));
            ExitCode::FAILURE
        }
    }
}

fn printed(text: &str) -> ExitCode {
    if streams::print(text).is_ok() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
