//! A request judged and not carried out: found, put before the one function that decides, and left alone.

use std::path::{Path, PathBuf};

use super::Storage;
use super::authorise::{authorise, filtered};
use super::denied::{Denied, Reason};
use super::operation::{
    Alter, Arrive, Create, Inspect, Leave, Look, MakeDirectory, MakeLink, Operation, Overwrite,
    RemoveDirectory, Retrieve, Summarise,
};
use super::path::FtpPath;
use super::placement::Placement;
use super::policy::{Asked, Verb};
use super::portion::Portion;
use super::root::{Entry, Found};
use super::unique;
use crate::sys::files::Errno;

/// What STOU draws here: always the same, so that the answer is, too.
const DRAWN: &[u8; unique::DRAWN] = b"aB3xY7";

impl Storage {
    /// Where on the host a request would be carried out, or why it would not. What the kernel would say of the session's account is not
    /// asked.
    pub fn rehearse(
        &self,
        verb: Verb,
        (cwd, folder): (&FtpPath, &Path),
        argument: &[u8],
    ) -> Result<PathBuf, Denied> {
        let asked = &Asked::new(verb, cwd, argument)?;
        // STOU has no word of its own: the folder in which it is asked for stands here.
        let has_words = !argument.is_empty() && verb.name != "STOU";
        if has_words && filtered(&self.rules_in(folder), argument).is_err() {
            return Err(asked.denied(Reason::Argument));
        }
        match verb.name {
            "RETR" => self.judge_found(asked, |found| Retrieve { found, portion: Portion::Whole }),
            "HASH" | "MD5" | "XCRC" | "XMD5" | "XSHA" | "XSHA1" | "XSHA256" | "XSHA512" => {
                self.judge_found(asked, Summarise)
            }
            "SIZE" | "MDTM" | "MLST" => self.judge_found(asked, Inspect),
            "MFMT" | "MFF" | "SITE_CHMOD" | "SITE_CHGRP" | "SITE_UTIME" => self.judge_found(asked, Alter),
            "STOR" => self.judge_store(asked, Placement::Whole),
            "STOU" => self.judge_unique(asked),
            "APPE" => self.judge_store(asked, Placement::End),
            "DELE" | "RNFR" => self.judge_entry(asked, Leave),
            "RNTO" => self.judge_entry(asked, Arrive),
            "MKD" | "SITE_MKDIR" => self.judge_entry(asked, MakeDirectory),
            "RMD" | "SITE_RMDIR" => self.judge_entry(asked, RemoveDirectory),
            "SITE_SYMLINK" => self.judge_entry(asked, MakeLink),
            _ => self.judge_found(asked, Look),
        }
    }

    fn judge_found<O: Operation>(
        &self,
        asked: &Asked,
        of: impl FnOnce(Found) -> O,
    ) -> Result<PathBuf, Denied> {
        let found = self.find(asked).map_err(|error| asked.denied(error))?;
        self.judge_operation(asked, of(found))
    }

    fn judge_entry<O: Operation>(
        &self,
        asked: &Asked,
        of: impl FnOnce(Entry) -> O,
    ) -> Result<PathBuf, Denied> {
        let entry = self.entry(asked, Errno::EBUSY)?;
        self.judge_operation(asked, of(entry))
    }

    fn judge_store(&self, asked: &Asked, placement: Placement) -> Result<PathBuf, Denied> {
        match self.find(asked) {
            Ok(found) => self.judge_operation(asked, Overwrite { found, placement }),
            Err(_) => self.judge_entry(asked, Create),
        }
    }

    /// STOU in a folder.
    fn judge_unique(&self, asked: &Asked) -> Result<PathBuf, Denied> {
        let prefix = self.unique_prefix(asked.verb, &asked.path)?;
        let name = [prefix.as_bytes(), DRAWN].concat();
        self.judge_entry(&Asked::new(asked.verb, &asked.path, &name)?, Create)
    }

    fn judge_operation<O: Operation>(&self, asked: &Asked, operation: O) -> Result<PathBuf, Denied> {
        let place = operation.spot().canonical.to_owned();
        authorise(&self.policy, asked, operation).map(|_| place)
    }
}
