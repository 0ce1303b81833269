//! Patterns and folders that would take for ever.

use std::fs;
use std::time::Duration;

use ferryd::scoreboard::State;
use nix::sys::signal::Signal;

use super::{GROWTH_KIB, assert_nothing_broke, ends_well, others_are_served, worker};
use crate::harness::cost::Cost;
use crate::harness::events::until;
use crate::harness::scale::is_long;
use crate::harness::{Client, Daemon, rounds};

/// A folder of empty files, each with many an `a` in its name.
fn crowded(daemon: &Daemon, count: usize) {
    let folder = daemon.setup.home("alice").join("crowd");
    fs::create_dir(&folder).expect("a folder");
    for number in 0..count {
        fs::File::create(folder.join(format!("{}{number}", "a".repeat(40)))).expect("a file");
    }
}

/// What a listing's answer is, its data thrown away.
fn answer(client: &mut Client, line: &str) -> u16 {
    let data = client.extended_passive();
    let first = client.command(line);
    if first.code != 150 {
        return first.code;
    }
    let mut data = data;
    std::io::copy(&mut data, &mut std::io::sink()).expect("the listing");
    client.reply().code
}

#[test]
fn no_pattern_explodes() {
    let daemon = Daemon::usual();
    crowded(&daemon, 2_000);
    let mut client = daemon.session();
    let (pid, before) = worker(&daemon, &client);
    answer(&mut client, "NLST crowd/*b");
    let plain = Cost::of(pid).cpu_since(before);
    let stars = "*".repeat(200);
    for pattern in [
        format!("crowd/{stars}b"),
        format!("crowd/{}b", "*a".repeat(100)),
        format!("crowd/{}", "[a-z]*".repeat(40)),
        format!("crowd/{}b", "?".repeat(250)),
        format!("crowd/{}a{}", "{a,".repeat(30), "}".repeat(30)),
        format!("crowd/{}*", "{a,b,c,d}".repeat(25)),
        format!("crowd/{}", "[".repeat(250)),
        format!("crowd/[{}]*", "!-~".repeat(80)),
        "*/*/*/*".to_owned(),
        "**/**/**/**a".to_owned(),
        "../../*/../*/../*".to_owned(),
    ] {
        for verb in ["LIST", "NLST", "LIST -R"] {
            let before = Cost::of(pid);
            let line = format!("{verb} {pattern}");
            let code = answer(&mut client, &line);
            assert!([226, 450, 500, 550].contains(&code), "{line}: {code}");
            let after = Cost::of(pid);
            let took = after.cpu_since(before);
            assert!(
                took < plain * 40 + Duration::from_millis(400),
                "{line}: {took:?}, a plain one {plain:?}"
            );
            after.assert_grown_by_at_most(4 * GROWTH_KIB, before, &line);
        }
    }
    others_are_served(&daemon, "patterns");
    ends_well(daemon);
}

#[test]
fn a_session_that_looks_through_a_large_folder_hears_abor_and_the_end() {
    let mut daemon = Daemon::usual();
    crowded(&daemon, rounds(10_000, 300_000));
    let mut client = daemon.session();
    let _data = client.extended_passive();
    client.send_bytes(b"NLST crowd/*b\r\nABOR\r\n");
    // Where the folder is small, it was looked through before.
    let codes = [client.reply().code, client.reply().code];
    assert!(codes == [426, 226] || (codes == [450, 226] && !is_long()), "{codes:?}");
    client.command("NOOP").expect(200);
    let (pid, before) = worker(&daemon, &client);
    // Half a minute's work where the folder is large.
    client.send_bytes(&b"NLST crowd/*b\r\n".repeat(100));
    client.reply().expect(450);
    others_are_served(&daemon, "a large folder");
    Cost::of(pid).assert_grown_by_at_most(GROWTH_KIB, before, "a large folder");
    drop(client);
    let mut busy = daemon.session();
    busy.send_bytes(&b"NLST crowd/*b\r\n".repeat(50));
    until("the look through the folder", || daemon.slot_of(&busy).state == State::Busy);
    // The order is heard between two names, so nobody has to be killed for it.
    daemon.signal(Signal::SIGTERM);
    assert_eq!(daemon.await_end().code(), Some(0));
    let heard = daemon.log().matches("disconnected by the operator's order").count();
    assert!(heard >= 1, "{}", daemon.log());
    assert_nothing_broke(&daemon);
}
