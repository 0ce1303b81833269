//! Which sessions are shown, in which order, and what they come to together: all that options and keys choose.

use std::cmp::Ordering;

use super::super::doing::Doing;
use super::row::Row;

/// What is on the screen.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum View {
    /// A row a session.
    #[default]
    Sessions,
    /// A row a transfer, with its speed.
    Rates,
    /// A row for all sessions that have this in common.
    Together(Trait),
}

/// What sessions may have in common.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trait {
    /// The user.
    User,
    /// The client's address.
    Host,
    /// The virtual host.
    Server,
}

/// What rows are ordered by; the fastest, the furthest and the longest come first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Order {
    /// The process.
    #[default]
    Pid,
    /// The user's name.
    User,
    /// The client's name.
    Client,
    /// How long the session lasts.
    Time,
    /// Bytes a second.
    Rate,
    /// The generation, oldest first.
    Generation,
}

/// What is to be shown.
#[derive(Clone, Debug, Default)]
pub struct Shown {
    /// Of which form.
    pub view: View,
    /// These alone; all, where empty.
    pub only: Vec<Doing>,
    /// Not these.
    pub hidden: Vec<Doing>,
    /// The sessions of this ServerName alone.
    pub server: Option<String>,
    /// A part of the user's name, the client, the server or the command; in capitals or not.
    pub text: String,
    /// In which order.
    pub order: Order,
    /// The other way round.
    pub reversed: bool,
}

/// What some sessions come to.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Sum {
    /// What they have in common.
    pub name: String,
    /// How many there are.
    pub sessions: usize,
    /// How many receive a file.
    pub downloading: usize,
    /// How many send one.
    pub uploading: usize,
    /// How many wait for a command.
    pub idle: usize,
    /// Bytes a second to them.
    pub out: f64,
    /// Bytes a second from them.
    pub into: f64,
}

impl Shown {
    /// The rows to show, in their order.
    pub fn of(&self, mut rows: Vec<Row>) -> Vec<Row> {
        let text = self.text.to_lowercase();
        rows.retain(|row| self.shows(row) && (text.is_empty() || mentions(row, &text)));
        rows.sort_by(|one, other| self.order.compare(one, other));
        if self.reversed {
            rows.reverse();
        }
        rows
    }

    fn shows(&self, row: &Row) -> bool {
        let is_wanted = self.only.is_empty() || self.only.contains(&row.doing);
        let is_its_server = self.server.as_deref().is_none_or(|server| row.session.server_name == server);
        let is_in_view = self.view != View::Rates || row.transfers();
        is_wanted && !self.hidden.contains(&row.doing) && is_its_server && is_in_view
    }
}

/// Shows only these, too; or no longer only these.
pub fn toggle(list: &mut Vec<Doing>, doing: Doing) {
    match list.iter().position(|&one| one == doing) {
        Some(at) => {
            list.remove(at);
        }
        None => list.push(doing),
    }
}

fn mentions(row: &Row, text: &str) -> bool {
    let session = &row.session;
    let address = session.client_address();
    [row.user(), &session.client_name, &address, &session.server_name, &row.command()]
        .iter()
        .any(|part| part.to_lowercase().contains(text))
}

impl Order {
    /// In the order in which a key goes through them.
    const ALL: [Order; 6] =
        [Order::Pid, Order::User, Order::Client, Order::Time, Order::Rate, Order::Generation];

    /// The next one.
    pub fn next(self) -> Order {
        let at = Order::ALL.iter().position(|&order| order == self).unwrap_or_default();
        Order::ALL[(at + 1) % Order::ALL.len()]
    }

    /// Whether the largest stands first, unless it is reversed.
    pub fn begins_with_the_most(self) -> bool {
        matches!(self, Order::Time | Order::Rate)
    }

    /// The order of this name.
    pub fn named(name: &str) -> Option<Order> {
        Order::ALL.into_iter().find(|order| order.name() == name)
    }

    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Order::Pid => "pid",
            Order::User => "user",
            Order::Client => "client",
            Order::Time => "time",
            Order::Rate => "rate",
            Order::Generation => "generation",
        }
    }

    fn compare(self, one: &Row, other: &Row) -> Ordering {
        let (a, b) = (&one.session, &other.session);
        let first = match self {
            Order::Pid => Ordering::Equal,
            Order::User => one.user().cmp(other.user()),
            Order::Client => a.client_name.cmp(&b.client_name),
            Order::Time => a.connected_ms.cmp(&b.connected_ms),
            Order::Rate => other.rate.unwrap_or(-1.0).total_cmp(&one.rate.unwrap_or(-1.0)),
            Order::Generation => a.generation.cmp(&b.generation),
        };
        first.then(a.pid.0.cmp(&b.pid.0))
    }
}

