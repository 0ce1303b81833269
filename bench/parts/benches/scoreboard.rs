//! The scoreboard: what a worker publishes, what anybody reads.

use std::hint::black_box;
use std::net::SocketAddr;

use criterion::Criterion;
use ferryd::scoreboard::{Direction, MasterBoard, OwnSlot, Reader, SlotNumber, State, WorkerBoard};

/// As many sessions as a large host has.
const SESSIONS: u32 = 5000;

pub fn measure(criterion: &mut Criterion) {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("scoreboard");
    let master = MasterBoard::create(&path, SESSIONS).expect("a board");
    let workers = workers(&master);
    publish(criterion, &workers[0]);
    let reader = Reader::open(&path).expect("the board");
    let mut group = criterion.benchmark_group("scoreboard");
    group.sample_size(30);
    group.bench_function("read the header", |bencher| bencher.iter(|| black_box(reader.header())));
    group.bench_function("census of 5,000 sessions", |bencher| {
        bencher.iter(|| black_box(reader.census()).map_or(0, |census| census.slots.len()));
    });
    group.bench_function("totals of 5,000 sessions", |bencher| bencher.iter(|| black_box(reader.totals())));
    group.finish();
}

fn workers(master: &MasterBoard) -> Vec<OwnSlot> {
    let (read_only, read_write) = master.descriptors();
    let board = WorkerBoard::map(read_only).expect("the orders");
    let client = SocketAddr::from(([127, 0, 0, 1], 40_000));
    let server = SocketAddr::from(([127, 0, 0, 1], 21));
    let worker = |number| {
        let slot = SlotNumber(number);
        master.allocate(slot).expect("a page");
        let own = board.own_slot(read_write, slot).expect("its own page");
        own.connected(client, server, b"bench");
        own.user(b"somebody");
        own.state(State::Idle);
        own
    };
    (0..SESSIONS).map(worker).collect()
}

fn publish(criterion: &mut Criterion, own: &OwnSlot) {
    let mut group = criterion.benchmark_group("scoreboard");
    group.bench_function("publish a command", |bencher| {
        bencher.iter(|| own.command(black_box(b"RETR"), black_box(b"/a/folder/below/a-file.dat")));
    });
    group.bench_function("publish a transfer", |bencher| {
        bencher.iter(|| {
            own.transfer_begins(Direction::Download, black_box(b"/a/folder/below/a-file.dat"), Some(1024));
            own.transfer_ends();
        });
    });
    group.bench_function("publish progress", |bencher| {
        bencher.iter(|| own.transfer_progress(black_box(4096)))
    });
    group.finish();
}
