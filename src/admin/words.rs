//! What the tools' command lines have in common: the usage that scripts know, and one sentence for each mistake.

use std::io;
use std::process::ExitCode;

use clap::Parser;
use clap::error::{ContextKind, ErrorKind};

use crate::sys::streams;

/// The words of this program's command line; where they are a mistake or ask for help, that is told instead.
pub fn read<Words: Parser>(asks_for_help: impl Fn(&Words) -> bool) -> Result<Words, ExitCode> {
    match Words::try_parse() {
        Ok(words) if asks_for_help(&words) => Err(print(&usage(&Words::command()))),
        Ok(words) => Ok(words),
        Err(error) => Err(refuse(&mistake(&error), &usage(&Words::command()))),
    }
}

/// `usage: NAME [options]`, then each option and, below it, what it does.
pub fn usage(command: &clap::Command) -> String {
    let mut text = format!("usage: {} [options]\n", command.get_name());
    for option in command.get_arguments() {
        let short = option.get_short().unwrap_or_default();
        let long = option.get_long().unwrap_or_default();
        let help = option.get_help().map(ToString::to_string).unwrap_or_default();
        text += &format!("  -{short}, --{long}\n    {help}\n");
    }
    text
}

/// One sentence for what is wrong with the words.
pub fn mistake(error: &clap::Error) -> String {
    let text = |kind| error.get(kind).map(ToString::to_string).unwrap_or_default();
    let option = text(ContextKind::InvalidArg);
    match error.kind() {
        ErrorKind::UnknownArgument if option.starts_with("--") => format!("unknown option: {option}"),
        ErrorKind::UnknownArgument => match option.strip_prefix('-') {
            Some(letter) => format!("unknown option: {letter}"),
            None => format!("unknown parameter: {option}"),
        },
        ErrorKind::InvalidValue if text(ContextKind::InvalidValue).is_empty() => {
            format!("option needs a value: {option}")
        }
        _ => first_line(error),
    }
}

/// The mistake on stderr, the usage on stdout, as ProFTPD's tools have it; exit 1.
pub fn refuse(mistake: &str, usage: &str) -> ExitCode {
    streams::complain(mistake);
    refuse_silently(usage)
}

/// The usage alone; exit 1.
pub fn refuse_silently(usage: &str) -> ExitCode {
    // The status tells of failure anyway.
    let _ = streams::print(usage);
    ExitCode::FAILURE
}

/// A sentence on stderr; exit 1.
pub fn fail(sentence: &str) -> ExitCode {
    streams::complain(sentence);
    ExitCode::FAILURE
}

/// Text on stdout; exit 0 unless it could not be written.
pub fn print(text: &str) -> ExitCode {
    if streams::print(text).is_ok() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// The system's words for an error, without the number that Rust adds.
pub fn reason(error: &io::Error) -> String {
    let text = error.to_string();
    text.split(" (os error").next().unwrap_or_default().to_owned()
}

fn first_line(error: &clap::Error) -> String {
    let text = error.to_string();
    text.lines().next().unwrap_or_default().trim_start_matches("error: ").to_owned()
}
