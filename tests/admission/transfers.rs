//! MaxTransfersPerUser and MaxTransfersPerHost: as many transfers at once as the limit says, whatever the race.

use std::fs::{self, File};
use std::net::{Ipv4Addr, TcpStream};

use nix::sys::signal::Signal;

use super::{LIMIT, at_once, crowd};
use crate::harness::events::until;
use crate::harness::{Client, Daemon, Reply, Setup, processes, rounds};

/// More than the sockets of both sides hold: a client that reads nothing keeps its transfer going.
const LARGE: u64 = 64 << 20;
const WORDS: &str =
    "451 Sorry, the maximum number of data transfers (10) from this user are currently being used.";

fn limited(lines: &str) -> Daemon {
    let setup = Setup::new().workers(16, 8, 64).line("MaxInstances none\nAllowStoreRestart on");
    let daemon = setup.with_account("bob").line(lines).start();
    for (name, uid) in [("alice", 52_001), ("bob", 52_002)] {
        let path = daemon.setup.home(name).join("large");
        File::create(&path).and_then(|file| file.set_len(LARGE)).expect("a file");
        daemon.setup.give(&path, Some(uid));
        let path = daemon.setup.home(name).join("small");
        fs::write(&path, "small").expect("a file");
        daemon.setup.give(&path, Some(uid));
    }
    daemon
}

/// A download that goes on until it is dropped, or why there is none.
fn begin(client: &mut Client, line: &str) -> (Reply, TcpStream) {
    let data = client.extended_passive();
    (client.command(line), data)
}

fn assert_begins(client: &mut Client, line: &str) -> TcpStream {
    let (reply, data) = begin(client, line);
    reply.expect(150);
    data
}

struct Download {
    client: Client,
    _data: TcpStream,
    reply: Reply,
}

fn crowd_of_downloads(daemon: &Daemon, clients: usize) -> (Vec<Download>, Vec<Download>) {
    let address = daemon.address();
    let downloads = at_once(clients, move || {
        let mut client = Client::connect(address)?;
        client.try_reply()?;
        client.try_login("alice")?;
        let data = client.try_passive()?;
        let reply = client.try_command("RETR large")?;
        Ok(Download { client, _data: data, reply })
    });
    let downloads = downloads.into_iter().map(|download| download.expect("an answer"));
    downloads.partition(|download| download.reply.code == 150)
}

#[test]
fn exactly_as_many_transfers_of_a_user_go_on() {
    let daemon = limited("MaxTransfersPerUser RETR 10");
    for round in 0..rounds(2, 10) {
        let (mut held, mut refused) = crowd_of_downloads(&daemon, crowd());
        assert_eq!((held.len(), refused.len()), (LIMIT, crowd() - LIMIT), "round {round}");
        assert!(refused.iter().all(|download| download.reply.text() == WORDS));
        daemon.await_log("Transfer refused (MaxTransfersPerUser 10)");
        // Two are killed, two hang up, one aborts: five may begin.
        for download in held.drain(..2) {
            let pid = daemon.slot_of(&download.client).pid;
            processes::send(pid.0, Signal::SIGKILL);
            until("the killed one is gone", || daemon.slots().iter().all(|slot| slot.pid != pid));
        }
        for download in held.drain(..2) {
            let pid = daemon.slot_of(&download.client).pid;
            drop(download);
            until("it has left", || daemon.slots().iter().all(|slot| slot.pid != pid));
        }
        held[0].client.command("ABOR").expect(426);
        held[0].client.reply().expect(226);
        let again: Vec<(Reply, TcpStream)> =
            refused.iter_mut().take(20).map(|download| begin(&mut download.client, "RETR large")).collect();
        assert_eq!(again.iter().filter(|(reply, _)| reply.code == 150).count(), 5, "round {round}");
    }
}

