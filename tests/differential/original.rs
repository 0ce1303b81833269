//! ProFTPD itself: fetched with the libraries it lacks here, unpacked, never installed, on the loopback alone.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use crate::harness::debian::ran;
use crate::harness::scale::skipped;
use crate::harness::{Client, Setup, eventually};

/// Directives that ProFTPD does not know.
const OURS: [&str; 4] = ["StartWorkers", "MinSpareWorkers", "MaxSpareWorkers", "ShutdownMessageFile"];

/// A running ProFTPD. Dropped, it is ended.
pub struct Original {
    pub setup: Setup,
    child: Child,
}

/// The folder that holds it; says what is skipped where it cannot be had.
pub fn program(test: &str) -> Option<PathBuf> {
    let found = fetched();
    found.map_err(|why| skipped(&format!("needs Debian's package proftpd-core: {why}"), test)).ok()
}

fn fetched() -> Result<PathBuf, String> {
    let kept = Path::new(env!("CARGO_TARGET_TMPDIR")).join("proftpd-with-libraries");
    if kept.is_dir() {
        return Ok(kept);
    }
    let fresh = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).map_err(|error| error.to_string())?;
    let here = fresh.path();
    fs::create_dir(here.join("partial")).map_err(|error| error.to_string())?;
    let into = format!("Dir::Cache::archives={}", here.display());
    let words = ["install", "-y", "--no-install-recommends", "--download-only", "-o", &into, "proftpd-core"];
    ran(here, "apt-get", &words).or_else(|_| {
        ran(here, "apt-get", &["update"])?;
        ran(here, "apt-get", &words)
    })?;
    ran(here, "sh", &["-c", "for package in *.deb; do dpkg-deb -x \"$package\" root; done"])?;
    fs::rename(here.join("root"), &kept).map_err(|error| error.to_string())?;
    Ok(kept)
}

impl Original {
    /// Writes everything as for ferryd, but for what only ferryd knows, and starts it.
    pub fn start(files: PathBuf, setup: Setup) -> Original {
        setup.write();
        let is_theirs = |line: &&str| !OURS.iter().any(|word| line.starts_with(word));
        let lines: Vec<&str> = setup.text().leak().lines().filter(is_theirs).collect();
        let text = lines.join("\n") + "\nDelayEngine off\nAuthPAM off\n";
        setup.write_file("proftpd.conf", &text, 0o644);
        let libraries = files.join(format!("usr/lib/{}-linux-gnu", std::env::consts::ARCH));
        let mut command = Command::new(files.join("usr/sbin/proftpd"));
        command.arg("-n").arg("-c").arg(setup.path("proftpd.conf")).env("LD_LIBRARY_PATH", libraries);
        let child = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn();
        let original = Original { child: child.expect("ProFTPD's program"), setup };
        eventually("ProFTPD serves", || Client::connect(original.setup.socket_address()).ok());
        original
    }
}

impl Drop for Original {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
