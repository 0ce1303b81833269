//! The files of accounts as a running daemon reads them, and whose password is checked when.

use std::fs;
use std::net::Ipv4Addr;
use std::os::unix::fs::PermissionsExt;

use crate::harness::daemon::run;
use crate::harness::host::HostAccount;
use crate::harness::{Client, Daemon, PASSWORD, PASSWORD_HASH, Setup, as_root, eventually};

/// A hash that takes a good part of a second, of a password that nobody knows.
const SLOW_HASH: &str = "$6$rounds=300000$ferryferry$unknown";

/// Guesses in one go; many more than auth has threads.
const GUESSES: usize = 24;

/// Lines of a large AuthUserFile.
const ACCOUNTS: usize = 100_000;

/// Adds lines to the accounts of a daemon that runs, or will.
fn add_accounts(setup: &Setup, lines: &str) {
    let path = setup.path("users");
    let text = fs::read_to_string(&path).expect("the accounts") + lines;
    // As the tools of operators do it: a new file in the place of the old one.
    fs::write(setup.path("users.new"), text).expect("a new file");
    fs::set_permissions(setup.path("users.new"), fs::Permissions::from_mode(0o600)).expect("its mode");
    fs::rename(setup.path("users.new"), path).expect("in its place");
}

/// A line of AuthUserFile with alice's ids and home.
fn line(setup: &Setup, name: &str, hash: &str) -> String {
    let ids = crate::harness::setup::FIRST_UID;
    format!("{name}:{hash}:{ids}:{ids}::{}:/bin/false\n", setup.home("alice").display())
}

/// Bytes that a process has read by read(2) since its birth (proc_pid_io(5)); messages do not count.
fn bytes_read(pid: i32) -> u64 {
    let text = fs::read_to_string(format!("/proc/{pid}/io")).expect("its own processes");
    let line = text.lines().find_map(|line| line.strip_prefix("rchar: ")).expect("rchar");
    line.parse().expect("a number")
}

#[test]
fn changed_accounts_count_from_the_next_login_on() {
    let daemon = Daemon::usual();
    daemon.session();
    add_accounts(&daemon.setup, &line(&daemon.setup, "carol", PASSWORD_HASH));
    daemon.client().login("carol");
    fs::remove_file(daemon.setup.path("users")).expect("there");
    let mut client = daemon.client();
    client.command("USER alice").expect(331);
    client.command("PASS wonderland").expect(421);
    daemon.await_log("cannot read");
}

/// Lines that do not pass AuthUserFile's filters are nobody's; a filter may let in and keep out by id, by name and by home.
#[test]
fn accounts_that_the_file_is_not_to_have_are_nobodys() {
    for (filter, alice, bob) in [
        ("name ^al", true, false),
        ("name !^al", false, true),
        ("id {bob}-{bob}", false, true),
        ("id {alice}-{alice} name ^b", false, false),
        ("home /alice$", true, false),
        ("home !/alice$", false, true),
    ] {
        let setup = Setup::new().with_account("bob");
        let id = |place: u32| (crate::harness::setup::FIRST_UID + place).to_string();
        let filter = filter.replace("{alice}", &id(0)).replace("{bob}", &id(1));
        let path = setup.path("users").display().to_string();
        let daemon = setup.line(&format!("AuthUserFile {path} {filter}")).start();
        assert_eq!(daemon.client().try_login("alice").is_ok(), alice, "{filter}");
        assert_eq!(daemon.client().try_login("bob").is_ok(), bob, "{filter}");
        daemon.stop();
    }
}

#[test]
fn a_hundred_thousand_accounts_cost_a_login_nothing() {
    let setup = Setup::new();
    setup.write();
    let lines: String =
        (0..ACCOUNTS).map(|number| line(&setup, &format!("user{number}"), PASSWORD_HASH)).collect();
    add_accounts(&setup, &lines);
    let daemon = Daemon::start(setup);
    daemon.client().login("user99999");
    let before = bytes_read(daemon.auth());
    for number in (0..ACCOUNTS).step_by(ACCOUNTS / 10) {
        daemon.client().login(&format!("user{number}"));
    }
    let read = bytes_read(daemon.auth()) - before;
    assert!(read < 4096, "ten logins read {read} bytes");
}

#[test]
fn slow_guesses_from_one_address_do_not_delay_another() {
    let setup = Setup::new().workers(32, 4, 40).line("MaxLoginAttempts 100");
    setup.write();
    add_accounts(&setup, &line(&setup, "slow", SLOW_HASH));
    let daemon = Daemon::start(setup);
    let mut guessing: Vec<Client> =
        (0..GUESSES).map(|_| Client::greeted_from(Ipv4Addr::new(127, 0, 0, 2), daemon.address())).collect();
    for client in &mut guessing {
        client.command("USER slow").expect(331);
        client.send("PASS guessed");
    }
    eventually("the first guess is judged", || daemon.log().contains("USER slow").then_some(()));
    Client::greeted_from(Ipv4Addr::new(127, 0, 0, 3), daemon.address()).login("alice");
    let judged = daemon.log().matches("USER slow").count();
    assert!(judged < GUESSES / 2, "{judged} of {GUESSES} guesses were judged first");
}

