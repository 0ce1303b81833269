//! The page: whole, and the part of it that a script puts in its place every few seconds. Without a script it is a plain table whose
//! links and form ask for another page.

use maud::{DOCTYPE, Markup, html};

use super::super::spans::{since, uptime};
use super::super::watch::{Look, Order, Row, Shown, Sum, View};
use super::super::{doing::Doing, who};
use super::chart::chart;
use super::history::{History, Point};
use super::query;

/// The whole page.
pub fn whole(look: &Look, history: &History, shown: &Shown) -> String {
    html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                title { "FTP sessions" }
                link rel="stylesheet" href="style.css";
                noscript { meta http-equiv="refresh" content="10"; }
                script src="script.js" defer {}
            }
            body {
                (controls(shown))
                main id="part" { (inner(look, history, shown)) }
            }
        }
    }
    .into_string()
}

/// The part that changes.
pub fn part(look: &Look, history: &History, shown: &Shown) -> String {
    inner(look, history, shown).into_string()
}

fn controls(shown: &Shown) -> Markup {
    html! {
        header {
            nav {
                @for view in query::VIEWS {
                    @let link = query::of(&Shown { view, ..shown.clone() });
                    a href=(link) aria-current=[(view == shown.view).then_some("page")] { (query::name(view)) }
                }
            }
            form method="get" {
                input type="hidden" name="view" value=(query::name(shown.view));
                input type="hidden" name="sort" value=(shown.order.name());
                input type="search" name="text" value=(shown.text) placeholder="user, client, server, command"
                    aria-label="Show only what has this text";
                button { "Find" }
            }
        }
    }
}

fn inner(look: &Look, history: &History, shown: &Shown) -> Markup {
    let all = Sum::of_all(&look.rows);
    let rows = shown.of(look.rows.clone());
    html! {
        p class=(if look.is_running { "state" } else { "state gone" }) { (state(look)) }
        (tiles(look, &all))
        div class="charts" { (charts(history, &all)) }
        (refusals(look))
        @match shown.view {
            View::Together(common) => (sums(&Sum::together(&rows, common), common.title())),
            _ => (sessions(&rows, look.now_ms, shown)),
        }
    }
}

fn state(look: &Look) -> String {
    let header = &look.header;
    let schedule = who::schedule_line(header, look.now_ms);
    if !look.is_running {
        return format!("The server is not running; this is what it left. {schedule}");
    }
    let pid = header.master.map_or(0, |master| master.0);
    let uptime = uptime(look.now_ms.saturating_sub(header.started_ms));
    format!("Process {pid}, up for {uptime}, generation {}. {schedule}", header.generation)
}

fn tiles(look: &Look, all: &Sum) -> Markup {
    let totals = &look.totals;
    let tiles = [
        ("sessions", all.sessions.to_string()),
        ("downloading", all.downloading.to_string()),
        ("uploading", all.uploading.to_string()),
        ("idle", all.idle.to_string()),
        ("logins", totals.logins.to_string()),
        ("logins refused", totals.refused.to_string()),
        ("files sent", totals.downloads.to_string()),
        ("files received", totals.uploads.to_string()),
        ("sent", bytes(totals.bytes_out as f64)),
        ("received", bytes(totals.bytes_in as f64)),
    ];
    html! {
        dl class="tiles" {
            @for (name, value) in &tiles { div { dt { (name) } dd { (value) } } }
        }
    }
}

fn charts(history: &History, all: &Sum) -> Markup {
    let values = |of: fn(&Point) -> f64| history.points().map(of).collect::<Vec<f64>>();
    let logins = history.points().last().map_or(0.0, |point| point.logins);
    html! {
        (chart("sessions", &all.sessions.to_string(), &values(|point| point.sessions as f64)))
        (chart("sent", &format!("{}/s", bytes(all.out)), &values(|point| point.out)))
        (chart("received", &format!("{}/s", bytes(all.into)), &values(|point| point.into)))
        (chart("logins", &format!("{logins:.1}/s"), &values(|point| point.logins)))
    }
}

/// A bar for each reason that was met, the most frequent first.
fn refusals(look: &Look) -> Markup {
    let met = look.refusals.met();
    let most = met.first().map_or(0, |(_, count)| *count);
    html! {
        @if most > 0 {
            section class="refusals" aria-label="refusals by reason" {
                h2 { "Refusals by reason" }
                ul {
                    @for (reason, count) in &met {
                        li title=(reason.meaning()) {
                            span { (reason.word()) } meter max=(most) value=(count) {} b { (count) }
                        }
                    }
                }
            }
        }
    }
}

fn sessions(rows: &[Row], now_ms: u64, shown: &Shown) -> Markup {
    html! {
        table class="sessions" {
            thead {
                tr {
                    (head("process", Order::Pid, shown)) th { "state" } (head("user", Order::User, shown))
                    (head("client", Order::Client, shown)) th { "server" } (head("for", Order::Time, shown))
                    (head("generation", Order::Generation, shown)) th { "protocol" }
                    (head("speed", Order::Rate, shown)) th { "done" } th { "command" }
                }
            }
            tbody { @for row in rows { (session(row, now_ms)) } }
        }
        @if rows.is_empty() { p { "Nobody." } }
    }
}

