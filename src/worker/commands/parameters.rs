//! How the next transfer goes, and whether there is room for it: TYPE, MODE, REST, RANG, ALLO, AVBL.

use super::{asked, refusal};
use crate::protocol::offer::Module;
use crate::protocol::options::ModeOption;
use crate::protocol::{ByteRange, Reply, Type, Verb};
use crate::scoreboard::ReasonCode;
use crate::worker::member::Member;
use crate::worker::storage::Portion;
use crate::worker::watch::Watch;

/// TYPE.
pub fn representation(watch: &mut Watch, kind: Type, letter: char) -> Reply {
    watch.terms.representation = Some(kind);
    Reply::new(200, format!("Type set to {letter}"))
}

/// ALLO: nothing is set aside, but a client that asks learns now that there is no room.
pub fn allocate(member: &Member, bytes: u64) -> Reply {
    match member.storage.room(&member.cwd) {
        Ok(room) if room < bytes => {
            Reply::refused(552, ReasonCode::Space, format!("{bytes}: No space left on device"))
        }
        Ok(_) => Reply::new(200, "ALLO command successful"),
        Err(_) => Reply::new(202, "No storage allocation necessary"),
    }
}

/// AVBL: bytes that may still be written in a folder.
pub fn available(member: &Member, verb: &Verb, path: Option<&[u8]>) -> Reply {
    let path = path.unwrap_or(b".");
    match asked(member, verb, path).and_then(|asked| member.storage.room_in(&asked)) {
        Ok(room) => Reply::new(213, room.to_string()),
        Err(denied) => refusal(&denied),
    }
}

/// REST. An offset in ASCII has no meaning that both sides share.
pub fn restart(watch: &Watch, member: &mut Member, offset: u64) -> Reply {
    if watch.representation() == Type::Ascii && offset != 0 {
        return Reply::refused(
            501,
            ReasonCode::Sequence,
            "REST: Resuming transfers not allowed in ASCII mode",
        );
    }
    member.portion = offset.into();
    Reply::new(350, format!("Restarting at {offset}. Send STORE or RETRIEVE to initiate transfer"))
}

/// RANG (draft-bryan-ftp-range). It and REST take each other's place.
pub fn range(watch: &Watch, member: &mut Member, range: Option<ByteRange>) -> Reply {
    let Some(range) = range else {
        if let Portion::Within(_) = member.portion {
            member.portion = Portion::Whole;
        }
        return Reply::new(350, "Reset byte transfer range");
    };
    if watch.representation() == Type::Ascii {
        return Reply::refused(551, ReasonCode::Sequence, "RANG: Transfer ranges not allowed in ASCII mode");
    }
    member.portion = Portion::Within(range);
    let (length, first) = (range.length(), range.first());
    let unit = if length == 1 { "byte" } else { "bytes" };
    Reply::new(350, format!("Transferring byte range of {length} {unit} starting from {first}"))
}

/// MODE.
pub fn mode(watch: &mut Watch, is_deflated: bool) -> Reply {
    if !is_deflated {
        watch.terms.mode.is_deflated = false;
        return Reply::new(200, "Mode set to S");
    }
    if !watch.rules.offer.has(Some(Module::Deflate)) {
        return Reply::refused(501, ReasonCode::Protocol, "'MODE Z' unrecognized transfer mode");
    }
    watch.terms.mode.is_deflated = true;
    Reply::new(200, "OK")
}

/// OPTS MODE Z.
pub fn mode_option(watch: &mut Watch, option: Option<ModeOption>) -> Reply {
    let Some(option) = option.filter(|_| watch.rules.offer.has(Some(Module::Deflate))) else {
        return Reply::refused(500, ReasonCode::Protocol, "OPTS MODE not understood");
    };
    match option {
        ModeOption::Level(level) => {
            watch.terms.mode.level = level;
            Reply::new(200, "OPTS MODE Z OK")
        }
        ModeOption::Nothing => Reply::new(200, "OPTS_MODE OK"),
        ModeOption::Wrong(why) => {
            Reply::refused(501, ReasonCode::Protocol, [b"OPTS_MODE: ", why.as_slice()].concat())
        }
    }
}
