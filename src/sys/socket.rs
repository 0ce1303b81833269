//! Sockets: listeners, accepted clients, and the datagrams that the daemon's processes send one another.

use std::io::{self, IoSlice};
use std::net::{IpAddr, SocketAddr, SocketAddrV4, SocketAddrV6};
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, FromRawFd, OwnedFd, RawFd};

use nix::libc;
use nix::sys::socket::SockaddrLike;
use nix::sys::socket::{
    self as net, AddressFamily, Backlog, ControlMessage, MsgFlags, SockFlag, SockType, SockaddrStorage,
    UnixAddr, sockopt,
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
/// Room for those and the sender's credentials: a header of 16 bytes each, both data 16 bytes at most, in words of 8.
const CONTROL_WORDS: usize = 8;
const _: () = assert!(DESCRIPTORS_MAX * size_of::<RawFd>() == 16 && size_of::<libc::ucred>() <= 16);

/// Two connected datagram sockets: boundaries kept, no end of file, nothing to break.
pub fn datagram_pair() -> io::Result<(OwnedFd, OwnedFd)> {
    Ok(net::socketpair(AddressFamily::Unix, SockType::Datagram, None, SockFlag::SOCK_CLOEXEC)?)
}

/// Two connected sequenced-packet sockets: boundaries kept, and an end of file when the peer has gone.
pub fn seqpacket_pair() -> io::Result<(OwnedFd, OwnedFd)> {
    Ok(net::socketpair(AddressFamily::Unix, SockType::SeqPacket, None, SockFlag::SOCK_CLOEXEC)?)
}

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

/// Has the kernel add the sender's credentials to what arrives here.
pub fn pass_credentials(socket: BorrowedFd<'_>) -> io::Result<()> {
    Ok(net::setsockopt(&socket, sockopt::PassCred, &true)?)
}

/// Lets `bytes` wait in what this socket sends, or as many as the system grants (socket(7): the limit holds without
/// CAP_NET_ADMIN).
pub fn widen(socket: BorrowedFd<'_>, bytes: usize) -> io::Result<()> {
    net::setsockopt(&socket, sockopt::SndBufForce, &bytes)
        .or_else(|_| net::setsockopt(&socket, sockopt::SndBuf, &bytes))?;
    Ok(())
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

/// Receives one datagram with whatever travelled with it. Descriptors beyond [`DESCRIPTORS_MAX`] never reach this process;
/// nix would leave those that did open and unnamed (its `cmsgs` gives up at MSG_CTRUNC), so that any sender could use up
/// the receiver's table.
pub fn receive(socket: BorrowedFd<'_>, buffer: &mut [u8], wait: bool) -> io::Result<Received> {
    let mut space = [0_u64; CONTROL_WORDS];
    let mut part = libc::iovec { iov_base: buffer.as_mut_ptr().cast(), iov_len: buffer.len() };
    // SAFETY: a header of zeros is one without name, parts or control space.
    let mut header: libc::msghdr = unsafe { std::mem::zeroed() };
    header.msg_iov = &mut part;
    header.msg_iovlen = 1;
    header.msg_control = space.as_mut_ptr().cast();
    header.msg_controllen = size_of_val(&space);
    let flags = libc::MSG_CMSG_CLOEXEC | if wait { 0 } else { libc::MSG_DONTWAIT };
    // SAFETY: the header names one part and one control space, with their true sizes, which outlive the call.
    let length = unsafe { libc::recvmsg(socket.as_raw_fd(), &mut header, flags) };
    let length = usize::try_from(length).map_err(|_| io::Error::last_os_error())?;
    let truncated = header.msg_flags & (libc::MSG_TRUNC | libc::MSG_CTRUNC) != 0;
    let mut received = Received { length, truncated, sender: None, descriptors: Vec::new() };
    // SAFETY: the kernel has filled the header's control space, aligned as its messages are, up to its msg_controllen; the
    // macros stay within it (cmsg(3)).
    unsafe {
        let mut control = libc::CMSG_FIRSTHDR(&header);
        while !control.is_null() {
            received.take(control);
            control = libc::CMSG_NXTHDR(&header, control);
        }
    }
    Ok(received)
}

impl Received {
    /// # Safety
    ///
    /// `control` must be a control message that the kernel has just written, and each may be taken once.
    unsafe fn take(&mut self, control: *const libc::cmsghdr) {
        // SAFETY: by the caller's promise the message is whole: its length counts the header and the data it holds, of the
        // type that its own type names, and its descriptors are new and known to nobody else.
        unsafe {
            let data = libc::CMSG_DATA(control);
            let length = (*control).cmsg_len - libc::CMSG_LEN(0) as usize;
            match ((*control).cmsg_level, (*control).cmsg_type) {
                (libc::SOL_SOCKET, libc::SCM_RIGHTS) => {
                    let first: *const RawFd = data.cast();
                    let raw = (0..length / size_of::<RawFd>()).map(|index| first.add(index).read_unaligned());
                    self.descriptors.extend(raw.map(|fd| OwnedFd::from_raw_fd(fd)));
                }
                (libc::SOL_SOCKET, libc::SCM_CREDENTIALS) if length >= size_of::<libc::ucred>() => {
                    let who: libc::ucred = data.cast::<libc::ucred>().read_unaligned();
                    self.sender =
                        Some(Sender { pid: ProcessId(who.pid), uid: UserId(who.uid), gid: GroupId(who.gid) });
                }
                _ => {}
            }
        }
    }
}

/// A listening TCP socket: nonblocking, close-on-exec, SO_REUSEADDR; IPv6 sockets take IPv6 alone.
pub fn listen(address: SocketAddr, backlog: i32) -> io::Result<OwnedFd> {
    let socket = bound(address)?;
    begin_to_listen(socket.as_fd(), backlog)?;
    Ok(socket)
}

/// A TCP socket bound to `address`, which will connect; nonblocking. Its port is chosen when the other end is known
/// (IP_BIND_ADDRESS_NO_PORT of ip(7)): one that no connection at all has used of late is hard to find on a busy host.
pub fn bound_to_connect(mut address: SocketAddr) -> io::Result<OwnedFd> {
    address.set_port(0);
    let socket = unbound(address)?;
    allow_used_ports(socket.as_fd())?;
    // A kernel that knows no such thing chooses now.
    let _ = net::setsockopt(&socket, sockopt::IpBindAddressNoPort, &true);
    bind(socket.as_fd(), address)?;
    Ok(socket)
}

/// A TCP socket bound to `address`, not yet listening; nonblocking.
fn bound(address: SocketAddr) -> io::Result<OwnedFd> {
    let socket = unbound(address)?;
    allow_used_ports(socket.as_fd())?;
    bind(socket.as_fd(), address)?;
    Ok(socket)
}

/// A TCP socket of an address's family; nonblocking, IPv6 alone where it is IPv6.
pub fn unbound(address: SocketAddr) -> io::Result<OwnedFd> {
    let family = if address.is_ipv4() { AddressFamily::Inet } else { AddressFamily::Inet6 };
    let flags = SockFlag::SOCK_CLOEXEC | SockFlag::SOCK_NONBLOCK;
    let socket = net::socket(family, SockType::Stream, flags, None)?;
    if address.is_ipv6() {
        net::setsockopt(&socket, sockopt::Ipv6V6Only, &true)?;
    }
    Ok(socket)
}

/// Lets a socket have a port on which connections live or have lived, as long as nobody listens there (SO_REUSEADDR, socket(7)).
/// Set after the bind, it lets others in later.
pub fn allow_used_ports(socket: BorrowedFd<'_>) -> io::Result<()> {
    Ok(net::setsockopt(&socket, sockopt::ReuseAddr, &true)?)
}

/// Gives a socket its address.
pub fn bind(socket: BorrowedFd<'_>, address: SocketAddr) -> io::Result<()> {
    Ok(net::bind(socket.as_raw_fd(), &SockaddrStorage::from(address))?)
}

/// Lets clients come to a bound socket.
pub fn begin_to_listen(socket: BorrowedFd<'_>, backlog: i32) -> io::Result<()> {
    let most = Backlog::new(backlog.clamp(1, Backlog::MAXCONN.into())).unwrap_or(Backlog::MAXCONN);
    Ok(net::listen(&socket, most)?)
}

/// Stops listening and keeps the port: who has come or comes is reset (AF_UNSPEC of connect(2)).
pub fn cease_to_listen(socket: BorrowedFd<'_>) -> io::Result<()> {
    let nobody = libc::sockaddr { sa_family: libc::AF_UNSPEC as u16, sa_data: [0; 14] };
    let length = size_of::<libc::sockaddr>() as libc::socklen_t;
    // SAFETY: connect(2) reads `length` bytes of an address, and that many are here.
    match unsafe { libc::connect(socket.as_raw_fd(), &nobody, length) } {
        0 => Ok(()),
        _ => Err(io::Error::last_os_error()),
    }
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

/// Accepts one client: nonblocking, close-on-exec, with its address from the same call. `WouldBlock` when another took it.
pub fn accept(listener: BorrowedFd<'_>) -> io::Result<(OwnedFd, SocketAddr)> {
    let flags = libc::SOCK_CLOEXEC | libc::SOCK_NONBLOCK;
    // SAFETY: an address of zeros is one of no family.
    let mut peer: libc::sockaddr_storage = unsafe { std::mem::zeroed() };
    let mut length = size_of_val(&peer) as libc::socklen_t;
    let address = (&raw mut peer).cast();
    // SAFETY: accept4(2) writes at most `length` bytes of an address, and that many are here.
    let raw = unsafe { libc::accept4(listener.as_raw_fd(), address, &mut length, flags) };
    if raw < 0 {
        return Err(io::Error::last_os_error());
    }
    // SAFETY: accept4 has just made this descriptor; nobody else knows it.
    let socket = unsafe { OwnedFd::from_raw_fd(raw) };
    // SAFETY: the kernel has written `length` bytes of an address of the family that the first of them names.
    let peer = unsafe { SockaddrStorage::from_raw(address, Some(length)) };
    Ok((socket, internet(&peer.ok_or(io::ErrorKind::Unsupported)?)?))
}

/// The address this end is bound to (getsockname(2)).
pub fn local_address(socket: BorrowedFd<'_>) -> io::Result<SocketAddr> {
    internet(&net::getsockname::<SockaddrStorage>(socket.as_raw_fd())?)
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

/// Makes a listener's connections what control connections are to be; they have it from the listener, so no session sets it anew.
/// Small segments leave at once (TCP_NODELAY, tcp(7)), a silent peer is probed (SO_KEEPALIVE, socket(7)), and urgent data is taken
/// in line, so that Telnet's Synch (RFC 959 §4.1.3, ABOR) arrives with the rest (SO_OOBINLINE).
pub fn prepare_for_control(listener: BorrowedFd<'_>) -> io::Result<()> {
    net::setsockopt(&listener, sockopt::TcpNoDelay, &true)?;
    net::setsockopt(&listener, sockopt::KeepAlive, &true)?;
    Ok(net::setsockopt(&listener, sockopt::OobInline, &true)?)
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

#[cfg(test)]
mod tests {
    use std::time::Duration;

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
    fn control_connections_have_from_their_listener_what_they_need() {
        let listener = listen(SocketAddr::from(([127, 0, 0, 1], 0)), 1).unwrap();
        prepare_for_control(listener.as_fd()).unwrap();
        let _client = std::net::TcpStream::connect(local_address(listener.as_fd()).unwrap()).unwrap();
        let (session, _) = accept(listener.as_fd()).unwrap();
        assert!(net::getsockopt(&session, sockopt::TcpNoDelay).unwrap());
        assert!(net::getsockopt(&session, sockopt::KeepAlive).unwrap());
        assert!(net::getsockopt(&session, sockopt::OobInline).unwrap());
    }

    #[test]
    fn a_record_that_does_not_fit_is_marked() {
        let (near, far) = datagram_pair().unwrap();
        send(near.as_fd(), &[7; 64], &[], false).unwrap();
        assert!(receive(far.as_fd(), &mut [0; 16], false).unwrap().truncated);
        assert_eq!(receive(far.as_fd(), &mut [0; 16], false).unwrap_err().kind(), io::ErrorKind::WouldBlock);
    }

    #[test]
    fn no_descriptor_outlives_a_datagram_that_brings_too_many() {
        let (near, far) = datagram_pair().unwrap();
        pass_credentials(far.as_fd()).unwrap();
        for count in [1, 4, 5, 9, 100, 253] {
            let (reader, writer) = io::pipe().unwrap();
            send(near.as_fd(), b"flood", &vec![writer.as_fd(); count], false).unwrap();
            drop(writer);
            let received = receive(far.as_fd(), &mut [0; 16], false).unwrap();
            assert!(received.sender.is_some(), "{count}");
            drop(received);
            let mut waiting = [super::super::poll::Waiting::to_read(reader.as_fd())];
            assert_eq!(
                super::super::poll::wait(&mut waiting, Some(Duration::ZERO)).unwrap(),
                1,
                "{count} leaked"
            );
        }
    }
}
