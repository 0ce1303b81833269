//! Who may come in: the counts of every limit. The master outlives generations and hears of every worker's end, so the counts are
//! exact, across reloads and kills too.

use std::collections::HashSet;
use std::time::Instant;

use self::connections::Connections;
use self::logins::Logins;
pub use self::logins::Owner;
use self::rate::Arrivals;
use self::transfers::Transfers;
use super::workers::{Stage, Workers};
use crate::auth::places::{ConnectionPlace, LimitKind, PlaceAnswer, PlaceKind, PlaceQuestion, TransferPlace};
use crate::scoreboard::{MasterBoard, PlaceRecord, SlotNumber, State};

mod connections;
mod handover;
mod logins;
mod rate;
mod tally;
mod transfers;

pub use handover::HandedAdmission;

/// The counts.
#[derive(Debug, Default)]
pub struct Admission {
    /// MaxInstances.
    most: Option<u32>,
    /// Workers that may serve a client without asking, or have asked and been let in.
    instances: HashSet<SlotNumber>,
    arrivals: Arrivals,
    connections: Connections,
    logins: Logins,
    transfers: Transfers,
}

impl Admission {
    /// Of nobody yet.
    pub fn of(most: Option<u32>) -> Admission {
        Admission { most, ..Admission::default() }
    }

    /// MaxInstances of the newest generation. Those who are in stay in.
    pub fn set_most(&mut self, most: Option<u32>) {
        self.most = most;
    }

    /// Before a birth: whether the worker will have to ask at accept.
    pub fn reserve(&mut self, slot: SlotNumber, board: &MasterBoard) {
        let yes = self.has_room();
        if yes {
            self.instances.insert(slot);
        }
        board.publish_may_serve(slot, yes);
    }

    /// Spares that would have to ask need not, now that there is room.
    pub fn relieve(&mut self, spares: impl Iterator<Item = SlotNumber>, board: &MasterBoard) {
        if self.most.is_none_or(|most| self.instances.len() as u32 >= most) {
            return;
        }
        for slot in spares {
            if !self.instances.contains(&slot) && self.has_room() {
                self.reserve(slot, board);
            }
        }
    }

    fn has_room(&self) -> bool {
        self.most.is_none_or(|most| (self.instances.len() as u32) < most)
    }

    /// What auth asks for a worker.
    pub fn answer(
        &mut self,
        question: &PlaceQuestion,
        workers: &mut Workers,
        board: &MasterBoard,
    ) -> PlaceAnswer {
        if workers.slot_of(question.pid, board) != Some(question.slot) {
            return PlaceAnswer::Refused;
        }
        let answer = match &question.kind {
            PlaceKind::Connection(place) => {
                self.connection((question.slot, place), workers, board, Instant::now())
            }
            PlaceKind::Login(login) => self.logins.admit(question.slot, login),
            PlaceKind::Transfer(transfer) => self.transfer(question.slot, transfer, board),
            PlaceKind::TransferEnd => {
                self.transfers.release(question.slot, board);
                PlaceAnswer::Granted
            }
        };
        if answer == PlaceAnswer::Granted {
            board.publish_place(question.slot, &self.record(question.slot));
        }
        answer
    }

    /// A client has come. Whom the worker served before has left.
    fn connection(
        &mut self,
        (slot, place): (SlotNumber, &ConnectionPlace),
        workers: &mut Workers,
        board: &MasterBoard,
        now: Instant,
    ) -> PlaceAnswer {
        self.connections.release(slot);
        if let Some(rate) = place.rate
            && self.arrivals.are_too_many(rate, now)
        {
            return PlaceAnswer::Full(LimitKind::ConnectionRate, rate.count);
        }
        let instance = self.instance(slot, workers, board);
        if instance != PlaceAnswer::Granted {
            return instance;
        }
        if place.rate.is_some() {
            self.arrivals.note(now);
        }
        self.connections.admit(slot, place, |other| is_idle(other, workers, board))
    }

    fn instance(&mut self, slot: SlotNumber, workers: &mut Workers, board: &MasterBoard) -> PlaceAnswer {
        if self.instances.contains(&slot) || self.has_room() || self.reclaim(workers, board) {
            self.instances.insert(slot);
            return PlaceAnswer::Granted;
        }
        PlaceAnswer::Full(LimitKind::Instances, self.most.unwrap_or_default())
    }

    /// Takes a reserved place back from a worker without a client. Both sides write first and read then (SeqCst): either the worker
    /// is seen to be taken, and keeps its place, or it will see at its accept that it must ask.
    fn reclaim(&mut self, workers: &mut Workers, board: &MasterBoard) -> bool {
        workers.look_at_fresh(board);
        let idle = |slot: &SlotNumber| {
            workers.worker(*slot).is_some_and(|worker| matches!(worker.stage, Stage::Spare | Stage::Asked))
        };
        let reserved: Vec<SlotNumber> = self.instances.iter().copied().filter(idle).collect();
        for slot in reserved {
            board.publish_may_serve(slot, false);
            if matches!(board.state(slot), State::Vacant | State::Starting | State::Spare) {
                self.instances.remove(&slot);
                return true;
            }
            board.publish_may_serve(slot, true);
        }
        false
    }

