//! `<Directory>`: which sections a path lies in, and what they say together. Sections are merged when a path is asked for: only then
//! is it known which of them meet there (`~` is another folder in every session, patterns overlap), and a denial in one must not be
//! lost to a deeper one. Plain paths are found by hashing, so that thousands of sections cost a session nothing.
//!
//! Among plain paths the deeper one weighs more, wherever it stands; a pattern weighs more than what stands before it in the file and
//! less than what stands behind it, as in ProFTPD.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use globset::{GlobBuilder, GlobMatcher};

use super::conditions::Condition;
use super::listings;
use super::settings::{
    DirectoryRules, FakesHere, Filter, HiddenHere, HiddenName, HiddenStores, Limit, PathRules, ScopeRules,
    Subject,
};

/// The `<Directory>` sections of one scope.
#[derive(Clone, Debug, Default)]
pub struct Sections {
    list: Vec<Section>,
    /// Plain paths: positions in `list`.
    plain: HashMap<PathBuf, Vec<usize>>,
    /// All others.
    other: Vec<usize>,
    /// Whether any has a `<Limit>`.
    has_limits: bool,
    /// Whether any hides something,
    hides: bool,
    /// takes what is hidden for absent,
    ignores_hidden: bool,
    /// or shows files otherwise than they are.
    fakes: bool,
    /// Whether any says something of transfers; whether the master has to know of them.
    speak_of_transfers: bool,
    count_transfers: bool,
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

/// What a section names.
#[derive(Clone, Debug)]
enum Target {
    /// A folder.
    Plain(PathBuf),
    /// The session's home, or a folder below it.
    Home(PathBuf),
    /// Every folder whose path matches; `*` stands for folders within folders, too.
    Pattern(GlobMatcher),
    /// The same, below the session's home.
    HomePattern(GlobMatcher),
    /// Every folder, outermost.
    Everywhere,
    /// With `%u`, which has a value once somebody has logged in.
    OfUser(String),
}

/// What makes a path a pattern.
const PATTERN: [char; 3] = ['*', '?', '['];

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
        self.push(Section { target: target(folder)?, extent, condition, rules });
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
        self.has_limits |= !rules.limits.is_empty() || rules.says.is_some();
        self.hides |= rules.hiding.hides();
        self.speak_of_transfers |= rules.transfers.say_something();
        self.count_transfers |= rules.transfers.are_counted();
        self.ignores_hidden |= !rules.hiding.ignored_by.is_empty();
        self.fakes |= rules.fakes.says_anything();
        let position = self.list.len();
        match &section.target {
            Target::Plain(path) => self.plain.entry(path.clone()).or_default().push(position),
            _ => self.other.push(position),
        }
        self.list.push(section);
    }

    /// The sections of one account, whose name stands for `%u`; None where none is written so. A name that is no single name of a
    /// folder stands in no path.
    fn of_user(&self, name: &str) -> Option<Sections> {
        let is_named = |section: &Section| matches!(section.target, Target::OfUser(_));
        if !self.list.iter().any(is_named) || matches!(name, "" | "." | "..") || name.contains('/') {
            return None;
        }
        let mut own = Sections::default();
        for section in &self.list {
            let target = match &section.target {
                Target::OfUser(text) => of_user(text, name),
                other => other.clone(),
            };
            own.push(Section { target, ..section.clone() });
        }
        Some(own)
    }

    /// Every section's rules.
    pub fn rules_mut(&mut self) -> impl Iterator<Item = &mut ScopeRules> {
        self.list.iter_mut().map(|section| &mut section.rules)
    }

    /// Sections around a path, the deepest first.
    fn around(&self, path: &Path, subject: &Subject) -> Vec<&ScopeRules> {
        // A listing asks for every name.
        if self.list.is_empty() {
            return Vec::new();
        }
        // A place in the file where a pattern stands, the depth, the section.
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
        found.into_iter().rev().map(|(.., at)| &self.list[at].rules).collect()
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
        let deepest = |matches: &dyn Fn(&Path) -> bool| {
            let found = path.ancestors().find(|folder| fits(folder) && matches(folder));
            found.map(|folder| folder.components().count())
        };
        match &self.target {
            Target::Everywhere => Some(0),
            Target::Plain(folder) => {
                (path.starts_with(folder) && fits(folder)).then(|| folder.components().count())
            }
            Target::Home(below) => {
                let folder = if below.as_os_str().is_empty() { home.to_owned() } else { home.join(below) };
                (path.starts_with(&folder) && fits(&folder)).then(|| folder.components().count())
            }
            Target::Pattern(pattern) => deepest(&|folder| pattern.is_match(folder)),
            Target::HomePattern(pattern) => {
                let is_below =
                    |folder: &Path| folder.strip_prefix(home).is_ok_and(|inner| pattern.is_match(inner));
                deepest(&is_below)
            }
            Target::OfUser(_) => None,
        }
    }
}

