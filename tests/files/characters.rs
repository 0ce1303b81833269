//! UseEncoding and LangOptions: names in other characters than the disk's.

use std::fs;
use std::io::Read;
use std::path::PathBuf;

use crate::harness::client::Client;
use crate::harness::{Daemon, PASSWORD, Setup};

/// In UTF-8, and in Windows' Cyrillic.
const ON_DISK: &str = "жук.txt";
const SAID: &[u8] = b"\xe6\xf3\xea.txt";

fn daemon(lines: &str) -> Daemon {
    let daemon = Setup::new().line(lines).start();
    fs::write(daemon.setup.home("alice").join(ON_DISK), "a beetle").expect("written");
    daemon
}

fn home(daemon: &Daemon, name: &str) -> PathBuf {
    daemon.setup.home("alice").join(name)
}

/// The code that answers a verb with bytes behind it.
fn code(client: &mut Client, verb: &str, name: &[u8]) -> u16 {
    client.send_bytes(&[verb.as_bytes(), b" ", name, b"\r\n"].concat());
    client.reply().code
}

fn names(client: &mut Client) -> Vec<u8> {
    let mut data = client.extended_passive();
    client.send("NLST");
    client.reply().expect(150);
    let mut listed = Vec::new();
    data.read_to_end(&mut listed).expect("a listing");
    client.reply().expect(226);
    listed
}

fn lines_of(names: &[&[u8]]) -> Vec<u8> {
    names.iter().flat_map(|name| [name, b"\r\n".as_slice()].concat()).collect()
}

#[test]
fn names_are_told_and_taken_in_the_clients_characters() {
    let daemon = daemon("UseEncoding utf-8 cp1251");
    let mut client = daemon.session();
    client.command("TYPE I").expect(200);
    assert_eq!(names(&mut client), lines_of(&[SAID]));
    assert_eq!((code(&mut client, "SIZE", SAID), code(&mut client, "SIZE", ON_DISK.as_bytes())), (213, 550));
    // я is IAC in these characters, doubled on the control connection (RFC 854).
    assert_eq!(code(&mut client, "MKD", b"\xff\xff"), 257);
    assert!(home(&daemon, "я").is_dir());
    client.send_bytes(b"CWD \xff\xff\r\n");
    client.reply().expect(250);
    assert_eq!(client.command("CDUP").code, 250);
    client.send_bytes(&[b"STAT ", SAID, b"\r\n"].concat());
    assert_eq!(client.reply().code, 213);
    client.command("OPTS UTF8 ON").expect(200);
    assert_eq!((code(&mut client, "SIZE", SAID), code(&mut client, "SIZE", ON_DISK.as_bytes())), (550, 213));
    assert!(
        names(&mut client)
            .split_inclusive(|byte| *byte == b'\n')
            .any(|line| line == lines_of(&[ON_DISK.as_bytes()]))
    );
    client.command("OPTS UTF8 OFF").expect(200);
    assert_eq!(code(&mut client, "SIZE", SAID), 213);
    daemon.stop();
}

#[test]
fn without_it_names_are_the_bytes_they_are() {
    let daemon = daemon("UseEncoding on");
    let mut client = daemon.session();
    client.command("TYPE I").expect(200);
    assert_eq!(names(&mut client), lines_of(&[ON_DISK.as_bytes()]));
    assert_eq!((code(&mut client, "SIZE", SAID), code(&mut client, "SIZE", ON_DISK.as_bytes())), (550, 213));
    client.command("OPTS UTF8 ON").expect(200);
    client.command("OPTS UTF8 OFF").expect(451);
    daemon.stop();
}

#[test]
fn rules_go_by_the_names_on_the_disk() {
    let daemon = daemon(
        "UseEncoding utf-8 cp1251\nPathDenyFilter \"^.*/?тайна\"\n<Directory ~/запрет>\n<Limit ALL>\nDenyAll\n</Limit>\n</Directory>",
    );
    let mut client = daemon.session();
    daemon.setup.make_folder(&home(&daemon, "запрет"), Some(crate::harness::setup::FIRST_UID));
    assert_eq!(code(&mut client, "MKD", b"\xf2\xe0\xe9\xed\xe0"), 550, "тайна");
    assert_eq!(code(&mut client, "MKD", b"\xf2\xe0\xe9"), 257, "тай");
    assert_eq!(code(&mut client, "CWD", b"\xe7\xe0\xef\xf0\xe5\xf2"), 550, "запрет");
    daemon.stop();
}

#[test]
fn a_server_may_keep_its_characters_and_refuse_what_is_none() {
    let daemon = daemon("UseEncoding utf-8 gbk\nLangOptions PreferServerEncoding RequireValidEncoding");
    let mut client = daemon.session();
    client.command("OPTS UTF8 ON").expect(451);
    client.command("OPTS UTF8 OFF").expect(200);
    assert!(!client.command("FEAT").text().contains("UTF8"));
    client.send_bytes(b"MKD \xce\xd2\x81\r\n");
    let reply = client.reply().expect(550);
    assert!(reply.text().ends_with(": Illegal character sequence in filename"), "{}", reply.text());
    assert_eq!(code(&mut client, "MKD", b"\xce\xd2"), 257);
    assert!(home(&daemon, "我").is_dir());
    daemon.stop();
    let daemon = self::daemon("UseEncoding off\nLangOptions RequireValidEncoding");
    let mut client = daemon.session();
    client.command("OPTS UTF8 ON").expect(451);
    client.command("OPTS UTF8 OFF").expect(200);
    assert_eq!((code(&mut client, "MKD", b"\xe6"), code(&mut client, "MKD", "ж".as_bytes())), (550, 257));
    daemon.stop();
}

#[test]
fn passwords_are_the_bytes_they_are() {
    let daemon = daemon("UseEncoding koi8-r cp1251");
    let mut client = daemon.client();
    client.command("USER alice").expect(331);
    assert_eq!(code(&mut client, "PASS", SAID), 530);
    client.command("USER alice").expect(331);
    client.command(&format!("PASS {PASSWORD}")).expect(230);
    daemon.stop();
}

#[test]
fn a_user_may_have_characters_of_his_own_and_what_he_chose_before_his_login_holds() {
    let daemon = daemon("<IfUser alice>\nUseEncoding utf-8 cp1251\n</IfUser>");
    let mut client = daemon.session();
    assert_eq!(names(&mut client), lines_of(&[SAID]));
    client.command("OPTS UTF8 ON").expect(200);
    assert_eq!(names(&mut client), lines_of(&[ON_DISK.as_bytes()]));
    let mut client = daemon.client();
    client.command("OPTS UTF8 ON").expect(200);
    client.command("USER alice").expect(331);
    client.command(&format!("PASS {PASSWORD}")).expect(230);
    assert_eq!(names(&mut client), lines_of(&[ON_DISK.as_bytes()]));
    client.command("OPTS UTF8 OFF").expect(200);
    assert_eq!(names(&mut client), lines_of(&[SAID]));
    daemon.stop();
}
