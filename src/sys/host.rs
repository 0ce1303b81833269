//! The machine.

use std::net::IpAddr;

use sha1::Sha1;
use sha2::{Digest, Sha256, Sha512};

/// Its name (gethostname(2)); `localhost` where it has none that is text.
pub fn name() -> String {
    let name = nix::unistd::gethostname().ok().and_then(|name| name.into_string().ok());
    name.filter(|name| !name.is_empty()).unwrap_or_else(|| "localhost".to_owned())
}

/// The ports that the kernel itself would choose from for who asks for any (ip(7)); None where some of them are reserved, or where
/// the kernel does not say.
pub fn local_ports() -> Option<(u16, u16)> {
    let read = |name: &str| std::fs::read_to_string(format!("/proc/sys/net/ipv4/{name}")).ok();
    let range = read("ip_local_port_range")?;
    let (first, last) = range.trim().split_once('\t')?;
    let is_whole = read("ip_local_reserved_ports")?.trim().is_empty();
    is_whole.then_some((first.parse().ok()?, last.parse().ok()?))
}

/// Asks the processor what it can do, once, before any fork: each process that asks anew pays for a dozen CPUID instructions, which
/// trap in a virtual machine (measured: 0.6 ms a session).
pub fn learn_features() {
    #[cfg(target_arch = "x86_64")]
    let _ = std::is_x86_feature_detected!("avx2");
    #[cfg(target_arch = "aarch64")]
    let _ = std::arch::is_aarch64_feature_detected!("neon");
    let _ = memchr::memchr(b'\n', b"a line\n");
    // Each keeps what it finds in a byte of its own.
    let _ = crc32fast::hash(b"");
    let _ = (Sha1::digest(b""), Sha256::digest(b""), Sha512::digest(b""));
}

/// The addresses of a network device, such as `eth0` (getifaddrs(3)).
pub fn device_addresses(name: &str) -> Vec<IpAddr> {
    let Ok(all) = nix::ifaddrs::getifaddrs() else { return Vec::new() };
    let own = all.filter(|device| device.interface_name == name).filter_map(|device| device.address);
    own.filter_map(|address| match (address.as_sockaddr_in(), address.as_sockaddr_in6()) {
        (Some(four), _) => Some(IpAddr::V4(four.ip())),
        (_, Some(six)) => Some(IpAddr::V6(six.ip())),
        _ => None,
    })
    .collect()
}
