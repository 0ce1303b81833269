//! What is asked of TCP for a server's connections, as the client and the kernel's table of connections see it.

use std::fs;
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use nix::sys::signal::Signal;
use nix::sys::socket::{getsockopt, sockopt};

use crate::harness::{Client, Setup, eventually, processes};

/// Seconds until the kernel probes the other end of a connection to `port`, as seen from `peer`; None where it does not
/// (proc_net(5), `tr` and `tm->when`).
fn probed_in(port: u16, peer: SocketAddr) -> Option<u64> {
    let ends = format!(":{port:04X} 0100007F:{:04X} 01", peer.port());
    eventually("what was sent has been confirmed", || {
        let table = fs::read_to_string("/proc/net/tcp").expect("the kernel's table");
        let line = table.lines().find(|line| line.contains(&ends)).expect("the connection");
        let (kind, when) = line.split_whitespace().nth(5)?.split_once(':')?;
        match kind {
            "00" => Some(None),
            "02" => Some(Some(u64::from_str_radix(when, 16).expect("ticks") / 100)),
            _ => None,
        }
    })
}

fn segment(stream: &TcpStream) -> u32 {
    getsockopt(stream, sockopt::TcpMaxSeg).expect("a segment's size")
}

#[test]
fn silent_clients_are_probed_as_the_server_says() {
    for (line, wanted) in [
        ("SocketOptions keepalive off", None..=None),
        ("SocketOptions keepalive 90:3:10", Some(30)..=Some(90)),
        ("SocketOptions keepalive on", Some(91)..=Some(7200)),
        ("SocketOptions rcvbuf 65536", Some(91)..=Some(7200)),
    ] {
        let daemon = Setup::new().line(line).start();
        let client = daemon.session();
        let probed = probed_in(daemon.address().port(), client.local_address());
        assert!(wanted.contains(&probed), "{line}: {probed:?}");
        daemon.stop();
    }
}

#[test]
fn data_connections_have_what_is_asked_of_tcp() {
    let setup = Setup::new();
    let other = format!(
        "<VirtualHost 127.0.0.2>\nPort {}\nAuthUserFile {}\nAuthOrder mod_auth_file.c\nRequireValidShell off\n</VirtualHost>",
        setup.port.number,
        setup.path("users").display()
    );
    let daemon =
        setup.line("SocketOptions maxseg 700 sndbuf 8192 rcvbuf 8192 keepalive off").line(&other).start();
    let mut client = daemon.session();
    let passive = client.extended_passive();
    assert!(segment(&passive) <= 700, "{}", segment(&passive));
    let listener = client.active(true);
    client.send("NLST");
    client.reply().expect(150);
    let (active, peer) = listener.accept().expect("a data connection");
    assert!(segment(&active) <= 700, "{}", segment(&active));
    drop((active, peer));
    client.reply().expect(226);
    let mut elsewhere = Client::greeted(([127, 0, 0, 2], daemon.setup.port.number).into());
    elsewhere.login("alice");
    assert!(segment(&elsewhere.extended_passive()) > 700);
    daemon.stop();
}

#[test]
fn a_backlog_holds_so_many() {
    for (line, wanted) in [("TCPBackLog 2", 1..=5), ("", 20..=20)] {
        let daemon = Setup::new().line(line).workers(1, 1, 1).start();
        daemon.await_spares(1);
        let all: Vec<i32> = daemon.processes().iter().map(|process| process.pid).collect();
        all.iter().for_each(|pid| processes::send(*pid, Signal::SIGSTOP));
        let connect = |_| TcpStream::connect_timeout(&daemon.address(), Duration::from_millis(100)).ok();
        let waiting = (0..20).filter_map(connect).collect::<Vec<_>>();
        all.iter().for_each(|pid| processes::send(*pid, Signal::SIGCONT));
        assert!(wanted.contains(&waiting.len()), "{line}: {}", waiting.len());
        drop(waiting);
        daemon.stop();
    }
}
