//! What is asked: a line of JSON, `{"action":"kick","words":["user","anna"]}`, read into what it means. Whoever may connect may write
//! anything: every length is bounded, and a line that is not understood is refused with a sentence.

use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use ipnet::IpNet;
use serde_json::{Value, json};

use super::actions::{Action, action};
use super::words::Words;

/// Most bytes of a request, without the line's end.
pub const LINE_MOST: usize = 4096;

/// Most words of one.
const WORDS_MOST: usize = 64;

/// What is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Request {
    /// help: the actions.
    Help,
    /// status: the daemon, and these virtual hosts.
    Status(Vec<Host>),
    /// kick: sessions are disconnected, at most so many.
    Kick(Vec<Kicked>, Option<u32>),
    /// restart: the configuration is read again.
    Restart,
    /// restart count: how often it was.
    RestartCount,
    /// shutdown: as TERM.
    Shutdown,
    /// shutdown graceful: as QUIT, for so long.
    ShutdownGraceful(Option<Duration>),
    /// upgrade: another binary takes over.
    Upgrade,
    /// down: clients of these are sent away.
    Down(Vec<Host>),
    /// up: they are served again.
    Up(Vec<Host>),
    /// debug: what is logged, from 0 (as configured) to 10 (trace); None asks.
    Level(Option<u32>),
    /// trace: channels, each with a level, over what is configured; none asks.
    Trace(Vec<(String, u8)>),
    /// trace configured: what was ordered is forgotten.
    TraceConfigured,
    /// limit: so many bytes a second; None lifts it.
    Limit(Limited, Option<u64>),
    /// limit without words: which hold.
    Limits,
    /// dump.
    Dump(Dump),
    /// scoreboard scrub.
    Scrub,
}

/// Which virtual hosts are meant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Host {
    /// `all`.
    All,
    /// By its address; without a port 21 is meant, as ftpdctl has it.
    At(SocketAddr),
    /// By its ServerName.
    Named(String),
}

impl Host {
    /// `all`, `ADDRESS`, `ADDRESS#PORT`, `ADDRESS:PORT`, `[ADDRESS]:PORT` or a ServerName.
    pub fn of(word: &str) -> Host {
        if word == "all" {
            return Host::All;
        }
        if let Ok(address) = word.parse() {
            return Host::At(SocketAddr::new(address, 21));
        }
        let with_port = word.rsplit_once('#').and_then(|(address, port)| {
            let address: IpAddr = address.trim_start_matches('[').trim_end_matches(']').parse().ok()?;
            Some(SocketAddr::new(address, port.parse().ok()?))
        });
        match with_port.or_else(|| word.parse().ok()) {
            Some(address) => Host::At(address),
            None => Host::Named(word.to_owned()),
        }
    }
}

/// Whose sessions are disconnected.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Kicked {
    /// Of the user logged in.
    User(String),
    /// Of the client's name or address.
    Host(String),
    /// Of the client's class.
    Class(String),
    /// The one session of this process.
    Pid(i32),
    /// Of clients in this network, or at this address.
    Network(IpNet),
}

/// Whose transfers are slowed down.
#[derive(Clone, Debug, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
pub enum Limited {
    /// A user's.
    User(String),
    /// A client's, by its address.
    Host(IpAddr),
}

impl fmt::Display for Limited {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Limited::User(name) => write!(out, "user {name}"),
            Limited::Host(address) => write!(out, "host {address}"),
        }
    }
}

/// What is told at length.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dump {
    /// The configuration that new sessions begin with.
    Configuration,
    /// Where the scoreboard is: whoever asks reads it by itself.
    Scoreboard,
    /// The classes of clients, and how many sessions each has.
    Classes,
}

/// Why a request is not one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mistake(pub String);

impl fmt::Display for Mistake {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.0)
    }
}

