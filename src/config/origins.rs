//! Where clients come from, as operators write it: addresses, networks, patterns and names; `!` before any of them. Read once; a
//! question costs a comparison.

use std::net::IpAddr;

use ipnet::IpNet;

use super::globs::{Case, Glob};

/// A client, as far as its origin can be asked about.
#[derive(Clone, Copy, Debug)]
pub struct Caller<'a> {
    /// Its address; an IPv4 address is never mapped into IPv6.
    pub address: IpAddr,
    /// What its address is called; None where nobody asked, or nobody knew.
    pub name: Option<&'a str>,
}

/// One origin.
#[derive(Clone, Debug)]
pub struct Origin {
    is_negated: bool,
    place: Place,
}

#[derive(Clone, Debug)]
enum Place {
    /// `all` and `none`.
    Constant(bool),
    /// One address, or all of a network.
    Network(IpNet),
    /// `192.168.`: how the address begins.
    Prefix(String),
    /// `.example.com`: how the name ends, in lower case.
    Domain(String),
    /// A whole name, in lower case.
    Name(String),
    /// What the address looks like.
    Addresses(Glob),
    /// What the name looks like.
    Names(Glob),
    /// What one of them looks like.
    Either(Glob),
}

impl Origin {
    /// Reads one; Err is the sentence for the operator.
    pub fn read(text: &str) -> Result<Origin, String> {
        let (is_negated, bare) = match text.strip_prefix('!') {
            Some(bare) => (true, bare),
            None => (false, text),
        };
        Ok(Origin { is_negated, place: place(bare)? })
    }

    /// Whether it was written with `!`.
    pub fn is_negated(&self) -> bool {
        self.is_negated
    }

    /// Whether a client comes from there; with `!`, whether it does not.
    pub fn has(&self, caller: Caller<'_>) -> bool {
        self.place.has(caller) != self.is_negated
    }

    /// Whether the client's name has to be known for a true answer.
    pub fn needs_name(&self) -> bool {
        matches!(self.place, Place::Domain(_) | Place::Name(_) | Place::Names(_) | Place::Either(_))
    }
}

impl Place {
    fn has(&self, caller: Caller<'_>) -> bool {
        let named =
            |is_it: &dyn Fn(&str) -> bool| caller.name.is_some_and(|name| is_it(&name.to_ascii_lowercase()));
        let looks = |pattern: &Glob| pattern.is_match(caller.address.to_canonical().to_string().as_bytes());
        match self {
            Place::Constant(answer) => *answer,
            Place::Network(network) => network.contains(&caller.address.to_canonical()),
            Place::Prefix(begin) => caller.address.to_canonical().to_string().starts_with(begin),
            Place::Domain(end) => named(&|name| name.ends_with(end)),
            Place::Name(whole) => named(&|name| name == whole),
            Place::Addresses(pattern) => looks(pattern),
            Place::Names(pattern) => named(&|name| pattern.is_match(name.as_bytes())),
            Place::Either(pattern) => looks(pattern) || named(&|name| pattern.is_match(name.as_bytes())),
        }
    }
}

fn place(text: &str) -> Result<Place, String> {
    let lower = text.to_ascii_lowercase();
    if lower == "all" || lower == "none" {
        return Ok(Place::Constant(lower == "all"));
    }
    if let Some(network) = network(text)? {
        return Ok(Place::Network(network));
    }
    if text.contains(['*', '?', '[']) {
        let glob =
            Glob::read(text, Case::Folded).map_err(|error| format!("'{text}' is no pattern: {error}"))?;
        return Ok(pattern(text)(glob));
    }
    let is_number = |part: &str| part.parse::<u8>().is_ok();
    match text.strip_suffix('.') {
        Some(begin) if begin.split('.').all(is_number) => return Ok(Place::Prefix(text.to_owned())),
        _ => {}
    }
    let is_name = text.bytes().all(|c| c.is_ascii_alphanumeric() || b"-._".contains(&c));
    let only_numbers = text.bytes().all(|c| c.is_ascii_digit() || c == b'.');
    match is_name && !only_numbers {
        true if text.starts_with('.') => Ok(Place::Domain(lower)),
        true => Ok(Place::Name(lower)),
        false => Err(format!("'{text}' is no address, network, name or pattern")),
    }
}

/// A client's name is what the owner of its address calls it, `192.168.evil.example` if he likes: a pattern that is written as addresses
/// are does not look at names. `fe80*` might mean either.
fn pattern(text: &str) -> fn(Glob) -> Place {
    let letters = || text.bytes().filter(u8::is_ascii_alphabetic);
    if text.contains(':') || letters().next().is_none() {
        Place::Addresses
    } else if text.contains('.') || letters().any(|letter| !letter.is_ascii_hexdigit()) {
        Place::Names
    } else {
        Place::Either
    }
}

