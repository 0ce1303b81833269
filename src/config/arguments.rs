//! What follows a directive's name, read as the values it stands for. A fault names the word; the directive's name is put before
//! it by the caller.

use std::ops::RangeInclusive;
use std::path::{Component, Path, PathBuf};
use std::time::Duration;

use regex::bytes::Regex;

use super::lines::{Mark, Word};
use super::patterns::{self, Bounds};

/// Why an argument cannot be used.
#[derive(Debug)]
pub struct Fault {
    /// The word to blame.
    pub mark: Mark,
    /// What about it.
    pub message: String,
}

/// The words after a directive's name, taken one by one.
#[derive(Debug)]
pub struct Arguments<'a> {
    name: &'a Word,
    words: &'a [Word],
    next: usize,
    bounds: Bounds,
    /// What the operator should know although the value is taken.
    pub warnings: Vec<Fault>,
}

impl<'a> Arguments<'a> {
    /// Of one directive.
    pub fn new(name: &'a Word, words: &'a [Word]) -> Self {
        Self::within(patterns::OF_OPERATORS, name, words)
    }

    /// Of one directive whose patterns must keep these bounds.
    pub fn within(bounds: Bounds, name: &'a Word, words: &'a [Word]) -> Self {
        Self { name, words, next: 0, bounds, warnings: Vec::new() }
    }

    /// A fault of the word last taken.
    pub fn fault(&self, message: impl Into<String>) -> Fault {
        let word = self.next.checked_sub(1).and_then(|at| self.words.get(at)).unwrap_or(self.name);
        Fault { mark: word.mark.clone(), message: message.into() }
    }

    /// A warning about the word last taken.
    pub fn warn(&mut self, message: impl Into<String>) {
        let warning = self.fault(message);
        self.warnings.push(warning);
    }

    /// A warning about a part of the word last taken, as it stands in the file.
    pub fn warn_of(&mut self, text: &str, occurrence: usize, message: impl Into<String>) {
        let warning = self.fault(message);
        self.warnings.push(Fault { mark: warning.mark.of(text, occurrence), ..warning });
    }

