//! Which transfers are under way, where they are limited or share a rate: counted by user, by host and by command. A question costs a few
//! look-ups; who shares a rate is told, each in its own place, whenever their number changes.

use std::collections::HashMap;
use std::net::IpAddr;

use super::logins::{Owner, Scope};
use super::tally::Tally;
use crate::auth::places::{LimitKind, PlaceAnswer, TransferMost, TransferPlace, TransferVerb};
use crate::scoreboard::{MasterBoard, PlaceTransfer, SlotNumber};

/// One transfer.
#[derive(Clone, Copy, Debug, serde::Serialize, serde::Deserialize)]
struct Held {
    owner: Owner,
    verb: TransferVerb,
    shares_rate: bool,
}

/// A transfer as one master leaves it to the next.
#[derive(Debug, serde::Serialize, serde::Deserialize)]
pub struct HandedTransfer {
    pub slot: SlotNumber,
    held: Held,
}

/// The counts.
#[derive(Debug, Default)]
pub struct Transfers {
    held: HashMap<SlotNumber, Held>,
    users: Tally<(Scope, u64, TransferVerb)>,
    hosts: Tally<(Scope, IpAddr, TransferVerb)>,
    /// Users whose transfers share a rate.
    sharers: HashMap<(Scope, u64), Vec<SlotNumber>>,
}

impl Transfers {
    /// One more, if its owner may have one more. A session has one at a time.
    pub fn admit(
        &mut self,
        slot: SlotNumber,
        owner: Owner,
        place: &TransferPlace,
        board: &MasterBoard,
    ) -> PlaceAnswer {
        self.release(slot, board);
        let Owner { scope, account, host } = owner;
        let of_user = |verb| self.users.of(&(scope, account, verb));
        let of_host = |verb| self.hosts.of(&(scope, host, verb));
        if let Some(most) = place.per_host.filter(|most| is_reached(*most, of_host)) {
            return PlaceAnswer::Full(LimitKind::TransfersPerHost, most.most);
        }
        if let Some(most) = place.per_user.filter(|most| is_reached(*most, of_user)) {
            return PlaceAnswer::Full(LimitKind::TransfersPerUser, most.most);
        }
        let TransferPlace { verb, shares_rate, .. } = *place;
        self.count(slot, Held { owner, verb, shares_rate });
        if shares_rate {
            self.tell_sharers((scope, account), board);
        }
        PlaceAnswer::Granted
    }

    /// For the next master.
    pub fn hand_over(&self) -> Vec<HandedTransfer> {
        self.held.iter().map(|(slot, held)| HandedTransfer { slot: *slot, held: *held }).collect()
    }

    /// What the master before has counted.
    pub fn adopt(&mut self, handed: impl Iterator<Item = HandedTransfer>, board: &MasterBoard) {
        handed.for_each(|HandedTransfer { slot, held }| self.count(slot, held));
        let shared: Vec<(Scope, u64)> = self.sharers.keys().copied().collect();
        shared.into_iter().for_each(|user| self.tell_sharers(user, board));
    }

    /// Counts a transfer that another master has let begin.
    pub fn restore(&mut self, slot: SlotNumber, owner: Owner, transfer: PlaceTransfer) {
        if let Some(verb) = TransferVerb::numbered(transfer.verb) {
            self.count(slot, Held { owner, verb, shares_rate: transfer.shares_rate });
        }
    }

    fn count(&mut self, slot: SlotNumber, held: Held) {
        let Held { owner: Owner { scope, account, host }, verb, shares_rate } = held;
        self.users.raise((scope, account, verb));
        self.hosts.raise((scope, host, verb));
        if shares_rate {
            self.sharers.entry((scope, account)).or_default().push(slot);
        }
        self.held.insert(slot, held);
    }

    /// What a slot's session transfers, for the board.
    pub fn record(&self, slot: SlotNumber) -> Option<PlaceTransfer> {
        let held = self.held.get(&slot)?;
        Some(PlaceTransfer { verb: held.verb.number(), shares_rate: held.shares_rate })
    }

