//! What else of the host a session is shown within its root (VRootAlias), taken as whoever the session is by then.

use std::borrow::Cow;
use std::ffi::OsStr;
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use super::session_root::{Quarters, named};
use super::storage::{FtpPath, NoAlias, Root};
use crate::auth::Account;
use crate::config::settings::AliasRules;
use crate::sys::files::Errno;

/// Shows what there is to show, in a root that is less than the whole host. Gives why others are not shown.
pub fn show(root: &mut Root, rules: &AliasRules, (quarters, account): (&Quarters, &Account)) -> Vec<NoAlias> {
    if !rules.is_on || rules.lines.is_empty() || !quarters.is_confined() {
        return Vec::new();
    }
    let (mut wanted, mut missing) = (Vec::new(), Vec::new());
    for line in &rules.lines {
        let source = named(&line.source, &account.name);
        match name_in(root, &named(&line.name, &account.name), (quarters, account)) {
            Ok(name) => wanted.push((source, name)),
            Err(error) => missing.push(NoAlias::new(path_of(&source), error)),
        }
    }
    // What an alias stands in is there before it, be that another; of two of one name the first stays.
    wanted.sort_by_key(|(_, name): &(Cow<'_, [u8]>, FtpPath)| name.names().count());
    for (source, name) in &wanted {
        missing.extend(root.show(path_of(source), name, quarters.links()).err());
    }
    if rules.links_lead_out {
        root.let_links_lead_out();
    }
    missing
}

/// `~` is the home, as the session sees it; a home elsewhere has no name in the root.
fn name_in(root: &Root, name: &[u8], (quarters, account): (&Quarters, &Account)) -> io::Result<FtpPath> {
    let (folder, below) = match name.strip_prefix(b"~") {
        Some(below) => (quarters.home_in(root, account)?, below),
        None => (FtpPath::root(), name),
    };
    let below = below.strip_prefix(b"/").unwrap_or(below);
    folder.join(below).map_err(|_| Errno::ENAMETOOLONG.into())
}

fn path_of(bytes: &[u8]) -> &Path {
    Path::new(OsStr::from_bytes(bytes))
}
