//! This process's descriptors as proc(5) shows them, `/proc/self/fd`: each is a link to what it stands for, by whatever name that has now.

use std::cell::Cell;
use std::ffi::CStr;
use std::io::Write;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd};

use nix::fcntl::{self, OFlag};
use nix::sys::stat::Mode;

/// Whether the folder is held. In a process that bears none: a child that inherited it would see its parent's descriptors for its own.
#[derive(Clone, Copy)]
enum Folder {
    Named,
    HeldFromFirstUse,
    Held(Option<&'static OwnedFd>),
}

thread_local! {
    /// Beside what a session writes to anyhow: a variable of the program would cost each a page.
    static FOLDER: Cell<Folder> = const { Cell::new(Folder::Named) };
}

/// Room for the longest name: the folder's, and a number.
const NAME_MOST: usize = 32;

/// Worker, once it is confined and can have no child: the folder is held from its first use on. The way to it is a good part of what it
/// takes to follow the link of a descriptor.
pub fn hold_from_now_on() {
    FOLDER.set(Folder::HeldFromFirstUse);
}

/// Does something with the link of a descriptor: by a folder, and a name in it.
pub(super) fn by_link<T>(
    file: BorrowedFd<'_>,
    act: impl FnOnce(BorrowedFd<'_>, &CStr) -> nix::Result<T>,
) -> nix::Result<T> {
    let mut name = [0_u8; NAME_MOST];
    let number = file.as_raw_fd();
    let held = held();
    // The last byte stays 0, and no number is as long.
    let room = &mut name[..NAME_MOST - 1];
    let written = match held {
        Some(_) => write!(&mut *room, "{number}"),
        None => write!(&mut *room, "/proc/self/fd/{number}"),
    };
    let name = written.ok().and_then(|()| CStr::from_bytes_until_nul(&name).ok());
    act(held.unwrap_or(fcntl::AT_FDCWD), name.ok_or(nix::Error::ENAMETOOLONG)?)
}

fn held() -> Option<BorrowedFd<'static>> {
    let folder = match FOLDER.get() {
        Folder::Named => return None,
        Folder::HeldFromFirstUse => opened(),
        Folder::Held(folder) => folder,
    };
    FOLDER.set(Folder::Held(folder));
    folder.map(AsFd::as_fd)
}

/// For the rest of the process's life.
fn opened() -> Option<&'static OwnedFd> {
    let flags = OFlag::O_PATH | OFlag::O_DIRECTORY | OFlag::O_CLOEXEC;
    let folder = fcntl::open("/proc/self/fd", flags, Mode::empty()).ok()?;
    Some(Box::leak(Box::new(folder)))
}
