//! The control socket's file: made beside whatever is at its path, put there by a rename, removed by inode.

use std::fmt;
use std::fs;
use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::fs::{FileTypeExt, MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};

use crate::config::settings::SocketPlace;
use crate::sys::{process, socket};

/// Clients that the kernel keeps waiting.
const BACKLOG: i32 = 16;

/// Why there is no control socket.
#[derive(Debug)]
pub enum SocketError {
    /// Another daemon listens there.
    Taken(PathBuf),
    /// Something else is there.
    NoSocket(PathBuf),
    /// Anybody could put another socket in its place.
    OpenFolder(PathBuf),
    /// The system refuses.
    Io(PathBuf, io::Error),
}

impl fmt::Display for SocketError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            SocketError::Taken(path) => {
                write!(
                    out,
                    "another daemon listens at {}: give this one a ControlsSocket of its own",
                    path.display()
                )
            }
            SocketError::NoSocket(path) => write!(out, "{} is no socket, and stays", path.display()),
            SocketError::OpenFolder(path) => write!(
                out,
                "everybody may write to {}: choose another folder for ControlsSocket",
                path.display()
            ),
            SocketError::Io(path, error) => write!(out, "cannot listen at {}: {error}", path.display()),
        }
    }
}

/// A listening control socket.
#[derive(Debug)]
pub struct ControlSocket {
    place: SocketPlace,
    path: PathBuf,
    listener: OwnedFd,
    /// Device and inode.
    file: (u64, u64),
}

impl ControlSocket {
    /// Listens where the settings say; None where they want none.
    pub fn open(place: &SocketPlace) -> Result<Option<ControlSocket>, SocketError> {
        let Some(path) = &place.path else { return Ok(None) };
        let said = |error| SocketError::Io(path.clone(), error);
        let folder = path.parent().unwrap_or(Path::new("/"));
        if fs::metadata(folder).map_err(said)?.permissions().mode() & 0o1002 == 0o002 {
            return Err(SocketError::OpenFolder(folder.to_owned()));
        }
        refuse_if_taken(path)?;
        let beside = folder.join(format!(".{}.{}", name_of(path), process::own()));
        // What a master that was killed at this very moment, and had our pid, left behind.
        let _ = fs::remove_file(&beside);
        let opened = open_beside(&beside, place).and_then(|opened| {
            fs::rename(&beside, path)?;
            Ok(opened)
        });
        let (listener, file) = opened.map_err(|error| {
            let _ = fs::remove_file(&beside);
            said(error)
        })?;
        Ok(Some(ControlSocket { place: place.clone(), path: path.clone(), listener, file }))
    }

    /// Whether the settings want this very one.
    pub fn is_at(&self, place: &SocketPlace) -> bool {
        self.place == *place
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Its end: the file goes, if it still is this one's.
    pub fn remove(&self) -> io::Result<()> {
        match fs::symlink_metadata(&self.path) {
            Ok(found) if (found.dev(), found.ino()) == self.file => fs::remove_file(&self.path),
            _ => Ok(()),
        }
    }
}

impl AsFd for ControlSocket {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.listener.as_fd()
    }
}

fn name_of(path: &Path) -> String {
    path.file_name().unwrap_or_default().to_string_lossy().into_owned()
}

/// A socket that nobody listens at is left over; whatever else is there is somebody's.
fn refuse_if_taken(path: &Path) -> Result<(), SocketError> {
    match fs::symlink_metadata(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(error) => Err(SocketError::Io(path.to_owned(), error)),
        Ok(found) if !found.file_type().is_socket() => Err(SocketError::NoSocket(path.to_owned())),
        Ok(_) => match socket::connect_to(path) {
            Err(error) if error.kind() == io::ErrorKind::ConnectionRefused => Ok(()),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
            _ => Err(SocketError::Taken(path.to_owned())),
        },
    }
}

fn open_beside(path: &Path, place: &SocketPlace) -> io::Result<(OwnedFd, (u64, u64))> {
    let listener = socket::listen_at(path, place.mode, BACKLOG)?;
    // The umask may have taken some of it away.
    fs::set_permissions(path, fs::Permissions::from_mode(place.mode))?;
    if let Some((user, group)) = place.owner {
        std::os::unix::fs::lchown(path, Some(user.0), Some(group.0))?;
    }
    let made = fs::symlink_metadata(path)?;
    Ok((listener, (made.dev(), made.ino())))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(path: &Path) -> SocketPlace {
        SocketPlace { path: Some(path.to_owned()), owner: None, mode: 0o600 }
    }

    fn refusal(path: &Path) -> String {
        ControlSocket::open(&place(path)).err().map(|error| error.to_string()).unwrap_or_default()
    }

    #[test]
    fn what_a_killed_daemon_left_is_replaced_and_what_lives_is_not() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("socket");
        let first = ControlSocket::open(&place(&path)).unwrap().unwrap();
        assert!(refusal(&path).starts_with("another daemon listens at "));
        drop(first);
        let second = ControlSocket::open(&place(&path)).unwrap().unwrap();
        assert!(second.is_at(&place(&path)) && !second.is_at(&place(folder.path())));
        second.remove().unwrap();
        assert!(fs::read_dir(folder.path()).unwrap().next().is_none());
    }

    #[test]
    fn nothing_but_a_socket_is_replaced_and_nothing_but_ours_removed() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("socket");
        fs::write(&path, "precious").unwrap();
        assert!(refusal(&path).ends_with(" is no socket, and stays"));
        fs::remove_file(&path).unwrap();
        let socket = ControlSocket::open(&place(&path)).unwrap().unwrap();
        fs::remove_file(&path).unwrap();
        fs::write(&path, "another's").unwrap();
        socket.remove().unwrap();
        assert!(path.exists());
    }

    #[test]
    fn a_folder_that_everybody_may_write_to_is_refused_unless_files_there_stay_their_owners() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("socket");
        let set = |mode| fs::set_permissions(folder.path(), fs::Permissions::from_mode(mode)).unwrap();
        set(0o777);
        assert!(refusal(&path).starts_with("everybody may write to "));
        set(0o1777);
        assert_eq!(refusal(&path), "");
    }
}
