//! ftpdctl, and the control socket of a running daemon: what is asked is done and told, and nobody there harms anybody.

mod access;
mod actions;
mod hostile;
mod rates;
mod telling;
mod upgrades;

use std::io::{Read, Write};
use std::os::unix::net::UnixStream;
use std::path::PathBuf;
use std::process::{Command, Output};
use std::time::Duration;

use serde_json::Value;

use crate::harness::Daemon;

fn socket(daemon: &Daemon) -> PathBuf {
    daemon.setup.path("run/proftpd.sock")
}

/// Runs ftpdctl as an operator does, who names the configuration.
fn ftpdctl(daemon: &Daemon, words: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_ftpdctl"))
        .arg("-c")
        .arg(daemon.setup.config_file())
        .args(words)
        .output()
        .expect("the tool")
}

/// What it says when all is well.
#[track_caller]
fn said(daemon: &Daemon, words: &[&str]) -> String {
    let output = ftpdctl(daemon, words);
    assert_eq!(output.status.code(), Some(0), "{words:?}: {output:?}");
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// What it says on stderr when it exits with this.
#[track_caller]
fn refused(daemon: &Daemon, words: &[&str], status: i32) -> String {
    let output = ftpdctl(daemon, words);
    assert_eq!(output.status.code(), Some(status), "{words:?}: {output:?}");
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// The values of its answer.
#[track_caller]
fn data(daemon: &Daemon, words: &[&str]) -> Value {
    let words: Vec<&str> = ["--json"].iter().chain(words).copied().collect();
    let mut reply: Value = serde_json::from_str(&said(daemon, &words)).expect("an object of JSON");
    reply["data"].take()
}

/// A connection without a tool.
fn raw(daemon: &Daemon) -> UnixStream {
    let stream = UnixStream::connect(socket(daemon)).expect("a connection");
    stream.set_read_timeout(Some(Duration::from_secs(20))).expect("a timeout");
    stream
}

/// All that is answered to these bytes.
fn answered(daemon: &Daemon, bytes: &[u8]) -> String {
    let mut stream = raw(daemon);
    // Whoever says too much is answered before the end.
    let _ = stream.write_all(bytes);
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer);
    String::from_utf8_lossy(&answer).into_owned()
}
