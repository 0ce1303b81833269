//! Why a file was not touched, in the words and codes that ProFTPD's clients know.

use std::io;

use super::path::PathError;
use crate::config::settings::Rule;
use crate::logging::Cause;
use crate::protocol::Reply;
use crate::scoreboard::ReasonCode;
use crate::sys::files::Errno;

/// A refusal, for the client: which name, and why.
#[derive(Debug)]
pub struct Denied {
    /// As the client gave it.
    pub name: Vec<u8>,
    /// Why, as the client is told.
    pub reason: Reason,
    /// What stands behind it, where the client is told something else, or not all.
    pub by: Option<By>,
}

/// What refuses.
#[derive(Debug)]
pub enum By {
    /// `<Limit>`.
    Limit(Rule),
    /// A filter on arguments.
    Filter(Rule),
    /// A filter on names.
    PathFilter(Rule),
    /// HideFiles and its like.
    Hiding,
    /// Something else than the words say.
    Reason(ReasonCode),
}

/// Why.
#[derive(Debug)]
pub enum Reason {
    /// The system said no.
    System(io::Error),
    /// `<Limit>` refuses a verb on a file.
    Limit,
    /// DigestEnable off.
    NoDigest,
    /// `<Limit>` refuses to change what a directory holds, or what is told of a file.
    LimitDirectory,
    /// `<Limit>` refuses to enter or list, which shows nothing of the place.
    Hidden,
    /// RETR of something without data.
    NotRegular,
    /// SIZE or MDTM of something without data; each verb says it its own way.
    NoData(&'static str),
    /// AllowOverwrite off, by STOR.
    Overwrite,
    /// AllowOverwrite off, by RNTO.
    OverwriteByRename,
    /// AllowStoreRestart off.
    StoreRestart,
    /// AllowRetrieveRestart off.
    RetrieveRestart,
    /// REST, or the beginning that RANG names, is a place behind the end.
    BehindEnd(&'static str),
    /// RANG ends behind the end.
    RangeEnd,
    /// REST or RANG before an upload that HiddenStores hides: what is there is not what it will replace.
    Restarted(&'static str),
    /// The name that HiddenStores would give it, as the client sees it, is taken.
    HiddenTaken(Vec<u8>),
    /// DenyFilter or AllowFilter.
    Argument,
    /// PathDenyFilter or PathAllowFilter.
    Name,
    /// STOU: every name that was tried is taken, or none can be made here.
    NoUniqueName,
    /// NLST of a pattern that nothing matches.
    NoMatch,
    /// SITE CHMOD with something that is no mode.
    NoMode,
}

impl Denied {
    /// Nothing stands behind it that the client is not told.
    pub fn new(name: &[u8], reason: impl Into<Reason>) -> Denied {
        Denied { name: name.to_vec(), reason: reason.into(), by: None }
    }

    /// A reply in other words or with another code, for the same reason.
    pub fn reply(&self, code: u16, text: impl Into<Vec<u8>>) -> Reply {
        let Cause { reason, rule } = self.cause();
        Reply::refused(code, reason, text).by(rule.map(Box::from))
    }

    /// For the logs.
    pub fn cause(&self) -> Cause<'_> {
        let rule = match &self.by {
            Some(By::Limit(Rule(rule)) | By::Filter(Rule(rule)) | By::PathFilter(Rule(rule))) => {
                rule.as_deref()
            }
            Some(By::Hiding | By::Reason(_)) | None => None,
        };
        Cause { reason: self.reason_code(), rule }
    }

    fn reason_code(&self) -> ReasonCode {
        match &self.by {
            Some(By::Limit(_)) => ReasonCode::Rule,
            Some(By::Filter(_)) => ReasonCode::Filter,
            Some(By::PathFilter(_)) => ReasonCode::PathFilter,
            Some(By::Hiding) => ReasonCode::Hidden,
            Some(By::Reason(reason)) => *reason,
            None => self.reason.code(),
        }
    }

    /// The code to answer with.
    pub fn code(&self) -> u16 {
        match &self.reason {
            Reason::System(error) => code_of(error),
            Reason::NoMatch | Reason::NoUniqueName => 450,
            Reason::StoreRestart | Reason::RetrieveRestart => 451,
            Reason::Restarted(_) => 501,
            Reason::BehindEnd(_) | Reason::RangeEnd => 554,
            _ => 550,
        }
    }

    /// Whether somebody else might: what is not there, or cannot be, is so for everybody.
    pub fn is_forbidden(&self) -> bool {
        match &self.reason {
            Reason::System(error) => error.raw_os_error() == Some(Errno::EPERM as i32),
            reason => {
                matches!(reason, Reason::Limit | Reason::NoDigest | Reason::LimitDirectory | Reason::Name)
            }
        }
    }

    /// The same of something else.
    pub fn of(self, name: &[u8]) -> Denied {
        Denied { name: name.to_vec(), ..self }
    }

    /// Whether the file is simply not there, as far as the client is told.
    pub fn is_absence(&self) -> bool {
        match &self.reason {
            Reason::System(error) => error.kind() == io::ErrorKind::NotFound,
            reason => matches!(reason, Reason::Hidden | Reason::NoMatch),
        }
    }

    /// The words to answer with. The name is the client's own bytes.
    pub fn text(&self) -> Vec<u8> {
        match &self.reason {
            Reason::Restarted(verb) => {
                return [verb.as_bytes(), b" not compatible with server configuration"].concat();
            }
            Reason::HiddenTaken(path) => {
                let words: [&[u8]; 4] = [&self.name, b": Temporary hidden file ", path, b" already exists"];
                return words.concat();
            }
            Reason::BehindEnd(verb) => {
                return [verb.as_bytes(), b": invalid ", self.name.as_slice(), b" argument"].concat();
            }
            Reason::NoMatch => return b"No files found".to_vec(),
            _ => {}
        }
        [&self.name, b": ".as_slice(), self.reason.words().as_bytes()].concat()
    }
}

impl From<io::Error> for Reason {
    fn from(error: io::Error) -> Reason {
        Reason::System(error)
    }
}

impl From<PathError> for Reason {
    fn from(error: PathError) -> Reason {
        Reason::System(match error {
            PathError::Nul => Errno::EINVAL.into(),
            PathError::TooLong => Errno::ENAMETOOLONG.into(),
        })
    }
}

impl Reason {
    /// Where nothing else stands behind it.
    fn code(&self) -> ReasonCode {
        match self {
            Reason::System(error) => reason_of(error),
            Reason::Limit | Reason::LimitDirectory => ReasonCode::Rule,
            Reason::NoDigest => ReasonCode::Digest,
            Reason::Hidden => ReasonCode::Hidden,
            Reason::NotRegular | Reason::NoData(_) | Reason::NoUniqueName => ReasonCode::Unsuited,
            Reason::Overwrite | Reason::OverwriteByRename => ReasonCode::Overwrite,
            Reason::StoreRestart | Reason::RetrieveRestart => ReasonCode::Restart,
            Reason::BehindEnd(_) | Reason::RangeEnd => ReasonCode::Range,
            Reason::Restarted(_) | Reason::HiddenTaken(_) => ReasonCode::HiddenStore,
            Reason::Argument => ReasonCode::Filter,
            Reason::Name => ReasonCode::PathFilter,
            Reason::NoMatch => ReasonCode::Absent,
            Reason::NoMode => ReasonCode::Protocol,
        }
    }

    fn words(&self) -> String {
        let words = match self {
            Reason::System(error) => return words_of(error),
            Reason::Limit | Reason::NoDigest => "Operation not permitted",
            Reason::LimitDirectory => "Permission denied",
            Reason::Hidden => "No such file or directory",
            Reason::NotRegular => "Not a regular file",
            Reason::NoData(words) => words,
            Reason::Overwrite => "Overwrite permission denied",
            Reason::OverwriteByRename => "Rename permission denied",
            Reason::StoreRestart => "Append/Restart not permitted, try again",
            Reason::RetrieveRestart => "Restart not permitted, try again",
            Reason::BehindEnd(_) | Reason::RangeEnd => "invalid RANG argument",
            Reason::Restarted(_) => "not compatible with server configuration",
            Reason::HiddenTaken(_) => "Temporary hidden file already exists",
            Reason::Argument => "Forbidden command argument",
            Reason::Name => "Forbidden filename",
            Reason::NoUniqueName => "unable to generate unique filename",
            Reason::NoMatch => "No files found",
            Reason::NoMode => "invalid mode",
        };
        words.to_owned()
    }
}

/// The code for an error of the file system: 452 for a full disk or quota, 552 for a file that may not be as large, 451 for one that may pass or a disk that
/// fails, 550 else (RFC 959 §4.2).
pub fn code_of(error: &io::Error) -> u16 {
    match error.raw_os_error().map(Errno::from_raw) {
        Some(Errno::ENOSPC | Errno::EDQUOT) => 452,
        Some(Errno::EFBIG) => 552,
        Some(Errno::EIO | Errno::EAGAIN | Errno::ENOMEM | Errno::EMFILE | Errno::ENFILE) => 451,
        _ => 550,
    }
}

/// What an error of the file system comes to.
pub fn reason_of(error: &io::Error) -> ReasonCode {
    match error.raw_os_error().map(Errno::from_raw) {
        Some(Errno::ENOENT | Errno::ENAMETOOLONG | Errno::EINVAL) => ReasonCode::Absent,
        Some(Errno::EACCES | Errno::EPERM | Errno::EROFS) => ReasonCode::Permission,
        Some(
            Errno::EEXIST
            | Errno::ENOTEMPTY
            | Errno::ENOTDIR
            | Errno::EISDIR
            | Errno::ELOOP
            | Errno::EBUSY
            | Errno::EXDEV
            | Errno::ENXIO
            | Errno::ETXTBSY,
        ) => ReasonCode::Unsuited,
        Some(Errno::ENOSPC | Errno::EDQUOT) => ReasonCode::Space,
        Some(Errno::EFBIG) => ReasonCode::MaxStoreFileSize,
        _ => ReasonCode::Failure,
    }
}

/// The system's own words for an error, without the number that the standard library appends.
pub fn words_of(error: &io::Error) -> String {
    error.to_string().split(" (os error").next().unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refusals_have_the_codes_and_words_that_clients_know() {
        let system = |number: Errno| Reason::System(number.into());
        let table = [
            (system(Errno::ENOENT), 550, "f: No such file or directory"),
            (system(Errno::ENOSPC), 452, "f: No space left on device"),
            (system(Errno::EIO), 451, "f: Input/output error"),
            (Reason::Limit, 550, "f: Operation not permitted"),
            (Reason::Overwrite, 550, "f: Overwrite permission denied"),
            (Reason::StoreRestart, 451, "f: Append/Restart not permitted, try again"),
            (Reason::BehindEnd("REST"), 554, "REST: invalid f argument"),
            (Reason::RangeEnd, 554, "f: invalid RANG argument"),
        ];
        for (reason, code, text) in table {
            let denied = Denied::new(b"f", reason);
            assert_eq!((denied.code(), String::from_utf8(denied.text()).unwrap()), (code, text.to_owned()));
        }
    }
}
