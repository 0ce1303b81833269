//! The names of addresses, by whatever the host's name service asks (nsswitch.conf(5)): it may take half a minute, so only threads that
//! nobody waits for call this.

use std::ffi::{CStr, c_char};
use std::io;
use std::net::{IpAddr, SocketAddr, ToSocketAddrs};

use nix::libc;
use nix::sys::socket::{SockaddrLike, SockaddrStorage};

/// NI_MAXHOST of netdb.h.
const NAME_ROOM: usize = 1025;

/// What an address calls itself (getnameinfo(3)); whoever owns the address can say anything here.
pub fn claimed_name(address: IpAddr) -> io::Result<Option<Vec<u8>>> {
    let address = SockaddrStorage::from(SocketAddr::new(address, 0));
    let mut name = [0_u8; NAME_ROOM];
    // SAFETY: an address with its true length, room for the name with its true size, no room for a service.
    let code = unsafe {
        libc::getnameinfo(
            address.as_ptr(),
            address.len(),
            name.as_mut_ptr().cast::<c_char>(),
            name.len() as libc::socklen_t,
            std::ptr::null_mut(),
            0,
            libc::NI_NAMEREQD,
        )
    };
    match code {
        0 => Ok(CStr::from_bytes_until_nul(&name).ok().map(|name| name.to_bytes().to_vec())),
        libc::EAI_NONAME => Ok(None),
        _ => Err(io::Error::other("the host's name service failed")),
    }
}

/// The addresses of a name (getaddrinfo(3)).
pub fn addresses(name: &str) -> io::Result<Vec<IpAddr>> {
    Ok((name, 0).to_socket_addrs()?.map(|address| address.ip().to_canonical()).collect())
}
