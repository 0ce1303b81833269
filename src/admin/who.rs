//! `ftpwho`: who is connected, and what each one does.

use std::borrow::Borrow;
use std::process::ExitCode;

use clap::{CommandFactory, Parser};
use jiff::tz::TimeZone;

use super::form::Form;
use super::metrics::Figures;
use super::plain::{Layout, When};
use super::runtime::Source;
use super::session::Session;
use super::watch::Watch;
use super::{classes, compat, json, plain, spans, words};
use crate::scoreboard::{HeaderRecord, Kind, Reader, SlotRecord};
use crate::shutmsg;
use crate::sys::clock::now_ms;

#[derive(Parser)]
#[command(
    name = "ftpwho",
    about = "show who is connected to the FTP server",
    long_about = "ftpwho shows each session of the running FTP server: who, since when, and what it is doing. It reads \
                  the server's scoreboard, and needs neither its permission nor its life: it works while the server is \
                  stopped, and after it has died.",
    disable_help_flag = true,
    infer_long_args = true,
    args_override_self = true
)]
struct Words {
    #[command(flatten)]
    source: Source,
    /// display ftpwho usage
    #[arg(short = 'h', long = "help")]
    help: bool,
    /// specify an output format: compat, oneline, json, or prometheus
    #[arg(short = 'o', long = "outform", value_name = "FORM")]
    form: Option<String>,
    /// display additional information for each connection
    #[arg(short = 'v', long = "verbose")]
    verbose: bool,
    /// show users only for specified ServerName
    #[arg(short = 'S', long = "server", value_name = "NAME")]
    server: Option<String>,
}

const FORMS: [Form; 4] = [Form::OneLine, Form::Compat, Form::Json, Form::Prometheus];

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
    match words.form().and_then(|form| Ok((form, words.source.found()?))) {
        Ok((Form::Prometheus, (path, board))) => figures(Watch::new(path, board)),
        Ok((form, (_, board))) => words.show(form, &board),
        Err(sentence) => words::fail(&sentence),
    }
}

/// The board's figures, for a monitor.
pub(super) fn figures(mut watch: Watch) -> ExitCode {
    match watch.look() {
        Ok(look) => words::print(&Figures::of(&look).page()),
        Err(error) => words::fail(&error.to_string()),
    }
}

impl Words {
    fn form(&self) -> Result<Form, String> {
        Form::read(self.form.as_deref(), &FORMS)
    }

    fn show(&self, form: Form, board: &Reader) -> ExitCode {
        match board.records() {
            Ok(slots) => {
                let sessions = sessions(slots, self.server.as_deref());
                let (header, now_ms) = (board.header(), now_ms());
                words::print(&match form {
                    Form::Json => json::document(&header, &board.refusals(), &sessions, now_ms),
                    _ => self.text(form, &header, &sessions, now_ms),
                })
            }
            Err(error) => words::fail(&error.to_string()),
        }
    }

    fn text(&self, form: Form, header: &HeaderRecord, sessions: &[Session], now_ms: u64) -> String {
        let when = When { now_ms, generation: header.generation };
        let one = |session: &Session| match form {
            Form::Compat => compat::session(session, now_ms, self.verbose),
            Form::OneLine => plain::session(session, when, self.verbose.then_some(Layout::OneLine)),
            _ => plain::session(session, when, self.verbose.then_some(Layout::Lines)),
        };
        let mut text = daemon(header, now_ms);
        text += &server_line(self.server.as_deref());
        if sessions.is_empty() {
            return text + "no users connected\n";
        }
        text.extend(sessions.iter().map(one));
        text + &classes::lines(sessions)
    }
}

/// The sessions of a server, or of all, without the spares.
pub(super) fn sessions(
    slots: impl IntoIterator<Item: Borrow<SlotRecord>>,
    server: Option<&str>,
) -> Vec<Session> {
    let is_asked_for = |session: &Session| server.is_none_or(|name| session.server_name == name);
    slots.into_iter().filter_map(|slot| Session::of(slot.borrow())).filter(is_asked_for).collect()
}

