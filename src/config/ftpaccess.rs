//! `.ftpaccess`: what a folder's own file says, as though it stood in a `<Directory>` for that folder. A client may have written it: it
//! names no other file, what it costs is bounded, and what cannot be read in it is passed over and told.

use std::path::Path;

use super::complaint::Complaint;
use super::contexts::{Contexts, FTPACCESS, LIMIT};
use super::directives;
use super::interpret;
use super::lines::Word;
use super::outline::{Statement, statement_lines};
use super::settings::{FolderRules, ScopeRules};
use super::tree::{self, Node};

/// What the file is called in every folder.
pub const NAME: &str = ".ftpaccess";

/// Most bytes of one file.
pub const BYTES_MOST: usize = 16 * 1024;

/// Most directives and sections of one file.
const LINES_MOST: usize = 512;

/// Most words in one file that are patterns: each is compiled and kept.
const PATTERNS_MOST: usize = 16;

/// Longest of them.
const PATTERN_MOST: usize = 512;

/// Complaints of one file that are told.
const TOLD_MOST: usize = 5;

/// What a file comes to.
#[derive(Debug)]
pub struct Heard {
    /// What it says.
    pub rules: FolderRules,
    /// What is wrong with it, a sentence each, as many as are told.
    pub complaints: Vec<String>,
    /// Whether all of it was understood.
    pub is_sound: bool,
}

/// Reads a file's bytes; Err is why nothing of it is taken. `keeps` says which of its lines count.
pub fn read(file: &Path, bytes: &[u8], keeps: &dyn Fn(u32) -> bool) -> Result<Heard, String> {
    let mut tree = nodes(file, bytes)?;
    retain(&mut tree.nodes, keeps);
    judge_sections(&tree.nodes, FTPACCESS)?;
    let mut complaints = std::mem::take(&mut tree.complaints);
    let rules = interpret::folder_file(&tree.nodes, &mut complaints).into();
    let complaints = complaints.finish();
    Ok(Heard {
        rules,
        is_sound: !complaints.iter().any(Complaint::is_error),
        complaints: complaints.iter().take(TOLD_MOST).map(Complaint::one_line).collect(),
    })
}

/// The lines of a file, as they are written.
pub fn statements(file: &Path, bytes: &[u8]) -> Vec<Statement> {
    nodes(file, bytes).map(|tree| statement_lines(&tree.nodes)).unwrap_or_default()
}

/// What holds where a file is there and says nobody knows what.
pub fn closed() -> FolderRules {
    ScopeRules { says: Some(false), ..ScopeRules::default() }.into()
}

fn nodes(file: &Path, bytes: &[u8]) -> Result<tree::Tree, String> {
    if bytes.len() > BYTES_MOST {
        return Err(format!("it is larger than {BYTES_MOST} bytes"));
    }
    let tree = tree::read_confined(file, bytes);
    let mut cost = Cost::default();
    cost.add(&tree.nodes);
    cost.judged().map(|()| tree)
}

fn retain(nodes: &mut Vec<Node>, keeps: &dyn Fn(u32) -> bool) {
    nodes.retain(|node| keeps(node.name.mark.place().line));
    for node in nodes {
        node.children.iter_mut().for_each(|children| retain(children, keeps));
    }
}

/// Sections that may not stand there lose their brackets, so that what they deny is not lost. But what they allow, they would allow to
/// everybody, and everywhere: of a file with such a one nothing is taken.
fn judge_sections(nodes: &[Node], context: Contexts) -> Result<(), String> {
    for node in nodes {
        let Some(children) = &node.children else { continue };
        let written = node.written();
        match directives::row(&written).is_some_and(|row| row.contexts.has(context)) {
            true => judge_sections(children, LIMIT)?,
            false if denies_all(children) => {}
            false => return Err(format!("{written} may not stand there, and it holds more than DenyAll")),
        }
    }
    Ok(())
}

fn denies_all(nodes: &[Node]) -> bool {
    nodes.iter().all(|node| node.children.as_deref().map_or_else(|| node.is("DenyAll"), denies_all))
}

/// What a file would cost.
#[derive(Debug, Default)]
struct Cost {
    lines: usize,
    patterns: usize,
    longest: usize,
}

impl Cost {
    fn add(&mut self, nodes: &[Node]) {
        for node in nodes {
            self.lines += 1;
            for word in node.arguments.iter().filter(|word| may_be_pattern(node, &word.text)) {
                self.patterns += 1;
                self.longest = self.longest.max(word.text.len());
            }
            self.add(node.children.as_deref().unwrap_or_default());
        }
    }

