//! Which files an Include names.

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use super::tree::FILES_MOST;

/// Why an Include names nothing.
#[derive(Debug)]
pub enum Unfound {
    /// A folder, by the slash at its end, that is not there: as an empty one it holds nothing.
    Folder(String),
    /// Anything else; what it would have said is not known.
    Failed(String),
}

/// A file, the files of a folder, or what a pattern in the last component matches; sorted by name.
pub fn included_files(path: &Path) -> Result<Vec<PathBuf>, Unfound> {
    let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    if is_pattern(&name) {
        let folder = path.parent().unwrap_or(Path::new("/"));
        if is_pattern(&folder.to_string_lossy()) {
            return Err(Unfound::Failed("a pattern may stand in the last component only".into()));
        }
        let glob = globset::GlobBuilder::new(&name)
            .literal_separator(true)
            .build()
            .map_err(|error| Unfound::Failed(error.to_string()))?;
        let matcher = glob.compile_matcher();
        return Ok(files_of(folder)
            .unwrap_or_default()
            .into_iter()
            .filter(|file| named_as(file, &matcher))
            .collect());
    }
    match fs::metadata(path) {
        Ok(found) if found.is_dir() => {
            files_of(path).map_err(|error| Unfound::Failed(cannot_read(path, &error)))
        }
        Ok(_) => Ok(vec![path.to_owned()]),
        Err(error) if error.kind() == ErrorKind::NotFound && ends_with_slash(path) => {
            Err(Unfound::Folder(cannot_read(path, &error)))
        }
        Err(error) => Err(Unfound::Failed(cannot_read(path, &error))),
    }
}

fn ends_with_slash(path: &Path) -> bool {
    path.as_os_str().as_encoded_bytes().ends_with(b"/")
}

fn cannot_read(path: &Path, error: &std::io::Error) -> String {
    format!("cannot read {}: {error}", path.display())
}

fn is_pattern(text: &str) -> bool {
    text.contains(['*', '?', '['])
}

fn named_as(file: &Path, matcher: &globset::GlobMatcher) -> bool {
    file.file_name().is_some_and(|name| matcher.is_match(name))
}

/// Plain files of a folder by name; hidden ones are no configuration.
fn files_of(folder: &Path) -> std::io::Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder)?.take(FILES_MOST) {
        let path = entry?.path();
        let hidden = path.file_name().is_some_and(|name| name.to_string_lossy().starts_with('.'));
        if !hidden && path.is_file() {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_folders_and_patterns_are_found() {
        let folder = tempfile::tempdir().expect("a folder");
        for name in ["b.conf", "a.conf", "c.bak", ".hidden"] {
            fs::write(folder.path().join(name), "").expect("written");
        }
        fs::create_dir(folder.path().join("d.conf")).expect("a folder");
        let found = |name: &str| {
            let files = match included_files(&folder.path().join(name)) {
                Ok(files) => files,
                Err(Unfound::Folder(_)) => return Some("no folder".into()),
                Err(Unfound::Failed(_)) => return None,
            };
            let names = files.iter().filter_map(|file| file.file_name());
            Some(names.map(|name| name.to_string_lossy().into_owned()).collect::<Vec<_>>().join(" "))
        };
        let table = [
            ("a.conf", Some("a.conf")),
            ("*.conf", Some("a.conf b.conf")),
            ("?.bak", Some("c.bak")),
            ("*.none", Some("")),
            ("", Some("a.conf b.conf c.bak")),
            ("missing", None),
            ("missing/", Some("no folder")),
            ("a.conf/", None),
            ("*/x.conf", None),
            ("[", None),
        ];
        for (name, expected) in table {
            assert_eq!(found(name).as_deref(), expected, "{name:?}");
        }
    }
}
