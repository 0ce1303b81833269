//! STOU: a file under a name that was free.

use std::io;

use super::Storage;
use super::authorise::authorise;
use super::denied::{Denied, Reason};
use super::operation::Create;
use super::path::FtpPath;
use super::placement::Placement;
use super::policy::{Asked, Verb};
use super::storing::{Target, Writing};
use crate::sys::random;

/// What the end of a name is drawn from.
const LETTERS: &[u8; 62] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
/// So many of them end a name.
pub(super) const DRAWN: usize = 6;
/// Names tried before the folder is believed to be full of them.
const TRIES: u32 = 100;

impl Storage {
    /// Makes a file in `folder` that nobody else has made: the kernel says so (O_EXCL). Its name is the folder's prefix and random
    /// letters.
    pub fn store_unique(&self, verb: Verb, folder: &FtpPath) -> Result<(Asked, Target), Denied> {
        let failed = |error: io::Error| Denied::new(verb.name.as_bytes(), error);
        let prefix = self.unique_prefix(verb, folder)?;
        for _ in 0..TRIES {
            let name = unique(&prefix).map_err(failed)?;
            let asked = Asked::new(verb, folder, &name)?;
            let entry = self.find_entry(&asked).map_err(|error| asked.denied(error))?;
            let permit = authorise(&self.policy, &asked, Create(entry))?;
            match self.create_target(permit, Placement::Whole, Writing::Upload) {
                Ok(target) => {
                    let target = self.on_terms(target, verb);
                    return Ok((asked, target));
                }
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
                Err(error) if error.kind() == io::ErrorKind::PermissionDenied => break,
                Err(error) => return Err(asked.denied(error)),
            }
        }
        Err(Denied::new(verb.name.as_bytes(), Reason::NoUniqueName))
    }

    /// How the names begin that are made up in a folder.
    pub(super) fn unique_prefix(&self, verb: Verb, folder: &FtpPath) -> Result<String, Denied> {
        let failed = |error: io::Error| Denied::new(verb.name.as_bytes(), error);
        let place = self.root.find(folder).map_err(failed)?;
        Ok(self.policy.rules_at(place.spot()).unique_prefix().to_owned())
    }
}

fn unique(prefix: &str) -> io::Result<Vec<u8>> {
    let mut name = prefix.as_bytes().to_vec();
    for _ in 0..DRAWN {
        let drawn = random::below(LETTERS.len() as u32)? as usize;
        name.extend(LETTERS.get(drawn));
    }
    Ok(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_the_prefix_and_six_letters() {
        let name = String::from_utf8(unique("ftp").unwrap()).unwrap();
        assert!(name.starts_with("ftp") && name.len() == 9, "{name}");
        assert!(name.bytes().all(|byte| byte.is_ascii_alphanumeric()), "{name}");
        assert_ne!(unique("").unwrap(), unique("").unwrap());
    }
}
