//! The host's own accounts, in an /etc of the daemon's own: who comes in, who does not, and what the log says then.

use std::fs;

use crate::harness::host::HostAccount;
use crate::harness::scale::skipped;
use crate::harness::{Client, Daemon, PASSWORD, PASSWORD_HASH, Setup, as_root, eventually, processes};

/// The host's accounts and no others, without PAM.
fn setup() -> Setup {
    Setup::new().line("AuthPAM off\nMaxLoginAttempts none").with_host_account(HostAccount::new("dora"))
}

/// One connection for all attempts: what the client hears for a name and a password.
#[track_caller]
fn attempt(client: &mut Client, name: &str, password: &str) -> u16 {
    client.command(&format!("USER {name}")).expect(331);
    client.command(&format!("PASS {password}")).code
}

#[track_caller]
fn refused(daemon: &Daemon, name: &str, password: &str, line: &str) {
    assert_eq!(attempt(&mut daemon.client(), name, password), 530, "{name}");
    daemon.await_log(line);
}

#[test]
fn an_account_of_the_host_becomes_itself() {
    if !as_root("an_account_of_the_host_becomes_itself") {
        return;
    }
    let group =
        fs::read_to_string("/etc/group").expect("/etc/group") + "dora:x:53001:\ncrew:x:53100:bob,dora\n";
    let daemon = setup().with_host_file("group", &group).start();
    let mut client = daemon.client();
    client.login("dora");
    let home = daemon.setup.home("dora");
    assert!(client.command("PWD").text().contains(home.to_str().expect("text")));
    client.store("kept", b"by dora");
    let pid = daemon.slot_of(&client).pid.0;
    assert_eq!(processes::uid_of(pid), Some(53_001));
    let status = fs::read_to_string(format!("/proc/{pid}/status")).expect("its status");
    for line in
        ["Uid:\t53001\t53001\t53001\t53001\n", "Gid:\t53001\t53001\t53001\t53001\n", "Groups:\t53100 \n"]
    {
        assert!(status.contains(line), "{line:?} in {status}");
    }
    refused(&daemon, "dora", "a guess", "USER dora (Login failed): Incorrect password");
    refused(&daemon, "nobody-known", PASSWORD, "USER nobody-known: no such user found from");
    // Those of the file come in beside them.
    drop(daemon.session());
    daemon.stop();
}

#[test]
fn closed_accounts_let_nobody_in() {
    if !as_root("closed_accounts_let_nobody_in") {
        return;
    }
    let account = HostAccount::new;
    let locked = format!("!{PASSWORD_HASH}");
    let accounts = [
        account("expired").ageing("20000:0:99999:7::20001:"),
        account("shut").ageing("20000:0:99999:7::0:"),
        account("idle").ageing("10000:0:10:7:5::"),
        account("locked").hash(&locked),
        account("starred").hash("*"),
        account("empty").hash(""),
        account("overdue").ageing("10000:0:10:7:::"),
        account("tochange").ageing("0:0:99999:7:::"),
        account("later").ageing("20000:0:99999:7::90000:"),
    ];
    let daemon = accounts.into_iter().fold(setup(), Setup::with_host_account).start();
    let disabled = "(Login failed): Account disabled";
    let wrong = "(Login failed): Incorrect password";
    for (name, password, why) in [
        ("expired", PASSWORD, disabled),
        ("shut", PASSWORD, disabled),
        ("idle", PASSWORD, disabled),
        ("expired", "a guess", wrong),
        ("locked", PASSWORD, wrong),
        ("starred", PASSWORD, wrong),
        ("starred", "*", wrong),
        ("empty", PASSWORD, wrong),
        ("empty", "", wrong),
    ] {
        refused(&daemon, name, password, &format!("USER {name} {why}"));
    }
    daemon.await_log("account for user 'expired' disabled due to password expiration");
    daemon.await_log("account for user 'idle' disabled due to inactivity");
    for name in ["overdue", "tochange", "later"] {
        daemon.client().login(name);
    }
    daemon.stop();
}

