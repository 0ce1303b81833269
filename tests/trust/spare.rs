//! A spare, with the capabilities it holds until a login.

use ferryd::scoreboard::{GRANT_SIZE, GRANTS_ADDRESS};
use nix::errno::Errno;
use nix::libc;
use nix::sys::signal::Signal;

use super::{SAME, SHADOW, goes_on, held_spare};
use crate::harness::puppet::Outcome;
use crate::harness::{as_root, processes};

#[test]
fn a_spare_becomes_nobody_it_was_not_granted() {
    if !as_root("a_spare_becomes_nobody_it_was_not_granted") {
        return;
    }
    let (daemon, mut puppet) = held_spare();
    let root_forms =
        [[0, 0, 0], [SAME, 0, SAME], [SAME, SAME, 0], [0x1_0000_0000, 0x1_0000_0000, 0x1_0000_0000]];
    for ids in root_forms {
        puppet.refused("setresuid to root", libc::SYS_setresuid, &ids, Errno::EPERM);
        puppet.refused("setresgid to root", libc::SYS_setresgid, &ids, Errno::EPERM);
    }
    for call in [libc::SYS_setuid, libc::SYS_setgid, libc::SYS_setfsuid, libc::SYS_setfsgid] {
        puppet.refused("another identity call", call, &[1000], Errno::EPERM);
    }
    for call in [libc::SYS_setreuid, libc::SYS_setregid] {
        puppet.refused("another identity call", call, &[1000, 1000], Errno::EPERM);
    }
    goes_on(daemon, puppet);
}

#[test]
fn a_spare_without_a_grant_is_refused_and_then_ended() {
    if !as_root("a_spare_without_a_grant_is_refused_and_then_ended") {
        return;
    }
    let (daemon, mut puppet) = held_spare();
    let mut refusals = 0;
    let ended = (0..64).any(|_| match puppet.call(libc::SYS_setresuid, &[52_001, 52_001, 52_001]) {
        Outcome::Failed(Errno::EPERM) => {
            refusals += 1;
            false
        }
        Outcome::Killed(Signal::SIGKILL) => true,
        outcome => panic!("an account never granted: {outcome:?}"),
    });
    assert!(ended && refusals > 0, "{refusals} refusals, and still there");
    goes_on(daemon, puppet);
}

#[test]
fn a_list_of_groups_of_its_own_is_refused() {
    if !as_root("a_list_of_groups_of_its_own_is_refused") {
        return;
    }
    let (daemon, mut puppet) = held_spare();
    let own = puppet.put(&[SHADOW as u32, 6].map(u32::to_ne_bytes).concat());
    puppet.refused("shadow and disk", libc::SYS_setgroups, &[2, own], Errno::EPERM);
    let neighbour = GRANTS_ADDRESS as u64 + 3 * GRANT_SIZE as u64;
    puppet.refused("another slot's list", libc::SYS_setgroups, &[1, neighbour], Errno::EPERM);
    goes_on(daemon, puppet);
}

#[test]
fn the_board_is_written_nowhere_but_in_the_own_page() {
    if !as_root("the_board_is_written_nowhere_but_in_the_own_page") {
        return;
    }
    let (daemon, mut puppet) = held_spare();
    let file = daemon.board_file().display().to_string();
    let maps = puppet.mappings(daemon.board_file());
    let writable: Vec<_> = maps.iter().filter(|(.., permissions)| permissions.contains('w')).collect();
    let [(own, own_end, _)] = writable[..] else { panic!("one writable mapping: {maps:?}") };
    assert_eq!(own_end - own, 4096, "of one page");
    let read_write = (libc::PROT_READ | libc::PROT_WRITE) as u64;
    for (start, end, permissions) in maps.iter().filter(|(.., permissions)| !permissions.contains('w')) {
        puppet.fails(
            &format!("mprotect of {permissions}"),
            libc::SYS_mprotect,
            &[*start, end - start, read_write],
        );
        let fixed = (libc::MAP_FIXED | libc::MAP_PRIVATE | libc::MAP_ANONYMOUS) as u64;
        let over = [*start, 4096, read_write, fixed, SAME, 0];
        puppet.fails("another page over the board", libc::SYS_mmap, &over);
        puppet.fails("munmap of the board", libc::SYS_munmap, &[*start, 4096]);
    }
    let remove = libc::MADV_REMOVE as u64;
    puppet.refused("the board's block given back", libc::SYS_madvise, &[*own, 4096, remove], Errno::EPERM);
    let may_move = libc::MREMAP_MAYMOVE as u64;
    puppet.fails("mremap to the neighbour's page", libc::SYS_mremap, &[*own, 4096, 3 * 4096, may_move]);
    puppet.fails("mremap of nothing to more", libc::SYS_mremap, &[*own, 0, 3 * 4096, may_move]);
    puppet.fails("remap_file_pages to the header", libc::SYS_remap_file_pages, &[*own, 4096, 0, 0, 0]);
    let path = puppet.put_text(&file);
    puppet.refused("the board for writing", libc::SYS_open, &[path, libc::O_RDWR as u64], Errno::EACCES);
    let map_file = puppet.put_text(&format!("/proc/self/map_files/{own:x}-{own_end:x}"));
    puppet.fails("the page by map_files", libc::SYS_open, &[map_file, libc::O_RDWR as u64]);
    let memory = puppet.put_text("/proc/self/mem");
    puppet.fails("its own memory as a file", libc::SYS_open, &[memory, libc::O_RDWR as u64]);
    puppet.refused("PR_SET_DUMPABLE", libc::SYS_prctl, &[libc::PR_SET_DUMPABLE as u64, 1], Errno::EPERM);
    let kept = puppet.descriptors().into_iter().filter(|(_, target)| target.contains(&file)).count();
    assert_eq!(kept, 0, "no descriptor of the board is left");
    goes_on(daemon, puppet);
}

