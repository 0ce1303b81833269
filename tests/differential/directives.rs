//! Each directive beside ProFTPD's: a row with a configuration, a script that shows where it bites and where it does not, and
//! all that is heard, left on the disk and logged, compared.

mod act;
mod ground;
mod pair;
mod placeholders;
mod row;
mod unseen;

use std::collections::BTreeSet;
use std::io::{self, Write};
use std::panic::catch_unwind;
use std::sync::Mutex;
use std::thread;
use std::time::Instant;

use ferryd::config::directive_summaries;

use super::Outcome;
use super::compare::{Difference, grouped};
use super::package::Package;
use super::server::Program;
use super::wanted::List;
use crate::harness::as_root;
use crate::harness::scale::is_long;
use pair::{Side, perform_share};
use row::{Row, rows};
use unseen::UNSEEN;

/// Rows that one pair of daemons serves.
const SHARE: usize = 24;
/// Pairs at a time: they wait for each other more than they compute.
const PAIRS: usize = 3;

#[test]
fn directives_mean_what_they_mean_to_proftpd() {
    const TEST: &str = "directives_mean_what_they_mean_to_proftpd";
    if !as_root(TEST) {
        return;
    }
    let Some(package) = Package::obtain(TEST) else { return };
    let start = Instant::now();
    let rows = chosen();
    let outcome = perform_all(&package, &rows);
    let mut list = List::new();
    let (wanted, unknown): (Vec<_>, Vec<_>) =
        outcome.differences.into_iter().partition(|one| list.wants(one));
    let names: BTreeSet<&String> = rows.iter().flat_map(|row| &row.of).collect();
    // Seen also where the tests' output is kept back.
    let _ = writeln!(
        io::stderr(),
        "differential: directives compared: {}, configurations {}, replies {}, equal {}, wanted {}, unknown {}, {:.1?}",
        names.len(),
        outcome.scripts,
        outcome.replies,
        outcome.replies.saturating_sub(wanted.len() + unknown.len()),
        wanted.len(),
        unknown.len(),
        start.elapsed()
    );
    assert!(unknown.is_empty(), "{} differences that nobody wants:\n\n{}", unknown.len(), told(&unknown));
    if is_narrowed() {
        println!("wanted:\n{}", told(&wanted));
    } else {
        let idle = list.uses().filter(|(row, uses)| *uses == 0 && row.script.starts_with("^directives"));
        let idle: Vec<String> = idle.map(|(row, _)| format!("{} {}", row.script, row.said)).collect();
        assert!(idle.is_empty(), "wanted, and no difference needs it: {idle:#?}");
    }
}

fn told(differences: &[Difference]) -> String {
    differences
        .iter()
        .map(|one| format!("{}\n{}\n", one.script, grouped(std::slice::from_ref(one))))
        .collect()
}

/// `FERRYD_DIRECTIVES=word` runs the rows that have the word in their names.
fn chosen() -> Vec<Row> {
    let word = std::env::var("FERRYD_DIRECTIVES").unwrap_or_default();
    rows().into_iter().filter(|row| row.name.contains(&word)).collect()
}

fn is_narrowed() -> bool {
    std::env::var_os("FERRYD_DIRECTIVES").is_some_and(|word| !word.is_empty())
}

fn perform_all(package: &Package, rows: &[Row]) -> Outcome {
    let (alone, shared): (Vec<&Row>, Vec<&Row>) = rows.iter().partition(|row| row.is_alone);
    let mut shares: Vec<Vec<&Row>> = alone.into_iter().map(|row| vec![row]).collect();
    shares.extend(shared.chunks(SHARE).map(<[&Row]>::to_vec));
    let outcome = Mutex::new(Outcome::default());
    in_parallel(shares, |share| perform_share(package, &share, &outcome));
    outcome.into_inner().expect("no thread has failed")
}

