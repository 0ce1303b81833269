//! Who asked, who was granted what, and how far each has come: one entry for each slot whose worker ever asked, so that a death that
//! auth did not hear of leaves nothing that its successor in the slot does not replace. One question in flight a pid, one grant a pid
//! for life; whoever goes on knocking at closed doors is ended.

use std::collections::HashMap;
use std::io;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::grant::Grant;
use crate::auth::Account;
use crate::scoreboard::{AuthBoard, SlotNumber};
use crate::sys::notification::{Listener, Notification, Verdict};
use crate::sys::process::PidFd;
use crate::sys::{GroupId, ProcessId, UserId, signals};

/// What a worker may do wrong before it is ended: refused changes of identity, questions on top of one that is not answered
/// yet, records that are none. An honest worker gives up after the first.
pub const OFFENCES_MAX: u32 = 16;

/// What auth needs of the scoreboard; a stand-in for tests.
pub trait Grants: Send + Sync {
    /// The slot of a living worker.
    fn slot_of(&self, pid: ProcessId) -> Option<SlotNumber>;
    /// Writes a grant.
    fn write(&self, slot: SlotNumber, uid: UserId, gid: GroupId, groups: &[GroupId]);
    /// Clears a grant, unless another process lives in the slot by now: that one's grant may be another auth's.
    fn clear(&self, slot: SlotNumber, pid: ProcessId);
    /// Whether a grant stands there.
    fn stands(&self, slot: SlotNumber) -> bool;
}

impl Grants for AuthBoard {
    fn slot_of(&self, pid: ProcessId) -> Option<SlotNumber> {
        AuthBoard::slot_of(self, pid)
    }

    fn write(&self, slot: SlotNumber, uid: UserId, gid: GroupId, groups: &[GroupId]) {
        self.grant(slot, uid, gid, groups);
    }

    fn clear(&self, slot: SlotNumber, pid: ProcessId) {
        if self.birth(slot).is_none_or(|living| living == pid) {
            self.revoke(slot);
        }
    }

    fn stands(&self, slot: SlotNumber) -> bool {
        self.has_grant(slot)
    }
}

/// All workers that ever asked.
pub struct Ledger {
    grants: Box<dyn Grants>,
    lives: Mutex<HashMap<SlotNumber, Life>>,
    visits: AtomicU64,
}

/// One worker.
#[derive(Debug)]
struct Life {
    pid: ProcessId,
    standing: Standing,
    /// The question in flight.
    visit: Option<u64>,
    /// Where it was let in, by the index of the configuration's servers; None where a predecessor of this auth let it in, too.
    server: Option<u16>,
    /// It has asked for its client's name.
    has_named: bool,
    offences: u32,
}

/// How far a worker has come.
#[derive(Debug)]
enum Standing {
    /// Nothing granted yet.
    Newcomer,
    /// May take this identity.
    Granted(Grant),
    /// Took it, or lost it. There is no second one.
    Spent,
}

/// A question in flight: while it lives its worker can ask no other.
pub struct Visit {
    ledger: Arc<Ledger>,
    /// Whose, by the kernel's word.
    pub pid: ProcessId,
    /// Where it lives, by the births.
    pub slot: SlotNumber,
    number: u64,
}

impl Visit {
    /// Names the question; later ones have higher numbers.
    pub fn number(&self) -> u64 {
        self.number
    }
}

impl Drop for Visit {
    fn drop(&mut self) {
        let mut lives = self.ledger.lives();
        if let Some(life) = lives.get_mut(&self.slot).filter(|life| life.visit == Some(self.number)) {
            life.visit = None;
        }
    }
}

/// What became of a knock at the door.
#[derive(Debug)]
pub enum Outcome {
    /// The worker goes on.
    Opened,
    /// It got EPERM.
    Refused,
    /// It got EPERM, and should have been ended, which failed.
    Spared(io::Error),
    /// It was ended.
    Ended,
    /// It did not wait for the answer.
    Gone,
}

impl Ledger {
    /// Nobody has asked yet.
    pub fn new(grants: Box<dyn Grants>) -> Ledger {
        Ledger { grants, lives: Mutex::default(), visits: AtomicU64::new(1) }
    }

    /// Lets a worker ask; None for whoever is no worker, or has a question in flight.
    pub fn admit(self: &Arc<Ledger>, pid: ProcessId) -> Option<Visit> {
        let slot = self.grants.slot_of(pid)?;
        let mut lives = self.lives();
        let life = self.life(&mut lives, pid, slot);
        if life.visit.is_some() {
            return None;
        }
        let number = self.visits.fetch_add(1, Ordering::Relaxed);
        life.visit = Some(number);
        Some(Visit { ledger: Arc::clone(self), pid, slot, number })
    }

