//! Sessions that do nothing: the memory they hold.

use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::Relaxed};
use std::time::{Duration, Instant};

use crate::arguments::Args;
use crate::figures::{Errs, Out};
use crate::ftp::*;
use crate::memory;
use crate::us;

/// `--k` logged-in sessions that do nothing; what they cost; how a new login fares meanwhile.
pub fn idle(a: &Args, t: &Target, errs: &Errs, o: &mut Out, roots: &[i32]) {
    let k = a.n("k", 500) as usize;
    let par = a.n("par", 4) as usize;
    let secs = a.f("secs", 60.0);
    let login = !a.flag("banner-only");
    let mut t = t.clone();
    if k > 12_000 {
        t.nsrc = t.nsrc.max((k / 12_000 + 1) as u32);
    }
    let t = &t;
    // One session first, so that what the server sets up once is not counted.
    if login {
        let _ = Ctl::open(t, 0).and_then(|mut c| {
            c.login(t)?;
            c.quit()
        });
        std::thread::sleep(Duration::from_millis(300));
    }
    let (m0, p0) = (memory::sys(), memory::procs(roots));
    let held: Mutex<Vec<Ctl>> = Mutex::default();
    let next = AtomicUsize::new(0);
    let stop = AtomicBool::new(false);
    let lats: Mutex<Vec<u64>> = Mutex::default();
    let t0 = Instant::now();
    std::thread::scope(|s| {
        for _ in 0..par {
            s.spawn(|| {
                loop {
                    let i = next.fetch_add(1, Relaxed);
                    if i >= k || stop.load(Relaxed) || t0.elapsed().as_secs_f64() > secs {
                        break;
                    }
                    let s = Instant::now();
                    match Ctl::open(t, i).and_then(|mut c| {
                        if login {
                            c.login(t)?;
                        }
                        Ok(c)
                    }) {
                        Ok(c) => {
                            lats.lock().unwrap().push(us(s));
                            held.lock().unwrap().push(c);
                        }
                        Err(e) => {
                            errs.add(&e);
                            if errs.0.lock().unwrap().values().sum::<u64>() > 20 {
                                stop.store(true, Relaxed);
                            }
                        }
                    }
                }
            });
        }
    });
    let opened = t0.elapsed().as_secs_f64();
    let mut held = held.into_inner().unwrap();
    std::thread::sleep(Duration::from_millis(1000));
    let m1 = memory::sys();
    let p1 = memory::procs(roots);
    let (mut fb, mut fl) = (vec![], vec![]);
    if login {
        for i in 0..a.n("fresh", 30) as usize {
            let s = Instant::now();
            match Ctl::open(t, i) {
                Ok(mut c) => {
                    fb.push(us(s));
                    match c.login(t) {
                        Ok(()) => {
                            fl.push(us(s));
                            let _ = c.quit();
                        }
                        Err(e) => errs.add(&format!("fresh {e}")),
                    }
                }
                Err(e) => errs.add(&format!("fresh {e}")),
            }
        }
    }
    let step = (held.len() / 100).max(1);
    let (mut asked, mut alive) = (0, 0);
    if login {
        for c in held.iter_mut().step_by(step) {
            asked += 1;
            match c.cmd("NOOP", 2) {
                Ok(_) => alive += 1,
                Err(e) => errs.add(&format!("idle {e}")),
            }
        }
    }
    let n = held.len();
    let t1 = Instant::now();
    drop(held);
    let mut gone = -1.0;
    while !roots.is_empty() && t1.elapsed().as_secs_f64() < a.f("reap", 30.0) {
        if memory::tree(roots).len() as i64 <= p0.n + 2 {
            gone = t1.elapsed().as_secs_f64();
            break;
        }
        std::thread::sleep(Duration::from_millis(50));
    }
    let per = |x: i64| x as f64 / n.max(1) as f64;
    o.i("asked_k", k as i64);
    o.i("k", n as i64);
    o.f("open_secs", opened);
    o.f("open_per_sec", n as f64 / opened);
    o.lat("open", &mut lats.into_inner().unwrap());
    o.i("procs_before", p0.n);
    o.i("procs_held", p1.n);
    o.i("pss_before_kib", p0.pss);
    o.i("pss_held_kib", p1.pss);
    o.f("pss_per_session_kib", per(p1.pss - p0.pss));
    o.f("private_per_session_kib", per(p1.private - p0.private));
    o.f("avail_per_session_kib", per(m0.avail - m1.avail));
    o.f("slab_per_session_kib", per(m1.slab - m0.slab));
    o.f("pagetables_per_session_kib", per(m1.page_tables - m0.page_tables));
    o.f("kstack_per_session_kib", per(m1.kstack - m0.kstack));
    o.f("percpu_per_session_kib", per(m1.percpu - m0.percpu));
    let kern = (m1.slab - m0.slab)
        + (m1.page_tables - m0.page_tables)
        + (m1.kstack - m0.kstack)
        + (m1.percpu - m0.percpu);
    o.f("kernel_per_session_kib", per(kern));
    o.f("total_per_session_kib", per(p1.pss - p0.pss + kern));
    o.lat("fresh_banner", &mut fb);
    o.lat("fresh_login", &mut fl);
    o.i("alive_of_sample", alive);
    o.i("sample", asked);
    o.f("all_gone_secs", gone);
}
