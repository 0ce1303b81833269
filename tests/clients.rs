//! Clients that others wrote: curl and Python's ftplib.

use std::fs;
use std::path::Path;
use std::process::Command;

use crate::harness::scale::has_program;
use crate::harness::{PASSWORD, Setup};
use crate::transfers::patterned;

#[test]
fn curl_lists_loads_resumes_and_deletes() {
    if !has_program("curl", "curl_lists_loads_resumes_and_deletes") {
        return;
    }
    let daemon = Setup::new().line("DefaultRoot ~\nAllowStoreRestart on").start();
    let home = daemon.setup.home("alice");
    let bytes = patterned(3 << 20);
    let local = daemon.setup.path("local");
    fs::write(&local, &bytes).expect("written");
    let address = daemon.address();
    let curl = |path: &str, words: &[&str]| {
        let output = Command::new("curl")
            .args(["-sS", "--max-time", "30", "--user", &format!("alice:{PASSWORD}")])
            .args(words)
            .arg(format!("ftp://{address}/{path}"))
            .output()
            .expect("curl");
        assert!(output.status.success(), "{path} {words:?}: {}", String::from_utf8_lossy(&output.stderr));
        output.stdout
    };
    let local = local.to_str().expect("a plain name");
    curl("deep/er/file", &["--ftp-create-dirs", "-T", local]);
    assert!(fs::read(home.join("deep/er/file")).expect("stored") == bytes);
    for words in
        [&[][..], &["--disable-epsv"], &["--ftp-port", "127.0.0.1"], &["--disable-eprt", "-P", "127.0.0.1"]]
    {
        assert!(curl("deep/er/file", words) == bytes, "{words:?}");
    }
    assert!(curl("deep/er/file", &["-C", "1000000"]) == bytes[1_000_000..]);
    curl("deep/er/file", &["-T", local, "--append"]);
    assert_eq!(fs::metadata(home.join("deep/er/file")).expect("stored").len(), 2 * bytes.len() as u64);
    let listing = String::from_utf8(curl("deep/", &[])).expect("text");
    assert!(listing.lines().any(|line| line.starts_with('d') && line.ends_with(" er")), "{listing}");
    // curl ends the lines of an ASCII transfer as its host does.
    assert_eq!(curl("deep/er/", &["-l"]), b"file\n");
    curl("", &["-Q", "DELE deep/er/file", "-Q", "RMD deep/er"]);
    assert!(!home.join("deep/er").exists());
}

#[test]
fn ftplib_goes_through_a_whole_session() {
    if !has_program("python3", "ftplib_goes_through_a_whole_session") {
        return;
    }
    let daemon = Setup::new().line("DefaultRoot ~").start();
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/ftplib_session.py");
    let address = daemon.address();
    let output = Command::new("python3")
        .arg(script)
        .args([address.ip().to_string(), address.port().to_string(), "alice".to_owned(), PASSWORD.to_owned()])
        .output()
        .expect("python3");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

#[test]
fn lftp_mirrors_a_tree() {
    if !has_program("lftp", "lftp_mirrors_a_tree") {
        return;
    }
    let daemon = Setup::new().line("DefaultRoot ~").start();
    let tree = daemon.setup.path("tree");
    for number in 0..20 {
        let folder = tree.join(format!("d{}", number % 4));
        fs::create_dir_all(&folder).expect("made");
        fs::write(folder.join(format!("f{number}")), patterned(number * 1000)).expect("written");
    }
    let address = daemon.address();
    let script = format!(
        "set net:timeout 10; set net:max-retries 1; open -u alice,{PASSWORD} -p {} {}; mirror -R --parallel=3 {} up; quit",
        address.port(),
        address.ip(),
        tree.display()
    );
    let output = Command::new("lftp").args(["--norc", "-c", &script]).output().expect("lftp");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    for number in 0..20_usize {
        let path = daemon.setup.home("alice").join(format!("up/d{}/f{number}", number % 4));
        assert!(fs::read(path).expect("mirrored") == patterned(number * 1000));
    }
}
