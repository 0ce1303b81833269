//! Who is logged in: the counts of MaxClients and its kin. A question costs a few look-ups, however many are in.

use std::collections::HashMap;
use std::net::IpAddr;

use super::tally::Tally;
use crate::auth::places::{LimitKind, LoginLimits, LoginPlace, PlaceAnswer, account_key, host_key};
use crate::scoreboard::{PlaceRecord, SlotNumber};

/// Sessions are counted within their virtual host, and anonymous ones within their section.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
pub struct Scope {
    server: u16,
    anonymous: Option<u16>,
}

/// Whom what a session does is counted for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Owner {
    /// Where it is logged in.
    pub scope: Scope,
    /// As whom.
    pub account: u64,
    /// From where.
    pub host: IpAddr,
}

impl Owner {
    /// Whether it is the account of that name, on whichever virtual host.
    pub fn is(&self, name: &[u8]) -> bool {
        self.account == account_key(self.scope.server, name)
    }

    /// For tests.
    #[cfg(test)]
    pub fn of(account: u64, host: IpAddr) -> Owner {
        Owner { scope: Scope { server: 0, anonymous: None }, account, host }
    }
}

/// What one slot's session is counted in.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
struct Held {
    scope: Scope,
    account: u64,
    host: IpAddr,
    /// 0 for none.
    class: u64,
}

/// A login as one master leaves it to the next.
#[derive(Debug, serde::Serialize, serde::Deserialize)]
pub struct HandedLogin {
    pub slot: SlotNumber,
    held: Held,
}

/// The counts.
#[derive(Debug, Default)]
pub struct Logins {
    held: HashMap<SlotNumber, Held>,
    clients: Tally<Scope>,
    users: Tally<(Scope, u64)>,
    hosts: Tally<(Scope, IpAddr)>,
    /// Of a whole virtual host.
    classes: Tally<(u16, u64)>,
    /// Sessions of one user from one host; and how many such hosts a user has.
    users_there: Tally<(Scope, u64, IpAddr)>,
    hosts_of_users: Tally<(Scope, u64)>,
}

impl Logins {
    /// A login whose password was right. All limits are looked at before any is counted.
    pub fn admit(&mut self, slot: SlotNumber, login: &LoginPlace) -> PlaceAnswer {
        let scope = Scope { server: login.server, anonymous: login.anonymous };
        let (account, host, class) = (login.account, login.host.to_canonical(), login.class);
        let held = Held { scope, account, host, class };
        // Granted before to an auth that died with the answer: its successor asks again, and nothing is counted twice.
        if let Some(before) = self.held.get(&slot) {
            return if *before == held { PlaceAnswer::Granted } else { PlaceAnswer::Refused };
        }
        if let Some((kind, most)) = self.reached(&held, &login.limits) {
            return PlaceAnswer::Full(kind, most);
        }
        self.count(&held);
        self.held.insert(slot, held);
        PlaceAnswer::Granted
    }

    /// Counts a session that another master has let in.
    pub fn restore(&mut self, slot: SlotNumber, place: &PlaceRecord) {
        let Some((host, server)) = place.address.zip(place.server.checked_sub(1)) else { return };
        let Ok(server) = u16::try_from(server) else { return };
        let scope = Scope { server, anonymous: place.anonymous };
        let held = Held { scope, account: place.account, host, class: place.class };
        self.count(&held);
        self.held.insert(slot, held);
    }

    /// In ProFTPD's order: who reaches several hears of the first.
    fn reached(&self, held: &Held, limits: &LoginLimits) -> Option<(LimitKind, u32)> {
        let Held { scope, account, host, class } = *held;
        let is_here = self.users_there.of(&(scope, account, host)) > 0;
        let other_hosts = if is_here { 0 } else { self.hosts_of_users.of(&(scope, account)) };
        [
            (LimitKind::ClientsPerClass, limits.per_class, self.classes.of(&(scope.server, class))),
            (LimitKind::ClientsPerHost, limits.per_host, self.hosts.of(&(scope, host))),
            (LimitKind::ClientsPerUser, limits.per_user, self.users.of(&(scope, account))),
            (LimitKind::HostsPerUser, limits.hosts_per_user, other_hosts),
            (LimitKind::Clients, limits.clients, self.clients.of(&scope)),
        ]
        .into_iter()
        .find_map(|(kind, most, count)| most.filter(|most| count >= *most).map(|most| (kind, most)))
    }

