//! Folders of very many files: what a listing of them costs does not grow with their number.

use std::fs::{self, File};
use std::io::Read;

use crate::harness::scale::rounds;
use crate::harness::{Client, Daemon};

/// More than one batch of names, so that what a batch takes is in it.
const FEW: usize = 12_000;
/// What the kernel may count late, in pages touched and not yet added up.
const SLACK_KIB: u64 = 256;

/// The most memory that a process ever had resident (proc_pid_status(5), VmHWM).
fn peak_kib(pid: i32) -> u64 {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).expect("the worker lives");
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).expect("its peak");
    line.split_whitespace().next().and_then(|word| word.parse().ok()).expect("a number")
}

/// How many lines a listing has, read and thrown away.
fn lines(client: &mut Client, said: &str) -> usize {
    let mut data = client.extended_passive();
    client.command(said).expect(150);
    let (mut block, mut lines) = (vec![0; 1 << 16], 0);
    loop {
        match data.read(&mut block).expect("the listing") {
            0 => break,
            read => lines += block[..read].iter().filter(|byte| **byte == b'\n').count(),
        }
    }
    client.reply().expect(226);
    lines
}

#[test]
fn a_listings_memory_does_not_grow_with_the_folder() {
    let daemon = Daemon::usual();
    let home = daemon.setup.home("alice");
    let many = rounds(2 * FEW, 1_000_000);
    for (name, count) in [("few", FEW), ("many", many)] {
        fs::create_dir(home.join(name)).expect("a folder");
        for number in 0..count {
            File::create(home.join(name).join(format!("file-{number:07}.dat"))).expect("a file");
        }
    }
    for verb in ["MLSD", "LIST", "NLST", "LIST -t", "NLST -a"] {
        // One session: what a listing leaves behind must not add to the next.
        let mut client = daemon.session();
        let pid = daemon.slot_of(&client).pid.0;
        let mut peak = |folder: &str, count: usize| {
            let dots = if ["MLSD", "NLST -a"].contains(&verb) { 2 } else { 0 };
            assert_eq!(lines(&mut client, &format!("{verb} {folder}")), count + dots, "{verb}");
            peak_kib(pid)
        };
        let (few, all) = (peak("few", FEW), peak("many", many));
        assert!(all <= few + SLACK_KIB, "{verb}: {few} KiB for {FEW} files, {all} KiB for {many}");
    }
}