    /// Whether the worker has not asked for its client's name before: it has one client for life.
    pub fn may_name(&self, visit: &Visit) -> bool {
        let mut lives = self.lives();
        let life = lives.get_mut(&visit.slot).filter(|life| life.pid == visit.pid);
        life.is_some_and(|life| !std::mem::replace(&mut life.has_named, true))
    }

    /// Whether the worker may still log in.
    pub fn is_newcomer(&self, visit: &Visit) -> bool {
        let lives = self.lives();
        let life = lives.get(&visit.slot).filter(|life| life.pid == visit.pid);
        life.is_some_and(|life| matches!(life.standing, Standing::Newcomer))
    }

    /// Whether the worker has logged in, and at no other server as far as is known.
    pub fn came_in_at(&self, visit: &Visit, server: u16) -> bool {
        let lives = self.lives();
        let life = lives.get(&visit.slot).filter(|life| life.pid == visit.pid);
        life.filter(|life| !matches!(life.standing, Standing::Newcomer))
            .is_some_and(|life| life.server.is_none_or(|own| own == server))
    }

    /// Grants an account of a server to whoever asked, if it still is the process that asked. False where it is not, or where it
    /// has had its grant.
    pub fn grant(&self, visit: &Visit, (server, account): (u16, &Account)) -> io::Result<bool> {
        let mut lives = self.lives();
        let Some(life) = lives.get_mut(&visit.slot).filter(|life| life.visit == Some(visit.number)) else {
            return Ok(false);
        };
        if !matches!(life.standing, Standing::Newcomer) {
            return Ok(false);
        }
        let process = PidFd::open(visit.pid)?;
        // Looked up after the descriptor was opened: both name the worker that was born in this slot.
        if self.grants.slot_of(visit.pid) != Some(visit.slot) {
            return Ok(false);
        }
        let groups = supplementary(account);
        self.grants.write(visit.slot, account.uid, account.gid, &groups);
        life.server = Some(server);
        life.standing =
            Standing::Granted(Grant::new(visit.slot, account.uid, account.gid, groups.len(), process));
        Ok(true)
    }

    /// Takes back a grant whose news did not reach the worker.
    pub fn withdraw(&self, slot: SlotNumber, pid: ProcessId) {
        let mut lives = self.lives();
        if let Some(life) = lives.get_mut(&slot).filter(|life| life.pid == pid) {
            life.standing = Standing::Spent;
            self.grants.clear(slot, pid);
        }
    }

    /// The worker was reaped; the master says so before anybody else is born in the slot.
    pub fn forget(&self, slot: SlotNumber, pid: ProcessId) {
        let mut lives = self.lives();
        if lives.get(&slot).is_some_and(|life| life.pid == pid) {
            lives.remove(&slot);
            self.grants.clear(slot, pid);
        }
    }

    /// Answers a worker that stands at the door.
    pub fn answer(&self, listener: &Listener, asked: &Notification) -> io::Result<Outcome> {
        let slot = self.grants.slot_of(asked.pid);
        let mut lives = self.lives();
        let Some(life) = slot.map(|slot| self.life(&mut lives, asked.pid, slot)) else {
            return answered(listener.answer(asked.id, Verdict::Refuse), Outcome::Refused);
        };
        let Standing::Granted(grant) = &mut life.standing else {
            return refuse(life, listener, asked);
        };
        // The pid may have come to mean another process until now. The kernel says that the one who asked still
        // waits, and the descriptor that the one who was granted still lives: then they are the same.
        if !(grant.allows(asked.call) && listener.is_waiting(asked.id) && grant.is_alive()) {
            return refuse(life, listener, asked);
        }
        match listener.answer(asked.id, Verdict::Continue) {
            Ok(()) => {
                if grant.step() {
                    life.standing = Standing::Spent;
                }
                Ok(Outcome::Opened)
            }
            Err(error) => {
                life.offences += 1;
                answered(Err(error), Outcome::Gone)
            }
        }
    }

    /// Notes that a worker sent what no honest one sends; ends it after the last of several. Says whether it did.
    pub fn note_offence(&self, pid: ProcessId) -> io::Result<bool> {
        let Some(slot) = self.grants.slot_of(pid) else { return Ok(false) };
        let mut lives = self.lives();
        let life = self.life(&mut lives, pid, slot);
        life.offences += 1;
        if life.offences < OFFENCES_MAX {
            return Ok(false);
        }
        let process = PidFd::open(pid)?;
        if self.grants.slot_of(pid) != Some(slot) {
            return Ok(false);
        }
        process.tell(Some(signals::KILL))?;
        Ok(true)
    }

