//! `--explain`: the lines that decide a request, and that it comes to what a session hears.

use std::fs;

use serde_json::Value;

use super::{about_the_file, asked, line_of, text};
use crate::harness::{Setup, as_root};

/// What is told of a request under the usual configuration with these lines added; alice's home holds a letter.
fn explained(lines: &str, words: &[&str]) -> (Option<i32>, String) {
    let setup = Setup::new().line(lines);
    setup.write();
    fs::write(setup.home("alice").join("letter"), "dear").expect("written");
    let output = about_the_file(&setup, &[&["--explain"], words].concat());
    (output.status.code(), text(&output.stdout) + &text(&output.stderr))
}

#[test]
fn the_lines_that_decide_a_request_are_named() {
    let rules = "DefaultRoot ~\n<Directory ~>\n<Limit WRITE>\nDenyUser bob\n</Limit>\n<Limit DELE>\nDenyUser alice\n</Limit>\n</Directory>";
    let (code, said) = explained(rules, &["user=alice", "verb=DELE", "path=/letter"]);
    assert_eq!(code, Some(2), "{said}");
    assert!(said.starts_with("Refused, by the server 'Test':\n"), "{said}");
    assert!(said.contains("alice logs in as 'alice'") && said.contains("550 /letter: "), "{said}");
    assert!(said.contains("     <Directory ~> <Limit DELE> DenyUser alice    ("), "{said}");
    assert!(!said.contains("DenyUser bob") && !said.contains("MaxLoginAttempts"), "{said}");
    let (code, said) = explained(rules, &["user=alice", "verb=STOR", "path=/new"]);
    assert_eq!(code, Some(0), "{said}");
    assert!(said.contains("STOR /new is done to ") && !said.contains("DenyUser"), "{said}");
}

#[test]
fn lines_of_folders_own_files_are_named() {
    let setup = Setup::new().line("DefaultRoot ~\n<Limit SITE_CHMOD>\nDenyAll\n</Limit>");
    setup.write();
    let folder = setup.home("alice").join("in");
    fs::create_dir(&folder).expect("made");
    fs::write(folder.join("letter"), "dear").expect("written");
    let own = "Umask 077\nNonsense\n<Limit READ>\nDenyUser bob\n</Limit>\n<Limit WRITE>\nDenyGroup nobody\nDenyUser alice\n</Limit>\n";
    fs::write(folder.join(".ftpaccess"), own).expect("written");
    let asked = |verb: &str| {
        let words = ["--explain", "user=alice", verb, "path=/in/letter"];
        text(&about_the_file(&setup, &words).stdout)
    };
    let said = asked("verb=DELE");
    assert!(said.starts_with("Refused, by the server 'Test':\n"), "{said}");
    assert!(said.contains("<Limit WRITE> DenyUser alice    ("), "{said}");
    assert!(said.contains("/in/.ftpaccess:8)") && said.contains(".ftpaccess:2:1: no directive"), "{said}");
    assert!(!said.contains("DenyUser bob") && !said.contains("DenyGroup"), "{said}");
    let said = asked("verb=RETR");
    assert!(said.starts_with("Allowed") && !said.contains("ftpaccess:4"), "{said}");
}

#[test]
fn a_login_that_is_refused_is_explained() {
    let rules = "<Limit LOGIN>\nOrder deny,allow\nAllow from 192.0.2.0/24\n</Limit>";
    let (code, said) = explained(rules, &["user=alice", "verb=login", "host=198.51.100.1"]);
    assert_eq!(code, Some(2), "{said}");
    assert!(said.contains("alice does not log in: Limit access denies login"), "{said}");
    assert!(said.contains("<Limit LOGIN> Order deny,allow    ("), "{said}");
    let (code, said) = explained(rules, &["user=alice", "verb=LOGIN", "host=192.0.2.7"]);
    assert_eq!(code, Some(0), "{said}");
    let (code, said) = explained("", &["user=nobody-at-all"]);
    assert_eq!(code, Some(2), "{said}");
    assert!(said.contains("nobody-at-all does not log in: no such user found"), "{said}");
}

#[test]
fn an_explanation_for_machines_has_the_lines() {
    let setup = Setup::new().line("<Limit LIST>\nDenyAll\n</Limit>");
    let output = asked(&setup, &["--json", "--explain", "user=alice", "verb=LIST"]);
    assert_eq!(output.status.code(), Some(2), "{}", text(&output.stderr));
    let document: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    assert_eq!(document["allowed"], false);
    let lines = document["lines"].as_array().expect("a list");
    let denial = lines.iter().find(|line| line["text"] == "DenyAll").expect("the denial");
    assert_eq!(denial["line"], line_of(&setup, "DenyAll"));
    assert_eq!(denial["within"][0], "<Limit LIST>");
}

