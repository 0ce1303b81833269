//! What two logs can never have in common, replaced: `pid=1234` in a LogFormat becomes `pid=<pid>`, and so do times.

use std::sync::LazyLock;

use regex::Regex;

static ROWS: LazyLock<Vec<(Regex, &str)>> = LazyLock::new(|| {
    let row = |pattern: &str, stands| (Regex::new(pattern).expect("a pattern"), stands);
    vec![
        // Where a row names a value so that it may differ.
        row(r"\b(pid|port|took|moment)=[^ \]]+", "$1=<$1>"),
        // LogFormat's %t, xferlog's time and seconds.
        row(r"\[\d\d/[A-Z][a-z]{2}/\d{4}:\d\d:\d\d:\d\d [+-]\d{4}\]", "[<time>]"),
        row(r"^[A-Z][a-z]{2} [A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d \d{4} \d+ ", "<time> <seconds> "),
        // What EPSV and PASV answer.
        row(r"\(\|\|\|\d+\|\)", "(|||<port>|)"),
    ]
});

pub fn placeholders(line: &str) -> String {
    ROWS.iter()
        .fold(line.to_owned(), |line, (pattern, stands)| pattern.replace_all(&line, *stands).into_owned())
}
