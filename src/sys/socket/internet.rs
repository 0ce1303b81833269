//! Sockets of the internet: listeners, connections made and accepted, and their addresses.

use std::io;
use std::net::{IpAddr, SocketAddr, SocketAddrV4, SocketAddrV6};
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, FromRawFd, OwnedFd};

use nix::libc;
use nix::sys::socket::SockaddrLike;
use nix::sys::socket::{self as net, AddressFamily, Backlog, SockFlag, SockType, SockaddrStorage, sockopt};

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

/// A TCP socket bound to `address`, not yet listening; nonblocking. Refused where somebody listens.
pub fn bound(address: SocketAddr) -> io::Result<OwnedFd> {
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

/// What a socket that somebody else opened listens to; an error says what else it is. It waits no more when asked, and IPv6 alone is
/// told from both families by the flag (IPV6_V6ONLY, ipv6(7)).
pub fn adopted(socket: BorrowedFd<'_>) -> io::Result<(SocketAddr, bool)> {
    let is_stream = net::getsockopt(&socket, sockopt::SockType)? == SockType::Stream;
    if !is_stream || !net::getsockopt(&socket, sockopt::AcceptConn)? {
        return Err(io::Error::other("it listens to no connections"));
    }
    let address = local_address(socket)?;
    nix::fcntl::fcntl(socket, nix::fcntl::FcntlArg::F_SETFL(nix::fcntl::OFlag::O_NONBLOCK))?;
    let takes_both = address.is_ipv6() && !net::getsockopt(&socket, sockopt::Ipv6V6Only)?;
    Ok((address, takes_both))
}

/// The other end of a connection that somebody else accepted, made what an accepted one of ours is: nonblocking, closed at an exec, and
/// with what control connections need. An error says what else it is.
pub fn handed(socket: BorrowedFd<'_>) -> io::Result<SocketAddr> {
    let is_stream = net::getsockopt(&socket, sockopt::SockType)? == SockType::Stream;
    if !is_stream || net::getsockopt(&socket, sockopt::AcceptConn)? {
        return Err(io::Error::other("it is no connection"));
    }
    let peer = internet(&net::getpeername::<SockaddrStorage>(socket.as_raw_fd())?)?;
    nix::fcntl::fcntl(socket, nix::fcntl::FcntlArg::F_SETFL(nix::fcntl::OFlag::O_NONBLOCK))?;
    prepare_for_control(socket)?;
    Ok(peer)
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

#[cfg(test)]
mod tests {
    use super::*;

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
}
