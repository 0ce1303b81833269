//! Clients that others wrote, from Debian's packages: each does all that it can, on IPv4 and IPv6, and both ends are compared.

mod curl;
mod filezilla;
mod ftplib;
mod lftp;
mod line_mode;
mod ncftp;
mod rclone;
mod stage;
mod table;
mod wget;

use std::fs;
use std::path::Path;
use std::process::Command;

use crate::harness::scale::has_program;
use crate::harness::{PASSWORD, Setup, patterned};
use table::Client;

/// Each client of the table, in its order.
const CLIENTS: [&Client; 8] = [
    &curl::CLIENT,
    &lftp::CLIENT,
    &line_mode::TNFTP,
    &line_mode::INETUTILS,
    &ncftp::CLIENT,
    &wget::CLIENT,
    &rclone::CLIENT,
    &ftplib::CLIENT,
];

#[test]
fn curl_does_all_that_it_can() {
    table::perform(&curl::CLIENT);
}

#[test]
fn lftp_does_all_that_it_can() {
    table::perform(&lftp::CLIENT);
}

#[test]
fn tnftp_does_all_that_it_can() {
    table::perform(&line_mode::TNFTP);
}

#[test]
fn inetutils_ftp_does_all_that_it_can() {
    table::perform(&line_mode::INETUTILS);
}

#[test]
fn ncftp_does_all_that_it_can() {
    table::perform(&ncftp::CLIENT);
}

#[test]
fn wget_does_all_that_it_can() {
    table::perform(&wget::CLIENT);
}

#[test]
fn rclone_does_all_that_it_can() {
    table::perform(&rclone::CLIENT);
}

#[test]
fn ftplib_does_all_that_it_can() {
    table::perform(&ftplib::CLIENT);
}

/// docs/clients.md says who can what; with FERRYD_WRITE=1 its table is written anew.
#[test]
fn the_table_of_clients_is_in_the_docs() {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/clients.md");
    let text = fs::read_to_string(&page).expect("docs/clients.md");
    let start = text.find("| client |").expect("a table");
    let end = start + text[start..].find("\n\n").expect("its end") + 1;
    let expected = [&text[..start], &table::page(&CLIENTS), &text[end..]].concat();
    if std::env::var_os("FERRYD_WRITE").is_some() {
        fs::write(&page, &expected).expect("written");
    }
    assert!(text == expected, "docs/clients.md is stale: FERRYD_WRITE=1 cargo test table_of_clients");
}

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
    let script = ftplib::script("ftplib_session.py");
    let address = daemon.address();
    let output = Command::new("python3")
        .arg(script)
        .args([address.ip().to_string(), address.port().to_string(), "alice".to_owned(), PASSWORD.to_owned()])
        .output()
        .expect("python3");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

#[test]
fn filezilla_logs_in_and_lists() {
    filezilla::logs_in_and_lists();
}
