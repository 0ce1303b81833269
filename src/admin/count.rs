//! `ftpcount`: how many sessions there are.

use std::process::ExitCode;

use clap::{CommandFactory, Parser};

use super::runtime::Source;
use super::session::Session;
use super::{classes, who, words};
use crate::scoreboard::{HeaderRecord, Kind};

#[derive(Parser)]
#[command(
    name = "ftpcount",
    about = "count the users connected to the FTP server",
    long_about = "ftpcount counts the sessions of the running FTP server, by class. It reads the server's scoreboard, \
                  and works while the server is stopped, and after it has died.",
    disable_help_flag = true,
    infer_long_args = true,
    args_override_self = true
)]
struct Words {
    #[command(flatten)]
    source: Source,
    /// display ftpcount usage
    #[arg(short = 'h', long = "help")]
    help: bool,
    /// show count only for specified ServerName
    #[arg(short = 'S', long = "server", value_name = "NAME")]
    server: Option<String>,
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
    let board = match words.source.board() {
        Ok(board) => board,
        Err(sentence) => return words::fail(&sentence),
    };
    match board.records() {
        Ok(slots) => {
            let sessions = who::sessions(slots, words.server.as_deref());
            words::print(&text(&board.header(), &sessions, words.server.as_deref()))
        }
        Err(error) => words::fail(&error.to_string()),
    }
}

fn text(header: &HeaderRecord, sessions: &[Session], server: Option<&str>) -> String {
    let head = match header.kind {
        Kind::Standalone => {
            format!("Master proftpd process {}:\n", header.master.map_or(0, |master| master.0))
        }
        Kind::Inetd => "inetd FTP connections:\n".to_owned(),
    };
    let head = head + &who::server_line(server);
    match sessions {
        [] => head + "0 users\n",
        sessions => head + &classes::lines(sessions),
    }
}

#[cfg(test)]
mod tests {
    use super::super::json::examples::header;
    use super::super::session::examples::sessions;
    use super::*;

    #[test]
    fn the_definition_holds_together() {
        command().debug_assert();
    }

    #[test]
    fn sessions_are_counted_by_class() {
        assert_eq!(text(&header(), &[], None), "Master proftpd process 24743:\n0 users\n");
        assert_eq!(
            text(&header(), &sessions()[..1], Some("Test Server")),
            "Master proftpd process 24743:\nProFTPD Server 'Test Server'\n\
             Service class local                -   1 user\n"
        );
    }
}
