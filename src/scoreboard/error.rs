//! Why a board cannot be read or made.

use std::fmt;
use std::io;
use std::path::PathBuf;

/// Why a board cannot be read or made.
#[derive(Debug)]
pub enum BoardError {
    /// The system said no.
    Io(PathBuf, io::Error),
    /// The file is no scoreboard of ours.
    NotABoard(PathBuf),
    /// What lies where the board should is none, ours or ProFTPD's, and stays.
    InTheWay(PathBuf),
    /// Another layout version.
    Version(PathBuf, u64),
    /// Smaller than its header says.
    Truncated(PathBuf),
    /// Another master holds it, or sessions without one.
    Held(PathBuf),
    /// Sessions without a common master have every slot.
    Full(PathBuf),
    /// Whoever holds the lock does not give it up.
    Busy(PathBuf),
    /// The folder that the board should lie in is not there.
    NoFolder(PathBuf),
    /// Anybody could replace files in the folder that the board should lie in.
    UnsafeFolder(PathBuf),
    /// A board cannot have so many slots.
    Slots(u32),
}

impl fmt::Display for BoardError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            BoardError::Io(path, error) => write!(f, "{}: {error}", path.display()),
            BoardError::NotABoard(path) => write!(f, "{}: is not a scoreboard", path.display()),
            BoardError::InTheWay(path) => write!(
                f,
                "{}: lies where the scoreboard should and is none; remove it or choose another ScoreboardFile",
                path.display()
            ),
            BoardError::Version(path, version) => write!(
                f,
                "{}: scoreboard of layout {version}, while this program reads layout {}; use the tools of the running daemon",
                path.display(),
                super::layout::VERSION,
            ),
            BoardError::Truncated(path) => {
                write!(f, "{}: scoreboard is smaller than its header says", path.display())
            }
            BoardError::Held(path) => {
                write!(
                    f,
                    "{}: held by a running daemon or by sessions of inetd; stop them or choose another ScoreboardFile",
                    path.display()
                )
            }
            BoardError::Full(path) => write!(f, "{}: every slot has its session", path.display()),
            BoardError::Busy(path) => {
                write!(f, "{}: its lock is held by another session for too long", path.display())
            }
            BoardError::NoFolder(path) => {
                write!(
                    f,
                    "{}: no such folder for the scoreboard; create it or change ScoreboardFile",
                    path.display()
                )
            }
            BoardError::UnsafeFolder(path) => write!(
                f,
                "{}: world-writable folder, no place for the scoreboard; change its mode or ScoreboardFile",
                path.display()
            ),
            BoardError::Slots(slots) => {
                write!(f, "a scoreboard has 1 to {} slots, not {slots}", super::layout::SLOTS_MAX)
            }
        }
    }
}

impl std::error::Error for BoardError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            BoardError::Io(_, error) => Some(error),
            _ => None,
        }
    }
}
