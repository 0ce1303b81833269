//! UseFtpUsers: who may not come in by FTP, whatever the password (ftpusers(5)).

use std::fs;
use std::io;
use std::path::PathBuf;

use super::source::SourceError;

/// The host's list.
pub const FTPUSERS_FILE: &str = "/etc/ftpusers";

/// Whether the host's list names this account now. Where there is no list it names nobody; one that cannot be read keeps everybody
/// waiting.
pub fn names(account: &[u8]) -> Result<bool, SourceError> {
    match fs::read(FTPUSERS_FILE) {
        Ok(list) => Ok(is_listed(&list, account)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
        Err(error) => Err(SourceError::File(PathBuf::from(FTPUSERS_FILE), error)),
    }
}

/// The first word of each line is a name; what stands behind it, a comment say, takes nothing back.
fn is_listed(list: &[u8], account: &[u8]) -> bool {
    let first =
        |line: &[u8]| line.split(u8::is_ascii_whitespace).find(|word| !word.is_empty()).map(<[u8]>::to_vec);
    list.split(|byte| *byte == b'\n').filter_map(first).any(|word| word == account)
}

#[cfg(test)]
mod tests {
    use super::is_listed;

    #[test]
    fn names_stand_at_the_beginning_of_lines() {
        let list = b"# nobody of these\nroot\n  demo\n\nother # since May\r\n#staff\n";
        for (name, listed) in
            [("root", true), ("demo", true), ("other", true), ("staff", false), ("since", false), ("", false)]
        {
            assert_eq!(is_listed(list, name.as_bytes()), listed, "{name}");
        }
        assert!(is_listed(b"last", b"last"));
    }
}
