//! Clients in numbers: threads that connect, log in and move files until they are told to stop.

use std::io::{self, Read};
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use super::client::Client;

/// No load goes on for longer, whatever the test does.
const LONGEST: Duration = Duration::from_secs(1800);

/// What the clients counted.
#[derive(Debug, Default)]
pub struct Counts {
    pub connections: AtomicU64,
    pub logins: AtomicU64,
    pub refused: AtomicU64,
    pub cut: AtomicU64,
    pub uploads: AtomicU64,
    pub downloads: AtomicU64,
}

impl Counts {
    pub fn of(counter: &AtomicU64) -> u64 {
        counter.load(Ordering::Relaxed)
    }

    pub fn add(counter: &AtomicU64, more: u64) {
        counter.fetch_add(more, Ordering::Relaxed);
    }
}

/// Running clients. Dropped, they are told to stop and waited for.
pub struct Load {
    pub counts: Arc<Counts>,
    stop: Arc<AtomicBool>,
    threads: Vec<JoinHandle<()>>,
}

impl Load {
    /// So many threads, each of which repeats `visit` until it is told to stop.
    pub fn start(clients: usize, visit: impl Fn(&Counts) -> io::Result<()> + Send + Sync + 'static) -> Load {
        let (counts, stop) = (Arc::new(Counts::default()), Arc::new(AtomicBool::new(false)));
        let visit = Arc::new(visit);
        let threads = (0..clients)
            .map(|_| {
                let (counts, stop, visit) = (Arc::clone(&counts), Arc::clone(&stop), Arc::clone(&visit));
                thread::spawn(move || repeat(&counts, &stop, &*visit))
            })
            .collect();
        Load { counts, stop, threads }
    }

    /// Tells the clients to stop and waits for the visits that are under way.
    pub fn finish(mut self) -> Arc<Counts> {
        self.halt();
        Arc::clone(&self.counts)
    }

    /// The same, and tells how many came; nobody was refused or cut off, whatever was done meanwhile.
    #[track_caller]
    pub fn finish_unharmed(self, what: &str) -> u64 {
        let counts = self.finish();
        let [connections, refused, cut] = [&counts.connections, &counts.refused, &counts.cut].map(Counts::of);
        println!("{what}: connections {connections}, refused {refused}, cut {cut}");
        assert_eq!((refused, cut), (0, 0));
        assert!(connections > 0, "there was no load");
        connections
    }

    fn halt(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        for thread in self.threads.drain(..) {
            let _ = thread.join();
        }
    }
}

impl Drop for Load {
    fn drop(&mut self) {
        self.halt();
    }
}

fn repeat(counts: &Counts, stop: &AtomicBool, visit: &(dyn Fn(&Counts) -> io::Result<()> + Sync)) {
    let end = Instant::now() + LONGEST;
    while !stop.load(Ordering::Relaxed) && Instant::now() < end {
        // A visit that fails has counted why.
        let _ = visit(counts);
    }
}

/// Connects and logs in, counting what came of it.
pub fn visitor(address: SocketAddr, account: &str, counts: &Counts) -> io::Result<Client> {
    let mut client = Client::connect(address).inspect_err(|_| Counts::add(&counts.refused, 1))?;
    wanted(client.try_reply(), 220).inspect_err(|_| Counts::add(&counts.refused, 1))?;
    Counts::add(&counts.connections, 1);
    let login = client.try_login(account);
    login.inspect_err(|_| Counts::add(&counts.cut, 1))?;
    Counts::add(&counts.logins, 1);
    Ok(client)
}

/// A download that takes its time: pieces with a wait for the next word of `pace` between them.
pub fn slow_download(client: &mut Client, path: &str, pace: &dyn Fn()) -> io::Result<Vec<u8>> {
    let mut data = client.try_passive()?;
    wanted(client.try_command(&format!("RETR {path}")), 150)?;
    let mut bytes = Vec::new();
    let mut piece = vec![0; 64 * 1024];
    loop {
        match data.read(&mut piece)? {
            0 => break,
            length => bytes.extend_from_slice(&piece[..length]),
        }
        pace();
    }
    drop(data);
    wanted(client.try_reply(), 226)?;
    Ok(bytes)
}

/// A download that has begun and is held until [`HeldDownload::finish`].
pub struct HeldDownload {
    release: Sender<()>,
    thread: JoinHandle<Vec<u8>>,
}

impl HeldDownload {
    pub fn begin(address: SocketAddr, path: &'static str) -> HeldDownload {
        let (begun, has_begun) = channel();
        let (release, released) = channel();
        let thread = thread::spawn(move || held_download(address, path, &begun, &released));
        has_begun.recv().expect("the transfer begins");
        HeldDownload { release, thread }
    }

    pub fn finish(self) -> Vec<u8> {
        self.release.send(()).expect("the transfer lives");
        self.thread.join().expect("the transfer is whole")
    }
}

fn held_download(address: SocketAddr, path: &str, begun: &Sender<()>, released: &Receiver<()>) -> Vec<u8> {
    let mut client = visitor(address, "alice", &Counts::default()).expect("a session");
    let held = std::cell::Cell::new(true);
    let pace = || {
        if held.replace(false) {
            begun.send(()).expect("the test waits");
            released.recv().expect("the test lets go");
        }
    };
    client.command("TYPE I").expect(200);
    slow_download(&mut client, path, &pace).expect("the transfer is not cut")
}

/// The reply, if it has this code.
pub fn wanted(reply: io::Result<super::Reply>, code: u16) -> io::Result<()> {
    let reply = reply?;
    if reply.code == code { Ok(()) } else { Err(io::Error::other(reply.text())) }
}
