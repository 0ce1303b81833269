//! The tree, read with the rows: what each scope says. Contexts are checked here, and every complaint is gathered.

use super::access::Term;
use super::arguments::{Arguments, Fault, absolute, switch};
use super::classes::Classes;
use super::complaint::{Complaint, Complaints, similar_names};
use super::conditions::{Condition, ConditionDraft};
use super::contexts::{
    ANONYMOUS, CLASS, CLASS_CONDITION, CONDITION, Contexts, DIRECTORY, FTPACCESS, GLOBAL, HOST, LIMIT, MAIN,
    SERVERS,
};
use super::directives::{Effect, Row, names, row};
use super::draft::{AnonymousDraft, DaemonDraft, DirectoryDraft, Draft, HostDraft, Scope};
use super::expressions::{Expression, Usually};
use super::inherit::says_something;
use super::limits::{self, is_limitable};
use super::patterns::{self, Bounds};
use super::repeated::Said;
use super::settings::{Limit, ScopeRules};
use super::tree::Node;

/// Reads the tree into a draft.
pub fn interpret(nodes: &[Node], complaints: &mut Complaints) -> Draft {
    let mut reader = Reader::new(Author::Operator, complaints);
    let mut main = Scope::default();
    reader.scope(nodes, MAIN, &mut main);
    let Reader { mut global, hosts, classes, .. } = reader;
    settle(&mut global);
    Draft { main, global, hosts, classes }
}

/// Reads what a folder's own file says. A line that may not stand there is passed over; of a section only its brackets are.
pub fn folder_file(nodes: &[Node], complaints: &mut Complaints) -> ScopeRules {
    let mut scope = Scope::default();
    Reader::new(Author::Client, complaints).scope(nodes, FTPACCESS, &mut scope);
    scope.files
}

/// Refuses each directive that was skipped with its module and would have guarded something: under ProFTPD, with the module, it
/// was in force.
pub fn refuse_lost_guards(skipped: &[Node], complaints: &mut Complaints) {
    for node in skipped {
        if guards(&node.name.text) && !is_off(&node.arguments) {
            let message = format!(
                "{} would not be in force: ferryd lacks the module that <IfModule> names; take it out if that is meant",
                node.name.text
            );
            complaints.error(&node.name.mark, message);
        }
    }
}

/// What denies in `<Limit>`.
const DENIALS: &[&str] = &["DenyAll", "Deny", "DenyUser", "DenyGroup", "DenyClass", "Order"];

/// Whether a directive narrows what clients may do.
fn guards(name: &str) -> bool {
    let refused = |row: Row| matches!(row.effect, Effect::Guards);
    row(name).is_some_and(refused) || DENIALS.iter().any(|denial| name.eq_ignore_ascii_case(denial))
}

/// What the server config says in some directives, and in no section; the others are not even checked.
pub fn daemon_only(nodes: &[Node], directives: &[&str]) -> (DaemonDraft, Vec<Complaint>) {
    let mut complaints = Complaints::default();
    let mut reader = Reader::new(Author::Operator, &mut complaints);
    let mut main = Scope::default();
    let mut said = Said::default();
    let wanted = |node: &&Node| directives.iter().any(|name| node.name.text.eq_ignore_ascii_case(name));
    for node in nodes.iter().filter(|node| node.children.is_none()).filter(wanted) {
        reader.node(node, MAIN, &mut main, &mut said);
    }
    (main.daemon, complaints.finish())
}

/// What becomes of a directive, as far as its row tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reception {
    /// It is done, or it asks for what holds anyway.
    Taken,
    /// It changes nothing, and nobody gets more access by that.
    Idle,
    /// It would narrow access, and cannot.
    Refused,
}

/// What becomes of a directive that stands where it may.
pub fn reception(row: Row, node: &Node) -> Reception {
    let is_off = is_off(&node.arguments);
    match row.effect {
        Effect::Sets(_) | Effect::Language => Reception::Taken,
        Effect::Ignored | Effect::Guards if is_off => Reception::Taken,
        Effect::Accepted | Effect::Ignored => Reception::Idle,
        Effect::Guards => Reception::Refused,
    }
}

