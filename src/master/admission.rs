//! Who may come in: the counts of every limit. The master outlives generations and hears of every worker's end, so the counts are
//! exact, across reloads and kills too.

use std::collections::{HashMap, HashSet};
use std::net::IpAddr;

use super::workers::{Stage, Workers};
use crate::auth::LimitPolicy;
use crate::auth::places::{LimitKind, LoginPlace, PlaceAnswer, PlaceKind, PlaceQuestion, host_key};
use crate::scoreboard::{MasterBoard, PlaceRecord, SlotNumber, State};

/// Sessions are counted within their virtual host, and anonymous ones within their section.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct Scope {
    server: u16,
    anonymous: Option<u16>,
}

/// What one slot's session is counted in.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Held {
    scope: Scope,
    account: u64,
    host: IpAddr,
}

/// The counts.
#[derive(Debug, Default)]
pub struct Admission {
    /// MaxInstances.
    most: Option<u32>,
    /// Workers that may serve a client without asking, or have asked and been let in.
    instances: HashSet<SlotNumber>,
    logins: HashMap<SlotNumber, Held>,
    clients: HashMap<Scope, u32>,
    users: HashMap<(Scope, u64), u32>,
    hosts: HashMap<(Scope, IpAddr), u32>,
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
            PlaceKind::Instance => self.instance(question.slot, workers, board),
            PlaceKind::Login(login) => self.login(question.slot, login),
        };
        if answer == PlaceAnswer::Granted {
            board.publish_place(question.slot, &self.record(question.slot));
        }
        answer
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

    /// A login whose password was right. All three limits are looked at before any is counted.
    fn login(&mut self, slot: SlotNumber, login: &LoginPlace) -> PlaceAnswer {
        let scope = Scope { server: login.server, anonymous: login.anonymous };
        let held = Held { scope, account: login.account, host: login.host.to_canonical() };
        // Granted before to an auth that died with the answer: its successor asks again, and nothing is counted twice.
        if let Some(before) = self.logins.get(&slot) {
            return if *before == held { PlaceAnswer::Granted } else { PlaceAnswer::Refused };
        }
        if let Some((kind, most)) = self.reached(&held, &login.limits) {
            return PlaceAnswer::Full(kind, most);
        }
        *self.clients.entry(held.scope).or_default() += 1;
        *self.users.entry((held.scope, held.account)).or_default() += 1;
        *self.hosts.entry((held.scope, held.host)).or_default() += 1;
        self.logins.insert(slot, held);
        PlaceAnswer::Granted
    }

    fn reached(&self, held: &Held, limits: &LimitPolicy) -> Option<(LimitKind, u32)> {
        let counted = |count: Option<&u32>| count.copied().unwrap_or_default();
        let users = counted(self.users.get(&(held.scope, held.account)));
        let hosts = counted(self.hosts.get(&(held.scope, held.host)));
        let clients = counted(self.clients.get(&held.scope));
        [
            (LimitKind::Clients, limits.clients, clients),
            (LimitKind::ClientsPerHost, limits.clients_per_host, hosts),
            (LimitKind::ClientsPerUser, limits.clients_per_user, users),
        ]
        .into_iter()
        .find_map(|(kind, most, count)| most.filter(|most| count >= *most).map(|most| (kind, most)))
    }

    /// The worker has ended: whatever it held is free.
    pub fn release(&mut self, slot: SlotNumber) {
        self.instances.remove(&slot);
        let Some(held) = self.logins.remove(&slot) else { return };
        lower(&mut self.clients, held.scope);
        lower(&mut self.users, (held.scope, held.account));
        lower(&mut self.hosts, (held.scope, held.host));
    }

    fn record(&self, slot: SlotNumber) -> PlaceRecord {
        let held = self.logins.get(&slot);
        PlaceRecord {
            instance: self.instances.contains(&slot),
            account: held.map_or(0, |held| held.account),
            host: held.map_or(0, |held| host_key(held.host)),
            server: held.map_or(0, |held| u32::from(held.scope.server) + 1),
        }
    }
}

/// One fewer; a count of none is forgotten, so that the maps are no larger than what is counted.
fn lower<K: std::hash::Hash + Eq>(counts: &mut HashMap<K, u32>, key: K) {
    if let std::collections::hash_map::Entry::Occupied(mut entry) = counts.entry(key) {
        match entry.get().saturating_sub(1) {
            0 => drop(entry.remove()),
            left => *entry.get_mut() = left,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOME: IpAddr = IpAddr::V4(std::net::Ipv4Addr::LOCALHOST);

    fn login(account: u64, host: IpAddr, limits: LimitPolicy) -> LoginPlace {
        LoginPlace { account, name: b"x".to_vec(), host, server: 0, anonymous: None, limits }
    }

    #[test]
    fn never_one_more_and_always_that_many() {
        let mut admission = Admission::default();
        let limits = LimitPolicy { clients: Some(3), ..LimitPolicy::default() };
        let answers: Vec<PlaceAnswer> = (0..5)
            .map(|slot| admission.login(SlotNumber(slot), &login(slot.into(), HOME, limits.clone())))
            .collect();
        let full = PlaceAnswer::Full(LimitKind::Clients, 3);
        assert_eq!(answers, [PlaceAnswer::Granted, PlaceAnswer::Granted, PlaceAnswer::Granted, full, full]);
        admission.release(SlotNumber(1));
        assert_eq!(admission.login(SlotNumber(6), &login(9, HOME, limits.clone())), PlaceAnswer::Granted);
        assert_eq!(admission.login(SlotNumber(7), &login(9, HOME, limits)), full);
    }

    #[test]
    fn users_and_hosts_are_counted_by_themselves() {
        let mut admission = Admission::default();
        let limits = LimitPolicy { clients: None, clients_per_user: Some(1), clients_per_host: Some(2) };
        let elsewhere: IpAddr = "10.0.0.1".parse().unwrap();
        let mut ask =
            |slot, account, host| admission.login(SlotNumber(slot), &login(account, host, limits.clone()));
        assert_eq!(ask(0, 1, HOME), PlaceAnswer::Granted);
        assert_eq!(ask(1, 1, elsewhere), PlaceAnswer::Full(LimitKind::ClientsPerUser, 1));
        assert_eq!(ask(2, 2, HOME), PlaceAnswer::Granted);
        assert_eq!(ask(3, 3, HOME), PlaceAnswer::Full(LimitKind::ClientsPerHost, 2));
        assert_eq!(
            ask(4, 3, "::ffff:127.0.0.1".parse().unwrap()),
            PlaceAnswer::Full(LimitKind::ClientsPerHost, 2)
        );
        assert_eq!(ask(5, 3, elsewhere), PlaceAnswer::Granted);
    }

    #[test]
    fn counts_of_nobody_are_forgotten() {
        let mut admission = Admission::default();
        let mut ask = |account| admission.login(SlotNumber(0), &login(account, HOME, LimitPolicy::default()));
        assert_eq!([ask(1), ask(1)], [PlaceAnswer::Granted; 2], "the same, once more");
        assert_eq!(ask(2), PlaceAnswer::Refused, "another");
        admission.release(SlotNumber(0));
        admission.release(SlotNumber(0));
        assert!(admission.clients.is_empty() && admission.users.is_empty() && admission.hosts.is_empty());
    }

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
}
