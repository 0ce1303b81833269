//! A command with real values, as it comes from the reading step.

use std::net::SocketAddr;

use super::byte_range::ByteRange;
use super::changes::Changes;
use super::digest::Checksum;
use super::options::Choice;
use super::site::Site;

/// A command with real values: after reading, nothing is checked twice. A `match` on it has no `_` arm.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Command {
    /// USER name.
    User(Vec<u8>),
    /// PASS password (may be empty).
    Pass(Vec<u8>),
    /// QUIT.
    Quit,
    /// PWD, XPWD.
    Pwd,
    /// CWD, XCWD.
    Cwd(Vec<u8>),
    /// CDUP, XCUP.
    Cdup,
    /// TYPE, and the letter that named it.
    Type(Type, char),
    /// MODE S, or MODE Z (true); others are refused at reading.
    Mode(bool),
    /// STRU F.
    Stru,
    /// PASV.
    Pasv,
    /// EPSV, with a network protocol or ALL.
    Epsv(EpsvArgument),
    /// PORT.
    Port(SocketAddr),
    /// EPRT.
    Eprt(SocketAddr),
    /// `LIST [options] [path]`.
    List(Vec<u8>),
    /// `NLST [options] [path]`.
    Nlst(Vec<u8>),
    /// RETR.
    Retr(Vec<u8>),
    /// STOR.
    Stor(Vec<u8>),
    /// APPE.
    Appe(Vec<u8>),
    /// REST.
    Rest(u64),
    /// RANG; None takes an earlier one back.
    Rang(Option<ByteRange>),
    /// HASH.
    Hash(Vec<u8>),
    /// MD5.
    Md5(Vec<u8>),
    /// XCRC, XMD5, XSHA, XSHA1, XSHA256, XSHA512.
    Sum(Checksum),
    /// SIZE.
    Size(Vec<u8>),
    /// MDTM.
    Mdtm(Vec<u8>),
    /// DELE.
    Dele(Vec<u8>),
    /// MKD, XMKD.
    Mkd(Vec<u8>),
    /// RMD, XRMD.
    Rmd(Vec<u8>),
    /// RNFR.
    Rnfr(Vec<u8>),
    /// RNTO.
    Rnto(Vec<u8>),
    /// MFMT: seconds since the epoch, and the path.
    Mfmt(i64, Vec<u8>),
    /// MFF: the changes, as the client wrote them, and the path.
    Mff(Changes, Vec<u8>, Vec<u8>),
    /// `AVBL [path]`.
    Avbl(Option<Vec<u8>>),
    /// HOST.
    Host(Vec<u8>),
    /// CLNT: what the client is called is for logs alone.
    Clnt,
    /// CSID.
    Csid,
    /// `LANG [language]`: whether one was named; ours alone comes so far.
    Lang(Option<Vec<u8>>),
    /// `MLST [path]`.
    Mlst(Option<Vec<u8>>),
    /// `MLSD [path]`.
    Mlsd(Option<Vec<u8>>),
    /// STOU.
    Stou,
    /// ALLO: bytes that will come.
    Allo(u64),
    /// OPTS.
    Opts(Choice),
    /// SITE.
    Site(Site),
    /// NOOP.
    Noop,
    /// SYST.
    Syst,
    /// FEAT.
    Feat,
    /// `HELP [verb]`.
    Help(Option<Vec<u8>>),
    /// `STAT [path]`.
    Stat(Option<Vec<u8>>),
    /// ABOR.
    Abor,
}

/// TYPE's argument.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Type {
    /// A, A N.
    Ascii,
    /// I, L 8.
    Image,
}

/// EPSV's argument (RFC 2428 §3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EpsvArgument {
    /// None given.
    Any,
    /// 1.
    V4,
    /// 2.
    V6,
    /// Another protocol's number.
    Other,
    /// ALL.
    All,
}