#[test]
fn others_are_neither_traced_nor_signalled_nor_starved() {
    if !as_root("others_are_neither_traced_nor_signalled_nor_starved") {
        return;
    }
    let (daemon, mut puppet) = held_spare();
    let others: Vec<i32> =
        daemon.processes().iter().map(|process| process.pid).filter(|pid| *pid != puppet.pid()).collect();
    assert!(others.len() >= 4, "master, auth, recorder, nursery: {others:?}");
    for pid in &others {
        let pid = *pid as u64;
        let kill = libc::SIGKILL as u64;
        puppet.refused("kill", libc::SYS_kill, &[pid, kill], Errno::EPERM);
        puppet.refused("tkill", libc::SYS_tkill, &[pid, kill], Errno::EPERM);
        puppet.refused("tgkill", libc::SYS_tgkill, &[pid, pid, kill], Errno::EPERM);
        puppet.refused("rt_sigqueueinfo", libc::SYS_rt_sigqueueinfo, &[pid, kill, 0], Errno::EPERM);
        puppet.refused("pidfd_open", libc::SYS_pidfd_open, &[pid, 0], Errno::EPERM);
        puppet.refused("ptrace", libc::SYS_ptrace, &[libc::PTRACE_ATTACH as u64, pid, 0, 0], Errno::EPERM);
        puppet.refused("process_vm_readv", libc::SYS_process_vm_readv, &[pid, 0, 0, 0, 0, 0], Errno::EPERM);
        puppet.refused("prlimit", libc::SYS_prlimit64, &[pid, libc::RLIMIT_CPU as u64, 0, 0], Errno::EPERM);
        puppet.refused("setpriority", libc::SYS_setpriority, &[0, pid, 19], Errno::EPERM);
    }
    let group = [0u64.wrapping_sub(daemon.pid() as u64), libc::SIGKILL as u64];
    puppet.refused("kill of the group", libc::SYS_kill, &group, Errno::EPERM);
    for (descriptor, _) in puppet.descriptors() {
        puppet.refused("F_SETOWN", libc::SYS_fcntl, &[descriptor, libc::F_SETOWN as u64, 1], Errno::EPERM);
        puppet.refused("F_SETFL", libc::SYS_fcntl, &[descriptor, libc::F_SETFL as u64, 0], Errno::EPERM);
        puppet.refused("FIOASYNC", libc::SYS_ioctl, &[descriptor, 0x5452, 0], Errno::EPERM);
    }
    assert!(others.iter().all(|pid| processes::lives(*pid)), "all of them live");
    goes_on(daemon, puppet);
}

