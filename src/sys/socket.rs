//! Sockets: listeners, accepted clients, and the datagrams that the daemon's processes send one another.

use std::io::{self, IoSlice, IoSliceMut};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, SocketAddrV4, SocketAddrV6};
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, FromRawFd, OwnedFd, RawFd};

use nix::cmsg_space;
use nix::sys::socket::{
    self as net, AddressFamily, Backlog, ControlMessage, ControlMessageOwned, MsgFlags, SockFlag, SockType,
    SockaddrStorage, UnixAddr, sockopt,
};

use super::{GroupId, ProcessId, UserId};

/// Who sent a datagram, by the kernel's word (SO_PASSCRED, unix(7)).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sender {
    /// The sending process.
    pub pid: ProcessId,
    /// Its uid at that moment.
    pub uid: UserId,
    /// Its gid at that moment.
    pub gid: GroupId,
}

/// A datagram that arrived.
#[derive(Debug)]
pub struct Received {
    /// Bytes in the buffer; 0 on a sequenced-packet socket means that the other end is gone.
    pub length: usize,
    /// The datagram, or its descriptors, did not fit.
    pub truncated: bool,
    /// With SO_PASSCRED set on the receiving end.
    pub sender: Option<Sender>,
    /// Passed by SCM_RIGHTS, close-on-exec.
    pub descriptors: Vec<OwnedFd>,
}

/// Most descriptors that one message carries here.
const DESCRIPTORS_MAX: usize = 4;

/// Two connected datagram sockets: boundaries kept, no end of file, nothing to break.
pub fn datagram_pair() -> io::Result<(OwnedFd, OwnedFd)> {
    Ok(net::socketpair(AddressFamily::Unix, SockType::Datagram, None, SockFlag::SOCK_CLOEXEC)?)
}

/// Two connected sequenced-packet sockets: boundaries kept, and an end of file when the peer has gone.
pub fn seqpacket_pair() -> io::Result<(OwnedFd, OwnedFd)> {
    Ok(net::socketpair(AddressFamily::Unix, SockType::SeqPacket, None, SockFlag::SOCK_CLOEXEC)?)
}

/// Has the kernel add the sender's credentials to what arrives here.
pub fn pass_credentials(socket: BorrowedFd<'_>) -> io::Result<()> {
    Ok(net::setsockopt(&socket, sockopt::PassCred, &true)?)
}

