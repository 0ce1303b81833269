//! What workers ask of auth and what it answers, as bounded datagrams. A request travels with a reply
//! descriptor (SCM_RIGHTS) and the kernel's word for the sender's pid (SO_PASSCRED). Both sides distrust
//! the other's lengths.

use std::ffi::OsStr;
use std::net::IpAddr;
use std::os::unix::ffi::OsStrExt;
use std::path::PathBuf;

use super::Account;
use super::record::{FieldReader, FieldWriter, Malformed};
use super::secret::Secret;
use crate::scoreboard::GRANT_GROUPS;
use crate::sys::{GroupId, UserId};

/// Most bytes of a request or an answer.
pub const RECORD_MAX: usize = 16 * 1024;
/// Most bytes of a user's name, given or answered; longer names are nobody's.
pub const NAME_MAX: u16 = 512;
/// Most bytes of a password; a longer one is wrong.
pub const PASSWORD_MAX: u16 = 1024;
/// Most users, and most groups, asked for in one request.
pub const NAMES_MAX: u16 = 64;
/// Most bytes of a name in a listing or of a group.
pub const GROUP_NAME_MAX: u16 = 100;
/// Most bytes of a client's name (RFC 1035 §2.3.4).
pub const PEER_NAME_MAX: u16 = 253;
/// Most bytes of a home (PATH_MAX).
pub const HOME_MAX: u16 = 4096;

const GROUPS_MAX: u16 = GRANT_GROUPS as u16;

/// A question.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Request {
    /// At accept, when [`crate::scoreboard::WorkerBoard::may_serve`] says no: one of MaxInstances.
    Instance,
    /// USER and PASS. Every login is answered with Granted or Denied.
    Login {
        /// Index of the virtual host in [`super::Policy::servers`].
        server: u16,
        /// Where the client comes from (fair queueing, MaxClientsPerHost).
        peer: IpAddr,
        /// As given with USER.
        name: Vec<u8>,
        /// As given with PASS; wiped after use.
        password: Secret,
    },
    /// When the client has spoken: what its address is called. Once in a worker's life; other questions may be asked meanwhile.
    PeerName {
        /// Where the client comes from.
        peer: IpAddr,
    },
    /// Names of ids, for listings of confined sessions; answered only to a worker that holds a grant.
    Names {
        /// Index of the virtual host in [`super::Policy::servers`], whose modules are asked first.
        server: u16,
        /// Users asked for, at most [`NAMES_MAX`].
        users: Vec<UserId>,
        /// Groups asked for, at most [`NAMES_MAX`].
        groups: Vec<GroupId>,
    },
}

/// An answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// The instance is granted.
    Serve,
    /// MaxInstances is reached (this is its number).
    Full(u32),
    /// The grant stands: the worker may now take this identity.
    Granted {
        /// Whom the session becomes.
        account: Account,
        /// Index of the `<Anonymous>` section, for an anonymous session.
        anonymous: Option<u16>,
    },
    /// No.
    Denied(Denial),
    /// Names in the order asked; empty where unknown.
    Names {
        /// Of users.
        users: Vec<Vec<u8>>,
        /// Of groups.
        groups: Vec<Vec<u8>>,
    },
    /// Of the client; empty where its address has none that leads back to it.
    PeerName(Vec<u8>),
    /// Auth cannot answer now (too many questions, the source failed): 421.
    TryAgain,
}

/// Why a login was refused. The client hears the same for the first group; the log hears the difference.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Denial {
    /// `no such user found`.
    NoSuchUser,
    /// `Incorrect password`.
    WrongPassword,
    /// uid 0 or gid 0.
    Root,
    /// RequireValidShell.
    Shell,
    /// The account is closed: it or its password has expired, or a rule of PAM's keeps it out.
    Expired,
    /// UseFtpUsers.
    FtpUsers,
    /// AuthAliasOnly.
    NotAnAlias,
    /// MaxClients.
    MaxClients(u32),
    /// MaxClientsPerUser.
    MaxClientsPerUser(u32),
    /// MaxClientsPerHost.
    MaxClientsPerHost(u32),
}

/// Bytes of a login's request: what is wiped afterwards is no more than what was written.
fn login_room(name: &[u8], password: &Secret) -> usize {
    const NUMBERS_AND_LENGTHS: usize = 32;
    (NUMBERS_AND_LENGTHS + name.len() + password.reveal().len()).min(RECORD_MAX)
}

