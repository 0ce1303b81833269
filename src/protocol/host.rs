//! What HOST names (RFC 7151 §3.1): a server by name, or an address.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::reply::Reply;

/// A host that a client asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum HostName {
    /// As it was written, without what no name holds.
    Name(String),
    /// `127.0.0.1` or `[::1]`.
    Address(IpAddr),
}

impl HostName {
    /// Reads HOST's argument. A name is letters, digits, `-`, `_` and dots.
    pub fn read(text: &[u8]) -> Result<HostName, Reply> {
        let within = text.strip_prefix(b"[").and_then(|rest| rest.strip_suffix(b"]"));
        let given = std::str::from_utf8(within.unwrap_or(text)).unwrap_or_default();
        let is_name = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
        let read = match within {
            Some(_) => given.parse::<Ipv6Addr>().ok().map(|address| HostName::Address(address.into())),
            None => match given.parse::<Ipv4Addr>() {
                Ok(address) => Some(HostName::Address(address.into())),
                Err(_) => (!given.is_empty() && given.bytes().all(is_name))
                    .then(|| HostName::Name(given.to_owned())),
            },
        };
        read.ok_or_else(|| HostName::invalid(text))
    }

    /// What is answered to what is no host's name, or an address of another family than the session's.
    pub fn invalid(text: &[u8]) -> Reply {
        Reply::about(501, text, "Invalid hostname provided")
    }
}

impl std::fmt::Display for HostName {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            HostName::Name(name) => f.write_str(name),
            HostName::Address(IpAddr::V4(address)) => address.fmt(f),
            HostName::Address(IpAddr::V6(address)) => write!(f, "[{address}]"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_are_names_or_addresses() {
        assert_eq!(HostName::read(b"ftp.example"), Ok(HostName::Name("ftp.example".into())));
        assert_eq!(HostName::read(b"127.0.0.1"), Ok(HostName::Address(Ipv4Addr::LOCALHOST.into())));
        assert_eq!(HostName::read(b"[::1]"), Ok(HostName::Address(Ipv6Addr::LOCALHOST.into())));
        for text in ["[127.0.0.1]", "::1", "a:21", "a/b", "[x]", "[", "\u{e4}", "a b", ""] {
            assert_eq!(HostName::read(text.as_bytes()).unwrap_err().code, 501, "{text}");
        }
    }
}
