//! The counts of every limit in the hands of the next master of the same pid: who was in stays in, and is counted as before.

use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};

use super::Admission;
use super::connections::HandedConnection;
use super::logins::HandedLogin;
use super::transfers::HandedTransfer;
use crate::scoreboard::{MasterBoard, SlotNumber};

/// The counts as one master leaves them to the next.
#[derive(Debug, Serialize, Deserialize)]
pub struct HandedAdmission {
    most: Option<u32>,
    instances: Vec<SlotNumber>,
    /// How long ago clients came, where their rate is limited.
    arrivals: Vec<Duration>,
    connections: Vec<HandedConnection>,
    logins: Vec<HandedLogin>,
    transfers: Vec<HandedTransfer>,
}

impl Admission {
    /// All that is counted.
    pub fn hand_over(&self) -> HandedAdmission {
        HandedAdmission {
            most: self.most,
            instances: self.instances.iter().copied().collect(),
            arrivals: self.arrivals.ages(Instant::now()),
            connections: self.connections.hand_over(),
            logins: self.logins.hand_over(),
            transfers: self.transfers.hand_over(),
        }
    }

    /// The counts of the next master; of whoever is gone meanwhile (`lives` is false) nothing is kept.
    pub fn adopt(
        handed: HandedAdmission,
        lives: impl Fn(SlotNumber) -> bool,
        board: &MasterBoard,
    ) -> Admission {
        let mut admission = Admission::of(handed.most);
        admission.arrivals.adopt(&handed.arrivals, Instant::now());
        admission.instances = handed.instances.into_iter().filter(|slot| lives(*slot)).collect();
        admission.connections.adopt(handed.connections.into_iter().filter(|one| lives(one.slot)));
        admission.logins.adopt(handed.logins.into_iter().filter(|one| lives(one.slot)));
        admission.transfers.adopt(handed.transfers.into_iter().filter(|one| lives(one.slot)), board);
        admission
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::auth::places::{
        ConnectionPlace, LimitKind, LoginLimits, LoginPlace, PlaceAnswer, TransferMost, TransferPlace,
        TransferVerb,
    };

    const HOME: std::net::IpAddr = std::net::IpAddr::V4(std::net::Ipv4Addr::LOCALHOST);

    fn login() -> LoginPlace {
        let limits = LoginLimits { per_user: Some(1), ..LoginLimits::default() };
        LoginPlace {
            account: 1,
            name: b"x".to_vec(),
            host: HOME,
            server: 0,
            anonymous: None,
            class: 5,
            limits,
        }
    }

    fn transfer() -> TransferPlace {
        let verb = TransferVerb::Retr;
        let most = TransferMost { verbs: [verb].into_iter().collect(), most: 1 };
        TransferPlace { verb, per_host: Some(most), per_user: None, shares_rate: true }
    }

    #[test]
    fn limits_hold_across_masters() {
        let board = MasterBoard::create_private(8).unwrap();
        let mut before = Admission::of(Some(4));
        let connection = ConnectionPlace { host: HOME, server: 0, per_host: Some(1), rate: None };
        before.reserve(SlotNumber(0), &board);
        before.connections.admit(SlotNumber(0), &connection, |_| false);
        before.logins.admit(SlotNumber(0), &login());
        before.transfer(SlotNumber(0), &transfer(), &board);
        let text = serde_json::to_string(&before.hand_over()).unwrap();
        let again = |lives: bool| Admission::adopt(serde_json::from_str(&text).unwrap(), |_| lives, &board);
        let mut after = again(true);
        let full = |kind| PlaceAnswer::Full(kind, 1);
        assert_eq!(after.instances.len(), 1);
        assert_eq!(
            after.connections.admit(SlotNumber(1), &connection, |_| false),
            full(LimitKind::ConnectionsPerHost)
        );
        assert_eq!(after.logins.admit(SlotNumber(1), &login()), full(LimitKind::ClientsPerUser));
        let owner = after.logins.whose(SlotNumber(0)).unwrap();
        assert_eq!(
            after.transfers.admit(SlotNumber(1), owner, &transfer(), &board),
            full(LimitKind::TransfersPerHost)
        );
        after.release(SlotNumber(0), &board);
        assert_eq!(after.logins.admit(SlotNumber(1), &login()), PlaceAnswer::Granted);
        assert_eq!(again(false).logins.admit(SlotNumber(1), &login()), PlaceAnswer::Granted);
    }
}
