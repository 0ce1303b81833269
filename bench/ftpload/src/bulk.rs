//! Big files moved by a few sessions.

use std::sync::Barrier;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Instant;

use crate::Cpu;
use crate::arguments::Args;
use crate::figures::{Errs, Out};
use crate::ftp::*;

/// Big files: `--c` sessions, each moves `--size` bytes `--reps` times.
pub fn bulk(a: &Args, t: &Target, mode: &str, errs: &Errs, o: &mut Out, cpu: Cpu) {
    let (c, reps) = (a.n("c", 1) as usize, a.n("reps", 1));
    let size = a.n("size", 1 << 30);
    let file = a.s("file", "big.bin");
    let dir = a.s("dir", "up");
    let src = Source::new(1 << 20);
    let start = Barrier::new(c + 1);
    let end = Barrier::new(c + 1);
    let bytes = AtomicU64::new(0);
    let (mut dt, mut used) = (0.0, 0.0);
    std::thread::scope(|s| {
        for i in 0..c {
            let (start, end, bytes, src) = (&start, &end, &bytes, &src);
            s.spawn(move || {
                let mut k = (|| -> R<Ctl> {
                    let mut k = Ctl::open(t, i)?;
                    k.login(t)?;
                    k.cmd("TYPE I", 2)?;
                    Ok(k)
                })();
                start.wait();
                let r = (|| -> R<()> {
                    let k = k.as_mut().map_err(|e| e.clone())?;
                    for _ in 0..reps {
                        let n = if mode == "retr" {
                            k.download(t, &format!("RETR {file}"), None)?
                        } else {
                            k.upload(t, &format!("STOR {dir}/up{i}.bin"), src, size)?;
                            size
                        };
                        bytes.fetch_add(n, Relaxed);
                    }
                    Ok(())
                })();
                if let Err(e) = r {
                    errs.add(&e);
                }
                end.wait();
                if let Ok(mut k) = k {
                    if mode == "stor" {
                        let _ = k.cmd(&format!("DELE {dir}/up{i}.bin"), 2);
                    }
                    let _ = k.quit();
                }
            });
        }
        start.wait();
        let c0 = cpu();
        let t0 = Instant::now();
        end.wait();
        dt = t0.elapsed().as_secs_f64();
        used = cpu() - c0;
    });
    let mb = bytes.load(Relaxed) as f64 / 1e6;
    o.i("c", c as i64);
    o.f("mbytes", mb);
    o.f("secs", dt);
    o.f("mb_per_sec", mb / dt);
    o.f("server_cpu_ms_per_gb", used * 1e6 / mb.max(1e-9));
}
