//! Sockets of this host, with a name in the file system: listeners, connections, and who is at the other end.

use std::io;
use std::os::fd::{AsRawFd, BorrowedFd, FromRawFd, OwnedFd};
use std::path::Path;

use nix::libc;
use nix::sys::socket::{self as net, AddressFamily, Backlog, SockFlag, SockType, UnixAddr, sockopt};
use nix::sys::stat::{Mode, fchmod};

use crate::sys::{GroupId, ProcessId, UserId};

/// Most groups of a peer that are asked for: as many as a process can have (NGROUPS_MAX).
const GROUPS_MOST: usize = 65_536;

/// Who is at the other end, as the kernel noted it when the connection was made (SO_PEERCRED, SO_PEERGROUPS; unix(7)).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LocalPeer {
    /// Its process; another may have the number by now.
    pub pid: ProcessId,
    /// Its user.
    pub uid: UserId,
    /// Its groups, the first of them its own.
    pub groups: Vec<GroupId>,
}

/// A listening stream socket at a path where nothing may be yet; nonblocking, close-on-exec. It never has more
/// permissions than `mode`; the umask may leave it fewer.
pub fn listen_at(path: &Path, mode: u32, backlog: i32) -> io::Result<OwnedFd> {
    let socket = unnamed()?;
    fchmod(&socket, Mode::from_bits_truncate(mode))?;
    net::bind(socket.as_raw_fd(), &UnixAddr::new(path)?)?;
    net::listen(&socket, Backlog::new(backlog)?)?;
    Ok(socket)
}

/// A connection to the socket at a path; nonblocking. `WouldBlock` where its listener has as many waiting as it takes.
pub fn connect_to(path: &Path) -> io::Result<OwnedFd> {
    let socket = unnamed()?;
    net::connect(socket.as_raw_fd(), &UnixAddr::new(path)?)?;
    Ok(socket)
}

/// The next connection; nonblocking, close-on-exec. `WouldBlock` when there is none.
pub fn accept_local(listener: BorrowedFd<'_>) -> io::Result<OwnedFd> {
    let descriptor = net::accept4(listener.as_raw_fd(), SockFlag::SOCK_CLOEXEC | SockFlag::SOCK_NONBLOCK)?;
    // SAFETY: the kernel has just made this descriptor; nobody else knows it.
    Ok(unsafe { OwnedFd::from_raw_fd(descriptor) })
}

/// Who is at the other end of a connection.
pub fn local_peer(socket: BorrowedFd<'_>) -> io::Result<LocalPeer> {
    let who = net::getsockopt(&socket, sockopt::PeerCredentials)?;
    let mut groups = vec![GroupId(who.gid())];
    groups.extend(peer_groups(socket)?);
    Ok(LocalPeer { pid: ProcessId(who.pid()), uid: UserId(who.uid()), groups })
}

/// Its supplementary groups; nix knows no SO_PEERGROUPS.
fn peer_groups(socket: BorrowedFd<'_>) -> io::Result<Vec<GroupId>> {
    let mut groups: Vec<libc::gid_t> = vec![0; 64];
    loop {
        let mut length = (groups.len() * size_of::<libc::gid_t>()) as libc::socklen_t;
        // SAFETY: the kernel writes at most `length` bytes, which the vector has; both outlive the call.
        let done = unsafe {
            libc::getsockopt(
                socket.as_raw_fd(),
                libc::SOL_SOCKET,
                libc::SO_PEERGROUPS,
                groups.as_mut_ptr().cast(),
                &raw mut length,
            )
        };
        let count = length as usize / size_of::<libc::gid_t>();
        if done == 0 {
            return Ok(groups.into_iter().take(count).map(GroupId).collect());
        }
        let error = io::Error::last_os_error();
        // ERANGE: the length says how many there are.
        if error.raw_os_error() != Some(libc::ERANGE) || count <= groups.len() || count > GROUPS_MOST {
            return Err(error);
        }
        groups.resize(count, 0);
    }
}

fn unnamed() -> io::Result<OwnedFd> {
    let flags = SockFlag::SOCK_CLOEXEC | SockFlag::SOCK_NONBLOCK;
    Ok(net::socket(AddressFamily::Unix, SockType::Stream, flags, None)?)
}

#[cfg(test)]
mod tests {
    use std::os::fd::AsFd;
    use std::os::unix::fs::PermissionsExt;

    use super::*;
    use crate::sys::{identity, process};

    #[test]
    fn the_other_end_is_known_by_the_kernels_word() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("socket");
        let listener = listen_at(&path, 0o600, 4).unwrap();
        assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(accept_local(listener.as_fd()).unwrap_err().kind(), io::ErrorKind::WouldBlock);
        let _near = connect_to(&path).unwrap();
        let far = accept_local(listener.as_fd()).unwrap();
        let peer = local_peer(far.as_fd()).unwrap();
        let (uid, gid) = identity::own();
        assert_eq!((peer.pid, peer.uid, peer.groups[0]), (process::own(), uid, gid));
        let own = identity::own_groups().unwrap();
        assert!(own.iter().all(|group| peer.groups.contains(group)), "{own:?} {:?}", peer.groups);
    }

    #[test]
    fn a_path_that_is_taken_is_not_taken_twice() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("socket");
        let listener = listen_at(&path, 0o600, 4).unwrap();
        assert!(listen_at(&path, 0o600, 4).is_err());
        drop(listener);
        assert_eq!(connect_to(&path).unwrap_err().kind(), io::ErrorKind::ConnectionRefused);
    }
}
