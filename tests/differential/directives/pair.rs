//! Two daemons that have the same rows: each row a `<VirtualHost>` with a port and a folder of its own, or all of the server config.

use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::thread;
use std::time::{Duration, Instant};

use super::ground;
use super::row::{Place, Row};
use crate::differential::Outcome;
use crate::differential::compare::{Run, compare};
use crate::differential::fixture::Snapshot;
use crate::differential::package::Package;
use crate::differential::plain::plain;
use crate::differential::script::Heard;
use crate::differential::server::{Program, Server};
use crate::harness::ports::Port;

/// What a server needs that is in no `<VirtualHost>` of itself; a row's own line takes a line's place.
const USUAL: &[&str] = &[
    "ServerName \"Test\"",
    "ServerAdmin admin@example.org",
    "AuthUserFile {here}/users",
    "AuthGroupFile {here}/groups",
    "AuthOrder mod_auth_file.c",
    "RequireValidShell off",
    "TransferLog {here}/xferlog",
    "User nobody",
    "Group nogroup",
];

/// What has not changed for so long stays as it is.
const STILL: Duration = Duration::from_millis(400);

/// One program with its rows.
pub struct Side {
    server: Server,
    places: Vec<(PathBuf, Option<Port>)>,
}

impl Side {
    #[track_caller]
    pub fn start(program: Program, package: &Package, rows: &[&Row]) -> Side {
        let mut places = Vec::new();
        let server = Server::start_with(program, package, |folder| {
            let mut text = String::from("LoadModule mod_ifsession.c\n");
            for (number, row) in rows.iter().enumerate() {
                let (place, lines) = furnished(folder, number, row);
                text += &lines;
                places.push(place);
            }
            text
        });
        Side { server, places }
    }

    pub fn place(&self, number: usize) -> Place<'_> {
        let (folder, port) = &self.places[number];
        let port = port.as_ref().map_or(self.server.address().port(), |port| port.number);
        Place { folder, port }
    }
}

/// Makes the row's folder; its lines.
fn furnished(folder: &Path, number: usize, row: &Row) -> ((PathBuf, Option<Port>), String) {
    if row.is_alone {
        ground::make(folder);
        let lines = format!("{}\n{}\n", row.outside, row.lines).replace("{here}", "{folder}");
        return ((folder.to_owned(), None), lines);
    }
    let here = folder.join(format!("row{number:03}"));
    ground::make(&here);
    let port = Port::reserve();
    let own: Vec<&str> = row.lines.lines().filter_map(|line| line.split_whitespace().next()).collect();
    let usual = USUAL.iter().filter(|line| line.split(' ').next().is_none_or(|name| !own.contains(&name)));
    let usual = usual.copied().collect::<Vec<_>>().join("\n");
    let lines = format!(
        "{}\n<VirtualHost 127.0.0.1>\nPort {{port}}\n{usual}\n{}\n</VirtualHost>\n",
        row.outside, row.lines
    );
    let lines = lines
        .replace("{here}", &here.display().to_string())
        .replace("{port}", &port.number.to_string())
        .replace("{row}", &format!("row{number:03}"));
    ((here, Some(port)), lines)
}

/// Performs the rows on both, one after the other.
pub fn perform_share(package: &Package, rows: &[&Row], outcome: &Mutex<Outcome>) {
    let start = |program| Side::start(program, package, rows);
    let (ours, theirs) = (start(Program::Ferryd), start(Program::Proftpd));
    for (number, row) in rows.iter().enumerate() {
        let (mine, other) = (ours.place(number), theirs.place(number));
        let start = Instant::now();
        let (heard, others) = thread::scope(|threads| {
            let heard = threads.spawn(|| mine.perform(&row.says));
            let others = other.perform(&row.says);
            (heard.join().expect("the row's thread"), others)
        });
        let (left, rest) = settled(row, &mine, &other);
        let (replies, differences) = compare(&row.name, &run(&mine, heard, left), &run(&other, others, rest));
        if start.elapsed() > Duration::from_secs(5) {
            println!("{}: {:.1?}", row.name, start.elapsed());
        }
        let mut outcome = outcome.lock().expect("no thread has failed");
        outcome.scripts += 1;
        outcome.replies += replies;
        outcome.differences.extend(differences);
    }
}

fn run<'a>(place: &Place<'a>, heard: Vec<Heard>, left: Snapshot) -> Run<'a> {
    Run { folder: place.folder, port: place.port, heard, left }
}

/// What both have left behind: the same at once, or when nothing changes any more. A log is never empty.
fn settled(row: &Row, mine: &Place<'_>, other: &Place<'_>) -> (Snapshot, Snapshot) {
    let (mut left, mut since) = ((mine.left(row), other.left(row)), Instant::now());
    loop {
        let plain =
            |left: &Snapshot, place: &Place<'_>| plain(&format!("{left:?}"), place.folder, place.port);
        let is_logged = row.logs.iter().all(|log| left.0.contains_key(&format!("({log}) 00")));
        let is_same = is_logged && plain(&left.0, mine) == plain(&left.1, other);
        if is_same || since.elapsed() > STILL {
            return left;
        }
        thread::sleep(Duration::from_millis(10));
        let now = (mine.left(row), other.left(row));
        if now != left {
            (left, since) = (now, Instant::now());
        }
    }
}
