//! How the next transfer goes, and whether there is room for it: TYPE, REST, ALLO, AVBL.

use super::{asked, refusal};
use crate::protocol::{Reply, Type, Verb};
use crate::worker::member::Member;

/// TYPE.
pub fn representation(member: &mut Member, kind: Type) -> Reply {
    member.representation = kind;
    Reply::new(
        200,
        match kind {
            Type::Ascii => "Type set to A",
            Type::Image => "Type set to I",
        },
    )
}

/// ALLO: nothing is set aside, but a client that asks learns now that there is no room.
pub fn allocate(member: &Member, bytes: u64) -> Reply {
    match member.storage.room(&member.cwd) {
        Ok(room) if room < bytes => Reply::new(452, "Insufficient storage space"),
        _ => Reply::new(202, "No storage allocation necessary"),
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
pub fn restart(member: &mut Member, offset: u64) -> Reply {
    if member.representation == Type::Ascii && offset != 0 {
        return Reply::new(501, "REST: Resuming transfers not allowed in ASCII mode");
    }
    member.restart = offset;
    Reply::new(350, format!("Restarting at {offset}. Send STORE or RETRIEVE to initiate transfer"))
}
