//! What a `<Directory>` names: a folder or a pattern, of everybody's or of the session's own.

use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use super::super::globs::{Case, Glob};

/// What makes a path a pattern.
const PATTERN: [char; 3] = ['*', '?', '['];

/// What a section names.
#[derive(Clone, Debug)]
pub enum Target {
    /// A folder.
    Plain(PathBuf),
    /// The session's home, or a folder below it.
    Home(PathBuf),
    /// Every folder whose path matches; `*` stands for folders within folders, too.
    Pattern(Glob),
    /// The same, below the session's home.
    HomePattern(Glob),
    /// Every folder, outermost.
    Everywhere,
    /// With `%u`, which has a value once somebody has logged in.
    OfUser(String),
}

impl Target {
    /// Reads what stands behind `<Directory`, without a `/*` at its end.
    pub fn read(folder: &str) -> Result<Target, String> {
        if folder.contains("%u") {
            // Whether it is a pattern that can be read does not depend on the name.
            Target::read(&folder.replace("%u", "u"))?;
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
    pub fn of_user(text: &str, name: &str) -> Target {
        let with = |name: &str| text.replace("%u", &globset::escape(name));
        let plain = with(name);
        // In patterns alone a backslash means something: `DOMAIN\joe` is a name that winbind gives.
        let folder = if plain.contains(PATTERN) { with(&name.replace('\\', r"\\")) } else { plain };
        Target::read(&folder).unwrap_or_else(|_| Target::OfUser(text.to_owned()))
    }

    /// How deep the outermost folder around a path lies that matches; None for what is no pattern.
    pub fn outermost(&self, path: &Path, home: &Path) -> Option<usize> {
        path.ancestors()
            .filter(|folder| self.fits_as_pattern(folder, home))
            .last()
            .map(|folder| folder.components().count())
    }

    /// Whether it is a pattern that this folder matches.
    pub fn fits_as_pattern(&self, folder: &Path, home: &Path) -> bool {
        let fits = |pattern: &Glob, path: &Path| pattern.is_match(path.as_os_str().as_bytes());
        match self {
            Target::Pattern(pattern) => fits(pattern, folder),
            Target::HomePattern(pattern) => folder.strip_prefix(home).is_ok_and(|inner| fits(pattern, inner)),
            _ => false,
        }
    }

    /// Whether its place in the file weighs.
    pub fn is_pattern(&self) -> bool {
        matches!(self, Target::Pattern(_) | Target::HomePattern(_))
    }
}

fn glob(text: &str) -> Result<Glob, String> {
    let glob = Glob::read(text.trim_end_matches('/'), Case::Kept);
    glob.map_err(|error| format!("'{text}' is no pattern: {error}"))
}

/// Sessions ask with canonical paths, so a symlink in a section's path is followed as far as the path exists.
pub fn canonical(path: &Path) -> PathBuf {
    for folder in path.ancestors() {
        if let (Ok(real), Ok(rest)) = (folder.canonicalize(), path.strip_prefix(folder)) {
            return if rest.as_os_str().is_empty() { real } else { real.join(rest) };
        }
    }
    path.to_owned()
}
