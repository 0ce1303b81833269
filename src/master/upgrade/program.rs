//! Which program an upgrade executes, and with which words.

use std::ffi::OsString;
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use crate::master::Options;

/// Hidden words of the command line; nothing else begins with them.
pub const STATE: &str = "--upgrade-state";
/// See [`STATE`].
pub const FAILED: &str = "--upgrade-failed";
/// See [`STATE`].
pub const CHECK: &str = "--upgrade-check";

/// Where this program lies. The path that it was started by is kept as it is, for a link in it may be set to another program;
/// where it is none, or leads elsewhere, the kernel says. To be asked before the working directory changes.
pub fn path_as_started() -> PathBuf {
    let named = std::env::args_os().next().map(PathBuf::from).unwrap_or_default();
    let absolute = std::path::absolute(&named).unwrap_or_default();
    if named.components().count() > 1 && is_running(&absolute) {
        return absolute;
    }
    std::env::current_exe().unwrap_or(absolute)
}

fn is_running(path: &Path) -> bool {
    let file = |path: &Path| fs::metadata(path).map(|found| (found.dev(), found.ino())).ok();
    file(path).is_some_and(|found| file(Path::new("/proc/self/exe")) == Some(found))
}

/// The words that the daemon was started with, the program's name first and then `more`. A configuration's path is absolute:
/// the daemon has left the folder it was started in.
pub fn words(options: &Options, more: &[OsString]) -> Vec<OsString> {
    let mut own = std::env::args_os();
    let name: Vec<OsString> = own.next().into_iter().collect();
    let mut own: Vec<OsString> = own.collect();
    while own.first().is_some_and(|word| word == STATE || word == FAILED) {
        own.drain(..own.len().min(2));
    }
    let config: [OsString; 2] = ["-c".into(), options.config.clone().into()];
    if !own.ends_with(&config) {
        own.extend(config);
    }
    [name, more.to_vec(), own].concat()
}
