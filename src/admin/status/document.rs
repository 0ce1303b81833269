//! `/status.json`: the server, its totals, the last minutes and its connections. Members are added, never renamed.

use serde_json::{Value, json};

use super::super::watch::{Look, Row};
use super::super::{json, refusals};
use super::history::{History, STEP};

/// The whole answer.
pub fn text(look: &Look, history: &History) -> String {
    let header = &look.header;
    let schedule = header.schedule.as_ref().map(|schedule| {
        json!({
            "deny": schedule.deny,
            "disconnect": schedule.disconnect,
            "shutdown": schedule.shutdown,
            "expires": schedule.expires,
            "server": String::from_utf8_lossy(&schedule.server),
        })
    });
    let document = json!({
        "server": {
            "running": look.is_running,
            "ready": header.ready,
            "pid": header.master.map(|master| master.0),
            "started_ms": header.started_ms,
            "generation": header.generation,
            "refused_reloads": header.refused_reloads,
            "shutdown": schedule,
        },
        "now_ms": look.now_ms,
        "spares": look.spares,
        "totals": totals(look),
        "refusals": refusals::object(&look.refusals),
        "history": { "seconds": STEP, "points": points(history) },
        "connections": look.rows.iter().map(|row| connection(row, look.now_ms)).collect::<Vec<_>>(),
    });
    format!("{document}\n")
}

fn totals(look: &Look) -> Value {
    let totals = &look.totals;
    json!({
        "connections": totals.connections,
        "logins": totals.logins,
        "logins_refused": totals.refused,
        "downloads": totals.downloads,
        "uploads": totals.uploads,
        "sent_bytes": totals.bytes_out,
        "received_bytes": totals.bytes_in,
        "transfers_aborted": totals.aborted,
        "log_records_lost": totals.records_lost,
    })
}

fn points(history: &History) -> Vec<Value> {
    let point = |point: &super::history::Point| {
        json!({
            "at_ms": point.at_ms,
            "sessions": point.sessions,
            "sent_bytes_per_second": point.out,
            "received_bytes_per_second": point.into,
            "logins_per_second": point.logins,
        })
    };
    history.points().map(point).collect()
}

/// As `ftpwho -o json` has it, and what only a second look knows.
fn connection(row: &Row, now_ms: u64) -> Value {
    let mut connection = json::connection(&row.session, now_ms);
    connection["generation"] = json!(row.session.generation);
    connection["state"] = json!(row.doing.name());
    if let Some(rate) = row.rate {
        connection["bytes_per_second"] = json!(rate);
    }
    connection
}

#[cfg(test)]
mod tests {
    use super::super::super::watch::examples::look;
    use super::*;

    #[test]
    fn everything_is_told() {
        let mut history = History::default();
        history.add(1, 5, look().totals);
        let told: Value = serde_json::from_str(&text(&look(), &history)).unwrap();
        assert_eq!((&told["server"]["running"], &told["server"]["pid"]), (&true.into(), &24743.into()));
        assert_eq!(told["totals"]["sent_bytes"], 1_u64 << 40);
        assert_eq!((&told["refusals"]["password"], &told["refusals"]["shell"]), (&json!(7), &Value::Null));
        assert_eq!(told["history"]["points"][0]["sessions"], 5);
        assert_eq!(told["connections"][2]["bytes_per_second"], 450_560.0);
        assert_eq!(
            (&told["connections"][2]["state"], &told["server"]["shutdown"]),
            (&"downloading".into(), &Value::Null)
        );
    }
}
