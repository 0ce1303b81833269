//! What is seen of the server from outside: the processor time of its control group, the most memory its processes had.

use std::collections::HashMap;
use std::fs;
use std::path::PathBuf;

use crate::words::Words;

/// The server's control group: the file that counts its time, and the folder.
pub struct Server {
    counter: PathBuf,
    group: PathBuf,
}

impl Server {
    pub fn read(words: &Words) -> Server {
        Server { counter: words.text("counter", "").into(), group: words.text("group", "").into() }
    }

    /// Seconds of processor time of all its processes, those included that ended; not a number where no group counts them.
    pub fn processor(&self) -> f64 {
        let Ok(text) = fs::read_to_string(&self.counter) else { return f64::NAN };
        let version_two = text.lines().find_map(|line| line.strip_prefix("usage_usec "));
        match version_two {
            Some(microseconds) => microseconds.trim().parse::<f64>().map_or(f64::NAN, |time| time / 1e6),
            None => text.trim().parse::<f64>().map_or(f64::NAN, |time| time / 1e9),
        }
    }

    /// The most memory each of its processes ever had resident, in KiB.
    pub fn peaks(&self) -> HashMap<String, u64> {
        let members = fs::read_to_string(self.group.join("cgroup.procs")).unwrap_or_default();
        members.lines().filter_map(|process| Some((process.to_owned(), peak(process)?))).collect()
    }
}

fn peak(process: &str) -> Option<u64> {
    let status = fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.split_whitespace().next()?.parse().ok()
}