/// A request, and what it was said with.
#[derive(Clone, Debug)]
pub struct Asked {
    /// Its row.
    pub action: &'static Action,
    /// The words after it.
    pub words: Vec<String>,
    /// What they come to, or why they come to nothing. Whether the peer may ask for the action is to be settled first.
    pub request: Result<Request, Mistake>,
}

/// Reads a line without its end.
pub fn asked(line: &[u8]) -> Result<Asked, Mistake> {
    if line.len() > LINE_MOST {
        return Err(Mistake(format!("a request has at most {LINE_MOST} bytes")));
    }
    let not_one = || Mistake("a request is a line of JSON: {\"action\":\"help\",\"words\":[]}".to_owned());
    let value: Value = serde_json::from_slice(line).map_err(|_| not_one())?;
    let object = value.as_object().ok_or_else(not_one)?;
    if object.keys().any(|key| key != "action" && key != "words") {
        return Err(not_one());
    }
    let name = object.get("action").and_then(Value::as_str).ok_or_else(not_one)?;
    let words = match object.get("words") {
        None => Vec::new(),
        Some(words) => self::words(words).ok_or_else(not_one)?,
    };
    let Some(action) = action(name) else {
        return Err(Mistake(format!("no action '{}' is known; help lists them", name.escape_debug())));
    };
    let request = action.read(&words);
    Ok(Asked { action, words, request })
}

/// The line that asks for it.
pub fn line(action: &str, words: &[String]) -> String {
    json!({ "action": action, "words": words }).to_string() + "\n"
}

/// A word stands in the log as it was said: nothing that could be taken for another line may be in it.
fn words(value: &Value) -> Option<Vec<String>> {
    let list = value.as_array().filter(|list| list.len() <= WORDS_MOST)?;
    let word = |value: &Value| {
        let text = value.as_str()?;
        (!text.is_empty() && !text.chars().any(char::is_control)).then(|| text.to_owned())
    };
    list.iter().map(word).collect()
}

