//! What follows the name of one of SITE's commands: words, paths that may hold blanks, times.

use super::{Site, not_understood};
use crate::protocol::{Reply, time};

/// A path that may hold blanks.
pub fn one(name: &str, argument: &[u8], make: fn(Vec<u8>) -> Site) -> Result<Site, Reply> {
    match argument {
        b"" => Err(not_understood(name.as_bytes())),
        path => Ok(make(path.to_vec())),
    }
}

/// Two words: where there are more nobody knows which path has the blank.
pub fn two_words<'a>(name: &str, argument: &'a [u8]) -> Result<(&'a [u8], &'a [u8]), Reply> {
    let (first, second) = two(name, argument)?;
    match second.contains(&b' ') {
        true => Err(not_understood(name.as_bytes())),
        false => Ok((first, second)),
    }
}

/// UTIME's two forms: `time path`, and `path accessed modified created UTC`, whose last time no file system takes.
pub fn times_and_path(argument: &[u8]) -> Result<Site, Reply> {
    let (first, rest) = two("UTIME", argument)?;
    if let Some(site) = path_and_times(argument) {
        return Ok(site);
    }
    let refused = || Reply::new(500, [b"UTIME ", argument, b": Invalid argument"].concat());
    let seconds = moment(first).ok_or_else(refused)?;
    Ok(Site::Utime((seconds, seconds), rest.to_vec()))
}

fn path_and_times(argument: &[u8]) -> Option<Site> {
    let mut words = argument.rsplitn(5, |byte| *byte == b' ');
    words.next().filter(|zone| zone.eq_ignore_ascii_case(b"UTC"))?;
    let (_created, modified, accessed) =
        (moment(words.next()?)?, moment(words.next()?)?, moment(words.next()?)?);
    let path = words.next().filter(|path| !path.is_empty())?;
    Some(Site::Utime((accessed, modified), path.to_vec()))
}

/// Twelve digits, or fourteen with the seconds.
fn moment(digits: &[u8]) -> Option<i64> {
    match digits.len() {
        12 => time::read(&[digits, b"00"].concat()),
        14 => time::read(digits),
        _ => None,
    }
}

/// A word, and a path that may hold blanks.
fn two<'a>(name: &str, argument: &'a [u8]) -> Result<(&'a [u8], &'a [u8]), Reply> {
    let (word, path) = first_word(argument);
    let is_whole = !word.is_empty() && !path.is_empty();
    is_whole.then_some((word, path)).ok_or_else(|| not_understood(name.as_bytes()))
}

/// The same; where one is missing, all that was said is told, and SITE itself.
pub fn two_or_whole<'a>(name: &str, argument: &'a [u8]) -> Result<(&'a [u8], &'a [u8]), Reply> {
    two(name, argument).map_err(|_| {
        let said = [b"'SITE ", name.as_bytes(), b" ", argument].concat();
        let lines = [[said.trim_ascii_end(), b"' not understood"].concat(), b"SITE not understood".to_vec()];
        Reply::long(500, lines.into())
    })
}

pub fn first_word(text: &[u8]) -> (&[u8], &[u8]) {
    match memchr::memchr(b' ', text) {
        Some(blank) => (&text[..blank], text[blank..].trim_ascii_start()),
        None => (text, b""),
    }
}

#[cfg(test)]
mod tests {
    use super::super::read;
    use super::*;

    #[test]
    fn times_come_first_or_last() {
        let utime = |accessed, modified, path: &str| Ok(Site::Utime((accessed, modified), path.into()));
        let (first, second) = (1_577_836_800, 1_609_459_201);
        for (given, wanted) in [
            ("UTIME 202001010000 f", utime(first, first, "f")),
            ("utime 20200101000000 two words", utime(first, first, "two words")),
            ("UTIME f 20200101000000 20210101000001 20220101000000 UTC", utime(first, second, "f")),
            (
                "UTIME two words 202001010000 20210101000001 202201010000 utc",
                utime(first, second, "two words"),
            ),
            ("UTIME 202001010000 a UTC", utime(first, first, "a UTC")),
        ] {
            assert_eq!(read(given.as_bytes()), wanted, "{given}");
        }
        for (given, text) in [
            ("UTIME", "'SITE UTIME' not understood"),
            ("UTIME f", "'SITE UTIME' not understood"),
            ("UTIME 2020 f", "UTIME 2020 f: Invalid argument"),
            ("UTIME 202002300000 f", "UTIME 202002300000 f: Invalid argument"),
            ("UTIME 20200101000000.5 f", "UTIME 20200101000000.5 f: Invalid argument"),
            (
                "UTIME f x 20210101000001 20220101000000 UTC",
                "UTIME f x 20210101000001 20220101000000 UTC: Invalid argument",
            ),
        ] {
            let reply = read(given.as_bytes()).unwrap_err();
            assert_eq!((reply.code, reply.text()), (500, text.as_bytes()), "{given}");
        }
    }

    #[test]
    fn copies_and_links_take_two_words_and_folders_one_path() {
        assert_eq!(read(b"COPY a b"), Ok(Site::Copy(b"a".to_vec(), b"b".to_vec())));
        assert_eq!(read(b"symlink a b"), Ok(Site::Symlink(b"a".to_vec(), b"b".to_vec())));
        assert_eq!(read(b"CPFR two words"), Ok(Site::CopyFrom(b"two words".to_vec())));
        assert_eq!(read(b"MKDIR two words"), Ok(Site::Mkdir(b"two words".to_vec())));
        for given in ["COPY", "COPY a", "COPY a b c", "SYMLINK a", "CPFR", "CPTO ", "MKDIR", "RMDIR"] {
            assert_eq!(read(given.as_bytes()).unwrap_err().code, 500, "{given}");
        }
    }
}
