//! Who the process is: user, groups, capabilities. The calls, each by itself; their order is the business of `worker/identity.rs`,
//! `nursery` and `auth/steward/home`.

use std::io;
use std::time::Duration;

use caps::{CapSet, Capability, CapsHashSet};
use nix::libc;
use nix::unistd::{Gid, Uid};

use super::{GroupId, UserId};

/// Whether the process is root.
pub fn is_root() -> bool {
    Uid::effective().is_root()
}

/// The caller's own ids.
pub fn own() -> (UserId, GroupId) {
    (UserId(Uid::effective().as_raw()), GroupId(Gid::effective().as_raw()))
}

/// The caller's supplementary groups.
pub fn own_groups() -> io::Result<Vec<GroupId>> {
    Ok(nix::unistd::getgroups()?.into_iter().map(|gid| GroupId(gid.as_raw())).collect())
}

/// Keeps permitted capabilities across the change of uid that follows (PR_SET_KEEPCAPS, capabilities(7)).
pub fn keep_capabilities() -> io::Result<()> {
    Ok(nix::sys::prctl::set_keepcaps(true)?)
}

/// Gives up all supplementary groups.
pub fn leave_groups() -> io::Result<()> {
    done(unsafe_setgroups(0, 0))
}

/// Takes the supplementary groups that stand at an address of the sealed grants. The seccomp filter asks auth whether pointer
/// and count are this slot's.
pub fn take_groups(address: usize, count: usize) -> io::Result<()> {
    done(unsafe_setgroups(count, address))
}

/// Takes these supplementary groups. For a process that no filter keeps to a grant.
pub fn take_listed_groups(groups: &[GroupId]) -> io::Result<()> {
    let groups: Vec<libc::gid_t> = groups.iter().map(|group| group.0).collect();
    done(unsafe_setgroups(groups.len(), groups.as_ptr() as usize))
}

fn unsafe_setgroups(count: usize, address: usize) -> libc::c_long {
    // SAFETY: the kernel copies `count` ids from `address` with its own checks: EFAULT for a bad one, no memory is written.
    unsafe { libc::syscall(libc::SYS_setgroups, count, address) }
}

/// Takes a group: real, effective and saved.
pub fn take_group(gid: GroupId) -> io::Result<()> {
    // SAFETY: three integers; raw, because glibc's wrapper would signal threads that do not exist.
    done(unsafe { libc::syscall(libc::SYS_setresgid, gid.0, gid.0, gid.0) })
}

/// Takes a user: real, effective and saved. Clears the parent-death signal.
pub fn take_user(uid: UserId) -> io::Result<()> {
    // SAFETY: three integers; raw, because glibc's wrapper would signal threads that do not exist.
    done(unsafe { libc::syscall(libc::SYS_setresuid, uid.0, uid.0, uid.0) })
}

fn done(result: libc::c_long) -> io::Result<()> {
    if result == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
}

/// Holds these capabilities, permitted and effective, and no other; none inheritable.
pub fn hold_capabilities(kept: &[Capability]) -> io::Result<()> {
    let kept: CapsHashSet = kept.iter().copied().collect();
    caps::set(None, CapSet::Inheritable, &CapsHashSet::new()).map_err(io::Error::other)?;
    caps::set(None, CapSet::Effective, &kept).map_err(io::Error::other)?;
    caps::set(None, CapSet::Permitted, &kept).map_err(io::Error::other)
}

/// Which of these the process may hold.
pub fn permitted_of(capabilities: &[Capability]) -> Vec<Capability> {
    let is_permitted = |capability| caps::has_cap(None, CapSet::Permitted, capability).unwrap_or(false);
    capabilities.iter().copied().filter(|capability| is_permitted(*capability)).collect()
}

/// Takes every other capability out of the bounding set: no program it executes could have one again. Needs CAP_SETPCAP, which a
/// container may lack: without it the set cannot be widened either.
pub fn leave_bounding_set_but(kept: &[Capability]) -> io::Result<()> {
    if !caps::has_cap(None, CapSet::Effective, Capability::CAP_SETPCAP).unwrap_or(false) {
        return Ok(());
    }
    let is_there = |capability| caps::has_cap(None, CapSet::Bounding, capability).unwrap_or(false);
    let left =
        caps::all().into_iter().filter(|capability| !kept.contains(capability) && is_there(*capability));
    for capability in left {
        caps::drop(None, CapSet::Bounding, capability).map_err(io::Error::other)?;
    }
    Ok(())
}

/// Gives up every capability. One call: it stands between a granted identity and the client's next byte.
pub fn drop_capabilities() -> io::Result<()> {
    #[repr(C)]
    struct Header {
        version: u32,
        pid: i32,
    }
    // _LINUX_CAPABILITY_VERSION_3 of linux/capability.h; libc has no name for it.
    let header = Header { version: 0x2008_0522, pid: 0 };
    let nothing = [0u32; 6];
    // SAFETY: header and data have the layout of capset(2) for version 3, and outlive the call.
    done(unsafe { libc::syscall(libc::SYS_capset, &raw const header, nothing.as_ptr()) })
}

/// Runs calls that another process must allow, with an alarm that ends a wait for one that died: the call then fails with
/// `Interrupted` (SIGALRM has a handler without SA_RESTART, see `signals::become_worker`).
pub fn within<T>(deadline: Duration, calls: impl FnOnce() -> T) -> io::Result<T> {
    set_alarm(deadline)?;
    let outcome = calls();
    set_alarm(Duration::ZERO)?;
    Ok(outcome)
}

/// One alarm after `delay`, and again each `delay` in case the first falls between two calls; zero takes it back.
fn set_alarm(delay: Duration) -> io::Result<()> {
    let span =
        libc::timeval { tv_sec: delay.as_secs() as libc::time_t, tv_usec: delay.subsec_micros().into() };
    let timer = libc::itimerval { it_interval: span, it_value: span };
    // SAFETY: the new value outlives the call, the old one is not asked for.
    let result = unsafe { libc::setitimer(libc::ITIMER_REAL, &raw const timer, std::ptr::null_mut()) };
    done(result.into())
}
