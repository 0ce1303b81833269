//! The columns of `ftptop`: a row of a table for each, and how wide they become.

use unicode_width::UnicodeWidthStr;

use super::super::spans::since;
use super::super::watch::{Row, Sum, Trait, View};

/// A column of something's table.
pub struct Column<T> {
    title: &'static str,
    width: Width,
    text: fn(&T, u64) -> String,
}

/// How much of the line a column takes.
#[derive(Clone, Copy)]
enum Width {
    /// So much, at the left of it.
    Left(usize),
    /// So much, at the right of it.
    Right(usize),
    /// What its texts need, between these.
    Needed(usize, usize),
    /// What is left.
    Rest,
}

const PID: Column<Row> =
    Column { title: "PID", width: Width::Right(7), text: |row, _| row.session.pid.0.to_string() };
const DOING: Column<Row> =
    Column { title: "S", width: Width::Left(1), text: |row, _| row.doing.letter().into() };
const USER: Column<Row> =
    Column { title: "USER", width: Width::Needed(8, 16), text: |row, _| row.user().to_owned() };
const CLIENT: Column<Row> =
    Column { title: "CLIENT", width: Width::Needed(15, 30), text: |row, _| row.session.client_name.clone() };
const SERVER: Column<Row> = Column {
    title: "SERVER",
    width: Width::Needed(12, 24),
    text: |row, _| row.session.server.map(|server| server.to_string()).unwrap_or_default(),
};
const TIME: Column<Row> = Column {
    title: "TIME",
    width: Width::Left(6),
    text: |row, now_ms| since(now_ms.saturating_sub(row.session.connected_ms)),
};
const COMMAND: Column<Row> = Column { title: "COMMAND", width: Width::Rest, text: |row, _| row.command() };
const GENERATION: Column<Row> =
    Column { title: "GEN", width: Width::Right(3), text: |row, _| row.session.generation.to_string() };
const PROTOCOL: Column<Row> =
    Column { title: "PROTO", width: Width::Needed(5, 8), text: |row, _| row.session.protocol.clone() };
const RATE: Column<Row> = Column {
    title: "KB/s",
    width: Width::Right(11),
    text: |row, _| row.rate.map(kilobytes).unwrap_or_default(),
};
const DONE: Column<Row> = Column {
    title: "%DONE",
    width: Width::Right(5),
    text: |row, _| row.percent().or(row.transfers().then(|| "(n/a)".to_owned())).unwrap_or_default(),
};
const PROGRESS: Column<Row> = Column {
    title: "PROGRESS",
    width: Width::Left(20),
    text: |row, _| row.percent().and_then(|percent| percent.parse().ok()).map(bar).unwrap_or_default(),
};
const MOVED: Column<Row> = Column {
    title: "MB",
    width: Width::Right(9),
    text: |row, _| row.done().map(|done| format!("{:.1}", done as f64 / 1_048_576.0)).unwrap_or_default(),
};

/// ProFTPD's, where there is no room for more.
const SESSIONS: &[Column<Row>] = &[PID, DOING, USER, CLIENT, SERVER, TIME, COMMAND];
const SESSIONS_WIDE: &[Column<Row>] =
    &[PID, DOING, USER, CLIENT, SERVER, PROTOCOL, GENERATION, TIME, RATE, DONE, COMMAND];
const RATES: &[Column<Row>] = &[PID, DOING, USER, CLIENT, RATE, DONE];
const RATES_WIDE: &[Column<Row>] = &[PID, DOING, USER, CLIENT, RATE, DONE, PROGRESS, MOVED, COMMAND];

/// Characters of a line from which on there is room for more than ProFTPD shows.
pub const WIDE: usize = 110;

/// The columns of sessions, for a line of so many characters.
pub fn of_sessions(view: View, width: usize) -> &'static [Column<Row>] {
    match (view, width >= WIDE) {
        (View::Rates, true) => RATES_WIDE,
        (View::Rates, false) => RATES,
        (_, true) => SESSIONS_WIDE,
        (_, false) => SESSIONS,
    }
}

/// The columns of what sessions come to together.
pub fn of_sums(common: Trait) -> [Column<Sum>; 7] {
    let count = |title, text: fn(&Sum, u64) -> String| Column { title, width: Width::Right(8), text };
    [
        count("SESSIONS", |sum, _| sum.sessions.to_string()),
        count("DOWN", |sum, _| sum.downloading.to_string()),
        count("UP", |sum, _| sum.uploading.to_string()),
        count("IDLE", |sum, _| sum.idle.to_string()),
        Column { title: "OUT KB/s", width: Width::Right(11), text: |sum, _| kilobytes(sum.out) },
        Column { title: "IN KB/s", width: Width::Right(11), text: |sum, _| kilobytes(sum.into) },
        Column { title: common.title(), width: Width::Rest, text: |sum, _| sum.name.clone() },
    ]
}

