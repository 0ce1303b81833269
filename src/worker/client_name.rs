//! The client's name, for logs and `ftpwho`: asked of auth when the client has spoken, awaited when it is first needed, and never for
//! long. USER is answered meanwhile; the line that opens the session in the log waits for the name.

use std::os::fd::AsFd;
use std::time::{Duration, Instant};

use super::greeting;
use super::watch::{Ending, Watch};
use crate::auth::question::Question;
use crate::auth::wire::{Answer, Request};

/// From the question on; then the address has to do, for the whole session.
const PATIENCE: Duration = Duration::from_secs(1);

/// A name that is awaited.
pub struct Naming {
    question: Question,
    deadline: Instant,
}

/// Asks, where UseReverseDNS wants names; else the session is opened at once. Never waits: an auth that is so busy has no time for names.
pub fn begin(watch: &mut Watch) {
    let request = Request::PeerName { peer: watch.peer.ip() };
    let is_wanted = watch.birth.settings.daemon.use_reverse_dns;
    let asked = is_wanted.then(|| Question::ask(watch.birth.auth.as_fd(), &request).ok()).flatten();
    watch.naming = asked.map(|question| Naming { question, deadline: Instant::now() + PATIENCE });
    if watch.naming.is_none() {
        open(watch);
    }
}

/// The name is needed now: waits for it, as long as its deadline allows.
pub fn settle(watch: &mut Watch) -> Result<(), Ending> {
    let Some(naming) = watch.naming.take() else { return Ok(()) };
    // What ends the session here has the session opened in the log before it is closed there.
    let waited = watch.wait_to_read(naming.question.reply(), naming.deadline);
    take_answer(watch, &naming);
    waited.map(drop)
}

/// The session ends: nobody waits for a name any more.
pub fn give_up(watch: &mut Watch) {
    if let Some(naming) = watch.naming.take() {
        take_answer(watch, &naming);
    }
}

fn take_answer(watch: &mut Watch, naming: &Naming) {
    match naming.question.answer() {
        Ok(Answer::PeerName(name)) if !name.is_empty() => name_peer(watch, &name),
        _ => {}
    }
    open(watch);
}

fn name_peer(watch: &mut Watch, name: &[u8]) {
    watch.peer.take_name(String::from_utf8_lossy(name).into_owned());
    watch.birth.own.client_name(name);
    watch.log = greeting::logger(watch.birth, usize::from(watch.server_index), watch.local, watch.peer);
}

/// All is known of where the client comes from.
fn open(watch: &mut Watch) {
    watch.classify();
    slog::info!(watch.log, "FTP session opened.");
}
