//! Debian's stock configuration: it starts unchanged on a machine as the package leaves it, and each of its files means what it means.

use std::fs;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::process::Output;

use nix::sys::signal::Signal;

use crate::harness::events::until;
use crate::harness::host::{FIRST_HOST_UID, HostAccount};
use crate::harness::machine::Machine;
use crate::harness::{Client, PASSWORD, Setup, as_root, debian, processes};

const FERRYD: &str = env!("CARGO_BIN_EXE_ferryd");
const CONFIGURATION: &str = "/etc/proftpd/proftpd.conf";

/// The package's files, where the test can use them.
fn package(test: &str) -> Option<&'static Path> {
    if as_root(test) { debian::files(test) } else { None }
}

/// A machine as the package's installation leaves it.
fn machine(test: &str) -> Option<Machine> {
    let setup = || Setup::new().with_host_account(HostAccount::new("carol"));
    package(test).map(|files| debian::machine(setup(), files))
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr)
}

/// `-t` on the machine's configuration, and nothing else on the command line.
fn tested(machine: &Machine) -> (Option<i32>, String) {
    let output = machine.run(FERRYD, &["-t"]);
    (output.status.code(), said(&output))
}

#[track_caller]
fn start(machine: &Machine) -> i32 {
    let output = machine.run(FERRYD, &[]);
    assert_eq!(output.status.code(), Some(0), "{}", said(&output));
    machine.daemon().expect("the PidFile of Debian's scripts")
}

/// Puts a text in the place of a file below /etc/proftpd.
fn put(machine: &Machine, name: &str, text: &str) {
    fs::write(machine.path("/etc/proftpd").join(name), text).expect("written");
}

/// The configuration with one text in the place of another, which must stand there.
#[track_caller]
fn replace(machine: &Machine, name: &str, from: &str, to: &str) {
    let path = format!("/etc/proftpd/{name}");
    let text = machine.read(&path);
    assert!(text.contains(from), "{name} does not say {from:?}");
    put(machine, name, &text.replacen(from, to, 1));
}

/// The number of the first line that begins so.
#[track_caller]
fn line_of(text: &str, start: &str) -> usize {
    1 + text.lines().position(|line| line.starts_with(start)).unwrap_or_else(|| panic!("no line {start:?}"))
}

#[test]
fn the_stock_configuration_starts_unchanged() {
    let Some(machine) = machine("the_stock_configuration_starts_unchanged") else { return };
    let (code, words) = tested(&machine);
    assert_eq!(code, Some(0), "{words}");
    assert!(words.contains("Syntax check complete.") && !words.contains("fatal"), "{words}");
    let pid = start(&machine);
    machine.within(|| {
        for address in [IpAddr::from(Ipv4Addr::LOCALHOST), Ipv6Addr::LOCALHOST.into()] {
            let mut client = Client::connect((address, 21).into()).expect("port 21");
            let greeting = client.reply().expect(220);
            assert_eq!(greeting.text(), format!("220 ProFTPD Server (Debian) [{address}]"));
            client.command("QUIT").expect(221);
        }
    });
    until("the log", || {
        let log = machine.read("/var/log/proftpd/proftpd.log");
        log.contains("standalone mode STARTUP") && log.contains("FTP session closed.")
    });
    assert!(machine.path("/var/log/proftpd/xferlog").exists());
    stop(&machine, pid);
}

/// TERM, after which nothing is left.
#[track_caller]
fn stop(machine: &Machine, pid: i32) {
    processes::send(pid, Signal::SIGTERM);
    until("the daemon's end", || processes::in_group(pid).iter().all(processes::Process::is_zombie));
    for name in ["/run/proftpd.pid", "/run/proftpd.scoreboard"] {
        assert!(!machine.path(name).exists(), "{name} is left");
    }
    let log = machine.read("/var/log/proftpd/proftpd.log");
    assert!(log.contains("standalone mode SHUTDOWN"), "{log}");
}

