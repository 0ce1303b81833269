//! TransferRate: how long bytes take, for whom, and that a session that rests is awake.

use std::fs;
use std::thread;
use std::time::{Duration, Instant};

use crate::harness::{Client, Daemon, Setup};

const SIZE: usize = 100 << 10;
/// What a transfer without a bound takes at most, on a busy machine.
const AT_ONCE: Duration = Duration::from_millis(900);

fn limited(lines: &str) -> Daemon {
    let daemon = Setup::new().with_account("bob").line(lines).start();
    for (name, uid) in [("alice", 52_001), ("bob", 52_002)] {
        let path = daemon.setup.home(name).join("file");
        fs::write(&path, vec![b'x'; SIZE]).expect("written");
        daemon.setup.give(&path, Some(uid));
    }
    daemon
}

fn session(daemon: &Daemon, name: &str) -> Client {
    let mut client = daemon.client();
    client.login(name);
    client.command("TYPE I").expect(200);
    client
}

fn took(act: impl FnOnce()) -> Duration {
    let began = Instant::now();
    act();
    began.elapsed()
}

fn download(client: &mut Client) {
    assert_eq!(client.retrieve("file").len(), SIZE);
}

#[track_caller]
fn assert_about(took: Duration, seconds: f64) {
    let (least, most) = (seconds * 0.7, seconds * 2.0 + 2.0);
    assert!((least..most).contains(&took.as_secs_f64()), "{took:?}, not about {seconds} s");
}

#[test]
fn downloads_and_uploads_take_as_long_as_their_rate_says() {
    let daemon = limited("TransferRate RETR 100\nTransferRate STOR,APPE 50 user alice\nTransferRate STOR 0");
    let mut alice = session(&daemon, "alice");
    assert_about(took(|| download(&mut alice)), 1.0);
    alice.command("TYPE A").expect(200);
    assert_about(took(|| download(&mut alice)), 1.0);
    alice.command("TYPE I").expect(200);
    let bytes = vec![b'y'; SIZE];
    assert_about(took(|| alice.store("new", &bytes)), 2.0);
    let mut bob = session(&daemon, "bob");
    let unbound = took(|| bob.store("new", &bytes));
    assert!(unbound < AT_ONCE, "{unbound:?}");
    assert_eq!(fs::read(daemon.setup.home("alice").join("new")).expect("a file"), bytes);
}

#[test]
fn free_bytes_and_narrower_scopes_are_faster() {
    let daemon =
        limited("TransferRate RETR 5:102400\n<Directory ~/inner>\nTransferRate RETR 200\n</Directory>");
    let mut alice = session(&daemon, "alice");
    let free = took(|| download(&mut alice));
    assert!(free < AT_ONCE, "{free:?}");
    let inner = daemon.setup.home("alice").join("inner");
    daemon.setup.make_folder(&inner, Some(52_001));
    fs::write(inner.join("file"), vec![b'x'; 2 * SIZE]).expect("written");
    assert_about(took(|| assert_eq!(alice.retrieve("inner/file").len(), 2 * SIZE)), 1.0);
}

#[test]
fn a_class_has_a_rate_of_its_own() {
    let daemon = limited(
        "<Class near>\nFrom 127.0.0.1\n</Class>\nTransferRate RETR 100 class near\nTransferRate RETR 0\nAllowForeignAddress on",
    );
    let mut near = session(&daemon, "alice");
    assert_about(took(|| download(&mut near)), 1.0);
    let mut far = Client::greeted_from([127, 0, 0, 2].into(), daemon.address());
    far.login("alice");
    let unbound = took(|| download(&mut far));
    assert!(unbound < AT_ONCE, "{unbound:?}");
}

#[test]
fn a_shared_rate_is_all_sessions_of_a_user_together() {
    let daemon = limited("TransferRate RETR 100 shared");
    let together = |names: &'static [&'static str]| {
        took(|| {
            thread::scope(|scope| {
                for name in names {
                    scope.spawn(|| download(&mut session(&daemon, name)));
                }
            });
        })
    };
    assert_about(together(&["alice"]), 1.0);
    assert_about(together(&["alice", "alice", "alice"]), 3.0);
    let apart = together(&["alice", "bob"]);
    assert!(apart < Duration::from_millis(1800), "{apart:?}: users do not share");
}

#[test]
fn who_rests_hears_abor_status_and_the_end() {
    let daemon = limited("TransferRate RETR,STOR 1\nTimeoutStalled 1");
    let mut client = session(&daemon, "alice");
    let mut data = client.extended_passive();
    client.command("RETR file").expect(150);
    let mut first = [0; 64];
    std::io::Read::read_exact(&mut data, &mut first).expect("bytes flow");
    client.command("STAT").expect(213);
    let ended = took(|| {
        client.command("ABOR").expect(426);
        client.reply().expect(226);
    });
    assert!(ended < AT_ONCE, "{ended:?}");
    client.command("NOOP").expect(200);
    let _data = client.extended_passive();
    client.command("RETR file").expect(150);
    // TERM, and the daemon is gone within its time.
    daemon.stop();
}

#[test]
fn a_slow_rate_is_no_stall() {
    let daemon = limited("TransferRate RETR 40\nTimeoutStalled 1\nTimeoutNoTransfer 1");
    let mut client = session(&daemon, "alice");
    assert_about(took(|| download(&mut client)), 2.5);
}

#[test]
fn a_rest_that_is_longer_than_timeout_stalled_is_no_stall() {
    // 50 bytes a second: the first block rests for longer than a second.
    let daemon = limited("TransferRate STOR 0.05\nTimeoutStalled 1");
    session(&daemon, "alice").store("new", &[b'y'; 100]);
    assert_eq!(fs::read(daemon.setup.home("alice").join("new")).expect("a file"), [b'y'; 100]);
}
