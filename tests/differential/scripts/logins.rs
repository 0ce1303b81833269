//! Coming in, and lines as they may come.

use super::{Listed, Script, Who, listed, script};

/// Name, configuration, who, steps.
const SCRIPTS: &[Listed] = &[
    ("login/twice", "plain", Who::User, &["USER alice", "PASS wonderland", "USER bob", "PASS x", "PWD"]),
    ("login/PASS first", "plain", Who::Unnamed, &["PASS x", "USER alice", "NOOP", "PASS wonderland", "PWD"]),
    ("login/two names", "plain", Who::Unnamed, &["USER bob", "USER alice", "PASS wonderland", "PWD"]),
    (
        "login/too many",
        "plain",
        Who::Unnamed,
        &["USER alice", "PASS a", "USER alice", "PASS b", "USER alice", "PASS c", "NOOP"],
    ),
    ("login/unknown", "plain", Who::Unnamed, &["USER nosuch", "PASS a", "USER bob", "PASS b"]),
    ("login/no password", "plain", Who::Unnamed, &["USER alice", "PASS", "PASS x"]),
    ("login/no name", "plain", Who::Unnamed, &["USER", "PASS x"]),
    ("login/password twice", "plain", Who::Unnamed, &["USER alice", "PASS wrong", "PASS wonderland", "PWD"]),
    ("login/after an upload", "plain", Who::User, &["> STOR new", "USER alice", "REIN", "PWD"]),
    ("login/anonymous without @", "plain", Who::Unnamed, &["USER ftp", "PASS me", "PWD"]),
    ("login/anonymous empty", "plain", Who::Unnamed, &["USER ftp", "PASS", "PWD"]),
    (
        "login/choices before it",
        "plain",
        Who::Unnamed,
        &[
            "TYPE I",
            "OPTS MLST type;size;",
            "OPTS HASH MD5",
            "USER alice",
            "PASS wonderland",
            "STAT",
            "MLST plain",
            "HASH plain",
            "SIZE plain",
        ],
    ),
    (
        "login/others between",
        "plain",
        Who::Unnamed,
        &[
            "USER alice",
            "NOOP",
            "SYST",
            "FEAT",
            "HELP NOOP",
            "CLNT x",
            "OPTS UTF8 on",
            "PWD",
            "TYPE A",
            "ACCT x",
            "AUTH TLS",
            "BOGUS",
            "PASS wonderland",
            "PWD",
        ],
    ),
    (
        "login/HOST between",
        "plain",
        Who::Unnamed,
        &[
            "HOST example.org",
            "USER alice",
            "HOST example.org",
            "HOST",
            "PASS wonderland",
            "HOST example.org",
        ],
    ),
    ("login/QUIT between", "plain", Who::Unnamed, &["USER alice", "QUIT"]),
    ("login/REIN", "plain", Who::User, &["REIN", "PWD", "USER alice", "PASS wonderland", "ACCT x", "PWD"]),
    ("login/protection", "plain", Who::Unnamed, &["PBSZ 0", "PROT P", "AUTH TLS", "PBSZ 0", "PROT C", "CCC"]),
    (
        "login/after a wrong one",
        "plain",
        Who::Refused,
        &["PASS wonderland", "USER alice", "PASS wonderland", "PWD"],
    ),
    (
        "login/anonymous after a wrong one",
        "plain",
        Who::Refused,
        &["USER ftp", "PASS me@", "PWD", "USER alice"],
    ),
    ("login/rooted", "rooted", Who::User, &["PWD", "CWD ..", "PWD"]),
    ("login/spoken", "spoken", Who::User, &["PWD", "HELP", "FEAT", "STAT", "STAT folder"]),
    ("login/spoken wrong", "spoken", Who::Refused, &["PWD"]),
    ("lines/empty", "plain", Who::User, &["", " ", "   ", "\t", "NOOP"]),
    ("lines/empty before login", "plain", Who::Unnamed, &["", " ", "NOOP"]),
    ("lines/leading blanks", "plain", Who::User, &[" NOOP", "  PWD", "\tNOOP"]),
    ("lines/cases", "plain", Who::User, &["noop", "NoOp", "pwd", "xPwD", "cwd folder", "Cwd .."]),
    (
        "lines/unknown",
        "plain",
        Who::User,
        &["BOGUS", "bogus x", "X", "NOOPX", "NOO", "GET / x", "12345", "!", "\u{e9}"],
    ),
    ("lines/bare LF", "plain", Who::User, &["1! NOOP\n", "2! NOOP\nNOOP\r\n", "1! PWD\r\n"]),
    ("lines/CR in the middle", "plain", Who::User, &["NO\rOP", "CWD fol\rder", "NOOP\r"]),
    ("lines/IAC", "plain", Who::User, &["NOOP"]),
];

/// All of them.
pub fn scripts() -> Vec<Script> {
    let long = [b"NOOP".to_vec(), [b"CWD ".to_vec(), b"a/".repeat(2500)].concat(), b"PWD".to_vec()];
    let long = script("lines/too long".to_owned(), "plain", Who::User, &long);
    SCRIPTS.iter().map(listed).chain([long]).collect()
}
