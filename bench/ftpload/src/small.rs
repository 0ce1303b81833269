//! Many small files, one after the other.

use std::sync::Barrier;
use std::sync::Mutex;
use std::time::Instant;

use crate::arguments::Args;
use crate::figures::{Errs, Out};
use crate::ftp::*;
use crate::{Cpu, us};

/// Many small files, a data connection for each.
pub fn small(a: &Args, t: &Target, mode: &str, errs: &Errs, o: &mut Out, cpu: Cpu) {
    let (c, n) = (a.n("c", 1) as usize, a.n("n", 1000) as usize);
    let size = a.n("size", 1024);
    let dir = a.s("dir", "small");
    let count = a.n("files", 100) as usize;
    let secs = a.f("secs", 4.0);
    let src = Source::new(1 << 20);
    let start = Barrier::new(c + 1);
    let end = Barrier::new(c + 1);
    let all: Mutex<Vec<u64>> = Mutex::default();
    let (mut dt, mut used) = (0.0, 0.0);
    std::thread::scope(|s| {
        for i in 0..c {
            let (start, end, src, all) = (&start, &end, &src, &all);
            s.spawn(move || {
                let mut k = (|| -> R<Ctl> {
                    let mut k = Ctl::open(t, i)?;
                    k.login(t)?;
                    k.cmd("TYPE I", 2)?;
                    Ok(k)
                })();
                start.wait();
                let mut lat = vec![];
                let began = Instant::now();
                for j in 0..n / c {
                    let s = Instant::now();
                    if began.elapsed().as_secs_f64() > secs {
                        break;
                    }
                    let r = (|| -> R<()> {
                        let k = k.as_mut().map_err(|e| e.clone())?;
                        if mode == "small" {
                            let got = k.download(t, &format!("RETR {dir}/f{:03}", (i + j) % count), None)?;
                            if got != size {
                                return Err(format!("short file: {got} of {size}"));
                            }
                            Ok(())
                        } else {
                            k.upload(t, &format!("STOR {dir}/s{i}_{:03}", j % count), src, size)
                        }
                    })();
                    match r {
                        Ok(()) => lat.push(us(s)),
                        Err(e) => {
                            errs.add(&e);
                            break;
                        }
                    }
                }
                end.wait();
                all.lock().unwrap().extend(lat);
                if let Ok(mut k) = k {
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
    let mut g = all.lock().unwrap();
    let done = g.len();
    o.i("c", c as i64);
    o.i("files", done as i64);
    o.f("secs", dt);
    o.f("per_sec", done as f64 / dt);
    o.f("server_cpu_us_each", used * 1e6 / done.max(1) as f64);
    o.lat("file", &mut g);
}
