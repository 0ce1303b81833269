//! Where ferryd means to answer otherwise than ProFTPD: the whole list. A row that nothing needs any more fails the test.

use regex::Regex;

use super::compare::Difference;

/// One wanted difference. All three are expressions that must be found in what they speak of.
pub struct Wanted {
    /// Lines said.
    pub said: &'static str,
    pub ours: &'static str,
    pub theirs: &'static str,
    /// docs/differences.md has the reason, at the row that begins so.
    pub page: &'static str,
}

const fn wanted(said: &'static str, ours: &'static str, theirs: &'static str, page: &'static str) -> Wanted {
    Wanted { said, ours, theirs, page }
}

/// The list.
pub const WANTED: &[Wanted] = &[
    wanted(r"^\(connect\)$", r"[\[ ]127\.0\.0\.1", r"[\[ ]::ffff:127\.0\.0\.1", "an IPv4 client is greeted"),
    wanted(r"\\xff", "\u{fffd}\u{fffd}", "\u{fffd}", "a byte 255 in a name"),
    wanted(
        "^LIST",
        r"\n450 [^\n]*: No such file",
        r"\n150 .*\n450 [^\n]*: No such file",
        "`LIST` of a name that is not there",
    ),
    wanted(r"^\(data\) LIST", r"^\(none\)$", "^$", "`LIST` of a name that is not there"),
    wanted(r"^\(data\) (LIST|NLST)", " root     root ", " 0        0  ", "the server's names in listings"),
    wanted("^STAT", " root     root ", " 0        0  ", "the server's names in listings"),
    wanted(r"^\(data\) NLST", r"^\(order\)", r"^\(order\)", "NLST and MLSD in the order of the folder"),
    wanted(r"^\(data\) (LIST|NLST)", "dangling", "", "a dangling link, when listed by name"),
    wanted("^(LIST|NLST|STAT) .*dangling", "", "", "a dangling link, when listed by name"),
    wanted(r"^CWD (a/){20}", "^500 Command line too long$", r"^\(silence\)$", "a line that is too long"),
    wanted(r"^\(data\) MLSD", r"^\(order\)", r"^\(order\)", "NLST and MLSD in the order of the folder"),
    wanted("(?i)^TYPE", "^530", "", "TYPE is served before login"),
    wanted("^TYPE", "^504", "^200", "`TYPE L 7`"),
    wanted("^STAT", "^21[23]", "^450", "STAT takes no pattern"),
    wanted("^NLST", r"\n150 ", r"\n450 ", "NLST leaves out links"),
    wanted("^ALLO", "^(452|504)", "^202", "ALLO is always `202`"),
    wanted("", "", "(^|\n)501 Bad sequence of commands$", "after RNFR everything"),
    wanted(
        "^(LIST|NLST|STAT)",
        "450 [^\n]*: Permission denied",
        "",
        "LIST, NLST and STAT of a folder that cannot be read",
    ),
    wanted("^(SMNT|smnt)", "", "", "`OPTS MLST` is heard before login"),
];

/// Verbs whose differences have not all been mended or explained yet; the list only grows shorter.
pub const UNSETTLED: &[&str] = &[
    "", "(DISK)", "(END)", "ALLO", "APPE", "AVBL", "CDUP", "CLNT", "CSID", "CWD", "DELE", "EPRT", "EPSV",
    "FEAT", "HELP", "HOST", "LANG", "LIST", "MDTM", "MFF", "MFMT", "MKD", "MLSD", "MLST", "NLST", "NO",
    "NOOP", "OPTS", "PASV", "PORT", "PWD", "QUIT", "REST", "RETR", "RMD", "RNFR", "RNTO", "SITE", "SIZE",
    "STAT", "STOR", "STOU", "TYPE", "USER", "XCUP", "XPWD",
];

/// The verb of a line that was said, in capitals; what is left on the disk is `(DISK)`.
pub fn verb(said: &str) -> String {
    let line = said.strip_prefix("(data) ").unwrap_or(said);
    line.split([' ', '\\']).next().unwrap_or_default().to_uppercase()
}

/// The rows, ready to be asked.
pub struct List {
    rows: Vec<([Regex; 3], usize)>,
}

impl List {
    #[track_caller]
    pub fn new() -> List {
        let expression = |text: &str| Regex::new(&format!("(?s){text}")).expect("an expression");
        let rows = WANTED.iter().map(|row| ([row.said, row.ours, row.theirs].map(expression), 0));
        List { rows: rows.collect() }
    }

    /// Whether a row wants it; the row is then known to be needed.
    pub fn wants(&mut self, difference: &Difference) -> bool {
        let Difference { said, ours, theirs, .. } = difference;
        let texts = [said, ours, theirs];
        let fits = |row: &&mut ([Regex; 3], usize)| {
            row.0.iter().zip(texts).all(|(regex, text)| regex.is_match(text))
        };
        let Some(row) = self.rows.iter_mut().find(fits) else { return false };
        row.1 += 1;
        true
    }

    /// Each row, and how often it was needed.
    pub fn uses(&self) -> impl Iterator<Item = (&'static Wanted, usize)> {
        WANTED.iter().zip(self.rows.iter().map(|(_, uses)| *uses))
    }
}