impl Target {
    fn is_pattern(&self) -> bool {
        matches!(self, Target::Pattern(_) | Target::HomePattern(_))
    }
}

fn target(folder: &str) -> Result<Target, String> {
    if folder.contains("%u") {
        // Whether it is a pattern that can be read does not depend on the name.
        target(&folder.replace("%u", "u"))?;
        return Ok(Target::OfUser(folder.to_owned()));
    }
    let below = folder.strip_prefix('~').map(|below| below.trim_start_matches('/'));
    match (below, folder.contains(PATTERN)) {
        (Some(below), false) => Ok(Target::Home(PathBuf::from(below.trim_end_matches('/')))),
        (Some(below), true) => Ok(Target::HomePattern(glob(below)?)),
        (None, true) => Ok(Target::Pattern(glob(folder)?)),
        (None, false) => Ok(Target::Plain(canonical(Path::new(folder)))),
    }
}

/// A section in whose path `%u` stands, for this account. One that is no pattern by its name holds nowhere; the others still do.
fn of_user(text: &str, name: &str) -> Target {
    let with = |name: &str| text.replace("%u", &globset::escape(name));
    let plain = with(name);
    // In patterns alone a backslash means something: `DOMAIN\joe` is a name that winbind gives.
    let folder = if plain.contains(PATTERN) { with(&name.replace('\\', r"\\")) } else { plain };
    target(&folder).unwrap_or_else(|_| Target::OfUser(text.to_owned()))
}

fn glob(text: &str) -> Result<GlobMatcher, String> {
    let built =
        GlobBuilder::new(text.trim_end_matches('/')).literal_separator(false).backslash_escape(true).build();
    built
        .map(|glob| glob.compile_matcher())
        .map_err(|error| format!("'{text}' is no pattern: {}", error.kind()))
}

/// Sessions ask with canonical paths, so a symlink in a section's path is followed as far as the path exists.
fn canonical(path: &Path) -> PathBuf {
    for folder in path.ancestors() {
        if let (Ok(real), Ok(rest)) = (folder.canonicalize(), path.strip_prefix(folder)) {
            return if rest.as_os_str().is_empty() { real } else { real.join(rest) };
        }
    }
    path.to_owned()
}

impl DirectoryRules {
    /// Whether there is a `<Limit>` anywhere: without one there is nothing to ask for a name.
    pub fn has_limits(&self) -> bool {
        !self.base.limits.is_empty() || self.base.says.is_some() || self.sections.has_limits
    }

    /// What each scope says, in no order.
    pub fn scopes(&self) -> impl Iterator<Item = &ScopeRules> {
        self.sections.list.iter().map(|section| &section.rules).chain([&self.base])
    }

    /// Whether new files have another owner or group anywhere.
    pub fn have_owners(&self) -> bool {
        self.scopes().any(|scope| scope.user_owner.is_some() || scope.group_owner.is_some())
    }

    /// Whether anything is said of transfers anywhere.
    pub fn speak_of_transfers(&self) -> bool {
        self.base.transfers.say_something() || self.sections.speak_of_transfers
    }

    /// Whether the master has to know of transfers, wherever they are: limits hold for all of a user's.
    pub fn count_transfers(&self) -> bool {
        self.base.transfers.are_counted() || self.sections.count_transfers
    }

    /// The scopes around a canonical path, the nearest first.
    pub(super) fn scopes_around(
        &self,
        canonical: &Path,
        subject: &Subject,
    ) -> impl Iterator<Item = &ScopeRules> {
        self.sections.around(canonical, subject).into_iter().chain([&self.base])
    }

    /// Whether anything is hidden anywhere.
    pub fn hides(&self) -> bool {
        self.base.hiding.hides() || self.sections.hides
    }

