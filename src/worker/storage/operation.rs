//! What can be done to files, each with the place it is done to and with what the rules must say of it.

use std::io;

use super::denied::Reason;
use super::placement::Placement;
use super::policy::Spot;
use super::portion::Portion;
use super::root::{Bond, Entry, Found};
use crate::config::settings::PathRules;
use crate::sys::files::{Errno, Kind};

/// What the rules are asked about an operation, and what a client is told of their refusal, wherever it is done.
#[derive(Debug)]
pub struct Manner {
    /// Whether PathDenyFilter and PathAllowFilter look at the name: where one comes into being or goes, or its file is changed.
    pub is_filtered: bool,
    /// Said where `<Limit>` refuses.
    pub refused_by_limit: Words,
    /// Said where the new name would be concealed.
    pub refused_as_hidden: Words,
}

impl Manner {
    const READS: Manner =
        Manner { is_filtered: false, refused_by_limit: Words::Limit, refused_as_hidden: Words::Limit };
    const WRITES: Manner = Manner { is_filtered: true, ..Manner::READS };
}

/// Which reason a client hears.
#[derive(Clone, Copy, Debug)]
pub enum Words {
    /// That the operation is not permitted.
    Limit,
    /// The same, as the commands for folders say it.
    LimitDirectory,
    /// That there is no such file.
    Hidden,
}

impl From<Words> for Reason {
    fn from(words: Words) -> Reason {
        match words {
            Words::Limit => Reason::Limit,
            Words::LimitDirectory => Reason::LimitDirectory,
            Words::Hidden => Reason::Hidden,
        }
    }
}

/// Something that is done to one canonical path.
pub trait Operation {
    /// Its manner.
    const MANNER: Manner;

    /// Where it is done on the host.
    fn spot(&self) -> Spot<'_>;

    /// What the rules of that place say beyond `<Limit>` and filters.
    fn judge(&self, rules: &PathRules<'_>) -> Result<(), Reason> {
        let _ = rules;
        Ok(())
    }

    /// Whether a name would come into being that the session could not see, or that something it cannot see bears already.
    fn is_concealed(&self) -> bool {
        false
    }
}

/// CWD, LIST, NLST, STAT: a place is shown, or stood in.
#[derive(Debug)]
pub struct Look(pub Found);

/// The status of a file is told: SIZE, MDTM, a line of a listing.
#[derive(Debug)]
pub struct Inspect(pub Found);

/// RETR.
#[derive(Debug)]
pub struct Retrieve {
    /// The file.
    pub found: Found,
    /// How much of it.
    pub portion: Portion,
}

/// RETR of what is not there and is made up.
#[derive(Debug)]
pub struct Invent(pub Entry);

/// HASH and its like.
#[derive(Debug)]
pub struct Summarise(pub Found);

/// MFMT, SITE CHMOD, SITE CHGRP.
#[derive(Debug)]
pub struct Alter(pub Found);

/// STOR, APPE over what is there.
#[derive(Debug)]
pub struct Overwrite {
    /// The file.
    pub found: Found,
    /// Where writing begins.
    pub placement: Placement,
}

/// STOR, APPE of what is not there.
#[derive(Debug)]
pub struct Create(pub Entry);

/// DELE, and the leaving side of a rename.
#[derive(Debug)]
pub struct Leave(pub Entry);

/// MKD.
#[derive(Debug)]
pub struct MakeDirectory(pub Entry);

/// RMD.
#[derive(Debug)]
pub struct RemoveDirectory(pub Entry);

/// SITE SYMLINK.
#[derive(Debug)]
pub struct MakeLink(pub Entry);

/// RNTO.
#[derive(Debug)]
pub struct Arrive(pub Entry);

impl Operation for Look {
    const MANNER: Manner = Manner { refused_by_limit: Words::Hidden, ..Manner::READS };

    fn spot(&self) -> Spot<'_> {
        self.0.spot()
    }
}

impl Operation for Inspect {
    const MANNER: Manner = Manner::READS;

    fn spot(&self) -> Spot<'_> {
        self.0.spot()
    }
}

impl Operation for Alter {
    const MANNER: Manner = Manner { refused_by_limit: Words::LimitDirectory, ..Manner::WRITES };

    fn spot(&self) -> Spot<'_> {
        self.0.spot()
    }
}

impl Operation for Retrieve {
    const MANNER: Manner = Manner::READS;

    fn spot(&self) -> Spot<'_> {
        self.found.spot()
    }

    fn judge(&self, rules: &PathRules<'_>) -> Result<(), Reason> {
        if self.found.status.kind != Kind::File {
            return Err(Reason::NotRegular);
        }
        if self.portion != Portion::Whole && !rules.allow_retrieve_restart() {
            return Err(Reason::RetrieveRestart);
        }
        Ok(())
    }
}

