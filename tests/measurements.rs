//! The driver under `bench/`: what its page says of a run's figures. The measurements themselves are no tests.

use std::process::Command;

use crate::harness::scale::has_program;

#[test]
fn the_page_of_a_run_tells_what_was_reached_and_what_is_missing() {
    if !has_program("python3", "the_page_of_a_run_tells_what_was_reached_and_what_is_missing") {
        return;
    }
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/bench");
    let output = Command::new("python3").args(["-m", "unittest", "tests"]).current_dir(folder).output();
    let output = output.expect("python3");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}
