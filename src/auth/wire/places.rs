//! What auth asks the master about limits, and what the master answers: one bounded record each way, over a
//! SOCK_SEQPACKET pair of each thread's own. The master distrusts every length.

use std::net::IpAddr;

use super::record::{FieldReader, FieldWriter, Malformed};

pub use super::limit_kind::LimitKind;
pub use super::place_keys::{account_key, class_key, host_key};
pub use super::transfer_verbs::{TransferVerb, TransferVerbs};
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

impl PlaceQuestion {
    /// Whether somebody logs in.
    pub fn is_login(&self) -> bool {
        matches!(self.kind, PlaceKind::Login(_))
    }
}

/// What a place is wanted for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PlaceKind {
    /// A connection: one of MaxInstances, and of what its host may have.
    Connection(ConnectionPlace),
    /// A login whose password was right.
    Login(LoginPlace),
    /// A transfer of a session that is logged in.
    Transfer(TransferPlace),
    /// That transfer is over.
    TransferEnd,
}

/// What a connection is counted by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConnectionPlace {
    /// Where the client comes from.
    pub host: IpAddr,
    /// Index of the virtual host.
    pub server: u16,
    /// MaxConnectionsPerHost.
    pub per_host: Option<u32>,
    /// MaxConnectionRate.
    pub rate: Option<ConnectionRate>,
}

/// So many connections in so many seconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ConnectionRate {
    /// How many.
    pub count: u32,
    /// In how long.
    pub seconds: u32,
}

/// The limits that hold for one login; None = no limit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LoginLimits {
    /// MaxClients.
    pub clients: Option<u32>,
    /// MaxClientsPerUser.
    pub per_user: Option<u32>,
    /// MaxClientsPerHost.
    pub per_host: Option<u32>,
    /// MaxClientsPerClass, of the client's class.
    pub per_class: Option<u32>,
    /// MaxHostsPerUser.
    pub hosts_per_user: Option<u32>,
}

/// What one transfer is, and may be one too many of; whose it is the master knows from the login.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TransferPlace {
    /// Its command.
    pub verb: TransferVerb,
    /// MaxTransfersPerHost.
    pub per_host: Option<TransferMost>,
    /// MaxTransfersPerUser.
    pub per_user: Option<TransferMost>,
    /// TransferRate … shared: the user's transfers share a rate.
    pub shares_rate: bool,
}

/// So many transfers by these commands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TransferMost {
    /// Those that are counted together.
    pub verbs: TransferVerbs,
    /// How many.
    pub most: u32,
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
    /// [`class_key`] of the client's class; 0 for none.
    pub class: u64,
    /// The limits that hold for this login.
    pub limits: LoginLimits,
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

const CONNECTION: u8 = 1;
const LOGIN: u8 = 2;
const TRANSFER: u8 = 3;
const TRANSFER_END: u8 = 4;

impl PlaceQuestion {
    /// As it travels.
    pub fn encode(&self) -> Vec<u8> {
        let kind = match self.kind {
            PlaceKind::Connection(_) => CONNECTION,
            PlaceKind::Login(_) => LOGIN,
            PlaceKind::Transfer(_) => TRANSFER,
            PlaceKind::TransferEnd => TRANSFER_END,
        };
        let head = FieldWriter::new(kind, PLACE_RECORD_MAX).word(self.slot.0).word(self.pid.0 as u32);
        match &self.kind {
            PlaceKind::Connection(connection) => connection.write(head),
            PlaceKind::Login(login) => login.write(head),
            PlaceKind::Transfer(transfer) => transfer.write(head),
            PlaceKind::TransferEnd => head,
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
            CONNECTION => PlaceKind::Connection(ConnectionPlace::read(&mut fields)?),
            LOGIN => PlaceKind::Login(LoginPlace::read(&mut fields)?),
            TRANSFER => PlaceKind::Transfer(TransferPlace::read(&mut fields)?),
            TRANSFER_END => PlaceKind::TransferEnd,
            other => return Err(Malformed::Kind(other)),
        };
        fields.finish(PlaceQuestion { slot, pid, kind })
    }
}

impl ConnectionPlace {
    fn write(&self, record: FieldWriter) -> FieldWriter {
        record
            .address(self.host)
            .short(self.server)
            .optional(self.per_host)
            .optional(self.rate.map(|rate| rate.count))
            .word(self.rate.map_or(0, |rate| rate.seconds))
    }

    fn read(fields: &mut FieldReader<'_>) -> Result<ConnectionPlace, Malformed> {
        let (host, server, per_host) = (fields.address()?, fields.short()?, fields.optional()?);
        let (count, seconds) = (fields.optional()?, fields.word()?);
        let rate = count.map(|count| ConnectionRate { count, seconds });
        Ok(ConnectionPlace { host, server, per_host, rate })
    }
}

