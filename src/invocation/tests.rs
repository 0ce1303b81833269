//! Whole command lines: words in, what is meant out.

use std::ffi::OsString;
use std::net::IpAddr;
use std::path::{Path, PathBuf};

use super::words::{Invocation, command, read};
use crate::config::defaults;
use crate::diagnosis::{Form, Inquiry};
use crate::master::Options;

fn reading(line: &str) -> Invocation {
    read(std::iter::once("ferryd").chain(line.split_whitespace()).map(OsString::from))
}

fn served(line: &str) -> Options {
    match reading(line) {
        Invocation::Serve(options) => options,
        other => panic!("{line}: {other:?}"),
    }
}

fn wrong(line: &str) -> String {
    match reading(line) {
        Invocation::Wrong(sentence) => sentence,
        other => panic!("{line}: {other:?}"),
    }
}

fn printed(line: &str) -> String {
    match reading(line) {
        Invocation::Print(text) => text,
        other => panic!("{line}: {other:?}"),
    }
}

#[test]
fn the_definition_holds_together() {
    command().debug_assert();
}

#[test]
fn nothing_asked_for_is_a_start_in_the_background() {
    let options = served("");
    assert_eq!(options.config, Path::new(defaults::CONFIGURATION));
    assert!(options.check_collisions && !options.foreground && !options.quiet);
    assert_eq!((options.debug, options.use_ipv6, options.server_address), (0, None, None));
}

#[test]
fn options_are_read_in_short_and_long_form() {
    let expected = Options {
        config: PathBuf::from("/etc/x.conf"),
        foreground: true,
        serves_one: true,
        quiet: true,
        debug: 7,
        defines: vec![("TLS".to_owned(), None), ("ROOT".to_owned(), Some("/srv=1".to_owned()))],
        server_address: Some(IpAddr::from([192, 0, 2, 1])),
        use_ipv6: Some(false),
        check_collisions: false,
    };
    let short = "-nqX -d7 -DTLS -D ROOT=/srv=1 -c /etc/x.conf -p 1 -S 192.0.2.1 -N -6 -4";
    let long = "--nodaemon --quiet --nofork --debug 7 --define TLS --define=ROOT=/srv=1 --config /etc/x.conf \
                --persistent=0 --serveraddr 192.0.2.1 --nocollision --ipv6 --ipv4";
    assert_eq!(served(short), expected);
    assert_eq!(served(long), expected);
}

#[test]
fn the_last_of_a_repeated_option_holds() {
    assert_eq!(served("-d 1 -d 2 -4 -6").debug, 2);
    assert_eq!(served("-4 -6").use_ipv6, Some(true));
    assert_eq!(served("-c /a -c /b").config, Path::new("/b"));
}

#[test]
fn a_relative_configuration_is_the_start_folders() {
    let here = std::env::current_dir().unwrap();
    assert_eq!(served("-c conf/x.conf").config, here.join("conf/x.conf"));
}

#[test]
fn tests_and_version_reports_are_told_apart() {
    assert!(
        matches!(reading("-t -c /x"), Invocation::Ask(options, Inquiry::Test, Form::Text) if options.config == Path::new("/x"))
    );
    assert!(matches!(reading("--configtest"), Invocation::Ask(_, Inquiry::Test, Form::Text)));
    assert!(matches!(reading("-t --report --json"), Invocation::Ask(_, Inquiry::Report, Form::Json)));
    assert!(matches!(reading("--list-directives"), Invocation::Ask(_, Inquiry::Directives, Form::Text)));
    for (line, directives) in
        [("-vv", false), ("-v -v", false), ("--version-status", false), ("-vvv", true), ("-vv -v", true)]
    {
        let reading = reading(line);
        assert!(
            matches!(reading, Invocation::VersionStatus(_, said) if said == directives),
            "{line}: {reading:?}"
        );
    }
}

#[test]
fn versions_name_proftpd_first() {
    let expected = format!("ProFTPD Version 1.3.8 (ferryd {})\n", env!("CARGO_PKG_VERSION"));
    assert_eq!(printed("-v"), expected);
    assert_eq!(printed("--version"), expected);
}

#[test]
fn the_usage_has_proftpds_shape() {
    let text = printed("-h");
    assert!(text.starts_with("usage: ferryd [options]\n -h, --help\n     Display this usage\n"), "{text}");
    assert!(text.contains("\n -vv, --version-status\n     Read"), "{text}");
    assert!(text.contains("\n -S, --serveraddr\n     Set"), "{text}");
    assert!(text.contains("\n -X, --nofork\n     Serve"), "{text}");
}

#[test]
fn what_is_asked_before_a_mistake_is_answered() {
    assert!(printed("-h --bogus").starts_with("usage: ferryd"));
    assert!(printed("-l word").starts_with("Compiled-in modules:\n  mod_"));
    assert!(printed("-V -Z").starts_with("Compile-time Settings:\n  Version: 1.3.8"));
}

#[test]
fn mistakes_have_a_sentence_each() {
    let table = [
        ("-Z", "unknown option '-Z'"),
        ("--bogus", "unknown option '--bogus'"),
        ("--bogus -h", "unknown option '--bogus'"),
        ("word", "unknown parameter: 'word'"),
        ("-n word -q", "unknown parameter: 'word'"),
        ("-c", "option '--config <FILE>' needs a value"),
        ("--define", "option '--define <NAME[=VALUE]>' needs a value"),
        ("-d eleven", "option '--debug <N>': 'eleven' is no level from 0 to 10"),
        ("-d 11", "option '--debug <N>': '11' is no level from 0 to 10"),
        ("-p 2", "option '--persistent <0|1>': '2' is neither 0 nor 1"),
        ("-D =x", "option '--define <NAME[=VALUE]>': '=x' names nothing"),
        ("--quiet=yes", "option '--quiet' takes no value"),
        ("--json", "--json goes with -t, --report, --diff, --explain or --list-directives"),
        ("--explain path=/x", "option '--explain' needs user=NAME"),
        ("--explain user=a verb=FLY", "option '--explain': 'verb=FLY' is no command that <Limit> knows"),
        ("--explain user=a host=a/b", "option '--explain': 'host=a/b' names no address"),
        (
            "--explain user=a colour=red",
            "option '--explain': 'colour=red' is neither user= nor host=, path=, verb= or server=",
        ),
    ];
    for (line, expected) in table {
        assert_eq!(wrong(line), expected, "{line}");
    }
    assert!(
        wrong("-S 300.1.1.1").starts_with("option '--serveraddr <ADDR>': '300.1.1.1' cannot be resolved")
    );
    assert!(wrong("--confg x").contains("did you mean '--config'?"));
}
