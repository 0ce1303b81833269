//! Expressions over names of users, groups and classes, as AllowUser and `<IfGroup>` take them: a list of which any or all must
//! hold, `!` before a name that must not, or a regular expression.

use regex::bytes::Regex;

use super::arguments::{Arguments, Fault};

/// One expression.
#[derive(Clone, Debug)]
pub enum Expression {
    /// `OR`: one of them.
    Any(Vec<Name>),
    /// `AND`: each of them.
    All(Vec<Name>),
    /// `regex`: one of the names looks like this.
    Pattern(Regex),
}

/// A name in a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Name {
    is_negated: bool,
    text: Vec<u8>,
}

/// Whether one name of a list is enough, where the expression does not say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Usually {
    /// Users and classes.
    Any,
    /// Groups.
    All,
}

impl Expression {
    /// Reads one: commas and blanks part names.
    pub fn read(usually: Usually, arguments: &mut Arguments<'_>) -> Result<Expression, Fault> {
        if arguments.takes("regex") {
            let word = arguments.word("a regular expression")?;
            return arguments.pattern(word, &word.text, false).map(Expression::Pattern);
        }
        let usually = match () {
            () if arguments.takes("AND") => Usually::All,
            () if arguments.takes("OR") => Usually::Any,
            () => usually,
        };
        let words = arguments.words("a name")?;
        let names: Vec<Name> =
            words.iter().flat_map(|word| word.text.split(',')).filter_map(|text| name(text.trim())).collect();
        match usually {
            _ if names.is_empty() => Err(arguments.fault("a name is missing")),
            Usually::Any => Ok(Expression::Any(names)),
            Usually::All => Ok(Expression::All(names)),
        }
    }

    /// Whether it holds for somebody who has these names.
    pub fn holds<'a>(&self, has: impl Iterator<Item = &'a [u8]> + Clone) -> bool {
        let fits = |name: &Name| has.clone().any(|own| own == name.text) != name.is_negated;
        match self {
            Expression::Any(names) => names.iter().any(fits),
            Expression::All(names) => names.iter().all(fits),
            Expression::Pattern(pattern) => has.clone().any(|own| pattern.is_match(own)),
        }
    }
}

fn name(text: &str) -> Option<Name> {
    let (is_negated, bare) = match text.strip_prefix('!') {
        Some(bare) => (true, bare),
        None => (false, text),
    };
    (!bare.is_empty()).then(|| Name { is_negated, text: bare.into() })
}

#[cfg(test)]
mod tests {
    use super::super::lines::{Source, lines};
    use super::*;

    fn holds(usually: Usually, text: &str, names: &[&str]) -> bool {
        let source = Source::new("/f".into(), format!("Name {text}").as_bytes());
        let line = lines(&source).remove(0);
        let (name, words) = line.words.split_first().expect("words");
        match Expression::read(usually, &mut Arguments::new(name, words)) {
            Ok(read) => read.holds(names.iter().map(|name| name.as_bytes())),
            Err(fault) => panic!("{text}: {}", fault.message),
        }
    }

    /// As ProFTPD 1.3.8 was seen to answer.
    #[test]
    fn lists_and_patterns_hold_as_in_proftpd() {
        let table = [
            (Usually::Any, "u,v", &["u"][..], true),
            (Usually::Any, "u v", &["v"], true),
            (Usually::Any, "AND u,v", &["u"], false),
            (Usually::Any, "!u", &["u"], false),
            (Usually::Any, "!u,!v", &["u"], true),
            (Usually::Any, "*", &["u"], false),
            (Usually::Any, "regex ^[uv]$", &["v"], true),
            (Usually::All, "g,both", &["g", "both"], true),
            (Usually::All, "g,both", &["g"], false),
            (Usually::All, "OR g,h", &["h"], true),
            (Usually::All, "!g,both", &["both"], true),
            (Usually::All, "!g,both", &["g", "both"], false),
            (Usually::All, "regex ^bo", &["g", "both"], true),
            (Usually::All, "!g", &[], true),
        ];
        for (usually, text, names, expected) in table {
            assert_eq!(holds(usually, text, names), expected, "{text} for {names:?}");
        }
    }
}