    fn count(&mut self, held: &Held) {
        let Held { scope, account, host, class } = *held;
        self.clients.raise(scope);
        self.users.raise((scope, account));
        self.hosts.raise((scope, host));
        if class != 0 {
            self.classes.raise((scope.server, class));
        }
        if self.users_there.raise((scope, account, host)) == 1 {
            self.hosts_of_users.raise((scope, account));
        }
    }

    /// For the next master.
    pub fn hand_over(&self) -> Vec<HandedLogin> {
        self.held.iter().map(|(slot, held)| HandedLogin { slot: *slot, held: held.clone() }).collect()
    }

    /// What the master before has counted.
    pub fn adopt(&mut self, handed: impl Iterator<Item = HandedLogin>) {
        for HandedLogin { slot, held } in handed {
            self.count(&held);
            self.held.insert(slot, held);
        }
    }

    /// The session has ended.
    pub fn release(&mut self, slot: SlotNumber) {
        let Some(Held { scope, account, host, class }) = self.held.remove(&slot) else { return };
        self.clients.lower(scope);
        self.users.lower((scope, account));
        self.hosts.lower((scope, host));
        if class != 0 {
            self.classes.lower((scope.server, class));
        }
        if self.users_there.lower((scope, account, host)) == 0 {
            self.hosts_of_users.lower((scope, account));
        }
    }

    /// Whose session a slot's is.
    pub fn whose(&self, slot: SlotNumber) -> Option<Owner> {
        let Held { scope, account, host, .. } = *self.held.get(&slot)?;
        Some(Owner { scope, account, host })
    }

