//! STOU and ALLO: files under names that were free, and room for them.

use std::collections::HashSet;
use std::fs;
use std::io::Write;
use std::thread;

use crate::harness::{Client, Daemon, Setup};

/// Stores under a name that the server chooses, and tells it.
fn store(client: &mut Client, line: &str, bytes: &[u8]) -> String {
    let mut data = client.extended_passive();
    let opening = client.command(line).expect(150).text();
    data.write_all(bytes).expect("an upload");
    drop(data);
    client.reply().expect(226);
    opening.strip_prefix("150 FILE: ").expect("RFC 1123 §4.1.2.9").to_owned()
}

#[test]
fn names_are_chosen_by_the_server() {
    let daemon = Setup::new().line("StoreUniquePrefix up-").start();
    let home = daemon.setup.home("alice");
    let mut client = daemon.session();
    client.command("MKD d").expect(257);
    client.command("CWD d").expect(250);
    for line in ["STOU", "STOU chosen", "STOU ../chosen"] {
        let name = store(&mut client, line, b"content");
        assert!(name.starts_with("up-") && name.len() == 9, "{name}");
        assert_eq!(fs::read(home.join("d").join(&name)).expect("stored"), b"content");
    }
    assert_eq!(fs::read_dir(home.join("d")).expect("listed").count(), 3);
    client.command("TYPE I").expect(200);
    client.command("REST 5").expect(350);
    client.command("STOU").expect(550);
    store(&mut client, "STOU", b"");
}

#[test]
fn a_folder_has_a_prefix_of_its_own() {
    let setup = Setup::new();
    let drop = setup.home("alice").join("drop");
    let section = format!("<Directory {}>\nStoreUniquePrefix dropped.\n</Directory>", drop.display());
    let daemon = setup.line(&section).start();
    let mut client = daemon.session();
    client.command("MKD drop").expect(257);
    assert!(store(&mut client, "STOU", b"x").starts_with("ftp"));
    client.command("CWD drop").expect(250);
    assert!(store(&mut client, "STOU", b"x").starts_with("dropped."));
}

#[test]
fn many_at_once_meet_in_no_name() {
    let daemon = Setup::new().workers(8, 4, 8).start();
    let names: Vec<String> = thread::scope(|scope| {
        let sessions: Vec<_> = (0..8)
            .map(|_| {
                scope.spawn(|| {
                    let mut client = daemon.session();
                    (0..20).map(|_| store(&mut client, "STOU", b"x")).collect::<Vec<String>>()
                })
            })
            .collect();
        sessions.into_iter().flat_map(|session| session.join().expect("a session")).collect()
    });
    let different: HashSet<&String> = names.iter().collect();
    assert_eq!((names.len(), different.len()), (160, 160));
    assert_eq!(fs::read_dir(daemon.setup.home("alice")).expect("listed").count(), 160);
}

#[test]
fn where_no_file_can_be_made_none_is_named() {
    let daemon = Setup::new().line("<Limit STOU>\nDenyAll\n</Limit>").with_account("bob").start();
    let mut client = daemon.session();
    client.command("STOU").expect(550);
    assert_eq!(fs::read_dir(daemon.setup.home("alice")).expect("listed").count(), 0);
    let daemon = Daemon::usual();
    let mut client = daemon.session();
    if daemon.setup.has_identities() {
        client.command("CWD /").expect(250);
        assert_eq!(client.command("STOU").text(), "450 STOU: unable to generate unique filename");
    }
    client.command(&format!("CWD {}", daemon.setup.home("alice").display())).expect(250);
    client.command("STOU").expect(425);
}

#[test]
fn allo_says_whether_there_is_room() {
    let daemon = Daemon::usual();
    let mut client = daemon.client();
    client.command("ALLO 10").expect(530);
    client.login("alice");
    for (line, code) in [
        ("ALLO 10", 200),
        ("ALLO 10 R 5", 200),
        ("ALLO 0", 200),
        ("ALLO 18446744073709551615", 552),
        ("ALLO 99999999999999999999999", 552),
        ("ALLO", 504),
        ("ALLO x", 504),
        ("ALLO -1", 504),
        ("ALLO 10 R", 504),
    ] {
        client.command(line).expect(code);
    }
}
