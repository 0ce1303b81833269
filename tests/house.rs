//! The house keeps its own rules: imports point down, unsafe code behind one door, documents true.

use std::fs;
use std::path::{Path, PathBuf};

use ferryd::admin;

use crate::harness::daemon::run;
use crate::harness::setup::Setup;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Every Rust file below a folder.
fn sources(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).expect("a source folder").flatten() {
        let path = entry.path();
        if path.is_dir() {
            found.extend(sources(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
    found
}

/// A file's lines of code, numbered; comments are left out.
fn code(path: &Path) -> Vec<(usize, String)> {
    let text = fs::read_to_string(path).expect("a source file");
    let code = |line: &str| line.split("//").next().unwrap_or_default().to_owned();
    (1..).zip(text.lines().map(code)).collect()
}

/// The layers of `src/lib.rs`, top first: blocks of `mod` lines, a caption on each.
fn layers() -> Vec<Vec<String>> {
    let text = fs::read_to_string(root().join("src/lib.rs")).expect("src/lib.rs");
    let name = |line: &str| {
        Some(line.trim_start_matches("pub ").strip_prefix("mod ")?.strip_suffix(';')?.to_owned())
    };
    text.split("\n\n")
        .map(|block| block.lines().filter_map(name).collect())
        .filter(|layer: &Vec<String>| !layer.is_empty())
        .collect()
}

/// Itself and what stands below; no neighbour.
fn may_name(layers: &[Vec<String>], from: &str, to: &str) -> bool {
    let row = |name: &str| layers.iter().position(|layer| layer.iter().any(|module| module == name));
    from == to || row(to) > row(from)
}

/// The modules of the crate that a line of code names.
fn named(line: &str) -> impl Iterator<Item = &str> {
    line.match_indices("crate::").map(|(at, word)| {
        let rest = &line[at + word.len()..];
        let end = rest.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(rest.len());
        &rest[..end]
    })
}

/// The page says of the layers what `src/lib.rs` says: `master`, `admin` → `nursery` → …
#[test]
fn the_architecture_page_tells_the_layers() {
    let page = fs::read_to_string(root().join("ARCHITECTURE.md")).expect("ARCHITECTURE.md");
    let layer =
        |modules: &Vec<String>| modules.iter().map(|m| format!("`{m}`")).collect::<Vec<_>>().join(", ");
    let told = layers().iter().map(layer).collect::<Vec<_>>().join(" → ");
    let page = page.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(page.contains(&told), "ARCHITECTURE.md does not say: {told}");
}

#[test]
fn imports_point_down() {
    let layers = layers();
    assert!(layers.len() >= 6, "the layers were not read: {layers:?}");
    let mut upward = Vec::new();
    for module in layers.iter().flatten() {
        for path in sources(&root().join("src").join(module)) {
            for (number, line) in code(&path) {
                for other in named(&line).filter(|other| !may_name(&layers, module, other)) {
                    upward.push(format!("{}:{number}: {module} names {other}", path.display()));
                }
            }
        }
    }
    assert!(upward.is_empty(), "\n{}", upward.join("\n"));
}

/// The keywords of unsafe code, and the crates through which system calls are made: of `src/sys` alone.
const BEHIND_THE_WALL: [&str; 7] = ["unsafe", "unsafe_code", "nix", "libc", "caps", "landlock", "memmap2"];

#[test]
fn unsafe_code_and_system_calls_stay_behind_the_wall() {
    let mut outside = Vec::new();
    for path in
        sources(&root().join("src")).into_iter().filter(|path| !path.starts_with(root().join("src/sys")))
    {
        for (number, line) in code(&path) {
            let mut words = line.split(|c: char| !c.is_alphanumeric() && c != '_');
            if words.any(|word| BEHIND_THE_WALL.contains(&word)) {
                outside.push(format!("{}:{number}: {line}", path.display()));
            }
        }
    }
    assert!(outside.is_empty(), "\n{}", outside.join("\n"));
}

#[test]
fn every_unsafe_block_says_why_it_is_sound() {
    for path in sources(&root().join("src/sys")) {
        let text = fs::read_to_string(&path).expect("a source file");
        let blocks = text.lines().filter(|line| line.contains("unsafe {")).count();
        let reasons = text.lines().filter(|line| line.contains("SAFETY:")).count();
        assert!(reasons >= blocks, "{}: {blocks} unsafe blocks, {reasons} reasons", path.display());
    }
}

#[test]
fn programs_are_three_lines() {
    for path in sources(&root().join("src/bin")) {
        let lines = code(&path).into_iter().filter(|(_, line)| !line.trim().is_empty()).count();
        assert_eq!(lines, 3, "{}", path.display());
    }
}

#[test]
fn nothing_is_left_to_do() {
    for path in sources(&root().join("src")) {
        for (number, line) in code(&path) {
            let unfinished =
                ["todo!(", "unimplemented!(", "dbg!(", "#[ignore"].iter().any(|mark| line.contains(mark));
            assert!(!unfinished, "{}:{number}: {line}", path.display());
        }
    }
}

#[test]
fn every_shipped_configuration_loads() {
    let setup = Setup::new();
    let mut seen = 0;
    for entry in fs::read_dir(root().join("conf")).expect("conf").flatten() {
        let path = entry.path();
        if path.extension().is_some_and(|extension| extension == "conf") {
            // What a start would need of the host besides is no business of this one's.
            let output = run(&setup, &["--report", "-c", path.to_str().expect("a plain name")]);
            let said = String::from_utf8_lossy(&output.stdout).into_owned();
            assert_eq!(output.status.code(), Some(0), "{}: {said}", path.display());
            seen += 1;
        }
    }
    assert!(seen > 0, "no configuration is shipped");
}

/// A test as `cargo test` names it: of `tests/` by its family, else of the code by its module.
fn test_exists(name: &str) -> bool {
    let Some((module, function)) = name.rsplit_once("::") else { return false };
    let module = module.strip_suffix("::tests").unwrap_or(module).replace("::", "/");
    let files =
        ["tests/M.rs", "src/M.rs", "src/M/mod.rs", "src/M/tests.rs"].map(|file| file.replace('M', &module));
    let text: String = files.iter().filter_map(|file| fs::read_to_string(root().join(file)).ok()).collect();
    text.contains(&format!("fn {function}("))
}

#[test]
fn every_past_vulnerability_has_its_tests() {
    let page = fs::read_to_string(root().join("docs/past-vulnerabilities.md")).expect("the page");
    let rows: Vec<&str> = page.lines().filter(|line| line.starts_with("| ")).skip(2).collect();
    let named =
        |row: &&str| row.split('`').filter(|word| word.contains("::")).map(str::to_owned).collect::<Vec<_>>();
    let missing: Vec<String> = rows.iter().flat_map(named).filter(|name| !test_exists(name)).collect();
    assert!(missing.is_empty(), "no such tests: {missing:?}");
    let untested = rows.iter().filter(|row| named(row).is_empty()).count();
    assert!(rows.len() > 15 && untested <= 1, "{untested} of {} rows name no test", rows.len());
}

/// A manual page as the definition of the command line prints it.
fn page(command: clap::Command, section: &str, closing: &str) -> String {
    let mut bytes = Vec::new();
    let manual = clap_mangen::Man::new(command).section(section).date("").source("ferryd").manual("ferryd");
    manual.render(&mut bytes).expect("a page in memory");
    String::from_utf8(bytes).expect("a page is text") + closing
}

/// What the definition of the command line does not know.
const FERRYD_CLOSING: &str = r#".SH EXIT STATUS
0 when clients are served (without \fB\-n\fR), when the daemon was told to end, and when what was asked for was printed.
1 for every mistake on the command line, in the configuration or at the start; a sentence on stderr says which.
.SH SIGNALS
.TP
TERM, INT
Every session hears 421; what is left after ShutdownTimeout is killed.
.TP
QUIT
No more connections; sessions finish.
.TP
HUP
The configuration is read anew beside the running one. A broken one changes nothing and is told in the log.
.TP
USR1
The logs are opened anew.
.SH SERVERTYPE INETD
With \fBServerType inetd\fR in the configuration the program serves the one connection that is its stdin, or the first of the descriptors
that LISTEN_FDS tells of, and ends with it: start it from inetd(8) (\fBftp stream tcp nowait root /usr/sbin/ferryd ferryd\fR), xinetd(8)
or a socket unit of systemd with Accept=yes. There is no PidFile; the scoreboard is shared by all such sessions, and limits are counted over all of them.
MaxInstances and MaxConnectionRate are the listener's business. What goes wrong at the start is told in SystemLog, else by syslog.
.SH SEE ALSO
\fBftpdctl\fR(8), \fBftpshut\fR(8), \fBftpwho\fR(1), \fBftpcount\fR(1), \fBftptop\fR(1), \fBferryd\-status\fR(8)
"#;

const FTPDCTL_CLOSING: &str = r#".SH EXIT STATUS
0 when it is done; 1 when it could not be done; 2 when it was not understood; 3 when you may not ask for it; 4 when no server answers.
.SH SEE ALSO
\fBferryd\fR(8), \fBftpshut\fR(8), \fBftpwho\fR(1)
"#;

/// With FERRYD_WRITE=1 the pages are written anew instead.
#[test]
fn printed_pages_tell_the_truth() {
    let pages = [
        ("man/ftpwho.1", page(admin::who::command(), "1", "")),
        ("man/ftpcount.1", page(admin::count::command(), "1", "")),
        ("man/ferryd-status.8", page(admin::status::command(), "8", "")),
        ("man/ftpscrub.8", page(admin::scrub::command(), "8", "")),
        ("man/ftptop.1", page(admin::top::command(), "1", "")),
        ("man/ftpshut.8", page(admin::shut::command(), "8", "")),
        ("man/ftpdctl.8", page(admin::control::command(), "8", FTPDCTL_CLOSING)),
        ("man/ferryd.8", page(ferryd::invocation::command(), "8", FERRYD_CLOSING)),
        ("directives.md", ferryd::config::reference()),
    ];
    for (name, expected) in pages {
        let path = root().join("docs").join(name);
        if std::env::var_os("FERRYD_WRITE").is_some() {
            fs::write(&path, &expected).expect("a page");
        }
        let committed = fs::read_to_string(&path).unwrap_or_default();
        assert!(committed == expected, "docs/{name} is stale: FERRYD_WRITE=1 cargo test printed_pages");
    }
}