impl Operation for Invent {
    const MANNER: Manner = Manner::READS;

    fn spot(&self) -> Spot<'_> {
        self.0.spot()
    }
}

impl Operation for Summarise {
    const MANNER: Manner = Manner::READS;

    fn spot(&self) -> Spot<'_> {
        self.0.spot()
    }

    fn judge(&self, rules: &PathRules<'_>) -> Result<(), Reason> {
        if self.0.status.kind != Kind::File {
            return Err(Reason::NotRegular);
        }
        if rules.digests() { Ok(()) } else { Err(Reason::NoDigest) }
    }
}

impl Operation for Overwrite {
    const MANNER: Manner = Manner::WRITES;

    fn spot(&self) -> Spot<'_> {
        self.found.spot()
    }

    fn judge(&self, rules: &PathRules<'_>) -> Result<(), Reason> {
        if !rules.allow_overwrite() && self.placement != Placement::End {
            return Err(Reason::Overwrite);
        }
        if self.found.status.kind != Kind::File {
            return Err(Reason::NotRegular);
        }
        if !rules.allow_store_restart() && self.placement != Placement::Whole {
            return Err(Reason::StoreRestart);
        }
        self.placement.suits(rules)?;
        self.placement.lies_in(self.found.status.size)
    }
}

impl Operation for Create {
    const MANNER: Manner = Manner { refused_as_hidden: Words::Hidden, ..Manner::WRITES };

    fn spot(&self) -> Spot<'_> {
        self.0.spot()
    }

    fn judge(&self, _: &PathRules<'_>) -> Result<(), Reason> {
        may_come(&self.0)
    }

    fn is_concealed(&self) -> bool {
        self.0.is_concealed
    }
}

impl Operation for Leave {
    const MANNER: Manner = Manner::WRITES;

    fn spot(&self) -> Spot<'_> {
        self.0.spot()
    }

    fn judge(&self, _: &PathRules<'_>) -> Result<(), Reason> {
        may_go(&self.0)
    }
}

impl Operation for MakeLink {
    const MANNER: Manner = Manner::WRITES;

    fn spot(&self) -> Spot<'_> {
        self.0.spot()
    }

    fn judge(&self, _: &PathRules<'_>) -> Result<(), Reason> {
        may_go(&self.0)
    }

    fn is_concealed(&self) -> bool {
        self.0.is_concealed
    }
}

impl Operation for MakeDirectory {
    const MANNER: Manner = Manner {
        refused_by_limit: Words::LimitDirectory,
        refused_as_hidden: Words::LimitDirectory,
        ..Manner::WRITES
    };

    fn spot(&self) -> Spot<'_> {
        self.0.spot()
    }

    fn judge(&self, _: &PathRules<'_>) -> Result<(), Reason> {
        may_come(&self.0)
    }

    fn is_concealed(&self) -> bool {
        self.0.is_concealed
    }
}

impl Operation for RemoveDirectory {
    const MANNER: Manner = Manner { refused_by_limit: Words::LimitDirectory, ..Manner::WRITES };

    fn spot(&self) -> Spot<'_> {
        self.0.spot()
    }

    fn judge(&self, _: &PathRules<'_>) -> Result<(), Reason> {
        may_go(&self.0)
    }
}

impl Operation for Arrive {
    const MANNER: Manner = Manner::WRITES;

    fn spot(&self) -> Spot<'_> {
        self.0.spot()
    }

    fn judge(&self, rules: &PathRules<'_>) -> Result<(), Reason> {
        if self.0.status.is_some() && !rules.allow_overwrite() {
            return Err(Reason::OverwriteByRename);
        }
        may_go(&self.0)
    }

    fn is_concealed(&self) -> bool {
        self.0.is_concealed
    }
}

/// An alias, and what an alias stands in, is not renamed, replaced or removed; nor is a link made in its place, which would have the next
/// session find the alias elsewhere, where other rules hold.
fn may_go(entry: &Entry) -> Result<(), Reason> {
    if matches!(entry.bond, Bond::Free) { Ok(()) } else { Err(refused(Errno::EACCES)) }
}

/// Nothing comes to bear an alias's name besides it.
fn may_come(entry: &Entry) -> Result<(), Reason> {
    if matches!(entry.bond, Bond::Alias(_)) { Err(refused(Errno::EEXIST)) } else { Ok(()) }
}

fn refused(number: Errno) -> Reason {
    Reason::from(io::Error::from(number))
}
