//! What auth answers.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::PathBuf;

use super::limit_kind::LimitKind;
use super::record::{FieldReader, FieldWriter, Malformed};
use super::{
    GROUP_NAME_MAX, HOME_MAX, LIMIT_TEXT_MAX, NAME_MAX, NAMES_MAX, PEER_NAME_MAX, RECORD_MAX, SHELL_MAX,
    WRITTEN_MAX,
};
use crate::auth::Account;
use crate::scoreboard::GRANT_GROUPS;
use crate::sys::{GroupId, UserId};

const GROUPS_MAX: u16 = GRANT_GROUPS as u16;

/// An answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// The instance is granted.
    Serve,
    /// This limit on connections, of this many, is reached.
    Full(LimitKind, u32),
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
    /// The file is given away.
    Given,
    /// Auth cannot answer now (too many questions, the master is away): the next moment may be better.
    TryAgain,
    /// Who should know the account or its password cannot be asked, after all the time that was allowed: 421.
    NoSource,
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
    /// RequireValidShell; the account's shell.
    Shell(Vec<u8>),
    /// The account is closed: it or its password has expired, or a rule of PAM's keeps it out.
    Expired,
    /// UseFtpUsers.
    FtpUsers,
    /// AuthAliasOnly.
    NotAnAlias,
    /// AllowEmptyPasswords off, and none was given.
    NoPassword,
    /// `<Limit LOGIN>`; its `file:line`, empty where that is not known.
    Rule(Vec<u8>),
    /// A limit on sessions is reached.
    Limit {
        /// Which.
        kind: LimitKind,
        /// Of this many.
        most: u32,
        /// The operator's words for it; None for the usual ones.
        text: Option<Vec<u8>>,
    },
}

impl Answer {
    /// Auth: as it travels.
    pub fn encode(&self) -> Vec<u8> {
        match self {
            Answer::Serve => FieldWriter::new(b's', 0),
            Answer::Full(limit, most) => FieldWriter::new(b'f', 5).byte(limit.code()).word(*most),
            Answer::Granted { account, anonymous } => {
                write_account(FieldWriter::new(b'g', RECORD_MAX), account).optional(anonymous.map(u32::from))
            }
            Answer::Denied(denial) => denial.write(FieldWriter::new(b'd', 8)),
            Answer::Names { users, groups } => {
                write_names(write_names(FieldWriter::new(b'n', RECORD_MAX), users), groups)
            }
            Answer::PeerName(name) => FieldWriter::new(b'p', 0).text(name, PEER_NAME_MAX),
            Answer::Given => FieldWriter::new(b'o', 0),
            Answer::TryAgain => FieldWriter::new(b't', 0),
            Answer::NoSource => FieldWriter::new(b'x', 0),
        }
        .finish()
    }

    /// Worker: reads an answer.
    pub fn decode(record: &[u8]) -> Result<Answer, Malformed> {
        let mut fields = FieldReader::new(record);
        let answer = match fields.byte()? {
            b's' => Answer::Serve,
            b'f' => Answer::Full(LimitKind::of(fields.byte()?)?, fields.word()?),
            b'g' => Answer::Granted { account: read_account(&mut fields)?, anonymous: fields.section()? },
            b'd' => Answer::Denied(Denial::read(&mut fields)?),
            b'n' => Answer::Names { users: read_names(&mut fields)?, groups: read_names(&mut fields)? },
            b'p' => Answer::PeerName(fields.text(PEER_NAME_MAX)?.to_vec()),
            b'o' => Answer::Given,
            b't' => Answer::TryAgain,
            b'x' => Answer::NoSource,
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
            Denial::Shell(shell) => record.byte(4).text(shell, SHELL_MAX),
            Denial::Expired => record.byte(5),
            Denial::FtpUsers => record.byte(6),
            Denial::NotAnAlias => record.byte(7),
            Denial::NoPassword => record.byte(10),
            Denial::Rule(written) => record.byte(9).text(written, WRITTEN_MAX),
            Denial::Limit { kind, most, text } => record
                .byte(8)
                .byte(kind.code())
                .word(*most)
                .byte(u8::from(text.is_some()))
                .text(text.as_deref().unwrap_or_default(), LIMIT_TEXT_MAX),
        }
    }

    fn read(fields: &mut FieldReader<'_>) -> Result<Denial, Malformed> {
        Ok(match fields.byte()? {
            1 => Denial::NoSuchUser,
            2 => Denial::WrongPassword,
            3 => Denial::Root,
            4 => Denial::Shell(fields.text(SHELL_MAX)?.to_vec()),
            5 => Denial::Expired,
            6 => Denial::FtpUsers,
            7 => Denial::NotAnAlias,
            8 => {
                let (kind, most) = (LimitKind::of(fields.byte()?)?, fields.word()?);
                let (has_text, text) = (fields.byte()? == 1, fields.text(LIMIT_TEXT_MAX)?);
                Denial::Limit { kind, most, text: has_text.then(|| text.to_vec()) }
            }
            9 => Denial::Rule(fields.text(WRITTEN_MAX)?.to_vec()),
            10 => Denial::NoPassword,
            other => return Err(Malformed::Kind(other)),
        })
    }
}