    /// What a slot's session holds, for the board.
    pub fn record(&self, slot: SlotNumber) -> PlaceRecord {
        let held = self.held.get(&slot);
        PlaceRecord {
            account: held.map_or(0, |held| held.account),
            host: held.map_or(0, |held| host_key(held.host)),
            server: held.map_or(0, |held| u32::from(held.scope.server) + 1),
            class: held.map_or(0, |held| held.class),
            anonymous: held.and_then(|held| held.scope.anonymous),
            address: held.map(|held| held.host),
            ..PlaceRecord::default()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOME: IpAddr = IpAddr::V4(std::net::Ipv4Addr::LOCALHOST);

    fn login(account: u64, host: IpAddr, class: u64, limits: LoginLimits) -> LoginPlace {
        LoginPlace { account, name: b"x".to_vec(), host, server: 0, anonymous: None, class, limits }
    }

    fn elsewhere(last: u8) -> IpAddr {
        IpAddr::from([10, 0, 0, last])
    }

    #[test]
    fn never_one_more_and_always_that_many() {
        let mut logins = Logins::default();
        let limits = LoginLimits { clients: Some(3), ..LoginLimits::default() };
        let answers: Vec<PlaceAnswer> =
            (0..5).map(|slot| logins.admit(SlotNumber(slot), &login(slot.into(), HOME, 0, limits))).collect();
        let full = PlaceAnswer::Full(LimitKind::Clients, 3);
        assert_eq!(answers, [PlaceAnswer::Granted, PlaceAnswer::Granted, PlaceAnswer::Granted, full, full]);
        logins.release(SlotNumber(1));
        assert_eq!(logins.admit(SlotNumber(6), &login(9, HOME, 0, limits)), PlaceAnswer::Granted);
        assert_eq!(logins.admit(SlotNumber(7), &login(9, HOME, 0, limits)), full);
    }

    #[test]
    fn users_and_hosts_are_counted_by_themselves() {
        let mut logins = Logins::default();
        let limits = LoginLimits { per_user: Some(1), per_host: Some(2), ..LoginLimits::default() };
        let mut ask = |slot, account, host| logins.admit(SlotNumber(slot), &login(account, host, 0, limits));
        let full_host = PlaceAnswer::Full(LimitKind::ClientsPerHost, 2);
        assert_eq!(ask(0, 1, HOME), PlaceAnswer::Granted);
        assert_eq!(ask(1, 1, elsewhere(1)), PlaceAnswer::Full(LimitKind::ClientsPerUser, 1));
        assert_eq!(ask(2, 2, HOME), PlaceAnswer::Granted);
        assert_eq!(ask(3, 3, HOME), full_host);
        assert_eq!(ask(4, 3, "::ffff:127.0.0.1".parse().unwrap()), full_host);
        assert_eq!(ask(5, 3, elsewhere(1)), PlaceAnswer::Granted);
    }

    #[test]
    fn classes_are_counted_by_themselves_and_none_is_no_class() {
        let mut logins = Logins::default();
        let limits = LoginLimits { per_class: Some(1), ..LoginLimits::default() };
        let mut ask =
            |slot, class, limits| logins.admit(SlotNumber(slot), &login(slot.into(), HOME, class, limits));
        assert_eq!(ask(0, 7, limits), PlaceAnswer::Granted);
        assert_eq!(ask(1, 7, limits), PlaceAnswer::Full(LimitKind::ClientsPerClass, 1));
        assert_eq!(ask(2, 8, limits), PlaceAnswer::Granted);
        let nobodys = [3, 4].map(|slot| ask(slot, 0, LoginLimits::default()));
        assert_eq!(nobodys, [PlaceAnswer::Granted; 2]);
    }

    #[test]
    fn a_user_may_come_from_so_many_hosts_and_any_number_of_times_from_each() {
        let mut logins = Logins::default();
        let limits = LoginLimits { hosts_per_user: Some(2), ..LoginLimits::default() };
        let mut ask =
            |slot, account, host| logins.admit(SlotNumber(slot), &login(account, elsewhere(host), 0, limits));
        let granted = [ask(0, 1, 1), ask(1, 1, 1), ask(2, 1, 2)];
        assert_eq!(granted, [PlaceAnswer::Granted; 3]);
        assert_eq!(ask(3, 1, 3), PlaceAnswer::Full(LimitKind::HostsPerUser, 2));
        assert_eq!([ask(3, 2, 3), ask(4, 1, 2)], [PlaceAnswer::Granted; 2]);
        logins.release(SlotNumber(0));
        let mut ask = |slot, host| logins.admit(SlotNumber(slot), &login(1, elsewhere(host), 0, limits));
        assert_eq!(ask(5, 3), PlaceAnswer::Full(LimitKind::HostsPerUser, 2), "the first host has one left");
        logins.release(SlotNumber(1));
        let mut ask = |slot, host| logins.admit(SlotNumber(slot), &login(1, elsewhere(host), 0, limits));
        assert_eq!(ask(5, 3), PlaceAnswer::Granted);
    }

    /// Among 5,000 sessions, in an unoptimised build.
    #[test]
    fn a_login_costs_the_same_among_thousands() {
        let mut logins = Logins::default();
        let limits = LoginLimits {
            clients: Some(9_000),
            per_user: Some(9_000),
            per_host: Some(9_000),
            per_class: Some(9_000),
            hosts_per_user: Some(9_000),
        };
        let host = |number: u32| IpAddr::from([10, 0, (number >> 8) as u8, number as u8]);
        let mut ask = |slot: u32| {
            let login = login(u64::from(slot % 50) + 1, host(slot), u64::from(slot % 3), limits);
            logins.admit(SlotNumber(slot), &login)
        };
        assert!((0..5_000).all(|slot| ask(slot) == PlaceAnswer::Granted));
        let began = std::time::Instant::now();
        for slot in 5_000..6_000 {
            assert_eq!(ask(slot), PlaceAnswer::Granted);
        }
        let each = began.elapsed() / 1_000;
        println!("{each:?} a login among 5,000");
        assert!(each < std::time::Duration::from_micros(100), "{each:?}");
    }

    #[test]
    fn counts_of_nobody_are_forgotten() {
        let mut logins = Logins::default();
        let mut ask = |account| logins.admit(SlotNumber(0), &login(account, HOME, 5, LoginLimits::default()));
        assert_eq!([ask(1), ask(1)], [PlaceAnswer::Granted; 2], "the same, once more");
        assert_eq!(ask(2), PlaceAnswer::Refused, "another");
        logins.release(SlotNumber(0));
        logins.release(SlotNumber(0));
        assert!(logins.clients.is_empty() && logins.users.is_empty() && logins.hosts.is_empty());
        assert!(logins.classes.is_empty() && logins.users_there.is_empty());
        assert!(logins.hosts_of_users.is_empty());
    }
}
