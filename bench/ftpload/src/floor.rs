//! Servers that answer the login dialogue from constants: a floor for what a process or a fork per client costs.

use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::os::fd::AsRawFd;
use std::time::Duration;

use crate::arguments::Args;

/// Answers like an FTP server that does nothing: the ceiling for logins and banner.
/// --kind prefork (--workers W, one session each at a time) | fork (one child per connection) | threads
pub fn serve(a: &Args) {
    let l = TcpListener::bind(a.s("addr", "127.0.0.1:0")).expect("bind");
    // SAFETY: a longer backlog on our own listener; children end with their parent.
    unsafe {
        libc::listen(l.as_raw_fd(), 4096);
    }
    let secs = a.f("secs", 600.0);
    let die_with_parent = || unsafe {
        libc::prctl(libc::PR_SET_PDEATHSIG, libc::SIGKILL);
        libc::alarm(secs as u32);
    };
    match a.s("kind", "prefork") {
        "prefork" => {
            for _ in 0..a.n("workers", 8) {
                // SAFETY: single-threaded parent.
                if unsafe { libc::fork() } == 0 {
                    die_with_parent();
                    loop {
                        if let Ok((s, _)) = l.accept() {
                            session(s);
                        }
                    }
                }
            }
            std::thread::sleep(Duration::from_secs_f64(secs));
        }
        "fork" => {
            // SAFETY: children are reaped by the kernel.
            unsafe {
                libc::signal(libc::SIGCHLD, libc::SIG_IGN);
                libc::alarm(secs as u32);
            }
            loop {
                let Ok((s, _)) = l.accept() else { continue };
                // SAFETY: single-threaded parent.
                if unsafe { libc::fork() } == 0 {
                    die_with_parent();
                    session(s);
                    unsafe { libc::_exit(0) };
                }
            }
        }
        _ => {
            unsafe { libc::alarm(secs as u32) };
            loop {
                let Ok((s, _)) = l.accept() else { continue };
                std::thread::Builder::new().stack_size(64 << 10).spawn(|| session(s)).expect("thread");
            }
        }
    }
}

fn session(s: TcpStream) {
    let _ = s.set_nodelay(true);
    let mut w = &s;
    if w.write_all(b"220 null\r\n").is_err() {
        return;
    }
    let mut r = BufReader::with_capacity(512, &s);
    let mut l = String::new();
    loop {
        l.clear();
        if !matches!(r.read_line(&mut l), Ok(n) if n > 0) {
            return;
        }
        let a: &[u8] = match &l[..l.len().min(4)] {
            "USER" => b"331 \r\n",
            "PASS" => b"230 \r\n",
            "QUIT" => b"221 \r\n",
            _ => b"200 \r\n",
        };
        if w.write_all(a).is_err() || l.starts_with("QUIT") {
            return;
        }
    }
}
