//! The board's file: where it may be made, who may replace it, and what a reader makes of a wrong one.

use std::os::unix::fs::{FileExt, MetadataExt, PermissionsExt};

use proptest::prelude::*;

use super::*;
use crate::scoreboard::layout::header;

#[test]
fn a_board_is_made_readable_for_all_and_anew() {
    let folder = Folder::new();
    std::fs::write(folder.board(), b"").unwrap();
    let old = std::fs::metadata(folder.board()).unwrap();
    let master = MasterBoard::create(&folder.board(), 8).unwrap();
    let new = std::fs::metadata(folder.board()).unwrap();
    assert_eq!(new.permissions().mode() & 0o7777, 0o644);
    assert_ne!(new.ino(), old.ino());
    assert_eq!(std::fs::read_dir(folder.0.path()).unwrap().count(), 1);
    // Another's board at our path is not ours to remove.
    std::fs::rename(folder.board(), folder.0.path().join("elsewhere")).unwrap();
    std::fs::write(folder.board(), b"another").unwrap();
    master.remove().unwrap();
    assert!(folder.board().exists());
}

#[test]
fn a_board_goes_only_where_it_is_safe() {
    let folder = Folder::new();
    let create = |path: &std::path::Path| MasterBoard::create(path, 8).err().map(|error| error.to_string());
    std::fs::write(folder.board(), b"somebody's letter").unwrap();
    assert!(create(&folder.board()).unwrap().contains("lies where the scoreboard should and is none"));
    assert_eq!(std::fs::read(folder.board()).unwrap(), b"somebody's letter");
    let link = folder.0.path().join("link");
    std::os::unix::fs::symlink(folder.board(), &link).unwrap();
    assert!(create(&link).is_some());
    assert!(create(&folder.0.path().join("missing/board")).unwrap().contains("no such folder"));
    assert!(create(folder.0.path()).is_some());
    let open = folder.0.path().join("open");
    std::fs::create_dir(&open).unwrap();
    std::fs::set_permissions(&open, std::fs::Permissions::from_mode(0o777)).unwrap();
    assert!(create(&open.join("board")).unwrap().contains("world-writable"));
    std::fs::set_permissions(&open, std::fs::Permissions::from_mode(0o1777)).unwrap();
    assert!(create(&open.join("board")).is_none());
    // Proftpd's leftover may be replaced.
    let theirs = folder.0.path().join("theirs");
    std::fs::write(&theirs, [&0xdead_beef_u64.to_le_bytes()[..], &[7; 40]].concat()).unwrap();
    assert!(create(&theirs).is_none());
    assert!(matches!(MasterBoard::create(&folder.board(), 0), Err(BoardError::Slots(0))));
}

#[test]
fn a_second_master_touches_nothing() {
    let folder = Folder::new();
    let first = other_process("files::hold_a_board", &folder.board());
    until(|| Reader::open(&folder.board()).is_ok_and(|reader| reader.header().ready));
    let before = std::fs::read(folder.board()).unwrap();
    assert!(matches!(MasterBoard::create(&folder.board(), 8), Err(BoardError::Held(_))));
    assert_eq!(std::fs::read(folder.board()).unwrap(), before);
    assert_eq!(std::fs::read_dir(folder.0.path()).unwrap().count(), 1);
    let reader = Reader::open(&folder.board()).unwrap();
    assert!(reader.is_held());
    end(first);
    assert!(!reader.is_held());
    // Anybody may read it, and so lock it against writers.
    let locked = std::fs::File::open(folder.board()).unwrap();
    assert!(crate::sys::lock::share_description(&locked).unwrap() && !reader.is_held());
    assert!(MasterBoard::create(&folder.board(), 8).is_ok());
}

/// The first master; nothing but where the test above has started it.
#[test]
fn hold_a_board() {
    let Some(path) = std::env::var_os("FERRYD_TEST_BOARD") else { return };
    let master = MasterBoard::create(path.as_ref(), 8).unwrap();
    master.publish_ready();
    // Until the other end of stdin is closed, or we are killed.
    let _ = std::io::read_to_string(std::io::stdin());
}

#[test]
fn readers_say_what_is_wrong_with_a_file() {
    let folder = Folder::new();
    let said = |bytes: &[u8]| {
        std::fs::write(folder.board(), bytes).unwrap();
        Reader::open(&folder.board()).err().unwrap()
    };
    assert!(matches!(Reader::open(&folder.board()), Err(BoardError::Io(..))));
    assert!(matches!(said(b""), BoardError::NotABoard(_)));
    assert!(matches!(said(&[0; 8192]), BoardError::NotABoard(_)));
    let master = MasterBoard::create(&folder.0.path().join("good"), 8).unwrap();
    let good = std::fs::read(master.file().unwrap().path()).unwrap();
    let with = |at: usize, value: u64| {
        let mut bytes = good.clone();
        bytes[at..at + 8].copy_from_slice(&value.to_le_bytes());
        bytes
    };
    assert!(matches!(said(&with(header::VERSION, 9)), BoardError::Version(_, 9)));
    assert!(matches!(said(&with(header::SLOTS, u64::MAX)), BoardError::NotABoard(_)));
    assert!(matches!(said(&with(header::SLOTS, 1 << 19)), BoardError::NotABoard(_)));
    assert!(matches!(said(&with(header::SLOTS_AT, 1 << 40)), BoardError::NotABoard(_)));
    assert!(matches!(said(&good[..good.len() - 1]), BoardError::Truncated(_)));
    assert!(matches!(said(&good[..100]), BoardError::Truncated(_)));
    std::fs::write(folder.board(), &good).unwrap();
    let reader = Reader::open(&folder.board()).unwrap();
    let file = std::fs::OpenOptions::new().write(true).open(folder.board()).unwrap();
    file.set_len(4096).unwrap();
    assert!(reader.slots().is_empty() && matches!(reader.census(), Err(BoardError::Truncated(_))));
    file.set_len(0).unwrap();
    assert!(reader.header().master.is_none());
}

proptest! {
    /// Whatever a file holds where a board's header should be, it is refused, or read without harm.
    #[test]
    fn no_header_harms_its_reader(
        words in proptest::collection::vec((0..512_usize, prop_oneof![any::<u64>(), 0..40_u64]), 0..12),
        size in prop_oneof![Just(None), (0..100_000_u64).prop_map(Some)],
    ) {
        let folder = Folder::new();
        let path = MasterBoard::create(&folder.board(), 8).unwrap().file().unwrap().path().to_owned();
        let file = std::fs::OpenOptions::new().write(true).open(&path).unwrap();
        for (word, value) in words {
            file.write_all_at(&value.to_le_bytes(), word as u64 * 8).unwrap();
        }
        if let Some(size) = size {
            file.set_len(size).unwrap();
        }
        if let Ok(reader) = Reader::open(&path) {
            let _ = (reader.census(), reader.unfinished(), reader.birth(SlotNumber(u32::MAX)));
        }
    }
}
