//! MaxStoreFileSize and MaxRetrieveFileSize: what is larger is not taken and not sent.

use std::fs;
use std::io::{Read, Write};

use crate::harness::{Client, Daemon, Setup};

fn limited(lines: &str) -> Daemon {
    let usual = "AllowStoreRestart on\nAllowOverwrite on";
    Setup::new().with_account("bob").line(usual).line(lines).start()
}

fn session(daemon: &Daemon, name: &str) -> Client {
    let mut client = daemon.client();
    client.login(name);
    client.command("TYPE I").expect(200);
    client
}

/// An upload's last reply.
fn uploaded(client: &mut Client, line: &str, bytes: usize) -> String {
    let mut data = client.extended_passive();
    client.command(line).expect(150);
    // The server may have had enough before all is said.
    let _ = data.write_all(&vec![b'x'; bytes]);
    drop(data);
    client.reply().text()
}

fn retrieved(client: &mut Client, path: &str) -> (String, usize) {
    let mut data = client.extended_passive();
    client.command(&format!("RETR {path}")).expect(150);
    let mut bytes = Vec::new();
    data.read_to_end(&mut bytes).expect("until the end");
    (client.reply().text(), bytes.len())
}

const WHOLE: &str = "226 Transfer complete";
const TOO_LARGE: &str = "552 Transfer aborted. File too large";

#[test]
fn what_would_be_larger_is_not_stored() {
    let daemon = limited("MaxStoreFileSize 10 Kb");
    let mut client = session(&daemon, "alice");
    let size = |name: &str| fs::metadata(daemon.setup.home("alice").join(name)).expect("a file").len();
    assert_eq!(uploaded(&mut client, "STOR fits", 10_240), WHOLE);
    assert_eq!(uploaded(&mut client, "STOR more", 10_241), TOO_LARGE);
    assert_eq!(uploaded(&mut client, "STOR much", 3_000_000), TOO_LARGE);
    assert!(size("more") <= 10_240 && size("much") <= 10_240);
    assert_eq!(uploaded(&mut client, "APPE fits", 10), TOO_LARGE);
    client.command("REST 5000").expect(350);
    assert_eq!(uploaded(&mut client, "STOR fits", 9_000), TOO_LARGE);
    client.command("REST 5000").expect(350);
    assert_eq!(uploaded(&mut client, "STOR fits", 5_000), WHOLE);
    assert_eq!(size("fits"), 10_240);
    daemon.await_log("MaxStoreFileSize (10240 bytes) reached: aborting transfer of");
    let mut data = client.extended_passive();
    client.command("STOU").expect(150);
    let _ = data.write_all(&vec![b'x'; 20_000]);
    drop(data);
    assert_eq!(client.reply().text(), TOO_LARGE);
    client.command("TYPE A").expect(200);
    assert_eq!(uploaded(&mut client, "STOR text", 20_000), TOO_LARGE);
}

#[test]
fn no_other_way_makes_a_larger_file() {
    let daemon = limited("<Directory ~/small>\nMaxStoreFileSize 10 B\n</Directory>");
    daemon.setup.make_folder(&daemon.setup.home("alice").join("small"), Some(52_001));
    let mut client = session(&daemon, "alice");
    client.store("file", &[b'x'; 20]);
    client.command("SITE CPFR file").expect(350);
    let copied = client.command("SITE CPTO small/file");
    assert_ne!(copied.code, 250, "{}", copied.text());
    let size = fs::metadata(daemon.setup.home("alice").join("small/file")).map_or(0, |about| about.len());
    assert!(size <= 10, "{size}");
    client.command("SITE CPFR file").expect(350);
    client.command("SITE CPTO other").expect(250);
}

#[test]
fn what_is_larger_is_not_sent() {
    let daemon = limited("MaxRetrieveFileSize 100 Kb");
    let home = daemon.setup.home("alice");
    fs::write(home.join("fits"), vec![b'x'; 102_400]).expect("written");
    fs::write(home.join("more"), vec![b'x'; 102_401]).expect("written");
    let mut client = session(&daemon, "alice");
    assert_eq!(retrieved(&mut client, "fits"), (WHOLE.into(), 102_400));
    let refused = ("426 Transfer aborted. Operation not permitted".into(), 0);
    assert_eq!(retrieved(&mut client, "more"), refused);
    client.command("REST 102400").expect(350);
    assert_eq!(retrieved(&mut client, "more"), refused, "the file counts, not the part");
    daemon.await_log("MaxRetrieveFileSize (102400 bytes) reached: aborting transfer of");
    client.command("NOOP").expect(200);
}

/// The largest upload that each line lets a user make, of these sizes.
#[test]
fn the_first_line_that_is_for_somebody_holds() {
    let inner = "<Directory ~/inner>\nMaxStoreFileSize *\n</Directory>";
    for (lines, user, path, expected) in [
        ("MaxStoreFileSize 5 B user alice\nMaxStoreFileSize 50 B", "alice", "f", 5),
        ("MaxStoreFileSize 5 B user alice\nMaxStoreFileSize 50 B", "bob", "f", 50),
        ("MaxStoreFileSize 50 B\nMaxStoreFileSize 5 B user alice", "alice", "f", 50),
        ("MaxStoreFileSize 5 B group alice", "alice", "f", 5),
        ("MaxStoreFileSize 5 B group alice", "bob", "f", 100),
        ("MaxStoreFileSize 5 B user !bob", "alice", "f", 5),
        ("<Class k>\nFrom 127.0.0.1\n</Class>\nMaxStoreFileSize 5 B class k", "alice", "f", 5),
        ("<Class k>\nFrom 10.0.0.1\n</Class>\nMaxStoreFileSize 5 B class k", "alice", "f", 100),
        (&format!("MaxStoreFileSize 5 B\n{inner}"), "alice", "f", 5),
        (&format!("MaxStoreFileSize 5 B\n{inner}"), "alice", "inner/f", 100),
    ] {
        let daemon = limited(lines);
        daemon.setup.make_folder(&daemon.setup.home("alice").join("inner"), Some(52_001));
        let mut client = session(&daemon, user);
        let fits = |bytes: &usize| uploaded(&mut client, &format!("STOR {path}"), *bytes) == WHOLE;
        let most = [5, 6, 50, 51, 100].into_iter().filter(fits).max();
        assert_eq!(most, Some(expected), "{lines} for {user}");
    }
}
