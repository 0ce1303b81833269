//! The message as one client is told it: variables replaced by what holds for its session.

use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::Schedule;

/// Most bytes of a message with its variables replaced, so that a long path cannot outgrow a reply.
const EXPANDED_MAX: usize = 1024;

/// What the variables of a message stand for.
#[derive(Clone, Debug)]
pub struct Variables<'a> {
    /// `%s`, `%r`, `%d`: shutdown, deny and disconnect time.
    pub schedule: &'a Schedule,
    /// `%T`: now, seconds since the epoch.
    pub now: i64,
    /// `%C`: the working directory, as the client sees it; None before the login.
    pub cwd: Option<&'a [u8]>,
    /// `%L`: the server's address.
    pub server_address: &'a [u8],
    /// `%R`: the client's name.
    pub client_name: Option<&'a [u8]>,
    /// `%U`: the name the client logs in with.
    pub user: Option<&'a [u8]>,
    /// `%V`: ServerName.
    pub server_name: &'a [u8],
    /// The zone that times are told in.
    pub zone: &'a TimeZone,
}

/// The schedule's message with its variables replaced: bytes of one line, bounded. What is no variable stays.
pub fn expand(variables: &Variables<'_>) -> Vec<u8> {
    let mut expanded = Vec::new();
    let mut rest = &variables.schedule.message[..];
    while let Some((&first, behind)) = rest.split_first() {
        let value = behind.first().filter(|_| first == b'%').and_then(|&letter| value(variables, letter));
        rest = match value {
            Some(value) => {
                expanded.extend(value.into_iter().filter(|byte| !byte.is_ascii_control()));
                &behind[1..]
            }
            None => {
                expanded.push(first);
                behind
            }
        };
        if expanded.len() >= EXPANDED_MAX {
            expanded.truncate(EXPANDED_MAX);
            break;
        }
    }
    expanded
}

/// A moment as messages tell it: `Www Mmm DD HH:MM:SS YYYY`.
pub fn moment(seconds: i64, zone: &TimeZone) -> String {
    match Timestamp::from_second(seconds) {
        Ok(moment) => moment.to_zoned(zone.clone()).strftime("%a %b %d %H:%M:%S %Y").to_string(),
        Err(_) => format!("@{seconds}"),
    }
}

fn value(variables: &Variables<'_>, letter: u8) -> Option<Vec<u8>> {
    let moment = |seconds| moment(seconds, variables.zone).into_bytes();
    let text = |text: Option<&[u8]>, otherwise: &str| text.unwrap_or(otherwise.as_bytes()).to_vec();
    Some(match letter {
        b's' => moment(variables.schedule.shutdown),
        b'r' => moment(variables.schedule.deny),
        b'd' => moment(variables.schedule.disconnect),
        b'T' => moment(variables.now),
        b'C' => text(variables.cwd, "(none)"),
        b'L' => variables.server_address.to_vec(),
        b'R' => text(variables.client_name, "(unknown)"),
        b'U' => text(variables.user, "NONE"),
        b'V' => variables.server_name.to_vec(),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn expanded(message: &[u8], cwd: Option<&[u8]>) -> String {
        let schedule = Schedule {
            shutdown: 1_704_254_706,
            deny: 1_704_254_106,
            disconnect: 1_704_254_406,
            message: message.to_vec(),
            ..Schedule::default()
        };
        let variables = Variables {
            schedule: &schedule,
            now: 1_704_250_000,
            cwd,
            server_address: b"192.0.2.1",
            client_name: None,
            user: None,
            server_name: b"Example",
            zone: &TimeZone::UTC,
        };
        String::from_utf8(expand(&variables)).unwrap()
    }

    #[test]
    fn every_variable_has_its_value() {
        for (message, expected) in [
            ("old %s", "old Wed Jan 03 04:05:06 2024"),
            ("%r", "Wed Jan 03 03:55:06 2024"),
            ("%d", "Wed Jan 03 04:00:06 2024"),
            ("%T", "Wed Jan 03 02:46:40 2024"),
            ("%C|%R|%U", "(none)|(unknown)|NONE"),
            ("%L %V", "192.0.2.1 Example"),
            // As ProFTPD does: what is no variable stays, a doubled sign too.
            ("%V|%x|%%V|%%|50%", "Example|%x|%Example|%%|50%"),
            ("", ""),
        ] {
            assert_eq!(expanded(message.as_bytes(), None), expected, "{message}");
        }
    }

    #[test]
    fn a_clients_bytes_neither_end_the_line_nor_outgrow_it() {
        assert_eq!(expanded(b"in %C", Some(b"/a\r\nb")), "in /ab");
        let long = vec![b'x'; 5000];
        assert_eq!(expanded(b"%C%C%C", Some(&long)).len(), EXPANDED_MAX);
    }
}
