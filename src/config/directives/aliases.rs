//! Folders and files of the host that sessions see within their roots, though they do not lie there.

use super::super::arguments::{Arguments, Fault, absolute};
use super::super::contexts::SERVERS_FOR_SOME;
use super::super::settings::AliasFor;
use super::{Row, sets};

pub const ROWS: &[Row] = &[
    sets(
        "VRootEngine",
        "mod_vroot",
        SERVERS_FOR_SOME,
        "on|off",
        "off",
        "Whether VRootAlias holds. DefaultRoot confines without chroot in every case.",
        |scope, arguments| {
            scope.session.alias_engine = Some(arguments.switch()?);
            Ok(())
        },
    ),
    sets(
        "VRootAlias",
        "mod_vroot",
        SERVERS_FOR_SOME,
        "source name",
        "",
        "Shows a folder or file of the host in the roots of sessions: `~/x` is in the home, all else is below the root. Needs VRootEngine on and DefaultRoot or `<Anonymous>`; `%u` may stand in both.",
        |scope, arguments| {
            let alias = alias(arguments)?;
            scope.session.aliases.push(alias);
            Ok(())
        },
    )
    .adds(),
    sets(
        "VRootOptions",
        "mod_vroot",
        SERVERS_FOR_SOME,
        "allowSymlinks",
        "",
        "With allowSymlinks a link within an alias may lead to other places of the session's root, as its text reads there; never out of it.",
        |scope, arguments| {
            for word in arguments.words("an option")? {
                if !word.text.eq_ignore_ascii_case("allowSymlinks") {
                    return Err(arguments.fault(format!("no option '{}' is known", word.text)));
                }
            }
            scope.session.alias_links = Some(true);
            Ok(())
        },
    ),
];

fn alias(arguments: &mut Arguments<'_>) -> Result<AliasFor, Fault> {
    let source = arguments.path()?.to_string_lossy().into_owned();
    let name = &arguments.word("a name in the root")?.text;
    let (home, below) = match name.strip_prefix('~') {
        Some(rest) if rest.starts_with('/') => ("~", rest),
        Some(rest) if !rest.is_empty() => {
            return Err(arguments.fault(format!("'{name}': only ~ itself stands for a home here")));
        }
        Some(_) => ("~", ""),
        None => ("", name.as_str()),
    };
    let has_dots = below.split('/').any(|part| part == "..");
    match absolute(&format!("/{below}")) {
        Some(path) if !has_dots && path.parent().is_some() => {
            Ok(AliasFor { source, name: format!("{home}{}", path.display()) })
        }
        _ => Err(arguments.fault(format!("'{name}' is no name below a root"))),
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::lines::{Source, lines};
    use super::*;

    fn read(line: &str) -> Result<(String, String), String> {
        let line = lines(&Source::new("f".into(), line.as_bytes())).remove(0);
        let (name, words) = line.words.split_first().expect("a name");
        let read = alias(&mut Arguments::new(name, words)).map_err(|fault| fault.message);
        read.map(|alias| (alias.source, alias.name))
    }

    #[test]
    fn names_are_the_homes_or_the_roots() {
        for (written, name) in
            [("~/up", "~/up"), ("/pub/a", "/pub/a"), ("pub//a/", "/pub/a"), ("~/./%u", "~/%u"), ("a", "/a")]
        {
            let is = ("/srv/x".to_owned(), name.to_owned());
            assert_eq!(read(&format!("VRootAlias /srv/./x/ {written}")), Ok(is), "{written}");
        }
    }

    #[test]
    fn what_names_nothing_below_a_root_is_refused() {
        for words in
            ["/srv", "srv /x", "/srv ~", "/srv /", "/srv ~/..", "/srv a/../b", "/srv ~joe/x", "/srv ."]
        {
            assert!(read(&format!("VRootAlias {words}")).is_err(), "{words}");
        }
    }
}