/// Who may have written what is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Author {
    Operator,
    Client,
}

impl Author {
    fn bounds(self) -> Bounds {
        match self {
            Author::Operator => patterns::OF_OPERATORS,
            Author::Client => patterns::OF_CLIENTS,
        }
    }
}

struct Reader<'a> {
    author: Author,
    complaints: &'a mut Complaints,
    global: Scope,
    hosts: Vec<HostDraft>,
    classes: Classes,
}

impl<'a> Reader<'a> {
    fn new(author: Author, complaints: &'a mut Complaints) -> Reader<'a> {
        let (global, hosts, classes) = (Scope::default(), Vec::new(), Classes::default());
        Reader { author, complaints, global, hosts, classes }
    }
}

impl Reader<'_> {
    fn scope(&mut self, nodes: &[Node], context: Contexts, scope: &mut Scope) {
        let mut said = Said::default();
        for node in nodes {
            self.node(node, context, scope, &mut said);
        }
        if context != GLOBAL && context != LIMIT {
            settle(scope);
        }
    }

    fn node<'n>(&mut self, node: &'n Node, context: Contexts, scope: &mut Scope, said: &mut Said<'n>) {
        let written = node.written();
        let Some(row) = row(&written) else {
            self.unknown(node, &written);
            return self.without_brackets(node, context, scope, said);
        };
        if !row.contexts.has(context) {
            self.complaints.error(&node.name.mark, misplaced(row, context));
            return self.without_brackets(node, context, scope, said);
        }
        match (row.effect, &node.children) {
            (Effect::Sets(setter), _) => {
                if said.holds(node, row, self.complaints) {
                    self.set(node, row, setter, scope);
                } else {
                    // What is not in force is checked all the same.
                    self.set(node, row, setter, &mut Scope::default());
                }
            }
            (Effect::Language, Some(children)) => self.section(node, row, children, context, scope),
            (Effect::Language | Effect::Accepted, _) => {}
            _ => self.not_done(node, row),
        }
    }

    /// What a section holds that may not stand in a folder's own file is read as though it stood around it, as ProFTPD does: a denial is
    /// not lost.
    fn without_brackets<'n>(
        &mut self,
        node: &'n Node,
        context: Contexts,
        scope: &mut Scope,
        said: &mut Said<'n>,
    ) {
        let children = node.children.iter().flatten().filter(|_| self.author == Author::Client);
        for child in children.collect::<Vec<_>>() {
            self.node(child, context, scope, said);
        }
    }

    fn unknown(&mut self, node: &Node, written: &str) {
        let message = format!("no directive '{written}' is known");
        let complaint = Complaint::error(Some(node.name.mark.place()), message);
        match self.author {
            Author::Operator => {
                self.complaints.push_with_similar(complaint, || similar_names(written, names()));
            }
            // To look for what was meant costs more than a client may ask for.
            Author::Client => self.complaints.push(complaint),
        }
    }

    fn set(
        &mut self,
        node: &Node,
        row: Row,
        setter: fn(&mut Scope, &mut Arguments<'_>) -> Result<(), Fault>,
        scope: &mut Scope,
    ) {
        let mut arguments = Arguments::within(self.author.bounds(), &node.name, &node.arguments);
        let result = setter(scope, &mut arguments).and_then(|()| arguments.end());
        for warning in arguments.warnings {
            self.complaints.warning(&warning.mark, format!("{}: {}", row.name, warning.message));
        }
        if let Err(fault) = result {
            self.complaints.error(&fault.mark, format!("{}: {}", row.name, fault.message));
        }
    }

    fn not_done(&mut self, node: &Node, row: Row) {
        let (name, reason) = (row.name, row.sentence.trim_end_matches('.'));
        match reception(row, node) {
            Reception::Taken => {}
            Reception::Idle => {
                self.complaints.warning(&node.name.mark, format!("{name} has no effect: {reason}"))
            }
            Reception::Refused => {
                let message =
                    format!("{name}: {reason}; starting without it could give more access than was meant");
                self.complaints.error(&node.name.mark, message);
            }
        }
    }

    fn section(&mut self, node: &Node, row: Row, children: &[Node], context: Contexts, scope: &mut Scope) {
        match row.name {
            "<Global>" => self.global(node, children),
            "<VirtualHost>" => self.host(node, children),
            "<Anonymous>" => self.anonymous(node, children, scope),
            "<Directory>" => self.directory(node, children, context, scope),
            "<Limit>" => self.limit(node, children, scope),
            "<IfUser>" | "<IfGroup>" | "<IfClass>" | "<IfAuthenticated>" => {
                self.condition(node, row, children, scope)
            }
            "<Class>" => self.class(node, children),
            _ => self.complaints.warning(&node.name.mark, format!("{}: {}", row.name, row.sentence)),
        }
    }

    fn global(&mut self, node: &Node, children: &[Node]) {
        if let Some(word) = node.arguments.first() {
            self.complaints.error(&word.mark, "<Global>: takes no argument");
        }
        let mut global = std::mem::take(&mut self.global);
        // A later section outweighs an earlier one, in lists too.
        let roots = std::mem::take(&mut global.named.default_root);
        let folders = std::mem::take(&mut global.named.default_chdir);
        self.scope(children, GLOBAL, &mut global);
        global.named.default_root.extend(roots);
        global.named.default_chdir.extend(folders);
        self.global = global;
    }

    fn host(&mut self, node: &Node, children: &[Node]) {
        if node.arguments.is_empty() {
            self.complaints.error(&node.name.mark, "<VirtualHost>: an address is missing");
        }
        let mut scope = Scope::default();
        self.scope(children, HOST, &mut scope);
        self.hosts.push(HostDraft { addresses: node.arguments.clone(), scope });
    }

    fn class(&mut self, node: &Node, children: &[Node]) {
        let mut inner = Scope::default();
        self.scope(children, CLASS, &mut inner);
        match &node.arguments[..] {
            [name] => self.classes.add(name, inner.class, self.complaints),
            _ => self.complaints.error(&node.name.mark, "<Class>: takes one name"),
        }
    }

    fn anonymous(&mut self, node: &Node, children: &[Node], scope: &mut Scope) {
        let mut inner = Scope::default();
        self.scope(children, ANONYMOUS, &mut inner);
        self.refuse_conditions("<Anonymous>", &inner);
        match &node.arguments[..] {
            [root] if root.text.starts_with(['/', '~']) => {
                scope.anonymous.push(AnonymousDraft { root: root.clone(), scope: inner });
            }
            _ => self.complaints.error(&node.name.mark, "<Anonymous>: takes one absolute path or ~user"),
        }
    }

    fn directory(&mut self, node: &Node, children: &[Node], context: Contexts, scope: &mut Scope) {
        let mut inner = Scope::default();
        self.scope(children, DIRECTORY, &mut inner);
        let [path] = &node.arguments[..] else {
            return self.complaints.error(&node.name.mark, "<Directory>: takes one path");
        };
        let sound = path.text.starts_with(['/', '~']) || context == ANONYMOUS;
        if !sound {
            let message =
                format!("<Directory>: takes an absolute path or ~ outside <Anonymous>, not '{}'", path.text);
            return self.complaints.error(&path.mark, message);
        }
        let path = match absolute(&path.text) {
            Some(plain) => super::lines::Word { text: plain.to_string_lossy().into_owned(), ..path.clone() },
            None => path.clone(),
        };
        scope.directories.push(DirectoryDraft { path, files: inner.files });
    }

    fn condition(&mut self, node: &Node, row: Row, children: &[Node], scope: &mut Scope) {
        let mut inner = Scope::default();
        let context = if row.name == "<IfClass>" { CLASS_CONDITION } else { CONDITION };
        self.scope(children, context, &mut inner);
        self.refuse_conditions(row.name, &inner);
        let mut arguments = Arguments::new(&node.name, &node.arguments);
        let mut read = |usually| Expression::read(usually, &mut arguments);
        let condition = match row.name {
            "<IfUser>" => read(Usually::Any).map(Term::User).map(Condition::Among),
            "<IfGroup>" => read(Usually::All).map(Term::Group).map(Condition::Among),
            "<IfClass>" => read(Usually::Any).map(Term::Class).map(Condition::Among),
            _ => Ok(Condition::Authenticated),
        };
        match condition.and_then(|condition| arguments.end().map(|()| condition)) {
            Ok(condition) => scope.conditions.push(ConditionDraft {
                mark: node.name.mark.clone(),
                condition,
                session: says_something(&inner).then(|| Box::new((inner.session, inner.named))),
                files: inner.files,
                directories: inner.directories,
            }),
            Err(fault) => self.complaints.error(&fault.mark, format!("{}: {}", row.name, fault.message)),
        }
    }

    /// Only a server keeps what is said of some of its sessions.
    fn refuse_conditions(&mut self, section: &str, inner: &Scope) {
        for draft in &inner.conditions {
            let message =
                format!("what holds for some users, groups or classes alone cannot stand in {section}");
            self.complaints.error(&draft.mark, message);
        }
    }

    fn limit(&mut self, node: &Node, children: &[Node], scope: &mut Scope) {
        let mut inner = Scope::default();
        self.scope(children, LIMIT, &mut inner);
        let mut commands = Vec::new();
        // ProFTPD takes commas between commands too.
        for word in &node.arguments {
            for name in word.text.split(',').filter(|name| !name.is_empty()) {
                let name = name.to_ascii_uppercase();
                if !is_limitable(&name) {
                    let complaint = Complaint::error(
                        Some(word.mark.place()),
                        format!("<Limit>: no command '{name}' is known"),
                    );
                    let similar = || similar_names(&name, limits::limitable());
                    self.complaints.push_with_similar(complaint, similar);
                }
                commands.push(limits::usual_name(name));
            }
        }
        if commands.is_empty() {
            self.complaints.error(&node.name.mark, "<Limit>: takes one or more commands");
            return self.without_brackets(node, FTPACCESS, scope, &mut Said::default());
        }
        if inner.ignores_hidden {
            scope.files.hiding.ignored_by.push(commands.clone());
        }
        let written = Some(node.name.mark.written());
        scope.files.limits.push(Limit { commands, access: inner.access, written });
    }
}

