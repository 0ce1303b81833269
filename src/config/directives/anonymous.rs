//! Anonymous sessions: what stands in `<Anonymous>` alone.

use super::super::arguments::{Arguments, Fault};
use super::super::contexts::ANONYMOUS;
use super::super::settings::RejectedPasswords;
use super::{Row, sets};

pub const ROWS: &[Row] = &[sets(
    "AnonRejectPasswords",
    "mod_auth",
    ANONYMOUS,
    "[!]pattern [flags]",
    "",
    "A client whose password matches (with `!`: does not match) is refused.",
    |scope, arguments| {
        scope.session.reject_passwords = Some(rejected(arguments)?);
        Ok(())
    },
)];

fn rejected(arguments: &mut Arguments<'_>) -> Result<RejectedPasswords, Fault> {
    let word = arguments.word("a pattern")?;
    let (pattern, unless_found) = match word.text.strip_prefix('!') {
        Some(pattern) => (pattern, true),
        None => (word.text.as_str(), false),
    };
    let ignore_case = arguments.takes("[NC]") || arguments.takes("[nocase]");
    Ok(RejectedPasswords { pattern: arguments.pattern(word, pattern, ignore_case)?, unless_found })
}