impl View {
    /// What sessions have in common: first their user, then their host, then their server, then each its own row.
    pub fn next_together(self) -> View {
        match self {
            View::Sessions | View::Rates => View::Together(Trait::User),
            View::Together(Trait::User) => View::Together(Trait::Host),
            View::Together(Trait::Host) => View::Together(Trait::Server),
            View::Together(Trait::Server) => View::Sessions,
        }
    }

    /// From sessions to their speeds and back.
    pub fn other(self) -> View {
        if self == View::Rates { View::Sessions } else { View::Rates }
    }
}

impl Trait {
    /// The title of its column.
    pub fn title(self) -> &'static str {
        match self {
            Trait::User => "USER",
            Trait::Host => "HOST",
            Trait::Server => "SERVER",
        }
    }

    fn of(self, row: &Row) -> String {
        match self {
            Trait::User => row.user().to_owned(),
            Trait::Host => row.session.client_address(),
            Trait::Server => row.session.server_name.clone(),
        }
    }
}

impl Sum {
    /// Of all these.
    pub fn of_all(rows: &[Row]) -> Sum {
        let mut sum = Sum::default();
        rows.iter().for_each(|row| sum.add(row));
        sum
    }

    /// Of those that have something in common; the most sessions first.
    pub fn together(rows: &[Row], common: Trait) -> Vec<Sum> {
        let mut sums = std::collections::HashMap::<String, Sum>::new();
        for row in rows {
            let name = common.of(row);
            sums.entry(name.clone()).or_insert_with(|| Sum { name, ..Sum::default() }).add(row);
        }
        let mut sums: Vec<Sum> = sums.into_values().collect();
        sums.sort_by(|one, other| other.sessions.cmp(&one.sessions).then_with(|| one.name.cmp(&other.name)));
        sums
    }

    fn add(&mut self, row: &Row) {
        let rate = row.rate.unwrap_or_default();
        self.sessions += 1;
        match row.doing {
            Doing::Idle => self.idle += 1,
            Doing::Downloading => self.downloading += 1,
            Doing::Uploading => self.uploading += 1,
            _ => {}
        }
        if row.doing == Doing::Uploading { self.into += rate } else { self.out += rate }
    }
}

#[cfg(test)]
mod tests {
    use super::super::row::examples::rows;
    use super::*;

    fn letters(shown: &Shown) -> String {
        shown.of(rows()).iter().map(|row| row.doing.letter()).collect()
    }

    #[test]
    fn kinds_are_chosen_and_hidden() {
        for (only, hidden, expected) in [
            (vec![], vec![], "AIDUC"),
            (vec![Doing::Authenticating], vec![], "A"),
            (vec![Doing::Downloading, Doing::Uploading], vec![], "DU"),
            (vec![], vec![Doing::Idle, Doing::Authenticating], "DUC"),
            (vec![Doing::Idle], vec![Doing::Idle], ""),
        ] {
            assert_eq!(letters(&Shown { only, hidden, ..Shown::default() }), expected);
        }
        assert_eq!(letters(&Shown { view: View::Rates, ..Shown::default() }), "DU");
        assert_eq!(letters(&Shown { server: Some("Other".to_owned()), ..Shown::default() }), "");
        let mut only = vec![];
        toggle(&mut only, Doing::Idle);
        toggle(&mut only, Doing::Uploading);
        toggle(&mut only, Doing::Idle);
        assert_eq!(only, [Doing::Uploading]);
    }

    #[test]
    fn a_text_is_looked_for_everywhere() {
        for (text, expected) in
            [("DEMO", "IDUC"), ("127.0", "AIDUC"), ("test s", "AIDUC"), ("stor", "U"), ("x", "")]
        {
            assert_eq!(letters(&Shown { text: text.to_owned(), ..Shown::default() }), expected, "{text}");
        }
    }

    #[test]
    fn orders_go_round_and_are_total() {
        let by = |order, reversed| letters(&Shown { order, reversed, ..Shown::default() });
        assert_eq!(by(Order::Pid, false), "AIDUC");
        assert_eq!(by(Order::Pid, true), "CUDIA");
        assert_eq!(by(Order::Rate, false), "DUAIC");
        assert_eq!(by(Order::User, false), "AIDUC");
        let round = Order::ALL.iter().fold(Order::Pid, |order, _| order.next());
        assert_eq!(round, Order::Pid);
    }

    #[test]
    fn sums_tell_who_shares() {
        let rows = rows();
        let all = Sum::of_all(&rows);
        assert_eq!((all.sessions, all.downloading, all.uploading, all.idle), (5, 1, 1, 1));
        assert_eq!((all.out, all.into), (450_560.0, 450_560.0));
        let users = Sum::together(&rows, Trait::User);
        assert_eq!(
            users.iter().map(|sum| (sum.name.as_str(), sum.sessions)).collect::<Vec<_>>(),
            [("demo", 4), ("(none)", 1)]
        );
        assert_eq!(Sum::together(&rows, Trait::Host).len(), 1);
        assert_eq!(
            View::Sessions.next_together().next_together().next_together().next_together(),
            View::Sessions
        );
    }
}
