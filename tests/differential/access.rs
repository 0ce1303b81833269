//! Who may, as both servers see it: every two conditions of `<Limit>` in every order, and limits that stand around each other.

use std::fs;
use std::os::unix::fs::{PermissionsExt, chown};

use super::package::Package;
use super::server::{OWNER, Program, Server};
use crate::harness::client::Client;
use crate::harness::{PASSWORD, as_root};

/// Each of them fits alice, who comes from 127.0.0.1 and is in `club`, or does not.
const CONDITIONS: [&str; 22] = [
    "AllowUser alice",
    "AllowUser bob",
    "DenyUser alice",
    "DenyUser bob",
    "AllowGroup club",
    "AllowGroup www-data",
    "DenyGroup club",
    "DenyGroup www-data",
    "AllowClass here",
    "AllowClass there",
    "DenyClass here",
    "DenyClass there",
    "Allow from 127.0.0.1",
    "Allow from 10.0.0.1",
    "Deny from 127.0.0.1",
    "Deny from 10.0.0.1",
    "AllowAll",
    "DenyAll",
    "Allow from all",
    "Deny from all",
    "Allow from none",
    "Deny from none",
];

/// Forms of one condition, before a DenyAll.
const FORMS: [&str; 33] = [
    "AllowUser bob,alice",
    "AllowUser OR bob,alice",
    "AllowUser bob alice",
    "AllowUser !bob",
    "AllowUser !alice",
    "AllowUser bob,!carl",
    "AllowUser regex ^al",
    "AllowUser regex AL",
    "AllowUser *",
    "AllowUser ALICE",
    "AllowUser OR !alice,bob",
    "AllowGroup club,alice",
    "AllowGroup club,www-data",
    "AllowGroup OR www-data,club",
    "AllowGroup !www-data",
    "AllowGroup !club",
    "AllowGroup club,!www-data",
    "AllowGroup club,!alice",
    "AllowGroup regex ^cl",
    "AllowClass here,there",
    "AllowClass !there",
    "AllowClass regex ^he",
    "AllowClass nosuch",
    "Allow 127.0.0.1",
    "Allow from 127.",
    "Allow from 127.0.0.0/8",
    "Allow from 10.0.0.1,127.0.0.1",
    "Allow from 10.0.0.1, 127.0.0.1",
    "Allow from .localdomain",
    "Allow from 127.0.0.*",
    "Allow from ALL",
    "Allow all",
    "Allow from ::1",
];

/// What stands around a folder, and in it.
const NESTED: [(&str, &str); 23] = [
    ("<Limit DELE>\nDenyAll\n</Limit>", "<Limit DELE>\nAllowUser bob\n</Limit>"),
    ("<Limit DELE>\nDenyAll\n</Limit>", "<Limit DELE>\nDenyUser bob\n</Limit>"),
    ("<Limit DELE>\nDenyAll\n</Limit>", "<Limit DELE>\nOrder allow,deny\n</Limit>"),
    ("<Limit DELE>\nAllowAll\n</Limit>", "<Limit DELE>\nOrder deny,allow\n</Limit>"),
    ("<Limit DELE>\nDenyAll\n</Limit>", "<Limit DELE>\nAllowUser alice\n</Limit>"),
    ("<Limit WRITE>\nDenyAll\n</Limit>", "<Limit DELE>\nAllowUser bob\n</Limit>"),
    ("", "<Limit WRITE>\nDenyAll\n</Limit>\n<Limit DELE>\nAllowUser bob\n</Limit>"),
    ("", "<Limit ALL>\nDenyAll\n</Limit>\n<Limit DELE>\nAllowUser bob\n</Limit>"),
    ("", "<Limit DELE>\nDenyAll\n</Limit>\n<Limit DELE>\nAllowUser bob\n</Limit>"),
    ("", "<Limit DELE>\nDenyAll\n</Limit>\n<Limit DELE>\nAllowAll\n</Limit>"),
    ("", "<Limit DELE>\nAllowAll\n</Limit>\n<Limit DELE>\nDenyAll\n</Limit>"),
    ("", "DenyAll\nAllowAll"),
    ("", "DenyAll\n<Limit DELE>\nAllowAll\n</Limit>"),
    ("", "<Limit DELE>\nAllowUser alice\n</Limit>\nDenyAll"),
    ("", "AllowAll\n<Limit DELE>\nDenyAll\n</Limit>"),
    ("<Limit DELE>\nDenyAll\n</Limit>", "AllowAll"),
    ("<Limit DELE>\nAllowAll\n</Limit>", "DenyAll"),
    ("DenyAll", "<Limit DELE>\nAllowUser alice\n</Limit>"),
    ("DenyAll", "AllowAll"),
    ("DenyAll", ""),
    ("<Limit DELE>\nDenyAll\n</Limit>", "<Limit WRITE>\nAllowAll\n</Limit>"),
    ("<Limit WRITE>\nDenyAll\n</Limit>", "<Limit ALL>\nAllowAll\n</Limit>"),
    ("<Limit DELE>\nAllowUser alice\n</Limit>", "<Limit ALL>\nDenyAll\n</Limit>"),
];

