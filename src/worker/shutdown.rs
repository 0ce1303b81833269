//! The shutdown schedule as a session meets it: who is refused from when on, and when everybody is disconnected.
//! The master publishes it; here the wall clock is compared with it.

use std::time::Duration;

use jiff::tz::TimeZone;

use super::Birth;
use super::text::Facts;
use crate::config::settings::Server;
use crate::protocol::Reply;
use crate::scoreboard::ReasonCode;
use crate::shutmsg::{self, Schedule, Variables};
use crate::sys::clock;

/// The wall clock may be set while a schedule stands: it is looked at no less often than this.
const CLOCK_LOOK: Duration = Duration::from_secs(30);

/// What is ordered of this server. One load where there is no schedule.
fn standing(birth: &Birth, server: &Server) -> Option<Schedule> {
    let is_meant =
        |schedule: &Schedule| schedule.concerns(server.name.as_bytes()) && !schedule.is_over(clock::now());
    birth.board.schedule().filter(is_meant)
}

/// From the deny time on: what those hear, and the log, who are not let in.
pub fn message_of_denial(birth: &Birth, facts: &Facts<'_>) -> Option<Vec<u8>> {
    let schedule = standing(birth, facts.server).filter(|schedule| schedule.deny <= clock::now())?;
    Some(message(&schedule, facts, birth.zone))
}

/// The refusal of a connection (500) or a login (530).
pub fn denial(code: u16, message: &[u8]) -> Reply {
    let words = [b"FTP server shut down (", message, b") -- please try again later"].concat();
    Reply::refused(code, ReasonCode::Shutdown, words)
}

/// How long until the schedule must be looked at again, `None` without one; an error holds the words of the 421 that is
/// due. A transfer that is under way may be given longer.
pub fn until_disconnect<'a>(
    birth: &Birth,
    server: &Server,
    transfers: bool,
    facts: impl FnOnce() -> Facts<'a>,
) -> Result<Option<Duration>, Vec<u8>> {
    let Some(schedule) = standing(birth, server) else { return Ok(None) };
    let longer = schedule.drain.filter(|_| transfers);
    let end = longer.map_or(schedule.disconnect, |drain| drain.max(schedule.disconnect));
    match u64::try_from(end.saturating_sub(clock::now())) {
        Ok(left @ 1..) => Ok(Some(Duration::from_secs(left).min(CLOCK_LOOK))),
        _ => {
            Err([b"FTP server shutting down - ", message(&schedule, &facts(), birth.zone).as_slice()]
                .concat())
        }
    }
}

/// From so many seconds before a disconnection on, sessions are warned.
const WARNED_FROM: i64 = 3600;

/// Warnings of one disconnection are no closer than this, in seconds.
const WARNED_APART: i64 = 60;

/// When a session was last warned, and of what.
#[derive(Debug, Default)]
pub struct Warned {
    disconnect: i64,
    next: i64,
}

impl Warned {
    /// ShutdownWarnings: the line to say now, if it is time for one. The next is due when half of the time that is left has gone.
    pub fn line(&mut self, birth: &Birth, facts: &Facts<'_>) -> Option<Vec<u8>> {
        let schedule = standing(birth, facts.server)?;
        let now = clock::now();
        let left = schedule.disconnect.saturating_sub(now);
        if !(1..=WARNED_FROM).contains(&left) || (self.disconnect == schedule.disconnect && now < self.next) {
            return None;
        }
        *self = Warned { disconnect: schedule.disconnect, next: now + (left / 2).max(WARNED_APART) };
        let when = shutmsg::moment(schedule.disconnect, birth.zone);
        let words = message(&schedule, facts, birth.zone);
        Some(
            [b"FTP server shutting down, sessions end at ", when.as_bytes(), b" - ", words.as_slice()]
                .concat(),
        )
    }
}

fn message(schedule: &Schedule, facts: &Facts<'_>, zone: &TimeZone) -> Vec<u8> {
    shutmsg::expand(&Variables {
        schedule,
        now: clock::now(),
        cwd: facts.cwd,
        server_address: facts.server_address().as_bytes(),
        client_name: Some(facts.peer.name().as_bytes()),
        user: facts.user,
        server_name: facts.server.name.as_bytes(),
        zone,
    })
}
