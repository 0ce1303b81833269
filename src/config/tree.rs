//! Lines to a tree: sections and what they hold, with Include, Define, IfDefine, IfModule and IfVersion already carried out.

mod carrying_out;

use std::borrow::Cow;
use std::collections::VecDeque;
use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};

use super::complaint::{Complaint, Complaints};
use super::lines::{Line, Mark, Oddity, Source, Word, lines};
use super::steadiness::{self, Steadiness};
use super::variables::Variables;

/// How deep Include may go, as in ProFTPD.
pub const INCLUDE_DEPTH_MOST: usize = 64;

/// How deep sections may nest.
pub const NESTING_MOST: usize = 32;

/// Most bytes of all files together.
pub const BYTES_MOST: u64 = 64 * 1024 * 1024;

/// Most files read for one configuration.
pub const FILES_MOST: usize = 100_000;

/// How often files are read that are being written meanwhile.
const ATTEMPTS: usize = 5;

/// Directives that are done while the file is read.
const CARRIED_OUT: [&str; 3] = ["Include", "Define", "LoadModule"];

/// Sections that are gone once the file is read: what is within belongs to what is around, or to nothing.
const CONDITIONS: [&str; 3] = ["IfDefine", "IfModule", "IfVersion"];

/// A directive or a section, as written.
#[derive(Debug)]
pub struct Node {
    /// Its name, without brackets for a section.
    pub name: Word,
    /// What follows the name, variables replaced.
    pub arguments: Vec<Word>,
    /// What a section holds; None for a directive.
    pub children: Option<Vec<Node>>,
}

impl Node {
    /// Whether it is called so, in any case.
    pub fn is(&self, name: &str) -> bool {
        self.name.text.eq_ignore_ascii_case(name)
    }

    /// Its name as it is looked up: a section's in its brackets.
    pub fn written(&self) -> Cow<'_, str> {
        match self.children {
            Some(_) => ["<", &self.name.text, ">"].concat().into(),
            None => self.name.text.as_str().into(),
        }
    }
}

/// A configuration, read.
#[derive(Debug, Default)]
pub struct Tree {
    /// In the order written, included files in their place.
    pub nodes: Vec<Node>,
    /// What was done while reading and is part of no section: Include, Define, LoadModule, `<IfDefine>`, `<IfModule>`,
    /// `<IfVersion>`.
    pub carried_out: Vec<Node>,
    /// Directives within `<IfModule>` of a module that ferryd lacks.
    pub skipped: Vec<Node>,
    /// What is wrong so far.
    pub complaints: Complaints,
}

/// Reads a file and all it includes. `file` is absolute. What is being written meanwhile is read again, and refused in the end.
pub fn read(file: &Path, defines: &[(String, Option<String>)]) -> Tree {
    for _ in 1..ATTEMPTS {
        let reader = Reader::of(file, defines);
        if reader.steadiness.restless().is_none() {
            return reader.tree;
        }
        std::thread::sleep(steadiness::CALM);
    }
    let Reader { mut tree, steadiness, .. } = Reader::of(file, defines);
    if let Some(restless) = steadiness.restless() {
        let restless = restless.display();
        let message = format!("{restless} is being written while it is read: try again when it is whole");
        tree.complaints.push(Complaint::error(None, message));
    }
    tree
}

/// Reads a file that a client may have written: no other file is opened for it, nothing of the daemon's surroundings is told in it.
pub fn read_confined(file: &Path, bytes: &[u8]) -> Tree {
    let mut reader = Reader::new(Variables::none());
    reader.tree.nodes = reader.file(file, bytes);
    reader.tree
}

fn unreadable(mark: Option<&Mark>, path: &Path, error: &std::io::Error) -> Complaint {
    Complaint::error(mark.map(Mark::place), format!("cannot read {}: {error}", path.display()))
}

struct Reader {
    variables: Variables,
    tree: Tree,
    /// Files being read, outermost first.
    including: Vec<PathBuf>,
    files: usize,
    bytes: u64,
    absent_modules: Vec<Word>,
    steadiness: Steadiness,
}

/// A section or condition that is open.
struct Open {
    name: Word,
    kind: Kind,
}

