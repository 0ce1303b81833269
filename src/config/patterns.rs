//! POSIX extended regular expressions, as ProFTPD takes them, in the words of the `regex` crate. The two differ within brackets.

use regex::bytes::{Regex, RegexBuilder};

/// What a pattern may cost.
#[derive(Clone, Copy, Debug)]
pub struct Bounds {
    /// Its own length.
    length: usize,
    /// Memory of its compiled form,
    compiled: usize,
    /// and of what is remembered while it is held against names.
    remembered: usize,
}

/// For what an operator writes.
pub const OF_OPERATORS: Bounds =
    Bounds { length: 8 * 1024, compiled: 1024 * 1024, remembered: 2 * 1024 * 1024 };

/// For what a client may have written: every session that meets it pays for it.
pub const OF_CLIENTS: Bounds = Bounds { length: 512, compiled: 32 * 1024, remembered: 64 * 1024 };

/// Compiles a pattern; Err is the sentence for the operator.
pub fn compile(posix: &str, ignore_case: bool, bounds: Bounds) -> Result<Regex, String> {
    if posix.len() > bounds.length {
        return Err(format!("the pattern is longer than {} bytes", bounds.length));
    }
    RegexBuilder::new(&translated(posix))
        .unicode(false)
        .case_insensitive(ignore_case)
        .dot_matches_new_line(true)
        .size_limit(bounds.compiled)
        .dfa_size_limit(bounds.remembered)
        .build()
        .map_err(|error| format!("'{posix}' is no regular expression: {}", last_line(&error.to_string())))
}

/// The crate draws a picture above its reason.
fn last_line(error: &str) -> &str {
    error.lines().last().unwrap_or(error).trim_start_matches("error: ")
}

/// In a POSIX bracket expression a backslash and `&&`, `--`, `~~` mean themselves, and so does a bracket that opens no class.
fn translated(posix: &str) -> String {
    let mut rust = String::with_capacity(posix.len() + 8);
    let mut rest = posix.chars().peekable();
    while let Some(c) = rest.next() {
        rust.push(c);
        match c {
            '\\' => rust.extend(rest.next()),
            '[' => bracket(&mut rest, &mut rust),
            _ => {}
        }
    }
    rust
}

/// What follows an opening bracket, to its end. `]` first (after `^`) is a member.
fn bracket(rest: &mut std::iter::Peekable<std::str::Chars<'_>>, rust: &mut String) {
    rust.extend(rest.next_if_eq(&'^'));
    if rest.next_if_eq(&']').is_some() {
        rust.push_str("\\]");
    }
    while let Some(c) = rest.next() {
        match c {
            ']' => return rust.push(']'),
            '[' if rest.peek() == Some(&':') => class(rest, rust),
            '\\' | '[' | '&' | '~' => rust.extend(['\\', c]),
            '-' if rest.peek() == Some(&'-') => rust.push_str("\\-"),
            _ => rust.push(c),
        }
    }
}

/// `[:alpha:]`, whose `[` has been read.
fn class(rest: &mut std::iter::Peekable<std::str::Chars<'_>>, rust: &mut String) {
    rust.push('[');
    for c in rest.by_ref() {
        rust.push(c);
        if c == ']' {
            return;
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn posix_patterns_mean_what_they_say() {
        let table: &[(&str, &[u8], bool)] = &[
            (r"\*.*/", b"*abc/", true),
            (r"\*.*/", b"abc/", false),
            (r"(\.ftpaccess|\.htaccess)$", b"x.htaccess", true),
            (r"^[a-zA-Z0-9_.-]+$", b"a-b.c", true),
            (r"[\]x", br"\x", true),
            (r"[]a]", b"]", true),
            (r"[[:digit:]&&]", b"&", true),
            (r"[[x]", b"[", true),
            (r"%", b"50%", true),
            (".", b"\xff", true),
        ];
        for (pattern, text, matches) in table {
            let compiled = compile(pattern, false, OF_OPERATORS).expect("compiles");
            assert_eq!(compiled.is_match(text), *matches, "{pattern} on {text:?}");
        }
    }

    #[test]
    fn what_does_not_compile_is_told() {
        assert!(compile("(", false, OF_OPERATORS).is_err_and(|message| message.contains("unclosed group")));
        assert!(compile(&"a{1000}".repeat(300), false, OF_OPERATORS).is_err());
        assert!(compile("(a{100}){100}", false, OF_CLIENTS).is_err());
        assert!(compile("ABC", true, OF_CLIENTS).is_ok_and(|pattern| pattern.is_match(b"abc")));
    }

    proptest! {
        #[test]
        fn no_pattern_upsets_the_translation(pattern in ".{0,200}") {
            let _ = compile(&pattern, false, OF_CLIENTS);
        }
    }
}