#[test]
fn a_daemon_can_have_an_etc_of_its_own() {
    if !as_root("a_daemon_can_have_an_etc_of_its_own") {
        return;
    }
    let account = HostAccount::new("ferrytest").ids(53_100, 53_200).shell("/bin/false");
    let account = account.hash("*").ageing("1::::::").home("/srv".as_ref());
    let daemon = Setup::new().with_host_account(account).with_host_file("motd", "Ahoy\n").start();
    let seen = |name: &str| fs::read_to_string(format!("/proc/{}/root/etc/{name}", daemon.pid()));
    assert_eq!(seen("motd").expect("its own"), "Ahoy\n");
    assert!(seen("passwd").expect("its own").contains("\nferrytest:x:53100:53200::/srv:/bin/false\n"));
    assert!(seen("shadow").expect("its own").contains("\nferrytest:*:1::::::\n"));
    daemon.setup.replace_host_file("motd", "Aground\n", 0o644);
    assert_eq!(seen("motd").expect("replaced"), "Aground\n");
    assert!(!fs::read_to_string("/etc/passwd").expect("the machine's").contains("ferrytest"));
    drop(daemon.session());
    daemon.stop();
}

/// The usual password, by each kind of hash that hosts of today have, and a name for each.
const KINDS: [(&str, &str); 7] = [
    ("yescrypt", "$y$j75$aJaQmZbNZ7bQtNKNm7LSa/$K7xD554IKOcrooGzNKlSZsSWNdm5o4Bwmz0HPCcCe0B"),
    (
        "sha512",
        "$6$rounds=1000$ferryferry$ucqMH5ebKqh/Zx0LvrIxlGZqQssa967pqJK3W1vlcW4x6dGGVHmRoMsuBX6yEaaaNvwIvMus0sTk3Up/11Bfd1",
    ),
    ("sha256", "$5$rounds=1000$ferryferry$OK5efQgr0iYdevULT2lZDUlzKgzhC.q.PRlUcYSh8AD"),
    ("bcrypt", "$2b$04$abcdefghijklmnopqrstuujZkTwHUiJ9XdZPwKfcfDo7dMp5DjlTu"),
    ("md5", PASSWORD_HASH),
    ("scrypt", "$7$BU..../....ferryferry$xPGGnC.CzxSkVOKz/ixDzsIQd0MZw8GK5QIU3A8O.d9"),
    ("des", "fyF/PopBkxX9."),
];

#[test]
fn hashes_of_several_kinds_stand_in_one_file() {
    let setup = Setup::new().line("MaxLoginAttempts 9");
    setup.write();
    let lines: String = KINDS.iter().map(|(name, hash)| line(&setup, name, hash)).collect();
    add_accounts(&setup, &(lines + &line(&setup, "future", "$zz9$salt$hash")));
    let daemon = Daemon::start(setup);
    for (name, _) in KINDS {
        let mut client = daemon.client();
        client.command(&format!("USER {name}")).expect(331);
        client.command("PASS Wonderland").expect(530);
        client.login(name);
    }
    for password in [PASSWORD, "$zz9$salt$hash", PASSWORD] {
        let mut client = daemon.client();
        client.command("USER future").expect(331);
        client.command(&format!("PASS {password}")).expect(530);
    }
    daemon.await_log("USER future: this host's crypt(3) knows no hash of the kind '$zz9$'");
    assert_eq!(daemon.log().matches("knows no hash").count(), 1, "told once");
    daemon.stop();
}

#[test]
fn a_name_service_that_hangs_delays_no_login() {
    if !as_root("a_name_service_that_hangs_delays_no_login") {
        return;
    }
    let daemon = Setup::new().line("AuthOrder mod_auth_file.c").with_host_file("motd", "").start();
    let mut client = daemon.session();
    client.store("strange", b"nobody's");
    std::os::unix::fs::chown(daemon.setup.home("alice").join("strange"), None, Some(64_242))
        .expect("given away");
    // Whoever reads the host's groups now waits for ever.
    for name in ["group", "passwd"] {
        let path = daemon.setup.path("etc").join(name);
        fs::remove_file(&path).expect("there");
        nix::unistd::mkfifo(&path, nix::sys::stat::Mode::S_IRUSR).expect("a pipe in its place");
    }
    // More of them than auth has threads that hash.
    let mut others: Vec<Client> = (0..6).map(|_| daemon.session()).collect();
    for one in others.iter_mut().chain([&mut client]) {
        let listing = String::from_utf8(one.download("LIST")).expect("text");
        assert!(listing.contains(" 64242 "), "{listing}");
    }
    drop(daemon.session());
    daemon.stop();
}

#[test]
fn a_file_that_everybody_may_read_is_taken_where_the_operator_says_so() {
    let refused = |setup: &Setup| {
        let started = run(setup, &["-n", "-c", &setup.config_file().display().to_string()]);
        assert!(!started.status.success());
        String::from_utf8_lossy(&started.stderr).into_owned()
    };
    let exposed = |setup: &Setup| {
        setup.write();
        fs::set_permissions(setup.path("users"), fs::Permissions::from_mode(0o644)).expect("its mode");
    };
    let setup = Setup::new();
    exposed(&setup);
    let said = refused(&setup);
    assert!(said.contains("everybody may read"), "{said}");
    let setup = setup.line("AuthFileOptions InsecurePerms");
    exposed(&setup);
    let daemon = Daemon::start(setup);
    daemon.session();
    daemon.stop();
    let setup = Setup::new().line("AuthFileOptions SyntaxCheck");
    setup.write();
    add_accounts(&setup, "bob:x:one:2::/home/bob:/bin/sh\n");
    let said = refused(&setup);
    assert!(said.contains("line 2: uid or gid is not a number"), "{said}");
}
