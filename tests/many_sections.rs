//! A file of thousands of sections beside one without: a session costs the same, by the kernel's own count of pages.

use std::fs;

use crate::harness::scale::rounds;
use crate::harness::{Daemon, Setup, as_root};

/// What a session may cost more: what it reads of where it has hit upon is on other pages each time.
const KIB_MORE: u64 = 24;
const FAULTS_MORE: u64 = 16;
/// How often a figure that is too large is taken again.
const TRIES: usize = 3;

/// What a session has of its own, and how often it had to ask the kernel for a page.
#[derive(Clone, Copy, Debug)]
struct Pages {
    private_kib: u64,
    faults: u64,
}

impl Pages {
    /// smaps_rollup and stat (proc_pid_smaps(5), proc_pid_stat(5)).
    fn of(pid: i32) -> Pages {
        let read = |name: &str| fs::read_to_string(format!("/proc/{pid}/{name}")).expect("the process lives");
        let rollup = read("smaps_rollup");
        let of_lines = |start: &str| -> u64 {
            let lines = rollup.lines().filter_map(|line| line.strip_prefix(start));
            lines.filter_map(|line| line.split_whitespace().next()?.parse::<u64>().ok()).sum()
        };
        let stat = read("stat");
        let (_, fields) = stat.rsplit_once(')').expect("a name");
        let faults = fields.split_whitespace().nth(7).and_then(|word| word.parse().ok());
        // What is clean is code, mapped by whoever came by first.
        let private_kib = of_lines("Private_Dirty:");
        Pages { private_kib, faults: faults.expect("a count") }
    }

    fn is_no_more_than(&self, usual: &Pages) -> bool {
        self.private_kib <= usual.private_kib + KIB_MORE && self.faults <= usual.faults + FAULTS_MORE
    }
}

/// A session that asks for everything of which sections may speak.
fn session(daemon: &Daemon) -> Pages {
    let mut client = daemon.client();
    client.command("HOST nobody.example").expect(504);
    client.login("alice");
    client.command("TYPE I").expect(200);
    for line in
        ["PWD", "CWD in", "CDUP", "SIZE in/letter", "MDTM in/letter", "MLST in", "MKD made", "RMD made"]
    {
        let reply = client.command(line);
        assert!(reply.code < 400, "{line}: {reply:?}");
    }
    client.download("NLST");
    assert_eq!(client.retrieve("in/letter"), b"dear");
    let pages = Pages::of(daemon.slot_of(&client).pid.0);
    client.command("QUIT").expect(221);
    pages
}

fn cost(lines: &str) -> Pages {
    let setup = Setup::new();
    let port = setup.socket_address().port().to_string();
    let daemon = setup.line(&lines.replace("PORT", &port)).start();
    let home = daemon.setup.home("alice");
    fs::create_dir(home.join("in")).expect("a folder");
    fs::write(home.join("in/letter"), "dear").expect("written");
    daemon.setup.give(&home.join("in"), Some(crate::harness::setup::FIRST_UID));
    // The first one finds what the nursery has not touched yet.
    session(&daemon);
    // What sections cost is there each time; what the kernel did meanwhile is not.
    let sessions: Vec<Pages> = (0..8).map(|_| session(&daemon)).collect();
    daemon.stop();
    let least = |of: fn(&Pages) -> u64| sessions.iter().map(of).min().expect("a session");
    Pages { private_kib: least(|pages| pages.private_kib), faults: least(|pages| pages.faults) }
}

/// What sections cost they cost each time; a program that has just been compiled is still being written to the disk, and its pages come
/// one by one meanwhile.
fn cost_beside(usual: &Pages, lines: &str) -> Pages {
    let mut found = cost(lines);
    for _ in 1..TRIES {
        if found.is_no_more_than(usual) {
            break;
        }
        found = cost(lines);
    }
    found
}

/// The text of the section of a number.
type Section = fn(usize) -> String;

/// Besides those that speak of nothing that a session meets, some speak of its own folder.
#[test]
fn sections_that_are_not_ones_own_cost_a_session_nothing() {
    const TEST: &str = "sections_that_are_not_ones_own_cost_a_session_nothing";
    if !as_root(TEST) {
        return;
    }
    let many = rounds(300, 20_000);
    let kinds: [(&str, Section); 5] = [
        ("virtual hosts", |n| {
            format!(
                "<VirtualHost 127.0.0.1>\nPort PORT\nServerAlias c{n}.example *.c{n}.example\nDefaultRoot /srv/{n}\n</VirtualHost>\n"
            )
        }),
        ("folders", |n| format!("<Directory /srv/customers/{n}>\nUmask 027\n</Directory>\n")),
        ("patterns", |n| format!("<Directory /srv/*/d{n}>\nHideFiles ^x{n}\n</Directory>\n")),
        ("folders at home", |n| {
            format!("<Directory ~/d{n}>\n<Limit WRITE>\nDenyAll\n</Limit>\n</Directory>\n")
        }),
        ("anonymous sections", |n| {
            format!("<Anonymous /srv/anon/{n}>\nUser nobody\nUserAlias anon{n} nobody\n</Anonymous>\n")
        }),
    ];
    let own = "<Directory ~/in>\nUmask 027\n</Directory>\n<Directory /tmp/*/in>\nHideFiles ^y\n</Directory>\n\
        <VirtualHost 127.0.0.1>\nPort PORT\nServerAlias own.example *.own.example\n</VirtualHost>\n";
    let usual = cost(own);
    println!("{:>20}: {} KiB, {} page faults", "none", usual.private_kib, usual.faults);
    for (what, section) in kinds {
        let found = cost_beside(&usual, &(own.to_owned() + &(0..many).map(section).collect::<String>()));
        println!("{many:>6} {what:>13}: {} KiB, {} page faults", found.private_kib, found.faults);
        assert!(found.is_no_more_than(&usual), "{what}: {found:?} beside {usual:?}");
    }
}
