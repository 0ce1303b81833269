//! The header by which a proxy says who its client is, before anything else on the connection (HAProxy's PROXY protocol, §2.1 the
//! human-readable and §2.2 the binary form). Only TCP's two families are clients of ours.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::str::FromStr;

/// The longest line of the first version, its end included (§2.1).
const LINE_MOST: usize = 107;
/// What every header of the second version begins with (§2.2).
const SIGNATURE: &[u8; 12] = b"\r\n\r\n\0\r\nQUIT\n";
/// Up to where the second version says how long it is.
const FIXED: usize = 16;
/// The longest header that is read; what a proxy adds to the addresses is passed over.
pub const HEADER_MOST: usize = 2048;

/// Which form.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Version {
    /// A line of text.
    One,
    /// Binary.
    Two,
}

/// The two ends of the connection that the proxy passes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ends {
    /// The client's.
    pub client: SocketAddr,
    /// What the client has connected to.
    pub server: SocketAddr,
}

/// What the first bytes of a connection are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Header {
    /// The beginning of a header.
    Begun,
    /// A header of so many bytes.
    Whole {
        /// What follows them is the client's.
        length: usize,
        /// Its form.
        version: Version,
        /// None where the proxy speaks for itself (a health check), or does not know.
        ends: Option<Ends>,
    },
    /// No header.
    Wrong,
}

impl Header {
    /// Reads what has come of a connection.
    pub fn read(bytes: &[u8]) -> Header {
        let found = if bytes.starts_with(b"P") { line(bytes) } else { binary(bytes) };
        found.unwrap_or(Header::Wrong)
    }
}

/// `PROXY TCP4 CLIENT SERVER CLIENTPORT SERVERPORT`, or `PROXY UNKNOWN` and anything.
fn line(bytes: &[u8]) -> Option<Header> {
    let Some(end) = bytes.iter().take(LINE_MOST).position(|byte| *byte == b'\n') else {
        let begins = bytes.len() < LINE_MOST && bytes.iter().zip(b"PROXY ").all(|(is, wanted)| is == wanted);
        return begins.then_some(Header::Begun);
    };
    let text = std::str::from_utf8(&bytes[..end]).ok()?.strip_suffix('\r')?;
    let words: Vec<&str> = text.split(' ').collect();
    let ends = match words[..] {
        ["PROXY", "UNKNOWN", ..] => None,
        ["PROXY", "TCP4", client, server, port, server_port] => Some(Ends {
            client: address::<Ipv4Addr>(client, port)?,
            server: address::<Ipv4Addr>(server, server_port)?,
        }),
        ["PROXY", "TCP6", client, server, port, server_port] => Some(Ends {
            client: address::<Ipv6Addr>(client, port)?,
            server: address::<Ipv6Addr>(server, server_port)?,
        }),
        _ => return None,
    };
    whole(end + 1, Version::One, ends)
}

/// Ports have no sign and no zeros before them (§2.1).
fn address<Ip: FromStr + Into<IpAddr>>(ip: &str, port: &str) -> Option<SocketAddr> {
    let number = port.parse::<u16>().ok().filter(|number| number.to_string() == port)?;
    Some(SocketAddr::new(ip.parse::<Ip>().ok()?.into(), number))
}

fn binary(bytes: &[u8]) -> Option<Header> {
    if !bytes.iter().zip(SIGNATURE).all(|(is, wanted)| is == wanted) {
        return None;
    }
    let Some((fixed, rest)) = bytes.split_at_checked(FIXED) else { return Some(Header::Begun) };
    let length = FIXED + usize::from(u16::from_be_bytes([fixed[14], fixed[15]]));
    if length > HEADER_MOST {
        return None;
    }
    let Some(addresses) = rest.get(..length - FIXED) else { return Some(Header::Begun) };
    let ends = match (fixed[12], fixed[13]) {
        // LOCAL; and a client whose family the proxy does not tell.
        (0x20, _) | (0x21, 0x00) => None,
        (0x21, 0x11) => Some(ends_of::<4>(addresses)?),
        (0x21, 0x21) => Some(ends_of::<16>(addresses)?),
        _ => return None,
    };
    whole(length, Version::Two, ends)
}

/// Client's address, server's address, client's port, server's port (§2.2).
fn ends_of<const BYTES: usize>(addresses: &[u8]) -> Option<Ends>
where
    IpAddr: From<[u8; BYTES]>,
{
    let end = |number: usize| {
        let ip: [u8; BYTES] = addresses.get(number * BYTES..(number + 1) * BYTES)?.try_into().ok()?;
        let port = addresses.get(2 * BYTES + 2 * number..2 * BYTES + 2 * number + 2)?;
        Some(SocketAddr::new(ip.into(), u16::from_be_bytes([port[0], port[1]])))
    };
    Some(Ends { client: end(0)?, server: end(1)? })
}

