//! A name server of the test's own: it answers every question about an address with one name, every question about a name with one
//! address, or nothing at all; and it counts.

use std::net::{Ipv4Addr, UdpSocket};
use std::process;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, AtomicUsize, Ordering};
use std::thread;

const TYPE_A: u16 = 1;
const TYPE_PTR: u16 = 12;

static NEXT: AtomicU8 = AtomicU8::new(1);

/// One name server.
pub struct NameServer {
    pub address: Ipv4Addr,
    asked: Arc<AtomicUsize>,
}

/// What it says: the name of every address, and the address of every name; None is silence.
pub type Words = Option<(&'static str, Ipv4Addr)>;

impl NameServer {
    /// On an address of its own on the loopback; needs root for its port.
    pub fn start(words: Words) -> NameServer {
        let test = process::id().to_be_bytes();
        let address = Ipv4Addr::new(127, 90 + test[2] % 64, test[3], NEXT.fetch_add(1, Ordering::Relaxed));
        let socket = UdpSocket::bind((address, 53)).expect("a name server's port");
        let asked = Arc::new(AtomicUsize::new(0));
        let count = Arc::clone(&asked);
        thread::spawn(move || serve(&socket, words, &count));
        NameServer { address, asked }
    }

    /// Of resolv.conf(5).
    pub fn line(&self) -> String {
        format!("nameserver {}\noptions timeout:5 attempts:2\n", self.address)
    }

    /// Questions so far.
    pub fn asked(&self) -> usize {
        self.asked.load(Ordering::SeqCst)
    }
}

fn serve(socket: &UdpSocket, words: Words, asked: &AtomicUsize) {
    let mut buffer = [0; 512];
    while let Ok((length, peer)) = socket.recv_from(&mut buffer) {
        asked.fetch_add(1, Ordering::SeqCst);
        if let Some((name, address)) = words {
            let _ = socket.send_to(&answer(&buffer[..length], name, address), peer);
        }
    }
}

/// The question again, with one record that points back to its name (RFC 1035 §4.1); none for other types.
fn answer(question: &[u8], name: &str, address: Ipv4Addr) -> Vec<u8> {
    let end = question[12..].iter().position(|byte| *byte == 0).expect("a name") + 13;
    let kind = u16::from_be_bytes([question[end], question[end + 1]]);
    let data = match kind {
        TYPE_A => address.octets().to_vec(),
        TYPE_PTR => name
            .split('.')
            .fold(Vec::new(), |data, part| [&data, &[part.len() as u8][..], part.as_bytes()].concat()),
        _ => Vec::new(),
    };
    let data = if kind == TYPE_PTR { [&data[..], &[0]].concat() } else { data };
    let count = u8::from(!data.is_empty());
    let mut reply =
        [&question[..2], &[0x81, 0x80, 0, 1, 0, count, 0, 0, 0, 0], &question[12..end + 4]].concat();
    if count > 0 {
        reply.extend_from_slice(&[0xc0, 12]);
        reply.extend_from_slice(&kind.to_be_bytes());
        reply.extend_from_slice(&[0, 1, 0, 0, 0, 60]);
        reply.extend_from_slice(&(data.len() as u16).to_be_bytes());
        reply.extend_from_slice(&data);
    }
    reply
}
