//! From bytes to a command, and from a reply to bytes.

use std::hint::black_box;

use criterion::{Criterion, Throughput};
use ferryd::protocol::{LineReader, Reply, verbs};

/// What a client says that fetches one file.
const SAID: &[u8] = b"USER somebody\r\nPASS a password\r\nTYPE I\r\nCWD /a/folder/below\r\nEPSV\r\nRETR a-file.dat\r\nQUIT\r\n";

pub fn measure(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("protocol");
    group.throughput(Throughput::Bytes(SAID.len() as u64));
    group.bench_function("read seven lines", |bencher| bencher.iter(|| lines(black_box(SAID))));
    group.throughput(Throughput::Elements(1));
    for line in ["NOOP", "RETR /a/folder/below/a-file.dat", "SITE CHMOD 644 a-file.dat", "NONSENSE and more"]
    {
        let name = format!("verb of {line}");
        group
            .bench_function(name, |bencher| bencher.iter(|| verbs::read(black_box(line.as_bytes())).is_ok()));
    }
    group.bench_function("reply of one line", |bencher| {
        bencher.iter(|| written(&Reply::new(226, "Transfer complete")))
    });
    let features =
        Reply::long(211, (0..30).map(|number| format!(" FEATURE {number}").into_bytes()).collect());
    group.bench_function("reply of thirty lines", |bencher| bencher.iter(|| written(black_box(&features))));
    group.finish();
}

fn lines(mut bytes: &[u8]) -> usize {
    let mut reader = LineReader::new(512);
    let mut found = 0;
    while !bytes.is_empty() {
        let (taken, line) = reader.take(bytes);
        bytes = &bytes[taken..];
        found += usize::from(line.is_some());
    }
    found
}

fn written(reply: &Reply) -> usize {
    let mut bytes = Vec::with_capacity(128);
    reply.write(&mut bytes);
    black_box(bytes).len()
}
