//! Which of a daemon's processes is auth, the recorder, the nursery: told by their threads and limits, as /proc shows them.

use std::collections::BTreeSet;
use std::fs;

use super::daemon::Daemon;
use super::eventually;
use super::processes;

impl Daemon {
    /// Auth, of every generation.
    pub fn auths(&self) -> Vec<i32> {
        self.children().into_iter().filter(|pid| thread(*pid, "post").is_some()).collect()
    }

    /// Auth, where there is one generation.
    #[track_caller]
    pub fn auth(&self) -> i32 {
        eventually("auth", || self.auths().first().copied())
    }

    /// The thread of auth that keeps the door of its newest listener.
    #[track_caller]
    pub fn door_keeper(&self) -> i32 {
        eventually("auth's door", || self.auths().first().and_then(|auth| thread(*auth, "door")))
    }

    /// The process with threads that is not auth.
    #[track_caller]
    pub fn recorder(&self) -> i32 {
        let is_recorder = |pid: &i32| threads(*pid).len() > 1 && thread(*pid, "post").is_none();
        eventually("the recorder", || self.children().into_iter().find(is_recorder))
    }

    /// The oldest process without threads that may have children (workers may not).
    pub fn nursery(&self) -> Option<i32> {
        let is_nursery = |pid: &i32| threads(*pid).len() == 1 && may_fork(*pid);
        self.children().into_iter().filter(is_nursery).min()
    }

    /// Auth, its steward, recorder and nursery: the master's children that hold no slot.
    pub fn servants(&self) -> BTreeSet<i32> {
        let workers: BTreeSet<i32> = self.slots().iter().map(|slot| slot.pid.0).collect();
        self.children().into_iter().filter(|pid| !workers.contains(pid)).collect()
    }

    fn children(&self) -> Vec<i32> {
        let children = processes::children_of(self.pid());
        children.iter().filter(|process| !process.is_zombie()).map(|process| process.pid).collect()
    }
}

/// A process's threads, by number and name.
fn threads(pid: i32) -> Vec<(i32, String)> {
    let Ok(entries) = fs::read_dir(format!("/proc/{pid}/task")) else { return Vec::new() };
    let named = |entry: fs::DirEntry| {
        let name = fs::read_to_string(entry.path().join("comm")).ok()?;
        Some((entry.file_name().to_str()?.parse().ok()?, name.trim().to_owned()))
    };
    entries.flatten().filter_map(named).collect()
}

fn thread(pid: i32, name: &str) -> Option<i32> {
    threads(pid).into_iter().filter(|(_, found)| found == name).map(|(number, _)| number).max()
}

fn may_fork(pid: i32) -> bool {
    let limits = fs::read_to_string(format!("/proc/{pid}/limits")).unwrap_or_default();
    let line = limits.lines().find(|line| line.starts_with("Max processes")).unwrap_or_default();
    line.split_whitespace().nth(2).is_some_and(|most| most != "0")
}
