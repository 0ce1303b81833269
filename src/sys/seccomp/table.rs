//! The one filter of a generation, inherited by all its workers: a deny tree for life. What it refuses is what no session needs
//! and what would reach beyond the process: other identities but by auth's word, other processes, other memory.

use std::ops::Range;
use std::os::fd::{AsRawFd, BorrowedFd};

use nix::libc;

use super::{Row, Test, Verdict};
use crate::sys::process::SIBLING_FLAGS;

/// What the rows depend on.
#[derive(Debug)]
pub struct Shape<'a> {
    /// Auth decides identities; else the uids and gids below are all there are, and no supplementary groups.
    pub notified: bool,
    /// Ranges of ids that this generation can ever need (first, last).
    pub uids: &'a [(u32, u32)],
    /// See `uids`.
    pub gids: &'a [(u32, u32)],
    /// Memory that no mseal holds and that must stay what it is: the calls that could lay another page there are refused.
    pub unsealed: Option<Range<usize>>,
    /// Descriptors that all workers share: what acts on the shared description is refused on them.
    pub shared: &'a [BorrowedFd<'a>],
}

const REFUSED: Verdict = Verdict::Fail(libc::EPERM);
const UNKNOWN: Verdict = Verdict::Fail(libc::ENOSYS);

/// All rows.
pub fn rows(shape: &Shape<'_>) -> Vec<Row> {
    let mut rows: Vec<Row> = NEVER.iter().map(|call| Row::always(*call, REFUSED)).collect();
    #[cfg(target_arch = "x86_64")]
    rows.extend(NEVER_OLD.iter().map(|call| Row::always(*call, REFUSED)));
    rows.extend(identities(shape));
    rows.extend(births());
    rows.extend(memory(shape.unsealed.as_ref()));
    rows.extend(shared_descriptors(shape.shared));
    rows.extend(by_argument());
    rows
}

/// Who a worker may become. uid 0 and gid 0 are refused here, whatever auth would say.
fn identities(shape: &Shape<'_>) -> Vec<Row> {
    let asked = if shape.notified { Verdict::Ask } else { Verdict::Allow };
    let checked = |ranges: &[(u32, u32)]| -> Vec<(Test, Verdict)> {
        let root = (0..3).map(|argument| (Test::Is(argument, vec![0]), REFUSED));
        let known = (0..3).map(|argument| (Test::Outside(argument, ranges.to_vec()), REFUSED));
        if ranges.is_empty() { root.collect() } else { root.chain(known).collect() }
    };
    let none = vec![(Test::Is(0, vec![0]), Verdict::Allow)];
    let groups = if shape.notified { Verdict::Ask } else { REFUSED };
    vec![
        Row::when(libc::SYS_setresuid, checked(shape.uids), asked),
        Row::when(libc::SYS_setresgid, checked(shape.gids), asked),
        Row::when(libc::SYS_setgroups, none, groups),
    ]
}

/// The nursery's births, in their exact form; a worker that tries one meets its RLIMIT_NPROC of 0. No threads, so that a pid
/// names the only thread there is.
fn births() -> Vec<Row> {
    let flags = SIBLING_FLAGS as u32;
    vec![
        Row::when(libc::SYS_clone, vec![(Test::Is(0, vec![flags]), Verdict::Allow)], REFUSED),
        // ENOSYS, so that glibc falls back to clone and gets its EPERM there.
        Row::always(libc::SYS_clone3, UNKNOWN),
    ]
}

/// What could lay other memory over the sealed board. mremap says ENOMEM, from which realloc recovers by copying.
fn memory(unsealed: Option<&Range<usize>>) -> Vec<Row> {
    let mut rows = vec![
        Row::always(libc::SYS_mremap, Verdict::Fail(libc::ENOMEM)),
        Row::always(libc::SYS_remap_file_pages, REFUSED),
        Row::always(libc::SYS_pkey_mprotect, REFUSED),
    ];
    // Takes the block from under the worker's own page of the board: on a full disk the master would then die of SIGBUS.
    let mut advice = vec![(Test::Is(2, vec![libc::MADV_REMOVE as u32]), REFUSED)];
    if let Some(range) = unsealed {
        let fixed = vec![(Test::Has(3, libc::MAP_FIXED as u32), REFUSED)];
        rows.push(Row::when(libc::SYS_mmap, fixed, Verdict::Allow));
        let changes = [libc::SYS_munmap, libc::SYS_mprotect];
        rows.extend(changes.map(|call| Row::when(call, reaching(range), Verdict::Allow)));
        advice.extend(reaching(range));
    }
    rows.push(Row::when(libc::SYS_madvise, advice, Verdict::Allow));
    rows
}

