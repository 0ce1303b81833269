//! Good configurations with something wrong in them, one HUP after the other: whatever an editor's slip makes of the file, clients are
//! greeted and sessions go on.

use std::fs;

use nix::sys::signal::Signal;
use proptest::prelude::*;
use proptest::sample::{Index, select};
use proptest::strategy::ValueTree;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};

use crate::harness::events::until;
use crate::harness::ports::Port;
use crate::harness::{Client, Daemon, Setup, rounds};

/// A host with a bit of everything; `OTHER` is a free port.
const BUSY: &str = "\
Define SITE /srv/www
DefaultRoot ~ !staff
MaxClientsPerUser 30 \"only %m\"
TimeoutIdle 600
SetEnv COLOUR \"dark green\"
LogFormat short \"%h %u \\\"%r\\\" %s\"
<Class near>
  From 127.0.0.0/8 !127.0.0.9
</Class>
<Global>
  DenyFilter \\*.*/
  ListOptions \"-a\"
  <Directory %{define:SITE}/*>
    AllowOverwrite on
    Umask 027 022
  </Directory>
</Global>
<IfModule mod_tls.c>
  TLSEngine off
</IfModule>
<IfDefine !NOWHERE>
  <Directory /srv/incoming>
    HideFiles ^\\.ht
    HiddenStores on
    <Limit READ DELE>
      DenyAll
    </Limit>
    <Limit STOR CWD>
      Order allow,deny
      Allow from 127.0.0.1
      Deny from all
    </Limit>
  </Directory>
</IfDefine>
<IfUser alice>
  Umask 077
</IfUser>
<VirtualHost 127.0.0.1>
  ServerName \"another\"
  Port OTHER
  PassivePorts 50000 50100
  RequireValidShell off
  <Limit LOGIN>
    DenyGroup guests
    AllowAll
  </Limit>
  <Anonymous /srv>
    User nobody
    RequireValidShell off
    UserAlias anonymous nobody
    <Limit WRITE>
      DenyAll
    </Limit>
  </Anonymous>
</VirtualHost>
";

/// Where the daemon is found, and its files: said before and after the rest, so that a slip in that cannot move them.
const KEPT: [&str; 9] = [
    "DefaultAddress",
    "Port",
    "PidFile",
    "ScoreboardFile",
    "ShutdownMessageFile",
    "SystemLog",
    "TransferLog",
    "AuthUserFile",
    "AuthGroupFile",
];

/// What an editor's slip does to two lines, words or bytes of a text.
#[derive(Clone, Copy, Debug)]
enum Slip {
    Deletes,
    Doubles,
    Swaps,
    Changes,
}

/// Of what.
#[derive(Clone, Copy, Debug)]
enum Grain {
    Line,
    Word,
    Byte,
}

/// One mutation: what, of what, where, where else, and what is there afterwards.
type Mutation = (Slip, Grain, Index, Index, Vec<u8>);

fn mutation() -> impl Strategy<Value = Mutation> {
    let slip = select(vec![Slip::Deletes, Slip::Doubles, Slip::Swaps, Slip::Changes]);
    let grain = select(vec![Grain::Line, Grain::Word, Grain::Byte]);
    let others: [&[u8]; 10] =
        [b"", b"on", b"none", b"-1", b"<Limit", b"</Global>", b"\"", b"\\", b"\xff\x00", b"99999999999"];
    let other = prop_oneof![
        select(others.map(<[u8]>::to_vec).to_vec()),
        proptest::collection::vec(any::<u8>(), 1..4)
    ];
    (slip, grain, any::<Index>(), any::<Index>(), other)
}

/// The text with one thing wrong.
fn mutated(text: &[u8], (slip, grain, at, elsewhere, other): &Mutation) -> Vec<u8> {
    let mut parts = parts(text, *grain);
    // Blanks between the words are parts of their own.
    let (at, elsewhere) = (at.index(parts.len()), elsewhere.index(parts.len()));
    match slip {
        Slip::Deletes => _ = parts.remove(at),
        Slip::Doubles => parts.insert(at, parts[at]),
        Slip::Swaps => parts.swap(at, elsewhere),
        Slip::Changes => parts[at] = other,
    }
    parts.concat()
}

fn parts(text: &[u8], grain: Grain) -> Vec<&[u8]> {
    match grain {
        Grain::Line => text.split_inclusive(|byte| *byte == b'\n').collect(),
        Grain::Word => text.chunk_by(|a, b| a.is_ascii_whitespace() == b.is_ascii_whitespace()).collect(),
        Grain::Byte => text.chunks(1).collect(),
    }
}

#[test]
fn after_each_slip_and_hup_clients_are_greeted_and_sessions_go_on() {
    let daemon = Setup::new().start();
    fs::write(daemon.setup.home("alice").join("small"), b"small").expect("written");
    let mut before = daemon.session();
    let other = Port::reserve();
    let usual = daemon.setup.text();
    let is_kept = |line: &&str| KEPT.iter().any(|name| line.split(' ').next() == Some(name));
    let (kept, harness): (Vec<&str>, Vec<&str>) = usual.lines().partition(is_kept);
    let goods = [harness.join("\n") + "\n", BUSY.replace("OTHER", &other.number.to_string())];
    let kept = kept.join("\n");
    for good in &goods {
        assert!(is_taken(&daemon, &framed(&kept, (harness.join("\n") + "\n" + good).as_bytes())), "{good}");
    }
    let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &[9; 32]);
    let mut runner = TestRunner::new_with_rng(Config::default(), rng);
    let number = rounds(20, 1000);
    let mut taken = 0;
    for round in 0..number {
        let mutation = mutation().new_tree(&mut runner).expect("a mutation").current();
        let good = format!("{}\n{}", goods[0], if round % 3 == 0 { "" } else { &goods[1] });
        let text = mutated(good.as_bytes(), &mutation);
        taken += usize::from(is_taken(&daemon, &framed(&kept, &text)));
        let greeting = Client::connect(daemon.address()).expect("a connection").reply();
        assert_eq!(greeting.code, 220, "{round}: {mutation:?}: {greeting:?}");
        before.command("PWD").expect(257);
        assert_eq!(before.retrieve("small"), b"small", "{round}: {mutation:?}");
    }
    println!("{number} mutations: {taken} taken, {} refused; 220 after each", number - taken);
    daemon.rewrite(&usual);
    assert!(is_taken(&daemon, usual.as_bytes()), "the good one");
    daemon.session().command("QUIT").expect(221);
    daemon.stop();
}

/// What must not be moved, around the rest. The blank line ends one that goes on behind a backslash.
fn framed(kept: &str, rest: &[u8]) -> Vec<u8> {
    [kept.as_bytes(), b"\n", rest, b"\n\n", kept.as_bytes(), b"\n"].concat()
}

/// HUP; whether the daemon took the file, as its board tells.
fn is_taken(daemon: &Daemon, text: &[u8]) -> bool {
    fs::write(daemon.setup.config_file(), text).expect("written");
    let before = daemon.header();
    daemon.signal(Signal::SIGHUP);
    until("what came of the HUP", || {
        let now = daemon.header();
        (now.generation, now.refused_reloads) != (before.generation, before.refused_reloads)
    });
    daemon.header().generation > before.generation
}
