//! What the parts cost that touch no socket, clock or process; the scoreboard's memory besides.

mod configuration;
mod listing;
mod protocol;
mod scoreboard;

use criterion::{Criterion, criterion_group, criterion_main};

fn all(criterion: &mut Criterion) {
    protocol::measure(criterion);
    listing::measure(criterion);
    configuration::measure(criterion);
    scoreboard::measure(criterion);
}

criterion_group!(parts, all);
criterion_main!(parts);
