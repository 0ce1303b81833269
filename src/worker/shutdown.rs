//! The shutdown schedule as a session meets it: who is refused from when on, and when everybody is disconnected.
//! The master publishes it; here the wall clock is compared with it.

use std::time::Duration;

use jiff::tz::TimeZone;

use super::Birth;
use super::text::Facts;
use crate::protocol::Reply;
use crate::shutmsg::{self, Schedule, Variables};
use crate::sys::clock;

/// The wall clock may be set while a schedule stands: it is looked at no less often than this.
const CLOCK_LOOK: Duration = Duration::from_secs(30);

/// The refusal of a connection (500) or a login (530), from the deny time on.
pub fn denial(code: u16, birth: &Birth, facts: &Facts<'_>) -> Option<Reply> {
    let schedule = birth.board.schedule().filter(|schedule| schedule.deny <= clock::now())?;
    let message = message(&schedule, facts, birth.zone);
    let text = [b"FTP server shut down (", message.as_slice(), b") -- please try again later"].concat();
    Some(Reply::new(code, text))
}

/// How long until the schedule must be looked at again, `None` without one; an error holds the words of the 421 that is
/// due. One load where there is no schedule.
pub fn until_disconnect<'a>(
    birth: &Birth,
    facts: impl FnOnce() -> Facts<'a>,
) -> Result<Option<Duration>, Vec<u8>> {
    let Some(schedule) = birth.board.schedule() else { return Ok(None) };
    match u64::try_from(schedule.disconnect.saturating_sub(clock::now())) {
        Ok(left @ 1..) => Ok(Some(Duration::from_secs(left).min(CLOCK_LOOK))),
        _ => {
            Err([b"FTP server shutting down - ", message(&schedule, &facts(), birth.zone).as_slice()]
                .concat())
        }
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
