//! Every action: one row says its name, ProFTPD's module whose lists say who may ask for it, how it is written, what it does, and how
//! its words are read. `help`, the usage of `ftpdctl` and its manual page are printed from the rows.

use ipnet::IpNet;

use super::request::{Dump, Kicked, Limited, Mistake, Request};
use super::words::Words;

/// One action.
#[derive(Debug)]
pub struct Action {
    /// As it is asked for.
    pub name: &'static str,
    /// `mod_ctrls` or `mod_ctrls_admin`.
    pub module: &'static str,
    /// What follows the name.
    pub syntax: &'static str,
    /// What it does.
    pub sentence: &'static str,
    pub(super) reader: fn(&mut Words<'_>) -> Result<Request, Mistake>,
}

/// The row of a name.
pub fn action(name: &str) -> Option<&'static Action> {
    ACTIONS.iter().find(|action| action.name == name)
}

const fn admin(
    name: &'static str,
    syntax: &'static str,
    sentence: &'static str,
    reader: fn(&mut Words<'_>) -> Result<Request, Mistake>,
) -> Action {
    Action { name, module: "mod_ctrls_admin", syntax, sentence, reader }
}

const fn basic(name: &'static str, sentence: &'static str) -> Action {
    Action { name, module: "mod_ctrls", syntax: "", sentence, reader: |_| Ok(Request::Help) }
}

/// All of them, by name.
pub const ACTIONS: &[Action] = &[
    admin(
        "debug",
        "[level [0-10]]",
        "log more, at once: 1 to 9 debugging, 10 tracing, 0 as configured",
        level,
    ),
    admin(
        "down",
        "all|ADDRESS[#PORT]|NAME …",
        "send clients of a virtual host away; sessions go on",
        |words| words.hosts().map(Request::Down),
    ),
    admin("dump", "config|scoreboard|classes", "show the configuration, the sessions, or the classes", dump),
    admin("get", "config", "the same as dump config", |words| match words.word("config")? {
        "config" => Ok(Request::Dump(Dump::Configuration)),
        other => {
            Err(Mistake(format!("takes config, not '{other}'; ferryd --list-directives lists directives")))
        }
    }),
    basic("help", "list the actions"),
    admin(
        "kick",
        "user|host|class|pid|ip [-n COUNT] NAME …",
        "disconnect sessions with 421; who does not leave is killed",
        kick,
    ),
    admin(
        "limit",
        "[user|host NAME rate RATE|none]",
        "hold transfers to a rate (500 is 500K, 2M), at once and later; without words, list them",
        limit,
    ),
    basic("lsctrl", "the same as help"),
    admin(
        "restart",
        "[count]",
        "read the configuration again, as HUP, and tell what came of it; count: how often",
        |words| Ok(if words.takes("count") { Request::RestartCount } else { Request::Restart }),
    ),
    admin(
        "scoreboard",
        "scrub|clean",
        "nothing: dead sessions leave the scoreboard by themselves",
        |words| match words.word("scrub")? {
            "scrub" | "clean" => Ok(Request::Scrub),
            other => Err(Mistake(format!("takes scrub or clean, not '{other}'"))),
        },
    ),
    admin(
        "shutdown",
        "[graceful [SECONDS]]",
        "stop, as TERM; graceful: sessions may finish, as QUIT, for so long",
        |words| match words.takes("graceful") {
            true => Ok(Request::ShutdownGraceful(words.seconds()?)),
            false => Ok(Request::Shutdown),
        },
    ),
    admin(
        "status",
        "[all|ADDRESS[#PORT]|NAME …]",
        "tell of the daemon, its generations and its virtual hosts",
        |words| match words.end() {
            Ok(()) => Ok(Request::Status(Vec::new())),
            Err(_) => words.hosts().map(Request::Status),
        },
    ),
    admin(
        "trace",
        "[info|configured|CHANNEL:LEVEL …]",
        "trace more or less, at once; configured: as much as Trace says; 10 alone is debug level 10",
        trace,
    ),
    admin("up", "all|ADDRESS[#PORT]|NAME …", "serve clients of a virtual host again", |words| {
        words.hosts().map(Request::Up)
    }),
    admin("upgrade", "", "have another binary take over, as USR2", |_| Ok(Request::Upgrade)),
];

fn level(words: &mut Words<'_>) -> Result<Request, Mistake> {
    words.takes("level");
    match words.end() {
        Ok(()) => Ok(Request::Level(None)),
        Err(_) => words.number("the level", 10).map(|level| Request::Level(Some(level))),
    }
}

/// A number alone is what ferryd had before it had channels.
fn trace(words: &mut Words<'_>) -> Result<Request, Mistake> {
    let Some(first) = words.maybe() else { return Ok(Request::Trace(Vec::new())) };
    match first {
        "info" => Ok(Request::Trace(Vec::new())),
        "configured" => Ok(Request::TraceConfigured),
        _ if first.bytes().all(|byte| byte.is_ascii_digit()) => {
            let level = Words::new(&[first.to_owned()]).number("the level", 10)?;
            Ok(Request::Level(Some(level)))
        }
        _ => {
            let rest = std::iter::from_fn(|| words.maybe());
            let levels = std::iter::once(first).chain(rest).map(channel_and_level);
            levels.collect::<Result<_, _>>().map(Request::Trace)
        }
    }
}

fn channel_and_level(word: &str) -> Result<(String, u8), Mistake> {
    let (channel, level) = word
        .split_once(':')
        .ok_or_else(|| Mistake(format!("takes info, configured, or channel:level, not '{word}'")))?;
    let number = level.parse().ok().filter(|number| *number <= 20);
    let level = number.ok_or_else(|| Mistake(format!("a level is a number up to 20, not '{level}'")))?;
    Ok((channel.to_owned(), level))
}

fn dump(words: &mut Words<'_>) -> Result<Request, Mistake> {
    match words.word("config, scoreboard or classes")? {
        "config" => Ok(Request::Dump(Dump::Configuration)),
        "scoreboard" => Ok(Request::Dump(Dump::Scoreboard)),
        "classes" => Ok(Request::Dump(Dump::Classes)),
        other => Err(Mistake(format!("takes config, scoreboard or classes, not '{other}'"))),
    }
}

fn kick(words: &mut Words<'_>) -> Result<Request, Mistake> {
    let kicked: fn(&str) -> Result<Kicked, Mistake> = match words.word("user, host, class, pid or ip")? {
        "user" => |name| Ok(Kicked::User(name.to_owned())),
        "host" => |name| Ok(Kicked::Host(name.to_owned())),
        "class" => |name| Ok(Kicked::Class(name.to_owned())),
        "pid" => pid,
        "ip" => network,
        other => return Err(Mistake(format!("takes user, host, class, pid or ip, not '{other}'"))),
    };
    let most = words.takes("-n").then(|| words.number("how many", 1 << 20)).transpose()?;
    let names = words.rest("a name")?;
    Ok(Request::Kick(names.iter().map(|name| kicked(name)).collect::<Result<_, _>>()?, most))
}

fn pid(word: &str) -> Result<Kicked, Mistake> {
    let number = word.parse().ok().filter(|number| *number > 0);
    number.map(Kicked::Pid).ok_or_else(|| Mistake(format!("'{word}' is no pid")))
}

fn network(word: &str) -> Result<Kicked, Mistake> {
    let address = word.parse::<std::net::IpAddr>().map(IpNet::from);
    let network = address.or_else(|_| word.parse());
    network.map(Kicked::Network).map_err(|_| Mistake(format!("'{word}' is neither an address nor a network")))
}

fn limit(words: &mut Words<'_>) -> Result<Request, Mistake> {
    let Some(kind) = words.maybe() else { return Ok(Request::Limits) };
    let name = words.word("a name")?;
    let limited = match kind {
        "user" => Limited::User(name.to_owned()),
        "host" => Limited::Host(name.parse().map_err(|_| Mistake(format!("'{name}' is no address")))?),
        other => return Err(Mistake(format!("takes user or host, not '{other}'"))),
    };
    match words.word("rate")? {
        "rate" => Ok(Request::Limit(limited, words.rate()?)),
        other => Err(Mistake(format!("takes rate, not '{other}'"))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_sorted_and_stand_once() {
        assert!(ACTIONS.windows(2).all(|pair| pair[0].name < pair[1].name));
    }
}
