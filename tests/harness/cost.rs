//! What a process costs, by the kernel's own count: memory of its own, processor time, descriptors. Never by the clock on the wall.

use std::fs;
use std::time::Duration;

/// A process's cost so far.
#[derive(Clone, Copy, Debug)]
pub struct Cost {
    /// Anonymous memory that is resident (proc_pid_status(5), RssAnon): what a client can make grow.
    pub kib: u64,
    /// On a processor (proc_pid_schedstat(5)).
    pub cpu: Duration,
    /// Open descriptors; 0 where they cannot be counted.
    pub descriptors: usize,
}

impl Cost {
    #[track_caller]
    pub fn of(pid: i32) -> Cost {
        let status = fs::read_to_string(format!("/proc/{pid}/status")).expect("the process lives");
        let schedule = fs::read_to_string(format!("/proc/{pid}/schedstat")).unwrap_or_default();
        let line = status.lines().find_map(|line| line.strip_prefix("RssAnon:")).unwrap_or_default();
        let nanoseconds = schedule.split_whitespace().next().and_then(|word| word.parse().ok());
        let descriptors = fs::read_dir(format!("/proc/{pid}/fd")).map_or(0, Iterator::count);
        Cost {
            kib: line.split_whitespace().next().and_then(|word| word.parse().ok()).unwrap_or(0),
            cpu: Duration::from_nanos(nanoseconds.unwrap_or(0)),
            descriptors,
        }
    }

    /// No more than so much memory beyond what it was.
    #[track_caller]
    pub fn assert_grown_by_at_most(self, kib: u64, before: Cost, what: &str) {
        let grown = self.kib.saturating_sub(before.kib);
        assert!(grown <= kib, "{what}: {} KiB became {} KiB", before.kib, self.kib);
    }

    /// Processor time since.
    pub fn cpu_since(self, before: Cost) -> Duration {
        self.cpu.saturating_sub(before.cpu)
    }
}
