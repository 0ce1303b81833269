//! Files named, not moved: DELE, RNFR, RNTO, SIZE, MDTM.

use std::time::Duration;

use super::{asked, refusal};
use crate::logging::xferlog::{Completion, Direction};
use crate::protocol::{Reply, Type, Verb, time};
use crate::scoreboard::ReasonCode;
use crate::worker::member::Member;
use crate::worker::transfer_log::{self, Logged};
use crate::worker::watch::{Ending, Watch};

/// DELE. The transfer log tells of it, too.
pub fn delete(watch: &mut Watch, member: &mut Member, verb: &Verb, path: &[u8]) -> Result<Reply, Ending> {
    match asked(member, verb, path).and_then(|asked| member.storage.delete(&asked)) {
        Ok(path) => {
            let logged = Logged {
                path: &path,
                bytes: 0,
                took: Duration::ZERO,
                direction: Direction::Deleted,
                completion: Completion::Complete,
            };
            transfer_log::write(watch, member, &logged)?;
            Ok(Reply::new(250, "DELE command successful"))
        }
        Err(denied) => Ok(refusal(&denied)),
    }
}

/// RNFR.
pub fn rename_from(member: &mut Member, verb: &Verb, path: &[u8]) -> Reply {
    match asked(member, verb, path).and_then(|asked| member.storage.rename_from(&asked)) {
        Ok(source) => {
            member.renaming = Some(source);
            Reply::new(350, "File or directory exists, ready for destination name")
        }
        Err(denied) => refusal(&denied),
    }
}

/// RNTO; what RNFR named is good for one try.
pub fn rename_to(member: &mut Member, verb: &Verb, path: &[u8]) -> Reply {
    let Some(source) = member.renaming.take() else {
        return Reply::refused(503, ReasonCode::Sequence, "Bad sequence of commands");
    };
    match asked(member, verb, path).and_then(|asked| member.storage.rename_to(&asked, source)) {
        Ok(_) => Reply::new(250, "Rename successful"),
        Err(denied) => refusal(&denied),
    }
}

/// SIZE (RFC 3659 §4). In ASCII it would have to read the whole file, so it is refused there.
pub fn size(watch: &Watch, member: &mut Member, verb: &Verb, path: &[u8]) -> Reply {
    if watch.representation() == Type::Ascii {
        return Reply::refused(550, ReasonCode::Sequence, "SIZE not allowed in ASCII mode");
    }
    match asked(member, verb, path).and_then(|asked| member.storage.size(&asked)) {
        Ok(size) => Reply::new(213, size.to_string()),
        Err(denied) => refusal(&denied),
    }
}

/// MDTM (RFC 3659 §3), in UTC.
pub fn modified(member: &mut Member, verb: &Verb, path: &[u8]) -> Reply {
    match asked(member, verb, path).and_then(|asked| member.storage.modified(&asked)) {
        Ok(seconds) => Reply::new(213, time::text(seconds)),
        Err(denied) => refusal(&denied),
    }
}