    /// Of somebody who is logged in; nobody else transfers anything.
    fn transfer(&mut self, slot: SlotNumber, place: &TransferPlace, board: &MasterBoard) -> PlaceAnswer {
        match self.logins.whose(slot) {
            Some(owner) => self.transfers.admit(slot, owner, place, board),
            None => PlaceAnswer::Refused,
        }
    }

    /// As whom and from where a slot's session has logged in, by auth's word.
    pub fn owner(&self, slot: SlotNumber) -> Option<Owner> {
        self.logins.whose(slot)
    }

    /// The worker has ended: whatever it held is free.
    pub fn release(&mut self, slot: SlotNumber, board: &MasterBoard) {
        self.transfers.release(slot, board);
        self.instances.remove(&slot);
        self.connections.release(slot);
        self.logins.release(slot);
    }

    /// Counts what another master has written of a session: what [`Admission::answer`] published, and nothing else, is known of it.
    pub fn restore(&mut self, slot: SlotNumber, place: &PlaceRecord) {
        if place.instance {
            self.instances.insert(slot);
        }
        self.connections.restore(slot, place);
        self.logins.restore(slot, place);
        if let Some((owner, transfer)) = self.logins.whose(slot).zip(place.transfer) {
            self.transfers.restore(slot, owner, transfer);
        }
    }

    fn record(&self, slot: SlotNumber) -> PlaceRecord {
        let instance = self.instances.contains(&slot);
        let origin = self.connections.origin(slot);
        let login = self.logins.record(slot);
        PlaceRecord {
            instance,
            address: login.address.or(origin.map(|(_, host)| host)),
            connection: origin.map(|(server, _)| server),
            transfer: self.transfers.record(slot),
            ..login
        }
    }
}

/// Whether nobody is served there: the worker waits for a client, or waits again for its next one.
fn is_idle(slot: SlotNumber, workers: &Workers, board: &MasterBoard) -> bool {
    // One that was seen to read from its client returns to no pool, whatever it publishes.
    workers.worker(slot).is_some_and(|worker| worker.stage != Stage::Session)
        && matches!(board.state(slot), State::Vacant | State::Starting | State::Spare)
}

#[cfg(test)]
mod tests {
    use std::net::IpAddr;

    use super::*;
    use crate::auth::places::{LoginLimits, LoginPlace, TransferMost, TransferVerb};

    #[test]
    fn a_place_reserved_for_an_idle_spare_goes_to_who_asks() {
        let board = MasterBoard::create_private(8).unwrap();
        let mut workers = Workers::new(8);
        let mut admission = Admission::of(Some(1));
        let [_spare, asking] = [0, 1].map(|_| {
            let slot = workers.vacant().unwrap();
            workers.ask(slot, 1);
            admission.reserve(slot, &board);
            slot
        });
        assert_eq!(admission.instance(asking, &mut workers, &board), PlaceAnswer::Granted);
        assert_eq!(admission.instances.len(), 1);
        assert!(admission.instances.contains(&asking));
    }

    #[test]
    fn what_is_published_of_a_session_is_all_that_it_is_counted_by() {
        let board = MasterBoard::create_private(8).unwrap();
        let (slot, host) = (SlotNumber(3), IpAddr::from([192, 0, 2, 7]));
        let limits = LoginLimits { clients: Some(1), ..LoginLimits::default() };
        let login = LoginPlace {
            account: 9,
            name: Vec::new(),
            host,
            server: 1,
            anonymous: Some(0),
            class: 5,
            limits,
        };
        let verb = TransferVerb::Stor;
        let most = Some(TransferMost { verbs: [verb].into_iter().collect(), most: 1 });
        let transfer = TransferPlace { verb, per_host: most, per_user: None, shares_rate: true };
        let connection = ConnectionPlace { host, server: 1, per_host: Some(1), rate: None };
        let mut before = Admission::of(None);
        before.reserve(slot, &board);
        assert_eq!(before.connections.admit(slot, &connection, |_| false), PlaceAnswer::Granted);
        assert_eq!(before.logins.admit(slot, &login), PlaceAnswer::Granted);
        assert_eq!(before.transfer(slot, &transfer, &board), PlaceAnswer::Granted);
        board.publish_place(slot, &before.record(slot));

        let mut after = Admission::of(None);
        after.restore(slot, &board.place(slot));
        assert_eq!(after.record(slot), before.record(slot));
        let other = SlotNumber(4);
        let full = |answer| matches!(answer, PlaceAnswer::Full(..));
        assert!(full(after.connections.admit(other, &connection, |_| false)));
        assert!(full(after.logins.admit(other, &login)));
        let elsewhere = LoginPlace { anonymous: None, ..login };
        assert_eq!(after.logins.admit(other, &elsewhere), PlaceAnswer::Granted);
        assert_eq!(after.transfer(other, &transfer, &board), PlaceAnswer::Granted, "in another scope");
        after.release(slot, &board);
        assert!(!after.instances.contains(&slot) && after.logins.whose(slot).is_none());
    }
}
