//! What sessions are counted by: numbers that mean the same in every process, generation and release.

use std::net::IpAddr;

/// What an account is counted by: FNV-1a (64 bit) over the virtual host's index and the name. The same in every process and
/// every release, since an upgraded master goes on counting by it; never 0, which means "none" in a place.
pub fn account_key(server: u16, name: &[u8]) -> u64 {
    fnv(server.to_le_bytes().iter().chain(name))
}

/// What a client's host is counted by; an IPv4 address means the same when it comes mapped into IPv6. Never 0.
pub fn host_key(host: IpAddr) -> u64 {
    match host.to_canonical() {
        IpAddr::V4(v4) => fnv(v4.octets().iter()),
        IpAddr::V6(v6) => fnv(v6.octets().iter()),
    }
}

/// What a class is counted by: its name, which means the same across reloads. Never 0, which means "none".
pub fn class_key(name: &[u8]) -> u64 {
    fnv(name.iter())
}

fn fnv<'a>(bytes: impl Iterator<Item = &'a u8>) -> u64 {
    bytes
        .fold(0xcbf2_9ce4_8422_2325, |hash: u64, byte| {
            (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3)
        })
        .max(1)
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use super::*;

    #[test]
    fn a_mapped_address_is_the_same_host() {
        let v4 = Ipv4Addr::new(192, 0, 2, 7);
        assert_eq!(host_key(IpAddr::V4(v4)), host_key(IpAddr::V6(v4.to_ipv6_mapped())));
        assert_ne!(host_key(IpAddr::V4(v4)), host_key(IpAddr::V4(Ipv4Addr::new(192, 0, 2, 8))));
        assert_ne!(account_key(0, b"demo"), account_key(1, b"demo"));
    }
}
