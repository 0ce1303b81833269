//! The limits that the master counts, and their numbers on the wire.

use super::record::Malformed;

/// Which limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LimitKind {
    /// MaxInstances.
    Instances,
    /// MaxConnectionRate.
    ConnectionRate,
    /// MaxConnectionsPerHost.
    ConnectionsPerHost,
    /// MaxClients.
    Clients,
    /// MaxClientsPerUser.
    ClientsPerUser,
    /// MaxClientsPerHost.
    ClientsPerHost,
    /// MaxClientsPerClass.
    ClientsPerClass,
    /// MaxHostsPerUser.
    HostsPerUser,
    /// MaxTransfersPerHost.
    TransfersPerHost,
    /// MaxTransfersPerUser.
    TransfersPerUser,
}

impl LimitKind {
    /// Every kind, at the index that is its number less one.
    pub const ALL: [LimitKind; 10] = [
        LimitKind::Instances,
        LimitKind::ConnectionRate,
        LimitKind::ConnectionsPerHost,
        LimitKind::Clients,
        LimitKind::ClientsPerUser,
        LimitKind::ClientsPerHost,
        LimitKind::ClientsPerClass,
        LimitKind::HostsPerUser,
        LimitKind::TransfersPerHost,
        LimitKind::TransfersPerUser,
    ];

    /// Its number; never 0.
    pub(super) fn code(self) -> u8 {
        self as u8 + 1
    }

    /// The kind of a number.
    pub(super) fn of(code: u8) -> Result<LimitKind, Malformed> {
        let index = code.checked_sub(1).map(usize::from);
        index.and_then(|index| LimitKind::ALL.get(index)).copied().ok_or(Malformed::Kind(code))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_and_kinds_are_each_others() {
        for kind in LimitKind::ALL {
            assert_eq!(LimitKind::of(kind.code()), Ok(kind));
        }
        assert!(LimitKind::of(0).is_err() && LimitKind::of(u8::MAX).is_err());
    }
}