    /// The transfer is over, or its session is.
    pub fn release(&mut self, slot: SlotNumber, board: &MasterBoard) {
        let Some(Held { owner, verb, shares_rate }) = self.held.remove(&slot) else { return };
        let Owner { scope, account, host } = owner;
        self.users.lower((scope, account, verb));
        self.hosts.lower((scope, host, verb));
        if !shares_rate {
            return;
        }
        board.publish_sharers(slot, 0);
        if let Some(sharers) = self.sharers.get_mut(&(scope, account)) {
            sharers.retain(|sharer| *sharer != slot);
            self.tell_sharers((scope, account), board);
        }
    }

    fn tell_sharers(&mut self, user: (Scope, u64), board: &MasterBoard) {
        let Some(sharers) = self.sharers.get(&user) else { return };
        sharers.iter().for_each(|slot| board.publish_sharers(*slot, sharers.len() as u64));
        if sharers.is_empty() {
            self.sharers.remove(&user);
        }
    }
}

fn is_reached(TransferMost { verbs, most }: TransferMost, count: impl Fn(TransferVerb) -> u32) -> bool {
    verbs.iter().map(count).fold(0, u32::saturating_add) >= most
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOME: IpAddr = IpAddr::V4(std::net::Ipv4Addr::LOCALHOST);

    fn place(verb: TransferVerb, verbs: &[TransferVerb], most: u32) -> TransferPlace {
        let most = Some(TransferMost { verbs: verbs.iter().copied().collect(), most });
        TransferPlace { verb, per_host: None, per_user: most, shares_rate: false }
    }

    #[test]
    fn transfers_are_counted_by_user_and_command() {
        use TransferVerb::{Appe, Retr, Stor};
        let board = MasterBoard::create_private(8).unwrap();
        let mut transfers = Transfers::default();
        let full = PlaceAnswer::Full(LimitKind::TransfersPerUser, 2);
        let mut ask = |slot, account, verb, verbs: &[TransferVerb]| {
            transfers.admit(SlotNumber(slot), Owner::of(account, HOME), &place(verb, verbs, 2), &board)
        };
        assert_eq!(ask(0, 1, Retr, &[Retr]), PlaceAnswer::Granted);
        assert_eq!(ask(1, 1, Stor, &[Stor, Appe]), PlaceAnswer::Granted);
        assert_eq!(ask(2, 1, Appe, &[Stor, Appe]), PlaceAnswer::Granted);
        assert_eq!(ask(3, 1, Stor, &[Stor, Appe]), full);
        assert_eq!(ask(3, 1, Retr, &[Retr]), PlaceAnswer::Granted);
        assert_eq!(ask(4, 1, Retr, &[Retr]), full);
        assert_eq!(ask(4, 2, Retr, &[Retr]), PlaceAnswer::Granted);
        assert_eq!(ask(0, 1, Retr, &[Retr]), PlaceAnswer::Granted, "its own one before is over");
        transfers.release(SlotNumber(0), &board);
        transfers.release(SlotNumber(0), &board);
        assert_eq!(
            transfers.admit(SlotNumber(5), Owner::of(1, HOME), &place(Retr, &[Retr], 2), &board),
            PlaceAnswer::Granted
        );
        (0..8).for_each(|slot| transfers.release(SlotNumber(slot), &board));
        assert!(transfers.held.is_empty() && transfers.users.is_empty() && transfers.hosts.is_empty());
    }

    #[test]
    fn who_shares_a_rate_is_told_with_how_many() {
        let board = MasterBoard::create_private(8).unwrap();
        let mut transfers = Transfers::default();
        let shared =
            TransferPlace { verb: TransferVerb::Retr, per_host: None, per_user: None, shares_rate: true };
        for (slot, account) in [(0, 1), (1, 1), (2, 2), (3, 1)] {
            transfers.admit(SlotNumber(slot), Owner::of(account, HOME), &shared, &board);
        }
        let told = || [0, 1, 2, 3].map(|slot| board.sharers(SlotNumber(slot)));
        assert_eq!(told(), [3, 3, 1, 3]);
        transfers.release(SlotNumber(1), &board);
        assert_eq!(told(), [2, 0, 1, 2]);
        [0, 2, 3].into_iter().for_each(|slot| transfers.release(SlotNumber(slot), &board));
        assert!(transfers.sharers.is_empty());
    }
}
