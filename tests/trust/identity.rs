//! A worker that holds a grant, between auth's answer and its first call: it gets that identity, in its order, once, and no other.

use std::fs;

use ferryd::attack::{Answer, Request, Secret};
use nix::errno::Errno;
use nix::libc;

use super::spare;
use crate::harness::puppet::{Outcome, Puppet};
use crate::harness::{Client, Daemon, PASSWORD, Setup, as_root};

const ALICE: u64 = 52_001;
const BOB: u64 = 52_002;

/// Alice is in two groups more than her own, bob in one.
fn with_groups() -> Daemon {
    let setup = Setup::new().with_account("bob").workers(3, 3, 6);
    setup.write();
    let groups = "alice:x:52001:\nbob:x:52002:\nweb:x:52101:alice\nmail:x:52102:alice\ndisk:x:52103:bob\n";
    setup.write_file("groups", groups, 0o600);
    let daemon = Daemon::start(setup);
    daemon.await_spares(3);
    daemon
}

/// A worker that auth has just granted an account, and that has not begun to take it.
fn granted(daemon: &Daemon, account: &str) -> (Client, Puppet) {
    let mut client = daemon.client();
    client.command(&format!("USER {account}")).expect(331);
    let pid = daemon.slot_of(&client).pid.0;
    let prompt = || client.send(&format!("PASS {PASSWORD}"));
    let puppet = Puppet::hold_before(pid, libc::SYS_setgroups, prompt);
    (client, puppet)
}

#[test]
fn the_granted_identity_alone_is_taken() {
    if !as_root("the_granted_identity_alone_is_taken") {
        return;
    }
    let daemon = with_groups();
    let (_bob, other) = granted(&daemon, "bob");
    let (bobs_count, bobs_list) = other.held_arguments();
    assert_eq!(bobs_count, 1);
    let (_alice, mut puppet) = granted(&daemon, "alice");
    let (count, list) = puppet.held_arguments();
    assert_eq!(count, 2);
    let own = puppet.put(&[52_101u32, 52_102].map(u32::to_ne_bytes).concat());
    for (what, arguments) in [
        ("another slot's list", [bobs_count, bobs_list]),
        ("as many of another slot's", [count, bobs_list]),
        ("one more", [count + 1, list]),
        ("one less", [count - 1, list]),
        ("beside it", [count, list + 4]),
        ("the same in its own memory", [count, own]),
    ] {
        puppet.refused(what, libc::SYS_setgroups, &arguments, Errno::EPERM);
    }
    puppet.refused("group before groups", libc::SYS_setresgid, &[ALICE; 3], Errno::EPERM);
    assert_eq!(puppet.call(libc::SYS_setgroups, &[count, list]), Outcome::Done(0));
    puppet.refused("groups twice", libc::SYS_setgroups, &[count, list], Errno::EPERM);
    puppet.refused("user before group", libc::SYS_setresuid, &[ALICE; 3], Errno::EPERM);
    puppet.refused("bob's group", libc::SYS_setresgid, &[BOB; 3], Errno::EPERM);
    puppet.refused("one value of three", libc::SYS_setresgid, &[ALICE, BOB, ALICE], Errno::EPERM);
    assert_eq!(puppet.call(libc::SYS_setresgid, &[ALICE; 3]), Outcome::Done(0));
    puppet.refused("bob", libc::SYS_setresuid, &[BOB; 3], Errno::EPERM);
    puppet.refused("one value of three", libc::SYS_setresuid, &[ALICE, ALICE, BOB], Errno::EPERM);
    assert_eq!(puppet.call(libc::SYS_setresuid, &[ALICE; 3]), Outcome::Done(0));
    let status = fs::read_to_string(format!("/proc/{}/status", puppet.pid())).expect("its status");
    for line in ["Uid:\t52001\t52001\t52001\t52001\n", "Groups:\t52101 52102 \n"] {
        assert!(status.contains(line), "{line:?} in {status}");
    }
    puppet.refused("a second identity", libc::SYS_setresuid, &[ALICE; 3], Errno::EPERM);
    drop((puppet, other));
    daemon.stop();
}

#[test]
fn who_goes_on_at_anothers_door_is_killed() {
    if !as_root("who_goes_on_at_anothers_door_is_killed") {
        return;
    }
    let daemon = with_groups();
    let (mut client, mut puppet) = granted(&daemon, "alice");
    let ended = (0..64).any(|_| match puppet.call(libc::SYS_setresuid, &[BOB; 3]) {
        Outcome::Failed(Errno::EPERM) => false,
        Outcome::Killed(_) => true,
        outcome => panic!("bob's identity: {outcome:?}"),
    });
    assert!(ended);
    drop(puppet);
    client.expect_end();
    daemon.await_log("killed after 16 refusals");
    drop(daemon.session());
    daemon.stop();
}

