//! Sessions opened and ended: the cost of a login, or of a greeting alone.

use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::time::{Duration, Instant};

use crate::arguments::Args;
use crate::figures::{Errs, Out};
use crate::ftp::*;
use crate::{Cpu, us};

/// Full sessions (or connect, greeting, close), `--c` at a time, `--n` in all or for at most `--secs`.
pub fn logins(a: &Args, t: &Target, mode: &str, errs: &Errs, o: &mut Out, cpu: Cpu) {
    let (c, n) = (a.n("c", 8) as usize, a.n("n", 1000) as usize);
    let secs = a.f("secs", 1e9);
    let next = AtomicUsize::new(0);
    let all: Mutex<(Vec<u64>, Vec<u64>, Vec<u64>)> = Mutex::default();
    let c0 = cpu();
    let t0 = Instant::now();
    std::thread::scope(|s| {
        for _ in 0..c {
            s.spawn(|| {
                let (mut b, mut l, mut q) = (vec![], vec![], vec![]);
                loop {
                    let i = next.fetch_add(1, Relaxed);
                    if i >= n || t0.elapsed().as_secs_f64() > secs {
                        break;
                    }
                    let s = Instant::now();
                    let r = (|| -> R<()> {
                        let mut k = Ctl::open(t, i)?;
                        b.push(us(s));
                        if mode == "logins" {
                            k.login(t)?;
                            l.push(us(s));
                            k.quit()?;
                        }
                        q.push(us(s));
                        Ok(())
                    })();
                    if let Err(e) = r {
                        errs.add(&e);
                    }
                }
                let mut g = all.lock().unwrap();
                g.0.extend(b);
                g.1.extend(l);
                g.2.extend(q);
            });
        }
    });
    let dt = t0.elapsed().as_secs_f64();
    // The server may still be tidying up the last sessions: that is part of their cost.
    std::thread::sleep(Duration::from_millis(150));
    let used = cpu() - c0;
    let mut g = all.lock().unwrap();
    let done = g.2.len();
    o.i("c", c as i64);
    o.i("sessions", done as i64);
    o.f("secs", dt);
    o.f("per_sec", done as f64 / dt);
    o.f("server_cpu_us_each", used * 1e6 / done.max(1) as f64);
    o.lat("banner", &mut g.0);
    if mode == "logins" {
        o.lat("login", &mut g.1);
    }
}
