//! The default form of `ftpwho`, and `oneline`, which keeps each session on its line.

use std::fmt::Write;

use super::session::{Activity, Session};
use super::spans::since;

/// Between the facts that `-v` adds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Layout {
    /// A line for each, indented.
    Lines,
    /// All on the session's line.
    OneLine,
}

/// When sessions are looked at, and by which generation new clients are served then.
#[derive(Clone, Copy, Debug)]
pub struct When {
    /// Milliseconds since the epoch.
    pub now_ms: u64,
    /// The header's.
    pub generation: u32,
}

/// One session; with its details for `-v`.
pub fn session(session: &Session, when: When, details: Option<Layout>) -> String {
    let mut text = summary(session, when.now_ms);
    match details {
        None => {}
        Some(Layout::OneLine) => {
            for detail in facts(session, when) {
                let _ = write!(text, " {detail}");
            }
        }
        Some(Layout::Lines) => {
            for detail in facts(session, when) {
                let _ = write!(text, "\n\t{detail}");
            }
            // As ProFTPD does: the line of the class stays where there is no class.
            if session.class.is_empty() {
                text.push('\n');
            }
        }
    }
    text.push('\n');
    text
}

fn summary(session: &Session, now_ms: u64) -> String {
    let user = session.login().map_or("(none)", |login| &login.user);
    let connected = since(now_ms.saturating_sub(session.connected_ms));
    let start = format!("{:5} {user:<8} [{connected:>6}] ", session.pid.0);
    match &session.activity {
        Activity::Authenticating => start + "(authenticating)",
        Activity::Idle(_, since_ms) => format!("{start}{:>6} idle", since(now_ms.saturating_sub(*since_ms))),
        Activity::Command(_, command) => {
            let percent = command.percent().filter(|_| command.is_download());
            let done = percent.map_or("(n/a)".to_owned(), |percent| format!("({percent:>3}%)"));
            format!("{start}{done} {} {}", command.verb, command.arguments)
        }
    }
}

fn facts(session: &Session, when: When) -> Vec<String> {
    let rate = session.command().and_then(|command| command.rate(when.now_ms));
    let server = session.server.map(|server| server.to_string()).unwrap_or_default();
    let mut facts: Vec<String> = rate.map(|rate| format!("KB/s: {rate:3.2}")).into_iter().collect();
    facts.push(format!("client: {} [{}]", session.client_name, session.client_address()));
    facts.push(format!("server: {server} ({})", session.server_name));
    facts.push(format!("protocol: {}", session.protocol));
    facts.extend(session.login().map(|login| format!("location: {}", login.location)));
    // ProFTPD has nothing of the kind; most of the time there is one generation.
    let older = session.older_than(when.generation);
    facts.extend(older.map(|older| format!("generation: {older} ({} serves)", when.generation)));
    if !session.class.is_empty() {
        facts.push(format!("class: {}", session.class));
    }
    facts
}

#[cfg(test)]
mod tests {
    use super::super::session::examples::{NOW, sessions};
    use super::*;

    fn all(details: Option<Layout>) -> String {
        let when = When { now_ms: NOW, generation: 1 };
        sessions().iter().map(|one| session(one, when, details)).collect()
    }

    #[test]
    fn who_began_with_an_older_configuration_is_told() {
        let when = When { now_ms: NOW, generation: 3 };
        let text = session(&sessions()[1], when, Some(Layout::Lines));
        assert!(text.ends_with("\tlocation: /home\n\tgeneration: 1 (3 serves)\n\tclass: local\n"), "{text}");
        assert!(!session(&sessions()[1], when, None).contains("generation"));
    }

    #[test]
    fn a_line_a_session() {
        assert_eq!(
            all(None),
            "24761 (none)   [  0m2s] (authenticating)
24763 demo     [  0m2s]   0m2s idle
24765 demo     [  0m2s] (  3%) RETR big
24766 demo     [  0m2s] (n/a) STOR new
24767 demo     [  0m2s] (n/a) NOOP 
"
        );
    }

    #[test]
    fn details_on_lines_of_their_own() {
        let text = all(Some(Layout::Lines));
        let start = "24761 (none)   [  0m2s] (authenticating)
	client: localhost [127.0.0.1]
	server: 127.0.0.1:2133 (Test Server)
	protocol: ftp
	class: local
24763 demo     [  0m2s]   0m2s idle
	client: localhost [127.0.0.1]
	server: 127.0.0.1:2133 (Test Server)
	protocol: ftp
	location: /home
	class: local
24765 demo     [  0m2s] (  3%) RETR big
	KB/s: 440.00
";
        assert_eq!(&text[..start.len()], start);
        assert!(text.ends_with("\tprotocol: ftp\n\tlocation: /home\n\n"));
    }

    #[test]
    fn details_on_the_same_line() {
        let text = all(Some(Layout::OneLine));
        assert_eq!(text.lines().count(), 5);
        assert!(text.starts_with(
            "24761 (none)   [  0m2s] (authenticating) client: localhost [127.0.0.1] server: 127.0.0.1:2133 \
             (Test Server) protocol: ftp class: local\n"
        ));
        assert!(text.contains("STOR new KB/s: 440.00 client: localhost"));
    }
}
