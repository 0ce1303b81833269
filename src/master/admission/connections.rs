//! MaxConnectionsPerHost: who is connected from where, logged in or not.

use std::collections::HashMap;
use std::net::IpAddr;

use crate::auth::places::{ConnectionPlace, LimitKind, PlaceAnswer};
use crate::scoreboard::{PlaceRecord, SlotNumber};

/// A connection as one master leaves it to the next.
#[derive(Debug, serde::Serialize, serde::Deserialize)]
pub struct HandedConnection {
    pub slot: SlotNumber,
    origin: Origin,
}

/// A virtual host and a client's address.
pub type Origin = (u16, IpAddr);

/// Those connections that were limited when they came.
#[derive(Debug, Default)]
pub struct Connections {
    origins: HashMap<SlotNumber, Origin>,
    holders: HashMap<Origin, Vec<SlotNumber>>,
}

impl Connections {
    /// One more, if its host may have one more. A worker whose client has left without a word does not say so: only before somebody
    /// is refused are those asked about who hold the places, as many as the limit says.
    pub fn admit(
        &mut self,
        slot: SlotNumber,
        place: &ConnectionPlace,
        is_idle: impl Fn(SlotNumber) -> bool,
    ) -> PlaceAnswer {
        let Some(most) = place.per_host else { return PlaceAnswer::Granted };
        let origin = (place.server, place.host.to_canonical());
        let full = |holders: &Vec<SlotNumber>| holders.len() >= most as usize;
        if self.holders.get(&origin).is_some_and(full) {
            self.release_idle(origin, is_idle);
        }
        if self.holders.get(&origin).is_some_and(full) {
            return PlaceAnswer::Full(LimitKind::ConnectionsPerHost, most);
        }
        self.count(slot, origin);
        PlaceAnswer::Granted
    }

    /// Counts a connection that another master has let in.
    pub fn restore(&mut self, slot: SlotNumber, place: &PlaceRecord) {
        if let Some(origin) = place.connection.zip(place.address) {
            self.count(slot, origin);
        }
    }

    fn count(&mut self, slot: SlotNumber, origin: Origin) {
        self.origins.insert(slot, origin);
        self.holders.entry(origin).or_default().push(slot);
    }

    /// For the next master.
    pub fn hand_over(&self) -> Vec<HandedConnection> {
        self.origins.iter().map(|(slot, origin)| HandedConnection { slot: *slot, origin: *origin }).collect()
    }

    /// What the master before has counted.
    pub fn adopt(&mut self, handed: impl Iterator<Item = HandedConnection>) {
        handed.for_each(|HandedConnection { slot, origin }| self.count(slot, origin));
    }

    /// Where a slot's connection is counted, and whence it comes.
    pub fn origin(&self, slot: SlotNumber) -> Option<Origin> {
        self.origins.get(&slot).copied()
    }

    fn release_idle(&mut self, origin: Origin, is_idle: impl Fn(SlotNumber) -> bool) {
        let Some(holders) = self.holders.get(&origin) else { return };
        let idle: Vec<SlotNumber> = holders.iter().copied().filter(|slot| is_idle(*slot)).collect();
        idle.into_iter().for_each(|slot| self.release(slot));
    }

    /// The worker's client has left.
    pub fn release(&mut self, slot: SlotNumber) {
        let Some(origin) = self.origins.remove(&slot) else { return };
        let Some(holders) = self.holders.get_mut(&origin) else { return };
        holders.retain(|holder| *holder != slot);
        if holders.is_empty() {
            self.holders.remove(&origin);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FULL: PlaceAnswer = PlaceAnswer::Full(LimitKind::ConnectionsPerHost, 2);

    fn place(host: &str) -> ConnectionPlace {
        let host = host.parse().expect("an address");
        ConnectionPlace { host, server: 0, per_host: Some(2), rate: None }
    }

    #[test]
    fn a_host_has_as_many_as_it_may() {
        let mut connections = Connections::default();
        let mut admit = |slot, host| connections.admit(SlotNumber(slot), &place(host), |_| false);
        assert_eq!([admit(0, "10.0.0.1"), admit(1, "10.0.0.1")], [PlaceAnswer::Granted; 2]);
        assert_eq!(admit(2, "::ffff:10.0.0.1"), FULL);
        assert_eq!(admit(3, "10.0.0.2"), PlaceAnswer::Granted);
        connections.release(SlotNumber(0));
        connections.release(SlotNumber(0));
        assert_eq!(connections.admit(SlotNumber(2), &place("10.0.0.1"), |_| false), PlaceAnswer::Granted);
        (0..4).for_each(|slot| connections.release(SlotNumber(slot)));
        assert!(connections.origins.is_empty() && connections.holders.is_empty());
    }

    #[test]
    fn who_left_without_a_word_keeps_nobody_out() {
        let mut connections = Connections::default();
        for slot in 0..2 {
            connections.admit(SlotNumber(slot), &place("10.0.0.1"), |_| false);
        }
        let left = |slot| slot == SlotNumber(1);
        assert_eq!(connections.admit(SlotNumber(2), &place("10.0.0.1"), left), PlaceAnswer::Granted);
        assert_eq!(connections.admit(SlotNumber(3), &place("10.0.0.1"), left), FULL);
    }
}