#[test]
fn shells_and_ftpusers_are_read_at_each_login() {
    if !as_root("shells_and_ftpusers_are_read_at_each_login") {
        return;
    }
    let daemon = setup()
        .line("RequireValidShell on")
        .with_host_account(HostAccount::new("shellless").shell("/usr/sbin/nologin"))
        .with_host_account(HostAccount::new("bare").shell(""))
        .with_host_file("shells", "/bin/sh\n\n")
        .with_host_file("ftpusers", "# staff\nroot\n")
        .start();
    daemon.client().login("dora");
    refused(&daemon, "shellless", PASSWORD, "USER shellless (Login failed): Invalid shell: '");
    refused(&daemon, "bare", PASSWORD, "USER bare (Login failed): Invalid shell: '");
    daemon.setup.replace_host_file("shells", "/usr/sbin/nologin\n/bin/sh\n", 0o644);
    daemon.client().login("shellless");
    daemon.setup.replace_host_file("ftpusers", "root\n dora # on leave\n", 0o644);
    refused(&daemon, "dora", PASSWORD, "USER dora (Login failed): User in /etc/ftpusers");
    daemon.setup.replace_host_file("ftpusers", "root\n#dora\n", 0o644);
    daemon.client().login("dora");
    daemon.stop();
}

#[test]
fn what_the_host_says_counts_from_the_next_login_on() {
    if !as_root("what_the_host_says_counts_from_the_next_login_on") {
        return;
    }
    let daemon = setup().line("UseFtpUsers off").with_host_file("ftpusers", "dora\n").start();
    daemon.client().login("dora");
    let shadow = fs::read_to_string(daemon.setup.path("etc/shadow")).expect("its shadow");
    daemon.setup.replace_host_file("shadow", &shadow.replace("\ndora:$", "\ndora:!$"), 0o600);
    refused(&daemon, "dora", PASSWORD, "USER dora (Login failed): Incorrect password");
    let passwd = fs::read_to_string(daemon.setup.path("etc/passwd")).expect("its passwd");
    daemon.setup.replace_host_file("passwd", &passwd.replace("\ndora:", "\neve:"), 0o644);
    refused(&daemon, "dora", PASSWORD, "USER dora: no such user found");
    daemon.setup.replace_host_file("shadow", &shadow.replace("\ndora:", "\neve:"), 0o600);
    daemon.client().login("eve");
    daemon.stop();
}

#[test]
fn the_first_module_that_knows_a_name_has_it() {
    if !as_root("the_first_module_that_knows_a_name_has_it") {
        return;
    }
    // `shared` and `alice` are of both, with passwords of their own.
    let hosts = [HostAccount::new("shared"), HostAccount::new("hosts")];
    for (order, shared, hosts_only, files_only) in [
        ("mod_auth_file.c mod_auth_unix.c", 52_002, true, true),
        ("mod_auth_unix.c mod_auth_file.c", 53_002, true, true),
        ("mod_auth_file.c* mod_auth_unix.c", 52_002, false, true),
        ("mod_auth_unix.c* mod_auth_file.c", 53_002, true, false),
        ("mod_auth_unix.c mod_sql.c* mod_auth_file.c", 53_002, true, false),
    ] {
        let setup = hosts.clone().into_iter().fold(setup(), Setup::with_host_account);
        let daemon = setup.with_account("shared").line(&format!("AuthOrder {order}")).start();
        let mut client = daemon.client();
        client.login("shared");
        assert_eq!(processes::uid_of(daemon.slot_of(&client).pid.0), Some(shared), "{order}");
        for (name, comes_in) in [("hosts", hosts_only), ("alice", files_only)] {
            let expected = if comes_in { 230 } else { 530 };
            assert_eq!(attempt(&mut daemon.client(), name, PASSWORD), expected, "{order}: {name}");
        }
        daemon.stop();
    }
}

