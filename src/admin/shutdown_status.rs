//! `ftpshut --status`: what the shutdown file orders, and what the running server has made of it.

use std::fmt::Write;
use std::path::Path;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde_json::{Value, json};

use crate::config::RuntimePaths;
use crate::scoreboard::Reader;
use crate::shutmsg::{self, FILE_MOST, Schedule};
use crate::sys::small_file;

/// What stands in the file.
#[derive(Debug, PartialEq, Eq)]
enum Order {
    Absent,
    /// Nobody is refused by it; the reason.
    Nonsense(String),
    Given(Schedule),
}

/// How far the order has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    Ahead,
    Refusing,
    Disconnected,
    Expired,
}

/// What the server says.
#[derive(Debug, PartialEq, Eq)]
enum Obedience {
    NotRunning,
    Obeys,
    /// It follows another file, or has not looked yet.
    Otherwise,
}

/// The answer, gathered.
#[derive(Debug)]
pub struct Status {
    path: String,
    order: Order,
    obedience: Obedience,
    now: i64,
    zone: TimeZone,
}

impl Status {
    /// Reads the file, and the board of the running server.
    pub fn gather(path: &Path, runtime: Option<&RuntimePaths>, now: Timestamp, zone: TimeZone) -> Status {
        let order = match small_file::read(path, FILE_MOST) {
            Ok(bytes) => shutmsg::parse(&bytes, &zone)
                .map_or_else(|malformed| Order::Nonsense(malformed.to_string()), Order::Given),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Order::Absent,
            Err(error) => Order::Nonsense(error.to_string()),
        };
        let now = now.as_second();
        let obedience = obedience(&order, runtime, now);
        Status { path: path.display().to_string(), order, obedience, now, zone }
    }

    /// For people.
    pub fn text(&self) -> String {
        let path = &self.path;
        let mut text = match &self.order {
            Order::Absent => format!("{path} is not there: no shutdown is ordered\n"),
            Order::Nonsense(why) => format!("{path}: {why}; nobody is refused\n"),
            Order::Given(schedule) => self.lines(schedule),
        };
        let _ = writeln!(
            text,
            "{}",
            match (&self.obedience, &self.order) {
                (Obedience::NotRunning, _) => "No server runs.",
                (Obedience::Obeys, Order::Given(_)) => "The running server follows it.",
                (Obedience::Obeys, _) => "The running server takes clients.",
                (Obedience::Otherwise, _) =>
                    "The running server follows another order: it has not looked yet, or watches another file.",
            }
        );
        text
    }

    fn lines(&self, schedule: &Schedule) -> String {
        let told = |moment| format!("{} ({})", shutmsg::moment(moment, &self.zone), utc(moment));
        let mut lines = vec![
            ("shutdown", told(schedule.shutdown)),
            ("clients refused from", told(schedule.deny)),
            ("sessions disconnected", told(schedule.disconnect)),
        ];
        lines.extend(schedule.drain.map(|drain| ("transfers may end until", told(drain))));
        let expires = schedule.expires.map(told);
        lines.push(("expires", expires.unwrap_or_else(|| "never; ftpshut --cancel removes it".into())));
        if !schedule.server.is_empty() {
            lines.push(("server", String::from_utf8_lossy(&schedule.server).into_owned()));
        }
        lines.push(("message", String::from_utf8_lossy(&schedule.message).into_owned()));
        lines.push(("now", self.stage(schedule).words().to_owned()));
        let mut text = format!("{}:\n", self.path);
        for (name, value) in lines {
            let _ = writeln!(text, "  {name:<24} {value}");
        }
        text
    }

    /// For programs.
    pub fn json(&self) -> String {
        let order = match &self.order {
            Order::Absent => Value::Null,
            Order::Nonsense(why) => json!({ "error": why }),
            Order::Given(schedule) => json!({
                "shutdown": utc(schedule.shutdown),
                "deny": utc(schedule.deny),
                "disconnect": utc(schedule.disconnect),
                "drain": schedule.drain.map(utc),
                "expires": schedule.expires.map(utc),
                "server": (!schedule.server.is_empty()).then(|| String::from_utf8_lossy(&schedule.server)),
                "message": String::from_utf8_lossy(&schedule.message),
                "stage": self.stage(schedule).name(),
            }),
        };
        let server = match self.obedience {
            Obedience::NotRunning => "not-running",
            Obedience::Obeys => "obeys",
            Obedience::Otherwise => "otherwise",
        };
        format!("{:#}\n", json!({ "file": self.path, "order": order, "server": server }))
    }

