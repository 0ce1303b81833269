//! What two runs can never have in common, replaced by placeholders: ports, folders, times of this minute. Nothing else.

use std::path::Path;
use std::sync::LazyLock;

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use regex::{Captures, Regex};

/// Stands where its expression's pattern was found.
struct Placeholder {
    pattern: Regex,
    in_its_place: &'static str,
}

static PLACEHOLDERS: LazyLock<Vec<Placeholder>> = LazyLock::new(|| {
    let row = |pattern: &str, in_its_place| Placeholder {
        pattern: Regex::new(pattern).expect("a pattern"),
        in_its_place,
    };
    vec![
        row(r"\((\d+,\d+,\d+,\d+),\d+,\d+\)", "($1,<port>)"),
        row(r"\(\|\|\|\d+\|\)", "(|||<port>|)"),
        // STOU draws a name by lot.
        row(r"\bftp(unique)?[0-9A-Za-z]{6}\b", "<name>"),
        row(r"unique=[0-9A-Za-z]+", "unique=<unique>"),
    ]
});

/// Times as FTP shows them, in listings and in facts.
static TIMES: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"[A-Z][a-z]{2} [ \d]\d \d\d:\d\d|\b20\d{12}\b").expect("a pattern"));

/// Text without what belongs to one server and one moment.
pub fn plain(text: &str, folder: &Path, port: u16) -> String {
    let text = text.replace(&folder.display().to_string(), "<folder>");
    // As a word: the digits may stand in a sum, too.
    let own_port = Regex::new(&format!(r"\b{port}\b")).expect("a pattern");
    let text = own_port.replace_all(&text, "<server port>").into_owned();
    let text = PLACEHOLDERS
        .iter()
        .fold(text, |text, row| row.pattern.replace_all(&text, row.in_its_place).into_owned());
    TIMES.replace_all(&text, |found: &Captures<'_>| without_now(&found[0])).into_owned()
}

/// A time of the last minutes is no more than that.
fn without_now(found: &str) -> String {
    let now = Timestamp::now();
    let is_now = (-10..=1).any(|minute| {
        let moment = now.saturating_add(SignedDuration::from_mins(minute)).unwrap_or(now);
        let shown = moment.to_zoned(TimeZone::UTC);
        let stamp = shown.strftime("%Y%m%d%H%M").to_string();
        shown.strftime("%b %e %H:%M").to_string() == found || found.starts_with(&stamp)
    });
    if is_now { "<now>".to_owned() } else { found.to_owned() }
}
