//! What the program says of its options: the usage, and one sentence for what is wrong with the words.

use std::error::Error as _;

use clap::error::{ContextKind, ErrorKind};

/// The shape that scripts know: ` -x, --long`, and below it five blanks and what it does.
pub fn usage(command: &clap::Command) -> String {
    let mut text = String::from("usage: ferryd [options]\n");
    for option in command.get_arguments() {
        let long = option.get_long().unwrap_or_default();
        let help = option.get_help().map(ToString::to_string).unwrap_or_default();
        text += &match short_of(option) {
            Some(short) => format!(" -{short}, --{long}\n     {help}\n"),
            None => format!(" --{long}\n     {help}\n"),
        };
    }
    text
}

/// `-vv` is `-v` twice, to the parser.
fn short_of(option: &clap::Arg) -> Option<String> {
    option.get_short().map(String::from).or_else(|| (option.get_id() == "vv").then(|| "vv".to_owned()))
}

/// One sentence for what is wrong with the words.
pub fn sentence(error: &clap::Error) -> String {
    let text = |kind| error.get(kind).map(ToString::to_string).unwrap_or_default();
    let option = text(ContextKind::InvalidArg);
    let value = text(ContextKind::InvalidValue);
    match error.kind() {
        ErrorKind::UnknownArgument if option.starts_with('-') => match error.get(ContextKind::SuggestedArg) {
            Some(similar) => format!("unknown option '{option}'; did you mean '{similar}'?"),
            None => format!("unknown option '{option}'"),
        },
        ErrorKind::UnknownArgument => format!("unknown parameter: '{option}'"),
        ErrorKind::InvalidValue if value.is_empty() => format!("option '{option}' needs a value"),
        ErrorKind::TooManyValues => format!("option '{option}' takes no value"),
        ErrorKind::ValueValidation => {
            let reason = error.source().map(ToString::to_string).unwrap_or_default();
            format!("option '{option}': '{value}' {reason}")
        }
        _ => first_line(error),
    }
}

/// clap's own words, for what has none of ours.
fn first_line(error: &clap::Error) -> String {
    let text = error.to_string();
    text.lines().next().unwrap_or_default().trim_start_matches("error: ").to_owned()
}