/// What is written around a folder and in it, for all of them.
fn cases() -> Vec<(String, String)> {
    let limit = |rules: &str| format!("<Limit DELE>\n{rules}\n</Limit>");
    let mut cases = Vec::new();
    for order in ["", "Order allow,deny\n", "Order deny,allow\n"] {
        for (at, one) in CONDITIONS.iter().enumerate() {
            cases.push((String::new(), limit(&format!("{order}{one}"))));
            let pairs = CONDITIONS[at + 1..].iter().map(|other| limit(&format!("{order}{one}\n{other}")));
            cases.extend(pairs.map(|inner| (String::new(), inner)));
        }
    }
    cases.extend(FORMS.iter().map(|form| (String::new(), limit(&format!("{form}\nDenyAll")))));
    cases.extend(NESTED.iter().map(|(outer, inner)| (outer.to_string(), inner.to_string())));
    cases
}

fn configuration(cases: &[(String, String)]) -> String {
    let section = |path: String, rules: &str| match rules {
        "" => String::new(),
        _ => format!("<Directory {path}>\n{rules}\n</Directory>\n"),
    };
    let of_case = |(number, (outer, inner)): (usize, &(String, String))| {
        section(format!("{{folder}}/home/d{number}"), outer)
            + &section(format!("{{folder}}/home/d{number}/in"), inner)
    };
    let classes = "<Class here>\nFrom 127.0.0.0/8\n</Class>\n<Class there>\nFrom 10.0.0.0/8\n</Class>\n";
    classes.to_owned() + &cases.iter().enumerate().map(of_case).collect::<String>()
}

/// Which files alice may delete.
fn answers(program: Program, package: &Package, cases: &[(String, String)]) -> Vec<u16> {
    let server = Server::start(program, package, &configuration(cases));
    for number in 0..cases.len() {
        let folder = server.home().join(format!("d{number}/in"));
        fs::create_dir_all(&folder).expect("a folder");
        fs::set_permissions(&folder, fs::Permissions::from_mode(0o755)).expect("its mode");
        chown(&folder, Some(OWNER), Some(OWNER)).expect("its owner");
        fs::write(folder.join("x"), "").expect("a file");
    }
    let mut client = Client::greeted(server.address());
    client.command("USER alice").expect(331);
    client.command(&format!("PASS {PASSWORD}")).expect(230);
    (0..cases.len()).map(|number| client.command(&format!("DELE d{number}/in/x")).code).collect()
}

#[test]
fn both_let_the_same_people_do_the_same() {
    const TEST: &str = "both_let_the_same_people_do_the_same";
    if !as_root(TEST) {
        return;
    }
    let Some(package) = Package::obtain(TEST) else { return };
    let cases = cases();
    let (ours, theirs) =
        (answers(Program::Ferryd, &package, &cases), answers(Program::Proftpd, &package, &cases));
    let differ: Vec<String> = cases
        .iter()
        .zip(ours.iter().zip(&theirs))
        .filter(|(_, (ours, theirs))| ours != theirs)
        .map(|((outer, inner), (ours, theirs))| format!("{ours}, not {theirs}:\n{outer}\n> {inner}"))
        .collect();
    assert!(theirs.contains(&250) && theirs.contains(&550), "nothing is compared");
    assert!(differ.is_empty(), "{} of {} differ\n{}", differ.len(), cases.len(), differ.join("\n"));
}
