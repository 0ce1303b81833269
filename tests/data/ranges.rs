//! Parts of files: RANG and REST, also beyond what 32 bits count.

use std::fs::{self, File};
use std::io::Write;
use std::os::unix::fs::FileExt;

use crate::harness::{Client, Daemon, Setup};

fn resumable() -> Daemon {
    Setup::new().line("AllowStoreRestart on").start()
}

/// Sends a file over a new data connection; the replies at its beginning and its end.
fn stored(client: &mut Client, path: &str, bytes: &[u8]) -> (String, String) {
    let mut data = client.passive();
    let opening = client.command(&format!("STOR {path}")).expect(150).text();
    // A server that wants no more closes early.
    let _ = data.write_all(bytes);
    drop(data);
    (opening, client.reply().text())
}

#[test]
fn downloads_of_a_range_give_just_that() {
    let daemon = resumable();
    let mut client = daemon.session();
    fs::write(daemon.setup.home("alice").join("f"), "hello\nworld\n").expect("written");
    client.command("TYPE I").expect(200);
    for (range, wanted) in [
        ("0 4", "hello"),
        ("6 10", "world"),
        ("11 11", "\n"),
        ("3 11", "lo\nworld\n"),
        ("0 100", "hello\nworld\n"),
    ] {
        client.command(&format!("RANG {range}")).expect(350);
        assert_eq!(client.retrieve("f"), wanted.as_bytes(), "{range}");
    }
    assert_eq!(client.retrieve("f"), b"hello\nworld\n", "a range holds for one transfer");
    for (range, refusal) in [
        ("12 20", "554 f: invalid RANG argument"),
        ("3 12", "554 f: invalid RANG argument"),
        ("13 20", "554 RANG: invalid f argument"),
    ] {
        client.command(&format!("RANG {range}")).expect(350);
        assert_eq!(client.command("RETR f").text(), refusal);
    }
    client.command("RANG 2 4").expect(350);
    client.command("RETR nope").expect(550);
    assert_eq!(client.retrieve("f"), b"hello\nworld\n", "a refused transfer has used its range up");
    client.command("RANG 2 4").expect(350);
    client.command("TYPE A").expect(200);
    assert_eq!(client.retrieve("f"), b"llo", "the range is one of the file's bytes");
    daemon.stop();
}

#[test]
fn ranges_and_offsets_take_each_others_place() {
    let daemon = resumable();
    let mut client = daemon.session();
    fs::write(daemon.setup.home("alice").join("f"), "hello\nworld\n").expect("written");
    client.command("TYPE I").expect(200);
    for (lines, wanted) in [
        (["RANG 2 4", "REST 6"], "world\n"),
        (["REST 6", "RANG 2 4"], "llo"),
        (["REST 6", "RANG 1 0"], "world\n"),
        (["RANG 2 4", "RANG 1 0"], "hello\nworld\n"),
        (["RANG 2 4", "REST 0"], "hello\nworld\n"),
    ] {
        for line in lines {
            client.command(line).expect(350);
        }
        assert_eq!(client.retrieve("f"), wanted.as_bytes(), "{lines:?}");
    }
    assert_eq!(client.command("RANG 1 1").text(), "350 Transferring byte range of 1 byte starting from 1");
    client.command("TYPE A").expect(200);
    assert_eq!(client.command("RANG 2 4").text(), "551 RANG: Transfer ranges not allowed in ASCII mode");
    assert_eq!(client.command("RANG 1 0").text(), "350 Reset byte transfer range");
    daemon.stop();
}

#[test]
fn an_upload_into_a_range_touches_nothing_else() {
    let daemon = resumable();
    let path = daemon.setup.home("alice").join("s");
    let mut client = daemon.session();
    client.command("TYPE I").expect(200);
    client.store("s", b"0123456789");
    let aborted = "426 Transfer aborted. Operation not permitted";
    for (range, bytes, ending, content) in [
        ("2 4", "ABC", "226 Transfer complete", "01ABC56789"),
        ("2 4", "abcdefgh", aborted, "01abc56789"),
        ("2 4", "Z", aborted, "01Zbc56789"),
        ("10 11", "++", "226 Transfer complete", "01Zbc56789++"),
    ] {
        client.command(&format!("RANG {range}")).expect(350);
        let (opening, closing) = stored(&mut client, "s", bytes.as_bytes());
        assert!(opening.ends_with(" bytes)"), "{opening}");
        assert_eq!(closing, ending, "{range}");
        assert_eq!(fs::read(&path).expect("stored"), content.as_bytes(), "{range}");
    }
    client.command("RANG 20 24").expect(350);
    assert_eq!(client.command("STOR s").text(), "554 RANG: invalid s argument");
    client.command("RANG 2 3").expect(350);
    assert_eq!(client.command("STOR new").text(), "554 RANG: invalid new argument");
    assert!(!path.with_file_name("new").exists());
    for verb in ["APPE s", "STOU"] {
        client.command("RANG 2 4").expect(350);
        let name = &verb[..4];
        assert_eq!(client.command(verb).text(), format!("550 {name} incompatible with RANG"));
    }
    daemon.stop();
}

#[test]
fn ranges_are_restarts_to_the_configuration() {
    let daemon = Setup::new().line("AllowRetrieveRestart off").start();
    let mut client = daemon.session();
    client.command("TYPE I").expect(200);
    client.store("f", b"content");
    client.command("RANG 0 3").expect(350);
    assert_eq!(client.command("RETR f").text(), "451 f: Restart not permitted, try again");
    client.command("RANG 0 3").expect(350);
    assert_eq!(client.command("STOR f").text(), "451 f: Append/Restart not permitted, try again");
    daemon.stop();
}

#[test]
fn offsets_beyond_four_gibibytes_are_exact() {
    const FAR: u64 = (5 << 30) + 3;
    let daemon = resumable();
    let path = daemon.setup.home("alice").join("sparse");
    let file = File::create(&path).expect("created");
    file.write_all_at(b"the end", FAR).expect("a sparse file");
    daemon.setup.give(&path, Some(crate::harness::setup::FIRST_UID));
    let mut client = daemon.session();
    client.command("TYPE I").expect(200);
    assert_eq!(client.command("SIZE sparse").text(), format!("213 {}", FAR + 7));
    client.command(&format!("REST {FAR}")).expect(350);
    assert_eq!(client.retrieve("sparse"), b"the end");
    client.command(&format!("RANG {} {}", FAR + 4, FAR + 5)).expect(350);
    assert_eq!(client.retrieve("sparse"), b"en");
    client.command(&format!("REST {}", FAR + 4)).expect(350);
    client.store("sparse", b"END");
    client.command(&format!("RANG {FAR} {}", FAR + 2)).expect(350);
    client.store("sparse", b"THE");
    let mut end = [0; 7];
    File::open(&path).and_then(|file| file.read_exact_at(&mut end, FAR)).expect("read");
    assert_eq!(&end, b"THE END");
    client.command(&format!("REST {}", FAR + 8)).expect(350);
    assert_eq!(client.command("RETR sparse").text(), "554 REST: invalid sparse argument");
    daemon.stop();
}