    /// Whether there is a command that takes what is hidden for absent.
    pub fn ignores_hidden(&self) -> bool {
        let is_ignored = !self.base.hiding.ignored_by.is_empty() || self.sections.ignores_hidden;
        is_ignored && self.hides()
    }

    /// Whether files are shown otherwise than they are anywhere.
    pub fn fakes(&self) -> bool {
        self.base.fakes.says_anything() || self.sections.fakes
    }

    /// The rules of one account, whose name stands for `%u` in sections; None where it stands in none.
    pub fn of_user(&self, name: &[u8]) -> Option<DirectoryRules> {
        let sections = self.sections.of_user(std::str::from_utf8(name).ok()?)?;
        Some(DirectoryRules { base: self.base.clone(), sections })
    }

    /// What holds for a canonical path, and for whom.
    pub fn rules_for<'a>(&'a self, canonical: &Path, subject: &'a Subject) -> PathRules<'a> {
        let mut scopes = self.sections.around(canonical, subject);
        scopes.push(&self.base);
        merged(&scopes, subject)
    }
}

impl DirectoryRules {
    /// What is asked at a login, which is done in no folder: `<Limit LOGIN>`, for everybody and for some, and nothing else.
    pub fn of_logins(&self) -> DirectoryRules {
        let mut sections = Sections::default();
        for section in self.sections.list.iter().filter(|section| section.is_at_the_root()) {
            let Section { extent, condition, rules, .. } = section;
            let (target, rules) = (Target::Plain(PathBuf::from("/")), of_logins(rules));
            sections.push(Section { target, extent: *extent, condition: condition.clone(), rules });
        }
        DirectoryRules { base: of_logins(&self.base), sections }
    }
}

fn of_logins(rules: &ScopeRules) -> ScopeRules {
    let is_login = |limit: &&Limit| limit.commands.iter().any(|command| command == "LOGIN");
    let limits = rules.limits.iter().filter(is_login).cloned().collect();
    ScopeRules { limits, ..ScopeRules::default() }
}

/// How many limits stand within the nearest scope that says DenyAll outside every `<Limit>`; None where a nearer one says AllowAll, or none
/// says anything.
fn closed_behind(scopes: &[&ScopeRules]) -> Option<usize> {
    let nearest = scopes.iter().position(|scope| scope.says.is_some())?;
    let within = || scopes[..nearest].iter().map(|scope| scope.limits.len()).sum();
    (scopes[nearest].says == Some(false)).then(within)
}

/// The nearest scope that says something decides; limits are all kept, the nearest first.
fn merged<'a>(scopes: &[&'a ScopeRules], subject: &'a Subject) -> PathRules<'a> {
    fn nearest<T>(scopes: &[&ScopeRules], says: impl Fn(&ScopeRules) -> Option<T>, otherwise: T) -> T {
        scopes.iter().find_map(|scope| says(scope)).unwrap_or(otherwise)
    }
    let (umask_file, umask_directory) = nearest(scopes, |scope| scope.umask, (0o022, 0o022));
    let hidden_stores = hidden(scopes.iter().find_map(|scope| scope.hidden_stores.as_ref()));
    PathRules {
        umask_file,
        umask_directory,
        allow_overwrite: nearest(scopes, |scope| scope.allow_overwrite, false),
        allow_store_restart: nearest(scopes, |scope| scope.allow_store_restart, false),
        allow_retrieve_restart: nearest(scopes, |scope| scope.allow_retrieve_restart, true),
        list_options: scopes.iter().find_map(|scope| scope.list_options.as_ref()).unwrap_or(&listings::USUAL),
        show_symlinks: nearest(scopes, |scope| scope.show_symlinks, true),
        digests: nearest(scopes, |scope| scope.digests, true),
        unique_prefix: scopes.iter().find_map(|scope| scope.unique_prefix.as_deref()).unwrap_or("ftp"),
        hidden_stores,
        delete_aborted: nearest(scopes, |scope| scope.delete_aborted, hidden_stores.is_some()),
        user_owner: scopes.iter().find_map(|scope| scope.user_owner.as_deref()),
        group_owner: scopes.iter().find_map(|scope| scope.group_owner.as_deref()),
        display_chdir: scopes.iter().find_map(|scope| scope.display_chdir.as_ref()),
        deny_filter: filter(scopes.iter().find_map(|scope| scope.deny_filter.as_ref())),
        allow_filter: filter(scopes.iter().find_map(|scope| scope.allow_filter.as_ref())),
        path_deny_filter: filter(scopes.iter().find_map(|scope| scope.path_deny_filter.as_ref())),
        path_allow_filter: filter(scopes.iter().find_map(|scope| scope.path_allow_filter.as_ref())),
        hiding: HiddenHere::merged(scopes.iter().map(|scope| &scope.hiding)),
        fakes: FakesHere::merged(scopes.iter().map(|scope| &scope.fakes)),
        limits: scopes.iter().flat_map(|scope| &scope.limits).collect(),
        closed_behind: closed_behind(scopes),
        subject,
    }
}