/// Each kind of section that holds for some: who it speaks of is refused by its line, and somebody else is not.
#[test]
fn lines_of_sections_for_some_sessions_are_named() {
    let lines = "DefaultRoot ~\n<Class near>\nFrom 127.0.0.0/8\n</Class>\n\
        <IfUser alice>\n<Limit DELE>\nDenyAll\n</Limit>\nPathDenyFilter \\.exe$\n</IfUser>\n\
        <IfGroup alice>\n<Directory ~/in>\n<Limit RETR>\nDenyAll\n</Limit>\n</Directory>\n</IfGroup>\n\
        <IfClass near>\n<Limit MKD>\nDenyAll\n</Limit>\n</IfClass>\n\
        <IfAuthenticated>\n<Limit RMD>\nDenyAll\n</Limit>\n</IfAuthenticated>";
    let setup = Setup::new().with_account("bob").line(lines);
    setup.write();
    for name in ["alice", "bob"] {
        let folder = setup.home(name).join("in");
        fs::create_dir(&folder).expect("made");
        fs::write(folder.join("letter"), "dear").expect("written");
    }
    let far = "host=192.0.2.1";
    let denied = [
        (["user=alice", "verb=DELE", "path=/in/letter", far], "<IfUser alice> <Limit DELE> DenyAll"),
        (["user=alice", "verb=STOR", "path=/a.exe", far], "<IfUser alice> PathDenyFilter \\.exe$"),
        (
            ["user=alice", "verb=RETR", "path=/in/letter", far],
            "<IfGroup alice> <Directory ~/in> <Limit RETR> DenyAll",
        ),
        (["user=bob", "verb=MKD", "path=/x", "host=127.0.0.2"], "<IfClass near> <Limit MKD> DenyAll"),
        (["user=bob", "verb=RMD", "path=/in", far], "<IfAuthenticated> <Limit RMD> DenyAll"),
    ];
    for (words, line) in denied {
        let output = about_the_file(&setup, &[&["--explain"][..], &words].concat());
        let said = text(&output.stdout) + &text(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{words:?}: {said}");
        assert!(said.contains(&format!("     {line}    (")), "{words:?}: {said}");
        assert_eq!(said.matches("<If").count(), 1, "{words:?}: {said}");
    }
    for words in [
        ["user=bob", "verb=DELE", "path=/in/letter", far],
        ["user=bob", "verb=STOR", "path=/a.exe", far],
        ["user=bob", "verb=RETR", "path=/in/letter", far],
        ["user=bob", "verb=MKD", "path=/x", far],
    ] {
        let output = about_the_file(&setup, &[&["--explain"][..], &words].concat());
        let said = text(&output.stdout);
        assert_eq!(output.status.code(), Some(0), "{words:?}: {said}");
        assert!(!said.contains("<If"), "{words:?}: {said}");
    }
}

/// Without DefaultRoot a name is looked for at home, and a command without a path is judged there.
#[test]
fn a_request_is_made_where_the_session_begins() {
    let setup = Setup::new().line("<Directory ~>\n<Limit PWD>\nDenyAll\n</Limit>\n</Directory>");
    setup.write();
    fs::write(setup.home("alice").join("letter"), "dear").expect("written");
    let asked = |words: &[&str]| {
        let output = about_the_file(&setup, &[&["--explain", "user=alice"], words].concat());
        (output.status.code(), text(&output.stdout))
    };
    let (code, said) = asked(&["verb=RETR", "path=letter"]);
    assert_eq!(code, Some(0), "{said}");
    assert!(said.contains(&format!("done to {}", setup.home("alice").join("letter").display())), "{said}");
    let (code, said) = asked(&["verb=PWD"]);
    assert_eq!(code, Some(2), "{said}");
    assert!(
        said.contains("550 PWD: Operation not permitted") && said.contains("<Limit PWD> DenyAll"),
        "{said}"
    );
}

/// By the file that it makes, where the session stands; and a session hears the same.
#[test]
fn stou_is_judged_by_the_name_that_it_makes_up() {
    let lines = "DefaultRoot ~\nStoreUniquePrefix .own\n<Directory ~/in>\n<Limit STOU>\nDenyAll\n</Limit>\n</Directory>\n\
        <Directory ~/out>\nPathDenyFilter ^/out/\\.own\n</Directory>";
    let setup = Setup::new().line(lines);
    setup.write();
    let home = setup.home("alice");
    for folder in ["in", "out"] {
        setup.make_folder(&home.join(folder), Some(crate::harness::setup::FIRST_UID));
    }
    let asked = |words: &[&str]| {
        let output = about_the_file(&setup, &[&["--explain", "user=alice", "verb=STOU"], words].concat());
        (output.status.code(), text(&output.stdout))
    };
    let (code, said) = asked(&[]);
    assert_eq!(code, Some(0), "{said}");
    assert!(said.contains("STOU is done to a name such as") && said.contains("/alice/.own"), "{said}");
    let refused = [("in", "<Limit STOU> DenyAll    ("), ("out", "PathDenyFilter ^/out/\\.own    (")];
    let told = refused.map(|(folder, line)| {
        let (code, said) = asked(&[&format!("path={folder}")]);
        assert_eq!(code, Some(2), "{said}");
        assert!(said.contains(line), "{said}");
        let (_, reply) = said.split_once("550 .own").expect("what a session hears");
        reply.lines().next().and_then(|line| line.split_once(": ")).expect("a reason").1.to_owned()
    });
    let daemon = setup.start();
    let mut client = daemon.session();
    for ((folder, _), told) in refused.iter().zip(told) {
        client.command(&format!("CWD /{folder}")).expect(250);
        let reply = client.command("STOU");
        assert!(reply.code == 550 && reply.text().ends_with(&told), "{reply:?}: {told}");
    }
    daemon.stop();
}

#[test]
fn filters_of_a_commands_words_are_asked_first() {
    let (code, said) = explained("DenyFilter \\*.*/", &["user=alice", "verb=CWD", "path=*/x"]);
    assert_eq!(code, Some(2), "{said}");
    assert!(said.contains("550 */x: Forbidden command argument"), "{said}");
    assert!(said.contains("     DenyFilter \\*.*/    ("), "{said}");
    let (code, said) =
        explained("<IfUser bob>\nDenyFilter \\*.*/\n</IfUser>", &["user=alice", "verb=STOR", "path=x*"]);
    assert_eq!(code, Some(0), "{said}");
}

/// A name is what the rules hear, where sessions would hear it too.
#[test]
fn a_client_may_be_named() {
    let rules = "<Limit LOGIN>\nDeny from localhost\n</Limit>";
    let words = ["user=alice", "verb=LOGIN", "host=localhost"];
    let (code, said) = explained(&format!("UseReverseDNS on\n{rules}"), &words);
    assert_eq!(code, Some(2), "{said}");
    let (code, said) = explained(&format!("UseReverseDNS off\n{rules}"), &words);
    assert_eq!(code, Some(0), "{said}");
}

/// What is told beforehand is what a session then hears, code and text.
#[test]
fn a_session_hears_what_was_explained() {
    const TEST: &str = "a_session_hears_what_was_explained";
    if !as_root(TEST) {
        return;
    }
    let lines = "DefaultRoot ~\nAllowOverwrite off\nDenyFilter \\*.*/\nPathDenyFilter \\.exe$\n\
        <Directory ~/shut>\n<Limit ALL>\nDenyAll\n</Limit>\n</Directory>\n\
        <IfUser alice>\n<Limit DELE>\nDenyAll\n</Limit>\n<Directory ~/in>\nHideFiles ^secret\n<Limit RETR SIZE>\nIgnoreHidden on\n</Limit>\n</Directory>\n</IfUser>";
    let setup = Setup::new().line(lines);
    setup.write();
    let home = setup.home("alice");
    for folder in ["in", "shut", "own"] {
        setup.make_folder(&home.join(folder), Some(crate::harness::setup::FIRST_UID));
    }
    for file in ["in/letter", "in/secret", "shut/letter", "own/letter"] {
        fs::write(home.join(file), "dear").expect("written");
    }
    fs::write(home.join("own/.ftpaccess"), "<Limit RETR MDTM>\nDenyAll\n</Limit>\nPathDenyFilter b$\n")
        .expect("written");
    let requests = [
        ("DELE", "in/letter"),
        ("SIZE", "in/secret"),
        ("SIZE", "in/letter"),
        ("MDTM", "own/letter"),
        ("MKD", "own/ab"),
        ("MKD", "a.exe"),
        ("MKD", "*/b"),
        ("CWD", "shut"),
        ("CWD", "nowhere"),
        ("RNFR", "own/letter"),
        ("RMD", "shut/letter"),
        ("MLST", "in/letter"),
        ("PWD", ""),
    ];
    let explained = |(verb, path): (&str, &str)| {
        let words = ["--explain", "user=alice", &format!("verb={verb}"), &format!("path={path}")];
        let output = about_the_file(&setup, &words);
        let said = text(&output.stdout);
        let refusal = said.lines().find_map(|line| line.trim_start().split_once(". 5"));
        refusal.map(|(_, reply)| format!("5{reply}")).ok_or(output.status.code())
    };
    let told: Vec<_> = requests.iter().map(|request| explained(*request)).collect();
    let daemon = setup.start();
    let mut client = daemon.session();
    client.command("TYPE I").expect(200);
    for ((verb, path), told) in requests.iter().zip(told) {
        let reply = client.command(format!("{verb} {path}").trim_end());
        match told {
            Ok(refusal) => assert_eq!(reply.text(), refusal, "{verb} {path}"),
            Err(code) => assert!(reply.code < 400 && code == Some(0), "{verb} {path}: {code:?} {reply:?}"),
        }
    }
    daemon.stop();
}