/// Sends one whole datagram; never raises SIGPIPE. Without `wait` a full queue is `WouldBlock`.
pub fn send(
    socket: BorrowedFd<'_>,
    bytes: &[u8],
    descriptors: &[BorrowedFd<'_>],
    wait: bool,
) -> io::Result<()> {
    let raw: Vec<RawFd> = descriptors.iter().map(|d| d.as_raw_fd()).collect();
    let rights = [ControlMessage::ScmRights(&raw)];
    let control: &[ControlMessage<'_>] = if raw.is_empty() { &[] } else { &rights };
    let flags = if wait { MsgFlags::MSG_NOSIGNAL } else { MsgFlags::MSG_NOSIGNAL | MsgFlags::MSG_DONTWAIT };
    let sent = net::sendmsg::<UnixAddr>(socket.as_raw_fd(), &[IoSlice::new(bytes)], control, flags, None)?;
    if sent == bytes.len() { Ok(()) } else { Err(io::ErrorKind::WriteZero.into()) }
}

/// Receives one datagram with whatever travelled with it.
pub fn receive(socket: BorrowedFd<'_>, buffer: &mut [u8], wait: bool) -> io::Result<Received> {
    let mut space = cmsg_space!([RawFd; DESCRIPTORS_MAX], net::UnixCredentials);
    let mut parts = [IoSliceMut::new(buffer)];
    let wait = if wait { MsgFlags::empty() } else { MsgFlags::MSG_DONTWAIT };
    let flags = wait | MsgFlags::MSG_CMSG_CLOEXEC;
    let message = net::recvmsg::<UnixAddr>(socket.as_raw_fd(), &mut parts, Some(&mut space), flags)?;
    let mut received = Received {
        length: message.bytes,
        truncated: message.flags.intersects(MsgFlags::MSG_TRUNC | MsgFlags::MSG_CTRUNC),
        sender: None,
        descriptors: Vec::new(),
    };
    // cmsgs() fails only on MSG_CTRUNC; the descriptors that did fit are then closed by the kernel at receipt.
    if let Ok(controls) = message.cmsgs() {
        controls.for_each(|control| received.take(control));
    }
    Ok(received)
}

impl Received {
    fn take(&mut self, control: ControlMessageOwned) {
        match control {
            ControlMessageOwned::ScmRights(raw) => {
                // SAFETY: the kernel has just made these descriptors for this process; nobody else knows them.
                self.descriptors.extend(raw.into_iter().map(|fd| unsafe { OwnedFd::from_raw_fd(fd) }));
            }
            ControlMessageOwned::ScmCredentials(who) => {
                self.sender = Some(Sender {
                    pid: ProcessId(who.pid()),
                    uid: UserId(who.uid()),
                    gid: GroupId(who.gid()),
                });
            }
            _ => {}
        }
    }
}

/// A listening TCP socket: nonblocking, close-on-exec, SO_REUSEADDR; IPv6 sockets take IPv6 alone.
pub fn listen(address: SocketAddr, backlog: i32) -> io::Result<OwnedFd> {
    let socket = bound(address)?;
    let most = Backlog::new(backlog.clamp(1, Backlog::MAXCONN.into())).unwrap_or(Backlog::MAXCONN);
    net::listen(&socket, most)?;
    Ok(socket)
}

/// A TCP socket bound to `address`, not yet listening or connected; nonblocking.
pub fn bound(address: SocketAddr) -> io::Result<OwnedFd> {
    let family = if address.is_ipv4() { AddressFamily::Inet } else { AddressFamily::Inet6 };
    let flags = SockFlag::SOCK_CLOEXEC | SockFlag::SOCK_NONBLOCK;
    let socket = net::socket(family, SockType::Stream, flags, None)?;
    net::setsockopt(&socket, sockopt::ReuseAddr, &true)?;
    if address.is_ipv6() {
        net::setsockopt(&socket, sockopt::Ipv6V6Only, &true)?;
    }
    net::bind(socket.as_raw_fd(), &SockaddrStorage::from(address))?;
    Ok(socket)
}

/// Begins to connect a bound, nonblocking socket; `Ok(false)` means that it is under way (wait for writability).
pub fn connect(socket: BorrowedFd<'_>, address: SocketAddr) -> io::Result<bool> {
    match net::connect(socket.as_raw_fd(), &SockaddrStorage::from(address)) {
        Ok(()) => Ok(true),
        Err(nix::Error::EINPROGRESS) => Ok(false),
        Err(error) => Err(error.into()),
    }
}

/// The error a nonblocking connect ended with, if it failed (SO_ERROR).
pub fn connect_outcome(socket: BorrowedFd<'_>) -> io::Result<()> {
    match net::getsockopt(&socket, sockopt::SocketError)? {
        0 => Ok(()),
        error => Err(io::Error::from_raw_os_error(error)),
    }
}

/// Accepts one client: nonblocking, close-on-exec. `WouldBlock` when another took it.
pub fn accept(listener: BorrowedFd<'_>) -> io::Result<(OwnedFd, SocketAddr)> {
    let flags = SockFlag::SOCK_CLOEXEC | SockFlag::SOCK_NONBLOCK;
    let raw = net::accept4(listener.as_raw_fd(), flags)?;
    // SAFETY: accept4 has just made this descriptor; nobody else knows it.
    let socket = unsafe { OwnedFd::from_raw_fd(raw) };
    let peer = peer_address(socket.as_fd())?;
    Ok((socket, peer))
}

/// The address this end is bound to (getsockname(2)).
pub fn local_address(socket: BorrowedFd<'_>) -> io::Result<SocketAddr> {
    internet(&net::getsockname::<SockaddrStorage>(socket.as_raw_fd())?)
}

/// The address of the other end (getpeername(2)).
pub fn peer_address(socket: BorrowedFd<'_>) -> io::Result<SocketAddr> {
    internet(&net::getpeername::<SockaddrStorage>(socket.as_raw_fd())?)
}

fn internet(address: &SockaddrStorage) -> io::Result<SocketAddr> {
    if let Some(v4) = address.as_sockaddr_in() {
        return Ok(SocketAddr::V4(SocketAddrV4::new(v4.ip(), v4.port())));
    }
    let v6 = address.as_sockaddr_in6().ok_or(io::ErrorKind::Unsupported)?;
    Ok(SocketAddr::V6(SocketAddrV6::new(v6.ip(), v6.port(), v6.flowinfo(), v6.scope_id())))
}

/// The same address, an IPv4 one where it is IPv4 in IPv6 clothes.
pub fn unmapped(address: IpAddr) -> IpAddr {
    address.to_canonical()
}

/// The wildcard of an address's family.
pub fn wildcard(address: IpAddr) -> IpAddr {
    if address.is_ipv4() { Ipv4Addr::UNSPECIFIED.into() } else { Ipv6Addr::UNSPECIFIED.into() }
}

/// Sends small segments at once (TCP_NODELAY, tcp(7)).
pub fn set_nodelay(socket: BorrowedFd<'_>, on: bool) -> io::Result<()> {
    Ok(net::setsockopt(&socket, sockopt::TcpNoDelay, &on)?)
}

/// Has the kernel probe a silent peer (SO_KEEPALIVE, socket(7)).
pub fn set_keepalive(socket: BorrowedFd<'_>, on: bool) -> io::Result<()> {
    Ok(net::setsockopt(&socket, sockopt::KeepAlive, &on)?)
}

/// Takes urgent data in line, so that Telnet's Synch (RFC 959 §4.1.3, ABOR) arrives with the rest.
pub fn set_urgent_inline(socket: BorrowedFd<'_>, on: bool) -> io::Result<()> {
    Ok(net::setsockopt(&socket, sockopt::OobInline, &on)?)
}

/// Says how long close(2) may try to deliver what is left (SO_LINGER); `None` leaves it to the kernel.
pub fn set_linger(socket: BorrowedFd<'_>, seconds: Option<u16>) -> io::Result<()> {
    let linger =
        nix::libc::linger { l_onoff: seconds.is_some().into(), l_linger: seconds.unwrap_or_default().into() };
    Ok(net::setsockopt(&socket, sockopt::Linger, &linger)?)
}

/// Says that no more will be sent; the other direction goes on.
pub fn finish_sending(socket: BorrowedFd<'_>) -> io::Result<()> {
    Ok(net::shutdown(socket.as_raw_fd(), net::Shutdown::Write)?)
}

/// Looks at what has arrived without taking it; 0 is the peer's end of file.
pub fn peek(socket: BorrowedFd<'_>, buffer: &mut [u8]) -> io::Result<usize> {
    Ok(net::recv(socket.as_raw_fd(), buffer, MsgFlags::MSG_PEEK | MsgFlags::MSG_DONTWAIT)?)
}

/// Reads from a connected socket without waiting.
pub fn read(socket: BorrowedFd<'_>, buffer: &mut [u8]) -> io::Result<usize> {
    Ok(net::recv(socket.as_raw_fd(), buffer, MsgFlags::MSG_DONTWAIT)?)
}

/// Writes to a connected socket without waiting; never raises SIGPIPE.
pub fn write(socket: BorrowedFd<'_>, bytes: &[u8]) -> io::Result<usize> {
    Ok(net::send(socket.as_raw_fd(), bytes, MsgFlags::MSG_NOSIGNAL | MsgFlags::MSG_DONTWAIT)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_datagram_brings_its_descriptor_and_its_sender() {
        let (near, far) = datagram_pair().unwrap();
        pass_credentials(far.as_fd()).unwrap();
        let (reply, answer) = seqpacket_pair().unwrap();
        send(near.as_fd(), b"question", &[reply.as_fd()], false).unwrap();
        let mut buffer = [0; 32];
        let received = receive(far.as_fd(), &mut buffer, false).unwrap();
        assert_eq!(&buffer[..received.length], b"question");
        assert_eq!(received.sender.unwrap().pid, ProcessId(std::process::id() as i32));
        drop(reply);
        send(received.descriptors[0].as_fd(), b"answer", &[], false).unwrap();
        drop(received);
        assert_eq!(receive(answer.as_fd(), &mut buffer, false).unwrap().length, 6);
        assert_eq!(receive(answer.as_fd(), &mut buffer, false).unwrap().length, 0);
    }

    #[test]
    fn a_record_that_does_not_fit_is_marked() {
        let (near, far) = datagram_pair().unwrap();
        send(near.as_fd(), &[7; 64], &[], false).unwrap();
        assert!(receive(far.as_fd(), &mut [0; 16], false).unwrap().truncated);
        assert_eq!(receive(far.as_fd(), &mut [0; 16], false).unwrap_err().kind(), io::ErrorKind::WouldBlock);
    }
}
