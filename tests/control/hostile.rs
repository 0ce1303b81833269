//! Clients of the socket that say nothing, too much, nonsense, or come in crowds: the daemon serves on.

use std::io::{Read, Write};
use std::net::Shutdown;
use std::os::unix::net::UnixStream;
use std::time::{Duration, Instant};

use nix::sys::signal::Signal;

use super::{answered, data, raw, said, socket};
use crate::harness::cost::Cost;
use crate::harness::events::until;
use crate::harness::{Daemon, Setup, processes, rounds};

#[test]
fn who_says_nothing_makes_nobody_wait() {
    let daemon = Daemon::usual();
    let mut silent: Vec<UnixStream> = (0..3).map(|_| raw(&daemon)).collect();
    silent[1].write_all(b"{\"action\":").expect("a beginning");
    let began = Instant::now();
    said(&daemon, &["status"]);
    daemon.session().command("QUIT").expect(221);
    assert!(began.elapsed() < Duration::from_secs(5));
    for stream in &mut silent {
        assert_eq!(stream.read_to_end(&mut Vec::new()).expect("the end, not a timeout"), 0);
    }
    daemon.stop();
}

#[test]
fn too_many_are_told_so_and_root_has_a_place_left() {
    let daemon = Setup::new().line("ControlsMaxClients 2").start();
    let crowd: Vec<UnixStream> = (0..3).map(|_| raw(&daemon)).collect();
    until("a refusal", || answered(&daemon, b"").contains("too many are asking, try again later"));
    daemon.await_log("control: refused: ControlsMaxClients (3) are there");
    drop(crowd);
    until("a place", || answered(&daemon, b"{\"action\":\"help\"}\n").contains("\"outcome\":\"done\""));
    daemon.stop();
}

#[test]
fn nonsense_is_refused_with_a_sentence() {
    let daemon = Daemon::usual();
    let long = [b"{\"action\":\"help\",\"words\":[\"".as_slice(), &[b'x'; 8000], b"\"]}\n"].concat();
    for bytes in [
        &b"\n"[..],
        b"help\n",
        b"\xff\xfe\x00\x01\n",
        b"GET / HTTP/1.1\r\n\r\n",
        b"{\"action\":\"help\",\"words\":[\"a\\u0000b\"]}\n",
        b"{\"action\":\"kick\",\"words\":[[[[[[]]]]]]}\n",
        &long,
        &[0; 100_000],
    ] {
        let answer = answered(&daemon, bytes);
        let shown = &bytes[..bytes.len().min(40)];
        // Who goes on writing may lose the answer with the connection; it is never heard.
        assert!(answer.is_empty() || answer.contains("\"outcome\":\"mistaken\""), "{shown:?}: {answer}");
        assert!(!answer.is_empty() || bytes.len() > 4096, "{shown:?}");
    }
    let deep = format!("{{\"action\":\"help\",\"words\":{}\n", "[".repeat(4000));
    assert!(answered(&daemon, deep.as_bytes()).contains("mistaken"));
    said(&daemon, &["status"]);
    daemon.stop();
}

#[test]
fn a_flood_costs_little_and_ends_nothing() {
    let daemon = Daemon::usual();
    let mut session = daemon.session();
    let master = daemon.pid();
    let before = Cost::of(master);
    let mut connected = 0;
    for round in 0..rounds(400, 20_000) {
        let Ok(mut stream) = UnixStream::connect(socket(&daemon)) else { continue };
        connected += 1;
        // Some speak, some leave at once, some stop half way.
        let _ = match round % 4 {
            0 => stream.write_all(b"{\"action\":\"status\"}\n"),
            1 => stream.write_all(&[0xff; 300]),
            2 => stream.shutdown(Shutdown::Both),
            _ => Ok(()),
        };
        if round % 100 == 0 {
            session.command("NOOP").expect(200);
        }
    }
    assert!(connected > 0);
    session.command("NOOP").expect(200);
    daemon.client();
    until("it answers again", || !answered(&daemon, b"{\"action\":\"help\"}\n").is_empty());
    Cost::of(master).assert_grown_by_at_most(2048, before, "the master");
    daemon.stop();
}

#[test]
fn who_hears_nothing_of_a_long_answer_is_given_up() {
    let mut setup = Setup::new();
    for number in 0..4000 {
        setup = setup
            .line(&format!("<Directory /srv/{number:04}/{}>\nHideFiles ^x\n</Directory>", "d".repeat(100)));
    }
    let daemon = setup.start();
    let mut deaf = raw(&daemon);
    deaf.write_all(b"{\"action\":\"dump\",\"words\":[\"config\"]}\n").expect("asked");
    let began = Instant::now();
    said(&daemon, &["status"]);
    daemon.client();
    assert!(began.elapsed() < Duration::from_secs(5), "{:?}", began.elapsed());
    assert!(said(&daemon, &["dump", "config"]).len() > 400_000);
    daemon.stop();
}

#[test]
fn who_leaves_before_the_answer_spoils_nothing() {
    let daemon = Setup::new().line("ShutdownTimeout 1").start();
    let stuck = daemon.session();
    let pid = daemon.slot_of(&stuck).pid.0;
    processes::send(pid, Signal::SIGSTOP);
    let mut asking = raw(&daemon);
    let line = format!("{{\"action\":\"kick\",\"words\":[\"pid\",\"{pid}\"]}}\n");
    asking.write_all(line.as_bytes()).expect("asked");
    daemon.await_log("control: kick pid");
    drop(asking);
    until("the slot is free", || daemon.slots().iter().all(|slot| slot.pid.0 != pid));
    assert_eq!(data(&daemon, &["status"])["sessions"], 0);
    daemon.stop();
}