#[test]
fn an_account_of_the_host_logs_in_under_the_stock_configuration() {
    let Some(files) = package("an_account_of_the_host_logs_in_under_the_stock_configuration") else { return };
    let accounts = [HostAccount::new("carol"), HostAccount::new("robot").shell("/usr/sbin/nologin")];
    let setup = accounts.into_iter().fold(Setup::new(), Setup::with_host_account);
    let home = setup.home("carol");
    let machine = debian::machine(setup, files);
    let pid = start(&machine);
    machine.within(|| {
        let mut client = Client::greeted((Ipv4Addr::LOCALHOST, 21).into());
        client.login("carol");
        let folder = client.command("PWD").expect(257);
        assert!(folder.text().contains(&home.display().to_string()), "she begins at home: {folder:?}");
        client.command("TYPE I").expect(200);
        client.store("letter", b"dear carol");
        assert_eq!(client.retrieve("letter"), b"dear carol");
        client.command("DELE *.*/").expect(550);
        for (name, password) in [("carol", "wrong"), ("robot", PASSWORD), ("root", PASSWORD), ("proftpd", "")]
        {
            let mut client = Client::greeted((Ipv4Addr::LOCALHOST, 21).into());
            client.command(&format!("USER {name}"));
            assert_eq!(client.command(&format!("PASS {password}")).code, 530, "{name}");
        }
    });
    assert_eq!(fs::metadata(home.join("letter")).expect("stored").uid(), FIRST_HOST_UID);
    let transfers = machine.read("/var/log/proftpd/xferlog");
    assert!(transfers.contains("/letter b _ i r carol ftp 0 * c"), "{transfers}");
    stop(&machine, pid);
}

/// The package brings /etc/pam.d/proftpd, and operators write their rules there.
#[test]
fn debians_service_of_pam_is_asked() {
    let Some(machine) = machine("debians_service_of_pam_is_asked") else { return };
    let service = "/etc/pam.d/proftpd";
    assert!(machine.read(service).contains("item=user sense=deny file=/etc/ftpusers"));
    replace(&machine, "proftpd.conf", "# AuthOrder mod_auth_pam.c*", "AuthOrder mod_auth_pam.c*");
    let pid = start(&machine);
    let answers = |verdict| {
        let rules = format!("auth required pam_{verdict}.so\naccount required pam_{verdict}.so\n");
        fs::write(machine.path(service), rules).expect("written");
        machine.within(|| {
            let mut client = Client::greeted((Ipv4Addr::LOCALHOST, 21).into());
            client.command("USER carol").expect(331);
            client.command("PASS whatever").code
        })
    };
    assert_eq!((answers("permit"), answers("deny")), (230, 530));
    stop(&machine, pid);
}

#[test]
fn the_stock_files_anonymous_section_serves_when_switched_on() {
    let Some(files) = package("the_stock_files_anonymous_section_serves_when_switched_on") else { return };
    let machine = debian::machine(Setup::new(), files);
    let stock = debian::template(files, "proftpd.conf");
    let (before, rest) = stock.split_once("# <Anonymous ~ftp>").expect("the section");
    let (section, after) = rest.split_once("# </Anonymous>").expect("its end");
    let section = section.replace("\n# ", "\n").replace("\n#", "\n");
    put(&machine, "proftpd.conf", &format!("{before}<Anonymous ~ftp>{section}</Anonymous>{after}"));
    let pid = start(&machine);
    machine.within(|| {
        for name in ["ftp", "anonymous"] {
            let mut client = Client::greeted((Ipv4Addr::LOCALHOST, 21).into());
            client.command(&format!("USER {name}")).expect(331);
            client.command("PASS me@example.org").expect(230);
            assert!(client.command("PWD").expect(257).text().contains("\"/\""));
            client.command("MKD folder").expect(550);
        }
    });
    stop(&machine, pid);
}

