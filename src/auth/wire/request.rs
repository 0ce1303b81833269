//! What workers ask. A request travels with a reply descriptor (SCM_RIGHTS) and the kernel's word for the sender's pid (SO_PASSCRED).

use std::net::IpAddr;

use super::places::TransferPlace;
use super::record::{FieldReader, FieldWriter, Malformed};
use super::{GROUP_NAME_MAX, NAME_MAX, NAMES_MAX, PASSWORD_MAX, RECORD_MAX};
use crate::auth::secret::Secret;
use crate::sys::{GroupId, UserId};

/// A question.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Request {
    /// At accept: one of MaxInstances, when [`crate::scoreboard::WorkerBoard::may_serve`] says no; and where connections are limited
    /// by host or rate, always.
    Connection {
        /// Index of the virtual host in [`crate::auth::Policy::servers`].
        server: u16,
        /// Where the client comes from.
        peer: IpAddr,
    },
    /// USER and PASS. Every login is answered with Granted or Denied.
    Login {
        /// Index of the virtual host in [`crate::auth::Policy::servers`].
        server: u16,
        /// Where the client comes from (fair queueing, MaxClientsPerHost).
        peer: IpAddr,
        /// [`super::places::class_key`] of its class; 0 for none.
        class: u64,
        /// As given with USER.
        name: Vec<u8>,
        /// As given with PASS; wiped after use.
        password: Secret,
    },
    /// A transfer begins, where transfers are limited: answered with Serve or Full.
    Transfer(TransferPlace),
    /// It is over; answered with Serve.
    TransferEnd,
    /// When the client has spoken: what its address is called. Once in a worker's life; other questions may be asked meanwhile.
    PeerName {
        /// Where the client comes from.
        peer: IpAddr,
    },
    /// UserOwner: the file whose descriptor travels behind the reply's is to be given away. Answered only to a worker that holds a
    /// grant, for a file that is its own.
    Give {
        /// Index of the virtual host in [`crate::auth::Policy::servers`], whose modules know the names.
        server: u16,
        /// Whose it will be.
        user: Vec<u8>,
        /// GroupOwner; empty without.
        group: Vec<u8>,
    },
    /// Names of ids, for listings of confined sessions; answered only to a worker that holds a grant.
    Names {
        /// Index of the virtual host in [`crate::auth::Policy::servers`], whose modules are asked first.
        server: u16,
        /// Users asked for, at most [`NAMES_MAX`].
        users: Vec<UserId>,
        /// Groups asked for, at most [`NAMES_MAX`].
        groups: Vec<GroupId>,
    },
}

impl Request {
    /// Worker: as it travels. It may hold a password: the worker wipes it once it is sent ([`Secret`] does).
    pub fn encode(&self) -> Secret {
        let record = match self {
            Request::Connection { server, peer } => FieldWriter::new(b'C', 19).short(*server).address(*peer),
            Request::Login { server, peer, class, name, password } => {
                FieldWriter::new(b'L', login_room(name, password))
                    .short(*server)
                    .address(*peer)
                    .long(*class)
                    .text(name, NAME_MAX + 1)
                    .text(password.reveal(), PASSWORD_MAX + 1)
            }
            Request::Transfer(place) => place.write(FieldWriter::new(b'T', 16)),
            Request::TransferEnd => FieldWriter::new(b'E', 0),
            Request::PeerName { peer } => FieldWriter::new(b'P', 17).address(*peer),
            Request::Give { server, user, group } => FieldWriter::new(b'G', 6 + user.len() + group.len())
                .short(*server)
                .text(user, NAME_MAX + 1)
                .text(group, GROUP_NAME_MAX + 1),
            Request::Names { server, users, groups } => FieldWriter::new(b'N', RECORD_MAX)
                .short(*server)
                .list(users, NAMES_MAX, |record, user| record.word(user.0))
                .list(groups, NAMES_MAX, |record, group| record.word(group.0)),
        };
        Secret::new(record.finish())
    }

    /// Auth: reads a request. A name or password cut by [`Request::encode`] is still longer than the most that is
    /// accepted, so that nobody gets in by the beginning of a password.
    pub fn decode(record: &[u8]) -> Result<Request, Malformed> {
        let mut fields = FieldReader::new(record);
        let request = match fields.byte()? {
            b'C' => Request::Connection { server: fields.short()?, peer: fields.address()? },
            b'L' => Request::Login {
                server: fields.short()?,
                peer: fields.address()?,
                class: fields.long()?,
                name: fields.text(NAME_MAX + 1)?.to_vec(),
                password: Secret::new(fields.text(PASSWORD_MAX + 1)?.to_vec()),
            },
            b'T' => Request::Transfer(TransferPlace::read(&mut fields)?),
            b'E' => Request::TransferEnd,
            b'P' => Request::PeerName { peer: fields.address()? },
            b'G' => Request::Give {
                server: fields.short()?,
                user: fields.text(NAME_MAX + 1)?.to_vec(),
                group: fields.text(GROUP_NAME_MAX + 1)?.to_vec(),
            },
            b'N' => Request::Names {
                server: fields.short()?,
                users: fields.list(NAMES_MAX, |fields| fields.word().map(UserId))?,
                groups: fields.list(NAMES_MAX, |fields| fields.word().map(GroupId))?,
            },
            other => return Err(Malformed::Kind(other)),
        };
        fields.finish(request)
    }
}

/// Bytes of a login's request: what is wiped afterwards is no more than what was written.
fn login_room(name: &[u8], password: &Secret) -> usize {
    const NUMBERS_AND_LENGTHS: usize = 40;
    (NUMBERS_AND_LENGTHS + name.len() + password.reveal().len()).min(RECORD_MAX)
}
