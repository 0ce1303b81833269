//! What ps(1) shows of a worker, in ProFTPD's words. A title is written where a worker writes anyway, and costs no call.

use super::Birth;
use super::member::Member;
use super::peer::Peer;
use crate::config::settings::ProcessTitles;
use crate::sys::title;

/// It waits for a client.
pub fn spare() {
    title::show(&[b"proftpd: (spare)"]);
}

/// It has one, which has said nothing.
pub fn connected(birth: &Birth, peer: Peer) {
    match birth.settings.daemon.process_titles {
        ProcessTitles::Terse => title::show(&[b"proftpd: processing connection"]),
        ProcessTitles::Verbose => {
            let words = format!("proftpd: connected: {} ({})", peer.name(), peer.address);
            title::show(&[words.as_bytes()]);
        }
    }
}

/// From its first command to its login.
pub fn speaks(birth: &Birth, peer: Peer) {
    if is_verbose(birth) {
        title::keep(&[format!("proftpd: {}: ", peer.address).as_bytes()]);
    }
}

/// From its login on.
pub fn logged_in(birth: &Birth, peer: Peer, member: &Member) {
    if !is_verbose(birth) {
        return;
    }
    let (name, host) = (&member.account.name, peer.name());
    let anonymous: &[&[u8]] =
        if member.anonymous.is_some() { &[b"anonymous/", &member.given_address, b": "] } else { &[] };
    title::keep(&[&[b"proftpd: ", name.as_slice(), b" - ", host.as_bytes(), b": "], anonymous].concat());
}

/// It obeys a command; the argument is that which may be told.
pub fn command(birth: &Birth, verb: &[u8], argument: &[u8]) {
    if is_verbose(birth) {
        let blank: &[u8] = if argument.is_empty() { b"" } else { b" " };
        title::go_on(&[verb, blank, argument]);
    }
}

/// It waits for the next command.
pub fn idle(birth: &Birth) {
    if is_verbose(birth) {
        title::go_on(&[b"IDLE"]);
    }
}

fn is_verbose(birth: &Birth) -> bool {
    birth.settings.daemon.process_titles == ProcessTitles::Verbose
}