/// Where what a puppet's sendmsg points to lies.
const VECTOR: u64 = 64;
const CONTROL: u64 = 96;
const PAIR: u64 = 128;
const RECORD: u64 = 192;

/// Has the puppet ask auth by itself, as its own code would; None where nobody answers. Which of the sockets is auth's an attacker
/// finds out by trying.
fn ask(puppet: &mut Puppet, request: &Request) -> Option<Answer> {
    ask_about(puppet, request, None)
}

/// The same, about a file that it has open.
fn ask_about(puppet: &mut Puppet, request: &Request, file: Option<u64>) -> Option<Answer> {
    let sockets = local_sockets(puppet);
    sockets.into_iter().find_map(|socket| ask_through(socket, puppet, request, file))
}

fn ask_through(socket: u64, puppet: &mut Puppet, request: &Request, file: Option<u64>) -> Option<Answer> {
    let record = request.encode();
    let base = puppet.put(&[]);
    let pair = [libc::AF_UNIX as u64, libc::SOCK_SEQPACKET as u64, 0, base + PAIR];
    assert_eq!(puppet.call(libc::SYS_socketpair, &pair), Outcome::Done(0));
    let pair = puppet.read(base + PAIR, 8);
    let (own, auths) = (number(&pair[..4]), number(&pair[4..]));
    // struct msghdr, struct iovec, struct cmsghdr with one descriptor or two (cmsg(3)), and the record.
    let header = [0, 0, base + VECTOR, 1, base + CONTROL, 24, 0, 0];
    let vector = [base + RECORD, record.reveal().len() as u64, 0, 0];
    let control = match file {
        None => [20, 1 | 1 << 32, auths, 0],
        Some(file) => [24, 1 | 1 << 32, auths | file << 32, 0],
    };
    let words = [&header[..], &vector, &control, &[0; 8]].concat();
    let bytes: Vec<u8> = words.iter().flat_map(|word: &u64| word.to_ne_bytes()).collect();
    assert_eq!(bytes.len() as u64, RECORD);
    puppet.put(&[&bytes, record.reveal()].concat());
    let sent = puppet.call(libc::SYS_sendmsg, &[socket, base, libc::MSG_NOSIGNAL as u64]);
    assert_eq!(sent, Outcome::Done(record.reveal().len() as i64));
    puppet.call(libc::SYS_close, &[auths]);
    let answer = match puppet.call(libc::SYS_read, &[own, base, 4096]) {
        Outcome::Done(length) if length > 0 => Answer::decode(&puppet.read(base, length as usize)).ok(),
        _ => None,
    };
    puppet.call(libc::SYS_close, &[own]);
    answer
}

/// Auth's, and the recorder's two.
fn local_sockets(puppet: &mut Puppet) -> Vec<u64> {
    let (level, domain) = (libc::SOL_SOCKET as u64, libc::SO_DOMAIN as u64);
    let numbers: Vec<u64> = puppet.descriptors().into_iter().map(|(number, _)| number).collect();
    let is_local = |socket: &u64| {
        let at = puppet.put(&[0u64, 4].map(u64::to_ne_bytes).concat());
        puppet.call(libc::SYS_getsockopt, &[*socket, level, domain, at, at + 8]) == Outcome::Done(0)
            && number(&puppet.read(at, 4)) == libc::AF_UNIX as u64
    };
    numbers.into_iter().filter(is_local).collect()
}

fn number(bytes: &[u8]) -> u64 {
    u64::from(u32::from_ne_bytes(bytes.try_into().expect("four bytes")))
}

fn login(name: &str, password: &str) -> Request {
    Request::Login {
        server: 0,
        peer: [127, 0, 0, 1].into(),
        class: 0,
        name: name.into(),
        password: Secret::new(password.into()),
    }
}

#[test]
fn a_worker_that_asks_by_itself_gets_one_identity() {
    if !as_root("a_worker_that_asks_by_itself_gets_one_identity") {
        return;
    }
    let daemon = with_groups();
    let mut puppet = Puppet::hold(spare(&daemon));
    assert!(matches!(ask(&mut puppet, &login("bob", "a guess")), Some(Answer::Denied(_))));
    puppet.refused("what was denied", libc::SYS_setresgid, &[BOB; 3], Errno::EPERM);
    // Whoever knows bob's password is bob.
    let answer = ask(&mut puppet, &login("bob", PASSWORD));
    assert!(matches!(answer, Some(Answer::Granted { .. })), "{answer:?}");
    puppet.refused("alice", libc::SYS_setresgid, &[ALICE; 3], Errno::EPERM);
    // But not alice as well, even with her password.
    let second = ask(&mut puppet, &login("alice", PASSWORD));
    assert!(matches!(second, Some(Answer::TryAgain)), "{second:?}");
    puppet.refused("alice", libc::SYS_setresgid, &[ALICE; 3], Errno::EPERM);
    puppet.refused("bob without his groups", libc::SYS_setresgid, &[BOB; 3], Errno::EPERM);
    drop(puppet);
    daemon.stop();
}

