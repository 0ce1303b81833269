//! Connections, from an address of ours that the caller chose.

use std::io;
use std::net::{Ipv4Addr, SocketAddrV4, TcpStream};
use std::os::fd::AsRawFd;
use std::time::Duration;

use nix::sys::socket::sockopt::IpBindAddressNoPort;
use nix::sys::socket::{AddressFamily, SockFlag, SockType, SockaddrIn, bind, connect, setsockopt, socket};

pub fn to(address: SocketAddrV4, source: Option<Ipv4Addr>, patience: Duration) -> io::Result<TcpStream> {
    let socket = socket(AddressFamily::Inet, SockType::Stream, SockFlag::SOCK_CLOEXEC, None)?;
    if let Some(source) = source {
        // The port is chosen at the connect, where both ends are known: ports do not run out so soon.
        setsockopt(&socket, IpBindAddressNoPort, &true)?;
        bind(socket.as_raw_fd(), &SockaddrIn::from(SocketAddrV4::new(source, 0)))?;
    }
    let stream = TcpStream::from(socket);
    stream.set_nodelay(true)?;
    stream.set_read_timeout(Some(patience))?;
    stream.set_write_timeout(Some(patience))?;
    connect(stream.as_raw_fd(), &SockaddrIn::from(address))?;
    Ok(stream)
}
