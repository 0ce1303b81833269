//! HiddenStores and DeleteAbortedStores: what an upload is called until it is whole, and what is left of one that is cut short.

use std::fs;
use std::io::Write;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;

use crate::harness::{Client, Daemon, Setup};

const FREE: &str = "AllowOverwrite on\nAllowStoreRestart on";

fn started(lines: &str) -> (Daemon, Client) {
    let daemon = Setup::new().line(FREE).line(lines).start();
    let mut client = daemon.session();
    client.command("TYPE I").expect(200);
    (daemon, client)
}

/// What stands in a folder, by name.
fn names(folder: &Path) -> Vec<String> {
    let mut names: Vec<String> = fs::read_dir(folder)
        .expect("listed")
        .map(|entry| entry.expect("an entry").file_name().into_string().expect("text"))
        .collect();
    names.sort();
    names
}

/// What stands there while an upload runs, which then ends.
fn during(client: &mut Client, line: &str, folder: &Path) -> Vec<String> {
    let mut data = client.extended_passive();
    client.command(line).expect(150);
    data.write_all(b"whole").expect("an upload");
    let names = names(folder);
    drop(data);
    client.reply().expect(226);
    names
}

/// Begins an upload and has it aborted.
fn abort(client: &mut Client, line: &str) {
    let mut data = client.extended_passive();
    client.command(line).expect(150);
    data.write_all(b"part").expect("an upload");
    client.send("ABOR");
    client.reply().expect(426);
    client.reply().expect(226);
}

#[test]
fn an_upload_has_another_name_until_it_is_whole() {
    let (daemon, mut client) = started("HiddenStores on");
    let home = daemon.setup.home("alice");
    assert_eq!(during(&mut client, "STOR a", &home), [".in.a."]);
    assert_eq!(
        (names(&home), fs::read(home.join("a")).expect("stored")),
        (vec!["a".into()], b"whole".to_vec())
    );
    fs::set_permissions(home.join("a"), fs::Permissions::from_mode(0o600)).expect("owned");
    assert_eq!(during(&mut client, "STOR a", &home), [".in.a.", "a"]);
    assert_eq!(fs::metadata(home.join("a")).expect("there").permissions().mode() & 0o777, 0o644);
    assert_eq!(during(&mut client, "APPE a", &home), ["a"]);
    assert_eq!(during(&mut client, "APPE b", &home), ["a", "b"]);
    assert_eq!(fs::read(home.join("a")).expect("stored"), b"wholewhole");
}

#[test]
fn a_link_stays_and_what_it_leads_to_is_replaced() {
    let (daemon, mut client) = started("HiddenStores on");
    let home = daemon.setup.home("alice");
    client.command("MKD d").expect(257);
    client.store("d/real", b"before");
    symlink("d/real", home.join("link")).expect("a link");
    symlink("nowhere", home.join("astray")).expect("a link");
    assert_eq!(during(&mut client, "STOR link", &home.join("d")), [".in.real.", "real"]);
    assert!(fs::symlink_metadata(home.join("link")).expect("there").is_symlink());
    assert_eq!(fs::read(home.join("d/real")).expect("there"), b"whole");
    client.extended_passive();
    client.command("STOR astray").expect(550);
    assert_eq!(names(&home), ["astray", "d", "link"]);
}

#[test]
fn names_are_chosen_by_prefix_and_suffix() {
    let section =
        |folder: &Path, lines: &str| format!("<Directory {}>\n{lines}\n</Directory>", folder.display());
    let setup = Setup::new();
    let home = setup.home("alice");
    let daemon = setup
        .line("HiddenStores part-")
        .line(&section(&home.join("two"), "HiddenStores new- .lock"))
        .line(&section(&home.join("off"), "HiddenStores off"))
        .line(&section(&home.join("pid"), "HiddenStores \"\" .%P"))
        .start();
    let mut client = daemon.session();
    for (folder, expected) in [("one", ".part-.x."), ("two", "new-x.lock"), ("off", "x")] {
        client.command(&format!("MKD {folder}")).expect(257);
        assert_eq!(during(&mut client, &format!("STOR {folder}/x"), &home.join(folder)), [expected]);
    }
    client.command("MKD pid").expect(257);
    let named = during(&mut client, "STOR pid/x", &home.join("pid"));
    let process = named[0].strip_prefix("x.").expect("the name, then a process");
    assert!(process.parse::<u32>().is_ok_and(|process| process > 1), "{process}");
}

