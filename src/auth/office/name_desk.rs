//! What ids are called, for listings: a thread of its own, for a name service may be slow, or hang, and nobody who logs in is to wait
//! for that. Whoever asked has given up by then, and shows numbers.

use std::time::{Duration, Instant};

use crossbeam::channel::Receiver;

use super::Office;
use super::errand::Errand;
use crate::auth::accounts::source::Source;
use crate::auth::wire::{Answer, Request};
use crate::sys::{GroupId, UserId};

/// Questions on their way to the thread; whoever comes on top shows numbers.
pub const NAMES_WAITING: usize = 256;

/// How long one question may take; what was not looked up by then has no name.
const PATIENCE: Duration = Duration::from_secs(1);

/// The life of the thread.
pub fn tell_for_life(office: &Office, errands: &Receiver<Errand>) {
    while let Ok(errand) = errands.recv() {
        // A worker that has given up hears nothing; this empties the queue quickly after a long silence of the name service.
        if !errand.is_abandoned() {
            answer(office, errand);
        }
    }
}

/// Before a login nobody needs any names.
fn answer(office: &Office, errand: Errand) {
    let Request::Names { server, users, groups } = &errand.request else { return };
    let Some((_, steps)) = office.server(*server) else { return };
    if office.ledger.is_newcomer(&errand.visit) {
        return;
    }
    let own = steps.iter().filter_map(|step| step.source()).map(|source| &**source);
    let sources: Vec<&dyn Source> = own.chain([&*office.host as &dyn Source]).collect();
    let until = Instant::now() + PATIENCE;
    let user = |uid: &UserId| first(&sources, until, |source| source.user_name(*uid));
    let group = |gid: &GroupId| first(&sources, until, |source| source.group_name(*gid).ok().flatten());
    let names =
        Answer::Names { users: users.iter().map(user).collect(), groups: groups.iter().map(group).collect() };
    // The worker may have gone; then nobody minds.
    let _ = errand.answer(&names);
}

/// The first name that a source knows; empty where none does, or the time is over.
fn first(sources: &[&dyn Source], until: Instant, name: impl Fn(&dyn Source) -> Option<Vec<u8>>) -> Vec<u8> {
    let in_time = sources.iter().take_while(|_| Instant::now() < until);
    in_time.into_iter().find_map(|source| name(*source)).unwrap_or_default()
}