fn hidden(said: Option<&HiddenStores>) -> Option<&HiddenName> {
    match said {
        Some(HiddenStores::On(name)) => Some(name),
        Some(HiddenStores::Off) | None => None,
    }
}

fn filter(said: Option<&Filter>) -> Option<&regex::bytes::Regex> {
    match said {
        Some(Filter::Pattern(pattern)) => Some(pattern),
        Some(Filter::None) | None => None,
    }
}

#[cfg(test)]
mod tests {
    use super::super::settings::Limit;
    use super::*;

    /// Sections whose umask tells them apart: the first has 1, the second 2.
    fn umask_at(sections: &[&str], path: &str) -> u32 {
        let mut rules = DirectoryRules { base: ScopeRules::default(), sections: Sections::default() };
        for (number, text) in (1..).zip(sections) {
            let scope = ScopeRules { umask: Some((number, number)), ..ScopeRules::default() };
            rules.sections.add(text, scope).expect("a sound pattern");
        }
        rules.rules_for(path.as_ref(), Subject::at("/ferryd-home/joe")).umask_file
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
    fn a_denial_around_a_deeper_section_is_not_lost() {
        let deny = Limit::plain(vec!["STOR".into()], Some(false));
        let mut rules = DirectoryRules { base: ScopeRules::default(), sections: Sections::default() };
        rules.sections.add("/h", ScopeRules { limits: vec![deny], ..ScopeRules::default() }).expect("sound");
        rules
            .sections
            .add("~", ScopeRules { allow_overwrite: Some(true), ..ScopeRules::default() })
            .expect("sound");
        let there = rules.rules_for("/h/joe/x".as_ref(), Subject::at("/h/joe"));
        assert!(there.allow_overwrite && !there.allows("STOR", &["WRITE"]));
    }

    #[test]
    fn none_ends_an_outer_filter() {
        let pattern = regex::bytes::Regex::new("x").expect("compiles");
        let base = ScopeRules { deny_filter: Some(Filter::Pattern(pattern)), ..ScopeRules::default() };
        let mut rules = DirectoryRules { base, sections: Sections::default() };
        let none = ScopeRules { deny_filter: Some(Filter::None), ..ScopeRules::default() };
        rules.sections.add("/free", none).expect("sound");
        assert!(rules.rules_for("/".as_ref(), Subject::at("/")).deny_filter.is_some());
        assert!(rules.rules_for("/free/x".as_ref(), Subject::at("/")).deny_filter.is_none());
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
            assert_eq!(rules.rules_for("/r/x".as_ref(), Subject::at("/")).umask_file, 1);
        }
        let mut rules = DirectoryRules { base: umask(3), sections: Sections::default() };
        rules.sections.add_everything("/r".as_ref(), umask(2));
        assert_eq!(rules.rules_for("/r/x".as_ref(), Subject::at("/")).umask_file, 2);
        assert_eq!(rules.rules_for("/r".as_ref(), Subject::at("/")).umask_file, 3);
    }

    #[test]
    fn a_users_name_stands_in_sections_once_it_is_known() {
        let umask = |number| ScopeRules { umask: Some((number, number)), ..ScopeRules::default() };
        let mut rules = DirectoryRules { base: umask(9), sections: Sections::default() };
        rules.sections.add("/ferryd-srv/%u/in", umask(1)).expect("sound");
        rules.sections.add("/ferryd-srv/*/%u", umask(2)).expect("sound");
        assert!(rules.sections.add("/ferryd-srv/%u/[", umask(2)).is_err());
        let at =
            |rules: &DirectoryRules, path: &str| rules.rules_for(path.as_ref(), Subject::at("/")).umask_file;
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
}
