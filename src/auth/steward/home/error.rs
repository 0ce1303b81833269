//! Why a home was not made, in the words of SystemLog.

use std::fmt;
use std::io;
use std::path::PathBuf;

use crate::sys::UserId;

/// Why a home was not made. What was begun is left where the next login finds it.
#[derive(Debug)]
pub enum HomeError {
    /// The path is relative, or leads upwards.
    Path(PathBuf),
    /// A step at a folder on the way.
    Way(&'static str, PathBuf, io::Error),
    /// A link on the way stands where others than root may put one.
    Link(PathBuf),
    /// Something on the way is neither a folder nor a link.
    NoFolder(PathBuf),
    /// Links on the way lead nowhere or round in circles.
    Winding(PathBuf),
    /// A step at the home itself.
    Home(&'static str, PathBuf, io::Error),
    /// What was begun there is somebody else's.
    Planted(PathBuf, UserId),
    /// Others work at the same place all the time.
    Disturbed(PathBuf),
    /// A step at the skeleton, or at the copy.
    Skeleton(&'static str, PathBuf, io::Error),
    /// Everybody may write in the skeleton.
    Unsound(PathBuf),
    /// The skeleton has more than this.
    TooMuch(PathBuf, &'static str),
    /// NoRootPrivs: the account's identity cannot be taken.
    Identity(io::Error),
}

impl fmt::Display for HomeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            HomeError::Path(path) => write!(f, "'{}' is no absolute path", path.display()),
            HomeError::Way(step, path, error) | HomeError::Home(step, path, error) => {
                write!(f, "cannot {step} {}: {error}", path.display())
            }
            HomeError::Link(path) => {
                write!(
                    f,
                    "the link {} is not followed: others than root may have put it there",
                    path.display()
                )
            }
            HomeError::NoFolder(path) => write!(f, "{} is no folder", path.display()),
            HomeError::Winding(path) => write!(f, "too many links on the way to {}", path.display()),
            HomeError::Planted(path, uid) => {
                write!(f, "what was begun for {} belongs to uid {uid}; remove it", path.display())
            }
            HomeError::Disturbed(path) => {
                write!(f, "{} is changed by others all the time", path.display())
            }
            HomeError::Skeleton(step, path, error) => {
                write!(f, "skeleton: cannot {step} {}: {error}", path.display())
            }
            HomeError::Unsound(path) => {
                write!(f, "skeleton: everybody may write to {}; chmod o-w it", path.display())
            }
            HomeError::TooMuch(path, what) => write!(f, "skeleton: {} has more than {what}", path.display()),
            HomeError::Identity(error) => write!(f, "cannot become the account: {error}"),
        }
    }
}

impl std::error::Error for HomeError {}
