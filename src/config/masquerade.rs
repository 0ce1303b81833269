//! What MasqueradeAddress stands for: an address, or that of a network device or a name, which may change while the daemon runs.

use std::net::IpAddr;
use std::time::Duration;

use super::settings::{Server, Sessions, Settings};
use crate::sys::{host, resolve};

/// How soon a name is asked for again that nobody knew, where DynMasqRefresh says nothing.
const ANOTHER_TRY: Duration = Duration::from_secs(60);

/// Where an address comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Masquerade {
    /// It was written.
    Address(IpAddr),
    /// A device or a name, asked for when the configuration was read.
    Named {
        /// As written.
        name: String,
        /// What it stood for when it could last be told.
        address: Option<IpAddr>,
        /// It could be told at the last reading.
        is_told: bool,
    },
}

impl Masquerade {
    /// Of what was written; the error says why there is no address now.
    pub fn of(text: &str) -> (Masquerade, Result<(), String>) {
        let bare = text.strip_prefix('[').and_then(|text| text.strip_suffix(']')).unwrap_or(text);
        if let Ok(address) = bare.parse() {
            return (Masquerade::Address(address), Ok(()));
        }
        let found = addresses_of(text, |name| resolve::addresses_within(name, resolve::PATIENCE));
        let (address, outcome) = match found {
            Ok(found) => (preferred(&found), Ok(())),
            Err(why) => (None, Err(why)),
        };
        (Masquerade::Named { name: text.to_owned(), address, is_told: address.is_some() }, outcome)
    }

    /// What clients are told.
    pub fn address(&self) -> Option<IpAddr> {
        match self {
            Masquerade::Address(address) => Some(*address),
            Masquerade::Named { address, .. } => *address,
        }
    }

    /// A name that could not be asked for at this moment keeps the address it had.
    fn keep<'a>(&mut self, mut known: impl Iterator<Item = &'a Masquerade>) {
        if let Masquerade::Named { name, address: address @ None, .. } = self {
            *address = known.find_map(|other| match other {
                Masquerade::Named { name: same, address, .. } if same == name => *address,
                _ => None,
            });
        }
    }

    /// Asks again, for as long as that takes; a name that nobody knows for the moment keeps its address.
    fn has_changed(&self) -> bool {
        let Masquerade::Named { name, address: known, .. } = self else { return false };
        let found = addresses_of(name, resolve::addresses).unwrap_or_default();
        !found.is_empty() && known.is_none_or(|known| !found.contains(&known))
    }
}

/// PASV can tell an IPv4 address alone.
fn preferred(found: &[IpAddr]) -> Option<IpAddr> {
    found.iter().find(|address| address.is_ipv4()).or(found.first()).copied()
}

fn addresses_of(
    name: &str,
    resolve: impl Fn(&str) -> std::io::Result<Vec<IpAddr>>,
) -> Result<Vec<IpAddr>, String> {
    let of_device = host::device_addresses(name);
    if !of_device.is_empty() {
        return Ok(of_device);
    }
    let plain = !name.is_empty() && name.bytes().all(|c| c.is_ascii_alphanumeric() || b"-._".contains(&c));
    if !plain {
        return Err(format!("'{name}' is neither an address nor a device nor a host's name"));
    }
    let found = resolve(name).map_err(|error| format!("cannot resolve '{name}': {error}"))?;
    if found.is_empty() { Err(format!("'{name}' has no address")) } else { Ok(found) }
}

impl Settings {
    /// How long the addresses of MasqueradeAddress hold before they are asked for again; None where nothing can change.
    pub fn masquerades_hold(&self) -> Option<Duration> {
        let named = || self.masquerades();
        let is_untold =
            |masquerade: &Masquerade| matches!(masquerade, Masquerade::Named { is_told: false, .. });
        let has_names = named().any(|masquerade| matches!(masquerade, Masquerade::Named { .. }));
        let refresh = self.daemon.masquerade_refresh.filter(|_| has_names);
        refresh.into_iter().chain(named().any(is_untold).then_some(ANOTHER_TRY)).min()
    }

    /// A reload while the name service is away takes no address from clients behind it: what `other` knew still holds.
    pub fn keep_masquerades_of(&mut self, other: &Settings) {
        let sessions = self.servers.iter_mut().flat_map(Server::all_sessions_mut);
        sessions.flat_map(Sessions::masquerades_mut).for_each(|own| own.keep(other.masquerades()));
    }

    /// Whether one of them is another now. Asks the host's name service for as long as it takes.
    pub fn masquerades_have_changed(&self) -> bool {
        self.masquerades().any(Masquerade::has_changed)
    }

    fn masquerades(&self) -> impl Iterator<Item = &Masquerade> {
        self.servers.iter().flat_map(Server::all_sessions).flat_map(Sessions::masquerades)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(name: &str, address: Option<&str>) -> Masquerade {
        let address = address.map(|address| address.parse().unwrap());
        Masquerade::Named { name: name.to_owned(), address, is_told: address.is_some() }
    }

    #[test]
    fn addresses_devices_and_names_are_told_apart() {
        let address = |text: &str| Masquerade::of(text).0.address().map(|address| address.to_string());
        assert_eq!(address("192.0.2.7").as_deref(), Some("192.0.2.7"));
        assert_eq!(address("[2001:db8::7]").as_deref(), Some("2001:db8::7"));
        assert_eq!(address("lo").as_deref(), Some("127.0.0.1"));
        let (nobody, outcome) = Masquerade::of("no name at all");
        assert_eq!(nobody.address(), None);
        assert!(outcome.is_err_and(|why| why.contains("neither an address")));
    }

    #[test]
    fn a_name_that_nobody_tells_keeps_its_address() {
        let known = [
            Masquerade::Address("192.0.2.1".parse().unwrap()),
            named("other", Some("192.0.2.2")),
            named("name", Some("192.0.2.7")),
        ];
        let mut lost = named("name", None);
        lost.keep(known.iter());
        assert_eq!(lost.address(), known[2].address());
        assert!(matches!(lost, Masquerade::Named { is_told: false, .. }), "it is asked for again");
        let moved = named("name", Some("192.0.2.9"));
        let mut told = moved.clone();
        told.keep(known.iter());
        assert_eq!(told, moved);
        let mut new = named("new", None);
        new.keep(known.iter());
        assert_eq!(new.address(), None);
    }

    #[test]
    fn what_was_written_as_an_address_never_changes() {
        assert!(!Masquerade::of("192.0.2.7").0.has_changed());
        assert!(!Masquerade::of("lo").0.has_changed());
        assert!(named("lo", None).has_changed());
        assert!(named("lo", Some("192.0.2.7")).has_changed());
        assert!(!named("no name at all", None).has_changed());
    }
}
