//! `<IfVersion>`: which versions a section is for. ferryd is as new as the ProFTPD whose place it takes.

use std::cmp::Ordering;

use super::patterns;

/// The ProFTPD whose place this server takes.
pub const PROFTPD: &str = "1.3.8";

/// A version's numbers, and how far it was then: a candidate, the release itself, the release mended.
type Version = ([u32; 3], Stage);

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Stage {
    Candidate(u32),
    Release,
    /// `1.3.3a`.
    Mended(u8),
}

/// Whether the words of `<IfVersion>` mean [`PROFTPD`]; Err is the sentence for the operator.
pub fn is_meant(words: &[&str]) -> Result<bool, String> {
    let (operator, wanted) = match *words {
        [wanted] => ("=", wanted),
        [operator, wanted] => (operator, wanted),
        _ => return Err("<IfVersion> takes an operator and a version, as in <IfVersion >= 1.3.6>".into()),
    };
    let (is_negated, operator) = match operator.strip_prefix('!') {
        Some(operator) => (true, operator),
        None => (false, operator),
    };
    Ok(is_negated != compares(operator, wanted)?)
}

fn compares(operator: &str, wanted: &str) -> Result<bool, String> {
    let between_slashes = wanted.strip_prefix('/').and_then(|rest| rest.strip_suffix('/'));
    let is_one_of = match (operator, between_slashes) {
        ("~", _) => return matches(wanted),
        ("=" | "==", Some(pattern)) => return matches(pattern),
        ("=" | "==", None) => Ordering::is_eq,
        (">", _) => Ordering::is_gt,
        (">=", _) => Ordering::is_ge,
        ("<", _) => Ordering::is_lt,
        ("<=", _) => Ordering::is_le,
        _ => {
            return Err(format!("'{operator}' compares no versions: = == > >= < <= ~ do, and ! before them"));
        }
    };
    let read =
        |text| read(text).ok_or_else(|| format!("'{text}' is no version (1, 1.3, 1.3.8, 1.3.8a, 1.3.8rc1)"));
    Ok(is_one_of(read(PROFTPD)?.cmp(&read(wanted)?)))
}

fn matches(pattern: &str) -> Result<bool, String> {
    Ok(patterns::compile(pattern, false, patterns::OF_OPERATORS)?.is_match(PROFTPD.as_bytes()))
}

fn read(text: &str) -> Option<Version> {
    let end = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
    let (numbers, suffix) = text.split_at(end);
    let mut version = [0; 3];
    for (at, number) in numbers.split('.').enumerate() {
        *version.get_mut(at)? = number.parse().ok()?;
    }
    let stage = match suffix.as_bytes() {
        [] => Stage::Release,
        [letter @ b'a'..=b'z'] => Stage::Mended(*letter),
        _ => Stage::Candidate(suffix.strip_prefix("rc")?.parse().ok()?),
    };
    Some((version, stage))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_compared_by_number_and_by_pattern() {
        let table: &[(&str, bool)] = &[
            ("1.3.8", true),
            ("= 1.3.8", true),
            ("== 1.3.8", true),
            ("!= 1.3.8", false),
            ("= 1.3.8a", false),
            ("> 1.3.8rc4", true),
            ("> 1.3.8", false),
            ("< 1.3.8a", true),
            (">= 1.3", true),
            (">= 1.3.10", false),
            ("!>= 1.3.10", true),
            ("<= 1.3.8", true),
            ("< 2", true),
            ("= /^1\\.3\\./", true),
            ("~ ^1.3.[012]$", false),
            ("!~ ^1.3.[012]$", true),
        ];
        for (words, expected) in table {
            let words: Vec<&str> = words.split(' ').collect();
            assert_eq!(is_meant(&words), Ok(*expected), "{words:?}");
        }
    }

    #[test]
    fn what_is_no_version_is_told() {
        for words in ["", "> one", "1.2.3.4", "1..2", "=> 1.3", "1.3.8rc", "1.3.8beta", "~ [", "1 2 3"] {
            let words: Vec<&str> = words.split_whitespace().collect();
            assert!(is_meant(&words).is_err(), "{words:?}");
        }
    }
}