impl TransferPlace {
    /// As it travels, from a worker to auth and from there to the master.
    pub(super) fn write(&self, record: FieldWriter) -> FieldWriter {
        let own: TransferVerbs = [self.verb].into_iter().collect();
        [self.per_host, self.per_user].into_iter().fold(
            record.byte(own.bits()).byte(u8::from(self.shares_rate)),
            |record, most| {
                let (verbs, most) = (most.map_or(0, |most| most.verbs.bits()), most.map(|most| most.most));
                record.byte(verbs).optional(most)
            },
        )
    }

    /// See [`TransferPlace::write`].
    pub(super) fn read(fields: &mut FieldReader<'_>) -> Result<TransferPlace, Malformed> {
        let bits = fields.byte()?;
        let verb = TransferVerbs::of_bits(bits).iter().next().ok_or(Malformed::Kind(bits))?;
        let shares_rate = fields.byte()? == 1;
        let mut most = || {
            let (verbs, most) = (TransferVerbs::of_bits(fields.byte()?), fields.optional()?);
            Ok(most.map(|most| TransferMost { verbs, most }))
        };
        Ok(TransferPlace { verb, per_host: most()?, per_user: most()?, shares_rate })
    }
}

impl LoginPlace {
    fn write(&self, record: FieldWriter) -> FieldWriter {
        let head = record
            .long(self.account)
            .text(&self.name, ACCOUNT_NAME_MAX)
            .address(self.host)
            .short(self.server)
            .optional(self.anonymous.map(u32::from))
            .long(self.class);
        self.limits.fields().into_iter().fold(head, FieldWriter::optional)
    }

    fn read(fields: &mut FieldReader<'_>) -> Result<LoginPlace, Malformed> {
        Ok(LoginPlace {
            account: fields.long()?,
            name: fields.text(ACCOUNT_NAME_MAX)?.to_vec(),
            host: fields.address()?,
            server: fields.short()?,
            anonymous: fields.section()?,
            class: fields.long()?,
            limits: LoginLimits::read(fields)?,
        })
    }
}

impl LoginLimits {
    /// In the order in which they travel.
    fn fields(&self) -> [Option<u32>; 5] {
        [self.clients, self.per_user, self.per_host, self.per_class, self.hosts_per_user]
    }

    fn read(fields: &mut FieldReader<'_>) -> Result<LoginLimits, Malformed> {
        Ok(LoginLimits {
            clients: fields.optional()?,
            per_user: fields.optional()?,
            per_host: fields.optional()?,
            per_class: fields.optional()?,
            hosts_per_user: fields.optional()?,
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

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn limits() -> impl Strategy<Value = LoginLimits> {
        any::<[Option<u32>; 5]>().prop_map(|[clients, per_user, per_host, per_class, hosts_per_user]| {
            LoginLimits { clients, per_user, per_host, per_class, hosts_per_user }
        })
    }

    fn login() -> impl Strategy<Value = LoginPlace> {
        let name = prop::collection::vec(any::<u8>(), 0..usize::from(ACCOUNT_NAME_MAX));
        let keys = (any::<u64>(), any::<u64>());
        (keys, name, any::<IpAddr>(), any::<u16>(), any::<Option<u16>>(), limits()).prop_map(
            |((account, class), name, host, server, anonymous, limits)| LoginPlace {
                account,
                name,
                host,
                server,
                anonymous,
                class,
                limits,
            },
        )
    }

    fn connection() -> impl Strategy<Value = ConnectionPlace> {
        let rate = any::<Option<(u32, u32)>>();
        (any::<IpAddr>(), any::<u16>(), any::<Option<u32>>(), rate).prop_map(
            |(host, server, per_host, rate)| {
                let rate = rate.map(|(count, seconds)| ConnectionRate { count, seconds });
                ConnectionPlace { host, server, per_host, rate }
            },
        )
    }

    fn kind() -> impl Strategy<Value = PlaceKind> {
        prop_oneof![
            connection().prop_map(PlaceKind::Connection),
            login().prop_map(PlaceKind::Login),
            transfer().prop_map(PlaceKind::Transfer),
            Just(PlaceKind::TransferEnd),
        ]
    }

    fn transfer() -> impl Strategy<Value = TransferPlace> {
        let most = || {
            any::<Option<(u8, u32)>>().prop_map(|most| {
                most.map(|(bits, most)| TransferMost { verbs: TransferVerbs::of_bits(bits), most })
            })
        };
        (0..4_usize, most(), most(), any::<bool>()).prop_map(|(at, per_host, per_user, shares_rate)| {
            TransferPlace { verb: TransferVerb::ALL[at], per_host, per_user, shares_rate }
        })
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
        let full = LimitKind::ALL.iter().map(|kind| PlaceAnswer::Full(*kind, 10));
        for answer in [PlaceAnswer::Granted, PlaceAnswer::Refused].into_iter().chain(full) {
            assert_eq!(PlaceAnswer::decode(&answer.encode()), Ok(answer));
        }
    }
}