#[test]
fn guests_of_an_anonymous_section_show_their_own_password_or_its_users() {
    if !as_root("guests_of_an_anonymous_section_show_their_own_password_or_its_users") {
        return;
    }
    let section = |lines: &str| {
        let hash = "$5$rounds=1000$ferryferry$OK5efQgr0iYdevULT2lZDUlzKgzhC.q.PRlUcYSh8AD";
        let accounts =
            [HostAccount::new("ftp").shell("/bin/false").hash("*"), HostAccount::new("fred").hash(hash)];
        let setup = accounts.into_iter().fold(setup(), Setup::with_host_account);
        let root = setup.home("ftp").display().to_string();
        let text = format!(
            "<Anonymous {root}>\nUser ftp\nGroup ftp\nRequireValidShell off\nUserAlias fred ftp\n{lines}\n</Anonymous>"
        );
        setup.line(&text).start()
    };
    let daemon = section("AnonRequirePassword on\nAuthUsingAlias on\nAuthAliasOnly on");
    let mut client = daemon.client();
    assert!(client.command("USER fred").text().contains("Password required for fred"));
    client.command(&format!("PASS {PASSWORD}")).expect(230);
    assert_eq!(client.command("PWD").text(), "257 \"/\" is the current directory");
    client.store("kept", b"by a guest");
    let transfers = daemon.setup.path("log/xferlog");
    let logged = eventually("the transfer's line", || {
        fs::read_to_string(&transfers).ok().filter(|text| text.contains("/kept"))
    });
    assert!(logged.contains(" a fred ") && !logged.contains(PASSWORD), "{logged}");
    refused(&daemon, "fred", "me@example.org", "USER fred (Login failed): Incorrect password");
    refused(&daemon, "ftp", PASSWORD, "USER ftp: user is not a UserAlias from");
    refused(&daemon, "dora", PASSWORD, "USER dora: user is not a UserAlias from");
    daemon.stop();
    let daemon = section("AnonRequirePassword on");
    refused(&daemon, "fred", PASSWORD, "USER fred (Login failed): Incorrect password");
    daemon.client().login("dora");
    daemon.stop();
}

#[test]
fn every_kind_of_refusal_counts_among_the_attempts() {
    if !as_root("every_kind_of_refusal_counts_among_the_attempts") {
        return;
    }
    let daemon = Setup::new()
        .line("AuthPAM off\nMaxLoginAttempts 5\nRequireValidShell on\nAuthAliasOnly on\nUserAlias spare expired\nUserAlias bare shellless")
        .line("UserAlias listed dora")
        .with_host_account(HostAccount::new("dora"))
        .with_host_account(HostAccount::new("expired").ageing("20000:0:99999:7::20001:"))
        .with_host_account(HostAccount::new("shellless").shell("/no/shell"))
        .with_host_file("ftpusers", "dora\n")
        .start();
    let mut client = daemon.client();
    for name in ["spare", "bare", "listed", "dora", "unheard-of"] {
        client.command(&format!("USER {name}")).expect(331);
        client.command(&format!("PASS {PASSWORD}")).expect(530);
    }
    client.expect_end();
    daemon.await_log("Maximum login attempts (5) exceeded, connection refused");
    daemon.stop();
}

#[test]
fn root_of_the_host_is_never_let_in() {
    if !as_root("root_of_the_host_is_never_let_in") {
        return;
    }
    let accounts = [
        HostAccount::new("toor").ids(0, 0),
        HostAccount::new("half").ids(0, 53_001),
        HostAccount::new("wheel").ids(53_009, 0),
    ];
    let daemon = accounts.into_iter().fold(setup(), Setup::with_host_account).start();
    for name in ["toor", "half", "wheel"] {
        refused(&daemon, name, PASSWORD, &format!("SECURITY VIOLATION: Root login attempted user={name}"));
    }
    daemon.stop();
}

