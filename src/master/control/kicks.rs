//! Sessions that an operator disconnects: each is told by its slot's order, says 421 and leaves; who does not leave in time is killed.

use std::collections::HashSet;
use std::net::IpAddr;
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};
use slog::{debug, warn};

use super::ClientId;
use crate::control::{Kicked, Reply};
use crate::master::Master;
use crate::scoreboard::{SlotNumber, SlotOrder, SlotRecord, State};
use crate::sys::{ProcessId, signals};

/// Killed and not yet reaped: so long is waited for that.
const LAST: Duration = Duration::from_secs(5);

/// One session that is to leave.
#[derive(Debug)]
struct Kick {
    pid: ProcessId,
    slot: SlotNumber,
    until: Instant,
    is_killed: bool,
    /// Who hears of it.
    asked_by: ClientId,
}

/// One of them, for the next program; nobody waits for an answer there.
#[derive(Debug, Serialize, Deserialize)]
pub struct HandedKick {
    pid: ProcessId,
    slot: SlotNumber,
    left: Duration,
}

/// Those that are to leave, and who waits for that.
#[derive(Debug, Default)]
pub struct Kicks {
    pending: Vec<Kick>,
    /// Who asked; how many had left, and of them how many were killed.
    asked: Vec<(ClientId, u32, u32)>,
}

impl Kicks {
    /// Those that have time left, for another program. Who was killed needs nobody any more.
    pub fn hand_over(&self, now: Instant) -> Vec<HandedKick> {
        let living = self.pending.iter().filter(|kick| !kick.is_killed);
        living
            .map(|kick| HandedKick {
                pid: kick.pid,
                slot: kick.slot,
                left: kick.until.saturating_duration_since(now),
            })
            .collect()
    }

    /// Those that another program has told to leave: their time goes on.
    pub fn adopt(handed: Vec<HandedKick>, now: Instant) -> Kicks {
        let pending = handed.into_iter().map(|HandedKick { pid, slot, left }| Kick {
            pid,
            slot,
            until: now + left,
            is_killed: false,
            asked_by: ClientId::NOBODY,
        });
        Kicks { pending: pending.collect(), asked: Vec::new() }
    }

    /// When the next has had its time.
    pub fn deadline(&self) -> Option<Instant> {
        self.pending.iter().map(|kick| kick.until).min()
    }

    /// A worker has ended; gives whoever waited for the last of its sessions, with how many they were and how many were killed.
    fn left(&mut self, pid: ProcessId) -> Vec<(ClientId, u32, u32)> {
        let left: Vec<Kick> = self.pending.extract_if(.., |kick| kick.pid == pid).collect();
        for kick in left {
            for (_, gone, killed) in self.asked.iter_mut().filter(|(id, ..)| *id == kick.asked_by) {
                *gone += 1;
                *killed += u32::from(kick.is_killed);
            }
        }
        self.take_finished()
    }

    fn take_finished(&mut self) -> Vec<(ClientId, u32, u32)> {
        let Kicks { pending, asked } = self;
        asked.extract_if(.., |(id, ..)| pending.iter().all(|kick| kick.asked_by != *id)).collect()
    }
}

impl Master {
    /// Tells the sessions that are meant to leave. The answer follows when the last of them has.
    pub(super) fn kick(&mut self, id: ClientId, whom: &[Kicked], most: Option<u32>) -> Option<Reply> {
        let meant = self.sessions_of(whom);
        let count = most.map_or(meant.len(), |most| meant.len().min(most as usize));
        if count == 0 {
            return Some(Reply::failed("no such session").with("kicked", 0).with("killed", 0));
        }
        let patience = self.time(|terms| Some(terms.shutdown_timeout)).unwrap_or_default();
        let until = Instant::now() + patience;
        self.control.kicks.asked.push((id, 0, 0));
        for (slot, pid) in meant.into_iter().take(count) {
            self.board.publish_slot_order(slot, SlotOrder::Leave);
            if let Err(error) = signals::tell(pid, signals::BELL) {
                debug!(self.log, "cannot signal worker {pid}: {error}");
            }
            self.control.kicks.pending.push(Kick { pid, slot, until, is_killed: false, asked_by: id });
        }
        None
    }

    /// Each once, the longest connected first.
    fn sessions_of(&mut self, whom: &[Kicked]) -> Vec<(SlotNumber, ProcessId)> {
        self.workers.learn_births(&self.board);
        let living: Vec<_> = self.workers.living().map(|(slot, pid, _)| (slot, pid)).collect();
        let mut meant: Vec<(u64, SlotNumber, ProcessId)> = Vec::new();
        for (slot, pid) in living {
            let Some(record) = self.board.record(slot) else { continue };
            let has_client = !matches!(record.state, State::Vacant | State::Starting | State::Spare);
            if has_client && whom.iter().any(|kicked| self.is_meant(kicked, (slot, pid), &record)) {
                meant.push((record.connected_ms, slot, pid));
            }
        }
        meant.sort_by_key(|(connected, slot, _)| (*connected, *slot));
        meant.into_iter().map(|(_, slot, pid)| (slot, pid)).collect()
    }

    /// A session that a client has taken over may call itself as it likes; as whom and from where it has logged in the master knows
    /// from auth.
    fn is_meant(&self, kicked: &Kicked, (slot, pid): (SlotNumber, ProcessId), record: &SlotRecord) -> bool {
        let told = record.client.map(|client| client.ip().to_canonical());
        let address = self.admission.owner(slot).map(|owner| owner.host).or(told);
        match kicked {
            Kicked::User(name) => match self.admission.owner(slot) {
                Some(owner) => owner.is(name.as_bytes()) || record.user == name.as_bytes(),
                None => false,
            },
            Kicked::Host(name) => {
                let is_it = |address: IpAddr| name.parse() == Ok(address);
                // Whoever is just being greeted has no name yet.
                let is_named = !name.is_empty() && record.client_name.eq_ignore_ascii_case(name.as_bytes());
                address.is_some_and(is_it) || is_named
            }
            Kicked::Class(name) => record.class == name.as_bytes(),
            Kicked::Pid(number) => pid.0 == *number,
            Kicked::Network(network) => address.is_some_and(|address| network.contains(&address)),
        }
    }

    /// A worker has ended: who waited for that hears it.
    pub(in crate::master) fn tell_kicked(&mut self, pid: ProcessId) {
        for (id, gone, killed) in self.control.kicks.left(pid) {
            let said = match killed {
                0 => format!("{gone} sessions disconnected"),
                _ => format!("{gone} sessions disconnected, {killed} of them killed: they did not obey"),
            };
            self.answer_control(id, &Reply::done(said).with("kicked", gone).with("killed", killed));
        }
    }

    /// Who was told to leave, has had its time and is still the same process is killed.
    pub(super) fn kill_the_late(&mut self, now: Instant) {
        let mut given_up = HashSet::new();
        for kick in self.control.kicks.pending.iter_mut().filter(|kick| kick.until <= now) {
            if kick.is_killed {
                given_up.insert(kick.pid);
                continue;
            }
            (kick.is_killed, kick.until) = (true, now + LAST);
            if self.workers.worker(kick.slot).is_some_and(|worker| worker.pid == Some(kick.pid)) {
                warn!(self.log, "worker {} did not leave when it was told to, killed", kick.pid);
                let _ = signals::tell(kick.pid, signals::KILL);
            }
        }
        given_up.into_iter().for_each(|pid| self.tell_kicked(pid));
    }
}