/// An address or `address/bits`; None for what is neither.
fn network(text: &str) -> Result<Option<IpNet>, String> {
    if let Ok(address) = text.parse::<IpAddr>() {
        return Ok(Some(address.to_canonical().into()));
    }
    match text.split_once('/') {
        Some(_) => match text.parse::<IpNet>() {
            Ok(network) => Ok(Some(unmapped(network))),
            Err(_) => Err(format!("'{text}' is no network (address/bits)")),
        },
        None => Ok(None),
    }
}

/// `::ffff:10.0.0.0/104` is 10.0.0.0/8: clients are known by their own kind of address.
fn unmapped(network: IpNet) -> IpNet {
    let own = network.addr().to_canonical();
    let bits = network.prefix_len().checked_sub(96).filter(|_| own.is_ipv4() && network.addr().is_ipv6());
    bits.and_then(|bits| IpNet::new(own, bits).ok()).unwrap_or(network)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn has(origin: &str, address: &str, name: Option<&str>) -> bool {
        let address: IpAddr = address.parse().expect("an address");
        Origin::read(origin).expect(origin).has(Caller { address, name })
    }

    #[test]
    fn origins_are_matched_as_they_are_written() {
        let table: &[(&str, &str, Option<&str>, bool)] = &[
            ("10.0.0.0/8", "10.1.2.3", None, true),
            ("10.0.0.0/8", "11.1.2.3", None, false),
            ("10.1.2.3/8", "10.9.9.9", None, true),
            ("10.0.0.0/8", "::ffff:10.1.2.3", None, true),
            ("::ffff:10.0.0.0/104", "10.1.2.3", None, true),
            ("!10.0.0.0/8", "10.1.2.3", None, false),
            ("!10.0.0.0/8", "192.0.2.1", None, true),
            ("2001:db8::/32", "2001:db8::7", None, true),
            ("2001:db8::/32", "10.0.0.1", None, false),
            ("0.0.0.0/0", "2001:db8::7", None, false),
            ("192.0.2.7", "192.0.2.7", None, true),
            ("192.0.2.7", "192.0.2.70", None, false),
            ("192.168.", "192.168.3.4", None, true),
            ("192.16.", "192.168.3.4", None, false),
            ("192.168.*", "192.168.3.4", None, true),
            ("192.168.3.?", "192.168.3.44", None, false),
            (".example.com", "192.0.2.1", Some("a.Example.com"), true),
            (".example.com", "192.0.2.1", Some("example.com"), false),
            (".example.com", "192.0.2.1", None, false),
            ("!.example.com", "192.0.2.1", None, true),
            ("HOST.example.com", "192.0.2.1", Some("host.example.com"), true),
            ("host.example.com", "192.0.2.1", Some("ghost.example.com"), false),
            ("proxy.*.com", "192.0.2.1", Some("proxy.east.com"), true),
            ("proxy.*.com", "192.0.2.1", Some("proxy.east.org"), false),
            ("192.168.*", "192.0.2.1", Some("192.168.evil.com"), false),
            ("10.[0-9]*", "192.0.2.1", Some("10.1.evil.com"), false),
            ("2001:db8:*", "2001:db8::7", None, true),
            ("fe80*", "fe80::7", None, true),
            ("fe80*", "192.0.2.1", Some("fe80.example.com"), true),
            ("*", "192.0.2.1", None, true),
            ("all", "192.0.2.1", None, true),
            ("!all", "192.0.2.1", None, false),
            ("none", "192.0.2.1", None, false),
        ];
        for (origin, address, name, expected) in table {
            assert_eq!(has(origin, address, *name), *expected, "{origin} for {address} {name:?}");
        }
    }

    #[test]
    fn what_means_nothing_is_refused() {
        for wrong in
            ["10.0.0.0/33", "10.0.0.0/255.0.0.0", ".0.0.1", "10.0", "", "!", "a b", "x/8", "[", "1.2.3.400"]
        {
            assert!(Origin::read(wrong).is_err(), "{wrong:?}");
        }
    }

    #[test]
    fn only_names_need_a_name() {
        let needs = |text| Origin::read(text).expect(text).needs_name();
        assert!(needs("a.example.com") && needs(".example.com") && needs("*.example.com"));
        assert!(
            !needs("10.0.0.0/8") && !needs("!10.") && !needs("all") && !needs("10.*") && !needs("fe80:*")
        );
    }

    proptest! {
        #[test]
        fn no_text_upsets_the_reading(text in ".{0,80}") {
            let _ = Origin::read(&text);
        }
    }
}