#[test]
fn the_stock_configuration_is_read_anew() {
    let Some(machine) = machine("the_stock_configuration_is_read_anew") else { return };
    let pid = start(&machine);
    let log = || machine.read("/var/log/proftpd/proftpd.log");
    let greeting = || machine.within(|| Client::greeted((Ipv4Addr::LOCALHOST, 21).into()));
    let _earlier = greeting();
    // As another package does it.
    fs::write(machine.path("/etc/proftpd/conf.d/name.conf"), "ServerIdent on \"from conf.d\"\n")
        .expect("written");
    processes::send(pid, Signal::SIGHUP);
    // Spares of the generation before may take a client that comes while they leave.
    until("the next generation's greeting", || {
        machine.within(|| {
            let mut client = Client::connect((Ipv4Addr::LOCALHOST, 21).into()).expect("port 21");
            client.reply().expect(220).text() == "220 from conf.d"
        })
    });
    put(&machine, "conf.d/name.conf", "Bogus on\n");
    processes::send(pid, Signal::SIGHUP);
    until("the refusal", || log().contains("/etc/proftpd/conf.d/name.conf:1:1:"));
    drop(greeting());
    assert_eq!(machine.daemon(), Some(pid));
    stop(&machine, pid);
}

#[test]
fn the_tools_find_the_stock_daemon_without_options() {
    let Some(machine) = machine("the_tools_find_the_stock_daemon_without_options") else { return };
    let pid = start(&machine);
    let client = machine.within(|| {
        let mut client = Client::greeted((Ipv4Addr::LOCALHOST, 21).into());
        client.command("NOOP").expect(200);
        client
    });
    let tool = |program, words: &[&str]| {
        let output = machine.run(program, words);
        assert_eq!(output.status.code(), Some(0), "{program}: {}", said(&output));
        said(&output)
    };
    let who = tool(env!("CARGO_BIN_EXE_ftpwho"), &["-v"]);
    assert!(who.contains(&format!("standalone FTP daemon [{pid}]")) && who.contains("127.0.0.1"), "{who}");
    let count = tool(env!("CARGO_BIN_EXE_ftpcount"), &[]);
    assert!(count.contains(&format!("Master proftpd process {pid}:")), "{count}");
    tool(env!("CARGO_BIN_EXE_ftpshut"), &["-d", "0", "+30", "good night"]);
    assert!(machine.path("/etc/shutmsg").exists());
    tool(env!("CARGO_BIN_EXE_ftpshut"), &["-R"]);
    assert!(!machine.path("/etc/shutmsg").exists());
    drop(client);
    stop(&machine, pid);
}

#[test]
fn a_missing_user_is_told_with_the_command_that_makes_it() {
    let Some(machine) = machine("a_missing_user_is_told_with_the_command_that_makes_it") else { return };
    for (line, missing, program) in
        [("User proftpd", "User ferryman", "useradd"), ("Group nogroup", "Group ferrymen", "groupadd")]
    {
        let (directive, name) = missing.split_once(' ').expect("two words");
        replace(&machine, "proftpd.conf", &format!("\n{line}\n"), &format!("\n{missing}\n"));
        let (code, words) = tested(&machine);
        let column = directive.len() + 2;
        let place = format!("{CONFIGURATION}:{}:{column}:", line_of(&machine.read(CONFIGURATION), missing));
        assert_eq!(code, Some(1), "{words}");
        let complaint = words.lines().find(|line| line.contains(&place)).unwrap_or_else(|| panic!("{words}"));
        let (_, command) = complaint.split_once("make it with: ").unwrap_or_else(|| panic!("{words}"));
        assert!(command.starts_with(program), "{command}");
        let made = machine.run("sh", &["-c", command]);
        assert!(made.status.success(), "{command}: {}", said(&made));
        let (code, words) = tested(&machine);
        assert_eq!(code, Some(0), "{name} is made:\n{words}");
    }
}

#[test]
fn every_module_of_debians_list_may_be_loaded() {
    let Some(machine) = machine("every_module_of_debians_list_may_be_loaded") else { return };
    let all = machine.read("/etc/proftpd/modules.conf").replace("\n#LoadModule", "\nLoadModule");
    assert!(all.matches("\nLoadModule").count() > 40, "{all}");
    let nowhere = all.replace("ModulePath /usr/lib/proftpd", "ModulePath /nowhere/at/all");
    assert_ne!(all, nowhere);
    put(&machine, "modules.conf", &nowhere);
    let (code, words) = tested(&machine);
    assert_eq!(code, Some(0), "{words}");
    assert!(!words.contains("is known"), "a module that nobody knows: {words}");
}

