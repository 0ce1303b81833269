//! RequireValidShell: which login shells the host knows (shells(5)).

use std::fs;
use std::io;

/// The host's list.
pub const SHELLS_FILE: &str = "/etc/shells";

/// What counts where there is no list (getusershell(3)).
const DEFAULT_SHELLS: [&[u8]; 2] = [b"/bin/sh", b"/bin/csh"];

/// Whether the host lists this shell now. A list that cannot be read holds nothing; an account without a shell has none that is listed,
/// though login(1) would give it /bin/sh: ProFTPD keeps it out.
pub fn is_valid(shell: &[u8]) -> bool {
    match fs::read(SHELLS_FILE) {
        Ok(list) => is_listed(&list, shell),
        Err(error) if error.kind() == io::ErrorKind::NotFound => DEFAULT_SHELLS.contains(&shell),
        Err(_) => false,
    }
}

fn is_listed(list: &[u8], shell: &[u8]) -> bool {
    list.split(|byte| *byte == b'\n')
        .map(|line| line.split(|byte| *byte == b'#').next().unwrap_or_default().trim_ascii())
        .any(|line| !line.is_empty() && line == shell)
}

#[cfg(test)]
mod tests {
    use super::is_listed;

    #[test]
    fn only_listed_shells_are_valid() {
        let list = b"# shells\n/bin/sh\n /bin/bash # comment\n\n";
        for (shell, valid) in [
            (&b"/bin/sh"[..], true),
            (b"/bin/bash", true),
            (b"", false),
            (b"/usr/sbin/nologin", false),
            (b"/bin", false),
            (b"# shells", false),
        ] {
            assert_eq!(is_listed(list, shell), valid, "{}", shell.escape_ascii());
        }
        assert!(!is_listed(b"/bin/bash\n", b""));
    }
}
