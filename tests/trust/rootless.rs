//! Without root: nobody becomes anybody, and what can be held of the other walls holds.

use nix::errno::Errno;
use nix::libc;

use super::{NOBODY, SAME, goes_on, spare};
use crate::harness::puppet::Puppet;
use crate::harness::setup::Starter;
use crate::harness::{Daemon, Setup, as_root};

fn rootless() -> Daemon {
    Setup::new().workers(2, 2, 4).started_as(Starter::Nobody).start()
}

#[test]
fn without_root_a_spare_changes_nothing_beyond_itself() {
    if !as_root("without_root_a_spare_changes_nothing_beyond_itself") {
        return;
    }
    let daemon = rootless();
    daemon.await_spares(2);
    let mut puppet = Puppet::hold(spare(&daemon));
    for ids in [[0; 3], [1000; 3], [NOBODY; 3], [SAME, 0, SAME]] {
        puppet.refused("another user", libc::SYS_setresuid, &ids, Errno::EPERM);
        puppet.refused("another group", libc::SYS_setresgid, &ids, Errno::EPERM);
    }
    let list = puppet.put(&42u32.to_ne_bytes());
    puppet.refused("a group more", libc::SYS_setgroups, &[1, list], Errno::EPERM);
    for process in daemon.processes() {
        let (pid, kill) = (process.pid as u64, libc::SIGKILL as u64);
        puppet.refused("kill", libc::SYS_kill, &[pid, kill], Errno::EPERM);
        puppet.refused("ptrace", libc::SYS_ptrace, &[libc::PTRACE_ATTACH as u64, pid, 0, 0], Errno::EPERM);
        puppet.refused("prlimit", libc::SYS_prlimit64, &[pid, libc::RLIMIT_CPU as u64, 0, 0], Errno::EPERM);
        let memory = puppet.put_text(&format!("/proc/{pid}/mem"));
        puppet.fails("another's memory", libc::SYS_open, &[memory, libc::O_RDWR as u64]);
    }
    let program = puppet.put_text("/bin/true");
    puppet.refused("execve", libc::SYS_execve, &[program, 0, 0], Errno::EPERM);
    goes_on(daemon, puppet);
}

#[test]
fn without_root_a_confined_session_does_not_reach_the_board() {
    if !as_root("without_root_a_confined_session_does_not_reach_the_board") {
        return;
    }
    let daemon = Setup::new().line("DefaultRoot ~").started_as(Starter::Nobody).start();
    let client = daemon.session();
    let mut puppet = Puppet::hold(daemon.slot_of(&client).pid.0);
    let board = puppet.put_text(&daemon.board_file().display().to_string());
    puppet.refused("the board", libc::SYS_open, &[board, libc::O_RDWR as u64], Errno::EACCES);
    puppet.refused("the board, to read", libc::SYS_open, &[board, libc::O_RDONLY as u64], Errno::EACCES);
    puppet.fails("its end", libc::SYS_unlink, &[board]);
    drop(puppet);
    drop(client);
    daemon.stop();
}