    /// The next word, if there is one.
    pub fn maybe(&mut self) -> Option<&'a Word> {
        let word = self.words.get(self.next)?;
        self.next += 1;
        Some(word)
    }

    /// The next word, which must be there; `what` says what is missing.
    pub fn word(&mut self, what: &str) -> Result<&'a Word, Fault> {
        self.maybe()
            .ok_or_else(|| Fault { mark: self.name.mark.clone(), message: format!("{what} is missing") })
    }

    /// The next word's text.
    pub fn text(&mut self, what: &str) -> Result<String, Fault> {
        self.word(what).map(|word| word.text.clone())
    }

    /// All words left; at least one.
    pub fn words(&mut self, what: &str) -> Result<&'a [Word], Fault> {
        self.word(what)?;
        let rest = &self.words[self.next - 1..];
        self.next = self.words.len();
        Ok(rest)
    }

    /// All words left: options that `+` sets and `-` takes away; `find` knows them by their names in small letters.
    pub fn options<O>(
        &mut self,
        options: &mut O,
        find: for<'o> fn(&'o mut O, &str) -> Option<&'o mut bool>,
    ) -> Result<(), Fault> {
        for word in self.words("an option")? {
            let signed = word.text.split_at_checked(1).filter(|(sign, _)| matches!(*sign, "+" | "-"));
            match signed.and_then(|(sign, name)| Some((sign, find(options, &name.to_ascii_lowercase())?))) {
                Some((sign, option)) => *option = sign == "+",
                None => return Err(self.fault(format!("'{}' is no option with + or -", word.text))),
            }
        }
        Ok(())
    }

    /// Whether there are words left.
    pub fn has_more(&self) -> bool {
        self.next < self.words.len()
    }

    /// Whether the next word is `expected`; takes it then.
    pub fn takes(&mut self, expected: &str) -> bool {
        let is_it = self.words.get(self.next).is_some_and(|word| word.text.eq_ignore_ascii_case(expected));
        self.next += usize::from(is_it);
        is_it
    }

    /// Where the directive stands.
    pub fn mark(&self) -> &'a Mark {
        &self.name.mark
    }

    /// Faults whatever is left.
    pub fn end(&mut self) -> Result<(), Fault> {
        match self.maybe() {
            None => Ok(()),
            Some(word) => {
                Err(self.fault(format!("'{}' is one argument too many (quote what holds blanks)", word.text)))
            }
        }
    }

    /// A regular expression, as it is written in a word.
    pub fn pattern(&self, word: &Word, posix: &str, ignore_case: bool) -> Result<Regex, Fault> {
        let compiled = patterns::compile(posix, ignore_case, self.bounds);
        compiled.map_err(|message| Fault { mark: word.mark.clone(), message })
    }

    /// `on` or `off` and what ProFTPD takes for them.
    pub fn switch(&mut self) -> Result<bool, Fault> {
        let word = self.word("on or off")?;
        switch(&word.text).ok_or_else(|| self.fault(format!("takes on or off, not '{}'", word.text)))
    }

    /// The same, if it is there.
    pub fn maybe_switch(&mut self) -> Result<Option<bool>, Fault> {
        if self.next < self.words.len() { self.switch().map(Some) } else { Ok(None) }
    }

    /// A decimal number within bounds.
    pub fn number(&mut self, bounds: RangeInclusive<u32>) -> Result<u32, Fault> {
        let word = self.word("a number")?;
        let number = digits(&word.text).filter(|number| bounds.contains(number));
        number.ok_or_else(|| {
            self.fault(format!(
                "takes a number from {} to {}, not '{}'",
                bounds.start(),
                bounds.end(),
                word.text
            ))
        })
    }

    /// `none`, or a number above 0.
    pub fn count(&mut self) -> Result<Option<u32>, Fault> {
        let word = self.word("a number or none")?;
        if word.text.eq_ignore_ascii_case("none") {
            return Ok(None);
        }
        let number = digits(&word.text).filter(|number| *number > 0);
        number
            .map(Some)
            .ok_or_else(|| self.fault(format!("takes none or a number above 0, not '{}'", word.text)))
    }

    /// A mode in octal.
    pub fn octal(&mut self) -> Result<u32, Fault> {
        let word = self.word("an octal mode")?;
        self.octal_of(word)
    }

    /// A second mode in octal, if there is one.
    pub fn maybe_octal(&mut self) -> Result<Option<u32>, Fault> {
        self.maybe().map(|word| self.octal_of(word)).transpose()
    }

    fn octal_of(&self, word: &Word) -> Result<u32, Fault> {
        self.octal_within(word, 0o777)
    }

    /// A mode in octal, at most `most`.
    pub fn octal_within(&self, word: &Word, most: u32) -> Result<u32, Fault> {
        let sound = !word.text.is_empty() && word.text.bytes().all(|c| c.is_ascii_digit());
        let mode = sound.then(|| u32::from_str_radix(&word.text, 8).ok()).flatten();
        mode.filter(|mode| *mode <= most)
            .ok_or_else(|| self.fault(format!("'{}' is no octal mode up to {most:o}", word.text)))
    }

    /// The next word, if it begins like a number.
    pub fn maybe_digits(&mut self) -> Option<&'a Word> {
        let is_number = |word: &&Word| word.text.starts_with(|c: char| c.is_ascii_digit());
        let word = self.words.get(self.next).filter(is_number)?;
        self.next += 1;
        Some(word)
    }

    /// Seconds, `h:mm:ss`, or a number with `h`, `m` or `s`; 0, `off` and `none` are None.
    pub fn duration(&mut self) -> Result<Option<Duration>, Fault> {
        let word = self.word("a time in seconds")?;
        if matches!(word.text.to_ascii_lowercase().as_str(), "none" | "off") {
            return Ok(None);
        }
        let seconds = seconds(&word.text)
            .ok_or_else(|| self.fault(format!("takes seconds or h:mm:ss, not '{}'", word.text)))?;
        Ok((seconds > 0).then(|| Duration::from_secs(u64::from(seconds))))
    }

    /// An absolute path, `.` and `..` taken out by text.
    pub fn path(&mut self) -> Result<PathBuf, Fault> {
        let word = self.word("an absolute path")?;
        absolute(&word.text).ok_or_else(|| self.fault(format!("takes an absolute path, not '{}'", word.text)))
    }

    /// What follows `prefix` in the next word; takes it then.
    pub fn after(&mut self, prefix: &str) -> Option<&'a str> {
        let rest = self.words.get(self.next)?.text.strip_prefix(prefix)?;
        self.next += 1;
        Some(rest)
    }

    /// `none`, `off`, or an absolute path.
    pub fn path_or_none(&mut self) -> Result<Option<PathBuf>, Fault> {
        if self.takes("none") || self.takes("off") {
            return Ok(None);
        }
        self.path().map(Some)
    }
}

