//! What the program tells of a configuration without serving it: what is wrong, what becomes of each line, what a start would miss
//! on this host.

mod differences;
mod directives;
mod document;
mod explanation;
mod names;
mod report;
mod test;
mod trial;

use std::path::PathBuf;
use std::process::ExitCode;

use crate::master::Options;
use crate::sys::streams;
pub use crate::worker::rehearsal::{Request, knows};

/// What is asked of a configuration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Inquiry {
    /// `-t`: would it start?
    Test,
    /// `--report`: what becomes of each line?
    Report,
    /// `--diff`: what would a HUP change, of the daemon that holds this PidFile (`--pid-file`), or else its own or a usual one?
    Differences(Option<PathBuf>),
    /// `--explain`: what would a request come to, and by which lines?
    Explanation(Request),
    /// `--list-directives`: what is there to be written? Reads no configuration.
    Directives,
}

/// For whom the answer is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Form {
    /// People at a terminal.
    #[default]
    Text,
    /// Machines (`--json`).
    Json,
}

/// Answers on stdout, complaints of a text on stderr. The exit status is 0 where all is well, 1 where the configuration cannot be
/// used or nothing runs to be compared with it; 2 where it can be used and lines have no effect (`--report`) or differ (`--diff`), or where the request is refused (`--explain`).
pub fn answer(options: &Options, inquiry: &Inquiry, form: Form) -> ExitCode {
    let (text, status) = match inquiry {
        Inquiry::Test => return test::test(options, form),
        Inquiry::Report => report::report(options, form),
        Inquiry::Differences(pid_file) => {
            match differences::differences(options, pid_file.as_deref(), form) {
                Ok(told) => told,
                Err(why) => return refused(&why),
            }
        }
        Inquiry::Explanation(request) => match explanation::explanation(options, request, form) {
            Ok(told) => told,
            Err(why) => return refused(&why),
        },
        Inquiry::Directives => (directives::list(form), 0),
    };
    match streams::print(&text) {
        Ok(()) => ExitCode::from(status),
        Err(_) => ExitCode::FAILURE,
    }
}

fn refused(why: &str) -> ExitCode {
    streams::complain(&format!("fatal: {why}"));
    ExitCode::FAILURE
}
