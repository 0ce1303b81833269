//! Paths and the sections they lie in.

use super::super::settings::Filter;
use super::*;

/// Sections whose umask tells them apart: the first has 1, the second 2.
fn umask_at(sections: &[&str], path: &str) -> u32 {
    let mut rules = DirectoryRules { base: ScopeRules::default(), sections: Sections::default() };
    for (number, text) in (1..).zip(sections) {
        let scope = ScopeRules { umask: Some((number, number)), ..ScopeRules::default() };
        rules.sections.add(text, scope).expect("a sound pattern");
    }
    rules.rules_for(path.as_ref(), Subject::at("/ferryd-home/joe")).umask_file()
}

#[test]
fn the_deepest_match_wins() {
    let table: &[(&[&str], &str, u32)] = &[
        (&["/a", "/a/b"], "/a/b/c", 2),
        (&["/a/b", "/a"], "/a/b/c", 1),
        (&["/a", "/a/b"], "/a/bc", 1),
        (&["/a"], "/ab", 0o022),
        (&["/"], "/x", 1),
        (&["/*"], "/", 0o022),
        (&["/*"], "/x", 1),
        (&["/a/*"], "/a", 0o022),
        (&["/a/*"], "/a/b/c", 1),
        (&["/a/*", "/a"], "/a/b", 1),
        (&["~"], "/ferryd-home/joe/x", 1),
        (&["~"], "/ferryd-home/joey", 0o022),
        (&["~/pub", "~"], "/ferryd-home/joe/pub/x", 1),
        (&["~", "/ferryd-home"], "/ferryd-home/joe", 1),
        (&["~/*"], "/ferryd-home/joe", 0o022),
        (&["~/*/cgi"], "/ferryd-home/joe/www/cgi/x", 1),
        (&["/ferryd-home/*/www"], "/ferryd-home/ann/www/x", 1),
        (&["/ferryd-home/*/www"], "/ferryd-home/ann/x/www", 1),
        (&["/ferryd-home/*/www"], "/ferryd-home/ann/www2", 0o022),
        (&["/ferryd-home/*/*"], "/ferryd-home/ann", 0o022),
        (&["/ferryd-home/*/*"], "/ferryd-home/ann/x", 1),
        (&["/ferryd-home/*/www", "~"], "/ferryd-home/joe/www", 2),
        (&["~", "/ferryd-home/*/www"], "/ferryd-home/joe/www", 2),
        (&["/a/?", "/a/b/c"], "/a/b/c", 2),
        (&["/a/b/c", "/a/?"], "/a/b/c", 2),
        (&["/a/b/c", "/a/?", "/a"], "/a/b/c", 1),
    ];
    for (sections, path, expected) in table {
        assert_eq!(umask_at(sections, path), *expected, "{sections:?} at {path}");
    }
}

#[test]
fn a_folder_whose_names_no_section_tells_apart_has_one_rule() {
    let table: &[(&[&str], &str, bool)] = &[
        (&[], "/a", true),
        (&["/*", "/a", "/a/*", "/b", "/a/b/c", "~"], "/a", true),
        (&["/a/b"], "/a", false),
        (&["/a/b/*"], "/a", false),
        (&["~/pub"], "/ferryd-home/joe", false),
        (&["~"], "/ferryd-home", false),
        (&["~/pub/x"], "/ferryd-home/joe", true),
        (&["/z/*/c"], "/a", false),
    ];
    for (sections, folder, expected) in table {
        let mut rules = DirectoryRules { base: ScopeRules::default(), sections: Sections::default() };
        sections.iter().for_each(|text| rules.sections.add(text, ScopeRules::default()).expect("sound"));
        let told = rules.have_one_rule_in(folder.as_ref(), Subject::at("/ferryd-home/joe"));
        assert_eq!(told, *expected, "{sections:?} in {folder}");
    }
}

