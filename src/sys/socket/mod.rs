//! Sockets of every kind: what each can be told, and bytes read and written without waiting.

use std::io;
use std::os::fd::{AsRawFd, BorrowedFd};

use nix::libc;
use nix::sys::socket::SockaddrLike;
use nix::sys::socket::{self as net, AddressFamily, MsgFlags, SockaddrStorage, sockopt};

mod internet;
mod local;
mod records;
mod tuning;

pub use internet::{
    accept, adopted, allow_used_ports, begin_to_listen, bind, bound, bound_to_connect, cease_to_listen,
    connect, connect_outcome, handed, listen, local_address, prepare_for_control, unbound, unmapped,
};
pub use local::{LocalPeer, accept_local, connect_to, listen_at, local_peer};
pub use records::{Received, Sender, datagram_pair, pass_credentials, receive, send, seqpacket_pair};
pub use tuning::{Probes, Tuning};

/// Whether a descriptor is a local socket (SO_DOMAIN, socket(7)). One that is another socket is told not to linger, so that
/// closing it cannot block.
pub fn is_local(descriptor: BorrowedFd<'_>) -> bool {
    let is_unix = matches!(net::getsockname::<SockaddrStorage>(descriptor.as_raw_fd()),
        Ok(address) if address.family() == Some(AddressFamily::Unix));
    if !is_unix {
        let _ = set_linger(descriptor, None);
    }
    is_unix
}

/// Lets `bytes` wait in what this socket sends, or as many as the system grants (socket(7): the limit holds without
/// CAP_NET_ADMIN).
pub fn widen(socket: BorrowedFd<'_>, bytes: usize) -> io::Result<()> {
    net::setsockopt(&socket, sockopt::SndBufForce, &bytes)
        .or_else(|_| net::setsockopt(&socket, sockopt::SndBuf, &bytes))?;
    Ok(())
}

/// Says how long close(2) may try to deliver what is left (SO_LINGER); `None` leaves it to the kernel.
pub fn set_linger(socket: BorrowedFd<'_>, seconds: Option<u16>) -> io::Result<()> {
    let linger =
        libc::linger { l_onoff: seconds.is_some().into(), l_linger: seconds.unwrap_or_default().into() };
    Ok(net::setsockopt(&socket, sockopt::Linger, &linger)?)
}

/// Looks at what has arrived without taking it; 0 is the peer's end of file.
pub fn peek(socket: BorrowedFd<'_>, buffer: &mut [u8]) -> io::Result<usize> {
    Ok(net::recv(socket.as_raw_fd(), buffer, MsgFlags::MSG_PEEK | MsgFlags::MSG_DONTWAIT)?)
}

/// The length of the datagram that waits; 0 at the end of a sequenced-packet socket. `WouldBlock` when nothing waits.
pub fn waiting(socket: BorrowedFd<'_>) -> io::Result<usize> {
    let look = MsgFlags::MSG_PEEK | MsgFlags::MSG_TRUNC | MsgFlags::MSG_DONTWAIT;
    Ok(net::recv(socket.as_raw_fd(), &mut [], look)?)
}

/// Reads from a connected socket without waiting.
pub fn read(socket: BorrowedFd<'_>, buffer: &mut [u8]) -> io::Result<usize> {
    Ok(net::recv(socket.as_raw_fd(), buffer, MsgFlags::MSG_DONTWAIT)?)
}

/// Writes to a connected socket without waiting; never raises SIGPIPE.
pub fn write(socket: BorrowedFd<'_>, bytes: &[u8]) -> io::Result<usize> {
    Ok(net::send(socket.as_raw_fd(), bytes, MsgFlags::MSG_NOSIGNAL | MsgFlags::MSG_DONTWAIT)?)
}

/// The same where the socket will be closed next: what does not fill a segment leaves with the end of the connection (MSG_MORE,
/// send(2)).
pub fn write_last(socket: BorrowedFd<'_>, bytes: &[u8]) -> io::Result<usize> {
    let flags = MsgFlags::MSG_NOSIGNAL | MsgFlags::MSG_DONTWAIT | MsgFlags::from_bits_retain(libc::MSG_MORE);
    Ok(net::send(socket.as_raw_fd(), bytes, flags)?)
}