fn whole(length: usize, version: Version, ends: Option<Ends>) -> Option<Header> {
    let is_nobodys = |address: SocketAddr| {
        // An IPv4 address in IPv6 clothes is taken for what it is from here on.
        let address = address.ip().to_canonical();
        address.is_unspecified() || address.is_multicast()
    };
    (!ends.is_some_and(|ends| is_nobodys(ends.client))).then_some(Header::Whole { length, version, ends })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Both ends, with a blank between them; nothing for a proxy that speaks for itself.
    fn told(version: Version, length: usize, ends: &str) -> Header {
        let ends = ends.split_once(' ').map(|(client, server)| Ends {
            client: client.parse().unwrap(),
            server: server.parse().unwrap(),
        });
        Header::Whole { length, version, ends }
    }

    fn second(command: u8, family: u8, addresses: &[u8]) -> Vec<u8> {
        let length = (addresses.len() as u16).to_be_bytes();
        [&SIGNATURE[..], &[command, family], &length, addresses].concat()
    }

    #[test]
    fn lines_are_read() {
        for (text, wanted) in [
            ("PROXY TCP4 192.0.2.7 10.0.0.1 5000 21\r\n", "192.0.2.7:5000 10.0.0.1:21"),
            ("PROXY TCP6 2001:db8::7 2001:db8::1 5000 21\r\n", "[2001:db8::7]:5000 [2001:db8::1]:21"),
            ("PROXY UNKNOWN\r\n", ""),
            ("PROXY UNKNOWN a b c\r\n", ""),
        ] {
            let whole = told(Version::One, text.len(), wanted);
            assert_eq!(Header::read(text.as_bytes()), whole, "{text}");
            assert_eq!(Header::read([text, "USER x\r\n"].concat().as_bytes()), whole, "{text}");
            for end in 0..text.len() {
                assert_eq!(Header::read(&text.as_bytes()[..end]), Header::Begun, "{}", &text[..end]);
            }
        }
    }

    #[test]
    fn what_is_no_line_is_refused() {
        for text in [
            "USER alice\r\n",
            "PROXX",
            "PROXY TCP4 192.0.2.7 10.0.0.1 5000 21\n",
            "PROXY TCP4 192.0.2.7 10.0.0.1 5000\r\n",
            "PROXY TCP4 192.0.2.7 10.0.0.1 05000 21\r\n",
            "PROXY TCP4 192.0.2.7 10.0.0.1 65536 21\r\n",
            "PROXY TCP4 192.0.2.7  10.0.0.1 5000 21\r\n",
            "PROXY TCP4 ::1 10.0.0.1 5000 21\r\n",
            "PROXY TCP4 0.0.0.0 10.0.0.1 5000 21\r\n",
            "PROXY TCP4 224.0.0.1 10.0.0.1 5000 21\r\n",
            "PROXY TCP6 ::ffff:0.0.0.0 2001:db8::1 5000 21\r\n",
            "PROXY TCP6 ::ffff:224.0.0.1 2001:db8::1 5000 21\r\n",
            "PROXY UDP4 192.0.2.7 10.0.0.1 5000 21\r\n",
            "proxy UNKNOWN\r\n",
        ] {
            assert_eq!(Header::read(text.as_bytes()), Header::Wrong, "{text}");
        }
        let long = [b"PROXY UNKNOWN ".to_vec(), vec![b'x'; LINE_MOST], b"\r\n".to_vec()].concat();
        assert_eq!(Header::read(&long), Header::Wrong);
    }

    #[test]
    fn binary_headers_are_read() {
        let four = [192, 0, 2, 7, 10, 0, 0, 1, 0x13, 0x88, 0, 21];
        let mut six = [0; 36];
        six[..2].copy_from_slice(&[0x20, 0x01]);
        six[32..34].copy_from_slice(&[0x13, 0x88]);
        let with_more = [&four[..], &[4, 0, 1, 0]].concat();
        for (bytes, wanted) in [
            (second(0x21, 0x11, &four), "192.0.2.7:5000 10.0.0.1:21"),
            (second(0x21, 0x11, &with_more), "192.0.2.7:5000 10.0.0.1:21"),
            (second(0x21, 0x21, &six), "[2001::]:5000 [::]:0"),
            (second(0x20, 0x00, &[]), ""),
            (second(0x20, 0x11, &four), ""),
            (second(0x21, 0x00, &[1, 2, 3]), ""),
        ] {
            assert_eq!(Header::read(&bytes), told(Version::Two, bytes.len(), wanted));
            for end in 0..bytes.len() {
                assert_eq!(Header::read(&bytes[..end]), Header::Begun, "{end}");
            }
        }
        for wrong in [
            second(0x21, 0x11, &four[..11]),
            second(0x21, 0x21, &six[..35]),
            second(0x21, 0x12, &four),
            second(0x22, 0x11, &four),
            second(0x11, 0x11, &four),
            second(0x21, 0x11, &[0; 12]),
            second(0x21, 0x11, &[1; HEADER_MOST]),
            b"\r\n\r\nUSER".to_vec(),
        ] {
            assert_eq!(Header::read(&wrong), Header::Wrong, "{wrong:?}");
        }
    }

    proptest! {
        #[test]
        fn no_bytes_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200), family: u8, command: u8) {
            let _ = Header::read(&bytes);
            let _ = Header::read(&second(command, family, &bytes));
            let _ = Header::read(&[b"PROXY ", bytes.as_slice()].concat());
        }
    }
}
