//! MODE Z: every kind of transfer in both directions, and streams that are no whole ones.

use std::fs;
use std::io::{Read, Write};

use flate2::Compression;
use flate2::read::ZlibDecoder;
use flate2::write::ZlibEncoder;

use crate::harness::{Client, Daemon, Setup, patterned};

fn compressing() -> Daemon {
    Setup::new().line("DeflateEngine on\nAllowStoreRestart on").start()
}

fn session(daemon: &Daemon) -> Client {
    let mut client = daemon.session();
    client.command("TYPE I").expect(200);
    assert_eq!(client.command("MODE Z").text(), "200 OK");
    client
}

fn packed(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = ZlibEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(bytes).expect("in memory");
    encoder.finish().expect("in memory")
}

fn unpacked(wire: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::new();
    ZlibDecoder::new(wire).read_to_end(&mut bytes).expect("a zlib stream");
    bytes
}

/// Sends bytes as they are; the reply at the end.
fn sent(client: &mut Client, line: &str, wire: &[u8]) -> String {
    let mut data = client.passive();
    client.command(line).expect(150);
    let _ = data.write_all(wire);
    drop(data);
    client.reply().text()
}

#[test]
fn compressed_files_travel_whole_in_both_directions() {
    let daemon = compressing();
    let path = daemon.setup.home("alice").join("f");
    let mut client = session(&daemon);
    let bytes = patterned(3_000_000);
    for level in [0, 1, 9] {
        assert_eq!(client.command(&format!("OPTS MODE Z LEVEL {level}")).text(), "200 OPTS MODE Z OK");
        client.upload("STOR f", &packed(&bytes));
        assert!(fs::read(&path).expect("stored") == bytes);
        assert!(unpacked(&client.retrieve("f")) == bytes);
    }
    let totals = daemon.slot_of(&client).totals;
    assert_eq!(
        (totals.bytes_in, totals.bytes_out),
        (9_000_000, 9_000_000),
        "bytes are counted as files hold them"
    );
    client.upload("STOR empty", &packed(b""));
    assert_eq!(unpacked(&client.retrieve("empty")), b"");
    client.upload("STOR f", &packed(b"0123456789"));
    client.upload("APPE f", &packed(b"more"));
    client.command("REST 2").expect(350);
    client.upload("STOR f", &packed(b"XY"));
    client.command("RANG 4 5").expect(350);
    client.upload("STOR f", &packed(b"UV"));
    assert_eq!(fs::read(&path).expect("stored"), b"01XYUV6789more");
    client.command("REST 10").expect(350);
    assert_eq!(unpacked(&client.retrieve("f")), b"more");
    client.command("RANG 2 5").expect(350);
    assert_eq!(unpacked(&client.retrieve("f")), b"XYUV");
    client.command("TYPE A").expect(200);
    client.upload("STOR text", &packed(b"a\r\nb\r\n"));
    assert_eq!(fs::read(path.with_file_name("text")).expect("stored"), b"a\nb\n");
    assert_eq!(unpacked(&client.retrieve("text")), b"a\r\nb\r\n");
    client.command("MODE S").expect(200);
    assert_eq!(client.retrieve("text"), b"a\r\nb\r\n");
    daemon.stop();
}

#[test]
fn listings_are_compressed_like_files() {
    let daemon = compressing();
    let home = daemon.setup.home("alice");
    for number in 0..500 {
        fs::write(home.join(format!("file-{number}")), "x").expect("a file");
    }
    let mut client = session(&daemon);
    for line in ["LIST", "NLST", "MLSD"] {
        let wire = client.download(line);
        let listing = String::from_utf8(unpacked(&wire)).expect("text");
        assert!(wire.len() < listing.len(), "{line}");
        assert!(listing.lines().filter(|line| line.contains("file-")).count() == 500, "{line}");
    }
    daemon.stop();
}

#[test]
fn what_is_no_whole_stream_ends_the_upload_alone() {
    let daemon = compressing();
    let path = daemon.setup.home("alice").join("f");
    let mut client = session(&daemon);
    let whole = packed(&patterned(100_000));
    for (wire, ending) in [
        (b"no zlib stream at all".to_vec(), "451 Transfer aborted. Input/output error"),
        ([whole.as_slice(), b"more"].concat(), "451 Transfer aborted. Input/output error"),
        (whole[..whole.len() - 1].to_vec(), "426 Transfer aborted. Data connection closed"),
        (whole[..10].to_vec(), "426 Transfer aborted. Data connection closed"),
    ] {
        assert_eq!(sent(&mut client, "STOR f", &wire), ending);
    }
    client.upload("STOR f", &whole);
    assert!(fs::read(&path).expect("stored") == patterned(100_000));
    // Half a stream, which ABOR ends.
    let mut data = client.passive();
    client.command("STOR f").expect(150);
    data.write_all(&whole[..5000]).expect("sent");
    client.send("ABOR");
    client.reply().expect(426);
    client.reply().expect(226);
    client.command("NOOP").expect(200);
    daemon.stop();
}

#[test]
fn compression_is_offered_where_it_is_on() {
    let daemon = compressing();
    let mut client = daemon.session();
    assert!(client.command("FEAT").text().contains("MODE Z"));
    daemon.stop();
    let daemon = Daemon::usual();
    let mut client = daemon.session();
    assert!(!client.command("FEAT").text().contains("MODE Z"));
    assert_eq!(client.command("MODE Z").text(), "501 'MODE Z' unrecognized transfer mode");
    assert_eq!(client.command("OPTS MODE Z LEVEL 1").text(), "500 OPTS MODE not understood");
    daemon.stop();
}
