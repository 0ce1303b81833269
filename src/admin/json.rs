//! `ftpwho -o json`: one object with the daemon and its connections.

use serde_json::{Map, Value, json};

use super::refusals;
use super::session::{Activity, Command, Session};
use crate::scoreboard::{HeaderRecord, Kind, Refusals};

/// The whole answer.
pub fn document(header: &HeaderRecord, refusals: &Refusals, sessions: &[Session], now_ms: u64) -> String {
    let told = |session: &Session| {
        let mut connection = connection(session, now_ms);
        // As with refusals: where there is anything to tell.
        if let Some(older) = session.older_than(header.generation) {
            connection["generation"] = json!(older);
        }
        connection
    };
    let connections: Vec<Value> = sessions.iter().map(told).collect();
    let mut document = json!({ "server": server(header), "connections": connections });
    add_refusals(&mut document, refusals);
    format!("{document:#}\n")
}

/// Where there are any: ProFTPD's answer has none.
pub(super) fn add_refusals(document: &mut Value, refusals: &Refusals) {
    let refusals = refusals::object(refusals);
    if refusals.as_object().is_some_and(|members| !members.is_empty()) {
        document["refusals"] = refusals;
    }
}

/// The daemon.
pub(super) fn server(header: &HeaderRecord) -> Value {
    match header.kind {
        Kind::Standalone => json!({
            "server_type": "standalone",
            "pid": header.master.map_or(0, |master| master.0),
            "started_ms": header.started_ms,
        }),
        Kind::Inetd => json!({ "server_type": "inetd" }),
    }
}

pub(super) fn connection(session: &Session, now_ms: u64) -> Value {
    let mut members = Map::new();
    let mut add = |name: &str, value: Value| {
        members.insert(name.to_owned(), value);
    };
    add("pid", json!(session.pid.0));
    add("connected_since_ms", json!(session.connected_ms));
    add("remote_name", json!(session.client_name));
    add("remote_address", json!(session.client_address()));
    if let Some(server) = session.server {
        add("local_address", json!(server.ip().to_string()));
        add("local_port", json!(server.port()));
    }
    match session.login() {
        None => add("authenticating", json!(true)),
        Some(login) => add("user", json!(login.user)),
    }
    if !session.class.is_empty() {
        add("class", json!(session.class));
    }
    add("protocol", json!(session.protocol));
    if let Some(login) = session.login() {
        add("location", json!(login.location));
    }
    match &session.activity {
        Activity::Authenticating => add("idling", json!(true)),
        Activity::Idle(_, since_ms) => {
            add("idling", json!(true));
            add("idle_since_ms", json!(since_ms));
        }
        Activity::Command(_, command) => add_command(&mut add, command, now_ms),
    }
    Value::Object(members)
}

fn add_command(add: &mut impl FnMut(&str, Value), command: &Command, now_ms: u64) {
    add("command", json!(command.verb));
    if !command.arguments.is_empty() {
        add("command_args", json!(command.arguments));
    }
    if command.is_download() {
        add("downloading", json!(true));
        if let Some(percent) = command.percent() {
            add("transfer_completed", json!(percent));
        }
    }
    if command.is_upload() {
        add("uploading", json!(true));
    }
    if let Some((done, milliseconds)) = command.progress(now_ms) {
        add("transfer_bytes", json!(done));
        add("transfer_duration_ms", json!(milliseconds));
    }
}

/// For the tests of every form: the daemon that ProFTPD's tools were watched with.
#[cfg(test)]
pub mod examples {
    use super::super::session::examples::BEGAN;
    use crate::scoreboard::{HeaderRecord, Kind, Order, Totals};
    use crate::sys::ProcessId;

    /// Its header.
    pub fn header() -> HeaderRecord {
        HeaderRecord {
            master: Some(ProcessId(24743)),
            kind: Kind::Standalone,
            started_ms: BEGAN,
            ready: true,
            generation: 1,
            refused_reloads: 0,
            order: Order::Run,
            schedule: None,
            totals: Totals::default(),
            high_water: 0,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::session::examples::{BEGAN, NOW, sessions};
    use super::examples::header;
    use super::*;

    #[test]
    fn nobody_is_an_empty_list() {
        let expected = "{
  \"server\": {
    \"server_type\": \"standalone\",
    \"pid\": 24743,
    \"started_ms\": 1795370513800
  },
  \"connections\": []
}
";
        assert_eq!(document(&header(), &Refusals::default(), &[], NOW), expected);
    }

    #[test]
    fn members_come_in_the_known_order() {
        let text = document(&header(), &Refusals::default(), &sessions()[2..3], NOW);
        let names: Vec<&str> = text.lines().filter_map(|line| line.split('"').nth(1)).skip(5).collect();
        let expected = "pid connected_since_ms remote_name remote_address local_address local_port user class \
                        protocol location command command_args downloading transfer_completed transfer_bytes \
                        transfer_duration_ms";
        assert_eq!(names.join(" "), expected);
        assert!(
            text.contains("\"transfer_completed\": \"3\"") && text.contains("\"transfer_duration_ms\": 2000")
        );
    }

    #[test]
    fn what_is_not_so_is_left_out() {
        let document: Value =
            serde_json::from_str(&document(&header(), &Refusals::default(), &sessions(), NOW)).unwrap();
        let connections = document["connections"].as_array().unwrap();
        assert_eq!(connections[0]["authenticating"], true);
        assert!(connections[0].get("user").is_none() && connections[0].get("location").is_none());
        assert_eq!(connections[1]["idle_since_ms"], BEGAN);
        assert_eq!(connections[3]["uploading"], true);
        assert!(connections[3].get("transfer_completed").is_none());
        assert!(connections[4].get("class").is_none() && connections[4].get("command_args").is_none());
    }
}
