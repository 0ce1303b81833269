//! What the server's processes and the kernel hold, and the processor time they took.
use std::collections::HashMap;
use std::fs;

#[derive(Clone, Copy, Default)]
pub struct Sys {
    pub avail: i64,
    pub slab: i64,
    pub page_tables: i64,
    pub kstack: i64,
    pub percpu: i64,
}
pub fn sys() -> Sys {
    let t = fs::read_to_string("/proc/meminfo").unwrap_or_default();
    let g = |k: &str| -> i64 {
        t.lines()
            .find(|l| l.starts_with(k) && l.as_bytes().get(k.len()) == Some(&b':'))
            .and_then(|l| l.split_whitespace().nth(1))
            .and_then(|x| x.parse().ok())
            .unwrap_or(0)
    };
    Sys {
        avail: g("MemAvailable"),
        slab: g("Slab"),
        page_tables: g("PageTables"),
        kstack: g("KernelStack"),
        percpu: g("Percpu"),
    }
}

pub fn tree(roots: &[i32]) -> Vec<i32> {
    let mut kids: HashMap<i32, Vec<i32>> = HashMap::new();
    if let Ok(d) = fs::read_dir("/proc") {
        for e in d.flatten() {
            let Ok(pid) = e.file_name().to_string_lossy().parse::<i32>() else { continue };
            let Ok(s) = fs::read_to_string(format!("/proc/{pid}/stat")) else { continue };
            let Some(p) = s.rfind(')') else { continue };
            let f: Vec<&str> = s[p + 1..].split_whitespace().collect();
            if let Some(pp) = f.get(1).and_then(|x| x.parse().ok()) {
                kids.entry(pp).or_default().push(pid);
            }
        }
    }
    let mut out: Vec<i32> = Vec::new();
    let mut todo: Vec<i32> = roots.to_vec();
    while let Some(p) = todo.pop() {
        if fs::metadata(format!("/proc/{p}")).is_ok() {
            out.push(p);
        }
        if let Some(k) = kids.get(&p) {
            todo.extend(k);
        }
    }
    out
}

#[derive(Clone, Copy, Default)]
pub struct Procs {
    pub n: i64,
    pub pss: i64,
    pub private: i64,
}
/// PSS and private memory, in KiB, summed over the tree under `roots`.
pub fn procs(roots: &[i32]) -> Procs {
    let mut r = Procs::default();
    for p in tree(roots) {
        let Ok(t) = fs::read_to_string(format!("/proc/{p}/smaps_rollup")) else { continue };
        r.n += 1;
        for l in t.lines() {
            let v = || l.split_whitespace().nth(1).and_then(|x| x.parse::<i64>().ok()).unwrap_or(0);
            if l.starts_with("Pss:") {
                r.pss += v();
            } else if l.starts_with("Private_Clean:") || l.starts_with("Private_Dirty:") {
                r.private += v();
            }
        }
    }
    r
}

/// CPU seconds: a cgroup's counter file, or else the live tree and what it has reaped.
pub fn cpu(file: Option<&str>, roots: &[i32]) -> f64 {
    if let Some(f) = file {
        let t = fs::read_to_string(f).unwrap_or_default();
        if let Some(l) = t.lines().find(|l| l.starts_with("usage_usec")) {
            return l[10..].trim().parse::<f64>().unwrap_or(0.0) / 1e6;
        }
        return t.trim().parse::<f64>().unwrap_or(0.0) / 1e9;
    }
    // SAFETY: sysconf has no preconditions.
    let hz = unsafe { libc::sysconf(libc::_SC_CLK_TCK) } as f64;
    let mut ticks = 0f64;
    for p in tree(roots) {
        let Ok(s) = fs::read_to_string(format!("/proc/{p}/stat")) else { continue };
        let Some(i) = s.rfind(')') else { continue };
        let f: Vec<&str> = s[i + 1..].split_whitespace().collect();
        ticks += (11..15).filter_map(|k| f.get(k)?.parse::<f64>().ok()).sum::<f64>();
    }
    ticks / hz
}
