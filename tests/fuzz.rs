//! Hostile bytes on the stable toolchain: the corpus of `fuzz/` replayed, then bent at random for some seconds.

use std::cell::Cell;
use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use proptest::prelude::*;
use proptest::sample::{Index, select};
use proptest::test_runner::{Config, TestError, TestRunner};

#[path = "../fuzz/src/lib.rs"]
mod targets;

#[test]
fn line() {
    bend("line", targets::line);
}

#[test]
fn verb() {
    bend("verb", targets::verb);
}

#[test]
fn argument() {
    bend("argument", targets::argument);
}

#[test]
fn listing() {
    bend("listing", targets::listing);
}

#[test]
fn path() {
    bend("path", targets::path);
}

#[test]
fn text() {
    bend("text", targets::text);
}

#[test]
fn configuration() {
    bend("configuration", targets::configuration);
}

#[test]
fn ftpaccess() {
    bend("ftpaccess", targets::ftpaccess);
}

#[test]
fn control() {
    bend("control", targets::control);
}

#[test]
fn shutdown_file() {
    bend("shutdown_file", targets::shutdown_file);
}

/// One change to some bytes; places are fractions of their length.
#[derive(Clone, Debug)]
enum Edit {
    Put(Index, Vec<u8>),
    Cut(Index, usize),
    Flip(Index, u8),
    Repeat(Index, Index, usize),
}

fn edits() -> impl Strategy<Value = Vec<Edit>> {
    let piece = prop_oneof![
        prop::collection::vec(any::<u8>(), 1..8),
        select(vec![
            &b"\r\n"[..],
            b"\n",
            b"\0",
            b"\xff\xf4\xff\xf2",
            b"<",
            b">",
            b"\"",
            b"\\\n",
            b"%{env:",
            b"9999999999",
            b"-1"
        ])
        .prop_map(<[u8]>::to_vec),
    ];
    let edit = prop_oneof![
        (any::<Index>(), piece).prop_map(|(at, bytes)| Edit::Put(at, bytes)),
        (any::<Index>(), 1..64_usize).prop_map(|(at, length)| Edit::Cut(at, length)),
        (any::<Index>(), any::<u8>()).prop_map(|(at, mask)| Edit::Flip(at, mask)),
        (any::<Index>(), any::<Index>(), 1..200_usize)
            .prop_map(|(from, to, times)| Edit::Repeat(from, to, times)),
    ];
    prop::collection::vec(edit, 0..6)
}

fn apply(mut bytes: Vec<u8>, edits: &[Edit]) -> Vec<u8> {
    for edit in edits {
        match edit {
            Edit::Put(at, more) => {
                let at = at.index(bytes.len() + 1);
                bytes.splice(at..at, more.iter().copied());
            }
            Edit::Cut(at, length) => {
                let at = at.index(bytes.len() + 1);
                let end = (at + length).min(bytes.len());
                bytes.drain(at..end);
            }
            Edit::Flip(at, mask) if !bytes.is_empty() => {
                let at = at.index(bytes.len());
                bytes[at] ^= mask;
            }
            Edit::Flip(..) => {}
            Edit::Repeat(from, to, times) => {
                let (from, to) = (from.index(bytes.len() + 1), to.index(bytes.len() + 1));
                let piece = bytes[from.min(to)..from.max(to)].repeat(*times);
                bytes.extend_from_slice(&piece[..piece.len().min(100_000)]);
            }
        }
    }
    bytes
}

fn bend(target: &str, feed: fn(&[u8])) {
    let corpus = corpus(target);
    corpus.iter().for_each(|bytes| feed(bytes));
    let end = Instant::now() + seconds();
    let fed = Cell::new(0_u64);
    let input = (select(corpus), edits()).prop_map(|(bytes, edits)| apply(bytes, &edits));
    while Instant::now() < end {
        // A runner counts its cases over all its runs: a new one for each.
        let config = Config { cases: 64, failure_persistence: None, ..Config::default() };
        let before = fed.get();
        let outcome = TestRunner::new(config).run(&input, |bytes| {
            fed.set(fed.get() + 1);
            feed(&bytes);
            Ok(())
        });
        match outcome {
            Ok(()) => assert!(fed.get() >= before + 64, "{target}: nothing was fed"),
            Err(TestError::Fail(why, bytes)) => {
                panic!("{target}: {why}\nwith {:?}", String::from_utf8_lossy(&bytes));
            }
            Err(TestError::Abort(why)) => panic!("{target}: {why}"),
        }
    }
    let fed = fed.get();
    println!("{target}: {fed} inputs");
}

/// FERRYD_FUZZ_SECONDS, which `tests/run` sets to 10; a glance otherwise.
fn seconds() -> Duration {
    let asked = std::env::var("FERRYD_FUZZ_SECONDS").ok().and_then(|text| text.parse().ok());
    Duration::from_secs(asked.unwrap_or(1))
}

fn corpus(target: &str) -> Vec<Vec<u8>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/corpus").join(target);
    let files = fs::read_dir(&folder).expect("a corpus").flatten();
    let corpus: Vec<Vec<u8>> = files.map(|file| fs::read(file.path()).expect("a corpus file")).collect();
    assert!(!corpus.is_empty(), "{} is empty", folder.display());
    corpus
}