    fn judged(&self) -> Result<(), String> {
        let judge = |is_so: usize, most: usize, what: &str| match is_so > most {
            true => Err(format!("it has more than {most} {what}")),
            false => Ok(()),
        };
        judge(self.lines, LINES_MOST, "lines")?;
        judge(self.patterns, PATTERNS_MOST, "patterns")?;
        judge(self.longest, PATTERN_MOST, "bytes in one pattern")
    }
}

/// Whether a word may be compiled.
fn may_be_pattern(node: &Node, word: &str) -> bool {
    let name = node.name.text.to_ascii_lowercase();
    let is_by_name = name.ends_with("filter") || name == "hidefiles";
    let is_by_word = |word: &Word| word.text.eq_ignore_ascii_case("regex");
    is_by_name
        || node.arguments.iter().any(is_by_word)
        || word.contains(['*', '?', '[', '(', '{', '|', '^', '$', '\\', '+'])
}

#[cfg(test)]
mod tests {
    use std::rc::Rc;
    use std::time::Instant;

    use proptest::prelude::*;

    use super::super::directories::Sections;
    use super::super::settings::{DirectoryRules, Subject};
    use super::*;

    fn heard(text: &str) -> Heard {
        read(Path::new("/srv/.ftpaccess"), text.as_bytes(), &|_| true).expect("within its bounds")
    }

    fn may_read(rules: FolderRules) -> bool {
        let around = DirectoryRules { base: ScopeRules::default(), sections: Sections::default() };
        let files = [(1, Rc::new(rules))];
        around.amended(Path::new("/x"), Subject::at("/"), &files).allows("RETR", &["READ"])
    }

    #[test]
    fn what_may_stand_there_is_read() {
        let all = heard(
            "Umask 077\nAllowOverwrite on\nHideFiles x\n<Limit READ>\nDenyAll\n</Limit>\nUseSendfile off\n",
        );
        assert!(all.is_sound && all.complaints.is_empty(), "{:?}", all.complaints);
        assert_eq!(
            (all.rules.values.umask, all.rules.values.allow_overwrite),
            (Some((0o77, 0o77)), Some(true))
        );
        assert!(!may_read(all.rules));
        assert!(heard("").is_sound && heard("# nothing\n").is_sound);
    }

    #[test]
    fn what_may_not_is_told_and_the_rest_holds() {
        for line in [
            "Port 21",
            "UserOwner joe",
            "HideUser joe",
            "HiddenStores on",
            "DisplayChdir x",
            "ShowSymlinks on",
            "AllowOverride off",
            "IgnoreHidden on",
            "AllowUser joe",
            "DefaultRoot ~",
            "Include /etc/passwd",
            "Define X",
            "LoadModule mod_tls.c",
            "DirFakeUser on %{env:PATH}",
            "Umask %{define:X}",
            "DenyFilter (",
            "No such directive",
            "</Limit>",
            "<Limit",
        ] {
            let heard = heard(&format!("{line}\n<Limit READ>\nDenyAll\n</Limit>\n"));
            assert!(!heard.is_sound && !may_read(heard.rules), "{line}");
            assert!(heard.complaints[0].starts_with("/srv/.ftpaccess:1:"), "{:?}", heard.complaints);
            assert!(!heard.complaints.iter().any(|said| said.contains("/bin")), "{:?}", heard.complaints);
        }
    }

    #[test]
    fn of_sections_that_may_not_stand_there_only_the_brackets_are_lost() {
        for section in ["Directory /x", "IfUser joe", "Global", "Limit", "Nonsense", "Limit READ NOSUCH"] {
            let name = section.split(' ').next().unwrap_or_default();
            let heard = heard(&format!("<{section}>\n<Limit READ>\nDenyAll\n</Limit>\n</{name}>\n"));
            assert!(!heard.is_sound, "{section}");
            if name != "Limit" {
                assert!(!may_read(heard.rules), "{section}");
            }
        }
        assert!(!may_read(heard("<Limit READ>\n<Limit WRITE>\nDenyAll\n</Limit>\n</Limit>\n").rules));
        assert!(!may_read(heard("<Limit READ>\nDenyAll\n").rules));
        assert!(may_read(heard("<IfModule mod_sql.c>\n<Limit READ>\nDenyAll\n</Limit>\n</IfModule>").rules));
    }