impl Action {
    /// What its words come to.
    fn read(&self, words: &[String]) -> Result<Request, Mistake> {
        let mut words = Words::new(words);
        let request = (self.reader)(&mut words)?;
        words.end().map(|()| request)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn read(text: &str) -> Result<Request, String> {
        let words: Vec<String> = text.split_whitespace().map(str::to_owned).collect();
        let asked = asked(line(&words[0], &words[1..]).trim_end().as_bytes()).map_err(|mistake| mistake.0)?;
        asked.request.map_err(|mistake| mistake.0)
    }

    #[test]
    fn words_come_to_what_they_mean() {
        let named = |name: &str| Host::Named(name.to_owned());
        let user = |name: &str| Kicked::User(name.to_owned());
        for (text, expected) in [
            ("help", Request::Help),
            ("status", Request::Status(Vec::new())),
            ("status all", Request::Status(vec![Host::All])),
            ("kick user anna bob", Request::Kick(vec![user("anna"), user("bob")], None)),
            ("kick user -n 3 anna", Request::Kick(vec![user("anna")], Some(3))),
            ("kick pid 77", Request::Kick(vec![Kicked::Pid(77)], None)),
            (
                "kick ip 192.0.2.0/24",
                Request::Kick(vec![Kicked::Network("192.0.2.0/24".parse().unwrap())], None),
            ),
            ("kick ip ::1", Request::Kick(vec![Kicked::Network("::1/128".parse().unwrap())], None)),
            ("restart", Request::Restart),
            ("restart count", Request::RestartCount),
            ("shutdown", Request::Shutdown),
            ("shutdown graceful", Request::ShutdownGraceful(None)),
            ("shutdown graceful 30", Request::ShutdownGraceful(Some(Duration::from_secs(30)))),
            ("upgrade", Request::Upgrade),
            ("down all", Request::Down(vec![Host::All])),
            (
                "down 192.0.2.1 ::1#2121",
                Request::Down(vec![
                    Host::At("192.0.2.1:21".parse().unwrap()),
                    Host::At("[::1]:2121".parse().unwrap()),
                ]),
            ),
            ("up ftp.example.com", Request::Up(vec![named("ftp.example.com")])),
            ("debug", Request::Level(None)),
            ("debug level", Request::Level(None)),
            ("debug level 5", Request::Level(Some(5))),
            ("trace", Request::Trace(Vec::new())),
            ("trace info", Request::Trace(Vec::new())),
            ("trace data:5 DEFAULT:0", Request::Trace(vec![("data".into(), 5), ("DEFAULT".into(), 0)])),
            ("trace configured", Request::TraceConfigured),
            ("trace 10", Request::Level(Some(10))),
            ("limit user anna rate 2M", Request::Limit(Limited::User("anna".into()), Some(2 << 20))),
            (
                "limit host 192.0.2.7 rate none",
                Request::Limit(Limited::Host("192.0.2.7".parse().unwrap()), None),
            ),
            ("limit", Request::Limits),
            ("dump classes", Request::Dump(Dump::Classes)),
            ("get config", Request::Dump(Dump::Configuration)),
            ("scoreboard scrub", Request::Scrub),
        ] {
            assert_eq!(read(text), Ok(expected), "{text}");
        }
    }

    #[test]
    fn mistakes_are_told() {
        for (text, expected) in [
            ("bogus", "no action 'bogus' is known; help lists them"),
            ("kick", "user, host, class, pid or ip is missing"),
            ("kick user", "a name is missing"),
            ("kick pid x", "'x' is no pid"),
            ("kick ip 1.2.3", "'1.2.3' is neither an address nor a network"),
            ("kick all", "takes user, host, class, pid or ip, not 'all'"),
            ("kick user -n x anna", "how many is a number up to 1048576, not 'x'"),
            ("restart now", "'now' is one word too many"),
            ("shutdown graceful soon", "how many seconds is a number up to 31536000, not 'soon'"),
            ("down", "a virtual host, or all, is missing"),
            ("debug level 11", "the level is a number up to 10, not '11'"),
            ("limit user anna rate 0", "a rate is kilobytes a second, 500, 500K, 2M, or none, not '0'"),
            ("limit host anna rate 5", "'anna' is no address"),
            ("trace data", "takes info, configured, or channel:level, not 'data'"),
            ("trace data:x", "a level is a number up to 20, not 'x'"),
            ("trace info data:3", "'data:3' is one word too many"),
            ("dump core", "takes config, scoreboard or classes, not 'core'"),
        ] {
            assert_eq!(read(text), Err(expected.to_owned()), "{text}");
        }
    }

    #[test]
    fn what_is_no_request_is_refused() {
        let long = format!("{{\"action\":\"{}\"}}", "x".repeat(LINE_MOST));
        let many = format!("{{\"action\":\"help\",\"words\":[{}\"x\"]}}", "\"x\",".repeat(WORDS_MOST));
        for line in [
            "",
            "help",
            "[]",
            "{}",
            "{\"action\":7}",
            "{\"action\":\"help\",\"words\":7}",
            "{\"action\":\"help\",\"words\":[7]}",
            "{\"action\":\"help\",\"more\":1}",
            "{\"action\":\"help\",\"words\":[\"a\\nb\"]}",
            "{\"action\":\"help\"} {}",
            "\u{0}",
            &long,
            &many,
        ] {
            assert!(asked(line.as_bytes()).is_err(), "{line}");
        }
    }

    proptest! {
        #[test]
        fn whatever_comes_is_answered(line in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = asked(&line);
        }

        #[test]
        fn a_line_says_what_was_meant(words in proptest::collection::vec("[^\\p{Cc}]{1,12}", 0..8)) {
            let line = line("help", &words);
            let asked = asked(line.trim_end_matches('\n').as_bytes()).unwrap();
            prop_assert_eq!(asked.words, words);
        }
    }
}