/// `on` or `off`, as ProFTPD understands them.
pub fn switch(text: &str) -> Option<bool> {
    match text.to_ascii_lowercase().as_str() {
        "on" | "yes" | "true" | "1" => Some(true),
        "off" | "no" | "false" | "0" => Some(false),
        _ => None,
    }
}

/// Digits alone: no sign, no blank.
fn digits(text: &str) -> Option<u32> {
    let sound = !text.is_empty() && text.bytes().all(|c| c.is_ascii_digit());
    sound.then(|| text.parse().ok()).flatten()
}

fn seconds(text: &str) -> Option<u32> {
    if let [hours, minutes, seconds] = text.split(':').collect::<Vec<_>>()[..] {
        let (minutes, seconds) = (digits(minutes).filter(|m| *m < 60)?, digits(seconds).filter(|s| *s < 60)?);
        return digits(hours)?.checked_mul(3600)?.checked_add(minutes * 60 + seconds);
    }
    let (number, unit) = match text.char_indices().last() {
        Some((at, 'h' | 'H')) => (&text[..at], 3600),
        Some((at, 'm' | 'M')) => (&text[..at], 60),
        Some((at, 's' | 'S')) => (&text[..at], 1),
        _ => (text, 1),
    };
    digits(number)?.checked_mul(unit)
}

/// An absolute path without `.` and `..`; None for a relative one and for one with NUL.
pub fn absolute(text: &str) -> Option<PathBuf> {
    let sound = text.starts_with('/') && !text.contains('\0');
    sound.then(|| normalised(Path::new(text)))
}

/// `.` and `..` taken out by text, as FTP's CWD means them.
pub fn normalised(path: &Path) -> PathBuf {
    let mut normal = PathBuf::from("/");
    for component in path.components() {
        match component {
            Component::Normal(name) => normal.push(name),
            Component::ParentDir => _ = normal.pop(),
            Component::RootDir | Component::CurDir | Component::Prefix(_) => {}
        }
    }
    normal
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_read_in_every_form() {
        let table = [
            ("0", Some(0)),
            ("600", Some(600)),
            ("1:00:00", Some(3600)),
            ("0:01:30", Some(90)),
            ("2h", Some(7200)),
            ("5m", Some(300)),
            ("7s", Some(7)),
            ("", None),
            ("-1", None),
            ("1:60:00", None),
            ("h", None),
            ("99999999h", None),
        ];
        for (text, expected) in table {
            assert_eq!(seconds(text), expected, "{text:?}");
        }
    }

    #[test]
    fn paths_lose_their_dots() {
        assert_eq!(absolute("/a/../b/./c/"), Some("/b/c".into()));
        assert_eq!(absolute("/../.."), Some("/".into()));
        assert_eq!(absolute("a"), None);
        assert_eq!(absolute("/a\0"), None);
    }

    #[test]
    fn switches_are_read_as_proftpd_reads_them() {
        assert_eq!(switch("TRUE"), Some(true));
        assert_eq!(switch("no"), Some(false));
        assert_eq!(switch("maybe"), None);
    }
}