/// Whether an address (first argument) and a length (second) could reach into a range: by the address's high word, where a
/// length below 4 GiB reaches no further than into the next one.
fn reaching(range: &Range<usize>) -> Vec<(Test, Verdict)> {
    let high = |address: usize| (address >> 32) as u32;
    let words = high(range.start).saturating_sub(1)..=high(range.end.saturating_sub(1));
    vec![(Test::HighIs(0, words.collect()), REFUSED), (Test::HighIsNot(1, 0), REFUSED)]
}

/// Another peer, another queue length, no peer at all: on a shared socket each would hit every worker. No call makes a second
/// number for a descriptor (dup, F_DUPFD, a received SCM_RIGHTS), so that these numbers are all there are; and no session's
/// own sockets ever reach them. `shutdown` nobody needs.
fn shared_descriptors(shared: &[BorrowedFd<'_>]) -> Vec<Row> {
    let numbers: Vec<u32> = shared.iter().map(|fd| fd.as_raw_fd() as u32).collect();
    let row = |call| Row::when(call, vec![(Test::Is(0, numbers.clone()), REFUSED)], Verdict::Allow);
    let mut rows: Vec<Row> =
        [libc::SYS_connect, libc::SYS_bind, libc::SYS_listen].into_iter().map(row).collect();
    // A socket that lingers and was passed to auth, in a question or in the queue of its reply's socket, would hold up auth at
    // the close.
    let refused = [(0, numbers.clone()), (2, vec![libc::SO_LINGER as u32])]
        .map(|(at, values)| (Test::Is(at, values), REFUSED));
    rows.push(Row::when(libc::SYS_setsockopt, refused.into(), Verdict::Allow));
    rows.extend(
        [libc::SYS_shutdown, libc::SYS_dup, libc::SYS_dup3, libc::SYS_recvmsg, libc::SYS_recvmmsg]
            .map(|c| Row::always(c, REFUSED)),
    );
    #[cfg(target_arch = "x86_64")]
    rows.push(Row::always(libc::SYS_dup2, REFUSED));
    rows
}

/// Calls that are needed in some forms.
fn by_argument() -> Vec<Row> {
    vec![
        Row::when(libc::SYS_fcntl, vec![(Test::Is(1, FCNTL_ALLOWED.to_vec()), Verdict::Allow)], REFUSED),
        Row::when(libc::SYS_ioctl, vec![(Test::Is(1, IOCTL_ALLOWED.to_vec()), Verdict::Allow)], REFUSED),
        Row::when(libc::SYS_prctl, prctl(), REFUSED),
        // Its own limits only; those of another process are a way to kill it (RLIMIT_CPU).
        Row::when(libc::SYS_prlimit64, vec![(Test::Is(0, vec![0]), Verdict::Allow)], REFUSED),
        Row::when(
            libc::SYS_socket,
            vec![(Test::Is(0, vec![libc::AF_INET as u32, libc::AF_INET6 as u32]), Verdict::Allow)],
            Verdict::Fail(libc::EAFNOSUPPORT),
        ),
    ]
}

/// PR_SET_DUMPABLE hides the memory (0), and never shows it.
fn prctl() -> Vec<(Test, Verdict)> {
    vec![
        (Test::Is(0, PRCTL_ALLOWED.to_vec()), Verdict::Allow),
        (Test::Outside(1, vec![(0, 0)]), REFUSED),
        (Test::Is(0, vec![libc::PR_SET_DUMPABLE as u32]), Verdict::Allow),
    ]
}

/// F_SETFL acts on shared descriptions, F_SETOWN and F_SETSIG kill by signal, F_DUPFD makes second numbers. F_SETPIPE_SZ widens the pipe
/// of an upload: no channel that workers share is a pipe, and how much a user's pipes hold in all is the system's to limit.
const FCNTL_ALLOWED: [u32; 9] = [
    libc::F_GETFD as u32,
    libc::F_SETFD as u32,
    libc::F_GETFL as u32,
    libc::F_GETLK as u32,
    libc::F_SETLK as u32,
    libc::F_SETLKW as u32,
    libc::F_GET_SEALS as u32,
    libc::F_GETPIPE_SZ as u32,
    libc::F_SETPIPE_SZ as u32,
];

/// FIOASYNC, FIOSETOWN and SIOCSPGRP signal others; FIONBIO acts on shared descriptions. These only ask.
const IOCTL_ALLOWED: [u32; 3] = [libc::FIONREAD as u32, libc::TCGETS as u32, libc::TIOCOUTQ as u32];

/// PR_SET_PTRACER opens the memory to siblings, PR_SET_MM moves it. PR_SET_VMA names glibc's arenas.
const PRCTL_ALLOWED: [u32; 9] = [
    libc::PR_SET_PDEATHSIG as u32,
    libc::PR_GET_DUMPABLE as u32,
    libc::PR_SET_NAME as u32,
    libc::PR_GET_NAME as u32,
    libc::PR_CAPBSET_READ as u32,
    libc::PR_SET_NO_NEW_PRIVS as u32,
    libc::PR_GET_NO_NEW_PRIVS as u32,
    libc::PR_GET_TID_ADDRESS as u32,
    libc::PR_SET_VMA as u32,
];

/// Refused in every form.
const NEVER: [libc::c_long; 93] = [
    // Other identities.
    libc::SYS_setuid,
    libc::SYS_setgid,
    libc::SYS_setreuid,
    libc::SYS_setregid,
    libc::SYS_setfsuid,
    libc::SYS_setfsgid,
    // Other programs.
    libc::SYS_execve,
    libc::SYS_execveat,
    // Other processes: their memory, their descriptors, their lives, their share of the machine.
    libc::SYS_ptrace,
    libc::SYS_process_vm_readv,
    libc::SYS_process_vm_writev,
    libc::SYS_pidfd_getfd,
    libc::SYS_pidfd_open,
    libc::SYS_kcmp,
    libc::SYS_kill,
    libc::SYS_tkill,
    libc::SYS_tgkill,
    libc::SYS_rt_sigqueueinfo,
    libc::SYS_rt_tgsigqueueinfo,
    libc::SYS_pidfd_send_signal,
    libc::SYS_setpriority,
    libc::SYS_sched_setaffinity,
    libc::SYS_sched_setattr,
    libc::SYS_sched_setparam,
    libc::SYS_sched_setscheduler,
    libc::SYS_ioprio_set,
    libc::SYS_setpgid,
    libc::SYS_setsid,
    libc::SYS_process_madvise,
    libc::SYS_process_mrelease,
    libc::SYS_migrate_pages,
    libc::SYS_move_pages,
    libc::SYS_get_robust_list,
    libc::SYS_timer_create,
    // The kernel's own machinery.
    libc::SYS_bpf,
    libc::SYS_perf_event_open,
    libc::SYS_userfaultfd,
    libc::SYS_io_uring_setup,
    libc::SYS_io_uring_enter,
    libc::SYS_io_uring_register,
    libc::SYS_io_setup,
    libc::SYS_io_submit,
    libc::SYS_seccomp,
    libc::SYS_init_module,
    libc::SYS_finit_module,
    libc::SYS_delete_module,
    libc::SYS_kexec_load,
    libc::SYS_reboot,
    libc::SYS_swapon,
    libc::SYS_swapoff,
    libc::SYS_syslog,
    libc::SYS_acct,
    libc::SYS_quotactl,
    libc::SYS_personality,
    libc::SYS_add_key,
    libc::SYS_request_key,
    libc::SYS_keyctl,
    libc::SYS_settimeofday,
    libc::SYS_clock_settime,
    libc::SYS_clock_adjtime,
    libc::SYS_adjtimex,
    libc::SYS_sethostname,
    libc::SYS_setdomainname,
    libc::SYS_vhangup,
    libc::SYS_fanotify_init,
    libc::SYS_memfd_secret,
    libc::SYS_mbind,
    libc::SYS_set_mempolicy,
    // Other file systems, other roots, files without a path.
    libc::SYS_mount,
    libc::SYS_umount2,
    libc::SYS_pivot_root,
    libc::SYS_chroot,
    libc::SYS_fsopen,
    libc::SYS_fsconfig,
    libc::SYS_fsmount,
    libc::SYS_fspick,
    libc::SYS_move_mount,
    libc::SYS_open_tree,
    libc::SYS_mount_setattr,
    libc::SYS_open_by_handle_at,
    libc::SYS_unshare,
    libc::SYS_setns,
    libc::SYS_mknodat,
    // Memory and queues that outlive the process.
    libc::SYS_shmget,
    libc::SYS_shmat,
    libc::SYS_semget,
    libc::SYS_msgget,
    libc::SYS_mq_open,
    // Two more ways to hold another's page, or to be told by signal.
    libc::SYS_vmsplice,
    libc::SYS_mq_notify,
    libc::SYS_lookup_dcookie,
    libc::SYS_nfsservctl,
    libc::SYS_name_to_handle_at,
];

/// Calls that only older architectures have.
#[cfg(target_arch = "x86_64")]
const NEVER_OLD: [libc::c_long; 6] = [
    libc::SYS_fork,
    libc::SYS_vfork,
    libc::SYS_mknod,
    libc::SYS_iopl,
    libc::SYS_ioperm,
    libc::SYS_modify_ldt,
];