/// A title that orders by its column; the other way round where it does already.
fn head(title: &str, order: Order, shown: &Shown) -> Markup {
    let is_this = shown.order == order;
    let link = query::of(&Shown { order, reversed: is_this && !shown.reversed, ..shown.clone() });
    let descends = order.begins_with_the_most() != shown.reversed;
    let sort = is_this.then_some(if descends { "descending" } else { "ascending" });
    html! { th aria-sort=[sort] { a href=(link) { (title) } } }
}

fn session(row: &Row, now_ms: u64) -> Markup {
    let session = &row.session;
    let percent = row.percent().filter(|percent| percent.parse::<u8>().is_ok());
    html! {
        tr class=(row.doing.name()) {
            td { (session.pid.0) }
            td { span class="badge" title=(row.doing.name()) { (row.doing.letter()) } }
            td { (row.user()) }
            td title=(session.client_address()) { (session.client_name) }
            td { (session.server_name) }
            td { (since(now_ms.saturating_sub(session.connected_ms))) }
            td { (session.generation) }
            td { (session.protocol) }
            td { @if let Some(rate) = row.rate { (bytes(rate)) "/s" } }
            td {
                @if let Some(percent) = percent { progress max="100" value=(percent) {} " " (percent) "%" }
                @else if let Some(done) = row.done() { (bytes(done as f64)) }
            }
            td class="command" { @if row.doing != Doing::Idle { (row.command()) } }
        }
    }
}

fn sums(sums: &[Sum], title: &str) -> Markup {
    html! {
        table {
            thead {
                tr {
                    th { (title.to_lowercase()) } th { "sessions" } th { "downloading" } th { "uploading" } th { "idle" }
                    th { "sent" } th { "received" }
                }
            }
            tbody {
                @for sum in sums {
                    tr {
                        td { (sum.name) } td { (sum.sessions) } td { (sum.downloading) } td { (sum.uploading) } td { (sum.idle) }
                        td { (bytes(sum.out)) "/s" } td { (bytes(sum.into)) "/s" }
                    }
                }
            }
        }
    }
}

/// Bytes in the unit in which a person reads them.
fn bytes(bytes: f64) -> String {
    let units = ["B", "KiB", "MiB", "GiB", "TiB", "PiB"];
    let (mut value, mut unit) = (bytes, 0);
    while value >= 1024.0 && unit + 1 < units.len() {
        value /= 1024.0;
        unit += 1;
    }
    if unit == 0 { format!("{value:.0} B") } else { format!("{value:.1} {}", units[unit]) }
}

#[cfg(test)]
mod tests {
    use super::super::super::watch::Trait;
    use super::super::super::watch::examples::look;
    use super::*;

    #[test]
    fn names_of_clients_are_text() {
        let mut look = look();
        look.rows[1].session.client_name = "<script>alert(1)</script>".to_owned();
        let shown = Shown { text: "\"><b>".to_owned(), ..Shown::default() };
        let all = whole(&look, &History::default(), &Shown::default());
        assert!(all.contains("&lt;script&gt;alert") && !all.contains("<script>alert"), "{all}");
        let found = whole(&look, &History::default(), &shown);
        assert!(found.contains("value=\"&quot;&gt;&lt;b&gt;\"") && found.contains("Nobody."), "{found}");
    }

    #[test]
    fn titles_order_and_turn_round() {
        let shown = Shown { order: Order::Rate, ..Shown::default() };
        let all = whole(&look(), &History::default(), &shown);
        assert!(
            all.contains(
                "aria-sort=\"descending\"><a href=\"?view=sessions&amp;sort=rate&amp;reverse=1\">speed"
            ),
            "{all}"
        );
        assert!(all.contains("<a href=\"?view=sessions&amp;sort=user\">user"), "{all}");
        let shown = Shown { order: Order::User, ..shown };
        let all = whole(&look(), &History::default(), &shown);
        assert!(
            all.contains("aria-sort=\"ascending\"><a href=\"?view=sessions&amp;sort=user&amp;reverse=1\">"),
            "{all}"
        );
        let users = Shown { view: View::Together(Trait::User), ..Shown::default() };
        let told = part(&look(), &History::default(), &users);
        assert!(told.contains("<td>demo</td><td>4</td>"), "{told}");
    }

    #[test]
    fn who_is_gone_is_told() {
        let mut look = look();
        look.is_running = false;
        assert!(part(&look, &History::default(), &Shown::default()).contains("The server is not running"));
    }

    #[test]
    fn bytes_are_read_in_their_unit() {
        for (value, expected) in [(0.0, "0 B"), (1023.0, "1023 B"), (1536.0, "1.5 KiB"), (1e18, "888.2 PiB")]
        {
            assert_eq!(bytes(value), expected);
        }
    }
}