/// Names the server whose sessions alone are shown.
pub(super) fn server_line(server: Option<&str>) -> String {
    server.map(|name| format!("ProFTPD Server '{name}'\n")).unwrap_or_default()
}

fn daemon(header: &HeaderRecord, now_ms: u64) -> String {
    let pid = header.master.map_or(0, |master| master.0);
    let uptime = spans::uptime(now_ms.saturating_sub(header.started_ms));
    let head = match header.kind {
        Kind::Standalone => format!("standalone FTP daemon [{pid}], up for {uptime}\n"),
        Kind::Inetd => "inetd FTP daemon:\n".to_owned(),
    };
    head + &schedule_line(header, now_ms)
}

/// Who looks for missing sessions is told why there are none.
pub(super) fn schedule_line(header: &HeaderRecord, now_ms: u64) -> String {
    let now = i64::try_from(now_ms / 1000).unwrap_or(i64::MAX);
    let Some(schedule) = header.schedule.as_ref().filter(|schedule| !schedule.is_over(now)) else {
        return String::new();
    };
    let told = |moment| shutmsg::moment(moment, &TimeZone::system());
    let from = if schedule.deny <= now { "since" } else { "from" };
    let until = schedule.expires.map_or("its file is removed".to_owned(), told);
    let server = String::from_utf8_lossy(&schedule.server);
    let of = if server.is_empty() { String::new() } else { format!(" of '{server}'") };
    format!("shutdown{of}: clients refused {from} {}, until {until}\n", told(schedule.deny))
}

#[cfg(test)]
mod tests {
    use super::super::json::examples::header;
    use super::super::session::examples::{NOW, sessions};
    use super::*;

    fn text(line: &str, sessions: &[Session]) -> String {
        let words = Words::try_parse_from(std::iter::once("ftpwho").chain(line.split_whitespace())).unwrap();
        words.text(words.form().unwrap(), &header(), sessions, NOW)
    }

    #[test]
    fn the_definition_holds_together() {
        command().debug_assert();
    }

    #[test]
    fn nobody_is_told_as_well() {
        assert_eq!(text("", &[]), "standalone FTP daemon [24743], up for 0 min\nno users connected\n");
        assert_eq!(
            text("-o compat -S X", &[]),
            "standalone FTP daemon [24743], up for 0 min\nProFTPD Server 'X'\nno users connected\n"
        );
    }

    #[test]
    fn sessions_stand_between_daemon_and_classes() {
        let text = text("", &sessions());
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(lines.len(), 8);
        assert_eq!(lines[1], "24761 (none)   [  0m2s] (authenticating)");
        assert_eq!(lines[6], "Service class local                -   4 users");
    }

    #[test]
    fn mistakes_are_told_as_proftpd_tells_them() {
        let said = |line: &str| {
            let words = Words::try_parse_from(std::iter::once("ftpwho").chain(line.split_whitespace()));
            words.map(|words| words.form().err()).unwrap_or_else(|error| Some(words::mistake(&error)))
        };
        assert_eq!(said("-z").unwrap(), "unknown option: z");
        assert_eq!(said("--bogus").unwrap(), "unknown option: --bogus");
        assert_eq!(said("more").unwrap(), "unknown parameter: more");
        assert_eq!(said("-o bogus").unwrap(), "unknown outform value: 'bogus'");
        assert!(said("-f").unwrap().starts_with("option needs a value: "));
        assert_eq!(said("-v -o json --file /x --conf /y -S name"), None);
    }

    #[test]
    fn the_usage_names_every_option() {
        let usage = words::usage(&command());
        assert!(
            usage.starts_with("usage: ftpwho [options]\n  -c, --config\n    specify full path"),
            "{usage}"
        );
        assert_eq!(usage.lines().count(), 13);
    }
}
