//! What is logged, and where to.

use std::path::PathBuf;

use super::LogTarget;
use crate::logging::Severity;
use crate::logging::extended::{Format, Selection};

/// One ExtendedLog.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExtendedLog {
    /// Where it goes.
    pub target: ExtendedTarget,
    /// What it is about.
    pub selection: Selection,
    /// How its lines are written.
    pub form: Form,
    /// Which of its [`super::Sessions`]' logs it is.
    pub place: usize,
}

/// TransferLog.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TransferLog {
    /// Where it goes.
    pub target: LogTarget,
    /// Which of its [`super::Sessions`]' logs it is.
    pub place: usize,
}

/// Where an ExtendedLog goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ExtendedTarget {
    /// A file, absolute.
    File(PathBuf),
    /// `syslog:level`.
    Syslog(Severity),
}

/// How lines are written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Form {
    /// By a LogFormat.
    Text(Format),
    /// One object a line.
    Json,
}

impl Form {
    /// Whether lines tell paths, which cost something to be found out.
    pub fn tells_paths(&self) -> bool {
        match self {
            Form::Text(format) => format.tells_paths(),
            Form::Json => true,
        }
    }
}
