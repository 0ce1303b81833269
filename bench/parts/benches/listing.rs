//! One line of a listing, and the patterns that names are held against.

use std::hint::black_box;

use criterion::Criterion;
use ferryd::protocol::Facts;
use ferryd::readers::{
    Columns, ColumnsMemory, Described, FactsMemory, GroupId, Kind, Listing, Options, Pattern, Rights, Role,
    Status, USUAL, UserId,
};
use jiff::tz::TimeZone;

const NOW: i64 = 1_767_225_600;

/// A file as hosts have many.
const FILE: Status = Status {
    kind: Kind::File,
    mode: 0o644,
    device: 0xfd00,
    inode: 123_456_789,
    links: 1,
    uid: UserId(1000),
    gid: GroupId(1000),
    size: 48_213,
    modified: NOW - 90 * 24 * 3600,
    accessed: NOW,
    changed: NOW,
};

pub fn measure(criterion: &mut Criterion) {
    lines(criterion);
    patterns(criterion);
}

fn lines(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("listing");
    let (options, _) = Options::read(Listing::List, &USUAL, b"");
    let columns = Columns { status: &FILE, user: b"somebody", group: b"customers" };
    for zone in ["UTC", "Europe/Berlin"] {
        let Ok(known) = TimeZone::get(zone) else { continue };
        group.bench_function(format!("line of LIST beside one like it, {zone}"), |bencher| {
            let (mut line, mut memory) = (Vec::new(), ColumnsMemory::default());
            bencher.iter(|| {
                line.clear();
                black_box(&columns).write(&options, (&known, NOW), &mut memory, &mut line);
                line.len()
            });
        });
    }
    group.bench_function("line of MLSD beside one like it", |bencher| {
        let (mut line, mut memory) = (Vec::new(), FactsMemory::default());
        bencher.iter(|| {
            line.clear();
            black_box(&described()).write(Facts::USUAL, &mut memory, &mut line);
            line.len()
        });
    });
    group.finish();
}

fn described() -> Described<'static> {
    Described {
        status: &FILE,
        role: &Role::Entry,
        rights: Rights::default(),
        created: None,
        media_type: None,
        user: b"somebody",
        group: b"customers",
    }
}

fn patterns(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("pattern");
    for pattern in ["*.dat", "file-0[0-9]?42*", "{a,b}*{.dat,.txt}"] {
        group.bench_function(format!("compile {pattern}"), |bencher| {
            bencher.iter(|| Pattern::new(black_box(pattern.as_bytes())).is_some());
        });
        let Some(compiled) = Pattern::new(pattern.as_bytes()) else { continue };
        group.bench_function(format!("match {pattern}"), |bencher| {
            bencher.iter(|| compiled.matches(black_box(b"file-000142.dat")));
        });
    }
    group.finish();
}
