//! What is done while a file is read: Include, Define, LoadModule, and the conditions.

use std::fs;
use std::path::Path;

use super::super::complaint::{Complaint, similar_names};
use super::super::include::{Unfound, included_files};
use super::super::lines::Word;
use super::super::modules::{Standing, known_names, standing};
use super::super::version;
use super::{INCLUDE_DEPTH_MOST, Kind, Node, Reader, unreadable};

impl Reader {
    pub(super) fn condition(&mut self, name: &Word, arguments: &[Word]) -> Kind {
        let words: Vec<&str> = arguments.iter().map(|word| word.text.as_str()).collect();
        let for_module = name.text.eq_ignore_ascii_case("IfModule");
        let holds = if name.text.eq_ignore_ascii_case("IfVersion") {
            version::is_meant(&words)
        } else {
            self.is_there(&words, for_module).ok_or_else(|| format!("<{}> takes one name", name.text))
        };
        match holds {
            Ok(true) => Kind::Holds,
            // What is for a server without a module that ferryd has was not in force under ProFTPD either.
            Ok(false) => {
                Kind::Skipped { for_module: for_module && !words.iter().any(|word| word.starts_with('!')) }
            }
            Err(message) => {
                self.tree.complaints.error(&name.mark, message);
                Kind::Skipped { for_module: false }
            }
        }
    }

    /// Whether a module is part of ferryd, or a name defined; None if there is not just one.
    fn is_there(&self, words: &[&str], is_module: bool) -> Option<bool> {
        let [word] = words else { return None };
        let is = |name: &str| match is_module {
            true => standing(name) == Standing::Provided,
            false => self.variables.defines.contains_key(name),
        };
        Some(word.strip_prefix('!').map_or_else(|| is(word), |negated| !is(negated.trim())))
    }

    pub(super) fn define(&mut self, name: &Word, arguments: &[Word]) {
        match arguments {
            [defined] => _ = self.variables.defines.insert(defined.text.clone(), None),
            [defined, value] => {
                _ = self.variables.defines.insert(defined.text.clone(), Some(value.text.clone()))
            }
            _ => self.tree.complaints.error(&name.mark, "Define: takes a name and perhaps a value"),
        }
    }

    pub(super) fn load_module(&mut self, name: &Word, mut arguments: Vec<Word>) {
        let (Some(module), true) = (arguments.pop(), arguments.is_empty()) else {
            self.tree.complaints.error(&name.mark, "LoadModule: takes the name of one module");
            return;
        };
        match standing(&module.text) {
            Standing::Provided => {}
            Standing::Absent => self.absent_modules.push(module),
            Standing::Unknown => {
                let message = format!("LoadModule: no module '{}' is known; it is left out", module.text);
                let complaint = Complaint::warning(Some(module.mark.place()), message);
                let similar = || similar_names(&module.text, known_names());
                self.tree.complaints.push_with_similar(complaint, similar);
            }
        }
    }

    /// One warning for all of them: Debian's file alone names thirty.
    pub(super) fn tell_absent_modules(&mut self) {
        let Some(first) = self.absent_modules.first() else { return };
        let names: Vec<&str> = self.absent_modules.iter().map(|word| word.text.as_str()).collect();
        let message = format!("LoadModule: not part of ferryd, left out: {}", names.join(" "));
        self.tree.complaints.warning(&first.mark, message);
    }

    pub(super) fn include(&mut self, name: &Word, arguments: &[Word]) -> Vec<Node> {
        let [path] = arguments else {
            self.tree.complaints.error(&name.mark, "Include: takes one path");
            return Vec::new();
        };
        if !path.text.starts_with('/') {
            self.tree.complaints.error(&path.mark, "Include: the path must be absolute (%{config-dir}/… is)");
            return Vec::new();
        }
        if self.including.len() >= INCLUDE_DEPTH_MOST {
            self.tree
                .complaints
                .error(&path.mark, format!("Include: deeper than {INCLUDE_DEPTH_MOST} files"));
            return Vec::new();
        }
        match included_files(Path::new(&path.text)) {
            Ok(files) => files.into_iter().flat_map(|file| self.included(path, &file)).collect(),
            Err(Unfound::Folder(message)) => {
                self.tree.complaints.warning(&path.mark, format!("Include: {message}"));
                Vec::new()
            }
            Err(Unfound::Failed(message)) => {
                self.tree.complaints.error(&path.mark, format!("Include: {message}"));
                Vec::new()
            }
        }
    }

    fn included(&mut self, word: &Word, file: &Path) -> Vec<Node> {
        let canonical = fs::canonicalize(file).unwrap_or_else(|_| file.to_owned());
        if self.including.iter().any(|open| *open == canonical || open == file) {
            let message = format!("Include: {} includes itself", file.display());
            self.tree.complaints.error(&word.mark, message);
            return Vec::new();
        }
        match self.contents(&canonical) {
            Ok(bytes) => self.file(&canonical, &bytes),
            Err(error) => {
                self.tree.complaints.push(unreadable(Some(&word.mark), file, &error));
                Vec::new()
            }
        }
    }
}