/// The end of a scope: what it says outside every `<Limit>` (AllowAll before DenyAll, as within), and the last section stands first, as
/// it outweighs the others of its scope (so does ProFTPD's).
fn settle(scope: &mut Scope) {
    let access = std::mem::take(&mut scope.access);
    scope.files.says = match access.is_empty() {
        true => None,
        false => Some(!access.allows.is_empty()),
    };
    scope.files.says_at = scope.denied_at.take();
    scope.files.limits.reverse();
}

/// Why a directive cannot stand there.
fn misplaced(row: Row, context: Contexts) -> String {
    let why = match context {
        CONDITION if row.contexts.has(CLASS_CONDITION) => {
            ": it is decided before anybody has logged in, when it is not known who that will be"
        }
        CONDITION | CLASS_CONDITION if row.contexts.has(SERVERS) => {
            ": it holds for all of a server's sessions, not for some of them"
        }
        CONDITION | CLASS_CONDITION if row.contexts.has(MAIN) => {
            ": it is the daemon's or a server's as a whole"
        }
        _ => "",
    };
    format!("{} cannot stand in {context}{why}; it belongs in: {}", row.name, row.contexts)
}

/// `off`, `no`, `false`, `none` as the first argument.
pub fn is_off(arguments: &[super::lines::Word]) -> bool {
    let first = arguments.first().map(|word| word.text.as_str()).unwrap_or_default();
    switch(first) == Some(false) || first.eq_ignore_ascii_case("none")
}
