//! `ftpscrub`: clears what sessions that were killed have left in the scoreboard.

use std::process::ExitCode;

use clap::{CommandFactory, Parser};

use super::runtime::{self, Source};
use super::spans::plural;
use super::words;
use crate::scoreboard::{Kind, SharedBoard};

#[derive(Parser)]
#[command(
    name = "ftpscrub",
    about = "clear the scoreboard of sessions that have died",
    long_about = "ftpscrub makes one pass over the scoreboard of sessions that inetd starts, and clears what those that were \
                  killed have left there. The next session would do so, too. A daemon's scoreboard needs no scrubbing: its \
                  master sees each session's end.",
    disable_help_flag = true,
    infer_long_args = true,
    args_override_self = true
)]
struct Words {
    #[command(flatten)]
    source: Source,
    /// display ftpscrub usage
    #[arg(short = 'h', long = "help")]
    help: bool,
    /// say what was done
    #[arg(short = 'v', long = "verbose")]
    verbose: bool,
}

/// The definition, for the manual page.
pub fn command() -> clap::Command {
    Words::command()
}

/// Runs it.
pub fn main() -> ExitCode {
    let words = match words::read(|words: &Words| words.help) {
        Ok(words) => words,
        Err(status) => return status,
    };
    match words.scrub() {
        Ok(said) if words.verbose => words::print(&format!("{said}\n")),
        Ok(_) => ExitCode::SUCCESS,
        Err(sentence) => words::fail(&sentence),
    }
}

impl Words {
    /// What was done, in a sentence.
    fn scrub(&self) -> Result<String, String> {
        let path = self.source.path()?;
        if self.source.open(&path)?.header().kind == Kind::Standalone {
            return Ok("this is a daemon's scoreboard, which needs no scrubbing".to_owned());
        }
        // With -f alone there may be no configuration at all.
        let paths = runtime::paths(self.source.config.as_deref()).ok();
        let said = paths
            .filter(|paths| paths.scoreboard_file.as_ref() == Some(&path))
            .and_then(|paths| paths.scoreboard_mutex);
        let locks = said.unwrap_or_else(|| SharedBoard::usual_locks(&path));
        let count = SharedBoard::scrub(&path, &locks).map_err(|error| error.to_string())? as u64;
        Ok(format!("{count} dead session{} cleared", plural(count)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_definition_holds_together() {
        command().debug_assert();
    }
}