    fn lives(&self) -> MutexGuard<'_, HashMap<SlotNumber, Life>> {
        // Every thread that panics ends the whole process (see `abort`).
        self.lives.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The worker's entry; a new one where another worker had the slot before.
    fn life<'l>(
        &self,
        lives: &'l mut HashMap<SlotNumber, Life>,
        pid: ProcessId,
        slot: SlotNumber,
    ) -> &'l mut Life {
        // The worker lives there, so whoever had the slot has ended, and a grant that auth gave to that one is nobody's.
        if let Some(ended) = lives.get(&slot).filter(|life| life.pid != pid) {
            if !matches!(ended.standing, Standing::Newcomer) {
                self.grants.clear(slot, pid);
            }
            lives.remove(&slot);
        }
        lives.entry(slot).or_insert_with(|| {
            // A grant that stands though we gave none is a predecessor's. Grants die with their auth, and nobody gets
            // a second one.
            let standing = if self.grants.stands(slot) { Standing::Spent } else { Standing::Newcomer };
            Life { pid, standing, visit: None, server: None, has_named: false, offences: 0 }
        })
    }
}

fn refuse(life: &mut Life, listener: &Listener, asked: &Notification) -> io::Result<Outcome> {
    life.offences += 1;
    let ended = if life.offences >= OFFENCES_MAX { end(listener, asked) } else { Ok(false) };
    let outcome = match ended {
        Ok(true) => return Ok(Outcome::Ended),
        Ok(false) => Outcome::Refused,
        // It may just have died, or there is no descriptor left to name it by.
        Err(error) => Outcome::Spared(error),
    };
    answered(listener.answer(asked.id, Verdict::Refuse), outcome)
}

/// Ends the worker that waits, and no other: it is named by descriptor before the kernel is asked whether it still waits.
fn end(listener: &Listener, asked: &Notification) -> io::Result<bool> {
    let process = PidFd::open(asked.pid)?;
    if !listener.is_waiting(asked.id) {
        return Ok(false);
    }
    process.tell(Some(signals::KILL))?;
    Ok(true)
}

/// Nobody waiting for the answer any more is no error: a signal or the worker's end came first.
fn answered(sent: io::Result<()>, outcome: Outcome) -> io::Result<Outcome> {
    match sent {
        Ok(()) => Ok(outcome),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Outcome::Gone),
        Err(error) => Err(error),
    }
}

/// The groups that go into the grant; the primary one is taken by its own call.
fn supplementary(account: &Account) -> Vec<GroupId> {
    let gids = account.groups.iter().map(|(gid, _)| *gid);
    gids.filter(|gid| *gid != account.gid && *gid != GroupId::ROOT).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// One slot, whose worker changes; its grants are this ledger's alone.
    #[derive(Clone)]
    struct OneSlot(Arc<Mutex<(ProcessId, bool)>>);

    const SLOT: SlotNumber = SlotNumber(3);

    impl Grants for OneSlot {
        fn slot_of(&self, pid: ProcessId) -> Option<SlotNumber> {
            (self.0.lock().unwrap().0 == pid).then_some(SLOT)
        }

        fn write(&self, _: SlotNumber, _: UserId, _: GroupId, _: &[GroupId]) {
            self.0.lock().unwrap().1 = true;
        }

        fn clear(&self, _: SlotNumber, pid: ProcessId) {
            let mut slot = self.0.lock().unwrap();
            if slot.0 == pid {
                slot.1 = false;
            }
        }

        fn stands(&self, _: SlotNumber) -> bool {
            self.0.lock().unwrap().1
        }
    }

    #[test]
    fn who_is_born_in_a_slot_inherits_nothing_of_a_death_that_nobody_told() {
        // Any living process will do for the pidfd that a grant holds.
        let (first, second) = (crate::sys::process::own(), ProcessId(1));
        let board = OneSlot(Arc::new(Mutex::new((first, false))));
        let ledger = Arc::new(Ledger::new(Box::new(board.clone())));
        let account = Account {
            name: b"demo".to_vec(),
            uid: UserId(1001),
            gid: GroupId(1002),
            groups: Vec::new(),
            home: "/srv".into(),
        };
        let visit = ledger.admit(first).unwrap();
        assert!(ledger.grant(&visit, (0, &account)).unwrap());
        assert!(ledger.came_in_at(&visit, 0) && !ledger.came_in_at(&visit, 1));
        board.0.lock().unwrap().0 = second;
        let newcomer = ledger.admit(second).unwrap();
        assert!(!board.stands(SLOT));
        assert!(!ledger.came_in_at(&newcomer, 0) && !ledger.came_in_at(&visit, 0));
        assert!(ledger.is_newcomer(&newcomer) && !ledger.is_newcomer(&visit));
        assert_eq!(ledger.lives().len(), 1);
        // The late end of the first one's question is none of the second's.
        drop(visit);
        assert!(ledger.admit(second).is_none());
    }
}