    #[test]
    fn what_a_section_allows_to_somebody_is_not_allowed_to_all() {
        let closed = "<Limit READ>\nDenyAll\n</Limit>\n";
        for (begin, end) in [
            ("IfUser joe", "IfUser"),
            ("IfGroup staff", "IfGroup"),
            ("IfClass near", "IfClass"),
            ("IfAuthenticated", "IfAuthenticated"),
            ("Directory pub", "Directory"),
            ("Nonsense", "Nonsense"),
            ("Limit ALL", "Limit"),
        ] {
            for rule in ["<Limit READ>\nAllowAll\n</Limit>", "<Limit READ>\nDenyUser joe\n</Limit>"] {
                let around =
                    if end == "Limit" { format!("<Limit READ>\n{rule}\n</Limit>") } else { rule.to_owned() };
                let text = format!("{closed}<{begin}>\n{around}\n</{end}>\n");
                let taken = read(Path::new("/f"), text.as_bytes(), &|_| true);
                assert!(taken.is_err_and(|why| why.contains("may not stand there")), "{text}");
            }
            if end != "Limit" {
                assert!(
                    read(
                        Path::new("/f"),
                        format!("<{begin}>\nAllowOverwrite on\n</{end}>").as_bytes(),
                        &|_| true
                    )
                    .is_err()
                );
            }
        }
        assert!(heard("<Limit READ>\nAllowAll\n</Limit>\n").is_sound);
    }

    #[test]
    fn lines_that_do_not_count_are_left_out() {
        let text = b"Umask 077\n<Limit READ>\nDenyAll\n</Limit>\n";
        let heard = read(Path::new("/f"), text, &|line| line != 3).expect("sound");
        assert!(heard.rules.values.umask.is_some() && may_read(heard.rules));
        let lines: Vec<(u64, String)> =
            statements(Path::new("/f"), text).into_iter().map(|one| (one.line, one.text)).collect();
        assert_eq!(lines, [(1, "Umask 077".to_owned()), (3, "DenyAll".to_owned())]);
    }

    #[test]
    fn what_costs_too_much_is_not_taken() {
        for text in [
            "#".repeat(BYTES_MOST + 1),
            "Umask 22\n".repeat(LINES_MOST + 1),
            "HideFiles a\n".repeat(PATTERNS_MOST + 1),
            "<Limit READ>\nDeny from *.x\n</Limit>\n".repeat(PATTERNS_MOST + 1),
            format!("DenyFilter {}", "a".repeat(PATTERN_MOST + 1)),
        ] {
            assert!(read(Path::new("/f"), text.as_bytes(), &|_| true).is_err(), "{}", &text[..20]);
        }
    }

    #[test]
    fn the_worst_that_is_taken_is_read_soon() {
        let began = Instant::now();
        let words = "<Limit ".to_owned() + &"QUX ".repeat(4_000) + ">\n</Limit>\n";
        for text in [words, "x\n".repeat(500), "<a>\n".repeat(500), "Order a\n".repeat(500)] {
            assert!(!heard(&text).is_sound);
        }
        let pattern = "HideFiles (a|b|[c-z]{20,90}){1,60}$\n".repeat(PATTERNS_MOST);
        let _ = heard(&pattern);
        assert!(began.elapsed().as_secs() < 5, "{:?}", began.elapsed());
    }

    #[test]
    fn a_file_stands_between_the_sections_around_its_folder_and_those_within() {
        let umask = |number| {
            let limits = vec![super::super::settings::Limit::plain(vec!["READ".into()], Some(true))];
            ScopeRules { umask: Some((number, number)), limits, ..ScopeRules::default() }
        };
        let mut rules = DirectoryRules { base: umask(1), sections: Sections::default() };
        for (path, number) in [("/ferryd-a", 2), ("/ferryd-a/b/c", 3), ("/ferryd-p*", 4), ("/ferryd-w/*", 5)]
        {
            rules.sections.add(path, umask(number)).expect("sound");
        }
        let at = |path: &str, depth: usize| {
            let limits = vec![super::super::settings::Limit::plain(vec!["READ".into()], Some(false))];
            let files = [(depth, Rc::new(ScopeRules { limits, ..umask(9) }.into()))];
            let rules = rules.amended(Path::new(path), Subject::at("/"), &files);
            (rules.umask_file(), !rules.allows("RETR", &["READ"]))
        };
        for (path, depth, (umask, is_limited)) in [
            ("/x", 1, (9, true)),
            ("/ferryd-a/x", 1, (2, false)),
            // Of what is said of one folder limits in its own file weigh most, then comes its section.
            ("/ferryd-a/x", 2, (2, true)),
            ("/ferryd-a/b/x", 3, (9, true)),
            ("/ferryd-a/b/c/x", 3, (3, false)),
            ("/ferryd-a/b/c/x", 4, (3, true)),
            ("/ferryd-a/b/c/d/x", 5, (9, true)),
            ("/ferryd-p1/x", 1, (4, false)),
            ("/ferryd-p1/x", 2, (9, true)),
            ("/ferryd-w/x", 2, (5, false)),
            ("/ferryd-w/x/y", 3, (9, true)),
        ] {
            assert_eq!(at(path, depth), (umask, is_limited), "{path} {depth}");
        }
    }

    proptest! {
        #[test]
        fn whatever_stands_there_is_read_or_not_taken(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
            let _ = read(Path::new("/f"), &bytes, &|_| true);
        }
    }
}