enum Kind {
    /// A section that will be a node.
    Section { arguments: Vec<Word>, nodes: Vec<Node> },
    /// `<IfDefine>`, `<IfModule>` or `<IfVersion>` that holds: what is within belongs to what is around.
    Holds,
    /// One that does not hold.
    Skipped { for_module: bool },
}

impl Reader {
    fn new(variables: Variables) -> Reader {
        Reader {
            variables,
            tree: Tree::default(),
            including: Vec::new(),
            files: 0,
            bytes: 0,
            absent_modules: Vec::new(),
            steadiness: Steadiness::default(),
        }
    }

    /// Having read a file and all it includes, once.
    fn of(file: &Path, defines: &[(String, Option<String>)]) -> Reader {
        let mut reader = Reader::new(Variables::new(file, defines));
        match reader.contents(file) {
            Ok(bytes) => reader.tree.nodes = reader.file(file, &bytes),
            Err(error) => reader.tree.complaints.push(unreadable(None, file, &error)),
        }
        reader.tell_absent_modules();
        reader
    }

    /// A plain file's bytes, within the bounds.
    fn contents(&mut self, file: &Path) -> std::io::Result<Vec<u8>> {
        // Looked at first: to open a FIFO would be to wait for its writer.
        let metadata = fs::metadata(file)?;
        if !metadata.is_file() {
            return Err(std::io::Error::other("it is not a plain file"));
        }
        self.steadiness.note(file, &metadata);
        let open = fs::File::open(file)?;
        let mut bytes = Vec::new();
        let left = BYTES_MOST - self.bytes;
        open.take(left + 1).read_to_end(&mut bytes)?;
        self.files += 1;
        if bytes.len() as u64 > left || self.files > FILES_MOST {
            return Err(std::io::Error::other("the configuration is too large"));
        }
        self.bytes += bytes.len() as u64;
        Ok(bytes)
    }

    /// The nodes of one file. Sections end in the file in which they begin.
    fn file(&mut self, path: &Path, bytes: &[u8]) -> Vec<Node> {
        let source = Source::new(path.to_owned(), bytes);
        self.including.push(path.to_owned());
        let mut open: Vec<Open> = Vec::new();
        let mut nodes = Vec::new();
        for line in lines(&source) {
            self.line(line, &mut open, &mut nodes);
        }
        while let Some(unclosed) = open.pop() {
            let message = format!("<{}> is not closed in this file", unclosed.name.text);
            self.tree.complaints.error(&unclosed.name.mark, message);
            close(unclosed, &mut open, &mut nodes);
        }
        self.including.pop();
        nodes
    }

    fn line(&mut self, line: Line, open: &mut Vec<Open>, nodes: &mut Vec<Node>) {
        let skipping = open.iter().any(|open| matches!(open.kind, Kind::Skipped { .. }));
        if !skipping {
            line.oddities.iter().for_each(|(mark, oddity)| self.tell_oddity(mark, *oddity));
        }
        let mut words = VecDeque::from(line.words);
        let Some(name) = words.pop_front() else { return };
        if line.is_section {
            match name.text.strip_prefix('/') {
                Some(closing) => self.close(&name, closing, open, nodes),
                None => self.open(name, words.into(), skipping, open),
            }
        } else if skipping {
            self.skip(name, words.into(), open);
        } else {
            self.directive(name, words.into(), open, nodes);
        }
    }

    fn tell_oddity(&mut self, mark: &Mark, oddity: Oddity) {
        match oddity {
            Oddity::OpenQuote => {
                self.tree.complaints.warning(mark, "the quote is not closed; it ends with the line")
            }
            Oddity::OpenBracket => self.tree.complaints.error(mark, "the section's '>' is missing"),
            Oddity::TooLong => self.tree.complaints.error(mark, "the line is too long"),
            Oddity::NotText => self.tree.complaints.error(mark, "the line is not UTF-8"),
        }
    }

