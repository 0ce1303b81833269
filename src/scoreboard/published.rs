//! `docs/scoreboard.md` against `layout.rs`: the tables there name every constant here, with its offset and its size.

use super::ReasonCode;
use super::layout::{self, Text, grant, header, place, slot, totals};

type Row = (&'static str, usize, usize);

fn word(name: &'static str, at: usize) -> Row {
    (name, at, 8)
}

fn text(name: &'static str, text: Text) -> Row {
    (name, text.at, text.size)
}

const TOTALS_SIZE: usize = totals::RECORDS_LOST + 8;
const REFUSALS_SIZE: usize = layout::REFUSALS_SIZE;

fn header_rows() -> Vec<Row> {
    vec![
        word("magic", header::MAGIC),
        word("version", header::VERSION),
        word("slots", header::SLOTS),
        word("places_at", header::PLACES_AT),
        word("grants_at", header::GRANTS_AT),
        word("births_at", header::BIRTHS_AT),
        word("slots_at", header::SLOTS_AT),
        word("file_size", header::FILE_SIZE),
        word("master", header::MASTER),
        word("started", header::STARTED),
        word("ready", header::READY),
        word("kind", header::KIND),
        word("generation", header::GENERATION),
        word("refused_reloads", header::REFUSED_RELOADS),
        word("order", header::ORDER),
        word("high_water", header::HIGH_WATER),
        word("stop", header::STOP),
        word("level", header::LEVEL),
        word("watchdog_turn", header::WATCHDOG_TURN),
        word("trace", header::TRACE),
        word("totals_sequence", header::TOTALS_SEQUENCE),
        ("totals", header::TOTALS, TOTALS_SIZE),
        word("schedule_sequence", header::SCHEDULE_SEQUENCE),
        word("scheduled", header::SCHEDULED),
        word("shutdown", header::SHUTDOWN),
        word("deny", header::DENY),
        word("disconnect", header::DISCONNECT),
        word("expires", header::EXPIRES),
        word("drain", header::DRAIN),
        text("message", header::MESSAGE),
        text("server", header::SERVER),
        ("refusals", header::REFUSALS, REFUSALS_SIZE),
        ("down", header::DOWN, header::DOWN_HOSTS / 8),
    ]
}

fn place_rows() -> Vec<Row> {
    vec![
        word("order", place::ORDER),
        word("may_serve", place::MAY_SERVE),
        word("sequence", place::SEQUENCE),
        word("instance", place::INSTANCE),
        word("account", place::ACCOUNT),
        word("host", place::HOST),
        word("server", place::SERVER),
        word("class", place::CLASS),
        word("sharers", place::SHARERS),
        word("rate", place::RATE),
        word("anonymous", place::ANONYMOUS),
        ("address", place::ADDRESS, 16),
        word("connection", place::CONNECTION),
        word("transfer", place::TRANSFER),
    ]
}

fn grant_rows() -> Vec<Row> {
    vec![
        ("groups", grant::GROUPS, 4 * layout::GRANT_GROUPS),
        word("group_count", grant::GROUP_COUNT),
        word("uid", grant::UID),
        word("gid", grant::GID),
    ]
}

fn slot_rows() -> Vec<Row> {
    vec![
        word("sequence", slot::SEQUENCE),
        word("pid", slot::PID),
        word("generation", slot::GENERATION),
        word("state", slot::STATE),
        word("since", slot::SINCE),
        word("connected", slot::CONNECTED),
        word("client", slot::CLIENT),
        ("client_address", slot::CLIENT_ADDRESS, 16),
        word("server", slot::SERVER),
        ("server_address", slot::SERVER_ADDRESS, 16),
        word("direction", slot::DIRECTION),
        word("transfer_size", slot::TRANSFER_SIZE),
        word("transfer_done", slot::TRANSFER_DONE),
        word("transfer_started", slot::TRANSFER_STARTED),
        ("totals", slot::TOTALS, TOTALS_SIZE),
        text("user", slot::USER),
        text("client_name", slot::CLIENT_NAME),
        text("server_name", slot::SERVER_NAME),
        text("class", slot::CLASS),
        text("protocol", slot::PROTOCOL),
        text("command", slot::COMMAND),
        text("arguments", slot::ARGUMENTS),
        text("cwd", slot::CWD),
        text("transfer_path", slot::TRANSFER_PATH),
        ("refusals", slot::REFUSALS, REFUSALS_SIZE),
    ]
}

fn totals_rows() -> Vec<Row> {
    vec![
        word("connections", totals::CONNECTIONS),
        word("logins", totals::LOGINS),
        word("refused", totals::REFUSED),
        word("downloads", totals::DOWNLOADS),
        word("uploads", totals::UPLOADS),
        word("bytes_out", totals::BYTES_OUT),
        word("bytes_in", totals::BYTES_IN),
        word("aborted", totals::ABORTED),
        word("records_lost", totals::RECORDS_LOST),
    ]
}

#[test]
fn the_published_layout_is_the_one_in_use() {
    let page = include_str!("../../docs/scoreboard.md");
    assert!(page.contains(&format!("layout **version {}**", layout::VERSION)));
    assert!(page.contains(&format!("`{}`", std::str::from_utf8(&layout::MAGIC.to_le_bytes()).unwrap())));
    for (section, rows) in [
        ("Header", header_rows()),
        ("Place", place_rows()),
        ("Grant", grant_rows()),
        ("Slot", slot_rows()),
        ("Totals", totals_rows()),
    ] {
        let expected: Vec<String> =
            rows.into_iter().map(|(name, at, size)| format!("| {at} | {size} | {name} |")).collect();
        assert_eq!(table(page, section), expected, "{section}");
    }
}

#[test]
fn the_published_reasons_are_the_ones_in_use() {
    let page = include_str!("../../docs/scoreboard.md");
    let start = page.find("## Refusals\n").unwrap();
    let rows = page[start..].lines().skip_while(|line| !line.starts_with("| ---")).skip(1);
    let told: Vec<&str> = rows.take_while(|line| line.starts_with('|')).collect();
    let reasons = ReasonCode::ALL.iter();
    let expected: Vec<String> =
        reasons.map(|reason| format!("| {} | `{}` |", *reason as usize * 8, reason.word())).collect();
    assert_eq!(told, expected);
}

#[test]
fn fields_lie_behind_each_other() {
    for rows in [header_rows(), place_rows(), grant_rows(), slot_rows(), totals_rows()] {
        for pair in rows.windows(2) {
            assert!(pair[0].1 + pair[0].2 <= pair[1].1, "{pair:?} overlap");
        }
    }
}

/// The first three columns of the section's table.
fn table(page: &str, section: &str) -> Vec<String> {
    let start = page.find(&format!("## {section}\n")).unwrap();
    let row = |line: &str| line.splitn(5, '|').take(4).collect::<Vec<_>>().join("|") + "|";
    let rows = page[start..].lines().skip(2).take_while(|line| line.starts_with('|')).skip(2);
    rows.map(row).collect()
}