#[test]
fn no_other_process_and_no_other_program() {
    if !as_root("no_other_process_and_no_other_program") {
        return;
    }
    let (daemon, mut puppet) = held_spare();
    let program = puppet.put_text("/bin/true");
    puppet.refused("execve", libc::SYS_execve, &[program, 0, 0], Errno::EPERM);
    puppet.refused("execveat", libc::SYS_execveat, &[SAME, program, 0, 0, 0], Errno::EPERM);
    puppet.refused("fork", libc::SYS_fork, &[], Errno::EPERM);
    puppet.refused("vfork", libc::SYS_vfork, &[], Errno::EPERM);
    puppet.refused("clone as fork does", libc::SYS_clone, &[libc::SIGCHLD as u64], Errno::EPERM);
    puppet.refused("a thread", libc::SYS_clone, &[libc::CLONE_VM as u64], Errno::EPERM);
    puppet.refused("clone3", libc::SYS_clone3, &[0, 0], Errno::ENOSYS);
    let births = (libc::CLONE_PARENT
        | libc::CLONE_PARENT_SETTID
        | libc::CLONE_CHILD_SETTID
        | libc::CLONE_CHILD_CLEARTID) as u64
        | libc::SIGCHLD as u64;
    let scratch = puppet.put(&[0; 16]);
    puppet.refused(
        "the nursery's own form",
        libc::SYS_clone,
        &[births, 0, scratch, scratch + 8, 0],
        Errno::EAGAIN,
    );
    let more = puppet.put(&[1u64, 1].map(u64::to_ne_bytes).concat());
    let raise = [0, libc::RLIMIT_NPROC as u64, more, 0];
    puppet.refused("a higher limit", libc::SYS_prlimit64, &raise, Errno::EPERM);
    for call in
        [libc::SYS_unshare, libc::SYS_setns, libc::SYS_bpf, libc::SYS_io_uring_setup, libc::SYS_userfaultfd]
    {
        puppet.refused("the kernel's machinery", call, &[0, 0, 0, 0], Errno::EPERM);
    }
    goes_on(daemon, puppet);
}

#[test]
fn what_all_workers_share_is_not_broken_by_one() {
    if !as_root("what_all_workers_share_is_not_broken_by_one") {
        return;
    }
    let (daemon, mut puppet) = held_spare();
    let unspecified = puppet.put(&[0; 16]);
    let mut shared = 0;
    for (descriptor, target) in puppet.descriptors() {
        puppet.refused("dup", libc::SYS_dup, &[descriptor], Errno::EPERM);
        puppet.refused("F_DUPFD", libc::SYS_fcntl, &[descriptor, libc::F_DUPFD as u64, 0], Errno::EPERM);
        puppet.refused("a received descriptor", libc::SYS_recvmsg, &[descriptor, 0, 0], Errno::EPERM);
        if !target.starts_with("socket:") {
            continue;
        }
        puppet.refused("shutdown", libc::SYS_shutdown, &[descriptor, 2], Errno::EPERM);
        puppet.refused("another peer", libc::SYS_connect, &[descriptor, unspecified, 16], Errno::EPERM);
        puppet.refused("a name", libc::SYS_bind, &[descriptor, unspecified, 16], Errno::EPERM);
        puppet.refused("another backlog", libc::SYS_listen, &[descriptor, 0], Errno::EPERM);
        let smaller = [descriptor, libc::SOL_SOCKET as u64, libc::SO_SNDBUF as u64, unspecified, 4];
        puppet.refused("another queue length", libc::SYS_setsockopt, &smaller, Errno::EPERM);
        shared += 1;
    }
    let linger = puppet.put(&[1u32, 1000].map(u32::to_ne_bytes).concat());
    let Outcome::Done(own) =
        puppet.call(libc::SYS_socket, &[libc::AF_INET as u64, libc::SOCK_STREAM as u64, 0])
    else {
        panic!("a socket of its own")
    };
    let lingering = [own as u64, libc::SOL_SOCKET as u64, libc::SO_LINGER as u64, linger, 8];
    puppet.refused("a socket that lingers at auth's close", libc::SYS_setsockopt, &lingering, Errno::EPERM);
    puppet.call(libc::SYS_close, &[own as u64]);
    // auth's socket, the recorder's two, the listener.
    assert!(shared >= 4, "{shared} shared sockets");
    goes_on(daemon, puppet);
}

#[test]
fn a_flood_of_questions_delays_nobody_and_ends_who_floods() {
    if !as_root("a_flood_of_questions_delays_nobody_and_ends_who_floods") {
        return;
    }
    let (daemon, mut puppet) = held_spare();
    let question = puppet.put(&[0x41; 64]);
    let sockets: Vec<u64> = puppet
        .descriptors()
        .into_iter()
        .filter(|(_, target)| target.starts_with("socket:"))
        .map(|(fd, _)| fd)
        .collect();
    let dont_wait = (libc::MSG_DONTWAIT | libc::MSG_NOSIGNAL) as u64;
    let mut flood = || {
        let send = |socket: &u64| puppet.call(libc::SYS_sendto, &[*socket, question, 64, dont_wait, 0, 0]);
        sockets.iter().map(send).any(|outcome| outcome == Outcome::Killed(Signal::SIGKILL))
    };
    assert!((0..500).any(|_| flood()), "nobody ends it");
    goes_on(daemon, puppet);
}