    fn open(&mut self, name: Word, arguments: Vec<Word>, skipping: bool, open: &mut Vec<Open>) {
        if open.len() == NESTING_MOST {
            self.tree.complaints.error(&name.mark, format!("sections nest deeper than {NESTING_MOST}"));
        }
        let kind = if skipping || open.len() >= NESTING_MOST {
            Kind::Skipped { for_module: false }
        } else if CONDITIONS.iter().any(|condition| name.text.eq_ignore_ascii_case(condition)) {
            self.carried_out(&name, &arguments, true);
            self.condition(&name, &arguments)
        } else {
            Kind::Section { arguments: self.replaced(arguments), nodes: Vec::new() }
        };
        // A bound on what a hostile file costs: deeper sections are only counted.
        if open.len() < 4 * NESTING_MOST {
            open.push(Open { name, kind });
        }
    }

    fn carried_out(&mut self, name: &Word, arguments: &[Word], is_section: bool) {
        let children = is_section.then(Vec::new);
        self.tree.carried_out.push(Node { name: name.clone(), arguments: arguments.to_vec(), children });
    }

    fn close(&mut self, name: &Word, closing: &str, open: &mut Vec<Open>, nodes: &mut Vec<Node>) {
        let Some(innermost) = open.last() else {
            self.tree.complaints.error(&name.mark, format!("</{closing}> closes nothing"));
            return;
        };
        if !innermost.name.text.eq_ignore_ascii_case(closing) {
            let message = format!("</{closing}> stands where </{}> is expected", innermost.name.text);
            self.tree.complaints.error(&name.mark, message);
            if !open.iter().any(|open| open.name.text.eq_ignore_ascii_case(closing)) {
                return;
            }
        }
        while let Some(ended) = open.pop() {
            let is_it = ended.name.text.eq_ignore_ascii_case(closing);
            close(ended, open, nodes);
            if is_it {
                return;
            }
        }
    }

    /// What stands in a block for an absent module is kept aside, so that a lost restriction can be told.
    fn skip(&mut self, name: Word, arguments: Vec<Word>, open: &[Open]) {
        let for_module = open.iter().any(|open| matches!(open.kind, Kind::Skipped { for_module: true }));
        if for_module {
            self.tree.skipped.push(Node { name, arguments, children: None });
        }
    }

    fn directive(&mut self, name: Word, arguments: Vec<Word>, open: &mut [Open], nodes: &mut Vec<Node>) {
        // LogFormat's %{env:…} is a variable of the log line, not of this file.
        let arguments =
            if name.text.eq_ignore_ascii_case("LogFormat") { arguments } else { self.replaced(arguments) };
        let around = open.iter_mut().rev().find_map(|open| match &mut open.kind {
            Kind::Section { nodes, .. } => Some(nodes),
            _ => None,
        });
        let here = around.unwrap_or(nodes);
        if CARRIED_OUT.iter().any(|done| name.text.eq_ignore_ascii_case(done)) {
            self.carried_out(&name, &arguments, false);
        }
        let is_confined = self.variables.are_none();
        match name.text.to_ascii_lowercase().as_str() {
            // What may not stand there is told with everything else that may not.
            _ if is_confined => here.push(Node { name, arguments, children: None }),
            "include" => here.extend(self.include(&name, &arguments)),
            "define" => self.define(&name, &arguments),
            "loadmodule" => self.load_module(&name, arguments),
            _ => here.push(Node { name, arguments, children: None }),
        }
    }

    fn replaced(&mut self, words: Vec<Word>) -> Vec<Word> {
        let mut replaced = words;
        for word in replaced.iter_mut().filter(|word| word.text.contains("%{")) {
            match self.variables.replace(&word.text) {
                Ok(text) => word.text = text,
                Err(message) => self.tree.complaints.error(&word.mark, message),
            }
        }
        replaced
    }
}

/// Gives a closed section to what is around it.
fn close(ended: Open, open: &mut [Open], nodes: &mut Vec<Node>) {
    let Kind::Section { arguments, nodes: children } = ended.kind else { return };
    let node = Node { name: ended.name, arguments, children: Some(children) };
    let around = open.iter_mut().rev().find_map(|open| match &mut open.kind {
        Kind::Section { nodes, .. } => Some(nodes),
        _ => None,
    });
    around.unwrap_or(nodes).push(node);
}
