//! What auth asks the master about limits, and what the master answers: one bounded record each way, over a
//! SOCK_SEQPACKET pair of each thread's own. The master distrusts every length.

use std::net::IpAddr;

use super::record::{FieldReader, FieldWriter, Malformed};
use crate::auth::LimitPolicy;
use crate::scoreboard::SlotNumber;
use crate::sys::ProcessId;

/// Most bytes of a question or an answer.
pub const PLACE_RECORD_MAX: usize = 512;
/// Most bytes of an account's name in a question; longer ones are cut (the hash covers the whole name).
pub const ACCOUNT_NAME_MAX: u16 = 256;

/// May this worker go on?
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlaceQuestion {
    /// The worker's slot, by the births.
    pub slot: SlotNumber,
    /// The worker, by the kernel's word; the master refuses when another lives in the slot by now.
    pub pid: ProcessId,
    /// What it wants.
    pub kind: PlaceKind,
}

/// What a place is wanted for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PlaceKind {
    /// A connection: one of MaxInstances.
    Instance,
    /// A login whose password was right.
    Login(LoginPlace),
}

/// The keys a login is counted by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LoginPlace {
    /// [`account_key`] of the account and its virtual host.
    pub account: u64,
    /// The account, for messages.
    pub name: Vec<u8>,
    /// Where the client comes from.
    pub host: IpAddr,
    /// Index of the virtual host.
    pub server: u16,
    /// Index of the `<Anonymous>` section, for an anonymous login.
    pub anonymous: Option<u16>,
    /// The limits that hold for this login.
    pub limits: LimitPolicy,
}

/// The master's word.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PlaceAnswer {
    /// The place is taken, until the worker ends or returns to the pool.
    Granted,
    /// This limit, of this many, is reached.
    Full(LimitKind, u32),
    /// The slot is another's by now, or the question made no sense.
    Refused,
}

/// Which limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LimitKind {
    /// MaxInstances.
    Instances,
    /// MaxClients.
    Clients,
    /// MaxClientsPerUser.
    ClientsPerUser,
    /// MaxClientsPerHost.
    ClientsPerHost,
}

/// What an account is counted by: FNV-1a (64 bit) over the virtual host's index and the name. The same in every process and
/// every release, since an upgraded master rebuilds its counts from it; never 0, which means "none" in a place.
pub fn account_key(server: u16, name: &[u8]) -> u64 {
    fnv(server.to_le_bytes().iter().chain(name))
}

/// What a client's host is counted by; an IPv4 address means the same when it comes mapped into IPv6. Never 0.
pub fn host_key(host: IpAddr) -> u64 {
    match host.to_canonical() {
        IpAddr::V4(v4) => fnv(v4.octets().iter()),
        IpAddr::V6(v6) => fnv(v6.octets().iter()),
    }
}

fn fnv<'a>(bytes: impl Iterator<Item = &'a u8>) -> u64 {
    bytes
        .fold(0xcbf2_9ce4_8422_2325, |hash: u64, byte| {
            (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3)
        })
        .max(1)
}

const INSTANCE: u8 = 1;
const LOGIN: u8 = 2;

impl PlaceQuestion {
    /// As it travels.
    pub fn encode(&self) -> Vec<u8> {
        let kind = match self.kind {
            PlaceKind::Instance => INSTANCE,
            PlaceKind::Login(_) => LOGIN,
        };
        let head = FieldWriter::new(kind, PLACE_RECORD_MAX).word(self.slot.0).word(self.pid.0 as u32);
        match &self.kind {
            PlaceKind::Instance => head,
            PlaceKind::Login(login) => login.write(head),
        }
        .finish()
    }

    /// Master: reads a question.
    pub fn decode(record: &[u8]) -> Result<PlaceQuestion, Malformed> {
        let mut fields = FieldReader::new(record);
        let kind = fields.byte()?;
        let slot = SlotNumber(fields.word()?);
        let pid = ProcessId(fields.word()? as i32);
        let kind = match kind {
            INSTANCE => PlaceKind::Instance,
            LOGIN => PlaceKind::Login(LoginPlace::read(&mut fields)?),
            other => return Err(Malformed::Kind(other)),
        };
        fields.finish(PlaceQuestion { slot, pid, kind })
    }
}

impl LoginPlace {
    fn write(&self, record: FieldWriter) -> FieldWriter {
        record
            .long(self.account)
            .text(&self.name, ACCOUNT_NAME_MAX)
            .address(self.host)
            .short(self.server)
            .optional(self.anonymous.map(u32::from))
            .optional(self.limits.clients)
            .optional(self.limits.clients_per_user)
            .optional(self.limits.clients_per_host)
    }

