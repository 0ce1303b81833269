//! The page in a real browser: pictures for whoever looks at them, and the document as the script leaves it.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::Status;

/// A picture of a page.
pub fn picture(url: &str, name: &str, words: &[&str]) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("status");
    fs::create_dir_all(&folder).expect("a folder");
    let picture = folder.join(format!("{name}.png"));
    browse(url, &[words, &[&format!("--screenshot={}", picture.display())]].concat());
    println!("{}", picture.display());
    picture
}

/// What it prints.
pub fn browse(url: &str, words: &[&str]) -> String {
    let usual = ["--headless", "--no-sandbox", "--disable-gpu", "--virtual-time-budget=5000"];
    let output = Command::new("chromium").args(usual).args(words).arg(url).output().expect("chromium");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// The page as it is now, in a frame as wide as a phone: a browser's window is no narrower than 500 points.
pub fn narrow(status: &Status) -> String {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("status");
    fs::create_dir_all(&folder).expect("a folder");
    let frame = "<body style='margin: 0'><iframe src='page.html' width='390' height='900' style='border: 0'>";
    fs::write(folder.join("page.html"), status.fetch("/?sort=rate").1).expect("written");
    fs::write(folder.join("style.css"), status.fetch("/style.css").1).expect("written");
    fs::write(folder.join("phone.html"), frame).expect("written");
    format!("file://{}", folder.join("phone.html").display())
}
