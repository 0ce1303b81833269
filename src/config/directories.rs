//! `<Directory>`: which sections a path lies in, and what they say together. Sections are merged when a path is asked for: only then
//! is it known which of them meet there (`~` is another folder in every session, patterns overlap), and a denial in one must not be
//! lost to a deeper one. Plain paths are found by hashing, so that thousands of sections cost a session nothing.

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
#[derive(Debug, Default)]
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
}

#[derive(Debug)]
struct Section {
    target: Target,
    /// `/*` at the end: what lies within, but not the folder itself.
    within: bool,
    /// For whom; None for everybody.
    condition: Option<Condition>,
    rules: ScopeRules,
}

/// What a section names.
#[derive(Debug)]
enum Target {
    /// A folder.
    Plain(PathBuf),
    /// The session's home, or a folder below it.
    Home(PathBuf),
    /// Every folder whose path matches, and how many components the pattern has.
    Pattern(GlobMatcher, usize),
    /// The same, below the session's home.
    HomePattern(GlobMatcher, usize),
    /// Every folder, outermost.
    Everywhere,
}

impl Sections {
    /// Adds a section: an absolute path or pattern, or one that begins with `~`. Later ones weigh more than earlier ones of the same
    /// depth.
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
        let (folder, within) = match text.strip_suffix("/*") {
            Some(folder) => (if folder.is_empty() { "/" } else { folder }, true),
            None => (text, false),
        };
        self.push(Section { target: target(folder)?, within, condition, rules });
        Ok(())
    }

    /// What holds for some sessions outside every section: within them these weigh more than what is said for everybody.
    pub fn add_everywhere(&mut self, condition: Condition, rules: ScopeRules) {
        self.push(Section { target: Target::Everywhere, within: false, condition: Some(condition), rules });
    }

    fn push(&mut self, section: Section) {
        let rules = &section.rules;
        self.has_limits |= !rules.limits.is_empty() || rules.says.is_some();
        self.hides |= rules.hiding.hides();
        self.ignores_hidden |= !rules.hiding.ignored_by.is_empty();
        self.fakes |= rules.fakes.says_anything();
        let position = self.list.len();
        match &section.target {
            Target::Plain(path) => self.plain.entry(path.clone()).or_default().push(position),
            _ => self.other.push(position),
        }
        self.list.push(section);
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
        let mut found: Vec<(usize, usize)> = Vec::new();
        for (depth, folder) in
            path.ancestors().zip((1..=path.components().count()).rev()).map(|(f, d)| (d, f))
        {
            let plain = self.plain.get(folder).into_iter().flatten();
            found.extend(plain.filter(|at| !self.list[**at].within || folder != path).map(|at| (depth, *at)));
        }
        for at in &self.other {
            found.extend(self.list[*at].depth(path, &subject.home).map(|depth| (depth, *at)));
        }
        found.retain(|(_, at)| {
            self.list[*at].condition.as_ref().is_none_or(|condition| condition.holds(subject))
        });
        // The same depth: what is within a folder is narrower than the folder; then the later one.
        found.sort_by_key(|(depth, at)| (*depth, self.list[*at].within, *at));
        found.into_iter().rev().map(|(_, at)| &self.list[at].rules).collect()
    }
}

impl Section {
    /// Whether it holds in `/` itself.
    fn is_at_the_root(&self) -> bool {
        match &self.target {
            Target::Everywhere => true,
            Target::Plain(folder) => !self.within && folder == Path::new("/"),
            _ => false,
        }
    }

    /// How deep the folder lies by which this section holds for a path; None if it does not.
    fn depth(&self, path: &Path, home: &Path) -> Option<usize> {
        let fits = |folder: &Path| !self.within || folder != path;
        match &self.target {
            Target::Everywhere => Some(0),
            Target::Plain(folder) => {
                (path.starts_with(folder) && fits(folder)).then(|| folder.components().count())
            }
            Target::Home(below) => {
                let folder = if below.as_os_str().is_empty() { home.to_owned() } else { home.join(below) };
                (path.starts_with(&folder) && fits(&folder)).then(|| folder.components().count())
            }
            Target::Pattern(pattern, depth) => {
                let folder = ancestor(path, *depth)?;
                (pattern.is_match(folder) && fits(folder)).then_some(*depth)
            }
            Target::HomePattern(pattern, below) => {
                let depth = home.components().count() + below;
                let folder = ancestor(path, depth)?;
                let inner = folder.strip_prefix(home).ok()?;
                (pattern.is_match(inner) && fits(folder)).then_some(depth)
            }
        }
    }
}

/// The ancestor of a path, or itself, that has so many components.
fn ancestor(path: &Path, depth: usize) -> Option<&Path> {
    path.ancestors().find(|folder| folder.components().count() == depth)
}

fn target(folder: &str) -> Result<Target, String> {
    let below = folder.strip_prefix('~').map(|below| below.trim_start_matches('/'));
    match (below, folder.contains(['*', '?', '['])) {
        (Some(below), false) => Ok(Target::Home(PathBuf::from(below.trim_end_matches('/')))),
        (Some(below), true) => Ok(Target::HomePattern(glob(below)?, Path::new(below).components().count())),
        (None, true) => Ok(Target::Pattern(glob(folder)?, Path::new(folder).components().count())),
        (None, false) => Ok(Target::Plain(canonical(Path::new(folder)))),
    }
}

fn glob(text: &str) -> Result<GlobMatcher, String> {
    let built =
        GlobBuilder::new(text.trim_end_matches('/')).literal_separator(true).backslash_escape(true).build();
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
            let Section { within, condition, rules, .. } = section;
            let (target, rules) = (Target::Plain(PathBuf::from("/")), of_logins(rules));
            sections.push(Section { target, within: *within, condition: condition.clone(), rules });
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
            (&["/ferryd-home/*/www"], "/ferryd-home/ann/x/www", 0o022),
            (&["/ferryd-home/*/www", "~"], "/ferryd-home/joe/www", 1),
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
}
