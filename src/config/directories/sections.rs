//! The sections of one scope, and which of them a path lies in. Plain paths are found by hashing, so that thousands of sections cost
//! a session nothing.
//!
//! Among plain paths the deeper one weighs more, wherever it stands; a pattern weighs more than what stands before it in the file and
//! less than what stands behind it, as in ProFTPD.

use std::collections::{HashMap, HashSet};
use std::path::{Path, PathBuf};

use super::super::conditions::Condition;
use super::super::settings::{ScopeRules, Subject};
use super::target::{Target, canonical};

/// The `<Directory>` sections of one scope.
#[derive(Clone, Debug, Default)]
pub struct Sections {
    list: Vec<Section>,
    /// Plain paths: positions in `list`.
    plain: HashMap<PathBuf, Vec<usize>>,
    /// The folders that these stand in.
    holding_plain: HashSet<PathBuf>,
    /// All others.
    other: Vec<usize>,
    /// Whether any is one account's, by its name.
    is_of_user: bool,
    /// Whether any has a `<Limit>`.
    pub has_limits: bool,
    /// Whether any hides something,
    pub hides: bool,
    /// takes what is hidden for absent,
    pub ignores_hidden: bool,
    /// or shows files otherwise than they are.
    pub fakes: bool,
    /// Whether any gives new files another owner or group.
    pub name_owners: bool,
    /// Whether any says something of AllowOverride; whether one of them allows it.
    pub speak_of_override: bool,
    pub allow_override: bool,
    /// Whether any says something of transfers; whether the master has to know of them.
    pub speak_of_transfers: bool,
    pub count_transfers: bool,
}

#[derive(Clone, Debug)]
struct Section {
    target: Target,
    extent: Extent,
    /// For whom; None for everybody.
    condition: Option<Condition>,
    rules: ScopeRules,
}

/// What of a folder a section is for. Of two for one folder the later variant weighs more.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Extent {
    /// `*` in `<Anonymous>`: all that lies within its root.
    Everything,
    /// The folder and what lies within.
    Folder,
    /// `/*` at the end: what lies within, but not the folder itself.
    Within,
}

/// How near what is said of a folder is to a path within: how deep the folder lies, and of what is said of one folder the later weighs
/// more.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Reach {
    depth: usize,
    weight: Weight,
}

/// See [`Reach`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
enum Weight {
    #[default]
    Pattern,
    OwnValues,
    Section,
    OwnLimits,
}

impl Reach {
    /// Of the limits in a folder's own file.
    pub fn of_limits(depth: usize) -> Reach {
        Reach { depth, weight: Weight::OwnLimits }
    }

    /// Of the rest of that file.
    pub fn of_values(depth: usize) -> Reach {
        Reach { depth, weight: Weight::OwnValues }
    }
}

impl Sections {
    /// Adds a section: an absolute path or pattern, or one that begins with `~`.
    pub fn add(&mut self, text: &str, rules: ScopeRules) -> Result<(), String> {
        self.add_for(None, text, rules)
    }

    /// The same for some sessions.
    pub fn add_for(
        &mut self,
        condition: Option<Condition>,
        text: &str,
        rules: ScopeRules,
    ) -> Result<(), String> {
        let (folder, extent) = match text.strip_suffix("/*") {
            Some(folder) => (if folder.is_empty() { "/" } else { folder }, Extent::Within),
            None => (text, Extent::Folder),
        };
        self.push(Section { target: Target::read(folder)?, extent, condition, rules });
        Ok(())
    }

    /// What holds for some sessions outside every section: within them these weigh more than what is said for everybody.
    pub fn add_everywhere(&mut self, condition: Condition, rules: ScopeRules) {
        self.push(Section {
            target: Target::Everywhere,
            extent: Extent::Folder,
            condition: Some(condition),
            rules,
        });
    }

    /// Adds `*` of an `<Anonymous>` with this root.
    pub fn add_everything(&mut self, root: &Path, rules: ScopeRules) {
        let target = Target::Plain(canonical(root));
        self.push(Section { target, extent: Extent::Everything, condition: None, rules });
    }

    fn push(&mut self, section: Section) {
        let rules = &section.rules;
        self.is_of_user |= matches!(section.target, Target::OfUser(_));
        self.has_limits |= !rules.limits.is_empty() || rules.says.is_some();
        self.name_owners |= rules.names_owners();
        self.hides |= rules.hiding.hides();
        self.speak_of_override |= rules.allow_override.is_some();
        self.allow_override |= rules.allow_override == Some(true);
        self.speak_of_transfers |= rules.transfers.say_something();
        self.count_transfers |= rules.transfers.are_counted();
        self.ignores_hidden |= !rules.hiding.ignored_by.is_empty();
        self.fakes |= rules.fakes.says_anything();
        let position = self.list.len();
        match &section.target {
            Target::Plain(path) => {
                self.plain.entry(path.clone()).or_default().push(position);
                // Asked first: thousands stand in one.
                if let Some(folder) = path.parent().filter(|folder| !self.holding_plain.contains(*folder)) {
                    self.holding_plain.insert(folder.to_owned());
                }
            }
            _ => self.other.push(position),
        }
        self.list.push(section);
    }

    /// The sections of one account, whose name stands for `%u`; None where none is written so. A name that is no single name of a
    /// folder stands in no path.
    pub fn of_user(&self, name: &str) -> Option<Sections> {
        if !self.is_of_user || matches!(name, "" | "." | "..") || name.contains('/') {
            return None;
        }
        let mut own = Sections::default();
        for section in &self.list {
            let target = match &section.target {
                Target::OfUser(text) => Target::of_user(text, name),
                other => other.clone(),
            };
            own.push(Section { target, ..section.clone() });
        }
        Some(own)
    }