#[test]
fn what_cannot_be_hidden_is_refused() {
    let (daemon, mut client) = started("HiddenStores on");
    let home = daemon.setup.home("alice");
    client.store("a", b"before");
    client.extended_passive();
    client.command("REST 2").expect(350);
    assert_eq!(client.command("STOR a").text(), "501 REST not compatible with server configuration");
    client.command("RANG 0 3").expect(350);
    assert_eq!(client.command("STOR a").text(), "501 RANG not compatible with server configuration");
    client.command("REST 0").expect(350);
    client.store("a", b"again");
    fs::write(home.join(".in.b."), b"left behind").expect("written");
    client.extended_passive();
    let told = format!("550 b: Temporary hidden file {}/.in.b. already exists", home.display());
    assert_eq!(client.command("STOR b").text(), told);
    let long = "n".repeat(251);
    assert_eq!(client.command(&format!("STOR {long}")).text(), format!("550 {long}: File name too long"));
    assert_eq!(fs::read(home.join(".in.b.")).expect("there"), b"left behind");
}

#[test]
fn a_name_that_was_taken_meanwhile_is_not_taken_over() {
    let setup = Setup::new().line("HiddenStores on");
    let home = setup.home("alice");
    let section = format!("<Directory {}>\nAllowOverwrite off\n</Directory>", home.display());
    let daemon = setup.line(&section).start();
    let mut client = daemon.session();
    for (name, why) in [("file", "File exists"), ("folder", "File exists")] {
        let data = client.extended_passive();
        client.command(&format!("STOR {name}")).expect(150);
        match name {
            "file" => fs::write(home.join(name), b"another's").expect("written"),
            _ => fs::create_dir(home.join(name)).expect("made"),
        }
        drop(data);
        let (to, from) = (home.join(name), home.join(format!(".in.{name}.")));
        let told = format!("550 {}: Rename of hidden file {} failed: {why}", to.display(), from.display());
        assert_eq!(client.reply().text(), told);
    }
    assert_eq!(names(&home), ["file", "folder"]);
    assert_eq!(fs::read(home.join("file")).expect("there"), b"another's");
    client.extended_passive();
    assert_eq!(client.command("STOR file").text(), "550 file: Overwrite permission denied");
}

#[test]
fn what_is_cut_short_goes_where_it_was_hidden() {
    for (lines, left) in [
        ("HiddenStores on", &["whole"][..]),
        ("HiddenStores on\nDeleteAbortedStores off", &[".in.whole.", "whole"]),
        ("DeleteAbortedStores on", &[]),
        ("DeleteAbortedStores off", &["whole"]),
    ] {
        let (daemon, mut client) = started(lines);
        let home = daemon.setup.home("alice");
        client.store("whole", b"whole");
        abort(&mut client, "STOR whole");
        assert_eq!(names(&home), left, "{lines}");
        // What was there before an APPE is not the upload's to remove.
        client.store("log", b"kept");
        abort(&mut client, "APPE log");
        assert!(fs::read(home.join("log")).expect("there").starts_with(b"kept"), "{lines}");
    }
}

#[test]
fn a_session_that_ends_leaves_nothing_hidden() {
    let (daemon, mut client) = started("HiddenStores on\nTimeoutSession 1");
    let home = daemon.setup.home("alice");
    let mut data = client.extended_passive();
    client.command("STOR late").expect(150);
    data.write_all(b"part").expect("an upload");
    client.reply().expect(421);
    client.expect_end();
    assert_eq!(names(&home), Vec::<String>::new());
}