#[test]
fn members_of_too_many_groups_have_the_first() {
    if !as_root("members_of_too_many_groups_have_the_first") {
        return;
    }
    let many: String = (0..70).map(|number| format!("crew{number}:x:{}:dora\n", 54_000 + number)).collect();
    let group = fs::read_to_string("/etc/group").expect("/etc/group") + "dora:x:53001:\n" + &many;
    let daemon = setup().with_host_file("group", &group).start();
    for _ in 0..2 {
        daemon.client().login("dora");
    }
    daemon.await_log("USER dora: is in 71 groups; sessions have the first 64");
    assert_eq!(daemon.log().matches("is in 71 groups").count(), 1);
    daemon.stop();
}

/// Whether PAM and its plainest modules are on this host.
fn has_pam(test: &str) -> bool {
    let folders =
        ["/lib/security", "/lib64/security", "/usr/lib/security", "/usr/lib/x86_64-linux-gnu/security"];
    let has = folders.iter().any(|folder| std::path::Path::new(folder).join("pam_permit.so").exists());
    if !has {
        skipped("needs PAM", test);
    }
    has
}

/// The host's accounts under a PAM service that says one thing.
fn with_pam(order: &str, module: &str) -> Daemon {
    let service = format!("auth required {module}\naccount required {module}\n");
    Setup::new()
        .line(&format!("AuthOrder {order}\nMaxLoginAttempts none\nAuthPAMConfig ferrytest"))
        .with_host_account(HostAccount::new("dora"))
        .with_host_account(HostAccount::new("closed").ageing("20000:0:99999:7::20001:"))
        .with_host_file("pam.d/ferrytest", &service)
        .start()
}

#[test]
fn pam_in_authorder_adds_its_word_or_has_the_last() {
    let name = "pam_in_authorder_adds_its_word_or_has_the_last";
    if !as_root(name) || !has_pam(name) {
        return;
    }
    let (passing, last) =
        ("mod_auth_file.c mod_auth_pam.c mod_auth_unix.c", "mod_auth_file.c mod_auth_pam.c* mod_auth_unix.c");
    // Whether the right password lets in, any other one, and the right one of an account of AuthUserFile.
    for (order, module, right, wrong, in_file) in [
        (passing, "pam_deny.so", 230, 530, 230),
        (passing, "pam_permit.so", 230, 230, 230),
        (passing, "no_such_module.so", 230, 530, 230),
        (last, "pam_deny.so", 530, 530, 530),
        (last, "pam_permit.so", 230, 230, 230),
        (last, "pam_unix.so", 230, 530, 530),
    ] {
        let daemon = with_pam(order, module);
        let attempt = |name: &str, password: &str| attempt(&mut daemon.client(), name, password);
        assert_eq!(attempt("dora", PASSWORD), right, "{order} {module}");
        assert_eq!(attempt("dora", "a guess"), wrong, "{order} {module}");
        assert_eq!(attempt("alice", PASSWORD), in_file, "{order} {module}");
        assert_eq!(attempt("nobody-known", PASSWORD), 530, "{order} {module}");
        assert_eq!(attempt("root", "a guess"), 530, "{order} {module}");
        daemon.stop();
    }
}

#[test]
fn what_pam_closes_stays_closed_where_it_has_the_last_word() {
    let name = "what_pam_closes_stays_closed_where_it_has_the_last_word";
    if !as_root(name) || !has_pam(name) {
        return;
    }
    let daemon = with_pam("mod_auth_pam.c* mod_auth_unix.c", "pam_unix.so");
    daemon.client().login("dora");
    refused(&daemon, "closed", PASSWORD, "USER closed (Login failed): Account disabled");
    // Without a word from PAM nobody is let in, and nobody is told that the password was wrong.
    daemon.setup.replace_host_file("pam.d/ferrytest", "auth required no_such_module.so\n", 0o644);
    assert_eq!(attempt(&mut daemon.client(), "dora", PASSWORD), 421);
    daemon.await_log("PAM has the last word in AuthOrder, and gave none");
    daemon.stop();
}
