//! RETR, STOR, APPE.

use crate::protocol::{Reply, Verb};
use crate::worker::member::Member;
use crate::worker::watch::{Ending, Watch};

/// RETR.
pub fn retrieve(watch: &mut Watch, member: &mut Member, verb: &Verb, path: &[u8]) -> Result<Reply, Ending> {
    let _ = (watch, member, verb, path);
    Ok(Reply::new(502, "not yet"))
}

/// STOR.
pub fn store(watch: &mut Watch, member: &mut Member, verb: &Verb, path: &[u8]) -> Result<Reply, Ending> {
    retrieve(watch, member, verb, path)
}

/// APPE.
pub fn append(watch: &mut Watch, member: &mut Member, verb: &Verb, path: &[u8]) -> Result<Reply, Ending> {
    retrieve(watch, member, verb, path)
}
