//! Loads an FTP server and prints what that took, as one line of JSON.
//!
//!     ftpload MODE --addr 127.0.0.1:2121 --user u --pass p [--name value]...

mod arguments;
mod bulk;
mod figures;
mod floor;
mod ftp;
mod idle;
mod list;
mod logins;
mod memory;
mod small;

use std::collections::HashMap;
use std::time::Instant;

use arguments::Args;
use figures::{Errs, Out};
use ftp::Target;

pub type Cpu<'a> = &'a dyn Fn() -> f64;

pub fn us(t: Instant) -> u64 {
    t.elapsed().as_micros() as u64
}

fn main() {
    let mut it = std::env::args().skip(1).peekable();
    let mode = it.next().unwrap_or_default();
    let mut m = HashMap::new();
    while let Some(a) = it.next() {
        let k = a.trim_start_matches("--").to_string();
        let v = match it.peek() {
            Some(n) if !n.starts_with("--") => it.next().unwrap(),
            _ => String::new(),
        };
        m.insert(k, v);
    }
    let a = Args(m);
    raise_nofile();
    if mode == "null-server" {
        return floor::serve(&a);
    }
    let t = Target {
        addr: a.s("addr", "127.0.0.1:2121").parse().expect("--addr"),
        user: a.s("user", "bench").into(),
        pass: a.s("pass", "bench").into(),
        nsrc: a.n("src", 1) as u32,
        pasv: a.flag("pasv"),
        timeout: a.n("timeout", 30) as u32,
    };
    let roots: Vec<i32> = a.s("pid", "").split(',').filter_map(|x| x.parse().ok()).collect();
    let cpu_file = a.0.get("cpu-file").map(|x| x.as_str());
    let cpu = || memory::cpu(cpu_file, &roots);
    let mut o = Out::default();
    o.s("mode", &mode);
    let errs = Errs::default();
    match mode.as_str() {
        "logins" | "banner" => logins::logins(&a, &t, &mode, &errs, &mut o, &cpu),
        "retr" | "stor" => bulk::bulk(&a, &t, &mode, &errs, &mut o, &cpu),
        "small" | "small-stor" => small::small(&a, &t, &mode, &errs, &mut o, &cpu),
        "list" => list::list(&a, &t, &errs, &mut o, &cpu),
        "idle" => idle::idle(&a, &t, &errs, &mut o, &roots),
        _ => {
            eprintln!("modes: logins banner retr stor small small-stor list idle null-server");
            std::process::exit(2);
        }
    }
    errs.out(&mut o);
    o.print();
}

pub fn raise_nofile() {
    // SAFETY: plain rlimit calls on a local.
    unsafe {
        let mut r = libc::rlimit { rlim_cur: 200_000, rlim_max: 200_000 };
        if libc::setrlimit(libc::RLIMIT_NOFILE, &r) != 0 {
            libc::getrlimit(libc::RLIMIT_NOFILE, &mut r);
            r.rlim_cur = r.rlim_max;
            libc::setrlimit(libc::RLIMIT_NOFILE, &r);
        }
        libc::signal(libc::SIGPIPE, libc::SIG_IGN);
    }
}
