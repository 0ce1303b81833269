//! ferryd beside ProFTPD: both on the same configuration and the same files, both told the same, and all that they say and do
//! compared: reply codes, reply texts, data, and what is left on the disk.

mod access;
mod compare;
mod configurations;
mod directives;
mod fixture;
mod folder_files;
mod package;
mod plain;
mod script;
mod scripts;
mod server;
mod shutdown;
mod trace;
mod wanted;

use std::collections::BTreeSet;
use std::fs;
use std::io::{self, Write};
use std::path::Path;
use std::sync::Mutex;
use std::thread;
use std::time::{Duration, Instant, SystemTime};

use ferryd::protocol::verbs::VERBS;

use crate::harness::as_root;
use crate::harness::scale::is_long;
use compare::{Difference, Run, compare, grouped};
use configurations::CONFIGURATIONS;
use package::Package;
use script::{Script, perform};
use scripts::SETTINGS;
use server::{Program, Server};
use wanted::{List, rows};

/// Scripts that one pair of servers performs.
const SHARE: usize = 40;
/// Pairs at a time: they wait for each other more than they compute.
const PAIRS: usize = 3;
/// In CI each so many-th script is performed: less than a minute on two processors.
const IN_CI: usize = 5;
/// What takes longer is told: some answer did not come at once.
const SLOW: Duration = Duration::from_secs(8);

#[test]
fn ferryd_says_and_does_what_proftpd_does() {
    const TEST: &str = "ferryd_says_and_does_what_proftpd_does";
    if !as_root(TEST) {
        return;
    }
    let Some(package) = Package::obtain(TEST) else { return };
    let start = Instant::now();
    let outcome = perform_all(&package, &chosen());
    let mut list = List::new();
    let (wanted, unknown): (Vec<_>, Vec<_>) =
        outcome.differences.into_iter().partition(|one| list.wants(one));
    // Seen also where the tests' output is kept back.
    let _ = writeln!(
        io::stderr(),
        "differential: {} scripts, {} replies compared, {} equal, {} wanted differences by {} rows, {} unknown, {:.1?}",
        outcome.scripts,
        outcome.replies,
        outcome.replies.saturating_sub(wanted.len() + unknown.len()),
        wanted.len(),
        rows().count(),
        unknown.len(),
        start.elapsed()
    );
    if is_narrowed() {
        list.uses().for_each(|(row, uses)| println!("{uses:5}  {}  {}", row.said, row.page));
    }
    assert!(unknown.is_empty(), "{} differences that nobody wants:\n\n{}", unknown.len(), grouped(&unknown));
    if is_long() && !is_narrowed() {
        nothing_is_idle(&list);
    }
}

/// Each configuration is told the same session; in CI one of a few.
#[test]
fn rules_mean_what_they_mean_to_proftpd() {
    const TEST: &str = "rules_mean_what_they_mean_to_proftpd";
    if !as_root(TEST) {
        return;
    }
    let Some(package) = Package::obtain(TEST) else { return };
    let step = if is_long() { 1 } else { IN_CI };
    let outcome = Mutex::new(Outcome::default());
    for (number, lines) in CONFIGURATIONS.iter().enumerate().step_by(step) {
        perform_share(&package, lines, &[&configurations::script(number)], &outcome);
    }
    let outcome = outcome.into_inner().expect("no thread has failed");
    let _ = writeln!(
        io::stderr(),
        "differential: {} configurations, {} replies compared",
        outcome.scripts,
        outcome.replies
    );
    let mut list = List::new();
    let unknown: Vec<Difference> = outcome.differences.into_iter().filter(|one| !list.wants(one)).collect();
    assert!(unknown.is_empty(), "{} differences that nobody wants:\n\n{}", unknown.len(), told(&unknown));
}

/// Each with its configuration.
fn told(differences: &[Difference]) -> String {
    differences.iter().map(|one| format!("{}\n{one}\n", one.script)).collect()
}

/// What no difference needs is to be taken from the list.
fn nothing_is_idle(list: &List) {
    // The directives' own rows are theirs.
    let rows = list.uses().filter(|(row, uses)| *uses == 0 && !row.script.starts_with("^directives"));
    let idle: Vec<String> =
        rows.map(|(row, _)| format!("{} {} {} {}", row.script, row.said, row.ours, row.theirs)).collect();
    assert!(idle.is_empty(), "wanted, and no difference needs it: {idle:#?}");
}

