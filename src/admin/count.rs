//! `ftpcount`: how many sessions there are.

use std::process::ExitCode;

use clap::{CommandFactory, Parser};

use serde_json::{Value, json};

use super::form::Form;
use super::runtime::Source;
use super::session::Session;
use super::spans::plural;
use super::watch::Watch;
use super::{classes, json, who, words};
use crate::scoreboard::{HeaderRecord, Kind, Reader, Refusals};

const FORMS: [Form; 3] = [Form::OneLine, Form::Json, Form::Prometheus];

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
    /// specify an output format: oneline, json, or prometheus
    #[arg(short = 'o', long = "outform", value_name = "FORM")]
    form: Option<String>,
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
    match Form::read(words.form.as_deref(), &FORMS).and_then(|form| Ok((form, words.source.found()?))) {
        Ok((Form::Prometheus, (path, board))) => who::figures(Watch::new(path, board)),
        Ok((form, (_, board))) => show(form, &board, words.server.as_deref()),
        Err(sentence) => words::fail(&sentence),
    }
}

fn show(form: Form, board: &Reader, server: Option<&str>) -> ExitCode {
    match board.records() {
        Ok(slots) => {
            let sessions = who::sessions(slots, server);
            words::print(&match form {
                Form::Json => document(&board.header(), &board.refusals(), &sessions),
                Form::OneLine => line(&sessions),
                _ => text(&board.header(), &sessions, server),
            })
        }
        Err(error) => words::fail(&error.to_string()),
    }
}

/// `5 users: local 4, (none) 1`.
fn line(sessions: &[Session]) -> String {
    let named = |class: &str| if class.is_empty() { "(none)".to_owned() } else { class.to_owned() };
    let classes = classes::counted(sessions).into_iter();
    let classes: Vec<String> = classes.map(|(class, count)| format!("{} {count}", named(class))).collect();
    let users = format!("{} user{}", sessions.len(), plural(sessions.len() as u64));
    if classes.is_empty() { users + "\n" } else { format!("{users}: {}\n", classes.join(", ")) }
}

/// The daemon, and the counts; a class without a name is the sessions without one.
fn document(header: &HeaderRecord, refusals: &Refusals, sessions: &[Session]) -> String {
    let classes = classes::counted(sessions).into_iter();
    let classes: Vec<Value> =
        classes.map(|(class, count)| json!({ "class": class, "users": count })).collect();
    let mut document = json!({ "server": json::server(header), "users": sessions.len(), "classes": classes });
    json::add_refusals(&mut document, refusals);
    format!("{document:#}\n")
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
    use crate::scoreboard::ReasonCode;

    #[test]
    fn the_definition_holds_together() {
        command().debug_assert();
    }

    #[test]
    fn every_form_has_the_same_counts() {
        assert_eq!(line(&sessions()), "5 users: local 4, (none) 1\n");
        assert_eq!(line(&[]), "0 users\n");
        let refusals: Refusals = [(ReasonCode::Password, 7)].into_iter().collect();
        let document: Value = serde_json::from_str(&document(&header(), &refusals, &sessions())).unwrap();
        assert_eq!(document["users"], 5);
        assert_eq!(document["classes"][0], json!({ "class": "local", "users": 4 }));
        assert_eq!(document["classes"][1], json!({ "class": "", "users": 1 }));
        assert_eq!(document["refusals"], json!({ "password": 7 }));
        assert_eq!(document["server"]["pid"], 24743);
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
