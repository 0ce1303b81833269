//! LIST, NLST and STAT under ListOptions and UseGlobbing.

use std::fs;
use std::os::unix::fs::symlink;

use crate::harness::{Client, Daemon, Setup};

/// A daemon with this line, and a home with some files.
fn started(line: &str) -> Daemon {
    let setup = Setup::new().line("DefaultRoot ~").line(line);
    setup.write();
    let home = setup.home("alice");
    fs::create_dir_all(home.join("d/e/g")).expect("folders");
    for name in [".hidden", "a1", "b", "d/inner", "d/e/deep", "d/e/g/deeper"] {
        fs::write(home.join(name), name).expect("a file");
    }
    symlink(home.join("b"), home.join("out")).expect("a link");
    setup.start()
}

/// The last word of each line.
fn names(client: &mut Client, line: &str) -> Vec<String> {
    let text = String::from_utf8(client.download(line)).expect("text");
    text.lines().map(|line| line.rsplit(' ').next().unwrap_or_default().to_owned()).collect()
}

fn entered(daemon: &Daemon) -> Client {
    let mut client = Client::greeted(daemon.setup.socket_address());
    client.login("alice");
    client
}

#[test]
fn list_options_hold_against_the_client() {
    let table: [(&str, &str, &[&str]); 12] = [
        ("ListOptions -a", "LIST -A d", &[".", "..", "e", "inner"]),
        ("ListOptions \"-1 +R\" strict", "LIST -lR d", &["e", "inner"]),
        ("ListOptions \"+R\"", "LIST -R d", &["e", "inner"]),
        ("ListOptions \"\" maxfiles 1", "LIST d", &["e"]),
        ("ListOptions \"\" maxfiles 2", "NLST", &["a1", "b"]),
        ("ListOptions \"\" maxfiles 2", "LIST -R d", &["e", "inner"]),
        ("ListOptions \"\" maxdirs 2", "LIST -R d", &["e", "inner", "", "d/e:", "deep", "g"]),
        ("ListOptions \"\" maxdepth 2", "LIST -R d", &["e", "inner", "", "d/e:", "deep", "g", "", "d/e/g:"]),
        ("ListOptions -1 NLSTOnly", "NLST d", &["e", "inner"]),
        ("ListOptions -1 LISTOnly", "NLST d", &["d/e", "d/inner"]),
        ("ListOptions \"\" NoErrorIfAbsent", "NLST nope*", &[]),
        ("ListOptions \"\" AdjustedSymlinks", "LIST out", &["/b"]),
    ];
    for (line, said, expected) in table {
        let daemon = started(line);
        assert_eq!(names(&mut entered(&daemon), said), expected, "{line}: {said}");
    }
}

#[test]
fn a_name_with_a_star_is_only_a_name_where_patterns_are_off() {
    let daemon = started("UseGlobbing off");
    let mut client = entered(&daemon);
    assert_eq!(client.command("NLST a*").text(), "450 a*: No such file or directory");
    assert_eq!(client.command("LIST a*").code, 450);
    client.store("a*", b"");
    assert_eq!(names(&mut client, "NLST a*"), ["a*"]);
}

#[test]
fn status_heeds_no_letters_of_the_client() {
    let daemon = started("ListOptions -n");
    let mut client = entered(&daemon);
    let reply = client.command("STAT -1R d").expect(212).text();
    assert_eq!(reply.lines().count(), 6, "{reply}");
    assert!(!reply.contains("alice") && !reply.contains("deep"), "{reply}");
}