    fn read(fields: &mut FieldReader<'_>) -> Result<LoginPlace, Malformed> {
        Ok(LoginPlace {
            account: fields.long()?,
            name: fields.text(ACCOUNT_NAME_MAX)?.to_vec(),
            host: fields.address()?,
            server: fields.short()?,
            anonymous: fields.section()?,
            limits: LimitPolicy {
                clients: fields.optional()?,
                clients_per_user: fields.optional()?,
                clients_per_host: fields.optional()?,
            },
        })
    }
}

impl PlaceAnswer {
    /// Master: as it travels.
    pub fn encode(self) -> Vec<u8> {
        match self {
            PlaceAnswer::Granted => FieldWriter::new(0, 8),
            PlaceAnswer::Full(limit, number) => FieldWriter::new(limit.code(), 8).word(number),
            PlaceAnswer::Refused => FieldWriter::new(u8::MAX, 8),
        }
        .finish()
    }

    /// Auth: reads an answer.
    pub fn decode(record: &[u8]) -> Result<PlaceAnswer, Malformed> {
        let mut fields = FieldReader::new(record);
        let answer = match fields.byte()? {
            0 => PlaceAnswer::Granted,
            u8::MAX => PlaceAnswer::Refused,
            code => PlaceAnswer::Full(LimitKind::of(code)?, fields.word()?),
        };
        fields.finish(answer)
    }
}

impl LimitKind {
    fn code(self) -> u8 {
        match self {
            LimitKind::Instances => 1,
            LimitKind::Clients => 2,
            LimitKind::ClientsPerUser => 3,
            LimitKind::ClientsPerHost => 4,
        }
    }

    fn of(code: u8) -> Result<LimitKind, Malformed> {
        Ok(match code {
            1 => LimitKind::Instances,
            2 => LimitKind::Clients,
            3 => LimitKind::ClientsPerUser,
            4 => LimitKind::ClientsPerHost,
            other => return Err(Malformed::Kind(other)),
        })
    }
}

#[cfg(test)]
mod tests {
    use std::net::{IpAddr, Ipv4Addr};

    use proptest::prelude::*;

    use super::*;

    fn login() -> impl Strategy<Value = LoginPlace> {
        let limits = (any::<Option<u32>>(), any::<Option<u32>>(), any::<Option<u32>>());
        let name = prop::collection::vec(any::<u8>(), 0..usize::from(ACCOUNT_NAME_MAX));
        (any::<u64>(), name, any::<IpAddr>(), any::<u16>(), any::<Option<u16>>(), limits).prop_map(
            |(account, name, host, server, anonymous, (clients, clients_per_user, clients_per_host))| {
                let limits = LimitPolicy { clients, clients_per_user, clients_per_host };
                LoginPlace { account, name, host, server, anonymous, limits }
            },
        )
    }

    fn kind() -> impl Strategy<Value = PlaceKind> {
        prop_oneof![Just(PlaceKind::Instance), login().prop_map(PlaceKind::Login)]
    }

    proptest! {
        #[test]
        fn a_question_arrives_as_it_was_sent(slot: u32, pid: i32, kind in kind()) {
            let question = PlaceQuestion { slot: SlotNumber(slot), pid: ProcessId(pid), kind };
            let record = question.encode();
            prop_assert!(record.len() <= PLACE_RECORD_MAX);
            prop_assert_eq!(PlaceQuestion::decode(&record), Ok(question));
        }

        #[test]
        fn no_bytes_make_the_master_panic(bytes in prop::collection::vec(any::<u8>(), 0..600)) {
            let _ = PlaceQuestion::decode(&bytes);
            let _ = PlaceAnswer::decode(&bytes);
        }

        #[test]
        fn a_cut_question_is_refused(kind in kind(), cut in 1_usize..32) {
            let record = PlaceQuestion { slot: SlotNumber(1), pid: ProcessId(2), kind }.encode();
            prop_assert!(PlaceQuestion::decode(&record[..record.len().saturating_sub(cut)]).is_err());
        }
    }

    #[test]
    fn answers_arrive_as_they_were_sent() {
        let kinds =
            [LimitKind::Instances, LimitKind::Clients, LimitKind::ClientsPerUser, LimitKind::ClientsPerHost];
        let full = kinds.map(|kind| PlaceAnswer::Full(kind, 10));
        for answer in [PlaceAnswer::Granted, PlaceAnswer::Refused].into_iter().chain(full) {
            assert_eq!(PlaceAnswer::decode(&answer.encode()), Ok(answer));
        }
    }

    #[test]
    fn a_mapped_address_is_the_same_host() {
        let v4 = Ipv4Addr::new(192, 0, 2, 7);
        assert_eq!(host_key(IpAddr::V4(v4)), host_key(IpAddr::V6(v4.to_ipv6_mapped())));
        assert_ne!(host_key(IpAddr::V4(v4)), host_key(IpAddr::V4(Ipv4Addr::new(192, 0, 2, 8))));
        assert_ne!(account_key(0, b"demo"), account_key(1, b"demo"));
    }
}
