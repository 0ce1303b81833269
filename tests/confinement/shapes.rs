//! Names and paths at the edges of what a file system holds: bytes that are no text, the longest names and paths, the deepest trees.

use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt;

use crate::harness::cost::Cost;
use crate::harness::{Client, Daemon, Setup, rounds};

/// Alice in her home, with the longest command lines that there can be.
fn long_lines() -> (Daemon, Client) {
    let daemon = Setup::new().line("DefaultRoot ~\nCommandBufferSize 4096").start();
    let mut client = daemon.session();
    client.command("TYPE I").expect(200);
    (daemon, client)
}

/// Sends raw bytes, 0xff doubled (RFC 854); gives the reply's code.
fn raw(client: &mut Client, verb: &str, name: &[u8]) -> u16 {
    let mut line = [verb.as_bytes(), b" "].concat();
    for byte in name {
        line.extend(std::iter::repeat_n(*byte, if *byte == 0xff { 2 } else { 1 }));
    }
    client.send_bytes(&[line.as_slice(), b"\r\n"].concat());
    client.reply().code
}

#[test]
fn names_are_bytes() {
    let (daemon, mut client) = long_lines();
    let home = daemon.setup.home("alice");
    for name in [
        &b"caf\xe9"[..],
        b"\xff\xfe",
        b"\x80\x81",
        b"\xc0\xaf..\xc0\xaf",
        b"\xf0\x9f",
        b"a\tb",
        b"\x01",
        b"...",
        b" . ",
        b"-R",
    ] {
        assert_eq!(raw(&mut client, "MKD", name), 257, "{}", name.escape_ascii());
        assert!(home.join(OsStr::from_bytes(name)).is_dir(), "{}", name.escape_ascii());
        assert_eq!(raw(&mut client, "CWD", name), 250, "{}", name.escape_ascii());
        client.store("file", b"x");
        assert_eq!(fs::read(home.join(OsStr::from_bytes(name)).join("file")).expect("the file"), b"x");
        client.command("DELE file").expect(250);
        client.command("CWD /").expect(250);
        assert_eq!(raw(&mut client, "RNFR", name), 350);
        client.command("RNTO plain").expect(250);
        client.command("RMD plain").expect(250);
    }
    // An overlong form of a slash is no slash.
    assert!(raw(&mut client, "CWD", b"..\xc0\xaf..\xc0\xafoutside") >= 500);
    drop(client);
    daemon.stop();
}

#[test]
fn the_longest_names_and_paths_are_taken_and_longer_ones_refused() {
    let (daemon, mut client) = long_lines();
    let name = "n".repeat(255);
    client.store(&name, b"x");
    assert_eq!(client.retrieve(&name), b"x");
    let longer = "n".repeat(256);
    for verb in ["SIZE", "MKD", "RNTO", "DELE", "CWD", "STAT", "MDTM", "RNFR", "RMD"] {
        let code = client.command(&format!("{verb} {longer}")).code;
        assert!(code >= 450, "{verb}: {code}");
    }
    for verb in ["STOR", "APPE", "RETR", "LIST", "NLST"] {
        client.command("EPSV").expect(229);
        let code = client.command(&format!("{verb} {longer}")).code;
        assert!(code >= 450, "{verb}: {code}");
    }
    client.command(&format!("DELE {name}")).expect(250);
    // Folders of the longest names, one in the other, until no path is long enough.
    let mut depth = 0;
    while client.command(&format!("MKD {name}")).code == 257 {
        client.command(&format!("CWD {name}")).expect(250);
        depth += 1;
        assert!(depth < 20, "no path is too long");
    }
    assert!(depth >= 14, "{depth} levels");
    // Where the next folder's path would be too long, what is possible still is, and nothing else breaks.
    client.command("PWD").expect(257);
    let code = client.command(&format!("SIZE {name}/{name}")).code;
    assert!(code >= 500, "{code}");
    for verb in ["CWD", "SIZE", "MKD", "DELE", "RNFR", "STAT", "RMD"] {
        for length in [4_000, 4_085, 4_090] {
            let path = "/n".repeat(length / 2);
            let code = client.command(&format!("{verb} {path}")).code;
            assert!(code >= 450, "{verb} {length}: {code}");
        }
    }
    for _ in 0..depth {
        client.command("CDUP").expect(250);
        client.command(&format!("RMD {name}")).expect(250);
    }
    assert_eq!(fs::read_dir(daemon.setup.home("alice")).expect("her home").count(), 0);
    drop(client);
    daemon.stop();
}

#[test]
fn a_thousand_levels_are_walked_down_and_up() {
    let (daemon, mut client) = long_lines();
    let pid = daemon.slot_of(&client).pid.0;
    let levels = rounds(300, 1_000);
    let before = Cost::of(pid);
    for _ in 0..levels {
        client.command("MKD d").expect(257);
        client.command("CWD d").expect(250);
    }
    client.store("file", b"deep");
    let deepest = format!("/{}file", "d/".repeat(levels));
    assert_eq!(client.retrieve(&deepest), b"deep");
    client.command("CWD /").expect(250);
    for line in ["LIST -R", "LIST -aR /", "LIST -R d/d/d", "NLST -R", "STAT -R /"] {
        let text = if line.starts_with("STAT") {
            client.command(line).text()
        } else {
            String::from_utf8_lossy(&client.download(line)).into_owned()
        };
        let titles = text.lines().filter(|shown| shown.trim_end().ends_with("d:")).count();
        assert!(titles <= 20, "{line}: {titles} folders deep");
    }
    Cost::of(pid).assert_grown_by_at_most(2_048, before, "a deep tree");
    client.command(&format!("CWD /{}", "d/".repeat(levels))).expect(250);
    client.command("DELE file").expect(250);
    for _ in 0..levels {
        client.command("CDUP").expect(250);
        client.command("RMD d").expect(250);
    }
    assert_eq!(fs::read_dir(daemon.setup.home("alice")).expect("her home").count(), 0);
    drop(client);
    daemon.stop();
}

/// Links in a circle, and long chains of them.
#[test]
fn circles_of_links_end() {
    let (daemon, mut client) = long_lines();
    let home = daemon.setup.home("alice");
    for (name, target) in
        [("a", "b"), ("b", "a"), ("self", "self"), ("here", "."), ("root", "/"), ("up", "../../..")]
    {
        std::os::unix::fs::symlink(target, home.join(name)).expect("a link");
    }
    for number in 0..60 {
        std::os::unix::fs::symlink(format!("c{}", number + 1), home.join(format!("c{number}")))
            .expect("a link");
    }
    for name in ["a", "self", "c0", "a/b", "self/x"] {
        for verb in ["CWD", "SIZE", "MKD", "STAT"] {
            let code = client.command(&format!("{verb} {name}/x")).code;
            assert!(code >= 450, "{verb} {name}: {code}");
        }
    }
    client.command(&format!("CWD {}", "here/root/up/".repeat(10))).expect(250);
    for line in ["LIST -LR", "LIST -R", "NLST", "LIST -aL"] {
        client.download(line);
    }
    client.command("NOOP").expect(200);
    drop(client);
    daemon.stop();
}