#[test]
fn a_denial_around_a_deeper_section_is_not_lost() {
    let deny = Limit::plain(vec!["STOR".into()], Some(false));
    let mut rules = DirectoryRules { base: ScopeRules::default(), sections: Sections::default() };
    rules.sections.add("/h", ScopeRules { limits: vec![deny], ..ScopeRules::default() }).expect("sound");
    rules
        .sections
        .add("~", ScopeRules { allow_overwrite: Some(true), ..ScopeRules::default() })
        .expect("sound");
    let there = rules.rules_for("/h/joe/x".as_ref(), Subject::at("/h/joe"));
    assert!(there.allow_overwrite() && !there.allows("STOR", &["WRITE"]));
}

#[test]
fn none_ends_an_outer_filter() {
    let pattern = regex::bytes::Regex::new("x").expect("compiles");
    let base = ScopeRules { deny_filter: Some(Filter::Pattern(pattern.into())), ..ScopeRules::default() };
    let mut rules = DirectoryRules { base, sections: Sections::default() };
    let none = ScopeRules { deny_filter: Some(Filter::None), ..ScopeRules::default() };
    rules.sections.add("/free", none).expect("sound");
    assert!(rules.rules_for("/".as_ref(), Subject::at("/")).deny_filter().is_some());
    assert!(rules.rules_for("/free/x".as_ref(), Subject::at("/")).deny_filter().is_none());
}

#[test]
fn a_symlink_in_a_section_is_followed() {
    let folder = tempfile::tempdir().expect("a folder");
    let real = folder.path().canonicalize().expect("a path").join("real");
    std::fs::create_dir(&real).expect("a folder");
    std::os::unix::fs::symlink(&real, folder.path().join("link")).expect("a link");
    let link = folder.path().join("link/new");
    assert_eq!(umask_at(&[link.to_str().expect("text")], real.join("new/x").to_str().expect("text")), 1);
}

#[test]
fn everything_of_an_anonymous_root_weighs_less_than_the_root() {
    let umask = |number| ScopeRules { umask: Some((number, number)), ..ScopeRules::default() };
    for root_is_first in [true, false] {
        let mut rules = DirectoryRules { base: ScopeRules::default(), sections: Sections::default() };
        if root_is_first {
            rules.sections.add("/r", umask(1)).expect("sound");
        }
        rules.sections.add_everything("/r".as_ref(), umask(2));
        if !root_is_first {
            rules.sections.add("/r", umask(1)).expect("sound");
        }
        assert_eq!(rules.rules_for("/r/x".as_ref(), Subject::at("/")).umask_file(), 1);
    }
    let mut rules = DirectoryRules { base: umask(3), sections: Sections::default() };
    rules.sections.add_everything("/r".as_ref(), umask(2));
    assert_eq!(rules.rules_for("/r/x".as_ref(), Subject::at("/")).umask_file(), 2);
    assert_eq!(rules.rules_for("/r".as_ref(), Subject::at("/")).umask_file(), 3);
}