#[test]
fn each_verb_has_a_script() {
    let said: BTreeSet<Vec<u8>> = scripts::all()
        .iter()
        .flat_map(|script| {
            script.steps.iter().map(|step| {
                step.line().split(|byte| *byte == b' ').next().unwrap_or_default().to_ascii_lowercase()
            })
        })
        .collect();
    for verb in VERBS {
        for name in std::iter::once(&verb.name).chain(verb.aliases) {
            assert!(said.contains(name.to_lowercase().as_bytes()), "no script says {name}");
        }
    }
}

#[test]
fn each_wanted_difference_has_its_reason_on_the_page() {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/differences.md");
    let page = fs::read_to_string(page).expect("docs/differences.md");
    for row in rows() {
        let place = row.page;
        assert!(page.contains(&format!("| {place}")), "docs/differences.md has no row for {place:?}");
    }
}

/// In CI one script of a few. `FERRYD_SCRIPTS=names` runs all that have the word in their names, and tells how often each row was
/// needed.
fn chosen() -> Vec<Script> {
    let word = std::env::var("FERRYD_SCRIPTS").unwrap_or_default();
    let step = if is_long() || is_narrowed() { 1 } else { IN_CI };
    scripts::all().into_iter().filter(|script| script.name.contains(&word)).step_by(step).collect()
}

fn is_narrowed() -> bool {
    std::env::var_os("FERRYD_SCRIPTS").is_some()
}

#[derive(Default)]
pub struct Outcome {
    scripts: usize,
    replies: usize,
    differences: Vec<Difference>,
}

/// Performs the scripts, a share of one configuration's at a time.
fn perform_all(package: &Package, scripts: &[Script]) -> Outcome {
    let mut shares: Vec<(&str, Vec<&Script>)> = Vec::new();
    for (setting, lines) in SETTINGS {
        let own: Vec<&Script> = scripts.iter().filter(|script| script.setting == *setting).collect();
        shares.extend(own.chunks(SHARE).map(|share| (*lines, share.to_vec())));
    }
    let (shares, outcome) = (Mutex::new(shares), Mutex::new(Outcome::default()));
    let take = || shares.lock().expect("no thread has failed").pop();
    thread::scope(|threads| {
        for _ in 0..PAIRS {
            threads.spawn(|| {
                while let Some((lines, share)) = take() {
                    perform_share(package, lines, &share, &outcome);
                }
            });
        }
    });
    outcome.into_inner().expect("no thread has failed")
}

fn perform_share(package: &Package, lines: &str, share: &[&Script], outcome: &Mutex<Outcome>) {
    let start = |program| Server::start(program, package, lines);
    let (ours, theirs) = (start(Program::Ferryd), start(Program::Proftpd));
    // Before it everything is of the fixture.
    let since = SystemTime::now() - Duration::from_secs(86_400);
    let untouched = fixture::snapshot(&ours.home(), since);
    for script in share {
        let start = Instant::now();
        let (mine, other) = thread::scope(|threads| {
            let mine = threads.spawn(|| run(script, &ours, since));
            let other = run(script, &theirs, since);
            (mine.join().expect("the script's thread"), other)
        });
        if start.elapsed() > SLOW {
            println!("{}: {:.1?}", script.name, start.elapsed());
        }
        let (replies, differences) = compare(&script.name, &mine, &other);
        for (server, run) in [(&ours, &mine), (&theirs, &other)] {
            if run.left != untouched {
                fixture::make(&server.home());
            }
        }
        let mut outcome = outcome.lock().expect("no thread has failed");
        outcome.scripts += 1;
        outcome.replies += replies;
        outcome.differences.extend(differences);
    }
}

fn run<'a>(script: &Script, server: &'a Server, since: SystemTime) -> Run<'a> {
    let heard = perform(script, server.address());
    let left = fixture::snapshot(&server.home(), since);
    Run { folder: server.folder(), port: server.address().port(), heard, left }
}
