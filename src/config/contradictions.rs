//! What is sound and yet can never hold: said as a warning, for whoever wrote it meant something by it.

use std::collections::HashSet;
use std::path::{Path, PathBuf};

use super::complaint::{Complaints, similar_names};
use super::lines::Word;
use super::tree::Node;
use super::{Complaint, arguments};

/// Directives and sections whose words are names of classes.
const OF_CLASSES: [&str; 4] = ["IfClass", "AllowClass", "DenyClass", "MaxClientsPerClass"];

/// What stands between names.
const CONNECTIVES: [&str; 2] = ["AND", "OR"];

/// Tells of everything that can never hold.
pub fn tell(nodes: &[Node], complaints: &mut Complaints) {
    let (mut classes, mut shown) = (HashSet::new(), Vec::new());
    known_classes(nodes, &mut classes);
    shown_folders(nodes, &mut shown);
    Reader { classes, shown, complaints }.nodes(nodes, Around::default());
}

fn known_classes(nodes: &[Node], known: &mut HashSet<String>) {
    for node in nodes {
        if let (true, Some(name)) = (node.is("Class"), node.arguments.first()) {
            known.insert(name.text.clone());
        }
        known_classes(node.children.as_deref().unwrap_or_default(), known);
    }
}

/// What aliases show of the host, wherever they are said.
fn shown_folders(nodes: &[Node], shown: &mut Vec<PathBuf>) {
    for node in nodes {
        if let (true, Some(source)) = (node.is("VRootAlias"), node.arguments.first()) {
            shown.extend(arguments::absolute(&source.text));
        }
        shown_folders(node.children.as_deref().unwrap_or_default(), shown);
    }
}

/// Where a node stands.
#[derive(Clone, Copy, Default)]
struct Around<'a> {
    in_directory: bool,
    /// `<Anonymous>`'s folder.
    root: Option<&'a Word>,
}

struct Reader<'a> {
    classes: HashSet<String>,
    /// What VRootAlias shows.
    shown: Vec<PathBuf>,
    complaints: &'a mut Complaints,
}

impl Reader<'_> {
    fn nodes(&mut self, nodes: &[Node], around: Around<'_>) {
        for node in nodes {
            self.node(node, around);
        }
    }

    fn node(&mut self, node: &Node, around: Around<'_>) {
        if OF_CLASSES.iter().any(|name| node.is(name)) {
            self.class_names(node);
        }
        let Some(children) = &node.children else { return };
        let mut within = around;
        if node.is("Limit") {
            self.limit(node, around);
        } else if node.is("Directory") {
            self.directory(node, around);
            self.shown_elsewhere(node);
            within.in_directory = true;
        } else if node.is("Anonymous") {
            within.root = node.arguments.first();
        }
        self.nodes(children, within);
    }

    fn limit(&mut self, node: &Node, around: Around<'_>) {
        let commands = || node.arguments.iter().flat_map(|word| word.text.split(','));
        if around.in_directory && commands().any(|name| name.eq_ignore_ascii_case("LOGIN")) {
            let message =
                "<Limit LOGIN> in <Directory> never holds: a login is done in no folder; put it outside";
            self.complaints.warning(&node.name.mark, message);
        }
    }

    /// An absolute folder that no client of the anonymous root can come to.
    fn directory(&mut self, node: &Node, around: Around<'_>) {
        let (Some(root), [path]) = (around.root, node.arguments.as_slice()) else { return };
        let plain = |word: &Word| word.text.starts_with('/') && !word.text.contains(['*', '?', '[', '%']);
        if !plain(root) || !plain(path) {
            return;
        }
        let real = |text: &str| {
            let path = arguments::normalised(Path::new(text));
            path.canonicalize().unwrap_or(path)
        };
        let (root, folder) = (real(&root.text), real(&path.text));
        if !folder.starts_with(&root) && !root.starts_with(&folder) {
            let message =
                format!("<Directory>: nobody comes to it from the <Anonymous> root {}", root.display());
            self.complaints.warning(&path.mark, message);
        }
    }

    /// A folder of which something is said, and that sessions come to by another name.
    fn shown_elsewhere(&mut self, node: &Node) {
        let [path] = node.arguments.as_slice() else { return };
        let Some(folder) = arguments::absolute(&path.text) else { return };
        // What is said of all the host holds under every name.
        let is_all = folder.parent().is_none();
        let is_around = |source: &PathBuf| folder.starts_with(source) || source.starts_with(&folder);
        if !is_all && self.shown.iter().any(is_around) {
            let message = "<Directory>: VRootAlias shows this folder, or what lies in it, under another name, where this does not hold; name the folder as it stands in the root, too";
            self.complaints.warning(&path.mark, message);
        }
    }

    fn class_names(&mut self, node: &Node) {
        let is_regex = node.arguments.first().is_some_and(|word| word.text.eq_ignore_ascii_case("regex"));
        if self.classes.is_empty() && node.is("MaxClientsPerClass") || is_regex {
            return;
        }
        let most = if node.is("MaxClientsPerClass") { 1 } else { usize::MAX };
        for word in node.arguments.iter().take(most) {
            for name in word.text.split(',').map(|name| name.trim_start_matches('!')) {
                let is_name =
                    !name.is_empty() && !CONNECTIVES.iter().any(|word| name.eq_ignore_ascii_case(word));
                if is_name && !self.classes.contains(name) {
                    let message =
                        format!("{}: there is no <Class {name}>, so nobody is of it", node.written());
                    let complaint = Complaint::warning(Some(word.mark.place()), message);
                    let known: Vec<&str> = self.classes.iter().map(String::as_str).collect();
                    self.complaints
                        .push_with_similar(complaint, || similar_names(name, known.iter().copied()));
                }
            }
        }
    }
}
