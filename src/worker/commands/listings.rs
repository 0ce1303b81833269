//! LIST, NLST, STAT.

use crate::protocol::{Reply, Verb};
use crate::worker::member::Member;
use crate::worker::watch::{Ending, Watch};

/// LIST.
pub fn list(watch: &mut Watch, member: &mut Member, verb: &Verb, argument: &[u8]) -> Result<Reply, Ending> {
    let _ = (watch, member, verb, argument);
    Ok(Reply::new(502, "not yet"))
}

/// NLST.
pub fn names(watch: &mut Watch, member: &mut Member, verb: &Verb, argument: &[u8]) -> Result<Reply, Ending> {
    list(watch, member, verb, argument)
}

/// STAT of a path.
pub fn stat(watch: &mut Watch, member: &mut Member, verb: &Verb, argument: &[u8]) -> Result<Reply, Ending> {
    list(watch, member, verb, argument)
}
