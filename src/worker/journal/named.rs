//! Which file or folder a command names, as far as its own words tell. How a path is found on the disk is not asked here: this is for
//! logs, and a log must tell of refused commands, too.

use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use crate::protocol::{Command, Site};
use crate::scoreboard::ReasonCode;
use crate::worker::listing::{Command as Listed, Options};
use crate::worker::member::Member;

/// What a command's lines tell of paths.
#[derive(Debug, Default)]
pub struct Named {
    /// The file on the host.
    pub host_path: Option<Vec<u8>>,
    /// The same as the client sees it.
    pub seen_path: Option<Vec<u8>>,
    /// The folder's last name as the client gave it, and the folder on the host.
    pub folder: Option<(Vec<u8>, Vec<u8>)>,
    /// RNFR's file on the host.
    pub rename_from: Option<Vec<u8>>,
    /// When the file counts, as ProFTPD has it.
    pub counts: Counts,
}

/// When a file counts as named.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Counts {
    /// However the command ends.
    #[default]
    Always,
    /// Where it succeeds.
    IfSuccessful,
    /// A download that is no transfer yet: where a file that is there cannot be read so.
    IfUnreadable,
    /// An upload that is no transfer yet: where the file system does not take it.
    IfUnwritable,
}

impl Counts {
    /// Whether it counts for a command that ends so.
    pub fn hold(self, is_success: bool, refusal: Option<ReasonCode>) -> bool {
        use ReasonCode::{Absent, Failure, Permission, Range, Space};
        match self {
            Counts::Always => true,
            Counts::IfSuccessful => is_success,
            Counts::IfUnreadable => matches!(refusal, Some(Failure | Permission | Range)),
            Counts::IfUnwritable => matches!(refusal, Some(Absent | Failure | Permission | Range | Space)),
        }
    }
}

/// What is to be told of a path.
enum Shown<'a> {
    Nothing,
    /// `%f`.
    OnHost(&'a [u8]),
    /// `%f` and `%F`.
    File(&'a [u8]),
    /// `%d`, `%D` and `%f`.
    Folder(&'a [u8]),
    /// All of them.
    FolderAndFile(&'a [u8]),
}

/// What this command names, in the folder where the session stands; `root` is the session's on the host.
pub fn named(member: &Member, root: &Path, command: &Command) -> Named {
    let options = |argument| Options::read(Listed::List, &member.list_options(), argument).1;
    let shown = match command {
        Command::Cwd(path) => Shown::Folder(path),
        Command::Cdup => Shown::Folder(b".."),
        Command::Mkd(path) | Command::Rmd(path) => Shown::FolderAndFile(path),
        Command::List(argument) | Command::Nlst(argument) => Shown::Folder(options(argument)),
        Command::Mlsd(path) => Shown::Folder(path.as_deref().unwrap_or_default()),
        Command::Mlst(path) => Shown::OnHost(path.as_deref().unwrap_or_default()),
        Command::Pwd => Shown::OnHost(b""),
        Command::Mdtm(path) | Command::Mfmt(_, path) | Command::Hash(path) | Command::Md5(path) => {
            Shown::OnHost(path)
        }
        Command::Rnfr(path) | Command::Rnto(path) | Command::Dele(path) => Shown::File(path),
        Command::Site(Site::Chmod(_, path) | Site::Chgrp(_, path) | Site::Utime(_, path)) => {
            Shown::OnHost(path)
        }
        Command::Site(Site::Mkdir(path) | Site::Rmdir(path) | Site::Symlink(_, path)) => Shown::OnHost(path),
        // Once the file is open, the transfer tells what it is.
        Command::Retr(path) | Command::Stor(path) | Command::Appe(path) => Shown::OnHost(path),
        // Its name is known when the transfer has it.
        Command::Stou => Shown::Nothing,
        // ProFTPD tells none of these paths, or does not know the command (AVBL): readers of its logs do not look for them.
        Command::Size(_) | Command::Sum(_) | Command::Mff(..) | Command::Stat(_) | Command::Avbl(_) => {
            Shown::Nothing
        }
        Command::Site(Site::CopyFrom(_) | Site::CopyTo(_) | Site::Copy(..)) => Shown::Nothing,
        // These name no path.
        Command::User(_) | Command::Pass(_) | Command::Quit | Command::Host(_) => Shown::Nothing,
        Command::Type(..) | Command::Mode(_) | Command::Stru | Command::Opts(_) => Shown::Nothing,
        Command::Pasv | Command::Epsv(_) | Command::Port(_) | Command::Eprt(_) => Shown::Nothing,
        Command::Rest(_) | Command::Rang(_) | Command::Allo(_) | Command::Abor => Shown::Nothing,
        Command::Clnt | Command::Csid | Command::Lang(_) | Command::Noop => Shown::Nothing,
        Command::Syst | Command::Feat | Command::Help(_) | Command::Site(Site::Help(_)) => Shown::Nothing,
    };
    let named = tell(member, root, shown);
    match command {
        Command::Rnfr(_) => Named { counts: Counts::IfSuccessful, ..named },
        Command::Retr(_) => Named { counts: Counts::IfUnreadable, ..named },
        Command::Stor(_) | Command::Appe(_) => Named { counts: Counts::IfUnwritable, ..named },
        Command::Cdup => Named { folder: named.folder.map(|(_, folder)| (Vec::new(), folder)), ..named },
        _ => named,
    }
}

fn tell(member: &Member, root: &Path, shown: Shown<'_>) -> Named {
    let path = match shown {
        Shown::Nothing => return Named::default(),
        Shown::OnHost(path) | Shown::File(path) | Shown::Folder(path) | Shown::FolderAndFile(path) => path,
    };
    let joined = member.meant(path).map_or_else(|| member.cwd.join(path), Ok);
    let Ok(seen) = joined else { return Named::default() };
    let on_host = on_host(root, seen.as_bytes());
    let name = path.rsplit(|byte| *byte == b'/').next().unwrap_or_default().to_vec();
    let folder = matches!(shown, Shown::Folder(_) | Shown::FolderAndFile(_)).then(|| (name, on_host.clone()));
    let seen_path =
        matches!(shown, Shown::File(_) | Shown::FolderAndFile(_)).then(|| seen.as_bytes().to_vec());
    Named { host_path: Some(on_host), seen_path, folder, ..Named::default() }
}

/// A path below the session's root, as it is called on the host.
fn on_host(root: &Path, seen: &[u8]) -> Vec<u8> {
    let root = root.as_os_str().as_bytes();
    match (root, seen) {
        (b"/", seen) => seen.to_vec(),
        (root, b"/") => root.to_vec(),
        (root, seen) => [root, seen].concat(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_below_a_root_are_called_by_their_whole_names() {
        for (root, seen, path) in
            [("/", "/", "/"), ("/", "/a", "/a"), ("/srv", "/", "/srv"), ("/srv", "/a/b", "/srv/a/b")]
        {
            assert_eq!(on_host(Path::new(root), seen.as_bytes()), path.as_bytes());
        }
    }
}
