//! Loads an FTP server and prints what that took, as one line of JSON.
//!
//!     ftpload MODE --addr 127.0.0.1:2121 --user u --pass p [--name value]...

mod bulk;
mod client;
mod figures;
mod floor;
mod hold;
mod limit;
mod list;
mod logins;
mod mixed;
mod noop;
mod server;
mod small;
mod together;
mod words;

use std::process::ExitCode;

use nix::sys::resource::{Resource, getrlimit, setrlimit};

use client::Target;
use figures::{Errors, Figures};
use server::Server;
use words::Words;

/// What a mode works with: whom it loads, how, and where it counts what went wrong.
struct Load {
    target: Target,
    words: Words,
    server: Server,
    errors: Errors,
}

type Mode = fn(&Load, &mut Figures);

/// Every mode that loads a server.
const MODES: [(&str, Mode); 10] = [
    ("banner", logins::greetings),
    ("logins", logins::sessions),
    ("retr", bulk::retrieve),
    ("stor", bulk::store),
    ("small", small::retrieve),
    ("small-stor", small::store),
    ("list", list::list),
    ("hold", hold::hold),
    ("mixed", mixed::mixed),
    ("noop", noop::noop),
];

fn main() -> ExitCode {
    let mut said = std::env::args().skip(1);
    let mode = said.next().unwrap_or_default();
    let words = Words::read(said);
    raise_open_files();
    match mode.as_str() {
        "null-server" => floor::serve(&words),
        "limit-sendfile" => limit::sendfile(&words),
        _ => return load(&mode, words),
    }
    ExitCode::SUCCESS
}

fn load(mode: &str, words: Words) -> ExitCode {
    let Some((_, run)) = MODES.iter().find(|(name, _)| *name == mode) else {
        let names: Vec<&str> = MODES.iter().map(|(name, _)| *name).collect();
        eprintln!("modes: {} null-server limit-sendfile", names.join(" "));
        return ExitCode::from(2);
    };
    let load =
        Load { target: Target::read(&words), server: Server::read(&words), words, errors: Errors::default() };
    let mut figures = Figures::default();
    figures.text("mode", mode);
    run(&load, &mut figures);
    load.errors.tell(&mut figures);
    figures.print();
    ExitCode::SUCCESS
}

/// A client with thousands of sessions has as many sockets.
fn raise_open_files() {
    if let Ok((_, most)) = getrlimit(Resource::RLIMIT_NOFILE) {
        let _ = setrlimit(Resource::RLIMIT_NOFILE, most, most);
    }
}