#[test]
fn a_session_that_asks_again_gets_nothing() {
    if !as_root("a_session_that_asks_again_gets_nothing") {
        return;
    }
    let daemon = with_groups();
    let client = daemon.session();
    let mut puppet = Puppet::hold(daemon.slot_of(&client).pid.0);
    for name in ["bob", "alice"] {
        let answer = ask(&mut puppet, &login(name, PASSWORD));
        assert!(matches!(answer, Some(Answer::TryAgain)), "{name}: {answer:?}");
        puppet.refused("bob", libc::SYS_setresgid, &[BOB; 3], Errno::EPERM);
        puppet.refused("bob", libc::SYS_setresuid, &[BOB; 3], Errno::EPERM);
    }
    drop(puppet);
    daemon.stop();
}

/// A file that the puppet can open, by its path.
fn open(puppet: &mut Puppet, path: &std::path::Path) -> u64 {
    let text = puppet.put_text(&path.display().to_string());
    match puppet.call(libc::SYS_openat, &[libc::AT_FDCWD as u64, text, libc::O_RDONLY as u64, 0]) {
        Outcome::Done(file) => file as u64,
        outcome => panic!("{path:?}: {outcome:?}"),
    }
}

#[test]
fn a_session_gives_its_own_files_and_to_nobody_but_the_owner_that_is_configured() {
    if !as_root("a_session_gives_its_own_files_and_to_nobody_but_the_owner_that_is_configured") {
        return;
    }
    let setup = Setup::new().with_account("bob").with_account("carol").workers(3, 3, 6);
    let home = setup.home("alice");
    let users = setup.path("users").display().to_string();
    let other = format!(
        "<VirtualHost 127.0.0.3>\nServerName other\nPort 0\nAuthUserFile {users}\n\
         <Directory />\nUserOwner carol\n</Directory>\n</VirtualHost>"
    );
    let lines = format!("<Directory {}>\nUserOwner bob\n</Directory>\n{other}", home.display());
    let daemon = setup.line(&lines).start();
    let give_at =
        |server, user: &str, group: &str| Request::Give { server, user: user.into(), group: group.into() };
    let give = |user: &str, group: &str| give_at(0, user, group);
    for (name, uid) in [("own", ALICE), ("carols", BOB + 1), ("roots", 0)] {
        fs::write(home.join(name), name).expect("written");
        std::os::unix::fs::chown(home.join(name), Some(uid as u32), None).expect("given");
    }
    let owner = |name: &str| {
        u64::from(std::os::unix::fs::MetadataExt::uid(&fs::metadata(home.join(name)).expect("there")))
    };
    let mut puppet = Puppet::hold(spare(&daemon));
    let file = open(&mut puppet, &home.join("own"));
    assert_eq!(ask_about(&mut puppet, &give("bob", ""), Some(file)), Some(Answer::TryAgain));
    drop(puppet);
    let client = daemon.session();
    let mut puppet = Puppet::hold(daemon.slot_of(&client).pid.0);
    for (name, request) in [
        ("carols", give("bob", "")),
        ("roots", give("bob", "")),
        ("own", give("carol", "")),
        ("own", give("root", "")),
        ("own", give("bob", "shadow")),
        ("own", give("", "")),
        ("own", give_at(1, "carol", "")),
        ("own", give_at(2, "bob", "")),
    ] {
        let file = open(&mut puppet, &home.join(name));
        let answer = ask_about(&mut puppet, &request, Some(file));
        assert_eq!(answer, Some(Answer::TryAgain), "{name} {request:?}");
        puppet.refused("by itself", libc::SYS_fchown, &[file, BOB, 0xffff_ffff], Errno::EPERM);
    }
    assert_eq!([owner("own"), owner("carols"), owner("roots")], [ALICE, BOB + 1, 0]);
    let file = open(&mut puppet, &home.join("own"));
    assert_eq!(ask_about(&mut puppet, &give("bob", ""), Some(file)), Some(Answer::Given));
    assert_eq!(owner("own"), BOB);
    drop((client, puppet));
    daemon.stop();
}
