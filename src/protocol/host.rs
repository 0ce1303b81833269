//! What HOST names (RFC 7151 §3.1): a server by name, or an address.

use std::net::{IpAddr, Ipv6Addr};

use super::reply::Reply;

/// A host that a client asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum HostName {
    /// As it was written: any bytes, which some server may be called by.
    Name(String),
    /// `127.0.0.1` or `[::1]`.
    Address(IpAddr),
}

impl HostName {
    /// Reads HOST's argument. Colons stand in addresses alone, and those in brackets.
    pub fn read(text: &[u8]) -> Result<HostName, Reply> {
        let given = String::from_utf8_lossy(text);
        let within = given.strip_prefix('[').map(|rest| rest.strip_suffix(']').unwrap_or_default());
        let not_v6 = || Reply::about(501, text, "Invalid IPv6 address provided");
        match (within, given.parse::<IpAddr>()) {
            (Some(within), _) => {
                let address = within.parse::<Ipv6Addr>().map_err(|_| not_v6())?;
                Ok(HostName::Address(address.to_canonical()))
            }
            (None, Ok(IpAddr::V6(_))) => Err(not_v6()),
            (None, Ok(address)) => Ok(HostName::Address(address)),
            (None, Err(_)) if given.contains(':') => {
                Err(Reply::about(501, text, "Invalid hostname provided"))
            }
            (None, Err(_)) => Ok(HostName::Name(given.into_owned())),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use super::*;

    #[test]
    fn hosts_are_names_or_addresses() {
        assert_eq!(HostName::read(b"ftp.example"), Ok(HostName::Name("ftp.example".into())));
        assert_eq!(HostName::read(b"127.0.0.1"), Ok(HostName::Address(Ipv4Addr::LOCALHOST.into())));
        assert_eq!(HostName::read(b"[::1]"), Ok(HostName::Address(Ipv6Addr::LOCALHOST.into())));
        assert_eq!(HostName::read(b"[::ffff:127.0.0.1]"), Ok(HostName::Address(Ipv4Addr::LOCALHOST.into())));
        assert_eq!(HostName::read(b"127.0.0.300"), Ok(HostName::Name("127.0.0.300".into())));
        assert_eq!(HostName::read(b"a/\xff*"), Ok(HostName::Name("a/\u{fffd}*".into())));
        for (text, why) in [
            ("[127.0.0.1]", "IPv6 address"),
            ("::1", "IPv6 address"),
            ("[x]", "IPv6 address"),
            ("[::1", "IPv6 address"),
            ("[", "IPv6 address"),
            ("a:21", "hostname"),
            ("::1]", "hostname"),
        ] {
            let reply = HostName::read(text.as_bytes()).unwrap_err();
            assert_eq!(
                (reply.code, reply.text()),
                (501, format!("{text}: Invalid {why} provided").as_bytes())
            );
        }
    }
}
