//! `ftpwho -o compat`: the form of ProFTPD's early releases, which old scripts read.

use super::session::{Activity, Session};
use super::spans::since;

/// One session; with its details for `-v`.
pub fn session(session: &Session, now_ms: u64, details: bool) -> String {
    let (idle, doing) = match &session.activity {
        Activity::Authenticating => ("-".to_owned(), " ".to_owned()),
        Activity::Idle(_, since_ms) => (since(now_ms.saturating_sub(*since_ms)), "idle ".to_owned()),
        Activity::Command(_, command) => {
            let percent = command.percent().filter(|_| command.is_download());
            let done = percent.map(|percent| format!("({percent}%) ")).unwrap_or_default();
            let busy = since(now_ms.saturating_sub(command.since_ms));
            (busy, format!("{done}{} {}", command.verb, command.arguments))
        }
    };
    let mut text = format!("{:5} {idle:<6} {doing}\n", session.pid.0);
    if details {
        text += &facts(session);
    }
    text
}

fn facts(session: &Session) -> String {
    let mut text = format!("             (host: {} [{}])\n", session.client_name, session.client_address());
    let mut add = |name: &str, value: &str| text += &format!("              ({name}: {value})\n");
    add("protocol", &session.protocol);
    if let Some(login) = session.login() {
        add("cwd", &login.location);
    }
    if !session.class.is_empty() {
        add("class", &session.class);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::super::session::examples::{NOW, sessions};
    use super::*;

    fn all(details: bool) -> String {
        sessions().iter().map(|one| session(one, NOW, details)).collect()
    }

    #[test]
    fn a_line_a_session() {
        assert_eq!(
            all(false),
            "24761 -       \n24763 0m2s   idle \n24765 0m2s   (3%) RETR big\n24766 0m2s   STOR new\n24767 0m2s   NOOP \n"
        );
    }

    #[test]
    fn details_in_parentheses() {
        let text = all(true);
        assert!(text.starts_with(
            "24761 -       
             (host: localhost [127.0.0.1])
              (protocol: ftp)
              (class: local)
24763 0m2s   idle 
             (host: localhost [127.0.0.1])
              (protocol: ftp)
              (cwd: /home)
              (class: local)
"
        ));
        assert!(text.ends_with("(cwd: /home)\n"));
    }
}