/// What the stock file says in each of its `<IfModule>` stanzas, what an operator may make of it, and whether it may then start.
const STANZAS: [(&str, &str, bool); 9] = [
    ("  IdentLookups off", "  IdentLookups on", true),
    ("# DynMasqRefresh 28800", "DynMasqRefresh 28800", true),
    ("QuotaEngine off", "QuotaEngine on", false),
    ("Ratios off", "Ratios on", false),
    ("DelayEngine on", "DelayEngine off", true),
    ("ControlsEngine off", "ControlsEngine on", true),
    ("ControlsMaxClients 2", "ControlsMaxClients 3", true),
    ("ControlsInterval 5", "ControlsInterval 6", true),
    ("AdminControlsEngine off", "AdminControlsEngine on", true),
];

#[test]
fn each_stanza_means_what_it_means() {
    let Some(files) = package("each_stanza_means_what_it_means") else { return };
    let machine = debian::machine(Setup::new(), files);
    let stock = debian::template(files, "proftpd.conf");
    for (from, to, may_start) in STANZAS {
        put(&machine, "proftpd.conf", &stock);
        replace(&machine, "proftpd.conf", from, to);
        let (code, words) = tested(&machine);
        assert_eq!(code, Some(i32::from(!may_start)), "{to}\n{words}");
        let place = format!("{CONFIGURATION}:{}:", line_of(&stock, from));
        assert!(may_start || words.contains(&format!("fatal: {place}")), "{to}\n{words}");
    }
}

/// What each other file does, included as it is shipped and with every example in it switched on: None where it starts, else the
/// directive that is refused first.
const OTHERS: [(&str, Option<&str>, Option<&str>); 8] = [
    ("tls.conf", None, Some("TLSEngine")),
    ("sql.conf", None, Some("SQLBackend")),
    ("ldap.conf", None, Some("LDAPServer")),
    ("virtuals.conf", None, Some("<VirtualHost")),
    ("sftp.conf", None, Some("SFTPEngine")),
    ("dnsbl.conf", Some("DNSBLDomain"), Some("DNSBLDomain")),
    ("geoip.conf", Some("GeoIPEngine"), Some("GeoIPEngine")),
    ("snmp.conf", None, None),
];

#[test]
fn debians_other_files_start_or_are_refused_by_their_lines() {
    let Some(files) = package("debians_other_files_start_or_are_refused_by_their_lines") else { return };
    let machine = debian::machine(Setup::new(), files);
    let stock = debian::template(files, "proftpd.conf");
    for (name, shipped, switched_on) in OTHERS {
        put(&machine, "proftpd.conf", &format!("{stock}Include /etc/proftpd/{name}\n"));
        let text = debian::template(files, name);
        for (text, refused) in [(text.clone(), shipped), (uncommented(&text), switched_on)] {
            put(&machine, name, &text);
            let (code, words) = tested(&machine);
            assert_eq!(code, Some(i32::from(refused.is_some())), "{name}\n{words}");
            if let Some(directive) = refused {
                let place = format!("fatal: /etc/proftpd/{name}:{}:", line_of(&text, directive));
                assert!(words.contains(&place), "{place}\n{words}");
            }
        }
    }
}

/// Every example of a file, switched on: directives stand right behind their `#`, prose behind a space.
fn uncommented(text: &str) -> String {
    let on = |line: &str| match line.strip_prefix('#') {
        Some(rest) if rest.starts_with(|first: char| first.is_ascii_uppercase() || first == '<') => {
            rest.to_owned()
        }
        _ => line.to_owned(),
    };
    text.lines().map(|line| on(line) + "\n").collect()
}

#[test]
fn a_missing_folder_of_additions_is_told_and_no_more() {
    let Some(machine) = machine("a_missing_folder_of_additions_is_told_and_no_more") else { return };
    fs::remove_dir(machine.path("/etc/proftpd/conf.d")).expect("it is empty");
    let (code, words) = tested(&machine);
    assert_eq!(code, Some(0), "{words}");
    assert!(words.contains("warning: Include: cannot read /etc/proftpd/conf.d/"), "{words}");
    replace(&machine, "proftpd.conf", "Include /etc/proftpd/conf.d/", "Include /etc/proftpd/more.conf");
    let (code, words) = tested(&machine);
    assert_eq!(code, Some(1), "a file may have held what protects: {words}");
}