    /// Every section's rules.
    pub fn rules(&self) -> impl Iterator<Item = &ScopeRules> {
        self.list.iter().map(|section| &section.rules)
    }

    /// What holds in `/` itself, as far as `part` says.
    pub fn at_the_root(&self, part: impl Fn(&ScopeRules) -> ScopeRules) -> Sections {
        let mut kept = Sections::default();
        for section in self.list.iter().filter(|section| section.is_at_the_root()) {
            let target = Target::Plain(PathBuf::from("/"));
            kept.push(Section { target, rules: part(&section.rules), ..section.clone() });
        }
        kept
    }

    /// The same, to be changed.
    pub fn rules_mut(&mut self) -> impl Iterator<Item = &mut ScopeRules> {
        self.list.iter_mut().map(|section| &mut section.rules)
    }

    /// Whether none is for one name in a folder and not for the next. What a pattern matches is not looked into.
    pub fn tell_no_name_apart_in(&self, folder: &Path, subject: &Subject) -> bool {
        let tells_apart = |at: &usize| match &self.list[*at].target {
            Target::Home(below) => subject.home.join(below).parent() == Some(folder),
            Target::Pattern(_) | Target::HomePattern(_) => true,
            Target::Plain(_) | Target::Everywhere | Target::OfUser(_) => false,
        };
        !self.holding_plain.contains(folder) && !self.other.iter().any(tells_apart)
    }

    /// Whether one is for the very path, for whomever.
    pub fn single_out(&self, path: &Path, subject: &Subject) -> bool {
        let is_meant = |at: &usize| match &self.list[*at].target {
            Target::Home(below) => subject.home.join(below) == path,
            target => target.fits_as_pattern(path, &subject.home),
        };
        self.plain.contains_key(path) || self.other.iter().any(is_meant)
    }

    /// Sections around a path, the nearest first.
    pub fn around(&self, path: &Path, subject: &Subject) -> Vec<&ScopeRules> {
        self.found(path, subject).into_iter().map(|(.., at)| &self.list[at].rules).collect()
    }

    /// The same, each with how deep the outermost folder lies for which it holds.
    pub fn by_depth(&self, path: &Path, subject: &Subject) -> Vec<(Reach, &ScopeRules)> {
        let depth = |(_, deepest, at): (Option<usize>, usize, usize)| {
            let section = &self.list[at];
            let outermost = section.target.outermost(path, &subject.home);
            let is_within = section.extent != Extent::Folder;
            let depth = outermost.unwrap_or(deepest) + usize::from(is_within);
            let is_pattern = is_within || outermost.is_some();
            let weight = if is_pattern { Weight::Pattern } else { Weight::Section };
            (Reach { depth, weight }, &section.rules)
        };
        self.found(path, subject).into_iter().map(depth).collect()
    }

    /// The place in the file where a pattern stands, the depth, the section: the nearest first.
    fn found(&self, path: &Path, subject: &Subject) -> Vec<(Option<usize>, usize, usize)> {
        // A listing asks for every name.
        if self.list.is_empty() {
            return Vec::new();
        }
        let mut found: Vec<(Option<usize>, usize, usize)> = Vec::new();
        for (depth, folder) in
            path.ancestors().zip((1..=path.components().count()).rev()).map(|(f, d)| (d, f))
        {
            let plain = self.plain.get(folder).into_iter().flatten();
            let fits = |at: &&usize| self.list[**at].extent == Extent::Folder || folder != path;
            found.extend(plain.filter(fits).map(|at| (None, depth, *at)));
        }
        for at in &self.other {
            let section = &self.list[*at];
            // What holds everywhere weighs least.
            let place = match &section.target {
                Target::Everywhere => Some(0),
                target => target.is_pattern().then_some(*at),
            };
            found.extend(section.depth(path, &subject.home).map(|depth| (place, depth, *at)));
        }
        found.retain(|(.., at)| {
            self.list[*at].condition.as_ref().is_none_or(|condition| condition.holds(subject))
        });
        // Plain ones stand together, where the outermost of them is written.
        let outermost =
            found.iter().filter(|(place, ..)| place.is_none()).min_by_key(|(_, depth, at)| (*depth, *at));
        let together = outermost.map_or(0, |(.., at)| *at);
        found.sort_by_key(|(place, depth, at)| {
            (place.unwrap_or(together), *depth, self.list[*at].extent, *at)
        });
        found.reverse();
        found
    }
}

impl Section {
    /// Whether it holds in `/` itself.
    fn is_at_the_root(&self) -> bool {
        match &self.target {
            Target::Everywhere => true,
            Target::Plain(folder) => self.extent == Extent::Folder && folder == Path::new("/"),
            _ => false,
        }
    }

    /// How deep the folder lies by which this section holds for a path; None if it does not.
    fn depth(&self, path: &Path, home: &Path) -> Option<usize> {
        let fits = |folder: &Path| self.extent == Extent::Folder || folder != path;
        match &self.target {
            Target::Everywhere => Some(0),
            Target::Plain(folder) => {
                (path.starts_with(folder) && fits(folder)).then(|| folder.components().count())
            }
            Target::Home(below) => {
                let folder = if below.as_os_str().is_empty() { home.to_owned() } else { home.join(below) };
                (path.starts_with(&folder) && fits(&folder)).then(|| folder.components().count())
            }
            pattern @ (Target::Pattern(_) | Target::HomePattern(_)) => {
                let is_meant = |folder: &&Path| fits(folder) && pattern.fits_as_pattern(folder, home);
                path.ancestors().find(is_meant).map(|folder| folder.components().count())
            }
            Target::OfUser(_) => None,
        }
    }
}
