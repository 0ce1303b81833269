//! Commands that need one another, in right and in wrong order.

use super::{Listed, Script, Who, listed};

/// Name, configuration, who, steps.
const SCRIPTS: &[Listed] = &[
    ("sequence/RNTO alone", "rooted", Who::User, &["RNTO x", "RNFR plain", "RNTO", "RNTO x", "RNTO y"]),
    ("sequence/RNFR then others", "rooted", Who::User, &["RNFR plain", "NOOP", "RNTO moved"]),
    ("sequence/RNFR then PWD", "rooted", Who::User, &["RNFR plain", "PWD", "RNTO moved2"]),
    ("sequence/RNFR twice", "rooted", Who::User, &["RNFR plain", "RNFR empty", "RNTO moved"]),
    ("sequence/RNFR wrong then RNTO", "rooted", Who::User, &["RNFR plain", "RNFR missing", "RNTO moved"]),
    ("sequence/RNFR and CWD", "rooted", Who::User, &["RNFR plain", "CWD folder", "RNTO moved"]),
    (
        "sequence/RNTO over",
        "rooted",
        Who::User,
        &[
            "RNFR plain",
            "RNTO empty",
            "RNFR folder",
            "RNTO empty",
            "RNFR empty",
            "RNTO folder",
            "RNFR emptied",
            "RNTO folder",
            "RNFR folder",
            "RNTO emptied",
        ],
    ),
    (
        "sequence/RNTO into itself",
        "rooted",
        Who::User,
        &["RNFR folder", "RNTO folder/below/x", "RNFR plain", "RNTO plain"],
    ),
    (
        "sequence/REST then others",
        "rooted",
        Who::User,
        &["TYPE I", "REST 5", "NOOP", "< RETR plain", "REST 5", "PWD", "< LIST folder", "< RETR plain"],
    ),
    (
        "sequence/REST twice",
        "rooted",
        Who::User,
        &["TYPE I", "REST 5", "REST 2", "< RETR plain", "< RETR plain"],
    ),
    (
        "sequence/REST then LIST",
        "rooted",
        Who::User,
        &["TYPE I", "REST 5", "< LIST plain", "REST 3", "< NLST"],
    ),
    (
        "sequence/REST in ASCII",
        "rooted",
        Who::User,
        &["TYPE A", "REST 0", "REST 5", "< RETR plain", "TYPE I", "REST 5", "TYPE A", "< RETR plain"],
    ),
    (
        "sequence/REST at the end",
        "rooted",
        Who::User,
        &[
            "TYPE I",
            "REST 12",
            "< RETR plain",
            "REST 13",
            "< RETR plain",
            "REST 12",
            "> STOR plain",
            "REST 1000",
            "> STOR plain",
        ],
    ),
    (
        "sequence/RANG",
        "rooted",
        Who::User,
        &[
            "RANG 0 4",
            "TYPE I",
            "RANG 6 10",
            "< RETR plain",
            "< RETR plain",
            "RANG 0 100",
            "< RETR plain",
            "RANG 3 12",
            "< RETR plain",
            "RANG 13 20",
            "< RETR plain",
            "RANG 2 4",
            "REST 6",
            "< RETR plain",
            "REST 6",
            "RANG 1 0",
            "< RETR plain",
            "RANG 2 4",
            "TYPE A",
            "< RETR plain",
            "TYPE I",
            "RANG 20 24",
            "> STOR plain",
            "RANG 2 4",
            "> APPE plain",
            "RANG 2 4",
            "> STOU",
        ],
    ),
    ("sequence/REST and APPE", "rooted", Who::User, &["TYPE I", "REST 3", "> APPE plain"]),
    (
        "sequence/REST and STOR, not allowed",
        "plain",
        Who::User,
        &["TYPE I", "REST 3", "> STOR plain", "REST 3", "< RETR plain"],
    ),
    ("sequence/REST and STOR", "rooted", Who::User, &["TYPE I", "REST 3", "> STOR plain", "< RETR plain"]),
    (
        "sequence/no data connection",
        "rooted",
        Who::User,
        &["RETR missing", "STOR folder", "LIST missing", "NLST missing"],
    ),
];

/// All of them.
pub fn scripts() -> Vec<Script> {
    SCRIPTS.iter().map(listed).collect()
}
