//! Listings of a folder: how fast, how soon the first byte comes, and whether the server's memory grows with the folder.

use std::collections::HashMap;
use std::time::Instant;

use crate::Load;
use crate::client::{Done, Session};
use crate::figures::Figures;

/// One listing, as it was seen.
struct Listing {
    first_byte: f64,
    seconds: f64,
    lines: usize,
    processor: f64,
}

/// `--cmd` in folder `--dir`, `--reps` times in one session, after the same in the small folder `--before`. Of several
/// listings the median is told.
pub fn list(load: &Load, figures: &mut Figures) {
    if let Some((mut listings, growth)) = load.errors.noted(listings(load)) {
        listings.sort_by(|one, other| one.seconds.total_cmp(&other.seconds));
        if let Some(middle) = listings.get(listings.len() / 2) {
            tell(middle, load.words.count("entries", 0), figures);
        }
        if let Some(growth) = growth {
            figures.count("peak_growth_kib", growth as usize);
        }
    }
}

fn listings(load: &Load) -> Done<(Vec<Listing>, Option<u64>)> {
    let command = load.words.text("cmd", "MLSD");
    let mut session = Session::logged_in(&load.target, 0)?;
    session.command("TYPE I", 2)?;
    session.command(&format!("CWD {}", load.words.text("before", ".")), 2)?;
    one(load, &mut session, command)?;
    session.command(&format!("CWD /{}", load.words.text("dir", ".")), 2)?;
    let before = load.server.peaks();
    let found: Done<Vec<Listing>> =
        (0..load.words.number("reps", 3)).map(|_| one(load, &mut session, command)).collect();
    let growth = growth(&before, &load.server.peaks());
    session.quit()?;
    Ok((found?, growth))
}

fn one(load: &Load, session: &mut Session, command: &str) -> Done<Listing> {
    let (processor, began) = (load.server.processor(), Instant::now());
    let (mut lines, mut first_byte) = (0, None);
    session.list(command, |bytes| {
        first_byte.get_or_insert_with(|| began.elapsed().as_secs_f64());
        lines += bytes.iter().filter(|byte| **byte == b'\n').count();
    })?;
    Ok(Listing {
        first_byte: first_byte.unwrap_or(f64::NAN),
        seconds: began.elapsed().as_secs_f64(),
        lines,
        processor: load.server.processor() - processor,
    })
}

/// By how much the peak rose of the process whose rose most. The kernel counts roughly: a later peak may read as less.
fn growth(before: &HashMap<String, u64>, after: &HashMap<String, u64>) -> Option<u64> {
    after.iter().filter_map(|(process, peak)| Some(peak.saturating_sub(*before.get(process)?))).max()
}

fn tell(listing: &Listing, wanted: usize, figures: &mut Figures) {
    figures.count("lines", listing.lines);
    figures.count("complete", usize::from(listing.lines >= wanted));
    figures.amount("secs", listing.seconds);
    figures.amount("first_byte_ms", listing.first_byte * 1e3);
    figures.amount("entries_per_sec", listing.lines as f64 / listing.seconds);
    figures.amount("server_cpu_us_per_entry", listing.processor * 1e6 / listing.lines as f64);
}
