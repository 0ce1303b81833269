//! The daemon's command line, run: exit codes, what is printed where, and when the command returns.

use crate::harness::daemon::{finished, program, run};
use crate::harness::setup::Setup;

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

#[test]
fn mistakes_are_a_sentence_on_stderr_and_exit_1() {
    let setup = Setup::new();
    for words in [&["--bogus"][..], &["-c"], &["word"], &["-d", "x"], &["-p", "2"], &["-X"]] {
        let output = run(&setup, words);
        assert_eq!(output.status.code(), Some(1), "{words:?}");
        assert!(output.stdout.is_empty(), "{words:?}");
        let said = text(&output.stderr);
        assert!(said.starts_with("fatal: ") && said.ends_with('\n'), "{words:?}: {said:?}");
        assert_eq!(said.lines().count(), 1, "{words:?}: {said:?}");
    }
}

#[test]
fn a_reader_who_has_seen_enough_is_no_failure() {
    let setup = Setup::new();
    setup.write();
    let config = setup.config_file();
    for words in [&["-h"][..], &["-V"], &["-vvv"], &["-t"], &["--bogus"]] {
        let (gone, closed) = std::io::pipe().expect("a pipe");
        drop(gone);
        let mut command = program(&setup);
        let both = closed.try_clone().expect("a descriptor");
        let child = command.args(words).arg("-c").arg(&config).stdout(closed).stderr(both).spawn();
        let status = finished(child.expect("the program")).status.code();
        assert_eq!(status, Some(i32::from(words == ["--bogus"])), "{words:?}");
    }
}

#[test]
fn information_is_printed_and_exit_0() {
    let setup = Setup::new();
    let table = [
        ("-h", "usage: ferryd [options]\n"),
        ("-v", "ProFTPD Version 1.3.8 (ferryd "),
        ("-l", "Compiled-in modules:\n  mod_"),
        ("-V", "Compile-time Settings:\n"),
    ];
    for (word, beginning) in table {
        let output = run(&setup, &[word]);
        assert_eq!(output.status.code(), Some(0), "{word}");
        assert!(output.stderr.is_empty(), "{word}");
        assert!(text(&output.stdout).starts_with(beginning), "{word}");
    }
}
