//! Debian's proftpd, unpacked with the libraries that this host lacks, and never installed. Only its program is run.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::{Mutex, PoisonError};

use crate::harness::debian::ran;
use crate::harness::scale::skipped;

/// With one module of a package of its own.
const PACKAGES: [&str; 2] = ["proftpd-core", "proftpd-mod-vroot"];

/// The unpacked program, and where it finds its libraries and modules.
pub struct Package {
    root: PathBuf,
}

impl Package {
    /// Unpacks it, or finds it unpacked by an earlier run; None, loudly, where the packages cannot be had.
    pub fn obtain(test: &str) -> Option<Package> {
        let found = fetched();
        let named = PACKAGES.join(" and ");
        found.map_err(|why| skipped(&format!("needs Debian's {named}: {why}"), test)).ok()
    }

    /// Its program, with its own libraries.
    pub fn command(&self) -> Command {
        let mut command = Command::new(self.root.join("usr/sbin/proftpd"));
        let libraries = self.root.join("usr/lib").join(format!("{}-linux-gnu", std::env::consts::ARCH));
        command.env("LD_LIBRARY_PATH", libraries).stdin(Stdio::null());
        command
    }

    /// One of its tools, which need no more than the host has.
    pub fn tool(&self, name: &str) -> PathBuf {
        self.root.join("usr/sbin").join(name)
    }

    /// For ModulePath.
    pub fn modules(&self) -> PathBuf {
        self.root.join("usr/lib/proftpd")
    }
}

/// One test fetches for all: apt-get(8) locks the others out.
static FETCHING: Mutex<()> = Mutex::new(());

/// Fetches what is missing into a folder of its own, so that no half is ever found. A bare machine has no lists yet.
fn fetched() -> Result<Package, String> {
    let _alone = FETCHING.lock().unwrap_or_else(PoisonError::into_inner);
    let kept = Path::new(env!("CARGO_TARGET_TMPDIR")).join("proftpd-with-vroot");
    if kept.is_dir() {
        return Ok(Package { root: kept });
    }
    let fresh = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).map_err(|error| error.to_string())?;
    let here = fresh.path();
    fs::create_dir(here.join("partial")).map_err(|error| error.to_string())?;
    let into = format!("Dir::Cache::archives={}", here.display());
    let mut words = vec!["install", "-y", "--no-install-recommends", "--download-only", "-o", &into];
    words.extend(PACKAGES);
    ran(here, "apt-get", &words).or_else(|_| {
        ran(here, "apt-get", &["update"])?;
        ran(here, "apt-get", &words)
    })?;
    ran(here, "sh", &["-c", "for package in *.deb; do dpkg-deb -x \"$package\" root; done"])?;
    // Another run of the tests may have been quicker.
    let moved = fs::rename(here.join("root"), &kept).map_err(|error| error.to_string());
    moved.or_else(|why| if kept.is_dir() { Ok(()) } else { Err(why) })?;
    Ok(Package { root: kept })
}
