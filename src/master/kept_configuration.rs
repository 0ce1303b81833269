//! The configuration that the daemon runs by, kept where root can find it and nobody has to clean up: in a nameless file that only
//! the master holds open. `ferryd --diff` compares another with it.

use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::fs::FileExt;
use std::path::Path;

use crate::sys::{ProcessId, mapping};

/// The name by which /proc shows the file.
const NAME: &str = "ferryd-configuration";

/// Most bytes of one; a configuration's files together are not larger by much.
const BYTES_MOST: u64 = 256 * 1024 * 1024;

/// What one generation runs by; gone when it is dropped.
#[derive(Debug)]
pub struct KeptConfiguration {
    file: File,
}

impl KeptConfiguration {
    /// Keeps an outline for as long as the generation lives.
    pub fn of(outline: &[u8], generation: u32) -> io::Result<KeptConfiguration> {
        let mut file = File::from(mapping::secret_file(&format!("{NAME}-{generation}"))?);
        file.write_all(outline)?;
        Ok(KeptConfiguration { file })
    }

    /// What the master before has kept.
    pub fn adopt(file: OwnedFd) -> KeptConfiguration {
        KeptConfiguration { file: file.into() }
    }

    /// Whether another says the same.
    pub fn says(&self, outline: &[u8]) -> bool {
        let is_as_long = self.file.metadata().is_ok_and(|found| found.len() == outline.len() as u64);
        let mut kept = vec![0; outline.len()];
        is_as_long && self.file.read_exact_at(&mut kept, 0).is_ok() && kept == outline
    }

    /// For whoever hands it on.
    pub fn as_fd(&self) -> BorrowedFd<'_> {
        self.file.as_fd()
    }

    /// The newest that a running master keeps, and its generation. Only root and the master's own user may look.
    pub fn read(master: ProcessId) -> io::Result<(u32, Vec<u8>)> {
        let mut newest: Option<(u32, std::path::PathBuf)> = None;
        for entry in fs::read_dir(format!("/proc/{master}/fd"))? {
            let path = entry?.path();
            // Descriptors come and go while they are counted.
            let Ok(target) = fs::read_link(&path) else { continue };
            let Some(generation) = generation(&target) else { continue };
            if newest.as_ref().is_none_or(|(known, _)| *known < generation) {
                newest = Some((generation, path));
            }
        }
        let (generation, path) = newest.ok_or(io::ErrorKind::NotFound)?;
        let mut outline = Vec::new();
        File::open(path)?.take(BYTES_MOST).read_to_end(&mut outline)?;
        Ok((generation, outline))
    }
}

/// `/memfd:NAME-7 (deleted)` is generation 7's.
fn generation(target: &Path) -> Option<u32> {
    let name = target.to_str()?.strip_prefix("/memfd:")?.strip_prefix(NAME)?.strip_prefix('-')?;
    name.strip_suffix(" (deleted)").unwrap_or(name).parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sys::process;

    #[test]
    fn the_newest_is_found() {
        let kept: Vec<KeptConfiguration> = [(7, "old"), (10, "new")]
            .map(|(generation, text)| KeptConfiguration::of(text.as_bytes(), generation).unwrap())
            .into();
        let found = KeptConfiguration::read(process::own()).unwrap();
        assert_eq!(found, (10, b"new".to_vec()));
        drop(kept);
    }
}
