//! One session as a row: what it does, and how fast.

use super::super::doing::Doing;
use super::super::session::{Activity, Session};

/// A session's row.
#[derive(Clone, Debug)]
pub struct Row {
    /// The session.
    pub session: Session,
    /// What it does.
    pub doing: Doing,
    /// Bytes a second since the last look; None without a transfer.
    pub rate: Option<f64>,
}

impl Row {
    /// The user's name, as ProFTPD shows one who is not logged in.
    pub fn user(&self) -> &str {
        self.session.login().map_or("(none)", |login| &login.user)
    }

    /// What is being done, in words.
    pub fn command(&self) -> String {
        match &self.session.activity {
            Activity::Authenticating => "(authenticating)".to_owned(),
            Activity::Idle(..) => "idle".to_owned(),
            Activity::Command(_, command) => format!("{} {}", command.verb, command.arguments),
        }
    }

    /// How much of a transfer is done, in hundredths of it.
    pub fn percent(&self) -> Option<String> {
        let command = self.session.command().filter(|command| command.transfer.is_some())?;
        command.percent()
    }

    /// The bytes that a transfer has moved.
    pub fn done(&self) -> Option<u64> {
        self.session.command()?.transfer.as_ref().map(|transfer| transfer.done)
    }

    /// Whether bytes of a file are moving.
    pub fn transfers(&self) -> bool {
        matches!(self.doing, Doing::Downloading | Doing::Uploading)
    }
}

/// For the tests beside: the sessions of the other tools' tests, at the moment they are looked at.
#[cfg(test)]
pub mod examples {
    use super::super::super::json::examples::header;
    use super::super::super::session::examples::{NOW, sessions};
    use super::super::look::Look;
    use super::*;
    use crate::scoreboard::{ReasonCode, Refusals, Totals};

    /// A look at them.
    pub fn look() -> Look {
        let totals = Totals { connections: 7, bytes_out: 1 << 40, ..Totals::default() };
        let refusals: Refusals = [(ReasonCode::Password, 7), (ReasonCode::Rule, 2)].into_iter().collect();
        Look { header: header(), rows: rows(), totals, refusals, spares: 3, now_ms: NOW, is_running: true }
    }

    /// Not logged in, idle, downloading, uploading, and one at NOOP.
    pub fn rows() -> Vec<Row> {
        sessions()
            .into_iter()
            .map(|session| Row {
                doing: Doing::of(&session),
                rate: session
                    .command()
                    .and_then(|command| command.rate(NOW))
                    .map(|kilobytes| kilobytes * 1024.0),
                session,
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::examples::rows;
    use super::*;

    #[test]
    fn a_row_tells_what_its_session_does() {
        let rows = rows();
        let commands: Vec<String> = rows.iter().map(Row::command).collect();
        assert_eq!(commands, ["(authenticating)", "idle", "RETR big", "STOR new", "NOOP "]);
        assert_eq!((rows[0].user(), rows[1].user()), ("(none)", "demo"));
        let percents: Vec<Option<String>> = rows.iter().map(Row::percent).collect();
        assert_eq!(percents, [None, None, Some("3".to_owned()), None, None]);
        assert_eq!(rows.iter().filter(|row| row.transfers()).count(), 2);
    }
}
