//! The configuration that the daemon runs by, kept where root can find it and nobody has to clean up: in a nameless file that only
//! the master holds open. `ferryd --diff` compares another with it.

use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::net::SocketAddr;
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

/// What was kept.
#[derive(Debug, PartialEq, Eq)]
pub struct Kept {
    pub generation: u32,
    /// Where it listens.
    pub addresses: Vec<SocketAddr>,
    pub outline: Vec<u8>,
}

impl KeptConfiguration {
    /// Keeps an outline, and a line with addresses before it, for as long as the generation lives.
    pub fn of(outline: &[u8], addresses: &[SocketAddr], generation: u32) -> io::Result<KeptConfiguration> {
        let mut file = File::from(mapping::secret_file(&format!("{NAME}-{generation}"))?);
        let addresses: Vec<String> = addresses.iter().map(SocketAddr::to_string).collect();
        file.write_all((addresses.join(" ") + "\n").as_bytes())?;
        file.write_all(outline)?;
        Ok(KeptConfiguration { file })
    }

    /// The outline that is kept.
    pub fn outline(&self) -> io::Result<Vec<u8>> {
        let mut kept = vec![0; usize::try_from(self.file.metadata()?.len()).unwrap_or_default()];
        self.file.read_exact_at(&mut kept, 0)?;
        let (_, outline) = parts(&kept).ok_or(io::ErrorKind::InvalidData)?;
        Ok(outline.to_vec())
    }

    /// What the master before has kept.
    pub fn adopt(file: OwnedFd) -> KeptConfiguration {
        KeptConfiguration { file: file.into() }
    }

    /// Whether another says the same.
    pub fn says(&self, outline: &[u8]) -> bool {
        let length = self.file.metadata().map_or(0, |found| found.len());
        let mut kept = vec![0; usize::try_from(length).unwrap_or(0)];
        self.file.read_exact_at(&mut kept, 0).is_ok() && parts(&kept).is_some_and(|(_, own)| own == outline)
    }

    /// For whoever hands it on.
    pub fn as_fd(&self) -> BorrowedFd<'_> {
        self.file.as_fd()
    }

    /// The newest that a running master keeps. Only root and the master's own user may look.
    pub fn read(master: ProcessId) -> io::Result<Kept> {
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
        let mut bytes = Vec::new();
        File::open(path)?.take(BYTES_MOST).read_to_end(&mut bytes)?;
        let (addresses, outline) = parts(&bytes).ok_or(io::ErrorKind::InvalidData)?;
        Ok(Kept { generation, addresses, outline: outline.to_vec() })
    }
}

fn parts(bytes: &[u8]) -> Option<(Vec<SocketAddr>, &[u8])> {
    let end = bytes.iter().position(|byte| *byte == b'\n')?;
    let line = std::str::from_utf8(&bytes[..end]).ok()?;
    let addresses = line.split_whitespace().map(|word| word.parse().ok()).collect::<Option<_>>()?;
    Some((addresses, &bytes[end + 1..]))
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
        let addresses = ["127.0.0.1:21".parse().unwrap(), "[::1]:2121".parse().unwrap()];
        let kept: Vec<KeptConfiguration> = [(7, "old"), (10, "new")]
            .map(|(number, text)| KeptConfiguration::of(text.as_bytes(), &addresses, number).unwrap())
            .into();
        let found = KeptConfiguration::read(process::own()).unwrap();
        let wanted = Kept { generation: 10, addresses: addresses.to_vec(), outline: b"new".to_vec() };
        assert_eq!(found, wanted);
        drop(kept);
    }
}
