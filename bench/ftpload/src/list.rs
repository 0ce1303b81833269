//! Listings of a folder.

use std::time::Instant;

use crate::Cpu;
use crate::arguments::Args;
use crate::figures::{Errs, Out};
use crate::ftp::*;

/// One listing, `--reps` times; the best and the median.
pub fn list(a: &Args, t: &Target, errs: &Errs, o: &mut Out, cpu: Cpu) {
    let cmd = a.s("cmd", "MLSD").to_string();
    let dir = a.s("dir", "d1000");
    let reps = a.n("reps", 3);
    let want = a.n("entries", 0);
    let mut secs = vec![];
    let (mut lines, mut bytes, mut used) = (0u64, 0u64, 0.0);
    let r = (|| -> R<()> {
        let mut k = Ctl::open(t, 0)?;
        k.login(t)?;
        k.cmd("TYPE I", 2)?;
        k.cmd(&format!("CWD {dir}"), 2)?;
        for _ in 0..reps {
            lines = 0;
            let (c0, t0) = (cpu(), Instant::now());
            bytes = k.download(
                t,
                &cmd,
                Some(&mut |b: &[u8]| lines += b.iter().map(|&c| (c == b'\n') as u64).sum::<u64>()),
            )?;
            secs.push(t0.elapsed().as_secs_f64());
            used += cpu() - c0;
        }
        k.quit()
    })();
    if let Err(e) = r {
        errs.add(&e);
    }
    secs.sort_by(f64::total_cmp);
    let med = secs.get(secs.len() / 2).copied().unwrap_or(f64::NAN);
    o.s("cmd", &cmd);
    o.i("lines", lines as i64);
    o.i("complete", (lines >= want) as i64);
    o.i("bytes", bytes as i64);
    o.f("secs", med);
    o.f("best_secs", secs.first().copied().unwrap_or(f64::NAN));
    o.f("entries_per_sec", lines as f64 / med);
    o.f("server_cpu_us_per_entry", used * 1e6 / (lines.max(1) as f64 * secs.len().max(1) as f64));
}