/// The last ones first.
fn in_parallel<T: Send>(all: Vec<T>, perform: impl Fn(T) + Sync) {
    let left = Mutex::new(all);
    let take = || left.lock().expect("no thread has failed").pop();
    thread::scope(|threads| {
        for _ in 0..PAIRS {
            threads.spawn(|| {
                while let Some(one) = take() {
                    perform(one);
                }
            });
        }
    });
}

#[test]
fn each_directive_is_compared_or_cannot_be_seen() {
    let rows = rows();
    let compared: BTreeSet<&str> = rows.iter().flat_map(|row| row.of.iter().map(String::as_str)).collect();
    let unseen: BTreeSet<&str> = UNSEEN.iter().flat_map(|(names, _)| names.split(' ')).collect();
    let done = directive_summaries().into_iter().filter(|row| row.stands == "done" && row.module != "ferryd");
    let names: BTreeSet<&str> = done.map(|row| row.name).collect();
    let missing: Vec<_> =
        names.iter().filter(|name| !compared.contains(*name) && !unseen.contains(*name)).collect();
    assert!(missing.is_empty(), "neither compared with ProFTPD's nor known as invisible: {missing:?}");
    let both: Vec<_> = compared.intersection(&unseen).collect();
    assert!(both.is_empty(), "compared, and said to be invisible: {both:?}");
    let every: BTreeSet<&str> = directive_summaries().iter().map(|row| row.name).collect();
    let nobodys: Vec<_> = compared.union(&unseen).filter(|name| !every.contains(*name)).collect();
    assert!(nobodys.is_empty(), "no directives: {nobodys:?}");
}

/// A directive that changes nothing in any of its rows is not compared. One row may be without effect: it shows that.
#[test]
fn each_directive_changes_something_in_a_row() {
    const TEST: &str = "each_directive_changes_something_in_a_row";
    if !is_long() || !as_root(TEST) {
        return;
    }
    let Some(package) = Package::obtain(TEST) else { return };
    let idle: Mutex<BTreeSet<String>> = Mutex::default();
    let busy: Mutex<BTreeSet<String>> = Mutex::default();
    in_parallel(chosen(), |row| {
        let without = row.of.iter().map(|directive| row.without(directive));
        let variants: Vec<Row> = std::iter::once(row.clone()).chain(without).collect();
        let shown = shown(&package, &variants);
        for (directive, without) in row.of.iter().zip(&shown[1..]) {
            let seen = if *without == shown[0] { &idle } else { &busy };
            seen.lock().expect("no thread has failed").insert(directive.clone());
        }
    });
    let (idle, busy) =
        (idle.into_inner().expect("no thread has failed"), busy.into_inner().expect("the same"));
    let is_known = |directive: &&String| unseen::WITHOUT_EFFECT.iter().any(|(name, _)| name == directive);
    let nothing: Vec<&String> = idle.difference(&busy).filter(|directive| !is_known(directive)).collect();
    assert!(nothing.is_empty(), "changes nothing: {nothing:#?}");
}

/// What is heard of ferryd and left by it, as it can be compared, for each of a row's variants.
fn shown(package: &Package, variants: &[Row]) -> Vec<String> {
    // What stands in the server config may stand there once.
    let is_apart = variants.iter().any(|row| row.is_alone || !row.outside.is_empty());
    let shares = variants.chunks(if is_apart { 1 } else { variants.len() });
    shares
        .flat_map(|share| {
            let rows: Vec<&Row> = share.iter().collect();
            // Without one of its lines a configuration may be none, which is to show something.
            let side = match catch_unwind(|| Side::start(Program::Ferryd, package, &rows)) {
                Ok(side) => side,
                Err(_) if share.len() == 1 => return vec!["no configuration".to_owned()],
                Err(_) => return share.chunks(1).flat_map(|one| shown(package, one)).collect(),
            };
            let shown = |(number, row): (usize, &&Row)| {
                let place = side.place(number);
                let heard = place.perform(&row.says);
                let text = format!("{heard:#?}\n{:#?}", place.left(row));
                super::plain::plain(&text, place.folder, place.port)
            };
            rows.iter().enumerate().map(shown).collect::<Vec<String>>()
        })
        .collect()
}