/// The line of titles, and a line for each row.
pub fn table<T>(columns: &[Column<T>], rows: &[T], now_ms: u64) -> (String, Vec<String>) {
    let texts: Vec<Vec<String>> =
        rows.iter().map(|row| columns.iter().map(|column| (column.text)(row, now_ms)).collect()).collect();
    let widths: Vec<Width> =
        (0..columns.len()).map(|at| columns[at].settled(texts.iter().map(|row| &row[at]))).collect();
    let titles: Vec<String> = columns.iter().map(|column| column.title.to_owned()).collect();
    (line(&widths, &titles), texts.iter().map(|row| line(&widths, row)).collect())
}

/// 1024 bytes a second.
pub fn kilobytes(bytes: f64) -> String {
    format!("{:.2}", bytes / 1024.0)
}

fn bar(percent: usize) -> String {
    let done = percent.min(100) / 5;
    "#".repeat(done) + &".".repeat(20 - done)
}

impl<T> Column<T> {
    fn settled<'a>(&self, texts: impl Iterator<Item = &'a String>) -> Width {
        let needed = || texts.map(|text| text.width()).max().unwrap_or_default();
        match self.width {
            Width::Needed(least, most) => Width::Left(needed().clamp(least, most)),
            settled => settled,
        }
    }
}

fn line(widths: &[Width], texts: &[String]) -> String {
    let cell = |(width, text): (&Width, &String)| match *width {
        Width::Left(width) | Width::Needed(width, _) => {
            let text = cut(text, width);
            format!("{text}{}", " ".repeat(width - text.width()))
        }
        Width::Right(width) => format!("{}{text}", " ".repeat(width.saturating_sub(text.width()))),
        Width::Rest => text.clone(),
    };
    let cells: Vec<String> = widths.iter().zip(texts).map(cell).collect();
    cells.join(" ").trim_end().to_owned()
}

/// As much of a text as so many columns of the terminal hold.
fn cut(text: &str, width: usize) -> &str {
    let fits = |&(at, c): &(usize, char)| text[..at + c.len_utf8()].width() <= width;
    let end = text.char_indices().take_while(fits).last().map_or(0, |(at, c)| at + c.len_utf8());
    &text[..end]
}

#[cfg(test)]
mod tests {
    use super::super::super::session::examples::NOW;
    use super::super::super::watch::examples::rows;
    use super::*;

    #[test]
    fn sessions_in_proftpds_columns() {
        let (titles, lines) = table(of_sessions(View::Sessions, 80), &rows(), NOW);
        assert_eq!(titles, "    PID S USER     CLIENT          SERVER         TIME   COMMAND");
        assert_eq!(lines[0], "  24761 A (none)   localhost       127.0.0.1:2133 0m2s   (authenticating)");
        assert_eq!(lines[2], "  24765 D demo     localhost       127.0.0.1:2133 0m2s   RETR big");
    }

    #[test]
    fn speeds_in_proftpds_columns() {
        let rows: Vec<Row> = rows().into_iter().filter(Row::transfers).collect();
        let (titles, lines) = table(of_sessions(View::Rates, 80), &rows, NOW);
        assert_eq!(titles, "    PID S USER     CLIENT                 KB/s %DONE");
        assert_eq!(lines[0], "  24765 D demo     localhost            440.00     3");
        assert_eq!(lines[1], "  24766 U demo     localhost            440.00 (n/a)");
    }

    #[test]
    fn a_wide_line_has_room_for_more() {
        let (titles, lines) = table(of_sessions(View::Rates, WIDE), &rows()[2..3], NOW);
        assert!(titles.ends_with("PROGRESS                    MB COMMAND"), "{titles}");
        assert!(lines[0].ends_with("....................       0.9 RETR big"), "{lines:?}");
        let (titles, lines) = table(of_sessions(View::Sessions, WIDE), &rows()[2..3], NOW);
        assert!(titles.contains("PROTO GEN TIME"), "{titles}");
        assert!(lines[0].contains("ftp     1 0m2s"), "{lines:?}");
    }

    #[test]
    fn sums_in_their_columns() {
        let (titles, lines) = table(&of_sums(Trait::User), &Sum::together(&rows(), Trait::User), NOW);
        assert_eq!(titles, "SESSIONS     DOWN       UP     IDLE    OUT KB/s     IN KB/s USER");
        assert_eq!(lines[0], "       4        1        1        1      440.00      440.00 demo");
    }

    #[test]
    fn long_and_wide_names_keep_the_columns() {
        assert_eq!(cut("日本語", 5), "日本");
        assert_eq!(cut("abc", 5), "abc");
        assert_eq!(cut("", 0), "");
        assert_eq!(line(&[Width::Left(5), Width::Rest], &["日本語".to_owned(), "x".to_owned()]), "日本  x");
        assert_eq!(bar(0), ".".repeat(20));
        assert_eq!(bar(100), "#".repeat(20));
        assert_eq!(bar(1000), "#".repeat(20));
    }
}
