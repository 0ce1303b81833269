//! Where the next data connection is made: PASV, EPSV, PORT, EPRT.

use std::net::SocketAddr;

use crate::protocol::{EpsvArgument, Reply};
use crate::worker::member::Member;
use crate::worker::watch::{Ending, Watch};

/// PASV.
pub fn passive(watch: &mut Watch, member: &mut Member) -> Result<Reply, Ending> {
    let _ = (watch, member);
    Ok(Reply::new(502, "not yet"))
}

/// EPSV.
pub fn extended_passive(
    watch: &mut Watch,
    member: &mut Member,
    which: EpsvArgument,
) -> Result<Reply, Ending> {
    let _ = (watch, member, which);
    Ok(Reply::new(502, "not yet"))
}

/// PORT.
pub fn port(watch: &mut Watch, member: &mut Member, called: &str, to: SocketAddr) -> Result<Reply, Ending> {
    let _ = (watch, member, called, to);
    Ok(Reply::new(502, "not yet"))
}
