//! Servers that answer the dialogue of a login from constants: what a process that waits, or a fork for each client, costs at least; and
//! what a small file does.

mod transfers;

use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::time::Duration;

use nix::sys::prctl::set_pdeathsig;
use nix::sys::signal::{SigHandler, Signal, signal};
use nix::sys::socket::{Backlog, listen};
use nix::unistd::{ForkResult, alarm, fork};

use crate::words::Words;
use transfers::Transfers;

/// `--kind prefork`: `--workers` processes that serve one client after the other; `--kind fork`: a child for each client. Files lie below
/// `--home`.
pub fn serve(words: &Words) {
    let listener = TcpListener::bind(words.text("addr", "127.0.0.1:0")).expect("--addr");
    listen(&listener, Backlog::new(4096).expect("a backlog")).expect("a listener");
    let seconds = words.number("secs", 600);
    alarm::set(seconds as u32);
    let home = words.text("home", "");
    match words.text("kind", "prefork") {
        "fork" => fork_for_each(&listener, home),
        _ => {
            for _ in 0..words.number("workers", 8) {
                in_child(|| listener.incoming().flatten().for_each(|stream| serve_one(stream, home)));
            }
            std::thread::sleep(Duration::from_secs(seconds));
        }
    }
}

fn fork_for_each(listener: &TcpListener, home: &str) {
    // SAFETY: SIG_IGN runs no code of ours; the kernel reaps the children.
    unsafe { signal(Signal::SIGCHLD, SigHandler::SigIgn) }.expect("SIGCHLD ignored");
    for stream in listener.incoming().flatten() {
        in_child(|| serve_one(stream, home));
    }
}

/// The child ends with its parent.
fn in_child(work: impl FnOnce()) {
    // SAFETY: this process has one thread.
    if let Ok(ForkResult::Child) = unsafe { fork() } {
        let _ = set_pdeathsig(Signal::SIGKILL);
        work();
        std::process::exit(0);
    }
}

fn serve_one(stream: TcpStream, home: &str) {
    let _ = stream.set_nodelay(true);
    let mut transfers = Transfers::below(home);
    let mut lines = BufReader::with_capacity(512, &stream);
    let mut line = String::new();
    let mut answer: &[u8] = b"220 null\r\n";
    while (&stream).write_all(answer).is_ok() && !line.starts_with("QUIT") {
        line.clear();
        if !matches!(lines.read_line(&mut line), Ok(count) if count > 0) {
            return;
        }
        match transfers.answer(&line, &stream) {
            Ok(true) => {
                answer = b"";
                continue;
            }
            Ok(false) => {}
            Err(_) => return,
        }
        answer = match &line[..line.len().min(4)] {
            "USER" => b"331 \r\n",
            "PASS" => b"230 \r\n",
            "QUIT" => b"221 \r\n",
            _ => b"200 \r\n",
        };
    }
}
