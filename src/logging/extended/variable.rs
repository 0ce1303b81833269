//! What can stand behind a `%` in LogFormat; a row each.

/// A value of a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Variable {
    AnonymousPassword,
    ClientAddress,
    ClientName,
    ClientPort,
    ClientClass,
    IdentName,
    Bytes,
    BytesIn,
    BytesOut,
    FolderName,
    FolderPath,
    HostPath,
    SeenPath,
    Basename,
    RenameFrom,
    Reason,
    Group,
    GroupId,
    User,
    UserId,
    GivenUser,
    ServerAddress,
    LocalAddress,
    LocalName,
    LocalPort,
    ServerName,
    Request,
    Name,
    Argument,
    Status,
    Response,
    ResponseTime,
    Time,
    Epoch,
    Iso,
    Milliseconds,
    Microseconds,
    TransferSeconds,
    TransferMilliseconds,
    TransferPort,
    TransferStatus,
    TransferType,
    TransferFailure,
    FileModified,
    FileOffset,
    FileSize,
    Protocol,
    Process,
    Version,
    /// What modules note, of which there are none.
    Note,
}

/// `%x`: the letter, its value, and what it is.
pub const LETTERS: &[(char, Variable, &str)] = &[
    ('A', Variable::AnonymousPassword, "the password of an anonymous client, else `UNKNOWN`"),
    ('a', Variable::ClientAddress, "the client's address"),
    ('b', Variable::Bytes, "bytes that this command moved"),
    ('c', Variable::ClientClass, "the client's class"),
    ('D', Variable::FolderPath, "the folder's path on the host, for commands about folders"),
    ('d', Variable::FolderName, "its last name as the client gave it; else the working directory"),
    ('E', Variable::Reason, "why the session is over"),
    ('F', Variable::SeenPath, "the file's path as the client sees it"),
    ('f', Variable::HostPath, "the file's path on the host"),
    ('g', Variable::Group, "the account's primary group"),
    ('H', Variable::ServerAddress, "the virtual host's address"),
    ('h', Variable::ClientName, "the client's name, or its address"),
    ('I', Variable::BytesIn, "bytes read from the network so far"),
    ('J', Variable::Argument, "what followed the command's name"),
    ('L', Variable::LocalAddress, "the address that the client reached"),
    ('l', Variable::IdentName, "`UNKNOWN`: nobody asks identd any more"),
    ('m', Variable::Name, "the command's name"),
    ('O', Variable::BytesOut, "bytes written to the network so far"),
    ('P', Variable::Process, "the session's process"),
    ('p', Variable::LocalPort, "the port that the client reached"),
    ('R', Variable::ResponseTime, "milliseconds from the command to its last reply"),
    ('r', Variable::Request, "the whole command"),
    ('S', Variable::Response, "the text of the last reply"),
    ('s', Variable::Status, "its code"),
    ('T', Variable::TransferSeconds, "seconds that the transfer took"),
    ('t', Variable::Time, "the time, `[22/Nov/2026:23:41:33 +0000]`"),
    ('U', Variable::GivenUser, "the name that USER gave"),
    ('u', Variable::User, "the account's name"),
    ('V', Variable::LocalName, "the server's address as it is reached"),
    ('v', Variable::ServerName, "ServerName"),
    ('w', Variable::RenameFrom, "the path on the host that RNFR named, for RNTO"),
];

/// `%{name}`, in any case.
pub const NAMES: &[(&str, Variable, &str)] = &[
    ("basename", Variable::Basename, "the last name of `%f`"),
    ("epoch", Variable::Epoch, "seconds since 1970"),
    ("file-modified", Variable::FileModified, "`true` where a file that was there was written, else `false`"),
    ("file-offset", Variable::FileOffset, "where in the file the transfer began"),
    ("file-size", Variable::FileSize, "the file's length after the transfer"),
    ("gid", Variable::GroupId, "the account's gid"),
    ("group", Variable::Group, "as `%g`"),
    ("iso8601", Variable::Iso, "the time, `2026-11-22 23:41:33,670`"),
    ("microsecs", Variable::Microseconds, "the time's microseconds, six digits"),
    ("millisecs", Variable::Milliseconds, "the time's milliseconds, three digits"),
    ("protocol", Variable::Protocol, "`ftp`"),
    ("remote-port", Variable::ClientPort, "the client's port"),
    ("transfer-failure", Variable::TransferFailure, "why the transfer failed"),
    ("transfer-millisecs", Variable::TransferMilliseconds, "milliseconds that the transfer took"),
    ("transfer-port", Variable::TransferPort, "the port of the data connection"),
    ("transfer-status", Variable::TransferStatus, "`success`, `failed`, `cancelled` or `timeout`"),
    ("transfer-type", Variable::TransferType, "`binary` or `ASCII`"),
    ("uid", Variable::UserId, "the account's uid"),
    ("version", Variable::Version, "ferryd's version"),
];

/// By its letter.
pub fn by_letter(letter: char) -> Option<Variable> {
    LETTERS.iter().find(|(known, ..)| *known == letter).map(|(_, variable, _)| *variable)
}

/// By its name.
pub fn by_name(name: &str) -> Option<Variable> {
    let named = NAMES.iter().find(|(known, ..)| known.eq_ignore_ascii_case(name));
    named.map(|(_, variable, _)| *variable).or_else(|| name.starts_with("note:").then_some(Variable::Note))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_variable_is_in_the_documents() {
        let page = include_str!("../../../docs/logging.md");
        for (letter, _, what) in LETTERS {
            assert!(page.contains(&format!("| `%{letter}` | {what} |")), "docs/logging.md: %{letter}");
        }
        for (name, _, what) in NAMES {
            assert!(page.contains(&format!("| `%{{{name}}}` | {what} |")), "docs/logging.md: %{{{name}}}");
        }
    }

    #[test]
    fn no_name_stands_twice() {
        let mut letters: Vec<char> = LETTERS.iter().map(|(letter, ..)| *letter).collect();
        letters.sort_unstable();
        letters.dedup();
        assert_eq!(letters.len(), LETTERS.len());
        assert!(NAMES.is_sorted_by_key(|(name, ..)| name));
    }
}