#[test]
fn transfers_hold_their_places_across_a_reload() {
    let daemon = limited("MaxTransfersPerUser RETR 10");
    let (held, _) = crowd_of_downloads(&daemon, 20);
    assert_eq!(held.len(), LIMIT);
    daemon.reload();
    assert_eq!(crowd_of_downloads(&daemon, 20).0.len(), 0);
    drop(held);
    // Their places are given back after the board has heard of their end.
    until("they have left", || daemon.slots().iter().all(|slot| slot.user.is_empty()));
    assert_eq!(crowd_of_downloads(&daemon, 20).0.len(), LIMIT);
}

#[test]
fn who_has_heard_of_a_transfers_end_finds_its_place_free() {
    let daemon = limited("MaxTransfersPerUser RETR,STOR 1");
    let mut clients = [daemon.session(), daemon.session()];
    for round in 0..rounds(40, 400) {
        let client = &mut clients[round % 2];
        match round % 4 {
            0 | 3 => assert_eq!(client.retrieve("small"), b"small"),
            _ => client.store("new", b"more"),
        }
    }
    // What fails before it begins holds nothing either.
    begin(&mut clients[0], "RETR nothing").0.expect(550);
    assert_begins(&mut clients[1], "RETR large");
}

#[test]
fn commands_are_counted_as_the_lines_say() {
    let daemon = limited("MaxTransfersPerUser STOR,APPE 1 \"One (%m) upload\"\nMaxTransfersPerUser RETR 2");
    let mut clients: Vec<Client> = (0..4).map(|_| daemon.session()).collect();
    let _upload = assert_begins(&mut clients[0], "STOR new");
    fs::write(daemon.setup.home("alice").join("kept"), "kept").expect("written");
    assert_eq!(begin(&mut clients[1], "APPE kept").0.text(), "451 One (1) upload");
    assert_eq!(begin(&mut clients[1], "STOR kept").0.text(), "451 One (1) upload");
    let kept = fs::read(daemon.setup.home("alice").join("kept")).expect("a file");
    assert_eq!(kept, b"kept", "a refused upload touches nothing");
    let _downloads =
        [assert_begins(&mut clients[1], "RETR large"), assert_begins(&mut clients[2], "RETR large")];
    begin(&mut clients[3], "RETR large").0.expect(451);
    // STOU is on no line, and listings are no transfers of files.
    assert_begins(&mut clients[3], "STOU");
    let mut bob = daemon.client();
    bob.login("bob");
    assert_begins(&mut bob, "RETR large");
}

#[test]
fn transfers_are_counted_by_host_too() {
    let daemon = limited("MaxTransfersPerHost RETR 1\nAllowForeignAddress on");
    let mut first = daemon.session();
    let _download = assert_begins(&mut first, "RETR large");
    let mut bob = daemon.client();
    bob.login("bob");
    let words =
        "451 Sorry, the maximum number of data transfers (1) from your host are currently being used.";
    assert_eq!(begin(&mut bob, "RETR small").0.text(), words);
    let mut elsewhere = Client::greeted_from(Ipv4Addr::new(127, 0, 0, 2), daemon.address());
    elsewhere.login("alice");
    assert_eq!(elsewhere.retrieve("small"), b"small");
}

#[test]
fn a_folders_limit_counts_all_of_a_users_transfers() {
    let daemon = limited("<Directory ~/inner>\nMaxTransfersPerUser RETR 1\n</Directory>");
    let inner = daemon.setup.home("alice").join("inner");
    daemon.setup.make_folder(&inner, Some(52_001));
    fs::write(inner.join("small"), "small").expect("written");
    let mut clients = [daemon.session(), daemon.session()];
    assert_eq!(clients[1].retrieve("inner/small"), b"small");
    let _download = assert_begins(&mut clients[0], "RETR large");
    begin(&mut clients[1], "RETR inner/small").0.expect(451);
    assert_eq!(clients[1].retrieve("small"), b"small");
}