#[test]
fn a_users_name_stands_in_sections_once_it_is_known() {
    let umask = |number| ScopeRules { umask: Some((number, number)), ..ScopeRules::default() };
    let mut rules = DirectoryRules { base: umask(9), sections: Sections::default() };
    rules.sections.add("/ferryd-srv/%u/in", umask(1)).expect("sound");
    rules.sections.add("/ferryd-srv/*/%u", umask(2)).expect("sound");
    assert!(rules.sections.add("/ferryd-srv/%u/[", umask(2)).is_err());
    let at =
        |rules: &DirectoryRules, path: &str| rules.rules_for(path.as_ref(), Subject::at("/")).umask_file();
    assert_eq!(at(&rules, "/ferryd-srv/joe/in"), 9);
    let joe = rules.of_user(b"joe").expect("his own");
    for (path, wanted) in [
        ("/ferryd-srv/joe/in/x", 1),
        ("/ferryd-srv/ann/in", 9),
        ("/ferryd-srv/x/joe", 2),
        ("/ferryd-srv/x/ann", 9),
    ] {
        assert_eq!(at(&joe, path), wanted, "{path}");
    }
    let star = rules.of_user(b"*").expect("his own");
    assert_eq!((at(&star, "/ferryd-srv/joe/in"), at(&star, "/ferryd-srv/*/in")), (9, 1));
    let of_domain = rules.of_user(br"HOST\joe").expect("his own");
    assert_eq!(at(&of_domain, r"/ferryd-srv/HOST\joe/in"), 1);
    assert_eq!(at(&of_domain, r"/ferryd-srv/x/HOST\joe"), 2);
    let trailing = rules.of_user(br"joe\").expect("his own");
    assert_eq!((at(&trailing, r"/ferryd-srv/joe\/in"), at(&trailing, r"/ferryd-srv/x/joe\")), (1, 2));
    for name in ["..", ".", "", "a/b"] {
        assert!(rules.of_user(name.as_bytes()).is_none(), "{name}");
    }
}

mod alike {
    use proptest::prelude::*;

    use super::super::super::settings::FolderRules;
    use super::*;

    const NAMES: [&str; 4] = ["a", "b", "ab", "c"];
    const HOME: &str = "/a/b";

    /// A folder, up to three deep.
    fn folder() -> impl Strategy<Value = String> {
        proptest::collection::vec(proptest::sample::select(&NAMES[..]), 0..4)
            .prop_map(|names| format!("/{}", names.join("/")))
    }

    /// What may stand behind `<Directory`.
    fn section() -> impl Strategy<Value = String> {
        let part = proptest::sample::select(&["a", "b", "ab", "*", "?", "a*", "[ab]"][..]);
        let path = proptest::collection::vec(part, 0..4).prop_map(|parts| parts.join("/"));
        (path, proptest::sample::select(&["/", "~/", "~"][..]), any::<bool>()).prop_map(
            |(path, front, within)| {
                let path = format!("{front}{path}");
                if within { format!("{}/*", path.trim_end_matches('/')) } else { path }
            },
        )
    }

    /// Each scope by its mark.
    fn marks(rules: &PathRules<'_>) -> Vec<Option<(u32, u32)>> {
        rules.scopes.iter().map(|scope| scope.umask).collect()
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2000))]

        /// For names that no section singles out the same scopes are found in the same order, whatever folders' own files say.
        #[test]
        fn names_that_nothing_singles_out_have_the_same_rules(
            folder in folder(),
            sections in proptest::collection::vec(section(), 0..6),
            files in proptest::collection::btree_set(1_usize..5, 0..3),
        ) {
            let mark = |number| ScopeRules { umask: Some((number, 0)), ..ScopeRules::default() };
            let mut rules = DirectoryRules { base: mark(99), sections: Sections::default() };
            for (number, text) in (1..).zip(&sections) {
                prop_assume!(rules.sections.add(text, mark(number)).is_ok());
            }
            let subject = Subject::at(HOME);
            let said: Vec<(usize, Rc<FolderRules>)> =
                files.iter().rev().map(|depth| (*depth, Rc::new(FolderRules::from(mark(100))))).collect();
            let path = |name: &str| Path::new(&folder).join(name);
            let usual: Vec<&str> = NAMES.into_iter().filter(|name| !rules.single_out(&path(name), subject)).collect();
            let of = |name: &str| (
                marks(&rules.rules_for(&path(name), subject)),
                marks(&rules.amended(&path(name), subject, &said)),
            );
            for pair in usual.windows(2) {
                prop_assert_eq!(of(pair[0]), of(pair[1]), "{} {} in {}", pair[0], pair[1], folder);
            }
            prop_assert!(usual.len() == NAMES.len() || !rules.have_one_rule_in(folder.as_ref(), subject));
        }
    }
}
