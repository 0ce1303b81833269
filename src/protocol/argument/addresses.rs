//! Where a data connection leads: PORT, EPRT, EPSV.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use super::{Argument, Reading, decimal, wrong_count};
use crate::protocol::{Command, EpsvArgument, Reply};

impl Argument<'_> {
    /// PORT's six numbers (RFC 959 §5.3.2). What stands behind them in their word is passed over.
    pub fn host_port(self) -> Reading {
        let refused = || Reply::new(501, "Illegal PORT command");
        let [word] = *self.words() else { return Err(wrong_count()) };
        let mut numbers = [0u8; 6];
        let mut parts = word.splitn(numbers.len(), |byte| *byte == b',');
        for number in &mut numbers[..5] {
            *number = parts.next().and_then(decimal).ok_or_else(refused)?;
        }
        numbers[5] = parts.next().map(leading_digits).and_then(decimal).ok_or_else(refused)?;
        let [a, b, c, d, high, low] = numbers;
        let is_nowhere = [a, b, c, d] == [0; 4] || [high, low] == [0; 2];
        if is_nowhere {
            return Err(refused());
        }
        let address = IpAddr::V4(Ipv4Addr::new(a, b, c, d));
        Ok(Command::Port(SocketAddr::new(address, u16::from_be_bytes([high, low]))))
    }

    /// EPRT's `|1|address|port|` (RFC 2428 §2).
    pub fn extended_port(self) -> Reading {
        let [word @ &[mark, ..]] = *self.words() else { return Err(wrong_count()) };
        let parts: Vec<&[u8]> = word[1..].split(|byte| *byte == mark).collect();
        let is_v4 = match parts.first() {
            Some(&b"1") => true,
            Some(&b"2") => false,
            _ => return Err(Reply::new(522, "Network protocol not supported, use (1,2)")),
        };
        let [_, address, port, b""] = parts.as_slice() else {
            return Err(Reply::new(501, "Illegal EPRT command"));
        };
        let text = std::str::from_utf8(address).unwrap_or_default();
        let address: Option<IpAddr> = match is_v4 {
            true => text.parse::<Ipv4Addr>().ok().map(IpAddr::V4),
            false => text.parse::<Ipv6Addr>().ok().map(IpAddr::V6),
        };
        match (address, decimal::<u16>(port), decimal::<u64>(port)) {
            (Some(address), Some(port), _) => Ok(Command::Eprt(SocketAddr::new(address, port))),
            (Some(_), None, Some(_)) => Err(Reply::new(500, "Illegal EPRT command")),
            _ => Err(Reply::new(501, "Illegal EPRT command")),
        }
    }

    /// EPSV's network protocol, or ALL (RFC 2428 §3). What is more than one word is passed over.
    pub fn extended_passive(self) -> Reading {
        let [word] = *self.words() else { return Ok(Command::Epsv(EpsvArgument::Any)) };
        match word.to_ascii_uppercase().as_slice() {
            b"1" => Ok(Command::Epsv(EpsvArgument::V4)),
            b"2" => Ok(Command::Epsv(EpsvArgument::V6)),
            b"ALL" => Ok(Command::Epsv(EpsvArgument::All)),
            other if decimal::<u128>(other.strip_prefix(b"-").unwrap_or(other)).is_some() => {
                Ok(Command::Epsv(EpsvArgument::Other))
            }
            _ => Err(Reply::new(501, "EPSV: unknown network protocol")),
        }
    }
}

fn leading_digits(text: &[u8]) -> &[u8] {
    let end = text.iter().position(|byte| !byte.is_ascii_digit()).unwrap_or(text.len());
    &text[..end]
}

#[cfg(test)]
mod tests {
    use super::super::testing::argument;
    use super::*;

    #[test]
    fn port_takes_six_small_numbers() {
        let wanted = "127.0.0.1:1025".parse().unwrap();
        for text in ["127,0,0,1,4,1", "127,0,0,1,4,1,7", "127,0,0,1,4,1x", " 127,0,0,1,4,1, "] {
            assert_eq!(argument(text).host_port(), Ok(Command::Port(wanted)), "{text}");
        }
        for text in [
            "",
            "1,2,3",
            "1,2,3,4,5,256",
            "1,2,3,4,5,",
            "1,2,3,4,5,x",
            "+1,2,3,4,5,6",
            "1,2,3,4,5, 6",
            "a",
            "0,0,0,0,9,9",
            "1,2,3,4,0,0",
        ] {
            assert_eq!(argument(text).host_port().unwrap_err().code, 501, "{text}");
        }
    }

    #[test]
    fn eprt_takes_any_mark() {
        let v4 = "10.0.0.1:99".parse().unwrap();
        let v6 = "[::1]:99".parse().unwrap();
        assert_eq!(argument("|1|10.0.0.1|99|").extended_port(), Ok(Command::Eprt(v4)));
        assert_eq!(argument("!2!::1!99!").extended_port(), Ok(Command::Eprt(v6)));
        for (text, code) in [
            ("", 501),
            ("|3|x|9|", 522),
            ("|1|::1|9|", 501),
            ("|1|1.1.1.1|65536|", 500),
            ("|1|1.1.1.1|-1|", 501),
            ("|1|1.1.1.1|9", 501),
            ("bad", 522),
        ] {
            assert_eq!(argument(text).extended_port().unwrap_err().code, code, "{text}");
        }
    }
}
