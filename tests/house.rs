//! The house keeps its own rules: imports point down, unsafe code behind one door, documents true.

use std::fs;
use std::path::{Path, PathBuf};

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

/// A page's rows, below the heads of its tables; each test that they name exists. How many there are, and how many name no test.
#[track_caller]
fn tested_rows(page: &str) -> (usize, usize) {
    let page = fs::read_to_string(root().join("docs").join(page)).expect("the page");
    let lines: Vec<&str> = page.lines().collect();
    let is_row = |at: &usize| {
        let below = lines.get(at + 1).copied().unwrap_or_default();
        lines[*at].starts_with("| ") && !lines[*at].starts_with("| ---") && !below.starts_with("| ---")
    };
    let rows: Vec<&str> = (0..lines.len()).filter(is_row).map(|at| lines[at]).collect();
    let named =
        |row: &&str| row.split('`').filter(|word| word.contains("::")).map(str::to_owned).collect::<Vec<_>>();
    let missing: Vec<String> = rows.iter().flat_map(named).filter(|name| !test_exists(name)).collect();
    assert!(missing.is_empty(), "no such tests: {missing:?}");
    (rows.len(), rows.iter().filter(|row| named(row).is_empty()).count())
}

#[test]
fn every_past_vulnerability_has_its_tests() {
    let (rows, untested) = tested_rows("past-vulnerabilities.md");
    assert!(rows > 15 && untested <= 1, "{untested} of {rows} rows name no test");
}

#[test]
fn every_fault_has_its_tests() {
    let (rows, untested) = tested_rows("faults.md");
    assert!(rows > 20 && untested == 0, "{untested} of {rows} rows name no test");
}

/// A worker that refuses says why: `Reply::refused`, or a reply about a name that goes on with `because`.
#[test]
fn every_refusal_of_a_worker_has_its_reason() {
    let plain = regex::Regex::new(r"Reply::(new|long)\(\s*[45]\d\d\b").expect("a pattern");
    let about = regex::Regex::new(r"Reply::about\([^;]*").expect("a pattern");
    for path in sources(&root().join("src/worker")) {
        let lines = code(&path).into_iter().map(|(_, line)| line + "\n");
        let text: String = lines.take_while(|line| !line.starts_with("#[cfg(test)]")).collect();
        assert!(!plain.is_match(&text), "{}: a reply refuses without a reason", path.display());
        for reply in about.find_iter(&text) {
            assert!(reply.as_str().contains(".because("), "{}: {}", path.display(), reply.as_str());
        }
    }
}
