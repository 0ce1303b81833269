//! Configurations at random, made of the rows: every directive in any section, with words that its row names, plausible ones and silly
//! ones.

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;

use super::super::directives::{Row, rows};
use super::*;

/// How deep sections of a random file nest.
const DEPTH: u32 = 4;

/// Words that mean something to one directive or another, and some that should mean nothing to any.
const WORDS: [&str; 56] = [
    "on",
    "off",
    "none",
    "all",
    "yes",
    "FALSE",
    "1",
    "0",
    "-1",
    "21",
    "022",
    "0777",
    "65536",
    "4294967296",
    "99999999999999999999",
    "5 \"only %m\"",
    "10",
    "1:30",
    "2h",
    "3 MB",
    "/",
    "/srv",
    "/srv/*",
    "/srv/[a",
    "/srv/../x",
    "~",
    "~/www",
    "~root",
    "~nobody-here",
    "relative/path",
    "%u",
    "%{env:NOPE}",
    "%{define:X}",
    "%{config-dir}/f.conf",
    "%{config-dir}/",
    "%h %l %{",
    "127.0.0.1",
    "127.0.0.0/8",
    "[::1]:2121",
    "300.1.1.1",
    "root",
    "nobody",
    "nogroup",
    "!adm,staff",
    "ALL",
    "WRITE",
    "LOGIN,stor",
    "allow,deny",
    "AND",
    "regex",
    "^(a|b)+$",
    "(((",
    "\"two words\"",
    "\"",
    "\\",
    "ünïcödé\u{7f}\u{1b}",
];

/// Directives whose words are looked up as names of hosts: a resolver could take its time.
const LOOKED_UP: [&str; 3] = ["<VirtualHost>", "DefaultAddress", "MasqueradeAddress"];

/// Words for those.
const ADDRESSES: [&str; 8] =
    ["127.0.0.1", "127.0.0.2:2121", "[::1]", "::1", "*", "[::1]:99999", "not/an/address", "\"\""];

/// A line, or a section with what it holds; the text of either.
fn piece() -> impl Strategy<Value = String> {
    let line = row(false)
        .prop_flat_map(|row| (Just(row), arguments(row)))
        .prop_map(|(row, arguments)| format!("{} {}\n", row.name, arguments.join(" ")));
    let silly = select(vec![
        "</Directory>\n",
        "</Global>\n",
        "<>\n",
        "<Limit\n",
        "# \\\n",
        "Bogus on\n",
        "Umask \\\n",
    ]);
    let leaf = prop_oneof![12 => line, 1 => silly.prop_map(str::to_owned)];
    leaf.prop_recursive(DEPTH, 40, 8, |inner| {
        let section = row(true).prop_flat_map(|row| (Just(row), arguments(row)));
        (section, vec(inner, 0..8)).prop_map(|((row, arguments), inner)| {
            let name = row.name.trim_matches(['<', '>']);
            format!("<{name} {}>\n{}</{name}>\n", arguments.join(" "), inner.concat())
        })
    })
}

fn row(is_section: bool) -> impl Strategy<Value = Row> {
    select(rows().filter(|row| row.name.starts_with('<') == is_section).collect::<Vec<_>>())
}

/// Mostly as many words as the row's syntax has, and mostly such as it names.
fn arguments(row: Row) -> impl Strategy<Value = Vec<String>> {
    if LOOKED_UP.contains(&row.name) {
        return vec(select(ADDRESSES.map(str::to_owned).to_vec()), 0..3).boxed();
    }
    let mut own: Vec<String> = row
        .syntax
        .split(['|', ' ', '[', ']', '…'])
        .filter(|word| !word.is_empty())
        .map(str::to_owned)
        .collect();
    own.push("on".to_owned());
    let word = prop_oneof![
        3 => select(own),
        6 => select(WORDS.to_vec()).prop_map(str::to_owned),
        1 => "\\PC{0,12}",
        1 => "[0-9]{1,12}",
    ];
    let usual = row.syntax.split(' ').filter(|word| !word.is_empty()).count();
    prop_oneof![3 => vec(word.clone(), usual), 1 => vec(word, 0..5)].boxed()
}

fn cases() -> u32 {
    if std::env::var_os("FERRYD_LONG").is_some_and(|value| value == "1") { 4_000 } else { 48 }
}

/// What was made of it, in the order of its lines: a hash map has another each time.
fn content(loaded: &Loaded) -> Option<Vec<String>> {
    let settings = loaded.settings.as_ref()?;
    let mut lines: Vec<String> = format!("{settings:#?}").lines().map(str::to_owned).collect();
    lines.sort();
    Some(lines)
}

/// An error that no line is to blame for: nothing is listened on.
fn is_of_the_whole(error: &Complaint) -> bool {
    error.message.starts_with("no server has an address")
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(cases()))]

    #[test]
    fn a_random_file_is_settings_or_errors_with_places(pieces in vec(piece(), 0..12)) {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("f.conf");
        std::fs::write(&file, pieces.concat()).expect("written");
        let options = LoadOptions { check_collisions: true, rootless: true, ..LoadOptions::default() };
        let (once, again) = (load(&file, &options), load(&file, &options));
        prop_assert_eq!(&once.complaints, &again.complaints);
        prop_assert_eq!(content(&once), content(&again));
        prop_assert!(once.complaints.len() <= complaint::COMPLAINTS_MOST + 1);
        let mut errors = once.complaints.iter().filter(|complaint| complaint.is_error()).peekable();
        prop_assert_eq!(once.settings.is_some(), errors.peek().is_none());
        if errors.peek().is_some() {
            prop_assert!(errors.any(|error| error.place.is_some() || is_of_the_whole(error)), "{:?}", once.complaints);
        }
    }
}
