//! What can be done to files, each with the place it is done to and with what the rules must say of it.

use std::io;

use super::denied::Reason;
use super::policy::Spot;
use super::portion::Portion;
use super::root::{Bond, Entry, Found};
use crate::config::settings::PathRules;
use crate::protocol::ByteRange;
use crate::sys::files::{Errno, Kind};

/// Something that is done to one canonical path.
pub trait Operation {
    /// Where it is done on the host.
    fn spot(&self) -> Spot<'_>;

    /// What the rules of that place say beyond `<Limit>` and filters.
    fn judge(&self, rules: &PathRules<'_>) -> Result<(), Reason> {
        let _ = rules;
        Ok(())
    }

    /// Whether PathDenyFilter and PathAllowFilter look at the name: where one comes into being or goes, or its file is changed.
    fn is_filtered(&self) -> bool {
        false
    }

    /// Whether a name would come into being that the session could not see, or that something it cannot see bears already.
    fn is_concealed(&self) -> bool {
        false
    }

    /// What a client is told of that.
    fn refused_as_hidden(&self) -> Reason {
        Reason::Limit
    }

    /// What a client is told where `<Limit>` refuses.
    fn refused_by_limit(&self) -> Reason {
        Reason::Limit
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

/// Where an upload's first byte goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Placement {
    /// STOR: the file is emptied first.
    Whole,
    /// STOR after REST.
    At(u64),
    /// STOR after RANG: so many bytes, and no others.
    Within(ByteRange),
    /// APPE.
    End,
}

impl Placement {
    /// How many bytes a range takes.
    pub fn range_length(self) -> Option<u64> {
        match self {
            Placement::Within(range) => Some(range.length()),
            _ => None,
        }
    }

    /// Whether an upload goes on with what is there, which one that HiddenStores hides cannot.
    pub fn suits(self, rules: &PathRules<'_>) -> Result<(), Reason> {
        match (rules.hidden_stores(), self) {
            (Some(_), Placement::At(_)) => Err(Reason::Restarted("REST")),
            (Some(_), Placement::Within(_)) => Err(Reason::Restarted("RANG")),
            _ => Ok(()),
        }
    }

    /// Whether a file of this size reaches to where the first byte goes.
    pub fn lies_in(self, size: u64) -> Result<(), Reason> {
        match self {
            Placement::At(offset) if offset > size => Err(Reason::BehindEnd("REST")),
            Placement::Within(range) if range.first() > size => Err(Reason::BehindEnd("RANG")),
            _ => Ok(()),
        }
    }
}

impl From<Portion> for Placement {
    fn from(portion: Portion) -> Placement {
        match portion {
            Portion::Whole => Placement::Whole,
            Portion::From(offset) => Placement::At(offset),
            Portion::Within(range) => Placement::Within(range),
        }
    }
}

impl Operation for Look {
    fn spot(&self) -> Spot<'_> {
        self.0.spot()
    }

    fn refused_by_limit(&self) -> Reason {
        Reason::Hidden
    }
}

impl Operation for Inspect {
    fn spot(&self) -> Spot<'_> {
        self.0.spot()
    }
}

impl Operation for Alter {
    fn spot(&self) -> Spot<'_> {
        self.0.spot()
    }

    fn is_filtered(&self) -> bool {
        true
    }

    fn refused_by_limit(&self) -> Reason {
        Reason::LimitDirectory
    }
}

impl Operation for Retrieve {
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
    fn spot(&self) -> Spot<'_> {
        self.0.spot()
    }
}

impl Operation for Summarise {
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

    fn is_filtered(&self) -> bool {
        true
    }
}

impl Operation for Create {
    fn spot(&self) -> Spot<'_> {
        self.0.spot()
    }

    fn judge(&self, _: &PathRules<'_>) -> Result<(), Reason> {
        may_come(&self.0)
    }

    fn is_concealed(&self) -> bool {
        self.0.is_concealed
    }

    fn refused_as_hidden(&self) -> Reason {
        Reason::Hidden
    }

    fn is_filtered(&self) -> bool {
        true
    }
}

impl Operation for Leave {
    fn spot(&self) -> Spot<'_> {
        self.0.spot()
    }

    fn judge(&self, _: &PathRules<'_>) -> Result<(), Reason> {
        may_go(&self.0)
    }

    fn is_filtered(&self) -> bool {
        true
    }
}

impl Operation for MakeLink {
    fn spot(&self) -> Spot<'_> {
        self.0.spot()
    }

    fn judge(&self, _: &PathRules<'_>) -> Result<(), Reason> {
        may_come(&self.0)
    }

    fn is_concealed(&self) -> bool {
        self.0.is_concealed
    }

    fn is_filtered(&self) -> bool {
        true
    }
}

impl Operation for MakeDirectory {
    fn spot(&self) -> Spot<'_> {
        self.0.spot()
    }

    fn judge(&self, _: &PathRules<'_>) -> Result<(), Reason> {
        may_come(&self.0)
    }

    fn is_concealed(&self) -> bool {
        self.0.is_concealed
    }

    fn refused_as_hidden(&self) -> Reason {
        Reason::LimitDirectory
    }

    fn is_filtered(&self) -> bool {
        true
    }

    fn refused_by_limit(&self) -> Reason {
        Reason::LimitDirectory
    }
}

impl Operation for RemoveDirectory {
    fn spot(&self) -> Spot<'_> {
        self.0.spot()
    }

    fn judge(&self, _: &PathRules<'_>) -> Result<(), Reason> {
        may_go(&self.0)
    }

    fn is_filtered(&self) -> bool {
        true
    }

    fn refused_by_limit(&self) -> Reason {
        Reason::LimitDirectory
    }
}

impl Operation for Arrive {
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

    fn is_filtered(&self) -> bool {
        true
    }
}

/// An alias, and what an alias stands in, is not renamed, replaced or removed.
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
