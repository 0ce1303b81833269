//! Writers that die in mid-sentence, and writers that lie.

use std::os::unix::fs::FileExt;

use super::*;
use crate::scoreboard::layout::{header, slot};

#[test]
fn a_worker_killed_while_it_writes_costs_nothing_but_its_slot() {
    let folder = Folder::new();
    let master = MasterBoard::create(&folder.board(), 8).unwrap();
    let reader = Reader::open(&folder.board()).unwrap();
    master.allocate(SLOT).unwrap();
    for round in 1..=20 {
        let writer = other_process("killed::write_without_pause", &folder.board());
        until(|| !reader.slots().is_empty());
        for _ in 0..round * 5 {
            for record in reader.slots() {
                assert_is_whole(&record);
            }
        }
        end(writer);
        reader.slots().iter().for_each(assert_is_whole);
        master.settle(SLOT);
        assert!(reader.slots().is_empty() && reader.unfinished().is_empty());
    }
}

/// Everything in a record that `write_without_pause` wrote has the same first byte.
fn assert_is_whole(record: &SlotRecord) {
    let first = |text: &[u8]| text.first().copied();
    assert_eq!(first(&record.command), first(&record.arguments), "{record:?}");
    assert!(record.arguments.iter().all(|&byte| Some(byte) == first(&record.arguments)), "{record:?}");
}

/// The worker; nothing but where the test above has started it.
#[test]
fn write_without_pause() {
    let Some(path) = std::env::var_os("FERRYD_TEST_BOARD") else { return };
    let file = std::fs::OpenOptions::new().read(true).write(true).open(path).unwrap();
    let geometry = worker::geometry_of(&file).unwrap();
    let page = crate::sys::mapping::WritableMap::new(&file, geometry.slot_range(SLOT)).unwrap();
    let own = OwnSlot::new(page, 0);
    own.born(ProcessId(std::process::id() as i32), 1);
    for round in 0_u32.. {
        let letter = b'a' + (round % 26) as u8;
        own.command(&[letter; 4], &vec![letter; 1 + (round % 1000) as usize]);
        // Readers get a word in edgeways, as between the commands of a session.
        std::thread::yield_now();
    }
}

#[test]
fn the_stop_point_leaves_a_record_unfinished() {
    let folder = Folder::new();
    let master = MasterBoard::create(&folder.board(), 8).unwrap();
    let reader = Reader::open(&folder.board()).unwrap();
    let file = std::fs::OpenOptions::new().write(true).open(folder.board()).unwrap();
    file.write_all_at(&2_u64.to_le_bytes(), header::STOP as u64).unwrap();
    assert_eq!(reader.stop_point(), 2);
    let own = own_slot(&master, SLOT);
    own.born(ProcessId(1), 1);
    assert_eq!(reader.slots().len(), 1);
    // The thread stays where a process would be killed.
    std::thread::spawn(move || own.state(State::Spare));
    until(|| reader.unfinished() == [SLOT] && master.state(SLOT) == State::Spare);
    assert!(reader.slots().is_empty());
    master.settle(SLOT);
    assert!(reader.unfinished().is_empty());
}

#[test]
fn a_slot_full_of_rubbish_is_read_without_harm() {
    let folder = Folder::new();
    let master = MasterBoard::create(&folder.board(), 8).unwrap();
    master.allocate(SLOT).unwrap();
    let reader = Reader::open(&folder.board()).unwrap();
    let file = std::fs::OpenOptions::new().write(true).open(folder.board()).unwrap();
    let at = layout::Geometry::new(8).unwrap().slot(SLOT) as u64;
    for byte in 0..=255 {
        file.write_all_at(&[byte; layout::SLOT_SIZE], at).unwrap();
        file.write_all_at(&2_u64.to_le_bytes(), at).unwrap();
        file.write_all_at(&1_u64.to_le_bytes(), at + slot::PID as u64).unwrap();
        file.write_all_at(&u64::from(byte % 9).to_le_bytes(), at + slot::STATE as u64).unwrap();
        let _ = reader.census().unwrap();
    }
    master.settle(SLOT);
    assert!(reader.slots().is_empty());
}
