//! The limits that the master counts, one row each: its number on the wire, its directive and reason, and the words for it.

use super::record::Malformed;
use crate::scoreboard::ReasonCode;

macro_rules! limits {
    ($($kind:ident, $directive:ident, $words:literal;)*) => {
        /// Which limit. The numbers on the wire are the rows' places: new limits are appended.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum LimitKind {
            $(#[doc = concat!(stringify!($directive), ".")] $kind,)*
        }

        impl LimitKind {
            /// Every kind, at the index that is its number less one.
            pub const ALL: &[LimitKind] = &[$(LimitKind::$kind,)*];

            /// The directive that sets it.
            pub fn directive(self) -> &'static str {
                match self {
                    $(LimitKind::$kind => stringify!($directive),)*
                }
            }

            /// What a client hears where the operator has no words for it: ProFTPD's, `%m` being the number.
            pub fn words(self) -> &'static str {
                match self {
                    $(LimitKind::$kind => $words,)*
                }
            }

            /// The reason that it is.
            pub fn reason(self) -> ReasonCode {
                match self {
                    $(LimitKind::$kind => ReasonCode::$directive,)*
                }
            }
        }
    };
}

limits! {
    Instances, MaxInstances, "Service not available";
    ConnectionRate, MaxConnectionRate, "Service not available";
    ConnectionsPerHost, MaxConnectionsPerHost,
        "Sorry, the maximum number of connections (%m) for your host are already connected.";
    Clients, MaxClients, "Sorry, the maximum number of allowed clients (%m) are already connected.";
    ClientsPerUser, MaxClientsPerUser,
        "Sorry, the maximum number of clients (%m) for this user are already connected.";
    ClientsPerHost, MaxClientsPerHost,
        "Sorry, the maximum number of clients (%m) from your host are already connected.";
    ClientsPerClass, MaxClientsPerClass,
        "Sorry, the maximum number of clients (%m) from your class are already connected.";
    HostsPerUser, MaxHostsPerUser,
        "Sorry, the maximum number of hosts (%m) for this user are already connected.";
    TransfersPerHost, MaxTransfersPerHost,
        "Sorry, the maximum number of data transfers (%m) from your host are currently being used.";
    TransfersPerUser, MaxTransfersPerUser,
        "Sorry, the maximum number of data transfers (%m) from this user are currently being used.";
}

impl LimitKind {
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
            assert_eq!(LimitKind::of(kind.code()), Ok(*kind));
        }
        assert!(LimitKind::of(0).is_err() && LimitKind::of(u8::MAX).is_err());
    }
}
