//! What ListOptions says of listings: letters of ls(1), which commands they are for, and bounds.

use std::ops::RangeInclusive;

/// Folders below folders, with `-R`, where nothing is said: deeper ones each cost a descriptor.
pub const DEPTH_MOST: u32 = 16;
/// What a bound may be.
pub const BOUNDS: RangeInclusive<u32> = 1..=u32::MAX;

/// One ListOptions line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListOptions {
    /// `-a +R`: letters switched on and off, after those of the client.
    pub letters: String,
    /// `strict`: letters of clients are passed over.
    pub strict: bool,
    /// Which commands all this is for.
    pub commands: ListCommands,
    /// `maxdepth`: how many levels `-R` shows.
    pub depth: u32,
    /// `maxfiles`.
    pub files: Option<u32>,
    /// `maxdirs`: the folder that was asked for counts.
    pub directories: Option<u32>,
    /// `NoErrorIfAbsent`: what is not there is an empty listing.
    pub no_error_if_absent: bool,
    /// `AdjustedSymlinks`: targets are told as they lead within the session's root.
    pub adjusted_symlinks: bool,
    /// `SortedNLST`: NLST of a folder sorts its names.
    pub sorted_names: bool,
}

/// ListStyle: what LIST's lines look like.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ListStyle {
    /// As ls(1) has them.
    #[default]
    Unix,
    /// As IIS has them.
    Windows,
}

/// Which commands a ListOptions line is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ListCommands {
    /// LIST, NLST, STAT.
    All,
    /// `LISTOnly`.
    List,
    /// `NLSTOnly`.
    Names,
}

/// What holds where nothing is said.
pub static USUAL: ListOptions = ListOptions {
    letters: String::new(),
    strict: false,
    commands: ListCommands::All,
    depth: DEPTH_MOST,
    files: None,
    directories: None,
    no_error_if_absent: false,
    adjusted_symlinks: false,
    sorted_names: false,
};