impl Request {
    /// Worker: as it travels. It may hold a password: the worker wipes it once it is sent ([`Secret`] does).
    pub fn encode(&self) -> Secret {
        let record = match self {
            Request::Instance => FieldWriter::new(b'I', 0),
            Request::Login { server, peer, name, password } => {
                FieldWriter::new(b'L', login_room(name, password))
                    .short(*server)
                    .address(*peer)
                    .text(name, NAME_MAX + 1)
                    .text(password.reveal(), PASSWORD_MAX + 1)
            }
            Request::PeerName { peer } => FieldWriter::new(b'P', 17).address(*peer),
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
            b'I' => Request::Instance,
            b'L' => Request::Login {
                server: fields.short()?,
                peer: fields.address()?,
                name: fields.text(NAME_MAX + 1)?.to_vec(),
                password: Secret::new(fields.text(PASSWORD_MAX + 1)?.to_vec()),
            },
            b'P' => Request::PeerName { peer: fields.address()? },
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

impl Answer {
    /// Auth: as it travels.
    pub fn encode(&self) -> Vec<u8> {
        match self {
            Answer::Serve => FieldWriter::new(b's', 0),
            Answer::Full(number) => FieldWriter::new(b'f', 4).word(*number),
            Answer::Granted { account, anonymous } => {
                write_account(FieldWriter::new(b'g', RECORD_MAX), account).optional(anonymous.map(u32::from))
            }
            Answer::Denied(denial) => denial.write(FieldWriter::new(b'd', 8)),
            Answer::Names { users, groups } => {
                write_names(write_names(FieldWriter::new(b'n', RECORD_MAX), users), groups)
            }
            Answer::PeerName(name) => FieldWriter::new(b'p', 0).text(name, PEER_NAME_MAX),
            Answer::TryAgain => FieldWriter::new(b't', 0),
        }
        .finish()
    }

    /// Worker: reads an answer.
    pub fn decode(record: &[u8]) -> Result<Answer, Malformed> {
        let mut fields = FieldReader::new(record);
        let answer = match fields.byte()? {
            b's' => Answer::Serve,
            b'f' => Answer::Full(fields.word()?),
            b'g' => Answer::Granted { account: read_account(&mut fields)?, anonymous: fields.section()? },
            b'd' => Answer::Denied(Denial::read(&mut fields)?),
            b'n' => Answer::Names { users: read_names(&mut fields)?, groups: read_names(&mut fields)? },
            b'p' => Answer::PeerName(fields.text(PEER_NAME_MAX)?.to_vec()),
            b't' => Answer::TryAgain,
            other => return Err(Malformed::Kind(other)),
        };
        fields.finish(answer)
    }
}

fn write_account(record: FieldWriter, account: &Account) -> FieldWriter {
    record
        .text(&account.name, NAME_MAX)
        .word(account.uid.0)
        .word(account.gid.0)
        .list(&account.groups, GROUPS_MAX, |record, (gid, name)| {
            record.word(gid.0).text(name, GROUP_NAME_MAX)
        })
        .text(account.home.as_os_str().as_bytes(), HOME_MAX)
}

fn read_account(fields: &mut FieldReader<'_>) -> Result<Account, Malformed> {
    Ok(Account {
        name: fields.text(NAME_MAX)?.to_vec(),
        uid: UserId(fields.word()?),
        gid: GroupId(fields.word()?),
        groups: fields.list(GROUPS_MAX, |fields| {
            Ok((GroupId(fields.word()?), fields.text(GROUP_NAME_MAX)?.to_vec()))
        })?,
        home: PathBuf::from(OsStr::from_bytes(fields.text(HOME_MAX)?)),
    })
}

fn write_names(record: FieldWriter, names: &[Vec<u8>]) -> FieldWriter {
    record.list(names, NAMES_MAX, |record, name| record.text(name, GROUP_NAME_MAX))
}

fn read_names(fields: &mut FieldReader<'_>) -> Result<Vec<Vec<u8>>, Malformed> {
    fields.list(NAMES_MAX, |fields| fields.text(GROUP_NAME_MAX).map(<[u8]>::to_vec))
}

impl Denial {
    fn write(&self, record: FieldWriter) -> FieldWriter {
        match self {
            Denial::NoSuchUser => record.byte(1),
            Denial::WrongPassword => record.byte(2),
            Denial::Root => record.byte(3),
            Denial::Shell => record.byte(4),
            Denial::Expired => record.byte(5),
            Denial::MaxClients(most) => record.byte(6).word(*most),
            Denial::MaxClientsPerUser(most) => record.byte(7).word(*most),
            Denial::MaxClientsPerHost(most) => record.byte(8).word(*most),
            Denial::FtpUsers => record.byte(9),
            Denial::NotAnAlias => record.byte(10),
        }
    }

    fn read(fields: &mut FieldReader<'_>) -> Result<Denial, Malformed> {
        Ok(match fields.byte()? {
            1 => Denial::NoSuchUser,
            2 => Denial::WrongPassword,
            3 => Denial::Root,
            4 => Denial::Shell,
            5 => Denial::Expired,
            6 => Denial::MaxClients(fields.word()?),
            7 => Denial::MaxClientsPerUser(fields.word()?),
            8 => Denial::MaxClientsPerHost(fields.word()?),
            9 => Denial::FtpUsers,
            10 => Denial::NotAnAlias,
            other => return Err(Malformed::Kind(other)),
        })
    }
}

#[cfg(test)]
mod tests {
    use proptest::collection::vec;
    use proptest::prelude::*;

    use super::*;

    fn bytes(most: u16) -> impl Strategy<Value = Vec<u8>> {
        vec(any::<u8>(), 0..=usize::from(most))
    }

    fn request() -> impl Strategy<Value = Request> {
        let login = (any::<u16>(), any::<IpAddr>(), bytes(NAME_MAX), bytes(PASSWORD_MAX)).prop_map(
            |(server, peer, name, password)| Request::Login {
                server,
                peer,
                name,
                password: Secret::new(password),
            },
        );
        let ids = || vec(any::<u32>(), 0..=usize::from(NAMES_MAX));
        let names = (any::<u16>(), ids(), ids()).prop_map(|(server, users, groups)| Request::Names {
            server,
            users: users.into_iter().map(UserId).collect(),
            groups: groups.into_iter().map(GroupId).collect(),
        });
        let peer_name = any::<IpAddr>().prop_map(|peer| Request::PeerName { peer });
        prop_oneof![Just(Request::Instance), login, peer_name, names]
    }

    fn account() -> impl Strategy<Value = Account> {
        let groups = vec((any::<u32>().prop_map(GroupId), bytes(GROUP_NAME_MAX)), 0..=GRANT_GROUPS);
        (bytes(NAME_MAX), any::<u32>(), any::<u32>(), groups, bytes(HOME_MAX)).prop_map(
            |(name, uid, gid, groups, home)| Account {
                name,
                uid: UserId(uid),
                gid: GroupId(gid),
                groups,
                home: PathBuf::from(OsStr::from_bytes(&home)),
            },
        )
    }

    fn names() -> impl Strategy<Value = Vec<Vec<u8>>> {
        vec(bytes(GROUP_NAME_MAX), 0..=usize::from(NAMES_MAX))
    }

    fn answer() -> impl Strategy<Value = Answer> {
        prop_oneof![
            (account(), any::<Option<u16>>())
                .prop_map(|(account, anonymous)| Answer::Granted { account, anonymous }),
            (names(), names()).prop_map(|(users, groups)| Answer::Names { users, groups }),
            any::<u32>().prop_map(Answer::Full),
            any::<u32>().prop_map(|most| Answer::Denied(Denial::MaxClientsPerHost(most))),
            bytes(PEER_NAME_MAX).prop_map(Answer::PeerName),
            Just(Answer::Denied(Denial::NoSuchUser)),
            Just(Answer::Denied(Denial::FtpUsers)),
            Just(Answer::Denied(Denial::NotAnAlias)),
            Just(Answer::Serve),
            Just(Answer::TryAgain),
        ]
    }

    proptest! {
        #[test]
        fn a_request_arrives_as_it_was_sent(request in request()) {
            let record = request.encode();
            prop_assert!(record.reveal().len() <= RECORD_MAX);
            prop_assert_eq!(Request::decode(record.reveal()), Ok(request));
        }

        #[test]
        fn an_answer_arrives_as_it_was_sent(answer in answer()) {
            let record = answer.encode();
            prop_assert!(record.len() <= RECORD_MAX, "{} bytes", record.len());
            prop_assert_eq!(Answer::decode(&record), Ok(answer));
        }

        #[test]
        fn no_bytes_make_either_side_panic(bytes in vec(any::<u8>(), 0..2048)) {
            let _ = Request::decode(&bytes);
            let _ = Answer::decode(&bytes);
        }

        #[test]
        fn a_cut_request_is_refused(request in request(), cut in 1_usize..64) {
            let record = request.encode();
            let kept = record.reveal().len().saturating_sub(cut);
            prop_assert!(Request::decode(&record.reveal()[..kept]).is_err());
        }
    }

    #[test]
    fn a_cut_password_is_still_too_long() {
        let request = Request::Login {
            server: 0,
            peer: IpAddr::from([127, 0, 0, 1]),
            name: b"demo".to_vec(),
            password: Secret::new(vec![b'x'; 5000]),
        };
        match Request::decode(request.encode().reveal()) {
            Ok(Request::Login { password, .. }) => {
                assert!(password.reveal().len() > usize::from(PASSWORD_MAX));
            }
            other => panic!("{other:?}"),
        }
    }
}
