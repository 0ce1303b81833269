//! Landlock (landlock(7)): what a process may still reach. Best effort by the kernel's ABI; the caller is told what was had.

use std::io;
use std::os::fd::{AsRawFd, BorrowedFd, OwnedFd};

use landlock::{
    ABI, Access, AccessFs, BitFlags, CompatLevel, Compatible, PathBeneath, PathFd, Ruleset, RulesetAttr,
    RulesetCreated, RulesetCreatedAttr, RulesetStatus, Scope,
};
use nix::libc;

use super::files;

/// The newest ABI whose rights are asked for.
const KNOWN: ABI = ABI::V6;

/// How much of what was asked the kernel enforces.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Confinement {
    /// All of it.
    Full,
    /// What an older kernel knows.
    Partial,
    /// Nothing: the kernel has no Landlock.
    None,
}

/// The rules that keep a worker's signals to itself, made once for all of a generation: each takes a domain of its own by them.
#[derive(Debug)]
pub struct SignalScope(Option<OwnedFd>);

/// Nursery: no signal leaves a process for another (SCOPE_SIGNAL, ABI 6). Renames from folder to folder (REFER) are the one right
/// that every ruleset refuses unless it grants it, so this one grants it everywhere.
pub fn signal_scope() -> io::Result<SignalScope> {
    let everywhere = PathFd::new("/").map_err(io::Error::other)?;
    let rules = Ruleset::default()
        .set_compatibility(CompatLevel::BestEffort)
        .handle_access(AccessFs::Refer)
        .and_then(|rules| rules.scope(Scope::Signal))
        .and_then(|rules| rules.create())
        .and_then(|rules| rules.add_rule(PathBeneath::new(everywhere, AccessFs::Refer)))
        .map_err(io::Error::other)?;
    // None where the kernel has no Landlock.
    Ok(SignalScope(rules.into()))
}

impl SignalScope {
    /// Worker, first of all: takes the domain (landlock_restrict_self(2)), and lets go of the rules, by which no other process's
    /// domain could be widened: they refuse but signals.
    pub fn enter(self) -> io::Result<()> {
        let Some(rules) = self.0 else { return Ok(()) };
        // SAFETY: the call takes a live descriptor and no flag, and touches no memory.
        let done = unsafe { libc::syscall(libc::SYS_landlock_restrict_self, rules.as_raw_fd(), 0) };
        if done == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
    }
}

/// Worker, after login: files are reached beneath `root` and the `others` alone (a file is one itself), and neither executed nor made
/// into devices, sockets or pipes; abstract sockets and signals stay within. Descriptors opened before go on working. The stack of what comes after has no room for it.
#[inline(never)]
pub fn confine_to<'a>(
    root: BorrowedFd<'a>,
    others: impl Iterator<Item = BorrowedFd<'a>>,
) -> io::Result<Confinement> {
    let mut rules = Ruleset::default()
        .set_compatibility(CompatLevel::BestEffort)
        .handle_access(AccessFs::from_all(KNOWN))
        .and_then(|rules| rules.scope(Scope::AbstractUnixSocket | Scope::Signal))
        .and_then(|rules| rules.create())
        .and_then(|rules| rules.add_rule(PathBeneath::new(root, session_rights())))
        .map_err(io::Error::other)?;
    for place in others {
        let is_folder = files::status(place)?.kind == files::Kind::Directory;
        let all = if is_folder { AccessFs::from_all(KNOWN) } else { AccessFs::from_file(KNOWN) };
        let rule = PathBeneath::new(place, session_rights() & all);
        rules = rules.add_rule(rule).map_err(io::Error::other)?;
    }
    restrict(rules)
}

/// Recorder, before its threads: no file is reached by a path, no signal leaves. Descriptors opened before go on working; a
/// socket with a path can still be connected to.
pub fn confine_to_descriptors() -> io::Result<Confinement> {
    let rules = Ruleset::default()
        .set_compatibility(CompatLevel::BestEffort)
        .handle_access(AccessFs::from_all(KNOWN))
        .and_then(|rules| rules.scope(Scope::AbstractUnixSocket | Scope::Signal))
        .and_then(|rules| rules.create())
        .map_err(io::Error::other)?;
    restrict(rules)
}

/// What a session may do beneath its root; everything else that Landlock knows is refused.
fn session_rights() -> BitFlags<AccessFs> {
    let refused = AccessFs::Execute
        | AccessFs::MakeChar
        | AccessFs::MakeBlock
        | AccessFs::MakeFifo
        | AccessFs::MakeSock
        | AccessFs::IoctlDev;
    AccessFs::from_all(KNOWN) & !refused
}

fn restrict(rules: RulesetCreated) -> io::Result<Confinement> {
    let status = rules.restrict_self().map_err(io::Error::other)?;
    Ok(match status.ruleset {
        RulesetStatus::FullyEnforced => Confinement::Full,
        RulesetStatus::PartiallyEnforced => Confinement::Partial,
        RulesetStatus::NotEnforced => Confinement::None,
    })
}