    fn stage(&self, schedule: &Schedule) -> Stage {
        match self.now {
            now if schedule.is_over(now) => Stage::Expired,
            now if schedule.disconnect <= now => Stage::Disconnected,
            now if schedule.deny <= now => Stage::Refusing,
            _ => Stage::Ahead,
        }
    }
}

impl Stage {
    fn words(self) -> &'static str {
        match self {
            Stage::Ahead => "clients are still taken",
            Stage::Refusing => "new clients and logins are refused",
            Stage::Disconnected => "new clients are refused, sessions disconnected",
            Stage::Expired => "it has expired: clients are taken",
        }
    }

    fn name(self) -> &'static str {
        match self {
            Stage::Ahead => "ahead",
            Stage::Refusing => "refusing",
            Stage::Disconnected => "disconnected",
            Stage::Expired => "expired",
        }
    }
}

fn obedience(order: &Order, runtime: Option<&RuntimePaths>, now: i64) -> Obedience {
    let board = runtime.and_then(|paths| Reader::open(paths.scoreboard_file.as_ref()?).ok());
    let Some(board) = board.filter(Reader::is_held) else { return Obedience::NotRunning };
    let wanted = match order {
        Order::Given(schedule) if !schedule.is_over(now) => Some(schedule),
        _ => None,
    };
    if board.header().schedule.as_ref() == wanted { Obedience::Obeys } else { Obedience::Otherwise }
}

fn utc(moment: i64) -> String {
    Timestamp::from_second(moment).map_or_else(|_| format!("@{moment}"), |moment| moment.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn status(text: Option<&str>, now: i64) -> Status {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("shutmsg");
        if let Some(text) = text {
            std::fs::write(&path, text).unwrap();
        }
        let now = Timestamp::from_second(now).unwrap();
        Status::gather(&path, None, now, TimeZone::posix("CET-1CEST,M3.5.0,M10.5.0/3").unwrap())
    }

    const FILE: &str =
        "2026 9 3 22 5 0 0010 0005\nback soon\nutc 1788465900\nexpires 3600\ndrain 60\nserver B\n";

    #[test]
    fn an_order_is_told_in_both_times() {
        let text = status(Some(FILE), 1_788_465_400).text();
        for line in [
            "  shutdown                 Thu Sep 03 22:05:00 2026 (2026-09-03T20:05:00Z)",
            "  clients refused from     Thu Sep 03 21:55:00 2026 (2026-09-03T19:55:00Z)",
            "  transfers may end until  Thu Sep 03 22:06:00 2026 (2026-09-03T20:06:00Z)",
            "  expires                  Thu Sep 03 23:05:00 2026 (2026-09-03T21:05:00Z)",
            "  server                   B",
            "  message                  back soon",
            "  now                      new clients and logins are refused",
            "No server runs.",
        ] {
            assert!(text.lines().any(|found| found == line), "{line}\n{text}");
        }
    }

    #[test]
    fn stages_follow_each_other() {
        let table = [(1_788_465_000, "ahead"), (1_788_465_600, "disconnected"), (1_788_469_500, "expired")];
        for (now, stage) in table {
            let said: Value = serde_json::from_str(&status(Some(FILE), now).json()).unwrap();
            assert_eq!(said["order"]["stage"], stage);
            assert_eq!(said["order"]["deny"], "2026-09-03T19:55:00Z");
        }
    }

    #[test]
    fn what_orders_nothing_is_told_as_well() {
        assert!(status(None, 0).text().contains("is not there: no shutdown is ordered"));
        assert!(status(Some("going down"), 0).text().contains("nobody is refused"));
        assert!(status(Some("2026 9 3 22 5 0\n"), 0).text().contains("never; ftpshut --cancel"));
        let said: Value = serde_json::from_str(&status(None, 0).json()).unwrap();
        assert!(said["order"].is_null() && said["server"] == "not-running");
    }
}
