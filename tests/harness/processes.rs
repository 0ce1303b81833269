//! A daemon's processes as /proc shows them. A daemon leads a process group of its own, which its children
//! stay in whoever their parent becomes.

use std::fs;

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

/// One line of /proc/PID/stat (proc_pid_stat(5)).
#[derive(Clone, Debug)]
pub struct Process {
    pub pid: i32,
    pub state: char,
    pub parent: i32,
    pub group: i32,
}

impl Process {
    pub fn is_zombie(&self) -> bool {
        self.state == 'Z'
    }
}

/// All that live in a group, zombies too.
pub fn in_group(group: i32) -> Vec<Process> {
    all().into_iter().filter(|process| process.group == group).collect()
}

/// All that a process is the parent of.
pub fn children_of(parent: i32) -> Vec<Process> {
    all().into_iter().filter(|process| process.parent == parent).collect()
}

/// Whether a process lives; a zombie does not.
pub fn lives(pid: i32) -> bool {
    read(pid).is_some_and(|process| !process.is_zombie())
}

pub fn send(pid: i32, signal: Signal) {
    kill(Pid::from_raw(pid), signal).unwrap_or_else(|error| panic!("cannot send {signal} to {pid}: {error}"));
}

/// The real uid a process runs as.
pub fn uid_of(pid: i32) -> Option<u32> {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    let line = status.lines().find(|line| line.starts_with("Uid:"))?;
    line.split_whitespace().nth(1)?.parse().ok()
}

fn all() -> Vec<Process> {
    let entries = fs::read_dir("/proc").expect("/proc is mounted");
    entries.flatten().filter_map(|entry| entry.file_name().to_str()?.parse().ok()).filter_map(read).collect()
}

fn read(pid: i32) -> Option<Process> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    // The name before it may hold brackets and blanks of its own.
    let (_, back) = stat.rsplit_once(')')?;
    let mut fields = back.split_whitespace();
    Some(Process {
        pid,
        state: fields.next()?.chars().next()?,
        parent: fields.next()?.parse().ok()?,
        group: fields.next()?.parse().ok()?,
    })
}
