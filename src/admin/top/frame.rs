//! What one look comes to in text: the head, the titles and a line for each row, on the screen and in batches alike.

use std::ops::Range;

use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::super::doing::Doing;
use super::super::watch::{Look, Row, Shown, Sum, View};
use super::super::{spans, who};
use super::columns;

/// A frame.
pub struct Frame {
    /// Two lines as ProFTPD's, and one of ours.
    pub head: [String; 3],
    /// The titles of the columns.
    pub titles: String,
    /// The rows asked for, with what a session does.
    pub lines: Vec<(Option<Doing>, String)>,
    /// How many rows there are in all.
    pub count: usize,
}

/// As ProFTPD's: scripts look for it.
pub const VERSION: &str = "ftptop/1.0";

impl Frame {
    /// The frame of a look: of its rows those of the window, in lines of so many characters.
    pub fn of(look: &Look, shown: &Shown, window: Range<usize>, width: usize) -> Frame {
        let rows = shown.of(look.rows.clone());
        let sum = Sum::of_all(&rows);
        let head = [clock(look), counts(&sum), notes(look, shown, &sum)];
        let (count, titles, lines) = match shown.view {
            View::Together(common) => {
                let sums = Sum::together(&rows, common);
                let (titles, lines) =
                    columns::table(&columns::of_sums(common), part(&sums, window), look.now_ms);
                (sums.len(), titles, lines.into_iter().map(|line| (None, line)).collect())
            }
            view => {
                let seen: &[Row] = part(&rows, window);
                let (titles, lines) = columns::table(columns::of_sessions(view, width), seen, look.now_ms);
                let doings = seen.iter().map(|row| Some(row.doing));
                (rows.len(), titles, doings.zip(lines).collect())
            }
        };
        Frame { head, titles, lines, count }
    }
}

fn part<T>(rows: &[T], window: Range<usize>) -> &[T] {
    let end = window.end.min(rows.len());
    &rows[window.start.min(end)..end]
}

fn clock(look: &Look) -> String {
    let uptime = spans::uptime(look.now_ms.saturating_sub(look.header.started_ms));
    format!("{VERSION}: {}, up for {uptime}", local_time(look.now_ms, &TimeZone::system()))
}

/// As `ctime(3)` has it.
fn local_time(now_ms: u64, zone: &TimeZone) -> String {
    let moment = i64::try_from(now_ms).ok().and_then(|ms| Timestamp::from_millisecond(ms).ok());
    let moment = moment.unwrap_or(Timestamp::UNIX_EPOCH);
    moment.to_zoned(zone.clone()).strftime("%a %b %e %H:%M:%S %Y").to_string()
}

fn counts(sum: &Sum) -> String {
    let Sum { sessions, downloading, uploading, idle, .. } = sum;
    format!("{sessions} Total FTP Sessions: {downloading} downloading, {uploading} uploading, {idle} idle")
}

/// What ProFTPD's does not tell: speeds, the generation, the choice made, and why nobody may be there.
fn notes(look: &Look, shown: &Shown, sum: &Sum) -> String {
    let speeds = format!("KB/s: {} out, {} in", columns::kilobytes(sum.out), columns::kilobytes(sum.into));
    let mut notes = vec![speeds, format!("generation {}", look.header.generation)];
    let reversed = if shown.reversed { " reversed" } else { "" };
    notes.push(format!("by {}{reversed}", shown.order.name()));
    let letters = |list: &[Doing]| list.iter().map(|doing| doing.letter()).collect::<String>();
    if !shown.only.is_empty() {
        notes.push(format!("only {}", letters(&shown.only)));
    }
    if !shown.hidden.is_empty() {
        notes.push(format!("without {}", letters(&shown.hidden)));
    }
    if !shown.text.is_empty() {
        notes.push(format!("with '{}'", shown.text));
    }
    if !look.is_running {
        notes.push("its server is not running".to_owned());
    }
    notes.push(who::schedule_line(&look.header, look.now_ms).trim_end().to_owned());
    notes.retain(|note| !note.is_empty());
    notes.join("; ")
}

#[cfg(test)]
mod tests {
    use super::super::super::session::examples::NOW;
    use super::super::super::watch::{Order, Trait, examples::look};
    use super::*;

    #[test]
    fn the_head_counts_what_is_shown() {
        let frame = Frame::of(&look(), &Shown::default(), 0..9, 80);
        assert_eq!(frame.head[1], "5 Total FTP Sessions: 1 downloading, 1 uploading, 1 idle");
        assert_eq!(frame.head[2], "KB/s: 440.00 out, 440.00 in; generation 1; by pid");
        assert!(frame.head[0].starts_with("ftptop/1.0: ") && frame.head[0].ends_with(", up for 0 min"));
        let hidden = Shown { hidden: vec![Doing::Idle], text: "demo".to_owned(), ..Shown::default() };
        let frame = Frame::of(&look(), &hidden, 0..9, 80);
        assert_eq!(frame.head[1], "3 Total FTP Sessions: 1 downloading, 1 uploading, 0 idle");
        assert!(frame.head[2].ends_with("by pid; without I; with 'demo'"), "{:?}", frame.head);
        let dead = Look { is_running: false, ..look() };
        let reversed =
            Shown { order: Order::Rate, reversed: true, only: vec![Doing::Idle], ..Shown::default() };
        let notes = &Frame::of(&dead, &reversed, 0..9, 80).head[2];
        assert!(notes.ends_with("by rate reversed; only I; its server is not running"), "{notes}");
    }

    #[test]
    fn a_window_looks_at_a_part() {
        let of = |window| Frame::of(&look(), &Shown::default(), window, 80);
        assert_eq!(of(1..3).lines.len(), 2);
        assert_eq!(of(1..3).count, 5);
        assert_eq!(of(4..9).lines.len(), 1);
        assert_eq!(of(9..12).lines.len(), 0);
        let together = Shown { view: View::Together(Trait::User), ..Shown::default() };
        assert_eq!(Frame::of(&look(), &together, 0..9, 80).count, 2);
    }

    #[test]
    fn moments_are_told_as_ctime_tells_them() {
        assert_eq!(local_time(NOW, &TimeZone::UTC), "Sun Nov 22 18:01:56 2026");
        assert_eq!(local_time(u64::MAX, &TimeZone::UTC), "Thu Jan  1 00:00:00 1970");
    }
}
