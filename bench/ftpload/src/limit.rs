//! What this machine can do at best, without a server: a file sent over a connection by the kernel alone.

use std::fs::File;
use std::net::{Shutdown, TcpListener, TcpStream};
use std::time::Instant;

use nix::sys::resource::{UsageWho, getrusage};
use nix::sys::sendfile::sendfile as send;
use nix::sys::time::TimeValLike;

use crate::client::Nowhere;
use crate::figures::Figures;
use crate::together::tell_bytes;
use crate::words::Words;

/// `--file` sent `--reps` times over each of `--c` connections, the bytes dropped at the other end.
pub fn sendfile(words: &Words) {
    let mut figures = Figures::default();
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = listener.local_addr().expect("its number");
    let began = Instant::now();
    let (mut bytes, mut processor) = (0, 0.0);
    std::thread::scope(|scope| {
        let pairs: Vec<_> = (0..words.number("c", 1))
            .map(|_| {
                let receiver = TcpStream::connect(address).expect("a connection");
                let (sender, _) = listener.accept().expect("a connection");
                (scope.spawn(|| send_all(sender, words)), scope.spawn(|| Nowhere::default().take(receiver)))
            })
            .collect();
        for (sender, receiver) in pairs {
            processor += sender.join().expect("the sender");
            bytes += receiver.join().expect("the receiver").expect("the bytes");
        }
    });
    tell_bytes(bytes, began.elapsed().as_secs_f64(), processor, &mut figures);
    figures.count("errors", 0);
    figures.print();
}

/// The processor time it took.
fn send_all(stream: TcpStream, words: &Words) -> f64 {
    let file = File::open(words.text("file", "big.bin")).expect("--file");
    let size = file.metadata().expect("its size").len();
    for _ in 0..words.number("reps", 1) {
        let mut offset = 0;
        while (offset as u64) < size {
            send(&stream, &file, Some(&mut offset), 16 << 20).expect("sendfile");
        }
    }
    let _ = stream.shutdown(Shutdown::Write);
    let used = getrusage(UsageWho::RUSAGE_THREAD).expect("the processor time of a thread");
    (used.user_time().num_microseconds() + used.system_time().num_microseconds()) as f64 / 1e6
}
